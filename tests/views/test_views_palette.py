"""Colours: close to cividis, rising, distinct, and readable at every level."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.colour import lab

from attncli.views.page.colours import style_of_scales
from attncli.views.page.frame import PARTS
from attncli.views.palette import (
    CIVIDIS,
    CIVIDIS_256,
    DIVERGING,
    DIVERGING_256,
    DIVERGING_ON_DARK,
    DIVERGING_ON_DARK_256,
    cell_style,
    contrast,
    interpolate,
    lightness,
    rgb_of_256,
)
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import bar, shade

HUNDREDTHS = [value / 100 for value in range(-100, 101)]


def test_every_colour_of_the_page_is_of_the_palette():
    """The parts name no colours but in their schemes; the gradients of the scales are those of the terminal's cells."""
    css = re.sub(r":root \{.+?\}", "", (PARTS / "page.css").read_text(), flags=re.S)
    rules = re.findall(r"\{([^{}]*)\}", css)
    assert len(rules) > 100
    literal = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\(|:\s*(?:black|white)\b", re.I)
    assert not [rule for rule in rules if literal.search(rule)]
    scripts = "".join(path.read_text() for path in PARTS.glob("*.js"))
    literal = r"[\"'`](?:#[0-9a-f]{3,8}|(?:rgb|hsl)(?!\(\$\{))"  # but for numbers of the palette put in
    assert not re.findall(literal, scripts, re.I)
    for name, anchors in (("weights", CIVIDIS), ("differences", DIVERGING)):
        stops = re.search(rf"--{name}: (.+?);", style_of_scales())[1].split(", ")
        assert len(stops) == len(anchors)
        for stop in stops:
            colour, at = re.fullmatch(r"#([0-9a-f]{6}) ([\d.]+)%", stop).groups()
            low, high = anchors[0][0], anchors[-1][0]
            assert tuple(bytes.fromhex(colour)) == interpolate(anchors, low + float(at) / 100 * (high - low))
    assert "linear-gradient(to right, var(--weights))" in css
    assert "linear-gradient(to right, var(--differences))" in css


# Entries 0, 32, ... 255 of the published table of 256 colours.
@pytest.mark.parametrize(
    ("place", "published"),
    [
        (0, (0, 34, 78)),
        (32, (26, 56, 111)),
        (64, (67, 78, 108)),
        (128, (125, 124, 120)),
        (159, (154, 147, 118)),
        (191, (187, 173, 109)),
        (223, (221, 200, 88)),
        (255, (254, 232, 56)),
    ],
)
def test_cividis_is_cividis(place, published):
    assert np.abs(np.subtract(interpolate(CIVIDIS, place / 255), published)).max() <= 4


@pytest.mark.parametrize(
    "colours",
    [
        [interpolate(CIVIDIS, value / 100) for value in range(101)],
        [interpolate(DIVERGING, value / 100) for value in range(100, -1, -1)],
        [interpolate(DIVERGING, -value / 100) for value in range(100, -1, -1)],
        [interpolate(DIVERGING_ON_DARK, value / 100) for value in range(101)],
        [interpolate(DIVERGING_ON_DARK, -value / 100) for value in range(101)],
    ],
)
def test_more_is_lighter_or_from_white_darker(colours):
    light = [lightness(colour) for colour in colours]
    assert light == sorted(light)
    assert light[-1] - light[0] > 30


@pytest.mark.parametrize(
    "levels",
    [
        *(CIVIDIS_256, DIVERGING_256[4::-1][::-1], DIVERGING_256[4:][::-1]),
        *(DIVERGING_ON_DARK_256[4:], DIVERGING_ON_DARK_256[4::-1]),
    ],
)
def test_the_256_colours_go_up_in_lightness_in_steps_that_can_be_seen(levels):
    """L* of CIELAB, computed here in another way; the steps are as even as there are colours."""
    light = [lab(rgb_of_256(index))[0] for index in levels]
    np.testing.assert_allclose(light, [lightness(rgb_of_256(index)) for index in levels], atol=0.01)
    least = 5 if levels is CIVIDIS_256 else 2.5
    assert all(least < high - low < 28 for low, high in pairwise(light))


@pytest.mark.parametrize(
    "ends",
    [
        *((DIVERGING[0][1], DIVERGING[-1][1]), (DIVERGING_ON_DARK[0][1], DIVERGING_ON_DARK[-1][1])),
        *[tuple(rgb_of_256(each[at]) for at in (0, -1)) for each in (DIVERGING_256, DIVERGING_ON_DARK_256)],
    ],
)
def test_the_ends_of_differences_are_apart_in_grey_too(ends):
    less, more = map(lightness, ends)
    assert more - less > 18


def test_differences_begin_at_the_paper():
    assert interpolate(DIVERGING, 0) == (255, 255, 255)
    assert rgb_of_256(DIVERGING_256[4]) == (255, 255, 255)
    for colour in (interpolate(DIVERGING_ON_DARK, 0), rgb_of_256(DIVERGING_ON_DARK_256[4])):
        assert lightness(colour) < 25


def test_nine_levels_stay_distinct():
    assert len(set(CIVIDIS_256)) == len(set(DIVERGING_256)) == len(set(DIVERGING_ON_DARK_256)) == 9
    assert {cell_style(level / 8, "256").bgcolor.number for level in range(9)} == set(CIVIDIS_256)


@pytest.mark.parametrize(("signed", "light"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("colours", ["truecolor", "256"])
def test_text_is_readable_on_every_colour(colours, signed, light):
    for value in HUNDREDTHS if signed else HUNDREDTHS[100:]:
        style = cell_style(value, colours, signed, light)
        ink, paper = (
            tuple(each.triplet) if each.triplet else rgb_of_256(each.number) for each in (style.color, style.bgcolor)
        )
        assert contrast(ink, paper) >= 4.5


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [((0, 0, 0), (255, 255, 255), 21), ((119, 119, 119), (255, 255, 255), 4.48)]
)
def test_contrast_is_the_standards(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("colours", ["16", "none"])
def test_few_colours_carry_no_scale(colours):
    assert cell_style(0.5, colours).bgcolor is None


@pytest.mark.parametrize("signed", [True, False])
@given(value=st.floats(-9, 9))
def test_values_off_the_scale_have_the_colour_of_its_end(value, signed):
    low = -1.0 if signed else 0.0
    assert cell_style(value, "truecolor", signed) == cell_style(min(max(value, low), 1.0), "truecolor", signed)


@pytest.mark.parametrize(("encoding", "ramp"), [("utf-8", " ░▒▓█"), ("ascii", " .:=#")])
def test_the_ramp_of_glyphs(encoding, ramp):
    assert "".join(shade(level / 4, Screen(encoding=encoding)) for level in range(5)) == ramp


@pytest.mark.parametrize(
    ("share", "encoding", "drawn"),
    [
        (1, "utf-8", "████"),
        (0.5, "utf-8", "██"),
        (0.28, "utf-8", "█▏"),
        (0.001, "utf-8", "▏"),
        (0, "utf-8", ""),
        (0.5, "ascii", "##"),
        (0.01, "ascii", "."),
        (7, "utf-8", "████"),
    ],
)
def test_bars(share, encoding, drawn):
    assert bar(share, 4, Screen(encoding=encoding)) == drawn
