"""Numbers for the screen: rounded so that a row of them still adds up, and counts with their noun."""

import numpy as np
from numpy.typing import NDArray


def hundredths(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Each value of [n, m] as whole hundredths, so that no row is more than one hundredth off its true sum.

    Every value goes to its nearest neighbour. Only where a row of these is further off, the fewest values move to
    their other neighbour: those whose rounding was furthest off in that direction.
    """
    exact = np.nan_to_num(np.asarray(values, dtype=float)) * 100  # [n, m]
    nearest = np.rint(exact)  # [n, m]
    error = exact - nearest  # [n, m]
    missing = error.sum(axis=1)  # [n]
    for row in np.flatnonzero(np.abs(missing) > 1 + 1e-9):
        moves = int(np.ceil(abs(missing[row]) - 1 - 1e-9))
        direction = np.sign(missing[row])
        furthest = np.argsort(-direction * error[row], kind="stable")[:moves]  # [moves]
        nearest[row, furthest] += direction
    return np.asarray(nearest, dtype=np.int64)


def rounded_parts(values: NDArray[np.floating], decimals: int) -> NDArray[np.floating]:
    """Each value rounded to so many decimals, so that they sum to their own sum, rounded.

    Where the nearest neighbours do not, the fewest values go to their other neighbour: those whose rounding was
    furthest off in that direction. Values that have no such decimals stay.
    """
    exact = np.asarray(values, dtype=float) * 10.0**decimals
    if not np.abs(exact).sum() < 2.0**53:
        return np.asarray(values, dtype=float)
    nearest = np.rint(exact)
    missing = np.rint(exact.sum()) - nearest.sum()
    order = np.argsort(-np.sign(missing) * (exact - nearest), axis=None, kind="stable")
    nearest.flat[order[: int(abs(missing))]] += np.sign(missing)
    return np.asarray(nearest / 10.0**decimals)


def as_weight(value: int) -> str:
    """Hundredths as `0.61`."""
    return f"{value / 100:.2f}"


def as_short(value: int) -> str:
    """Hundredths in three cells: `.61`, `1.0`, and ` 12` for a number above 1."""
    if value >= 995:
        return f"{value / 100:3.0f}"
    return f"{value / 100:.1f}" if value >= 100 else as_weight(value).removeprefix("0")


def as_difference(value: int) -> str:
    """Hundredths with their sign and without a point: `+12`, `-3`, `0`."""
    return f"{value:+}" if value else "0"


def as_number(value: float, places: int = 2) -> str:
    """Any number that is no weight: `3.05`, and `1.0e+61` for numbers of many digits."""
    return f"{value:.{places}f}" if abs(value) < 1e5 else f"{value:.{places - 1}e}"


UNDEFINED = "-"


def number(value: float | None, places: int) -> str:
    """A measure as text; a dash where it is not defined."""
    return UNDEFINED if value is None else f"{value:.{places}f}"


def percent(value: float | None) -> str:
    """A share as whole percent."""
    return UNDEFINED if value is None else f"{100 * value:.0f}%"


def counted(number: int, noun: str) -> str:
    """`1 head`, `12 heads`, `1,000 heads`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
