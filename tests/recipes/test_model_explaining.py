"""The recipe for models: which layers and heads, what combines them, words, special tokens, and what can be seen."""

import json
from itertools import pairwise

import numpy as np
import pytest
from support.places import TESTS

from attncli.analysis.flow import flow
from attncli.errors import AttnError, UsageError
from attncli.models.model import Model, open_model
from attncli.recipes.model_explaining import explain_model
from attncli.settings.wording import as_option

TINY = TESTS / "oracles" / "tiny"
SENTENCE = "Bark is very cute and he is a dog"
FAMILIES = ("bert", "roberta", "gpt2", "llama", "mistral", "qwen2", "qwen3")
LONG = "dog " * 33


@pytest.fixture(scope="module", params=FAMILIES)
def model(request):
    return open_model(TINY / request.param)


@pytest.fixture(scope="module")
def bert():
    return open_model(TINY / "bert")


@pytest.fixture(scope="module")
def llama():
    return open_model(TINY / "llama")


def raw(model, text=SENTENCE):
    """The layers as the model gives them, and their weights `[n_layer, n_head, n, n]`."""
    layers = list(model.run(model.read(text).ids))
    return layers, np.stack([layer.attention.weights for layer in layers])


def test_all_layers_and_heads_are_the_models_own(model):
    explanation = explain_model(SENTENCE, model)
    layers, weights = raw(model)
    np.testing.assert_array_equal(explanation.weights, weights)
    assert explanation.layer_numbers == tuple(range(model.shape.n_layer))
    assert explanation.head_numbers == tuple(range(model.shape.n_head))
    np.testing.assert_array_equal(explanation.output, layers[-1].output)


@pytest.mark.parametrize(
    ("layer", "head", "layers", "heads"),
    [
        (1, None, (1,), (0, 1, 2, 3)),
        (None, 2, (0, 1), (2,)),
        ("1", "3", (1,), (3,)),
        ([1, 0], [3, 0], (0, 1), (0, 3)),  # in the model's order
        ("1,0", ["3", "0-1"], (0, 1), (0, 1, 3)),
        ("0-1", "2,2", (0, 1), (2,)),  # once
    ],
)
def test_layers_and_heads_are_chosen(bert, layer, head, layers, heads):
    explanation = explain_model(SENTENCE, bert, layer=layer, head=head)
    assert (explanation.layer_numbers, explanation.head_numbers) == (layers, heads)
    np.testing.assert_array_equal(explanation.weights, raw(bert)[1][np.ix_(layers, heads)])
    assert explanation.source.kinds.kind.shape == (len(layers), len(heads))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layer": 2}, "layer=2: expected 0 to 1"),
        ({"head": "1-9"}, "head=4: expected 0 to 3"),
        ({"layer": "x"}, "layer='x'"),
        ({"layer": "3-1"}, "layer='3-1'"),
        ({"layer": -1}, "layer=-1"),
        ({"layer": True}, "layer=True"),
        ({"combine": "rolout"}, "combine='rolout': expected"),
        ({"top": 0}, "top=0"),
        ({"word": "cat"}, "word='cat'"),
        ({"word": "11"}, "word='11'"),
        ({"word": "9", "hide_special": True}, "word='9'"),
    ],
)
def test_mistakes_are_quoted(bert, settings, message):
    with pytest.raises(UsageError, match=message):
        explain_model(SENTENCE, bert, **settings)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_sentence_is_a_mistake(bert, text):
    with pytest.raises(UsageError, match="an empty text"):
        explain_model(text, bert)


