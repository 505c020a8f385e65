"""Scales of colour: the share of the full colour that a weight has, with the same meaning on every surface.

All panels of one picture share a scale. The page has the same in its script (`views/page/scale.js`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attncli.arrays import Array

FEW = 16  # words a side up to which `auto` goes to the largest weight
PERCENT = 99.5
FAINTEST = 1e-4  # the weight that `log` begins at
_EQUAL = 1 + 1e-9
_PERCENTILE = f"the {PERCENT}th percentile"

Mask = NDArray[np.bool_]


class Cell(NamedTuple):
    """A cell of a picture: the place of its panel, its row and its column."""

    panel: int
    row: int
    column: int


@dataclass(frozen=True)
class ColorScale:
    """A scale from `bottom` to `top`, the weight with the full colour; by `row` each row has its own largest for it.

    beyond: whether larger weights are drawn. signed: it runs from −top over 0 to top. said: the meaning of `top`.
    cell: the one with the largest number of a signed scale, if any is not 0.
    """

    name: str
    top: float = 1.0
    bottom: float = 0.0
    beyond: bool = False
    signed: bool = False
    said: str = ""
    cell: Cell | None = None

    def shares(self, weights: Array) -> Array:
        """The share of the full colour of each weight [n, m], 0 to 1, or −1 to 1 if signed; NaN has none, 0."""
        values = np.nan_to_num(np.asarray(weights, dtype=float))  # [n, m]
        sizes = np.abs(values) if self.signed else values.clip(0)  # [n, m]
        if self.name == "row":
            top: Array | float = _not_0(sizes.max(axis=-1, keepdims=True, initial=0))  # [n, 1]
        else:
            top = self.top
        return np.asarray(np.sign(values) * self._curved(sizes, top).clip(0, 1))

    def _curved(self, sizes: Array, top: Array | float) -> Array:
        if self.name == "log":
            return np.asarray(np.log(np.maximum(sizes, self.bottom) / self.bottom) / np.log(top / self.bottom))
        up_to_1 = np.minimum(sizes, top) / top  # [n, m]; larger ones over a tiny top would overflow
        return np.asarray(np.sqrt(up_to_1) if self.name == "sqrt" else up_to_1)

    def at(self, share: float) -> float:
        """The number with this share of the full colour; by row a share of the row's largest."""
        if self.name == "row":
            return share
        if self.name == "log":
            return float(np.sign(share) * self.bottom * (self.top / self.bottom) ** abs(share))
        return float(np.sign(share) * self.top * abs(share) ** (2 if self.name == "sqrt" else 1))

    @property
    def legend(self) -> str:
        """The scale in one line."""
        if self.name == "row":
            return f"colours from 0 to each row's own {self.said}"
        said = f", {self.said}" if self.said else ""
        return f"colours from {self.least} to {self.most}{said}"

    def naming(self, cell: str) -> "ColorScale":
        """With the words of the cell with the largest number."""
        return replace(self, said=f"{self.said}: {cell}" if self.said else f"the largest is at {cell}")

    @property
    def least(self) -> str:
        """The number of the first colour, as legends write it."""
        below = "≤ " if self.beyond else ""
        return f"{below}−{self.top:.2g}" if self.signed else f"{self.bottom:g}"

    @property
    def most(self) -> str:
        """The number of the full colour, with ≥ where larger ones have it too."""
        return f"{'≥ ' if self.beyond else ''}{'+' if self.signed else ''}{self.top:.2g}"


FIXED = ColorScale("fixed")  # 0 to 1


