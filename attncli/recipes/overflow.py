"""Numbers that grow too large to compute with, and the array of the projections that made them grow."""

import math

import numpy as np

from attncli.errors import ResourceError
from attncli.heads.parameters import Array, Heads
from attncli.settings.explanation import Settings

MOST_AXIS = 2**16  # so many squares are summed at most: those of a vector's numbers


def check_grown(settings: Settings, heads: Heads, **made: Array | None) -> None:
    """See that what each named array made can be computed with: in float64 so that squares can be summed.

    Raises:
        ResourceError: numbers beyond that, or none; it names the array.
    """
    for name, array in made.items():
        if array is None or np.abs(array).max(initial=0) <= (most := _largest(array)):
            continue
        name = name if heads.input_scale is None or abs(heads.input_scale) <= most else "input_scale"
        raise ResourceError(
            f"{settings.projections!r}: {name} makes numbers too large to compute with (beyond {most:.0e})",
            "its arrays must be smaller",
        )


def _largest(array: Array) -> float:
    largest = float(np.finfo(array.dtype).max)
    return math.sqrt(largest / MOST_AXIS) if array.dtype == np.float64 else largest
