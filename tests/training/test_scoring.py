"""The evaluation: it leaks nothing, a block that went wrong gains nothing, and each knock-out cuts what it names."""

from dataclasses import replace

import numpy as np
import pytest

from attncli.training.evaluation import evaluate
from attncli.training.files import bundled_block
from attncli.training.scoring import CANDIDATES, ask, negatives_of, reciprocal_ranks, score_candidates

SENTENCE = "the king spoke and the queen of the river answered her"


@pytest.fixture(scope="module")
def given(request):
    from attncli import open_vectors

    return bundled_block(open_vectors(), 3)


@pytest.fixture(scope="module")
def rows():
    from attncli import open_vectors

    found = open_vectors().find(SENTENCE.split())
    return [found[word] for word in SENTENCE.split()]


def question_about(rows, vectors, place):
    question = ask([rows], vectors.words, seed=0)[0]
    at = question.places.tolist().index(place) if place in question.places else 0
    return question._replace(places=question.places[[at]], candidates=question.candidates[[at]])


def assert_same_scores(found, expected):
    """Sums in float32, taken in another order: what they differ by goes with the terms, not with a sum near zero."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


def test_no_candidate_knows_which_word_is_the_true_one(vectors, given, rows):
    """A candidate's score is the same whichever word stands at the place: it is hidden, and asks for itself alone."""
    question = question_about(rows, vectors, 5)
    other = question.rows.copy()
    other[question.places[0]] = vectors.find(["horse"])["horse"]
    found, changed = (
        score_candidates(each, given, vectors).scores for each in (question, question._replace(rows=other))
    )
    assert_same_scores(found[:, 1:], changed[:, 1:])


def test_the_order_of_the_candidates_does_not_matter(vectors, given, rows):
    question = question_about(rows, vectors, 5)
    backwards = question._replace(candidates=question.candidates[:, ::-1])
    found, turned = (score_candidates(each, given, vectors).scores for each in (question, backwards))
    assert_same_scores(found, turned[:, ::-1])


def test_a_repeat_of_the_true_word_is_hidden_too(vectors, given, rows):
    asked = ask([rows], vectors.words, seed=0)[0]
    the = np.flatnonzero(asked.rows == asked.rows[0])
    question = asked._replace(places=the[:1], candidates=np.array([[rows[0], rows[1], rows[5]]]))
    weights = score_candidates(question, given, vectors).weights  # [n_head, 1, n]
    assert (weights[..., the] == 0).all()
    assert weights.sum(-1) == pytest.approx(np.ones((3, 1)))


@pytest.mark.parametrize(
    ("scores", "rank"),
    [([3, 1, 2], 1), ([1, 3, 2], 3), ([2, 2, 1], 1.5), ([np.nan, 1, 2], 3), ([np.inf, 1, 2], 3), ([np.nan] * 3, 2)],
)
def test_ranks(scores, rank):
    assert reciprocal_ranks(np.array([scores], dtype=float)) == pytest.approx([1 / rank])


@pytest.mark.parametrize("words", [2, 5, 90, 101, 50_000])
def test_rivals_are_other_words_each_once(words):
    question = ask([[0, 1, 0, 1]], words, seed=3)[0]
    assert question.candidates.shape[1] == 1 + negatives_of(words) <= 1 + CANDIDATES
    for candidates in question.candidates.tolist():
        assert len(set(candidates)) == len(candidates)
        assert max(candidates) < words


def test_the_places_are_the_same_under_every_seed(rows):
    first, second = (ask([rows], 50_000, seed)[0] for seed in (0, 1))
    np.testing.assert_array_equal(first.places, second.places)
    assert (first.candidates != second.candidates).any()


def test_knock_outs_cut_what_they_name(vectors, given, rows):
    block = given.block
    content_only = replace(
        given,
        block={**block, "position_bias": 0 * block["position_bias"], "key_offset_bias": 0 * block["key_offset_bias"]},
    )
    found = {row.name: row for row in evaluate("x", content_only, vectors, [rows]).rows}
    assert found["positions_zeroed"].mrr == found["intact"].mrr  # there are none to zero
    assert found["content_zeroed"].mrr == found["uniform"].mrr  # nothing else is left
    assert found["uniform"].diversity == 0
    assert found["shuffled"].mrr == pytest.approx(found["intact"].mrr)  # without positions order does not matter
