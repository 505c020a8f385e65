"""Copies of a tiny checkpoint that tests then damage, and safetensors files byte by byte."""

import json
import shutil
from pathlib import Path

import numpy as np

TINY = Path(__file__).parent / "tiny"
#: Two texts of one input, and the tiny folders of which transformers' tokenizer reads them.
PAIR = ("Bark is very cute, he is a dog", "the dog stops!")
PAIRED = ("bert", "distilbert", "electra", "modernbert", "nomic_bert", "roberta")
#: PyTorch's numbers of tiny models with heads taken away and tokens cut apart (make_changes.py).
CHANGES = Path(__file__).parent / "changes.npz"
CODES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "F64": "<f8", "I64": "<i8", "I32": "<i4", "I8": "i1"}


def copy_of(family, folder):
    """A copy that may be damaged."""
    shutil.copytree(TINY / family, folder)
    return folder


def weights_of(name):
    """The tiny folder with the weights of one: itself, or NAME of a folder NAME-VARIANT that has none of its own."""
    return name if next((TINY / name).glob("*.safetensors"), None) else name.rpartition("-")[0]


def changed_text(stored):
    """The ids of the text in `expected.npz` that changes are tried on, and of its target or None."""
    return stored["ids_17" if "ids_17" in stored else "0.ids"], stored.get("target_17")


def changed_heads(part, n_layer, n_head):
    """The heads that are taken away together: (part, layer, head)."""
    return [(part, 0, n_head - 1), (part, n_layer - 1, 0)]


def cuts_of(n_query, n_key):
    """The pairs of a query and a key that are cut apart together; near, so that a window shows them."""
    return (n_query - 1, n_key - 2), (n_query - 3, n_key - 4)


def with_config(folder, **changes):
    """The folder with other settings in its config.json; None takes one out."""
    config = json.loads((folder / "config.json").read_text()) | changes
    kept = {name: value for name, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(kept))
    return folder


def deeper_bert(folder, n_layer=24, n_head=16):
    """The tiny BERT with as many layers and heads as a large one: its two layers in turn, their queries ever longer."""
    arrays = {}
    for name, (dtype, numbers) in read_safetensors(copy_of("bert", folder) / "model.safetensors").items():
        before, layer, after = name.partition(".layer.")
        for place in range(int(after[0]), n_layer, 2) if layer else [0]:
            longer = 8 + place if ".query." in name else 1
            arrays[f"{before}{layer}{place}{after[1:]}" if layer else name] = (dtype, longer * numbers)
    (folder / "model.safetensors").write_bytes(safetensors(arrays))
    return with_config(folder, num_hidden_layers=n_layer, num_attention_heads=n_head)


def read_safetensors(path):
    """The arrays of a file of BF16 as F32, by name: (dtype, numbers)."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    entries = {name: each for name, each in json.loads(data[8:start]).items() if name != "__metadata__"}
    codes = {name: np.frombuffer(data[start:][slice(*each["data_offsets"])], "<u2") for name, each in entries.items()}
    floats = {name: (each.astype("<u4") << 16).view("<f4") for name, each in codes.items()}
    return {name: ("F32", each.reshape(entries[name]["shape"])) for name, each in floats.items()}


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
