"""The shell around a recipe: settings and vectors in, one record a sentence out, as JSON or for a human."""

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from rich.text import Text

from attncli.cli.answer import opened
from attncli.cli.options import COLORS, SCALES, AttentionOptions, InputOptions, OutputOptions
from attncli.cli.output import Sink, open_sink, say
from attncli.cli.records import each_sentence
from attncli.cli.terminal import detect_screen, wants_colour
from attncli.errors import UsageError
from attncli.heads import Array
from attncli.settings import Settings, check_choice, check_settings
from attncli.tokens import Sentence
from attncli.vectors import Vectors
from attncli.views.screen import Screen

Record = TypeVar("Record")
_ENDINGS = (".json", ".txt", ".npz")


def settings_of(
    attention: AttentionOptions, words: InputOptions, output: OutputOptions, word: str | None = None
) -> Settings:
    """The checked settings that the option groups stand for."""
    return check_settings(**vars(attention), unknown=words.unknown, top=output.top, word=word)


def vectors_of(words: InputOptions, output: OutputOptions) -> Vectors:
    """Open the vectors; what there is to remark about them is said once."""
    return opened(words.vectors, output)


class Show(Generic[Record]):
    """How one command makes its records and shows them."""

    def __init__(
        self,
        make: Callable[[str], Record],
        sentences_of: Callable[[Record], Iterable[Sentence]],
        as_json: Callable[[Record], str],
        as_lines: Callable[[Record, Screen], Iterable[Text]],
        as_arrays: Callable[[Record], Mapping[str, Array]] | None = None,
    ) -> None:
        self._make, self._sentences_of, self._as_json, self._as_lines = make, sentences_of, as_json, as_lines
        self._as_arrays = as_arrays

    def each(self, argument: str | None, output: OutputOptions) -> int:
        """Make and show a record for each sentence that `argument` stands for; returns the exit code."""
        kind = _kind(output, self._as_arrays is not None)
        screen = _screen(output)
        with open_sink(output.output) as sink:

            def show(text: str, where: str) -> None:
                record = self._make(text)
                if kind == "json" or output.output:
                    _say_unknown(self._sentences_of(record), where, output.quiet)
                self._write(record, kind, sink, screen)

            return each_sentence(argument, show, quiet=output.quiet, dim=wants_colour(output.color, sys.stderr))

    def _write(self, record: Record, kind: str, sink: Sink, screen: Screen) -> None:
        if kind == "json":
            sink.json(self._as_json(record))
        elif kind == "npz" and self._as_arrays is not None:
            sink.arrays(self._as_arrays(record))
        else:
            sink.lines(self._as_lines(record, screen), screen)


def _screen(output: OutputOptions) -> Screen:
    check_choice("--color-scale", output.color_scale, SCALES)
    check_choice("--color", output.color, COLORS)
    return detect_screen(output.color, by_row=output.color_scale == "row", to_file=output.output is not None)


def _kind(output: OutputOptions, arrays: bool) -> str:
    """What is written: `json`, `npz` where the command has arrays, or `txt`."""
    if not 0 <= output.precision <= 17:
        raise UsageError(f"--precision {output.precision} does not work", "it takes a whole number from 0 to 17")
    if output.output is None:
        return "json" if output.json else "txt"
    ending, endings = Path(output.output).suffix.lower(), _ENDINGS if arrays else _ENDINGS[:2]
    if ending not in endings and not output.output.startswith("/dev/"):
        raise UsageError(f"-o {output.output!r} does not say what to write", f"end it with one of {', '.join(endings)}")
    if output.json and ending in (".txt", ".npz"):
        raise UsageError(f"--json and -o {output.output!r} disagree", "end the file with .json, or leave --json out")
    return "json" if output.json or ending == ".json" else "npz" if ending == ".npz" else "txt"


def _say_unknown(sentences: Iterable[Sentence], where: str, quiet: bool) -> None:
    """Name each unknown word once; the human page shows them itself."""
    unknown = {each.text: each.suggestions for sentence in sentences for each in sentence.unknown}
    for text, suggestions in () if quiet else unknown.items():
        near = f"; nearest known: {', '.join(suggestions)}" if suggestions else ""
        say(f"note: {where}{text!r} is not a known word and is left out{near}")
