"""Long sentences on the page as running text: shaded by one word's weights, in either direction."""

import numpy as np
import pytest
from oracles.checkpoints import TINY
from oracles.sentences import words
from support.chromium import needs_chromium
from test_page_browser import close
from test_page_pointing import pointed
from test_views_pages import explained

from attncli import compare, explain
from attncli.recipes.model_explaining import explain_model
from attncli.text.tokens import Sentence, Token
from attncli.views.page.data import page_data
from attncli.views.page.running import running_text

LONG = "The dog, which barks, saw\nthe king. " * 12
SHARES = """return [...document.querySelectorAll(`#text-${arguments[0]} .word`)].map((each) =>
  Number(each.style.getPropertyValue("--share") || -1))"""


def written(text):
    """The characters of a running text."""
    return "".join(gap + token for gap, token in text["parts"]) + text["rest"]


@pytest.mark.parametrize("text", [LONG, " a — “dog”!? \n is (very) cute… ", "注意力 is مرحبا"])
def test_every_character_of_a_sentence_is_there_once(vectors, text):
    sentence = explain(text, vectors).sentence
    running = running_text(sentence)
    assert written(running) == text
    assert [token for _, token in running["parts"]] == [token.text for token in sentence.tokens]


@pytest.mark.parametrize("model", ["bert", "gpt2", "t5"])
def test_pieces_stand_in_the_text_and_special_tokens_apart_from_it(model):
    sentence = explain_model("The dog barks—注意!", TINY / model).sentence
    running = running_text(sentence)
    assert len(running["parts"]) == len(sentence.tokens)
    names = {token.name for token in sentence.tokens if token.special}
    plain = "".join(gap + token for gap, token in running["parts"] if token not in names) + running["rest"]
    assert plain.replace("·", "").replace("Ġ", "").replace("▁", "").split() == ["The", "dog", "barks—注意!"]


def test_tokens_whose_places_meet_repeat_no_character():
    tokens = (Token(0, "ab", "ab", 0, 2, 0), Token(1, "ab", "ab", 0, 2, 1), Token(2, "c", "c", 2, 3, 2))
    assert running_text(Sentence("abc", tokens))["parts"] == [["", "ab"], ["", "·"], ["", "c"]]


@pytest.mark.parametrize(("n", "runs"), [(64, False), (65, True)])
def test_more_words_than_lines_are_drawn_of_are_running_text(n, runs):
    assert (page_data({"": explained(words(n))})["sources"][0]["text"] is not None) == runs


@needs_chromium
def test_a_pinned_word_shades_the_text_by_its_weights_and_turned_by_those_on_it(show, vectors):
    explanation = explain(LONG, vectors)
    weights = explanation.weights[0, 0]
    browser = show(explanation)
    browser.run("arguments[0].click()", browser.all("#text-queries .word")[20])
    browser.settle()
    most = weights.max()
    np.testing.assert_allclose(browser.run(SHARES, "queries"), weights[20] / most, atol=0.002)
    ten = np.argsort(-weights[20], kind="stable")[:10]
    assert [int(each.get_attribute("data-index")) for each in browser.all(".top")] == ten.tolist()
    shown = zip(browser.texts("#top-ten .number"), weights[20][ten], strict=True)
    assert all(close(text, number) for text, number in shown)
    browser.all("[data-way=seen]")[0].click()
    browser.settle()
    np.testing.assert_allclose(browser.run(SHARES, "queries"), weights[:, 20] / most, atol=0.002)
    assert "is looked at most by" in browser.text("#readout")
    assert browser.text("#top-title").endswith("is looked at most by")


@needs_chromium
def test_with_a_word_pinned_another_tells_their_weight(show, vectors):
    explanation = explain(LONG, vectors)
    browser = show(explanation)
    browser.run("pinRow(20)")
    before = browser.run(SHARES, "queries")
    browser.hover(browser.all("#text-queries .word")[30])
    said = browser.text("#readout")
    assert close(said.split(": weight ")[1].split(",")[0], explanation.weights[0, 0, 20, 30])
    assert browser.run(SHARES, "queries") == before
    browser.all("[data-way=seen]")[0].click()
    browser.hover(browser.all("#text-queries .word")[30])
    said = browser.text("#readout")
    assert close(said.split(": weight ")[1].split(",")[0], explanation.weights[0, 0, 30, 20])


