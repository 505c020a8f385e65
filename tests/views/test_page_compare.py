"""A page of several: what it measures, subtracts and colours agrees with `attn compare --json`."""

import json
import re

import numpy as np
import pytest
from support.chromium import needs_chromium
from support.places import TESTS

from attncli import compare
from attncli.models.model import open_model
from attncli.recipes.model_comparison import compare_models_with, compare_swap
from attncli.settings.explanation import SCALES
from attncli.settings.model import check_model_settings
from attncli.views.page.colours import script_of_scales
from attncli.views.palette import CIVIDIS, DIVERGING, DIVERGING_ON_DARK
from attncli.views.records.compared import comparison_json, model_comparison_json
from attncli.views.records.json import explanation_json
from attncli.views.scale import color_scale

SENTENCE = "Bark is very cute and he is a dog"
TINY = TESTS / "oracles" / "tiny"
METHODS = ["dot", "cosine"]
MEASURES = ("entropy", "divergence", "rank_correlation", "top1_agreement")
FORMS = (".2f", ".3f", ".2f", ".0%")


def signed(text):
    return 0.0 if text == "hidden" else float(text.replace("−", "-"))


def shown_measures(browser):
    """The rows of the table of measures as numbers."""
    rows = [each.find_elements("tag name", "td") for each in browser.all("#measured tbody tr")]
    return [[signed(cell.text.replace("%", "")) / (100 if "%" in cell.text else 1) for cell in row] for row in rows]


def swapped():
    return compare_swap(SENTENCE, open_model(str(TINY / "bert")), "he=she", check_model_settings())


@needs_chromium
def test_every_method_is_measured_as_the_json_says(show, vectors):
    comparison = compare(SENTENCE, vectors, against=METHODS)
    methods = json.loads(comparison_json(comparison))["methods"]
    browser = show(comparison)
    assert browser.texts("#measured tbody bdi") == ["scaled", *METHODS]
    for shown, method in zip(shown_measures(browser), methods, strict=True):
        np.testing.assert_allclose(shown, [method[name] for name in MEASURES], atol=0.00501)
    browser.choose("source", 2)
    assert browser.text("#measured [aria-current] bdi") == "cosine"
    line = browser.text("#readout .measured")
    bits, apart, alike, top = (f"{methods[2][name]:{form}}" for name, form in zip(MEASURES, FORMS, strict=True))
    assert line == (
        f"cosine: entropy {bits} bits, against scaled divergence {apart} bits, Spearman {alike}, top-1 {top}"
    )


@needs_chromium
def test_every_head_of_models_is_measured_as_the_json_says(show):
    comparison = swapped()
    heads = json.loads(model_comparison_json(comparison))["heads"]
    entropies = comparison.other.source.kinds.entropy
    browser = show(comparison)
    for head in heads:
        browser.choose("layer", head["layer"])
        browser.choose("head", head["head"])
        expected = [entropies[head["layer"], head["head"]], *(head[name] for name in MEASURES[1:])]
        np.testing.assert_allclose(shown_measures(browser)[1], expected, atol=0.00501)
    browser.choose("combine", "mean")
    assert shown_measures(browser) == []
    assert browser.text("#measures-hint").endswith("choose one head.")


@needs_chromium
def test_the_difference_from_the_baseline_is_signed(show, vectors):
    comparison = compare(SENTENCE, vectors, against=METHODS)
    base, dot, cosine = (np.array(each["weights"]) for each in json.loads(comparison_json(comparison))["methods"])
    browser = show(comparison)
    browser.choose("source", 2)
    browser.choose("show", "difference")
    browser.run("togglePin(5)")
    shown = [signed(text) for text in browser.texts("#keys .number")]
    np.testing.assert_allclose(shown, (cosine - base)[5], atol=0.0011)
    assert {text[0] for text in browser.texts("#keys .number")} == {"+", "−"}
    more, less = browser.all("#lines .more"), browser.all("#lines .less")
    share = (cosine - base)[5] / max(abs(dot - base).max(), abs(cosine - base).max())
    assert (len(more), len(less)) == (np.sum(share > 0.005), np.sum(share < -0.005))  # fainter ones are not drawn
    dash = "return getComputedStyle(arguments[0]).strokeDasharray"
    assert (browser.run(dash, more[0]), browser.run(dash, less[0]) != "none") == ("none", True)
    browser.choose("source", 0)
    assert browser.run("return document.getElementById('show').value") == "weights"  # the baseline has none


