"""The text of the tokens that a model says: spaces, characters of several tokens, special tokens, places and words."""

import pytest

from attncli.models.checkpoint.tokenizing import ModelSentence, ModelToken
from attncli.models.speech import Speech


def before(text="ab", special=False):
    """A sentence of one token."""
    return ModelSentence(text, (ModelToken(0, 9, text, text, 0, len(text), special, None if special else 0),))


CASES = {
    "bytes": ("bytes", "ab", ["Ġcd", "e", ".", "ĊĠf"], [" cd", "e", ".", "\n f"], [(3, 5), (5, 6), (6, 7), (9, 10)]),
    "a character of three tokens": (
        "bytes",
        "ab",
        ["Ġç", "Į", "«", "x"],
        [" ", "", "猫", "x"],
        [(3, 4), (3, 4), (3, 4), (4, 5)],
    ),
    "marked": ("marked", "ab", ["▁cd", "e", "▁▁f"], [" cd", "e", "  f"], [(3, 5), (5, 6), (8, 9)]),
    "bytes of SentencePiece": (
        "marked",
        "ab",
        ["<0xE7>", "<0x8C>", "<0xAB>"],
        ["", "", "猫"],
        [(2, 3), (2, 3), (2, 3)],
    ),
    "at the beginning": ("marked", "", ["▁cd", "▁e"], ["cd", " e"], [(0, 2), (3, 4)]),
    "words": ("words", "ab", ["cd", "##e", "f"], [" cd", "e", " f"], [(3, 5), (5, 6), (7, 8)]),
    "words at the beginning": ("words", "", ["cd", "f"], ["cd", " f"], [(0, 2), (3, 4)]),
    "words that are cut": ("words", "ab", ["cd@@", "e", "f"], [" cd", "e", " f"], [(3, 5), (5, 6), (7, 8)]),
    "a mark in a word": ("words", "ab", ["cd", "e"], [" cd", " e"], [(3, 5), (6, 7)]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_text_comes_with_the_token_that_completes_it(case):
    spelling, text, pieces, said, places = CASES[case]
    speech = Speech(dict(enumerate(pieces)).__getitem__, spelling, (), before(text, special=not text))
    assert [speech.add(id) for id in range(len(pieces))] == said
    assert speech.finish() == ""
    sentence = speech.sentence
    assert speech.text == "".join(said)
    assert sentence.text == text + "".join(said)
    tokens = sentence.tokens[1:]
    assert [(token.start, token.end) for token in tokens] == places
    assert [token.text for token in tokens] == [sentence.text[slice(*place)] for place in places]
    assert [token.index for token in tokens] == list(range(1, len(tokens) + 1))
    assert all(token.generated for token in tokens)
    assert not sentence.tokens[0].generated


def test_a_character_that_never_ends_is_a_sign_of_it():
    speech = Speech(["Ġx", "ç", "Į"].__getitem__, "bytes", (), before())
    assert [speech.add(id) for id in range(3)] == [" x", "", ""]
    assert speech.finish() == "\ufffd"
    assert [token.text for token in speech.sentence.tokens] == ["ab", "x", "\ufffd", "\ufffd"]


def test_a_special_token_is_no_text():
    speech = Speech(["ç", "</s>", "Ġx"].__getitem__, "bytes", {1}, before())
    assert [speech.add(id) for id in range(3)] == ["", "\ufffd", " x"]
    *_, cut, end, word = speech.sentence.tokens
    assert (end.text, end.special, end.word, end.piece) == ("", True, None, "</s>")
    assert (cut.text, word.text) == ("\ufffd", "x")


def test_words_begin_at_spaces_and_signs():
    speech = Speech(["cd", "Ġe", "f", ".", "Ġ", "g"].__getitem__, "bytes", (), before())
    for id in range(6):
        speech.add(id)
    assert [token.word for token in speech.sentence.tokens] == [0, 0, 1, 1, 2, 3, 3]


def test_tokens_are_of_the_segment_of_those_before():
    given = ModelSentence("a\nb", (ModelToken(0, 9, "b", "b", 2, 3, False, 0, 1),), "b", (1,))
    speech = Speech(["c"].__getitem__, "bytes", (), given)
    speech.add(0)
    assert speech.sentence.segments == (1, 1)
    assert speech.sentence.tokens[1].segment == 1
