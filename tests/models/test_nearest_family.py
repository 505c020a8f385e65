"""A model of an unknown type: the error names the known family whose arrays have the most names in common with it."""

import json

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, safetensors, with_config

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import read_config
from attncli.models.families import FAMILIES, read_family
from attncli.models.model import open_model
from attncli.models.nearest import array_names, nearest_family, typical_names

ITSELF = (
    *("albert", "bert", "bloom", "deberta", "distilbert", "gpt2", "gpt_neo", "gpt_neox", "gptj", "llama", "mpnet"),
    *("opt", "phi"),
)
FOLDERS = [path.name for path in sorted(TINY.iterdir()) if any(path.glob("*.safetensors"))]


@pytest.mark.parametrize("name", ITSELF)
def test_the_model_of_a_family_is_nearest_to_it(name):
    assert nearest_family(array_names(TINY / name)) == name


@pytest.mark.parametrize("name", FOLDERS)
def test_every_model_has_a_nearest_family_that_sees_as_it_does(name):
    near, config = nearest_family(array_names(TINY / name)), read_config(TINY / name)
    assert typical_names()[near][0].shape.causal == read_family(config).shape.causal


def test_nearly_every_type_has_typical_names():
    assert len(typical_names()) >= len(FAMILIES) - 2


@pytest.mark.parametrize(("name", "near"), [("bert", "bert"), ("llama", "llama"), ("gpt2", "gpt2")])
def test_the_error_names_the_nearest_family_and_that_it_is_unsupported(tmp_path, name, near):
    folder = with_config(copy_of(name, tmp_path / "x"), model_type="quill")
    with pytest.raises(ResourceError, match="'quill' is not supported") as caught:
        open_model(folder)
    assert f"by the names of its arrays it is nearest to {near}, " in caught.value.message
    assert caught.value.hint.startswith("supported are albert, ")


@pytest.mark.parametrize("data", [b"", b"{}", safetensors({"a.b": ("F32", np.ones(3))})])
def test_names_of_no_family(tmp_path, data):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "\x1b[31mquill" * 100}))
    (tmp_path / "model.safetensors").write_bytes(data)
    with pytest.raises(ResourceError, match="its arrays have the names of no family that attn reads") as caught:
        open_model(tmp_path)
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 250
