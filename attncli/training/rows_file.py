"""A corpus as rows on disk: read once, walked through many times in another order, with memory that does not grow."""

import sys
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError
from attncli.training.corpus import Lookup, is_held_out, pieces, read_sentences, rows_of
from attncli.training.sample import Sample
from attncli.vectors import Vectors

SHARDS = 16
WINDOW = 2**15  # sentences that are shuffled together, at most
MOST_HELD_OUT = 400  # sentences kept for judging
FEWEST_TOKENS = 2_000  # below this there is nothing to learn


class Corpus:
    """Sentences as rows of a vector set, in temporary files that go when the object goes.

    Each sentence goes to one of SHARDS files by chance, so that any stretch of a file is a fair sample of all texts.
    `counts` `[words]` says how often each row occurs; `held_out` is a sample of what is never trained on.
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
        """The sentences kept for judging."""
        return self._sample.kept

    @property
    def tokens(self) -> int:
        """How many words there are to train on."""
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
        """Each held-out sentence once, whatever number of times a text is given."""
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
    """The sentences from where the file stands."""
    while size := file.read(4):
        yield np.frombuffer(file.read(4 * int.from_bytes(size, sys.byteorder)), np.int32)


def read_corpus(
    paths: Iterable[str | Path],
    vectors: Vectors,
    report: Callable[[int], None] = lambda _: None,
    *,
    hold_out: bool = True,
) -> Corpus:
    """Read the texts once; `report` is told now and then how many sentences it has met.

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
    apart = "" if corpus.held_out else ", none of which is one of those that are kept apart for judging"
    raise AttnError(
        f"the text is too small: {known:,} known words in {met:,} sentences{apart}",
        f"training needs some {FEWEST_TOKENS:,} words at the very least; 100,000 and more teach something",
    )
