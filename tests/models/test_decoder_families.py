"""Families of decoders: the defaults of a short config, and the values that are refused by name."""

import json

import pytest
from oracles.checkpoints import TINY, copy_of, with_config

from attncli.errors import ResourceError
from attncli.models.blocks.activations import gelu_tanh
from attncli.models.blocks.windows import Windows
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.config_keys import unknown_keys
from attncli.models.families import read_family
from attncli.models.families.gemma3 import Gemma3
from attncli.models.model import open_model


def read(tiny, without=(), **changes):
    """The family with the numbers of a tiny checkpoint's config, some keys changed and some left out."""
    config = json.loads((TINY / tiny / "config.json").read_text()) | changes
    return read_family(Config({key: value for key, value in config.items() if key not in without}))


#: A tiny checkpoint, keys that are left out, and the sizes that are the defaults of transformers.
DEFAULTS = {
    "mixtral": (
        "max_position_embeddings num_key_value_heads rms_norm_eps sliding_window num_local_experts "
        "num_experts_per_tok rope_parameters head_dim",
        {"num_attention_heads": 8},
        {
            "positions": 131_072,
            "n_kv_head": 8,
            "eps": 1e-5,
            "routing": (8, 2, 24, True),
            "windows": Windows(),
            "d_k": 2,
        },
    ),
    "qwen2_moe": (
        "max_position_embeddings num_key_value_heads num_experts num_experts_per_tok moe_intermediate_size "
        "norm_topk_prob decoder_sparse_step qkv_bias shared_expert_intermediate_size use_sliding_window layer_types",
        {"num_attention_heads": 16, "hidden_size": 64},
        {"n_kv_head": 16, "routing": (60, 4, 1408, False), "shared": 5632, "biased": frozenset("qkv"), "windowed": 28},
    ),
    "olmoe": (
        "max_position_embeddings num_key_value_heads num_experts num_experts_per_tok norm_topk_prob clip_qkv",
        {},
        {"positions": 4096, "n_kv_head": 4, "routing": (64, 8, 8, False), "clip": None, "eps": 1e-5, "tied": False},
    ),
    "qwen3_moe": (
        "max_position_embeddings num_key_value_heads num_local_experts num_experts_per_tok moe_intermediate_size "
        "norm_topk_prob decoder_sparse_step mlp_only_layers head_dim use_sliding_window sliding_window",
        {},
        {
            "positions": 32_768,
            "n_kv_head": 4,
            "d_k": 4,
            "routing": (128, 8, 768, False),
            "step": 1,
            "dense_blocks": frozenset(),
        },
    ),
    "starcoder2": (
        "max_position_embeddings num_key_value_heads norm_epsilon sliding_window use_bias hidden_act",
        {},
        {"positions": 4096, "n_kv_head": 2, "eps": 1e-5, "windows": Windows(), "activation": gelu_tanh, "tied": True},
    ),
    "smollm3": (
        "max_position_embeddings num_key_value_heads no_rope_layers no_rope_layer_interval layer_types attention_bias",
        {},
        {"positions": 32_768, "n_kv_head": 4, "interval": 4, "rotated": None, "windows": Windows(), "tied": True},
    ),
    "granite": (
        "max_position_embeddings num_key_value_heads rms_norm_eps residual_multiplier mlp_bias",
        {},
        {"positions": 2048, "n_kv_head": 4, "eps": 1e-6, "added": 1.0, "biased": frozenset(), "tied": False},
    ),
    "olmo": (
        "max_position_embeddings num_key_value_heads clip_qkv rope_parameters attention_bias",
        {},
        {"positions": 2048, "n_kv_head": 4, "eps": 1e-5, "clip": None, "biased": frozenset(), "tied": False},
    ),
    "olmo2": (
        "max_position_embeddings num_key_value_heads rms_norm_eps rope_parameters head_dim",
        {},
        {"positions": 2048, "n_kv_head": 4, "d_k": 4, "eps": 1e-5, "tied": False},
    ),
    "phi3": (
        "max_position_embeddings original_max_position_embeddings num_key_value_heads rms_norm_eps sliding_window "
        "rope_parameters partial_rotary_factor",
        {},
        {"positions": 4096, "n_kv_head": 2, "eps": 1e-5, "windows": Windows(), "width": 8, "tied": False},
    ),
    "gemma": (
        "max_position_embeddings num_key_value_heads head_dim rms_norm_eps hidden_act rope_parameters",
        {"num_attention_heads": 16},
        {"positions": 8192, "n_kv_head": 16, "d_k": 256, "eps": 1e-6, "activation": gelu_tanh, "tied": True},
    ),
    "gemma2": (
        "max_position_embeddings num_key_value_heads head_dim sliding_window layer_types query_pre_attn_scalar",
        {},
        {"positions": 8192, "n_kv_head": 4, "d_k": 256, "windows": Windows(4096, every=2), "tied": True},
    ),
    "gemma3_text": (
        "max_position_embeddings num_key_value_heads sliding_window layer_types sliding_window_pattern",
        {},
        {"positions": 131_072, "n_kv_head": 4, "windows": Windows(4096, every=6), "head_norms": True},
    ),
    "gptj": (
        "n_positions n_inner rotary_dim layer_norm_epsilon",
        {"n_embd": 256},
        {"positions": 2048, "d_ff": 1024, "width": 64, "eps": 1e-5, "tied": False},
    ),
    "bloom": (
        "layer_norm_epsilon apply_residual_connection_post_layernorm slow_but_exact pretraining_tp",
        {},
        {"positions": 2048, "from_norms": False, "biased": True, "eps": 1e-5, "tied": True},
    ),
    "cohere": (
        """max_position_embeddings num_key_value_heads layer_norm_eps hidden_act rope_parameters attention_bias
        use_qk_norm""",
        {},
        {"positions": 8192, "n_kv_head": 4, "base": 500_000.0, "biased": False, "head_norms": False, "tied": True},
    ),
    "falcon": (
        """max_position_embeddings ffn_hidden_size layer_norm_epsilon multi_query parallel_attn bias alibi num_kv_heads
        new_decoder_architecture num_ln_in_parallel_attn""",
        {},
        {"positions": 2048, "d_ff": 64, "n_kv_head": 1, "parallel": True, "norms": 1, "biased": False, "tied": True},
    ),
    "falcon_grouped": ("num_kv_heads", {}, {"n_kv_head": 4, "norms": 2, "width": 4, "tied": True}),
    "gpt_neo": (
        "max_position_embeddings intermediate_size window_size layer_norm_epsilon attention_types attention_layers",
        {"num_layers": 24},
        {"positions": 2048, "d_ff": 64, "window": 256, "patterns": (((False, True), 12),), "eps": 1e-5, "tied": True},
    ),
    "opt": (
        "max_position_embeddings do_layer_norm_before enable_bias layer_norm_elementwise_affine word_embed_proj_dim",
        {},
        {"positions": 2048, "before": True, "biased": True, "gained": True, "tied": True},
    ),
    "phi": (
        "max_position_embeddings num_key_value_heads layer_norm_eps hidden_act rope_parameters qk_layernorm",
        {},
        {"positions": 2048, "n_kv_head": 2, "width": 4, "base": 10_000.0, "head_norms": False, "tied": False},
    ),
    "stablelm": (
        """max_position_embeddings num_key_value_heads layer_norm_eps hidden_act rope_parameters qk_layernorm
        use_qkv_bias use_parallel_residual""",
        {"hidden_size": 512, "num_attention_heads": 32},
        {"positions": 4096, "n_kv_head": 32, "width": 4, "biased": False, "head_norms": False, "parallel": False},
    ),
}