@needs_chromium
def test_differences_of_heads_follow_the_switches(show):
    comparison = swapped()
    base, other = (
        np.array(json.loads(explanation_json(each))["weights"]) for each in (comparison.baseline, comparison.other)
    )
    browser = show(comparison)
    browser.choose("show", "difference")  # of the baseline: on to the other
    assert browser.run("return document.getElementById('source').value") == "1"
    assert "he/she" in browser.texts("#queries bdi")
    for layer, head in ((0, 1), (1, 0)):
        browser.choose("layer", layer)
        browser.choose("head", head)
        browser.hover(browser.all("#queries button")[2])
        shown = [signed(text) for text in browser.texts("#keys .number")]
        np.testing.assert_allclose(shown, (other - base)[layer, head, 2], atol=0.0011)


@needs_chromium
@pytest.mark.parametrize(("other", "there"), [("bert", True), ("roberta", False)])
def test_no_difference_is_offered_between_other_tokens(show, other, there):
    one, two = (open_model(str(TINY / name)) for name in ("bert", other))
    browser = show(compare_models_with(SENTENCE, one, two, check_model_settings()))
    assert browser.run("return !document.getElementById('show').parentElement.hidden") == there


@needs_chromium
def test_methods_share_the_scale_of_lines_and_colours(show, vectors):
    comparison = compare(SENTENCE, vectors, against=METHODS)
    weights = [method.weights for method in comparison.methods]
    browser = show(comparison)
    for name in ("auto", "largest"):
        browser.choose("scale", name)
        top = color_scale(name, weights).top
        for source in range(3):
            browser.choose("source", source)
            assert browser.run("return view.scale.top") == pytest.approx(top, abs=1e-4)


@needs_chromium
def test_each_row_can_have_the_full_colour(browser, tmp_path, vectors):
    from support.command import attn

    done = attn("explain", SENTENCE, "--color-scale", "row", "-o", tmp_path / "page.html")
    assert done.returncode == 0
    browser.open(tmp_path / "page.html")
    assert browser.text("#scale option:checked") == "each row to its largest"
    assert set(browser.run("return view.queries.map((_, i) => Math.max(...rowOf(i).map((w) => levelOf(i, w))))")) == {
        255
    }
    browser.choose("scale", "largest")
    assert len(set(browser.run("return [...view.rowTops]"))) == 0


HOSTILE = "<img/src=x/onerror=alert(1)>"


@needs_chromium
def test_a_changed_word_of_strangers_stays_text(show):
    browser = show(compare_swap(SENTENCE, open_model(str(TINY / "bert")), f"he={HOSTILE}", check_model_settings()))
    browser.choose("source", 1)
    assert browser.text("#readout .measured").startswith(f"{HOSTILE}: entropy ")
    assert not browser.all("img, [onerror]")


@needs_chromium
@pytest.mark.parametrize("settings", [{"mask": "causal", "exclude_self": True}, {"memory": "dog", "mode": "multihead"}])
def test_at_the_edges_every_view_still_answers(show, vectors, settings):
    browser = show(compare("dog", vectors, against=METHODS, **settings))
    for show_ in ("difference", "weights"):
        for scale in SCALES:
            browser.choose("show", show_)
            browser.choose("scale", scale)
            browser.run("togglePin(0)")
            shown = browser.text("main")
            assert not [word for word in ("NaN", "Infinity", "undefined", "null") if word in shown]


WEIGHTS = ("weights", CIVIDIS, 0, 255)
BOTH_WAYS = [("differences", DIVERGING, -1, 127.5), ("differences_on_dark", DIVERGING_ON_DARK, -1, 127.5)]


def test_the_page_has_the_colours_of_the_terminal():
    script = script_of_scales()
    given = json.loads(re.search(r"const PALETTE = (\{.+?\});", script)[1])
    for name, anchors, low, scale in (WEIGHTS, *BOTH_WAYS):
        assert given[name] == [[pytest.approx((place - low) * scale), *colour] for place, colour in anchors]


@needs_chromium
def test_the_gradient_of_the_legend_is_the_scale_of_the_cells(show, vectors):
    browser = show(compare(SENTENCE, vectors, against=["cosine"]))
    for shown, anchors in (("weights", CIVIDIS), ("difference", DIVERGING)):
        browser.choose("show", shown)
        drawn = browser.run("return getComputedStyle(document.getElementById('ramp')).backgroundImage")
        stops = re.findall(r"rgb\((\d+), (\d+), (\d+)\) ([\d.]+)%", drawn)
        low, high = anchors[0][0], anchors[-1][0]
        expected = [(*rgb, (place - low) / (high - low) * 100) for place, rgb in anchors]
        assert [tuple(map(float, each)) for each in stops] == [pytest.approx(each, abs=1e-3) for each in expected]
