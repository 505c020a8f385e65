"""The words and the matrix of gensim's pickled KeyedVectors, taken out without running anything that the file names.

Run as a program of its own (`python -I -S unpickling.py < FILE`), under a memory limit, on the standard library only.
A pickle is a program: it calls the functions that it names. Here every name that a genuine file needs is bound to one
of the inert stand-ins below, and any other name ends the reading. Nothing of NumPy or gensim is ever reached.

Writes a line of JSON: {"words", "shape", "dtype", "order", "inline"} or {"unknown": [module, name]} or {"fault"}.
After the first, the words follow, each as JSON on a line, and if "inline" the bytes of the matrix.
"""

import json
import os
import pickle
import re
import sys
from typing import Any, BinaryIO

ROOM = 96 * 2**20  # bytes of memory beyond those of the interpreter
GROWTH = 12  # bytes of memory a byte of the file may take: a million words of ten letters take 5
SECONDS = 2  # and one more for every 4 MB
KEYED_VECTORS = ("KeyedVectors", "Word2VecKeyedVectors", "EuclideanKeyedVectors", "WordEmbeddingsKeyedVectors")
WORDS = ("index_to_key", "index2word", "index2entity")  # gensim 4, and earlier ones
MATRIX = ("vectors", "syn0")
NUMBERS = re.compile("[<>]?f[248]")
MAX_WORD = 2**16  # characters


class Inert:
    """Keeps its arguments and does nothing."""

    def __init__(self, *given: Any) -> None:
        self.given = given
        self.state: Any = ()

    def __setstate__(self, state: Any) -> None:
        self.state = state


class KeyedVectors(Inert):
    """gensim's object: its state is a dict with the words, the matrix, and much that is not needed."""


class Dtype(Inert):
    """numpy.dtype: given its code, its state begins with a version and the byte order."""

    def code(self) -> str:
        """As NumPy writes it: `<f4`."""
        order = self.state[1] if isinstance(self.state, tuple) and len(self.state) > 1 else "<"
        return ("" if order in ("|", "=") else str(order)) + str(self.given[0])


class Array(Inert):
    """numpy.ndarray, of which only its parts are kept."""

    def parts(self) -> "tuple[tuple[int, ...], Dtype, str, bytes]":
        """Shape, dtype, order and bytes, from the state of a pickled array or the arguments of `_frombuffer`."""
        if len(self.given) == 4 and not self.state:
            content, dtype, shape, order = self.given
        else:
            _, shape, dtype, fortran, content = self.state
            order = "F" if fortran else "C"
        return tuple(map(int, shape)), dtype, str(order), content


def as_bytes(text: str, encoding: str) -> bytes:
    """The function that pickles of the protocols before 3 make bytes with."""
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"bytes as {encoding}")
    return text.encode("latin-1")


GLOBALS: dict[tuple[str, str], Any] = {
    **{("gensim.models.keyedvectors", name): KeyedVectors for name in KEYED_VECTORS},
    **{("gensim.models.keyedvectors", name): Inert for name in ("Vocab", "CompatVocab")},
    **{(core, "_reconstruct"): Array for core in ("numpy.core.multiarray", "numpy._core.multiarray")},
    **{(core, "_frombuffer"): Array for core in ("numpy.core.numeric", "numpy._core.numeric")},
    **{(core, "scalar"): Inert for core in ("numpy.core.multiarray", "numpy._core.multiarray")},
    **{("numpy", name): Inert for name in ("ndarray", "float16", "float32", "float64", "int32", "int64", "uint32")},
    **{(builtins, name): Inert for builtins in ("__builtin__", "builtins") for name in ("set", "frozenset")},
    ("numpy", "dtype"): Dtype,
    ("_codecs", "encode"): as_bytes,
}


class UnknownNameError(Exception):
    """The pickle names something that is not a set of word vectors."""


class Unpickler(pickle.Unpickler):
    """Knows the names in GLOBALS and no other."""

    def find_class(self, module: str, name: str, /) -> Any:
        """The stand-in for a name."""
        if (module, name) not in GLOBALS:
            raise UnknownNameError(module, name)
        return GLOBALS[module, name]


class FaultError(Exception):
    """The pickle is sound, and holds no word vectors that can be read."""


def read(file: BinaryIO, size: int) -> tuple[dict[str, Any], list[str], bytes]:
    """The line, the words and the matrix to be written. Raises anything at all for a file that is not in order."""
    loaded = Unpickler(file, encoding="latin1").load()
    if not isinstance(loaded, KeyedVectors) or not isinstance(loaded.state, dict):
        raise FaultError("is a Python pickle, but not of gensim's KeyedVectors")
    words = words_in(loaded.state, size)
    matrix = next((loaded.state[name] for name in MATRIX if isinstance(loaded.state.get(name), Array)), None)
    if matrix is None:  # it lies in a file beside
        return {"words": len(words), "inline": False}, words, b""
    shape, dtype, order, content = matrix.parts()
    if not NUMBERS.fullmatch(dtype.code()):
        raise FaultError(f"has a matrix of '{dtype.code()}' numbers")
    line = {"words": len(words), "shape": shape, "dtype": dtype.code(), "order": order, "inline": True}
    return line, words, bytes(content)


def words_in(state: dict[str, Any], size: int) -> list[str]:
    """The words in the order of their rows. All of them are in the file, so together they are no longer than it."""
    words = next((state[name] for name in WORDS if name in state), None)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise FaultError("is a set of gensim's whose keys are not words")
    if sum(map(len, words)) > size or max(map(len, words), default=0) > MAX_WORD:
        raise FaultError("has words that are longer than the file, or than 64 KB")
    return words


def limit(size: int) -> None:
    """Take no more memory and time than a file of that size needs, and never more than is allowed already."""
    try:
        import resource
    except ImportError:  # Windows
        return
    memory = _memory_now() + ROOM + GROWTH * size
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, SECONDS + size // 2**22)):
        soft, hard = resource.getrlimit(kind)
        lowest = min([most] + [value for value in (soft, hard) if value != resource.RLIM_INFINITY])
        resource.setrlimit(kind, (lowest, hard))


def _memory_now() -> int:
    """Bytes of address space in use; as much as an interpreter takes where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 2**26


def main() -> None:
    """From standard input to standard output."""
    size = os.fstat(0).st_size
    limit(size)
    words: list[str] = []
    content = b""
    try:
        line, words, content = read(sys.stdin.buffer, size)
    except UnknownNameError as error:
        line = {"unknown": error.args}
    except FaultError as error:
        line = {"fault": str(error)}
    except MemoryError:
        line = {"fault": "asks for more memory than a file of its size needs"}
    except Exception as error:  # a hostile file can bring about any
        line = {"fault": f"is a broken Python pickle ({type(error).__name__})"}
    for text in (line, *words):
        sys.stdout.write(json.dumps(text) + "\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
