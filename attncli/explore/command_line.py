"""The command that shows again what the explorer showed."""

import shlex
from collections.abc import Iterator
from dataclasses import replace

from attncli.explore.state import Ask, State
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_explanation import ModelExplanation
from attncli.settings.explanation import MULTIHEAD_DEFAULT, Settings
from attncli.views.screen import visible


def explain_command(state: State, explanation: Explanation, by_row: bool = False) -> str:
    r"""`attn explain …` with every setting that is not the default, for a shell to read; a close-up asks for its word.

    What cannot be seen is written as `$'\x1b'`, which bash and zsh turn back.
    """
    ask = state.ask
    if isinstance(explanation, ModelExplanation):
        options = list(_model_options(state, explanation))
    else:
        layers = ask.settings.layers if state.layer is None else state.layer + 1
        options = [*_set_options(ask), *_options(replace(ask.settings, layers=layers))]
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


def _set_options(ask: Ask) -> Iterator[str]:
    if ask.vectors is not None:
        yield from ("--vectors", ask.vectors)


def _options(settings: Settings) -> Iterator[str]:
    """The options of the settings, in the order of the help."""
    default = Settings()
    heads = settings.heads if settings.mode == "multihead" and settings.heads != MULTIHEAD_DEFAULT else None
    for name in ("mode", "method", "heads", "layers", "projections", "seed", "mask", "exclude_self", "temperature"):
        value = heads if name == "heads" else getattr(settings, name)
        if name != "heads" and value == getattr(default, name):
            continue
        yield from _option(name, value)
    for name in ("sigma", "positions", "memory", "unknown"):
        if getattr(settings, name) != getattr(default, name):
            yield from _option(name, getattr(settings, name))


def _option(name: str, value: object) -> Iterator[str]:
    if name == "exclude_self":
        yield "--exclude-self" if value else "--include-self"
    elif isinstance(value, tuple):
        for part in value:
            yield from ("--mask", part)
    elif value is not None:
        yield from (f"--{name}", str(value).removesuffix(".0"))


def _model_options(state: State, explanation: ModelExplanation) -> Iterator[str]:
    """The model, and the layer and head that were looked at."""
    choice = explanation.choice
    yield from ("--model", state.ask.model or explanation.model.name)
    if choice.combine != "none":
        yield from (*_numbers("--layer", choice.layer), *_numbers("--head", choice.head), "--combine", choice.combine)
    else:
        place = len(explanation.layer_numbers) - 1 if state.layer is None else state.layer
        yield from ("--layer", str(explanation.layer_numbers[place]))
        if state.head is not None:
            yield from ("--head", str(explanation.head_numbers[state.head]))
        elif len(explanation.head_numbers) > 1:
            yield from (*_numbers("--head", choice.head), "--combine", "mean")
    yield from ["--words"] * choice.words
    yield from ["--hide-special"] * choice.hide_special


def _numbers(option: str, numbers: tuple[int, ...] | None) -> Iterator[str]:
    if numbers is not None:
        yield from (option, ",".join(map(str, numbers)))
