"""Vectors as a direction in numbers of one byte and a length: a row is numbers · length / ‖numbers‖."""

import numpy as np

LARGEST = 127  # of the numbers of a row, whose largest number it stands for


def directions(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers [m, d] int8 and the lengths [m] float32 of rows [m, d]; a length is not finite where a number is not.

    A row that is shorter than the least float32 is one of zeros.
    """
    rows = np.asarray(rows, np.float64)  # [m, d]
    lengths = lengths_of(rows).astype("<f4")  # [m]
    with np.errstate(divide="ignore", over="ignore"):  # of rows of zeros
        scale = LARGEST / np.abs(rows).max(axis=1, initial=0, where=np.isfinite(rows))  # [m]
    kept = np.isfinite(lengths) & (lengths > 0)  # [m]
    numbers = np.zeros(rows.shape, np.int8)  # [m, d]
    numbers[kept] = np.rint(rows[kept] * scale[kept, None])
    return numbers, lengths


def restored(numbers: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The rows [m, d] float64 of numbers [m, d] and lengths [m]; not finite where the two contradict each other."""
    rows = numbers.astype(np.float64)  # [m, d]
    scale = np.zeros(len(rows))  # [m]
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(lengths, lengths_of(rows), out=scale, where=lengths > 0)
        rows *= scale[:, None]
    return rows


def lengths_of(rows: np.ndarray) -> np.ndarray:
    """The Euclidean lengths [m] float64 of rows [m, d]."""
    lengths: np.ndarray = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    return lengths
