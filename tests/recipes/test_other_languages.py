"""The embedded set that a text is explained with: attn-en, or attn-world where that has no word of it."""

import numpy as np
import pytest
from support.two_languages import EN, FR, PARTS, put_in_place

from attncli import compare, explain, open_vectors
from attncli.errors import AttnError
from attncli.recipes.comparison import compare_with
from attncli.recipes.explaining import explain_with
from attncli.settings.explanation import METHODS, MODES, check_settings
from attncli.vectors.catalogue import EmbeddedSets

ZH, OWN = "狗很可愛", 0.25
SENTENCE = "attn-en has no word of this sentence: its vectors are those of attn-world"
ELSEWHERE = "{} of another language than attn-en, and known to attn-world: --vectors attn-world"
BOTH = "attn-en has no word of {}: the vectors of both are those of attn-world"


@pytest.fixture
def world(tmp_path, monkeypatch):
    return put_in_place(monkeypatch, tmp_path / "world", cross_temperature=OWN, parts=PARTS)


@pytest.mark.parametrize(
    ("texts", "name", "remark"),
    [
        ((ZH,), "attn-world", SENTENCE),
        ((EN,), "attn-en", None),
        (("the 狗",), "attn-en", ELSEWHERE.format("狗 is")),
        (("the 狗狗 bleue",), "attn-en", ELSEWHERE.format("狗狗 is")),
        (("the très and 狗",), "attn-en", ELSEWHERE.format("très and 狗 are")),
        (("the 貓 qwzx chein",), "attn-en", None),
        ((f"3 {ZH}",), "attn-world", SENTENCE),
        (("3",), "attn-en", None),
        ((EN, ZH), "attn-world", BOTH.format("the memory")),
        ((ZH, EN), "attn-world", BOTH.format("the sentence")),
        ((ZH, "狗"), "attn-world", BOTH.format("either sentence")),
        ((EN, "a cat"), "attn-en", None),
    ],
)
def test_the_set_is_the_one_that_has_words_of_every_text(world, texts, name, remark):
    found = explain(texts[0], memory=(*texts[1:], None)[0])
    assert found.source.name == name
    assert [each for each in found.remarks if "attn-" in each] == ([remark] if remark else [])
    assert compare(texts[0], memory=(*texts[1:], None)[0]).vectors.name == name


@pytest.mark.parametrize(
    ("text", "hinted"),
    [
        ("the 狗 sleps", []),  # half of the unknown words: the sentence is of another language
        ("the 狗 sleps and jumpps", ["sleps", "jumpps"]),
        ("the 狗", []),
        ("the dog sleps", ["sleps"]),
    ],
)
def test_words_of_another_language_have_no_spellings_of_this_one(world, text, hinted):
    unknown = explain(text).sentence.unknown
    assert [each.text for each in unknown if each.suggestions] == hinted


def test_words_in_a_to_z_may_be_of_another_language_too_and_misspelt_ones_are_not():
    found = explain("Der Hund bellt laut")
    assert ELSEWHERE.format("Hund and laut are") in found.remarks
    assert not any(each.suggestions for each in found.sentence.unknown)
    misspelt = explain("teh dgo tset becuase thier freind beleive langauge adress qeen rivver")
    assert not misspelt.remarks
    assert all(each.suggestions for each in misspelt.sentence.unknown)


def test_the_numbers_are_those_of_the_set_given_by_name(world):
    chosen, named = explain(EN, memory=ZH), explain(EN, world, memory=ZH)
    np.testing.assert_array_equal(chosen.weights, named.weights)
    assert named.remarks == ()


@pytest.mark.parametrize("given", ["attn-en", open_vectors()], ids=["a name", "a set"])
@pytest.mark.parametrize("texts", [(ZH, None), (EN, ZH)])
def test_a_set_that_was_named_is_never_replaced(world, given, texts):
    with pytest.raises(AttnError, match="not among the 50,000 words of attn-en"):
        explain(texts[0], given, memory=texts[1])


