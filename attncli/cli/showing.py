"""The shell around a recipe: settings and vectors in, one record a sentence out, as JSON or for a human."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO, Generic, TypeVar

from rich.text import Text

from attncli.cli.answer import opened
from attncli.cli.formats import chosen_format
from attncli.cli.options import COLORS, FORMATS, SCALES, AttentionOptions, InputOptions, OutputOptions
from attncli.cli.output import Sink, heard_by, open_sink, say
from attncli.cli.records import each_sentence
from attncli.cli.terminal import detect_screen, wants_colour
from attncli.settings.explanation import CSV, Settings, check_choice, check_settings
from attncli.text.tokens import Sentence
from attncli.vectors import Vectors
from attncli.views.records.json import of_line
from attncli.views.screen import Screen

Record = TypeVar("Record")


def settings_of(
    attention: AttentionOptions, words: InputOptions, output: OutputOptions, word: str | None = None
) -> Settings:
    """The checked settings that the option groups stand for."""
    return check_settings(**vars(attention), unknown=words.unknown, top=output.top, word=word)


def vectors_of(words: InputOptions, output: OutputOptions) -> Vectors:
    """Open the vectors; what there is to remark about them is said once."""
    return opened(words.vectors, output)


Document = Callable[[Record, BinaryIO], None]
Rows = Callable[[Record], Iterable[Sequence[object]]]


LINES = ("txt", "json", "csv")  # formats that hold any number of sentences


class Show(Generic[Record]):
    """How one command makes its records and shows them: as a page and as JSON, and what else it has to offer.

    `as_rows` are those of CSV; `documents` by their formats write one record to a stream.
    """

    def __init__(
        self,
        make: Callable[[str], Record],
        sentences_of: Callable[[Record], Iterable[Sentence]],
        as_json: Callable[[Record], str],
        as_lines: Callable[[Record, Screen], Iterable[Text]],
        as_rows: Rows[Record] | None = None,
        documents: Mapping[str, Document[Record]] | None = None,
    ) -> None:
        self._make, self._sentences_of, self._as_json, self._as_lines = make, sentences_of, as_json, as_lines
        self._as_rows, self._documents = as_rows, documents or {}

    def each(self, argument: str | None, output: OutputOptions) -> int:
        """Make and show a record for each sentence that `argument` stands for; returns the exit code."""
        kind, cells = chosen_format(output, self.formats), check_choice("csv", output.csv, CSV)
        screen = _screen(output, kind)
        with open_sink(output.output) as sink:

            def show(text: str, line: int | None) -> None:
                if kind not in LINES:
                    sink.check_room(kind)
                record = self._make(text)
                if kind != "txt" or output.output:
                    _say_unknown(self._sentences_of(record), line, output.quiet)
                self._write(record, kind, sink, screen, line, cells)

            return each_sentence(argument, show, quiet=output.quiet, dim=wants_colour(output.color, sys.stderr))

    @property
    def formats(self) -> list[str]:
        """What can be written."""
        return [each for each in FORMATS if self._offers(each)]

    def save(self, record: Record, output: OutputOptions) -> list[str]:
        """Write one record to the file of `output`, as its ending says; returns what there is to remark."""
        kind = chosen_format(output, self.formats)
        screen, remarks = _screen(output, kind), list[str]()
        with heard_by(remarks.append), open_sink(output.output) as sink:
            self._write(record, kind, sink, screen)
        return remarks

    def _offers(self, kind: str) -> bool:
        return kind in ("txt", "json", "screen.svg", *self._documents) or (kind == "csv" and self._as_rows is not None)

    def _write(
        self, record: Record, kind: str, sink: Sink, screen: Screen, line: int | None = None, cells: str = "guarded"
    ) -> None:
        if kind == "json":
            sink.json(of_line(self._as_json(record), line))
        elif kind == "csv" and self._as_rows is not None:
            sink.rows(self._as_rows(record), line, cells)
        elif kind == "txt":
            sink.lines(self._as_lines(record, screen), screen)
        else:
            write = self._documents.get(kind, self._write_screen(screen))
            sink.document(kind, lambda stream: write(record, stream))

    def _write_screen(self, screen: Screen) -> Document[Record]:
        def write(record: Record, stream: BinaryIO) -> None:
            from attncli.views.terminal.screen_svg import screen_svg  # for those who ask for it

            stream.write(screen_svg(self._as_lines(record, screen), screen).encode())

        return write


def _screen(output: OutputOptions, kind: str) -> Screen:
    check_choice("color_scale", output.color_scale, SCALES)
    check_choice("color", output.color, COLORS)
    plain = output.output is not None or kind == "screen.svg"
    screen = detect_screen(output.color, by_row=output.color_scale == "row", to_file=plain)
    return replace(screen, colours="truecolor", accessible=False) if kind == "screen.svg" else screen


def _say_unknown(sentences: Iterable[Sentence], line: int | None, quiet: bool) -> None:
    """Name each unknown word once; the human page shows them itself."""
    where = "" if line is None else f"line {line}: "
    unknown = {each.text: each.suggestions for sentence in sentences for each in sentence.unknown}
    for text, suggestions in () if quiet else unknown.items():
        near = f"; nearest known: {', '.join(suggestions)}" if suggestions else ""
        say(f"note: {where}{text!r} is not a known word and is left out{near}")
