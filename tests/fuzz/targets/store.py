"""A file of a store: its index, its matrix or its lengths. The words and rows are read, or the store is refused."""

from operator import eq

import numpy as np

from attncli.vectors import Vectors, write_store

WORDS = ["the", "king", "café", "注意", "", "a b", "🐕"]
SETS = {"set": "float32", "bytes": "int8"}  # the numbers of each


def seeds(folder):
    """The index of each small store, and its matrices."""
    for name, dtype in SETS.items():
        matrix = np.random.default_rng(3).normal(size=(7, 4))
        write_store(folder / name, WORDS, matrix, name=name, source="a test", dtype=dtype)
        for path in sorted(path for path in (folder / name).iterdir() if path.is_file()):
            KEPT[folder, f"{name}/{path.name}"] = path.read_bytes()
            yield KEPT[folder, f"{name}/{path.name}"]


KEPT = {}


def read(folder, data):
    """Put it in the place of the file that it comes from, and read everything."""
    kept = {name: content for (owner, name), content in KEPT.items() if owner == folder}
    changed = max(kept, key=lambda name: sum(map(eq, kept[name], data)))
    for name, content in kept.items():
        (folder / name).write_bytes(data if name == changed else content)
    vectors = Vectors(folder / changed.partition("/")[0])
    found = vectors.find([*WORDS, "absent"])
    assert set(found.values()) <= set(range(vectors.words))
    assert np.all(np.isfinite(vectors.rows(list(found.values()))))
    vectors.text(list(found.values()))
    vectors.near(vectors.rows([0]), 3)
