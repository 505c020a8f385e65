"""Nearest rows by cosine, exact, in one pass over all rows. Memory is bounded by the block, not by the set."""

import os
from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from threading import Thread
from typing import TypeVar

import numpy as np

from attncli.vectors.store.matrix import StoredMatrix

BLOCK_BYTES = 7 * 2**18  # of the matrix in float32, a query: OpenBLAS splits no product of so little among threads
MOST_QUERIES = 8  # that make the block larger: 14 MB
PART_BYTES = 64 * 2**20  # of the matrix in float32: so much is worth a thread of its own
MOST_THREADS = 4  # more would wait for the memory
SPARE = 16  # rows kept beyond `top` before the cosines are computed again in float64

Best = tuple[np.ndarray, np.ndarray]  # rows [kept] and their cosines, best first
Result = TypeVar("Result")


def nearest(
    matrix: StoredMatrix,  # [n, d]
    norms: np.ndarray | None,  # [n]
    vectors: np.ndarray,  # [m, d]
    top: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows [m, top] and cosines [m, top] (float64) of the `top` rows nearest to each vector, best first.

    Equal cosines are in row order; a zero vector has cosine 0 with everything. `top` is cut to n. norms: the
    lengths of the rows, None: they are measured.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or vectors.shape[1] != matrix.shape[1]:
        raise ValueError(f"vectors has shape {list(vectors.shape)}; needed is [m, {matrix.shape[1]}]")
    if not np.isfinite(vectors).all():
        raise ValueError("vectors holds a NaN or an infinity, which is near to nothing; needed are finite numbers")
    top = min(top, len(matrix))
    kept = min(top + SPARE, len(matrix))
    if not len(vectors):
        return np.zeros((0, top), dtype=np.intp), np.zeros((0, top))
    queries = _unit(vectors)  # [m, d]
    rows = _candidates(matrix, norms, queries.astype(np.float32), kept)  # [m, kept]
    cosines = np.stack([_unit(matrix[r].astype(np.float64)) @ q for r, q in zip(rows, queries, strict=True)])
    order = np.stack([np.lexsort((r, -c.round(12)))[:top] for r, c in zip(rows, cosines, strict=True)])  # [m, top]
    return np.take_along_axis(rows, order, 1), np.take_along_axis(cosines, order, 1)


def _candidates(matrix: StoredMatrix, norms: np.ndarray | None, queries: np.ndarray, kept: int) -> np.ndarray:
    """The `kept` nearest rows [m, kept] of each query [m, d] in float32, the earlier row first among equals."""
    n, d = matrix.shape
    parts = max(1, min(4 * n * d // PART_BYTES, cores(), MOST_THREADS))
    edges = [n * part // parts for part in range(parts + 1)]
    found = together(partial(_best, matrix, norms, queries, kept, *part) for part in pairwise(edges))
    joined = (map(np.concatenate, zip(*each, strict=True)) for each in zip(*found, strict=True))
    return np.stack([_first(rows, cosines, kept)[0] for rows, cosines in joined])


def _best(
    matrix: StoredMatrix, norms: np.ndarray | None, queries: np.ndarray, kept: int, start: int, stop: int
) -> list[Best]:
    """For each query [m, d] the `kept` nearest of the rows from `start` to `stop`."""
    m, d = queries.shape
    best: list[Best] = [(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float32))] * m
    for stored in matrix.blocks(max(1, BLOCK_BYTES * min(m, MOST_QUERIES) // (4 * d), kept), start, stop):
        block = stored.astype(np.float32, copy=False)  # [b, d]
        lengths = _lengths(block) if norms is None else norms[start : start + len(block)]  # [b]
        fresh = _cosines(block, lengths, queries)  # [m, b]
        best = [_merge(*before, cosines, start, kept) for before, cosines in zip(best, fresh, strict=True)]
        start += len(block)
    return best


def _lengths(block: np.ndarray) -> np.ndarray:
    lengths: np.ndarray = np.sqrt(np.einsum("ij,ij->i", block, block))  # [b]
    return lengths


@np.errstate(over="ignore", invalid="ignore")  # in damaged rows, which the caller will notice
def _cosines(block: np.ndarray, norms: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """[m, b]: queries have length 1 or 0, rows have the lengths `norms` [b]."""
    dots = queries @ block.T  # [m, b]
    if not np.isfinite(dots).all():
        raise FloatingPointError("a row has numbers that are not finite, or longer than its length")
    cosines: np.ndarray = np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0)
    return cosines


def _merge(rows: np.ndarray, cosines: np.ndarray, fresh: np.ndarray, start: int, kept: int) -> Best:
    """The best `kept` of the rows so far and of a later block, which must be better to displace one of them."""
    worst = cosines[-1] if len(rows) == kept else -np.inf
    better = np.flatnonzero(fresh > worst)
    if not len(better):
        return rows, cosines
    return _first(np.concatenate([rows, better + start]), np.concatenate([cosines, fresh[better]]), kept)


def _first(rows: np.ndarray, cosines: np.ndarray, kept: int) -> Best:
    """The best `kept` of some rows, of equals the first."""
    order = np.argsort(-cosines, kind="stable")[:kept]
    return rows[order], cosines[order]


@np.errstate(over="ignore", invalid="ignore")
def _unit(vectors: np.ndarray) -> np.ndarray:
    """Rows divided by their lengths; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)  # [m, 1]
    units: np.ndarray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def together(works: Iterable[Callable[[], Result]]) -> list[Result]:
    """The results of all works, in order; the first that fails fails here.

    An interrupt is not kept waiting: the threads are daemons (those of `concurrent.futures` are waited for at exit,
    and importing it takes as long as a whole look-up).
    """
    works = list(works)
    results: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}

    def run(place: int) -> None:
        try:
            results[place] = works[place]()
        except BaseException as error:
            errors[place] = error

    threads = [Thread(target=run, args=(place,), daemon=True) for place in range(1, len(works))]
    for thread in threads:
        thread.start()
    run(0)
    for thread in threads:
        thread.join()
    for place in sorted(errors):
        raise errors[place]
    return [results[place] for place in range(len(works))]
