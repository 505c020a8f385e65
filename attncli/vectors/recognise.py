"""What a file of word vectors is, by its content. Nothing is parsed and no memory is spent before this."""

import os
import re
import stat
from codecs import getincrementaldecoder
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO, Literal

from attncli.errors import ResourceError
from attncli.vectors.layout import MAX_DIMENSIONS

MAX_LINE = 4 * 2**20  # bytes; 65,536 numbers at full length fit
SAMPLE = 64 * 2**10
LINES_SAMPLED = 100
BOM = b"\xef\xbb\xbf"
SUPPORTED = "attn reads word2vec text and binary files and GloVe text files"

SIGNATURES = {  # first bytes -> what the file is; none of them is opened
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"PK\x03\x04": "a zip archive (or .npz)",
    b"PK\x05\x06": "an empty zip archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x93NUMPY": "a NumPy .npy file",
    b"\xba\x16\x4f\x2f": "a fastText .bin model",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3\x00": "an SQLite file",
    b"\xff\xfe\x00\x00": "UTF-32 text",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"\x7fELF": "a program",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    **{bytes([0x80, protocol]): "a Python pickle (gensim's .kv or .model)" for protocol in range(2, 6)},
}
HEADER = re.compile(rb"[ \t]*([+-]?\d{1,20})[ \t]+([+-]?\d{1,20})[ \t\r]*\n?")


@dataclass(frozen=True)
class Recognised:
    """A file of word vectors: rows of `dimensions` numbers from byte `start` on. `words` is None without a header."""

    path: str
    kind: Literal["text", "binary"]
    start: int
    words: int | None
    dimensions: int
    size: int

    @property
    def first_line(self) -> int:
        """The line number of the first row of a text file."""
        return 1 if self.words is None else 2


def recognise(path: str) -> Recognised:
    """Say what the file is. Raises ResourceError for what is missing, unreadable, not supported, or impossible."""
    size = _size_of_regular(path)
    try:
        with open(path, "rb") as file:
            _refuse_signatures(path, file.read(SAMPLE))
            return _recognise(path, size, file)
    except OSError as error:
        raise ResourceError(f"'{path}' cannot be read ({error.strerror})") from error


def refused(path: str, why: str) -> ResourceError:
    """The error for a file that is no set of word vectors, or a broken one."""
    return ResourceError(f"'{path}' {why}", SUPPORTED)


def read_line(file: BinaryIO, path: str) -> bytes:
    """The next line, b"" at the end; never more than MAX_LINE bytes of memory."""
    line = file.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE:
        raise refused(path, f"has a line of more than {MAX_LINE // 2**20} MB")
    return line


def is_row(line: bytes, dimensions: int) -> bool:
    """Whether the line ends in that many numbers."""
    fields = line.rsplit(None, dimensions)
    try:
        return len([float(field) for field in fields[-dimensions:]]) == dimensions
    except ValueError:
        return False


def _size_of_regular(path: str) -> int:
    if "://" in path:
        raise ResourceError(f"'{path}' is an address: attn opens files only", "download it and give the file's name")
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise ResourceError(f"there is no file '{path}'", "check the path, or leave out --vectors") from error
    except (OSError, ValueError) as error:
        raise ResourceError(f"'{path}' cannot be opened ({getattr(error, 'strerror', None) or error})") from error
    if stat.S_ISDIR(status.st_mode):
        raise refused(path, "is a folder, and not a store of word vectors")
    if not stat.S_ISREG(status.st_mode):
        raise refused(path, "is a pipe, a device or a socket, not a file")
    if not status.st_size:
        raise refused(path, "is empty")
    return status.st_size


def _refuse_signatures(path: str, head: bytes) -> None:
    for signature in sorted(SIGNATURES, key=len, reverse=True):
        if head.startswith(signature):
            raise refused(path, f"looks like {SIGNATURES[signature]}, which attn does not read")


def _recognise(path: str, size: int, file: BinaryIO) -> Recognised:
    file.seek(0)
    skipped = len(BOM) if file.read(len(BOM)) == BOM else 0
    file.seek(skipped)
    header = HEADER.fullmatch(read_line(file, path))
    if header is None:
        return _without_header(path, size, skipped, file)
    words, dimensions = int(header[1]), int(header[2])
    _check_dimensions(path, dimensions)
    start = file.tell()
    kind = _kind(file, path, dimensions)
    _check_fit(path, kind, words, dimensions, size - start)
    return Recognised(path, kind, start, words, dimensions, size)


def _check_dimensions(path: str, dimensions: int) -> None:
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise refused(path, f"claims {dimensions} dimensions: 1 to {MAX_DIMENSIONS} are possible")


def _check_fit(path: str, kind: str, words: int, dimensions: int, available: int) -> None:
    """Hold the header against the file: a row has a separator and 4 bytes a number, as text 2 and an end of line."""
    least = words * (4 * dimensions + 1 if kind == "binary" else 2 * dimensions + 1) - (kind == "text")
    if words < 1 or least > available:
        claim = f"claims {words} rows of {dimensions} numbers in its first line"
        raise refused(path, f"{claim}, but has only {available} bytes of them" if words > 0 else claim)


def _kind(file: BinaryIO, path: str, dimensions: int) -> Literal["text", "binary"]:
    """Text if the first row reads as text, or if all of it looks like text (then the error will name the line)."""
    start = file.tell()
    sample = file.read(SAMPLE)
    file.seek(start)
    if is_row(file.readline(MAX_LINE), dimensions) or _looks_like_text(sample):
        return "text"
    return "binary"


def _looks_like_text(sample: bytes) -> bool:
    """Whether it is UTF-8 (perhaps cut in its last character) without control characters."""
    try:
        getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return not any(byte < 9 or 13 < byte < 32 for byte in sample)


def _without_header(path: str, size: int, start: int, file: BinaryIO) -> Recognised:
    """GloVe: the dimension is what most of the first lines have (a few words contain blanks themselves)."""
    file.seek(start)
    lines = [line for _ in range(LINES_SAMPLED) if (line := read_line(file, path)).strip()]
    widths = Counter(len(line.split()) - (not line[:1].isspace()) for line in lines)
    dimensions = widths.most_common(1)[0][0] if widths else 0
    if dimensions < 1 or not is_row(lines[0], dimensions):
        raise refused(path, "is not word vectors: its first line is neither a header nor a word with numbers")
    _check_dimensions(path, dimensions)
    return Recognised(path, "text", start, None, dimensions, size)
