"""Figures: what is on them is what the explanation says, in text, for any script, and the same every time."""

import io
import re
import zlib
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from matplotlib import rcParams
from matplotlib.image import imread
from oracles.checkpoints import TINY
from support.figures import SVG, content_of, drawn, elements, printed, texts
from test_views_pages import BARK, HOSTILE, explained

from attncli import compare, explain_model
from attncli.errors import AttnError
from attncli.models.model import open_model
from attncli.recipes.model_comparison import compare_swap
from attncli.settings.explanation import SCALES
from attncli.settings.model import check_model_settings
from attncli.views.figure.compared import comparison_content, model_comparison_content
from attncli.views.figure.content import Look
from attncli.views.figure.drawing import Plan, draw
from attncli.views.figure.fonts import escaped, families
from attncli.views.palette import CIVIDIS, contrast, interpolate
from attncli.views.scale import color_scale
from attncli.views.screen import visible

BERT = TINY / "bert"
NUMBER = re.compile(r"0\.\d\d")


@pytest.mark.parametrize("kind", ["heat", "arcs"])
@pytest.mark.parametrize(("options", "n_panel"), [({}, 1), ({"mode": "multihead", "heads": 4}, 4), ({"layers": 3}, 1)])
def test_a_figure_has_a_panel_a_head_of_the_last_layer(kind, options, n_panel):
    svg = drawn(explained(BARK, **options), kind=kind)
    axes = [each for each in elements(svg) if each.get("id", "").startswith("axes_")]
    assert len(axes) == n_panel + 1  # and the scale
    assert sum(text.startswith("head ") for text in texts(svg)) == (n_panel if n_panel > 1 else 0)


@pytest.mark.parametrize("options", [{}, {"mask": "causal"}, {"memory": "the cat"}, {"temperature": 0.2}])
def test_every_cell_has_its_number_and_a_hidden_one_none(options):
    explanation = explained(BARK, **options)
    shown = ~np.isneginf(explanation.scores[0, 0])
    bar = ["0.00", "0.25", "0.50", "0.75", "1.00"]
    numbers = [text for text in texts(drawn(explanation, scale="fixed")) if re.fullmatch(r"[01]\.\d\d", text)]
    assert Counter(numbers) == Counter([*(f"{value:.2f}" for value in explanation.weights[0, 0][shown]), *bar])


def test_what_a_mask_hides_is_hatched_and_said():
    hatched, plain = drawn(explained(BARK, mask="causal")), drawn(explained(BARK))
    assert [any(each.tag == f"{SVG}pattern" for each in elements(svg)) for svg in (hatched, plain)] == [True, False]
    assert "hatched: hidden by the mask" in texts(hatched)


@pytest.mark.parametrize("scale", SCALES)
def test_the_colour_of_a_cell_is_its_weight_on_the_scale(scale):
    explanation = explained("a b c")
    fills = re.findall(r"fill: (#\w{6}); stroke: \1", drawn(explanation, scale=scale).decode())[:9]
    weights = explanation.weights[0, 0]
    shares = color_scale(scale, [weights]).shares(weights)
    for fill, share in zip(fills, shares.ravel(), strict=True):
        seen = tuple(bytes.fromhex(fill[1:]))
        assert np.abs(np.subtract(seen, interpolate(CIVIDIS, float(share)))).max() <= 4  # 256 levels of colour


def test_ink_can_be_read_on_its_cell():
    svg = drawn(explained(BARK, temperature=0.3))
    cells = re.findall(r"fill: (#\w{6}); stroke: \1", svg.decode())[:81]
    numbers = [each for each in elements(svg) if re.fullmatch(r"[01]\.\d\d", each.text or "")][:81]
    inks = ["#ffffff" if "fill: #ffffff" in each.get("style") else "#000000" for each in numbers]
    pairs = [tuple(tuple(bytes.fromhex(each[1:])) for each in pair) for pair in zip(inks, cells, strict=True)]
    assert min(contrast(*pair) for pair in pairs) >= 4.5
    assert set(inks) == {"#ffffff", "#000000"}


