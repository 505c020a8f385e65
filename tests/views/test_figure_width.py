"""Figures of a given width: the exact page, letters that can be read on it, and the parts that are left out."""

import io
import re

import pytest
from matplotlib.image import imread
from oracles.checkpoints import TINY
from support.figures import SVG, content_of, elements, texts
from test_views_pages import BARK, explained

from attncli import compare, explain_model
from attncli.errors import UsageError
from attncli.settings.figure import FigureOptions, check_width
from attncli.settings.option import checked
from attncli.views.figure.compared import comparison_content
from attncli.views.figure.content import Look
from attncli.views.figure.saving import save_figure

LONG = " ".join(f"w{i}" for i in range(60))


def drawn(content, form="svg", kind="heat", **given):
    stream = io.BytesIO()
    save_figure(content, kind, stream, form, checked(FigureOptions, given))
    return stream.getvalue()


def contents():
    yield "one", content_of(explained(BARK)), "heat"
    yield "long", content_of(explained(LONG)), "heat"
    yield "arcs", content_of(explained(BARK), "arcs"), "arcs"
    yield "long arcs", content_of(explained(LONG), "arcs"), "arcs"
    yield "few heads", content_of(explained(BARK, mode="multihead", heads=5)), "heat"
    yield "many heads", content_of(explained(BARK, mode="multihead", heads=72)), "heat"
    yield "methods", comparison_content(compare(BARK), "heat", "auto"), "heat"
    yield "model", content_of(explain_model("the dog", str(TINY / "bert"))), "heat"


CASES = [pytest.param(content, kind, id=name) for name, content, kind in contents()]


@pytest.mark.parametrize("width", ["column", "text", 5.0])
@pytest.mark.parametrize(("content", "kind"), CASES)
def test_a_figure_is_exactly_as_wide_as_asked_and_all_its_letters_can_be_read(content, kind, width):
    svg = drawn(content, kind=kind, width=width)
    inches = float(elements(svg)[0].get("width").removesuffix("pt")) / 72
    assert inches == pytest.approx(check_width("width", width), abs=1e-6)
    sizes = [float(size) for size in re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", svg.decode())]
    assert len(sizes) > 5
    assert min(sizes) >= 6


@pytest.mark.parametrize("width", ["column", "text"])
@pytest.mark.parametrize(("content", "kind"), CASES)
def test_nothing_runs_over_the_edge_of_a_page_of_given_width(content, kind, width):
    image = imread(io.BytesIO(drawn(content, "png", kind, width=width)))  # [height, width, 4]
    assert image[[0, -1]].min() == image[:, [0, -1]].min() == 1


@pytest.mark.parametrize(("content", "kind"), CASES)
def test_letters_are_never_under_6_points(content, kind):
    sizes = re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", drawn(content, kind=kind).decode())
    assert min(map(float, sizes)) >= 6


def test_a_bare_figure_has_neither_title_nor_notes():
    content = content_of(explained(BARK))
    full, bare = (texts(drawn(content, bare=each)) for each in (False, True))
    assert content.title in full
    assert not [text for text in bare if text == content.title or "mode self" in text or "colours from" in text]
    assert {"Bark", "query", "key"} <= set(bare)


def test_cells_without_numbers():
    shown = texts(drawn(content_of(explained(BARK)), no_numbers=True))
    assert sum(bool(re.fullmatch(r"0\.\d\d", text)) for text in shown) <= 5  # those of the scale
    assert "Bark" in shown


@pytest.mark.parametrize("dpi", [72, 300])
def test_dots_an_inch(dpi):
    image = imread(io.BytesIO(drawn(content_of(explained("a b")), "png", width="column", dpi=dpi)))
    assert abs(image.shape[1] - 3.25 * dpi) < 1


def test_cut_captions_are_told_in_the_notes():
    shown = " ".join(texts(drawn(comparison_content(compare(BARK), "heat", "auto"), width="column")))
    assert len(re.findall(r"JSD \d\.\d+ · Spearman -?\d\.\d+ ·\s+top-1", shown)) >= 3


@pytest.mark.parametrize(("n", "image"), [(40, False), (50, True)])
def test_above_2000_cells_an_svg_has_an_image(n, image):
    svg = drawn(content_of(explained(" ".join(f"w{i}" for i in range(n)))))
    assert any(each.tag == f"{SVG}image" for each in elements(svg)) == image
    assert len(svg) < 400_000


@pytest.mark.parametrize("value", ["wide", "1", "1e9", "nan", "", "-3"])
def test_another_width_is_refused_with_the_names(value):
    with pytest.raises(UsageError, match="expected column, text or inches from 2 to 40"):
        check_width("width", value)


def test_a_wide_page_has_larger_cells_than_a_narrow_one():
    content = content_of(explained(BARK))
    figures = (content.looking(Look(width)).draw("heat") for width in (3.25, 6.75))
    column, text = (each.axes[0].get_position().width * each.get_size_inches()[0] for each in figures)
    assert text > 1.5 * column
