"""The page of heads against treebanks: a table of relations, and maps of all heads on the one that is chosen."""

import re

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.chromium import needs_chromium
from support.command import attn
from support.treebank_heads import drawn_by_lot, heads_of, relation_of, tally_of
from support.treebanks import write_treebank
from test_page import Page
from test_page_alignment import data_of

from attncli.analysis.relations import LOOKS
from attncli.corpus.treebank_heads import Numbers
from attncli.errors import AttnError
from attncli.views.page.frame import digest
from attncli.views.page.treebank import COLUMNS, treebank_page
from attncli.views.screen import Screen
from attncli.views.terminal.treebank import NOT_SAID, OPTIMISTIC, finding, held_out_on

NUMBERS = Numbers((2, 5), (0, 3))
OBJ = [[[20, 69], [80, 10]], [[0, 30], [5, 40]]]  # of 100 pairs, 60 of them at one distance
CC = [[[1, 2], [9, 3]], [[10, 0], [5, 4]]]  # of 10, 3 at one
FIRST = [[[2, 3], [20, 5]], [[0, 9], [1, 3]]]  # of 25, 15 at +1
NAMES = ("obj", "nsubj", "acl:relcl", "compound", "cc", "det")


@pytest.fixture(scope="module")
def found():
    obj = tally_of(OBJ, {-2: 60, 1: 40})
    held = relation_of("obj", obj, NUMBERS, first=tally_of(FIRST, {1: 15, 2: 10}))
    cc = relation_of("cc", tally_of(CC, {1: 3, 2: 2, 4: 2, 5: 2, 6: 1}), NUMBERS)
    return heads_of(held, cc, numbers=NUMBERS, remarks=("2 words <i> have no piece",), warnings=("cut",))


@pytest.fixture(scope="module")
def many():
    return drawn_by_lot(6, 12, NAMES)


@needs_chromium
def test_halves_of_a_hundredth_are_rounded_as_in_the_table(show, found):
    browser = show(found)
    shares = [each / count for count in (3, 7, 8, 16, 40, 200) for each in range(count + 1)]
    assert browser.run("return arguments[0].map(inShort)", shares) == [f"{share:.2f}" for share in shares]


def rows_of(page):
    """The texts of the cells of each row of the table."""
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)[1]
    rows = re.findall(r"<tr>(.*?)</tr>", body)
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)] for row in rows]


def test_a_row_has_a_relation_with_its_best_head_beside_the_distance(found):
    obj, cc = rows_of(treebank_page(found))
    # held out: 2.3 and +1 are best of the first pairs; of all 80 of 100 are its, and 40 have that distance
    head = ["0.80", "0.60 (−2)", "2.3", "dependant", "0.80 / 0.40", "yes, 2.3", "0.71–0.87"]
    assert obj == ["obj", "100", "", *head]
    assert cc == ["cc", "10", "", "1.00", "0.30 (+1)", "5.0", "dependant", "–", "no pairs", "0.72–1.00"]
    assert len(obj) == 1 + len(COLUMNS)


def test_the_chart_has_bar_interval_distance_and_held_out_in_hundredths(found):
    charts = re.findall(r'<svg class="chart".*?</svg>', treebank_page(found))
    drawn = [dict(re.findall(r'<path class="(\w+)" d="(.*?)"/>', chart)) for chart in charts]
    low, high = (100 * end for end in found.relations[0].best.interval)
    assert drawn[0] == {
        "track": "M0 5H100",
        "share": "M0 1H80.0V9H0Z",
        "baseline": "M60.0 0V10",
        "interval": f"M{low:.1f} 3V7M{low:.1f} 5H{high:.1f}M{high:.1f} 3V7",
        "held": "M80.0 5h0",
    }
    assert "held" not in drawn[1]


def test_the_finding_and_the_notes_are_told(found):
    page = treebank_page(found)
    said = finding(found, Screen())
    assert f'<p id="finding" dir="auto">{said[0].upper()}{said[1:]}.</p>' in page
    for note in ("2 words &lt;i&gt; have no piece", "cut", OPTIMISTIC, NOT_SAID, held_out_on(found)):
        assert note in page


def test_the_data_are_the_counts_of_all_heads(found):
    record = data_of(treebank_page(found))
    assert (record["layers"], record["heads"], record["scale"]) == ([2, 5], [0, 3], "fixed")
    for each, relation in zip(record["relations"], found.relations, strict=True):
        assert np.reshape(each["correct"], (2, 2, 2)).tolist() == relation.correct.tolist()
        assert (each["count"], each["baseline"]) == (relation.count, relation.baseline)


