"""Several matrices side by side."""

import re

import pytest
from test_views_matrix import matrix, plain, softmax

from attncli.views.screen import Screen
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
