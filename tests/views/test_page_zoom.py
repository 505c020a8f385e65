"""A part of the matrix, enlarged: dragged over, by buttons and by keys; and the terms of a page, explained on it."""

import csv
import io

import pytest
from oracles.sentences import words
from support.chromium import needs_chromium
from test_page_pointing import pointed
from test_page_taking import address, taken
from test_views_pages import explained

from attncli import explain

pytestmark = needs_chromium
SENTENCE = "Bark is very cute and he is a dog"
PART = "return [matrix.part?.query ?? null, matrix.part?.key ?? null]"
CELLS = """const box = document.getElementById("cells").getBoundingClientRect(), { top, left } = shownPart();
const middle = (i) => (i + 0.5) * matrix.cell;
return arguments[0].map(([i, j]) => [box.left + middle(j - left), box.top + middle(i - top)])"""
HEARD = "window.forget = () => { window.heard = { overs: [], taps: [], places: new Set() }; };"


def drag(browser, one, other):
    """A real pointer, from one cell to another."""
    browser.run("document.getElementById('cells').scrollIntoView({ block: 'center' })")
    (x, y), (to_x, to_y) = browser.run(CELLS, [one, other])
    for kind, at in (("mousePressed", (x, y)), ("mouseMoved", (to_x, to_y)), ("mouseReleased", (to_x, to_y))):
        place = {"x": at[0], "y": at[1], "button": "left", "buttons": 1, "clickCount": 1}
        browser.cdp("Input.dispatchMouseEvent", type=kind, **place)
    browser.settle()


def test_what_is_dragged_over_is_enlarged_with_its_names(show):
    browser = show(explained(words(150)))
    assert browser.texts("#row-names .name") == []
    small = browser.run("return matrix.cell")
    drag(browser, [30, 60], [52, 40])
    assert browser.run(PART) == [[30, 52], [40, 60]]
    names = browser.run("return view.queries")
    assert browser.texts("#row-names .name") == names[30:53]
    assert browser.texts("#column-names .name") == names[40:61]
    assert browser.run("return matrix.cell") > 4 * small
    assert browser.texts("#pins .chip") == []  # a drag is no click
    assert "rows 30–52 of 150, columns 40–60 of 150" in browser.text("#part")


def test_a_cell_of_the_part_is_the_one_that_is_pointed_at(show):
    browser = show(explained(words(60)), height=3000)
    browser.run(HEARD)
    browser.run("zoomTo({ query: [20, 29], key: [40, 51] })")
    pointed(browser, browser.run(CELLS, [[23, 44]]), press=False)
    assert browser.run("return [state.at.query, state.at.key]") == [23, 44]
    name = browser.run("return view.queries[23]")
    assert browser.texts("#row-names .at") == [name]
    pointed(browser, browser.run(CELLS, [[27, 41]]), press=True)
    assert browser.run("return state.pins.map(({ query }) => query)") == [27]
    assert len(browser.all("#row-names [data-hue='0']")) == 1


def test_buttons_and_keys_do_the_same_and_the_keys_go_beyond_the_edge(show):
    browser = show(explained(words(60)))
    cells = browser.all("#cells")[0]
    browser.run("arguments[0].focus(); point({ query: 10, key: 50 })", cells)
    browser.settle()
    browser.press("+")
    assert browser.run(PART) == [[0, 29], [30, 59]]
    browser.all("[data-zoom=in]")[0].click()
    assert [b - a + 1 for a, b in browser.run(PART)] == [15, 15]
    (top, bottom), key = browser.run(PART)
    browser.run("arguments[0].focus(); point({ query: arguments[1], key: arguments[2] })", cells, bottom, key[0])
    browser.settle()
    browser.press("ARROW_DOWN")
    assert browser.run(PART) == [[top + 1, bottom + 1], key]
    browser.press("-", "-")
    assert browser.run(PART) == [None, None]
    browser.all("[data-zoom=in]")[0].click()
    browser.all("[data-zoom=whole]")[0].click()
    assert browser.run(PART) == [None, None]


def test_the_part_is_in_the_address_and_what_is_taken_is_the_part(show, tmp_path):
    browser = show(explained(words(60), mode="multihead", heads=2))
    browser.run("zoomTo({ query: [5, 8], key: [20, 24] })")
    said = address(browser)
    assert "zoom=5-8,20-24" in said
    rows = list(csv.DictReader(io.StringIO(taken(browser, "csv")[2].decode())))
    assert [(row["query"], row["key"]) for row in rows] == [
        (str(i), str(j)) for i in range(5, 9) for j in range(20, 25)
    ]
    browser.driver.get("about:blank")
    browser.driver.get((tmp_path / "page.html").as_uri() + said)
    assert browser.run(PART) == [[5, 8], [20, 24]]
    browser.choose("head", 1)
    assert browser.run(PART) == [[5, 8], [20, 24]]  # the same part of another head


@pytest.mark.parametrize("zoom", ["5-99,0-3", "8-5,0-3", "x", "-1-3,0-3", "1-2", ""])
def test_an_address_of_no_part_shows_the_whole(show, zoom):
    browser = show(explained(words(20)))
    browser.run("location.hash = `zoom=${arguments[0]}`", zoom)
    browser.settle()
    assert browser.run(PART) == [None, None]


@pytest.mark.parametrize("width", [390, 900])
def test_terms_say_what_they_mean_under_a_pointer_and_to_the_keyboard(show, vectors, width):
    browser = show(explain(SENTENCE, vectors), width=width)
    assert not browser.all("#about-page p")[0].is_displayed()
    browser.all("#about-page summary")[0].click()
    for term in browser.all(".term"):
        assert not term.find_element("css selector", "[role=tooltip]").is_displayed()
        browser.run("arguments[0].focus()", term)
        assert term.find_element("css selector", "[role=tooltip]").is_displayed()
    assert browser.run("return document.documentElement.scrollWidth") <= width
