"""Nearest words, held against gensim's `most_similar`."""

import numpy as np
import pytest

from attncli.errors import AttnError, UsageError
from attncli.recipes.neighbourhood import neighbourhood
from attncli.vectors import Vectors, write_store


@pytest.fixture(scope="module")
def theirs(vectors):
    return vectors.to_gensim()


@pytest.mark.parametrize(
    ("words", "minus"),
    [(["king"], []), (["king", "woman"], ["man"]), (["paris", "germany"], ["france", "the"]), (["dog", "dog"], [])],
)
def test_the_neighbours_are_gensims(vectors, theirs, words, minus):
    found = neighbourhood(words, minus, vectors, top=20)
    names, cosines = zip(*theirs.most_similar(positive=words, negative=minus, topn=20), strict=True)
    assert [each.text for each in found.neighbours] == list(names)
    np.testing.assert_allclose([each.similarity for each in found.neighbours], cosines, atol=1e-5)


def test_king_is_near_queen(vectors):
    assert neighbourhood(["king", "woman"], ["man"], vectors).neighbours[0].text == "queen"


def test_words_are_found_in_another_spelling_and_left_out_as_found(vectors):
    found = neighbourhood(["King"], [], vectors)
    assert (found.words[0].text, found.words[0].word) == ("King", "king")
    assert "king" not in {each.text for each in found.neighbours}


def test_words_are_found_whichever_way_they_are_normalised(tmp_path):
    write_store(tmp_path / "s", ["cafe\u0301", "🐕", "ﬁn"], np.eye(3), name="s", source="s")
    found = neighbourhood(["café"], ["🐕\ufe0f"], Vectors(tmp_path / "s"))
    assert [each.word for each in (*found.words, *found.minus)] == ["cafe\u0301", "🐕"]


def test_a_word_counts_by_its_direction_and_not_by_its_length(tmp_path):
    write_store(tmp_path / "s", "abcd", np.array([[100, 0], [0, 1], [1, 1], [1, 0.1]]), name="s", source="s")
    found = neighbourhood(["a", "b"], [], Vectors(tmp_path / "s"))
    assert [each.text for each in found.neighbours] == ["c", "d"]
    assert found.neighbours[0].similarity == pytest.approx(1)


@pytest.mark.parametrize("top", [1, 2, 5])
def test_the_words_asked_for_do_not_use_up_the_top(tmp_path, top):
    write_store(tmp_path / "s", "abcd", np.eye(4) + 1, name="s", source="s")
    assert len(neighbourhood(["a", "b"], [], Vectors(tmp_path / "s"), top).neighbours) == min(top, 2)


def test_unknown_words_are_named_with_their_nearest_spellings(vectors):
    with pytest.raises(AttnError, match="'qwzxq', 'zzyzzx', 'xqzw' and 1 more") as caught:
        neighbourhood(["king", "qwzxq", "zzyzzx", "xqzw", "wqzx"], [], vectors)
    assert caught.value.exit_code == 1
    assert "nearest known" in caught.value.hint


@pytest.mark.parametrize(
    ("words", "minus", "top", "error"),
    [([], [], 10, UsageError), (["king"], [], 0, UsageError), (["king"], ["king"], 10, AttnError)],
)
def test_what_has_no_neighbours_is_an_error(vectors, words, minus, top, error):
    with pytest.raises(error):
        neighbourhood(words, minus, vectors, top)
