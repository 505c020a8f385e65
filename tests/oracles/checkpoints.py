"""Copies of a tiny checkpoint that tests then damage, and safetensors files byte by byte."""

import json
import shutil
from pathlib import Path

import numpy as np

TINY = Path(__file__).parent / "tiny"
#: Two texts of one input, and the tiny folders of which transformers' tokenizer reads them.
PAIR = ("Bark is very cute, he is a dog", "the dog stops!")
PAIRED = ("bert", "distilbert", "electra", "modernbert", "nomic_bert", "roberta")
CODES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "F64": "<f8", "I64": "<i8", "I32": "<i4", "I8": "i1"}


def copy_of(family, folder):
    """A copy that may be damaged."""
    shutil.copytree(TINY / family, folder)
    return folder


def weights_of(name):
    """The tiny folder with the weights of one: itself, or NAME of a folder NAME-VARIANT that has none of its own."""
    return name if next((TINY / name).glob("*.safetensors"), None) else name.rpartition("-")[0]


def with_config(folder, **changes):
    """The folder with other settings in its config.json; None takes one out."""
    config = json.loads((folder / "config.json").read_text()) | changes
    kept = {name: value for name, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(kept))
    return folder


def safetensors(arrays, **entries):
    """The bytes of a file: arrays by name as (dtype, numbers); entries change the header."""
    header, data = {}, b""
    for name, (dtype, numbers) in arrays.items():
        numbers = np.asarray(numbers)
        part = numbers.astype(CODES[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(numbers.shape), "data_offsets": [len(data), len(data + part)]}
        data += part
    return with_header(json.dumps(header | entries), data)


def with_header(text, data=b""):
    """The bytes of a file with this header, true or not."""
    header = text.encode("utf-8", "surrogateescape")
    return len(header).to_bytes(8, "little") + header + data
