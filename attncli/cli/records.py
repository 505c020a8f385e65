"""One sentence or many: each becomes a record; in a batch a bad line is reported and the rest go on."""

from collections.abc import Callable

from attncli.cli.output import say
from attncli.cli.sentences import EXAMPLE, is_batch, read_lines
from attncli.errors import AttnError, FinalError, ResourceError
from attncli.files.utf8 import NotTextError, WideTextError, text_of, without_mark

SOME_FAILED = 4


def each_sentence(
    argument: str | None, show: Callable[[str, int | None], None], *, quiet: bool = False, dim: bool = False
) -> int:
    """Call `show(sentence, line)` for the argument, the example, or every line of standard input.

    `line` is its number from 1 in a batch, else None. Returns the exit code: 4 if a line could not be explained.
    """
    if is_batch(argument):
        return _each_line(show)
    if argument is None and not quiet:
        say(f'no sentence given, so here is an example: attn explain "{EXAMPLE}"', dim=dim)
    show(EXAMPLE if argument is None else argument, None)
    return 0


def _each_line(show: Callable[[str, int | None], None]) -> int:
    code, hints = 0, set[str | None]()
    for number, line in read_lines():
        try:
            show(text_of(without_mark(line) if number == 1 else line), number)
        except AttnError as error:
            if isinstance(error, ResourceError | FinalError):  # no other line would fare better
                raise
            say(f"error: line {number}: {error.message}")
            code = SOME_FAILED
            if isinstance(error, NotTextError) and error.hint not in hints:
                hints.add(error.hint)
                say(f"hint: {error.hint}")
            if isinstance(error, WideTextError):  # its lines are cut within characters
                break
    return code
