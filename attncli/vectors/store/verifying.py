"""The checksums of a whole store, checked. Opening a store checks only the parts that it reads."""

from collections.abc import Callable, Iterator
from hashlib import sha256

from attncli.errors import ResourceError
from attncli.vectors.store import layout
from attncli.vectors.store.composing import read_pieces
from attncli.vectors.store.index import DamagedError, damaged
from attncli.vectors.store.opened import Vectors

WORDS_AT_ONCE = 32_768
BYTES_AT_ONCE = 8 * 2**20

Progress = Callable[[str, int, int], None]  # the work, how much of it is done, how much there is


def verify(vectors: Vectors, progress: Progress = lambda *_: None) -> None:
    """Read all of the set: numbers, lengths, words, and where each word is found.

    Raises ResourceError naming everything that is not as it was written.
    """
    faults = [fault for check in (_numbers, _ngrams, _pieces, _parts, _words) for fault in check(vectors, progress)]
    if faults:
        raise damaged(vectors.folder, "; ".join(faults))


def _numbers(vectors: Vectors, progress: Progress) -> Iterator[str]:
    """The matrix and the lengths of its rows against their checksums."""
    total, done = sha256(), 0
    for block in vectors.matrix.blocks(max(1, BYTES_AT_ONCE // (4 * vectors.dimensions))):
        total.update(block.data)
        done += len(block)
        progress(f"reading the numbers of {vectors.name}", done, vectors.words)
    if total.hexdigest() != vectors.info.matrix_sha256:
        yield f"the numbers in its {layout.MATRIX} are not those that were written"
    try:
        _ = vectors.norms  # has a check of its own
    except DamagedError as error:
        yield error.why


def _ngrams(vectors: Vectors, progress: Progress) -> Iterator[str]:
    """The vectors of the n-gram buckets, where there are some, against their checksum."""
    ngrams = vectors.info.ngrams
    if ngrams is None:
        return
    total = sha256()
    with open(vectors.folder / layout.NGRAMS, "rb") as file:
        file.seek(ngrams.offset)
        while block := file.read(BYTES_AT_ONCE):
            total.update(block)
            progress(f"reading the n-grams of {vectors.name}", file.tell(), max(1, file.tell()))
    if total.hexdigest() != ngrams.sha256:
        yield f"the numbers in its {layout.NGRAMS} are not those that were written"


def _pieces(vectors: Vectors, progress: Progress) -> Iterator[str]:
    """The tokenizer that cuts unknown words, where there is one, against its checksum."""
    if vectors.info.pieces is None:
        return
    try:
        data = read_pieces(vectors.folder, vectors.info.pieces)
        progress(f"reading the tokenizer of {vectors.name}", len(data), len(data))
    except DamagedError as error:
        yield error.why


def _parts(vectors: Vectors, progress: Progress) -> Iterator[str]:
    """The parts of unknown words, where there are some, as a set of their own."""
    if vectors.info.parts is None:
        return
    try:
        verify(vectors.parts, progress)
    except ResourceError as error:
        yield error.why if isinstance(error, DamagedError) else error.message


def _words(vectors: Vectors, progress: Progress) -> Iterator[str]:
    """The words against their checksum, and each against the place where it is found."""
    total = sha256()
    try:
        for start in range(0, vectors.words, WORDS_AT_ONCE):
            rows = range(start, min(start + WORDS_AT_ONCE, vectors.words))
            words = vectors.text(rows)
            total.update("".join(word + layout.SEPARATOR for word in words).encode("utf-8", "surrogatepass"))
            if vectors.index.find(words) != dict(zip(words, rows, strict=True)):
                yield f"some words of its {layout.INDEX} are not found in their rows"
            progress(f"reading the words of {vectors.name}", rows.stop, vectors.words)
    except DamagedError as error:
        yield error.why
        return
    if total.hexdigest() != vectors.info.words_sha256:
        yield f"the words in its {layout.INDEX} are not those that were written"
