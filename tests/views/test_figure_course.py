"""The figure of a training: its curves, the maps that it chooses, and other people's words in it."""

import io
import re

import numpy as np
import pytest

from attncli.settings.figure import PictureOptions
from attncli.training.watching import History, Look
from attncli.views.figure.course import course_content
from attncli.views.figure.saving import USUAL, save_figure

WORDS = ("<b>x", "the", "dog", "[red]", "$a^2$")


def history(heads=2, looks=9, kept=8, words=WORDS, losses=((1.0, 4.0), (2.0, 3.5))):
    n = len(words)
    hidden = np.eye(n, dtype=bool)
    flat = np.where(hidden, 0, 1 / max(1, n - 1))  # [n, n]
    seen = tuple(
        Look(
            step * 10,
            4 - step / 10,
            np.array([2 - head * step / 20 for head in range(heads)]),
            np.stack([flat] * heads),
        )
        for step in range(looks)
    )
    return History("scaled", words, hidden, 6, 4.02, losses, seen, kept)


def drawn(course, form="svg", options=USUAL):
    stream = io.BytesIO()
    save_figure(course, "heat", stream, form, options)
    return stream.getvalue()


def figure(**made):
    return course_content(history(**made), "Training of 2 heads", "scaled")


@pytest.mark.parametrize(
    ("made", "width", "steps"),
    [
        ({}, None, [0, 3, 5, 8]),
        ({"kept": 2}, None, [0, 1, 2]),
        ({"kept": 0}, None, [0, 3, 5, 8]),  # nothing was better than the first
        ({"looks": 1, "kept": 0}, None, [0]),
        ({}, 3.25, [0, 8]),
    ],
)
def test_the_maps_go_from_the_first_step_to_that_of_the_file(made, width, steps):
    course = figure(**made)
    svg = drawn(course, options=PictureOptions(width=width)).decode()
    assert [at for at in range(9) if f">step {10 * at}" in svg] == steps


def test_the_picture_says_which_heads_are_in_the_file():
    assert any("the file has the heads of step 20" in note for note in figure(kept=2).notes)


def test_of_many_heads_those_are_drawn_that_changed_most():
    course = figure(heads=7)
    assert course.heads == (3, 4, 5, 6)
    assert "4 of 7 heads, those whose entropy changed most" in course.notes
    svg = drawn(course).decode()
    assert [head for head in range(7) if f">head {head}<" in svg] == [3, 4, 5, 6]


def test_each_map_has_the_entropy_of_its_own_rows():
    assert ">step 0 · 2.00 bits<" in drawn(figure()).decode()  # four equal weights in every row


def test_words_stay_text_and_equal_input_gives_equal_bytes():
    svg = drawn(figure())
    assert svg == drawn(figure())
    text = svg.decode()
    for word in ("&lt;b&gt;x", "[red]", "$a^2$"):
        assert f">{word}<" in text
    assert "<b>x" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_a_long_word_ends_where_its_place_does():
    svg = drawn(figure(words=("a", "word" * 20))).decode()
    assert svg.count(">wordwordword") == 2 + 4  # beside the first map of two heads, below each of the four
    assert ">" + "word" * 6 not in svg
    assert re.search(r">wor[word]*…<", svg)


def test_a_long_sentence_is_an_image_and_says_which_words_are_left_out():
    course = figure(words=tuple(f"w{at}" for at in range(60)))
    svg = drawn(course).decode()
    assert svg.count("<image") == 8
    assert len(svg) < 300_000
    assert "one word in " in svg


@pytest.mark.parametrize(("losses", "form"), [((), "pdf"), (((1.0, float("nan")), (2.0, float("inf"))), "png")])
def test_numbers_that_are_none_leave_gaps(losses, form):
    assert len(drawn(figure(losses=losses), form)) > 5_000


def test_bare_it_has_no_title_and_no_notes():
    svg = drawn(figure(), options=PictureOptions(bare=True)).decode()
    assert ">head 0<" in svg
    assert "held out: 6" not in svg
    assert ">Training of 2 heads<" not in svg