def test_nothing_but_its_own_script_and_style_may_run_and_words_of_strangers_are_text(found):
    text = '</script><img src=http://x onerror="x"> \x1b[31m &amp; $title <b>'
    strange = relation_of(text, tally_of(CC, {1: 10}), NUMBERS)
    page = treebank_page(heads_of(strange, numbers=NUMBERS, files=(f"/x/{text}",), warnings=(text,)))
    read, plain = Page(page), Page(treebank_page(found))
    policy = next(each["content"] for tag, each in read.elements if each.get("http-equiv"))
    blocks = [(tag, text) for tag, attributes, text in read.blocks if "type" not in attributes]
    assert [tag for tag, _ in blocks] == ["style", "script"]
    assert all(digest(block) in policy for _, block in blocks)
    assert not [each for _, each in read.elements if {"src", "href", "style", "onerror"} & set(each)]
    assert {tag for tag, _ in read.elements} == {tag for tag, _ in plain.elements} - {"strong"}
    assert "\x1b" not in page
    assert not re.findall(r"\w+://[^\s\"'<]+", treebank_page(found))


def test_there_is_no_page_of_no_relation():
    with pytest.raises(AttnError, match="expected a relation to show"):
        treebank_page(heads_of(numbers=NUMBERS))


@pytest.mark.parametrize(
    ("source", "layers", "heads"),
    [(("--model", str(TINY / "bert")), [0, 1], [0, 1, 2, 3]), (("--mode", "multihead"), [0], [0, 1, 2])],
)
def test_the_command_writes_it(tmp_path, source, layers, heads):
    write_treebank(tmp_path)
    how = ("-o", "heads.html", "--color-scale", "row")
    done = attn("heads", "--treebank", "en.conllu", *source, *how, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    record = data_of((tmp_path / "heads.html").read_text("utf-8"))
    assert (record["layers"], record["heads"], record["scale"]) == (layers, heads, "row")
    assert {each["name"]: each["count"] for each in record["relations"]} == {"nsubj": 4, "obj": 4, "det": 3, "amod": 1}


def said_of(found, relation, layer, head, way):
    """The line of a head, by hand."""
    correct, count = relation.correct[layer, head, way], relation.count
    low, high = relation.intervals[layer, head, way]
    looks = ("a dependant looks most at its head word", "a head word looks most at its dependant")[way]
    where = f"{'' if relation.beats[layer, head, way] else 'not '}beyond the {relation.baseline:.2f}"
    found_in = f"{looks} in {correct:,} of {count:,} pairs, {correct / count:.2f} ({low:.2f}–{high:.2f})"
    head = f"Layer {found.layers[layer]}, head {found.heads[head]}, {relation.relation}"
    offset = f"{relation.offset:+}".replace("-", "−")
    return f"{head}: {found_in}, {where} of the best fixed distance ({offset})."


@needs_chromium
def test_a_cell_that_is_pointed_at_is_told_with_its_interval(show, found):
    browser = show(found)
    assert browser.text("#readout") == f"{said_of(found, found.relations[0], 0, 1, 0)} 1 of 4 heads are beyond it."
    for way, (layer, head) in ((0, (1, 1)), (1, (0, 0)), (1, (1, 0))):
        browser.hover(browser.all(".map")[way].find_elements("css selector", "tbody td")[2 * layer + head])
        assert browser.text("#readout") == said_of(found, found.relations[0], layer, head, way)


@needs_chromium
def test_a_relation_is_chosen_by_click_and_its_maps_are_shown(show, many):
    browser = show(many)
    for at, relation in enumerate(many.relations):
        browser.all("#relations tbody tr")[at].click()
        assert browser.text("#maps-title") == f"All heads on {relation.relation}"
        assert browser.texts("#relations [aria-pressed=true]") == [relation.relation]
        for way, map_ in enumerate(browser.all(".map")):
            cells = browser.run("return [...arguments[0].querySelectorAll('tbody td')].map((e) => e.textContent)", map_)
            shares = relation.accuracy[..., way].ravel()
            assert cells == [f"{share:.2f}".replace("0.", ".", 1) for share in shares]
            dots = "return [...arguments[0].querySelectorAll('tbody td')].map((e) => e.classList.contains('beyond'))"
            assert browser.run(dots, map_) == relation.beats[..., way].ravel().tolist()


@needs_chromium
@pytest.mark.parametrize("scale", ["auto", "row"])
def test_the_colour_of_a_cell_is_its_share_of_the_scale(show, found, scale):
    browser = show(found, scale)
    papers = browser.run("return WEIGHTS.papers")
    shown = browser.run("return [...document.querySelectorAll('.map tbody td')].map((e) => e.style.background)")
    shares = np.moveaxis(np.array(OBJ), -1, 0).ravel() / (80 if scale == "row" else 100)
    assert shown == ["rgb({}, {}, {})".format(*papers[int(share * 255 + 0.5)]) for share in shares]
    assert browser.text("#most") == ("0.80" if scale == "row" else "1.00")


@needs_chromium
def test_everything_can_be_done_with_the_keyboard(show, many):
    browser = show(many)
    browser.press("TAB", "TAB")  # the table scrolls with the keys, and then its chosen relation
    browser.press("ARROW_DOWN", "ARROW_DOWN")
    assert browser.text("#maps-title") == "All heads on acl:relcl"
    browser.press("END")
    assert browser.run("return document.activeElement.textContent") == NAMES[-1]
    browser.press("HOME", "ARROW_UP")
    assert browser.text("#maps-title") == f"All heads on {NAMES[0]}"
    browser.press("TAB", "ARROW_RIGHT", "ARROW_DOWN", "ARROW_DOWN")
    assert browser.text("#readout") == said_of(many, many.relations[0], 2, 1, 0)
    browser.press("END", "TAB", "ARROW_LEFT")
    assert browser.text("#readout") == said_of(many, many.relations[0], 0, 0, 1)
    browser.press("TAB")
    assert browser.text("#readout").endswith(" heads are beyond it.")


@needs_chromium
@pytest.mark.parametrize("width", [360, 1366])
def test_nothing_moves_while_relations_and_heads_change(show, many, width):
    browser = show(many, width=width)
    stands = (
        "return JSON.stringify([...document.querySelectorAll('h2, h3, tr, th, td, .chart, #legend')].map((each) => {"
        " const { left, top, width } = each.getBoundingClientRect(); return [left + scrollX, top + scrollY, width]; }))"
    )
    before = browser.run(stands)
    for at in range(len(NAMES)):
        browser.run(f"choose({at})")
        for place in ("null", "{ way: 1, layer: 5, head: 11 }"):
            browser.run(f"pointAt({place})")
            browser.settle()
            assert browser.run(stands) == before
    assert browser.run("return document.documentElement.scrollWidth") <= width


@needs_chromium
@pytest.mark.parametrize("size", [(360, 740), (1366, 768), (1920, 1080)])
@pytest.mark.parametrize(("n_layer", "n_head"), [(1, 1), (6, 12), (32, 32)])
def test_it_fits_every_screen_and_small_cells_have_no_numbers(show, size, n_layer, n_head):
    browser = show(drawn_by_lot(n_layer, n_head, NAMES), width=size[0], height=size[1], scheme="dark")
    assert browser.run("return document.documentElement.scrollWidth") <= size[0]
    assert len(browser.all(".map tbody td")) == 2 * n_layer * n_head
    side = browser.all(".map tbody td")[0].size["width"]
    assert 14 <= side <= 44
    assert bool(browser.all(".map.bare")) is (side < 26)


@needs_chromium
def test_a_screen_reader_finds_tables_buttons_and_cells(show, found):
    nodes = show(found).cdp("Accessibility.getFullAXTree")["nodes"]
    named = {(each["role"]["value"], each.get("name", {}).get("value", "")) for each in nodes if not each["ignored"]}
    assert {("grid", each) for each in LOOKS.values()} | {("button", "obj"), ("status", "")} <= named
    assert {("gridcell", "0.80, beyond the best fixed distance"), ("gridcell", "0.69")} <= named
    assert {("columnheader", "distance"), ("cell", "0.60 (−2)")} <= named


@needs_chromium
def test_without_script_it_is_the_relations(browser, tmp_path, found):
    (tmp_path / "page.html").write_text(treebank_page(found), encoding="utf-8")
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(tmp_path / "page.html")
        seen = [each.text for each in browser.all("h1, h2, tbody th") if each.is_displayed()]
    finally:
        browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
    assert seen == ["heads against en.conllu", "Relations", "obj", "cc"]


@needs_chromium
def test_it_prints_on_white(show, found):
    browser = show(found, scheme="dark", media="print")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.run("return getComputedStyle(document.getElementById('readout')).display") == "none"


@needs_chromium
def test_nothing_is_cut_off_on_paper(show):
    browser = show(drawn_by_lot(6, 12, [f"relation:{at}" for at in range(40)]), width=718, media="print")  # A4
    inside = (
        "return [...document.querySelectorAll('.scroll')].map((e) => "
        "[e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight])"
    )
    assert np.max(browser.run(inside)) <= 0
