"""The ids that transformers gives odd sentences by the files of tokenizers from before tokenizer.json.

python tests/oracles/make_older.py          (needs transformers 5, sentencepiece and protobuf)
"""

import json
import sys
import tempfile
from pathlib import Path

from transformers import AutoTokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracles.older_files import FOLDERS, LANGUAGE_TEXTS, TRANSLATING, askings, write
from oracles.sentences import WRITTEN


def languages(folder, source, target):
    """The ids of short texts as sources and as targets of a tokenizer that is opened with two languages."""
    asked = {"src_lang": source, "tgt_lang": target}
    tokenizer = AutoTokenizer.from_pretrained(folder, **{name: code for name, code in asked.items() if code})
    return [[tokenizer(text).input_ids, target_ids(tokenizer, text)] for text in LANGUAGE_TEXTS]


def target_ids(tokenizer, text):
    """None: M2M-100 takes no target without its language."""
    try:
        return tokenizer(text_target=text).input_ids
    except KeyError:
        return None


found = {}
for name in FOLDERS:
    with tempfile.TemporaryDirectory() as folder:
        write(name, Path(folder))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        found[name] = [tokenizer(text).input_ids for text in WRITTEN]
        if name == "marian":
            found["marian_signs"] = tokenizer("“the” — it’s  ,dog").input_ids  # with sacremoses and without it
            found["marian_target"] = [tokenizer(text_target=text).input_ids for text in WRITTEN]
            found["marian_code"] = tokenizer(">>fr<< the dog").input_ids
        if name in TRANSLATING:
            found[f"{name}_languages"] = [languages(folder, *asked) for asked in askings(name)]
        print(name, type(tokenizer).__name__)
(Path(__file__).parent / "older_tokens.json").write_text(json.dumps(found) + "\n")
