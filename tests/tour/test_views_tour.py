"""The screens of `attn tour`: their size, their claims, and readers without eyes or colours."""

import math
import re
import shlex
import sys
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
import pytest
from rich.text import Text

from attncli import open_vectors
from attncli.cli.app import run
from attncli.cli.commands import tour as command
from attncli.tour import SCREENS
from attncli.tour.distance import distance_of
from attncli.tour.kernel import kernel_of
from attncli.tour.mask import mask_of
from attncli.tour.page import quoted, tour_lines, try_command
from attncli.tour.positions import positions_of
from attncli.tour.projecting import projecting_of
from attncli.tour.scaling import scaling_of
from attncli.tour.several import several_of
from attncli.tour.strips import arrows, bars, heat
from attncli.tour.tour import Command, tour_of
from attncli.views.screen import Screen, cells

EXAMPLE = "Bark is very cute and he is a dog"
ODD = [
    *(EXAMPLE, "dog", "dog dog dog", 'the qwzx cat `ls` $HOME "x"', "-one two", "[red]she[/red] a\\ \x1b[31m \u202eit"),
    "he " * 30 + "dog",
    "the old king of the far country gave the young queen a golden ring before they left for the sea",
]
NUMBERS = range(1, len(SCREENS) + 1)


@pytest.fixture(scope="module")
def vectors():
    return open_vectors()


@lru_cache(maxsize=32)
def toured(sentence):
    """The tour of a sentence, with the values of the screens that were drawn already."""
    return tour_of(sentence, open_vectors())


def shown(tour, number, width=80, **how):
    return [line.plain for line in tour_lines(tour, number, Screen(width, **how))]


@pytest.mark.parametrize("sentence", ODD)
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_screen(sentence, width):
    tour = toured(sentence)
    for number in NUMBERS:
        for how in ({}, {"colours": "256"}, {"accessible": True}, {"encoding": "ascii"}):
            lines = shown(tour, number, width, **how)
            assert max(map(cells, lines)) <= width
            assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", "".join(lines))
            assert how.get("encoding") is None or all(line.isascii() for line in lines)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("colours", ["none", "truecolor"])
def test_a_screen_and_its_prompt_fit_a_terminal(number, colours):
    assert len(shown(toured(EXAMPLE), number, colours=colours)) <= 22


@pytest.mark.parametrize("sentence", ODD)
def test_there_is_no_number_that_is_not_one(sentence):
    tour = toured(sentence)
    for number in NUMBERS:
        assert not re.search(r"\b(nan|inf|None)\b", " ".join(shown(tour, number)))


def test_what_is_claimed_of_the_pronoun_is_what_was_computed(vectors):
    tour = tour_of(EXAMPLE, vectors)
    row = tour.explanation.weights[0, 0, 5]
    best = max((key for key in range(9) if key != 5), key=lambda key: row[key])
    text = " ".join(shown(tour, 3, 500))
    assert f'most at "{EXAMPLE.split()[best]}" ({row[best]:.2f}) besides itself ({row[5]:.2f})' in text
    assert f"all the others nearly alike (from {min(row):.2f})" in text


def test_the_numbers_of_the_text_are_those_computed():
    tour = toured(EXAMPLE)
    positions, mask, sizes = positions_of(tour), mask_of(tour), scaling_of(tour).sizes
    first, last, turned = sizes[0], sizes[-1], positions.turned
    for number, said in (
        (9, f"by up to {positions.difference:.2f}."),
        (9, f"scores {turned.here:.3f}, 100 places on {turned.later:.3f}, at distance 0 {turned.together:.3f}."),
        (10, f'"he" sees 6 of 9: its sum of e^score falls from {mask.total:.2f} to {mask.seen:.2f}'),
        (10, f"its weights sum to 1; hidden after the softmax, to {mask.left:.2f}."),
        (11, f"the spread is {last.plain.spread:.2f} ({first.plain.spread:.2f} with 1), divided by √d "),
        (11, f"√d {last.divided.spread:.2f} ({first.divided.spread:.2f}). "),
        (11, "it would be √d, 14.14 for 200"),
    ):
        assert said in " ".join(shown(tour, number, 500))


