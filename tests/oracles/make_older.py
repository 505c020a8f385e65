"""The ids that transformers gives odd sentences by the files of tokenizers from before tokenizer.json.

python tests/oracles/make_older.py          (needs transformers 5, sentencepiece and protobuf)
"""

import json
import sys
import tempfile
from pathlib import Path

from transformers import AutoTokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracles.older_files import FOLDERS, write
from oracles.sentences import WRITTEN

found = {}
for name in FOLDERS:
    with tempfile.TemporaryDirectory() as folder:
        write(name, Path(folder))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        found[name] = [tokenizer(text).input_ids for text in WRITTEN]
        if name == "marian":
            found["marian_target"] = [tokenizer(text_target=text).input_ids for text in WRITTEN]
            found["marian_code"] = tokenizer(">>fr<< the dog").input_ids
        print(name, type(tokenizer).__name__)
(Path(__file__).parent / "older_tokens.json").write_text(json.dumps(found) + "\n")
