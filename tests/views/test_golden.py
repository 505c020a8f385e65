"""The JSON of two fixed sentences, kept: a changed number or key shows.

Anew: PYTHONPATH=tests python tests/views/test_golden.py
"""

import json

import numpy as np
import pytest
from support.places import TESTS

from attncli import compare, explain
from attncli.views.records.compared import comparison_json
from attncli.views.records.json import explanation_json

FOLDER = TESTS / "golden"
CASES = {
    "explain_self": lambda: explanation_json(explain("Bark is very cute and he is a dog", word="he")),
    "explain_multihead": lambda: explanation_json(
        explain(
            "The qwzx king's U.S. dog", mode="multihead", heads=2, layers=2, mask="causal", seed=3, projections="random"
        ),
        precision=4,
    ),
    "explain_memory": lambda: explanation_json(explain("the dog", memory="a cute cat"), full=False),
    "compare": lambda: comparison_json(compare("the river bank", method="dot", against=["cosine", "kernel"])),
}


def leaves(value, path=""):
    if isinstance(value, dict):
        for key in value:
            yield from leaves(value[key], f"{path}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves(item, f"{path}[{i}]")
    else:
        yield path, value


@pytest.mark.parametrize("name", CASES)
def test_the_json_is_as_kept(name):
    kept, now = (dict(leaves(json.loads(text))) for text in ((FOLDER / f"{name}.json").read_text(), CASES[name]()))
    assert list(now) == list(kept)
    for path, value in kept.items():
        if isinstance(value, float):  # another processor may round the last decimal differently
            np.testing.assert_allclose(now[path], value, atol=2e-4 if "multihead" in name else 2e-6, err_msg=path)
        else:
            assert now[path] == value, path


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make in CASES.items():
        (FOLDER / f"{name}.json").write_text(make() + "\n")
