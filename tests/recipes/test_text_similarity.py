"""The similarity of two texts by word vectors: the sum over pairs, against the formula written out; words left out."""

import math

import numpy as np
import pytest
from support.two_languages import EN, put_in_place, small_set

from attncli import Similarity, explain, open_vectors, similar
from attncli.errors import AttnError, UsageError

A, B = "the dog eats", "a cat is not very cute"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_set(tmp_path_factory.mktemp("set") / "small")


def vectors_of(text, vectors):
    return [vectors.rows([vectors.find([word])[word]])[0].tolist() for word in text.split()]


def mean(x):
    return [sum(column) / len(x) for column in zip(*x, strict=True)]


def cosine(p, q):
    return sum(a * b for a, b in zip(p, q, strict=True)) / (math.hypot(*p) * math.hypot(*q))


def test_the_steps_are_the_formulas(small):
    found, x, y = similar(A, B, small), vectors_of(A, small), vectors_of(B, small)
    p, q = mean(x), mean(y)
    assert isinstance(found, Similarity)
    assert found.value == pytest.approx(cosine(p, q), abs=1e-12)
    for i, j in np.ndindex(3, 6):
        product = sum(a * b for a, b in zip(x[i], y[j], strict=True)) / (3 * 6)
        assert found.contributions[i, j] == pytest.approx(product / (math.hypot(*p) * math.hypot(*q)), abs=1e-12)
    assert found.contributions.dtype == np.float64
    assert found.contributions.sum() == pytest.approx(found.value, abs=1e-12)
    assert (found.exact, found.pooling, found.function, found.special) == (True, "mean", "cosine", None)
    assert [token.text for token in found.tokens] == A.split()
    assert [token.text for token in found.other_tokens] == B.split()
    assert (found.left_out, found.dropped) == (None, ())


def test_pairs_are_ranked_by_their_shares(small):
    found = similar(A, B, small, top=3)
    shares = {(i, j): float(found.contributions[i, j]) for i, j in np.ndindex(3, 6)}
    order = sorted(shares, key=shares.get)
    assert [(each.token, each.other) for each in found.ranked] == order[:-4:-1]
    negative = [pair for pair in order[:3] if shares[pair] < 0]
    assert negative
    assert [(each.token, each.other) for each in found.against] == negative
    assert all(each.share == shares[each.token, each.other] for each in (*found.ranked, *found.against))
    for total, axis in zip(found.totals, (1, 0), strict=True):
        np.testing.assert_allclose(total, found.contributions.sum(axis=axis))


def test_leaving_out_is_a_plain_loop(small):
    found, x, y = similar(A, B, small, leave_one_out=True), vectors_of(A, small), vectors_of(B, small)
    for i, change in enumerate(found.left_out[0]):
        assert change == pytest.approx(cosine(mean(x[:i] + x[i + 1 :]), mean(y)) - found.value, abs=1e-12)
    for j, change in enumerate(found.left_out[1]):
        assert change == pytest.approx(cosine(mean(x), mean(y[:j] + y[j + 1 :])) - found.value, abs=1e-12)


@pytest.mark.parametrize(
    ("drop", "text", "tokens"),
    [("dog", "a", (1,)), ("Dog", "a", (1,)), ("cute", "b", (5,)), ("a:2", "a", (2,)), ("b:cat", "b", (1,))],
)
def test_a_word_is_dropped_where_it_stands(small, drop, text, tokens):
    found = similar(A, B, small, drop=drop)
    alone = similar(A, B, small, leave_one_out=True)
    (dropped,) = found.dropped
    assert (dropped.asked, dropped.text, dropped.tokens) == (drop, text, tokens)
    assert dropped.change == pytest.approx(alone.left_out["ab".index(text)][tokens[0]], abs=1e-15)
    assert dropped.similarity == pytest.approx(found.value + dropped.change, abs=1e-15)


def test_a_word_of_both_texts_is_dropped_from_either(small):
    found = similar("the dog", "the cat eats", small, drop=["the", "b:the", "dog"])
    assert [(each.asked, each.text) for each in found.dropped] == [
        *(("the", "a"), ("the", "b")),
        *(("b:the", "b"), ("dog", "a")),
    ]
    assert found.dropped[1].similarity == found.dropped[2].similarity == similar("the dog", "cat eats", small).value


