"""The page of `attn explain --word`."""

import re
from dataclasses import replace

import pytest
from test_views_pages import BARK, close, explained

from attncli.views.close_up import close_up_lines
from attncli.views.screen import Screen


def test_a_close_up_shows_every_number_of_its_query():
    explanation = explained()
    close_up = explanation.close_up(8)
    lines = "\n".join(close(explanation, 8))
    for key, word in enumerate(BARK.split()):
        score, part = close_up.scores[0, key], close_up.contributions[0, key]
        rank = 1 + (close_up.weights[0] > close_up.weights[0, key]).sum()
        rank += (close_up.weights[0, :key] == close_up.weights[0, key]).sum()
        assert re.search(rf"^{key} {word} +{score:.2f} +\d\.\d\d +{rank} +{part:.2f}", lines, re.M)
    best = close_up.lookup[0]
    assert f"the best match: {BARK.split()[best]}" in lines


@pytest.mark.parametrize(
    ("text", "query", "options", "said"),
    [
        (BARK, 1, {}, "note: is stands here at 1, and also at 6 (--word N)"),
        (BARK, 0, {"mode": "qkv"}, "no nearest words after attention"),
        ("a b", 0, {"mask": ("causal",), "exclude_self": True}, "lets this word see nothing"),
        ("a b c", 0, {"temperature": 0.5}, "divided by the temperature 0.5"),
        ("a b", 0, {}, "3 weighted sum"),
    ],
)
def test_a_close_up_says_what_there_is_to_say(text, query, options, said):
    assert said in "\n".join(close(explained(text, **options), query, 120))


def test_neighbours_stand_side_by_side_or_one_under_another():
    explanation = explained()
    assert any(line.split() == ["before", "after"] for line in close(explanation, 0, 80))
    assert [line.strip() for line in close(explanation, 0, 24)].count("after") == 1
    assert r"near\x1b0" in "\n".join(close(explanation, 0, 80))


def test_only_new_neighbours_are_marked():
    explanation = explained()
    close_up = explanation.close_up(0)
    after = (replace(close_up.before[0], text="bank"), *close_up.before[1:])
    lines = close_up_lines(explanation, replace(close_up, after=after), Screen(80))
    marked = [line.plain for line in lines if re.search(r"\+ +\d\.\d\d  ", line.plain)]
    assert len(marked) == 1
    assert marked[0].endswith("0.50  bank")
