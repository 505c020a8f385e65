"""The scores of tokens of every family against PyTorch's (tests/oracles/make_logits.py has those of the last token)."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, weights_of, with_config
from safetensors.numpy import load_file, save_file

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import Config, read_config
from attncli.models.families import read_family
from attncli.models.model import open_model

NAMES = sorted(path.parent.name for path in TINY.glob("*/expected.npz"))
HEADED = [name for name in NAMES if (TINY / name / "logits.npz").exists()]


def opened(name):
    """The model of a tiny folder; a variant is another config.json for the weights of its model."""
    model, config = open_model(TINY / weights_of(name)), read_config(TINY / name)
    config.get("model_type")
    family = read_family(config).stored(model._tensors.bare_names)
    return replace(model, shape=family.shape, _family=family)


def last_output(model, ids, target=None):
    """The output of the last layer `[n, d_model]`, of the decoder where there is a target."""
    return [*(model.run(ids) if target is None else model.run_pair(ids, target))][-1].output


@pytest.mark.parametrize("name", HEADED)
def test_the_scores_of_the_last_token_are_pytorchs(name):
    model = opened(name)
    stored, expected = np.load(TINY / name / "expected.npz"), np.load(TINY / name / "logits.npz")
    assert model.has_output
    for key in expected:
        target = key.replace("logits", "target")
        output = last_output(model, stored[key.replace("logits", "ids")], stored.get(target))
        scores = model.logits(output[-1:])
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores[0], expected[key], rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", sorted({*NAMES} - {*HEADED}))
def test_a_checkpoint_without_an_output_layer_says_so(name):
    model = opened(name)
    assert not model.has_output
    with pytest.raises(ResourceError, match="has no output layer: its files have no array '"):
        model.logits(np.zeros((1, model.shape.d_model), np.float32))


def test_each_row_is_scored_by_itself():
    model, ids = open_model(TINY / "gemma2"), np.arange(2, 12)
    layers = [*model.run(ids)]
    scores = model.logits(layers[-1].output)
    assert scores.shape == (10, model.vocabulary)
    np.testing.assert_allclose(model.logits(layers[-1].output[[7, 2]]), scores[[7, 2]], rtol=0, atol=1e-6)


def test_an_earlier_layer_is_normed_before_it_is_scored():
    """The logit lens: norm, then embedding, by hand."""
    model = open_model(TINY / "llama_biased")
    first, *_ = model.run(np.arange(2, 12))
    gain, words = (model._tensors[name] for name in ("norm.weight", "embed_tokens.weight"))
    normed = first.output / np.sqrt((first.output**2).mean(axis=1, keepdims=True) + 1e-3) * gain
    np.testing.assert_allclose(model.logits(first.output), normed @ words.T, rtol=0, atol=2e-5)


@pytest.mark.parametrize("shape", [(16,), (2, 8), (1, 2, 16)])
def test_outputs_of_another_width_are_a_mistake_of_the_caller(shape):
    with pytest.raises(ValueError, match=r"output: expected shape \[n, 16\], got"):
        open_model(TINY / "gpt2").logits(np.zeros(shape, np.float32))


def test_of_an_embedding_that_is_the_output_layer_too_one_array_is_kept():
    model, ids = open_model(TINY / "gpt2"), np.arange(2, 12)
    for _ in range(3):
        *_, last = model.run(ids)
        model.logits(last.output[-1:])
    kept = model._tensors._kept
    assert [name for name, array in kept.items() if len(array) == model.vocabulary] == ["wte.weight"]


def test_a_large_matrix_is_read_some_rows_at_a_time(monkeypatch):
    model, x = open_model(TINY / "gpt2"), np.random.default_rng(0).standard_normal((3, 16)).astype(np.float32)
    whole, asked, read = model.logits(x), [], model._tensors.rows
    monkeypatch.setattr(model._tensors, "_kept", None)
    monkeypatch.setattr("attncli.models.checkpoint.tensors.AT_ONCE", 16 * 100)
    monkeypatch.setattr(model._tensors, "rows", lambda name, rows: asked.append(len(rows)) or read(name, rows))
    np.testing.assert_allclose(model.logits(x), whole, rtol=0, atol=1e-6)
    assert asked == [100, 100, 88]


def test_whether_there_is_an_output_layer_is_known_by_the_headers_alone(monkeypatch):
    model = open_model(TINY / "bert")
    monkeypatch.setattr(type(model._tensors), "__getitem__", None)
    assert model.has_output


def headed(folder, name, change):
    """A copy of a tiny checkpoint whose arrays are changed by a function of them."""
    copy = copy_of(name, folder / "model")
    path = next(copy.glob("*.safetensors"))
    arrays = {each: array.copy() for each, array in load_file(path).items()}
    change(arrays)
    save_file(arrays, path)
    return copy


DAMAGED = {
    "a matrix of another width": ("granite", {"lm_head.weight": (288, 12)}, r"lm_head.weight: expected shape .288, 16"),
    "fewer tokens than the embedding": ("granite", {"lm_head.weight": (80, 16)}, r"expected shape .288, 16"),
    "a matrix that is none": ("granite", {"lm_head.weight": (288,)}, r"expected shape .288, 16. by .*, got .288"),
    "a short bias": ("phi", {"lm_head.bias": (7,)}, r"lm_head.bias: expected shape .288., a number a token, got .7"),
    "a bias of pairs": ("bart", {"final_logits_bias": (2, 80)}, r"final_logits_bias: expected shape .80., a number"),
    "a norm of another size": (
        "mpnet",
        {"lm_head.layer_norm.weight": (8,)},
        r"lm_head.layer_norm.weight: expected shape .16. by",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_an_output_layer_that_does_not_fit_is_named(tmp_path, case):
    name, arrays, said = DAMAGED[case]
    folder = headed(
        tmp_path, name, lambda found: found.update({each: np.ones(shape, "f2") for each, shape in arrays.items()})
    )
    model = open_model(folder)  # attention needs none of it
    with pytest.raises(ResourceError, match=said):
        model.logits(np.ones((1, 16), np.float32))


def test_numbers_that_are_none_are_not_given_out(tmp_path):
    model = open_model(headed(tmp_path, "granite", lambda arrays: arrays["lm_head.weight"].fill(np.nan)))
    with pytest.raises(ResourceError, match=r"the head of .* gives a NaN or an infinity: its file is damaged"):
        model.logits(np.ones((1, 16), np.float32))


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("phi", "lm_head.bias"),
        ("mpnet", "lm_head.bias"),
        ("mpnet", "lm_head.dense.bias"),
        ("granite", "lm_head.weight"),
        ("opt", "embed"),
    ],
)
def test_a_part_that_is_missing_is_named(tmp_path, name, without):
    if name == "opt":  # tied, and told to be not
        model = open_model(with_config(copy_of("opt", tmp_path / "model"), tie_word_embeddings=False))
        without = "lm_head.weight"
    else:
        model = open_model(headed(tmp_path, name, lambda arrays: arrays.pop(without)))
    assert not model.has_output
    with pytest.raises(ResourceError, match="has no output layer: its files have no array '") as raised:
        model.logits(np.ones((1, 16), np.float32))
    assert without.rpartition(".")[2] in raised.value.message
    assert "attn explain" in raised.value.hint


def test_an_output_layer_of_its_own_is_read_although_it_is_said_to_be_the_embedding(tmp_path):
    """As transformers 5 reads it: two arrays with other numbers are not tied."""
    own = np.random.default_rng(1).standard_normal((288, 16)).astype(np.float16)
    model = open_model(headed(tmp_path, "gpt2", lambda arrays: arrays.update({"lm_head.weight": own})))
    x = np.ones((1, 16), np.float32)
    normed = model.final(x)
    np.testing.assert_allclose(model.logits(x), normed @ own.astype(np.float32).T, rtol=0, atol=1e-5)


def test_a_cap_that_is_null_is_none():
    config = dict(read_config(TINY / "gemma2").values)
    capped = [read_family(Config(config | {"final_logit_softcapping": cap})).prediction for cap in (3.0, None)]
    assert [each.softcap for each in capped] == [3.0, None]


@pytest.mark.parametrize("name", ["deberta_enhanced", "deberta-v2_enhanced"])
@pytest.mark.parametrize("config", [{"legacy": None}, {"tie_word_embeddings": False}])
def test_the_head_that_the_files_have_is_taken_where_the_config_does_not_say(tmp_path, name, config):
    """DeBERTa-v3's published config has no `legacy`, and its files have the head that legacy is false for."""
    model = open_model(with_config(copy_of(name, tmp_path / "model"), **config))
    stored, expected = np.load(TINY / name / "expected.npz"), np.load(TINY / name / "logits.npz")
    scores = model.logits(last_output(model, stored["ids_17"])[-1:])
    np.testing.assert_allclose(scores[0], expected["logits_17"], rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("cohere", {"logit_scale": "1"}, "logit_scale in config.json: expected a number from 1e-12 to 1e12, got '1'"),
        (
            "granite",
            {"logits_scaling": 0},
            "logits_scaling in config.json: expected a number from 1e-12 to 1e12, got 0",
        ),
        ("gemma2", {"final_logit_softcapping": -3.0}, "final_logit_softcapping in config.json: expected a number from"),
        ("modernbert", {"classifier_activation": "mish"}, "classifier_activation in config.json: expected one of"),
        ("modernbert", {"decoder_bias": 2}, "decoder_bias in config.json: expected true or false, got 2"),
        ("deberta", {"legacy": "no"}, "legacy in config.json: expected true or false, got 'no'"),
        ("t5", {"scale_decoder_outputs": 3}, "scale_decoder_outputs in config.json: expected true or false, got 3"),
    ],
)
def test_a_key_about_the_scores_is_checked(name, changes, said):
    with pytest.raises(ResourceError, match=said):
        read_family(Config(read_config(TINY / name).values | changes))
