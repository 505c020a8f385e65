"""Words at the speed of a dictionary are the words that `read_sentence` finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attncli.corpus.vocabulary as vocabulary
from attncli import open_vectors
from attncli.corpus.vocabulary import MISSING, Vocabulary, by_length, known
from attncli.text.tokens import read_sentence
from attncli.vectors import write_store

TEXTS = [
    "Bark is very cute, and he is a dog.",
    "U.S. e-mail didn't (dog), \"cat\" o'clock's Mr. 3.14 1,000 'tis x'",
    "注意力 is all, ÄÖ it’s rock-'n'-roll don't! [a] *b* a_b/c #tag &amp; dog... DOG's",
    "",
    " \u00a0dog\u2028cat\x1cbird\x85x ",
    "qwzx qwzx's e\u0301te\u0301 \u200bdog the-qwzx-dog",
]
VECTORS = open_vectors()


@pytest.fixture(scope="module")
def signs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores") / "signs"
    write_store(folder, SIGNS, np.eye(len(SIGNS)), name="signs", source="a test")
    return open_vectors(folder)


def rows(texts):
    found = Vocabulary(VECTORS)
    places, counts = found.places_of(texts)
    return [found.rows[each[each != MISSING]].tolist() for each in np.split(places, counts.cumsum()[:-1])], places


@pytest.mark.parametrize("text", TEXTS)
def test_words_and_unknown_ones(text):
    sentence = read_sentence(text, VECTORS.find)
    found, places = rows([text])
    assert found == [[token.row for token in sentence.tokens]]
    assert (places == MISSING).sum() == len(sentence.unknown)


SIGNS = [
    "🐕",
    "❤",
    "3️⃣",
    "c++",
    ".net",
    "$",
    "%",
    ":)",
    ":d",
    "<unk>",
    "&",
    "at&t",
    "<3",
    "dog",
    "3",
    "c",
    "d",
    "cafe\u0301",
]
PARTS = [*("🐕", "❤️", "❤", "3️⃣", "3", "C++", "C", ".NET", "$", "%", ":", ")", "(", "D", "d", "<unk>", "<", "&"),
         *("AT", "T", "dog", "café", "cafe\u0301", "©", "™", "+", ".", ",", " ", "μm", "\u200d", "#")]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=8).map("".join))
def test_any_text_with_signs_in_a_set_that_has_them(signs, text):
    found = Vocabulary(signs)
    places, _ = found.places_of([text])
    sentence = read_sentence(text, signs.find)
    spans = [(token.start, token.row) for token in sentence.tokens] + [(each.start, None) for each in sentence.unknown]
    assert [None if place == MISSING else found.rows[place] for place in places] == [row for _, row in sorted(spans)]


WORDS = st.sampled_from(
    ["dog", "Dog", "U.S", "don't", "n't", "'", "-", ".", ",", "(", "]", "é", "注意", "3", "qwzx", " ", "\n"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=12).map("".join))
def test_any_text(text):
    assert rows([text])[0] == [[token.row for token in read_sentence(text, VECTORS.find).tokens]]


def test_the_table_holds_their_vectors():
    found = Vocabulary(VECTORS)
    places, _ = found.places_of(["a dog", "the dog"])
    np.testing.assert_array_equal(found.table, VECTORS.rows(found.rows).astype(np.float32))
    assert places.tolist()[1] == places.tolist()[3]


def test_what_is_too_much_is_forgotten(monkeypatch):
    monkeypatch.setattr(vocabulary, "REMEMBERED", 2)
    found = Vocabulary(VECTORS)
    for text in ("a dog barks", "the king"):
        places, _ = found.places_of([text])
        assert VECTORS.text(found.rows[places]) == text.split()


def test_known_words_alone():
    places, counts, unknown = known(np.array([4, MISSING, 5, MISSING, 6]), np.array([2, 0, 2, 1]))
    assert (places.tolist(), counts.tolist(), unknown) == ([4, 5, 6], [1, 0, 1, 1], 2)


def test_texts_of_one_length_together():
    groups = list(by_length(np.array([1, 2, 3, 4, 5]), np.array([2, 0, 1, 2])))
    assert [(which.tolist(), places.tolist()) for which, places in groups] == [([2], [[3]]), ([0, 3], [[1, 2], [4, 5]])]
