"""Write contributions.npz: what each head, feed-forward and embedding adds to a score in PyTorch, by gradients.

    python tests/oracles/make_contributions.py          (needs transformers 5 and torch)

Of the tiny checkpoints in NAMES, loaded from the disk in float64. What attention and feed-forward take is detached,
and so is the size that every norm divides by; the gradient of a score by what a layer adds is then the direct path
alone, and their product its contribution. A head's addition is taken in front of the output
projection. `NAME.heads`, or `NAME.decoder` and `NAME.cross`: `[n_layer, n_head]`; `NAME.feed_forward`: `[n_layer]`;
`NAME.embedding`, `NAME.answer` (the id) and `NAME.logit` (before the softcap): one number.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from checkpoints import TINY, weights_of
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

#: A block, and in it the norms whose outputs are detached, or the modules whose inputs are, the output projections by
#: the part of their heads, and what gives the addition of the feed-forward.
GPT2 = ("transformer.h.{}.", ("ln_1", "ln_2"), {"heads": "attn.c_proj"}, "mlp")
LLAMA = ("model.layers.{}.", ("input_layernorm", "post_attention_layernorm"), {"heads": "self_attn.o_proj"}, "mlp")
NEOX = ("gpt_neox.layers.{}.", LLAMA[1], {"heads": "attention.dense"}, "mlp")
T5 = (
    "decoder.block.{}.layer.",
    ("0.layer_norm", "1.layer_norm", "2.layer_norm"),
    {"decoder": "0.SelfAttention.o", "cross": "1.EncDecAttention.o"},
    "2.DenseReluDense",
)
BLOOM_FED = "mlp.dense_4h_to_h"
NAMES = {
    "gpt2": GPT2,
    "llama_biased": LLAMA,
    "llama_untied": LLAMA,
    "gemma2": (LLAMA[0], ("input_layernorm", "pre_feedforward_layernorm"), *LLAMA[2:]),
    "gpt_neox": NEOX,
    "granite": LLAMA,
    "olmo2": (LLAMA[0], ("self_attn", "mlp"), *LLAMA[2:]),
    "bloom-from_norms": ("transformer.h.{}.", ("self_attention", "mlp"), {"heads": "self_attention.dense"}, BLOOM_FED),
    "t5": T5,
}


def frozen(norm, x):
    """The norm of x, the size that it divides by detached."""
    eps = getattr(norm, "variance_epsilon", None) or norm.eps
    if isinstance(norm, torch.nn.LayerNorm):
        centred = x - x.mean(-1, keepdim=True)
        return centred / (centred.pow(2).mean(-1, keepdim=True) + eps).sqrt().detach() * norm.weight + norm.bias
    gain = 1 + norm.weight if type(norm).__name__.startswith("Gemma") else norm.weight
    return x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt().detach() * gain


def opened(name):
    """The model without a softcap of its scores, its norms frozen."""
    kind = AutoModelForSeq2SeqLM if name == "t5" else AutoModelForCausalLM
    how = {"config": AutoConfig.from_pretrained(TINY / name), "attn_implementation": "eager"}
    model = kind.from_pretrained(TINY / weights_of(name), dtype=torch.float64, **how).eval()
    if hasattr(model.config, "final_logit_softcapping"):
        model.config.final_logit_softcapping = None
    for module in model.modules():
        if type(module).__name__.endswith("Norm"):
            module.forward = partial(frozen, module)
    return model


def cut(module):
    """Cut what a norm gives, or the first input of another module, from the paths of gradients."""
    if type(module).__name__.endswith("Norm"):
        module.register_forward_hook(lambda module, args, output: output.detach())
    else:
        module.register_forward_pre_hook(detached, with_kwargs=True)


def detached(module, args, kwargs):
    """A hook in front of a module."""
    named = {name: x.detach() if name == "hidden_states" else x for name, x in kwargs.items()}
    return (*(x.detach() if at == 0 else x for at, x in enumerate(args)),), named


def noted(found, key, module, args, output):
    """A hook that keeps an output, whose gradient is wanted, and what it was made from."""
    output.retain_grad()
    found[key] = args[0].detach(), output


def contributions(name):
    """The arrays of a checkpoint by their names."""
    block, norms, mixers, fed = NAMES[name]
    model, found = opened(name), {}
    stack = model.decoder if name == "t5" else model
    layers = range(stack.config.num_layers if name == "t5" else model.config.num_hidden_layers)
    for number in layers:
        for norm in norms:
            cut(model.get_submodule(block.format(number) + norm))
        for part, each in {**mixers, "feed_forward": fed}.items():
            hook = partial(noted, found, (part, number))
            model.get_submodule(block.format(number) + each).register_forward_hook(hook)
    first = model.get_submodule(block.format(0).rstrip(".").removesuffix(".layer"))
    first.register_forward_pre_hook(partial(begun, found))
    stored = np.load(TINY / name / "expected.npz")
    key = next(each for each in stored if "ids" in each)
    ids = torch.tensor(stored[key].astype(np.int64))[None]
    target = stored.get(key.replace("ids", "target"))
    more = {} if target is None else {"decoder_input_ids": torch.tensor(target.astype(np.int64))[None]}
    scores = model(ids, **more).logits[0, -1]
    answer = int(scores.argmax())
    scores[answer].backward()
    x = found.pop("embedding")
    result = {"embedding": (x * x.grad)[0, -1].sum(), "answer": torch.tensor(answer), "logit": scores[answer]}
    for part, each in mixers.items():
        rows = [of_heads(model, name, block.format(n) + each, *found[part, n]) for n in layers]
        result[part] = torch.stack(rows)
    added = [found["feed_forward", number][1] for number in layers]
    result["feed_forward"] = torch.stack([(each * each.grad)[0, -1].sum() for each in added])
    return {f"{name}.{key}": value.detach().numpy() for key, value in result.items()}


def begun(found, module, args):
    """A hook in front of the first block, whose input is the embedding."""
    x = args[0].detach().requires_grad_()
    x.retain_grad()
    found["embedding"] = x
    return (x, *args[1:])


def of_heads(model, name, mixer, context, output):
    """The contribution of each head of a layer, from the input of the output projection: `[n_head]`."""
    weight = model.get_submodule(mixer).weight.detach()
    w_o = weight if name == "gpt2" else weight.T  # [n_head·d_v, d_model]
    n_head = model.config.num_heads if name == "t5" else model.config.num_attention_heads
    each = context[0, -1].reshape(n_head, 1, -1) @ w_o.reshape(n_head, -1, w_o.shape[-1])  # [n_head, 1, d_model]
    return each[:, 0] @ output.grad[0, -1]


if __name__ == "__main__":
    arrays = {key: array for name in NAMES for key, array in contributions(name).items()}
    np.savez_compressed(Path(__file__).with_name("contributions.npz"), **arrays)
