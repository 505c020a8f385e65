"""The identity of a model, by its configuration and its weights: the same for each copy, whatever its name."""

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from attncli.models.checkpoint.places import GGUF, MARKS

END = 2**16  # bytes of a file of weights that are looked at on either side: any training changes them
WEIGHTS = (".safetensors", GGUF)


def identity_of(model: Path) -> str:
    """A digest of a model's folder or file: of its configuration, and of the sizes and both ends of its weights.

    Raises:
        OSError: one of them cannot be read.
    """
    digest = blake2b(digest_size=16)
    for path in _files(model):
        size = path.stat().st_size
        digest.update(b"%d " % size)
        with path.open("rb") as file:
            digest.update(file.read(END))
            if size > END:
                file.seek(-END, os.SEEK_END)
                digest.update(file.read(END))
    return digest.hexdigest()


def _files(model: Path) -> Iterator[Path]:
    if model.is_file():
        yield model
        return
    for path in sorted(model.iterdir()):
        if path.is_file() and (path.name in MARKS or path.suffix in WEIGHTS):
            yield path
