"""The page of `attn compare`."""

import re

import pytest
from rich.cells import cell_len
from test_views_pages import BARK, MIXED, SomeVectors, explained

from attncli.comparison import Comparison, compare_with
from attncli.settings import check_settings
from attncli.views.compare import compare_lines
from attncli.views.screen import Screen


def compared(monkeypatch, text=BARK, **options):
    inputs = explained(text).inputs
    monkeypatch.setattr("attncli.comparison.read_inputs", lambda *_: inputs)
    return compare_with(text, check_settings(**options), SomeVectors())


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
    lines = [line.plain for line in compare_lines(Comparison((baseline, *others)), Screen(60))]
    for method in others:
        row = lines[lines.index(f"{method.method} - scaled") + 2]
        shown = [float(number) for number in re.findall(r"[+-]?\d?\.\d\d", row)]
        assert shown == pytest.approx(method.weights[0] - baseline.weights[0], abs=0.01)


def test_the_changed_context_words_are_named(monkeypatch):
    comparison = compared(monkeypatch)
    lines = " ".join(" ".join(line.plain.split()) for line in compare_lines(comparison, Screen(200)))
    before, now = comparison.methods[0].context, comparison.methods[1].context
    words = ["Bark", "is[1]", "very", "cute", "and", "he", "is[6]", "a", "dog"]
    for a, b in zip(before, now, strict=True):
        if a.ranked[0].key != b.ranked[0].key:
            assert f"{words[a.query]}: {words[a.ranked[0].key]} → {words[b.ranked[0].key]}" in lines


def test_a_baseline_alone_is_a_comparison_too(monkeypatch):
    comparison = Comparison(compared(monkeypatch).methods[:1])
    assert any(line.plain.startswith("scaled") for line in compare_lines(comparison, Screen(40)))
