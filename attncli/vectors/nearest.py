"""Nearest rows by cosine, exact, in one pass over a mapped matrix. Memory is bounded by the block, not by the set."""

import numpy as np

BLOCK_BYTES = 8 * 2**20  # of the matrix in float32: stays in the cache between reading and multiplying
SPARE = 16  # rows kept beyond `top` before the cosines are computed again in float64


def nearest(
    matrix: np.ndarray,  # [n, d]
    norms: np.ndarray,  # [n]
    vectors: np.ndarray,  # [m, d]
    top: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows [m, top] and cosines [m, top] (float64) of the `top` rows nearest to each vector, best first.

    Equal cosines stand in row order; a zero vector has cosine 0 with everything. `top` is cut to n.
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


def _candidates(matrix: np.ndarray, norms: np.ndarray, queries: np.ndarray, kept: int) -> np.ndarray:
    """The `kept` nearest rows [m, kept] of each query [m, d] in float32, the earlier row first among equals."""
    rows = np.zeros((len(queries), 0), dtype=np.intp)
    cosines = np.zeros((len(queries), 0), dtype=np.float32)
    step = max(1, BLOCK_BYTES // (4 * matrix.shape[1]), kept)
    for start in range(0, len(matrix), step):
        block = matrix[start : start + step].astype(np.float32, copy=False)  # [b, d]
        fresh = _cosines(block, norms[start : start + step], queries)  # [m, b]
        chosen = [_merge(r, c, f, start, kept) for r, c, f in zip(rows, cosines, fresh, strict=True)]
        rows, cosines = np.stack([r for r, _ in chosen]), np.stack([c for _, c in chosen])  # [m, kept]
    return rows


def _cosines(block: np.ndarray, norms: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """[m, b]: queries have length 1 or 0, rows have the lengths `norms` [b]."""
    dots = queries @ block.T  # [m, b]
    cosines: np.ndarray = np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0)
    return cosines


def _merge(
    rows: np.ndarray, cosines: np.ndarray, fresh: np.ndarray, start: int, kept: int
) -> tuple[np.ndarray, np.ndarray]:
    """The best `kept` of the rows so far and of a later block, which must be better to displace one of them."""
    worst = cosines[-1] if len(rows) == kept else -np.inf
    better = np.flatnonzero(fresh > worst)
    rows, cosines = np.concatenate([rows, better + start]), np.concatenate([cosines, fresh[better]])
    order = np.argsort(-cosines, kind="stable")[:kept]
    return rows[order], cosines[order]


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Rows divided by their lengths; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)  # [m, 1]
    units: np.ndarray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units
