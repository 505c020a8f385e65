"""The matrix: rounding that adds up, layouts that fit, folding that keeps the sums, and notes on what was cut."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rich.cells import cell_len

from attncli.settings.explanation import SCALES
from attncli.views.rounding import as_difference, as_short, hundredths, rounded_parts
from attncli.views.screen import Screen, cells
from attncli.views.terminal.grid import Axis, fold
from attncli.views.terminal.matrix import Matrix, matrix_lines, pooled_grid

WORDS = ["Bark", "is", "very", "cute", "and", "he", "is", "a", "dog"]
COLOURS = ["truecolor", "256", "16", "none"]


def softmax(n, m, seed=0):
    e = np.exp(np.random.default_rng(seed).normal(size=(n, m)))
    return e / e.sum(axis=1, keepdims=True)


def matrix(weights, words=None, keys=None, **options):
    words = words or [f"word{i}" for i in range(max(weights.shape))]
    hidden = options.pop("hidden", np.zeros(weights.shape, dtype=bool))
    return Matrix(weights, hidden, tuple(words[: len(weights)]), tuple(keys or words[: weights.shape[1]]), **options)


def drawn(n, width, m=None, **options):
    return matrix_lines(matrix(softmax(n, m or n)), Screen(width), **options)


def plain(block):
    return [line.plain for line in block.lines]


@given(arrays.arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 150)), elements=st.floats(-1, 1)))
def test_no_row_is_more_than_a_hundredth_off(values):
    shown = hundredths(values)
    assert (np.abs(shown.sum(axis=1) - 100 * values.sum(axis=1)) <= 1 + 1e-6).all()
    assert (np.abs(shown - 100 * values) < 1).all()


@given(
    arrays.arrays(float, st.tuples(st.integers(0, 9), st.integers(1, 50)), elements=st.floats(-10, 10)),
    st.integers(0, 9),
)
def test_parts_sum_to_their_rounded_sum(values, decimals):
    shown, unit = rounded_parts(values, decimals), 10.0**-decimals
    assert abs(shown.sum() - values.sum()) <= unit * 0.501 + 1e-11
    assert (np.abs(shown - values) < unit * 1.001 + 1e-11).all()
    np.testing.assert_allclose(shown, np.round(shown, decimals), rtol=0, atol=1e-14)


@pytest.mark.parametrize("values", [[1e300, 1.0], [np.nan, 1.0], [np.inf, 1.0], []])
def test_parts_without_decimals_stay(values):
    np.testing.assert_array_equal(rounded_parts(np.array(values), 6), values)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ([0.333, 0.333, 0.334], [33, 33, 33]),  # one hundredth off: left as it is
        ([0.125, 0.375, 0.5], [12, 38, 50]),
        ([1 / 7] * 7, [14] * 7),  # 0.98: one value must move
        ([0.0, 1.0], [0, 100]),
    ],
)
def test_values_are_rounded_to_the_nearest_where_the_row_allows(row, shown):
    moved = hundredths(np.array([row]))[0] - shown
    assert np.abs(moved).sum() == (1 if len(row) == 7 else 0)


def test_the_fewest_values_move_and_those_furthest_off():
    row = np.array([[0.0146] * 5 + [0.0141] * 5 + [0.8565]])
    assert hundredths(row)[0].tolist() == [2, 2, 2, *[1] * 7, 86]


@pytest.mark.parametrize(
    ("value", "short", "signed"), [(61, ".61", "+61"), (100, "1.0", "+100"), (0, ".00", "0"), (3, ".03", "+3")]
)
def test_numbers_as_text(value, short, signed):
    assert (as_short(value), as_difference(value)) == (short, signed)
    assert as_difference(-12) == "-12"


def test_columns_are_headed_by_words_where_they_fit():
    header, *rows = plain(matrix_lines(matrix(softmax(9, 9), WORDS), Screen(80)))
    assert header.split() == ["Bark", "is[1]", "very", "cute", "and", "he", "is[6]", "a", "dog"]
    assert all(re.fullmatch(r"\d \w+ +(.?0\.\d\d +){9}", row) for row in rows)


def test_then_by_numbers_beside_numbered_rows():
    header, *rows = plain(matrix_lines(matrix(softmax(9, 9), WORDS), Screen(50)))
    assert header.split() == list("012345678")
    assert [row.split()[0] for row in rows] == list("012345678")


def test_then_in_blocks_that_say_which_columns():
    said = [line for line in plain(drawn(13, 40)) if line.startswith("column")]
    assert said == ["columns 0-6 of 13", "columns 7-12 of 13"]


@pytest.mark.parametrize(("n", "width"), [(13, 20), (13, 80), (40, 60), (40, 80), (40, 200)])
def test_every_weight_is_on_the_screen_in_every_layout(n, width):
    block = drawn(n, width)
    assert len(re.findall(r"\d?\.\d\d", "\n".join(plain(block)))) == n * n
    assert not any("folded" in note for note in block.notes)


@pytest.mark.parametrize(
    ("n", "m", "width", "sizes"),
    [
        (121, 121, 200, "2-3 × 2-3"),
        (40, 40, 40, "1 × 1-2"),
        (2000, 2000, 80, "33-34 × 83-84"),
        (3, 500, 60, "1 × 8-9"),
        (120, 120, 20, "2 × 60"),
    ],
)
def test_what_is_too_long_to_read_is_folded_and_said(n, m, width, sizes):
    notes = drawn(n, width, m).notes
    assert any(note.startswith(f"folded: one cell = {sizes} words") and "--json" in note for note in notes)


@pytest.mark.parametrize("most_lines", [13, 45, 180])
@pytest.mark.parametrize("n", [1, 9, 13, 30, 40, 61, 120, 500])
def test_no_matrix_is_longer_than_allowed_or_longer_on_a_wider_screen(n, most_lines):
    lengths = [len(drawn(n, width, most_lines=most_lines).lines) for width in range(20, 220, 7)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] <= most_lines


@pytest.mark.parametrize(("n", "m", "groups"), [(9, 9, 4), (121, 50, 40), (7, 3, 3), (5, 5, 1)])
def test_folding_sums_over_columns_and_averages_over_rows(n, m, groups):
    weights, rows, columns = softmax(n, m), Axis(("w",) * n, min(groups, n)), Axis(("w",) * m, min(groups, m))
    folded = fold(weights, rows, columns)
    down, across = ([*axis.firsts, len(axis.words)][1] for axis in (rows, columns))
    assert folded.sum(axis=1) == pytest.approx(1)
    assert folded[0, 0] == pytest.approx(weights[:down, :across].sum() / down)


def test_folded_groups_carry_their_places():
    axis = Axis(tuple("abcdefghij"), 4)
    assert [axis.label(group) for group in range(4)] == ["0-1 a", "2-4 c", "5-6 f", "7-9 h"]
    assert (axis.sizes, axis.headings) == ("2-3", ("a", "c", "f", "h"))


@pytest.mark.parametrize(("n", "most", "groups"), [(9, 9, 9), (10, 9, 5), (121, 60, 41), (40, 1, 1)])
def test_no_more_is_pooled_than_must_be(n, most, groups):
    assert Axis.of(("w",) * n, most).groups == groups


def test_masked_cells_are_no_zeros():
    hidden = np.triu(np.ones((3, 3), dtype=bool), 1)
    block = matrix_lines(matrix(np.eye(3), ["a", "b", "c"], hidden=hidden), Screen(80))
    assert plain(block)[1].split()[2:] == ["█1.00", "·", "·"]
    assert plain(block)[3].split()[2:] == ["0.00", "0.00", "█1.00"]
    assert "a · stands where the mask lets nothing be seen" in block.notes


def test_long_words_are_cut_with_a_note_only():
    words = ["internationalisation" * 2, *WORDS]
    block = matrix_lines(matrix(softmax(10, 10), words), Screen(60))
    assert "…" in plain(block)[1]
    assert any("--json" in note for note in block.notes)
    assert len(matrix_lines(matrix(softmax(9, 9), WORDS), Screen(60)).notes) == 1  # the scale


def test_the_sign_of_a_difference_stands_in_the_text():
    lines = plain(matrix_lines(matrix(np.array([[0.12, -0.12, 0.0]]), ["a"], ["x", "y", "z"], signed=True), Screen(80)))
    assert lines[1].split() == ["0", "a", "+12", "-12", "0"]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("width", [52, 80])
def test_numbers_never_run_together(width, signed):
    weights = np.eye(9) - (0.99 * np.eye(9, k=1) + np.eye(9, k=2) if signed else 0)
    rows = plain(matrix_lines(matrix(weights, WORDS, signed=signed), Screen(width)))[-9:]
    assert len(rows[0].replace("█", " ").split()) == 2 + 9


def test_other_columns_than_rows_are_named():
    lines = plain(matrix_lines(matrix(softmax(2, 30), ["der", "Hund"], [f"w{i}" for i in range(30)]), Screen(140)))
    assert lines[0].startswith("columns:  0 w0  1 w1  2 w2")


def test_a_row_scale_gives_its_largest_weight_the_full_colour():
    for scale, strongest in (("fixed", (67, 78, 108)), ("row", (254, 232, 56))):
        weights = np.array([[0.25, 0.05]])
        row = matrix_lines(matrix(weights, ["a"], ["x", "y"]), Screen(80, "truecolor", scale=scale)).lines[1]
        assert np.abs(np.subtract(row.spans[1].style.bgcolor.triplet, strongest)).max() <= 4


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("n", [1, 6, 13, 40, 120])
def test_no_line_is_wider_than_the_screen(n, width, colours, signed):
    words = [("注意", "e\u0301te\u0301", "internationalisation", "\x1b[31m", "dog")[i % 5] for i in range(n)]
    block = matrix_lines(matrix(softmax(n, n), words, title="title", signed=signed), Screen(width, colours))
    assert max(cell_len(line.plain) for line in block.lines) <= width
    assert ("…" in "".join(plain(block))) == any("…" in note for note in block.notes)


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(), min_size=1), min_size=1, max_size=15),
    st.integers(20, 100),
    st.sampled_from(COLOURS),
    st.sampled_from(["utf-8", "ascii", "cp1252"]),
)
def test_whatever_the_words_are(words, width, colours, encoding):
    block = matrix_lines(matrix(softmax(len(words), len(words)), words), Screen(width, colours, encoding))
    assert all(cells(line.plain) <= width for line in block.lines)
    "".join(plain(block)).encode(encoding)


@pytest.mark.parametrize("colours", ["truecolor", "none"])
@pytest.mark.parametrize("scale", SCALES)
def test_the_legend_states_the_scale(scale, colours):
    block = matrix_lines(matrix(softmax(5, 5)), Screen(80, colours=colours, scale=scale))
    assert block.notes[0].startswith("shades from " if colours == "none" else "colours from ")
    assert ("each row's" in block.notes[0]) == (scale == "row")


def test_of_a_sentence_alone_the_diagonal_does_not_set_the_scale():
    """0.9 on the diagonal, 0.1 beside it: alone the 0.1 has the full shade, of two sentences the 0.9."""
    weights = np.array([[0.9, 0.1], [0.0, 0.9]])
    alone, crossed = (plain(matrix_lines(matrix(weights, crossed=each), Screen(80))) for each in (False, True))
    assert tuple(alone[1].split()[2:]) == ("█0.90", "█0.10")
    assert crossed[1].split()[2:] == ["█0.90", "0.10"]


@pytest.mark.parametrize("n", [61, 150])
def test_the_diagonal_of_groups_does_not_set_their_scale(n):
    """Everything on the diagonal but a little everywhere: no cell beside the diagonal is as light as those on it."""
    weights = 0.9 * np.eye(n) + 0.1 / n
    grid = pooled_grid(matrix(weights), Screen(80), 30)
    own = fold(np.eye(n), grid.rows, grid.columns) > 0
    assert grid.scale.top < 0.02
    assert grid.scale.beyond
    assert grid.strength[~own].min() > 0.5
