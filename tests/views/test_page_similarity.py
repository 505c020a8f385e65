"""The page of a similarity: its shares with their signs, lists of pairs and words, and a pointer that reaches them."""

import re
from base64 import b64decode

import numpy as np
import pytest
from support.chromium import needs_chromium
from support.command import attn
from support.encoders import encoder_folder
from support.two_languages import small_set
from test_page import Page
from test_page_alignment import PLACES, data_of

from attncli import similar
from attncli.views.page.frame import digest
from attncli.views.page.packing import FULL, packed_signed
from attncli.views.page.similarity import similarity_page

A, B = "he is the cute dog and", "the cat eats not"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_set(tmp_path_factory.mktemp("set") / "small")


@pytest.fixture(scope="module")
def found(small):
    pair = similar(A, B, small, drop="dog")
    assert 0 < len(pair.against) <= len(pair.ranked) == 5
    return pair


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {mode: encoder_folder(folder / mode, mode) for mode in ("mean", "cls")}


def said(share):
    """A share as the page writes it."""
    return f"{share:+.4f}".replace("-", "−")


def lists_of(page):
    """The title of each list, with the words and the numbers of its lines."""
    lists = re.findall(r"<h3>(.*?)</h3>\n<ol>(.*?)</ol>", page, re.DOTALL)
    plain = [
        (title, [re.sub("<.*?>", "", line) for line in re.findall("<li>(.*?)</li>", items)]) for title, items in lists
    ]
    return dict(plain)


def test_the_page_has_the_number_and_every_share_with_its_sign(found):
    page = similarity_page(found)
    value = (
        f'<p id="value"><strong>{found.value:.4f}</strong> cosine of the two texts, the sum of all contributions</p>'
    )
    assert value in page
    cells = re.findall(r"<td>([+−][\d.]+)</td>", page)
    assert cells == [said(share) for share in found.contributions.ravel()]
    assert f"Without dog in a: {found.dropped[0].similarity:.4f}, a change of " in page


def test_pairs_and_words_are_ranked(found):
    lists = lists_of(similarity_page(found))
    first, second = ([token.text for token in side.tokens] for side in found.sentences)
    both = {"for the similarity": found.ranked, "against it": found.against}
    for title, pairs in both.items():
        assert lists[title] == [f"{first[i]} · {second[j]} {said(share)}" for i, j, share in pairs]
    for title, words, totals in zip(("a: first text", "b: second text"), (first, second), found.totals, strict=True):
        by_share = sorted(zip(words, totals, strict=True), key=lambda each: -each[1])
        assert lists[title] == [f"{word} {said(total)}" for word, total in by_share]


def test_special_tokens_are_no_words_but_their_share_is_told(models):
    pair = similar("Stop the dogs", "the dog barks.", model=models["mean"], leave_one_out=True)
    page = similarity_page(pair)
    assert f"<p>Pairs with [CLS], [SEP] add {pair.special:+.4f}.</p>" in page
    assert "[CLS]" not in " ".join(line for lines in lists_of(page).values() for line in lines)
    assert "The change without each word" in page


def test_where_the_similarity_is_no_sum_words_are_ranked_by_the_change_without_them(models):
    pair = similar("Stop the dogs", "the dog barks.", model=models["cls"])
    page = similarity_page(pair)
    assert "by cls no sum over tokens" in page
    assert data_of(page)["sources"] == []
    assert 'id="matrix"' not in page
    lists = lists_of(page)
    for title, side, changes in zip(lists, pair.sentences, pair.left_out, strict=True):
        words = [(token.label, change) for token, change in zip(side.tokens, changes, strict=True) if not token.special]
        assert lists[title] == [f"{word} {said(change)}" for word, change in sorted(words, key=lambda each: each[1])]


