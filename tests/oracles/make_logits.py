"""Write `logits.npz` and `labels.npz` beside `expected.npz` in tests/oracles/tiny, PyTorch's scores of all tokens and
of labels.

    python tests/oracles/make_logits.py [NAME...]          (needs transformers 5 and torch)

`logits_n`, or `i.logits` of a text with the number i: `[vocabulary]` float32, those of the last token of the same ids
as in expected.npz; of an encoder–decoder of the last token that its decoder reads. The model is loaded from the disk,
with the config of the folder, by the class that has an output layer. A folder without one gets no such file. The other
scripts write it too. `labels_n`: `[labels]`, those of models that classify texts.
"""

import sys

import numpy as np
import torch
from checkpoints import TINY, weights_of
from falcon_alibi import as_it_runs
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
)
from transformers.models.llama import modeling_llama
from transformers.models.phi3 import modeling_phi3

ZERO = "final_logits_bias"  # is left out where it is 0


def opened(folder, pairs, labels=False):
    """The model with its output layer or the one for labels, None where an array of that layer is missing."""
    config, weights = AutoConfig.from_pretrained(folder), TINY / weights_of(folder.name)
    masked = type(config) in AutoModelForMaskedLM._model_mapping  # BERT among them, which may be a decoder too
    kind = AutoModelForSeq2SeqLM if pairs else AutoModelForMaskedLM if masked else AutoModelForCausalLM
    kind = AutoModelForSequenceClassification if labels else kind
    way = "sdpa" if config.model_type == "falcon" else "eager"  # which adds Falcon's ALiBi twice (falcon_alibi.py)
    model, report = kind.from_pretrained(
        weights, config=config, dtype=torch.float32, attn_implementation=way, output_loading_info=True
    )
    return None if {*report["missing_keys"]} - {ZERO} else model.eval()


@torch.no_grad()
def expected_labels(folder):
    """The scores of the labels of every text of a model that classifies."""
    stored = np.load(folder / "expected.npz")
    if not (AutoConfig.from_pretrained(folder).architectures or [""])[0].endswith("ForSequenceClassification"):
        return {}
    model = opened(folder, pairs=False, labels=True)
    texts = {name: torch.tensor(stored[name].astype(np.int64))[None] for name in stored if "ids" in name}
    return {name.replace("ids", "labels"): model(ids).logits[0].numpy() for name, ids in texts.items()}


@torch.no_grad()
def expected(folder):
    """The scores of the last token of every text; a fresh model for each, since dynamic scaling remembers."""
    stored, found = np.load(folder / "expected.npz"), {}
    for name in (name for name in stored if "ids" in name):
        target = name.replace("ids", "target")
        model = opened(folder, target in stored)
        if model is None:
            return {}
        ids = torch.tensor(stored[name].astype(np.int64))[None]
        more = {"decoder_input_ids": torch.tensor(stored[target].astype(np.int64))[None]} if target in stored else {}
        found[name.replace("ids", "logits")] = model(ids, **more).logits[0, -1].numpy()
    return found


def write(folder):
    """The files of one folder."""
    with as_it_runs():
        found = {"logits": expected(folder), "labels": expected_labels(folder)}
    for name, scores in found.items():
        (folder / f"{name}.npz").unlink(missing_ok=True)
        if scores:
            np.savez_compressed(folder / f"{name}.npz", **scores)


if __name__ == "__main__":
    modeling_llama.apply_rotary_pos_emb = modeling_phi3.apply_rotary_pos_emb  # the same, and knows partial rotation
    for each in sys.argv[1:] or sorted(path.parent.name for path in TINY.glob("*/expected.npz")):
        write(TINY / each)
