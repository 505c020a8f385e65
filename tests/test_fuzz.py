"""Mutated files of every kind: two hundred here, five thousand in .ci/full, more by tests/fuzz/mutate.py."""

import os

import pytest
from fuzz.mutate import faults, kinds


@pytest.fixture(autouse=True)
def without_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # nothing here has to outlast a power cut


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("count", [200, pytest.param(5000, marks=pytest.mark.full)])
def test_a_mutated_file_is_read_or_refused_in_one_line(tmp_path, kind, count):
    assert faults(kind, count, 0, tmp_path) == {}
