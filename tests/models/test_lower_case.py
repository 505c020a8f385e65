"""Texts that are read in lower case, with the text as it was typed."""

import pytest
from oracles.checkpoints import TINY

from attncli import open_model
from attncli.models.lower_case import read_in_lower_case


@pytest.mark.parametrize(
    ("typed", "lower", "texts"),
    [
        ("THE Dog", "the dog", ["THE", "Dog"]),
        ("the İdog", "the i\u0307dog", ["the", " ", "İ", "İ", "İ", "do", "g"]),
        ("ΣΑΣ", "σασ", ["Σ", "Σ", "Α", "Α", "Σ", "Σ"]),  # each by itself: no ς at the end
        ("The <mask>", "the <mask>", ["The", " ", "<mask>"]),
        ("", "", []),
    ],
)
def test_the_tokens_are_those_of_the_lower_case_at_their_typed_places(typed, lower, texts):
    reader = open_model(TINY / "roberta").texts()
    found, expected = read_in_lower_case(typed, reader), reader.read(lower)
    assert (found.text, found.ids) == (typed, expected.ids)
    assert all(typed[token.start : token.end] == token.text for token in found.tokens)
    assert [token.text for token in found.tokens if not token.special] == texts
