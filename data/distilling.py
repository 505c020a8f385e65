"""The steps that both bundled sets of word vectors are distilled with: directions, axes, and files of known bytes."""

import os
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np

BLAS_THREADS = "OPENBLAS_NUM_THREADS"


def restart_with_one_blas_thread() -> None:
    """Run this program anew with one thread for each matrix product: the order of its sums depends on their number.

    NumPy's BLAS reads the variable when it is loaded, so this process is too late.
    """
    if os.environ.get(BLAS_THREADS) != "1":
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {BLAS_THREADS: "1"})


def checksums(folder: Path) -> Iterator[str]:
    """The SHA-256, name and size of every file in a folder and those below."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield f"{sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder)}  {file.stat().st_size} bytes"


def centred(vectors: np.ndarray) -> np.ndarray:
    """The rows of `vectors` [n, d] with their mean taken away."""
    return np.asarray(vectors - vectors.mean(axis=0))


def unit(vectors: np.ndarray) -> np.ndarray:
    """The rows of `vectors` [n, d] made 1 long; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)  # [n, 1]
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))


def principal_axes(cloud: np.ndarray, dimensions: int, evened: float = 0) -> np.ndarray:
    """The axes [d, dimensions] along which the rows of `cloud` [n, d] vary most about 0, the first the most.

    Of the two directions of an axis, the one in which its largest number is positive. evened: each axis is divided by
    the variance along it to this power, so that the first ones count less; 0.5 makes them all alike.
    """
    variances, axes = np.linalg.eigh(cloud.T @ cloud)  # [d] and [d, d], the axis of the smallest variance first
    axes, variances = axes[:, ::-1][:, :dimensions], variances[::-1][:dimensions]  # [d, dimensions], [dimensions]
    axes = axes / (variances / variances[0]) ** evened if evened else axes
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(dimensions)]  # [dimensions]
    return np.asarray(axes * np.sign(largest))
