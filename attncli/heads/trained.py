"""Which trained heads a vector set has: the blocks that lie beside the embedded set, found by name."""

import re
from functools import lru_cache
from pathlib import Path

from attncli.attention.similarity import PARAMETERS
from attncli.settings.explanation import MULTIHEAD_DEFAULT
from attncli.vectors import Vectors

FOLDER_SUFFIX = "-heads"
_NAME = re.compile(r"heads-(\d+)\.npz")
_SELF = "self.npz"  # parameters of the methods at d_model, for the vectors themselves


def trained_blocks(vectors: Vectors) -> dict[int, Path]:
    """The files of a set's trained blocks by their number of heads; empty where it has none.

    They are in a folder beside the store, `attn-en-heads` for `attn-en`.
    """
    folder = _folder(vectors)
    return {} if folder is None else _blocks(folder)


@lru_cache(maxsize=8)
def _blocks(folder: Path) -> dict[int, Path]:
    matches = (_NAME.fullmatch(path.name) for path in (folder.iterdir() if folder.is_dir() else ()))
    return {n: folder / f"heads-{n}.npz" for n in sorted(int(match[1]) for match in matches if match)}


def trained_block(vectors: Vectors, heads: int, method: str) -> Path | None:
    """The file with so many heads that were trained for a method: its own, or the one for `scaled` if that will do."""
    blocks = trained_blocks(vectors)
    if heads not in blocks:
        return None
    own = blocks[heads].with_name(f"heads-{heads}-{method}.npz")
    if own.is_file():
        return own
    return blocks[heads] if _serves(blocks[heads], method) else None


def trained_parameters(vectors: Vectors, method: str) -> Path | None:
    """The file with a method's parameters for mode `self`; None where a set has none."""
    folder = _folder(vectors)
    path = None if folder is None else folder / _SELF
    return path if path is not None and path.is_file() and _serves(path, method) else None


def _serves(path: Path, method: str) -> bool:
    """Whether the file holds what a method needs."""
    from zipfile import ZipFile  # 10 ms, which only a method with parameters should cost

    if not PARAMETERS[method]:
        return True
    with ZipFile(path) as archive:
        return {f"{name}.npy" for name in PARAMETERS[method]} <= set(archive.namelist())


def how_to_train(vectors: Vectors, heads: int, method: str = "scaled") -> str:
    """The command that trains a block with so many heads on a text of one's own."""
    wanted = "" if heads == MULTIHEAD_DEFAULT else f" --heads {heads}"
    chosen = "" if method == "scaled" else f" --method {method}"
    named = "" if vectors.name == "attn-en" else f" --vectors {vectors.name}"
    return f"attn train TEXT… -o my.npz{wanted}{chosen}{named}"


def _folder(vectors: Vectors) -> Path | None:
    folder: Path | None = getattr(vectors, "folder", None)  # a set that lives in memory only has none
    return None if folder is None else folder.parent / f"{folder.name}{FOLDER_SUFFIX}"
