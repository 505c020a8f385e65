"""The value of heads held against a treebank, from tallies that are made by hand."""

from collections import Counter

import pytest
from scipy.stats import binomtest

from attncli.analysis.relations import Tally
from attncli.corpus.treebank_heads import Numbers, TreebankHeads, relation_heads
from attncli.recipes.model_source import ModelInfo

NUMBERS = Numbers((2, 5), (0, 3))


def tally(correct, offsets):
    """correct: {(layer, head, direction) by place: pairs that are found}."""
    made = Tally.of(2, 2)
    for place, found in correct.items():
        made.correct[place] = found
    made.offsets = Counter(offsets)
    return made


FIRST = tally({(0, 0, 0): 3, (1, 1, 1): 5}, {1: 4, -1: 2})  # 6 pairs
SECOND = tally({(0, 0, 0): 4, (1, 1, 1): 1}, {1: 1, -1: 3})  # 4 pairs


def test_the_best_head_is_of_all_and_its_judgement_of_others():
    found = relation_heads("obj", FIRST, SECOND, FIRST + SECOND, NUMBERS)
    assert (found.relation, found.count, found.offset, found.baseline) == ("obj", 10, -1, 0.5), (
        "of 5 and 5 the word in front"
    )
    best = found.best
    assert (best.layer, best.head, best.direction, best.accuracy, best.beats) == (2, 0, "dependent", 0.7, False)
    known = binomtest(7, 10).proportion_ci(method="wilson")
    assert best.interval == pytest.approx((known.low, known.high), abs=1e-7)
    held = found.held_out  # chosen on the first six: 5.3, head, and offset 1
    assert (held.layer, held.head, held.direction, held.accuracy) == (5, 3, "head", 0.25)
    assert (held.count, held.offset, held.baseline, held.beats) == (4, 1, 0.25, False)


def test_a_head_beats_where_all_of_its_interval_is_above_the_baseline():
    many = tally({(0, 0, 0): 60, (0, 1, 1): 58, (1, 1, 0): 59, (1, 1, 1): 62}, {1: 50, -1: 50})
    found = relation_heads("obj", many, many, many, NUMBERS)
    low = [binomtest(k, 100).proportion_ci(method="wilson").low for k in (60, 58, 59, 62)]
    assert found.intervals[[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 0, 1], 0] == pytest.approx(low, abs=1e-7)
    assert found.beats.nonzero()[0].tolist() == [0, 1]
    assert (found.beating, found.best.beats, found.held_out.beats) == (2, True, True)


@pytest.mark.parametrize("halves", [(FIRST, tally({}, {})), (tally({}, {}), SECOND)])
def test_nothing_is_held_out_where_a_half_has_no_pair(halves):
    assert relation_heads("obj", *halves, halves[0] + halves[1], NUMBERS).held_out is None


def test_scores_come_by_layer_head_and_direction():
    found = relation_heads("obj", FIRST, SECOND, FIRST + SECOND, NUMBERS)
    info = ModelInfo("m", "bert", 6, 4, 1)
    heads = TreebankHeads(info, ("en.conllu",), None, 2, 20, 0, 10, 0, *NUMBERS, (found,))
    scores = [*heads.scores(found)]
    assert [(each.layer, each.head, each.direction) for each in scores] == [
        (layer, head, direction) for layer in (2, 5) for head in (0, 3) for direction in ("dependent", "head")
    ]
    assert scores[0] == found.best
    assert [each.accuracy for each in scores] == [0.7, 0, 0, 0, 0, 0, 0, 0.6]
    assert heads.beyond == ()


def test_a_held_out_head_also_beats_the_best_distance_of_the_pairs_that_it_is_judged_on():
    chosen_on = tally({(0, 0, 0): 3}, {7: 2, 1: 1})
    judged_on = tally({(0, 0, 0): 6}, {1: 18, 2: 2})  # 0.15 to 0.52; the distance 7 is none of them
    held = relation_heads("vocative", chosen_on, judged_on, chosen_on + judged_on, NUMBERS).held_out
    assert (held.offset, held.baseline, held.interval[0] > held.baseline, held.beats) == (7, 0, True, False)
