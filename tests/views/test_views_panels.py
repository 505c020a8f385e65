"""Several matrices side by side."""

import re

import numpy as np
import pytest
from test_views_matrix import matrix, plain, softmax

from attncli.views.palette import cell_style
from attncli.views.screen import Screen
from attncli.views.terminal.matrix import together
from attncli.views.terminal.panels import panels_in_rows, side_by_side


def panels(n, count, width, most_lines=60):
    matrices = [matrix(softmax(n, n, seed), title=f"head {seed}") for seed in range(count)]
    return plain(panels_in_rows(matrices, Screen(width), most_lines))


def test_panels_share_their_row_labels():
    lines = panels(6, 3, 90)
    assert lines[0].split() == ["head", "0", "head", "1", "head", "2"]
    assert [line.split()[:2] for line in lines[2:]] == [[str(i), f"word{i}"] for i in range(6)]
    assert all(len(re.findall(r"\.\d\d", line)) == 18 for line in lines[2:])


@pytest.mark.parametrize(("width", "rows"), [(33, 4), (57, 2), (58, 2), (200, 1)])
def test_as_many_panels_side_by_side_as_fit(width, rows):
    assert sum("head" in line for line in panels(6, 4, width)) == rows


@pytest.mark.parametrize("n", [3, 9, 13, 40, 120])
def test_a_gallery_is_no_longer_on_a_wider_screen(n):
    lengths = [len(panels(n, 4, width, 45)) for width in range(20, 400, 11)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] <= 180


def test_panels_of_other_columns_name_them_once():
    pair = [matrix(softmax(2, 3), ["der", "Hund"], ["a", "b", "c"], title=title) for title in ("one", "two")]
    lines = plain(side_by_side([pair, pair], Screen(80), 20))
    assert lines[0] == "columns:  0 a  1 b  2 c"
    assert sum("columns" in line for line in lines) == 1


@pytest.mark.parametrize("signed", [False, True])
def test_panels_of_one_picture_share_their_scale(signed):
    """The largest weight of the second panel has the full colour; that of the first, half as large, has half of it."""
    large = softmax(3, 3) - signed * 0.3
    np.fill_diagonal(large, 0)
    pair = [matrix(large / 2, title="small", signed=signed), matrix(large, title="large", signed=signed)]
    drawn = panels_in_rows(together(pair), Screen(80, colours="truecolor"), 60)
    top = np.abs(large).max()
    assert drawn.notes[0].startswith(f"colours from {'−' if signed else ''}{top if signed else 0:.2g} to")
    assert ("large, " in drawn.notes[0]) == signed
    papers = {
        str(span.style).split(" on ")[1] for line in drawn.lines for span in line.spans if " on " in str(span.style)
    }
    share = large.ravel()[np.abs(large).argmax()] / top
    for value in (share, share / 2):
        assert cell_style(round(value, 2), "truecolor", signed).bgcolor.name in papers
