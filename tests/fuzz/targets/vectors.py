"""A file of word vectors of any format and packing: a set is read from it, or it is refused."""

import bz2
import gzip
import io
import lzma
import os
import shutil
import zipfile

import numpy as np
from support.vector_files import GENSIM_DATA, TEXT, binary

from attncli.vectors import open_vectors


def seeds(folder):
    """Text with and without a header, binary with words that hold a blank, fastText, all of them packed."""
    yield TEXT
    yield TEXT.partition(b"\n")[2]
    yield binary()
    yield binary((b"the", b"New York", b"dog"), tuple(np.linspace(-1, 1, 30).reshape(3, 10)), b"")
    yield (GENSIM_DATA / "crime-and-punishment.bin").read_bytes()
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        yield pack(TEXT)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("set.txt", TEXT)
    yield zipped.getvalue()


def read(folder, data):
    """Open it, and read its first words and rows."""
    os.environ["ATTN_HOME"] = str(folder / "home")
    (folder / "set").write_bytes(data)
    try:
        vectors = open_vectors(folder / "set")
        some = range(min(20, vectors.words))
        assert np.all(np.isfinite(vectors.rows(some)))
        assert all(text.encode() or not text for text in vectors.text(some))
    finally:
        shutil.rmtree(folder / "home", ignore_errors=True)
