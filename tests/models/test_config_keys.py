"""Keys of config.json that change the numbers: honoured as transformers does, or named (models/config_cases.py)."""

import json

import numpy as np
import pytest
from oracles.checkpoints import copy_of
from oracles.config_cases import HONOURED, IDS, UNKNOWN, changed
from support.places import TESTS

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.config_keys import HARMLESS, INERT
from attncli.models.families import read_family
from attncli.models.model import open_model
from attncli.recipes.model_explaining import explain_model
from attncli.views.records.json import explanation_json

STORED = np.load(TESTS / "oracles" / "config_cases.npz")
CASES = HONOURED | UNKNOWN
ROWS = [0, 8, 16]


@pytest.fixture
def opened(tmp_path):
    def opened(tiny, changes):
        folder = copy_of(tiny, tmp_path / "model")
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(changed(config, changes)))
        return open_model(folder)

    return opened


@pytest.mark.parametrize("case", CASES)
def test_the_numbers_are_those_of_transformers(opened, case):
    model = opened(*CASES[case])
    layers = list(model.run(IDS))
    weights = np.stack([layer.attention.weights for layer in layers])[:, :, ROWS]
    np.testing.assert_allclose(weights, STORED[f"{case}.rows"], rtol=0, atol=5e-6)
    np.testing.assert_allclose(model.final(layers[-1].output), STORED[f"{case}.hidden"], rtol=0, atol=2e-5)


@pytest.mark.parametrize("case", HONOURED)
def test_what_is_honoured_needs_no_warning(opened, case):
    assert opened(*HONOURED[case]).warnings == ()


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_nobody_knows_is_named(opened, case):
    tiny, changes = UNKNOWN[case]
    (said,) = opened(tiny, changes).warnings
    named = {"rope_parameters": "rope_parameters.mrope_section"}
    assert all(named.get(key, key) in said for key in changes if key != "auto_map")
    assert said.startswith("config.json has keys that attn does not know: ")


def test_the_mask_is_named_where_code_of_its_own_may_have_another(opened):
    (said,) = opened(*UNKNOWN["qwen3 made to see all by its own code"]).warnings
    assert said.endswith("the code that auto_map names is not run, and a token sees the tokens before it")


@pytest.mark.parametrize("family", sorted({"bert", "distilbert", "gpt2", "llama", "qwen3"}))
def test_code_of_its_own_that_differs_in_no_key_is_no_matter(opened, family):
    assert opened(family, {"auto_map": {"AutoModel": "own.Model"}}).warnings == ()


#: Keys that folders in use have besides those of the family's own class, and that change nothing.
LEFT_BEHIND = {
    "numbers of labels": ("gpt2", {"_num_labels": 1, "id2label": {"0": "LABEL_0"}}),
    "a cross-encoder's end": ("bert", {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}),
    "an early version's generating": ("bert", {"eos_token_ids": [0], "do_lower_case": False, "output_past": True}),
    "a Llama that was none": ("llama", {"is_llama_config": True, "rope_interleaved": False}),
    "a generator's sizes": ("electra", {"generator_size": "0.25", "generator_hidden_size": 0.25}),
    "the longest text of a training": ("bert", {"max_trained_positions": 512}),
    "a size that is the model's": ("roberta", {"embedding_size": 16, "emb_size": 16}),
    "maps of adapters that there are none of": ("roberta", {"adapters": {"adapters": {}, "config_map": {}}}),
    "a mask that every encoder has": ("bert", {"is_causal": False, "use_bidirectional_attention": True}),
    "a mask that every decoder has": ("llama", {"causal": True, "bidirectional": False}),
    "an export": ("distilbert", {"export_model_type": "transformer", "optimum_version": "1.17.1"}),
    "no biases": ("llama", {"bias": False, "no_bias": False}),
}


@pytest.mark.parametrize("case", LEFT_BEHIND)
def test_what_tools_leave_behind_needs_no_warning(opened, case):
    assert opened(*LEFT_BEHIND[case]).warnings == ()


@pytest.mark.parametrize(
    ("tiny", "changes"),
    [
        ("bert", {"use_bidirectional_attention": False}),
        ("llama", {"use_bidirectional_attention": True}),
        ("llama", {"is_causal": False, "causal": True}),
        ("roberta", {"adapters": {"adapters": {"own": "x"}}}),
        ("roberta", {"emb_size": 8}),
    ],
)
def test_what_says_otherwise_is_named(opened, tiny, changes):
    (said,) = opened(tiny, changes).warnings
    assert said.startswith("config.json has keys that attn does not know: " + list(changes)[-1])


