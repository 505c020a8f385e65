"""The non-linear functions between the two linear layers of a block, by the names that config.json has for them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from attncli.arrays import Array
from attncli.models.checkpoint.config import Config

CACHED = 2**16  # numbers that stay in a core's cache between the steps of an activation

# ln(Φ(x) / (1 − Φ(x))) = x·(c₀ + c₁x² + … + c₆x¹²), the minimax fit of x·Φ(x) on [−6, 6], off by 1e-7 at most; beyond,
# the last term takes σ to 0 or 1, as Φ is.
NORMAL = (
    *(1.5957680794318072, 0.07266898693638035, -6.646495245647625e-05, -0.00011044072710391135),
    *(7.935278099802614e-06, -2.6695791914507967e-07, 3.6203878190859066e-09),
)
CUBIC = (2 * math.sqrt(2 / math.pi), 2 * math.sqrt(2 / math.pi) * 0.044715)


class Activation(Protocol):
    """A function of every number by itself, computed in the dtype of x."""

    def __call__(self, x: Array, /, out: Array | None = None) -> Array:
        """The function of x, of any shape; to `out`, contiguous and of the same shape, which may be x."""
        ...


def gelu(x: Array, /, out: Array | None = None) -> Array:
    """x·Φ(x), Φ the normal distribution (Hendrycks & Gimpel 2016, equation 1); within 4e-7 for |x| < 4."""
    return _gated(x, NORMAL, out)


def gelu_tanh(x: Array, /, out: Array | None = None) -> Array:
    """½x·(1 + tanh(√(2/π)·(x + 0.044715x³))) (Hendrycks & Gimpel 2016, equation 2): named gelu_new by GPT-2.

    ½(1 + tanh(u)) is σ(2u).
    """
    return _gated(x, CUBIC, out)


def relu(x: Array, /, out: Array | None = None) -> Array:
    """max(x, 0) (Nair & Hinton 2010)."""
    y: Array = np.maximum(x, 0, out=out)
    return y


def relu_squared(x: Array, /, out: Array | None = None) -> Array:
    """max(x, 0)² (So et al. 2021, section 3.2: Primer)."""
    y = relu(x, out)
    y *= y
    return y


def quick_gelu(x: Array, /, out: Array | None = None) -> Array:
    """x·σ(1.702x) (Hendrycks & Gimpel 2016, section 2)."""
    return _gated(x, (1.702,), out)


def silu(x: Array, /, out: Array | None = None) -> Array:
    """x·σ(x) = x / (1 + e⁻ˣ) (Hendrycks & Gimpel 2016, section 2; Ramachandran et al. 2017 call it swish)."""
    return _gated(x, (1.0,), out)


def tanh(x: Array, /, out: Array | None = None) -> Array:
    """The hyperbolic tangent."""
    y: Array = np.tanh(x, out=out)
    return y


def _gated(x: Array, coefficients: Sequence[float], out: Array | None) -> Array:
    """x·σ(x·Σ cₖ x²ᵏ), σ(u) = 1 / (1 + e⁻ᵘ), a few numbers at a time. NumPy's 2ˣ takes half the time of its eˣ."""
    y = np.empty_like(x, order="C") if out is None else out
    flat, result = x.reshape(-1), y.reshape(-1)
    negative = [x.dtype.type(-c / math.log(2)) for c in coefficients]
    with np.errstate(over="ignore"):  # e⁻ᵘ = ∞ gives −0, which is right
        for start in range(0, flat.size, CACHED):
            part = flat[start : start + CACHED]
            divisor = _odd(part, negative)
            np.exp2(divisor, out=divisor)
            divisor += 1
            np.divide(part, divisor, out=result[start : start + CACHED])
    return y


def _odd(x: Array, coefficients: Sequence[Any]) -> Array:
    """The odd polynomial x·Σ cₖ x²ᵏ of x `[n]`, by Horner's rule."""
    if len(coefficients) == 1:
        only: Array = x * coefficients[0]
        return only
    square = x * x
    total: Array = square * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        total += c
        total *= square
    total += coefficients[0]
    total *= x
    return total


ACTIVATIONS: Mapping[str, Activation] = {
    "gelu": gelu,
    "gelu_new": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
    "gelu_fast": gelu_tanh,
    "gelu_accurate": gelu_tanh,
    "gelu_python": gelu,
    "gelu_python_tanh": gelu_tanh,
    "quick_gelu": quick_gelu,
    "relu": relu,
    "relu2": relu_squared,
    "silu": silu,
    "swish": silu,
    "tanh": tanh,
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
