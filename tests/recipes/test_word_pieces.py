"""Pieces of words are marked where the word was cut, on every surface and nowhere in records."""

import json

import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from support.figures import content_of
from support.places import TESTS

from attncli import explain, explain_model
from attncli.models.model import open_model
from attncli.recipes.sides import Side
from attncli.settings.model import check_model_settings
from attncli.views.page.data import page_data
from attncli.views.records.json import explanation_json
from attncli.views.screen import Screen
from attncli.views.terminal.explain import explain_lines
from attncli.views.terminal.heading import names

TINY = TESTS / "oracles" / "tiny"


def labels(folder, text, **options):
    model = open_model(str(folder))
    return [token.label for token in Side.of(model.read(text), check_model_settings(**options)).sentence.tokens]


@needs_minilm
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They vacated", ["They", "vacated"]),
        ("barkish dogs", ["bark·", "·ish", "dogs"]),
        ("he didn't", ["he", "didn", "'", "t"]),
        ("in 2024.", ["in", "202·", "·4", "."]),
        ("注意力", ["注", "意", "力"]),
        ("well-barkish", ["well", "-", "bark·", "·ish"]),
    ],
)
def test_of_wordpiece(text, expected):
    assert labels(MINILM, text)[1:-1] == expected


@needs_minilm
def test_whole_words_have_no_seams():
    assert labels(MINILM, "barkish dogs", words=True)[1:-1] == ["barkish", "dogs"]


@pytest.mark.parametrize("family", ["gpt2", "llama", "t5"])
def test_joined_at_their_seams_pieces_are_the_words_of_the_text(family):
    """Of tokenizers of bytes and of SentencePiece too, whose pieces may begin with a blank."""
    text, words = "Unbelievable dogs, aren't they", [""]
    side = Side.of(open_model(str(TINY / family)).read(text), check_model_settings())
    for token in side.sentence.tokens:
        words += [""] * (not token.seams[0])
        blank = token.special or token.word == "▁"  # whose place is that of the letter behind it
        words[-1] += "" if blank else token.text.strip()
    assert [word for word in words if word.isalnum()] == ["Unbelievable", "dogs", "aren", "t", "they"]


@needs_minilm
def test_every_surface_marks_them_and_records_do_not():
    explanation = explain_model("barkish dogs", MINILM, layer=0, head=0)
    marked = ["[CLS]", "bark·", "·ish", "dogs", "[SEP]"]
    assert names(explanation.sentence, Screen()) == marked
    assert [*content_of(explanation).panels[0].rows] == marked
    assert page_data({"": explanation})["sources"][0]["queries"] == marked
    drawn = "\n".join(line.plain for line in explain_lines(explanation, Screen()))
    assert "bark·" in drawn
    assert "·ish" in drawn
    record = json.loads(explanation_json(explanation))
    assert [token["text"] for token in record["tokens"]] == ["[CLS]", "bark", "ish", "dogs", "[SEP]"]
    assert "ish·" not in str(record)


def test_word_vectors_have_no_pieces():
    assert not any(any(token.seams) for token in explain("Bark is very cute, isn't he? 注意").sentence.tokens)
