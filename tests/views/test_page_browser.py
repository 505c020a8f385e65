"""The page in a real browser: what is pointed at, pinned and switched shows the numbers of the JSON."""

import json

import numpy as np
import pytest
from oracles.sentences import words
from support.chromium import needs_chromium
from support.places import TESTS
from test_views_pages import explained

from attncli import compare, explain
from attncli.models.model import open_model
from attncli.recipes.model_comparison import compare_swap
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings
from attncli.views.page.kinds import KIND_SENTENCES
from attncli.views.records.compared import comparison_json
from attncli.views.records.json import explanation_json

pytestmark = needs_chromium
SENTENCE = "Bark is very cute and he is a dog"
BERT = TESTS / "oracles" / "tiny" / "bert"


def close(shown, number, places=3):
    """Whether a number on the page is the JSON's, rounded."""
    return shown == "hidden" if number is None else abs(float(shown) - number) < 1.01 * 10**-places


def row_on(browser):
    return browser.texts("#keys .number")


def same_row(browser, row):
    return all(close(shown, number) for shown, number in zip(row_on(browser), row, strict=True))


@pytest.mark.parametrize("settings", [{}, {"mask": "causal"}, {"memory": "the king spoke to her"}])
def test_a_word_that_is_pointed_at_shows_its_weights(show, vectors, settings):
    explanation = explain(SENTENCE, vectors, **settings)
    weights = np.where(explanation.scores == -np.inf, np.nan, explanation.weights)[0, 0].round(6)
    browser = show(explanation)
    for query in (0, 5, 8):
        browser.hover(browser.all("#queries button")[query])
        assert same_row(browser, [None if np.isnan(each) else each for each in weights[query]])
        assert len(browser.all("#lines .now")) == np.count_nonzero(weights[query] > 0.005 * np.nanmax(weights))
        assert "at" in browser.all("#row-names .name")[query].get_attribute("class")


def test_a_key_that_is_pointed_at_shows_who_looks_at_it(show, vectors):
    explanation = explain(SENTENCE, vectors)
    browser = show(explanation)
    browser.hover(browser.all("#keys button")[8])
    shown = browser.texts("#queries .number")
    column = [row[8] for row in json.loads(explanation_json(explanation))["weights"][0][0]]
    assert all(map(close, shown, column))


def test_the_matrix_and_the_words_show_the_same_place(show, vectors):
    explanation = explain(SENTENCE, vectors)
    record = json.loads(explanation_json(explanation))
    browser = show(explanation)
    cells = browser.all("#cells")[0]
    cell = cells.size["width"] / 9
    browser.hover(cells, round(cell * (7 - 4)), round(cell * (5 - 4)))  # from the middle: row 5, column 7
    assert browser.text("#queries .at bdi") == "he"
    assert browser.text("#keys .at bdi") == "a"
    text = browser.text("#readout")
    assert text.startswith("“he” → “a”: weight ")
    assert close(text.split()[4].rstrip(","), record["weights"][0][0][5][7])
    assert close(text.split()[6], record["scores"][0][0][5][7])


def test_several_words_are_pinned_by_click_and_unpinned_by_escape(show, vectors):
    browser = show(explain(SENTENCE, vectors))
    for query in (5, 8):
        browser.all("#queries button")[query].click()
    assert browser.texts("#queries [aria-pressed=true] .badge") == ["1", "2"]
    assert browser.texts("#pins bdi") == ["he", "dog"]
    dash = "return getComputedStyle(document.querySelector(arguments[0])).strokeDasharray"
    dashes = {browser.run(dash, f"#lines .hue{slot}") for slot in range(2)}
    assert len(dashes) == 2  # colour is not the only cue
    assert browser.text("#steps-title") == "Three steps of “dog”"
    browser.press("ESCAPE")
    assert browser.texts("#pins bdi") == ["he"]
    browser.press("ESCAPE")
    assert browser.texts("#pins bdi") == []


def test_the_word_of_the_command_is_pinned_from_the_start(show, vectors):
    explanation = explain(SENTENCE, vectors, word="he")
    browser = show(explanation)
    assert browser.texts("#pins bdi") == ["he"]
    word = json.loads(explanation_json(explanation))["word"]
    rows = {row.find_element("tag name", "th").text: row for row in browser.all("#row tbody tr")}
    for key, name in enumerate(browser.texts("#keys bdi")):
        _, score, exponential, weight, length, part = [cell.text for cell in rows[name].find_elements("tag name", "td")]
        assert close(score, word["scores"][0][key])
        assert close(weight, word["weights"][0][key])
        assert close(part, word["contributions"][0][key])
        assert close(exponential, np.exp(word["scores"][0][key] - max(word["scores"][0])))
        assert abs(float(length) * float(weight) - float(part)) < 0.01
    assert close(browser.texts("#row tfoot td")[-1], np.linalg.norm(explanation.outputs[0, 0, 5]))
    near = [f"{each['text']} {each['similarity']:.2f}" for each in word["after"]]
    assert browser.texts("#near p")[1] == f"after the last layer {', '.join(near)}"


