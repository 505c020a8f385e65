"""The page in a real browser: screens, schemes, paper, keyboard, screen readers, and hostile words."""

import re

import pytest
from oracles.sentences import words
from support.chromium import needs_chromium
from test_page import TOKENS
from test_views_pages import explained

from attncli import explain
from attncli.views.page import explanation_page

pytestmark = needs_chromium
SENTENCE = "Bark is very cute and he is a dog"
SIZES = {"phone": (360, 740), "laptop": (1366, 768), "wide": (1920, 1080)}
SCRIPTS = "注意力 is 🐕 👩‍👩‍👧 مرحبا بالعالم שלום internationalisation"


def test_everything_can_be_done_with_the_keyboard(show, vectors):
    browser = show(explain(SENTENCE, vectors, mode="multihead"))
    focus = "return document.activeElement.id || document.activeElement.textContent"
    walked = [browser.press("TAB") or browser.run(focus) for _ in range(13)]
    tools = ["strongest", "SVG", "PNG", "CSV", "Copy the command", "What am I looking at?"]
    assert walked[:12] == ["combine", "head", "scale", *tools, "head 0related words", "Bark", "cells"]
    browser.run("document.querySelector('#queries button').focus()")
    browser.press("ARROW_DOWN", "ARROW_DOWN", "ENTER")
    assert browser.texts("#pins bdi") == ["very"]
    browser.press("END", " ")
    assert browser.texts("#pins bdi") == ["very", "dog"]
    browser.press("ARROW_RIGHT", "HOME")
    assert browser.text("#readout").startswith("“Bark” is looked at most by “")
    browser.run("document.getElementById('cells').focus()")
    browser.press("ARROW_DOWN", "ARROW_RIGHT", "ARROW_RIGHT")
    assert browser.text("#readout").startswith("“dog” → “very”: weight ")  # from the row that was pinned last
    browser.press("ARROW_UP", "ENTER", "ESCAPE", "ESCAPE", "ESCAPE")
    assert browser.texts("#pins bdi") == []


def test_a_screen_reader_finds_tables_switches_and_words(show, vectors):
    browser = show(explain(SENTENCE, vectors, mode="multihead", word="he"))
    browser.run("document.getElementById('all').open = true")
    browser.settle()
    nodes = browser.cdp("Accessibility.getFullAXTree")["nodes"]
    named = {(each["role"]["value"], each.get("name", {}).get("value", "")) for each in nodes if not each["ignored"]}
    assert {("combobox", "Head"), ("combobox", "Heads"), ("button", "Unpin he"), ("status", "")} <= named
    assert {("columnheader", "weight α"), ("rowheader", "dog")} <= named
    assert ("table", "What “he” looks at, the largest weight first") in named
    assert ("table", "Weights of layer 0, head 0: each row's word looks at the words of the columns") in named
    assert sum(each["role"]["value"] == "row" for each in nodes) == 1 + 9 + 2 + 9 + 2
    assert any(role == "button" and name.endswith("he") for role, name in named)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", [SENTENCE, SCRIPTS, words(60)], ids=["short", "scripts", "long"])
def test_it_fits_every_screen_and_shows_something(show, tmp_path, size, scheme, text):
    width, height = SIZES[size]
    browser = show(explained(text, mode="multihead", heads=2, word="1"), width=width, height=height, scheme=scheme)
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert len(browser.screenshot(tmp_path / f"{size}-{scheme}.png").read_bytes()) > 10_000  # a blank one has 4,000
    paper = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(20, 22, 26)") == (scheme == "dark")


