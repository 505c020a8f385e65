"""GPT-2, Llama, Mistral and Qwen against PyTorch on tiny checkpoints (tests/oracles/make_decoders.py made them)."""

import numpy as np
import pytest
from oracles.checkpoints import TINY, weights_of

from attncli.errors import ResourceError
from attncli.models.blocks.rotary import read_rotary, rotate, rotation
from attncli.models.checkpoint.config import Config, read_config
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.families import read_family
from attncli.models.pack import Pack

NAMES = sorted(folder.name for folder in TINY.iterdir() if "ids_3" in np.load(folder / "expected.npz"))
LENGTHS = (3, 17, 40)


def run(name, ids, **changes):
    """The layers and the last hidden state of a tiny model, with keys of its config changed; None takes one out."""
    family = family_of(name, **changes)
    tensors = Checkpoint(TINY / weights_of(name), family.names)
    family = family.stored(tensors.bare_names)
    pack = Pack.of([ids])
    layers, x = [], family.embed(tensors, pack)
    for number in range(family.shape.n_layer):
        layers.append(family.layer(tensors, number, x, pack).single)
        x = layers[-1].output
    return layers, family.final(tensors, x)


def family_of(name, **changes):
    """The family with the numbers of a tiny model's config, and with those changes."""
    return read_family(Config({**read_config(TINY / name).values, **changes}))


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("name", NAMES)
def test_weights_and_hidden_state_are_those_of_pytorch(name, n):
    expected = np.load(TINY / name / "expected.npz")
    layers, hidden = run(name, expected[f"ids_{n}"])
    weights = np.stack([layer.attention.weights for layer in layers])[:, :, expected[f"rows_{n}"]]
    assert weights.dtype == hidden.dtype == np.float32
    np.testing.assert_allclose(weights, expected[f"weights_{n}"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(hidden, expected[f"hidden_{n}"], rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", [name for name in NAMES if weights_of(name) != name])
def test_every_variant_is_another_model_than_the_one_whose_weights_it_has(name):
    def numbers(name):
        paths = [TINY / name / f"{kind}.npz" for kind in ("logits", "labels")]
        own = [np.load(path)[f"{path.stem}_40"] for path in paths if path.exists()]
        return *np.load(TINY / name / "expected.npz")["weights_40"], *own

    both = zip(numbers(name), numbers(weights_of(name)), strict=False)
    assert max(np.abs(one - other).max() for one, other in both if one.shape == other.shape) > 0.01


@pytest.mark.parametrize("name", ["gpt2", "llama", "qwen3"])
def test_a_layer_gives_the_steps_of_its_attention(name):
    (layer, *_), _ = run(name, np.arange(2, 12))
    sizes = family_of(name).shape
    assert layer.queries.shape == (sizes.n_head, 10, sizes.d_k)
    assert layer.keys.shape == layer.values.shape == (sizes.n_kv_head, 10, sizes.d_k)
    assert layer.w_o.shape == (sizes.n_head * sizes.d_k, sizes.d_model)
    keys = np.repeat(layer.keys, sizes.n_head // sizes.n_kv_head, axis=0)  # [n_head, n, d_k]
    scores = layer.queries @ keys.swapaxes(1, 2) / np.sqrt(sizes.d_k)  # [n_head, n, n]
    seen = np.tri(10, dtype=bool) & np.isfinite(layer.attention.scores)
    np.testing.assert_allclose(layer.attention.scores[seen], scores[seen], atol=1e-5)


def test_a_window_counts_the_token_itself():
    layers, _ = run("mistral", np.arange(2, 22))
    seen = layers[0].attention.weights[0] > 0  # [n, n]
    assert seen.sum(axis=1).tolist() == [1, 2, 3, 4] + [5] * 16


@pytest.mark.parametrize(
    ("name", "changes", "windows"),
    [
        ("mistral", {"sliding_window": None}, [20, 20]),
        ("qwen2", {"layer_types": None}, [20, 6, 6]),
        ("qwen2", {"layer_types": None, "max_window_layers": 0}, [6, 6, 6]),
        ("qwen2", {"layer_types": None, "use_sliding_window": False}, [20, 20, 20]),
        ("qwen3", {}, [6, 20]),
        ("llama", {"sliding_window": 3}, [20, 20]),  # a key that this model does not know
    ],
)
def test_the_config_says_which_blocks_have_a_window(name, changes, windows):
    layers, _ = run(name, np.arange(2, 22), **changes)
    assert [(layer.attention.weights[0, -1] > 0).sum() for layer in layers] == windows


def without(config, *keys):
    return {key: value for key, value in config.items() if key not in keys}


def test_a_config_may_leave_out_what_goes_without_saying():
    keys = ("num_key_value_heads", "head_dim", "rms_norm_eps", "hidden_act", "rope_parameters")
    config = without(read_config(TINY / "llama").values, *keys, "max_position_embeddings")
    sizes = read_family(Config(config)).shape
    assert (sizes.n_kv_head, sizes.d_k, sizes.positions) == (4, 4, 2048)


@pytest.mark.parametrize(
    ("kind", "sizes", "windows"),
    [  # the defaults of the configuration classes in transformers
        ("llama", (32, 16, 2048), [None, None]),
        ("mistral", (8, 16, 131_072), [(4095, 0), (4095, 0)]),
        ("qwen2", (32, 16, 32_768), [None, (4095, 0)]),
        ("qwen3", (32, 128, 32_768), [None, (4095, 0)]),
    ],
)
def test_each_kind_has_defaults_of_its_own(kind, sizes, windows):
    config = {"hidden_size": 512, "intermediate_size": 8, "num_hidden_layers": 30, "num_attention_heads": 32}
    family = read_family(Config({"model_type": kind, "use_sliding_window": True, **config}))
    assert (family.shape.n_kv_head, family.shape.d_k, family.shape.positions) == sizes
    assert [family.windows.of(number, causal=True) for number in (27, 28)] == windows


@pytest.mark.parametrize(("key", "default"), [("beta_fast", 32), ("beta_slow", 1)])
@pytest.mark.parametrize("empty", [0, None])
def test_yarn_takes_an_empty_bound_for_its_default(key, default, empty):
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096}

    def turned(bound):
        return rotation(read_rotary(Config({"rope_scaling": {**yarn, key: bound}}), 64, 16_384), 40)

    np.testing.assert_array_equal(turned(empty), turned(default))
    assert not np.array_equal(turned(default), turned(2 * default))


@pytest.mark.parametrize(
    ("scaling", "positions"),
    [
        ({"type": "linear", "factor": 4.0}, 64),
        ({"type": "dynamic", "factor": 4.0}, 256),
        ({"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}, 256),
        ({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}, 64),
    ],
)
def test_scaling_that_reaches_beyond_the_config_s_positions_counts(scaling, positions):
    assert family_of("llama", rope_scaling=scaling).shape.positions == positions


def test_a_rotated_product_depends_on_the_distance_alone():
    q, k = np.random.default_rng(0).standard_normal((2, 1, 1, 8), dtype=np.float32)  # [1, 1, d_k]
    turn = rotation(read_rotary(Config({}), 8, 64), 50)
    queries, keys = (rotate(np.repeat(x, 50, axis=1), *turn)[0] for x in (q, k))  # [50, d_k]
    products = queries @ keys.T  # [50, 50]
    np.testing.assert_allclose(np.diag(products, 7), products[0, 7], atol=1e-5)
    np.testing.assert_allclose(products[0, 0], np.sum(q * k), atol=1e-6)
    assert abs(products[0, 7] - products[0, 0]) > 0.1


def test_what_lies_beyond_the_rotated_width_stays():
    half = {"type": "linear", "factor": 1, "partial_rotary_factor": 0.5}
    rotary = read_rotary(Config({"rope_scaling": half}), 8, 64)
    x = np.random.default_rng(0).standard_normal((2, 5, 8), dtype=np.float32)  # [n_head, n, d_k]
    rotated = rotate(x, *rotation(rotary, 5))
    np.testing.assert_array_equal(rotated[..., 4:], x[..., 4:])
    assert np.abs(rotated[:, 1:, :4] - x[:, 1:, :4]).min() > 1e-6


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("llama", {"hidden_size": None}, "hidden_size"),
        ("llama", {"num_key_value_heads": 3}, "a multiple of num_key_value_heads 3, got 4"),
        ("llama", {"num_local_experts": 8}, "num_local_experts: expected a model without a mixture of experts"),
        ("llama", {"hidden_act": "mish"}, "'mish'"),
        ("llama", {"attn_logit_softcapping": 50.0}, "attn_logit_softcapping"),
        ("llama", {"rope_scaling": {"type": "mrope", "mrope_section": [2, 1, 1]}}, "'mrope'"),
        ("llama", {"rope_scaling": {"type": "linear"}}, "factor"),
        ("llama", {"rope_scaling": {"type": "linear", "factor": 0}}, "expected a positive number, got 0"),
        (
            "llama",
            {"rope_scaling": {"type": "yarn", "factor": 4, "rope_theta": 1}},
            "expected numbers that give finite angles",
        ),
        (
            "llama",
            {"rope_scaling": {"type": "llama3", "factor": 4, "low_freq_factor": 4, "high_freq_factor": 1}},
            "low_freq_factor 4 is not below high_freq_factor 1",
        ),
        ("llama", {"rope_scaling": {"type": "linear", "factor": "4"}}, "'4'"),
        (
            "llama",
            {"rope_scaling": {"type": "longrope", "short_factor": [1], "long_factor": [1]}},
            "short_factor in config.json: expected a list of 4 numbers, got [1]",
        ),
        ("llama", {"rope_scaling": {"full_attention": {"rope_theta": 10}}}, "one object for all layers"),
        (
            "llama",
            {"rope_scaling": {"type": "linear", "factor": 1, "partial_rotary_factor": 0.4}},
            "expected an even number of dimensions, got 3 of 8",
        ),
        ("llama", {"rope_parameters": {"rope_theta": -1.0}}, "expected a positive number, got -1"),
        ("mistral", {"sliding_window": 0}, "sliding_window"),
        ("qwen2", {"layer_types": ["full_attention", "linear_attention", "full_attention"]}, "'linear_attention'"),
        ("gpt2", {"alibi": True}, "ALiBi"),
        ("gpt2", {"n_head": 5}, "a multiple of n_head 5, got 16"),
        ("gpt2", {"n_inner": -1}, "n_inner"),
    ],
)
def test_what_is_not_supported_is_said_in_one_line(name, changes, said):
    with pytest.raises(ResourceError) as raised:
        run(name, np.arange(2, 5), **changes)
    assert said in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("llama", {"attention_bias": True}, "layers.0.self_attn.q_proj.bias"),
        ("llama", {"num_hidden_layers": 3}, "layers.2.input_layernorm.weight"),
        (
            "llama",
            {"intermediate_size": 30},
            "layers.0.mlp.gate_proj.weight: expected shape [30, 16] by config.json, got [24, 16]",
        ),
        ("qwen3", {"head_dim": 4}, "got [32, 16]"),
        ("gpt2", {"n_embd": 32}, "wte.weight"),
        ("gpt2", {"n_inner": None}, "h.0.mlp.c_fc.weight: expected shape [16, 64] by config.json, got [16, 24]"),
    ],
)
def test_arrays_that_are_missing_or_of_another_shape_are_named(name, changes, said):
    with pytest.raises(ResourceError, match=said.replace("[", r"\[").replace("]", r"\]")):
        run(name, np.arange(2, 5), **changes)


@pytest.mark.parametrize(("name", "pieces"), [("gpt2", 5), ("llama", 6)])
def test_the_tiny_tokenizers_read_a_sentence(name, pieces):
    from tokenizers import Tokenizer

    encoding = Tokenizer.from_file(str(TINY / name / "tokenizer.json")).encode("he is the dog.")
    assert len(encoding.ids) >= pieces
    assert encoding.special_tokens_mask[0] == (name != "gpt2")
