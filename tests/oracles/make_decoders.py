"""Make the tiny decoders in tests/oracles/tiny, and what PyTorch says of them.

    python tests/oracles/make_decoders.py          (needs transformers 5, torch and tokenizers)

A folder is a model as Hugging Face saves it, and `expected.npz`: for inputs of n = 3, 17 and 40 tokens `ids_n` [n],
`weights_n` [n_layer, n_head, rows, n], the attention weights of the queries `rows_n`, and `hidden_n` [n, d_model], the
last hidden state. The weights are ten times as large as in a fresh model, so that a wrong step cannot hide in a
rounding; still larger ones let two float32 programs differ by more than 2e-6.
A folder NAME-VARIANT is another config.json for the weights and the tokenizer of NAME.
"""

import json
from pathlib import Path

import numpy as np
import torch
from make_logits import write as write_logits
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, PreTrainedModel
from transformers.models.llama import modeling_llama
from transformers.models.phi3 import modeling_phi3

HERE = Path(__file__).parent / "tiny"
LENGTHS = (3, 17, 40)
ROWS = 4  # so many queries of an input, evenly spread: the last hidden state depends on all the others

TEXT = """Bark is very cute and he is a dog. The cat sees the dog, and the dog sees the cat. When it rains, they are in
the house; he reads a book and she writes a letter to her friend in the town. The river bank was steep, so the bank
lent them a boat. What is it that attention does? It looks at every word, and mixes what the words say."""

