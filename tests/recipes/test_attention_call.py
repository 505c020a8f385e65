"""Every option reaches attention by all its routes: at once, in blocks, for one query, and over a corpus."""

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest

import attncli.attention.streamed as streamed
import attncli.corpus.attending as attending
import attncli.recipes.explaining as explaining
from attncli import explain
from attncli.corpus.attending import Attender
from attncli.recipes.attention_call import word_numbers
from attncli.settings.explanation import Settings, check_settings

TEXT = "the king saw the queen and the dog saw the king of the queen by the river"
QUERY = 4
OPTIONS = {
    "mode": {"mode": "qkv"},
    "method": {"method": "additive"},
    "heads": {"mode": "multihead", "heads": 3},
    "layers": {"layers": 3, "temperature": 0.5},
    "projections": {"mode": "multihead", "heads": 2, "projections": "identity"},
    "seed": {"mode": "multihead", "heads": 2, "projections": "random", "seed": 5},
    "mask": {"mask": ["causal", "window:3"]},
    "exclude_self": {"mode": "multihead", "heads": 3, "exclude_self": False},
    "temperature": {"temperature": 0.3},
    "sigma": {"method": "kernel", "sigma": 2.5},
    "positions": {"positions": "sinusoidal"},
    "top": {"top": 3},
}
ELSEWHERE = {"memory", "word", "cut", "unknown"}  # of one text, not of attention; a corpus has no memory


def test_every_option_is_here():
    assert {*OPTIONS} == {each.name for each in fields(Settings)} - ELSEWHERE


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_all_routes_give_the_same(vectors, monkeypatch, options):
    whole = explain(TEXT, vectors, **options)
    n, top = len(whole.sentence.tokens), whole.top
    expected = [[(each.key, each.weight) for each in context.ranked] for context in whole.context]
    monkeypatch.setattr(streamed, "ROWS", 5)
    monkeypatch.setattr(streamed, "COLUMNS", 4)

    monkeypatch.setattr(explaining, "MAX_BYTES", 0)
    long = explain(TEXT, vectors, **options)
    in_blocks = [[(each.key, each.weight) for each in context.ranked] for context in long.context]
    check_alike(in_blocks, expected, 1e-12)

    one = long.close_up(QUERY)
    np.testing.assert_allclose(one.weights, whole.weights[-1, :, QUERY], atol=1e-12)
    np.testing.assert_allclose(one.scores, whole.scores[-1, :, QUERY], atol=1e-10)

    rows, table = word_numbers(whole.sentence), vectors.rows([token.row for token in whole.sentence.tokens])
    for limit in (attending.LONG, 0):
        monkeypatch.setattr(attending, "LONG", limit)
        attender = Attender(vectors, check_settings(**options))
        places = np.arange(n)[None]  # [1, n]
        (batch,) = attender.attend(np.array([0]), table.astype(np.float32), rows, places)
        keys, weights = (each[0].tolist() for each in batch.strongest)  # [n, top] both
        found = [[pair for pair in zip(*row, strict=True) if pair[0] >= 0] for row in zip(keys, weights, strict=True)]
        check_alike(found, [row[:top] for row in expected], 1e-5)


def check_alike(found, expected, error):
    """Ranked keys with their weights, the same up to the order of equal ones."""
    for mine, its in zip(found, expected, strict=True):
        assert [weight for _, weight in mine] == pytest.approx([weight for _, weight in its], abs=error)
        last = min((weight for _, weight in its), default=0) + error
        clear = [{key for key, weight in each if weight > last} for each in (mine, its)]
        assert clear[0] == clear[1]
    assert Counter(map(len, found)) == Counter(map(len, expected))


def test_an_option_changes_the_numbers(vectors):
    plain = explain(TEXT, vectors)
    for name in ("mode", "method", "layers", "mask", "temperature", "sigma", "positions"):
        changed = explain(TEXT, vectors, **OPTIONS[name])
        assert np.abs(changed.mean_weights - plain.mean_weights).max() > 1e-3, name
