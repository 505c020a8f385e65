"""Words at the speed of a dictionary are the words that `read_sentence` finds."""

import numpy as np
import pytest
from gensim.test.utils import datapath
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import attncli.corpus.vocabulary as vocabulary
from attncli import AttnError, open_vectors
from attncli.corpus.vocabulary import COMPOSED, MISSING, Vocabulary, by_length, known
from attncli.recipes.inputs import embed, read_words
from attncli.text.tokens import read_sentence
from attncli.vectors import write_store
from attncli.vectors.formats.readers import import_file
from attncli.vectors.formats.recognise import recognise

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


@pytest.fixture(scope="module")
def composing(tmp_path_factory):
    """Two sets that compose unknown words: of their own words, and of n-grams."""
    folder = tmp_path_factory.mktemp("stores")
    words = ["dog", "s", "haus", "a", "注意", "力", "é", "don", "U"]
    rows = np.random.default_rng(0).normal(size=(9, 4))
    write_store(folder / "p", words, rows, name="p", source="s", parts=(words, rows))
    import_file(recognise(datapath("non_ascii_fasttext.bin")), folder / "grams", name="grams")
    return [open_vectors(folder / "p"), open_vectors(folder / "grams")]


WHOLE = st.sampled_from(
    ["dogs", "Dog", "haus-dog", "q", "don't", "'", ".", "(", "注意力注", "Éa", "👍", "3", " ", "\n"]
)


@pytest.mark.parametrize("which", [0, 1])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(WHOLE, max_size=12).map("".join))
def test_composed_words_are_those_of_an_explanation(composing, which, text):
    vectors = composing[which]
    found = Vocabulary(vectors, composes=True)
    places, _ = found.places_of([text])
    try:
        sentence = read_words("sentence", text, vectors, "compose")
    except AttnError:
        assert (places == MISSING).all()
        return
    assert found.rows[places[places != MISSING]].tolist() == [
        COMPOSED if token.row is None else token.row for token in sentence.tokens
    ]
    assert (places == MISSING).sum() == len(sentence.unknown)
    np.testing.assert_array_equal(found.table[places[places != MISSING]], embed(sentence, vectors).astype(np.float32))


def test_unknown_words_are_composed_only_where_asked_for_and_all_in_one_go(composing, monkeypatch):
    vectors, asked = composing[0], []
    composed = vectors.composed
    monkeypatch.setattr(vectors, "composed", lambda words: asked.append([*words]) or composed(words))
    texts = ["the dogs", "dogs haushaus", "dog"]
    assert (Vocabulary(vectors).places_of(texts)[0] == MISSING).sum() == 4
    found = Vocabulary(vectors, composes=True)
    first, second = found.places_of(texts), found.places_of(texts)
    assert [sorted(words) for words in asked] == [["dogs", "haushaus", "the"]]
    np.testing.assert_array_equal(first[0], second[0])
    assert (first[0] == MISSING).sum() == 1


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
