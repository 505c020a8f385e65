"""The files beside a model and a package: its card, its special tokens, the list of a package's files."""

import sys
from unittest.mock import patch

from attncli.models.checkpoint.card import licence_of, special_tokens
from attncli.models.checkpoint.places import packaged

PLACES = ("README.md", "special_tokens_map.json", "tokenizer_config.json", "x-1.dist-info/RECORD")
RECORD = b'x/config.json,sha256=a,1\nx/model.safetensors,,\n"x/a,b.gguf",,\nx/../../y/model.safetensors,,\n'


def seeds(folder):
    """A card, special tokens, and a list of files."""
    for name in ("x-1.dist-info", "x"):
        (folder / name).mkdir(exist_ok=True)
    for name in ("config.json", "model.safetensors", "a,b.gguf"):
        (folder / "x" / name).touch()
    yield b"---\nlicense: other\nlicense_name: llama3\ntags:\n- x\n---\n# A model\n"
    yield b'{"cls_token": {"content": "[CLS]"}, "pad_token": "[PAD]", "additional_special_tokens": ["<a>"]}'
    yield RECORD


def read(folder, data):
    """Each file in turn is the one."""
    for name in PLACES:
        (folder / name).write_bytes(data)
    licence_of(folder)
    special_tokens(folder)
    with patch.object(sys, "path", [str(folder)]):
        assert all(folder in each.path.parents for each in packaged())
