"""Word alignment by a model's hidden states, against PyTorch (oracles/make_alignment.py), and its words."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import TINY, with_config

from attncli import align, explain_model, open_model
from attncli.errors import AttnError, ResourceError, UsageError
from attncli.recipes.model_word_sides import layer_of
from attncli.settings.alignment import check_alignment

STORED = json.loads((TINY.parent / "alignment.json").read_text())
CASES = {f"{case['model']} {case['layer']}": case for case in STORED["cases"]}
BERT = str(TINY / "bert")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("listed", [True, False])
def test_cosines_are_those_of_pytorch(name, listed):
    case, texts = CASES[name], (STORED["source"], STORED["target"])
    given = texts if listed else map(" ".join, texts)
    found = align(*given, model=TINY / case["model"], layer=case["layer"], tokenized=not listed)
    np.testing.assert_allclose(found.similarity, case["cosines"], rtol=0, atol=5e-7)
    assert [len(token.pieces) for token in found.source.tokens] == case["pieces"]
    assert [token.text for token in found.source.tokens] == STORED["source"]
    assert found.settings.layer == case["layer"]
    assert found.space.family == case["model"]


def test_a_plain_text_has_the_words_of_explain_model():
    text, target = "Stop the dogs, he is cute!", "he barks."
    found = align(text, target, model=BERT, layer=1)
    merged = explain_model(text, BERT, words=True, hide_special=True)
    assert found.source == merged.sentence
    assert [token.text for token in found.target.tokens] == ["he", "barks", "."]
    apart = align("Stop the dogs , he is cute !", "he barks .", model=BERT, layer=1, tokenized=True)
    np.testing.assert_allclose(found.similarity, apart.similarity, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.weights.sum(axis=1), 1)


def test_the_steps_behind_the_similarity_are_those_of_vectors():
    found = align(
        "the dog is cute", "he barks", model=BERT, layer=0, prior=0.5, neighbours=0, temperature=0.1, null=0.2
    )
    away = np.abs(np.arange(4)[:, None] / 4 - np.arange(2) / 2)
    np.testing.assert_allclose(found.scores, found.similarity - 0.5 * away, atol=1e-14)
    powers = np.exp(found.scores / 0.1)
    np.testing.assert_allclose(found.weights, powers / powers.sum(axis=1, keepdims=True), atol=1e-12)


def test_a_token_without_a_piece_has_no_link():
    found = align(["the", "\x01", "dog"], ["the", "dog"], model=BERT, links="forward")
    assert [token.text for token in found.source.tokens] == ["the", "\x01", "dog"]
    assert [each.text for each in found.source.unknown] == ["\x01"]
    assert not found.similarity[1].any()
    assert {i for i, _ in found.links} == {0, 2}
    with pytest.raises(AttnError, match="makes no word"):
        align("\x01", "the dog", model=BERT, tokenized=True)


@pytest.mark.parametrize(("n_layer", "layer"), [(1, 0), (2, 0), (3, 1), (6, 3), (12, 7), (24, 15)])
def test_the_layer_after_two_thirds_is_taken(n_layer, layer):
    model = open_model(BERT)
    deeper = replace(model, shape=replace(model.shape, n_layer=n_layer))
    assert layer_of(deeper, check_alignment(with_model=True)) == layer


@pytest.mark.parametrize(
    ("given", "options", "kind", "said"),
    [
        (("the dog", "he"), {"layer": 2}, UsageError, "layer=2: expected 0 to 1, the 2 layers of bert"),
        (("", "he"), {}, UsageError, "source"),
        (("the", []), {}, UsageError, "target"),
        (("the dog " * 30, "he"), {}, AttnError, "which takes 40"),
        (("the", "he"), {"vectors": "attn-en"}, UsageError, "expected vectors or a model, got both"),
        (("the", "he"), {"model": "no-such"}, ResourceError, "no-such"),
    ],
)
def test_a_mistake_is_an_error(given, options, kind, said):
    with pytest.raises(kind) as caught:
        align(*given, **({"model": BERT} | options))
    assert said in str(caught.value)


def test_the_warnings_of_a_model_are_said_once(tmp_path):
    shutil.copytree(TINY / "bert", tmp_path / "bert")
    folder = with_config(tmp_path / "bert", some_scale=3)
    warnings = explain_model("the dog", folder).warnings
    found = align("the dog", "he", model=folder)
    assert warnings
    assert found.warnings == warnings