def test_words_of_strangers_stay_text(show):
    browser = show(explained(" ".join(TOKENS), unknown=("</script>",)))
    shown = [name.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b") for name in TOKENS if name != "</script>"]
    assert browser.texts("#queries bdi") == shown
    for button in browser.all("#queries button"):
        button.click()
    browser.run("document.getElementById('all').open = true")
    browser.settle()
    assert browser.texts("#table tbody th") == shown
    assert not browser.all("img, [onmouseover], [onerror], main script, header script")
    assert browser.run("return Object.getPrototypeOf({}) === Object.prototype && ({}).x === undefined")


def test_it_prints_on_white_without_what_cannot_be_used_on_paper(show, vectors):
    browser = show(explain(SENTENCE, vectors, word="he"), scheme="dark", media="print")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    hidden = "return [...document.querySelectorAll('#switches, #readout')].every((e) => e.offsetHeight === 0)"
    assert browser.run(hidden)
    pdf = browser.cdp("Page.printToPDF", printBackground=True)["data"]
    assert len(pdf) > 20_000
    assert browser.run("return document.getElementById('all').open")  # opened for the paper


def test_a_pin_is_taken_out_where_it_is_listed(show, vectors):
    browser = show(explain(SENTENCE, vectors, word="he"))
    browser.all("#pins button")[0].click()
    assert browser.texts("#pins bdi") == []
    assert browser.run("return document.activeElement.title") == "he"


def test_without_script_it_is_a_table(browser, tmp_path, vectors):
    (tmp_path / "page.html").write_text(explanation_page(explain(SENTENCE, vectors)), encoding="utf-8")
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(tmp_path / "page.html")
        shown = [each.text for each in browser.all("h1, caption") if each.is_displayed()]
    finally:
        browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
    assert shown == [SENTENCE, "Weights of layer 0, head 0: each row's word looks at the words of the columns"]


def test_the_other_sentence_reads_in_its_own_direction(show):
    browser = show(explained("he is a dog", memory="كلب لطيف، وهو Python."))
    assert browser.text("#memory") == "keys and values: كلب لطيف، وهو Python."
    ends = """const text = document.querySelector("#memory bdi").firstChild;
    return [0, text.length - 1].map((at) => {
      const range = document.createRange();
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      return range.getBoundingClientRect().left;
    });"""
    first, last = browser.run(ends)
    assert first > last  # its full stop is at the left end


WAYS = """return [...document.querySelectorAll("#column-names .name")].map((each) => {
  const { textOrientation, transform } = getComputedStyle(each);
  return [each.textContent, textOrientation, transform === "none"];
})"""


def test_signs_that_are_written_downwards_are_not_turned_over_the_columns(show):
    browser = show(explained("dog 可愛 スーパー كلب สุนัข 可愛 x注", mode="self"))
    ways = {name: (orientation, unturned) for name, orientation, unturned in browser.run(WAYS)}
    upright = {name for name, way in ways.items() if way == ("mixed", True)}
    assert upright == {"可愛[1]", "可愛[5]", "スーパー"}
    assert {way for name, way in ways.items() if name not in upright} == {("sideways", False)}


@pytest.mark.parametrize(("n", "there"), [(20, (False, False)), (80, (True, False)), (120, (True, True))])
def test_long_sentences_say_what_is_left_out(show, vectors, n, there):
    browser = show(explain("dog " * n, vectors))
    assert (browser.all("#running")[0].is_displayed(), bool(browser.text("#unnamed"))) == there


def test_no_label_breaks_inside_a_word(show, vectors):
    browser = show(explain(SENTENCE, vectors, mode="multihead"), width=400)
    heights = browser.run("""return [...document.querySelectorAll("#switches label:not([hidden])")].map((label) => {
        const range = document.createRange();
        range.selectNodeContents(label.firstChild);
        return range.getClientRects().length;
    })""")
    assert set(heights) == {1}


def test_nobody_is_told_where_they_were_before_they_were_anywhere(show, vectors):
    browser = show(explain(SENTENCE, vectors))
    assert browser.text("#steps-hint").startswith("No word is pinned: click one")
    assert re.search("The highest is “[^”]+” with", browser.text("#three"))
    browser.run("document.querySelector('#queries li:nth-child(2) button').focus()")
    assert browser.text("#steps-hint") == "The word you were at last; none is pinned."
    assert browser.text("#row caption") == "What “is[1]” looks at, the largest weight first"