def test_shared_keys_and_values_stand_under_each_of_their_heads(llama):
    explanation, layers = explain_model(SENTENCE, llama, head=[1, 2]), raw(llama)[0]
    for shown, layer in zip(explanation.layers, layers, strict=True):
        for row, head in enumerate((1, 2)):
            np.testing.assert_array_equal(shown.keys[row], layer.keys[head // 2])
            np.testing.assert_array_equal(shown.values[row], layer.values[head // 2])
            expected = shown.weights[row] @ shown.values[row]
            np.testing.assert_allclose(shown.context[row], expected, rtol=1e-4, atol=1e-5)


class Counting:
    """A family that notes the layers that it was asked for, and what went in."""

    def __init__(self, family):
        self.family, self.inputs = family, {}

    def __getattr__(self, name):
        return getattr(self.family, name)

    def layer(self, tensors, number, x, pack):
        self.inputs[number] = x
        return self.family.layer(tensors, number, x, pack)


@pytest.mark.parametrize("last", [0, 1, 2])
def test_hidden_states_flow_on_and_no_layer_is_run_in_vain(last):
    model = open_model(TINY / "qwen2")
    counting = Counting(model._family)
    watched = Model(**{**vars(model), "_family": counting})
    explain_model(SENTENCE, watched, layer=last)
    assert list(counting.inputs) == list(range(last + 1))
    for below, above in pairwise(counting.inputs):
        expected = explain_model(SENTENCE, model, layer=below).output
        np.testing.assert_array_equal(counting.inputs[above].astype(np.float32), expected)


def slow_rollout(weights):
    below = np.eye(weights.shape[-1])
    for layer in weights.astype(float):
        a = (layer.mean(axis=0) + np.eye(len(below))) / 2
        below = (a / a.sum(axis=1, keepdims=True)) @ below
    return below


def slow_norms(layers, heads):
    """Kobayashi et al. 2020, a pair at a time: the length of what key j adds to query i."""
    n, found = len(layers[0].output), []
    for layer in layers:
        d_v, shared = layer.values.shape[-1], len(layer.queries) // len(layer.values)
        f = [layer.values[h // shared] @ layer.w_o[h * d_v : (h + 1) * d_v] for h in heads]  # each [n, d_model]
        sums = [
            [sum(layer.attention.weights[h, i, j] * f[k][j] for k, h in enumerate(heads)) for j in range(n)]
            for i in range(n)
        ]
        found.append(np.linalg.norm(sums, axis=-1))
    return np.mean(found, axis=0)


DIRECT = {
    "mean": lambda layers, weights, heads: weights.sum(axis=(0, 1)) / weights.shape[0] / weights.shape[1],
    "max": lambda layers, weights, heads: weights.max(axis=0).max(axis=0),
    "rollout": lambda layers, weights, heads: slow_rollout(weights),
    "flow": lambda layers, weights, heads: flow(weights, range(weights.shape[-1])),
    "norm": lambda layers, weights, heads: slow_norms(layers, heads),
}


@pytest.mark.parametrize("combine", DIRECT)
@pytest.mark.parametrize("heads", [None, (0,), (1, 0)])
def test_heads_are_combined(model, combine, heads):
    explanation = explain_model(SENTENCE, model, layer="0-1", head=heads, combine=combine)
    heads = tuple(range(model.shape.n_head)) if heads is None else tuple(sorted(heads))
    layers, weights = raw(model)
    expected = DIRECT[combine](layers[:2], weights[:2, list(heads)], heads)
    assert explanation.weights.shape == (1, 1, *expected.shape)
    np.testing.assert_allclose(explanation.weights[0, 0], expected, rtol=1e-4, atol=2e-6)
    assert not explanation.has_scores
    assert any(remark.startswith(f"{combine}: ") for remark in explanation.remarks)


def slow_words(weights, groups):
    members = [[i for i, group in enumerate(groups) if group == number] for number in dict.fromkeys(groups)]
    return np.array([[np.mean([sum(weights[i, j] for j in b) for i in a]) for b in members] for a in members])


@pytest.mark.parametrize("combine", ["none", "mean", "rollout"])
def test_pieces_become_words(model, combine):
    explanation = explain_model(SENTENCE, model, words=True, combine=combine)
    plain = explain_model(SENTENCE, model, combine=combine)
    tokens = model.read(SENTENCE).tokens
    groups = [("special", token.index) if token.special else token.word for token in tokens]
    np.testing.assert_allclose(explanation.weights[-1, -1], slow_words(plain.weights[-1, -1], groups), atol=1e-6)
    typed = [token.text for token in explanation.sentence.tokens if not token.special]
    assert typed == SENTENCE.split()
    assert sum((token.pieces for token in explanation.sentence.tokens), ()) == tuple(token.piece for token in tokens)


def test_special_tokens_are_left_out(model):
    explanation, weights = explain_model(SENTENCE, model, hide_special=True), raw(model)[1]
    kept = [token.index for token in model.read(SENTENCE).tokens if not token.special]
    expected = weights[..., kept, :][..., kept]
    total = expected.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(explanation.weights, expected / np.where(total > 0, total, 1), atol=1e-6)
    assert not any(token.special for token in explanation.sentence.tokens)
    assert not explanation.source.special.any()
    assert any("special tokens" in remark and "()" not in remark for remark in explanation.remarks)


@pytest.mark.parametrize("words", [False, True])
def test_the_first_token_is_left_out(model, words):
    explanation, whole = (explain_model(SENTENCE, model, words=words, hide_first=hide) for hide in (True, False))
    expected = whole.weights[..., 1:, 1:]
    total = expected.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(explanation.weights, expected / np.where(total > 0, total, 1), atol=1e-6)
    assert [token.text for token in explanation.sentence.tokens] == [token.text for token in whole.sentence.tokens][1:]
    assert any(remark.startswith("the first token is left out") for remark in explanation.remarks)


def test_a_text_of_one_token_has_no_other_than_the_first():
    with pytest.raises(AttnError, match="makes only one token of 'd'") as caught:
        explain_model("d", TINY / "gpt2", hide_first=True)
    assert caught.value.in_words(as_option)[1] == "leave out --hide-first"


def test_nothing_but_special_tokens_is_said(bert):
    with pytest.raises(AttnError, match="only special tokens") as caught:
        explain_model("\u200b", bert, hide_special=True)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("settings", [{}, {"words": True}, {"hide_special": True}, {"combine": "rollout"}])
def test_weight_is_where_something_can_be_seen(model, settings):
    explanation = explain_model(SENTENCE, model, **settings)
    for layer in explanation.layers:
        assert not (layer.weights.any(axis=0) & ~layer.visible).any()
    if model.shape.causal:
        assert not np.triu(explanation.layers[-1].visible, 1).any()


def test_a_sliding_window_shows_what_is_near():
    explanation = explain_model(SENTENCE, open_model(TINY / "mistral"), layer=0)
    n = len(explanation.sentence.tokens)
    offset = np.arange(n)[:, None] - np.arange(n)  # [n, n]; query − key
    window = json.loads((TINY / "mistral" / "config.json").read_text())["sliding_window"]
    assert window < n  # else nothing is tested
    np.testing.assert_array_equal(explanation.layers[0].visible, (offset >= 0) & (offset < window))


def test_what_several_layers_reach_is_not_hidden():
    model = open_model(TINY / "mistral")
    one, rolled = explain_model(SENTENCE, model, layer=0), explain_model(SENTENCE, model, combine="rollout")
    assert rolled.layers[0].visible.sum() > one.layers[0].visible.sum()
    assert all(rolled.weights[0, 0, each.query, key.key] for each in rolled.context for key in each.ranked)


@pytest.mark.parametrize(
    ("settings", "word", "query", "text"),
    [
        ({}, "he", 6, "he"),
        ({}, "HE", 6, "he"),
        ({}, "[CLS]", 0, "[CLS]"),
        ({}, "is", 2, "is"),  # its first place
        ({}, "7", 7, "is"),
        ({}, 7, 7, "is"),
        ({"hide_special": True}, "he", 5, "he"),
        ({"hide_special": True}, "0", 0, "Bark"),
        ({"combine": "mean"}, "he", 6, "he"),
    ],
)
def test_the_query_is_found(bert, settings, word, query, text):
    explanation = explain_model(SENTENCE, bert, word=word, **settings)
    assert explanation.query == query
    assert explanation.sentence.tokens[query].text == text


@pytest.mark.parametrize("word", ["barks", "3"])
def test_a_word_of_several_pieces_is_a_query(bert, word):
    explanation = explain_model("the dog barks", bert, words=True, word=word)
    assert explanation.sentence.tokens[explanation.query].pieces == ("bark", "##s")


def test_flow_of_a_long_text_needs_a_word(llama):
    with pytest.raises(UsageError, match="at most 32 tokens") as caught:
        explain_model(LONG, llama, combine="flow")
    assert "word=" in caught.value.hint


@pytest.mark.parametrize("settings", [{}, {"words": True}, {"words": True, "hide_special": True}])
def test_of_a_long_text_only_the_chosen_flow_is_worked_out(llama, settings):
    text = "very " + LONG  # ▁ very: two pieces in the second place
    explanation = explain_model("dog " + text, llama, combine="flow", word="very", **settings)
    weights = explanation.weights[0, 0]  # [m, m]
    assert np.flatnonzero(weights.any(axis=-1)).tolist() == [explanation.query]
    if settings == {"words": True}:
        pieces = [i for i, token in enumerate(llama.read("dog " + text).tokens) if token.word == 1]
        flows = flow(raw(llama, "dog " + text)[1], pieces)  # [2, n]
        assert len(pieces) == 2
        assert weights[explanation.query].sum() == pytest.approx(flows.mean(axis=0).sum(), abs=1e-6)


def test_a_byte_that_is_no_text_is_replaced(bert):
    assert explain_model("a\udcffb", bert).sentence.text == "a\ufffdb"
