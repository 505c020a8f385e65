"""The places where a model answers, and its scores of all tokens there.

A decoder says the next token behind a text, an encoder–decoder that behind a target, a masked model the token of every
mask in a text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError, UsageError
from attncli.models.changes import Changes
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.changes import changes_of
from attncli.recipes.model_input import read_input
from attncli.settings.model import ModelSettings


@dataclass(frozen=True)
class Asked:
    """The input of a model, and the places among its `tokens` that are answered.

    given: its part is the one whose hidden states become scores: the decoder of an encoder–decoder.
    """

    model: Model
    given: ModelInput
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str, model: Model, settings: ModelSettings) -> "Asked":
        """The places that a text asks for, under the settings' changes; nothing is computed yet.

        Raises:
            ResourceError: a model without an output layer.
            UsageError: an empty text; a masked model and a text without a mask.
            AttnError: more tokens than the model has positions.
        """
        model.check_output()
        given = _begun(text, model, settings) if model.has_decoder else read_input(text, model, settings)
        return cls(model, given, _places(given.queries, model))

    @property
    def tokens(self) -> ModelSentence:
        """The tokens of the text, or those that the decoder has read."""
        return self.given.queries

    @property
    def masked(self) -> bool:
        """Whether an answer stands in its place, and not behind it."""
        return not (self.model.has_decoder or self.model.shape.causal)

    def outputs(self, changes: Changes | None = None) -> Iterator[Array]:
        """The output of each layer `[n, d_model]`, under the settings' changes or under others."""
        given = self.given if changes is None else replace(self.given, changes=changes)
        for layer in self.model.layers(given):
            yield layer.output

    def logits(self, changes: Changes | None = None) -> Array:
        """The scores of all tokens at the places `[n_place, vocabulary]`."""
        for output in self.outputs(changes):
            last = output
        return self.model.logits(last[list(self.places)])


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
    given = replace(source, target=begun, part="decoder")
    return replace(given, changes=changes_of(given, model, settings))


def _places(tokens: ModelSentence, model: Model) -> tuple[int, ...]:
    """The last token of what a decoder reads, or each mask."""
    if model.has_decoder or model.shape.causal:
        return (len(tokens.tokens) - 1,)
    if model.mask is None:
        reason = f"{model.name} fills masks in, and its tokenizer has no token of that name"
        raise AttnError(reason, "attn explain shows its attention")
    masks = tuple(token.index for token in tokens.tokens if token.id == model.mask.id)
    if not masks:
        hint = f"for example: Paris is the {model.mask.piece} of France."
        reason = f"expected {model.mask.piece} in the place of each word to find, since {model.name} fills masks in"
        raise UsageError(reason, hint, setting="sentence", value=tokens.text)
    return masks
