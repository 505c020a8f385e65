"""Write tokenizers.json, the ids that transformers gives: `python tests/oracles/make_tokenizers.py` (transformers 5).

model_type → settings by their number → the ids of each text; the folders are those of `tokenizer_folders`, and they
are opened from the disk. Settings that give the ids of the first ones are left out, and null ids are those of folders
that transformers cannot open.
"""

import json
import tempfile
from pathlib import Path

from tokenizer_folders import BASES, SETTINGS, TEXTS, folder_of
from transformers import AutoTokenizer

REFUSED = [None]


def ids_of(model_type, settings):
    with tempfile.TemporaryDirectory() as folder:
        folder_of(model_type, settings, Path(folder))
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder)
        except (KeyError, TypeError, ValueError):  # a token or language that the vocabulary lacks
            return REFUSED
        return [tokenizer(text)["input_ids"] for text in TEXTS]


if __name__ == "__main__":
    found = {name: [ids_of(name, settings) for settings in SETTINGS] for name in BASES}
    first = {name: each[0] for name, each in found.items()}
    stored = {name: [None if ids == first[name] else ids for ids in each[1:]] for name, each in found.items()}
    text = json.dumps({"first": first, "others": stored}, separators=(",", ":"))
    (Path(__file__).parent / "tokenizers.json").write_text(text.replace("]],", "]],\n") + "\n")
