"""A set in the formats that gensim reads: word2vec binary and text, streamed, or KeyedVectors, saved by gensim."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from attncli.errors import AttnError, UsageError
from attncli.vectors.store.opened import Vectors

ROWS_AT_ONCE = 4096

Progress = Callable[[str, int, int], None]  # the work, rows done, rows in all


def export(vectors: Vectors, path: str | os.PathLike[str], progress: Progress = lambda *_: None) -> list[Path]:
    """Write the set (float32) as the file `path`, whose ending says how. Returns the files, the one to load first.

    They are written into a folder beside and put in their places when they are whole. Raises UsageError for an ending
    that says nothing, AttnError for a word that the format cannot hold.
    """
    target = Path(path)
    write = WRITERS.get(target.suffix.lower())
    if write is None:
        raise UsageError(
            f"{os.fspath(path)!r} has no ending that names a format", f"end it with one of {', '.join(WRITERS)}"
        )
    if "://" in os.fspath(path):
        raise UsageError(f"expected a file to write, got the address {os.fspath(path)!r}", "name a file: vectors.bin")
    if os.path.realpath(target) == vectors.info.source:
        raise UsageError(f"{os.fspath(path)!r} is the file that the set was read from", "choose another file")
    if target.is_dir():
        raise UsageError(f"{os.fspath(path)!r} is a folder", "name a file in it, such as vectors.bin")
    if not target.parent.is_dir():
        raise AttnError(
            f"there is no folder '{target.parent}' to write into", f"make it first: mkdir '{target.parent}'"
        )
    with _folder_beside(target) as folder:
        write(vectors, folder / target.name, lambda done: progress(f"writing {target.name}", done, vectors.words))
        return _put_in_place(folder, target)


def _binary(vectors: Vectors, path: Path, report: Callable[[int], None]) -> None:
    """word2vec's binary form: a word, a blank, and four bytes a number."""
    _stream(vectors, path, " ", lambda rows: [row.tobytes() for row in rows], report)


def _text(vectors: Vectors, path: Path, report: Callable[[int], None]) -> None:
    """word2vec's text form, as gensim writes it: of each number the fewest digits that give the same float32 again."""
    _stream(vectors, path, " \n", lambda rows: [f"{' '.join(map(str, row))}\n".encode() for row in rows], report)


def _keyed_vectors(vectors: Vectors, path: Path, report: Callable[[int], None]) -> None:
    """Gensim's own form, written by gensim: the file, and beside it one for the matrix where that is large."""
    report(0)
    vectors.to_gensim().save(str(path))
    report(vectors.words)


WRITERS = {".bin": _binary, ".txt": _text, ".vec": _text, ".kv": _keyed_vectors}


def _stream(
    vectors: Vectors,
    path: Path,
    separators: str,
    encode: Callable[[np.ndarray], Sequence[bytes]],
    report: Callable[[int], None],
) -> None:
    """The header of word2vec's forms, then row after row; the words may have none of the `separators` in them."""
    done = 0
    with open(path, "wb") as file:
        file.write(f"{vectors.words} {vectors.dimensions}\n".encode())
        for block in vectors.blocks(ROWS_AT_ONCE):  # [b, d]
            words = vectors.text(range(done, done + len(block)))
            for word, row in zip(words, encode(block.astype("<f4")), strict=True):
                file.write(_word(word, path, separators))
                file.write(row)
            done += len(block)
            report(done)
        _sync(file)


def _word(word: str, path: Path, separators: str) -> bytes:
    """The word and the blank after it. Raises AttnError if gensim would read another word than this one."""
    if any(sign in word for sign in separators) or word.startswith("\n"):
        raise AttnError(
            f"the word {word!r} has a blank or a line break in it, which {path.suffix} cannot hold",
            f"export to a file that ends in .kv instead: {path.stem}.kv",
        )
    try:
        return f"{word} ".encode()
    except UnicodeEncodeError as error:
        raise AttnError(f"the word {word!r} is no Unicode text, which {path.suffix} cannot hold") from error


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    folder = target.parent / f".{secrets.token_hex(8)}.tmp"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(folder: Path, target: Path) -> list[Path]:
    """Move the written files to their places, the target itself last, as it refers to the others."""
    names = sorted((path.name for path in folder.iterdir()), key=lambda name: (name == target.name, name))
    _check_free(target, [name for name in names if name != target.name])
    for name in names:
        os.replace(folder / name, target.parent / name)
    return [target.parent / name for name in reversed(names)]


def _check_free(target: Path, beside: list[str]) -> None:
    """Check that existing files in the way belong to an earlier target of that name."""
    for name in beside:
        if os.path.lexists(target.parent / name) and not target.exists():
            raise AttnError(
                f"'{target.parent / name}' is in the way of a file that belongs to {target.name!r}",
                "choose another file",
            )
