"""The logit lens against PyTorch's own norm and head on each hidden state (tests/oracles/make_lens.py)."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.places import TESTS

from attncli import lens, predict
from attncli.errors import ResourceError, UsageError
from attncli.models.model import open_model
from attncli.models.model_input import ModelInput
from attncli.recipes import logit_lens as recipe
from attncli.recipes.answering import Asked

EXPECTED = np.load(TESTS / "oracles" / "lens.npz")
NAMES = [name.removesuffix(".logits") for name in EXPECTED if name.endswith(".logits")]
TEXTS = {"bert": "the [MASK] is a dog", "roberta_masked": "the <mask> is", "t5": "the dog is"}
PLAIN = "the dog is cute"


def logits_of(found):
    """The scores `[n_layer + 1, n_place, vocabulary]` of a lens with a top of all tokens."""
    return np.array(
        [
            [[each.logit for each in sorted(answer.top, key=lambda each: each.id)] for answer in row]
            for row in found.rows
        ]
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name != "t5"])
def test_every_layer_says_what_pytorchs_norm_and_head_say(name):
    text = TEXTS.get(name, PLAIN)
    found, expected = lens(text, TINY / name, every=True, top=10**6), EXPECTED[f"{name}.logits"]
    assert found.prediction.tokens.ids == tuple(EXPECTED[f"{name}.ids"].tolist())
    assert found.layers == tuple(range(-1, len(expected) - 1))
    np.testing.assert_allclose(logits_of(found), expected, rtol=0, atol=2e-4 * np.abs(expected).max())


def test_the_decoder_of_an_encoder_decoder_is_read():
    model, ids = open_model(TINY / "t5"), EXPECTED["t5.ids"]
    source = model.read("the dog is")
    target = model.read("x").tokens[:1] * len(EXPECTED["t5.target"])
    target = replace(
        source, tokens=tuple(map(lambda token, id: replace(token, id=int(id)), target, EXPECTED["t5.target"]))
    )
    asked = Asked(model, ModelInput(replace(source, tokens=source.tokens[: len(ids)]), target, "decoder"), (2,))
    assert asked.given.text.ids == tuple(ids.tolist())
    expected = EXPECTED["t5.logits"]
    found = np.stack([model.logits(state) for state in asked.states()])
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-4 * np.abs(expected).max())


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("name", ["gpt2", "gemma2", "bert", "roberta_masked"])
def test_the_last_row_is_the_models_own_answer(name, every):
    text = TEXTS.get(name, PLAIN)
    found, own = lens(text, TINY / name, every=every), predict(text, TINY / name)
    answered = [found.positions.index(answer.position) for answer in own.predictions]
    assert [found.rows[-1][place] for place in answered] == list(found.prediction.predictions)
    for place, answer in zip(answered, own.predictions, strict=True):
        assert found.answers[place].id == answer.top[0].id
        assert [each.id for each in found.rows[-1][place].top] == [each.id for each in answer.top]
        assert found.probabilities[-1, place] == pytest.approx(answer.top[0].probability, abs=1e-6)
    assert (found.ranks[-1] == 1).all()
    np.testing.assert_allclose(found.prediction.logits, own.logits, rtol=0, atol=1e-5)


def test_the_rank_of_the_answer_counts_from_one():
    found = lens(PLAIN, TINY / "gpt2", top=10**6)
    for row, answers in enumerate(found.rows):
        ids = [each.id for each in answers[0].top]
        assert found.ranks[row, 0] == 1 + ids.index(found.answers[0].id)
        assert found.probabilities[row, 0] == pytest.approx(answers[0].top[found.ranks[row, 0] - 1].probability)


def test_rows_are_scored_some_at_a_time_with_the_same_numbers(monkeypatch):
    whole = lens(PLAIN, TINY / "gpt2", every=True, top=10**6)
    monkeypatch.setattr(recipe, "SCORES_AT_ONCE", 288 * 3)
    np.testing.assert_allclose(
        logits_of(lens(PLAIN, TINY / "gpt2", every=True, top=10**6)), logits_of(whole), atol=1e-6
    )


def test_a_word_is_looked_at_in_place_of_the_last_token():
    every, word = (lens(PLAIN, TINY / "gpt2", **how) for how in ({"every": True}, {"word": "dog"}))
    assert word.positions == (2,)
    np.testing.assert_allclose(word.probabilities[:, 0], every.probabilities[:, 2], atol=1e-6)
    assert [answer.position for answer in word.prediction.predictions] == [2]


def test_a_change_changes_the_layers_from_it_on():
    plain, changed = (lens(PLAIN, TINY / "gpt2", without=without, top=10**6) for without in ((), "1.2"))
    apart = np.abs(logits_of(plain) - logits_of(changed)).max(axis=(1, 2))
    assert (apart[:2] < 1e-6).all()
    assert apart[2] > 1e-3
    np.testing.assert_allclose(changed.prediction.with_all.logits, plain.prediction.logits, atol=1e-5)


def test_a_classifier_has_no_tokens_to_say():
    with pytest.raises(UsageError, match="lens=True: expected a model that says tokens"):
        lens("the dog", TINY / "bert_labels")


def test_a_model_without_an_output_layer_has_no_lens():
    with pytest.raises(ResourceError, match="llama has no output layer"):
        lens("the dog", TINY / "llama")