@pytest.mark.parametrize("kind", ["heat", "arcs"])
@pytest.mark.parametrize(
    "text", [BARK, "注意 力 很 好", "أحب القهوة كثيرا", "मुझे क्षत्रिय पसंद", "👍🏽 love 👨‍👩‍👧", HOSTILE]
)
def test_words_are_text_in_an_svg_as_they_were_typed(kind, text):
    explanation = explained(text)
    shown = texts(drawn(explanation, kind=kind))
    assert visible(text) in shown
    for token in explanation.sentence.tokens:
        assert visible(token.text) in shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"onmouseover="x"',
        "$x^2$",
        "</title><img/src=http://x>",
        "]]>&amp;",
        "url(http://x)",
    ],
)
def test_formulas_and_markup_of_others_stay_text(text):
    svg = drawn(explained(f"a {text} b\\"))
    assert f"a {text} b\\" in texts(svg)
    plain = {each.tag for each in elements(drawn(explained("a b c")))}
    assert {each.tag for each in elements(svg)} == plain
    assert not [name for each in elements(svg) for name in each.attrib if "onmouse" in name.lower() or name == "src"]


@pytest.mark.parametrize("kind", ["heat", "arcs"])
def test_an_svg_refers_to_nothing_but_itself(kind):
    svg = drawn(explained(BARK, mask="causal"), kind=kind).decode()
    assert set(re.findall(r"\w+://[^\"' <)]+", svg)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "DOCTYPE" not in svg
    assert all(reference.startswith("#") for reference in re.findall(r"(?:href=\"|url\()([^\")]*)", svg))


@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
@pytest.mark.parametrize("kind", ["heat", "arcs"])
def test_equal_input_gives_equal_bytes(form, kind):
    first, again = (drawn(explained(BARK, mask="causal"), form, kind) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("text", [BARK, "dog"])
@pytest.mark.parametrize("kind", ["heat", "arcs"])
def test_a_png_is_not_blank(kind, text):
    data = drawn(explained(text), "png", kind)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    image = imread(io.BytesIO(data))  # [height, width, 4]
    assert len(np.unique(image.reshape(-1, 4), axis=0)) > 20
    assert image[[0, -1]].min() == image[:, [0, -1]].min() == 1  # nothing runs over the edge of the paper


def test_the_text_of_a_pdf_is_text():
    data = drawn(explained(BARK), "pdf")
    assert data.startswith(b"%PDF-1.")
    streams = [zlib.decompressobj().decompress(each) for each in re.findall(rb"stream\r?\n(x.*?)endstream", data, re.S)]
    assert sum(stream.count(b"Tj") + stream.count(b"TJ") for stream in streams) > 81
    assert b"/Type0" in data or b"/TrueType" in data
    assert b"CreationDate" not in data


@pytest.mark.parametrize(("form", "said"), [("pdf", True), ("png", True), ("svg", False)])
def test_what_no_font_has_is_said(form, said):
    remarks = []
    printed(content_of(explained("a \U0010fffd b")), form, remarks=remarks)
    assert any("no font that a figure can use has \U0010fffd" in remark for remark in remarks) == said


def test_what_no_font_has_is_shown_as_an_escape():
    text = "a注\U0010fffd"
    found, lacking = families(text)
    assert "\U0010fffd" in lacking
    assert escaped(text, lacking).endswith(r"\U0010fffd")
    assert escaped("注", "注") == r"\u6ce8"
    assert found[0] == "DejaVu Sans"


def test_an_escaped_emoji_is_escapes_and_nothing_unseen_between_them():
    family, heart = "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f\u200d\U0001f525"
    shown = escaped(f"a{family} {heart}b क्\u200dष", "\U0001f469\U0001f467\U0001f525")
    assert shown == "a\\U0001f469\\U0001f469\\U0001f467 \u2764\\U0001f525b क्\u200dष"


def test_a_figure_that_would_be_all_dark_names_the_other_scale():
    remarks = []
    for scale in ("fixed", "auto", "row"):
        printed(
            content_of(explained(" ".join(f"w{i}" for i in range(40)), temperature=9.0), scale=scale), remarks=remarks
        )
    assert len(remarks) == 1
    assert "--color-scale auto" in remarks[0]


@pytest.mark.parametrize("scale", ["fixed", "auto", "row"])
def test_another_scale_is_no_advice_where_no_weight_is_above_0(scale):
    remarks = []
    printed(content_of(explained("dog", exclude_self=True), scale=scale), remarks=remarks)
    assert remarks == []


@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_matplotlib_is_left_as_it_was_and_says_nothing(form, capfd):
    before = dict(rcParams)
    drawn(explained("注意 👍🏽 \U0010fffd"), form)  # a warning would be an error here
    assert dict(rcParams) == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("n", "kind", "said"),
    [(9, "heat", None), (60, "heat", None), (300, "heat", "one word in 3"), (300, "arcs", "one word in 3")],
)
def test_words_along_the_sides_are_thinned_only_with_a_note(n, kind, said):
    shown = texts(drawn(explained(" ".join(f"w{i}" for i in range(n))), kind=kind))
    notes = [text for text in shown if text.startswith("one word in")]
    assert [note.startswith(said or "") for note in notes] == [True] * (said is not None)
    assert (f"w{n - 1}" in shown) == (said is None)


def test_many_words_become_pixels_and_stay_a_small_file():
    svg = drawn(explained(" ".join(f"w{i}" for i in range(512))))
    assert any(each.tag == f"{SVG}image" for each in elements(svg))
    assert len(svg) < 1_000_000


def test_the_arcs_of_a_query_are_as_wide_as_its_weights():
    explanation = explained(BARK, word="cute", temperature=0.5)
    svg = drawn(explanation, kind="arcs").decode()
    curves = re.findall(r"C [^\"]*\"[^>]*stroke-width: ([\d.]+)", svg)
    weights = explanation.weights[0, 0]
    shares = np.sort(color_scale("auto", [weights]).shares(weights)[3])
    assert [float(width) for width in curves] == pytest.approx(0.25 + 3.25 * shares[shares >= 0.01], abs=1e-5)


@pytest.mark.parametrize(("keys", "heads"), [({}, 3), ({"memory": "a big house"}, 1), ({"memory": "a big house"}, 3)])
def test_the_asked_query_alone_is_bold(keys, heads):
    explanation = explained("Bark is cute", mode="multihead", heads=heads, word=2, **keys)
    found = [each for each in elements(drawn(explanation, kind="arcs")) if "700" in each.get("style", "")]
    assert [each.text for each in found] == ["cute"] * heads


@pytest.mark.parametrize(("text", "falling"), [("أحب القهوة كثيرا", True), ("the cat sat", False)])
def test_the_words_of_arcs_run_as_they_are_written(text, falling):
    words = text.split()
    found = [each for each in elements(drawn(explained(text), kind="arcs")) if each.text in words]
    places = [float(next(each for each in found if each.text == word).get("x")) for word in words]
    assert places == sorted(places, reverse=falling)


@pytest.mark.parametrize(("layers", "heads", "across"), [(6, 12, 12), (12, 12, 12), (24, 6, 12), (24, 1, 8), (9, 2, 2)])
def test_small_multiples_are_a_layer_a_line_while_they_can_be_seen(layers, heads, across):
    content = content_of(explained(BARK, mode="multihead", heads=layers * heads))
    figure = draw(replace(content, across=heads), "heat")
    assert max(figure.get_size_inches()) <= 20
    assert len({round(axes.get_position().x0, 4) for axes in figure.axes[:-1]}) == across


def test_the_heads_of_a_model_are_small_multiples():
    explanation = explain_model("the dog", BERT)
    shown = texts(drawn(explanation))
    n_layer, n_head = explanation.weights.shape[:2]
    assert {f"layer {i}, head {j}" for i in range(n_layer) for j in range(n_head)} <= set(shown)
    assert set(explanation.source.kinds.kind.ravel()) <= set(shown)


def size_of(svg):
    """Width and height in inches."""
    return [float(elements(svg)[0].get(name).removesuffix("pt")) / 72 for name in ("width", "height")]


@pytest.mark.parametrize("kind", ["heat", "arcs"])
@pytest.mark.parametrize(("heads", "n"), [(1, 512), (2, 300), (5, 20), (12, 9), (12, 60), (12, 512)])
def test_a_figure_of_many_long_panels_fits_on_paper(kind, heads, n):
    explanation = explained(" ".join(BARK.split()[i % 9] for i in range(n)), mode="multihead", heads=heads)
    width, height = size_of(drawn(explanation, kind=kind))
    assert width <= 15
    assert height <= 20


def places_of(svg, words):
    """How far from the left the middle of each word is."""
    drawn = {each.text: each for each in elements(svg) if each.tag == f"{SVG}text"}
    return [float(drawn[word].get("x")) for word in words]


ENGLISH, ARABIC, CHINESE = "he is a dog", "هو كلب لطيف جدا", "他 是 一只 狗"


@pytest.mark.parametrize(("text", "memory"), [(ENGLISH, ARABIC), (ARABIC, ENGLISH), (ARABIC, CHINESE), (ARABIC, None)])
def test_each_sentence_runs_the_way_that_it_is_written(text, memory):
    svg = drawn(explained(text, **({"memory": memory} if memory else {})), kind="arcs")
    for sentence in filter(None, (text, memory)):
        places = places_of(svg, sentence.split())
        assert places == sorted(places, reverse=sentence == ARABIC)
    if memory:
        ways = (" from right to left" * (each == ARABIC) for each in (text, memory))
        assert "above the queries{}, below the keys{}".format(*ways) in texts(svg)


@pytest.mark.parametrize("word", ["x" * 500, "注" * 500, "👨\u200d👩\u200d👧" * 500])
def test_long_words_leave_room_for_the_map(word):
    content = content_of(explained(f"{word} dog", mode="multihead", heads=12))
    for escapes in (lambda text: text, lambda text: escaped(text, "注👨👩👧")):
        figure = content.rewritten(escapes).draw("heat")
        assert max(figure.get_size_inches()) <= 20
        assert min(figure.axes[0].get_position().size * figure.get_size_inches()) > 0.3


@pytest.mark.parametrize("n", [9, 58])
def test_long_methods_stand_side_by_side_with_words_beside_each_line(n):
    content = comparison_content(compare(" ".join(BARK.split()[i % 9] for i in range(n))), "heat", "auto")
    svg = printed(content)
    assert size_of(svg)[0] <= 15
    assert size_of(svg)[1] <= 20
    places = [axes.get_position() for axes in draw(content, "heat").axes[:11]]  # the panels; after them the scales
    assert 2 <= len({round(each.x0, 4) for each in places}) <= 4
    assert texts(svg).count("query") == len({round(each.y0, 4) for each in places}) == 4


def test_a_query_under_one_head_is_a_row_with_its_name():
    explanation = explained(BARK, word="cute")
    assert content_of(explanation).panels[0].rows == ("cute",)
    shown = texts(drawn(explanation))
    assert "query" in shown
    assert not {"head", "weight"} & set(shown)
    image = imread(io.BytesIO(drawn(explanation, "png")))  # [height, width, 4]
    assert np.flatnonzero(image.min(axis=(1, 2)) < 1)[-1] > 0.75 * len(image)


@pytest.mark.parametrize(("kind", "most"), [("heat", 1000), ("arcs", 12)])
def test_too_many_panels_are_refused_with_a_way_out(kind, most):
    content_of(explained("a b", mode="multihead", heads=8), kind)
    with pytest.raises(AttnError, match=f"{most} at most") as refused:
        content_of(explained("a b", mode="multihead", heads=most + 1), kind)
    assert "head=" in refused.value.hint


def test_a_query_under_several_heads_is_a_row_a_head():
    explanation = explained(BARK, mode="multihead", heads=3, word="he")
    panel = content_of(explanation).panels[0]
    assert panel.rows == ("head 0", "head 1", "head 2")
    np.testing.assert_array_equal(panel.weights, explanation.weights[-1, :, 5])


def test_a_comparison_has_every_method_and_what_it_differs_by():
    comparison = compare(BARK, against=["dot", "cosine"])
    shown = texts(printed(comparison_content(comparison, "heat", "auto")))
    assert {"scaled", "dot", "cosine", "dot − scaled", "cosine − scaled"} <= set(shown)
    difference = round(100 * float(comparison.methods[1].weights[0, 0] - comparison.methods[0].weights[0, 0]))
    assert f"{difference:+}" in shown
    assert any(f"JSD {comparison.methods[2].divergence:.3f}" in text for text in shown)


def test_one_compared_head_is_drawn_in_both_runs_with_the_difference():
    comparison = compare_swap("the dog ran", open_model(str(BERT)), "dog=he", check_model_settings(layer=1, head=2))
    content = model_comparison_content(comparison, "heat", "auto")
    mine, its, difference = content.panels
    runs = [each.weights[0, 0] for each in (comparison.baseline, comparison.other)]
    np.testing.assert_array_equal(mine.weights, runs[0])
    np.testing.assert_array_equal(its.weights, runs[1])
    np.testing.assert_array_equal(difference.weights, runs[1] - runs[0])
    assert (mine.title, its.title, difference.title) == ("dog", "he", "he − dog")
    assert {each.rows[2] for each in content.panels} == {difference.columns[2]} == {"dog/he"}
    assert f"JSD {comparison.heads[0].divergence:.3f}" in its.caption
    i, j = np.unravel_index(np.abs(difference.weights).argmax(), difference.weights.shape)
    assert f"he − dog, {difference.rows[i]} → {difference.columns[j]}" in difference.scale.colours.legend


def test_compared_models_are_a_map_with_the_most_different_heads():
    comparison = compare_swap("the dog ran", open_model(str(BERT)), "dog=he", check_model_settings())
    content = model_comparison_content(comparison, "heat", "auto")
    apart = np.array([each.divergence for each in comparison.heads])
    np.testing.assert_array_equal(content.panels[0].weights.ravel(), apart)
    most = comparison.heads[int(apart.argmax())]
    assert content.notes[0].startswith(f"most different: layer {most.layer} head {most.head} ")
    assert content.scale.colours.top >= apart.max()


@pytest.mark.parametrize(("width", "across"), [(None, 2), (3.25, 1)])
def test_the_maps_and_both_scales_of_one_compared_head_lie_on_the_page_without_a_gap(width, across):
    comparison = compare_swap("the dog ran", open_model(str(BERT)), "dog=he", check_model_settings(layer=1, head=0))
    content = model_comparison_content(comparison, "heat", "auto").looking(Look(width=width))
    plan = Plan.of(content, "heat")
    assert plan.frame.across == across
    depths = [max(map(len, line)) for line in plan.lines(content)]
    assert depths == ([2] if across == 2 else [1, 2])
    assert plan.height(content) == pytest.approx(
        sum(plan.line_height(line) + plan.between for line in plan.lines(content))
    )
    boxes = [axes.get_position() for axes in content.draw("heat").axes]
    assert len(boxes) == 5
    assert all(0 <= box.x0 <= box.x1 <= 1 and 0 <= box.y0 <= box.y1 <= 1 for box in boxes)
