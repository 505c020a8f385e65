"""`attn vectors near`: the nearest words of some words."""

from typing import Annotated

import typer

from attncli.cli.commands.vectors.options import Json
from attncli.cli.grouping import options
from attncli.cli.options import AnswerOptions, VectorSet, input_option, output_option

EXAMPLES = """attn vectors near king
attn vectors near king woman --minus man --top 5"""


@options(AnswerOptions)
def command(
    answers: AnswerOptions,
    words: Annotated[list[str], typer.Argument(metavar="WORD", help="The words; of several, their mean direction.")],
    minus: Annotated[list[str] | None, input_option("--minus", "A word to take away; repeatable.", "WORD")] = None,
    vectors: VectorSet = None,
    top: Annotated[int, output_option("--top", "How many are shown.", "K")] = 10,
    json: Json = False,
) -> None:
    """Show the nearest words by cosine."""
    from attncli.cli.answer import answer, answer_json, opened  # NumPy comes with these: not for help
    from attncli.recipes.neighbourhood import neighbourhood
    from attncli.views.records.vectors_json import near_json
    from attncli.views.terminal.vectors import near_lines

    found = neighbourhood(words, minus or (), opened(vectors, answers), top)
    if json:
        answer_json([near_json(found)])
    else:
        answer(lambda screen: near_lines(found, screen), answers)
