"""Folders of static vectors over tiny tokenizers, in every form that model2vec saves them in, and words to compose."""

import json

import numpy as np

try:
    from oracles.checkpoints import safetensors
    from oracles.tokenizer_folders import BASES
except ImportError:  # the script beside this
    from checkpoints import safetensors
    from tokenizer_folders import BASES

WORDS = ("dogs", "Doghe", "the-dog", "café", "東京dog", "zzz", "dogzz", "helm")
TOKENIZERS = ("bert", "gpt2", "llama", "qwen2", "xlm-roberta")
FORMS = ("F32", "F16", "F64", "I8", "weights", "mapping")
DIMENSIONS = 4


def static_folder(name, form, folder):
    """The folder of the tokenizer `name` with vectors in a form; the mapping has weights as well."""
    tokenizer = BASES[name][0]()
    tokens = max(tokenizer.get_vocab().values()) + 1
    numbers = np.random.default_rng(7)
    rows = numbers.normal(size=(tokens, DIMENSIONS)).round(3)  # [tokens, d]
    dtype = form if form.isupper() else "F32"
    arrays = {"embeddings": (dtype, rows * (30 if dtype == "I8" else 1))}
    if form in ("weights", "mapping"):
        arrays["weights"] = ("F64" if form == "weights" else "F32", numbers.uniform(0.1, 2, tokens).round(3))
    if form == "mapping":
        arrays |= {"embeddings": ("F32", rows[:9]), "mapping": ("I64", numbers.integers(0, 9, tokens))}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(safetensors(arrays))
    (folder / "tokenizer.json").write_text(tokenizer.to_str())
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": False}))
    return folder
