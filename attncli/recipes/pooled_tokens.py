"""Two texts as the pooled output of a model, with a row a token, or a row a word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from attncli.arrays import Array
from attncli.models.forward import precision
from attncli.models.model_input import ModelInput
from attncli.models.packing import HELD
from attncli.models.pooling import Pooling
from attncli.models.text_encoder import TextEncoder, TextInput
from attncli.recipes.inputs import check_sentence
from attncli.recipes.model_run import ModelRun, check_room
from attncli.recipes.pooled_text import PooledText, PooledTexts, Progress, Removal
from attncli.recipes.sides import Side
from attncli.settings.model import ModelSettings
from attncli.settings.similarity import SimilaritySettings

Inputs = tuple[TextInput, TextInput]
LONG = 2**13  # tokens; what is done sooner needs no bar


@dataclass(frozen=True, eq=False, kw_only=True)
class PooledTokens(PooledTexts):
    """Two texts as a model reads them; dtype: that it computes in."""

    encoder: TextEncoder
    inputs: Inputs
    dtype: DTypeLike

    @classmethod
    def of(
        cls, texts: tuple[str, str], encoder: TextEncoder, settings: SimilaritySettings, names: tuple[str, str]
    ) -> "PooledTokens":
        """The texts under settings; names: those in errors.

        Raises:
            UsageError, AttnError: as `read_pair`.
            ResourceError: as `Model.run`.
        """
        inputs = read_pair(texts, encoder, settings, names)
        (found,) = cls.each([inputs], encoder, settings, precision(max(len(each.tokens.tokens) for each in inputs)))
        return found

    @classmethod
    def each(
        cls, pairs: Sequence[Inputs], encoder: TextEncoder, settings: SimilaritySettings, dtype: DTypeLike
    ) -> "Iterator[PooledTokens]":
        """Pairs of texts that were read, all of them packed.

        Raises:
            ResourceError: as `Model.run`.
        """
        outputs = iter(encoder.outputs([text for pair in pairs for text in pair], dtype))
        rows, pooling = ModelSettings(words=settings.words), encoder.pooling
        for inputs in pairs:
            first, second = (_pooled(text, next(outputs), rows, pooling) for text in inputs)
            yield cls(texts=(first, second), pooling=pooling, encoder=encoder, inputs=inputs, dtype=dtype)

    def without(self, removals: Sequence[Removal], progress: Progress = lambda *_: None) -> list[Array | None]:
        """The model reads the other tokens, and the vectors are pooled of its output on them."""
        shorter = [self.inputs[text].without(tokens) for text, tokens in removals]
        left = [each for each in shorter if each.tokens.tokens]
        if not left:
            return [None] * len(shorter)
        if sum(len(each.tokens.tokens) for each in left) < LONG:
            progress = _nothing
        work = f"running {self.encoder.model.name}"
        made = iter(self.encoder.vectors(left, self.dtype, lambda done: progress(work, done, len(left))))
        return [next(made) if each.tokens.tokens else None for each in shorter]

    @property
    def warnings(self) -> Iterator[str]:
        """What the model does not see of the texts."""
        for name, each in zip(("first", "second"), self.inputs, strict=True):
            if (n := len(each.tokens.tokens)) < each.every:
                yield f"the model was given a part of the {name} text: {n:,} of {each.every:,} tokens"


def _nothing(*_: object) -> None:
    """No progress."""


def read_pair(
    texts: tuple[str, str], encoder: TextEncoder, settings: SimilaritySettings, names: tuple[str, str]
) -> Inputs:
    """Two texts as the model reads them; names: those in errors.

    Raises:
        UsageError: an empty text, or no such prompt.
        AttnError: a text that the tokenizer makes nothing of, or too long a one for the memory.
    """
    first, second = settings.prompts([*encoder.pooling.prompts])
    return (
        read_text(texts[0], encoder, first, names[0]),
        read_text(texts[1], encoder, second, names[1]),
    )


def read_text(text: str, encoder: TextEncoder, prompt: str | None, name: str) -> TextInput:
    """A text as the model reads it behind a prompt; raises as `read_pair`."""
    read = encoder.read(check_sentence(name, text), prompt)
    run = ModelRun(encoder.model, ModelInput(read.tokens), (0,), (0,))
    if run.bytes_of_layer > HELD:
        check_room(run)
    return read


def _pooled(given: TextInput, output: Array, settings: ModelSettings, pooling: Pooling) -> PooledText:
    """A text of an output `[n, d_model]`, its shares added up over the tokens of a row."""
    side = Side.of(given.tokens, settings)
    shares = None
    if pooling.summed:
        starts = [members[0] for members in side.members]
        shares = np.add.reduceat(pooling.shares(output, given.attended), starts, axis=0)  # [m, d]
    return PooledText(side.sentence, side.members, side.special, pooling.pooled(output, given.attended), shares)
