"""GGUF files byte by byte, and the tiny checkpoints as llama.cpp's convert_hf_to_gguf.py would write them."""

import json
import struct

import numpy as np
from oracles.checkpoints import TINY, weights_of

from attncli.models.checkpoint.tensors import Checkpoint

#: Types that hold numbers: the format's number, and NumPy's; BF16 is the upper half of a float32.
PLAIN = {"F32": (0, "<f4"), "F16": (1, "<f2"), "BF16": (30, None)}
#: Quantised types: the format's number, the numbers of a block and its bytes, where its float16 scales stand.
QUANTISED = {
    "Q4_0": (2, 32, 18, (0,)),
    "Q4_1": (3, 32, 20, (0, 2)),
    "Q5_0": (6, 32, 22, (0,)),
    "Q5_1": (7, 32, 24, (0, 2)),
    "Q8_0": (8, 32, 34, (0,)),
    "Q2_K": (10, 256, 84, (80, 82)),
    "Q3_K": (11, 256, 110, (108,)),
    "Q4_K": (12, 256, 144, (0, 2)),
    "Q5_K": (13, 256, 176, (0, 2)),
    "Q6_K": (14, 256, 210, (208,)),
    "IQ4_NL": (20, 32, 18, (0,)),
    "IQ4_XS": (23, 256, 136, (0,)),
}
LLAMA = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    **{f"self_attn.{part}_proj": f"attn_{part}" for part in "qkv"},
    **{f"self_attn.{part}_norm": f"attn_{part}_norm" for part in "qk"},
    **{f"mlp.{part}_proj": f"ffn_{part}" for part in ("gate", "up", "down")},
    **{"self_attn.o_proj": "attn_output", "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up"},
    **{"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"},
}
GEMMA2 = LLAMA | {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
GPT2 = {
    **{"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "lm_head": "output"},
    **{"ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output"},
    **{"mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"},
}
KEYS = {
    "num_hidden_layers": "block_count",
    "max_position_embeddings": "context_length",
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    "sliding_window": "attention.sliding_window",
    "sliding_window_pattern": "attention.sliding_window_pattern",
    "attn_logit_softcapping": "attn_logit_softcapping",
    "final_logit_softcapping": "final_logit_softcapping",
    **{"n_layer": "block_count", "n_positions": "context_length", "n_embd": "embedding_length"},
    **{"n_inner": "feed_forward_length", "n_head": "attention.head_count"},
    "layer_norm_epsilon": "attention.layer_norm_epsilon",
}


def gguf(metadata, arrays, version=3):
    """The bytes of a file: keys with values, and arrays by name as (type, shape, bytes)."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(arrays), len(metadata))
    head += b"".join(_text(key) + _value(value) for key, value in metadata.items())
    data = b""
    for name, (kind, shape, content) in arrays.items():
        number = kind if isinstance(kind, int) else (PLAIN.get(kind) or QUANTISED[kind])[0]
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape[::-1], number, len(data))
        data += content + bytes(-len(content) % 32)
    return head + bytes(-len(head) % 32) + data


def _text(text):
    content = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(content)) + content


def _value(value):
    """A value behind its type: of an array, behind the array's."""
    if isinstance(value, list):
        kinds, parts = zip(*((each[:4], each[4:]) for each in map(_value, value)), strict=True)
        return struct.pack("<I", 9) + kinds[0] + struct.pack("<Q", len(value)) + b"".join(parts)
    number, form = {bool: (7, "<?"), int: (5 if value == -1 else 4, "<i"), float: (6, "<f")}.get(type(value), (8, ""))
    return struct.pack("<I", number) + (struct.pack(form, value) if form else _text(value))


def plain(array, dtype="F32"):
    """An array of numbers of a type."""
    number = PLAIN[dtype][1]
    array = np.asarray(array, np.float32)
    content = (array.view(np.uint32) >> 16).astype("<u2") if number is None else array.astype(number)
    return dtype, array.shape, content.tobytes()


def quantised(shape, dtype, rng):
    """Random blocks of a type, whose scales are small numbers."""
    _, numbers, size, scales = QUANTISED[dtype]
    blocks = rng.integers(0, 256, (int(np.prod(shape)) // numbers, size), np.uint8)
    for place in scales:
        blocks[:, place : place + 2] = rng.uniform(1e-4, 4e-3, (len(blocks), 1)).astype("<f2").view(np.uint8)
    return dtype, tuple(shape), blocks.tobytes()


def permuted(rows, n_head):
    """Rows of queries and keys as llama.cpp's converter orders those of Llama: each head's halves interleaved."""
    return rows.reshape(n_head, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def metadata_of(name, config):
    """The metadata of the architecture by a config.json."""
    values = {f"{name}.{KEYS[key]}": value for key, value in config.items() if key in KEYS and value is not None}
    if name in (
        "llama",
        "gemma",
        "qwen2",
        "qwen3",
    ):  # whose configs have windows or none, which the format does not know
        values.pop(f"{name}.attention.sliding_window", None)
    return {"general.architecture": name, **values, **_rotation(name, config)}


def _rotation(name, config):
    rope = config.get("rope_parameters") or {
        **(config.get("rope_scaling") or {}),
        "rope_theta": config.get("rope_theta"),
    }
    more = (
        {f"{name}.rope.freq_base_swa": float(rope["sliding_attention"]["rope_theta"])}
        if "full_attention" in rope
        else {}
    )
    rope = rope.get("full_attention", rope)
    kind = rope.get("rope_type", rope.get("type", "default"))
    if rope.get("rope_theta"):
        more[f"{name}.rope.freq_base"] = float(rope["rope_theta"])
    if kind in ("linear", "yarn"):
        more |= {f"{name}.rope.scaling.type": kind, f"{name}.rope.scaling.factor": rope["factor"]}
    if kind in ("yarn", "longrope"):
        more[f"{name}.rope.scaling.original_context_length"] = rope["original_max_position_embeddings"]
    if kind == "yarn":
        more[f"{name}.rope.scaling.yarn_beta_fast"] = rope["beta_fast"]
    if "partial_rotary_factor" in rope and name == "phi3":
        width = config["hidden_size"] // config["num_attention_heads"]
        more[f"{name}.rope.dimension_count"] = int(rope["partial_rotary_factor"] * width)
    return more


def arrays_of(folder, architecture, config, dtype="F32"):
    """The arrays of a tiny checkpoint, as the converter names, orders and changes them."""
    names = {"gpt2": GPT2, "gemma2": GEMMA2, "gemma3": GEMMA2}.get(architecture, LLAMA)
    heads = {"q": config.get("num_attention_heads"), "k": config.get("num_key_value_heads")}
    checkpoint = Checkpoint(TINY / weights_of(folder))
    found = {}
    for name in (name for file in checkpoint.files for name in file.arrays):
        array = checkpoint[name]
        stored = _name(name, names)
        part = stored.split(".")[-2]
        if architecture == "llama" and part in ("attn_q", "attn_k"):
            array = permuted(array, heads[part[-1]])
        if architecture.startswith("gemma") and name.endswith("norm.weight"):
            array = array + np.float32(1)
        if architecture == "gpt2" and ".c_" in name and name.endswith("weight"):
            array = array.T
        found[stored] = plain(array, dtype if array.ndim > 1 else "F32")
    return found | _factors(config)


def _name(name, names):
    """llama.cpp's name of an array."""
    name, _, kind = name.removeprefix("transformer.").rpartition(".")
    if name.removeprefix("model.").startswith(("layers.", "h.")):
        block, rest = name.removeprefix("model.").split(".", 2)[1:]
        return f"blk.{block}.{names[rest]}.{kind}"
    return f"{names.get(name) or names['model.' + name]}.{kind}"


def _factors(config):
    """Llama 3.1's factors of its frequencies, and Phi-3's, which the converter writes as arrays."""
    rope = config.get("rope_parameters") or {}
    if rope.get("rope_type") == "longrope":
        return {f"rope_factors_{each}.weight": plain(rope[f"{each}_factor"]) for each in ("short", "long")}
    if rope.get("rope_type") != "llama3":
        return {}
    trained, low, high = (
        rope[key] for key in ("original_max_position_embeddings", "low_freq_factor", "high_freq_factor")
    )
    frequencies = 1 / rope["rope_theta"] ** (np.arange(0, config["head_dim"], 2) / config["head_dim"])
    smooth = (trained / (2 * np.pi / frequencies) - low) / (high - low)
    blended = 1 / ((1 - smooth) / rope["factor"] + smooth)
    return {"rope_freqs.weight": plain(np.where(smooth < 0, rope["factor"], np.where(smooth > 1, 1, blended)))}


def tokens_of(folder):
    """The metadata of a tiny checkpoint's tokenizer."""
    made = json.loads((TINY / weights_of(folder) / "tokenizer.json").read_text())
    vocabulary = made["model"]["vocab"]
    special = {token["content"] for token in made["added_tokens"]}
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in made["model"]["merges"]]
    values = {
        "tokenizer.ggml.tokens": list(vocabulary),
        "tokenizer.ggml.token_type": [3 if token in special else 1 for token in vocabulary],
    }
    if "<s>" not in vocabulary:
        return values | {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.merges": merges}
    order = {pair.replace(" ", ""): -float(place) for place, pair in enumerate(merges)}
    scores = [order.get(token, -1000.0) for token in vocabulary]
    roles = {"tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.unknown_token_id": 0}
    return values | {"tokenizer.ggml.model": "llama", "tokenizer.ggml.scores": scores, **roles}


def converted(folder, architecture=None, dtype="F32", **changes):
    """The bytes of a tiny checkpoint as a GGUF file; keys of its metadata changed, None takes one out."""
    config = json.loads((TINY / folder / "config.json").read_text())
    architecture = architecture or config["model_type"].removesuffix("_text")
    metadata = {**metadata_of(architecture, config), **tokens_of(folder), **changes}
    kept = {key: value for key, value in metadata.items() if value is not None}
    return gguf(kept, arrays_of(folder, architecture, config, dtype))


#: A Llama of one block whose rows are long enough for every block of numbers.
WIDE = {
    **{"num_hidden_layers": 1, "hidden_size": 256, "intermediate_size": 256, "num_attention_heads": 4, "head_dim": 64},
    **{"num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5},
}
#: Names of made tokenizers → the tiny folder of their vocabulary, the architecture, and metadata.
TOKENIZERS = {
    "pieces": ("llama", "llama", {}),
    "pieces_with_bytes": ("llama", "llama", {"bytes": True}),
    "pieces_between": (
        "llama",
        "llama",
        {"tokenizer.ggml.add_bos_token": True, "tokenizer.ggml.add_eos_token": True, "tokenizer.ggml.eos_token_id": 2},
    ),
    "pieces_bare": ("llama", "llama", {"tokenizer.ggml.add_bos_token": False}),
    "pieces_of_gemma": ("llama", "gemma2", {"bytes": True, "spaces": True}),
    "pieces_of_phi3": ("llama", "phi3", {"bytes": True}),
    **{
        f"bytes_{pre}": ("gpt2", "llama", {"tokenizer.ggml.pre": pre})
        for pre in ("default", "gpt-2", "llama-bpe", "qwen2", "tekken", "gpt-4o", "smollm")
    },
    "bytes_between": (
        "gpt2",
        "qwen2",
        {
            "tokenizer.ggml.pre": "qwen2",
            "tokenizer.ggml.add_bos_token": True,
            "tokenizer.ggml.bos_token_id": 0,
            "whole": ["dog", "<think>"],
        },
    ),
}


def with_tokenizer(name):
    """The bytes of a file of one array with a made tokenizer."""
    folder, architecture, changes = TOKENIZERS[name]
    values = tokens_of(folder)
    more = {"bytes": [f"<0x{byte:02X}>" for byte in range(256)], "spaces": ["  ", "   "], "whole": changes.get("whole")}
    for kind, (key, texts) in {
        6: ("bytes", more["bytes"]),
        1: ("spaces", more["spaces"]),
        4: ("whole", more["whole"]),
    }.items():
        if key in changes:
            values["tokenizer.ggml.tokens"] += texts
            values["tokenizer.ggml.token_type"] += [kind] * len(texts)
            if "tokenizer.ggml.scores" in values:
                values["tokenizer.ggml.scores"] += [-2000.0] * len(texts)
    given = {key: value for key, value in changes.items() if "." in key}
    return gguf(metadata_of(architecture, WIDE) | values | given, {"token_embd.weight": plain(np.zeros((400, 8)))})
