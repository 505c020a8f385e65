import sys
from unicodedata import normalize

import pytest

from attncli.text.segments import forms
from attncli.text.tokens import MOST_SPELLED, read_sentence

WORDS = """bark is very cute and he a dog didn't e-mail u.s. the 's it did n't 注意 注 café naïve 3 3.14 well mr. ss
new 1000 york new-york กา มา rock don't"""
KNOWN = {word: row for row, word in enumerate(WORDS.split())}


def find(words):
    return {word: KNOWN[word] for word in words if word in KNOWN}


def read(text):
    return read_sentence(text, find, lambda word: ["dog"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bark is a dog.", ["bark", "is", "a", "dog"]),
        ("dog, dog; (dog) — dog!", ["dog"] * 4),
        ("didn't didn’t DIDN'T", ["didn't"] * 3),
        ("It's", ["it", "'s"]),  # not whole in this set, so as treebanks split it
        ("E-mail e‑mail", ["e-mail", "e-mail"]),
        ("the U.S. is", ["the", "u.s.", "is"]),
        ("the U.S.", ["the", "u.s."]),
        ("Mr. Dog", ["mr.", "dog"]),
        ("well-cute", ["well", "cute"]),
        ("3.14 3", ["3.14", "3"]),
        ("cute/dog,bark", ["cute", "dog", "bark"]),
        ("cafe\u0301 CAFÉ", ["café", "café"]),  # a combining mark belongs to its letter
        ("nai\u0308ve", ["naïve"]),
        ("ＤＯＧ", ["dog"]),  # full-width letters
        ("do\u00adg", ["dog"]),  # a soft hyphen
        ("注意注", ["注意", "注"]),  # two words, not three
        ("กามา", ["กา", "มา"]),
        ("注意dog", ["注意", "dog"]),
        ("'dog' “dog”", ["dog", "dog"]),
        ("new-york", ["new-york"]),
        ("3️⃣ dog", ["3", "dog"]),
        ("1,000 dogs", ["1000"]),
        ("İs", ["is"]),
    ],
)
def test_known_words(text, words):
    sentence = read(text)
    assert [token.word for token in sentence.tokens] == words
    assert {unknown.text for unknown in sentence.unknown} <= {"I", "dogs"}


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("the qwzx dog", ["qwzx"]),
        ("qwz-xyz", ["qwz-xyz"]),  # nothing of it is known: one word
        ("well-qwzx", ["qwzx"]),
        ("qw/zz", ["qw", "zz"]),
        ("2.72 12.05.2020 dog3.14", ["2.72", "12.05.2020", "dog3", "14"]),
        ("意意注", ["意意"]),
        ("a\udcffb", ["b"]),
        ("…!? --- ' . a+b % & 2 < 3 | ~ ^ # *", ["b", "2"]),  # punctuation and signs of ASCII's are nothing
        ("🐕 dog 🐕", ["🐕", "🐕"]),
        (
            "❤️ 👩‍👩‍👧 dog🐕🏽 🇩🇪🇫🇷 \u0301 \u00ad",
            ["❤️", "👩‍👩‍👧", "🐕🏽", "🇩🇪", "🇫🇷"],
        ),  # whole, of however many characters
        ("$3 3€ → 3°", ["$", "€", "→", "°"]),
        ("", []),
    ],
)
def test_unknown_words(text, unknown):
    assert [each.text for each in read(text).unknown] == unknown


@pytest.mark.parametrize(
    "text", ["the qwzx U.S. cafe\u0301 it's 注意力 e-mail", "well-qwzx 🐕🏽 a", "\ufeffdog\tdog\ndog"]
)
def test_spans_are_code_points_of_what_was_typed(text):
    sentence = read(text)
    for each in (*sentence.tokens, *sentence.unknown):
        assert text[each.start : each.end] == each.text
    starts = [token.start for token in sentence.tokens]
    assert starts == sorted(starts)
    assert [token.index for token in sentence.tokens] == list(range(len(starts)))


SIGNS = [
    *("🐕", "❤", "☀️", "👩‍👩‍👧", "🇩🇪", "3️⃣", "👍🏽", "👍", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
    *("c++", "C#", ".NET", "$", "%", ":)", ":d", "<unk>", "&", "AT&T", "<3", "@dog", "+"),
    *("1,000", "e-mail", "don't", "a", "dog", "3", "c", "net", "T", "unk"),
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a 🐕, dog🐕🐕", ["a", "🐕", "dog", "🐕", "🐕"]),
        ("❤️ ❤ ☀ ☀️ ☀︎", ["❤", "❤", "☀️", "☀️", "☀️"]),  # with and without a selector
        ("👩‍👩‍👧 🇩🇪🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿", ["👩‍👩‍👧", "🇩🇪", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]),
        ("3️⃣ 3", ["3️⃣", "3"]),
        ("👍🏽 👍🏿", ["👍🏽", "👍"]),  # a tone that the set lacks
        ("C++ c++, (C++) C# .NET. c", ["c++", "c++", "c++", "C#", ".NET", "c"]),
        ("$3 3% a & dog", ["$", "3", "3", "%", "a", "&", "dog"]),
        (":) a:) dog :). :D", [":)", "a", "dog", ":)", ":d"]),
        ("<unk> <unk>, <3 @dog", ["<unk>", "<unk>", "<3", "@dog"]),
        ("AT&T 1,000 e-mail don't", ["AT&T", "1,000", "e-mail", "don't"]),
        ("(dog) dog... -dog- dog: a/dog “dog”", ["dog", "dog", "dog", "dog", "a", "dog", "dog"]),
    ],
)
def test_signs_that_the_set_has_are_words(text, words):
    known = {word: row for row, word in enumerate(SIGNS)}
    sentence = read_sentence(text, lambda asked: {word: known[word] for word in asked if word in known})
    assert [token.word for token in sentence.tokens] == words
    assert not sentence.unknown
    assert all(text[token.start : token.end] == token.text for token in sentence.tokens)


