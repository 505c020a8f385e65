"""Small files of word vectors, and what a set holds."""

import struct
from pathlib import Path

import gensim

from attncli.vectors import open_vectors

GENSIM_DATA = Path(gensim.__file__).parent / "test" / "test_data"
TEXT = b"3 2\ncat 1 2\ndog 0.5 -1e-3\nbird 3 4\n"


def binary(words=(b"cat", b"dog", b"bird"), rows=((1, 2), (0.5, -1), (3, 4)), newline=b"\n"):
    body = b"".join(w + b" " + struct.pack(f"<{len(r)}f", *r) + newline for w, r in zip(words, rows, strict=True))
    return b"%d %d\n" % (len(words), len(rows[0])) + body


def contents(path):
    vectors = open_vectors(path)
    rows = range(vectors.words)
    return dict(zip(vectors.text(rows), vectors.rows(rows).tolist(), strict=True))