def test_nothing_but_its_own_script_and_style_may_run_and_words_of_strangers_are_text(small):
    text = '</script><img src=http://x onerror="x"> dog \x1b[31m &amp; $title <b>'
    page = similarity_page(similar(text, f"cat {text}", small, unknown="skip"))
    read, plain = Page(page), Page(similarity_page(similar("dog", "cat dog", small)))
    policy = next(each["content"] for tag, each in read.elements if each.get("http-equiv"))
    blocks = [(tag, text) for tag, attributes, text in read.blocks if "type" not in attributes]
    assert [tag for tag, _ in blocks] == ["style", "script"]
    assert all(digest(block) in policy for _, block in blocks)
    assert not [each for _, each in read.elements if {"src", "href", "style", "onerror"} & set(each)]
    assert {tag for tag, _ in read.elements} == {tag for tag, _ in plain.elements}
    assert "\x1b" not in page
    assert set(re.findall(r"\w+://[^\s\"'<]+", similarity_page(similar(A, B, small)))) == {"http://www.w3.org/2000/svg"}


def test_a_share_is_packed_to_the_nearest_of_its_steps_and_none_stays_none(found):
    largest, packed = packed_signed(found.contributions, FULL)
    codes = np.frombuffer(b64decode(packed), "<u2").reshape(found.contributions.shape)
    unpacked = (2 * (codes / FULL.levels) - 1) * largest
    assert np.abs(unpacked - found.contributions).max() <= largest / FULL.levels
    largest, packed = packed_signed(np.zeros((2, 2)), FULL)
    assert largest == 1
    assert set(np.frombuffer(b64decode(packed), "<u2")) == {FULL.levels // 2}


def test_the_command_writes_it(tmp_path):
    path = tmp_path / "pair.html"
    done = attn("similar", "the dog", "a puppy", "-o", str(path), "--color-scale", "row")
    assert (done.returncode, done.stdout) == (0, "")
    assert data_of(path.read_text("utf-8"))["scale"] == "row"


@needs_chromium
def test_words_at_rest_have_their_share_and_one_that_is_pointed_at_shows_those_of_its_pairs(show, found):
    browser = show(found)
    for row, totals in zip(("#source", "#target"), found.totals, strict=True):
        assert browser.texts(f"{row} .number") == [said(total) for total in totals]
    browser.hover(browser.all("#source button")[4])
    shares = found.contributions[4]
    assert browser.texts("#target .number") == [said(share) for share in shares]
    most = [int(j) for j in np.argsort(-np.abs(shares), kind="stable")[:3]]
    near = [int(each.get_attribute("data-index")) for each in browser.all("#target .with")]
    assert near == sorted(most)
    words = [token.text for token in found.other_tokens]
    told = ", ".join(f"“{words[j]}” {said(shares[j])}" for j in most)
    assert browser.text("#readout") == f"“dog” adds {said(shares.sum())} of {found.value:.4f}, most with {told}"


@needs_chromium
def test_a_cell_or_a_line_of_a_list_tells_its_pair_and_its_share(show, found):
    browser = show(found)
    first, second = ([token.text for token in side.tokens] for side in found.sentences)
    cells = browser.all("#cells")[0]
    side = cells.size["width"] / 4
    browser.hover(cells, round(side * (1 - 1.5)), round(side * (4 - 2.5)))
    share = found.contributions[4, 1]
    assert browser.text("#readout") == f"“dog” · “cat”: {said(share)} of {found.value:.4f}"
    pairs = [*found.ranked, *found.against]
    for line, (i, j, share) in zip(browser.all("#lists .part")[: len(pairs)], pairs, strict=True):
        browser.hover(line)
        assert browser.text("#readout") == f"“{first[i]}” · “{second[j]}”: {said(share)} of {found.value:.4f}"
        assert len(browser.all("#arcs path:not(.faded)")) == 1
        assert [each.get_attribute("data-index") for each in browser.all("#rows .word.at")] == [str(i), str(j)]


@needs_chromium
@pytest.mark.parametrize("width", [390, 1366])
def test_arcs_have_the_hue_and_the_dashes_of_their_sign_and_the_width_of_their_share(show, found, width):
    browser = show(found, width=width)
    links = browser.run("return page.links")
    shares = [found.contributions[i, j] for i, j, _ in links]
    largest = np.abs(found.contributions).max()
    assert len(links) == (np.abs(found.contributions) >= 0.01 * largest).sum()
    ends, middles, _ = browser.run(PLACES)
    for (i, j, _), (start, end) in zip(links, ends, strict=True):
        assert abs(start - middles[0][i]) < 1
        assert abs(end - middles[1][j]) < 1
    looks = browser.run(LOOKS)
    assert {share > 0 for share in shares} == {True, False}
    for share, (width_of, dashes, hue) in zip(shares, looks, strict=True):
        assert float(width_of) == pytest.approx(0.5 + 4.5 * abs(share) / largest, abs=0.01)
        assert (dashes, hue) == (("none", "#b84a00") if share > 0 else ("5px, 4px", "#0069a8"))


LOOKS = """
return [...document.querySelectorAll("#arcs path")].map((path) => [path.getAttribute("stroke-width"),
  getComputedStyle(path).strokeDasharray, getComputedStyle(path).getPropertyValue("--hue").trim()]);
"""


@needs_chromium
def test_the_cells_have_the_colours_and_whole_units_of_the_shares(show, found):
    browser = show(found)
    numbers = browser.run("return Array.from(view.weights)")
    largest = np.abs(found.contributions).max()
    assert np.abs(np.reshape(numbers, found.contributions.shape) - found.contributions).max() <= largest / 65534
    levels = browser.run("return Array.from(view.weights, (each, at) => levelOf(Math.floor(at / 4), each))")
    assert np.abs(levels - 127.5 * (1 + found.contributions.ravel() / largest)).max() <= 0.51
    shown = browser.run("return Array.from(view.weights, inCell)")
    unit = 10.0 ** (np.floor(np.log10(largest)) - 2)
    by_hand = [f"{round(share / unit):+d}" if round(share / unit) else "0" for share in found.contributions.ravel()]
    assert [each.replace("−", "-") for each in shown] == by_hand
    assert browser.text("#least").startswith("against: −")
    assert browser.text("#most").startswith("for: +")


@needs_chromium
def test_a_keyboard_goes_along_the_words_to_the_strongest_pair_and_through_the_lists(show, found):
    browser = show(found)
    browser.press("TAB")
    strongest = found.other_tokens[int(np.abs(found.contributions[1]).argmax())].text
    focus = "return document.activeElement.title"
    assert [browser.press(f"ARROW_{way}") or browser.run(focus) for way in ("RIGHT", "DOWN")] == ["is", strongest]
    browser.run("document.querySelector('#lists .part').focus()")
    browser.settle()
    assert said(found.ranked[0].share) in browser.text("#readout")


@needs_chromium
@pytest.mark.parametrize("width", [390, 1100])
def test_nothing_moves_under_the_pointer_of_a_similarity(show, small, width):
    browser = show(similar(f"{A} {A}", f"{B} {A}", small), width=width)
    stands = (
        "return JSON.stringify([...document.querySelectorAll('.word, h2, #cells, .name, .part')].map((each) => {"
        + (" const { left, top } = each.getBoundingClientRect(); return [left + scrollX, top + scrollY]; }))")
    )
    before = browser.run(stands)
    for at in range(10):
        for key in ("null", at):
            browser.run(f"point({{ query: {at}, key: {key} }})")
            browser.settle()
            assert browser.run(stands) == before
    assert browser.run("return document.documentElement.scrollWidth") <= width


@needs_chromium
def test_a_similarity_that_is_no_sum_opens(show, models):
    pair = similar("Stop the dogs", "the dog barks.", model=models["cls"])
    browser = show(pair)
    assert len(browser.all("#lists .part")) == len(pair.tokens) + len(pair.other_tokens) - 4
    assert browser.all("#readout") == []


@needs_chromium
def test_without_script_it_is_lists_and_a_table(browser, tmp_path, found):
    (tmp_path / "page.html").write_text(similarity_page(found), encoding="utf-8")
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(tmp_path / "page.html")
        seen = [each.text for each in browser.all("h1, #translation, h2, caption") if each.is_displayed()]
    finally:
        browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
    caption = "Contributions: each row is a word of the first text, each column one of the second"
    assert seen == [A, B, "Pairs", "Words, each with all of the other text", "Dropped", caption]


@needs_chromium
def test_long_texts_open_and_answer(show, small):
    browser = show(similar(" ".join(["dog", "he"] * 150), " ".join(["chien", "il"] * 150), small))
    assert len(browser.all("#arcs path")) <= 1000
    browser.run("point({ query: 200, key: null })")
    browser.settle()
    assert browser.text("#readout").startswith("“dog[200]” adds +")
