"""All heads of a page as small pictures: what is there from the start, what is drawn, and how one is chosen."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import deeper_bert
from oracles.minilm_folder import MINILM, needs_minilm
from oracles.sentences import words
from support.audit import violations
from support.chromium import needs_chromium
from support.places import TESTS
from test_page import Page
from test_views_pages import explained

from attncli import compare, explain
from attncli.analysis.kinds import ANCHOR, CONTENT, measure_heads
from attncli.analysis.measures import divergence, entropy
from attncli.models.model import open_model
from attncli.recipes.head_effects import head_effects_with
from attncli.recipes.model_comparison import compare_models_with, compare_swap
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings
from attncli.views.page import comparison_page, effects_page, explanation_page
from attncli.views.page.opening import Opening, changed_head, telling_head

SENTENCE = "Bark is very cute and he is a dog"
BERT, GPT2 = (TESTS / "oracles" / "tiny" / name for name in ("bert", "gpt2"))


def swapped(swap="he=she"):
    return compare_swap(SENTENCE, open_model(str(BERT)), swap, check_model_settings())


def effects_of(text):
    return head_effects_with(text, open_model(str(GPT2)), check_model_settings(), explained=True)


def with_weights(explanation, weights):
    """An explanation of a model with other weights `[n_layer, n_head, n, n]`, and the kinds that they have."""
    kinds = measure_heads(weights, explanation.source.special)
    layers = [replace(each, weights=some) for each, some in zip(explanation.layers, weights, strict=True)]
    return replace(explanation, layers=tuple(layers), source=replace(explanation.source, kinds=kinds))


def places(page):
    return [
        (each["data-layer"], each["data-head"])
        for _, each in Page(page).elements
        if each.get("class") == "head" and each.get("role") == "radio"
    ]


def test_every_head_is_an_element_with_its_layer_and_number():
    every = [(str(layer), str(head)) for layer in range(2) for head in range(4)]
    assert places(explanation_page(explain_model(SENTENCE, BERT))) == every
    some = explain_model(SENTENCE, BERT, layer="1", head="1-2")
    assert places(explanation_page(some)) == [("1", "1"), ("1", "2")]
    assert places(comparison_page(swapped())) == every


def test_384_heads_are_384_elements():
    page = explanation_page(explained(mode="multihead", heads=16, layers=24))
    assert len(places(page)) == len(set(places(page))) == 384


@needs_chromium
def test_384_heads_of_a_model_are_shown_chosen_and_named(show, tmp_path):
    explanation = explain_model(SENTENCE, deeper_bert(tmp_path / "deep"))
    browser = show(explanation)
    assert browser.text("#heads-title") == "All 384 heads"
    opens = telling_head(explanation)
    assert checked(browser) == [[opens.layer, opens.head]]
    assert explanation.source.kinds.kind[opens.layer, opens.head] != ANCHOR
    head(browser, 23, 12).click()
    assert checked(browser) == [shown(browser)] == [[23, 12]]
    assert browser.text("#does").startswith("Layer 23, head 12: ")
    assert sum(int(each.rpartition(" ")[2]) for each in browser.texts("#kinds .kind")) == 384


@pytest.mark.parametrize("choice", [{"combine": "rollout"}, {"layer": 0, "head": 1}])
def test_one_head_has_no_section_of_all(choice):
    page = explanation_page(explain_model(SENTENCE, BERT, **choice))
    assert 'id="heads"' not in page


def test_entropies_and_kinds_are_those_of_the_weights():
    explanation = explain_model(SENTENCE, BERT)
    known = Page(explanation_page(explanation)).data["sources"][0]["known"]
    np.testing.assert_allclose(known["bits"], entropy(explanation.weights).mean(axis=-1), atol=6e-5)
    assert known["kinds"] == explanation.source.kinds.kind.tolist()


def rows(n, *keys, rest=0.0):
    """Weights `[n, n]`, of each query on one key."""
    weights = np.full((n, n), rest / n, np.float32)
    weights[np.arange(n), list(keys)] += 1 - rest
    return weights


def test_the_page_opens_on_a_head_with_something_to_say():
    explanation = explain_model("the dog is a dog and he is", BERT)
    n = len(explanation.sentence.tokens)
    before, sink, column = rows(n, 0, *range(n - 1)), rows(n, *[0] * n), rows(n, *[4] * n)
    broad, says = np.full((n, n), 1 / n, np.float32), rows(n, *[(i + 3) % n for i in range(n)], rest=0.3)
    made = with_weights(explanation, np.array([[sink, before, column, broad], [sink, column, says, sink]]))
    assert telling_head(made) == Opening(0, 1, 2)
    others = with_weights(explanation, np.array([[sink, sink, sink, sink], [sink, sink, broad, sink]]))
    assert telling_head(others) == Opening(0, 1, 2)  # not a sink, though it says as little
    alone = with_weights(explanation, np.array([[sink] * 4] * 2))
    assert set(alone.source.kinds.kind.ravel()) == {ANCHOR}
    assert telling_head(alone) == Opening(0, 0, 0)


def test_of_a_chosen_word_the_head_opens_that_says_something_of_it():
    explanation = explain_model("the dog is a dog and he is", BERT, word="7")
    n = len(explanation.sentence.tokens)
    of_it, of_others = (np.full((n, n), 1 / n, np.float32) for _ in range(2))
    of_it[7] = np.eye(n)[3]
    of_others[1:7] = np.eye(n)[[4, 5, 6, 7, 8, 2]]
    broad = np.full((n, n), 1 / n, np.float32)
    made = with_weights(explanation, np.array([[broad, of_others, broad, broad], [broad, broad, broad, of_it]]))
    assert telling_head(made) == Opening(0, 1, 3)


@pytest.mark.parametrize("text", ["dog", "he is", SENTENCE])
@pytest.mark.parametrize("settings", [{}, {"mask": "causal", "exclude_self": True}, {"memory": "the dog"}])
def test_every_page_of_words_opens_on_one_of_its_heads(vectors, text, settings):
    explanation = explain(text, vectors, mode="multihead", **settings)
    opens = telling_head(explanation)
    assert (opens.source, opens.layer, opens.show) == (0, 0, "weights")
    assert opens.head in range(3)


@needs_minilm
@pytest.mark.parametrize("text", [SENTENCE, "The animal did not cross the street because it was too tired.", words(60)])
def test_a_real_model_opens_on_no_sink(text):
    explanation = explain_model(text, MINILM)
    opens = telling_head(explanation)
    assert explanation.source.kinds.kind[opens.layer, opens.head] == CONTENT


def test_a_comparison_opens_on_the_most_changed_head_with_its_differences():
    comparison = swapped()
    apart = divergence(comparison.baseline.weights, comparison.other.weights).mean(axis=-1)  # [n_layer, n_head]
    place = np.unravel_index(apart.argmax(), apart.shape)
    assert changed_head(comparison) == Opening(1, *map(int, place), "difference")
    assert Page(comparison_page(comparison)).data["opens"] == changed_head(comparison)._asdict()


def test_two_models_open_on_the_head_that_differs_most_with_its_differences(tmp_path):
    other = open_model(str(deeper_bert(tmp_path / "other", 2, 4)))
    comparison = compare_models_with(SENTENCE, open_model(str(BERT)), other, check_model_settings())
    most = max(comparison.heads, key=lambda each: each.divergence)
    assert most.divergence > 0.1
    assert Page(comparison_page(comparison)).data["opens"] == Opening(1, most.layer, most.head, "difference")._asdict()


def test_without_differences_it_opens_on_the_most_changed_head_of_the_baseline():
    one, other = (open_model(str(BERT.with_name(name))) for name in ("bert", "roberta"))
    comparison = compare_models_with(SENTENCE, one, other, check_model_settings())
    opens = changed_head(comparison)
    most = max(comparison.heads, key=lambda each: each.divergence)
    assert opens == Opening(0, most.layer, most.head)


def test_a_page_of_effects_opens_on_the_largest_effect_that_is_no_sink():
    effects = effects_of("the dog is")
    opens = Page(effects_page(effects)).data["opens"]
    kinds = effects.explanation.source.kinds.kind
    others = [each for each in effects.heads if kinds[each.layer, each.head] != ANCHOR] or effects.heads
    most = max(others, key=lambda each: abs(each.effect))
    assert (opens["layer"], opens["head"]) == (most.layer, most.head)


# In the browser.


def checked(browser):
    return browser.run(
        """return [...document.querySelectorAll("#grid [aria-checked=true]")].map(({ dataset }) =>
        [Number(dataset.layer), Number(dataset.head)])"""
    )


def shown(browser):
    return [browser.run(f"return Number(document.getElementById('{each}').value)") for each in ("layer", "head")]


def head(browser, layer, number):
    return browser.all(f'#grid [data-layer="{layer}"][data-head="{number}"]')[0]


@needs_chromium
def test_a_click_and_the_arrow_keys_choose_a_head(show):
    browser = show(explain_model(SENTENCE, BERT))
    head(browser, 0, 3).click()
    assert checked(browser) == [shown(browser)] == [[0, 3]]
    for key, place in [
        ("ARROW_LEFT", [0, 2]),
        ("ARROW_DOWN", [1, 2]),
        ("ARROW_DOWN", [1, 2]),
        ("ARROW_RIGHT", [1, 3]),
        ("ARROW_UP", [0, 3]),
    ]:
        browser.press(key)
        assert checked(browser) == [shown(browser)] == [place]
        focus = "return [Number(document.activeElement.dataset.layer), Number(document.activeElement.dataset.head)]"
        assert browser.run(focus) == place
    browser.choose("combine", "mean")
    assert checked(browser) == []
    head(browser, 1, 0).click()
    assert checked(browser) == [shown(browser)] == [[1, 0]]


PIXELS = """const canvas = document.querySelector(arguments[0]);
const { width, height } = canvas, copy = make("canvas", [], { width, height });
const pen = copy.getContext("2d", { willReadFrequently: true });
pen.drawImage(canvas, 0, 0);
return [width, height, [...pen.getImageData(0, 0, width, height).data]]"""


def pixels(browser, selector):
    """The colours `[height, width, 4]` of a canvas."""
    width, height, data = browser.run(PIXELS, selector)
    return np.array(data).reshape(height, width, 4)


def anchors_of(browser, scale):
    return np.array(browser.run(f"return {scale}.papers"))


@needs_chromium
def test_a_picture_has_the_square_root_of_each_weight(show):
    explanation = explain_model(SENTENCE, BERT)
    browser = show(explanation)
    browser.settle()
    papers, top = anchors_of(browser, "WEIGHTS"), explanation.weights.max()
    for layer, number in ((0, 0), (1, 3)):
        drawn = pixels(browser, f'#grid [data-layer="{layer}"][data-head="{number}"] canvas')
        levels = np.sqrt(explanation.weights[layer, number] / top) * 255
        near = np.abs(papers[np.rint(levels).astype(int)] - drawn[..., :3]).max()
        assert near <= 3  # a level is one of 256, and the weights are stored in steps
        assert (drawn[..., 3] == 255).all()


@needs_chromium
def test_hidden_cells_of_a_picture_are_clear(show, vectors):
    explanation = explain(SENTENCE, vectors, mode="multihead", mask="causal")
    browser = show(explanation)
    browser.settle()
    drawn = pixels(browser, '#grid [data-head="1"] canvas')
    assert (drawn[..., 3] == np.where(explanation.layers[0].visible, 255, 0)).all()


@needs_chromium
def test_pictures_show_differences_where_the_page_does(show):
    comparison = swapped()
    browser = show(comparison, height=2000)  # all heads in sight
    browser.settle()
    papers = anchors_of(browser, "DIFFERENCES")
    apart = comparison.other.weights - comparison.baseline.weights
    drawn = pixels(browser, '#grid [data-layer="1"][data-head="2"] canvas')
    share = np.sign(apart[1, 2]) * np.sqrt(np.abs(apart[1, 2]) / np.abs(apart).max())
    close = np.abs(papers[np.rint((share + 1) / 2 * 255).astype(int)] - drawn[..., :3]).max(axis=-1)
    assert np.mean(close <= 6) > 0.98  # the root is steep at 0, where the steps of storage are seen
    browser.choose("show", "weights")
    browser.settle()
    assert (pixels(browser, '#grid [data-layer="1"][data-head="2"] canvas') != drawn).any()


@needs_chromium
@pytest.mark.parametrize(("n", "m"), [(100, 100), (65, 64), (509, 3), (3, 509), (64, 64)])
def test_more_than_64_words_are_pooled_to_the_largest(show, n, m):
    browser = show(explained(mode="multihead", heads=2))
    numbers = np.random.default_rng(n).normal(size=(n, m)).astype(np.float32)
    numbers[1, 1] = np.nan
    run = (
        "return [...pooled(Float32Array.from(arguments[0], (each) => each ?? NaN), ...arguments.slice(1))].map(String)"
    )
    given = [None if np.isnan(each) else float(each) for each in numbers.ravel()]
    tall, wide = min(n, 64), min(m, 64)
    got = np.array(
        browser.run(
            f"const arguments_ = [...arguments]; {run.replace('arguments.', 'arguments_.')}", given, n, m, tall, wide
        ),
        float,
    )
    rows, columns = np.arange(n) * tall // n, np.arange(m) * wide // m
    for row in range(tall):
        for column in range(wide):
            block = numbers[np.ix_(rows == row, columns == column)].ravel()
            block = block[~np.isnan(block)]
            expected = block[np.abs(block).argmax()] if len(block) else np.nan
            np.testing.assert_equal(np.float32(got[row * wide + column]), np.float32(expected))


@needs_chromium
def test_pictures_are_drawn_when_they_are_seen(show):
    browser = show(explained(words(70), mode="multihead", heads=16, layers=24), width=390, height=300)
    browser.settle()
    before = browser.run("return pictures.drawn")
    assert before < 384
    browser.run("thumbs.all.at(-16).button.scrollIntoView()")
    for _ in range(60):
        browser.settle()
    blank = """return [...document.querySelectorAll("#grid .head")].slice(-16).filter(
      (each) => each.getBoundingClientRect().right < 340 && each.firstChild.width === 300).length"""
    assert browser.run(blank) == 0  # 300 is a canvas that nothing was drawn on
    assert before < browser.run("return pictures.drawn") <= 384


FRAMES = """return thumbs.all.map(({ kind, button }) => {
  const { borderTopColor: colour, borderTopStyle: line, borderTopWidth: width } = getComputedStyle(button);
  return [kind, `${colour} ${line} ${width}`, getComputedStyle(button.firstChild).opacity];
})"""


@needs_chromium
@needs_minilm
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_kinds_have_frames_of_their_own_and_sinks_are_faded(show, scheme):
    browser = show(explain_model(SENTENCE, MINILM), scheme=scheme)
    framed = browser.run(FRAMES)
    by_kind = {kind: frame for kind, frame, _ in framed}
    assert {(kind, frame) for kind, frame, _ in framed} == set(by_kind.items())
    colours = {frame.rpartition(")")[0] for frame in by_kind.values()}
    lines = {frame.rpartition(")")[2] for frame in by_kind.values()}
    assert len(by_kind) == len(colours) == len(lines) == 5  # in colour and without
    assert {kind for kind, _, opacity in framed if float(opacity) < 0.5} == {ANCHOR}


@needs_chromium
def test_a_head_under_the_pointer_is_enlarged(show):
    explanation = explain_model(SENTENCE, BERT)
    browser = show(explanation)
    browser.hover(head(browser, 0, 2))
    large = browser.all("#enlarged")[0]
    assert large.is_displayed()
    kind, bits = explanation.source.kinds.kind[0, 2], explanation.source.kinds.entropy[0, 2]
    assert browser.text("#enlarged p") == f"Layer 0, head 2, {kind}, entropy {bits:.2f} bits"
    assert large.size["width"] > 4 * head(browser, 0, 2).size["width"]
    browser.hover(browser.all("h1")[0])
    assert not large.is_displayed()


@needs_chromium
def test_heads_are_filtered_by_kind(show):
    explanation = explain_model(SENTENCE, BERT)
    kinds = explanation.source.kinds.kind
    browser = show(explanation)
    texts = browser.texts("#kinds .kind")
    assert sorted(texts) == sorted(f"{kind} {(kinds == kind).sum()}" for kind in set(kinds.ravel()))
    kind = min(set(kinds.ravel()), key=lambda each: (kinds == each).sum())
    browser.all(f'#kinds [data-kind="{kind}"]')[0].click()
    browser.run("document.getElementById('kinds').lastChild.focus()")
    browser.press("TAB")
    assert browser.run("return document.activeElement.matches('.head:not(.other)')")  # it can be reached still
    left = [each for each in browser.all("#grid .head") if each.is_displayed()]
    assert len(left) == (kinds == kind).sum()
    assert {kinds[int(e.get_attribute("data-layer")), int(e.get_attribute("data-head"))] for e in left} == {kind}
    browser.all(f'#kinds [data-kind="{kind}"]')[0].click()
    assert all(each.is_displayed() for each in browser.all("#grid .head"))


def order(browser):
    places = [[each.get_attribute(f"data-{name}") for name in ("layer", "head")] for each in browser.all("#grid .head")]
    return [(int(layer), int(number)) for layer, number in places]


@needs_chromium
def test_heads_are_sorted_by_what_is_known_of_them(show):
    explanation = explain_model(SENTENCE, BERT)
    browser = show(explanation)
    every = order(browser)
    browser.choose("order", "entropy")
    bits = explanation.source.kinds.entropy.round(4)
    assert order(browser) == sorted(every, key=lambda place: bits[place])
    first, second = order(browser)[:2]
    assert browser.texts("#grid small")[0] == f"{first[0]}.{first[1]}{bits[first]:.2f}"
    head(browser, *first).click()
    browser.press("ARROW_RIGHT")
    assert checked(browser) == [list(second)]
    browser.choose("order", "layer")
    assert order(browser) == every
    assert browser.run("return [...document.getElementById('order')].map((each) => each.value)") == [
        "layer",
        "kind",
        "entropy",
    ]


@needs_chromium
def test_a_comparison_sorts_by_divergence_and_a_page_of_effects_by_effect(show):
    comparison = swapped()
    browser = show(comparison)
    browser.choose("order", "divergence")
    apart = sorted(comparison.heads, key=lambda each: -round(each.divergence, 6))
    assert order(browser) == [(each.layer, each.head) for each in apart]
    effects = effects_of("the dog is")
    browser = show(effects)
    browser.choose("order", "effect")
    largest = sorted(effects.heads, key=lambda each: (-abs(round(each.effect, 6)), each.layer, each.head))
    assert order(browser) == [(each.layer, each.head) for each in largest]


def of_models():
    one, other = (open_model(str(BERT.with_name(name))) for name in ("bert", "roberta"))
    return compare_models_with(SENTENCE, one, other, check_model_settings())


COMPARISONS = {
    "swap": lambda _: swapped(),
    "models": lambda _: of_models(),
    "methods": lambda vectors: compare(SENTENCE, vectors, against=["dot", "cosine"], mode="multihead"),
}


@needs_chromium
@pytest.mark.parametrize("made", COMPARISONS.values(), ids=COMPARISONS)
def test_pictures_follow_every_switch_of_a_comparison(show, vectors, made):
    browser = show(made(vectors))
    options = "return [...document.getElementById(arguments[0])].map((each) => each.value)"
    drawn = []
    for source in browser.run(options, "source"):
        for numbers in browser.run(options, "show"):
            browser.choose("source", source)
            if not browser.run("return document.getElementById('show').parentElement.hidden"):
                browser.choose("show", numbers)
            browser.run("thumbs.all.forEach(drawPicture)")
            now = [browser.run(f"return state.{each}") for each in ("source", "show")]
            drawn.append((*now, pixels(browser, "#grid .head:last-child canvas").tobytes()))
            assert "NaN" not in browser.text("#heads")
    pictures = {(source, numbers): picture for source, numbers, picture in drawn}
    assert len(set(pictures.values())) == len(pictures)  # each source, and each difference, has its own


@needs_chromium
@pytest.mark.parametrize("text", ["dog", ".", words(130)])
@pytest.mark.parametrize(
    "settings", [{}, {"mask": "causal", "exclude_self": True}, {"memory": "the king spoke to her"}]
)
def test_pictures_of_any_size_are_drawn(show, text, settings):
    browser = show(explained(text, mode="multihead", heads=3, layers=2, **settings))
    browser.run("thumbs.all.forEach(drawPicture)")
    width, height = browser.run("const { width, height } = thumbs.all[5].button.firstChild; return [width, height]")
    assert 1 <= width <= 64
    assert 1 <= height <= 64
    browser.hover(head(browser, 1, 2))
    assert browser.all("#enlarged")[0].is_displayed()


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_access_is_broken_in_any_order_or_under_a_filter(show, tmp_path, scheme):
    browser = show(explain_model(SENTENCE, deeper_bert(tmp_path / "deep")), scheme=scheme)
    browser.choose("order", "entropy")
    browser.all("#kinds .kind")[0].click()
    browser.hover(next(each for each in browser.all("#grid .head") if each.is_displayed()))
    assert violations(browser) == []
    browser.choose("order", "layer")
    browser.choose("combine", "mean")
    assert violations(browser) == []


@needs_chromium
def test_few_heads_of_one_layer_stand_in_a_row_with_their_kinds(show, vectors):
    explanation = explain(SENTENCE, vectors, mode="multihead")
    browser = show(explanation)
    roles = [role.here for role in explanation.source.roles]
    assert browser.texts("#grid small") == [f"head {number}{role}" for number, role in enumerate(roles)]
    assert not any(browser.all(f"#heads {part}")[0].is_displayed() for part in (".bar", ".rows"))
    browser.all("#grid .head")[0].click()
    browser.press("ARROW_RIGHT", "ARROW_RIGHT")
    assert checked(browser) == [[0, 2]]
