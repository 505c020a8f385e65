"""Projections files: heads and the parameters of the methods as named arrays in a `.npz`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from attncli.analysis.kinds import PROFILE
from attncli.arrays import Array
from attncli.attention.shapes import match_axes
from attncli.attention.similarity import all_parameters, method_of
from attncli.errors import ResourceError
from attncli.files.npz import NEEDED, read_npz, write_npz
from attncli.heads.parameters import Heads

#: The axes of the projections; those of the methods' parameters are in their records.
PROJECTIONS: Mapping[str, tuple[str, ...]] = {
    "w_q": ("n_head", "d_model", "d_k"),
    "w_k": ("n_head", "d_model", "d_k"),
    "w_v": ("n_head", "d_model", "d_v"),
    "w_o": ("n_head·d_v", "d_model"),
}
#: The further arrays of trained heads (see `Heads`).
TRAINED: Mapping[str, tuple[str, ...]] = {
    "b_q": ("n_head", "d_k"),
    "temperature": ("n_head",),
    "position_bias": ("n_head", "2·reach + 1"),
    "key_offset_bias": ("n_head", "2·reach + 1", "d_k"),
    "input_scale": (),
    "profile": ("n_head", "5"),
}
# Texts, as the numbers of UTF-8 characters: the vector set that the heads were trained on (another one is refused),
# and the method.
TEXTS = ("vectors_name", "vectors_checksum", "method")
ABOVE_ZERO = ("temperature", "input_scale")
# Arrays that later versions may write, with the number that leaves the attention as it is.
LATER = {"b_k": 0}


def read_heads(path: str | Path, d_model: int, n_head: int | None = None, checksum: str | None = None) -> Heads:
    """Heads from a projections file (`.npz`); arrays as in `PROJECTIONS`, `TRAINED` and `all_parameters`.

    All are in float64; w_o, the arrays of TRAINED and the parameters may be missing; unknown names are ignored.
    `checksum` is that of the vector set in use: a file that was made for another one is refused.

    Raises:
        ResourceError: not a readable `.npz` of finite floats, or shapes that fit neither each other nor `d_model` and
            `n_head`, or arrays that change the attention in a way that only a later version knows.
    """
    inner = {name: ("n_head", *parameter.axes) for name, parameter in all_parameters().items()}
    arrays = read_npz(path, {*PROJECTIONS, *TRAINED, *TEXTS, *inner, *LATER})
    sizes = {"d_model": d_model, "5": len(PROFILE)} | ({} if n_head is None else {"n_head": n_head})
    with _naming(path):
        texts = _check_set(arrays, checksum)
        _check_shapes(arrays, {**PROJECTIONS, **TRAINED, **inner}, sizes)
        _check_numbers(arrays)
    return heads_of(arrays, texts["method"] or None)


def heads_of(arrays: Mapping[str, Array], method: str | None = None) -> Heads:
    """The heads whose parts these named arrays are; where one bias by position is missing it is 0."""
    trained: dict[str, Any] = {name: arrays[name] for name in TRAINED if name in arrays}
    if "input_scale" in trained:
        trained["input_scale"] = float(trained["input_scale"])
    given = trained.get("position_bias", trained.get("key_offset_bias"))
    if given is not None:
        n_head, offsets, d_k = len(given), given.shape[1], arrays["w_k"].shape[2]
        trained.setdefault("position_bias", np.zeros((n_head, offsets)))
        trained.setdefault("key_offset_bias", np.zeros((n_head, offsets, d_k)))
    parameters = {name: arrays[name] for name in all_parameters() if name in arrays}
    return Heads(arrays["w_q"], arrays["w_k"], arrays["w_v"], arrays.get("w_o"), parameters, **trained, method=method)


def read_parameters(path: str | Path, method: str, d_k: int, checksum: str | None = None) -> dict[str, Array]:
    """The parameters of `method` for one head without projections, in float64; missing ones are left out.

    Raises:
        ResourceError: not a readable `.npz` of finite numbers, or shapes other than n_head = 1 and `d_k`, or made for
            another vector set than that of `checksum`.
    """
    axes = {name: ("n_head", *parameter.axes) for name, parameter in method_of(method).parameters.items()}
    arrays = read_npz(path, {*axes, *TEXTS})
    sizes = {"n_head": 1, "d_k": d_k}
    with _naming(path):
        _check_set(arrays, checksum)
        for name, array in arrays.items():
            match_axes(name, array, axes[name], sizes, lead="")
        _check_numbers(arrays)
    return arrays


@contextmanager
def _naming(path: str | Path) -> Iterator[None]:
    """Errors in the arrays, with the name of their file."""
    try:
        yield
    except ValueError as error:
        raise ResourceError(f"{str(path)!r}: {error}", NEEDED) from None


def write_heads(path: str | Path, heads: Heads) -> None:
    """Write a projections file; the same heads give the same bytes."""
    write_npz(path, arrays_of(heads))


def arrays_of(heads: Heads) -> dict[str, Array]:
    """The parts of the heads under their names in a file."""
    parts = {name: getattr(heads, name) for name in (*PROJECTIONS, *TRAINED)}
    return {name: np.asarray(part) for name, part in parts.items() if part is not None} | dict(heads.parameters)


def made_for(name: str, checksum: str, method: str = "") -> dict[str, Array]:
    """The arrays that bind a file to a vector set and describe the training of its heads."""
    texts = zip(TEXTS, (name, checksum, method), strict=True)
    return {key: np.frombuffer(text.encode(), np.uint8) for key, text in texts}


def _check_set(arrays: dict[str, Array], checksum: str | None) -> dict[str, str]:
    """Take the texts out of the arrays, and hold the checksum of the vector set against the one in use."""
    texts = {name: _text(name, arrays.pop(name, None)) for name in TEXTS}
    found = texts["vectors_checksum"]
    if checksum is not None and found and found != checksum:
        raise ValueError(f"its heads were trained on the vectors {texts['vectors_name'] or found!r}, and fit no other")
    return texts


def _text(name: str, numbers: Array | None) -> str:
    if numbers is None:
        return ""
    if not ((numbers >= 0) & (numbers < 256)).all():
        raise ValueError(f"{name}: expected bytes of UTF-8 text, got {numbers.min():g} to {numbers.max():g}")
    return bytes(numbers.astype(np.uint8).ravel()).decode("utf-8", "replace")


def _check_shapes(arrays: Mapping[str, Array], axes: Mapping[str, tuple[str, ...]], sizes: dict[str, int]) -> None:
    """All arrays against their axes and against each other; ValueError with the expected shape."""
    if missing := [name for name in ("w_q", "w_k", "w_v") if name not in arrays]:
        raise ValueError(f"expected an array {missing[0]}, got {', '.join(arrays) or 'no known array'}")
    for name in (name for name in axes if name in arrays):
        if name == "w_o":
            sizes["n_head·d_v"] = sizes["n_head"] * sizes["d_v"]
        match_axes(name, arrays[name], axes[name], sizes, lead="")
        if sizes.get("2·reach + 1", 1) % 2 == 0:
            raise ValueError(f"{name}: expected an odd number of offsets, got shape {list(arrays[name].shape)}")
        if not arrays[name].size:
            raise ValueError(f"{name}: expected numbers, got shape {list(arrays[name].shape)}, which holds none")


def _check_numbers(arrays: Mapping[str, Array]) -> None:
    above_zero = {*ABOVE_ZERO, *(name for name, each in all_parameters().items() if each.least is not None)}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name}: expected finite numbers, got a NaN or an infinity")
        if name in LATER and np.any(array != LATER[name]):
            raise ValueError(f"{name} changes the attention in a way that needs a newer attn")
        if name in above_zero and not (array > 0).all():
            raise ValueError(f"{name}: expected numbers above 0, got {array.min():g}")
