"""Mutated files of every kind: a few here, two hundred in .ci/full; tests/fuzz/mutate.py goes on from there."""

import os

import pytest
from fuzz.mutate import faults, kinds


@pytest.fixture(autouse=True)
def without_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # nothing here has to outlast a power cut


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.full)])
def test_a_mutated_file_is_read_or_refused_in_one_line(tmp_path, kind, count):
    assert faults(kind, count, 0, tmp_path) == {}
