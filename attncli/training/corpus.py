"""From text to rows of a vector set: paragraphs are cut into sentences, sentences looked up and cut into pieces."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from zlib import crc32

from attncli.errors import AttnError
from attncli.files.utf8 import fault_in
from attncli.text.tokens import read_sentence
from attncli.vectors import Vectors

LONGEST = 64  # tokens; what is longer goes on in a further piece
SHORTEST = 4
HELD_OUT_OF = 40  # one sentence in so many is never trained on
REMEMBERED = 500_000  # words whose rows are kept at hand
FULL_LINE = 50  # characters; a shorter line ends where its sentence ends, a longer one may have been wrapped
LONGEST_LINE = 2**16  # characters read at once: a file without line ends must not fill the memory

_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|cf|ca|c|No|vol|pp|ed|Jr|Sr|Inc|Ltd|Co))\.$"
)


def read_lines(paths: Iterable[str | Path]) -> Iterator[str]:
    """The lines of the texts one after another; one that goes on in lower case is joined to a full one before it.

    Raises:
        AttnError: a file that cannot be read, or is no text in UTF-8.
    """
    for path in paths:
        held = ""
        for line in _lines_of(path):
            joins = FULL_LINE <= len(held) < LONGEST_LINE and line[:1].islower() and held[-1] not in ".!?:"
            if held and not joins:
                yield held
            held = f"{held} {line}" if joins else line
        if held:
            yield held


def _lines_of(path: str | Path) -> Iterator[str]:
    try:
        with open(
            sys.stdin.fileno() if str(path) == "-" else path, encoding="utf-8-sig", closefd=str(path) != "-"
        ) as file:
            while line := file.readline(LONGEST_LINE):
                if "\0" in line:
                    raise UnicodeError
                yield line.strip()
    except UnicodeError:
        raise fault_in(path) from None
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise AttnError(f"cannot read {str(path)!r}: {reason}", "give files of plain text") from None


def split_sentences(text: str) -> Iterator[str]:
    """The sentences of a line or paragraph: they end in . ! or ?, unless that is the full stop of an abbreviation.

    Text without such ends is cut after every LONGEST words.
    """
    start = 0
    for end in _END.finditer(text):
        if not _ABBREVIATED.search(text[start : end.start()]):
            yield from _cut(text[start : end.start()])
            start = end.end()
    yield from _cut(text[start:])


def _cut(sentence: str) -> Iterator[str]:
    words = sentence.split()
    if len(words) <= 2 * LONGEST:  # a long sentence, but one
        yield sentence.strip()
        return
    for at in range(0, len(words), LONGEST):
        yield " ".join(words[at : at + LONGEST])


def read_sentences(paths: Iterable[str | Path]) -> Iterator[str]:
    """The sentences of texts; errors as in `read_lines`."""
    for line in read_lines(paths):
        yield from filter(None, split_sentences(line))


def is_held_out(sentence: str) -> bool:
    """Whether a sentence is kept for judging: decided by its own text, so that no run ever trains on it."""
    return crc32(sentence.casefold().encode("utf-8", "replace")) % HELD_OUT_OF == 0


class Lookup:
    """`Vectors.find` that remembers what it found."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self._known: dict[str, int] = {}  # -1: not in the set

    def __call__(self, words: Iterable[str]) -> Mapping[str, int]:
        """The rows of those words that the set has."""
        wanted = set(words)
        if new := [word for word in wanted if word not in self._known]:
            if len(self._known) > REMEMBERED:
                self._known.clear()
                new = list(wanted)
            self._known.update(dict.fromkeys(new, -1))
            self._known.update(self._vectors.find(new))
        return {word: row for word in wanted if (row := self._known[word]) >= 0}


def rows_of(sentence: str, find: Lookup) -> list[int]:
    """The rows of a sentence's known words, in order."""
    return [token.row for token in read_sentence(sentence, find).tokens if token.row is not None]


def pieces(rows: list[int]) -> Iterator[list[int]]:
    """A sentence as pieces of at most LONGEST words; too short ones are left out."""
    count = -(-len(rows) // LONGEST)
    step = -(-len(rows) // max(1, count))
    for start in range(0, len(rows), max(1, step)):
        piece = rows[start : start + step]
        if len(piece) >= SHORTEST and len(set(piece)) > 1:
            yield piece
