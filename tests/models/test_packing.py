"""Packs of texts: neighbours in length together, no more tokens and weights than fit, every text in one pack."""

from itertools import pairwise

import pytest

from attncli.models import packing


@pytest.mark.parametrize(("most", "held"), [(10, 2**26), (2048, 400), (1, 1), (2048, 2**26)])
def test_packs_hold_neighbours_in_length(monkeypatch, most, held):
    monkeypatch.setattr(packing, "PACKED", most)
    monkeypatch.setattr(packing, "HELD", held)
    lengths = [5, 3, 9, 3, 1, 7, 3, 12]
    packs = [*packing.by_length(lengths, 2)]
    assert [place for pack in packs for place in pack] == sorted(range(8), key=lambda place: lengths[place])
    for pack in packs:
        fits = sum(lengths[place] for place in pack) <= most
        fits &= sum(8 * lengths[place] ** 2 for place in pack) <= held
        assert fits or len(pack) == 1
    for pack, (first, *_) in pairwise(packs):  # no pack has room for the text behind it
        more = [*pack, first]
        tokens, weights = sum(lengths[place] for place in more), sum(8 * lengths[place] ** 2 for place in more)
        assert tokens > most or weights > held


def test_there_are_no_packs_of_nothing():
    assert [*packing.by_length([], 12)] == []
