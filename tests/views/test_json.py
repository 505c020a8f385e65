"""The JSON contract: schemas, shapes, rounding, nulls, round trips."""

import json

import jsonschema
import numpy as np
import pytest

from attncli import compare, explain
from attncli.cli.commands.schema import SCHEMAS
from attncli.views.records.compared import comparison_json
from attncli.views.records.json import Numbers, explanation_json
from attncli.views.records.schemas import schema_of

SENTENCE = "Bark is very cute and he is a dog"
CASES = [
    {},
    {"mode": "qkv"},
    {"mode": "multihead", "layers": 2, "projections": "identity"},
    {"mask": ["causal", "window:2"]},
    {"exclude_self": True, "method": "kernel", "sigma": 2.0},
    {"memory": "the qwzx cat", "positions": "sinusoidal"},
    {"word": "he"},
    {"mode": "multihead", "word": "is", "method": "additive"},
]


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("settings", CASES)
def test_explanations_keep_to_the_schema(vectors, settings, full):
    line = explanation_json(explain(f"{SENTENCE} qwzx", vectors, **settings), full=full)
    assert "\n" not in line
    jsonschema.validate(json.loads(line), schema_of("explain"), jsonschema.Draft202012Validator)
    assert json.dumps(json.loads(line), ensure_ascii=False, allow_nan=False) == line


@pytest.mark.parametrize("settings", [{}, {"mode": "multihead"}, {"mask": "causal"}, {"method": "cosine"}])
def test_comparisons_keep_to_the_schema(vectors, settings):
    line = comparison_json(compare(SENTENCE, vectors, **settings))
    jsonschema.validate(json.loads(line), schema_of("compare"), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name):
    jsonschema.Draft202012Validator.check_schema(schema_of(name))
    assert "$" not in str(list(enums(schema_of(name))))


def enums(part):
    """All enumerations of a schema."""
    if isinstance(part, dict):
        yield from [part["enum"]] if isinstance(part.get("enum"), list) else []
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from enums(each)


def test_the_keys_of_the_contract_are_there(vectors):
    record = json.loads(explanation_json(explain("the qwzx dog", vectors)))
    contract = "schema schema_version sentence vectors settings tokens unknown scores weights context warnings"
    assert set(contract.split()) <= set(record)
    assert record["tokens"][1] == {"index": 1, "text": "dog", "word": "dog", "start": 9, "end": 12}
    assert record["settings"]["mask"] == "none"
    assert record["settings"]["projections"] is None


def test_masked_scores_are_null_and_their_weights_zero(vectors):
    record = json.loads(explanation_json(explain("a cute dog", vectors, mask="causal")))
    assert record["scores"][0][0][0][1:] == [None, None]
    assert record["weights"][0][0][0] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("precision", [0, 2, 6, 12])
def test_precision_is_decimals(vectors, precision):
    explanation = explain(SENTENCE, vectors)
    weights = np.array(json.loads(explanation_json(explanation, precision=precision))["weights"])
    np.testing.assert_allclose(weights, explanation.weights, atol=0.5000001 * 10.0**-precision)


@pytest.mark.parametrize("number", [1e305, -1e305, 0.1, 1e-9, 123456789.123456789, 2.0**60])
@pytest.mark.parametrize("precision", [0, 6, 17])
def test_numbers_of_every_size_survive(number, precision):
    shown = Numbers(precision).scalar(number)
    assert shown == pytest.approx(number, abs=0.5 * 10.0**-precision, rel=1e-16)


def test_full_has_every_array(vectors):
    record = json.loads(
        explanation_json(explain(SENTENCE, vectors, mode="multihead", layers=2, projections="random"), full=True)
    )
    d = vectors.dimensions // 3
    for name in ("queries", "keys", "values", "outputs"):
        assert np.array(record[name]).shape == (2, 3, 9, d)
    assert len(record["neighbours"]) == 9
    assert record["neighbours"][0]["after"] is None  # random projections: not a vector of the embedding space


def test_full_of_self_attention_shows_the_vectors_three_times(vectors):
    record = json.loads(explanation_json(explain("a dog", vectors), full=True))
    assert record["queries"] == record["keys"] == record["values"]
    assert record["neighbours"][1]["before"][0]["text"] == "dog"
    assert len(record["neighbours"][1]["after"]) == 10