def test_nothing_is_left_of_one_word(small):
    found = similar("dog", A, small, leave_one_out=True, drop="a:dog")
    assert np.isnan(found.left_out[0]).tolist() == [True]
    assert np.isfinite(found.left_out[1]).all()
    assert math.isnan(found.dropped[0].similarity)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"drop": "zebra"}, "drop='zebra': expected a word of either text"),
        ({"drop": "a:cat"}, "drop='a:cat': expected a word of text a"),
        ({"drop": "a:9"}, "drop='a:9': expected a place in text a, 0 to 2"),
        ({"drop": "3"}, "drop='3': expected a word, or an index with its text"),
        ({"drop": "b:"}, "drop='b:': expected a word"),
        ({"drop": 3}, "drop=3: expected a text"),
        ({"words": True}, "words=True: expected a model with it"),
        ({"prompt": "query"}, "prompt='query': expected a model with it"),
        ({"top": 0}, "top=0: expected a whole number from 1 up"),
        ({"leave_one_out": 1}, "leave_one_out=1: expected True or False"),
        ({"unknown": "guess"}, "unknown='guess': expected one of compose, skip, error"),
        ({"model": "bert"}, "vectors: expected vectors or a model, got both"),
    ],
)
def test_a_wrong_setting_is_refused(small, settings, message):
    with pytest.raises(UsageError) as caught:
        similar(A, B, small, **settings)
    assert caught.value.message == message


@pytest.mark.parametrize(("a", "b", "setting"), [("", B, "a"), (A, " \n", "b"), (3, B, "a")])
def test_an_empty_text_is_refused(small, a, b, setting):
    with pytest.raises(UsageError) as caught:
        similar(a, b, small)
    assert caught.value.setting.name == setting


def test_unknown_words_take_no_part(small):
    found = similar(f"{A} qwzx", B, small)
    assert found.value == similar(A, B, small).value
    assert [each.text for each in found.text.unknown] == ["qwzx"]
    with pytest.raises(AttnError, match="not among"):
        similar(f"{A} qwzx", B, small, unknown="error")
    with pytest.raises(AttnError, match="not among"):
        similar("qwzx", B, small)


@pytest.mark.parametrize(
    ("a", "b", "name", "remark"),
    [
        (EN, "a cat", "attn-en", None),
        ("狗很可愛", EN, "attn-world", "the first text: the vectors of both are those of attn-world"),
        (EN, "狗很可愛", "attn-world", "the second text: the vectors of both are those of attn-world"),
        ("狗", "狗很可愛", "attn-world", "either sentence: the vectors of both are those of attn-world"),
    ],
)
def test_the_set_is_the_one_of_explain(tmp_path, monkeypatch, a, b, name, remark):
    put_in_place(monkeypatch, tmp_path / "world")
    found = similar(a, b)
    assert found.name == name == explain(a, memory=b).source.name
    assert found.remarks == (() if remark is None else (f"attn-en has no word of {remark}",))


def test_the_same_text_has_the_similarity_one():
    found = similar(EN, EN)
    assert found.value == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(found.contributions, found.contributions.T, atol=1e-15)


def test_a_vector_of_zeros_adds_nothing(tmp_path):
    from attncli.vectors import write_store

    write_store(
        tmp_path / "zeros", ["one", "two", "none"], np.array([[1.0, 0], [0, 1], [0, 0]]), name="zeros", source=""
    )
    vectors = open_vectors(tmp_path / "zeros")
    found = similar("one none", "one two", vectors)
    assert found.contributions[1].tolist() == [0, 0]
    assert found.value == pytest.approx(math.sqrt(0.5))
    assert found.warnings == ("words with a vector of zeros, which adds nothing: 1",)
    assert similar("none", "one", vectors).value == 0


def test_words_of_a_long_text_are_left_out_in_linear_time():
    found = similar("the dog eats " * 20_000, "a cat", leave_one_out=True, drop="b:cat")
    assert len(found.left_out[0]) == 60_000
    short = similar("the dog eats", "a cat", drop="b:cat")
    assert found.dropped[0].change == pytest.approx(short.dropped[0].change, abs=1e-9)
