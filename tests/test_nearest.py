"""The pass over all rows that `near` makes: in blocks, read and not mapped."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from attncli.errors import ResourceError
from attncli.vectors import Vectors, layout, write_store


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


def test_a_matrix_cut_short_after_it_was_opened_is_an_error(tmp_path):
    vectors = make(tmp_path / "store", np.ones((100, 8)))
    with open(vectors.folder / layout.MATRIX, "r+b") as file:
        file.truncate(1000)
    with pytest.raises(ResourceError, match="cut short"):
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
