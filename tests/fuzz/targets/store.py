"""A file of a store: its index, its matrix or its lengths. The words and rows are read, or the store is refused."""

from operator import eq

import numpy as np

from attncli.vectors import Vectors, write_store

WORDS = ["the", "king", "café", "注意", "", "a b", "🐕"]
MATRIX = np.random.default_rng(3).normal(size=(7, 4))  # [n, d]
SETS = {"set": {"dtype": "float32"}, "bytes": {"dtype": "int8", "parts": (["▁", "k", "ings", "ing"], MATRIX[3:])}}


def seeds(folder):
    """The index of each small store, and its matrices."""
    for name, options in SETS.items():
        write_store(folder / name, WORDS, MATRIX, name=name, source="a test", **options)
        for path in sorted(path for path in (folder / name).rglob("*") if path.is_file()):
            KEPT[folder, str(path.relative_to(folder))] = path.read_bytes()
            yield path.read_bytes()


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
    assert all(np.all(np.isfinite(made)) for made in vectors.composed(["kings", "🐕", ""]).values())
    vectors.near(vectors.rows([0]), 3)
