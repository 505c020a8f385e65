"""Unknown words composed of a set's own words, for a set that is made to be so."""

import json
from unicodedata import normalize

import numpy as np
import pytest

from attncli import AttnError, explain
from attncli.cli.app import run
from attncli.vectors import Vectors, write_store
from attncli.vectors.store.verifying import verify
from attncli.views.records.json import explanation_json
from attncli.views.screen import Screen
from attncli.views.terminal.explain import explain_lines

WORDS = ["the", "dog", "technologische", "n", "schule", "haus", "s", "hauss", "chule", "é", "犬", "O", "zero"]
MATRIX = np.random.default_rng(5).normal(size=(len(WORDS), 6)) * np.arange(1, len(WORDS) + 1)[:, None]  # [n, d]
MATRIX[-1] = 0


@pytest.fixture
def composing(tmp_path):
    write_store(tmp_path / "parts", WORDS, MATRIX, name="parts", source="a test", splits=True)
    return Vectors(tmp_path / "parts")


def mean(*parts):
    """By hand: each part with the square of its length, the whole as long as its parts."""
    weights = np.array([len(part) ** 2 for part in parts], float)
    rows = MATRIX[[WORDS.index(part) for part in parts]].astype(np.float32).astype(np.float64)
    vector = (weights[:, None] * rows).sum(axis=0)
    return vector / np.linalg.norm(vector) * (weights * np.linalg.norm(rows, axis=1)).sum() / weights.sum()


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("technologischen", ["technologische", "n"]),
        ("Hausschule", ["haus", "schule"]),  # cheaper than hauss + chule, whose ranks are lower
        ("HAUS", ["haus"]),
        ("qhausq", ["haus"]),  # no word covers a q
        ("犬犬", ["犬", "犬"]),
        ("nO", ["n", "O"]),
        (normalize("NFD", "né"), ["n", "é"]),
        ("dog" * 100, ["dog"] * 66),  # a word of more than 200 characters is cut off
    ],
)
def test_the_vector_is_the_weighted_mean_of_the_parts(composing, word, parts):
    np.testing.assert_allclose(composing.compose(word), mean(*parts), rtol=1e-12)


@pytest.mark.parametrize("word", ["", "qq", "\udcff", "🙂"])
def test_a_word_without_parts_has_no_vector(composing, word):
    assert composing.compose(word) is None


def test_parts_of_length_zero_make_a_vector_of_zeros(composing):
    assert composing.compose("zeroq").tolist() == [0] * 6


def test_many_words_at_once_take_one_look_up(composing, monkeypatch):
    asked, find = [], composing.find
    monkeypatch.setattr(composing, "find", lambda words: asked.append(1) or find(words))
    words = ["hausschule", "qq", "dogs", "dogs", "technologischen"]
    made = composing.composed(words)
    assert len(asked) == 1
    assert list(made) == ["hausschule", "dogs", "technologischen"]
    for word, vector in made.items():
        np.testing.assert_array_equal(vector, composing.compose(word))


def test_a_set_that_is_not_made_so_composes_nothing(tmp_path):
    write_store(tmp_path / "plain", WORDS, MATRIX, name="plain", source="a test")
    plain = Vectors(tmp_path / "plain")
    assert (plain.composes, plain.compose("dogs"), plain.composed(["dogs"])) == (False, None, {})


def test_it_is_marked_skipped_or_refused(composing):
    explanation = explain("the Hausschule dog qq", composing)
    tokens = json.loads(explanation_json(explanation))["tokens"]
    assert [token["text"] for token in tokens if token.get("composed")] == ["Hausschule"]
    np.testing.assert_allclose(explanation.source.inputs.x[1], mean("haus", "schule"), rtol=1e-12)
    assert [each.text for each in explanation.sentence.unknown] == ["qq"]
    shown = " ".join(" ".join(line.plain for line in explain_lines(explanation, Screen())).split())
    assert "their vectors are composed of their parts: [Hausschule+]" in shown
    assert [each.text for each in explain("the dogs", composing, unknown="skip").sentence.unknown] == ["dogs"]
    with pytest.raises(AttnError, match="dogs"):
        explain("the dogs", composing, unknown="error")


def test_nearest_spellings_are_looked_for_only_where_no_vector_is_composed(composing, monkeypatch):
    asked = []
    monkeypatch.setattr(composing, "spellings", lambda word, top=3: asked.append(word) or [])
    explain("the dogs qq", composing)
    assert asked == ["qq"]


def test_info_says_so(composing, capsys):
    run(["vectors", "info", str(composing.folder)])
    assert "composed of their parts" in capsys.readouterr().out
    run(["vectors", "info", str(composing.folder), "--json"])
    assert json.loads(capsys.readouterr().out)["composed_of"] == "parts"
    verify(composing)