def test_pictures_are_drawn_of_what_stands_beside_them():
    """Bars and strips of the values, each in the row with its name."""
    tour, screen = toured(EXAMPLE), Screen()
    projected, several, places, mask = (of(tour) for of in (projecting_of, several_of, positions_of, mask_of))
    sines = places.waves[:, np.linspace(0, 50, 20, endpoint=False, dtype=int) * 2]  # [n, 20]
    maps = [np.where(np.isneginf(step), np.nan, step) for step in mask.steps]
    answers = " ".join(bars(answer[:15], screen).plain for answer in several.answers)
    for number, row, drawn in (
        (4, "q = V·w_q    asks       64  ", bars(projected.query[:40], screen)),
        (4, "k = V·w_k  offers       64  ", bars(projected.key[:40], screen)),
        (4, "v = V·w_v   gives       64  ", bars(projected.value[:40], screen)),
        (6, "into w_o        192   12.68  ", answers),
        (6, "out of w_o      200   18.06  ", bars(several.output[:48], screen)),
        (9, "5 he     ", heat(sines[5], screen)),
        (9, "8 dog    ", heat(sines[8], screen)),
        (9, f"{places.within[8]:.2f}  ", arrows([8.0, 4.0, 0.8])),
    ):
        assert f"{row}{drawn}" in "\n".join(shown(tour, number))
    for place, line in enumerate(shown(tour, 10)[5:14]):
        for column, step in zip((11, 22, 33, 44), maps, strict=True):
            assert (line[column + place] in "▓█") == (step[place, place] > 0), line
            assert (line[column + 8] == "·") == (bool(np.isnan(step[place, 8])) or step[place, 8] == 0)


def test_the_maps_of_a_mask_have_one_scale_a_pair():
    """A number that is larger is never lighter, in either map; the last row, which sees all, is drawn alike in both."""
    assert shown(toured(EXAMPLE), 10)[4].endswith("of masked  pairs share a scale")
    assert not any("pairs share" in line for line in shown(toured(EXAMPLE), 10, 40))
    lines, (*_, weights, masked) = shown(toured(EXAMPLE), 10)[5:14], mask_of(toured(EXAMPLE)).steps
    for columns, steps in (((11, 22), mask_of(toured(EXAMPLE)).steps[:2]), ((33, 44), (weights, masked))):
        drawn = [
            (step[row, key], " ░▒▓█".index(lines[row][column + key]))
            for column, step in zip(columns, steps, strict=True)
            for row in range(9)
            for key in range(9)
            if lines[row].ljust(80)[column + key] != "·"
        ]
        levels = [level for _, level in sorted(drawn)]
        assert levels == sorted(levels)
        assert len(set(levels)) > 3
        assert lines[8][columns[0] :][:9] == lines[8][columns[1] :][:9]


#: Numbers of a screen that are explained from others on it: an expression of them, and what it comes to.
EXPLAINED = [
    (2, r"with e\^(\S+) / (\S+) = (\S+)\.", lambda score, total: math.exp(score) / total),
    (4, r"\((\S+) / √64 ([+-] \S+)\) / (\S+) = (\S+)[,.]", lambda qk, place, by: (qk / 8 + place) / by),
    (5, r"  \S+ +(\S+) +(\S+) +(\S+) +0\.\d\d +(?:returns|drops) it", lambda qk, place: (qk / 8 + place) / 2.515625),
    (8, r"  \d+ +(\S+) +(\S+) +\S+ +\S+$", math.exp),
    (8, r"  \d+ +\S+ +(\S+) +(\S+) +(\S+)$", lambda power, total: power / total),
]


