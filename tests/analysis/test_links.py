"""Links against the published algorithms written out, and by hand."""

import numpy as np
import pytest

from attncli.analysis.links import RULES, backward, forward, groups, grow_diag_final, mutual, position_distance
from attncli.settings.alignment import LINKS

HAND = np.array(
    [
        [9.0, 1, 2, 0],  # best: 0
        [8.0, 3, 1, 0],  # best: 0
        [0.0, 5, 7, 6],  # best: 2
    ]
)  # columns' best: 0, 2, 2, 2


def links_of(found):
    return list(zip(*(each.tolist() for each in np.nonzero(found)), strict=True))


def test_directions_by_hand():
    assert links_of(forward(HAND)) == [(0, 0), (1, 0), (2, 2)]
    assert links_of(backward(HAND)) == [(0, 0), (2, 1), (2, 2), (2, 3)]
    assert links_of(mutual(HAND)) == [(0, 0), (2, 2)]


def test_growing_by_hand():
    # (1, 0) is below (0, 0), (2, 1) and (2, 3) are beside (2, 2): each has a word without a link
    assert links_of(grow_diag_final(HAND)) == [(0, 0), (1, 0), (2, 1), (2, 2), (2, 3)]


def test_a_link_far_from_others_is_final():
    scores = np.array([[9.0, 0, 0, 0], [0, 0, 0, 0.5], [0, 0, 0, 0.4], [0.0, 0, 0, 0.6]])
    # forward: 0-0, 1-3, 2-3, 3-3; 1-3 has no linked neighbour at first, but 2-3 is below it
    assert (1, 3) in links_of(grow_diag_final(scores))
    alone = np.array([[0.0, 0, 3.0], [0, 0, 0], [0, 0, 9.0]])
    assert links_of(grow_diag_final(alone)) == published(alone)
    assert (0, 2) in published(alone)


def test_the_first_of_equals_is_the_best():
    assert links_of(mutual(np.zeros((2, 3)))) == [(0, 0)]


@pytest.mark.parametrize("name", LINKS)
def test_a_pair_that_can_have_no_link_has_none(name):
    scores = np.random.default_rng(0).random((4, 5))
    scores[1], scores[:, 2] = -np.inf, -np.inf
    found = RULES[name](scores)
    assert not found[1].any()
    assert not found[:, 2].any()
    assert found.any()
    assert not RULES[name](np.full((2, 3), -np.inf)).any()


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (2, 0, 4)])
def test_few_words(name, shape):
    found = RULES[name](np.zeros(shape))
    assert found.shape == shape
    assert found.dtype == bool
    assert found.sum() == (np.prod(shape) == 1)


def published(scores):
    """Koehn, Och & Marcu's loops as their authors print them, over all pairs."""
    n, m = scores.shape
    e2f = {(i, max(range(m), key=lambda j: (scores[i, j], -j))) for i in range(n)}
    f2e = {(max(range(n), key=lambda i: (scores[i, j], -i)), j) for j in range(m)}
    alignment = e2f & f2e
    while grow_diag(alignment, e2f | f2e, n, m):
        pass
    for direction in (e2f, f2e):
        for new in sorted(direction):
            if is_free(new, alignment):
                alignment.add(new)
    return sorted(alignment)


def grow_diag(alignment, union, n, m):
    added = False
    for e, f in ((e, f) for e in range(n) for f in range(m)):
        for de, df in ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)):
            new = e + de, f + df
            if (e, f) in alignment and new in union and new not in alignment and is_free(new, alignment):
                alignment.add(new)
                added = True
    return added


def is_free(new, alignment):
    return all(new[0] != a for a, _ in alignment) or all(new[1] != b for _, b in alignment)


def test_many_pairs_at_once_are_those_one_by_one_and_as_published():
    rng = np.random.default_rng(1)
    for n, m in [(1, 4), (5, 5), (9, 7), (3, 12)]:
        scores = rng.normal(size=(20, n, m))
        found = grow_diag_final(scores)
        assert [links_of(each) for each in found] == [published(each) for each in scores]
        for rule in RULES.values():
            together = rule(scores.reshape(4, 5, n, m))
            assert (together.reshape(20, n, m) == [rule(each) for each in scores]).all()


def test_the_rules_are_those_of_the_option():
    assert tuple(RULES) == LINKS


def test_the_distance_of_places():
    np.testing.assert_allclose(position_distance(2, 4), [[0, 0.25, 0.5, 0.75], [0.5, 0.25, 0, 0.25]])
    assert position_distance(0, 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((), ()),
        (((0, 0), (1, 1)), (0, 1)),
        (((0, 3), (1, 1), (2, 3)), (0, 1, 0)),
        (((0, 0), (0, 1), (2, 1), (3, 5)), (0, 0, 0, 1)),
        (((0, 0), (1, 2), (2, 0), (2, 2), (4, 4)), (0, 0, 0, 0, 1)),
        (((1, 0), (0, 1)), (0, 1)),  # a source word and a target word of one number are two words
    ],
)
def test_links_that_share_words_are_one_group(pairs, expected):
    assert groups(pairs) == expected
