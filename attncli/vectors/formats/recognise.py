"""The format of a file of word vectors, by its content. Nothing is parsed and no memory is spent before this."""

import os
import re
from codecs import getincrementaldecoder
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO, Literal

from attncli.errors import ResourceError
from attncli.files import kinds as file_kinds
from attncli.vectors.formats.content import MAX_LINE, Content, opened, read_line, refused
from attncli.vectors.store.layout import MAX_DIMENSIONS

SAMPLE = 64 * 2**10
LINES_SAMPLED = 100
BOM = b"\xef\xbb\xbf"

HEADER = re.compile(rb"[ \t]*([+-]?\d{1,20})[ \t]+([+-]?\d{1,20})[ \t\r]*\n?")
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")  # all but blanks and ends of lines
NUMBER = re.compile(rb"\s*[+-]?\d*(\.\d*)?([eE][+-]?\d+)?\s")


@dataclass(frozen=True)
class Recognised:
    """A file of word vectors: rows of `dimensions` numbers from byte `start` on. `words` is None without a header.

    Of a pickle (gensim's .kv) and of static vectors neither is known before it is read. `size` is that of the file,
    packed or not.
    """

    path: str
    kind: Literal["text", "binary", "fasttext", "pickle", "static"]
    start: int
    words: int | None
    dimensions: int
    size: int

    @property
    def first_line(self) -> int:
        """The line number of the first row of a text file."""
        return 1 if self.words is None else 2


def recognise(path: str) -> Recognised:
    """The format of a file. Raises ResourceError for one that is missing, unreadable, not supported, or impossible."""
    if os.path.isdir(path):
        from attncli.vectors.formats.static import in_folder

        return Recognised(in_folder(path), "static", 0, None, 0, os.path.getsize(in_folder(path)))
    try:
        with opened(path) as content:
            head = content.stream.read(SAMPLE)
            content.stream.seek(0)
            _refuse_signatures(content, head)
            return _by_signature(content, head) or _of_words(content, head)
    except OSError as error:
        raise ResourceError(f"'{path}' cannot be read ({error.strerror})") from error


def is_row(line: bytes, dimensions: int) -> bool:
    """Whether the line ends in that many numbers."""
    fields = line.rsplit(None, dimensions)
    try:
        return len([float(field) for field in fields[-dimensions:]]) == dimensions
    except ValueError:
        return False


def _refuse_signatures(content: Content, head: bytes) -> None:
    if kind := content.packing and file_kinds.packed_kind(head):
        raise refused(content.path, f"holds {kind.name} in a {content.packing} archive", "unpack it once")
    if kind := file_kinds.binary_kind(head):
        raise _named(content, kind)


def _named(content: Content, kind: file_kinds.FileKind) -> ResourceError:
    """The error for a file of a kind that is not read as word vectors."""
    if content.packing is None or kind.key == "tar":
        return refused(content.path, f"is {kind.name}, not a file of word vectors", kind.hint(content.path))
    unpacked = kind.hint(os.path.splitext(content.path)[0])
    return refused(content.path, f"holds {kind.name}, not a file of word vectors", f"unpack it; {unpacked}")


def _by_signature(content: Content, head: bytes) -> Recognised | None:
    """The formats that begin with numbers of their own."""
    if file_kinds.PICKLE.match(head):
        return Recognised(content.path, "pickle", 0, None, 0, content.size)
    from attncli.vectors.formats import fasttext  # which needs a file that is recognised

    if header := fasttext.header_of(head):
        fasttext.check_header(content.path, header, content.most)
        return Recognised(content.path, "fasttext", 0, header.words, header.dimensions, content.size)
    if head.startswith(fasttext.MAGIC):
        raise refused(content.path, "is a fastText model cut off in its header")
    return None


def _of_words(content: Content, head: bytes) -> Recognised:
    """Word vectors that begin with a line of text; for text of another kind the error names it."""
    try:
        return _by_first_line(content)
    except ResourceError:
        if kind := file_kinds.text_kind(head):
            raise _named(content, kind) from None
        raise


def _by_first_line(content: Content) -> Recognised:
    """word2vec text or binary, or GloVe."""
    path, file = content.path, content.stream
    skipped = len(BOM) if file.read(len(BOM)) == BOM else 0
    file.seek(skipped)
    header = HEADER.fullmatch(read_line(file, path))
    if header is None:
        return _without_header(content, skipped)
    words, dimensions = int(header[1]), int(header[2])
    _check_dimensions(path, dimensions)
    start = file.tell()
    kind = _kind(file, path, dimensions)
    _check_fit(path, kind, words, dimensions, content.most - start)
    return Recognised(path, kind, start, words, dimensions, content.size)


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
    """Whether it is UTF-8 (perhaps cut in its last character) without control characters, C0 or C1."""
    try:
        text = getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return not CONTROL.search(text)


def _without_header(content: Content, start: int) -> Recognised:
    """GloVe: the dimension is that of most of the first lines (a few words contain blanks themselves)."""
    path, file = content.path, content.stream
    file.seek(start)
    lines = [line for _ in range(LINES_SAMPLED) if (line := read_line(file, path)).strip()]
    widths = Counter(len(line.split()) - (not line[:1].isspace()) for line in lines)
    dimensions = widths.most_common(1)[0][0] if widths else 0
    if dimensions < 1 or not is_row(lines[0], dimensions):
        raise refused(path, "is not word vectors: its first line is neither a header nor a word with numbers")
    numbers = [NUMBER.match(line) for line in lines]
    if all(numbers) and any(number and number[1] for number in numbers):  # `7` may be a word, `7.0` is not
        raise refused(path, "is a table of numbers without words")
    _check_dimensions(path, dimensions)
    return Recognised(path, "text", start, None, dimensions, content.size)
