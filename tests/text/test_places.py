"""Places of forms in a text: a plain comparison of every stretch decides where a form stands."""

from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from attncli.text.places import place_of, places_inside

LETTERS = st.text("aáe\u0301\u0323\u0302ế한\u1112\u1161 \u00a0", max_size=6)


@given(form=LETTERS, text=LETTERS, at=st.integers(0, 3))
def test_a_place_is_a_stretch_that_is_canonically_the_form(form, text, at):
    found = place_of(form, text, at)
    if found is None:
        return
    start, end = found
    assert not text[at:start].strip()
    assert normalize("NFC", "".join(text[start:end].split())) == normalize("NFC", "".join(form.split()))


@given(form=st.text("aáe\u0301\u0323ế한", min_size=1, max_size=6), before=st.text(" \t", max_size=2))
def test_a_form_is_found_however_the_text_composes_it(form, before):
    for text in (form, normalize("NFC", form), normalize("NFD", form)):
        assert place_of(form, before + text + " a", 0) == (len(before), len(before) + len(text))


def test_forms_fill_a_place_or_do_not():
    assert places_inside(["do", "n't"], "I don't", (2, 7)) == [(2, 4), (4, 7)]
    assert places_inside(["do", "n"], "I don't", (2, 7)) is None
    assert places_inside(["de", "le"], "du pain", (0, 2)) is None
    assert places_inside(["do", "not"], "do not x", (0, 6)) == [(0, 2), (3, 6)]
    assert place_of("", "a", 0) is None
    assert place_of("a", "", 0) is None
