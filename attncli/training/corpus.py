"""Text becomes rows of a vector set: sentences are looked up, cut into pieces, and kept on disk or sampled."""

import re
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Generic, TypeVar
from zlib import crc32

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError
from attncli.files.utf8 import fault_in
from attncli.text.tokens import read_sentence
from attncli.vectors import Vectors

LONGEST = 64  # tokens; a longer sentence is cut into pieces
SHORTEST = 4
HELD_OUT_OF = 40  # one sentence in so many is never trained on
REMEMBERED = 500_000  # words whose rows are kept at hand
FULL_LINE = 50  # characters; a shorter line ends where its sentence ends, a longer one may have been wrapped
LONGEST_LINE = 2**16  # characters read at once: a file without line ends must not fill the memory

_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|cf|ca|c|No|vol|pp|ed|Jr|Sr|Inc|Ltd|Co))\.$"
)
MOST_SENTENCES = 300

T = TypeVar("T")
SHARDS = 16
WINDOW = 2**15  # sentences that are shuffled together, at most
MOST_HELD_OUT = 400  # sentences held out for evaluation
FEWEST_TOKENS = 2_000  # below this there is nothing to learn


def read_lines(paths: Iterable[str | Path]) -> Iterator[str]:
    """The lines of the texts one after another; one that begins in lower case is joined to a full one before it.

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
    """Whether a sentence is held out for evaluation: decided by its own text, so that no run ever trains on it."""
    return crc32(sentence.casefold().encode("utf-8", "replace")) % HELD_OUT_OF == 0


class Lookup:
    """`Vectors.find` with a memory."""

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


class Sample(Generic[T]):
    """Reservoir sampling: at most `most` of the items added (Vitter 1985, algorithm R)."""

    def __init__(self, most: int) -> None:
        self.kept: list[T] = []
        self._most, self._met, self._rng = most, 0, np.random.default_rng(0)

    def add(self, item: T) -> None:
        """Take one more."""
        self._met += 1
        if len(self.kept) < self._most:
            self.kept.append(item)
        elif (place := int(self._rng.integers(self._met))) < self._most:
            self.kept[place] = item


def read_sample(paths: Iterable[str | Path], vectors: Vectors, *, held_out: bool = False) -> list[list[int]]:
    """At most MOST_SENTENCES sentences as rows, each with the same chance; `held_out`: of those kept from training.

    Raises:
        AttnError: a file that is no text, or no sentence with four words that `vectors` knows.
    """
    sample: Sample[list[int]] = Sample(MOST_SENTENCES)
    find = Lookup(vectors)
    for sentence in read_sentences(paths):
        for piece in pieces(rows_of(sentence, find)) if not held_out or is_held_out(sentence) else ():
            sample.add(piece)
    if not sample.kept:
        kept = " that training keeps apart" if held_out else ""
        message = f"the text has no sentence{kept} with four words that {vectors.name} knows"
        raise AttnError(message, "give more text, or other text")
    return sample.kept


class Corpus:
    """Sentences as rows of a vector set, in temporary files that go when the object goes.

    Each sentence goes to one of SHARDS files by chance, so that any stretch of a file is a fair sample of all texts.
    `counts` `[words]` says how often each row occurs; `held_out` is a sample of those that are not trained on.
    """

    def __init__(self, words: int) -> None:
        self.counts = np.zeros(words, np.int64)
        self.sentences = 0
        self._shards: list[IO[bytes]] = [tempfile.TemporaryFile() for _ in range(SHARDS)]  # noqa: SIM115
        weakref.finalize(self, _close, self._shards)
        self._kept: set[bytes] = set()
        self._rng = np.random.default_rng(0)
        self._sample: Sample[Array] = Sample(MOST_HELD_OUT)

    @property
    def held_out(self) -> list[Array]:
        """The sentences held out for evaluation."""
        return self._sample.kept

    @property
    def tokens(self) -> int:
        """The number of words to train on."""
        return int(self.counts.sum())

    def add(self, rows: list[int], held_out: bool) -> None:
        """Take one more piece of a sentence."""
        piece = np.array(rows, np.int32)
        if held_out:
            self._keep(piece)
            return
        self._shards[int(self._rng.integers(SHARDS))].write(np.int32(len(piece)).tobytes() + piece.tobytes())
        self.sentences += 1
        np.add.at(self.counts, piece, 1)

    def _keep(self, piece: Array) -> None:
        """Keep each held-out sentence once, also where a text is given several times."""
        if (seen := piece.tobytes()) not in self._kept:
            self._kept.add(seen)
            self._sample.add(piece)

    def walk(self, rng: np.random.Generator) -> Iterator[Array]:
        """Every sentence once: shards in a random order, and in each, a window at a time, in a random order."""
        for shard in rng.permutation(SHARDS):
            file = self._shards[int(shard)]
            file.seek(0)
            while window := list(islice(_sentences(file), WINDOW)):
                for number in rng.permutation(len(window)):
                    yield window[number]


def _close(files: list[IO[bytes]]) -> None:
    for file in files:
        file.close()


def _sentences(file: IO[bytes]) -> Iterator[Array]:
    """The sentences from the file's present place on."""
    while size := file.read(4):
        yield np.frombuffer(file.read(4 * int.from_bytes(size, sys.byteorder)), np.int32)


def read_corpus(
    paths: Iterable[str | Path],
    vectors: Vectors,
    report: Callable[[int], None] = lambda _: None,
    *,
    hold_out: bool = True,
) -> Corpus:
    """Read the texts once; `report` gets the number of sentences now and then.

    Raises:
        AttnError: a file that is no text, or too little text that `vectors` knows.
    """
    corpus, find, met = Corpus(vectors.words), Lookup(vectors), 0
    for met, sentence in enumerate(read_sentences(paths), 1):
        apart = hold_out and is_held_out(sentence)
        for piece in pieces(rows_of(sentence, find)):
            corpus.add(piece, apart)
        if met % 20_000 == 0:
            report(met)
    _check(corpus, met, vectors)
    return corpus


def _check(corpus: Corpus, met: int, vectors: Vectors) -> None:
    if corpus.tokens >= FEWEST_TOKENS and corpus.held_out:
        return
    known = corpus.tokens + sum(map(len, corpus.held_out))
    if not met:
        raise AttnError("the text is empty", "give files of plain text: sentences or paragraphs")
    if not known:
        raise AttnError(
            f"no sentence of {met:,} has four words that {vectors.name} knows",
            "train on text in the language of the vectors",
        )
    apart = "" if corpus.held_out else ", none of them held out for evaluation"
    raise AttnError(
        f"the text is too small: {known:,} known words in {met:,} sentences{apart}",
        f"training needs some {FEWEST_TOKENS:,} words at the very least; 100,000 and more teach something",
    )
