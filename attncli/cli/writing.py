"""From records to a stream: a record for each sentence, written in the format that was chosen."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.text import Text

from attncli.cli.formats import chosen_format
from attncli.cli.options import DisplayOptions, RecordOptions
from attncli.cli.output import Sink, open_sink, say, saying_to
from attncli.cli.reading import EXAMPLE, Example, each_sentence
from attncli.cli.terminal import detect_screen, wants_colour
from attncli.settings.figure import FigureOptions, PictureOptions
from attncli.settings.wording import Remark
from attncli.text.tokens import Sentence
from attncli.views.formats import Format
from attncli.views.screen import Screen

if TYPE_CHECKING:
    from attncli.recipes.explanation import Explanation

UNWRAPPED = 100_000  # cells
MAP = FigureOptions()


def write_each(
    argument: str | None,
    make: Callable[[str], Any],
    form: Format,
    output: RecordOptions,
    *,
    full: bool = False,
    figure: PictureOptions = MAP,
    numbers: bool = False,
    example: Example = EXAMPLE,
    lines: Sequence[str] = ("json", "csv"),
) -> int:
    """Make and write a record for each sentence of `argument`; returns the exit code.

    `make` gives a record of a type that `form` has a view of; its `sentences` hold the unknown words, its `notes`, if
    it has any, are on the choice of the vector set; `lines` are formats of many sentences, for a hint.
    """
    with open_sink(output.output) as sink:
        writer = writer_for(form, output, sink, full, figure, numbers)

        def write(text: str, line: int | None) -> None:
            if not form.many:
                sink.check_room(form.name, lines)
            record = make(text)
            if form.name != "txt" or output.output:  # the page names them itself
                _say_notes(record, line, output.quiet)
            writer.write(record, line)

        dim = wants_colour(output.color, sys.stderr)
        return each_sentence(argument, write, quiet=output.quiet, dim=dim, example=example)


def write_one(
    make: Callable[[], Any],
    form: Format,
    output: RecordOptions,
    *,
    full: bool = False,
    figure: PictureOptions = MAP,
    numbers: bool = False,
    after: Callable[[Any, Sink], None] = lambda *_: None,
) -> None:
    """Make and write one record, whose `sentences` hold the unknown words; `after` may write more."""
    with open_sink(output.output) as sink:
        record = make()
        if form.name != "txt" or output.output:  # the page names them itself
            _say_notes(record, None, output.quiet)
        writer_for(form, output, sink, full, figure, numbers).write(record)
        after(record, sink)


def save(record: "Explanation", output: RecordOptions) -> list[str]:
    """Write one record to the file of `output`, in the format of its ending; returns the remarks about it."""
    form, remarks = chosen_format("Explanation", output), list[str]()
    with saying_to(remarks.append), open_sink(output.output) as sink:
        writer_for(form, output, sink).write(record)
    return remarks


def print_lines(lines_of: Callable[[Screen], Iterable[Text]], options: DisplayOptions) -> None:
    """Print lines, set for the screen that standard output is; in a pipe a line is as long as it has to be."""
    screen = detect_screen(options.color)
    if "COLUMNS" not in os.environ and not (sys.stdout and sys.stdout.isatty()):
        screen = replace(screen, width=UNWRAPPED)
    with open_sink(None) as sink:
        sink.lines(lines_of(screen), screen)


def print_json(lines: Iterable[str]) -> None:
    """Print lines of JSON, each as it is made."""
    with open_sink(None) as sink:
        for line in lines:
            sink.json(line)


@dataclass(frozen=True)
class Writer:
    """Writes records of one format; `full` is for JSON, `figure` the options of a figure, `screen` of lines."""

    form: Format
    output: RecordOptions
    sink: Sink
    screen: Screen
    full: bool
    figure: PictureOptions

    def write(self, record: Any, line: int | None = None) -> None:
        """Write one record; `line` is its line of the input, None outside a batch."""
        WRITERS[self.form.write](self, self.form.view(type(record)), record, line)


def writer_for(
    form: Format,
    output: RecordOptions,
    sink: Sink,
    full: bool = False,
    figure: PictureOptions = MAP,
    numbers: bool = False,
) -> Writer:
    """The writer of records in a format; plain text that is no terminal's has numbers in place of pictures."""
    plain = output.output is not None or form.write == "screen"
    screen = detect_screen(
        output.color, scale=output.color_scale, to_file=plain, whole=bool(getattr(output, "long", False))
    )
    if screen.height and not output.quiet:
        screen = replace(screen, command=tuple(word for word in sys.argv[1:] if word != "--long"))
    if form.write == "screen":
        screen = replace(screen, colours="truecolor", accessible=False, numbers=False)
    return Writer(form, output, sink, replace(screen, numbers=screen.numbers or numbers), full, figure)