@pytest.mark.parametrize("sentence", [EXAMPLE, "The king speaks and they listen", ODD[-1]])
def test_numbers_that_are_explained_come_out(sentence):
    """From the numbers as they are printed, to the last digit that is printed."""
    for number, form, sum_of in EXPLAINED:
        text = "\n".join(shown(toured(sentence), number, 300))
        found = [each.groups() for each in re.finditer(form, text, re.M)]
        assert found
        for *given, printed in found:
            places = len(printed.partition(".")[2])
            result = sum_of(*(float(each.replace(" ", "")) for each in given))
            assert f"{result:.{places}f}" == printed, (number, given)


@pytest.mark.parametrize("sentence", [EXAMPLE, "The king speaks and they listen", "cats like dogs"])
def test_the_sums_of_a_mask_come_out_of_its_scores(sentence):
    lines = shown(toured(sentence), 10, 300)
    rows = [next(line for line in lines if line.startswith(f"  {name}")).split() for name in ("score", "with mask")]
    totals = [sum(math.exp(float(each)) for each in row if each[0] in "-0123456789") for row in rows]
    assert f"from {totals[0]:.2f} to {totals[1]:.2f}, its weights sum to 1" in " ".join(lines)


@pytest.mark.parametrize("sentence", [EXAMPLE, "The king speaks and they listen"])
def test_the_weights_of_a_kernel_come_out_of_its_distances(sentence):
    """From distances and widths as they are printed."""
    lines = [line for line in shown(toured(sentence), 12) if line.startswith("  ")][1:]
    sigmas = [float(each) for each in re.findall(r"σ (\d\S+)", lines[0])]
    rows = [[float(each) for each in line.split()[1:7]] for line in lines[1:]]
    assert len(sigmas) == 5
    for column, sigma in enumerate(sigmas, 1):
        heights = [math.exp(-(row[0] ** 2) / (2 * sigma**2)) for row in rows]
        assert [f"{height / sum(heights):.2f}" for height in heights] == [f"{row[column]:.2f}" for row in rows]


def test_keys_of_a_kernel_stand_from_near_to_far():
    value, rows = kernel_of(toured(EXAMPLE)), [line.split() for line in shown(toured(EXAMPLE), 12)[8:17]]
    assert [float(row[1]) for row in rows] == [round(each, 2) for each in sorted(value.distances.tolist())]
    assert [row[0] for row in rows][:3] == ["he", "and", "a"]


def test_the_rows_of_the_mask_are_those_of_its_steps():
    tour = toured(EXAMPLE)
    text, value = shown(tour, 10), mask_of(tour)
    for name, step, places in (("with mask", value.masked, 3), ("of masked", value.masked_weights, 2)):
        row = ["−∞" if number == -np.inf else f"{number:.{places}f}" for number in step[value.word]]
        assert f"{name} {' '.join(row)}" in [" ".join(line.split()) for line in text]


@pytest.mark.parametrize(
    ("sentence", "number", "said", "unsaid"),
    [
        ("cats like dogs", 3, "There is no pronoun here", "stands for"),
        ("he likes dogs", 3, "stands for", "There is no pronoun"),
        ("-one two", 3, "looks most at", "nearly alike"),
        ("dog", 3, "one order only", "looks most"),
        ("dog", 1, "only one word", "most alike"),
        ("dog dog", 7, "two different words", "mean cosine"),
        ("dog", 5, "With one key to choose from", "temperature"),
        (EXAMPLE, 4, "They were trained", "random"),
        ("dog", 9, "one place", "Shuffling"),
        ("dog", 10, "nothing behind it to hide", "Hidden after"),
        ("dog", 11, "no spread", "divided by √d 0"),
        ("dog", 12, "every kernel", "look-up"),
        ("dog dog dog", 12, "the nearest key takes 0.33; wide", "look-up"),
        (EXAMPLE, 12, "takes 1.00, as a look-up; wide, keys have 0.11 each, as in a plain mean (0.11)", "not yet"),
    ],
)
def test_findings_are_said_where_they_hold(sentence, number, said, unsaid, vectors):
    text = " ".join(shown(tour_of(sentence, vectors), number, 500))
    assert said in text
    assert unsaid not in text