LLAMA = {
    **{"model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "vocab_size": 80},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64},
    **{"tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": None},
}
GPT2 = {
    **{"model_type": "gpt2", "n_embd": 16, "n_head": 4, "n_layer": 2, "n_inner": 24, "n_positions": 64},
    **{"vocab_size": 288, "bos_token_id": 0, "eos_token_id": 0},
}
QWEN = {**LLAMA, "bos_token_id": None, "use_sliding_window": True, "sliding_window": 6, "num_hidden_layers": 3}

#: name → config, dtype on the disk, and whether it is saved with its language model head, and so with a prefix.
MODELS = {
    "gpt2": (GPT2, torch.float16, True),
    "llama": (LLAMA, torch.float32, False),
    "llama_biased": (
        {**LLAMA, "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True, "hidden_act": "gelu"}
        | {"num_key_value_heads": 4, "head_dim": 4, "rms_norm_eps": 1e-3},
        torch.float16,
        True,
    ),
    "mistral": ({**LLAMA, "model_type": "mistral", "sliding_window": 5}, torch.bfloat16, True),
    "qwen2": (
        {**QWEN, "model_type": "qwen2", "num_attention_heads": 2, "num_key_value_heads": 1, "max_window_layers": 1},
        torch.bfloat16,
        False,
    ),
    "qwen3": (
        {**QWEN, "model_type": "qwen3", "num_hidden_layers": 2, "tie_word_embeddings": True}
        | {"layer_types": ["sliding_attention", "full_attention"]},
        torch.bfloat16,
        True,
    ),
}

#: name of a model → variant → keys of its config; None takes a key out. Some as transformers 4 wrote them.
VARIANTS = {
    "gpt2": {
        "inverse": {"scale_attn_by_inverse_layer_idx": True, "reorder_and_upcast_attn": True},
        "unscaled": {"scale_attn_weights": False, "activation_function": "relu"},
    },
    "llama": {
        "linear": {"rope_parameters": None, "rope_theta": 500.0, "rope_scaling": {"type": "linear", "factor": 4.0}},
        "dynamic": {
            **{"rope_parameters": None, "rope_theta": 10000.0, "max_position_embeddings": 16},
            **{"rope_scaling": {"type": "dynamic", "factor": 4.0}},
        },
        "llama3": {
            "rope_parameters": {
                **{"rope_type": "llama3", "rope_theta": 100.0, "factor": 8.0, "low_freq_factor": 1.0},
                **{"high_freq_factor": 4.0, "original_max_position_embeddings": 32},
            }
        },
        "yarn": {
            "rope_parameters": {
                **{"rope_type": "yarn", "rope_theta": 100.0, "factor": 4.0, "beta_fast": 4.0},
                **{"original_max_position_embeddings": 16},
            }
        },
        "yarn_mscale": {
            "rope_parameters": {
                **{"rope_type": "yarn", "rope_theta": 50.0, "factor": 2.0, "beta_fast": 3.0, "truncate": False},
                **{"original_max_position_embeddings": 32, "mscale": 0.7, "mscale_all_dim": 1.5},
            }
        },
        "partial": {"rope_parameters": {"rope_type": "linear", "factor": 1.5, "partial_rotary_factor": 0.5}},
        "longrope": {
            "rope_parameters": {
                **{"rope_type": "longrope", "rope_theta": 10000.0, "original_max_position_embeddings": 16},
                **{"short_factor": [1.0, 1.1, 1.3, 2.0], "long_factor": [1.0, 1.5, 3.0, 8.0]},
            }
        },
    },
    "qwen3": {"full": {"use_sliding_window": False, "layer_types": None}},
}


def make_model(
    config: dict[str, object], with_head: bool, seed: int, headed: type = AutoModelForCausalLM
) -> PreTrainedModel:
    """A model with large random weights, norms around 1 and biases that are not 0; headed: its class with a head."""
    torch.manual_seed(seed)
    model = (headed if with_head else AutoModel).from_config(AutoConfig.for_model(**config), dtype=torch.float32)
    for name, parameter in model.named_parameters():
        of_norm = parameter.ndim == 1 or "_norm." in name
        gain = of_norm and name.endswith("weight")  # fresh, 1 or what is added to 1
        parameter.data = torch.randn_like(parameter.data) * 0.3 + parameter.data * gain
    return model


def train_tokenizer(kind: str) -> Tokenizer:
    """Byte pairs of bytes (GPT-2's way), or of characters with ▁ for the space and <s> in front (Llama's way)."""
    if kind == "gpt2":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        special, alphabet, words = ["<|endoftext|>"], pre_tokenizers.ByteLevel.alphabet(), GPT2["vocab_size"]
    else:
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        special, alphabet, words = ["<unk>", "<s>"], [], LLAMA["vocab_size"]
    trainer = trainers.BpeTrainer(
        vocab_size=words, special_tokens=special, initial_alphabet=sorted(alphabet), show_progress=False
    )
    tokenizer.train_from_iterator(TEXT.splitlines(), trainer)
    if kind != "gpt2":
        tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


def expected(folder: Path, weights: Path) -> dict[str, np.ndarray]:
    """What the model says of the inputs, in float32. Every input has a fresh model: dynamic scaling remembers."""
    config = AutoConfig.from_pretrained(folder)
    found = {}
    for n in LENGTHS:
        model = AutoModel.from_pretrained(weights, config=config, dtype=torch.float32, attn_implementation="eager")
        ids = torch.randint(2, config.get_text_config().vocab_size, (n,), generator=torch.Generator().manual_seed(n))
        with torch.no_grad():
            output = model.eval()(ids[None], output_attentions=True, use_cache=False)
        rows = np.unique(np.linspace(0, n - 1, ROWS).astype(np.uint8))
        layers = torch.cat(output.attentions).numpy()  # [n_layer, n_head, n, n]
        found |= {f"ids_{n}": ids.numpy().astype(np.uint16), f"rows_{n}": rows}
        found |= {f"weights_{n}": layers[:, :, rows], f"hidden_{n}": output.last_hidden_state[0].numpy()}
    return found


def main() -> None:
    """Write every folder anew."""
    modeling_llama.apply_rotary_pos_emb = modeling_phi3.apply_rotary_pos_emb  # the same, and knows partial rotation
    for seed, (name, (config, dtype, with_head)) in enumerate(MODELS.items()):
        folder = HERE / name
        make_model(config, with_head, seed).to(dtype).save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        (folder / "model.safetensors").chmod(0o644)
        train_tokenizer(name).save(str(folder / "tokenizer.json"), pretty=False)
        np.savez_compressed(folder / "expected.npz", **expected(folder, folder))
        write_logits(folder)
        for variant, changed in VARIANTS.get(name, {}).items():
            write_variant(folder, HERE / f"{name}-{variant}", changed)
            write_logits(HERE / f"{name}-{variant}")


def write_variant(model: Path, folder: Path, changed: dict[str, object]) -> None:
    """Another config for the weights of a model, and what PyTorch says of both."""
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((model / "config.json").read_text()) | changed
    kept = {key: value for key, value in config.items() if value is not None or key not in changed}
    (folder / "config.json").write_text(json.dumps(kept, indent=2) + "\n")
    np.savez_compressed(folder / "expected.npz", **expected(folder, model))


if __name__ == "__main__":
    main()
