"""Write minilm.npz, what PyTorch makes of all-MiniLM-L6-v2: `python tests/oracles/make_minilm.py FOLDER`.

Needs torch and transformers. Of the short sentences every weight of every layer and the whole last hidden state are
kept. The 512 tokens have 18.9 million weights, 75 MB; of them the file has one whole row a head, and for every row of
every head the sum of its weights with signs: a weight that is off by d moves that sum by d. Means over all tokens are
the sentence's embedding.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from sentences import LONGEST, SHORT
from transformers import AutoModel, AutoTokenizer

SIGNS = np.where(np.random.default_rng(5).random(512) < 0.5, -1, 1)


@torch.no_grad()
def outputs(model, ids):
    """Weights [n_layer, n_head, n, n] and the last hidden state [n, d_model]."""
    found = model(torch.tensor([ids]), output_attentions=True)
    return torch.cat(found.attentions).numpy(), found.last_hidden_state[0].numpy()


def main(folder):
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    kept = {}
    for i, text in enumerate(SHORT):
        kept[f"{i}.ids"] = np.array(tokenizer(text)["input_ids"], np.int32)
        kept[f"{i}.weights"], kept[f"{i}.hidden"] = outputs(model, kept[f"{i}.ids"].tolist())
    ids = tokenizer(LONGEST)["input_ids"]
    weights, hidden = outputs(model, ids)
    n_layer, n_head = weights.shape[:2]
    rows = np.arange(n_layer * n_head).reshape(n_layer, n_head) * 7  # another query for each head
    kept["long.ids"], kept["long.rows"] = np.array(ids, np.int32), rows
    kept["long.weights"] = np.take_along_axis(weights, rows[..., None, None], axis=2)[:, :, 0]  # [n_layer, n_head, n]
    kept["long.sums"] = (weights.astype(np.float64) @ SIGNS).astype(np.float32)  # [n_layer, n_head, n]
    kept["long.embedding"] = hidden.mean(axis=0)
    kept["signs"] = SIGNS.astype(np.int8)
    np.savez_compressed(Path(__file__).with_name("minilm.npz"), **kept)


if __name__ == "__main__":
    main(sys.argv[1])
