"""tokenizer_config.json beside a tokenizer.json: applied, warned of, or one line."""

import json

from fuzz.targets import tokenizer
from oracles.tokenizer_folders import BASES, SETTINGS

JSON = BASES["bert"][0]().to_str().encode()


def seeds(folder):
    """Those whose effect is held against transformers, with the class."""
    for settings in SETTINGS:
        if "tokenizer_config.json" in settings:
            yield json.dumps({"tokenizer_class": "BertTokenizer"} | settings["tokenizer_config.json"]).encode()


def read(folder, data):
    """Over a tokenizer of word pieces."""
    (folder / "tokenizer_config.json").write_bytes(data)
    tokenizer.read(folder, JSON)
