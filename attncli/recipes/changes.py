"""Changes of a model's forward pass by their names: heads that are taken away, words that are cut apart."""

from collections.abc import Iterator
from itertools import product

from attncli.errors import Setting, UsageError
from attncli.models.changes import Changes, HeadName
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.sides import Side
from attncli.recipes.word_places import pieces_of
from attncli.settings.explanation import EVERY_WORD, cut_words
from attncli.settings.model import PARTS, ModelSettings
from attncli.text.tokens import Sentence


def changes_of(given: ModelInput, model: Model, settings: ModelSettings) -> Changes:
    """The changes that settings ask for; cuts are of the part whose attention is asked for.

    Raises:
        UsageError: a head or a word that there is not; windows, which are no single pass.
    """
    heads = tuple(head_named(name, model, given.target is not None) for name in settings.without)
    changes = Changes(heads, settings.ablate, tuple(_cuts(given, settings)))
    if changes and given.windows is not None:
        name = "without" if heads else "cut"
        reason = "expected a text that fits the model's positions, got one in windows"
        raise UsageError(reason, ("cut it: ", Setting("truncate")), setting=name, value=getattr(settings, name)[0])
    return changes


def check_ablated(settings: ModelSettings) -> None:
    """UsageError: something in the place of heads, and none is taken away."""
    if settings.ablate != ModelSettings.ablate and not settings.without:
        hint = ("for example ", Setting("without", "1.0"), ", layer 1 and head 0")
        raise UsageError("expected heads to take away with it", hint, setting="ablate", value=settings.ablate)


def named(part: str | None, layer: int, head: int) -> str:
    """The name of a head, which `head_named` reads: `23.4`, of a model with parts `cross:2.1`."""
    return f"{layer}.{head}" if part is None else f"{part}:{layer}.{head}"


def head_named(name: str, model: Model, has_target: bool) -> HeadName:
    """The head of `23.4` or `cross:2.1`; without a part of the decoder where there is a target, else the encoder.

    Raises:
        UsageError: a part, layer or head that the model does not have.
    """
    part, _, numbers = name.rpartition(":")
    part = part or ("decoder" if has_target else PARTS[0])
    layer, head = map(int, numbers.split("."))
    if part != PARTS[0] and not has_target:
        hint = ("add ", Setting("target", "TEXT"), ", the text that the decoder reads")
        raise UsageError("expected a target with it", hint, setting="without", value=name)
    shape = model.shape_of(part)
    if layer >= shape.n_layer or head >= shape.n_head:
        last = f"{shape.n_layer - 1}.{shape.n_head - 1}"
        size = f"{shape.n_layer} layers × {shape.n_head} heads of {model.name}"
        raise UsageError(f"expected 0.0 to {last}, the {size}", setting="without", value=name)
    return HeadName(part, layer, head)


def _cuts(given: ModelInput, settings: ModelSettings) -> Iterator[tuple[int, int]]:
    """The pairs of tokens of every cut, each of all pieces of its words."""
    if settings.cut:
        queries, keys = (Side.of(each, ModelSettings()).sentence for each in (given.queries, given.keys))
        for pair in settings.cut:
            of_query, of_key = cut_words(pair)
            yield from product(_pieces(queries, of_query), _pieces(keys, of_key))


def _pieces(sentence: Sentence, word: str) -> tuple[int, ...]:
    """The tokens of a word, all of them for `*`."""
    return tuple(range(len(sentence.tokens))) if word == EVERY_WORD else pieces_of(sentence, word, "cut")
