"""The files of a pipeline behind a model, from modules.json to the arrays of a dense layer."""

import json
from pathlib import Path

import numpy as np
from oracles.similarity_folders import whole

from attncli.errors import ResourceError
from attncli.models.checkpoint.pooling_files import read_pooling

PLACES = (
    *("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json", "tokenizer_config.json"),
    *("1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors"),
)
OUTPUT = np.linspace(-2, 3, 48, dtype=np.float32).reshape(3, 16)


class Shape:
    """Sizes as the folder has them."""

    d_model = 16


class Encoder:
    """A model that nobody runs."""

    shape = Shape


def seeds(folder):
    """Each file of a pipeline with a dense layer, and of others in older forms."""
    where = whole("residual", folder)
    for name in ("older", "prompts", "unpooled", "short"):
        there = whole(name, folder)
        yield from ((there / place).read_bytes() for place in PLACES if (there / place).exists())
    yield from ((where / place).read_bytes() for place in PLACES)
    yield json.dumps({"truncate_dim": 3, "do_lower_case": True, "max_seq_length": 9, "prompts": {"a": None}}).encode()


def read(folder, data):
    """Each file in turn is the one, and the others are as they were."""
    faults = [fault for place in PLACES if (fault := _fault(folder / "residual", place, data))]
    if len(faults) == len(PLACES):
        raise faults[0]


def _fault(folder: Path, place: str, data: bytes) -> ResourceError | None:
    path = folder / place
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        pooling = read_pooling(folder, Encoder)
        pooling.pooled(OUTPUT)
        if pooling.summed:
            pooling.shares(OUTPUT)
    except ResourceError as error:
        return error
    finally:
        path.write_bytes(before)
    return None
