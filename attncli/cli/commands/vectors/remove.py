"""`attn vectors remove`: what is no longer needed."""

from attncli.cli.commands.vectors.options import Name
from attncli.cli.grouping import options
from attncli.cli.options import AnswerOptions

EXAMPLES = """attn vectors remove glove
attn vectors remove glove --quiet"""


@options(AnswerOptions)
def command(answers: AnswerOptions, name: Name) -> None:
    """Remove a kept set."""
    from attncli.cli.commands.vectors.answer import done  # NumPy comes with these: not for help
    from attncli.vectors import keeping, places
    from attncli.views.terminal.vectors import size

    freed = keeping.remove(name)
    left = places.kept_folder(name)
    then = f"{name} opens now an older set, read from a file of that name" if left else ""
    done(f"removed {name}: {size(freed)} are free again", answers, then)
