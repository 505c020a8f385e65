"""One sentence or many: each becomes a record; in a batch a bad line is reported and the rest go on."""

from collections.abc import Callable

from attncli.cli.exits import report
from attncli.cli.output import say
from attncli.cli.sentences import EXAMPLE, is_batch, read_lines
from attncli.errors import AttnError, ExitCode, FinalError, ResourceError
from attncli.files.utf8 import NotTextError, WideTextError, text_of, without_mark


def each_sentence(
    argument: str | None, show: Callable[[str, int | None], None], *, quiet: bool = False, dim: bool = False
) -> ExitCode:
    """Call `show(sentence, line)` for the argument, the example, or every line of standard input.

    `line` is its number from 1 in a batch, else None. Returns the exit code: 4 if a line could not be explained.
    """
    if is_batch(argument):
        return _each_line(show)
    if argument is None and not quiet:
        say(f'no sentence given, so here is an example: attn explain "{EXAMPLE}"', dim=dim)
    show(EXAMPLE if argument is None else argument, None)
    return ExitCode.FINE


def _each_line(show: Callable[[str, int | None], None]) -> ExitCode:
    code, hints = ExitCode.FINE, set[str | None]()
    for number, line in read_lines():
        try:
            show(text_of(without_mark(line) if number == 1 else line), number)
        except AttnError as error:
            if isinstance(error, ResourceError | FinalError):  # no other line would fare better
                raise
            report(error, f"line {number}: ", hinted=isinstance(error, NotTextError) and error.hint not in hints)
            hints.add(error.hint)
            code = ExitCode.SOME_FAILED
            if isinstance(error, WideTextError):  # its lines are cut within characters
                break
    return code
