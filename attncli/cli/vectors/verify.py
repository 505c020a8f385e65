"""`attn vectors verify`: whether a set is what was written."""

from attncli.cli.grouping import options
from attncli.cli.options import AnswerOptions
from attncli.cli.vectors.options import NameOrFile

EXAMPLES = """attn vectors verify attn-en
attn vectors verify attn-en --quiet"""


@options(AnswerOptions)
def command(answers: AnswerOptions, name: NameOrFile) -> None:
    """Read a whole set and hold it against its checksums."""
    from attncli.cli.answer import opened, progressing  # NumPy comes with these: not for help
    from attncli.cli.vectors.answer import done
    from attncli.vectors import verifying
    from attncli.views.vectors import form

    vectors = opened(name, answers)
    with progressing(answers) as progress:
        verifying.verify(vectors, progress)
    held = form(vectors.words, vectors.dimensions)
    done(f"{name} is as it was written: {held}", answers, f"sha256 {vectors.info.checksum}")
