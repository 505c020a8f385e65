"""A family is one file and one row: a made-up one, in a file of the tests, is opened, run, checked and warned about."""

import json

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, with_config
from safetensors.numpy import load_file, save_file
from support.places import TESTS

from attncli.cli.app import run
from attncli.errors import ResourceError
from attncli.models import families
from attncli.models.model import open_model
from attncli.recipes.model_explaining import explain_model

TEXT = "the old dog barks"
CONFIG = {"model_type": "quill", "depth": 2, "width": 16, "heads": 4, "places": 40, "inner_width": 24, "ink": "blue"}
#: The names of DistilBERT → those of the made-up family.
OUTSIDE = {"embeddings.word_embeddings": "words", "embeddings.position_embeddings": "places"}
OUTSIDE |= {"embeddings.LayerNorm": "norm"}
INSIDE = {"attention.out_lin": "mix", "sa_layer_norm": "norm1", "ffn.lin1": "in", "ffn.lin2": "out"}
INSIDE |= {"output_layer_norm": "norm2"}


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """The one file and the one row."""
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(TESTS / "models" / "families")])
    monkeypatch.setitem(families.FAMILIES, "quill", "quill")


@pytest.fixture
def checkpoint(tmp_path):
    """Make a checkpoint of the made-up family, with other arrays and other keys of its config."""

    def checkpoint(arrays=None, **config):
        folder = copy_of("distilbert", tmp_path / "quill")
        (path,) = folder.glob("*.safetensors")
        save_file(renamed(load_file(path)) | (arrays or {}), path)
        (folder / "config.json").write_text(json.dumps(CONFIG | config))
        return folder

    return checkpoint


def renamed(arrays):
    """The arrays of DistilBERT by the names of the made-up family."""
    own = {}
    for part in ("weight", "bias"):
        found = {name: array for name, array in arrays.items() if name.endswith(part)}
        names = {f"{old}.{part}": f"{new}.{part}" for old, new in OUTSIDE.items() if f"{old}.{part}" in found}
        for number in range(2):
            block, own_block = f"transformer.layer.{number}", f"stack.{number}"
            names |= {f"{block}.{old}.{part}": f"{own_block}.{new}.{part}" for old, new in INSIDE.items()}
            qkv = [found[f"{block}.attention.{each}_lin.{part}"] for each in "qkv"]
            own[f"quill.{own_block}.qkv.{part}"] = np.concatenate(qkv)
        own |= {f"quill.{new}": found[old] for old, new in names.items()}
    return own


def test_it_gives_the_numbers_of_the_model_that_it_renames(checkpoint, tmp_path):
    model, same = (
        open_model(checkpoint()),
        open_model(with_config(copy_of("distilbert", tmp_path / "distilbert"), activation="silu")),
    )
    ids = model.read(TEXT).ids
    for ours, theirs in zip(model.run(ids), same.run(ids), strict=True):
        np.testing.assert_allclose(ours.attention.weights, theirs.attention.weights, rtol=0, atol=1e-7)
        np.testing.assert_allclose(ours.output, theirs.output, rtol=0, atol=1e-5)
    assert (model.family, model.shape, model.parameters) == ("quill", same.shape, same.parameters)
    assert model.warnings == ()


def test_its_tokenizer_is_of_the_class_that_it_names(checkpoint):
    folder = checkpoint()
    path = folder / "tokenizer.json"
    path.write_text(path.read_text().replace('"lowercase": true', '"lowercase": false'))  # which the class overrules
    pieces = [token.piece for token in open_model(folder).read("DOG").tokens]
    assert pieces == ["[CLS]", "dog", "[SEP]"]


def test_it_is_explained_and_its_heads_are_ranked(checkpoint, capfd):
    folder = checkpoint()
    explanation = explain_model(TEXT, folder, layer=1)
    assert run(["heads", TEXT, "--model", str(folder), "--pattern", "previous", "--json"]) in (0, None)
    record = json.loads(capfd.readouterr().out)
    assert len(record["heads"]) == 8
    assert explanation.source.model.family == "quill"


def test_its_keys_are_those_that_it_reads(checkpoint):
    model = open_model(checkpoint(ink="red", feather=3, tie_word_embeddings=False))
    (said,) = model.warnings
    assert "keys that attn does not know: feather;" in said


def test_its_arrays_are_those_that_it_takes(checkpoint):
    buffers = {"quill.stack.0.ramp": np.ones(3, "f"), "nib.weight": np.ones(3, "f"), "speech.bias": np.ones(3, "f")}
    model = open_model(checkpoint({**buffers, "quill.stack.1.gate.weight": np.ones(3, "f")}))
    (said,) = model.warnings
    assert said.endswith("left out: stack.1.gate.weight")
    assert model.parameters == open_model(TINY / "distilbert").parameters + 9  # the buffer is none


def test_its_output_layer_stands_for_the_embedding_if_tied(checkpoint):
    folder = checkpoint()
    path = next(folder.glob("*.safetensors"))
    arrays = {name: array.copy() for name, array in load_file(path).items()}
    arrays["speech.weight"] = arrays.pop("quill.words.weight")
    save_file(arrays, path)
    assert len(list(open_model(folder).run([5, 9, 2]))) == 2
    with pytest.raises(ResourceError, match=r"no array 'words\.weight'"):
        open_model(with_config(folder, tie_word_embeddings=False))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"depth": 3}, "config.json says 3 layers, but the weights have 2"),
        ({"inner_width": 25}, r"stack.0.in.weight: expected shape \[25, 16\] by config.json, got \[24, 16\]"),
        ({"heads": 3}, "width in config.json: expected a multiple of heads 3, got 16"),
        ({"squash": "mish"}, "squash in config.json: expected one of the activations"),
        ({"alibi": True}, "config.json has alibi: expected a model without ALiBi positions"),
    ],
)
def test_its_config_is_checked(checkpoint, config, said):
    with pytest.raises(ResourceError, match=said):
        open_model(checkpoint(**config))
