"""The screen on cross-attention: its sentence, its weights and its way back against loops over floats."""

import math
import re

import pytest

from attncli import open_vectors
from attncli.tour import SCREENS
from attncli.tour.crossing import crossing_of
from attncli.tour.page import tour_lines, try_command
from attncli.tour.tour import tour_of
from attncli.vectors.catalogue import EmbeddedSets
from attncli.views.screen import Screen

NUMBER = [*SCREENS].index("crossing") + 1
EXAMPLE = "Bark is very cute and he is a dog"
SENTENCES = [EXAMPLE, "dog", "dog dog dog", "狗 是 狗", "the qwzx cat " + "dog " * 37, "Она сидела на берегу реки"]


@pytest.fixture(scope="module")
def english():
    return open_vectors()


@pytest.fixture(scope="module")
def wide():
    return open_vectors("attn-world")


def shown(tour, width=80, **how):
    return [line.plain for line in tour_lines(tour, NUMBER, Screen(width, **how))]


def tour_in(sentence, english, **given):
    return tour_of(sentence, EmbeddedSets(), **given)


def dot(a, b):
    return sum(float(p) * float(q) for p, q in zip(a, b, strict=True))


def nearest(vector, rows):
    """The word of the largest cosine, one at a time; rows: vectors by their words."""
    return max(rows, key=lambda word: dot(vector, rows[word]) / math.sqrt(dot(rows[word], rows[word])))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_weights_are_those_of_a_loop_over_both_sentences(sentence, english, wide):
    value = crossing_of(tour_in(sentence, english))
    x, y = value.explanation.source.inputs.x, value.explanation.source.inputs.key_x
    assert [token.text for token in value.explanation.key_sentence.tokens] == value.explanation.memory.text.split()
    for query, row in enumerate(value.weights):
        scores = [dot(x[query], key) / math.sqrt(len(key)) / 0.21 for key in y]
        powers = [math.exp(score - max(scores)) for score in scores]
        assert row == pytest.approx([power / sum(powers) for power in powers])
        best = row.tolist().index(max(row))
        lengths = math.sqrt(dot(x[query], x[query]) * dot(y[best], y[best]))
        assert value.best[query] == best
        assert value.likeness[query] == pytest.approx(dot(x[query], y[best]) / lengths)


def test_each_word_is_the_nearest_of_the_other_language_and_the_order_is_backward(english, wide):
    value = crossing_of(tour_in("dog cute bark", english))
    made = value.explanation.memory.text.split()
    words = wide.index.first_words(wide.words)
    russian = [word for word in words if re.fullmatch("[а-яё]{2,}", word)]
    vectors = {word: wide.rows([wide.find([word])[word]])[0] for word in [*russian[:150], *made]}
    for word, x in zip(reversed(made), value.explanation.source.inputs.x, strict=True):
        assert nearest(x, vectors) == word
    assert made[-1] == "собака"


def test_the_way_back_is_told_where_it_does_not_lead_home(english, wide):
    tour = tour_in(EXAMPLE, english)
    value, text = crossing_of(tour), " ".join(" ".join(shown(tour, 300)).split())
    words = [token.word for token in value.explanation.sentence.tokens]
    lost = [(word, back) for word, back in zip(words, value.back, strict=True) if word != back]
    assert dict(lost)["bark"] == "roots"
    assert 'Made back into English, "Bark" is "roots"' in text
    assert value.back[words.index("dog")] == "dog"
    near = {word: wide.rows([row])[0] for word, row in wide.find(["dog", "roots", "bark", "tree", "the"]).items()}
    assert nearest(wide.rows([wide.find(["кореи"])["кореи"]])[0], near) == "roots"


@pytest.mark.parametrize(
    ("sentence", "said", "unsaid"),
    [
        ("dog", "each is itself", 'is "roots'),
        ("le chat dort", '"chat" is "conversation"', "each is itself"),
        ("狗 是 狗", "nearest English word", "Made back"),
        ("Она сидела", "Made back into Russian", "each is itself"),
    ],
)
def test_findings_hold(sentence, said, unsaid, english):
    text = " ".join(shown(tour_in(sentence, english), 300))
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize("sentence", [EXAMPLE, "the old dog and the old cat and the old king"])
def test_the_pair_that_fits_least_is_one_that_gets_most(sentence, english):
    value = crossing_of(tour_in(sentence, english))
    tokens, keys = (each.tokens for each in (value.explanation.sentence, value.explanation.key_sentence))
    sure = [query for query, row in enumerate(value.weights) if max(row) >= 0.5]
    least = min(sure, key=lambda query: value.likeness[query])
    key = int(value.best[least])
    said = f'"{tokens[least].name}" gives "{keys[key].name}" {value.weights[least, key]:.2f}'
    text = " ".join(shown(tour_in(sentence, english), 300))
    assert f"{said} at cosine(q, k) {value.likeness[least]:.2f}: a row sums to 1" in text


def test_a_memory_is_taken_as_it_is(english):
    tour = tour_in(EXAMPLE, english, memory="un chien mignon")
    value, text = crossing_of(tour), " ".join(shown(tour, 300))
    assert (value.weights.shape, value.language, value.back) == ((9, 3), None, None)
    assert "the one that you gave" in text
    assert "Made back" not in text
    assert try_command(tour, NUMBER).endswith('--memory "un chien mignon" --vectors attn-world')


def test_without_a_word_of_many_languages_one_line_says_so(write):
    tour = tour_of("ሰላም ውሻ", open_vectors(str(write("ሰላም 1 0\nውሻ 0.5 1\n".encode()))))
    body = shown(tour, 300)[3:-1]
    assert len(body) == 1
    assert "attn-world" in body[0]
    assert shown(tour)[-1] == "try: attn align"


def test_without_the_set_one_line_says_so(monkeypatch, english):
    monkeypatch.setattr(EmbeddedSets, "world", None)
    assert "which are not here" in " ".join(shown(tour_of("a dog", english), 300))
