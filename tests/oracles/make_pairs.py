"""Make the tiny encoder–decoders of tests/oracles/pairs, and PyTorch's numbers for them, as make_families does.

    python tests/oracles/make_pairs.py [NAME...]          (needs transformers 5, torch and tokenizers)

pairs/NAME.json is a row as in families/; `own_output`: its output layer is not the embedding, which transformers 5 does
not make of T5, but reads. `expected.npz` has of the encoder what other families have (its weights and
last hidden state for inputs of n tokens), and besides `target_n` [m], the tokens that the decoder reads, its attention
to itself `decoder_n` [n_layer, n_head, m, m] and to the source `cross_n` [n_layer, n_head, m, n], `decoded_n` [m, d].
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from checkpoints import weights_of
from make_decoders import HERE, LENGTHS, make_model, train_tokenizer
from make_logits import write as write_logits
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel, AutoModelForSeq2SeqLM, EncoderDecoderModel, PreTrainedConfig

ROWS = Path(__file__).parent / "pairs"
TARGETS = (5, 9, 2)  # tokens
OUTPUTS = {"output_attentions": True, "output_hidden_states": True, "use_cache": False}
SMALLER = 0.6  # than other families' weights: with those PyTorch's own float32 is off by 5e-6


def ids_of(n: int, vocabulary: int) -> torch.Tensor:
    """The same n random tokens at each call."""
    return torch.randint(2, vocabulary, (n,), generator=torch.Generator().manual_seed(n))


def vocabularies(config: PreTrainedConfig) -> tuple[int, int]:
    """The numbers of tokens that the encoder and the decoder know."""
    if config.model_type == "encoder-decoder":
        return config.encoder.vocab_size, config.decoder.vocab_size
    return config.vocab_size, getattr(config, "decoder_vocab_size", None) or config.vocab_size


def last_of(output: Any) -> torch.Tensor:
    """The decoder's last hidden state `[1, m, d]`, which a model of two models has in a list alone."""
    return output.last_hidden_state if "last_hidden_state" in output else output.decoder_hidden_states[-1]


def expected(folder: Path, weights: Path) -> dict[str, np.ndarray]:
    """The numbers of the model that is loaded from the disk, in float32."""
    config = AutoConfig.from_pretrained(folder)
    kind = EncoderDecoderModel if config.model_type == "encoder-decoder" else AutoModel
    model = kind.from_pretrained(weights, config=config, dtype=torch.float32, attn_implementation="eager").eval()
    found = {}
    for n, m in zip(LENGTHS, TARGETS, strict=True):
        ids, target = (ids_of(*each) for each in zip((n, m), vocabularies(config), strict=True))
        with torch.no_grad():
            output = model(ids[None], decoder_input_ids=target[None], **OUTPUTS)
        rows = np.unique(np.linspace(0, n - 1, 4).astype(np.uint8))
        found |= {f"ids_{n}": ids.numpy().astype(np.uint16), f"rows_{n}": rows}
        found |= {f"weights_{n}": torch.cat(output.encoder_attentions).numpy()[:, :, rows]}
        found |= {f"hidden_{n}": output.encoder_last_hidden_state[0].numpy()}
        found |= {f"target_{n}": target.numpy().astype(np.uint16), f"decoded_{n}": last_of(output)[0].numpy()}
        found |= {f"decoder_{n}": torch.cat(output.decoder_attentions).numpy()}
        found |= {f"cross_{n}": torch.cat(output.cross_attentions).numpy()}
    return found


def add_output(path: Path) -> None:
    """Write the file anew with an output layer of its own."""
    arrays = load_file(path)
    arrays["lm_head.weight"] = torch.flip(arrays["shared.weight"], (0,)).contiguous()
    save_file(arrays, path, {"format": "pt"})


def make(name: str) -> None:
    """Write the folder of a model anew, and those of its variants."""
    row, folder = json.loads((ROWS / f"{name}.json").read_text()), HERE / name
    for old in HERE.glob(f"{name}-*"):
        if weights_of(old.name) == name:
            shutil.rmtree(old)
    model = make_model(row["config"], row["head"], sum(map(ord, name)), AutoModelForSeq2SeqLM)
    for parameter in model.parameters():  # scores that are not divided by √d, and embeddings times √d
        parameter.data *= SMALLER if parameter.ndim > 1 else 1
    model.to(getattr(torch, row["dtype"])).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "model.safetensors").chmod(0o644)
    if row.get("own_output"):
        add_output(folder / "model.safetensors")
    train_tokenizer("llama").save(str(folder / "tokenizer.json"), pretty=False)
    np.savez_compressed(folder / "expected.npz", **expected(folder, folder))
    write_logits(folder)
    for variant, changed in row.get("variants", {}).items():
        other = HERE / f"{name}-{variant}"
        other.mkdir(parents=True, exist_ok=True)
        config = json.loads((folder / "config.json").read_text()) | changed
        kept = {key: value for key, value in config.items() if value is not None or key not in changed}
        (other / "config.json").write_text(json.dumps(kept, indent=2) + "\n")
        np.savez_compressed(other / "expected.npz", **expected(other, folder))
        write_logits(other)


if __name__ == "__main__":
    for each in sys.argv[1:] or sorted(path.stem for path in ROWS.glob("*.json")):
        make(each)