@pytest.mark.parametrize("texts", [("貓", None), (EN, "貓"), ("qwzx", None), (EN, "qwzx"), ("qwzx 貓", None)])
def test_where_neither_has_a_word_the_error_is_about_the_first(world, texts):
    with pytest.raises(AttnError, match="not among the 50,000 words of attn-en"):
        explain(texts[0], memory=texts[1])


def test_signs_alone_are_no_words_of_any_set(world):
    with pytest.raises(AttnError, match="there is no word"):
        explain("…!?")


def test_a_composed_word_serves_if_it_can_be_no_english_one(world):
    assert explain("ilchien", "attn-world").sentence.tokens[0].row is None  # il + chien
    with pytest.raises(AttnError, match="attn-en"):
        explain("ilchien")
    found = explain("trèsmignon")
    assert (found.source.name, found.sentence.tokens[0].row) == ("attn-world", None)
    for unknown in ("skip", "error"):
        with pytest.raises(AttnError, match="attn-en"):
            explain("trèsmignon", unknown=unknown)


@pytest.mark.parametrize("projections", ["trained", "my-heads.npz"])
def test_projections_that_are_of_a_set_stay_with_the_first_one(world, projections):
    with pytest.raises(AttnError, match="attn-en"):
        explain(ZH, mode="qkv", projections=projections)
    for made in (None, "random", "identity"):
        assert explain(ZH, mode="qkv", projections=made).source.name == "attn-world"


def test_without_the_second_set_all_is_as_it_was(monkeypatch, tmp_path):
    monkeypatch.setattr("attncli.vectors.places.embedded_sets", lambda: {})
    assert EmbeddedSets().world is None
    with pytest.raises(AttnError, match="attn-en"):
        explain(ZH)


def test_one_opening_serves_many_texts(world):
    sets = EmbeddedSets()
    names = [explain_with(text, check_settings(), sets).source.name for text in (ZH, EN, "狗", "a cat")]
    assert names == ["attn-world", "attn-en", "attn-world", "attn-en"]
    assert compare_with(ZH, check_settings(), sets).vectors is sets.world


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def test_the_set_s_own_temperature_divides_the_scores_of_a_memory(world):
    found = explain(EN, memory=FR, vectors="attn-world")
    rows = world.find([*EN.split(), *FR.split()])
    q, k = (world.rows([rows[word] for word in text.split()]) for text in (EN, FR))
    np.testing.assert_allclose(found.weights[0, 0], softmax(q @ k.T / np.sqrt(world.dimensions) / OWN), atol=1e-12)
    assert found.source.settings.temperature == OWN


@pytest.mark.parametrize(
    ("settings", "temperature"),
    [
        ({"memory": FR}, OWN),
        ({}, 1.0),
        ({"memory": FR, "temperature": 1.0}, 1.0),
        ({"memory": FR, "temperature": 3.0}, 3.0),
        *(({"memory": FR, "method": method}, 1.0) for method in METHODS),
        *(({"memory": FR, "mode": mode}, 1.0) for mode in MODES[1:]),
        ({"memory": FR, "method": "cosine", "temperature": 0.07}, 0.07),
        ({"memory": FR, "layers": 2}, OWN),
    ],
)
def test_what_was_given_wins_over_the_set_s_own_temperature(world, settings, temperature):
    assert explain(EN, world, **settings).source.settings.temperature == temperature


def test_a_set_without_a_temperature_has_1():
    assert explain(EN, memory="a cat").source.settings.temperature == 1.0


def test_other_methods_are_compared_at_1_and_it_is_said(world):
    found = compare(EN, world, memory=FR, against=("cosine", "kernel"))
    temperatures = [each.explanation.source.settings.temperature for each in found.methods]
    assert temperatures == [OWN, 1.0, 1.0]
    np.testing.assert_array_equal(found.methods[0].weights, explain(EN, world, memory=FR).mean_weights)
    said = [each for each in found.methods[0].explanation.remarks if "temperature" in each]
    assert said == ["temperature 0.25 is attn-world's own for the method scaled; the other methods have 1"]
    assert not any(
        "temperature" in each for each in compare(EN, world, memory=FR, temperature=2).methods[0].explanation.remarks
    )
