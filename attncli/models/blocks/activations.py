"""The non-linear functions between the two linear layers of a block, by the names that config.json has for them."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from attncli.arrays import Array
from attncli.models.checkpoint.config import Config

Activation = Callable[[Array], Array]

CACHED = 2**14  # numbers that stay in a core's cache between the steps of gelu

# The upper tail of the normal distribution, Q(a) ≈ t·(c₁ + c₂t + … + c₆t⁵)·exp(−a²/2) with t = 1/(1 + pa).
# The form is Abramowitz and Stegun's 7.1.26 with one term more; these p and c are the minimax fit on [0, 6], which is
# off by at most 1e-8: less than half a unit in the last place of a float32 near 1.
TAIL_P = np.float32(0.28)
TAIL_C = tuple(
    np.float32(c)
    for c in (
        *(0.11652066294572105, 0.06749751824122194, 0.268908165013866),
        *(-0.236990888415748, 0.3898723516946664, -0.10580781870492989),
    )
)


def gelu(x: Array) -> Array:
    """x·Φ(x), Φ the normal distribution (Hendrycks & Gimpel 2016, equation 1), within 3e-7 of the exact one.

    Written as max(x, 0) − |x|·Q(|x|), Q = 1 − Φ, so that neither side of 0 loses digits.
    """
    out: Array = np.maximum(x, 0, dtype=np.float32)  # [..., d]
    flat, result = x.reshape(-1), out.reshape(-1)
    for start in range(0, flat.size, CACHED):
        part = slice(start, start + CACHED)
        result[part] -= _weighted_tail(flat[part])
    return out


def _weighted_tail(x: Array) -> Array:
    """|x|·Q(|x|) of x `[n]`."""
    a = np.abs(x)  # [n]
    t = np.reciprocal(TAIL_P * a + np.float32(1))
    tail: Array = t * TAIL_C[-1]
    for c in TAIL_C[-2::-1]:  # Horner's rule
        tail += c
        tail *= t
    tail *= np.exp(np.square(a) * np.float32(-0.5))
    tail *= a
    return tail


def gelu_tanh(x: Array) -> Array:
    """½x·(1 + tanh(√(2/π)·(x + 0.044715x³))) (Hendrycks & Gimpel 2016, equation 2): named gelu_new by GPT-2."""
    inner = x * x  # [..., d]
    inner *= np.float32(0.044715)
    inner += 1
    inner *= x
    inner *= np.float32(math.sqrt(2 / math.pi))
    y: Array = np.tanh(inner, out=inner)
    y += 1
    y *= x
    y *= np.float32(0.5)
    return y


def relu(x: Array) -> Array:
    """max(x, 0) (Nair & Hinton 2010)."""
    y: Array = np.maximum(x, 0)
    return y


def silu(x: Array) -> Array:
    """x·σ(x) = x / (1 + e⁻ˣ) (Hendrycks & Gimpel 2016, section 2; Ramachandran et al. 2017 call it swish)."""
    with np.errstate(over="ignore"):  # e⁻ˣ = ∞ gives −0, which is right
        y: Array = np.exp(-x)
    y += 1
    return np.divide(x, y, out=y)


ACTIVATIONS: Mapping[str, Activation] = {
    "gelu": gelu,
    "gelu_new": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
    "gelu_fast": gelu_tanh,
    "relu": relu,
    "silu": silu,
    "swish": silu,
}


def read_activation(config: Config, key: str, default: str) -> Activation:
    """The function that a config names under the key.

    Raises:
        ResourceError: another one; the message has the names of those that are supported.
    """
    name = config.get(key, default)
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise config.error(key, f"one of the activations {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
