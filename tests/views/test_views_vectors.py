"""The pages of `attn vectors`: nothing wider than the screen, nothing lost."""

from pathlib import Path

import numpy as np
import pytest

from attncli.recipes.neighbourhood import neighbourhood
from attncli.vectors import Vectors, write_store
from attncli.vectors.keeping import Kept
from attncli.vectors.pulling import Offer
from attncli.views.screen import Screen, cells
from attncli.views.terminal.vectors import info_lines, kept_lines, near_lines, offer_lines, size

WORDS = ["dog", "注意 注意", "a" * 50, "\x1b[31m", "[red]x[/red]"]
SOURCE = "/home/someone/vectors with a long name/注意/glove.840B.300d.txt"
WIDTHS = [20, 40, 60, 80, 120]


@pytest.fixture
def opened(tmp_path):
    write_store(tmp_path / "store", WORDS, np.eye(5) + 1, name="my-set", source=SOURCE, licence="CC0")
    return Vectors(tmp_path / "store")


@pytest.fixture
def sets(opened):
    broken = Kept("broken@0123456789abcdef", Path("/x"), 10, None, "the store '/x' is damaged: its index is gone")
    return [Kept("my-set", opened.folder, 1_700_000, opened), broken]


def plain(lines):
    """The text without what setting it added."""
    return "".join(line.plain for line in lines).replace(" ", "")


@pytest.mark.parametrize("accessible", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_screen_and_nothing_is_lost(opened, sets, width, encoding, accessible):
    screen = Screen(width=width, encoding=encoding, accessible=accessible)
    offered = Offer("x-1", ("http://127.0.0.1/" + "x" * 90,), ("0",), 10**9, 7, 3, None, "words and words " * 20)
    pages = {
        "my-set 5 5 1.7MB broken@0123456789abcdef damaged": kept_lines(sets, screen),
        "my-set float32 CC0 sha256 dog [red]x[/red]": info_lines(sets[0], opened, WORDS, screen),
        "dog 0.875 [red]x[/red] my-set": near_lines(neighbourhood(["dog"], [], opened), screen),
        "x-1 1.0GB 7words 3dimensions unknown wordsandwords": offer_lines(offered, screen),
    }
    for expected, lines in pages.items():
        assert max(cells(line.plain) for line in lines) <= width
        assert all(part in plain(lines) for part in expected.split(" "))
        assert "\x1b" not in plain(lines)
    for page in list(pages.values())[:2]:
        assert screen.word(SOURCE).replace(" ", "") in plain(page)


def test_columns_stand_under_their_heads(sets):
    head, first, second = (line.plain for line in kept_lines(sets, Screen(width=200)))
    for name, cell in (("words", "5"), ("dimensions", "5"), ("size", "1.7 MB")):
        end = head.index(name) + len(name)
        assert first[:end].endswith(f" {cell}")
    assert head.index("source") == first.index(SOURCE[:5]) == second.index("damaged")


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (99_499, "99.5 kB"),
        (99_500, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (3_600_000_128, "3.6 GB"),
    ],
)
def test_sizes_are_three_digits(count, shown):
    assert size(count) == shown
