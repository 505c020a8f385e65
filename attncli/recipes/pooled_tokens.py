"""Two texts as the pooled output of a model, with a row a token, or a row a word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from attncli.arrays import Array
from attncli.models.forward import precision
from attncli.models.model_input import ModelInput
from attncli.models.pooling import Pooling
from attncli.models.text_encoder import TextEncoder, TextInput
from attncli.recipes.inputs import check_sentence
from attncli.recipes.model_run import ModelRun, check_room
from attncli.recipes.pooled_text import PooledText, PooledTexts, Removal
from attncli.recipes.sides import Side
from attncli.settings.model import ModelSettings
from attncli.settings.similarity import SimilaritySettings


@dataclass(frozen=True, eq=False, kw_only=True)
class PooledTokens(PooledTexts):
    """Two texts as a model reads them; dtype: that it computes in."""

    encoder: TextEncoder
    inputs: tuple[TextInput, TextInput]
    dtype: DTypeLike

    @classmethod
    def of(
        cls, texts: tuple[str, str], encoder: TextEncoder, settings: SimilaritySettings, names: tuple[str, str]
    ) -> "PooledTokens":
        """The texts under settings; names: those in errors.

        Raises:
            UsageError: an empty text, or no such prompt.
            AttnError: a text that the tokenizer makes nothing of, or too long a one for the memory.
            ResourceError: as `Model.run`.
        """
        prompts = settings.prompts([*encoder.pooling.prompts])
        checked = [check_sentence(name, text) for name, text in zip(names, texts, strict=True)]
        first, second = (encoder.read(text, prompt) for text, prompt in zip(checked, prompts, strict=True))
        for each in (first, second):
            check_room(ModelRun(encoder.model, ModelInput(each.tokens), (0,), (0,)))
        dtype = precision(max(len(each.tokens.tokens) for each in (first, second)))
        a, b = encoder.outputs([first, second], dtype)
        rows, pooling = ModelSettings(words=settings.words), encoder.pooling
        pooled = _pooled(first, a, rows, pooling), _pooled(second, b, rows, pooling)
        return cls(texts=pooled, pooling=pooling, encoder=encoder, inputs=(first, second), dtype=dtype)

    def without(self, removals: Sequence[Removal]) -> list[Array | None]:
        """The model reads the other tokens, and the vectors are pooled of its output on them."""
        shorter = [self.inputs[text].without(tokens) for text, tokens in removals]
        left = [each for each in shorter if each.tokens.tokens]
        vectors = zip(left, self.encoder.outputs(left, self.dtype), strict=True)
        made = (self.pooling.pooled(output, each.attended) for each, output in vectors)
        return [next(made) if each.tokens.tokens else None for each in shorter]

    @property
    def warnings(self) -> Iterator[str]:
        """What the model does not see of the texts."""
        for name, each in zip(("first", "second"), self.inputs, strict=True):
            if (n := len(each.tokens.tokens)) < each.every:
                yield f"the model was given a part of the {name} text: {n:,} of {each.every:,} tokens"


def _pooled(given: TextInput, output: Array, settings: ModelSettings, pooling: Pooling) -> PooledText:
    """A text of an output `[n, d_model]`, its shares added up over the tokens of a row."""
    side = Side.of(given.tokens, settings)
    shares = None
    if pooling.summed:
        starts = [members[0] for members in side.members]
        shares = np.add.reduceat(pooling.shares(output, given.attended), starts, axis=0)  # [m, d]
    return PooledText(side.sentence, side.members, side.special, pooling.pooled(output, given.attended), shares)
