"""One sentence or many: each becomes a record; in a batch a bad line is reported and the rest go on."""

from collections.abc import Callable

from attncli.cli.output import say
from attncli.cli.sentences import EXAMPLE, is_batch, read_lines
from attncli.errors import AttnError, FinalError, ResourceError

SOME_FAILED = 4


def each_sentence(
    argument: str | None, show: Callable[[str, str], None], *, quiet: bool = False, dim: bool = False
) -> int:
    """Call `show(sentence, where)` for the argument, the example, or every line of standard input.

    `where` is `line N: ` in a batch, else empty. Returns the exit code: 4 if a line could not be explained.
    """
    if is_batch(argument):
        return _each_line(show)
    if argument is None and not quiet:
        say(f'no sentence given, so here is an example: attn explain "{EXAMPLE}"', dim=dim)
    show(EXAMPLE if argument is None else argument, "")
    return 0


def _each_line(show: Callable[[str, str], None]) -> int:
    code = 0
    for number, sentence in read_lines():
        try:
            show(sentence, f"line {number}: ")
        except AttnError as error:
            if isinstance(error, ResourceError | FinalError):  # no other line would fare better
                raise
            say(f"error: line {number}: {error.message}")
            code = SOME_FAILED
    return code
