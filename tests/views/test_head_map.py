"""The map of a model's heads on the terminal: miniatures and their key, or numbers."""

from itertools import pairwise

import numpy as np
import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from rich.cells import cell_len
from rich.style import Style
from support.command import attn
from support.places import TESTS

from attncli.analysis.kinds import ANCHOR, CONTENT, KINDS, NEXT, PREVIOUS
from attncli.recipes.model_explaining import explain_model
from attncli.views.palette import contrast, luminance, rgb_of_256
from attncli.views.screen import Screen
from attncli.views.terminal.explain import explanation_lines
from attncli.views.terminal.kinds import GROUND, LEVELS, LOOKS, letter_style, shade_of
from attncli.views.terminal.miniatures import HALF, Miniatures

TINY = str(TESTS / "oracles" / "tiny" / "bert")
BARK = "Bark is very cute and he is a dog"
COLOURED = ("truecolor", "256")


def miniatures(n_layer=2, n_head=3, side=6):
    """Heads that look at the token before, the one after and the first one, in turn."""
    eyes = np.eye(side)
    shares = [np.eye(side, k=-1), np.eye(side, k=1), eyes[[0] * side]]  # each [side, side]
    kinds = [PREVIOUS, NEXT, ANCHOR]
    at = np.arange(n_head) % 3
    return Miniatures(
        range(n_layer),
        range(n_head),
        np.tile(np.array(kinds)[at], (n_layer, 1)),
        np.tile(np.array(shares)[at], (n_layer, 1, 1, 1)),
        np.zeros((n_layer, n_head), bool),
    )


def spans(line):
    """The cells of a line, each with its style."""
    styles = [Style.null()] * len(line.plain)
    for span in line.spans:
        for place in range(span.start, span.end):
            styles[place] += span.style if isinstance(span.style, Style) else Style.parse(span.style)
    return list(zip(line.plain, styles, strict=True))


@needs_minilm
def test_every_head_and_the_key_fit_24_lines():
    lines = explanation_lines(explain_model(BARK, MINILM), Screen(80, "truecolor"))
    assert len(lines) <= 23  # and the prompt
    assert max(cell_len(line.plain) for line in lines) <= 80
    assert sum(line.plain.count(HALF) for line in lines) == 72 * 5 * 2
    key = next(line.plain for line in lines if line.plain.startswith("C content"))
    assert sum(int(word) for word in key.split() if word.isdigit()) == 72


@pytest.mark.parametrize("colours", ["truecolor", "256", "16", "none"])
@pytest.mark.parametrize(("n_layer", "n_head"), [(1, 1), (6, 12), (24, 16), (40, 32), (2, 128)])
@pytest.mark.parametrize("columns", [20, 60, 80, 100, 200])
@pytest.mark.parametrize("most", [10, 25, 60])
def test_every_head_has_its_letter_within_the_screen(colours, n_layer, n_head, columns, most):
    drawn = list(miniatures(n_layer, n_head).lines(Screen(columns, colours), most))
    assert max(cell_len(line.plain) for line in drawn) <= columns
    letters = sum(line.plain.count(look.letter) for line in drawn for look in LOOKS.values())
    assert letters == n_layer * n_head


def test_32_heads_stand_side_by_side_in_100_columns():
    made = miniatures(32, 32)
    assert len(made.size(100, 25).blocks) == 1
    assert len(made.size(90, 25).blocks) == 2


@pytest.mark.parametrize("colours", COLOURED)
def test_a_pixel_has_the_hue_of_the_kind_and_the_share_of_its_weights(colours):
    made = miniatures(1, 3, side=5)
    numbers, *rows = made.lines(Screen(80, colours), 8)
    assert numbers.plain.split() == ["0", "1", "2"]
    size = made.size(80, 8)
    for head, kind in enumerate((PREVIOUS, NEXT, ANCHOR)):
        start = 2 + head * (size.width + 1)
        pixels = np.zeros((2 * size.height, size.width), object)
        for line, row in enumerate(rows):
            for x, (char, style) in enumerate(spans(row)[start + 1 : start + 1 + size.width]):
                if char == HALF:
                    pixels[2 * line, x], pixels[2 * line + 1, x] = style.color, style.bgcolor
        for y in range(5):
            for x in range(5):
                assert pixels[y, x] == shade_of(kind, float(made.shares[0, head, y, x]), colours)


