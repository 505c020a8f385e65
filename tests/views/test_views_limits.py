"""Pages with long sentences, many heads, weights that are all alike, and emoji."""

import re
from dataclasses import replace

import pytest
from test_views_pages import close, explained, page

from attncli.text.tokens import Unknown


@pytest.mark.parametrize("n", [40, 120, 130, 300])
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_long_sentences_fit_and_say_what_is_left_out(n, width):
    explanation = explained(" ".join(f"word{i}" for i in range(n)))
    lines = page(explanation, width) + close(explanation, n - 1, width)
    assert max(map(len, lines)) <= width
    said = " ".join(" ".join(lines).split())
    assert ("folded: one cell" in said) == (n > 60 or width < 60)
    assert ("strongest of" in said) == (n > 60)
    assert (f"the last {n - 60} words is left out" in said) == (n > 60)


@pytest.mark.parametrize("options", [{}, {"mode": "multihead"}, {"mode": "multihead", "heads": 8}])
@pytest.mark.parametrize("n", [9, 13, 40, 120])
def test_a_wider_screen_makes_no_longer_page(n, options):
    explanation = explained(" ".join(f"word{i}" for i in range(n)), **options)
    lengths = [len(page(explanation, width)) for width in range(40, 250, 10)]
    assert lengths == sorted(lengths, reverse=True)
    assert len(page(explanation, 80)) <= 320


@pytest.mark.parametrize(("n", "most"), [(4, 24), (9, 14), (40, 14)])
def test_more_heads_than_a_page_holds_are_left_out_and_said(n, most):
    explanation = explained(" ".join(f"word{i}" for i in range(n)), mode="multihead", heads=30)
    lines = page(explanation, 80)
    assert f"head {most - 1}" in "\n".join(lines)
    assert not re.search(rf"head {most}\b", "\n".join(lines))
    assert "mean of 30 heads" in "\n".join(lines)
    assert f"note: only the first {most} of 30 heads are drawn" in "\n".join(lines)


@pytest.mark.parametrize(
    ("strongest", "said", "longest"), [(0.12, "0.22: twice an even share", 6), (0.6, "0.60: the largest", 12)]
)
def test_bars_have_a_reference(strongest, said, longest):
    explanation = explained()
    explanation.layers[-1].weights[:] = [[[1 / 9] * 8 + [strongest]] * 9]
    lines = page(explanation, 260)
    start = next(i for i, line in enumerate(lines) if line.startswith("context"))
    assert f"full bar {said}" in lines[start]
    assert len(re.search("█+", lines[start + 1])[0]) == longest


@pytest.mark.parametrize("sign", ["\U0001f469\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f", "1\ufe0f\u20e3"])
@pytest.mark.parametrize("width", range(60, 66))
def test_an_emoji_is_never_broken(sign, width):
    lines = [line.strip() for line in page(explained("x" * 7 + sign * 99), width)]
    assert sum(line.count(sign) for line in lines[2:7] if not line.startswith("0")) >= 99


def test_the_rest_of_an_emoji_stays_with_its_unknown_word():
    sentence = "the 1\ufe0f\u20e3 cat"
    explanation = explained("the cat")
    unknown = replace(explanation.sentence, text=sentence, unknown=(Unknown("1", 4, 5, ()),))
    lines = page(replace(explanation, sentence=unknown))
    assert lines[2] == "  the [1\ufe0f\u20e3?] cat"
