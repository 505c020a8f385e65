"""The page of an alignment: its links, its weights, and that a pointer and the keys reach both."""

import json
import re

import numpy as np
import pytest
from support.chromium import needs_chromium
from support.command import attn
from support.two_languages import EN, FR, small_set
from test_page import Page

from attncli import align
from attncli.vectors import Vectors, write_store
from attncli.views.page.alignment import alignment_page
from attncli.views.page.frame import digest

SOURCE, TARGET = "he is the cute dog and", "le chien est mignon"
WITH = {"links": "grow-diag-final", "prior": 0.2, "temperature": 0.5}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_set(tmp_path_factory.mktemp("set") / "small")


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Words of several scripts, each pair of one meaning on an axis of its own."""
    pairs = ["dog", "كلب", "he", "هو", "cute", "لطيف", "狗", "chien", "可愛", "mignon"]
    folder = tmp_path_factory.mktemp("set") / "several"
    axes = np.repeat(np.eye(len(pairs) // 2), 2, axis=0)
    write_store(folder, pairs, axes, name="several", source="a test")
    return Vectors(folder)


def data_of(page):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_the_page_has_the_links_and_a_table_of_the_weights(small):
    alignment = align(SOURCE, TARGET, small, **WITH)
    page = alignment_page(alignment)
    record = data_of(page)
    assert tuple((i, j) for i, j, _ in record["links"]) == alignment.links
    by_hand = data_of(alignment_page(align(SOURCE, TARGET, small, prior=0)))
    assert by_hand["links"] == [[1, 2, 0], [2, 0, 1], [3, 3, 2], [4, 1, 3]]  # a group each
    cells = re.findall(r"<td(?: class=\"link\")?>([\d.]+)( linked)?</td>", page)
    assert [shown for shown, _ in cells] == [f"{weight:.3f}" for weight in alignment.weights.ravel()]
    marked = [divmod(at, alignment.weights.shape[1]) for at, (_, linked) in enumerate(cells) if linked]
    assert marked == [*alignment.links]


def test_nothing_but_its_own_script_and_style_may_run_and_words_of_strangers_are_text(small):
    text = '</script><img src=http://x onerror="x"> dog \x1b[31m &amp; $title'
    page = alignment_page(align(text, FR, small, tokenized=True))
    read, plain = Page(page), Page(alignment_page(align("a b c d e f g dog", FR, small, tokenized=True)))
    policy = next(each["content"] for tag, each in read.elements if each.get("http-equiv"))
    blocks = [(tag, text) for tag, attributes, text in read.blocks if "type" not in attributes]
    assert [tag for tag, _ in blocks] == ["style", "script"]
    assert all(digest(block) in policy for _, block in blocks)
    assert not [each for _, each in read.elements if {"src", "href", "style", "onerror"} & set(each)]
    assert {tag for tag, _ in read.elements} == {tag for tag, _ in plain.elements}
    assert set(re.findall(r"\w+://[^\s\"'<]+", alignment_page(align(EN, FR, small)))) == {"http://www.w3.org/2000/svg"}
    assert "\x1b" not in page
    assert read.data["sources"][0]["queries"][:2] == ["</script><img", "src=http://x"]


def test_the_command_writes_it(tmp_path):
    path, folder = tmp_path / "pair.html", tmp_path / "small"
    small_set(folder)
    done = attn("align", EN, FR, "--vectors", str(folder), "-o", str(path), "--color-scale", "row")
    assert (done.returncode, done.stdout) == (0, "")
    assert data_of(path.read_text("utf-8"))["scale"] == "row"


def shown(alignment, side, i):
    weights = alignment.weights[:, i] if side else alignment.weights[i]
    return [f"{weight:.3f}" for weight in weights]


@needs_chromium
@pytest.mark.parametrize(("side", "i"), [(0, 4), (0, 0), (1, 1)])
def test_a_word_that_is_pointed_at_shows_its_links_and_weights(show, small, side, i):
    alignment = align(SOURCE, TARGET, small, prior=0.2, temperature=0.5)
    browser = show(alignment)
    rows = ("#source", "#target")
    browser.hover(browser.all(f"{rows[side]} button")[i])
    numbers = browser.texts(f"{rows[1 - side]} .number")
    assert np.abs(np.subtract([*map(float, numbers)], [*map(float, shown(alignment, side, i))])).max() < 0.0011
    assert set(browser.texts(f"{rows[side]} .number")) == {""}
    linked = [link[1 - side] for link in alignment.links if link[side] == i]
    with_it = [side_of.get_attribute("data-index") for side_of in browser.all(f"{rows[1 - side]} .with")]
    assert [*map(int, with_it)] == linked
    assert len(browser.all("#arcs path:not(.faded)")) == len(linked)
    assert len(browser.all("#arcs path")) == len(alignment.links)
    other, word = alignment.sentences[1 - side].tokens, alignment.sentences[side].tokens[i].text
    told = f" is linked with “{other[linked[0]].text}”" if linked else " has no link"
    assert browser.text("#readout").startswith(f"“{word}”{told}; ")


@needs_chromium
def test_arcs_stand_at_their_words_in_their_hue_at_every_width(show, small):
    alignment = align(SOURCE, TARGET, small, prior=0)
    for width in (390, 1366):
        browser = show(alignment, width=width)
        ends, middles, hues = browser.run(PLACES)
        assert len(ends) == len(alignment.links) == 4
        for (i, j), (start, end), hue in zip(alignment.links, ends, hues["arcs"], strict=True):
            assert abs(start - middles[0][i]) < 1
            assert abs(end - middles[1][j]) < 1
            assert hue == hues["words"][0][i] == hues["words"][1][j]
        assert len({*hues["arcs"]}) == 4


PLACES = """
const svg = document.getElementById("arcs");
const left = svg.getBoundingClientRect().left;
const words = ["source", "target"].map((id) => [...document.querySelectorAll(`#${id} .word`)]);
const paths = [...svg.querySelectorAll("path")];
const ends = paths.map((path) => [path.getPointAtLength(0).x, path.getPointAtLength(path.getTotalLength()).x]);
const middle = (box) => box.left + box.width / 2 - left;
const hue = (each) => getComputedStyle(each).getPropertyValue("--hue");
return [ends, words.map((row) => row.map((word) => middle(word.getBoundingClientRect()))),
  { arcs: paths.map(hue), words: words.map((row) => row.map(hue)) }];