@pytest.mark.parametrize("combine", ["head", "mean", "max"])
def test_layers_heads_and_their_combinations_are_switches(show, combine):
    explanation = explain_model(SENTENCE, BERT)
    weights = np.array(json.loads(explanation_json(explanation))["weights"])
    browser = show(explanation)
    for layer, head in ((0, 1), (1, 0)):
        browser.choose("combine", "head")
        browser.choose("layer", layer)
        browser.choose("head", head)
        browser.choose("combine", combine)
        browser.hover(browser.all("#queries button")[2])
        rows = {"head": weights[layer, head], "mean": weights[layer].mean(axis=0), "max": weights[layer].max(axis=0)}
        assert same_row(browser, rows[combine][2])
        assert ("choose one head" in browser.text("#three")) == (combine != "head")
        kind = explanation.source.kinds.kind[layer, head]
        said = f"Layer {layer}, head {head}: {kind}. {KIND_SENTENCES[kind]}"
        assert browser.text("#does") == (said if combine == "head" else "")


def test_methods_are_a_switch(show, vectors):
    comparison = compare(SENTENCE, vectors)
    browser = show(comparison)
    for number, method in enumerate(json.loads(comparison_json(comparison))["methods"]):
        browser.choose("source", number)
        browser.hover(browser.all("#queries button")[5])
        assert same_row(browser, method["weights"][5])
        assert f"method {method['method']}" in browser.text("#settings")


def test_a_changed_word_is_a_switch_of_sentences(show):
    browser = show(compare_swap(SENTENCE, open_model(str(BERT)), "he=she", check_model_settings()))
    assert browser.run("return document.getElementById('source').value") == "1"
    browser.choose("source", 0)
    assert browser.text("#sentence") == SENTENCE
    browser.choose("source", 1)
    assert browser.text("#sentence") == SENTENCE.replace("he ", "she ")
    browser.choose("show", "weights")
    assert "she" in browser.texts("#queries bdi")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"combine": "rollout"}, "Heads were combined (rollout)"),
        ({"words": True}, "Pieces were merged or left out"),
        ({"combine": "flow", "word": "1"}, "Heads were combined (flow)"),
    ],
)
def test_where_there_are_no_scores_the_page_says_why(show, choice, said):
    explanation = explain_model(words(36), BERT, **choice)
    browser = show(explanation)
    assert said in browser.text("#three")
    shown = [browser.run(f"return state.{each}") for each in ("layer", "head")]
    record = json.loads(explanation_json(explanation))["weights"][shown[0]][shown[1]]
    browser.hover(browser.all("#queries button")[1])
    assert same_row(browser, record[1])
    browser.hover(browser.all("#queries button")[0])
    missing = record[0][0] is None
    assert browser.text("#readout").endswith("was not worked out") == missing
    assert set(row_on(browser)) == {""} if missing else same_row(browser, record[0])


PLACES = ("#text-queries .word:nth-of-type(401)", "#running .scroll")


def test_512_tokens_open_and_answer(show):
    explanation = explained(words(512), mode="multihead", heads=2)
    weights = explanation.weights[0, 1].round(6)
    browser = show(explanation)
    browser.choose("head", 1)
    browser.run("point({ query: 400, key: 17 })")
    browser.settle()
    ten = np.sort(weights[400])[:-11:-1]
    assert all(close(shown, number) for shown, number in zip(browser.texts("#top-ten .number"), ten, strict=True))
    browser.run("pinRow(400)")
    box, list_ = (browser.run(f"return document.querySelector('{each}').getBoundingClientRect()") for each in PLACES)
    assert list_["top"] <= box["top"] <= list_["bottom"]  # the list of words has scrolled to it
    assert not browser.all("#lines path, #queries li")  # no fan of lines
    assert not browser.all("#column-names .name")


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("dog", {"mask": "causal", "exclude_self": True}),
        (SENTENCE, {"mask": "causal", "exclude_self": True, "word": "0"}),
        ("dog", {"memory": SENTENCE}),
        (SENTENCE, {"memory": "dog", "mode": "multihead", "layers": 2}),
        (SENTENCE, {"temperature": 1e-9}),
    ],
)
def test_at_the_edges_every_switch_still_answers(show, vectors, text, settings):
    explanation = explain(text, vectors, **settings)
    browser = show(explanation)
    for switch in ("layer", "combine", "head", "scale"):
        for value in browser.run("return [...document.getElementById(arguments[0])].map((o) => o.value)", switch):
            browser.run(CHANGE, switch, value)
            browser.run("togglePin(0)")
    shown = browser.text("main")
    assert not [word for word in ("NaN", "Infinity", "undefined", "null") if word in shown]


CHANGE = """
const select = document.getElementById(arguments[0]);
select.value = arguments[1];
select.dispatchEvent(new Event("change"));
"""