TYPES, GROUPED = {"attention_layers": None}, {"new_decoder_architecture": True}


@pytest.mark.parametrize("tiny", DEFAULTS)
def test_a_key_that_is_left_out_has_the_default_of_transformers(tiny):
    without, changes, expected = DEFAULTS[tiny]
    family = read(tiny, {*without.split(), "tie_word_embeddings"}, **changes)
    found = {
        **{key: getattr(family, key) for key in expected if hasattr(family, key)},
        **{key: getattr(family.shape, key) for key in expected if hasattr(family.shape, key)},
        **{key: getattr(family.rotary, key) for key in ("width", "base") if key in expected},
    }
    assert found == expected


#: Keys that published checkpoints have, that transformers does not read and that change nothing.
LEFT_BEHIND = {
    "bloom": {"offset_alibi": 100, "masked_softmax_fusion": True, "skip_bias_add_qkv": False, "n_inner": None},
    "falcon": {"apply_residual_connection_post_layernorm": False, "ff_factor": 4},
    "falcon_rw": {"rope_theta": 500.0, "rope_scaling": None},
    "gptj": {"rotary": True, "scale_attn_weights": True},
    "opt": {"learned_embeddings": True, "scale_embeddings": False},
    "stablelm": {"hidden_dropout": 0.1},
}


