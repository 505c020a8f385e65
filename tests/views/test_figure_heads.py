"""Figures of a model's heads: the grid of layers and heads, and the heads that are chosen."""

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread
from oracles.checkpoints import TINY
from support.command import attn
from support.figures import content_of, printed, texts
from test_views_pages import BARK, explained

from attncli import explain_model
from attncli.errors import UsageError
from attncli.settings.figure import FigureOptions, check_shown
from attncli.settings.option import checked
from attncli.views.figure.content import Grid, Look
from attncli.views.figure.explained import explanation_content
from attncli.views.figure.saving import save_figure

BERT = str(TINY / "bert")


def gridded(n_layer, n_head, n=9):
    text = " ".join(BARK.split()[i % 9] for i in range(n))
    content = content_of(explained(text, mode="multihead", heads=n_layer * n_head))
    columns = tuple((replace(column[0], title="", caption=""),) for column in content.columns)
    return replace(content, grid=Grid(tuple(map(str, range(n_layer))), tuple(map(str, range(n_head)))), columns=columns)


@pytest.mark.parametrize(("n_layer", "n_head"), [(6, 12), (24, 16), (30, 30)])
def test_a_grid_names_each_layer_and_each_head_once(n_layer, n_head):
    shown = texts(printed(gridded(n_layer, n_head, 3)))
    assert shown.count("layer") == shown.count("head") == 1
    assert [*map(str, range(n_layer))] == shown[shown.index("0") :][:n_layer]
    assert not [text for text in shown if text.startswith("layer ")]


@pytest.mark.parametrize("width", [None, 3.25, 6.75])
@pytest.mark.parametrize(("n_layer", "n_head"), [(6, 12), (24, 16)])
def test_each_map_of_a_grid_stands_at_its_layer_and_head(n_layer, n_head, width):
    content = gridded(n_layer, n_head, 4)
    figure = content.looking(Look(width)).draw("heat")
    axes = figure.axes[0]
    (left, right), (foot, top) = axes.get_xlim(), axes.get_ylim()
    maps = [mesh.get_coordinates() for mesh in axes.collections] or [image.get_extent() for image in axes.images]
    starts = np.array(
        [[np.min(each[..., 1]), np.min(each[..., 0])] for each in maps]
        if axes.collections
        else [[each[3], each[0]] for each in maps]
    )  # [heads, (top, left)]
    rows = np.floor(starts[:, 0] / (foot - top) * n_layer + 0.5)
    columns = np.floor(starts[:, 1] / (right - left) * n_head + 0.5)
    assert [*zip(rows, columns, strict=True)] == [(i, j) for i in range(n_layer) for j in range(n_head)]
    assert max(figure.get_size_inches()) <= 20


@pytest.mark.parametrize("width", [None, "column", "text"])
def test_a_grid_stays_on_its_page(width):
    stream = io.BytesIO()
    save_figure(gridded(24, 16), "heat", stream, "png", checked(FigureOptions, {"width": width}))
    image = imread(io.BytesIO(stream.getvalue()))  # [height, width, 4]
    assert image[[0, -1]].min() == image[:, [0, -1]].min() == 1


def test_masked_heads_of_a_grid_are_hatched():
    content = gridded(6, 12, 3)
    hidden = np.triu(np.ones((3, 3), bool), 1)
    masked = replace(content, columns=tuple((replace(column[0], hidden=hidden),) for column in content.columns))
    svg = printed(masked)
    assert b"<pattern" in svg
    assert "hatched: hidden by the mask" in texts(svg)


def test_the_heads_that_are_chosen_are_drawn_in_their_order():
    explanation = explain_model("the dog ran", BERT)
    content = explanation_content(explanation, "heat", "auto", ("1.1", "0.0"))
    assert [panel.title for panel in content.panels] == ["layer 1, head 1", "layer 0, head 0"]
    np.testing.assert_array_equal(content.panels[0].weights, explanation.weights[1, 1])
    assert content.grid is None


@pytest.mark.parametrize("name", ["7.0", "0.99"])
def test_a_head_that_is_not_there_is_refused_with_those_that_are(name):
    with pytest.raises(UsageError, match="expected layers 0 to 1 and heads 0 to "):
        explanation_content(explain_model("the dog", BERT), "heat", "auto", (name,))


@pytest.mark.parametrize(("typed", "names"), [("1.7, 2.0", ("1.7", "2.0")), ("1.7,1.7,01.07", ("1.7",))])
def test_layers_and_heads_are_read(typed, names):
    assert check_shown("heads_shown", typed) == names


@pytest.mark.parametrize("typed", ["1", "a.b", "1.7.2", "", "1.7,", "-1.0", "1.٣"])
def test_other_names_of_heads_are_refused(typed):
    with pytest.raises(UsageError, match=r"expected layers and heads like 1\.7,2\.0"):
        check_shown("heads_shown", typed)


def test_heads_shown_on_the_command_line(tmp_path):
    done = attn("explain", "a dog", "--model", BERT, "-o", "x.svg", "--heads-shown", "1.1", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "layer 1, head 1" in texts((tmp_path / "x.svg").read_bytes())
    refused = attn("explain", "a dog", "--model", BERT, "-o", "x.svg", "--heads-shown", "9.9", cwd=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n") <= 2) == (2, True)
