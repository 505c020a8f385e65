"""The pages of `attn explain` and `attn compare`: they fit, read without colours, and say what is left out."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from attncli.recipes.explaining import explain_inputs
from attncli.recipes.inputs import Inputs
from attncli.settings.explanation import check_settings
from attncli.text.tokens import Sentence, Token, Unknown
from attncli.views.screen import Screen
from attncli.views.terminal.accessible import explain_sentences
from attncli.views.terminal.close_up import close_up_lines
from attncli.views.terminal.explain import explain_lines

BARK = "Bark is very cute and he is a dog"
MIXED = (
    "注意 is e\u0301te\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467 أحمد internationalisation "
    "क्\u200dष \u2764\ufe0f [red]x[/red] :smile:"
)
HOSTILE = "\x1b[31mred\x1b]0;x\x07 \u202eevil \x9bm a\\ [/] 'q' \udcff"


class SomeVectors:
    """Vectors of any word, the same for the same word."""

    name, words, dimensions, composed_of = "attn-en", 50_000, 8, None
    info = SimpleNamespace(cross_temperature=None)

    def rows(self, rows):
        return np.random.default_rng(1).normal(size=(5000, self.dimensions))[list(rows)]

    def near(self, vectors, top=10):
        return np.arange(len(vectors) * top).reshape(-1, top), np.full((len(vectors), top), 0.5)

    def text(self, rows):
        return [f"near\x1b{row}" for row in rows]


def read(text, unknown=()):
    """A sentence of the words between spaces, those in `unknown` not known."""
    spans = [(match.start(), match.end()) for match in re.finditer("[^ ]+", text)]
    known = [(a, b) for a, b in spans if text[a:b] not in unknown]
    places = {text[a:b].lower(): i for i, (a, b) in enumerate(known)}
    tokens = (Token(i, text[a:b], text[a:b].lower(), a, b, places[text[a:b].lower()]) for i, (a, b) in enumerate(known))
    missing = (Unknown(text[a:b], a, b, ("quiz",)) for a, b in spans if text[a:b] in unknown)
    return Sentence(text, tuple(tokens), tuple(missing))


def inputs_of(text=BARK, unknown=(), memory=None):
    """A sentence, maybe its memory, and made-up vectors of their words."""
    sentence, other = read(text, unknown), None if memory is None else read(memory)
    x, key_x = (SomeVectors().rows(t.row for t in each.tokens) for each in (sentence, other or sentence))
    return Inputs(SomeVectors(), sentence, other, x, key_x)


def explained(text=BARK, unknown=(), **options):
    return explain_inputs(inputs_of(text, unknown, options.get("memory")), check_settings(**options))


def page(explanation, width=80, **screen):
    return [line.plain for line in explain_lines(explanation, Screen(width, **screen))]


def close(explanation, query, width=80, **screen):
    return [line.plain for line in close_up_lines(explanation, explanation.close_up(query), Screen(width, **screen))]


OPTIONS = [
    {},
    {"mode": "multihead", "heads": 3, "mask": ("causal",)},
    {"memory": "der alte Hund bellt 注意", "mode": "qkv"},
    {"layers": 2, "exclude_self": True, "temperature": 0.5, "top": 12},
    {"mask": ("window:0",), "exclude_self": True},
]


@pytest.mark.parametrize("colours", ["truecolor", "256", "16", "none"])
@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("text", [BARK, MIXED, HOSTILE, "dog", "dog " * 9])
def test_no_line_is_wider_than_the_screen(text, options, width, colours):
    explanation = explained(text, **options)
    for accessible in (False, True):
        screen = Screen(width, colours, accessible=accessible)
        lines = [*explain_lines(explanation, screen), *close_up_lines(explanation, explanation.close_up(0), screen)]
        assert max(cell_len(line.plain) for line in lines) <= width
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", "".join(line.plain for line in lines))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "attends to; a row sums to 1"),
        (
            {"mask": ("causal",), "exclude_self": True},
            "attends to; the weights of a word sum to 1 where it sees anything",
        ),
        ({"mask": ("window:0",), "exclude_self": True}, "attends to"),
    ],
)
def test_the_sum_of_a_row_is_said_where_it_holds(options, said):
    assert next(line for line in page(explained(**options), 140) if line.startswith("weights")).endswith(said)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.text(st.characters(), min_size=1), min_size=1, max_size=9).map(" ".join),
    st.integers(20, 90),
    st.sampled_from(["utf-8", "ascii", "cp1252"]),
)
def test_whatever_is_typed(text, width, encoding):
    explanation = explained("word " + text.replace("\n", " "))
    for lines in (page(explanation, width, encoding=encoding), close(explanation, 0, width, encoding=encoding)):
        assert max(map(cell_len, lines)) <= width
        "".join(lines).encode(encoding)


def test_the_ranked_words_and_weights_can_be_read_without_colours():
    explanation = explained(top=3)
    lines = page(explanation, 120)
    start = next(i for i, line in enumerate(lines) if line.startswith("context"))
    shown_lines = lines[start + 1 :][: len(explanation.context)]
    for context, line in zip(explanation.context, shown_lines, strict=True):
        shown = re.findall(r"([a-zA-Z]+)(?:\[(\d)\])? +(\d\.\d\d)", line.split("=")[1])
        assert [word for word, _, _ in shown] == [each.text for each in context.ranked]
        assert all(abs(float(n) - each.weight) <= 0.01 for (_, _, n), each in zip(shown, context.ranked, strict=True))


def test_colours_change_nothing_in_the_words():
    explanation = explained(mode="multihead", mask=("causal",))
    shades = re.compile("[░▒▓█]")
    plain, coloured = (shades.sub(" ", "\n".join(page(explanation, 120, colours=c))) for c in ("none", "truecolor"))
    assert plain.replace("note: shades", "note: colours") == coloured


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "mode self · method scaled · vectors attn-en (50,000 × 8)"),
        ({"mode": "multihead", "seed": 4}, "heads 3 · projections random (seed 4)"),
        ({"mask": ("window:2", "causal"), "temperature": 0.5}, "mask causal + window:2 · temperature 0.5"),
        ({"layers": 2}, "note: this is the last of 2 layers; --json has all of them"),
        ({"mode": "qkv"}, "warning: the projections are random"),
        ({"mask": ("causal",)}, "note: a · stands where the mask lets nothing be seen"),
        ({"memory": "a cat"}, "keys     a cat"),
    ],
)
def test_the_page_says_what_it_shows(options, said):
    assert said in "\n".join(page(explained(**options), 120))


def test_several_heads_and_their_mean_are_shown():
    lines = "\n".join(page(explained(mode="multihead"), 80))
    assert [name for name in ("head 0", "head 1", "head 2", "mean of 3 heads") if name in lines][
        -1
    ] == "mean of 3 heads"
    assert lines.count("head 1") == 1


def test_the_mean_hides_only_what_no_head_sees():
    explanation = explained("a b", mode="multihead", heads=2)
    layer = explanation.layers[-1]
    layer.scores[0, 1, 0] = -np.inf  # one head does not see the first place, no head the second
    layer.visible[0, 1] = False
    lines = page(explanation, 30)
    first = lines.index("mean of 2 heads") + 2
    rows = [re.findall(r"·|\.\d\d", row) for row in lines[first : first + 2]]
    assert [[cell == "·" for cell in row] for row in rows] == [[False, True], [False, False]]


def test_unknown_words_are_marked_and_named():
    lines = page(explained("the qwzx cat", unknown=("qwzx",)))
    assert lines[2] == "  the [qwzx?] cat"
    assert "note: [qwzx?] is not in attn-en and takes no part; nearest spellings: quiz" in lines


def test_a_word_that_sees_nothing_says_so():
    lines = page(explained("a b", mask=("causal",), exclude_self=True))
    assert any(line.startswith("0 a") and line.endswith("sees nothing else") for line in lines)


def test_plain_sentences_for_screen_readers():
    explanation = explained(top=2)
    itself, ranked = explanation.context[0].itself, explanation.context[0].ranked
    names = ["Bark", "is (word 1)", "very", "cute", "and", "he", "is (word 6)", "a", "dog"]
    told = " ".join(line.plain for line in explain_sentences(explanation, Screen(500, accessible=True)))
    first, second = (f"{names[each.key]} with {each.weight:.2f}" for each in ranked)
    assert f"Bark attends to itself with {itself:.2f}, then to {first}, {second}." in told


@pytest.mark.parametrize("options", OPTIONS)
def test_accessible_pages_have_no_bars_and_no_shades(options):
    explanation = explained(**options)
    lines = page(explanation, accessible=True) + close(explanation, 0, accessible=True)
    assert not re.search("[\u2500-\u259f·→]|   ", "".join(line.lstrip() for line in lines))  # notes are indented
