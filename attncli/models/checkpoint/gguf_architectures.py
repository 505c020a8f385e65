"""The architectures of llama.cpp that are read: their names of arrays and of sizes, and a family's for the same.

From llama.cpp's `gguf-py/gguf/constants.py` and `convert_hf_to_gguf.py`, which says how it changes arrays.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SIZES = {
    "num_hidden_layers": "block_count",
    "max_position_embeddings": "context_length",
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
}
_OUTER = {"token_embd": "embed_tokens", "output_norm": "norm", "output": "lm_head"}
_INNER = {
    **{"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"},
    **{f"attn_{each}": f"self_attn.{each}_proj" for each in "qkv"},
    **{f"attn_{each}_norm": f"self_attn.{each}_norm" for each in "qk"},
    **{f"ffn_{each}": f"mlp.{each}_proj" for each in ("gate", "up", "down")},
    **{"attn_output": "self_attn.o_proj", "attn_qkv": "self_attn.qkv_proj"},
}


@dataclass(frozen=True)
class Architecture:
    """An architecture.

    model_type: its family's; outer, inner: its names of arrays, beside the blocks and in one → the family's; blocks:
    the family's list of blocks; sizes: keys of config.json → of its metadata, without the architecture in front; eps:
    both keys of the ε of its norms; turned: whether the rows of queries and keys are in the order of neighbours;
    transposed: linear layers that the family stores as `[d_in, d_out]`; one_more: whether its norms hold 1 + w.
    options: keys of config.json → of its metadata, where the family has a default; widest: how many layers the one
    model has that divides scores by √(d_model/n_head), where every other one divides by √256; partial: whether only a
    part of each head's dimensions may turn.
    """

    model_type: str
    outer: Mapping[str, str] = field(default_factory=_OUTER.copy)
    inner: Mapping[str, str] = field(default_factory=_INNER.copy)
    blocks: str = "layers"
    sizes: Mapping[str, str] = field(default_factory=_SIZES.copy)
    eps: tuple[str, str] = ("rms_norm_eps", "attention.layer_norm_rms_epsilon")
    turned: bool = False
    transposed: frozenset[str] = frozenset()
    one_more: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    widest: int | None = None
    partial: bool = False

    def name(self, stored: str) -> str:
        """The family's name of an array; the file's own where it is not known."""
        if not (match := re.fullmatch(r"(?:blk\.(\d{1,6})\.)?(\w+)\.(weight|bias)", stored, re.ASCII)):
            return stored
        block, layer, kind = match.groups()
        known = (self.outer if block is None else self.inner).get(layer)
        if known is None:
            return stored
        return f"{known}.{kind}" if block is None else f"{self.blocks}.{block}.{known}.{kind}"


_GEMMA2 = {
    **{"post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm"},
    "post_ffw_norm": "post_feedforward_layernorm",
}
_CAPPED = {
    **{"attn_logit_softcapping": "attn_logit_softcapping", "final_logit_softcapping": "final_logit_softcapping"},
    "sliding_window": "attention.sliding_window",
}
_GPT2_LINEAR = {"attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj", "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"}
#: general.architecture → how it is read.
ARCHITECTURES: Mapping[str, Architecture] = {
    "llama": Architecture("llama", turned=True),
    "qwen2": Architecture("qwen2"),
    "qwen3": Architecture("qwen3"),
    "gemma": Architecture("gemma", one_more=True),
    "gemma2": Architecture("gemma2", inner=_INNER | _GEMMA2, one_more=True, options=_CAPPED, widest=46),
    "gemma3": Architecture("gemma3_text", inner=_INNER | _GEMMA2, one_more=True, options=_CAPPED, widest=62),
    "phi3": Architecture(
        "phi3",
        inner=_INNER | {"ffn_up": "mlp.gate_up_proj"},
        options={"sliding_window": "attention.sliding_window"},
        partial=True,
    ),
    "gpt2": Architecture(
        "gpt2",
        outer={"token_embd": "wte", "position_embd": "wpe", "output_norm": "ln_f", "output": "lm_head"},
        inner={"attn_norm": "ln_1", "ffn_norm": "ln_2", **_GPT2_LINEAR},
        blocks="h",
        sizes={
            **{"n_layer": "block_count", "n_positions": "context_length", "n_embd": "embedding_length"},
            **{"n_inner": "feed_forward_length", "n_head": "attention.head_count"},
        },
        eps=("layer_norm_epsilon", "attention.layer_norm_epsilon"),
        transposed=frozenset(_GPT2_LINEAR.values()),
    ),
}
