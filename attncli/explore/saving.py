"""A file of the screen: the explanation that is written, its path, and the reasons why it was not."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from attncli.errors import AttnError, UsageError
from attncli.explore.keys import by_key
from attncli.explore.state import State
from attncli.explore.view import Notice
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_source import ModelSource
from attncli.recipes.reduction import mean_of_heads
from attncli.recipes.sources import VectorSource
from attncli.recipes.stacking import restacked


def shown_explanation(state: State, whole: Explanation) -> Explanation:
    """The layer and head that are shown, or their mean; in a close-up its query."""
    shown: Explanation = PARTS[whole.source.kind](state, whole)
    if state.panel != "steps":
        return shown
    settings = replace(shown.source.settings, word=str(state.query))
    source: Any = shown.source
    return replace(shown, query=state.query, source=replace(source, settings=settings))


def _of_vectors(state: State, whole: Explanation[VectorSource]) -> Explanation[VectorSource]:
    """All heads with their mean, up to the layer that is shown, or one head, which a remark names."""
    layer = len(whole.layers) - 1 if state.layer is None else state.layer
    if state.head is None:
        layers, settings = whole.layers[: layer + 1], replace(whole.source.settings, layers=layer + 1)
        remarks = restacked(whole.remarks, whole.source.inputs, layers)
        return replace(whole, layers=layers, remarks=remarks, source=replace(whole.source, settings=settings))
    part, n_head = whole.only(layer=layer, head=state.head), len(whole.head_numbers)
    of_layer = f" of layer {layer}" if len(whole.layers) > 1 else ""
    remark = f"this is head {state.head}{of_layer} alone, of heads 0-{n_head - 1}"
    return replace(part, remarks=(remark, *part.remarks))


def _of_model(state: State, whole: Explanation[ModelSource]) -> Explanation[ModelSource]:
    """One head of the layer that is shown, or the mean of all."""
    chosen = whole.layers[-1 if state.layer is None else state.layer]
    part = whole.only(layer=chosen.number, head=None if state.head is None else chosen.heads[state.head])
    if len(part.head_numbers) > 1:
        return mean_of_heads(part)
    if whole.source.combined:
        return part
    settings = replace(part.source.settings, layer=part.layer_numbers, head=part.head_numbers)
    return replace(part, source=replace(part.source, settings=settings))


PARTS: dict[str, Any] = {"vectors": _of_vectors, "model": _of_model}


ANOTHER = "type another name, or Esc"


def path_of(text: str, endings: Sequence[str]) -> str:
    """The path written as a text, `~` being the home folder.

    Raises:
        UsageError: a folder, a name in a folder that is not there, or one whose ending says nothing.
    """
    path = os.path.expanduser(text)
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        raise UsageError(f"{text!r} is a folder", f"name a file in it, such as attention.{endings[0]}")
    if not os.path.isdir(folder):
        raise UsageError(f"there is no folder {folder!r}", ANOTHER)
    if not path.lower().endswith(tuple(f".{each}" for each in endings)):
        known = ", ".join(f".{each}" for each in endings)
        raise UsageError(f"{text!r}: expected an ending among {known}", ANOTHER)
    return path


def free_name(ending: str) -> str:
    """A name for a file that is not there yet."""
    number = next(n for n in range(1, 10**6) if not os.path.exists(f"attention-{n:03}.{ending}"))
    return f"attention-{number:03}.{ending}"


def not_saved(error: AttnError | OSError, path: str) -> Notice:
    """The reason why a file was not written, and the next step."""
    if isinstance(error, OSError):
        return Notice(f"cannot write {path!r}: {error.strerror}; {ANOTHER}", "error")
    message, hint = error.in_words(by_key)
    return Notice(f"{message}; {hint or ANOTHER}", "error")
