"""`attn explain`: the matrix, the ranked context words, and each step."""

from typing import TYPE_CHECKING

import typer

from attncli.cli.documents import explanation_documents
from attncli.cli.lazy import options
from attncli.cli.model_options import ModelOptions, check_alone, opened_model
from attncli.cli.options import AttentionOptions, Figure, Full, InputOptions, OutputOptions, SentenceArgument, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.text import Text

    from attncli.cli.showing import Document
    from attncli.recipes.explanation import Explanation
    from attncli.views.screen import Screen

EXAMPLES = """attn explain "Bark is very cute and he is a dog"
attn explain "She sat on the river bank" --word bank
attn explain "He gave the dog a bone" --mode multihead --heads 2 --seed 1
attn explain "Bark is very cute and he is a dog" --model my-model --layer 1 --head 3
printf 'one sentence\\na line\\n' | attn explain - --json"""


@options(AttentionOptions, InputOptions, ModelOptions, OutputOptions)
def command(
    attention: AttentionOptions,
    inputs: InputOptions,
    model: ModelOptions,
    output: OutputOptions,
    context: typer.Context,
    sentence: SentenceArgument = None,
    word: Word = None,
    full: Full = False,
    figure: Figure = "heat",
) -> None:
    """Show which words attend to which, and every step."""
    check_alone(context, model)
    documents = explanation_documents(output, figure)
    if model.model is not None:
        raise typer.Exit(_explain_model(model, output, documents, sentence, word, full))
    from attncli.cli.answer import announced
    from attncli.cli.showing import Show, settings_of, vectors_of  # NumPy comes with these: not for help, completion
    from attncli.recipes.explaining import explain_with
    from attncli.views.records.json import explanation_json

    settings, vectors = settings_of(attention, inputs, output, word), vectors_of(inputs, output)
    show = Show(
        announced(output, lambda text, progress: explain_with(text, settings, vectors, progress)),
        lambda explanation: explanation.sentences,
        lambda explanation: explanation_json(explanation, full=full, precision=output.precision),
        _page,
        _rows,
        documents,
    )
    raise typer.Exit(show.each(sentence, output))


def _explain_model(
    options: ModelOptions,
    output: OutputOptions,
    documents: "Mapping[str, Document[Explanation]]",
    sentence: str | None,
    word: str | None,
    full: bool,
) -> int:
    """The same with the heads of a model."""
    from attncli.cli.showing import Show
    from attncli.recipes.model_explaining import explain_model_with
    from attncli.settings.model import check_model_settings
    from attncli.views.records.model_json import model_json
    from attncli.views.terminal.model import model_lines

    chosen = {name: value for name, value in vars(options).items() if name != "model"}
    settings, model = check_model_settings(**chosen, word=word, top=output.top), opened_model(options.model or "")
    show = Show(
        lambda text: explain_model_with(text, model, settings),
        lambda explanation: explanation.sentences,
        lambda explanation: model_json(explanation, full=full, precision=output.precision),
        model_lines,
        _rows,
        documents,
    )
    return show.each(sentence, output)


def _rows(explanation: "Explanation") -> "Iterable[Sequence[object]]":
    from attncli.views.records.rows import explanation_rows

    return explanation_rows(explanation)


def _page(explanation: "Explanation", screen: "Screen") -> "list[Text]":
    """The close-up where `--word` asks for one, else the whole sentence."""
    from attncli.views.terminal.close_up import close_up_lines
    from attncli.views.terminal.explain import explain_lines

    if explanation.query is None:
        return explain_lines(explanation, screen)
    return close_up_lines(explanation, explanation.close_up(explanation.query), screen)
