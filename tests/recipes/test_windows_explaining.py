"""Texts longer than a model: cut or in windows, by every recipe, as the windows alone are explained."""

from pathlib import Path

import numpy as np
import pytest
from oracles.windows import BARKS, LONG, SHORT

import attncli.recipes.model_explaining as model_explaining
import attncli.recipes.model_run as model_run
from attncli.errors import AttnError, UsageError
from attncli.models.family import Family
from attncli.models.model import open_model
from attncli.recipes.head_ranking import rank_heads
from attncli.recipes.model_comparison import compare_models
from attncli.recipes.model_explaining import explain_model

TINY = Path(__file__).parents[1] / "oracles" / "tiny"
N = 75  # tokens of BARKS for BERT, which takes 40


@pytest.fixture(scope="module")
def model():
    return open_model(TINY / "bert")


@pytest.fixture(scope="module")
def whole(model):
    return explain_model(BARKS, model, stride=9)


def by_hand(model, stride):
    """The weights `[n_layer, n_head, n, n]` of windows that are run one by one, a row the mean of its rows in them."""
    tokens = model.texts().read_long(BARKS).tokens
    inner = [*range(1, len(tokens) - 1)]
    total = count = 0
    for start in range(0, len(inner) - stride, 38 - stride):
        place = [0, *inner[start : start + 38], len(tokens) - 1]
        layers = [*model.run([tokens[each].id for each in place])]
        where = np.eye(len(tokens))[place]  # [w, n]
        total = total + where.T @ np.stack([layer.attention.weights for layer in layers]) @ where
        count = count + where.sum(axis=0)
    return total / count[:, None]


def test_windows_are_one_explanation(model, whole):
    np.testing.assert_allclose(whole.weights, by_hand(model, 9), rtol=0, atol=1e-6)
    np.testing.assert_allclose(whole.weights.sum(axis=-1), 1, rtol=0, atol=1e-6)
    assert len(whole.sentence.tokens) == N
    assert not whole.has_scores
    assert [token.special for token in whole.sentence.tokens].count(True) == 2
    assert whole.warnings[-1].startswith("the text was read in 3 windows of 40 tokens that overlap by 9")
    assert len(whole.context) == N
    far = whole.context[1].ranked  # the first word's window ends before the last ones
    assert all(each.weight > 0 for each in far)
    assert not whole.layers[-1].visible[1, 50]
    assert whole.layers[-1].visible[1, N - 1]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"combine": "mean"}, lambda w: w.mean(axis=(0, 1))),
        ({"combine": "max"}, lambda w: w.max(axis=(0, 1))),
        ({"combine": "mean", "layer": 1, "head": [0, 2]}, lambda w: w[1, [0, 2]].mean(axis=0)),
        ({"layer": 1, "head": 3}, lambda w: w[1, 3]),
        ({"hide_first": True, "layer": 0, "head": 0}, lambda w: rest(w[0, 0], slice(1, None))),
        ({"hide_special": True, "layer": 0, "head": 0}, lambda w: rest(w[0, 0], slice(1, -1))),
    ],
)
def test_settings_hold_for_the_joined_layers(model, whole, settings, expected):
    found = explain_model(BARKS, model, stride=9, **settings)
    np.testing.assert_allclose(found.weights[0, 0], expected(whole.weights), rtol=0, atol=1e-6)


def rest(weights, kept):
    part = weights[kept, kept]
    return part / part.sum(axis=-1, keepdims=True)


def test_rollout_multiplies_the_joined_layers(model, whole):
    rolled = np.eye(N)
    for layer in whole.weights.mean(axis=1):
        rolled = (layer / 2 + np.eye(N) / 2) @ rolled
    found = explain_model(BARKS, model, stride=9, combine="rollout")
    np.testing.assert_allclose(found.weights[0, 0], rolled, rtol=0, atol=1e-6)


def test_flow_of_a_word_goes_through_the_joined_layers(model):
    found = explain_model(BARKS, model, stride=9, combine="flow", word=1)
    assert found.partial
    assert 0 < found.weights[0, 0, found.query].max() <= 1 + 1e-6


def test_words_are_merged_over_all_windows(model):
    found = explain_model(BARKS, model, stride=9, words=True, hide_special=True)
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1, rtol=0, atol=1e-5)
    assert " ".join(token.text for token in found.sentence.tokens).replace(" ,", ",") == BARKS


def test_a_text_that_fits_is_as_without_the_options(model):
    plain = explain_model(SHORT, model)
    for option in ({"truncate": True}, {"stride": 3}):
        found = explain_model(SHORT, model, **option)
        np.testing.assert_array_equal(found.weights, plain.weights)
        assert found.has_scores
        assert found.warnings == plain.warnings


def test_a_cut_text_says_how_much_was_read(model):
    found = explain_model(BARKS, model, truncate=True)
    assert len(found.sentence.tokens) == 40
    assert found.warnings[-1] == "the model was given the beginning of the text: 40 of 75 tokens"
    assert found.has_scores
    ids = [token.row for token in found.sentence.tokens]
    np.testing.assert_allclose(found.weights[1], [*model.run(ids)][1].attention.weights, rtol=0, atol=1e-6)


