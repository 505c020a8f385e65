"""The places where a model answers, and its scores of all tokens there.

A decoder says the next token behind a text, an encoder–decoder that behind a target, a masked model the token of every
mask in a text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from attncli.address_space import memory
from attncli.arrays import Array
from attncli.errors import AttnError, Setting, UsageError
from attncli.models.changes import Changes
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.changes import changes_of
from attncli.recipes.model_input import read_input
from attncli.recipes.sides import Side
from attncli.recipes.word_places import pieces_of
from attncli.settings.model import ModelSettings

BYTES = 4 + 8  # of a score and its probability


@dataclass(frozen=True)
class Asked:
    """The input of a model, and the places among its `tokens` that are answered.

    given: its part is the one that cuts are of; the hidden states that become scores are those of the decoder.
    """

    model: Model
    given: ModelInput
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str, model: Model, settings: ModelSettings) -> "Asked":
        """The places that a text asks for, under the settings' changes; nothing is computed yet.

        Raises:
            ResourceError: a model without an output layer.
            UsageError: an empty text; a masked model and a text without a mask; a text in windows.
            AttnError: more tokens than the model has positions.
        """
        model.check_output()
        given = _begun(text, model, settings) if model.has_decoder else read_input(text, model, settings)
        check_single(given, settings)
        places = _places(given.begun, model, settings)
        check_scores(len(places), model)
        return cls(model, given, places)

    @property
    def tokens(self) -> ModelSentence:
        """The tokens of the text, or those that the decoder has read."""
        return self.given.begun

    @property
    def masked(self) -> bool:
        """Whether an answer stands in its place, and not behind it."""
        return not (self.model.has_decoder or self.model.shape.causal)

    def states(self) -> Iterator[Array]:
        """The hidden states `[n, d_model]` under the settings' changes: the embedding, then each layer's output."""
        yield self.model.embedded(self.given)
        for layer in self.model.layers(self.given, self.given.reader):
            yield layer.output

    def logits(self, changes: Changes | None = None) -> Array:
        """The scores of all tokens at the places `[n_place, vocabulary]`, under the settings' changes or others."""
        given = self.given if changes is None else replace(self.given, changes=changes)
        return self.model.logits(self.model.output(given)[list(self.places)])


def check_single(given: ModelInput, settings: ModelSettings) -> None:
    """UsageError: a text in windows, which are no single pass."""
    if given.windows is not None:
        reason = "expected a text that fits the model's positions, got one in windows"
        raise UsageError(reason, ("cut it: ", Setting("truncate")), setting="stride", value=settings.stride)


def check_scores(n_place: int, model: Model) -> None:
    """AttnError: the scores of all tokens at so many places take more memory than there is."""
    room, needed = memory(), BYTES * n_place * model.vocabulary
    if room is not None and needed > room:
        there_is = f"{room / 2**30:,.1f} GiB, the memory there is"
        reason = f"expected scores of at most {there_is}, got {needed / 2**30:,.1f} GiB: {n_place:,} places"
        raise AttnError(f"{reason} × {model.vocabulary:,} tokens", "shorten the text")


def probabilities(logits: Array) -> Array:
    """The softmax of each row `[..., vocabulary]`, in float64."""
    with np.errstate(under="ignore"):
        powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _begun(text: str, model: Model, settings: ModelSettings) -> ModelInput:
    """The source, and the tokens of the target that the decoder goes on from."""
    plain = replace(settings, target=None, part=None, target_lang=None, without=(), cut=())
    source = read_input(text, model, plain)
    begun = model.targets(settings.target_lang, settings.source_lang).begun(settings.target or "")
    given = replace(source, target=begun, part=settings.part or "decoder")
    return replace(given, changes=changes_of(given, model, settings))


def answered_places(tokens: ModelSentence, model: Model) -> tuple[int, ...]:
    """The last token of what a decoder reads, or each mask: none of a text without."""
    if model.has_decoder or model.shape.causal:
        return (len(tokens.tokens) - 1,)
    mask = model.mask
    return tuple(token.index for token in tokens.tokens if mask is not None and token.id == mask.id)


def _places(tokens: ModelSentence, model: Model, settings: ModelSettings) -> tuple[int, ...]:
    """The last token of what a decoder reads, or each mask; or the tokens of a word, of a decoder the last of them."""
    goes_on = model.has_decoder or model.shape.causal
    if settings.word is not None:
        pieces = pieces_of(Side.of(tokens, ModelSettings()).sentence, settings.word, "word")
        return pieces[-1:] if goes_on else pieces
    if places := answered_places(tokens, model):
        return places
    if model.mask is None:
        reason = f"{model.name} fills masks in, and its tokenizer has no mask token"
        raise AttnError(reason, "attn explain shows its attention")
    hint = f"for example: Paris is the {model.mask.piece} of France."
    reason = f"expected {model.mask.piece} in the place of each word to find, since {model.name} fills masks in"
    raise UsageError(reason, hint, setting="sentence", value=tokens.text)
