"""The page for everyone: targets, lines said at rest, colours of the reader's own, columns that stay, paper."""

import pytest
from oracles.sentences import words
from support.chromium import needs_chromium
from support.two_languages import EN, FR, small_set
from test_page_audit import PAGES
from test_views_pages import explained

from attncli import align, explain

pytestmark = needs_chromium
SENTENCE = "Bark is very cute and he is a dog"
SMALL = """
for (const each of document.querySelectorAll("details")) each.open = true;
const all = document.querySelectorAll("button, select, input, summary, a, [tabindex='0']");
const shown = [...all].filter((each) => each.offsetHeight && !each.closest("#text")); // words in a text are its lines
return shown.map((each) => [each, (each.closest("label") ?? each).getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 24 || height < 24)
  .map(([each, { width, height }]) => `${each.outerHTML.slice(0, 80)} ${width} x ${height}`);
"""


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("width", [390, 1366])
def test_every_target_is_24_px_wide_and_high(show, vectors, tmp_path, kind, width):
    browser = show(PAGES[kind](vectors, tmp_path), width=width)
    assert browser.run(SMALL) == []


LISTEN = """
window.said = [];
new MutationObserver(() => said.push(document.getElementById("status").textContent))
  .observe(document.getElementById("status"), { childList: true });
"""
WALK = """
const done = arguments[arguments.length - 1];
const walk = (i) => {
  if (i < 5) { point({ query: i, key: null }); setTimeout(() => walk(i + 1), 40); }
  else setTimeout(() => done(said), REST + 100);
};
walk(0);
"""


@pytest.mark.parametrize("two", [False, True])
def test_screen_readers_hear_where_a_pointer_rests_and_nothing_it_passes(show, vectors, tmp_path, two):
    record = align(EN, FR, small_set(tmp_path / "small")) if two else explain(SENTENCE, vectors)
    browser = show(record)
    browser.driver.execute_async_script("setTimeout(arguments[0], REST + 100)")
    browser.run(LISTEN)
    said = browser.driver.execute_async_script(WALK)
    assert said == [browser.texts("#readout span")[0]]
    assert browser.all("#readout")[0].get_attribute("aria-hidden") == "true"


SLID = """const table = document.getElementById(arguments[0]), scroll = table.closest(".scroll");
scroll.scrollLeft = 200; scroll.scrollTop = 30;
const heads = ["tbody th", "thead :first-child > :first-child", "thead tr:last-child > :last-child"];
const boxes = [...heads.map((each) => table.querySelector(each)), scroll].map((each) => each.getBoundingClientRect());
return [scroll.scrollLeft > 0, ...boxes.map(({ left, top }) => [left, top])];"""


@pytest.mark.parametrize("table", ["row", "table"])
def test_the_first_column_of_a_wide_table_stays_in_sight(show, table):
    browser = show(explained(words(24), word="1"), width=390)
    browser.run("document.getElementById('all').open = true")
    browser.settle()
    moved, name, corner, head, edge = browser.run(SLID, table)
    assert moved
    assert abs(name[0] - edge[0]) < 2
    assert abs(corner[0] - edge[0]) < 2
    assert head[1] >= edge[1] - 1


OUTLINES = """return Object.fromEntries(Object.entries({
  cross: "#row-band", meant: "#queries .at", pinned: "#queries [aria-pressed=true]", named: "#row-names [data-hue='0']",
}).map(([name, each]) => [name, getComputedStyle(document.querySelector(each)).outlineStyle]))"""


def test_with_the_readers_own_colours_cross_and_pins_have_outlines(show, vectors):
    browser = show(explain(SENTENCE, vectors, word="he"))
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "forced-colors", "value": "active"}])
    browser.run("point({ query: 2, key: 3 })")
    browser.settle()
    assert browser.run(OUTLINES) == {"cross": "solid", "meant": "solid", "pinned": "dashed", "named": "dashed"}
    style = "const { color, backgroundColor } = getComputedStyle(document.querySelector(arguments[0]));"
    ink = f"{style} return [color, backgroundColor]"
    assert browser.run(ink, ".badge") == browser.run(ink, "body")  # a number that can be read
    ramp = "return getComputedStyle(document.getElementById(arguments[0])).backgroundImage"
    assert all("gradient" in browser.run(ramp, each) for each in ("ramp", "cells"))


def test_a_long_sentence_is_printed_over_nothing_and_no_strips_without_a_pin(show):
    browser = show(explained(words(300)), media="print")
    height = "return document.getElementById('sentence')[arguments[0]]"
    overflow = browser.run("return getComputedStyle(document.getElementById('sentence')).overflow")
    assert browser.run(height, "scrollHeight") <= browser.run(height, "clientHeight") or overflow == "hidden"
    assert browser.run("return document.getElementById('dimensions').offsetHeight") == 0


def test_tables_are_printed_with_their_heads_and_whole_rows(show, vectors):
    browser = show(explain(SENTENCE, vectors, word="he"), media="print")
    style = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    for table in ("#row", "#table"):
        assert browser.run(style, f"{table} thead", "display") == "table-header-group"
        assert browser.run(style, f"{table} thead", "breakAfter") == "avoid"
        assert browser.run(style, f"{table} tbody tr", "breakInside") == "avoid"
        assert browser.run(style, f"{table} tbody th", "position") == "static"
