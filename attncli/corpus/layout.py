"""What a part must hold: its numbers, its texts and its arrays, held against what a run can have written."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.corpus.seen import REACH, SUMMED

LARGEST = 2.0**60  # of a sum, and of a count
COUNTS = ("lines", "texts", "words", "unknown")

#: The arrays of each collector: their kind, and the names of their axes.
ARRAYS: Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "context": {"code": ("i", ("m",)), **dict.fromkeys(("count", "total", "squares"), ("f", ("m",)))},
    "distance": {"weight": ("f", ("layer", "head", "reach")), "pairs": ("f", ("reach",))},
    "entropy": {
        "length": ("i", ("m",)),
        "texts": ("f", ("m",)),
        **dict.fromkeys(("rows", "total", "squares"), ("f", ("m", "layer", "head"))),
    },
    "heads": {"left_out": ("f", ()), "sums": ("f", ("layer", "head", "measure")), "texts": ("f", ())},
}
#: What there is without a text.
WITHOUT_TEXT: Mapping[str, set[str]] = {"distance": set(), "entropy": set(), "heads": {"left_out"}}
SIZES = {"reach": 2 * REACH + 2, "measure": len(SUMMED)}
RISING = {"context": "code", "entropy": "length"}
WHOLE = ("count", "pairs", "texts", "rows", "left_out")
AT_LEAST_ONE = {"context": "count", "entropy": "length", "heads": "texts"}


class DamagedError(Exception):
    """A part is not as a run writes it."""


def check_told(content: bytes) -> dict[str, Any]:
    """What a part says in words and numbers. Raises DamagedError, or what json does."""
    told = json.loads(content, parse_constant=_no_number)
    _need(isinstance(told, dict) and all(_is_count(told.get(name)) for name in COUNTS))
    seconds, skipped, named, names = (told.get(name) for name in ("seconds", "skipped", "named", "names"))
    _need(type(seconds) in (int, float) and 0 <= seconds < LARGEST)
    _need(isinstance(skipped, dict) and all(map(_is_count, skipped.values())))
    _need(isinstance(named, list) and all(map(_is_problem, named)))
    _need(isinstance(names, dict) and all(name.isdecimal() and len(name) < 16 for name in names))
    _need(all(isinstance(name, str) for name in names.values()))
    json.dumps(told, ensure_ascii=False).encode()  # half a surrogate pair can be said in JSON, and is no text
    return dict(told)


def _no_number(_: str) -> None:
    raise DamagedError


def _need(true: bool) -> None:
    if not true:
        raise DamagedError


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _is_problem(named: Any) -> bool:
    """A piece, a line in it, and why it was skipped."""
    return (
        isinstance(named, list)
        and len(named) == 3
        and _is_count(named[0])
        and _is_count(named[1])
        and isinstance(named[2], str)
    )


def check_arrays(name: str, arrays: Mapping[str, Array], heads: tuple[int, int] | None) -> None:
    """See that a collector's arrays are there in their kinds and shapes; `heads` counts layers and heads."""
    needed = ARRAYS[name]
    if name in WITHOUT_TEXT and arrays.keys() == WITHOUT_TEXT[name]:
        needed = {each: needed[each] for each in arrays}
    _need(arrays.keys() == needed.keys())
    sizes = SIZES | (dict(zip(("layer", "head"), heads, strict=True)) if heads else {})
    for each, (kind, axes) in needed.items():
        array = arrays[each]
        _need(array.dtype.kind == kind and array.ndim == len(axes))
        for axis, size in zip(axes, array.shape, strict=True):
            _need(sizes.setdefault(axis, size) == size)


def check_values(name: str, arrays: Mapping[str, Array], knows: Callable[[Array], bool]) -> None:
    """See that a collector's numbers are such as can be added up; `knows` says whether words have these numbers."""
    for each, array in arrays.items():
        _need(bool((np.abs(array) < LARGEST).all()) if array.dtype.kind == "f" else not (array < 0).any())
        _need(each not in WHOLE or not ((array < 0) | (array % 1 != 0)).any())
    rising, counted = RISING.get(name, ""), AT_LEAST_ONE.get(name, "")
    _need(rising not in arrays or not (np.diff(arrays[rising]) <= 0).any())
    _need(counted not in arrays or not (arrays[counted] < 1).any())
    if name == "context":
        _need(knows(arrays["code"] >> 32) and knows(arrays["code"] & 0xFFFFFFFF))
