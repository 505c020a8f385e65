"""Two checkpoints head by head, or a sentence and its changed twin."""

import numpy as np
import pytest
from support.places import TESTS

import attncli.recipes.model_run as model_run
from attncli.analysis.measures import divergence, rank_correlation, top1
from attncli.errors import AttnError, UsageError
from attncli.models.family import Family
from attncli.models.model import open_model
from attncli.recipes.model_comparison import _by_words, _Common, compare_models_with, compare_swap, swapped
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import ModelSettings, check_model_settings

TINY = TESTS / "oracles" / "tiny"
SENTENCE = "Bark is very cute and he is a dog"
ALL = ModelSettings()


@pytest.fixture(scope="module")
def models():
    return {name: open_model(TINY / name) for name in ("bert", "roberta", "distilbert", "gpt2", "llama", "qwen2")}


def weights_of(model, text):
    return np.stack([layer.attention.weights for layer in model.run(model.read(text).ids)])


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama", "qwen2"])
def test_a_model_is_itself(models, name):
    comparison = compare_models_with(SENTENCE, models[name], models[name], ALL)
    measured = {(each.divergence, each.rank_correlation, each.top1_agreement) for each in comparison.heads}
    assert measured == {(0, 1, 1)}
    assert comparison.warnings == ()


def test_every_head_is_measured_row_by_row(models):
    p, q = (weights_of(models[name], SENTENCE) for name in ("bert", "distilbert"))
    comparison = compare_models_with(SENTENCE, models["bert"], models["distilbert"], ALL)
    assert [(each.layer, each.head) for each in comparison.heads] == [(i, j) for i in range(2) for j in range(4)]
    for each in comparison.heads:
        mine, its = p[each.layer, each.head], q[each.layer, each.head]
        assert each.divergence == pytest.approx(divergence(mine, its).mean(), abs=1e-6)
        assert each.rank_correlation == pytest.approx(rank_correlation(mine, its).mean(), abs=1e-6)
        assert each.top1_agreement == pytest.approx((top1(mine) == top1(its)).mean())


def test_only_visible_keys_are_ranked(models):
    """Of a causal model the zeros above the diagonal, alike in both, would raise the correlation."""
    comparison = compare_models_with(SENTENCE, models["gpt2"], models["gpt2"], ALL)
    changed = compare_swap("a dog is a dog", models["gpt2"], "is=he", ALL)
    assert comparison.heads[0].rank_correlation == 1
    p, q = (weights_of(models["gpt2"], text)[0, 0] for text in ("a dog is a dog", "a dog he a dog"))
    rows = [rank_correlation(p[i, : i + 1], q[i, : i + 1]) for i in range(len(p))]
    assert changed.heads[0].rank_correlation == pytest.approx(np.nanmean(rows), abs=1e-6)


@pytest.mark.parametrize(("layer", "head"), [(1, None), (None, 3), (1, 2)])
def test_chosen_heads_are_those_of_the_whole(models, layer, head):
    whole = compare_models_with(SENTENCE, models["bert"], models["distilbert"], ALL).heads
    chosen = check_model_settings(layer=layer, head=head)
    some = compare_models_with(SENTENCE, models["bert"], models["distilbert"], chosen)
    expected = [each for each in whole if layer in (None, each.layer) and head in (None, each.head)]
    assert list(some.heads) == expected


def test_other_shapes_cannot_be_compared(models):
    with pytest.raises(AttnError, match=r"2 layers × 4 heads against 3 layers × 2 heads") as caught:
        compare_models_with(SENTENCE, models["llama"], models["qwen2"], ALL)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    "text", [SENTENCE, f"  {SENTENCE}  ", "the dog 🐕 barks", "don't   stop, 注意!", "dog\tdog\ndog"]
)
@pytest.mark.parametrize("other", ["gpt2", "llama", "roberta"])
def test_other_tokenisers_are_compared_by_words(models, text, other):
    comparison = compare_models_with(text, models["bert"], models[other], ALL)
    assert list(comparison.words) == text.split()
    assert "by words" in comparison.warnings[0]
    assert len(comparison.warnings) == 1


