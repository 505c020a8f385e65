"""Anything at all as a file of word vectors: it is refused in one line, or becomes a store that answers rightly.

    pip install atheris; python tests/fuzz/fuzz_import.py [-max_total_time=600] [CORPUS]

A new corpus folder is filled with a small file of every format. A failure is written out as `crash-…`.
"""

import bz2
import gzip
import io
import lzma
import os
import pickle
import resource
import shutil
import struct
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris
import numpy as np
from gensim.models import FastText, KeyedVectors
from gensim.models.fasttext import save_facebook_model

with atheris.instrument_imports(include=["attncli.vectors"]):
    from attncli.errors import ResourceError
    from attncli.vectors import Vectors
    from attncli.vectors.formats import unpickling
    from attncli.vectors.formats.readers import import_file
    from attncli.vectors.formats.recognise import recognise

LARGEST = 2**16  # bytes of a file
MEMORY = 3 * 2**30
SCRATCH = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))


def seeds():
    """One small file of every format."""
    text = b"3 2\ncat 1 2\n. . . 0.5 -1e-3\n\xff\xc3\xa9 3 4\n"
    yield from (text, text[4:], b"\xef\xbb\xbf" + text, text.replace(b"\n", b"\r\n"))
    yield b"2 2\n" + b"".join(word + b" " + struct.pack("<2f", 1, 2) + b"\n" for word in (b"cat", b"dog"))
    yield from (gzip.compress(text), bz2.compress(text), lzma.compress(text))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("set.txt", text)
    yield archive.getvalue()
    vectors = KeyedVectors(2)
    vectors.add_vectors(["cat", "dog"], np.eye(2, dtype=np.float32))
    yield from (pickle.dumps(vectors, protocol) for protocol in (0, 2, 4, 5))
    model = FastText([["cat", "dog"]], vector_size=2, min_count=1, bucket=3, epochs=1)
    save_facebook_model(model, str(SCRATCH / "model"))
    yield (SCRATCH / "model").read_bytes()


def test_one_input(data):
    """Import the bytes, in the way that the command line does, but without waiting for the disk."""
    path, folder = SCRATCH / "set", SCRATCH / "store"
    shutil.rmtree(folder, ignore_errors=True)
    path.write_bytes(data)
    refusal = refusal_of(path, folder, data)
    assert refusal is None or str(path) in refusal
    assert not (refusal and folder.exists())
    if folder.exists():
        consistent(Vectors(folder))
    assert not [name for name in os.listdir(SCRATCH) if name.endswith(".tmp")]


def refusal_of(path, folder, data):
    """What the import says against the file; None if there is nothing against it."""
    try:
        found = recognise(str(path))
        if found.kind == "pickle":
            unpickle(data)
        else:
            import_file(found, folder, name="set")
    except ResourceError as error:
        return error.message
    return None


def unpickle(data):
    """What the process for pickles does; in this one, since starting it takes too long."""
    try:
        unpickling.read(io.BytesIO(data), len(data))
    except Exception:  # which that process reports as a broken pickle
        return


def consistent(vectors):
    """Every word is found where it stands, and every number is one."""
    words = vectors.text(range(vectors.words))
    assert vectors.find(words) == {word: row for row, word in enumerate(words)}
    assert np.isfinite(vectors.rows(range(vectors.words))).all()
    assert not vectors.composes or vectors.compose("unheard") is not None


def main():
    """Fill the corpus if it is empty, and go on until told to stop."""
    corpus = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    for folder in corpus[:1]:
        folder.mkdir(exist_ok=True)
        for number, content in enumerate(seeds()):
            (folder / f"seed{number}").write_bytes(content)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.fsync = lambda _: None
    atheris.Setup([*sys.argv, f"-max_len={LARGEST}", "-timeout=10"], test_one_input)
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)


if __name__ == "__main__":
    main()
