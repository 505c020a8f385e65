"""Write tests/oracles/effects.npz: PyTorch's scores without each head in turn.

    python tests/oracles/make_effects.py          (needs transformers 5 and torch)

A hook in front of a block's output projection puts zeros, or the mean over the tokens, in the place of a head's slice
of its input; behind the projection the heads are summed. The models are loaded from the disk, and get the shortest text
of their expected.npz. `name.top` `[16]`: the tokens of the highest scores at the last token with all heads,
`name.logits` `[16]` those scores; `name.zero` and `name.mean` `[heads, 16]`: without each head, in the order of parts,
layers and numbers.
"""

from pathlib import Path

import numpy as np
import torch
from checkpoints import TINY
from make_logits import opened

TOP = 16
LLAMA = {"encoder": "model.layers.{}.self_attn.o_proj"}
BERT = "encoder.layer.{}.attention.output.dense"
#: The projections that mix the heads, by part.
PROJECTIONS = {
    "gpt2": {"encoder": "transformer.h.{}.attn.c_proj"},
    "llama_untied": LLAMA,
    "mistral": LLAMA,
    "gemma2": LLAMA,
    "gpt_neox": {"encoder": "gpt_neox.layers.{}.attention.dense"},
    "bert": {"encoder": f"bert.{BERT}"},
    "roberta_masked": {"encoder": f"roberta.{BERT}"},
    "t5": {
        "encoder": "encoder.block.{}.layer.0.SelfAttention.o",
        "decoder": "decoder.block.{}.layer.0.SelfAttention.o",
        "cross": "decoder.block.{}.layer.1.EncDecAttention.o",
    },
    "bart": {
        "encoder": "model.encoder.layers.{}.self_attn.out_proj",
        "decoder": "model.decoder.layers.{}.self_attn.out_proj",
        "cross": "model.decoder.layers.{}.encoder_attn.out_proj",
    },
}


def modules(model, path):
    """The projections of every layer."""
    named = dict(model.named_modules())
    return [named[path.format(layer)] for layer in range(100) if path.format(layer) in named]


def heads_of(config, part):
    """The number of heads of a layer of a part."""
    own = "encoder_attention_heads" if part == "encoder" else "decoder_attention_heads"
    return getattr(config, own, None) or config.num_attention_heads


def without(head, n_head, ablate):
    """A hook in front of a projection that takes the head of this number away."""

    def hook(_, given):
        x = given[0].clone()  # [1, n, n_head·d_v]
        heads = x.unflatten(-1, (n_head, -1))
        heads[:, :, head] = 0 if ablate == "zero" else heads[:, :, head].mean(dim=1, keepdim=True)
        return (x, *given[1:])

    return hook


@torch.no_grad()
def expected(name):
    """The arrays of one model."""
    stored = np.load(TINY / name / "expected.npz")
    key = min((key for key in stored if "ids" in key), key=lambda key: stored[key].size)
    target = key.replace("ids", "target")
    model = opened(TINY / name, target in stored)
    given = {"input_ids": key} | ({"decoder_input_ids": target} if target in stored else {})
    given = {into: torch.tensor(stored[each].astype(np.int64))[None] for into, each in given.items()}
    scores = model(**given).logits[0, -1]
    top = scores.topk(TOP).indices
    found = {"top": top.numpy(), "logits": scores[top].numpy()}
    for ablate in ("zero", "mean"):
        rows = []
        for part, path in PROJECTIONS[name].items():
            n_head = heads_of(model.config, part)
            for projection in modules(model, path):
                for head in range(n_head):
                    handle = projection.register_forward_pre_hook(without(head, n_head, ablate))
                    rows.append(model(**given).logits[0, -1][top].numpy())
                    handle.remove()
        found[ablate] = np.stack(rows)
    return {f"{name}.{each}": array for each, array in found.items()}


if __name__ == "__main__":
    arrays = {}
    for each in PROJECTIONS:
        arrays |= expected(each)
    np.savez_compressed(Path(__file__).with_name("effects.npz"), **arrays)
