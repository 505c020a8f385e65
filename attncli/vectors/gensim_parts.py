"""The parts of gensim that attn uses. It takes a second to import and ships no types: no other module does."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any

import numpy as np

GENSIM_CHUNK = 100 * 1024  # bytes that gensim reads of a binary file at a time


def keyed_vectors() -> Any:
    """The class KeyedVectors."""
    from gensim.models import KeyedVectors

    return KeyedVectors


def fasttext_parts() -> Any:
    """The module that reads fastText's own files, and the class FastTextKeyedVectors."""
    from gensim.models import _fasttext_bin
    from gensim.models.fasttext import FastTextKeyedVectors

    return _fasttext_bin, FastTextKeyedVectors


def gensim_data() -> Any:
    """The module about gensim-data: the addresses of its list and files. Its code that runs modules is not called."""
    from gensim import downloader

    return downloader


class Number(float):
    """The type of each number that gensim reads from a text file: a plain float that goes into a float32 matrix.

    By default it is np.float32(text).item(), and 80 % of the time of an import is spent there; this takes a third.
    Of 20,000x300 (0.05 GB), gensim's 3.7 s of processor time become 1.7 s for the whole import.
    """

    __slots__ = ()
    dtype = np.dtype("<f4")
    item = float.__float__


def load_numbers(rows: list[bytes], dimensions: int, binary: bool) -> np.ndarray:
    """The numbers of the rows, as gensim reads them from a word2vec file: [m, d] float32.

    gensim gets them as fewer rows of some 25,000 numbers, the last filled up with zeros: its work for every word
    takes two thirds of its time in a binary file. Raises ValueError for text that is no number.
    """
    together = max(1, GENSIM_CHUNK // (4 * dimensions))
    missing = -len(rows) % together
    rows = rows + [bytes(4 * dimensions) if binary else b" ".join([b"0"] * dimensions)] * missing
    blank, end = (b"", b"") if binary else (b" ", b"\n")
    groups = [blank.join(rows[at : at + together]) for at in range(0, len(rows), together)]
    head = b"%d %d\n" % (len(groups), together * dimensions)
    content = head + b"".join(b"%d %b%b" % (number, group, end) for number, group in enumerate(groups))
    with _as_descriptor(content) as file, np.errstate(over="ignore"):
        datatype = np.float32 if binary else Number
        vectors: np.ndarray = keyed_vectors().load_word2vec_format(file, binary=binary, datatype=datatype).vectors
    return vectors.reshape(-1, dimensions)[: len(rows) - missing]


@contextmanager
def _as_descriptor(content: bytes) -> Iterator[int]:
    """A file in memory that holds `content`: gensim takes no open file, but a descriptor."""
    log = logging.getLogger("smart_open.compression")  # warns that a descriptor has no ending that says .gz
    level = log.level
    with open(os.memfd_create("rows"), "w+b") if hasattr(os, "memfd_create") else TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        log.setLevel(logging.ERROR)
        try:
            yield file.fileno()
        finally:
            log.setLevel(level)
