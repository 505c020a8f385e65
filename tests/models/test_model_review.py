"""Models, findings of a review: decimals, counts, and configs that do not fit the weights."""

import json
import re
import shutil

import numpy as np
import pytest
from support.places import TESTS

from attncli.errors import ResourceError
from attncli.models.model import open_model
from attncli.recipes.model_explaining import explain_model
from attncli.views.records.json import explanation_json

TINY = TESTS / "oracles" / "tiny"


@pytest.mark.parametrize("precision", [2, 6])
@pytest.mark.parametrize("full", [False, True])
def test_no_number_has_more_decimals_than_asked_for(precision, full):
    text = explanation_json(explain_model("the old dog", TINY / "bert"), full=full, precision=precision)
    assert max(len(decimals) for decimals in re.findall(r"\d\.(\d+)", text.partition('"scores"')[2])) <= precision


def copied(tmp_path, family, **changes):
    folder = tmp_path / family
    shutil.copytree(TINY / family, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


@pytest.mark.parametrize(
    ("family", "changes", "said"),
    [
        ("bert", {"num_hidden_layers": 1_000_000_000}, "1,000,000,000 layers, but the weights have 2"),
        ("llama", {"num_hidden_layers": 1_000_000_000}, "1,000,000,000 layers, but the weights have 2"),
        ("bert", {"num_hidden_layers": 1}, "1 layers, but the weights have 2"),
        ("gpt2", {"n_layer": 1}, "1 layers, but the weights have 2"),
        (
            "bert",
            {"max_position_embeddings": 4000},
            r"position_embeddings.weight: expected shape \[4000, 16\] by config.json, got \[40, 16\]",
        ),
    ],
)
def test_a_config_that_does_not_fit_the_weights_is_refused_at_once(family, changes, said, tmp_path):
    with pytest.raises(ResourceError, match=said):
        open_model(copied(tmp_path, family, **changes))


def test_masks_and_tied_layers_are_no_parameters(tmp_path):
    from safetensors.numpy import load_file, save_file

    folder = copied(tmp_path, "gpt2")
    path = folder / "model.safetensors"
    arrays = load_file(path)
    embedding = next(array for name, array in arrays.items() if name.endswith("wte.weight"))
    more = {"h.0.attn.bias": np.ones((1, 1, 64, 64), "f"), "h.0.attn.masked_bias": np.array([-1e4], "f")}
    more |= {"lm_head.weight": embedding.copy(), "nothing": np.empty((0, 4), "f")}
    save_file(arrays | more, path)
    assert open_model(folder).parameters == open_model(TINY / "gpt2").parameters


@pytest.mark.parametrize("name", ["model", "final"])
def test_a_folder_with_a_name_that_says_nothing_is_named_with_the_one_around_it(name, tmp_path):
    shutil.copytree(TINY / "gpt2", tmp_path / "mine" / name)
    assert open_model(tmp_path / "mine" / name).name == f"mine/{name}"


def test_rows_of_a_flow_that_were_not_worked_out_are_null():
    explanation = explain_model("the old dog " * 12, TINY / "bert", combine="flow", word="3")
    record = json.loads(explanation_json(explanation))
    assert [context["query"] for context in record["context"]] == [3]
    assert record["weights"][0][0][3][0] is not None
    assert set(record["weights"][0][0][2]) == {None}
