"""`attn compare`: several similarity methods side by side against one of them."""

from typing import Annotated

import typer

from attncli.cli.grouping import options
from attncli.cli.options import (
    AttentionOptions,
    InputOptions,
    OutputOptions,
    SentenceArgument,
    attention_option,
)
from attncli.settings import METHODS

EXAMPLES = """attn compare "Bark is very cute and he is a dog"
attn compare "The king spoke and the queen answered" --method dot --against cosine"""
Against = Annotated[
    list[str] | None,
    attention_option(
        "--against", "A method held against --method; repeatable [default: all others].", "METHOD", METHODS
    ),
]


@options(AttentionOptions, InputOptions, OutputOptions)
def command(
    attention: AttentionOptions,
    words: InputOptions,
    output: OutputOptions,
    sentence: SentenceArgument = None,
    against: Against = None,
) -> None:
    """Hold several similarity methods against one of them."""
    from attncli.cli.showing import Show, settings_of, vectors_of  # NumPy comes with these: not for help, completion
    from attncli.comparison import compare_with
    from attncli.views.compare import compare_lines
    from attncli.views.json import comparison_json

    settings, vectors = settings_of(attention, words, output), vectors_of(words, output)
    show = Show(
        lambda text: compare_with(text, settings, vectors, tuple(against or ())),
        lambda comparison: comparison.methods[0].explanation.sentences,
        lambda comparison: comparison_json(comparison, precision=output.precision),
        compare_lines,
    )
    raise typer.Exit(show.each(sentence, output))
