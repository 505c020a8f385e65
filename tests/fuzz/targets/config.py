"""A model's config.json beside the weights of its family, from opening to the scores of tokens."""

import json
from unittest.mock import patch

from oracles.checkpoints import TINY, copy_of

from attncli.models.checkpoint import opening
from attncli.models.families import FAMILIES
from attncli.models.model import open_model

NAMES = sorted({path.name for path in TINY.iterdir()} & {*FAMILIES})
VARIANTS = ("llama-yarn", "llama-llama3", "llama-longrope", "llama-dynamic")


def seeds(folder):
    """The config of every family, and those of the rotations."""
    for name in NAMES:
        copy_of(name, folder / name)
    yield from ((TINY / name / "config.json").read_bytes() for name in (*NAMES, *VARIANTS))


def read(folder, data):
    """Open the family that the config names; the tokenizer is as good as ever, and slow to read."""
    with patch.object(opening, "ModelTokenizer", Untouched):
        model = open_model(_beside(folder, data))
    *_, last = model.run([2, 5, 3])
    model.final(last.output)
    if model.has_decoder:
        *_, last = model.run_pair([2, 5, 3], [2, 5])
    if model.has_output:
        model.logits(last.output)


def _beside(folder, data):
    """The folder of the weights that the config is for, with the config in it."""
    try:
        named = json.loads(data)["model_type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        named = None
    chosen = folder / (named if named in NAMES else "bert")
    (chosen / "config.json").write_bytes(data)
    return chosen


class Untouched:
    """A tokenizer that nobody asks anything."""

    warnings = ()

    def __init__(self, *_):
        pass
