"""The command that repeats the view of the explorer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from attncli.explore.state import State
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_source import ModelSource
from attncli.settings.model import ModelSettings
from attncli.settings.wording import as_typed
from attncli.views.shell import shell_word


def explain_command(state: State, explanation: Explanation, scale: str = "auto") -> str:
    """`attn explain …` with every setting that is not the default, for a shell; a close-up asks for its word."""
    ask = state.ask
    options = [*WORDS[explanation.source.kind](state, explanation)]
    if state.panel == "steps":
        options += ["--word", str(state.query)]
    if scale != "auto":
        options += ["--color-scale", scale]
    guard = ["--"] if ask.sentence.startswith("-") else []
    words = [*options, *guard, ask.sentence] if guard else [ask.sentence, *options]
    return " ".join(["attn explain", *map(shell_word, words)])


def _vector_words(state: State, explanation: Explanation) -> Iterator[str]:
    """The vectors and the settings, with as many layers as were looked at."""
    ask = state.ask
    if ask.vectors is not None:
        yield from ("--vectors", ask.vectors)
    layers = ask.settings.layers if state.layer is None else state.layer + 1
    yield from as_typed(replace(ask.settings, layers=layers))


def _model_words(state: State, explanation: Explanation[ModelSource]) -> Iterator[str]:
    """The model, and the layer and head that were looked at; the mean of several heads is combined."""
    settings = explanation.source.settings
    yield from ("--model", state.ask.model or explanation.source.name)
    if not explanation.source.combined:
        layer = explanation.layers[-1 if state.layer is None else state.layer]
        settings = replace(settings, layer=(layer.number,))
        if state.head is not None:
            settings = replace(settings, head=(layer.heads[state.head],))
        elif len(layer.heads) > 1:
            settings = replace(settings, combine="mean")
    yield from as_typed(replace(settings, word=None, top=ModelSettings.top))


WORDS: Mapping[str, Callable[[State, Any], Iterator[str]]] = {"vectors": _vector_words, "model": _model_words}
