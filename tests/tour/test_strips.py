"""Strips of the tour: a cell a number, with and without colours, and in an encoding without their signs."""

import math

import pytest

from attncli.tour.parts import table
from attncli.tour.strips import arrows, bars, draws_arrows, heat
from attncli.views.screen import Screen

PLAIN, ASCII, COLOURED = Screen(), Screen(encoding="ascii"), Screen(colours="truecolor")


@pytest.mark.parametrize(
    ("numbers", "screen", "drawn"),
    [
        ([-2, -1, 0, 1, 2], PLAIN, "▁▃▅▆█"),
        ([0, 0.5], PLAIN, "▅█"),
        ([0, 0], PLAIN, "▅▅"),
        ([], PLAIN, ""),
        ([-2, 0, 2], ASCII, " :#"),
        ([-2, 0, 2], COLOURED, "▁▅█"),
    ],
)
def test_a_bar_is_as_high_as_its_number(numbers, screen, drawn):
    assert bars(numbers, screen).plain == drawn


def test_the_colour_of_a_bar_is_its_sign():
    def colours(screen):
        return [span.style.color for span in bars([-2, -0.1, 0.1, 2], screen).spans]

    below, near_below, near_above, above = colours(COLOURED)
    assert below == near_below != near_above == above
    assert {*colours(PLAIN)} <= {None}


@pytest.mark.parametrize(
    ("shares", "signed", "screen", "drawn"),
    [
        ([-1, 0, 1], True, PLAIN, " ▒█"),
        ([0, 0.5, 1], False, PLAIN, " ▒█"),
        ([math.nan, 1], False, PLAIN, "·█"),
        ([math.nan, 1], False, ASCII, "-#"),
        ([math.nan, 1], False, COLOURED, "· "),
    ],
)
def test_heat_is_a_shade_or_a_colour(shares, signed, screen, drawn):
    assert heat(shares, screen, signed).plain == drawn


def test_heat_has_a_colour_a_number():
    papers = [span.style.bgcolor for span in heat([-1, 0, 1], COLOURED).spans]
    assert len({*papers}) == 3


def test_arrows_turn_against_the_clock():
    assert arrows([0, math.pi / 2, math.pi, -math.pi / 2, 9 * math.pi / 4]).plain == "→ ↑ ← ↓ ↗"
    assert [draws_arrows(screen) for screen in (PLAIN, ASCII, Screen(accessible=True))] == [True, False, False]


def test_a_picture_at_the_end_of_a_row_keeps_its_blanks():
    head, *rows = table(["a", "b"], [["x", heat([1, 1, 1], COLOURED)], ["y", heat([0, 0, 0], COLOURED)]], COLOURED)
    assert head.plain == "  a  b"
    assert [row.plain for row in rows] == ["  x     ", "  y     "]


def test_a_table_for_screen_readers_leaves_pictures_out():
    lines = table(["a", "b", "c"], [["x", heat([1], PLAIN), "2"]], Screen(accessible=True))
    assert [line.plain for line in lines] == ["x: c 2."]
