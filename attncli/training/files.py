"""Trained blocks in projections files: with their vector set, their method, and their input length."""

import os
from pathlib import Path

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity import method_of
from attncli.errors import AttnError, ResourceError, UsageError
from attncli.files.npz import write_npz
from attncli.files.replacing import replacing
from attncli.heads.file import arrays_of, made_for, read_heads
from attncli.heads.projections import how_to_train, trained_block, trained_blocks
from attncli.settings.explanation import METHODS
from attncli.training.block import REACH
from attncli.training.objective import Block
from attncli.training.scoring import Predictor
from attncli.vectors import Vectors


def write_block(
    path: str | Path, trained: Predictor, vectors: Vectors, profile: Array | None = None, dtype: type = np.float32
) -> None:
    """Write a block as a projections file, complete or not at all; the same block gives the same bytes."""
    arrays: dict[str, Array] = {name: array.astype(dtype) for name, array in trained.block.items()}
    if trained.length is not None:
        arrays["input_scale"] = np.asarray(trained.length)
    if profile is not None:
        arrays["profile"] = profile.astype(np.float32)
    with replacing(path) as file:
        write_npz(file, arrays | made_for(vectors.name, vectors.info.checksum, trained.method))


def check_writable(path: str | Path, option: str = "-o FILE.npz") -> None:
    """Find out before training, and not after it, that a file cannot be written; AttnError if so."""
    folder = Path(path).absolute().parent
    reason = "it is a directory" if Path(path).is_dir() else "" if folder.is_dir() else "its folder does not exist"
    if reason or not os.access(folder, os.W_OK):
        message = f"cannot write {str(path)!r}: {reason or 'its folder is read-only'}"
        raise AttnError(message, f"choose another file: {option}")


def read_block(path: str | Path, vectors: Vectors, method: str | None = None) -> Predictor:
    """A block that training can resume, or that can be evaluated, in float32; `method` in place of the file's own.

    Parameters that an untrained file lacks are filled in with neutral ones.

    Raises:
        ResourceError: an unreadable file, one for another vector set, one without w_o, or numbers beyond float32.
        UsageError: a method whose parameters the file lacks.
    """
    heads = read_heads(path, vectors.dimensions, checksum=vectors.info.checksum)
    if heads.w_o is None:
        raise ResourceError(f"{str(path)!r} lacks w_o, without which words cannot be scored", "add it to the file")
    n, _, d_k = heads.w_q.shape
    neutral = {
        "temperature": np.ones(n),
        "position_bias": np.zeros((n, 2 * REACH + 1)),
        "key_offset_bias": np.zeros((n, 2 * REACH + 1, d_k)),
    }
    arrays = neutral | arrays_of(heads)
    length = arrays.pop("input_scale", None)
    arrays.pop("profile", None)
    with np.errstate(over="ignore"):
        block = {name: array.astype(np.float32) for name, array in arrays.items()}
    for name, array in block.items():
        if not np.isfinite(array).all():
            raise ResourceError(f"{str(path)!r}: {name} holds numbers beyond float32", "train heads anew")
    method = check_parameters(block, method or heads.method or _method_by_parameters(block))
    return Predictor(block, method, None if length is None else float(length))


def check_parameters(block: Block, method: str) -> str:
    """A method whose parameters the block has; UsageError for another one."""
    if missing := [name for name in method_of(method).parameters if name not in block]:
        raise UsageError(f"the block lacks {missing[0]}", "choose another method", setting="method", value=method)
    return method


def _method_by_parameters(block: Block) -> str:
    """The method of a file that does not name it: the one whose parameters it has, else `scaled`."""
    needed = {method: method_of(method).parameters for method in METHODS}
    names = [method for method, parameters in needed.items() if parameters and {*parameters} <= {*block}]
    return names[0] if len(names) == 1 else "scaled"


def content_heads_of(block: Block) -> int:
    """The number of heads, from the first on, that see no positions."""
    biases = (block["position_bias"], block["key_offset_bias"])
    seeing = np.flatnonzero(sum(np.abs(bias).reshape(len(bias), -1).sum(axis=1) for bias in biases))
    return int(seeing[0]) if len(seeing) else len(block["w_q"])


def bundled_block(vectors: Vectors, heads: int, method: str = "scaled") -> Predictor:
    """The block with so many heads that were trained for a method and come with the vectors; UsageError if none is."""
    path = trained_block(vectors, heads, method)
    if path is None:
        known = ", ".join(map(str, trained_blocks(vectors)))
        there = f"only with {known} heads" if known else "not at all"
        hint = f"train one: {how_to_train(vectors, heads, method)}"
        raise UsageError(f"{vectors.name} has no trained block with {heads} heads for {method}, {there}", hint)
    return read_block(path, vectors, method)
