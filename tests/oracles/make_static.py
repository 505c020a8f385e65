"""Write static.json, the vectors that model2vec gives words: `python tests/oracles/make_static.py` (model2vec 0.10).

tokenizer → form of the vectors → a vector a word; the folders are those of `static_folders`, opened from the disk. null
where no token of the word has a vector, for which model2vec gives zeros.
"""

import json
import tempfile
from pathlib import Path

from model2vec import StaticModel
from static_folders import FORMS, TOKENIZERS, WORDS, static_folder


def vectors_of(name, form):
    with tempfile.TemporaryDirectory() as folder:
        quantize_to = "float32" if form == "F16" else None  # it would round the mean to half precision as well
        model = StaticModel.from_pretrained(static_folder(name, form, Path(folder)), quantize_to=quantize_to)
        found = model.encode(list(WORDS)).astype(float)
        ids = model.tokenize(list(WORDS))
        return [[round(x, 8) for x in row.tolist()] if its else None for row, its in zip(found, ids, strict=True)]


if __name__ == "__main__":
    found = {name: {form: vectors_of(name, form) for form in FORMS} for name in TOKENIZERS}
    text = json.dumps(found, separators=(",", ":"))
    (Path(__file__).parent / "static.json").write_text(
        text.replace("]],", "]],\n").replace("null],", "null],\n") + "\n"
    )
