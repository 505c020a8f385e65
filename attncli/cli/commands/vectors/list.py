"""`attn vectors list`: what is kept."""

from attncli.cli.commands.vectors.options import Json
from attncli.cli.grouping import options
from attncli.cli.options import AnswerOptions

EXAMPLES = """attn vectors list
attn vectors list --json"""


@options(AnswerOptions)
def command(answers: AnswerOptions, json: Json = False) -> None:
    """Show the sets that are kept."""
    from attncli.cli.answer import answer, answer_json  # NumPy comes with these: not for help
    from attncli.vectors.keeping import listed
    from attncli.views.records.vectors_json import kept_json
    from attncli.views.terminal.vectors import kept_lines

    if json:
        answer_json(map(kept_json, listed()))
    else:
        answer(lambda screen: kept_lines(listed(), screen), answers)
