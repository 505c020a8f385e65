"""Word alignment: every step against the formulas written out, and the words that take part."""

import math

import numpy as np
import pytest
from support.two_languages import EN, FR, small_set

from attncli import align
from attncli.analysis.links import RULES
from attncli.attention.similarity import method_of
from attncli.errors import AttnError, UsageError
from attncli.recipes.word_links import link_words
from attncli.settings.alignment import LINKS, SIMILARITIES, check_alignment
from attncli.settings.explanation import METHODS
from attncli.vectors import Vectors, write_store


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_set(tmp_path_factory.mktemp("set") / "small")


def test_the_steps_are_the_formulas(small):
    found = align(EN, FR, small, prior=0.2, neighbours=0, temperature=0.5)
    x, y = (small.rows([small.find([w])[w] for w in text.split()]) for text in (EN, FR))
    for i, q in enumerate(x):
        row = []
        for j, k in enumerate(y):
            cosine = sum(a * b for a, b in zip(q, k, strict=True)) / (math.hypot(*q) * math.hypot(*k))
            assert found.similarity[i, j] == pytest.approx(cosine, abs=1e-12)
            row.append(cosine - 0.2 * abs(i / len(x) - j / len(y)))
        np.testing.assert_allclose(found.scores[i], row, atol=1e-12)
        powers = [math.exp(score / 0.5) for score in row]
        np.testing.assert_allclose(found.weights[i], np.array(powers) / sum(powers), atol=1e-12)
    assert found.weights.dtype == np.float64
    np.testing.assert_allclose(found.weights.sum(axis=1), 1)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (3, 5)])
def test_a_pair_gains_by_the_pairs_before_and_behind(n, m):
    rng = np.random.default_rng(n + m)
    x, y = rng.normal(size=(n, 3)), rng.normal(size=(m, 3))
    found = link_words(x, y, check_alignment(neighbours=0.25, prior=0.5))
    for i, j in np.ndindex(n, m):
        around = [(i - 1, j - 1), (i + 1, j + 1)]
        near = sum(found.similarity[a, b] for a, b in around if 0 <= a < n and 0 <= b < m)
        assert found.scores[i, j] == pytest.approx(found.similarity[i, j] + near / 4 - abs(i / n - j / m) / 2)


@pytest.mark.parametrize("temperature", [0.02, 0.07, 0.5, 3.0])
@pytest.mark.parametrize("rule", LINKS)
def test_links_follow_from_the_product_of_both_directions_weights(rule, temperature):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(40, 4, 3)), rng.normal(size=(40, 5, 3))
    found = link_words(x, y, check_alignment(links=rule, temperature=temperature))
    powers = np.exp(found.scores / temperature)
    product = powers / powers.sum(axis=1, keepdims=True) * powers / powers.sum(axis=2, keepdims=True)  # [40, 4, 5]
    np.testing.assert_array_equal(found.links, RULES[rule](product))
    if temperature < 3:
        assert (found.links != RULES[rule](found.scores)).any()


def test_words_of_one_meaning_are_linked(small):
    found = align(EN, FR, small)
    assert found.links == ((0, 0), (1, 1), (2, 2), (3, 3), (4, 4))
    assert align("狗很可愛", "the dog is very cute", small).links == ((0, 1), (1, 3), (2, 4))
    assert (found.name, found.size) == ("small", f"{small.words} × {small.dimensions}")


def test_the_prior_decides_between_equal_words(small):
    twice = "the dog and the cat", "le chien et le chat"
    assert {(0, 0), (3, 3)} <= {*align(*twice, small).links}
    without = align(*twice, small, prior=0, neighbours=0).links
    assert (0, 0) in without
    assert (3, 3) not in without


def test_a_word_below_null_has_no_partner(small):
    words = "the cat", "le chien"
    assert align(*words, small).links == ((0, 0), (1, 1))
    found = align(*words, small, null=0.5)
    assert found.links == ((0, 0),)
    assert found.unlinked == ((1,), (1,))
    assert found.similarity[0, 0] > 0.5 > found.similarity[1].max()


def test_a_plain_text_has_the_words_of_explain(small):
    found = align("The dog, he is qwzx cute!", "Le chien, il est mignon.", small)
    assert [token.text for token in found.source.tokens] == ["The", "dog", "he", "is", "cute"]
    assert [each.text for each in found.source.unknown] == ["qwzx"]
    assert found.links == ((0, 0), (1, 1), (2, 2), (3, 3), (4, 4))


def test_a_tokenized_text_has_all_tokens(small):
    found = align("The dog , qwzx is cute .", "le chien , est  mignon .", small, tokenized=True)
    assert [token.text for token in found.source.tokens] == ["The", "dog", ",", "qwzx", "is", "cute", "."]
    assert [(token.start, token.end) for token in found.target.tokens][-2:] == [(16, 22), (23, 24)]
    assert found.links == ((0, 0), (1, 1), (4, 3), (5, 4))
    assert not found.similarity[[2, 3, 6]].any()
    assert not found.similarity[:, [2, 5]].any()
    assert [each.text for each in found.source.unknown] == [",", "qwzx", "."]
    np.testing.assert_allclose(found.weights.sum(axis=1), 1)


