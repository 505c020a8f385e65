"""The remark on several layers, its cosines against a loop over pairs."""

import json
import math
import re
import subprocess
import sys

import numpy as np
import pytest
from support.command import attn

from attncli import explain
from attncli.recipes.stacking import mean_cosine

SENTENCE = "Bark is very cute and he is a dog"


def dot(a, b):
    return sum(float(p) * float(q) for p, q in zip(a, b, strict=True))


def by_pairs(x, words):
    pairs = [(i, j) for i in range(len(x)) for j in range(len(x)) if words[i] != words[j]]
    return sum(dot(x[i], x[j]) / math.sqrt(dot(x[i], x[i]) * dot(x[j], x[j])) for i, j in pairs) / len(pairs)


def remark(explanation):
    return next((each for each in explanation.remarks if "attention alone" in each), "")


@pytest.mark.parametrize(
    ("sentence", "settings"),
    [
        (SENTENCE, {"layers": 2}),
        (SENTENCE, {"layers": 3, "mode": "multihead"}),
        ("dog cat dog", {"layers": 2, "memory": "a cat eats"}),
        ("dog cat dog", {"layers": 7, "mask": "causal"}),
    ],
)
def test_the_cosines_are_those_of_all_pairs_of_different_words(sentence, settings, vectors):
    explanation = explain(sentence, vectors, **settings)
    words = sentence.casefold().split()
    x = [explanation.source.inputs.x, *(layer.output for layer in explanation.layers)]
    means = [f"{by_pairs(each, words):.2f}" for each in x]
    said = re.search(r"is (\S+) before and (.*) after the layers", remark(explanation))
    assert said[1] == means[0]
    shown = said[2].split(", ")
    assert shown == (means[1:] if len(means) < 6 else [*means[1:5], f"… {means[-1]}"])
    assert ("make words alike" in remark(explanation)) == (float(means[-1]) > float(means[0]))


@pytest.mark.parametrize(
    ("sentence", "settings"),
    [(SENTENCE, {}), (SENTENCE, {"mode": "multihead"}), ("dog dog", {"layers": 2}), ("dog", {"layers": 2})],
)
def test_nothing_is_said_of_one_layer_or_one_word(sentence, settings, vectors):
    assert remark(explain(sentence, vectors, **settings)) == ""


def test_zero_vectors_and_opposite_ones():
    words = np.array([0, 1, 2])
    assert mean_cosine(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]), words) == pytest.approx(1 / 3)
    assert mean_cosine(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([0, 1])) == -1
    assert mean_cosine(np.ones((2, 2)), np.array([0, 0])) is None


def test_it_names_where_whole_blocks_are_and_both_ways_run():
    said = attn("explain", SENTENCE, "--layers", "2", env={"COLUMNS": "500"}).stdout
    assert "whole blocks: attn tour --screen block, or --model NAME" in said
    assert "random, not trained" in attn("tour", "--screen", "block").stdout
    warnings = json.loads(attn("explain", SENTENCE, "--layers", "2", "--json").stdout)["warnings"]
    assert any("0.08 before and 0.72, 0.99 after" in each for each in warnings)


def test_one_layer_does_not_wait_for_it():
    code = "import sys; from attncli import explain; explain('a dog'); print('attncli.recipes.stacking' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
