"""The page under a pointer: the word or cell that is tapped or pointed at is the one meant, and nothing moves."""

import pytest
from oracles.checkpoints import deeper_bert
from oracles.sentences import words
from support.chromium import needs_chromium
from support.places import TESTS
from test_views_pages import explained

from attncli import compare, explain
from attncli.models.model import open_model
from attncli.recipes.model_comparison import compare_swap
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings

pytestmark = needs_chromium
SENTENCE = "Bark is very cute and he is a dog"
LONG = "internationalisation Donaudampfschifffahrtsgesellschaft مرحبا 注意力 🐕 a counterrevolutionaries he"
BERT = TESTS / "oracles" / "tiny" / "bert"
ALL, SOME = (390, 480, 640, 900, 1100), (390, 900)  # px

PAGES = {
    "self": (ALL, lambda vectors: explain(SENTENCE, vectors)),
    "long words": (SOME, lambda _: explained(LONG, mode="multihead", heads=2)),
    "26 words": (ALL, lambda _: explained(words(26), mode="multihead", heads=2)),
    "60 words": (SOME, lambda _: explained(words(60))),
    "memory": (SOME, lambda vectors: explain(SENTENCE, vectors, memory="the king spoke to her")),
    "masked": (SOME, lambda vectors: explain(SENTENCE, vectors, mask="causal", exclude_self=True)),
    "model": (SOME, lambda _: explain_model(SENTENCE, BERT)),
    "methods": (SOME, lambda vectors: compare(SENTENCE, vectors)),
    "swap": (SOME, lambda _: compare_swap(SENTENCE, open_model(str(BERT)), "he=she", check_model_settings())),
}
RECORD = """
const shown = "#words li, #cells, .name, #readout, #pins, h2, .head";
const stands = () => JSON.stringify([...document.querySelectorAll(shown)]
  .map((each) => each.getBoundingClientRect()).map(({ left, top }) => [left + scrollX, top + scrollY]));
const placed = () => requestAnimationFrame(() => requestAnimationFrame(() => heard.places.add(stands())));
const forget = () => { window.heard = { overs: [], taps: [], places: new Set([stands()]) }; };
window.addEventListener("pointerover", ({ target, relatedTarget }) => {
  const word = target.closest?.(".word");
  if (word && !word.contains(relatedTarget)) heard.overs.push([word.dataset.side, Number(word.dataset.index)]);
  placed();
});
window.addEventListener("click", () => {
  heard.taps.push([state.pins.map(({ query }) => query), state.at?.query, state.at?.key]);
  placed();
});
window.forget = forget;
"""
CHOSEN = """window.chosen = [];
found("grid").addEventListener("click", () => chosen.push([state.layer, state.head]));"""
HEARD = "return { overs: heard.overs, taps: heard.taps, places: [...heard.places] }"
MIDDLES = """return [...document.querySelectorAll(arguments[0])].map((each) => each.getBoundingClientRect()).map(
  ({ left, top, width, height }) => [Math.round(left + width / 2), Math.round(top + height / 2)])"""
CELLS = """const box = document.getElementById("cells").getBoundingClientRect();
return arguments[0].map(([query, key]) => [(key + 0.5) * matrix.cell + box.left, (query + 0.5) * matrix.cell + box.top]
  .map(Math.round))"""


def pointed(browser, places, press):
    """What the page heard while a real pointer went to places of the window, to rest at each or to tap there."""
    browser.run("forget()")
    for x, y in places:
        if press:
            browser.cdp("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
            browser.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        else:
            browser.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    browser.settle()
    return browser.run(HEARD)


@pytest.fixture(params=PAGES)
def page(show, vectors, request):
    widths, record = PAGES[request.param]
    browser = show(record(vectors))
    browser.run(RECORD)
    return browser, widths


def sized(browser, width, height=4000):
    """The page in a window of this width, nothing pinned; so high that all of it is in sight."""
    browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    browser.run("state.pins = []; scrollTo(0, 0); redraw()")
    browser.settle()


def test_whatever_is_pointed_at_is_meant_and_nothing_moves(page):
    page, widths = page
    for width in widths:
        sized(page, width)
        n, m = page.run("return [view.queries.length, view.keys.length]")
        step = 1 if n < 10 else n // 5
        queries, cells = [*range(0, n, step)], [[i, i * 7 % min(m, 20)] for i in range(0, n, 2 * step)]  # in sight
        words = [*[["query", i] for i in range(n)], *[["key", i] for i in range(m)]][:: 3 * step]
        over = pointed(page, page.run(MIDDLES, ".word")[:: 3 * step], press=False)
        taps = pointed(page, page.run(MIDDLES, "#queries .word")[::step], press=True)
        page.run("state.pins = []; redraw()")
        read = pointed(page, page.run(CELLS, cells), press=True)
        assert over["overs"] == words, width
        assert [tap[:2] for tap in taps["taps"]] == [[queries[: i + 1], each] for i, each in enumerate(queries)], width
        assert [tap[1:] for tap in read["taps"]] == cells, width
        assert [len(each["places"]) for each in (over, taps, read)] == [1, 1, 1], width


HEADS = {
    "model": (ALL, lambda folder: explain_model(SENTENCE, BERT)),
    "60 words": (SOME, lambda folder: explained(words(60), mode="multihead", heads=16, layers=6)),
    "swap": (SOME, lambda _: compare_swap(SENTENCE, open_model(str(BERT)), "he=she", check_model_settings())),
    "384 heads": (SOME, lambda folder: explain_model(SENTENCE, deeper_bert(folder / "deep"))),
}


@pytest.mark.parametrize("order", ["layer", "entropy"])
@pytest.mark.parametrize("name", HEADS)
def test_the_head_that_is_pointed_at_is_meant_and_nothing_moves(show, tmp_path, name, order):
    widths, record = HEADS[name]
    page = show(record(tmp_path))
    page.choose("order", order)
    page.run(RECORD + CHOSEN)
    for width in widths:
        sized(page, width)
        middles = page.run(HEADS_IN_SIGHT)[:: max(1, page.run("return thumbs.all.length") // 8)]
        places = [(x, y) for _, _, x, y in middles]
        over = pointed(page, places, press=False)
        assert page.run("return document.getElementById('enlarged').classList.contains('shown')"), width
        page.run("enlarge(null); chosen.length = 0")
        taps = pointed(page, places, press=True)
        assert page.run("return chosen") == [[layer, head] for layer, head, *_ in middles], width
        assert [len(each["places"]) for each in (over, taps)] == [1, 1], width


HEADS_IN_SIGHT = """const all = document.querySelector("#heads .scroll").getBoundingClientRect();
return inOrder().map(({ button, layer, head }) => [layer, head, button.getBoundingClientRect()])
  .filter(([, , box]) => box.left >= all.left && box.right <= all.right && box.bottom <= all.bottom)
  .map(([layer, head, box]) => [layer, head, box.left + box.width / 2, box.top + box.height / 2].map(Math.round))"""
