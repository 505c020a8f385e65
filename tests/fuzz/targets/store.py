"""A file of a store: its index or its matrix. The words and rows are read, or the store is refused."""

import numpy as np

from attncli.vectors import Vectors, write_store

WORDS = ["the", "king", "café", "注意", "", "a b", "🐕"]


def seeds(folder):
    """The index of a small store, and its matrices."""
    write_store(folder / "set", WORDS, np.random.default_rng(3).normal(size=(7, 4)), name="set", source="a test")
    for path in sorted(path for path in (folder / "set").iterdir() if path.is_file()):
        KEPT[folder, path.name] = path.read_bytes()
        yield KEPT[folder, path.name]


KEPT = {}


def read(folder, data):
    """Put it in the place of the file that it comes from, and read everything."""
    names = [name for kept, name in KEPT if kept == folder]
    changed = next((name for name in names if KEPT[folder, name][:6] == data[:6]), names[0])
    for name in names:
        (folder / "set" / name).write_bytes(data if name == changed else KEPT[folder, name])
    vectors = Vectors(folder / "set")
    found = vectors.find([*WORDS, "absent"])
    assert set(found.values()) <= set(range(vectors.words))
    assert np.all(np.isfinite(vectors.rows(list(found.values()))))
    vectors.text(list(found.values()))
    vectors.near(vectors.rows([0]), 3)
