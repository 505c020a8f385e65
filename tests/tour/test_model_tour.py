"""The numbers of `attn tour --model` against loops over the weights of the model's heads."""

import math

import pytest
from support.places import TINY

from attncli import explain_model, open_model
from attncli.tour.of_model.model_tour import model_tour_of
from attncli.tour.of_model.previous import previous_of
from attncli.tour.of_model.reading import reading_of
from attncli.tour.of_model.sink import sink_of

SENTENCES = ["the dog is very cute and he barks", "dog"]
KINDS = ("previous token", "next token", "same token", "first/special")


@pytest.fixture(scope="module", params=["bert", "gpt2", "bart"])
def model(request):
    return open_model(str(TINY / request.param))


@pytest.fixture(params=SENTENCES)
def tour(request, model):
    return model_tour_of(request.param, model)


def heads_of(tour):
    """The weights of each head as lists, by layer and number, computed anew."""
    weights = explain_model(tour.text, tour.model).weights
    return {(i, j): head.tolist() for i, layer in enumerate(weights) for j, head in enumerate(layer)}


def special(tour):
    return [token.special or place == 0 for place, token in enumerate(tour.explanation.sentence.tokens)]


def share(weights, on):
    total = sum(sum(row) for row in weights)
    return sum(w for i, row in enumerate(weights) for j, w in enumerate(row) if on(i, j)) / total


def shares(tour, weights):
    marked = special(tour)
    rules = (lambda i, j: j == i - 1, lambda i, j: j == i + 1, lambda i, j: j == i, lambda i, j: marked[j])
    return [share(weights, each) for each in rules]


def kind(tour, weights):
    found = shares(tour, weights)
    if max(found) > 0.5:
        return KINDS[found.index(max(found))]
    n, causal = len(weights), tour.model.shape.causal
    bits = -sum(w * math.log2(w) for row in weights for w in row if w > 0)
    most = sum(math.log2(i + 1 if causal else n) for i in range(n))
    return "broad" if most and bits / most >= 0.85 else "content"


def test_the_kinds_of_all_heads_are_counted(tour):
    kinds = {place: kind(tour, weights) for place, weights in heads_of(tour).items()}
    for each in reading_of(tour):
        layers = [layer for (layer, _), name in kinds.items() if name == each.name]
        assert (each.heads, each.layers) == (len(layers), (min(layers), max(layers)))
    counts = [each.heads for each in reading_of(tour)]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == tour.n_heads == len(kinds)


def test_the_head_on_the_token_before_is_the_one_with_the_largest_share(tour):
    value, heads = previous_of(tour), heads_of(tour)
    found = {place: shares(tour, weights)[0] for place, weights in heads.items()}
    assert value.head.score == pytest.approx(max(found.values()))
    assert found[value.head[:2]] == pytest.approx(value.head.score)
    assert value.heads == sum(kind(tour, weights) == "previous token" for weights in heads.values())
    assert value.found == (kind(tour, heads[value.head[:2]]) == "previous token")
    assert (value.following is None) == all(kind(tour, weights) != "next token" for weights in heads.values())
    row = [heads[value.head[:2]][i][i - 1] for i in range(1, len(special(tour)))]
    assert value.telling == (row.index(max(row)) + 1 if row else 0)


def test_the_head_that_rests_is_the_one_with_the_largest_share_on_anchors(tour):
    value, heads, marked = sink_of(tour), heads_of(tour), special(tour)
    found = {place: shares(tour, weights)[3] for place, weights in heads.items()}
    n, causal = len(marked), tour.model.shape.causal
    assert value.head.score == pytest.approx(max(found.values()))
    assert value.everywhere == pytest.approx(sum(found.values()) / len(found))
    assert value.anchors == tuple(place for place, each in enumerate(marked) if each)
    seen = [range(i + 1 if causal else n) for i in range(n)]
    assert value.equal == pytest.approx(sum(sum(marked[j] for j in keys) / len(keys) for keys in seen) / n)
    values = explain_model(tour.text, tour.model).layers[value.head.layer].values[value.head.head].tolist()
    lengths = [math.sqrt(sum(x * x for x in row)) for row in values]
    there, others = (
        [each for each, there in zip(lengths, marked, strict=True) if there is which] for which in (True, False)
    )
    assert value.there == pytest.approx(sum(there) / len(there))
    assert value.elsewhere == (pytest.approx(sum(others) / len(others)) if others else None)
