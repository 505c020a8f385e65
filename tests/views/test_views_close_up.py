"""The page of `attn explain --word`."""

import re
from dataclasses import replace

import numpy as np
import pytest
from support.places import TESTS
from test_views_pages import BARK, close, explained

from attncli import explain_model
from attncli.views.screen import Screen
from attncli.views.terminal.close_up import close_up_lines
from attncli.views.terminal.key_table import Keys
from attncli.views.terminal.nearest import moves


def test_a_close_up_shows_every_number_of_its_query():
    explanation = explained()
    close_up = explanation.close_up(8)
    lines = "\n".join(close(explanation, 8))
    for key, word in enumerate(BARK.split()):
        score, part = close_up.scores[0, key], close_up.contributions[0, key]
        rank = 1 + (close_up.weights[0] > close_up.weights[0, key]).sum()
        rank += (close_up.weights[0, :key] == close_up.weights[0, key]).sum()
        dot = explanation.source.inputs.x[8] @ explanation.source.inputs.x[key]
        assert re.search(rf"^{key} {word} +{dot:.2f} +{score:.2f} +\d\.\d\d +{rank} +{part:.2f}", lines, re.M)
    best = close_up.lookup[0]
    assert f"the best match: {BARK.split()[best]}" in lines


@pytest.mark.parametrize(
    ("text", "query", "options", "said"),
    [
        (BARK, 1, {}, "note: is stands here at 1, and also at 6 (--word N)"),
        (BARK, 0, {"mode": "qkv"}, "no nearest words after attention"),
        ("a b", 0, {"mask": ("causal",), "exclude_self": True}, "lets this word see nothing"),
        ("a b c", 0, {"temperature": 0.5}, "q·k / √d_k / temperature; "),
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


def test_only_new_neighbours_are_marked_and_all_stand_in_their_column():
    explanation = explained()
    close_up = explanation.close_up(0)
    after = (replace(close_up.before[0], text="bank"), *close_up.before[1:])
    lines = [line.plain for line in close_up_lines(explanation, replace(close_up, after=after), Screen(80))]
    marked = [line for line in lines if re.search(r"\+ +\d\.\d\d  ", line)]
    assert len(marked) == 1
    assert marked[0].endswith("0.50  bank")
    rows = [line for line in lines if line.count("0.50  ") == 2]
    assert len({line.rindex("0.50") for line in rows}) == 1 < len(rows)


def test_a_vector_moves_towards_its_context_words():
    explanation = explained("a b c", top=1)
    key = explanation.context[0].ranked[0].key
    x, y = explanation.source.inputs.x, explanation.output
    before, after = (v @ x[key] / np.linalg.norm(v) / np.linalg.norm(x[key]) for v in (x[0], y[0]))
    lines = close(explanation, 0)
    assert f"  {'abc'[key]} {before:.2f} → {after:.2f}" in lines
    assert f"Its cosine with {'abc'[key]} was {before:.2f} before" in " ".join(
        close(explanation, 0, 99, accessible=True)
    )


@pytest.mark.parametrize(("options", "moved"), [({}, True), ({"mode": "qkv"}, False), ({"memory": "x y"}, True)])
def test_only_a_vector_among_the_words_moves(options, moved):
    explanation = explained(**options)
    assert bool(moves(explanation, 0)) == moved
    assert any(line.startswith("moved") for line in close(explanation, 0)) == moved


def test_a_vector_of_zeros_has_no_direction():
    explanation = explained("a b")
    explanation.source.inputs.x[0] = 0
    assert [each.before for each in moves(explanation, 0)] == [0]


def test_huge_numbers_are_short_everywhere():
    explanation = explained("a b")
    explanation.layers[0].scores[:] = 1e61
    for accessible in (False, True):
        lines = "\n".join(close(explanation, 0, 200, accessible=accessible))
        assert "1.0e+61" in lines
        assert not re.search(r"\d{9}", lines)


def test_only_minus_infinity_is_hidden():
    explanation = explained("a b c")
    explanation.layers[0].scores[0, 0] = [np.inf, -np.inf, 1.0]
    assert Keys.of(explanation.close_up(0), 0).seen.tolist() == [True, False, True]


def test_no_two_columns_have_the_same_name():
    header = next(line for line in close(explained(), 0) if line.startswith("key"))
    assert header.split() == ["key", "q·k", "score", "weight", "rank", "‖α·v‖", "weight"]  # the last over its bars


@pytest.mark.parametrize("accessible", [False, True])
def test_the_heads_of_a_model_have_their_numbers(accessible):
    explanation = explain_model(BARK, TESTS / "oracles" / "tiny" / "bert", layer=1, head="1,3")
    text = "\n".join(close(explanation, 2, accessible=accessible))
    assert re.findall(r"^[Hh]ead (\d)[:,] ?", text, re.M) == ["1", "3"]