@needs_chromium
def test_of_two_texts_the_one_shades_the_other(show, vectors):
    explanation = explain("the king spoke", vectors, memory=LONG)
    weights = explanation.weights[0, 0]
    browser = show(explanation)
    browser.hover(browser.all("#text-queries .word")[1])
    np.testing.assert_allclose(browser.run(SHARES, "keys"), weights[1] / weights.max(), atol=0.002)
    assert set(browser.run(SHARES, "queries")) == {-1}
    browser.all("[data-way=seen]")[0].click()
    browser.hover(browser.all("#text-keys .word")[7])
    np.testing.assert_allclose(browser.run(SHARES, "queries"), weights[:, 7] / weights.max(), atol=0.002)


@needs_chromium
def test_differences_have_a_sign_that_is_no_colour(show, vectors):
    browser = show(compare(LONG, vectors, against=["dot"]))
    browser.choose("show", "difference")
    lines = "return [...document.querySelectorAll('#text .less')].map((e) => getComputedStyle(e).textDecorationStyle)"
    assert set(browser.run(lines)) == {"dashed"}


@needs_chromium
def test_the_text_is_read_with_the_arrow_keys(show):
    browser = show(explained(words(90)), width=700)
    at = "return [document.activeElement.dataset.index, document.activeElement.getBoundingClientRect().top]"
    browser.run("document.querySelector('#text .word').focus()")
    browser.press("ARROW_RIGHT", "ARROW_RIGHT")
    index, top = browser.run(at)
    assert index == "2"
    browser.press("ARROW_DOWN")
    below, lower = browser.run(at)
    assert lower - top == pytest.approx(30.4, abs=1.5)
    browser.press("ENTER")
    assert browser.run("return state.pins.map(({ query }) => query)") == [int(below)]
    browser.press("ARROW_UP", "END")
    assert browser.run(at)[0] == "89"


STANDS = """return JSON.stringify([...document.querySelectorAll("#text .word, .top, #cells, h2, #readout")]
  .map((each) => each.getBoundingClientRect()).map(({ left, top }) => [left + scrollX, top + scrollY]))"""
MIDDLES = """return [3, 40, 80].map((i) => words.queries[i].button.getClientRects()[0])
  .map(({ left, top, width, height }) => [Math.round(left + width / 2), Math.round(top + height / 2)])"""
LISTEN = """
window.forget = () => { window.heard = { overs: [], taps: [], places: new Set() }; };
const indexOf = ({ target }) => target.closest?.("#text .word")?.dataset.index;
window.addEventListener("pointerover", (event) => heard.overs.push(indexOf(event)), true);
window.addEventListener("click", (event) => heard.taps.push(indexOf(event)), true);
"""


@needs_chromium
@pytest.mark.parametrize("width", [390, 480, 640, 900, 1100])
def test_whatever_is_pointed_at_is_meant_and_nothing_moves(show, width):
    browser = show(explained(words(90)), width=width, height=3000)
    before = browser.run(STANDS)
    browser.run(LISTEN)
    over = pointed(browser, browser.run(MIDDLES), press=False)["overs"]
    assert over == ["3", "40", "80"]
    assert browser.run(STANDS) == before
    taps = pointed(browser, browser.run(MIDDLES), press=True)["taps"]
    assert taps == ["3", "40", "80"]
    assert browser.run("return state.pins.map(({ query }) => query)") == [3, 40, 80]
    assert browser.run(STANDS) == before
    assert browser.run("return document.documentElement.scrollWidth") <= width


CONTRAST = """
const word = document.querySelector("#text .word");
word.style.setProperty("--share", 1);
word.classList.toggle("less", arguments[0]);
const pen = make("canvas", [], { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
return [getComputedStyle(word).color, getComputedStyle(word).backgroundColor].map((colour) => {
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return luminance([...pen.getImageData(0, 0, 1, 1).data].slice(0, 3));
});
"""


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_its_strongest_shade(show, scheme):
    browser = show(explained(words(70)), scheme=scheme)
    for less in (False, True):
        low, high = sorted(browser.run(CONTRAST, less))
        assert (high + 0.05) / (low + 0.05) >= 4.5
