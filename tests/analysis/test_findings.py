"""What weights say at first glance: by hand, on matrices that say one thing, and on those that say nothing."""

import numpy as np
import pytest

from attncli.analysis.findings import Finding, findings

WORDS = ("bark", "very", "cute", "he", "dog")


def rows(*weights):
    """Rows of weights as hundredths, which sum to 1."""
    return np.array(weights) / np.sum(weights, axis=1, keepdims=True)


def said(weights, words=WORDS, keys=None, visible=None):
    visible = np.ones(weights.shape, dtype=bool) if visible is None else visible
    return findings(weights, visible, words[: len(weights)], keys)


EVEN = [20] * 5
PAIR = rows([60, 6, 6, 6, 22], [9, 60, 11, 10, 10], [10, 11, 60, 9, 10], EVEN, [25, 8, 8, 8, 51])


def test_a_pair_and_the_words_that_look_at_none_in_particular():
    assert said(PAIR) == (Finding("each other", (0, 4), (4, 0)), Finding("even", (1, 2, 3)))


def test_one_word_that_looks_at_another():
    weights = rows([60, 10, 10, 10, 10], EVEN, EVEN, EVEN, [40, 8, 8, 8, 36])
    assert said(weights)[0] == Finding("at", (4,), (0,))


def test_weights_that_are_all_alike_say_so_once():
    assert said(rows(*[EVEN] * 5)) == (Finding("even", (0, 1, 2, 3, 4), all=True),)


def test_saturated_weights_are_each_word_on_itself():
    assert said(np.eye(5)) == (Finding("itself"),)
    assert said(np.eye(5) * 0.99 + 0.002) == (Finding("itself"),)


@pytest.mark.parametrize(("kind", "offset"), [("before", -1), ("after", 1)])
def test_most_words_look_at_a_neighbour(kind, offset):
    weights = np.eye(5) * 0.1 + np.eye(5, k=offset) * 0.6 + 0.06
    weights /= weights.sum(axis=1, keepdims=True)
    found = said(weights)
    places = tuple(range(1, 5)) if offset < 0 else tuple(range(4))
    assert found[0] == Finding(kind, places, tuple(place + offset for place in places))
    assert {each.kind for each in found[1:]} <= {"even"}


def test_most_words_look_at_one():
    weights = np.full((5, 5), 0.05)
    weights[:, 0] = 0.8
    assert said(weights) == (Finding("one", (1, 2, 3, 4), (0, 0, 0, 0)), Finding("even", (0,)))


def test_the_same_word_is_none_of_the_others():
    weights = rows([40, 5, 40, 5, 10], EVEN, [40, 5, 40, 5, 10], EVEN, EVEN)
    found = said(weights, ("Is", "very", "is", "he", "dog"))
    assert not any(pair in ((0, 2), (2, 0)) for each in found for pair in zip(each.queries, each.keys, strict=False))
    assert Finding("at", (0,), (4,)) not in found  # 10 is not twice the even share of 5, 5, 10


@pytest.mark.parametrize(
    ("words", "weights"),
    [
        (("dog",), np.ones((1, 1))),
        (("a", "dog"), rows([70, 30], [40, 60])),  # nothing beside the one other
        (("dog",) * 5, rows(*[EVEN] * 5)),
        (WORDS, np.zeros((5, 5))),
        (WORDS, np.full((5, 5), np.nan)),
        ((), np.zeros((0, 0))),
    ],
)
def test_nothing_is_said_where_there_is_nothing_to_say(words, weights):
    assert said(weights, words) == ()


def test_masked_words_are_no_others():
    visible = np.tril(np.ones((5, 5), dtype=bool))
    weights = np.where(visible, PAIR, 0)
    weights /= weights.sum(axis=1, keepdims=True)
    found = said(weights, visible=visible)
    assert found[0] == Finding("at", (4,), (0,))  # the pair's other half is masked
    assert all(visible[pair] for each in found for pair in zip(each.queries, each.keys, strict=False))
    nothing = np.zeros((5, 5), dtype=bool)
    assert said(np.zeros((5, 5)), visible=nothing) == ()
    assert said(np.eye(5), visible=np.eye(5, dtype=bool)) == ()  # a word that sees itself alone has no choice


def test_between_two_sentences_nothing_is_a_word_on_itself():
    weights = rows([80, 5, 5], [5, 80, 5], [30, 30, 30])
    found = said(weights, ("a", "dog", "sits"), keys=("a", "dog", "sits"))
    assert found == (Finding("at", (0,), (0,)), Finding("at", (1,), (1,)), Finding("even", (2,)))


def test_the_strongest_come_first():
    strong, weak = rows([50, 2, 2, 40, 2, 2])[0], rows([50, 5, 20, 5, 5, 5])[0]
    weights = np.array([strong, np.roll(weak, 1), np.roll(weak, 1)[::-1], np.roll(strong, 3), np.full(6, 1 / 6)])
    weights = np.vstack([weights, np.full(6, 1 / 6)])
    assert said(weights, (*WORDS, "sits"))[0] == Finding("each other", (0, 3), (3, 0))
