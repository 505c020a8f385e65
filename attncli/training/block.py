"""The block before training: content heads that compare words, and heads that see positions."""

import math
from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity import all_parameters, method_of

REACH = 8  # offsets beyond ±8 share their bias
CONTENT_SPEED = 0.1
SIDE = 4.0  # added by a position head to the scores of one side in the beginning, and taken from the other
LEAST_TEMPERATURE = 0.05


@dataclass(frozen=True)
class Shape:
    """The shape of a block; the first `content_heads` see no positions. d_k = d_v."""

    heads: int = 3
    content_heads: int = 1
    d_k: int = 64
    method: str = "scaled"
    bias: bool = True
    same_length: bool = True  # whether every vector is brought to the length √d


def input_length(d_model: int) -> float:
    """The length √d to which every vector is brought."""
    return math.sqrt(d_model)


def new_block(shape: Shape, d_model: int, rng: np.random.Generator) -> dict[str, Array]:
    """Float32 parameters by their names in a projections file.

    w_q, w_k, w_v and w_o are drawn from N(0, 1/d_model); but a content head starts with w_q = w_k, a slice of the
    identity, so that in the beginning it looks at similar words. Several position heads start in turn with a
    preference for the words before and for those after, so that they come to do different things.
    """
    n, d_k = shape.heads, shape.d_k
    sizes = {"w_q": (n, d_model, d_k), "w_k": (n, d_model, d_k), "w_v": (n, d_model, d_k), "w_o": (n * d_k, d_model)}
    block = {name: rng.standard_normal(size) / math.sqrt(d_model) for name, size in sizes.items()}
    for head in range(shape.content_heads):
        block["w_q"][head] = block["w_k"][head] = np.roll(np.eye(d_model, d_k), head * d_k, axis=0)
    if shape.bias:
        block["b_q"] = np.zeros((n, d_k))
    block["temperature"] = np.ones(n)
    block["position_bias"] = _sides(n, shape.content_heads)
    block["key_offset_bias"] = np.zeros((n, 2 * REACH + 1, d_k))
    block |= method_of(shape.method).starting(n, d_k, rng)
    return {name: array.astype(np.float32) for name, array in block.items()}


def _sides(heads: int, content_heads: int) -> Array:
    """The position bias in the beginning: `[n_head, 2·REACH + 1]`."""
    bias = np.zeros((heads, 2 * REACH + 1))
    if heads - content_heads > 1:
        side = np.sign(np.arange(-REACH, REACH + 1))  # [2·REACH + 1]; −1 before, 1 after
        bias[content_heads::2], bias[content_heads + 1 :: 2] = -SIDE * side, SIDE * side
    return bias


def learning_speeds(shape: Shape, block: dict[str, Array]) -> dict[str, Array]:
    """The factors of the learning rate, head by head: content heads learn no positions, and compare slowly.

    So they stay heads that look for related words, as they are initialised.
    """
    own = method_of(shape.method).parameters
    speeds: dict[str, Array] = {
        name: np.asarray(each.speed, np.float32) for name, each in own.items() if each.speed != 1
    }
    for name in ("position_bias", "key_offset_bias", "w_q", "w_k", "b_q"):
        if name in block:
            speed = np.ones((shape.heads,) + (1,) * (block[name].ndim - 1), np.float32)  # [n_head, 1, ...]
            speed[: shape.content_heads] = CONTENT_SPEED if name in ("w_q", "w_k", "b_q") else 0
            speeds[name] = speed
    return speeds


def keep_in_bounds(block: dict[str, Array]) -> None:
    """Numbers that must stay above 0 do, in place."""
    least_of = {name: each.least for name, each in all_parameters().items()} | {"temperature": LEAST_TEMPERATURE}
    for name, least in least_of.items():
        if least is not None and name in block:
            np.maximum(block[name], least, out=block[name])
