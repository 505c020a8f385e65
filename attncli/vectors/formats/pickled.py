"""gensim's .kv files: the words, unpickled in a process that can run nothing else, and the matrix."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np

from attncli.errors import ResourceError
from attncli.files.npz import read_npy_header
from attncli.vectors.formats import unpickling
from attncli.vectors.formats.content import MAX_LINE, Content, refused
from attncli.vectors.formats.recognise import Recognised
from attncli.vectors.store.writing import StoreWriter

ROWS = 4096  # a block
SIDE_FILES = tuple(f".{name}.npy" for name in unpickling.MATRIX)  # where gensim puts a large matrix

SAVE = "save_word2vec_format('vectors.bin', binary=True)"
CONVERT = {  # the class that is pickled -> the line of Python that makes a file of it that attn reads
    "Word2Vec": f"from gensim.models import Word2Vec; Word2Vec.load({{}}).wv.{SAVE}",
    "Doc2Vec": f"from gensim.models import Doc2Vec; Doc2Vec.load({{}}).wv.{SAVE}",
    "FastText": "from gensim.models import fasttext as f; f.save_facebook_model(f.FastText.load({}), 'vectors.bin')",
    "FastTextKeyedVectors": f"from gensim.models import fasttext as f; f.FastTextKeyedVectors.load({{}}).{SAVE}",
    "PoincareModel": f"from gensim.models.poincare import PoincareModel; PoincareModel.load({{}}).kv.{SAVE}",
    "PoincareKeyedVectors": f"from gensim.models.poincare import PoincareKeyedVectors as P; P.load({{}}).{SAVE}",
}


@dataclass(frozen=True)
class Matrix:
    """A matrix of `shape` [n, d], given in blocks of so many rows."""

    shape: tuple[int, int]
    blocks: Callable[[int], Iterator[np.ndarray]]


class Pickled:
    """A KeyedVectors as gensim saved it, with or without a side file for its matrix."""

    def __init__(self, found: Recognised, content: Content) -> None:
        self._path = found.path
        with TemporaryFile() as answer:
            _unpickle(content, answer)
            described = self._described(json.loads(answer.readline()))
            self._words = [json.loads(answer.readline(6 * MAX_LINE)) for _ in range(described["words"])]
            self._matrix = self._inline(described, answer) if described["inline"] else self._beside(content)
        rows, self.dimensions = self._matrix.shape
        if rows != len(self._words):
            raise refused(self._path, f"has {len(self._words)} words for {rows} rows")

    def fill(self, new: StoreWriter, report: Callable[[], None]) -> None:
        """Add all rows. Raises ResourceError for a number that is not finite."""
        at = 0
        for block in self._matrix.blocks(ROWS):  # [m, d]
            new.add(self._words[at : at + len(block)], block)
            at += len(block)
            report()

    def _described(self, line: dict[str, Any]) -> dict[str, Any]:
        if "unknown" in line:
            raise self._unknown(*line["unknown"])
        if "fault" in line:
            raise refused(self._path, line["fault"])
        return line

    def _unknown(self, module: str, name: str) -> Exception:
        if module.startswith("gensim.models.") and name in CONVERT:
            hint = f'attn runs no pickles; if you trust it: python -c "{CONVERT[name].format(repr(self._path))}"'
            return refused(self._path, f"is a pickled gensim {name}, which cannot be opened without running it", hint)
        hint = "ask for the vectors as word2vec text or binary; opening this file elsewhere runs its code"
        return refused(self._path, f"is a Python pickle that calls for '{module}.{name}', which no vectors need", hint)

    def _inline(self, line: dict[str, Any], answer: IO[bytes]) -> Matrix:
        content, shape = answer.read(), tuple(line["shape"])
        try:
            matrix = np.frombuffer(content, dtype=line["dtype"]).reshape(shape, order=line["order"])  # [n, d]
        except (TypeError, ValueError) as error:
            raise refused(self._path, f"has a matrix that is not of its shape {shape}") from error
        if matrix.ndim != 2:
            raise refused(self._path, f"has a matrix of the shape {shape}")
        return Matrix(matrix.shape, lambda rows: (matrix[at : at + rows] for at in range(0, len(matrix), rows)))

    def _beside(self, content: Content) -> Matrix:
        if content.packing:
            raise refused(self._path, "has its matrix in a file of its own, and is packed", "unpack it")
        beside = [path for end in SIDE_FILES if os.path.isfile(path := self._path + end)]
        if not beside:
            missing = self._path + SIDE_FILES[0]
            raise refused(self._path, "has no matrix in it", f"gensim kept that in '{missing}': put it there")
        return open_npy(beside[0])


def _unpickle(content: Content, answer: IO[bytes]) -> None:
    """Have the file unpickled in a process of its own, unpacked before if need be; `answer` is left at its start."""
    with TemporaryFile() as plain:
        source: Any = content.file
        if content.packing:
            copyfileobj(content.stream, plain)
            source = plain
        source.seek(0)
        os.lseek(source.fileno(), 0, os.SEEK_SET)  # the place from which the other process reads
        command = [sys.executable, "-I", "-S", unpickling.__file__]
        done = subprocess.run(command, stdin=source, stdout=answer, stderr=subprocess.DEVNULL, env={}, check=False)
    answer.seek(0)
    if done.returncode:
        raise refused(content.path, "is a Python pickle that takes too much time or memory to read")


def open_npy(path: str) -> Matrix:
    """The matrix in the file. Raises ResourceError for one that is not of numbers, or shorter than its header says."""
    try:
        with open(path, "rb") as file:
            shape, dtype, start = _header(path, file)
    except (OSError, MemoryError) as error:
        raise ResourceError(f"'{path}' cannot be read ({getattr(error, 'strerror', None) or error})") from error
    expected = start + shape[0] * shape[1] * dtype.itemsize
    if os.path.getsize(path) != expected:
        raise refused(path, f"has not the {expected} bytes that its header promises")
    return Matrix(shape, lambda rows: _blocks(path, shape, dtype, start, rows))


def _header(path: str, file: BufferedReader) -> tuple[tuple[int, int], np.dtype[np.generic], int]:
    try:
        shape, fortran, dtype = read_npy_header(file)
    except ValueError as error:
        raise refused(path, f"is not a NumPy .npy file: {error}") from error
    if len(shape) != 2 or min(shape) < 1 or dtype.kind != "f" or fortran:
        order = " in Fortran order" if fortran else ""
        raise refused(path, f"holds an array of the shape {shape} and type {dtype}{order}, not rows of numbers")
    return (int(shape[0]), int(shape[1])), dtype, file.tell()


def _blocks(
    path: str, shape: tuple[int, int], dtype: np.dtype[np.generic], start: int, rows: int
) -> Iterator[np.ndarray]:
    with open(path, "rb") as file:
        file.seek(start)
        for at in range(0, shape[0], rows):
            wanted = min(rows, shape[0] - at) * shape[1] * dtype.itemsize
            content = file.read(wanted)
            if len(content) < wanted:
                raise refused(path, "was changed while it was read")
            yield np.frombuffer(content, dtype=dtype).reshape(-1, shape[1])
