"""`attn vectors add`: read a file once and keep it under a name."""

from typing import Annotated

import typer

from attncli.cli.grouping import options
from attncli.cli.options import AnswerOptions, input_option
from attncli.settings.explanation import check_choice, check_whole
from attncli.vectors.store.layout import DTYPES

EXAMPLES = """attn vectors add glove.6B.100d.txt
attn vectors add glove.6B.100d.txt --name glove --limit 50000 --dtype float16"""


@options(AnswerOptions)
def command(
    answers: AnswerOptions,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of word vectors.")],
    name: Annotated[
        str | None, input_option("--name", "The name to keep it under  [default: the file's]", "NAME")
    ] = None,
    limit: Annotated[int | None, input_option("--limit", "Only the first N words  [default: all]", "N")] = None,
    dtype: Annotated[
        str,
        input_option(
            "--dtype", "How the numbers are kept: float16 takes half the room.", "|".join(DTYPES), tuple(DTYPES)
        ),
    ] = "float32",
) -> None:
    """Read a file of word vectors once and keep it."""
    check_choice("--dtype", dtype, tuple(DTYPES))
    if limit is not None:
        check_whole("--limit", limit, 1)
    from attncli.cli.answer import progressing  # NumPy comes with these: not for help
    from attncli.cli.commands.vectors.answer import done_keeping
    from attncli.vectors import keeping

    with progressing(answers) as progress:
        vectors = keeping.add(file, name=name, limit=limit, dtype=dtype, progress=progress)
    done_keeping(vectors, answers)