def test_a_tokenizer_that_cuts_at_the_left_leaves_the_end(tmp_path):
    from oracles.windows import Case, folder_of

    left = open_model(folder_of(Case("bert", 40, 0, "left"), tmp_path))
    found = explain_model(BARKS, left, truncate=True)
    assert found.sentence.tokens[-2].end == len(BARKS)
    assert "given the end of the text" in found.warnings[-1]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"truncate": True, "stride": 2}, "stride=2: expected a text to be cut, or read in windows, got both"),
        ({"stride": -1}, "stride=-1: expected a whole number from 0 up"),
        ({"stride": True}, "expected a whole number"),
        ({"stride": 38}, "stride=38: expected a whole number from 0 to 37"),
        ({"truncate": 1}, "expected True or False"),
        ({"stride": 2, "combine": "norm"}, "in windows a token has several values"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(model, settings, expected):
    with pytest.raises(UsageError) as caught:
        explain_model(BARKS, model, **settings)
    assert expected in str(caught.value)


def test_two_texts_are_cut_together(model):
    found = explain_model(BARKS, model, pair=SHORT, truncate=True)
    assert len(found.sentence.tokens) == 40
    assert "the model was given the beginnings of both texts: 40 of 80 tokens" in found.warnings
    assert found.sentence.tokens[-2].text == "bark"
    with pytest.raises(UsageError, match="got two in one input"):
        explain_model(BARKS, model, pair=SHORT, stride=2)
    with pytest.raises(AttnError) as caught:
        explain_model(BARKS, model, pair=SHORT)
    assert caught.value.hint == "shorten the text, or cut both: truncate"


def test_a_separator_that_was_cut_off_is_no_reason_for_a_warning(model):
    assert "[SEP]" in explain_model(f"a [SEP] {BARKS}", model, truncate=True).warnings[-1]
    found = explain_model(f"{BARKS} [SEP] a", model, truncate=True)
    assert not any("[SEP]" in each for each in found.warnings)


def test_a_token_in_front_of_the_text_stands_around_each_window():
    gpt2 = open_model(TINY / "gpt2")
    found = explain_model(LONG, gpt2, stride=2, bos=False)
    assert "windows of 64 tokens" in found.warnings[-1]
    assert found.sentence.tokens[0].special is False


def test_a_target_is_not_read_in_windows():
    bart = open_model(TINY / "bart")
    with pytest.raises(UsageError, match="got a target"):
        explain_model(LONG, bart, target="a dog", stride=2)
    assert explain_model(LONG, bart, stride=2).weights.shape[-1] > 64
    for source, target in ((LONG, "a dog"), ("a dog", LONG)):
        with pytest.raises(AttnError) as caught:
            explain_model(source, bart, target=target)
        assert caught.value.hint == "shorten the text, or cut it: truncate"


def test_a_source_and_its_target_are_cut_each_for_itself():
    bart = open_model(TINY / "bart")
    assert explain_model(LONG, bart, target="a dog", truncate=True).weights.shape[-1] == 64
    every = len(bart.targets().texts.read_long(LONG).tokens)
    found = explain_model("a dog", bart, target=LONG, truncate=True)
    assert f"the beginning of the target: 64 of {every} tokens" in found.warnings[-1]
    assert found.weights.shape[-2] == 64
    found = explain_model(LONG, bart, target=LONG, truncate=True)
    assert found.weights.shape[-2:] == (64, 64)
    assert len(found.warnings) == 2


def test_a_target_is_cut_before_it_is_shifted():
    translator = open_model(TINY.parent / "translator")
    reader = translator.targets().texts
    every = reader.read_long("der Hund sieht die Katze . " * 20)
    cut = reader.cut(every)
    assert cut.ids == (*every.ids[:31], every.ids[-1])  # as transformers does: 32 tokens, of which </s> is one
    assert cut.tokens[-1].piece == "</s>"
    assert translator.targets().shifted(cut).ids[1:] == cut.ids[:-1]


def test_heads_are_ranked_over_windows(model, whole):
    found = rank_heads(BARKS, model, pattern="next", stride=9)
    n_head = whole.weights.shape[1]
    share = [np.diagonal(whole.weights[each.layer, each.head], 1).sum() / N for each in found.heads]
    assert len(share) == 2 * n_head
    np.testing.assert_allclose([each.score for each in found.heads], share, atol=1e-6)
    assert found.warnings == whole.warnings


def test_models_are_compared_in_windows_of_their_own(model):
    found = compare_models(BARKS, model, swap="cat=dogs", stride=9)
    assert len(found.heads) == 8
    assert any(each.divergence > 0 for each in found.heads)
    other = compare_models(BARKS, model, open_model(TINY / "distilbert"), stride=9)
    assert sum("windows" in each for each in other.warnings) == 1


def test_memory_is_that_of_the_windows_and_of_the_joined_heads(model, monkeypatch):
    windows, joined = 8 * 4 * (2 * 40**2 + 17**2), 4 * 4 * N**2
    kept = 16 * 2 * 4 * N**2
    monkeypatch.setattr(model_run, "memory", lambda: windows + joined + kept)
    assert explain_model(BARKS, model, stride=9).weights.shape == (2, 4, N, N)
    monkeypatch.setattr(model_run, "memory", lambda: windows + joined + kept - 1)
    monkeypatch.setattr(Family, "layer", None)  # would be called
    with pytest.raises(AttnError, match="over 75 tokens"):
        explain_model(BARKS, model, stride=9)


def test_room_is_looked_for_before_anything_is_made_of_the_tokens(model, monkeypatch):
    monkeypatch.setattr(model_explaining, "Reduction", None)  # would be made
    monkeypatch.setattr(model_run, "memory", lambda: 2**30)
    with pytest.raises(AttnError, match="over 100,002 tokens"):
        explain_model("a " * 100_000, model, stride=9)


def test_the_error_of_a_long_text_names_both_ways(model):
    for text in (BARKS, "a" * 40_000):
        with pytest.raises(AttnError) as caught:
            explain_model(text, model)
        assert caught.value.hint == "shorten the text, cut it: truncate, or read it in windows: stride=10"
