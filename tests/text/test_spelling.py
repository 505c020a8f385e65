import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.text.spelling import edit_distances, nearest_spellings

words = st.text("abcé", max_size=6)


def naive_distance(a, b):
    table = [[max(i, j) if not i or not j else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            keep = table[i - 1][j - 1] + (a[i - 1] != b[j - 1])
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, keep)
            if min(i, j) > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[len(a)][len(b)]


@given(words, st.lists(words, max_size=8))
def test_distances_are_those_of_a_naive_loop(word, others):
    assert edit_distances(word, others).tolist() == [naive_distance(word, other) for other in others]


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("qwzx", ["the", "quiz", "qwerty", "zebra"], ["quiz"]),
        ("glvoe", ["dove", "glue", "glove", "clove"], ["glove", "glue", "clove"]),
        ("Lodnon", ["paris", "London"], ["London"]),
        ("cta", ["dog", "cut", "cat", "act"], ["cat", "cut", "act"]),
        ("teh", ["tea", "ten", "the", "tech"], ["tea", "ten", "the"]),
        ("ctaa", ["data", "cat"], ["data", "cat"]),
        ("xx", ["ab", "cdef"], []),
        ("x", [], []),
        ("", ["a"], []),
        ("aaa", ["", "aa"], ["aa"]),
        ("naïve", ["naive", "native"], ["naive", "native"]),
    ],
)
def test_nearest_first_then_the_more_frequent(word, known, expected):
    assert nearest_spellings(word, known)[: len(expected)] == expected
    assert expected or not nearest_spellings(word, known)


def test_a_word_that_shares_no_letter_is_never_suggested():
    assert nearest_spellings("qwzx", ["abc", "bond", "quiz"]) == ["quiz"]


@pytest.mark.parametrize(("word", "known"), [("a" * 10_000, ["aa"]), ("aaaa", ["a" * 10_000, "aaa"])])
def test_words_without_measure_cost_nothing(word, known):
    started = time.process_time()
    assert nearest_spellings(word, known * 1000) in ([], ["aaa"] * 3)
    assert time.process_time() - started < 0.5


def test_fifty_thousand_words_take_a_moment():
    letters = np.random.default_rng(0).integers(97, 123, size=(50_000, 8), dtype=np.uint8)
    known = [bytes(row).decode() for row in letters]
    known[40_000] = "charcater"
    started = time.process_time()
    assert nearest_spellings("character", known)[0] == "charcater"
    assert time.process_time() - started < 0.5  # 30 ms where nothing else runs


def test_a_word_that_looks_the_same_is_no_suggestion_and_marks_are_no_edits():
    assert nearest_spellings("café", ["cafe\u0301", "cafe\u0301s", "cafx"]) == ["cafe\u0301s", "cafx"]