@pytest.mark.parametrize("tiny", LEFT_BEHIND)
def test_what_checkpoints_have_besides_needs_no_warning(tmp_path, tiny):
    folder = with_config(copy_of(tiny, tmp_path / "model"), **LEFT_BEHIND[tiny])
    assert open_model(folder).warnings == ()


@pytest.mark.parametrize(
    ("tiny", "changes", "said"),
    [
        ("mixtral", {"num_experts_per_tok": 9}, "num_experts_per_tok in config.json: expected up to 4 experts, got 9"),
        ("mixtral", {"num_local_experts": 0}, "num_local_experts in config.json: expected a positive integer, got 0"),
        ("qwen3_moe", {"mlp_only_layers": 1}, "mlp_only_layers in config.json: expected a list of blocks, got 1"),
        ("qwen3_moe", {"decoder_sparse_step": 0}, "decoder_sparse_step in config.json: expected a positive integer"),
        ("qwen3_moe", {"norm_topk_prob": "no"}, "norm_topk_prob in config.json: expected true or false, got 'no'"),
        ("starcoder2", {"use_bias": "yes"}, "use_bias in config.json: expected true or false, got 'yes'"),
        ("starcoder2", {"norm_epsilon": None}, "norm_epsilon in config.json: expected a number between 0 and 1"),
        (
            "smollm3",
            {"no_rope_layers": [1, 0]},
            "no_rope_layers in config.json: expected a list of 3 numbers, each 0 or 1",
        ),
        ("smollm3", {"no_rope_layers": [1, 0, 2]}, "no_rope_layers in config.json: expected a list of 3 numbers"),
        ("smollm3", {"no_rope_layers": None, "no_rope_layer_interval": 0}, "no_rope_layer_interval in config.json"),
        ("smollm3", {"layer_types": ["full_attention", "chunked_attention", "x"]}, "got 'chunked_attention'"),
        ("granite", {"attention_multiplier": 0}, "attention_multiplier in config.json: expected a number from 1e-12"),
        ("granite", {"residual_multiplier": None}, "residual_multiplier in config.json: expected a number from 1e-12"),
        ("olmo", {"clip_qkv": 0}, "clip_qkv in config.json: expected a number from 1e-12 to 1e12, got 0"),
        ("olmo", {"clip_qkv": "8"}, "clip_qkv in config.json: expected a number from 1e-12 to 1e12, got '8'"),
        ("olmo2", {"rms_norm_eps": 0}, "rms_norm_eps in config.json: expected a number between 0 and 1, got 0"),
        (
            "phi3",
            {"rope_parameters": {"rope_type": "linear", "factor": 2.0}},
            "expected longrope or default, got 'linear'",
        ),
        (
            "phi3",
            {"partial_rotary_factor": 0.4, "rope_parameters": None},
            "expected an even number of dimensions, got 3",
        ),
        ("phi3", {"original_max_position_embeddings": -1}, "expected a positive number, got -1"),
        ("phi3", {"num_key_value_heads": 3}, "expected a multiple of num_key_value_heads 3, got 2"),
        ("gemma", {"use_bidirectional_attention": True}, "use_bidirectional_attention in config.json: expected false"),
        ("gemma", {"head_dim": 0}, "head_dim in config.json: expected a positive integer, got 0"),
        ("gemma2", {"use_bidirectional_attention": True}, "use_bidirectional_attention in config.json: expected false"),
        ("gemma2", {"query_pre_attn_scalar": -2}, "expected a number from 1e-12 to 1e12, got -2"),
        ("gemma2", {"attn_logit_softcapping": "2"}, "attn_logit_softcapping in config.json: expected a number"),
        ("gemma2", {"sliding_window": None, "layer_types": None}, "expected a width in sliding_window"),
        ("gemma3_text", {"sliding_window_pattern": 0}, "sliding_window_pattern in config.json: expected a positive"),
        ("gemma3_text", {"rope_parameters": {"rope_type": "linear", "factor": 2.0}}, "expected an object for each of"),
        (
            "gemma3_text",
            {"rope_parameters": {"full_attention": 1}},
            "full_attention in config.json: expected an object",
        ),
        ("gemma3_text", {"rope_parameters": {"full_attention": {"rope_type": "linear"}}}, "factor of the rotation"),
        ("gemma3_text", {"rope_local_base_freq": -1, "rope_parameters": None}, "expected a positive number, got -1"),
        ("gemma3", {"text_config": None}, "text_config in config.json: expected the config of the text half, got None"),
        ("gemma3", {"text_config": 3}, "text_config in config.json: expected an object, got 3"),
        ("gptj", {"rotary_dim": 3}, "rotary_dim in config.json: expected an even number of the 8 dimensions"),
        ("gptj", {"rotary_dim": 10}, "rotary_dim in config.json: expected an even number of the 8 dimensions"),
        ("gptj", {"rotary_dim": None}, "rotary_dim in config.json: expected a positive integer, got None"),
        ("gptj", {"n_head": 3}, "n_embd in config.json: expected a multiple of n_head 3, got 16"),
        ("gptj", {"activation_function": "mish"}, "got 'mish'"),
        ("bloom", {"n_embed": 12}, "config.json has hidden_size 18 and n_embed 12: expected one value"),
        (
            "bloom",
            {"slow_but_exact": True, "pretraining_tp": "2"},
            "pretraining_tp in config.json: expected a positive",
        ),
        ("cohere", {"num_key_value_heads": 3}, "expected a multiple of num_key_value_heads 3, got 4"),
        ("cohere", {"head_dim": 5}, "expected an even number of dimensions, got 5 of 5"),
        ("cohere", {"use_qk_norm": 2}, "use_qk_norm in config.json: expected true or false, got 2"),
        ("falcon", {"parallel_attn": False, **GROUPED}, "expected true with new_decoder_architecture, got False"),
        ("falcon", {"num_ln_in_parallel_attn": 2}, "expected 1, or 2 with new_decoder_architecture, got 2"),
        ("falcon", {"num_ln_in_parallel_attn": 3, **GROUPED}, "expected 1, or 2 with new_decoder_architecture, got 3"),
        ("falcon", {"multi_query": False, "num_kv_heads": 2}, "num_attention_heads 4 without multi_query, got 2"),
        ("falcon_grouped", {"num_kv_heads": 3}, "expected a divisor of num_attention_heads 4, got 3"),
        ("falcon", {"alibi": "yes"}, "alibi in config.json: expected true or false, got 'yes'"),
        ("gpt_neo", {"attention_layers": ["global"]}, "attention_layers in config.json: expected names among global"),
        ("gpt_neo", {"attention_layers": "local"}, "got 'local'"),
        ("gpt_neo", {**TYPES, "attention_types": [[["global"], 2]]}, "local for 3 layers, got [[['global'], 2]]"),
        ("gpt_neo", {**TYPES, "attention_types": [[["global"], "3"]]}, "got [[['global'], '3']]"),
        ("gpt_neo", {**TYPES, "attention_types": [[["global"], -3]]}, "with a positive number of times"),
        ("gpt_neo", {**TYPES, "attention_types": [[["nearby"], 3]]}, "got [[['nearby'], 3]]"),
        ("gpt_neo", {**TYPES, "attention_types": [["global", 3]]}, "got [['global', 3]]"),
        ("gpt_neo", {"window_size": 0}, "window_size in config.json: expected a positive integer, got 0"),
        ("phi", {"rope_parameters": {"partial_rotary_factor": 0.4}}, "even number of dimensions, got 3 of 8"),
        ("phi", {"num_attention_heads": 3}, "hidden_size in config.json: expected a multiple of num_attention_heads 3"),
        ("stablelm", {"num_key_value_heads": 4}, "expected a multiple of num_key_value_heads 4, got 2"),
        ("stablelm", {"use_qkv_bias": "no"}, "use_qkv_bias in config.json: expected true or false, got 'no'"),
        ("opt", {"do_layer_norm_before": "yes"}, "do_layer_norm_before in config.json: expected true or false"),
        ("opt", {"word_embed_proj_dim": 0}, "word_embed_proj_dim in config.json: expected a positive integer, got 0"),
    ],
)
def test_a_value_that_is_not_supported_is_quoted(tiny, changes, said):
    with pytest.raises(ResourceError) as raised:
        read(tiny, **changes)
    assert said in raised.value.message


