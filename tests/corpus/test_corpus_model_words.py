"""Words of a model in a corpus: whole ones, whatever pieces the model makes of them, and the same in every process."""

import json

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.command import attn

from attncli.corpus.model_reading import RESERVED, ModelReader, ModelWords
from attncli.corpus.reading import both
from attncli.models.model import open_model
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings

TEXTS = ["the dog barks", "A Dog, and the dogs!", "he is a dog", "cute DOG"]


def reader_of(name, asked):
    return ModelReader(open_model(TINY / name), check_model_settings(words=True), asked)


@pytest.mark.parametrize("name", ["bert", "roberta", "xlm-roberta", "gpt2", "llama", "qwen2"])
def test_a_word_is_a_word_whatever_pieces_it_has(name):
    reader = reader_of(name, ("dog", "cute"))
    skipped = []
    found = [*reader.read(TEXTS, lambda *each: skipped.append(each))]
    assert not skipped
    dog, cute = (reader.find(("dog", "cute"))[word] for word in ("dog", "cute"))
    rows = [batch.rows[0] for batch in sorted(found, key=lambda batch: batch.texts[0])]
    assert [(each == dog).sum() for each in rows] == [1, 1, 1, 1]  # in every case, and not in dogs
    assert [(each == cute).sum() for each in rows] == [0, 0, 0, 1]
    assert reader.names(np.array([dog, cute])) == ["dog", "cute"]


@pytest.mark.parametrize("name", ["bert", "gpt2", "xlm-roberta"])
def test_weights_are_those_of_explain_with_words(name):
    reader = reader_of(name, ("dog",))
    (batch,) = reader.read(TEXTS[:1], print)
    explained = explain_model(TEXTS[0], TINY / name, words=True)
    place = [token.text for token in explained.sentence.tokens].index("dog")
    assert batch.rows[0, place] == reader.find(("dog",))["dog"]
    weights = explained.weights[-1].mean(axis=0)[place]
    for key, weight in zip(*(each[0, place] for each in batch.strongest), strict=True):
        assert key != place
        assert key < 0 or weight == pytest.approx(weights[key], abs=1e-6)


def test_what_is_no_single_word_is_not_known():
    assert reader_of("bert", ("e-mail", "dog")).find(("e-mail", "dog")) == {"dog": 1}


def test_the_table_counts_every_occurrence(tmp_path):
    (tmp_path / "one.txt").write_text("the dog barks\nthe cat\n")
    (tmp_path / "two.txt").write_text("he is a Dog\n\u0111og\n")
    options = "--model", str(TINY / "gpt2"), "--words", "dog", "--collect", "context", "--top", "99", "--jobs", "2"
    done = attn("corpus", "one.txt", "two.txt", *options, "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out" / "context.ndjson").read_text().splitlines()]
    assert {row["word"] for row in rows} == {"dog"}
    assert {row["context"] for row in rows} == {"the", "he", "is", "a"}  # causal: what stands before
    assert all(row["count"] == 1 for row in rows)


def test_numbers_depend_on_the_word_alone():
    one, other = ModelWords(("dog", "Bank")), ModelWords(("dog", "Bank"))
    for text in ("river", "a", "ö", "\ud800"):
        assert one.numbered(text) == other.numbered(text)
        assert RESERVED <= one.numbered(text)[0] < 2**31
    assert [one.numbered(text) for text in ("DOG", "bank", "Bank")] == [(0, "dog"), (1, "Bank"), (1, "Bank")]
    assert [ModelWords(("us", "US")).numbered(text)[0] for text in ("US", "us", "Us")] == [1, 0, 0]


def test_names_come_with_the_part_that_their_words_are_in_and_no_other():
    reader = reader_of("bert", ("dog",))
    taken = []
    for text in TEXTS[:2]:
        assert [*reader.read([text], print)]
        taken.append({*reader.taken_names().values()})
    assert "barks" in taken[0]
    assert "barks" not in taken[1]
    assert "dog" in taken[0] & taken[1]
    assert reader.taken_names() == {}


def test_two_words_of_one_number_are_both_named():
    assert both("a", "a") == "a"
    assert both("b", "a") == both("a", "b") == both("a | b", "b") == "a | b"
