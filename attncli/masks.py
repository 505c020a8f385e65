"""Which keys a query may see: by its place (causal, window) and by a mask of the caller's."""

import operator
from collections.abc import Sequence

import numpy as np

from attncli.similarity import Array

#: (left, right): how many keys before and after its own place a query sees; None is no limit.
Window = tuple[int | None, int | None]


def visible_keys(n_query: int, n_key: int, *, causal: bool, window: Window | None, offset: int) -> Array | None:
    """Boolean `[n_query, n_key]`, True where query i, which stands at p = offset + i, may see key j; None: everywhere.

    Causal: j ≤ p (Vaswani et al. 2017, section 3.2.3). Window: p − left ≤ j ≤ p + right (Beltagy et al. 2020, 3.1).
    """
    left, right = check_window(window)
    right = 0 if causal and right is None else right
    right = min(right, 0) if causal and right is not None else right
    if left is None and right is None:
        return None
    place = operator.index(offset) + np.arange(n_query)[:, None]  # [n_query, 1]
    key = np.arange(n_key)  # [n_key]
    visible = np.ones((n_query, n_key), dtype=bool)
    if left is not None:
        visible &= key >= place - left
    if right is not None:
        visible &= key <= place + right
    return visible


def check_window(window: Sequence[int | None] | None) -> Window:
    """(left, right) of a window, (None, None) without one; ValueError unless both are counts of keys or None."""
    left, right = window if window is not None and len(window) == 2 else (None, None)
    is_count = all(side is None or (isinstance(side, int | np.integer) and side >= 0) for side in (left, right))
    if not is_count or (window is not None and len(window) != 2):
        raise ValueError(f"window is {window!r}; needed is (left, right), each a number of keys ≥ 0 or None")
    return left, right


def hide(scores: Array, mask: Array | None, visible: Array | None) -> None:
    """Apply a mask and `visible` to scores `[..., n_query, n_key]` in place: hidden ones become −inf.

    A boolean mask is True where a key may be seen; one of floats is added, and its −inf hides. Hidden scores are
    replaced, not added to: NaN − inf would be NaN.
    """
    if mask is not None and mask.dtype != bool:
        mask = mask.astype(scores.dtype, copy=False)
        scores += mask
        mask = mask != -np.inf
    for seen in (mask, visible):
        if seen is not None:
            np.copyto(scores, -np.inf, where=~seen)
