"""`attn heads`: the heads ranked for a pair of words or a pattern."""

import numpy as np
import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from support.places import TESTS

from attncli.errors import UsageError
from attncli.models.model import open_model
from attncli.recipes.head_ranking import pieces_of, rank_model_heads
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import PATTERN_NAMES
from attncli.views.screen import Screen
from attncli.views.terminal.heads import ranking_lines

TINY = TESTS / "oracles" / "tiny"
SENTENCE = "Bark is very cute and he is a dog"


@pytest.fixture(scope="module")
def models():
    return {name: open_model(TINY / name) for name in ("bert", "gpt2", "llama", "roberta")}


def weights_of(model, text):
    return np.stack([layer.attention.weights for layer in model.run(model.read(text).ids)])


@pytest.mark.parametrize(
    ("name", "text", "word", "pieces"),
    [
        ("bert", SENTENCE, "he", (6,)),
        ("bert", SENTENCE, "HE", (6,)),
        ("bert", SENTENCE, "is", (2,)),  # its first place
        ("bert", SENTENCE, "7", (7,)),
        ("bert", SENTENCE, "[CLS]", (0,)),
        ("bert", "the dog barks", "barks", (3, 4)),
        ("bert", "the 3 dogs", "=3", (2,)),
        ("bert", "the 3 dogs", "3", (3,)),  # an index, as in --word
        ("bert", "a = b", "=", (2,)),
        ("gpt2", SENTENCE, "Bark", (0, 1, 2, 3)),
        ("gpt2", "the cat and he", "he", (5,)),  # not the end of `the`
        ("gpt2", "the cat", "he", (1,)),  # but found there if it is nowhere else
        ("gpt2", "a 🐕 dog", "🐕", (2, 3, 4, 5)),
        ("gpt2", "cute dog", "cute dog", (0, 1, 2, 3)),
        ("llama", SENTENCE, "Bark", (1, 2, 3, 4, 5)),
    ],
)
def test_a_word_is_all_its_pieces(models, name, text, word, pieces):
    assert pieces_of(explain_model(text, models[name]).sentence, word, "--from") == pieces


@pytest.mark.parametrize(("from_", "to"), [("he", "dog"), ("dog", "he"), ("Bark", "0"), ("9", "Bark")])
@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_pairs_are_ranked_by_their_weight(models, name, from_, to):
    ranking, weights = rank_model_heads(SENTENCE, models[name], from_=from_, to=to), weights_of(models[name], SENTENCE)
    for layer, head, score, mean in ranking.heads:
        pairs = [[weights[layer, head, i, j] for j in ranking.to] for i in ranking.from_]
        assert score == pytest.approx(np.mean(np.sum(pairs, axis=1)), abs=1e-6)
        seeing = [i for i in range(weights.shape[-1]) if name == "bert" or i >= ranking.to[0]]
        column = [sum(weights[layer, head, i, j] for j in ranking.to) for i in seeing]
        assert mean == pytest.approx(sum(column) / len(seeing), abs=1e-6)
    assert sorted((each.layer, each.head) for each in ranking.heads) == [(i, j) for i in range(2) for j in range(4)]
    scores = [each.score for each in ranking.heads]
    assert scores == sorted(scores, reverse=True)


def on(pattern, ids, i, j):
    return {
        "previous": j == i - 1,
        "next": j == i + 1,
        "duplicate": j < i and ids[i] == ids[j],
        "induction": 0 < j <= i and ids[j - 1] == ids[i],
    }[pattern]


