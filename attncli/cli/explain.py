"""`attn explain`: the matrix, the ranked context words, and each step."""

from typing import TYPE_CHECKING

import typer

from attncli.cli.grouping import options
from attncli.cli.options import AttentionOptions, Full, InputOptions, OutputOptions, SentenceArgument, Word

if TYPE_CHECKING:
    from rich.text import Text

    from attncli.explanation import Explanation
    from attncli.views.screen import Screen

EXAMPLES = """attn explain "Bark is very cute and he is a dog"
attn explain "She sat on the river bank" --word bank
attn explain "He gave the dog a bone" --mode multihead --heads 2 --seed 1
printf 'one sentence\\na line\\n' | attn explain - --json"""


@options(AttentionOptions, InputOptions, OutputOptions)
def command(
    attention: AttentionOptions,
    words: InputOptions,
    output: OutputOptions,
    sentence: SentenceArgument = None,
    word: Word = None,
    full: Full = False,
) -> None:
    """Show which words attend to which, and every step."""
    from attncli.cli.showing import Show, settings_of, vectors_of  # NumPy comes with these: not for help, completion
    from attncli.explaining import explain_with
    from attncli.views.json import explanation_json

    settings, vectors = settings_of(attention, words, output, word), vectors_of(words, output)
    show = Show(
        lambda text: explain_with(text, settings, vectors),
        lambda explanation: explanation.sentences,
        lambda explanation: explanation_json(explanation, full=full, precision=output.precision),
        _page,
    )
    raise typer.Exit(show.each(sentence, output))


def _page(explanation: "Explanation", screen: "Screen") -> "list[Text]":
    """The close-up where `--word` asks for one, else the whole sentence."""
    from attncli.views.close_up import close_up_lines
    from attncli.views.explain import explain_lines

    if explanation.query is None:
        return explain_lines(explanation, screen)
    return close_up_lines(explanation, explanation.close_up(explanation.query), screen)