def test_many_and_hostile_keys_are_one_short_line(opened):
    keys = {"\x1b[31mred\n": 1, "x" * 1_000_000: 1} | {f"k{number}": 1 for number in range(1000)}
    (said,) = opened("bert", keys).warnings
    assert len(said) < 300
    assert "\x1b" not in said
    assert "\n" not in said
    assert "and 997 more" in said


def test_the_warning_is_on_every_view_of_an_explanation(opened):
    explanation = explain_model("a dog", opened("bert", {"is_causal": True}))
    assert "is_causal" in explanation.warnings[0]
    assert "is_causal" in json.loads(explanation_json(explanation))["warnings"][0]


@pytest.mark.parametrize("command", [["compare", "--swap", "dog=he"], ["heads", "--pattern", "previous"]])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_other_commands_for_models_say_it_too(opened, capfd, command, form):
    from attncli.cli.app import run

    folder = opened("bert", {"is_causal": True}).folder
    run([*command, "a dog", "--model", str(folder), *form])
    assert "is_causal" in capfd.readouterr().out


REFUSED = {
    "a mask that is no switch": (
        "llama",
        {"is_causal": "false"},
        "is_causal in config.json: expected true or false, got 'false'",
    ),
    "too few layer types": ("mistral", {"layer_types": ["full_attention"]}, "expected a list of 2 names"),
    "layer types that are none": ("qwen3", {"layer_types": "full_attention"}, "expected a list of 2 names"),
    "windows without a length": (
        "mistral",
        {"layer_types": ["full_attention", "sliding_attention"], "sliding_window": None},
        "expected a width in sliding_window",
    ),
    "windows that are turned off": ("qwen3", {"use_sliding_window": False}, "expected a width in sliding_window"),
    "two counts of layers": ("distilbert", {"num_hidden_layers": 1}, "n_layers 2 and num_hidden_layers 1"),
    "two counts of heads": ("gpt2", {"num_attention_heads": 2}, "n_head 4 and num_attention_heads 2"),
    "heads taken out": ("bert", {"pruned_heads": {"0": [1]}}, "pruned_heads"),
    "a config for each layer": ("llama", {"per_layer_config": {"0": {"head_dim": 4}}}, "per_layer_config"),
    "a decoder of BERT": ("electra", {"is_decoder": True}, "expected an encoder"),
    "weights of MLX": ("llama", {"quantization": {"bits": 4}}, "quantised"),
    "another vocabulary": ("bert", {"vocab_size": 47}, "expected shape .47, 16"),
    "a rotation for each kind of layer": (
        "qwen3",
        {"rope_parameters": {"full_attention": {"rope_theta": 10.0}}},
        "one object for all layers",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_neither_honoured_nor_harmless_is_refused(opened, case):
    tiny, changes, reason = REFUSED[case]
    with pytest.raises(ResourceError, match=reason):
        opened(tiny, changes)


@pytest.mark.parametrize("text", ['"num_hidden_layers": 2, "num_hidden_layers": 3', '"a": {"b": 1, "b": 2}'])
def test_a_key_with_two_values_is_refused(tmp_path, text):
    folder = copy_of("bert", tmp_path / "bert")
    config = (folder / "config.json").read_text().rstrip()
    (folder / "config.json").write_text(config.removesuffix("}") + f", {text}}}")
    with pytest.raises(ResourceError, match="is there twice with different values"):
        open_model(folder)


def left_out(tiny, *keys):
    """The family with the numbers of a tiny checkpoint's config without some keys."""
    config = json.loads((TESTS / "oracles" / "tiny" / tiny / "config.json").read_text())
    return read_family(Config({key: value for key, value in config.items() if key not in keys}))


@pytest.mark.parametrize(
    ("tiny", "tied"),
    [
        *[
            ("bert", True),
            ("electra", True),
            ("distilbert", True),
            ("mpnet", True),
            ("albert", True),
            ("xlm-roberta-xl", True),
            ("gpt2", True),
        ],
        *[("llama", False), ("qwen3", False)],
    ],
)
def test_a_config_without_a_word_about_tied_weights_has_the_default_of_transformers(tiny, tied):
    assert left_out(tiny, "tie_word_embeddings").tied == tied


def test_gpt2_divides_scores_by_the_root_of_d_k_alone_unless_its_config_asks_for_more():
    family = left_out("gpt2", "scale_attn_weights", "scale_attn_by_inverse_layer_idx")
    assert [family.block(number).attention.scoring.scale for number in (0, 1)] == [0.5, 0.5]


def test_no_key_is_both_harmless_and_harmless_by_its_value():
    assert not HARMLESS & set(INERT)
