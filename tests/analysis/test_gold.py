"""Agreement with gold links: Och & Ney's formula by hand, and a plain script of its own on random links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.analysis.gold import Agreement, Gold, agreement


def gold(sure, possible=()):
    return Gold(frozenset(sure), frozenset([*sure, *possible]))


# links, sure, possible; |A|, |S|, |A ∩ S|, |A ∩ P|; precision, recall, F1, AER by hand
HAND = [
    ([(0, 0), (1, 1)], [(0, 0), (1, 1)], [], (2, 2, 2, 2), (1, 1, 1, 0)),
    ([(0, 0), (1, 2)], [(0, 0), (1, 1)], [(1, 2)], (2, 2, 1, 2), (1, 1 / 2, 2 / 3, 1 / 4)),  # 1 − (1 + 2) / (2 + 2)
    ([(0, 0), (2, 2), (3, 0)], [(0, 0)], [(2, 2)], (3, 1, 1, 2), (2 / 3, 1, 4 / 5, 1 / 4)),  # 1 − (1 + 2) / (3 + 1)
    ([(1, 0)], [(0, 1)], [], (1, 1, 0, 0), (0, 0, 0, 1)),  # the other way round is another link
    ([], [(0, 0)], [], (0, 1, 0, 0), (None, 0, None, 1)),
    ([(0, 0)], [], [(0, 0)], (1, 0, 0, 1), (1, None, None, 0)),  # 1 − (0 + 1) / (1 + 0)
    ([(0, 0), (0, 0)], [(0, 0)], [], (1, 1, 1, 1), (1, 1, 1, 0)),  # a link counts once
    ([], [], [], (0, 0, 0, 0), (None, None, None, None)),
]


@pytest.mark.parametrize(("links", "sure", "possible", "counts", "expected"), HAND)
def test_the_figures_by_hand(links, sure, possible, counts, expected):
    found = agreement(links, gold(sure, possible))
    assert (found.found, found.sure, found.found_sure, found.found_possible, found.pairs) == (*counts, 1)
    for value, each in zip((found.precision, found.recall, found.f1, found.aer), expected, strict=True):
        assert value == pytest.approx(each)


def test_pairs_are_added_up_and_their_shares_are_not_averaged():
    many = agreement([(i, i) for i in range(9)], gold([(i, i) for i in range(9)]))
    both = many + agreement([(0, 1)], gold([(0, 0)]))
    assert both == Agreement(10, 10, 9, 9, 2)
    assert (both.precision, both.recall, both.aer) == pytest.approx((0.9, 0.9, 0.1))


links = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)))


@given(st.lists(st.tuples(links, links, links), min_size=1, max_size=4))
def test_a_plain_script_agrees(corpus):
    total, a_and_s, a_and_p, a_size, s_size = Agreement(), 0, 0, 0, 0
    for found, sure, possible in corpus:
        total += agreement(found, gold(sure, possible))
        for link in found:
            a_size += 1
            a_and_s += link in sure
            a_and_p += link in sure or link in possible
        s_size += len(sure)
    assert total.aer == (pytest.approx(1 - (a_and_s + a_and_p) / (a_size + s_size)) if a_size + s_size else None)
    assert total.precision == (a_and_p / a_size if a_size else None)
    assert total.recall == (a_and_s / s_size if s_size else None)


def test_a_link_that_leads_out_of_the_sentences_is_found():
    far = gold([(0, 0), (3, 1)], [(2, 5)])
    assert far.reaches_beyond(4, 6) is None
    assert far.reaches_beyond(4, 5) == (2, 5)
    assert far.reaches_beyond(3, 6) == (3, 1)