def test_a_space_belongs_to_the_word_behind_it(models):
    """Llama's pieces of ` very` are a space and `very`, which together are one word."""
    tokens, weights = models["llama"].read(SENTENCE).tokens, weights_of(models["llama"], SENTENCE)[0, 1]  # [n, n]
    very, cute = ([i for i, token in enumerate(tokens) if token.word == word] for word in (2, 3))
    assert [tokens[i].piece for i in very] == ["▁", "very"]
    explanation = explain_model(SENTENCE, models["llama"])
    common = _Common.of(explanation.sentence, explanation.sentence)
    merged = next(_by_words(explanation, common, common))[1]  # [9, 9]
    rows = weights[cute].mean(axis=0)  # [n]
    assert merged[3, 2] == pytest.approx(rows[very].sum() / (1 - rows[0]), abs=1e-5)


def test_words_that_one_model_has_no_token_for_are_left_out(models):
    comparison = compare_models_with("a \u200b dog", models["bert"], models["gpt2"], ALL)  # BERT drops it
    assert comparison.words == ("a", "dog")
    assert comparison.warnings[1].startswith("words left out")
    assert comparison.warnings[1].endswith(": 1")


def test_no_word_in_common(models):
    with pytest.raises(AttnError, match="no word in common"):
        compare_models_with("\u200b", models["bert"], models["gpt2"], ALL)


@pytest.mark.parametrize(
    ("text", "swap", "changed"),
    [
        (SENTENCE, "he=she", "Bark is very cute and she is a dog"),
        (SENTENCE, "is=was", "Bark was very cute and he was a dog"),  # wherever it stands
        ('"He," he said (he).', "he=she", '"He," she said (she).'),
        ("he, the  he\the", "he=it", "it, the  it\tit"),  # whole words, all white space kept
        ("a dog", "dog=[red]", "a [red]"),
        ("a dog", "dog=dog", "a dog"),
        ("a=b c", "c=a=b", "a=b a=b"),
    ],
)
def test_a_word_is_swapped(text, swap, changed):
    assert swapped(text, swap)[2] == changed


@pytest.mark.parametrize("swap", ["he", "he=", "=she", "=", "", " =she", "he=she said", "cat=dog", "New York=a b"])
def test_a_wrong_swap_is_quoted(swap):
    with pytest.raises(UsageError) as caught:
        swapped(SENTENCE, swap)
    assert repr(swap) in caught.value.message
    assert caught.value.hint


def test_a_swap_of_as_many_pieces_is_compared_by_pieces(models):
    comparison = compare_swap(SENTENCE, models["bert"], "he=she", ALL)
    assert comparison.swap == ("he", "she")
    assert comparison.words[6] == "he"
    assert (len(comparison.words), comparison.warnings) == (11, ())
    p, q = (weights_of(models["bert"], text) for text in (SENTENCE, SENTENCE.replace("he", "she")))
    assert comparison.heads[5].divergence == pytest.approx(divergence(p[1, 1], q[1, 1]).mean(), abs=1e-6)
    assert comparison.heads[5].divergence > 0


def test_a_swap_of_more_pieces_is_compared_by_words(models):
    comparison = compare_swap(SENTENCE, models["bert"], "he=barks", ALL)
    assert comparison.words == tuple(SENTENCE.split())
    assert "by words" in comparison.warnings[0]


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_sentence_is_said_before_the_swap(models, text):
    with pytest.raises(UsageError, match="an empty text"):
        compare_swap(text, models["bert"], "he=she", ALL)


@pytest.mark.parametrize(
    "compare",
    [
        lambda model: compare_models_with(SENTENCE, model, model, ALL),
        lambda model: compare_swap(SENTENCE, model, "he=she", ALL),
    ],
)
def test_two_runs_that_fit_alone_but_not_together_are_refused_before_any_is_computed(models, compare, monkeypatch):
    model, n = models["bert"], len(models["bert"].read(SENTENCE).tokens)
    of_layer, of_run = 8 * 4 * n**2, 16 * 2 * 4 * n**2
    monkeypatch.setattr(model_run, "memory", lambda: of_layer + 2 * of_run)
    assert len(compare(model).heads) == 8
    monkeypatch.setattr(model_run, "memory", lambda: of_layer + 2 * of_run - 1)
    monkeypatch.setattr(Family, "layer", None)  # would be called
    with pytest.raises(AttnError, match=f"twice 2 layers × 4 heads over {n} tokens") as caught:
        compare(model)
    assert caught.value.hint == "choose some: layer='L' head='H'"
