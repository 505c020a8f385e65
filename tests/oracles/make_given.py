"""Write the attention that transformers gives of a tiny model: `python tests/oracles/make_given.py`.

Needs transformers 5 and torch. given.npz has `weights` [n_layer, n_head, n, n] as `outputs.attentions` stacked without
their axis of texts, and `tokens` [n], the pieces of the tokenizer.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracles.checkpoints import TINY

ORACLES = Path(__file__).parent
SENTENCE = "Bark is very cute and he is a dog"


@torch.no_grad()
def main():
    tokenizer = AutoTokenizer.from_pretrained(TINY / "bert")
    model = AutoModel.from_pretrained(TINY / "bert", dtype=torch.float32, attn_implementation="eager").eval()
    given = tokenizer(SENTENCE, return_tensors="pt")
    attentions = model(**given, output_attentions=True).attentions
    tokens = tokenizer.convert_ids_to_tokens(given["input_ids"][0].tolist())
    np.savez(ORACLES / "given.npz", weights=torch.cat(attentions).numpy(), tokens=np.array(tokens))


if __name__ == "__main__":
    main()
