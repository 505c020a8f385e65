"""A GGUF file: its header, its metadata as a config and as a tokenizer, and a run of the model that it is."""

import json
from itertools import product

import numpy as np
from oracles.checkpoints import TINY
from oracles.gguf_files import (
    TOKENIZERS,
    WIDE,
    converted,
    gguf,
    metadata_of,
    plain,
    quantised,
    tokens_of,
    with_tokenizer,
)

from attncli.files.gguf_file import GgufFile
from attncli.models.model import open_model

VALUES = (0, 2**31 - 1, 1.5, float("nan"), True, "", "x", [0], ["x"], [1.5, float("inf")])


def seeds(folder):
    """Models of every architecture, tokenizers of every kind, and files with one value replaced by another."""
    for name in ("llama", "llama-llama3", "llama-yarn", "qwen3", "gemma2", "gemma3_text", "phi3", "gpt2"):
        yield converted(name)
    for name in TOKENIZERS:
        yield with_tokenizer(name)
    yield _of_blocks()
    for name in ("llama", "gemma3_text"):
        for key, value in product(_keys(name), VALUES):
            yield converted(name, **{key: value})


def _keys(name):
    """The keys of the metadata of a tiny model."""
    config = json.loads((TINY / name / "config.json").read_text())
    values = metadata_of(name.removesuffix("_text"), config) | tokens_of(name)
    return [key for key in values if key != "tokenizer.ggml.tokens"]


def _of_blocks():
    """A file of quantised arrays, with metadata of a model that it is not."""
    rng = np.random.default_rng(0)
    arrays = {"blk.0.attn_q.weight": quantised((2, 256), "Q4_K", rng), "x": plain(np.ones(3))}
    return gguf(metadata_of("llama", WIDE) | tokens_of("llama"), arrays)


def read(folder, data):
    """Read every array, and run the model on a text; arrays that make no model must not keep it from being read."""
    path = folder / "m.gguf"
    path.write_bytes(data)
    file = GgufFile(path)
    for name, stored in file.arrays.items():
        assert file.widened(name).shape == stored.shape
    model = open_model(path)
    sentence = model.read("the dogs, stop! 注意 é 🐕 <s>")
    for layer in model.run(sentence.ids[:8]):
        assert np.isfinite(layer.output).all()
    if model.has_output:
        assert np.isfinite(model.logits(layer.output)).all()
