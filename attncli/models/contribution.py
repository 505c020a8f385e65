"""Direct logit attribution: what each part of the residual stream adds to the score of a token.

The output layer is linear, and so is the norm in front of it once the size that it divides by is held fixed; the score
is then the sum of what the parts give each by itself (nostalgebraist 2020; Elhage et al. 2021, section "Zero-layer
transformers"). What later blocks make of a part is not counted to it, but to the heads and layers of those blocks.
"""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.errors import FinalError, Setting
from attncli.models.blocks.decoder import CrossBlock
from attncli.models.blocks.residual import ParallelBlock, PreNormBlock
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.encoder_decoder import EncoderDecoder
from attncli.models.family import Family, PackedLayer
from attncli.models.output import token_row
from attncli.models.stream import OUTPUT_BIAS, Part, Stream

INSTEAD = ("take the heads away one by one: ", Setting("by", "effect"))


class Shares(NamedTuple):
    """What each part adds to a score: their names, and numbers `[n_part]` in float64, whose sum is the score."""

    names: tuple[Part, ...]
    of: Array


def check_parts(name: str, family: Family) -> None:
    """FinalError: the scores of the model of a name are no sum of what parts of it add."""
    if not _adds(family.decoder_block(0) if isinstance(family, EncoderDecoder) else family.block(0)):
        got = f"expected norms in front of what blocks add, got {name}, which norms the sums"
    elif family.prediction.transform is not None:
        got = f"expected a linear output layer, got an activation in that of {name}"
    else:
        return
    raise FinalError(f"{got}: its parts do not add up to a score", INSTEAD, setting="by", value="contribution")


def _adds(block: object) -> bool:
    """Whether a block leaves what it adds to as it is, or norms it by itself."""
    return isinstance(block, PreNormBlock | ParallelBlock) or (isinstance(block, CrossBlock) and block.first)


def residual(layers: Iterator[PackedLayer], place: int) -> tuple[Stream, Array]:
    """The parts of the last hidden state at a token of the one text, and that state itself `[1, d_model]`.

    Raises:
        ResourceError: as the layers do.
    """
    numbers, stream = count(), None
    for layer in layers:
        with np.errstate(all="ignore"):  # layers are checked
            stream, output = layer.carry(next(numbers), place, stream), layer.output[[place]]
        del layer  # before the next is computed
    if stream is None:
        raise ValueError("layers: expected one or more")
    return stream, output


def shares(family: Family, tensors: Checkpoint, stream: Stream, token: int) -> Shares:
    """What each part of the last hidden state adds to the score of a token, before any softcap.

    The output layer's bias is a part, and so are those of the last norm.

    Raises:
        ResourceError: an array of the output layer that is missing, or has another shape than config.json says.
    """
    last = family.read_out_norm
    read = stream if last is None else stream.through(last.frozen(tensors, stream.total))
    row, bias = token_row(family, tensors, token)  # [d]
    found = Shares(read.names, read.times(family.prediction.scale).parts @ row)
    if bias is None:
        return found
    return Shares((*found.names, Part(OUTPUT_BIAS)), np.append(found.of, bias))
