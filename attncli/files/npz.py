"""Arrays in `.npz` and `.npy` files, read without trusting them: no pickle, and no memory before sizes are checked.

The header of an array is read by its grammar: NumPy's own reader evaluates Python, and fails in any way.
"""

import math
import os
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError

if TYPE_CHECKING:
    from zipfile import ZipFile

    from attncli.files.kinds import FileKind

NEEDED = (
    "numpy.savez writes one: w_q, w_k, w_v [n_head, d_model, d_k], w_o [n_head·d_v, d_model], parameters of the method"
)
Choose = Callable[[Sequence[str]], Collection[str]]
# A compressed file may hold this much, or this many times its own size: projections of zeros and ones pack tightly.
PLAIN_BYTES, EXPANSION = 2**25, 4
WIDENED = 2  # so much more its numbers may take in float64
MOST_SAID = 300  # characters of a reason, which may quote names of members
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


def read_npz(
    path: str | Path,
    names: Collection[str] | Choose,
    *,
    texts: Collection[str] = (),
    of: str = "projections",
    needed: str = NEEDED,
) -> dict[str, Array]:
    """Those of the arrays `names` that the file holds, in float64; `texts` may be of texts.

    names: or a function that chooses from those that are there; of: the content of such a file, and needed: its form,
    both for errors.

    Raises:
        ResourceError: no such file, no whole `.npz`, an array that is not of numbers, or one that claims too much.
    """
    import zipfile  # 10 ms, which only a file should cost

    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise ValueError("it is not a file")
        room = max(PLAIN_BYTES, EXPANSION * os.path.getsize(path))
        with zipfile.ZipFile(path) as archive:
            members = [info.filename for info in archive.infolist()]
            there = [name.removesuffix(".npy") for name in members if name.endswith(".npy")]
            arrays = _read_members(archive, names(there) if callable(names) else names, texts, room)
        if arrays or (kind := _kind_of(path)) is None or kind.key == "npz":
            return arrays
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except ResourceError:
        raise
    except Exception as error:  # a hostile archive can bring about any
        reason = str(error).splitlines()[0][:MOST_SAID] if str(error) else "it is damaged"
    kind = _kind_of(path)
    if kind is not None and kind.key != "npz":
        raise ResourceError(f"{str(path)!r} is {kind.name}, not a file of {of}", _hint(kind, str(path), needed))
    raise ResourceError(f"cannot read {of} from {str(path)!r}: {reason}", needed)


def _kind_of(path: str | Path) -> "FileKind | None":
    from attncli.files.kinds import kind_of_file  # a table of patterns, which only an error needs

    return kind_of_file(path)


def _hint(kind: "FileKind", path: str, needed: str) -> str:
    """The way on from a file that was not fetched or not unpacked, else the form of a file that is read."""
    return kind.hint(path) if kind.key in ("lfs", "html") or "unpacks" in kind.way else needed


def write_npz(path: str | Path | BinaryIO, arrays: Mapping[str, Array]) -> None:
    """Write the arrays uncompressed, in this order and without a date, so that equal arrays give equal bytes."""
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            write_member(archive, name, array)


def write_member(archive: "ZipFile", name: str, array: Array) -> None:
    """Write one array to an archive that is being written."""
    from zipfile import ZipInfo

    with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
        np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)


def _read_members(archive: "ZipFile", names: Collection[str], texts: Collection[str], room: int) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    widened = WIDENED * room
    for info in archive.infolist():
        name = info.filename.removesuffix(".npy")
        if name not in names or name == info.filename:
            continue
        if name in arrays:
            raise ValueError(f"{name} is there twice")
        room -= info.file_size
        if room < 0 or info.compress_type not in (0, 8):  # stored or deflated, as NumPy writes it
            raise ValueError(f"{name} is packed so that it would unfold to {info.file_size:,} bytes")
        with archive.open(info) as member:
            arrays[name] = read_array(member, name, info.file_size, widened, "U" if name in texts else "fiu")
        widened -= arrays[name].nbytes
    return arrays


def read_array(member: IO[bytes], name: str, size: int, room: int, kinds: str = "fiu") -> Array:
    """One array of a file or member of `size` bytes, believed only where its header agrees with that size.

    room: so many bytes it may take in float64; kinds: of its dtype, as NumPy names them. ValueError: it is another.
    """
    try:
        shape, by_column, dtype = read_npy_header(member)
    except ValueError as error:
        raise ValueError(f"{name} is damaged: {error}") from None
    if dtype.kind not in kinds:
        raise ValueError(f"{name}: expected {'texts' if kinds == 'U' else 'numbers'}, got dtype {dtype}")
    data = member.read(size)
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{name} claims the shape {list(shape)} of {dtype}, and {len(data):,} bytes follow")
    if 8 * math.prod(shape) > room:
        raise ValueError(f"{name} holds {math.prod(shape):,} numbers, too many for a file of this size")
    if kinds == "U":
        if (np.frombuffer(data, np.dtype("u4").newbyteorder(dtype.byteorder)) > sys.maxunicode).any():
            raise ValueError(f"{name}: expected texts, got numbers that are no characters")
        return np.frombuffer(data, dtype).reshape(shape, order="F" if by_column else "C")
    with np.errstate(all="ignore"):  # a number beyond float64 becomes an infinity, which is refused
        return np.frombuffer(data, dtype).reshape(shape, order="F" if by_column else "C").astype(np.float64)


class Header(NamedTuple):
    """The shape, whether columns are contiguous, and the type of the numbers."""

    shape: tuple[int, ...]
    by_column: bool
    dtype: "np.dtype[np.generic]"


def read_npy_header(file: IO[bytes]) -> Header:
    """The header of the array that begins here; the file is at the first number afterwards.

    Raises:
        ValueError: no header, or one of anything but plain numbers in a shape of at most 32 axes.
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
        raise ValueError("its dtype: expected plain numbers, got a structured dtype")
    if not {"descr", "order", "shape"} <= found.keys():
        raise ValueError("its header lacks dtype, order or shape")
    return Header(_shape(found["shape"]), found["order"] == "True", _dtype(found["descr"]))


def _entries(text: str) -> dict[str, str]:
    """The values of a dictionary under the three names; ValueError if there is anything else in it."""
    found: dict[str, str] = {}
    at = 0
    while entry := ENTRY.match(text, at):
        given = {name: value for name, value in entry.groupdict().items() if value is not None}
        if found.keys() & given:
            raise ValueError("its header has a key twice")
        found |= given
        at = entry.end()
    if at < len(text):
        raise ValueError("its header has more than dtype, order and shape")
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
