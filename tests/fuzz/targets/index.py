"""The index of a checkpoint in shards."""

from oracles.checkpoints import copy_of

from attncli.models.checkpoint.tensors import Checkpoint


def seeds(folder):
    """That of a model."""
    yield (copy_of("roberta", folder / "roberta") / "model.safetensors.index.json").read_bytes()


def read(folder, data):
    """Open the shards that it names."""
    (folder / "roberta" / "model.safetensors.index.json").write_bytes(data)
    checkpoint = Checkpoint(folder / "roberta")
    assert all(path.path.parent == folder / "roberta" for path in checkpoint.files)