View = Callable[..., Any]


def _lines(writer: Writer, view: View, record: Any, line: int | None) -> None:
    one = writer.screen if line is None else replace(writer.screen, command=())  # a command is of one text
    writer.sink.lines(view(record, one), one)


def _json(writer: Writer, view: View, record: Any, line: int | None) -> None:
    from attncli.views.records.json import of_line

    more = {"full": True} if writer.full else {}
    writer.sink.json(of_line(view(record, precision=writer.output.precision, **more), line))


def _rows(writer: Writer, view: View, record: Any, line: int | None) -> None:
    writer.sink.rows(view(record), line, writer.output.csv)


def _table(writer: Writer, view: View, record: Any, line: int | None) -> None:
    writer.sink.table(view(record), line)


def _arrays(writer: Writer, view: View, record: Any, line: int | None) -> None:
    from attncli.files.npz import write_npz

    writer.sink.document(lambda stream: write_npz(stream, view(record)))


def _page(writer: Writer, view: View, record: Any, line: int | None) -> None:
    _document(writer, lambda each: view(each, writer.screen.scale), record, line)


def _figure(writer: Writer, view: View, record: Any, line: int | None) -> None:
    from attncli.views.figure.saving import save_figure

    kind: Any = getattr(writer.figure, "figure", "heat")
    shown = getattr(writer.figure, "heads_shown", ())
    drawn, remarks = view(record, kind, writer.screen.scale, *([shown] if shown else [])), list[str]()
    form: Any = writer.form.name
    writer.sink.document(lambda stream: remarks.extend(save_figure(drawn, kind, stream, form, writer.figure)))
    for remark in () if writer.output.quiet else remarks:
        say(Remark(remark).after("note: "))


def _screen(writer: Writer, view: View, record: Any, line: int | None) -> None:
    from attncli.views.terminal.screen_svg import screen_svg

    _document(writer, lambda each: screen_svg(view(each, writer.screen), writer.screen), record, line)


def _document(writer: Writer, view: View, record: Any, line: int | None) -> None:
    made: str | bytes = view(record)
    writer.sink.document(lambda stream: stream.write(made.encode() if isinstance(made, str) else made))


#: How each kind of view is written, by the name that a row of FORMATS gives.
WRITERS: Mapping[str, Callable[[Writer, View, Any, int | None], None]] = {
    "lines": _lines,
    "json": _json,
    "rows": _rows,
    "table": _table,
    "arrays": _arrays,
    "page": _page,
    "figure": _figure,
    "screen": _screen,
    "document": _document,
}


def _say_notes(record: Any, line: int | None, quiet: bool) -> None:
    """Say which set a text chose, if not the usual one, and name each unknown word once, on standard error."""
    where = "" if line is None else f"line {line}: "
    for note in () if quiet else (*getattr(record, "notes", ()), *_left_out(record.sentences)):
        say(f"note: {where}{note}")


def _left_out(sentences: Iterable[Sentence]) -> Iterator[str]:
    for text, suggestions in _unknown(sentences):
        near = f"; nearest known: {', '.join(suggestions)}" if suggestions else ""
        yield f"{text!r} is not a known word and is left out{near}"


def _unknown(sentences: Iterable[Sentence]) -> Iterator[tuple[str, tuple[str, ...]]]:
    found = {each.text: each.suggestions for sentence in sentences for each in sentence.unknown}
    yield from found.items()
