"""Projections files: heads and the parameters of the methods as named arrays in a `.npz`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from attncli.errors import ResourceError
from attncli.heads import Heads
from attncli.npz import NEEDED, read_npz, write_npz
from attncli.shapes import match_axes
from attncli.similarity import PARAMETERS, Array

#: The axes of the projections; those of the methods' parameters are in `similarity.PARAMETERS`, behind n_head.
PROJECTIONS: Mapping[str, tuple[str, ...]] = {
    "w_q": ("n_head", "d_model", "d_k"),
    "w_k": ("n_head", "d_model", "d_k"),
    "w_v": ("n_head", "d_model", "d_v"),
    "w_o": ("n_head·d_v", "d_model"),
}
# What later versions may write, with the number that leaves the attention as it is.
LATER = {"b_q": 0, "b_k": 0, "temperature": 1, "position_bias": 0, "key_offset_bias": 0, "input_scale": 1}


def read_heads(path: str | Path, d_model: int, n_head: int | None = None) -> Heads:
    """Heads from a projections file (`.npz`); arrays as in `PROJECTIONS` and `similarity.PARAMETERS`, in float64.

    w_o and the parameters may be missing, and names that are not known are left alone.

    Raises:
        ResourceError: not a readable `.npz` of finite floats, or shapes that fit neither each other nor `d_model` and
            `n_head`, or arrays that change the attention in a way that only a later version knows.
    """
    inner = {name: ("n_head", *axes) for arrays in PARAMETERS.values() for name, axes in arrays.items()}
    arrays = read_npz(path, {*PROJECTIONS, *inner, *LATER})
    sizes = {"d_model": d_model} if n_head is None else {"d_model": d_model, "n_head": n_head}
    with _naming(path):
        _check_shapes(arrays, {**PROJECTIONS, **inner}, sizes)
        _check_numbers(arrays)
    parameters = {name: arrays[name] for name in inner if name in arrays}
    return Heads(arrays["w_q"], arrays["w_k"], arrays["w_v"], arrays.get("w_o"), parameters)


def read_parameters(path: str | Path, method: str, d_k: int) -> dict[str, Array]:
    """The parameters of `method` for one head without projections, in float64; missing ones are left out.

    Raises:
        ResourceError: not a readable `.npz` of finite numbers, or shapes other than n_head = 1 and `d_k`.
    """
    axes = {name: ("n_head", *inner) for name, inner in PARAMETERS[method].items()}
    arrays = read_npz(path, axes)
    sizes = {"n_head": 1, "d_k": d_k}
    with _naming(path):
        for name, array in arrays.items():
            match_axes(name, array, axes[name], sizes, lead="")
        _check_numbers(arrays)
    return arrays


@contextmanager
def _naming(path: str | Path) -> Iterator[None]:
    """Let what is wrong with the arrays name the file."""
    try:
        yield
    except ValueError as error:
        raise ResourceError(f"{str(path)!r}: {error}", NEEDED) from None


def write_heads(path: str | Path, heads: Heads) -> None:
    """Write a projections file; the same heads give the same bytes."""
    projections = {name: getattr(heads, name) for name in PROJECTIONS if getattr(heads, name) is not None}
    write_npz(path, projections | dict(heads.parameters))


def _check_shapes(arrays: Mapping[str, Array], axes: Mapping[str, tuple[str, ...]], sizes: dict[str, int]) -> None:
    """All arrays against their axes and against each other; ValueError with what was found and what was needed."""
    if missing := [name for name in ("w_q", "w_k", "w_v") if name not in arrays]:
        raise ValueError(f"{missing[0]} is missing; found {', '.join(arrays) or 'no known array'}")
    for name in (name for name in axes if name in arrays):
        if name == "w_o":
            sizes["n_head·d_v"] = sizes["n_head"] * sizes["d_v"]
        match_axes(name, arrays[name], axes[name], sizes, lead="")
        if not arrays[name].size:
            raise ValueError(f"{name} has shape {list(arrays[name].shape)}, which holds no number")


def _check_numbers(arrays: Mapping[str, Array]) -> None:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds a NaN or an infinity; needed are finite numbers")
        if name in LATER and np.any(array != LATER[name]):
            raise ValueError(f"{name} changes the attention in a way that needs a newer attn")
        if name == "kernel_sigma" and not (array > 0).all():
            raise ValueError("kernel_sigma holds a width that is not above 0")