def test_the_text_half_of_a_model_of_pictures_is_read_key_by_key():
    text = json.loads((TINY / "gemma3" / "config.json").read_text())["text_config"]
    with pytest.raises(ResourceError, match="use_bidirectional_attention in config"):
        read("gemma3", text_config=text | {"use_bidirectional_attention": True})
    with pytest.raises(ResourceError, match="num_experts: expected a model without a mixture of experts"):
        read("gemma3", text_config=text | {"num_experts": 4})
    config = Config(json.loads((TINY / "gemma3" / "config.json").read_text()) | {"text_config": text | {"own": 1}})
    family = read_family(config)
    assert unknown_keys(config, family.shape.d_model, family.shape.causal) == ["text_config.own"]


def test_the_text_half_has_the_sizes_of_its_class_where_it_leaves_them_out():
    family = read("gemma3", text_config={"hidden_size": 2560, "sliding_window": 1024})
    sizes = family.shape
    assert (sizes.n_layer, sizes.n_head, sizes.n_kv_head, sizes.d_model, sizes.d_k) == (26, 8, 4, 2560, 256)
    assert (family.d_ff, family.windows.width, sizes.positions) == (9216, 1024, 131_072)


#: Keys that folders in use have besides, and that change nothing in their types.
BESIDES = {
    "gemma": {"hidden_activation": None, "rope_scaling": None},
    "gemma2": {"hidden_act": "gelu_pytorch_tanh", "cache_implementation": "hybrid", "sliding_window_size": 4096},
    "gemma3_text": {"_sliding_window_pattern": 6, "cache_implementation": "hybrid"},
    "phi3": {"full_attn_mod": 1, "interpolate_factor": 1, "lm_head_bias": False, "mlp_bias": False, "embd_pdrop": 0.0},
    "starcoder2": {"activation_function": "gelu", "mlp_type": "default", "norm_type": "layer_norm"},
    "smollm3": {"max_window_layers": 28, "pretraining_tp": 2},
    "granite": {"logits_scaling": 8.0},
    "mixtral": {"router_aux_loss_coef": 0.02, "output_router_logits": False, "router_jitter_noise": 0.0},
    "qwen3_moe": {"max_window_layers": 48, "router_aux_loss_coef": 0.001},
}


@pytest.mark.parametrize("tiny", BESIDES)
def test_keys_that_change_nothing_in_a_type_need_no_word(tiny):
    config = Config(json.loads((TINY / tiny / "config.json").read_text()) | BESIDES[tiny])
    family = read_family(config)
    assert unknown_keys(config, family.shape.d_model, family.shape.causal) == []


@pytest.mark.parametrize(
    ("prefix", "vision"),
    [
        ("language_model.model.", "vision_tower.vision_model."),
        ("model.language_model.", "model.vision_tower.vision_model."),
    ],
)
def test_the_text_half_is_found_under_the_names_of_each_version(prefix, vision):
    bare = Gemma3.names.bare
    assert bare(f"{prefix}layers.0.mlp.up_proj.weight") == "layers.0.mlp.up_proj.weight"
    assert bare(f"{vision}encoder.layers.0.mlp.fc1.bias").startswith(Gemma3.names.heads)