@pytest.mark.parametrize("pattern", PATTERN_NAMES)
def test_patterns_are_the_share_of_weight_on_their_pairs(models, pattern):
    text = "a dog and a dog and he"
    ranking, weights = rank_model_heads(text, models["bert"], pattern=pattern), weights_of(models["bert"], text)
    ids, n = models["bert"].read(text).ids, weights.shape[-1]
    for layer, head, score, _ in ranking.heads:
        expected = sum(weights[layer, head, i, j] for i in range(n) for j in range(n) if on(pattern, ids, i, j)) / n
        assert score == pytest.approx(expected, abs=1e-6)
    assert ranking.heads[0].score > 0
    assert (ranking.pattern, ranking.from_, ranking.to) == (pattern, None, None)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ({}, "from_: missing"),
        ({"from_": "he"}, "to: missing"),
        ({"to": "he"}, "from_: missing"),
        ({"pattern": "next", "to": "he"}, "pattern='next'.*both"),
        ({"pattern": "next", "lift": True}, "pattern='next'.* lift"),
        ({"pattern": "nxt"}, "pattern='nxt'"),
        ({"from_": "cat", "to": "dog"}, "from_='cat'"),
        ({"from_": "dog", "to": "cat"}, "to='cat'"),
        ({"from_": "dog", "to": "99"}, "to='99'"),
        ({"from_": "", "to": "dog"}, "from_=''"),
        ({"from_": "--word", "to": "dog"}, "from_='--word'"),
    ],
)
def test_mistakes_are_quoted(models, by, message):
    with pytest.raises(UsageError, match=message) as caught:
        rank_model_heads(SENTENCE, models["bert"], **by)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "from_", "to", "named"),
    [
        ("a dog and a dog", "and", "dog", "from and on dog[2]"),
        ("a dog and a dog", "and", "5", "from and on dog[5]"),
        ("A dog and a cat", "a", "dog", "from A[1] on dog"),
        ("a cat and a cat", "and", "cat", "from and on cat[2]"),  # c ##a ##t, or letters
        ("he and he", "and", "=HE", "from and on he[1]"),
        ("he cat", "he", "cat", "from he on cat"),
    ],
)
def test_a_word_that_stands_twice_is_named_with_its_place(models, text, from_, to, named):
    ranking = rank_model_heads(text, models["roberta" if "cat" in text else "bert"], from_=from_, to=to)
    shown = "\n".join(line.plain for line in ranking_lines(ranking, Screen(width=100)))
    assert f"by the weight {named}\n" in shown


@needs_minilm
def test_the_head_of_minilm_that_links_he_to_dog_comes_first():
    layer, head, score, _ = rank_model_heads(SENTENCE, open_model(MINILM), from_="he", to="dog").heads[0]
    assert (layer, head) == (1, 7)
    assert score == pytest.approx(0.28, abs=0.005)


COREFERENCE = "The animal didn't cross the street because it was too tired"


@needs_minilm
def test_the_head_that_sends_everything_to_animal_is_not_the_first_by_lift():
    pair = {"from_": "it", "to": "animal"}
    by_weight, by_lift = (
        rank_model_heads(COREFERENCE, open_model(MINILM), **pair, lift=lift) for lift in (False, True)
    )
    first, second = by_weight.heads[:2]
    assert (first.layer, first.head, round(first.mean, 3)) == (5, 11, 0.412)
    assert by_lift.heads[:2] == (second, first)
    lifts = [each.lift for each in by_lift.heads]
    assert lifts == sorted(lifts, reverse=True)


@pytest.mark.parametrize(("width", "shown"), [(80, ["mean", "lift"]), (40, ["mean"])])
@pytest.mark.parametrize("lift", [False, True])
def test_weight_mean_and_lift_stand_in_one_line(models, width, shown, lift):
    ranking = rank_model_heads(SENTENCE, models["bert"], from_="he", to="dog", lift=lift)
    lines = [line.plain for line in ranking_lines(ranking, Screen(width)) if line.plain.startswith("layer")]
    first = ranking.heads[0]
    for name in ["lift"] if lift and len(shown) == 1 else shown:
        assert f"{name} {getattr(first, name):{'+' * (name == 'lift')}.3f}" in lines[0]
    assert max(map(len, lines)) <= width
