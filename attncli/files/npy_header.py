"""The header of a `.npy` array, read by its grammar: NumPy's own reader evaluates Python, and fails in any way."""

import re
from typing import IO, NamedTuple

import numpy as np

MAGIC = b"\x93NUMPY"
LENGTH_BYTES = {1: 2, 2: 4, 3: 4}  # of the header's length, by major version
LONGEST = 10_000  # bytes, as NumPy's own limit
MOST_AXES = 32
ENTRY = re.compile(
    r"""\s*(?:(['"])descr\1\s*:\s*(?:(['"])(?P<descr>[^'"\\]*)\2|(?P<structured>\[.*\]))"""
    r"""|(['"])fortran_order\5\s*:\s*(?P<order>True|False)"""
    r"""|(['"])shape\7\s*:\s*\((?P<shape>[-\d\s,L]*)\))\s*(?:,|\Z)""",
    re.DOTALL,
)
AXIS = re.compile(r"\s*(\d{1,18})L?\s*")  # with the L of Python 2


class Header(NamedTuple):
    """The shape, whether columns stand together in memory, and the type of the numbers."""

    shape: tuple[int, ...]
    by_column: bool
    dtype: "np.dtype[np.generic]"


def read_npy_header(file: IO[bytes]) -> Header:
    """The header of the array that begins here; the file stands at the first number afterwards.

    Raises:
        ValueError: it is none, or says something else than plain numbers in a shape of at most 32 axes.
    """
    magic = file.read(len(MAGIC) + 2)
    if magic[:-2] != MAGIC or len(magic) < len(MAGIC) + 2:
        raise ValueError("it does not begin as a .npy array does")
    major, minor = magic[-2:]
    if minor or major not in LENGTH_BYTES:
        raise ValueError(f"it has the unknown format version {(major, minor)}")
    length = int.from_bytes(file.read(LENGTH_BYTES[major]), "little")
    if length > LONGEST:
        raise ValueError(f"its header is {length:,} bytes long")
    return _parsed(file.read(length).decode("utf-8" if major == 3 else "latin-1"))


def _parsed(text: str) -> Header:
    body = text.strip()
    if body[:1] + body[-1:] != "{}":
        raise ValueError("its header is no dictionary")
    found = _entries(body[1:-1].strip().removesuffix(","))
    if "structured" in found:
        raise ValueError("it has a structured dtype; needed are plain numbers")
    if not {"descr", "order", "shape"} <= found.keys():
        raise ValueError("its header does not say dtype, order and shape")
    return Header(_shape(found["shape"]), found["order"] == "True", _dtype(found["descr"]))


def _entries(text: str) -> dict[str, str]:
    """What a dictionary says under the three names; ValueError if there is anything else in it."""
    found: dict[str, str] = {}
    at = 0
    while entry := ENTRY.match(text, at):
        given = {name: value for name, value in entry.groupdict().items() if value is not None}
        if found.keys() & given:
            raise ValueError("its header says something twice")
        found |= given
        at = entry.end()
    if at < len(text):
        raise ValueError("its header says more than dtype, order and shape")
    return found


def _shape(text: str) -> tuple[int, ...]:
    axes = text.split(",") if text.strip() else []
    if axes and not axes[-1].strip():
        axes.pop()
    found = [AXIS.fullmatch(axis) for axis in axes]
    if len(found) > MOST_AXES or not all(found):
        raise ValueError(f"it claims the shape ({text[:40]})")
    return tuple(int(axis[1]) for axis in found if axis)


def _dtype(text: str) -> "np.dtype[np.generic]":
    if re.fullmatch(r"[<>|=]?[biufcmMOSUV]\d{0,3}", text):
        try:
            return np.dtype(text)
        except (TypeError, ValueError):
            pass
    raise ValueError(f"it has the dtype {text[:40]!r}")
