"""The page of `attn compare`."""

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from test_views_pages import BARK, MIXED, SomeVectors, inputs_of

from attncli import compare
from attncli.recipes.comparison import Comparison, compare_with
from attncli.recipes.explanation import Context, Ranked
from attncli.settings.explanation import check_settings
from attncli.views.screen import Screen
from attncli.views.terminal.compare import compare_lines, context_changes


def compared(monkeypatch, text=BARK, **options):
    """`dot` and `cosine` against `scaled`."""
    inputs = inputs_of(text)
    monkeypatch.setattr("attncli.recipes.comparison.read_inputs", lambda *_: inputs)
    return compare_with(text, check_settings(**options), SomeVectors(), ("dot", "cosine"))


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize("text", [BARK, MIXED, "dog"])
@pytest.mark.parametrize("accessible", [False, True])
def test_a_comparison_is_no_wider_either(monkeypatch, text, width, accessible):
    lines = compare_lines(compared(monkeypatch, text), Screen(width, "truecolor", accessible=accessible))
    assert max(cell_len(line.plain) for line in lines) <= width


def test_a_comparison_has_its_measures_and_differences(monkeypatch):
    comparison = compared(monkeypatch)
    lines = [line.plain for line in compare_lines(comparison, Screen(100))]
    rows = [line.split() for line in lines if line.startswith(tuple(each.method for each in comparison.methods))]
    assert rows[0] == ["scaled", f"{comparison.methods[0].entropy:.2f}", "0.000", "1.00", "100%", "baseline"]


def test_differences_are_the_method_less_the_baseline(monkeypatch):
    baseline, *others = compared(monkeypatch).methods
    lines = shown(Comparison((baseline, *others)), 60)
    for method in others:
        row = lines[lines.index(f"{method.method} - scaled") + 2].removeprefix("0 Bark")
        hundredths = [int(number) for number in row.split()]
        assert hundredths == pytest.approx(100 * (method.weights[0] - baseline.weights[0]), abs=1)


def shown(comparison, width, **screen):
    return [line.plain for line in compare_lines(comparison, Screen(width, **screen))]


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (60, ["scaled", "dot", "dot - scaled", "cosine", "cosine - scaled"]),
        (80, ["scaled", "dot dot - scaled", "cosine cosine - scaled"]),
        (120, ["scaled dot dot - scaled", "scaled cosine cosine - scaled"]),
    ],
)
def test_the_baseline_is_repeated_only_beside_another_matrix(monkeypatch, width, titles):
    lines = [" ".join(line.split()) for line in shown(compared(monkeypatch), width)]
    matrices = lines[next(i for i, line in enumerate(lines) if line.startswith("top-1")) + 1 :]
    found = [line for line in matrices if re.fullmatch(r"(scaled|dot|cosine|- | )+", line)]
    assert found == titles


@pytest.mark.parametrize(("n", "left_out"), [(13, False), (33, False), (34, True)])
def test_of_long_sentences_only_the_differences_are_stacked(monkeypatch, n, left_out):
    lines = shown(compared(monkeypatch, " ".join(f"word{i}" for i in range(n))), 60)
    assert ("dot" in lines) != left_out
    assert "dot - scaled" in lines
    assert any("the weights of each method are left out" in line for line in lines) == left_out


@pytest.mark.parametrize("n", [9, 13, 20, 40, 120])
def test_a_wider_screen_makes_no_longer_page(monkeypatch, n):
    comparison = compared(monkeypatch, " ".join(f"word{i}" for i in range(n)))
    lengths = [len(shown(comparison, width)) for width in (40, 60, 80, 100, 120, 160, 240)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] < 300


def ranked(*keys):
    return Context(0, 0.5, tuple(Ranked(key, "abcdef"[key], 0.1) for key in keys))


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ((1, 2, 3), "no word has other context words"),
        ((2, 1, 3), "a: b → c"),
        ((1, 3, 2), "another order only: a"),
        ((1, 4, 5), "a: +e +f -c -d"),
        ((4, 1, 2), "a: b → e, +e -d"),
        ((), "a: -b -c -d"),
    ],
)
def test_the_changed_context_words_are_named(monkeypatch, now, said):
    baseline, method, _ = compared(monkeypatch, "a b c d e f").methods
    for compared_method, keys in ((baseline, (1, 2, 3)), (method, now)):
        compared_method.explanation.__dict__["context"] = (ranked(*keys),)
    lines = context_changes(Comparison((baseline, method)), Screen(80)).lines
    assert " ".join(lines[-1].plain.split()) == f"dot {said}"


def test_many_changed_words_are_left_out_and_counted(monkeypatch):
    baseline, method, _ = compared(monkeypatch, " ".join(f"word{i}" for i in range(30))).methods
    method.explanation.__dict__["context"] = tuple(
        replace(each, ranked=tuple(reversed(each.ranked))) for each in baseline.context
    )
    block = context_changes(Comparison((baseline, method)), Screen(100))
    assert sum(line.plain.count(": ") for line in block.lines) == 10
    assert block.notes[0].startswith("20 more words")


@pytest.mark.parametrize(("options", "included"), [({}, True), ({"exclude_self": True}, False)])
def test_the_legend_says_whether_the_word_itself_counts(monkeypatch, options, included):
    said = " ".join(" ".join(shown(compared(monkeypatch, **options), 200)).split())
    assert ("largest weight, itself included, is on" in said) == included
    assert "log2 n the same on n words (9: 3.17)" in said


def test_a_baseline_alone_is_a_comparison_too(monkeypatch):
    comparison = Comparison(compared(monkeypatch).methods[:1])
    assert any(line.plain.startswith("scaled") for line in compare_lines(comparison, Screen(40)))


@pytest.mark.parametrize("accessible", [False, True])
@pytest.mark.parametrize(("text", "equal"), [("dog", True), ("the dog sees a cat", False)])  # one word, one weight
def test_equal_weights_are_said_and_not_drawn_as_zeros(text, equal, accessible):
    lines = compare_lines(compare(text, against=["dot"]), Screen(200, accessible=accessible))
    said = " ".join(line.plain for line in lines)
    assert ("dot gives the same weights as scaled here" in said) == equal
    assert ("dot - scaled" in said) == (not equal and not accessible)
