"""The numbers of `attn tour --model` against loops over the weights of the model's heads."""

import math

import pytest
from support.places import TINY

from attncli import explain_model, head_effects, open_model
from attncli.tour.of_model.effects import effects_of, watched_text
from attncli.tour.of_model.induction import OWN, induction_of, unlike
from attncli.tour.of_model.matters import crossed, share_of_first
from attncli.tour.of_model.model_tour import model_tour_of
from attncli.tour.of_model.previous import previous_of
from attncli.tour.of_model.reading import reading_of
from attncli.tour.of_model.sink import sink_of
from attncli.tour.of_model.spare import resting, spare_of

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
    assert value.heads == sum(each > 0.5 for each in found.values())
    assert (value.following is None) == all(shares(tour, weights)[1] <= 0.5 for weights in heads.values())
    row = [heads[value.head[:2]][i][i - 1] for i in range(1, len(special(tour)))]
    tokens = tour.explanation.sentence.tokens[:-1]
    own = [-1.0 if token.special else weight for token, weight in zip(tokens, row, strict=True)]
    assert value.after == pytest.approx(sum(row) / len(row) if row else math.nan, nan_ok=True)
    row = own if max(own, default=-1) >= 0 else row
    assert value.telling == (row.index(max(row)) + 1 if row else 0)


def test_the_head_that_rests_is_the_one_with_the_largest_share_on_anchors(tour):
    value, heads, marked = sink_of(tour), heads_of(tour), special(tour)
    found = {place: shares(tour, weights)[3] for place, weights in heads.items()}
    n, causal = len(marked), tour.model.shape.causal
    assert value.head.score == pytest.approx(max(found.values()))
    assert value.heads == sum(each > 0.5 for each in found.values())
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


def test_induction_is_the_share_of_the_rows_that_have_a_last_time(model):
    tour = model_tour_of(SENTENCES[0], model)
    value = induction_of(tour)
    assert value.text in (SENTENCES[0], OWN)
    tokens, heads = value.explanation.sentence.tokens, explain_model(f"{value.text} {value.text}", model).weights
    keys = {
        i: [j + 1 for j in range(i - 1) if tokens[j].row == tokens[i].row and not tokens[j + 1].special]
        for i in range(len(tokens))
        if not tokens[i].special
    }
    keys = {i: found for i, found in keys.items() if found}
    assert (value.rows, value.next_keys) == (tuple(keys), tuple(map(tuple, keys.values())))
    scores = {
        (layer, head): sum(rows[i][j] for i in keys for j in keys[i]) / sum(sum(rows[i]) for i in keys)
        for layer, of_layer in enumerate(heads.tolist())
        for head, rows in enumerate(of_layer)
    }
    assert value.head.score == pytest.approx(max(scores.values()))
    assert scores[value.head[:2]] == pytest.approx(value.head.score)
    weights = heads[value.head.layer][value.head.head].tolist()
    shown = [sum(weights[i][j] for j in found) for i, found in keys.items()]
    assert value.head.score == pytest.approx(sum(shown) / len(shown))  # the mean of the column
    assert value.heads == sum(score > 0.5 for score in scores.values())
    assert value.found == bool(value.heads)
    words = [(i, token) for i, token in enumerate(tokens) if not token.special]
    again = next(i for i, token in words if token.start > len(value.text))
    same = tokens[again].row == words[0][1].row
    assert unlike(value) == (None if same else (words[0][0], again))


def test_the_guesses_are_the_probabilities_of_the_tokens_that_come():
    model = open_model(str(TINY / "gpt2"))
    first, second = induction_of(model_tour_of("the dog", model)).guesses
    text = "the dog the dog"
    ids = model.read(text).ids
    *_, last = model.run(ids)
    shares = []
    for place in range(len(ids) - 1):
        logits = model.logits(last.output[[place]])[0].tolist()
        powers = [math.exp(each - max(logits)) for each in logits]
        shares.append(powers[ids[place + 1]] / sum(powers))
    half = len(ids) // 2
    assert first == pytest.approx(sum(shares[: half - 1]) / (half - 1))
    assert second == pytest.approx(sum(shares[half:]) / (len(shares) - half))


def on_a_sink(head, result):
    return head.key is not None and (head.key == 0 or result.keys(head).tokens[head.key].special)


@pytest.mark.parametrize("name", ["bert", "bert_labels", "distilbert_masked", "gpt2", "bart"])
def test_the_heads_are_in_the_order_of_their_changes(name):
    model = open_model(str(TINY / name))
    value = effects_of(model_tour_of(SENTENCES[0], model))
    effects = {each.name: abs(each.effect) for each in head_effects(value.text, model).heads}
    sizes = [effects[each.name] for each in value.order]
    assert {each.name for each in value.order} == {*effects}
    assert sizes == sorted(sizes, reverse=True)
    small = [each for each in value.order if effects[each.name] < 0.01 * max(sizes)]
    assert {each.name for each in value.small} == {each.name for each in small}
    assert [each.weight for each in value.small] == sorted((each.weight for each in small), reverse=True)
    assert spare_of(value) == (value.small[0] if small else value.order[-1])
    assert share_of_first(value) == pytest.approx(sum(sizes[:5]) / sum(sizes))
    found, sure = crossed(value), value.result.probability
    moved = [each for each in value.order[:5] if value.result.scored and each.effect * (each.probability - sure) < 0]
    assert found == (moved[0] if moved else None)
    heads = value.small[:5] or value.order[::-1][:5]
    assert resting(value) == [each for each in heads if each.weight > 0.5 and on_a_sink(each, value.result)]
    ranks = [sorted(each).index for each in (sizes, [each.weight for each in value.order])]
    pairs = [(ranks[0](a), ranks[1](b.weight)) for a, b in zip(sizes, value.order, strict=True)]
    n = len(pairs)
    if len({*sizes}) == len({each.weight for each in value.order}) == n:
        assert value.correlation == pytest.approx(1 - 6 * sum((a - b) ** 2 for a, b in pairs) / (n * (n * n - 1)))


@pytest.mark.parametrize(
    ("text", "watched"),
    [
        ("he is a dog", "he is a [MASK]"),
        ("he is a dog. ", "he is a [MASK]. "),
        ("the [MASK] barks", "the [MASK] barks"),
        ("…!", "…! [MASK]"),
    ],
)
def test_a_model_that_fills_masks_in_gets_one_in_place_of_the_last_word(text, watched):
    assert watched_text(text, open_model(str(TINY / "distilbert_masked"))) == watched
    assert watched_text(text, open_model(str(TINY / "gpt2"))) == text
