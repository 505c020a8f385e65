"""Filters of a page, at work at once: rows add up to 1 again as the command line's do, and it is said."""

import json
import shlex

import numpy as np
import pytest
from oracles.checkpoints import TINY
from oracles.sentences import words
from support.chromium import needs_chromium
from support.command import attn
from test_page_taking import STATE, address, at_address
from test_views_pages import explained

from attncli import compare, explain
from attncli.recipes.model_explaining import explain_model

pytestmark = needs_chromium
SENTENCE = "Bark is very cute and he is a dog"
BERT = TINY / "bert"
WEIGHTS = "return [...view.weights].map((weight) => (Number.isNaN(weight) ? null : weight))"


def weights_on(browser, n):
    return np.array(browser.run(WEIGHTS), dtype=float).reshape(n, -1)


def hide(browser, what):
    browser.all(f"#hide-{what}")[0].click()
    browser.settle()


def test_without_special_tokens_rows_are_those_of_the_command(show, monkeypatch):
    explanation = explain_model(SENTENCE, BERT)
    browser = show(explanation)
    browser.choose("layer", 1)
    browser.choose("head", 2)
    hide(browser, "special")
    n = len(explanation.sentence.tokens)
    kept = [token.index for token in explanation.sentence.tokens if not token.special]
    shown = weights_on(browser, n)
    own = explain_model(SENTENCE, BERT, hide_special=True).layers[1].weights[2]
    np.testing.assert_allclose(shown[np.ix_(kept, kept)], own, atol=2e-5)
    assert np.isnan(np.delete(shown, kept, axis=1)).all()
    assert browser.text("#filtered") == "Left out: special tokens; the rest of each row is renormalised to 1."
    assert "there are no scores or values behind" in browser.text("#three")
    browser.run("togglePin(arguments[0])", kept[3])
    monkeypatch.chdir(TINY)
    name, *typed = shlex.split(browser.run("return commandNow()").replace("--model bert", "--model ./bert"))[1:]
    record = json.loads(attn(name, "--json", *typed).stdout)
    np.testing.assert_allclose(record["weights"][0][0], own, atol=1e-5)


def test_without_the_word_itself_rows_are_those_of_the_command(show, vectors):
    browser = show(explain(SENTENCE, vectors))
    hide(browser, "self")
    own = explain(SENTENCE, vectors, exclude_self=True).weights[0, 0]
    shown = weights_on(browser, 9)
    np.testing.assert_allclose(np.nan_to_num(shown), own, atol=2e-5)
    assert np.isnan(np.diag(shown)).all()
    assert "--exclude-self" in browser.run("return commandNow()")
    hide(browser, "self")
    np.testing.assert_allclose(weights_on(browser, 9), explain(SENTENCE, vectors).weights[0, 0], atol=2e-5)
    assert browser.text("#filtered") == ""


DRAWN = """const row = (i) => Math.floor(i / view.keys.length);
return [...view.weights.keys()].filter((i) => shareOf(row(i), view.weights[i]) !== 0)"""


@pytest.mark.parametrize("percent", [1, 10, 50])
def test_the_strongest_are_drawn_and_the_others_keep_their_numbers(show, percent):
    explanation = explained(words(30))
    browser = show(explanation)
    slide = "found('strongest').value = arguments[0]; found('strongest').dispatchEvent(new Event('input'))"
    before = browser.run(WEIGHTS)
    browser.run(slide, percent)
    browser.settle()
    strongest = np.argsort(-explanation.weights[0, 0].ravel())[: round(9 * percent)]
    assert set(browser.run(DRAWN)) >= set(strongest.tolist())
    assert len(browser.run(DRAWN)) <= len(strongest) + 8  # as equal as 2 bytes can tell
    assert browser.run(WEIGHTS) == before
    assert browser.text("#filtered").startswith("Drawn: weights from 0.")


def test_filters_are_offered_where_they_would_change_something(show, vectors):
    offered = "return ['special', 'self'].filter((what) => found(`hide-${what}`).offsetHeight > 0)"
    assert show(explain(SENTENCE, vectors)).run(offered) == ["self"]
    assert show(explain(SENTENCE, vectors, memory="a cat")).run(offered) == []
    assert show(explain(SENTENCE, vectors, exclude_self=True)).run(offered) == []
    assert show(explain("dog", vectors)).run(offered) == []
    assert show(explain_model(SENTENCE, BERT)).run(offered) == ["special", "self"]


def test_differences_are_those_of_the_filtered_weights(show, vectors):
    comparison = compare(SENTENCE, vectors, against=["dot"])
    browser = show(comparison)
    browser.choose("show", "difference")
    hide(browser, "self")
    both = [explain(SENTENCE, vectors, method=method, exclude_self=True).weights[0, 0] for method in ("scaled", "dot")]
    np.testing.assert_allclose(np.nan_to_num(weights_on(browser, 9)), both[1] - both[0], atol=4e-5)


def test_filters_are_in_the_address(show, tmp_path):
    browser = show(explain_model(SENTENCE, BERT))
    hide(browser, "special")
    hide(browser, "self")
    said = address(browser)
    assert "hide=special,self" in said
    before = (browser.run(STATE), browser.run(WEIGHTS))
    assert (at_address(browser, tmp_path, said), browser.run(WEIGHTS)) == before
    assert [each.is_selected() for each in browser.all("#filters [type=checkbox]")] == [True, True]


def test_of_packed_weights_without_scores_what_cannot_be_known_is_0(show, vectors, monkeypatch):
    monkeypatch.setattr("attncli.views.page.packing.MOST_FULL_BYTES", 0)
    browser = show(explain(SENTENCE, vectors, method="dot"))
    hide(browser, "self")
    rows = np.nansum(weights_on(browser, 9), axis=1)
    np.testing.assert_allclose(rows, np.round(rows), atol=1e-9)
    assert 0 in rows
