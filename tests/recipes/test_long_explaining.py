"""Texts too long for a matrix: the same context and output as with one, and every view says what is missing."""

import json

import jsonschema
import numpy as np
import pytest
from support.command import attn

import attncli.attention.streamed as blocks
import attncli.recipes.comparison as comparison
import attncli.recipes.explaining as explaining
import attncli.recipes.inputs as inputs
from attncli import explain
from attncli.errors import AttnError, ExitCode, in_python
from attncli.recipes.explaining import explain_with
from attncli.settings.explanation import check_settings
from attncli.settings.wording import as_option
from attncli.views.records.json import explanation_json
from attncli.views.records.schemas import schema_of
from attncli.views.screen import Screen
from attncli.views.terminal.explain import explain_lines

TEXT = "the king spoke to the queen and the dog of the king barked at the river the bank the king"
N = len(TEXT.split())
TABLE = [
    {},
    {"method": "dot", "exclude_self": True},
    {"method": "kernel", "mask": ["causal"], "temperature": 0.5},
    {"mode": "multihead", "heads": 3},  # trained: repeats hidden, positions
    {"mode": "multihead", "heads": 3, "mask": ["window:1"]},
    {"mode": "qkv", "mask": ["causal"]},
    {"mode": "multihead", "heads": 2, "projections": "random", "layers": 2, "mask": ["window:4"]},
    {"method": "additive", "positions": "sinusoidal"},
    {"memory": "a queen sat on the bank of the river"},
]


@pytest.fixture
def long(monkeypatch):
    monkeypatch.setattr(explaining, "MAX_BYTES", 0)
    monkeypatch.setattr(blocks, "ROWS", 5)
    monkeypatch.setattr(blocks, "COLUMNS", 4)


def both(vectors, monkeypatch, **settings):
    whole = explain(TEXT, vectors, **settings)
    monkeypatch.setattr(explaining, "MAX_BYTES", 0)
    return whole, explain(TEXT, vectors, **settings)


@pytest.mark.parametrize("settings", TABLE)
def test_context_and_output_are_exact(vectors, monkeypatch, settings):
    monkeypatch.setattr(blocks, "ROWS", 5)
    monkeypatch.setattr(blocks, "COLUMNS", 4)
    whole, found = both(vectors, monkeypatch, **settings)
    assert found.layers[-1].weights is None
    np.testing.assert_allclose(found.output, whole.output, atol=1e-10)
    assert_same_context(found, whole)


@pytest.mark.parametrize("settings", TABLE)
def test_one_head_is_that_head_of_the_matrix(vectors, monkeypatch, settings):
    whole, found = both(vectors, monkeypatch, **settings)
    for head in found.head_numbers:
        one, wanted = found.only(head=head), whole.only(head=head)
        assert_same_context(one, wanted)
        mine, its = one.steps(3), wanted.steps(3)
        assert mine.weights.shape == (1, len(whole.key_sentence.tokens))
        np.testing.assert_allclose(mine.weights, its.weights, atol=1e-12)
        np.testing.assert_allclose(mine.contributions, its.contributions, atol=1e-10)


def assert_same_context(found, whole):
    for mine, its in zip(found.context, whole.context, strict=True):
        assert [each.key for each in mine.ranked] == [each.key for each in its.ranked]
        assert [each.weight for each in mine.ranked] == pytest.approx([each.weight for each in its.ranked], abs=1e-12)
        assert mine.itself == pytest.approx(its.itself, abs=1e-12)


@pytest.mark.parametrize("settings", TABLE)
def test_the_close_up_of_a_word_is_worked_out_anew(vectors, monkeypatch, settings):
    whole, found = (each.close_up(4) for each in both(vectors, monkeypatch, **settings))
    np.testing.assert_allclose(found.weights, whole.weights, atol=1e-12)
    np.testing.assert_allclose(found.scores, whole.scores, atol=1e-10)
    np.testing.assert_allclose(found.contributions, whole.contributions, atol=1e-10)
    assert (found.lookup, found.others) == (whole.lookup, whole.others)
    assert [each.text for each in found.after or ()] == [each.text for each in whole.after or ()]


def test_json_has_no_matrices_and_says_why(vectors, long):
    record = json.loads(explanation_json(explain(TEXT, vectors, word="river")))
    jsonschema.validate(record, schema_of("explain"))
    assert (record["weights"], record["scores"]) == (None, None)
    assert len(record["context"]) == 20
    assert "block by block" in record["warnings"][0]


@pytest.mark.parametrize("accessible", [False, True])
def test_the_page_shows_the_context(vectors, long, accessible):
    lines = explain_lines(explain(TEXT, vectors), Screen(80, accessible=accessible))
    text = " ".join(" ".join(line.plain for line in lines).split())
    assert "block by block" in text
    assert "queen" in text


def test_who_wants_the_matrix_is_told(vectors, long):
    explanation = explain(TEXT, vectors)
    for name in ("weights", "scores", "mean_weights"):
        with pytest.raises(AttnError, match="20 × 20") as caught:
            getattr(explanation, name)
        for naming, word in ((in_python, "word='WORD'"), (as_option, "--word WORD")):
            assert caught.value.in_words(naming)[1] == (
                f"see the context of every word, or one row with {word}, on the screen or in JSON"
            )


@pytest.mark.parametrize("ending", ["npz", "csv", "png", "html"])
def test_a_file_of_the_matrix_is_refused(long, ending, tmp_path):
    done = attn("explain", TEXT, "-o", tmp_path / f"a.{ending}")
    assert done.returncode == ExitCode.FAILED
    assert "error: a matrix of 20 × 20 words is not kept\nhint: see the context of" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_price_is_said_before_the_work_and_too_much_is_refused(vectors, long, monkeypatch):
    told = []
    explaining.explain_with(TEXT, check_settings(layers=2), vectors, lambda *each: told.append(each))
    (said, first, total), *_, (_, last, _) = told
    assert {total for *_, total in told} == {2 * N}
    assert said == f"{N} words attend to {N}: 0.0 billion scores, block by block"
    assert (first, total) == (0, 2 * N)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert N < last < 2 * N
    monkeypatch.setattr(explaining, "MOST_SCORES", 2 * N * N - 1)
    monkeypatch.setattr(explaining, "run_long_layers", None)  # would be called
    with pytest.raises(AttnError, match="the most is") as caught:
        explain(TEXT, vectors, layers=2)
    assert "attn corpus" in caught.value.hint


def test_a_comparison_is_refused_before_any_method_is_worked_out(vectors, long, monkeypatch):
    monkeypatch.setattr(comparison, "explain_inputs", None)  # would be called
    with pytest.raises(AttnError, match=f"{N} × {N} words are too large to be compared"):
        comparison.compare(TEXT, vectors)


def test_a_text_is_refused_by_its_characters_before_it_is_read(vectors, monkeypatch):
    monkeypatch.setattr(inputs, "read_sentence", None)  # would be called
    with pytest.raises(AttnError, match="expected at most 1,048,576 characters, got 2,000,000"):
        explain("a " * 10**6, vectors)


def test_a_blind_word_is_counted(vectors, long):
    explanation = explain_with("king queen", check_settings(mask=["causal"], exclude_self=True), vectors)
    assert "see nothing" in explanation.warnings[-1]
    assert explanation.context[0].ranked == ()
