"""Direct logit attribution: what each part of the residual stream adds to the score of a token or label.

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
from attncli.models.blocks.layers import Dense
from attncli.models.blocks.residual import ParallelBlock, PreNormBlock
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.encoder_decoder import EncoderDecoder
from attncli.models.family import Family, Norm, PackedLayer
from attncli.models.output import token_row
from attncli.models.stream import OUTPUT_BIAS, Part, Stream

INSTEAD = ("take the heads away one at a time: ", Setting("by", "effect"))


class Readout(NamedTuple):
    """How one score is made of the last hidden state x: norm(x)·scale · row + bias; row `[d]`, norm None without."""

    norm: Norm | None
    row: Array
    bias: float | None = None
    scale: float = 1.0


class Shares(NamedTuple):
    """What each part adds to a score: their names, and numbers `[n_part]` in float64, whose sum is the score."""

    names: tuple[Part, ...]
    of: Array


def check_parts(name: str, family: Family, *, labels: bool = False) -> None:
    """FinalError: the scores of the model of a name are no sum of what parts of it add; labels: those of labels."""
    head = family.classifier
    block = family.decoder_block if isinstance(family, EncoderDecoder) and not labels else family.block
    if not _adds(block(0)):
        got = f"expected a model with norms in front of what its blocks add, got {name}, which norms the sums"
    elif (head.hidden if labels else family.prediction.transform) is not None:
        got = f"expected a model with a linear output layer, got {name}, which has an activation in front of it"
    elif labels and head.pooled == "mean":
        got = f"expected a model that scores the state of one token, got {name}, which scores the mean of all"
    else:
        return
    raise FinalError(f"{got}: its parts do not add up to a logit", INSTEAD)


def _adds(block: object) -> bool:
    """Whether a block leaves what it adds to as it is, or norms it by itself."""
    return isinstance(block, PreNormBlock | ParallelBlock) or (isinstance(block, CrossBlock) and block.first)


def residual(layers: Iterator[PackedLayer], place: int) -> tuple[Stream, Array]:
    """The parts of the last layer's output at a token of the one text, and the output of all `[n, d_model]`.

    Raises:
        ResourceError: as the layers do.
    """
    numbers, stream = count(), None
    for layer in layers:
        with np.errstate(all="ignore"):  # layers are checked
            stream, output = layer.carry(next(numbers), place, stream), layer.output
        del layer  # before the next is computed
    if stream is None:
        raise ValueError("layers: expected one or more")
    return stream, output


def of_token(family: Family, tensors: Checkpoint, token: int) -> Readout:
    """The score of a token, before any softcap.

    Raises:
        ResourceError: an array of the output layer that is missing, or has another shape than config.json says.
    """
    row, bias = token_row(family, tensors, token)
    return Readout(family.read_out_norm, row, bias, family.prediction.scale)


def of_label(family: Family, tensors: Checkpoint, labels: int, label: int) -> Readout:
    """The score of one of so many labels; ResourceError as `of_token`."""
    name, biased = family.classifier.out, family.classifier.biased
    weight, bias = Dense(name, tensors.shape(f"{name}.weight")[-1], labels, biased).weights(tensors)
    return Readout(family.last, weight[label], None if bias is None else float(bias[label]))


def shares(readout: Readout, tensors: Checkpoint, stream: Stream) -> Shares:
    """What each part of the last hidden state adds to a score; biases of the norm and of the score are parts too."""
    norm = readout.norm
    read = stream if norm is None else stream.through(norm.frozen(tensors, stream.total))
    found = Shares(read.names, read.times(readout.scale).parts @ readout.row)
    if readout.bias is None:
        return found
    return Shares((*found.names, Part(OUTPUT_BIAS)), np.append(found.of, readout.bias))
