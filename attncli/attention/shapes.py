"""The arguments of `attend`, checked: their axes, dtypes and numbers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from attncli.arrays import Array
from attncli.attention.similarity import Method, all_parameters, method_of
from attncli.settings.explanation import METHODS


@dataclass(frozen=True)
class Layout:
    """The sizes of one call. Inside it heads are `[..., n_kv_head, group]`: a group shares a key head.

    Nothing is copied: every array becomes a view whose repeated axes have stride 0.
    """

    lead: tuple[int, ...]  # [..., n_head], or [...] where no input has a head axis
    grouped: tuple[int, ...]  # [..., n_kv_head, group]
    n_query: int
    n_key: int
    d_k: int

    @classmethod
    def of(cls, query: Array, key: Array, value: Array) -> "Layout":
        """Read the sizes off query, key and value; ValueError where they do not fit together."""
        _check_vectors(query, key, value)
        n_head, n_kv_head = _count_heads(query, key, value)
        try:
            batch = np.broadcast_shapes(query.shape[:-3], key.shape[:-3], value.shape[:-3])
        except ValueError:
            raise ValueError(f"expected leading axes that broadcast, got {_shapes(query, key, value)}") from None
        has_heads = max(query.ndim, key.ndim, value.ndim) > 2
        lead = (*batch, n_head) if has_heads else batch
        grouped = (*batch, n_kv_head, n_head // n_kv_head)
        return cls(lead, grouped, query.shape[-2], key.shape[-2], query.shape[-1])

    def by_head(self, array: Array, rank: int) -> Array:
        """`[..., n_head, *core]`, or fewer leading axes, as `[..., n_kv_head, group, *core]`; core has `rank` axes."""
        core = array.shape[array.ndim - rank :]
        return np.broadcast_to(array, self.lead + core).reshape(self.grouped + core)

    def by_key_head(self, array: Array) -> Array:
        """Keys or values `[..., n_kv_head, n_key, d]`, or fewer axes, as `[..., n_kv_head, group, n_key, d]`."""
        shared = array[..., None, :, :]  # [..., n_kv_head, 1, n_key, d]
        return np.broadcast_to(shared, self.grouped + array.shape[-2:])

    def result(self, step: Array, dtype: np.dtype) -> Array:
        """A contiguous array `[..., n_kv_head, group, *core]` as `[..., n_head, *core]` of the result's dtype.

        Numbers too large for a narrower dtype become its largest: −inf in the scores always means hidden.
        """
        step = step.reshape(self.lead + step.shape[-2:])
        if step.dtype == dtype:
            return step
        with np.errstate(over="ignore"):
            narrow = step.astype(dtype)
        largest = np.nextafter(dtype.type(np.inf), dtype.type(0))
        np.copyto(narrow, np.copysign(largest, narrow), where=np.isinf(narrow) & np.isfinite(step))
        return narrow

    def mask(self, given: ArrayLike | None) -> Array | None:
        """A boolean or additive mask, checked: it broadcasts to `[..., n_head, n_query, n_key]`."""
        if given is None:
            return None
        mask = np.asarray(given)
        if mask.dtype != bool and not _is_float(mask.dtype):
            raise ValueError(f"mask: expected bool (True may be seen) or floats to add, got {mask.dtype}")
        needed = (*self.lead, self.n_query, self.n_key)
        try:
            np.broadcast_to(mask, needed)
        except ValueError:
            found = list(mask.shape)
            raise ValueError(f"mask: expected a shape that broadcasts to {list(needed)}, got {found}") from None
        return mask

    def by_score(self, bias: Array | None) -> Array | None:
        """An addition to the scores, of fewer axes perhaps, as `[..., n_kv_head, group, n_query, n_key]`."""
        if bias is None:
            return None
        return self.by_head(np.broadcast_to(bias, (*self.lead, self.n_query, self.n_key)), 2)

    def temperature(self, given: ArrayLike, dtype: np.dtype) -> Array:
        """A temperature, or one for each head `[..., n_head]`, checked, as `[..., n_kv_head, group, 1, 1]`."""
        if np.ndim(given) == 0 and given == 1:  # nearly always
            return np.broadcast_to(dtype.type(1), (*self.grouped, 1, 1))
        needed = f"a finite number above 0 in {dtype}"
        if np.ndim(given) == 0:
            given = _finite("temperature", given, needed, lambda t: _above_zero(t, dtype))
        temperature = np.asarray(given).astype(dtype)  # [..., n_head] or a number
        if not ((temperature > 0) & (temperature < np.inf)).all():
            raise ValueError(f"temperature: expected {needed}, or one a head, got {temperature}")
        try:
            return self.by_head(temperature[..., None, None], 2)
        except ValueError:
            found = list(temperature.shape)
            raise ValueError(f"temperature: expected a number or shape {list(self.lead)}, got shape {found}") from None

    def parameters(self, method: Method, given: Mapping[str, ArrayLike], dtype: np.dtype) -> dict[str, Array]:
        """The arrays of `method`, each as `[..., n_kv_head, group, *core]`."""
        sizes, arrays = {"d_k": self.d_k}, {}
        for name, parameter in method.parameters.items():
            array = np.asarray(given[name]).astype(dtype, copy=False)
            match_axes(name, array, parameter.axes, sizes)
            if parameter.least is not None and not (array > 0).all():
                raise ValueError(f"{name}: expected numbers above 0, got {array}")
            arrays[name] = self._parameter(name, array, parameter.axes)
        return arrays

    def _parameter(self, name: str, array: Array, axes: tuple[str, ...]) -> Array:
        try:
            return self.by_head(array, len(axes))
        except ValueError:
            core = list(array.shape[array.ndim - len(axes) :])
            needed = [*self.lead, *core]
            raise ValueError(f"{name}: expected shape {needed} or {core}, got {list(array.shape)}") from None


def match_axes(name: str, array: Array, axes: tuple[str, ...], sizes: dict[str, int], lead: str = "..., ") -> None:
    """Hold the last axes of `array` against their names; an axis that is met for the first time enters `sizes`.

    Without a `lead` there may be no axes before them. Raises ValueError with the expected shape and the one it got.
    """
    needed = ", ".join(f"{axis} = {sizes[axis]}" if axis in sizes else axis for axis in axes)
    found = array.shape[max(0, array.ndim - len(axes)) :]
    fits = array.ndim >= len(axes) if lead else array.ndim == len(axes)
    if not fits or any(sizes.setdefault(axis, n) != n for axis, n in zip(axes, found, strict=True)):
        raise ValueError(f"{name}: expected shape [{lead}{needed}], got {list(array.shape)}")


def check_method(name: str, given: Mapping[str, ArrayLike]) -> Method:
    """The method of this name, which has its parameters among those given; they may be those of several methods."""
    if not isinstance(name, str) or name not in METHODS:
        raise ValueError(f"method: expected one of {', '.join(METHODS)}, got {name!r}")
    method = method_of(name)
    known = method.parameters if {*given} <= {*method.parameters} else all_parameters()
    if unknown := [each for each in given if each not in known]:
        raise ValueError(f"parameters: expected names among {', '.join(known) or 'none'}, got {unknown[0]!r}")
    if missing := [each for each in method.parameters if each not in given]:
        raise ValueError(f"parameters: expected {missing[0]!r} for method {name!r}, got {', '.join(given) or 'none'}")
    return method


def common_dtypes(*arrays: Array) -> tuple[np.dtype, np.dtype]:
    """The dtype of the result and the one to compute in: at least float32; integers become float64."""
    result = np.result_type(*arrays)
    if result.kind in "biu":
        result = np.dtype(np.float64)
    if not _is_float(result):
        raise ValueError(f"query, key and value: expected real numbers, got the common dtype {result}")
    return result, np.promote_types(result, np.float32)


def check_numbers(scale: float | None, softcap: float | None, precision: np.dtype) -> tuple[float | None, float | None]:
    """The two, checked, as floats; None for a softcap that caps nothing: 0, or beyond all numbers of the dtype."""
    if scale is not None:
        scale = _finite("scale", scale, "a finite number or None", math.isfinite)
    if softcap is not None:
        needed = f"0, None or a finite number above 0 in {precision}"
        softcap = _finite("softcap", softcap, needed, lambda c: c == 0 or _above_zero(c, precision))
        softcap = softcap if 0 < softcap <= float(np.finfo(precision).max) else None
    return scale, softcap


def _above_zero(number: float, precision: np.dtype) -> bool:
    with np.errstate(over="ignore"):
        return bool(precision.type(number) > 0)


def _finite(name: str, given: object, needed: str, fits: Callable[[float], bool]) -> float:
    try:
        number = float(given) if isinstance(given, SupportsFloat) else math.nan
    except (TypeError, OverflowError):  # an array; 10**400
        number = math.nan
    if not (math.isfinite(number) and fits(number)):
        raise ValueError(f"{name}: expected {needed}, got {given!r}")
    return number


def _is_float(dtype: np.dtype) -> bool:
    """Whether floats, of NumPy or an extension of it such as bfloat16, which NumPy calls a kind of bytes."""
    return dtype.kind == "f" or (dtype.kind == "V" and dtype.name.startswith(("bfloat", "float")))


def _check_vectors(query: Array, key: Array, value: Array) -> None:
    if min(query.ndim, key.ndim, value.ndim) < 2:
        expected = "query [..., n_query, d_k], key [..., n_key, d_k], value [..., n_key, d_v]"
        raise ValueError(f"expected {expected}, got {_shapes(query, key, value)}")
    if query.shape[-1] != key.shape[-1] or not query.shape[-1]:
        raise ValueError(f"expected the same d_k ≥ 1 as last axis of query and key, got {_shapes(query, key, value)}")
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(f"expected the same n_key of key and value, got {_shapes(query, key, value)}")


def _count_heads(query: Array, key: Array, value: Array) -> tuple[int, int]:
    """(n_head, n_kv_head); an input without a head axis has as many as the others."""
    of_keys = {array.shape[-3] for array in (key, value) if array.ndim > 2}
    n_kv_head = of_keys.pop() if of_keys else 1
    n_head = query.shape[-3] if query.ndim > 2 else n_kv_head
    if of_keys or not n_kv_head or not n_head or n_head % n_kv_head:
        expected = "the same n_kv_head ≥ 1 of key and value, and n_head a multiple of it"
        raise ValueError(f"expected {expected}, got {_shapes(query, key, value)}")
    return n_head, n_kv_head


def _shapes(query: Array, key: Array, value: Array) -> str:
    return f"query {list(query.shape)}, key {list(key.shape)}, value {list(value.shape)}"