def test_heads_that_were_not_trained_are_called_random(write):
    tour = tour_of("注意 力 是", open_vectors(str(write("注意 1 0 2\n力 0.5 1 0\n是 1 2 1\n".encode()))))
    for number, said in ((4, "random, not trained"), (6, "random, not trained"), (8, "the first and the last word")):
        text = " ".join(shown(tour, number, 500))
        assert said in text
        assert "注意" in text


def test_scores_that_overflow_are_no_trouble(write):
    tour = tour_of("a b", open_vectors(str(write(b"a 1e3 2e3\nb 3e3 1\n"))))
    assert np.isinf(distance_of(tour).far[0].total)
    for number in NUMBERS:
        assert shown(tour, number)


@pytest.mark.parametrize("number", NUMBERS)
def test_for_screen_readers_it_is_sentences(number):
    text = "\n".join(shown(toured(EXAMPLE), number, accessible=True)[3:])
    assert not re.search("[\u2500-\u259f]|\\S   ", text)


@pytest.mark.parametrize(
    ("sentence", "command"),
    [
        ("a dog", 'attn explain "a dog"'),
        ("a\n dog", 'attn explain "a dog"'),
        ("the $HOME", "attn explain 'the $HOME'"),
        ("-a dog", 'attn explain " -a dog"'),
    ],
)
def test_the_command_is_quoted_for_a_shell(sentence, command, vectors):
    assert try_command(tour_of(sentence, vectors), 2) == command


def test_the_command_names_the_vectors_that_were_named(vectors):
    assert try_command(tour_of("a dog", vectors), 2, "my set.txt") == "attn explain \"a dog\" --vectors 'my set.txt'"
    assert quoted("it's") == '"it\'s"'


def test_a_screen_is_a_module_and_a_row(monkeypatch, vectors, capfd):
    """A made-up last screen is numbered, shown by the command, and ends in its own command."""
    module = SimpleNamespace(
        parts=lambda tour, screen: [[Text(f"{tour.text} has {len(tour.text)} signs")]],
        command=lambda tour: Command("explain", ("--top", "1"), tour.text),
    )
    monkeypatch.setitem(SCREENS, "made", "Signs")
    monkeypatch.setitem(sys.modules, "attncli.tour.made", module)
    last = len(SCREENS)
    assert shown(tour_of("a dog", vectors), last) == [
        *(f"attn tour {last} of {last}  Signs", "  a dog", "", "a dog has 5 signs"),
        'try: attn explain "a dog" --top 1',
    ]
    monkeypatch.delitem(sys.modules, command.__name__)  # its options name the screens
    assert run(["tour", "a dog", "--screen", "made"]) == 0
    assert f"{last} of {last}" in capfd.readouterr().out


LONG_NAME = "/a/rather long/path with 'quotes'/to a set/of vectors/of mine/" + "v" * 60 + ".txt"


@pytest.mark.parametrize("width", [20, 40, 60, 80])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_command_that_is_broken_can_still_be_pasted(width, number):
    tour = toured('the old king gave the young queen a golden ring before they left for the "x" sea of $1')
    assert shown_of(tour, number, width, LONG_NAME)
    pasted, whole = shown_of(tour, number, width), try_command(tour, number)
    if width >= 60:
        assert [word.split() for word in shlex.split(pasted)] == [word.split() for word in shlex.split(whole)]


def shown_of(tour, number, width, name=None):
    """The command as it stands on the screen, line ends and all."""
    text = "\n".join(line.plain for line in tour_lines(tour, number, Screen(width), name))
    return re.search(r"^try:\s(.*?)(\n\n|\Z)", text, re.M | re.S)[1]
