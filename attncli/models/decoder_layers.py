"""What decoders have beyond the shared layers: the RMS norm, and the computations that none of them here does."""

from collections.abc import Mapping

import numpy as np

from attncli.errors import ResourceError
from attncli.models.family import Config, Tensors
from attncli.models.layers import take
from attncli.similarity import Array

#: Keys of a config that change the computation and are not supported, with what they stand for.
UNSUPPORTED: Mapping[str, str] = {
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), "a mixture of experts"),
    **dict.fromkeys(("alibi", "use_alibi"), "ALiBi positions"),
    "attention_sinks": "attention sinks",
    "attn_logit_softcapping": "capped attention scores",
}


def refuse_unsupported(config: Config) -> None:
    """ResourceError if the config asks for a computation that no decoder here does."""
    for key, meaning in UNSUPPORTED.items():
        if config.get(key):
            raise ResourceError(f"config.json has {key}, and {meaning} is not supported: dense decoders are")


def rms_norm(x: Array, weight: Array, eps: float) -> Array:
    """The RMS norm x / √(mean(x²) + ε) · g over x `[..., d]` (Zhang & Sennrich 2019, equation 4); weight `[d]`."""
    mean_square = np.square(x).mean(axis=-1, keepdims=True)  # [..., 1]
    normed: Array = x / np.sqrt(mean_square + np.float32(eps))  # [..., d]
    normed *= weight
    return normed


def rms_normed(tensors: Tensors, name: str, x: Array, eps: float) -> Array:
    """The RMS norm `name` of x `[..., d]`."""
    return rms_norm(x, take(tensors, f"{name}.weight", x.shape[-1]), eps)
