"""Make the tiny models of tests/oracles/families, and PyTorch's numbers for them, as make_decoders does.

    python tests/oracles/make_families.py [NAME...]          (needs transformers 5, torch and tokenizers)

families/NAME.json has the `config` of a model, the `dtype` on the disk, whether it is saved with its language model
`head` and so with a prefix, or with one for `labels`, whose tokenizer it has (`gpt2`, `llama`; of an encoder
`wordpiece`, `byte_level`, `sentencepiece`), and `variants`: name → keys of another config for the same weights, null
takes one out. `stacked`: experts are saved as transformers 5 holds them, one array for all. The model is saved, and
loaded from the disk before anything is computed.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from checkpoints import weights_of
from falcon_alibi import add_once, check_hidden
from make_decoders import HERE, expected, make_model, train_tokenizer, write_variant
from make_logits import write as write_logits
from make_tiny import byte_level, sentencepiece, wordpiece
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSequenceClassification

ROWS = Path(__file__).parent / "families"
ENCODERS = {"wordpiece": wordpiece, "byte_level": byte_level, "sentencepiece": sentencepiece}


def make(name: str) -> None:
    """Write the folder of a family anew, and those of its variants."""
    row, folder = json.loads((ROWS / f"{name}.json").read_text()), HERE / name
    for old in HERE.glob(f"{name}-*"):
        if weights_of(old.name) == name:
            shutil.rmtree(old)
    seed = sum(map(ord, name))
    encoder = ENCODERS.get(row["tokenizer"])
    headed = AutoModelForMaskedLM if encoder else AutoModelForCausalLM
    headed = AutoModelForSequenceClassification if row["head"] == "labels" else headed
    model = make_model(row["config"], row["head"], seed, headed)
    model = model.to(getattr(torch, row["dtype"]))
    model.save_pretrained(folder, save_original_format=not row.get("stacked", False))
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "model.safetensors").chmod(0o644)
    tokenizer = encoder() if encoder else train_tokenizer(row["tokenizer"])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    np.savez_compressed(folder / "expected.npz", **expected(folder, folder))
    for variant, changed in row.get("variants", {}).items():
        write_variant(folder, HERE / f"{name}-{variant}", changed)
    if row["config"]["model_type"] == "falcon":
        for each in (folder, *HERE.glob(f"{name}-*")):
            check_hidden(each, folder)
    for each in (folder, *(HERE / f"{name}-{variant}" for variant in row.get("variants", ()))):
        write_logits(each)


if __name__ == "__main__":
    add_once()
    for each in sys.argv[1:] or sorted(path.stem for path in ROWS.glob("*.json")):
        make(each)