NORMAL = ("NFC", "NFD", "NFKC", "NFKD")
ACCENTED = ["Tiếng", "Việt", "café", "Ångström", "Ω", "한국어", "が", "naïve", "Straße", "άλφα", "ǖ", "Ệ"]


@pytest.mark.parametrize("typed", NORMAL)
@pytest.mark.parametrize("made", NORMAL)
def test_a_word_is_found_whichever_way_it_and_the_set_are_normalised(made, typed):
    known = {normalize(made, word): row for row, word in enumerate(ACCENTED)}
    sentence = read_sentence(
        normalize(typed, " ".join(ACCENTED)), lambda asked: {word: known[word] for word in asked if word in known}
    )
    assert [token.row for token in sentence.tokens] == list(range(len(ACCENTED)))
    assert not sentence.unknown


@pytest.mark.parametrize(
    ("in_set", "typed"),
    [("Å", "\u212b"), ("\u212b", "Å"), ("\u2126", "Ω"), ("Ω", "\u2126"), ("5\u2126", "5Ω"), ("ά", "\u1f71"),
     ("\u1f71", "ά"), ("µ", "μ"), ("μ", "µ"), ("ê\u0301", "ế"), ("ế", "ê\u0301"), ("e\u0302\u0301", "ê\u0301"),
     ("cafe\u0301", "CAFÉ"), ("Cafe\u0301", "Café"), ("fi", "ﬁ"), ("dog", "ｄｏｇ")],
)  # fmt: skip
def test_letters_that_are_the_same_are_found_as_one(in_set, typed):
    sentence = read_sentence(typed, lambda asked: {in_set: 7} if in_set in asked else {})
    assert [token.row for token in sentence.tokens] == [7]


def test_a_set_that_has_a_word_in_two_forms_keeps_both():
    known = {"café": 0, "cafe\u0301": 1}
    sentence = read_sentence("café cafe\u0301", lambda asked: {word: known[word] for word in asked if word in known})
    assert [token.row for token in sentence.tokens] == [0, 1]


RANKED = ["的", "我", "研究", "生命", "起源", *map(str, range(1000)), "研究生", "命", "กา", "กาแฟ", "แฟน"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("研究生命起源", ["研究", "生命", "起源"]),  # the longest match would begin with 研究生
        ("研究生", ["研究生"]),
        ("我的研究生命", ["我", "的", "研究", "生命"]),
        ("กาแฟนกา", ["กา", "แฟน", "กา"]),
        ("我x研究", ["我", "研究"]),
    ],
)
def test_unspaced_text_is_cut_into_the_most_frequent_words(text, words):
    known = {word: row for row, word in enumerate(RANKED)}
    sentence = read_sentence(text, lambda asked: {word: known[word] for word in asked if word in known})
    assert [token.word for token in sentence.tokens] == words
    assert [each.text for each in sentence.unknown] == ["x"] * text.count("x")


def test_repeated_words_are_separate_tokens():
    tokens = read("dog dog dog").tokens
    assert [token.start for token in tokens] == [0, 4, 8]
    assert len({token.row for token in tokens}) == 1


def test_suggestions_are_asked_for_once_a_word():
    asked = []
    read_sentence("qwzx dog qwzx", find, lambda word: asked.append(word) or ["x"])
    assert asked == ["qwzx"]


def test_the_set_is_asked_once_a_sentence():
    calls = []
    read_sentence("didn't well-qwzx 注意力 the U.S.", lambda words: calls.append(1) or find(words))
    assert len(calls) == 1


def test_a_long_chain_of_hyphens_stays_cheap():
    candidates = []
    read_sentence("-".join(["a"] * 2000), lambda words: candidates.extend(words) or {})
    assert len(candidates) < 40 * 2000


def test_forms_are_tried_from_the_typed_one_down():
    assert forms("Straße") == ("Straße", "straße", "strasse")


def test_of_very_many_unknown_words_the_first_have_suggestions():
    asked = []
    text = " ".join(f"zz{i}" for i in range(3 * MOST_SPELLED)) + " zz0"
    sentence = read_sentence(text, find, lambda word: [asked.append(word) or "dog"])
    assert asked == [f"zz{i}" for i in range(MOST_SPELLED)]
    assert [each.suggestions for each in sentence.unknown[MOST_SPELLED - 1 : MOST_SPELLED + 1]] == [("dog",), ()]
    assert sentence.unknown[-1].suggestions == ("dog",)


@pytest.mark.parametrize("piece", ["the dog ", "a-", "a.", "注意", "d'", "a/", "q ", "1,", "a\u0301", "🐕"])
def test_reading_takes_steps_that_grow_with_the_text(piece):
    assert steps(piece * 800) < 2.2 * steps(piece * 400)


def steps(text):
    """How many lines of Python are run to read a text."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read(text)
    finally:
        sys.settrace(before)
    return count
