"""What the commands of `attn vectors` that change something say at their end."""

from attncli.cli.answer import answer, remark
from attncli.cli.options import AnswerOptions
from attncli.vectors import Vectors
from attncli.vectors.keeping import kept_as
from attncli.views.terminal.vectors import done_lines, form, size


def done(text: str, options: AnswerOptions, then: str = "") -> None:
    """Say what was done, and what can be done next."""
    answer(lambda screen: done_lines(text, screen, then), options)


def done_keeping(vectors: Vectors, options: AnswerOptions) -> None:
    """Say what is kept now, and how to use it; what is remarkable about it stands on standard error."""
    remark(vectors, options)
    held = f"{form(vectors.words, vectors.dimensions)}, {size(kept_as(vectors.name, vectors).size)}"
    done(f"kept as {vectors.name}: {held}", options, f'use it: attn explain "a sentence" --vectors {vectors.name}')