def test_a_list_of_words_is_tokenized(small):
    listed = align(EN.split(), ["le", "chien", "est", "très", "mignon"], small)
    assert listed.source.text == EN
    np.testing.assert_array_equal(listed.weights, align(EN, FR, small, tokenized=True).weights)
    with_blank = align(["the", "white dog"], ["le", "chien"], small)
    assert [(token.text, token.start, token.end) for token in with_blank.source.tokens][1] == ("white dog", 4, 13)
    assert with_blank.links == ((0, 0), (1, 1))


def test_a_token_of_several_words_has_their_mean(small):
    found = align("dog-cat 狗很", "chien", small, tokenized=True)
    rows = small.rows([small.find([w])[w] for w in ("dog", "cat", "狗", "很", "chien")])
    for i, parts in enumerate((rows[:2], rows[2:4])):
        q, k = parts.mean(axis=0), rows[4]
        assert found.similarity[i, 0] == pytest.approx(q @ k / np.linalg.norm(q) / np.linalg.norm(k), abs=1e-12)
    with pytest.raises(AttnError, match="dog-cat"):
        align("dog-cat", "chien", small, tokenized=True, unknown="skip")


@pytest.mark.parametrize("method", SIMILARITIES)
def test_every_method_takes_part(small, method):
    found = align(EN, FR, small, method=method, prior=0)
    assert found.settings.temperature == (0.07 if method == "cosine" else 1)
    assert found.links == ((0, 0), (1, 1), (2, 2), (3, 3), (4, 4))


def test_the_temperature_of_a_set_is_that_of_scaled_scores(tmp_path):
    own = small_set(tmp_path / "own", cross_temperature=0.21)
    taken = {method: align(EN, FR, own, method=method).settings.temperature for method in SIMILARITIES}
    assert taken == {"cosine": 0.07, "dot": 1, "scaled": 0.21, "kernel": 1}
    assert align(EN, FR, own, method="scaled", temperature=2).settings.temperature == 2


def test_the_methods_are_those_that_need_no_arrays():
    assert {*SIMILARITIES} == {name for name in METHODS if not method_of(name).learned}


def test_many_pairs_at_once_are_those_one_by_one():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(6, 4, 5)), rng.normal(size=(6, 7, 5))
    has = rng.random((6, 4)) > 0.3
    settings = check_alignment(links="grow-diag-final", null=0.1, temperature=0.1)
    together = link_words(x, y, settings, has)
    for i in range(6):
        for part, one in zip(together, link_words(x[i], y[i], settings, has[i]), strict=True):
            np.testing.assert_allclose(part[i], one, atol=1e-14)
    narrow = link_words(x.astype(np.float32), y.astype(np.float32), settings, has)
    assert [part.dtype for part in narrow] == ["f4", "f4", "f4", "?"]


def test_a_zero_vector_is_said(tmp_path):
    write_store(tmp_path / "b", ["the", "le"], np.array([[0.0, 0], [1, 0]]), name="zero", source="a test")
    found = align("the", "le", Vectors(tmp_path / "b"))
    assert np.isfinite(found.weights).all()
    assert "a vector of zeros" in found.warnings[0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("temperature", [1e-320, 1e-30, 1e300])
@pytest.mark.parametrize("method", SIMILARITIES)
@pytest.mark.parametrize("size", [1e-30, 1, 1e30])
def test_extreme_numbers_stay_weights(dtype, temperature, method, size):
    rng = np.random.default_rng(0)
    x, y = ((rng.normal(size=(n, 3)) * size).astype(dtype) for n in (4, 5))
    found = link_words(x, y, check_alignment(method=method, temperature=temperature, prior=1e6), np.arange(4) > 0)
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1, rtol=1e-6)
    assert found.weights.dtype == dtype
    assert not found.links[0].any()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"links": "mutal"}, "did you mean mutual?"),
        ({"prior": -1}, "prior=-1: expected a number from 0 to 1,000,000"),
        ({"prior": 1e7}, "prior=10000000.0: expected a number from 0 to 1,000,000"),
        ({"prior": float("nan")}, "expected a number from 0 to 1"),
        ({"null": float("inf")}, "expected a number"),
        ({"null": "x"}, "null='x': expected a number"),
        ({"method": "general"}, "cosine, dot, scaled, kernel"),
        ({"temperature": 0}, "expected a number above 0"),
        ({"layer": 3}, "expected a model with it"),
        ({"prio": 3}, "did you mean prior?"),
    ],
)
def test_a_wrong_value_is_quoted(options, said):
    with pytest.raises(UsageError) as caught:
        check_alignment(**options)
    assert said in "; ".join(filter(None, caught.value.in_words()))


@pytest.mark.parametrize(
    ("source", "target", "kind", "said"),
    [
        ("", "le", UsageError, "source"),
        ("the", "  ", UsageError, "target"),
        ([], "le", UsageError, "source: expected words, got an empty list"),
        (["the", ""], "le", UsageError, "source"),
        ([3], "le", UsageError, "source=3: expected a text"),
        (3, "le", UsageError, "source=3"),
        ("qwzx", "le", AttnError, "'qwzx'"),
        ("the", ["qwzx"], AttnError, "'qwzx'"),
        ("…!", "le", AttnError, "no word"),
    ],
)
def test_a_side_without_words_is_an_error(small, source, target, kind, said):
    with pytest.raises(kind, match=said):
        align(source, target, small)