@pytest.mark.parametrize("kind", KINDS)
def test_hues_rise_in_lightness_from_the_ground(kind):
    true = [shade_of(kind, level / LEVELS, "truecolor").triplet for level in range(LEVELS + 1)]
    assert tuple(true[0]) == GROUND
    assert all(luminance(tuple(low)) < luminance(tuple(high)) for low, high in pairwise(true))
    few = [rgb_of_256(index) for index in LOOKS[kind].of_256]
    assert all(luminance(low) < luminance(high) for low, high in pairwise(few))


def test_the_letter_of_a_kind_can_be_read_on_its_ground_and_sinks_are_dimmed():
    for kind, look in LOOKS.items():
        assert contrast(look.hue, GROUND) >= (3 if kind == ANCHOR else 4.5)
        assert contrast(rgb_of_256(look.of_256[-1]), rgb_of_256(look.of_256[0])) >= 3
    assert (
        luminance(LOOKS[ANCHOR].hue) < min(luminance(look.hue) for kind, look in LOOKS.items() if kind != ANCHOR) / 1.5
    )
    assert letter_style(ANCHOR, "16").dim
    assert not letter_style(CONTENT, "16").dim


@pytest.mark.parametrize("colours", ["16", "none"])
def test_few_colours_have_shades_in_their_place(colours):
    _, *rows = miniatures(1, 3, side=5).lines(Screen(80, colours), 8)
    assert not any(HALF in row.plain for row in rows)
    full = [style for row in rows for char, style in spans(row) if char == "█"]
    assert {style.color.name for style in full if style.color} == (
        {"red", "green", "default"} if colours == "16" else set()
    )


def test_ascii_has_signs_of_its_own():
    drawn = list(miniatures().lines(Screen(80, "truecolor", encoding="ascii"), 8))
    assert all(line.plain.isascii() for line in drawn)
    assert any("#" in line.plain for line in drawn)


def test_the_chosen_head_is_marked_and_every_cell_of_a_head_means_it():
    drawn = list(
        miniatures().lines(Screen(80, "256"), 8, (1, 2), lambda row, column: Style(meta={"at": (row, column)}))
    )
    marked = [(char, style.meta["at"]) for line in drawn for char, style in spans(line) if style.reverse]
    assert [char for char, _ in marked] == ["F", *[" "] * (len(marked) - 1)]  # the letter, and the cells under it
    assert {place for _, place in marked} == {(1, 2)}
    assert len(marked) == miniatures().size(80, 8).height
    assert {style.meta["at"] for line in drawn for _, style in spans(line) if style.meta} == {
        (row, column) for row in range(2) for column in range(3)
    }


def test_a_terminal_has_pictures_a_pipe_and_a_file_numbers(tmp_path):
    words = ["explain", BARK, "--model", TINY]
    piped, numbered = attn(*words).stdout, attn(*words, "--numbers").stdout
    assert piped == numbered
    assert "0 kind" in piped
    pictured = attn(*words, env={"FORCE_COLOR": "1", "COLORTERM": "truecolor"}).stdout
    assert HALF in pictured
    assert "bits" not in pictured
    coloured = attn(*words, "--numbers", env={"FORCE_COLOR": "1", "COLORTERM": "truecolor"}).stdout
    assert HALF not in coloured
    assert "bits" in coloured
    attn(*words, "-o", "map.txt", cwd=tmp_path)
    assert (tmp_path / "map.txt").read_text() == piped


@pytest.mark.parametrize("options", [{}, {"words": True, "hide_special": True}, {"layer": "1", "head": "0,2"}])
def test_pictures_are_of_the_weights_that_are_shown(options):
    found = explain_model(BARK, TINY, **options)
    np.testing.assert_array_equal(found.source.pictures, found.weights)
    assert explain_model(BARK, TINY, combine="mean").source.pictures is None
    some = found.only(layer=found.layer_numbers[0], head=found.head_numbers[1])
    np.testing.assert_array_equal(some.source.pictures, some.weights)
