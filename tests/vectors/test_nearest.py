"""The pass over all rows that `near` makes: in blocks, read and not mapped."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from attncli.errors import ResourceError
from attncli.vectors import Vectors, write_store
from attncli.vectors.store import layout, nearest
from attncli.vectors.store.nearest import together


def make(folder, matrix, **options):
    write_store(folder, [f"w{i}" for i in range(len(matrix))], matrix, name="small", source="a test", **options)
    return Vectors(folder)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("rows", [1, 3, 10, 11])
def test_blocks_are_the_rows_in_order(tmp_path, rows, dtype):
    matrix = np.arange(20.0).reshape(10, 2)  # [n, d]
    blocks = [block.copy() for block in make(tmp_path / "store", matrix, dtype=dtype).blocks(rows)]
    assert [len(block) for block in blocks[:-1]] == [rows] * (len(blocks) - 1)
    np.testing.assert_array_equal(np.concatenate(blocks), matrix.astype(dtype))


@pytest.mark.parametrize(("start", "stop"), [(0, 4), (3, 10), (9, 10), (2, 7)])
def test_blocks_of_some_rows(tmp_path, start, stop):
    matrix = np.arange(20.0).reshape(10, 2)  # [n, d]
    blocks = [block.copy() for block in make(tmp_path / "store", matrix).blocks(3, start, stop)]
    np.testing.assert_array_equal(np.concatenate(blocks), matrix[start:stop])


@pytest.mark.parametrize("threads", [1, 2, 4, 7])
def test_threads_change_nothing(tmp_path, monkeypatch, threads):
    matrix = np.random.default_rng(0).integers(-2, 3, size=(1000, 4))  # many equals
    vectors = make(tmp_path / "store", matrix)
    alone = vectors.near(matrix[:5], top=40)
    monkeypatch.setattr(nearest, "PART_BYTES", 1)
    monkeypatch.setattr(nearest, "MOST_THREADS", threads)
    monkeypatch.setattr(nearest, "cores", lambda: threads)
    np.testing.assert_array_equal(vectors.near(matrix[:5], top=40)[1], alone[1])


def test_an_error_in_one_thread_is_the_error_of_all():
    with pytest.raises(ZeroDivisionError):
        together([lambda: 1, lambda: 1 / 0])
    assert together([lambda: 1, lambda: 2]) == [1, 2]


def test_a_matrix_cut_short_after_it_was_opened_is_an_error(tmp_path):
    vectors = make(tmp_path / "store", np.ones((100, 8)))
    with open(vectors.folder / layout.MATRIX, "r+b") as file:
        file.truncate(1000)
    with pytest.raises(ResourceError, match="was cut while it was read"):
        vectors.near(np.ones((1, 8)))


def test_near_holds_a_block_and_not_the_set(tmp_path):
    folder = make(tmp_path / "store", np.random.default_rng(0).random((60_000, 300), dtype=np.float32)).folder
    program = f"""
        import resource
        from pathlib import Path
        from attncli.vectors import Vectors
        vectors = Vectors(Path({str(folder)!r}))
        query = vectors.rows([7])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert vectors.near(query)[0][0, 0] == 7
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 20_000, f"{{grown}} kB for a matrix of 72,000 kB"
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
