"""The input of a command: its sentences, its settings, and the vectors or the model that it opens."""

import codecs
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from attncli.cli.options import DisplayOptions, InputOptions, OutputOptions, RecordOptions
from attncli.cli.output import say
from attncli.cli.progress import progressing
from attncli.errors import AttnError, ExitCode, FinalError, ResourceError, UsageError
from attncli.files.utf8 import NotTextError, WideTextError, text_of, without_mark
from attncli.settings.explanation import AttentionOptions, Settings, check_settings
from attncli.vectors import Vectors, open_vectors
from attncli.vectors.catalogue import EmbeddedSets

if TYPE_CHECKING:
    from attncli.models.model import Model
    from attncli.settings.model import ModelSettings


class Example(NamedTuple):
    """A sentence for those who give none, and the command that shows it."""

    command: str
    sentence: str


EXAMPLE = Example("explain", "Bark is very cute and he is a dog")


def each_sentence(
    argument: str | None,
    show: Callable[[str, int | None], None],
    *,
    quiet: bool = False,
    dim: bool = False,
    example: Example = EXAMPLE,
) -> ExitCode:
    """Call `show(sentence, line)` for the argument, the example, or every line of standard input.

    `line` is its number from 1 in a batch, else None. Returns the exit code: 4 if a line could not be explained.
    """
    if is_batch(argument):
        return _each_line(show)
    if argument is None and not quiet:
        shown = f'attn {example.command} "{example.sentence}"'
        say(f"no sentence given; an example: {shown}", dim=dim)
    elif argument is not None and not quiet and os.path.isfile(argument):
        say(f"note: {argument!r} is a file; its lines, a sentence each: {lines_command(argument, sys.argv[1:])}")
    show(example.sentence if argument is None else argument, None)
    return ExitCode.FINE


def lines_command(path: str, typed: Sequence[str]) -> str:
    """The command that reads the lines of a file in place of its name among the arguments that were typed."""
    import shlex  # late: for a remark alone

    words = ["explain", *typed] if path in typed[:1] else [*typed]  # a sentence alone is one for `attn explain`
    place = words.index(path) if path in words else len(words)
    return f"{shlex.join(['attn', *words[:place], '-', *words[place + 1 :]])} < {shlex.quote(path)}"


def is_batch(argument: str | None) -> bool:
    """Whether sentences come a line at a time, from `-`, a pipe or a redirected file."""
    return argument == "-" or (argument is None and _is_piped())


def _each_line(show: Callable[[str, int | None], None]) -> ExitCode:
    """The records of every line; the error of a line is reported, and the other lines are still explained."""
    code, hints = ExitCode.FINE, set[str | None]()
    for number, line in _lines():
        try:
            show(text_of(without_mark(line) if number == 1 else line), number)
        except AttnError as error:
            if isinstance(error, ResourceError | FinalError):  # no other line would fare better
                raise
            from attncli.cli.exits import report  # for errors alone

            report(error, f"line {number}: ", hinted=isinstance(error, NotTextError) and error.hint not in hints)
            hints.add(error.hint)
            code = ExitCode.SOME_FAILED
            if isinstance(error, WideTextError):  # its lines are cut within characters
                break
    return code


def _lines() -> Iterator[tuple[int, bytes]]:
    """The lines of standard input that are not blank, with their numbers from 1, each as soon as it is complete.

    Raises:
        UsageError: there is no standard input, or nothing in it.
    """
    empty = True
    for number, line in enumerate(sys.stdin.buffer if sys.stdin else (), start=1):
        if line.removeprefix(codecs.BOM_UTF8 if number == 1 else b"").strip():
            empty = False
            yield number, line.rstrip(b"\r\n")
    if empty:
        raise UsageError("standard input is empty", "pipe a sentence a line, or give one: 'A sentence'")


def _is_piped() -> bool:
    """A pipe, a redirected file or a socket; a terminal, /dev/null or a closed stream is not."""
    if sys.stdin is None:
        return False
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def settings_of(attention: AttentionOptions, words: InputOptions, output: OutputOptions, **more: Any) -> Settings:
    """The checked settings of the option groups, with `more` of them."""
    return check_settings(**vars(attention), unknown=words.unknown, top=output.top, **more)


def model_settings_of(options: Any, **more: Any) -> "ModelSettings":
    """The checked settings among the fields of a group of options, with `more` of them."""
    from attncli.settings.model import ModelSettings, check_model_settings

    known = {each.name for each in fields(ModelSettings)}
    return check_model_settings(**{name: value for name, value in vars(options).items() if name in known}, **more)


def opened_sets(name_or_path: str | None, options: DisplayOptions | RecordOptions) -> Vectors | EmbeddedSets:
    """The set of a name or path opened; None: the embedded sets, of which each text chooses its own."""
    return EmbeddedSets() if name_or_path is None else opened_vectors(name_or_path, options)


def opened_vectors(name_or_path: str | None, options: DisplayOptions | RecordOptions) -> Vectors:
    """Open a set of vectors, with a bar where a file has to be read first; its notes go to standard error."""
    with progressing(options) as progress:
        vectors = open_vectors(name_or_path, progress=progress)
    say_notes(vectors, options)
    return vectors


def say_notes(vectors: Vectors, options: DisplayOptions | RecordOptions) -> None:
    """Print the notes of a set that was just imported."""
    for note in () if options.quiet else vectors.notes:
        say(f"note: {note}")


def opened_model(name_or_path: str) -> "Model":
    """Open the model that an option names.

    Raises:
        ResourceError: it does not exist, or the system refuses the name: too long, or in a folder without access.
    """
    from attncli.models.model import open_model  # late: tokenizers come with it

    try:
        return open_model(name_or_path)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise ResourceError(
            f"cannot read the model {name_or_path!r}: {reason}", "name a folder, or ORG/NAME"
        ) from error
