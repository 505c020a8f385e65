"""A model's layers one at a time: the same numbers as from all of them at once, and nothing kept that is not shown."""

import gc
import weakref
from dataclasses import fields

import numpy as np
import pytest
from support.command import attn
from support.places import TESTS

import attncli.recipes.model_explaining as model_explaining
import attncli.recipes.model_run as model_run
from attncli import explain_model
from attncli.analysis import combining
from attncli.analysis.flow import flow
from attncli.analysis.kinds import HeadKinds, measure_heads
from attncli.analysis.measures import top1
from attncli.analysis.patterns import PATTERNS, column_mean, in_order, pair_score, pattern_score
from attncli.errors import AttnError, ExitCode, UsageError
from attncli.models.family import Family
from attncli.models.model import open_model
from attncli.recipes.head_ranking import rank_model_heads
from attncli.recipes.model_explaining import explain_model_with
from attncli.settings.model import check_model_settings

SENTENCE = "the dog sees the cat and the cat sees the dog"
NAMES = ["bert", "gpt2", "llama", "qwen2"]


@pytest.fixture(params=NAMES)
def model(request):
    return open_model(TESTS / "oracles" / "tiny" / request.param)


def at_once(model):
    """The weights of every layer `[n_layer, n_head, n, n]`, the special tokens `[n]`, and what is visible."""
    tokens = model.read(SENTENCE)
    attention = [layer.attention for layer in model.run(tokens.ids)]
    special = np.array([token.special for token in tokens.tokens])
    weights, scores = (np.stack([getattr(each, name) for each in attention]) for name in ("weights", "scores"))
    return weights, special, scores > -np.inf


def paged(model, **settings):
    return explain_model_with(SENTENCE, model, check_model_settings(**settings), whole=False)


@pytest.mark.parametrize("at_most", [1, 2**22])
def test_the_map_is_measured_on_each_layer_as_on_all(model, at_most, monkeypatch):
    monkeypatch.setattr(model_explaining, "TOGETHER", at_most)
    kinds, expected = paged(model).source.kinds, measure_heads(*at_once(model))
    for name in (each.name for each in fields(HeadKinds)):
        np.testing.assert_array_equal(getattr(kinds, name), getattr(expected, name), err_msg=name)


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        ("mean", lambda weights: weights.mean(axis=(0, 1))),
        ("max", lambda weights: weights.max(axis=(0, 1))),
        ("rollout", combining.rollout),
        ("flow", lambda weights: flow(weights, range(weights.shape[-1]))),
    ],
)
def test_a_combination_is_the_one_of_all_layers(model, combine, expected):
    np.testing.assert_array_equal(paged(model, combine=combine).weights[0, 0], expected(at_once(model)[0]))


def test_the_lengths_of_all_layers_are_averaged(model):
    layers = list(model.run(model.read(SENTENCE).ids))
    lengths = [combining.norm_weighted(each.attention.weights, each.values, each.w_o).layer for each in layers]
    np.testing.assert_array_equal(paged(model, combine="norm").weights[0, 0], np.mean(lengths, axis=0))


@pytest.mark.parametrize("lift", [False, True])
def test_a_pair_is_ranked_as_on_all_layers(model, lift):
    weights, _, visible = at_once(model)
    ranking = rank_model_heads(SENTENCE, model, from_="cat", to="dog", lift=lift)
    scores, means = pair_score(weights, ranking.from_, ranking.to), column_mean(weights, visible, ranking.to)
    assert ranking.heads == in_order(scores, means, by_lift=lift)


def test_a_pattern_is_ranked_as_on_all_layers(model):
    weights = at_once(model)[0]
    scores = pattern_score(weights, PATTERNS["induction"](np.array(model.read(SENTENCE).ids)))
    ranked = rank_model_heads(SENTENCE, model, pattern="induction").heads
    assert ranked == in_order(scores)


