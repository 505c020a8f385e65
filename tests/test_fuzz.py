"""A few hundred mutated files of every kind; tests/fuzz/mutate.py goes on from there."""

import pytest
from fuzz.mutate import faults, kinds


@pytest.mark.parametrize("kind", kinds())
def test_a_mutated_file_is_read_or_refused_in_one_line(tmp_path, kind):
    assert faults(kind, 300, 0, tmp_path) == {}
