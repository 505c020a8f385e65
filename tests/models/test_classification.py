"""The scores of labels against PyTorch's (tests/oracles/make_logits.py keeps them)."""

import json
from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, weights_of, with_config
from safetensors.numpy import load_file, save_file

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import read_config
from attncli.models.classification import LONGEST, read_labels
from attncli.models.families import read_family
from attncli.models.model import open_model

NAMES = sorted(path.parent.name for path in TINY.glob("*/labels.npz"))
MOODS = ("calm", "glad", "cross")


def opened(name):
    """The model of a tiny folder; a variant is another config.json for the weights of its model."""
    model, config = open_model(TINY / weights_of(name)), read_config(TINY / name)
    config.get("model_type")
    family = read_family(config).stored(model._tensors.bare_names)
    return replace(model, _family=family, _labels=read_labels(config, family, model._tensors))


@pytest.mark.parametrize("name", NAMES)
def test_the_scores_of_labels_are_pytorchs(name):
    model = opened(name)
    stored, expected = np.load(TINY / name / "expected.npz"), np.load(TINY / name / "labels.npz")
    assert model.labels == (("LABEL_0",) if name == "roberta_labels" else MOODS)
    for key in expected:
        ids = stored[key.replace("labels", "ids")]
        *_, last = model.run(ids)
        scores = model.class_logits(ids, last.output)
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, expected[key], rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama", "t5", "electra", "distilbert_masked", "modernbert"])
def test_a_model_that_classifies_nothing_says_so(name):
    model = open_model(TINY / name)
    assert model.labels == ()
    with pytest.raises(ResourceError, match="has no labels: its files have no head that classifies texts"):
        model.class_logits([2], np.zeros((1, 16), np.float32))


def test_the_arrays_of_the_head_are_known_and_its_model_is_read_without_a_warning():
    assert all(open_model(TINY / name).warnings == () for name in NAMES if "-" not in name)


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        (None, MOODS),
        ([], MOODS),
        (["BertForTokenClassification"], ()),
        (["BertModel"], ()),
        (["BertModel", "BertForSequenceClassification"], MOODS),
        ("x", MOODS),
        ([None, {}], ()),
    ],
)
def test_the_same_arrays_may_be_of_another_task(tmp_path, classes, labels):
    assert open_model(with_config(copy_of("bert_labels", tmp_path / "m"), architectures=classes)).labels == labels


@pytest.mark.parametrize(
    ("name", "problem", "apart"),
    [
        ("bert_labels", None, False),
        ("bert_labels", "single_label_classification", False),
        ("bert_labels", "multi_label_classification", True),
        ("roberta_labels", "regression", True),  # one score
    ],
)
def test_labels_exclude_each_other_unless_the_config_says_that_several_may_hold(tmp_path, name, problem, apart):
    model = open_model(with_config(copy_of(name, tmp_path / "m"), problem_type=problem))
    scores = np.array([0.5, -3.0, 700.0][: len(model.labels)], np.float32)
    powers = np.exp(scores.astype(float) - 700)
    expected = 1 / (1 + np.exp(-scores.astype(float))) if apart else powers / powers.sum()
    assert model.labels_apart == apart
    np.testing.assert_allclose(model.label_shares(scores), expected, rtol=1e-12)
    np.testing.assert_allclose(model.label_shares(scores[None])[0], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("named", "labels"),
    [
        (None, ("LABEL_0", "LABEL_1", "LABEL_2")),
        ({"1": "glad"}, ("LABEL_0", "glad", "LABEL_2")),
        (["calm"], ("LABEL_0", "LABEL_1", "LABEL_2")),
        ({"0": "x" * 10_000, "1": 7, "2": None, "3": "none"}, ("x" * LONGEST, "7", "None")),
    ],
)
def test_labels_are_as_many_as_the_rows_of_their_layer(tmp_path, named, labels):
    assert open_model(with_config(copy_of("bert_labels", tmp_path / "m"), id2label=named)).labels == labels


def damaged(tmp_path, **arrays):
    folder = copy_of("bert_labels", tmp_path / "model")
    path = next(folder.glob("*.safetensors"))
    found = {name: array.copy() for name, array in load_file(path).items()}
    save_file(found | arrays, path)
    return open_model(folder)


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("classifier.weight", (3, 8), "classifier.weight: expected shape .3, 16. by config.json, got .3, 8."),
        ("classifier.bias", (2,), "classifier.bias: expected shape .3. by config.json, got .2."),
        ("bert.pooler.dense.weight", (16, 8), "pooler.dense.weight: expected shape .16, 16. by config.json"),
    ],
)
def test_a_head_that_does_not_fit_is_named(tmp_path, name, shape, said):
    model = damaged(tmp_path, **{name: np.ones(shape, "f4")})
    with pytest.raises(ResourceError, match=said):
        model.class_logits([2], np.zeros((1, 16), np.float32))


@pytest.mark.parametrize("shape", [(), (0, 16)])
def test_a_layer_without_rows_has_no_labels(tmp_path, shape):
    assert damaged(tmp_path, **{"classifier.weight": np.ones(shape, "f4")}).labels == ()


def test_numbers_that_are_none_are_not_given_out(tmp_path):
    model = damaged(tmp_path, **{"classifier.bias": np.full(3, np.inf, "f4")})
    with pytest.raises(ResourceError, match=r"the head of .* gives a NaN or an infinity: its file is damaged"):
        model.class_logits([2], np.zeros((1, 16), np.float32))


def test_the_last_token_is_the_last_that_is_no_padding():
    model = opened("llama_labels-padded")
    *_, last = model.run([5, 75, 9, 75, 75])
    np.testing.assert_array_equal(
        model.class_logits([5, 75, 9, 75, 75], last.output), model.class_logits([5, 75, 9], last.output[:3])
    )
    assert json.loads((TINY / "llama_labels-padded" / "config.json").read_text())["pad_token_id"] == 75
