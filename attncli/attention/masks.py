"""Masks: the keys that a query may see, by its place (causal, window) and by an array, applied to the scores."""

from collections.abc import Iterable, Sequence

import numpy as np

from attncli.arrays import Array

#: (left, right): how many keys before and after its own place a query sees; None is no limit.
Window = tuple[int | None, int | None]


def visible_keys(n_query: int, n_key: int, *, causal: bool, window: Window | None, offset: int) -> Array | None:
    """Boolean `[n_query, n_key]`, True where query i at p = offset + i may see key j; None: everywhere.

    Causal: j ≤ p (Vaswani et al. 2017, section 3.2.3). Window: p − left ≤ j ≤ p + right (Beltagy et al. 2020, 3.1).
    """
    left, right = check_window(window)
    if not _is_integer(offset):
        raise ValueError(f"offset: expected a whole number, got {offset!r}")
    right = 0 if causal else right  # causal's limit, p, comes before p + right
    if left is None and right is None:
        return None
    i, j = np.arange(n_query)[:, None], np.arange(n_key)  # [n_query, 1], [n_key]
    visible = np.ones((n_query, n_key), dtype=bool)
    if left is not None:
        visible &= j >= i + min(
            max(int(offset) - int(left), -n_query), n_key
        )  # clipped: all limits beyond the keys are alike
    if right is not None:
        visible &= j <= i + min(max(int(offset) + int(right), -n_query), n_key)
    return visible


def check_window(window: Sequence[int | None] | None) -> Window:
    """(left, right) of a window, (None, None) without one; ValueError unless both are counts of keys or None."""
    if window is None:
        return None, None
    sides = tuple(window) if isinstance(window, Iterable) else ()
    if len(sides) != 2 or not all(side is None or (_is_integer(side) and side >= 0) for side in sides):
        raise ValueError(f"window: expected (left, right), each a number of keys ≥ 0 or None, got {window!r}")
    return sides


def as_bias(mask: Array | None, visible: Array | None, dtype: np.dtype) -> Array | None:
    """A mask (boolean, or floats to add) and `visible` as one array to add, −inf where a key is hidden; None: nothing.

    Adding is the fastest way to hide: NumPy takes seven times as long to write −inf at scattered places.
    """
    if mask is not None and mask.dtype == bool:
        visible, mask = mask if visible is None else mask & visible, None
    added = dtype.type(0) if mask is None else mask.astype(dtype, copy=False)
    if visible is None:
        return added if mask is not None else None
    bias: Array = np.where(visible, added, dtype.type(-np.inf))
    return bias


def may_overflow(largest: np.floating, mask: Array | None, temperature: Array) -> bool:
    """Whether (score + mask) / temperature may leave the range of `largest`'s dtype, for scores up to ± `largest`."""
    with np.errstate(all="ignore"):
        return not np.isfinite((largest + largest.dtype.type(_largest_visible(mask))) / temperature).all()


def _largest_visible(mask: Array | None) -> float:
    """The largest absolute addition of a mask of floats to a visible key, 0 for the other masks."""
    if mask is None or mask.dtype == bool:
        return 0.0
    return float(np.abs(np.where(mask == -np.inf, 0, mask)).max(initial=0))


def _is_integer(x: object) -> bool:
    return isinstance(x, int | np.integer) and not isinstance(x, bool)
