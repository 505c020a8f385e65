"""The command that repeats the view of the explorer."""

import shlex
from collections.abc import Iterator
from dataclasses import replace

from attncli.explore.state import State
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_explanation import ModelExplanation
from attncli.settings.model import ModelSettings
from attncli.settings.wording import as_typed
from attncli.views.screen import visible


def explain_command(state: State, explanation: Explanation, by_row: bool = False) -> str:
    r"""`attn explain …` with every setting that is not the default, for a shell to read; a close-up asks for its word.

    Invisible characters are written as `$'\x1b'`, which bash and zsh turn back.
    """
    ask = state.ask
    if isinstance(explanation, ModelExplanation):
        options = [*_model_words(state, explanation)]
    else:
        options = [*_vector_words(state)]
    if state.panel == "steps":
        options += ["--word", str(state.query)]
    if by_row:
        options += ["--color-scale", "row"]
    guard = ["--"] if ask.sentence.startswith("-") else []
    words = [*options, *guard, ask.sentence] if guard else [ask.sentence, *options]
    return " ".join(["attn explain", *map(quoted, words)])


def quoted(text: str) -> str:
    """A word of a command line, to the letter."""
    if visible(text) == text:
        return shlex.quote(text)
    return "$'" + visible(text.replace("\\", "\\\\").replace("'", "\\'")) + "'"


def _vector_words(state: State) -> Iterator[str]:
    """The vectors and the settings, with as many layers as were looked at."""
    ask = state.ask
    if ask.vectors is not None:
        yield from ("--vectors", ask.vectors)
    layers = ask.settings.layers if state.layer is None else state.layer + 1
    yield from as_typed(replace(ask.settings, layers=layers))


def _model_words(state: State, explanation: ModelExplanation) -> Iterator[str]:
    """The model, and the layer and head that were looked at; the mean of several heads is combined."""
    choice = explanation.choice
    yield from ("--model", state.ask.model or explanation.model.name)
    if choice.combine == "none":
        place = len(explanation.layer_numbers) - 1 if state.layer is None else state.layer
        choice = replace(choice, layer=(explanation.layer_numbers[place],))
        if state.head is not None:
            choice = replace(choice, head=(explanation.head_numbers[state.head],))
        elif len(explanation.head_numbers) > 1:
            choice = replace(choice, combine="mean")
    yield from as_typed(replace(choice, word=None, top=ModelSettings.top))