"""


@needs_chromium
def test_a_cell_that_is_pointed_at_has_its_numbers(show, small):
    alignment = align(SOURCE, TARGET, small, **WITH)
    browser = show(alignment)
    cells = browser.all("#cells")[0]
    side = cells.size["width"] / 4
    for i, j in ((1, 2), (5, 0)):
        browser.hover(cells, round(side * (j - 1.5)), round(side * (i - 2.5)))
        names = [sentence.tokens[at].text for sentence, at in zip(alignment.sentences, (i, j), strict=True)]
        linked = "linked" if (i, j) in alignment.links else "no link"
        assert browser.text("#readout").startswith("“{}” → “{}”: {}; ".format(*names, linked))
        numbers = [float(each) for each in re.findall(r"-?\d\.\d+", browser.text("#readout"))]
        arrays = alignment.similarity, alignment.scores, alignment.weights
        assert np.abs(np.subtract(numbers, [each[i, j] for each in arrays])).max() < 0.0011


@needs_chromium
def test_everything_can_be_done_with_the_keyboard(show, small):
    browser = show(align(SOURCE, TARGET, small, prior=0))  # links 1-2, 2-0, 3-3, 4-1
    browser.press("TAB")
    focus = "return document.activeElement.title"
    walked = [browser.press(f"ARROW_{way}") or browser.run(focus) for way in ("RIGHT", "DOWN", "RIGHT", "UP", "LEFT")]
    assert walked == ["is", "est", "mignon", "cute", "the"]
    browser.press("ENTER")
    assert browser.run("return document.activeElement.getAttribute('aria-pressed')") == "true"
    browser.run("document.activeElement.blur()")
    browser.settle()
    assert browser.text("#readout").startswith("“the” is linked with “le”")
    browser.press("ESCAPE")
    assert browser.text("#readout") == "Point at a word or at a cell."
    browser.run("document.getElementById('cells').focus()")
    browser.press("ARROW_DOWN", "ARROW_RIGHT")
    assert "→" in browser.text("#readout")


@needs_chromium
def test_each_row_runs_the_way_that_its_sentence_is_written(show, several):
    browser = show(align("he dog cute", "هو كلب لطيف", several, prior=0))
    _, middles, _ = browser.run(PLACES)
    assert middles[0] == sorted(middles[0])
    assert middles[1] == sorted(middles[1], reverse=True)
    browser.run("document.querySelector('#target button').focus()")
    browser.press("ARROW_LEFT")
    assert browser.run("return document.activeElement.title") == "كلب"
    browser.press("ARROW_UP")
    assert browser.run("return document.activeElement.title") == "dog"


@needs_chromium
def test_a_screen_reader_hears_the_links(show, several):
    browser = show(align("狗可愛 he", "chien mignon", several))
    nodes = browser.cdp("Accessibility.getFullAXTree")["nodes"]
    named = {(each["role"]["value"], each.get("name", {}).get("value", "")) for each in nodes if not each["ignored"]}
    assert {("button", "狗, linked with chien"), ("button", "he, without a link"), ("list", "Source")} <= named


@needs_chromium
@pytest.mark.parametrize("width", [390, 640, 1100])
def test_nothing_moves_under_the_pointer(show, small, width):
    words = [(EN + " he and cat").split()[i % 8] for i in range(12)]
    browser = show(align(words, FR, small, links="grow-diag-final"), width=width)
    stands = "return JSON.stringify([...document.querySelectorAll('.word, h2, #cells, .name')].map((each) => {" + (
        " const { left, top } = each.getBoundingClientRect(); return [left + scrollX, top + scrollY]; }))"
    )
    before = browser.run(stands)
    for at in range(12):
        browser.run("point({ query: arguments[0], key: null })", at)
        browser.settle()
        assert browser.run(stands) == before
        browser.run("point({ query: arguments[0], key: arguments[0] % 5 })", at)
        browser.settle()
        assert browser.run(stands) == before
    assert browser.run("return document.documentElement.scrollWidth") <= width


def test_long_sentences_have_no_table(small):
    page = alignment_page(align(["dog"] * 70, ["chien"] * 70, small))
    assert "No table of the weights is made of more than 64 words." in page


@needs_chromium
def test_long_sentences_open_and_answer(show, small):
    browser = show(align(["dog", "he"] * 150, ["chien", "il"] * 150, small))
    browser.run("point({ query: 200, key: null })")
    browser.settle()
    assert browser.text("#readout").startswith("“dog[200]” is linked with “chien[200]”")


@needs_chromium
def test_without_script_it_is_a_table(browser, tmp_path, small):
    (tmp_path / "page.html").write_text(alignment_page(align(EN, FR, small)), encoding="utf-8")
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(tmp_path / "page.html")
        seen = [each.text for each in browser.all("h1, #translation, caption") if each.is_displayed()]
    finally:
        browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
    assert seen == [EN, FR, "Weights: each row is a word of the source, each column one of the target"]
