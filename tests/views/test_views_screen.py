"""The one sanitiser, and widths in cells."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from attncli.views.screen import Screen, cells, cut, pad, prefix, signs, visible

ANYTHING = st.text(st.characters())  # lone surrogates among them
ENCODINGS = ["utf-8", "ascii", "latin-1", "cp1252", "cp1256", "gb18030", "shift_jis", "no-such-encoding"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x1b]52;c;aGk=\x07", r"\x1b]52;c;aGk=\x07"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("\x7f\x80\x9b\x9f", r"\x7f\x80\x9b\x9f"),
        ("\u202eabc\u2066\u2069\u200e\u200f\u061c", r"\u202eabc\u2066\u2069\u200e\u200f\u061c"),
        ("\u2028\u2029\u200b\ufeff\xad\u2060", r"\u2028\u2029\u200b\ufeff\xad\u2060"),
        ("\u3164\u115f\u034f\ufffe", r"\u3164\u115f\u034f\ufffe"),
        ("\U000e0041", r"\U000e0041"),
        ("a\udcffb", r"a\udcffb"),
        ("\u200dx", r"\u200dx"),
        ("a\u200db", r"a\u200db"),
    ],
)
def test_what_acts_or_hides_is_escaped(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "[red]x[/red]",
        "[/]",
        ":smile:",
        "a\\",
        r"\x1b",
        "naïve",
        "cafe\u0301",
        "注意",
        "قال",
        "می\u200cخواهم",
        "كتاب",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f",
        "क्\u200dष",
        "\U0001f44d\U0001f3fd",
        "x\u00a0y",
    ],
)
def test_words_stay_to_the_letter(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("注意 is", "ascii", r"\u6ce8\u610f is"),
        ("naïve €", "latin-1", r"naïve \u20ac"),
        ("\U0001f600", "cp1252", r"\U0001f600"),
        ("é", "no-such-encoding", r"\xe9"),
    ],
)
def test_what_the_encoding_lacks_is_escaped(text, encoding, shown):
    assert visible(text, encoding) == shown


@given(ANYTHING, st.sampled_from(ENCODINGS))
def test_sanitised_text_is_harmless_and_stays_as_it_is(text, encoding):
    shown = visible(text, encoding)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cs", "Zl", "Zp"}
    shown.encode("ascii" if encoding == "no-such-encoding" else encoding)
    assert visible(shown, encoding) == shown


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("dog", 3),
        ("注意", 4),
        ("e\u0301", 1),
        ("\U0001f468\u200d\U0001f469", 2),
        ("\u2764\ufe0f", 2),
        ("أحمد", 4),
        ("क\u200dष", 2),
        ("می\u200cخ", 3),
    ],
)
def test_width_in_cells(text, width):
    assert cells(text) == width


@given(ANYTHING.map(visible), st.integers(1, 30))
def test_cut_and_padded_text_fits(text, width):
    assert cells(cut(text, width)) <= width
    assert cells(pad(cut(text, width), width)) == width
    assert cell_len(cut(text, width)) <= width


@pytest.mark.parametrize(
    ("text", "width", "left"),
    [
        ("注意力", 5, "注意…"),
        ("注意力", 4, "注…"),
        ("ne\u0301e", 2, "n…"),
        ("dog", 3, "dog"),
        ("e\u0301tude", 2, "e\u0301…"),
        ("a\u2764\ufe0fbc", 3, "a…"),
        ("a1\ufe0f\u20e3bc", 3, "a…"),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7x", 4, "\U0001f1e9\U0001f1ea…"),
        ("\U0001f44d\U0001f3fdbc", 2, "…"),
    ],
)
def test_cutting_says_so_and_never_splits_a_sign(text, width, left):
    assert cut(text, width) == left


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("dog", 3),
        ("e\u0301a", 2),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467x", 2),
        ("1\ufe0f\u20e32", 2),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 2),
        ("می\u200cخ", 3),
    ],
)
def test_signs_of_several_characters(text, count):
    ends = list(signs(text))
    assert len(ends) == count
    assert not text or ends[-1] == len(text)


def test_a_pile_of_marks_is_cut_quickly():
    assert len(prefix("a" + "\u0301" * 1_000_000, 5)) <= 80


def test_own_signs_have_stand_ins_in_poor_encodings():
    assert Screen(encoding="ascii").own("q·k / √d_k × α → …") == "q.k / sqrt d_k x a -> ~"
    assert Screen(encoding="utf-8").own("α → …") == "α → …"
