"""A small set of vectors for words of English, French and Chinese, those of one meaning nearly the same."""

import numpy as np

from attncli.vectors import Vectors, places, write_store

MEANINGS = [
    *(
        "the le la",
        "dog chien 狗",
        "is est 是",
        "very très 很",
        "cute mignon 可愛",
        "he il 他",
        "and et",
        "a un 一",
        "cat chat",
    ),
    *("not pas", "eats mange", "house maison", "white blanche"),
]
PARTS = ["il", "chien", "très", "mignon"], np.eye(len(MEANINGS))[:4]  # of words that the set lacks
EN, FR = "the dog is very cute", "le chien est très mignon"


def small_set(folder, **options):
    """The set, written to a folder: each meaning an axis, each word a little off it."""
    words = [word for meaning in MEANINGS for word in meaning.split()]
    rng = np.random.default_rng(5)
    axes = np.eye(len(MEANINGS))[[i for i, meaning in enumerate(MEANINGS) for _ in meaning.split()]]
    given = {"name": "small", "source": "a test"} | options
    write_store(folder, words, axes + rng.normal(0, 0.1, axes.shape), **given)
    return Vectors(folder)


def put_in_place(monkeypatch, folder, **options):
    """The same set in the place of attn-world."""
    small = small_set(folder, **{"name": places.WORLD} | options)
    usual = places.embedded
    monkeypatch.setattr(
        places, "embedded", lambda name=places.EMBEDDED: small.folder if name == places.WORLD else usual(name)
    )
    return small
