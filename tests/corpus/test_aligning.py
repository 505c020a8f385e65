"""Many pairs at once: the links of `align`, pair by pair, and pairs that cannot be aligned."""

import numpy as np
import pytest
from support.two_languages import MEANINGS, small_set

from attncli import align
from attncli.corpus import aligning, pair_words
from attncli.corpus.aligning import Aligner
from attncli.corpus.lines import Reason
from attncli.settings.alignment import LINKS, check_alignment

WORDS = [word for meaning in MEANINGS for word in meaning.split()]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_set(tmp_path_factory.mktemp("set") / "small")


def pairs_of(count, *others, seed=0):
    """Pairs of texts of some words, `others` among them, none there twice but one at an end."""
    rng = np.random.default_rng(seed)
    words = [*WORDS, *others]

    def text():
        return " ".join(rng.permutation(words)[: rng.integers(2, 10)])

    return [(f"{rng.choice(WORDS)} {text()}", f"{text()} {rng.choice(WORDS)}") for _ in range(count)]


def links(each):
    return [*map(tuple, each.links)]


@pytest.mark.parametrize("rule", LINKS)
@pytest.mark.parametrize("tokenized", [False, True])
def test_the_links_are_those_of_align(small, rule, tokenized):
    pairs = pairs_of(60, "qwzx", ",", "Dog,", "dog-cat", "狗很", seed=1)
    options = {"links": rule, "tokenized": tokenized, "prior": 0.2}
    found = Aligner(small, check_alignment(**options)).links_of(pairs)
    assert found == [links(align(*pair, small, **options)) for pair in pairs]
    assert sum(map(len, found)) > 100


@pytest.mark.parametrize(
    "options", [{"method": "dot"}, {"method": "kernel"}, {"null": 0.5}, {"prior": 3.0}, {"neighbours": 0.9}]
)
def test_every_setting_takes_part(small, options):
    pairs = pairs_of(40, seed=2)
    found = Aligner(small, check_alignment(**options)).links_of(pairs)
    assert found == [links(align(*pair, small, **options)) for pair in pairs]
    assert found != Aligner(small, check_alignment(prior=0.0, neighbours=0.0)).links_of(pairs)


def test_blocks_of_any_size_give_the_same(small, monkeypatch):
    pairs = pairs_of(50, seed=3)
    settings = check_alignment()
    whole = Aligner(small, settings).links_of(pairs)
    monkeypatch.setattr(aligning, "TOGETHER", 1)
    monkeypatch.setattr(pair_words, "REMEMBERED", 5)  # tables are made anew
    for tokenized in (False, True):
        one = Aligner(small, check_alignment(tokenized=tokenized))
        assert [each for pair in pairs for each in one.links_of([pair])] == whole


@pytest.mark.parametrize(
    ("pair", "tokenized", "reason"),
    [
        (("qwzx .", "le chien"), False, "no known word in the source"),
        (("dog", "…"), False, "no known word in the target"),
        (("qwzx .", "le chien"), True, "no known word in the source"),
        (("dog", "qwzx"), True, "no known word in the target"),
        (Reason("empty line"), False, "empty line"),
    ],
)
def test_a_pair_without_links_has_a_reason(small, pair, tokenized, reason):
    found = Aligner(small, check_alignment(tokenized=tokenized)).links_of([("dog", "le chien"), pair, ("le", "the")])
    assert found == [[(0, 1)], reason, [(0, 0)]]
    assert isinstance(found[1], Reason)


@pytest.mark.parametrize("tokenized", [False, True])
def test_an_unknown_word_may_be_an_error(small, tokenized):
    pairs = [("the dog", "le chien"), ("the qwzx", "le"), ("the", "le qwzx")]
    found = Aligner(small, check_alignment(unknown="error", tokenized=tokenized)).links_of(pairs)
    assert found == [
        [(0, 0), (1, 1)],
        "a word that is not known in the source",
        "a word that is not known in the target",
    ]


def test_a_pair_of_too_many_words_is_passed_over(small, monkeypatch):
    monkeypatch.setattr(aligning, "MOST_PAIRS", 4)
    found = Aligner(small, check_alignment()).links_of([("the dog", "le chien le"), ("the dog", "le chien")])
    assert found == ["expected at most 4 pairs of words, got 2 × 3", [(0, 0), (1, 1)]]


def test_no_pairs_give_no_links(small):
    assert Aligner(small, check_alignment()).links_of([]) == []
