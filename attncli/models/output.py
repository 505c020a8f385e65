"""The output layer: the scores of all tokens, called logits, from a hidden state.

Most decoders multiply the normed hidden state with the embedding of each token (Press & Wolf 2017, section 3) or with
a matrix of its own; masked models have a linear layer, an activation and a norm in front of it (Devlin et al. 2019,
their code: `get_masked_lm_output`).
"""

import numpy as np

from attncli.arrays import Array
from attncli.attention.products import all_finite
from attncli.errors import ResourceError
from attncli.models.blocks.layers import linear
from attncli.models.checkpoint.tensors import SAME, Checkpoint
from attncli.models.encoder_decoder import EncoderDecoder
from attncli.models.family import Family

WITHOUT = "take a checkpoint with its language model head; attn explain shows the attention of this one"


def checked_logits(name: str, family: Family, tensors: Checkpoint, x: Array, *, capped: bool = True) -> Array:
    """The scores of `token_logits` for the model of a name.

    Raises:
        ResourceError: as `token_logits` does, for a model without an output layer, or for scores that are no numbers.
        ValueError: x has another width than the blocks that predict tokens.
    """
    check_output(name, family, tensors)
    d = (family.decoder_shape if isinstance(family, EncoderDecoder) else family.shape).d_model
    if x.ndim != 2 or x.shape[1] != d:
        raise ValueError(f"output: expected shape [n, {d}], got {list(x.shape)}")
    with np.errstate(all="ignore"):
        return checked_scores(name, token_logits(family, tensors, x, capped=capped))


def check_output(name: str, family: Family, tensors: Checkpoint) -> None:
    """ResourceError: the files of the model of a name have no output layer."""
    if missing := missing_output(family, tensors):
        raise ResourceError(f"{name} has no output layer: its files have no array {missing!r}", WITHOUT)


def checked_scores(name: str, scores: Array) -> Array:
    """The scores in float32; ResourceError for a NaN or an infinity, in the words of the model of a name."""
    if not all_finite(scores):
        raise ResourceError(f"the head of {name} gives a NaN or an infinity: its file is damaged")
    return scores.astype(np.float32, copy=False)


def missing_output(family: Family, tensors: Checkpoint) -> str | None:
    """The first array of the output layer that the files do not have; None where all are there."""
    if _weight(family, tensors) is None:
        return family.output.weights[0]
    transform = family.prediction.transform
    for name, _ in () if transform is None else transform.arrays():
        if name not in tensors:
            return name
    biases = _biases(family) if family.output.bias_needed else ()
    return None if not biases or _bias(family, tensors) else biases[0]


def token_logits(family: Family, tensors: Checkpoint, x: Array, *, capped: bool = True) -> Array:
    """The scores of all tokens `[n, vocabulary]`, float32, from the outputs x `[n, d_model]` of a block.

    capped: behind the softcap of models that have one.

    Raises:
        ResourceError: an array that is missing, or has another shape than config.json says.
    """
    how, x = family.prediction, family.read_out(tensors, x)
    if how.transform is not None:
        x = how.transform(tensors, x)
    if how.scale != 1:
        x = x * x.dtype.type(how.scale)
    scores = _product(family, tensors, x.astype(np.float32, copy=False))  # [n, vocabulary]
    if bias := _bias(family, tensors):
        scores += _fitting(tensors, bias, scores.shape[1])
    if capped and how.softcap is not None:
        np.tanh(np.divide(scores, np.float32(how.softcap), out=scores), out=scores)
        scores *= np.float32(how.softcap)
    return scores


def token_row(family: Family, tensors: Checkpoint, token: int) -> tuple[Array, float | None]:
    """What the output layer multiplies with for a token: its row `[d]` in float32; and its bias.

    Raises:
        ResourceError: as `token_logits` does.
    """
    bias, name = _bias(family, tensors), _weight(family, tensors) or family.output.weights[0]
    (row,) = tensors.rows(name, np.array([token]))
    return row, None if bias is None else float(_fitting(tensors, bias, tensors.shape(name)[0])[token])


def _weight(family: Family, tensors: Checkpoint) -> str | None:
    """The name of the matrix: its own where the files have one, since they may differ; else the embedding if tied."""
    names = (*family.output.weights, *((_embedding(family),) if family.tied else ()))
    return next((name for name in names if name in tensors), None)


def _embedding(family: Family) -> str:
    """The name of the embedding that may be the output layer."""
    return family.prediction.embedding or family.output.embedding


def _biases(family: Family) -> tuple[str, ...]:
    """The names that the bias may have; none of an output layer without."""
    return family.output.biases if family.prediction.biases is None else family.prediction.biases


def _bias(family: Family, tensors: Checkpoint) -> str | None:
    return next((name for name in _biases(family) if name in tensors), None)


def _product(family: Family, tensors: Checkpoint, x: Array) -> Array:
    """The matrix `[vocabulary, d]`, some rows of it at a time, on x `[n, d]`: `[n, vocabulary]`."""
    name, embedding = _weight(family, tensors) or family.output.weights[0], tensors.size(_embedding(family))
    shape = tensors.shape(name)
    if len(shape) != 2 or shape[1] != x.shape[1] or (embedding and embedding[0] != shape[0]):
        tokens = embedding[0] if embedding else "…"
        raise ResourceError(f"{name}: expected shape [{tokens}, {x.shape[1]}] by config.json, got {list(shape)}", SAME)
    scores, start = np.empty((len(x), shape[0]), np.float32), 0
    for rows in tensors.parts(name):
        scores[:, start : start + len(rows)] = linear(x, rows)
        start += len(rows)
    return scores


def _fitting(tensors: Checkpoint, name: str, n: int) -> Array:
    """The bias `[n]`, which some families keep as `[1, n]`."""
    if (shape := tensors.shape(name)) not in ((n,), (1, n)):
        raise ResourceError(f"{name}: expected shape [{n}], a number a token, got {list(shape)}", SAME)
    return tensors[name].reshape(-1)
