"""`attn vectors verify`: whether a set is what was written."""

from attncli.cli.commands.vectors.options import NameOrFile
from attncli.cli.grouping import options
from attncli.cli.options import AnswerOptions

EXAMPLES = """attn vectors verify attn-en
attn vectors verify attn-en --quiet"""


@options(AnswerOptions)
def command(answers: AnswerOptions, name: NameOrFile) -> None:
    """Read a whole set and hold it against its checksums."""
    from attncli.cli.answer import opened, progressing  # NumPy comes with these: not for help
    from attncli.cli.commands.vectors.answer import done
    from attncli.vectors.store import verifying
    from attncli.views.terminal.vectors import form

    vectors = opened(name, answers)
    with progressing(answers) as progress:
        verifying.verify(vectors, progress)
    held = form(vectors.words, vectors.dimensions)
    done(f"{name} is as it was written: {held}", answers, f"sha256 {vectors.info.checksum}")