def color_scale(
    name: str,
    panels: Sequence[Array],
    *,
    crossed: bool = False,
    hidden: Sequence[Mask] = (),
    own: Sequence[Mask] = (),
    what: str = "weight",
) -> ColorScale:
    """The scale of this name over all panels [n, m] of a picture.

    crossed: the columns are of another sentence. hidden: the cells of each that a mask takes away. own: its diagonal,
    where a cell is not a pair of single words; else that of a square. what: the name of one number. Nothing in
    sight, or nothing but 0, has a scale.
    """
    seen = _sizes(panels, hidden)  # [cells]
    apart = _apart(panels, hidden, own) if name in ("auto", "percentile") and not crossed else seen  # [cells]
    off = " off the diagonal" if len(apart) < len(seen) else ""
    largest = float(seen.max(initial=0))
    many = name == "percentile" or (name == "auto" and max(max(each.shape) for each in panels) > FEW)
    if name == "row":
        return ColorScale(name, said=f"largest {what}")
    if name == "fixed":
        return ColorScale(name, max(1.0, largest), said=f"the largest {what}" if largest > _EQUAL else "")
    top, is_percentile = _top(apart, many) if name in ("auto", "percentile") else (largest, False)
    said = _PERCENTILE if is_percentile else f"the largest {what}"
    if name in CURVES:
        return ColorScale(name, *_ends(name, top), said=f"{said}, by {CURVES[name]}")
    if not top > 0:  # all weight is on the diagonal, or there is none
        top, off = largest or 1.0, ""
    return ColorScale(name, top, beyond=largest > top * _EQUAL, said=f"{said}{off}")


def signed_scale(
    name: str, panels: Sequence[Array], *, hidden: Sequence[Mask] = (), weights: bool = True
) -> ColorScale:
    """The scale of this name for differences, or other numbers with a sign: both ways from 0 to the largest.

    `weights`: they are differences of weights, which `fixed` sets from −1 to 1; any others it sets to the largest.
    """
    seen = _sizes(panels, hidden)  # [cells]
    largest, cell = float(seen.max(initial=0)), _largest_cell(panels, hidden)
    if name == "row":
        return ColorScale(name, signed=True, said="largest difference" if weights else "largest", cell=cell)
    if name == "fixed" and weights:
        return ColorScale(name, 1.0, signed=True, cell=cell)
    top, is_percentile = _top(seen, name == "percentile")
    said = _PERCENTILE if is_percentile else "the largest"
    if name in CURVES:
        return ColorScale(name, *_ends(name, top), signed=True, said=f"{said}, by {CURVES[name]}", cell=cell)
    top = top or largest or 1.0
    return ColorScale(name, top, beyond=largest > top * _EQUAL, signed=True, said=said, cell=cell)


CURVES = {"sqrt": "square roots", "log": "logarithms"}


def _ends(name: str, largest: float) -> tuple[float, float]:
    """The top and the bottom of a curved scale."""
    return (max(largest, 10 * FAINTEST), FAINTEST) if name == "log" else (largest or 1.0, 0.0)


def _top(sizes: Array, many: bool) -> tuple[float, bool]:
    """The size that PERCENT of many cells do not exceed, else, or if it is 0, the largest; whether it is the first."""
    top = float(np.percentile(sizes, PERCENT)) if many and sizes.size else 0.0
    return (top, True) if top > 0 else (float(sizes.max(initial=0)), False)


def _sizes(panels: Sequence[Array], hidden: Sequence[Mask]) -> Array:
    """The sizes of all numbers that can be seen, [cells]."""
    return np.concatenate([np.abs(each[_seen(each, hidden, i)]) for i, each in enumerate(panels)])


def _apart(panels: Sequence[Array], hidden: Sequence[Mask], own: Sequence[Mask]) -> Array:
    """The same without the diagonals, [cells]."""
    found = []
    for i, each in enumerate(panels):
        square = each.shape[0] == each.shape[1]
        diagonal = own[i] if own else np.eye(*each.shape) > 0 if square else np.zeros(each.shape, bool)
        found.append(np.abs(each[_seen(each, hidden, i) & ~diagonal]))
    return np.concatenate(found)


def _seen(panel: Array, hidden: Sequence[Mask], place: int) -> Mask:
    seen = np.isfinite(panel)  # [n, m]
    return seen & ~hidden[place] if hidden else seen


def _largest_cell(panels: Sequence[Array], hidden: Sequence[Mask]) -> Cell | None:
    """The cell with the largest size, None where all are 0."""
    best, cell = 0.0, None
    for i, each in enumerate(panels):
        sizes = np.where(_seen(each, hidden, i), np.abs(each), 0.0)  # [n, m]
        if sizes.size and sizes.max() > best:
            row, column = np.unravel_index(int(sizes.argmax()), sizes.shape)
            best, cell = float(sizes.max()), Cell(i, int(row), int(column))
    return cell


def _not_0(sizes: Array) -> Array:
    return np.where(sizes > 0, sizes, 1.0)
