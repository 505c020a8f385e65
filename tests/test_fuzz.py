"""A few hundred mutated files of every kind; tests/fuzz/mutate.py goes on from there."""

import os

import pytest
from fuzz.mutate import faults, kinds


@pytest.mark.parametrize("kind", kinds())
def test_a_mutated_file_is_read_or_refused_in_one_line(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # nothing here has to outlast a power cut
    assert faults(kind, 200, 0, tmp_path) == {}
