"""Families of decoders: the defaults of a short config, and the values that are refused by name."""

import json

import pytest
from oracles.checkpoints import TINY

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import Config
from attncli.models.families import read_family


def read(tiny, without=(), **changes):
    """The family with the numbers of a tiny checkpoint's config, some keys changed and some left out."""
    config = json.loads((TINY / tiny / "config.json").read_text()) | changes
    return read_family(Config({key: value for key, value in config.items() if key not in without}))


#: A tiny checkpoint, keys that are left out, and the sizes that are the defaults of transformers.
DEFAULTS = {
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
}


TYPES, GROUPED = {"attention_layers": None}, {"new_decoder_architecture": True}


@pytest.mark.parametrize("tiny", DEFAULTS)
def test_a_key_that_is_left_out_has_the_default_of_transformers(tiny):
    without, changes, expected = DEFAULTS[tiny]
    family = read(tiny, {*without.split(), "tie_word_embeddings"}, **changes)
    found = {
        **{key: getattr(family, key) for key in expected if hasattr(family, key)},
        **{key: getattr(family.shape, key) for key in expected if hasattr(family.shape, key)},
        **({"width": family.rotary.width} if "width" in expected else {}),
    }
    assert found == expected


@pytest.mark.parametrize(
    ("tiny", "changes", "said"),
    [
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
        ("opt", {"do_layer_norm_before": "yes"}, "do_layer_norm_before in config.json: expected true or false"),
        ("opt", {"word_embed_proj_dim": 0}, "word_embed_proj_dim in config.json: expected a positive integer, got 0"),
    ],
)
def test_a_value_that_is_not_supported_is_quoted(tiny, changes, said):
    with pytest.raises(ResourceError) as raised:
        read(tiny, **changes)
    assert said in raised.value.message
