"""The two traps of the objective, and that its faster sum over negatives is attention as `attend` computes it."""

import numpy as np
import pytest
from support.blocks import small_batch, small_block

from attncli.attention.attend import attend
from attncli.attention.similarity import method_of
from attncli.heads.parameters import project
from attncli.settings.explanation import METHODS
from attncli.training.objective import read_keys, readings, score_negatives, score_truth

BLIND = np.array([[False] * 6, [False] * 6, [True, True, False, False, False, False]])


def scores(block, batch, method="scaled"):
    keys = read_keys(block, batch)
    return score_truth(block, batch, keys, method).scores, score_negatives(block, batch, keys, method).scores


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_negatives_are_scored_by_attention_with_their_own_query(method):
    block, batch = small_block(method), small_batch()
    keys, found = read_keys(block, batch), scores(block, batch, method)[1]
    q = project(batch.e, block["w_q"]) + block["b_q"][:, None]  # [n_head, c, d_k]
    given = {name: block[name] for name in method_of(method).parameters}
    for place in range(6):
        bias = np.repeat(keys.bias[:, :, place : place + 1], len(q[0]), axis=2)
        context = attend(
            q, keys.k, keys.v, method=method, mask=bias, temperature=block["temperature"], parameters=given
        )
        expected = np.einsum("shcd,hcd->sc", context.context, project(batch.e, readings(block)))
        np.testing.assert_allclose(found[:, place], expected, atol=1e-9)


def test_a_true_word_among_the_negatives_gets_the_same_score_there():
    """Were candidates scored with the true word's query, a negative's score would not be that of the word itself."""
    block, batch = small_block(), small_batch()
    true, negatives = scores(block, batch)
    np.testing.assert_allclose(negatives[0, 1, 0], true[0, 1], atol=1e-12)  # word 1 is negative 0
    np.testing.assert_allclose(negatives[0, 2, 1], true[0, 2], atol=1e-12)  # word 2 is negative 1


def test_the_score_of_a_candidate_knows_nothing_of_the_word_at_the_place():
    block, batch = small_block(), small_batch()
    other = batch.rows.copy()
    other[0, 0] = 11
    changed = batch._replace(rows=other, x=batch.x.copy())
    changed.x[0, 0] = 3.0
    same(scores(block, changed)[1][0, 0], scores(block, batch)[1][0, 0])


def test_the_same_word_at_another_place_is_not_seen():
    block, batch = small_block(), small_batch()
    changed = batch._replace(x=batch.x.copy())
    changed.x[0, 3] = 3.0  # the second occurrence of the word at place 1
    same(scores(block, changed)[1][0, 1], scores(block, batch)[1][0, 1])
    same(scores(block, changed)[0][0, 1], scores(block, batch)[0][0, 1])
    assert (scores(block, changed)[1][0, 0] != scores(block, batch)[1][0, 0]).all()


def test_padding_is_not_seen():
    block, batch = small_block(), small_batch()
    changed = batch._replace(x=batch.x.copy())
    changed.x[1, 4:] = 9.0
    same(scores(block, changed)[1][1, :4], scores(block, batch)[1][1, :4])


def test_a_place_that_sees_nothing_scores_nothing():
    block, batch = small_block(), small_batch()
    true, negatives = scores(block, batch)
    assert (true[BLIND] == 0).all()
    assert (negatives[BLIND] == 0).all()