def test_the_strongest_key_of_a_query_under_every_head(model):
    query = 2
    keys, weights = paged(model, word=str(query)).source.strongest
    rows = at_once(model)[0][:, :, query]
    np.testing.assert_array_equal(keys, top1(rows))
    np.testing.assert_array_equal(weights, rows.max(axis=-1))


def test_a_page_of_many_heads_keeps_no_matrix(model):
    explanation = paged(model)
    assert [layer.weights for layer in explanation.layers] == [None] * model.shape.n_layer
    assert not explanation.has_matrix
    with pytest.raises(AttnError, match="is not kept"):
        _ = explanation.weights
    kept = paged(model, layer=1, head=1)
    np.testing.assert_array_equal(kept.weights[0, 0], explain_model(SENTENCE, model).weights[1, 1])


def test_a_layer_is_let_go_before_the_next_is_computed(model, monkeypatch):
    alive, compute = [], Family.layer

    def counting(self, *given, **named):
        gc.collect()
        assert not [each for each in alive if each() is not None]
        layer = compute(self, *given, **named)
        alive.append(weakref.ref(layer.heads[0].attention.scores))
        return layer

    monkeypatch.setattr(Family, "layer", counting)
    paged(model)
    rank_model_heads(SENTENCE, model, pattern="next")
    assert len(alive) == 2 * model.shape.n_layer


def test_too_many_heads_are_refused_with_their_size_before_any_is_computed(model, monkeypatch):
    n, shape = len(model.read(SENTENCE).tokens), model.shape
    one, kept = 8 * shape.n_head * n * n, 16 * shape.n_layer * shape.n_head * n * n
    monkeypatch.setattr(Family, "layer", None)  # would be called
    monkeypatch.setattr(model_run, "memory", lambda: one + kept - 1)
    with pytest.raises(AttnError, match=rf"{shape.n_layer} layers × {shape.n_head} heads over {n} tokens") as caught:
        explain_model(SENTENCE, model)
    assert "layer=" in caught.value.hint
    monkeypatch.setattr(model_run, "memory", lambda: one - 1)
    for call in (lambda: paged(model), lambda: rank_model_heads(SENTENCE, model, pattern="next")):
        with pytest.raises(AttnError, match=f"{shape.n_head} heads of a layer") as caught:
            call()
        assert caught.value.hint == "shorten the text"


@pytest.mark.parametrize(
    ("room", "arguments", "refused"),
    [
        ("all of one layer", ["explain", SENTENCE, "--json"], "2 layers × 4 heads over 13 tokens\nhint: choose"),
        ("nothing", ["explain", SENTENCE], "4 heads of a layer over 13 tokens\nhint: shorten"),
        ("nothing", ["heads", SENTENCE, "--pattern", "next"], "4 heads of a layer over 13 tokens\nhint: shorten"),
    ],
)
def test_the_command_refuses_too_many_heads(room, arguments, refused, monkeypatch):
    monkeypatch.setattr(model_run, "memory", lambda: {"nothing": 0, "all of one layer": 8 * 4 * 13**2}[room])
    done = attn(*arguments, "--model", TESTS / "oracles" / "tiny" / "bert")
    assert (done.returncode, done.stdout) == (ExitCode.FAILED, "")
    assert refused in done.stderr


@pytest.mark.parametrize(("layer", "head"), [(1, "1,3"), ("0-1", "2"), (None, None)])
def test_layers_and_heads_keep_their_numbers(layer, head):
    explanation = explain_model(SENTENCE, TESTS / "oracles" / "tiny" / "bert", layer=layer, head=head)
    last = explanation.layer_numbers[-1]
    assert explanation.close_up(2).heads == explanation.head_numbers
    for number in explanation.head_numbers:
        only = explanation.only(head=number)
        assert (only.layer_numbers, only.head_numbers, only.single) == ((last,), (number,), True)
        np.testing.assert_array_equal(
            only.weights[0, 0], explain_model(SENTENCE, TESTS / "oracles" / "tiny" / "bert").weights[last, number]
        )
    with pytest.raises(UsageError, match="head=9: expected one of the heads"):
        explanation.only(head=9)
