"""A safetensors file: its header, and every array that the header promises."""

import numpy as np
from oracles.checkpoints import TINY, safetensors

from attncli.errors import ResourceError
from attncli.models.checkpoint.tensors import Checkpoint


def seeds(folder):
    """A file of every dtype, one with nothing in it, and the one of a model."""
    numbers = np.arange(6).reshape(2, 3)
    yield safetensors({"a": ("F32", numbers), "b": ("F16", numbers), "c": ("BF16", numbers), "d": ("I64", [1, 2])})
    yield safetensors({})
    yield (TINY / "mistral" / "model.safetensors").read_bytes()


def read(folder, data):
    """Open it and read every array, whole and by rows; one that cannot be read must not keep the others from it."""
    (folder / "model.safetensors").write_bytes(data)
    checkpoint = Checkpoint(folder)
    assert checkpoint.parameters >= 0
    assert checkpoint.layers >= 0
    refused = None
    for name in checkpoint.others(()):
        try:
            assert checkpoint[name].shape == checkpoint.shape(name)
            checkpoint.rows(name, np.array([0, 1, 0]))
        except ResourceError as error:
            refused = error
    if refused:
        raise refused
