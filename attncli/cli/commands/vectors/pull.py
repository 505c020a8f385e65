"""`attn vectors pull`: a set of gensim-data."""

from typing import Annotated

import typer

from attncli.cli.grouping import options
from attncli.cli.options import AnswerOptions, input_option

EXAMPLES = """attn vectors pull glove-wiki-gigaword-100 --dry-run
attn vectors pull glove-wiki-gigaword-100"""


@options(AnswerOptions)
def command(
    answers: AnswerOptions,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name in gensim-data, such as glove-wiki-gigaword-100.")
    ],
    dry_run: Annotated[bool, input_option("--dry-run", "Only say how large it is, and where.")] = False,
) -> None:
    """Download a set of gensim-data and keep it. No code that comes with it is run."""
    from attncli.cli.answer import answer, progressing  # NumPy comes with these: not for help
    from attncli.cli.commands.vectors.answer import done_keeping
    from attncli.vectors import pulling
    from attncli.views.terminal.vectors import offer_lines

    if dry_run:
        offered = pulling.offer(name)
        answer(lambda screen: offer_lines(offered, screen), answers)
        return
    with progressing(answers) as progress:
        vectors = pulling.pull(name, progress)
    done_keeping(vectors, answers)
