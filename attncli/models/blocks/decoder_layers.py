"""What decoders have beyond the shared layers: the RMS norm."""

import numpy as np

from attncli.arrays import Array
from attncli.models.blocks.layers import take
from attncli.models.family import Tensors


def rms_norm(x: Array, weight: Array, eps: float) -> Array:
    """The RMS norm x / √(mean(x²) + ε) · g over x `[..., d]` (Zhang & Sennrich 2019, equation 4); weight `[d]`."""
    mean_square = np.square(x).mean(axis=-1, keepdims=True)  # [..., 1]
    normed: Array = x / np.sqrt(mean_square + np.float32(eps))  # [..., d]
    normed *= weight
    return normed


def rms_normed(tensors: Tensors, name: str, x: Array, eps: float) -> Array:
    """The RMS norm `name` of x `[..., d]`."""
    return rms_norm(x, take(tensors, f"{name}.weight", x.shape[-1]), eps)
