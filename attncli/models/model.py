"""A model of a folder or of the Hugging Face cache: what it is, its tokens, and its layers one after another."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import Attention
from attncli.errors import AttnError, ResourceError
from attncli.models.checkpoint.config import family_of, read_config
from attncli.models.checkpoint.confirming import check_arrays, doubts
from attncli.models.checkpoint.finding import find_model, name_of
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.checkpoint.tokenizing import ModelSentence, ModelTokenizer
from attncli.models.family import Config, Family, ModelLayer, ModelShape

#: Characters of a text: for each position, at least, and at most; a token has four or five, most of them.
CHARACTERS, FEWEST, MOST = 64, 2**15, 2**19
PRECISE = 64  # tokens; so few are computed in float64: float32 alone is off by as much as 2e-6 in a weight


@dataclass(frozen=True)
class Model:
    """An opened model: its name, its family as config.json names it, its sizes, the number of its parameters.

    warnings: what may make its numbers others than those of the code it was made with.
    """

    name: str
    family: str
    shape: ModelShape
    parameters: int
    folder: Path
    warnings: tuple[str, ...]
    config: Config = field(repr=False)
    _blocks: Family = field(repr=False)
    _tensors: Checkpoint = field(repr=False)
    _tokenizer: ModelTokenizer = field(repr=False)

    def read(self, text: str) -> ModelSentence:
        """The tokens of the text as the model sees them.

        Raises:
            AttnError: no token, or more than the model has positions for, or so many characters that they are not
                even counted; the message says how many.
            ResourceError: the tokenizer fails on it.
        """
        n, most = len(text), min(max(CHARACTERS * self.shape.positions, FEWEST), MOST)
        if n > most:
            takes = f"{self.name}, which takes {self.shape.positions:,} tokens"
            raise AttnError(f"the text has {n:,} characters, {most:,} are the most for {takes}", "shorten the text")
        sentence = self._tokenizer.read(text)
        n, most = len(sentence.tokens), self.shape.positions
        if not n:
            raise AttnError(f"{self.name} makes no token of {text!r}", "give it a word")
        if n > most:
            raise AttnError(f"the text has {n:,} tokens for {self.name}, which takes {most:,}", "shorten the text")
        return sentence

    def run(self, ids: Sequence[int]) -> Iterator[ModelLayer]:
        """The layers on the token ids `[n]`, each on the output of the one before.

        One layer's weights are in memory at a time, and are let go with its value.

        Raises:
            ResourceError: arrays that are missing or have other shapes than config.json says, or that give no
                finite numbers.
        """
        x = self._blocks.embed(self.config, self._tensors, np.asarray(ids, np.intp))  # [n, d_model]
        x = x.astype(np.float64 if len(ids) <= PRECISE else np.float32, copy=False)
        for number in range(self.shape.n_layer):
            with np.errstate(all="ignore"):  # what is not finite is said below
                layer = self._blocks.layer(self.config, self._tensors, number, x)
            if not np.isfinite(layer.output).all():
                raise ResourceError(f"layer {number} of {self.name} gives a NaN or an infinity: its file is damaged")
            x = layer.output
            yield _single(layer)

    def final(self, output: Array) -> Array:
        """The last hidden state `[n, d_model]`, from the last layer's output."""
        return self._blocks.final(self.config, self._tensors, output)


def _single(layer: ModelLayer) -> ModelLayer:
    """The layer in float32, whatever it was computed in."""
    attention = Attention(*(step.astype(np.float32, copy=False) for step in layer.attention))
    names = ("queries", "keys", "values", "w_o", "output")
    return layer._replace(
        attention=attention, **{name: getattr(layer, name).astype(np.float32, copy=False) for name in names}
    )


def open_model(name_or_path: str | Path) -> Model:
    """Open the model of a folder, or `org/name` or `name` of the Hugging Face cache; nothing is downloaded.

    Raises:
        ResourceError: there is none, its family is not supported, its files are damaged or of another kind, or the
            extra that reads them is not installed.
    """
    folder = find_model(name_or_path)
    config = read_config(folder)
    blocks = family_of(config)
    tensors = Checkpoint(folder, blocks.TIED if blocks.ties(config) else {})
    unused = check_arrays(config, blocks, tensors)
    shape, count = blocks.shape(config), tensors.parameters - _tied(config, blocks, tensors)
    tokenizer = ModelTokenizer(folder, config, max(_rows(tensors), default=0))
    said, family = (*doubts(config, blocks, shape, unused), *tokenizer.warnings), config["model_type"]
    return Model(name_of(folder), family, shape, count, folder, said, config, blocks, tensors, tokenizer)


def _rows(tensors: Checkpoint) -> Iterator[int]:
    """How many tokens the model knows."""
    names = ("embeddings.word_embeddings.weight", "wte.weight", "embed_tokens.weight", "lm_head.weight")
    yield from (shape[0] for name in names if (shape := tensors.size(name)))


def _tied(config: Config, blocks: Family, tensors: Checkpoint) -> int:
    """The numbers of an output layer that is the embedding once more."""
    if not blocks.ties(config):
        return 0
    copies = {name: others for name, others in blocks.TIED.items() if name in tensors}
    return sum(math.prod(tensors.size(each) or (0,)) for others in copies.values() for each in others)
