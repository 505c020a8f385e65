"""Folders, configs and safetensors files that are damaged, hostile, or of a kind that is not supported."""

import json
import os
import shutil
import subprocess
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import copy_of, safetensors, with_config, with_header

from attncli.errors import ResourceError
from attncli.files.safetensors_file import SafetensorsFile
from attncli.models.checkpoint.config import read_config
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.families import FAMILIES
from attncli.models.families.bert import Bert
from attncli.models.model import open_model


@pytest.fixture
def bert(tmp_path):
    return copy_of("bert", tmp_path / "bert")


def run(folder):
    """The model's last hidden state for a word."""
    model = open_model(folder)
    return [layer.output for layer in model.run(model.read("dog").ids)][-1]


def refused(folder, reason):
    with pytest.raises(ResourceError, match=reason) as caught:
        run(folder)
    said = f"{caught.value.message}{caught.value.hint}"
    assert "\n" not in said
    assert "\x1b" not in said
    assert len(said) < 250 + len(", ".join(FAMILIES))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "as JSON"),
        (b"{", "as JSON"),
        (b"[1]", "expected a JSON object, got a list"),
        (b"\xff\xfe{}", "is UTF-16 text"),
        (b"[" * 100_000, "as JSON"),
        (b'{"a": ' + b"1" * 5000 + b"}", "as JSON"),
        (b" " * (2**22 + 1), "more than 4,194,304 bytes"),
        (b"{}", "model_type in config.json: expected one of bert, .*, got no such key"),
        (b'{"model_type": "quill"}', "model_type in config.json: 'quill' is not supported; by the names of its arrays"),
        (b'{"model_type": ["bert"]}', r"got \['bert'\]"),
        (b'{"model_type": "bert"}', "num_hidden_layers in config.json: expected a positive integer, got no such key"),
    ],
)
def test_a_config_that_is_none(bert, text, reason):
    (bert / "config.json").write_bytes(text)
    refused(bert, reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"num_attention_heads": 3},
            "hidden_size in config.json: expected a multiple of num_attention_heads 3, got 16",
        ),
        ({"hidden_size": "16"}, "hidden_size in config.json: expected a positive integer, got '16'"),
        ({"hidden_size": True}, "hidden_size in config.json: expected a positive integer, got True"),
        ({"hidden_size": 32}, "embeddings.*: expected shape \\[46, 32\\] by config.json, got \\[46, 16\\]"),
        ({"num_attention_heads": 0}, "num_attention_heads in config.json: expected a positive integer, got 0"),
        ({"num_hidden_layers": -1}, "num_hidden_layers in config.json: expected a positive integer, got -1"),
        ({"num_hidden_layers": 3}, "says 3 layers, but the weights have 2"),
        (
            {"intermediate_size": 25},
            "intermediate.dense.weight: expected shape \\[25, 16\\] by config.json, got \\[24, 16\\]",
        ),
        ({"intermediate_size": None}, "intermediate_size in config.json: expected a positive integer, got no such key"),
        (
            {"max_position_embeddings": 1.5},
            "max_position_embeddings in config.json: expected a positive integer, got 1.5",
        ),
        ({"layer_norm_eps": 0}, "layer_norm_eps in config.json: expected a number between 0 and 1, got 0"),
        ({"layer_norm_eps": 1}, "layer_norm_eps in config.json: expected a number between 0 and 1, got 1"),
        ({"layer_norm_eps": "x" * 1000}, "layer_norm_eps in config.json: expected a number between 0 and 1, got 'x+…"),
        ({"hidden_act": "mish"}, "hidden_act in config.json: expected one of the activations .*, got 'mish'"),
        (
            {"position_embedding_type": "relative_key"},
            "position_embedding_type in config.json: expected 'absolute', got 'relative_key'",
        ),
        ({"is_decoder": True}, "expected an encoder"),
        ({"quantization_config": {"bits": 4}}, "expected weights in F32, F16 or BF16, got quantised weights"),
        ({"model_type": "electra", "embedding_size": 4}, "expected shape \\[46, 4\\]"),
        (
            {"model_type": "roberta", "pad_token_id": -1},
            "pad_token_id in config.json: expected the id of a token, got -1",
        ),
        ({"model_type": "roberta", "pad_token_id": 39}, "leaves 0 positions"),
        ({"model_type": "distilbert"}, "hidden_dim in config.json: expected a positive integer, got no such key"),
    ],
)
def test_a_config_that_does_not_fit(bert, changes, reason):
    refused(with_config(bert, **changes), reason)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_that_is_supported_is_let_in(bert, family):
    assert read_config(with_config(bert, model_type=family)).values["model_type"] == family


ONE = {"a": ("F32", [[1.0, 2.0]])}
ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
HEADERS = {
    "no JSON": ("{", b""),
    "a list": ("[]", b""),
    "no entry": ('{"a": 1}', b""),
    "beyond the file": (json.dumps({"a": ENTRY}), b"1234"),
    "far beyond the file": (json.dumps({"a": ENTRY | {"shape": [2**40], "data_offsets": [0, 2**42]}}), b"12345678"),
    "overlapping": (json.dumps({"a": ENTRY, "b": ENTRY}), b"12345678"),
    "backwards": (json.dumps({"a": ENTRY | {"data_offsets": [8, 0]}}), b"12345678"),
    "negative": (json.dumps({"a": ENTRY | {"data_offsets": [-8, 0]}}), b"12345678"),
    "another shape": (json.dumps({"a": ENTRY | {"shape": [3]}}), b"12345678"),
    "negative shape": (json.dumps({"a": ENTRY | {"shape": [-1, -2]}}), b"12345678"),
    "overflowing shape": (json.dumps({"a": ENTRY | {"shape": [2**33, 2**33]}}), b"12345678"),
    "unknown dtype": (json.dumps({"a": ENTRY | {"dtype": "F31"}}), b"12345678"),
    "bytes left over": (json.dumps({"a": ENTRY}), b"12345678more"),
    "numbers as text": (json.dumps({"a": ENTRY | {"data_offsets": ["0", "8"]}}), b"12345678"),
    "65 dimensions": (json.dumps({"a": ENTRY | {"shape": [1] * 64 + [2]}}), b"12345678"),
    "a million dimensions": (json.dumps({"a": ENTRY | {"shape": [1] * 1_000_000}}), b"12345678"),
    "half a dimension": (json.dumps({"a": ENTRY | {"shape": [2.0]}}), b"12345678"),
    "a dimension that is a switch": (json.dumps({"a": ENTRY | {"shape": [True, 2]}}), b"12345678"),
    "a dimension of 4,000 digits": (json.dumps({"a": ENTRY | {"shape": [10**3999]}}), b"12345678"),
    "nothing to say": (json.dumps({"a": None, "b": {}}), b"12345678"),
    "three offsets": (json.dumps({"a": ENTRY | {"data_offsets": [0, 4, 8]}}), b"12345678"),
    "a hole": (json.dumps({"a": ENTRY | {"data_offsets": [4, 12]}}), b"123412345678"),
    "a dtype that is a list": (json.dumps({"a": ENTRY | {"dtype": ["F32"]}}), b"12345678"),
    "a dtype of a megabyte": (json.dumps({"a": ENTRY | {"dtype": "\n\x1b" * 2**19}}), b"12345678"),
    "a name of a megabyte": (json.dumps({"\n\x1b[2J" * 2**17: ENTRY | {"shape": [3]}}), b"12345678"),
    "a name of a megabyte that fits": (json.dumps({"\n\x1b[2J" * 2**17: ENTRY}), b"12345678"),
    "metadata that is a list": ('{"__metadata__": [1]}', b""),
    "deep": ("[" * 100_000, b""),
    "deep within": ('{"a": ' + "[" * 100_000, b""),
    "no UTF-8": ("\udcff", b""),
    "a name twice": (f'{{"a": {json.dumps(ENTRY)}, "a": {json.dumps(ENTRY | {"data_offsets": [8, 16]})}}}', b"8" * 16),
}


@pytest.mark.parametrize("lie", HEADERS)
def test_a_header_that_lies(bert, lie):
    (bert / "model.safetensors").write_bytes(with_header(*HEADERS[lie]))
    refused(bert, "is no whole safetensors file|but the weights have 0")


def test_a_file_cut_anywhere(bert):
    path = bert / "model.safetensors"
    whole = path.read_bytes()
    for size in (0, 1, 7, 8, 9, 100, 4096, len(whole) - 1):
        path.write_bytes(whole[:size])
        refused(bert, "is no whole safetensors file")


def test_a_header_larger_than_any_model_needs(bert):
    with (bert / "model.safetensors").open("wb") as file:
        file.write((2**25).to_bytes(8, "little"))
        file.truncate(2**26)
    refused(bert, "its header has 33,554,432 bytes; supported are up to 4,194,304")


@pytest.mark.parametrize("dtype", ["I8", "I64"])
def test_a_dtype_that_is_not_supported(tmp_path, dtype):
    (tmp_path / "model.safetensors").write_bytes(safetensors({"a": (dtype, [1, 2])}))
    with pytest.raises(ResourceError, match=f"a has dtype {dtype}, which is not supported: F32, F16, BF16 are"):
        Checkpoint(tmp_path)["a"]


@pytest.mark.parametrize(("dtype", "exact"), [("F32", 3.14159265), ("F16", 3.140625), ("BF16", 3.140625)])
def test_what_is_narrow_is_widened(write, dtype, exact):
    stored = np.float32(3.140625).view(np.uint32) >> 16 if dtype == "BF16" else exact
    file = SafetensorsFile(write(safetensors({"odd": ("I8", [1]), "a": (dtype, [[stored], [0]])}), "m.safetensors"))
    assert file.widened("a").dtype == np.float32
    assert file.widened("a").tolist() == [[np.float32(exact)], [0]]
    assert file.widened("a", np.array([1, 0, 0])).tolist() == [[0], [np.float32(exact)], [np.float32(exact)]]


@pytest.mark.parametrize(
    "names", [["x" * 1_000_000 + ".safetensors"], ["\x1b[2J\n.safetensors/"], [["a"]], [None], [{"a": {}}], [1e400]]
)
def test_an_index_of_strange_names_is_one_short_line(tmp_path, names):
    folder = copy_of("roberta", tmp_path / "roberta")
    weights = {f"a{number}": name for number, name in enumerate(names)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))
    refused(folder, "names the file|cannot read")


CHANGES = {
    "cut": lambda path: os.truncate(path, 2000),
    "emptied": lambda path: os.truncate(path, 0),
    "cut by one byte": lambda path: os.truncate(path, path.stat().st_size - 1),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "written to": lambda path: (path.write_bytes(path.read_bytes()), os.utime(path, ns=(1, 1))),
    "replaced": lambda path: (path.rename(path.with_suffix(".old")), shutil.copy(path.with_suffix(".old"), path)),
    "replaced by a folder": lambda path: (path.unlink(), path.mkdir()),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("at", ["before the embedding", "between two layers"])
def test_a_file_that_changes_while_it_is_read(bert, change, at):
    model = open_model(bert)
    layers = model.run(model.read("dog").ids)
    if at == "between two layers":
        next(layers)
    CHANGES[change](bert / "model.safetensors")
    with pytest.raises(ResourceError, match=r"was changed while it was read|cannot read"):
        list(layers)


def test_a_file_that_is_cut_again_and_again_ends_no_process(bert):
    """A mapped file would: SIGBUS, exit code 135."""
    path, whole = bert / "model.safetensors", (bert / "model.safetensors").read_bytes()
    code = "import sys; from attncli.cli.app import run; sys.exit(run(['explain', 'a dog', '--model', sys.argv[1]]))"
    codes = set()
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(bert)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        while process.poll() is None:
            os.truncate(path, 3000)
            path.write_bytes(whole)
        process.communicate()
        codes.add(process.returncode)
    assert codes <= {0, 3}


def test_a_small_model_that_runs_again_stays_in_memory(bert):
    model = open_model(bert)
    first, second = (list(model.run(model.read("dog").ids)) for _ in range(2))
    assert (
        model._tensors["encoder.layer.0.output.dense.bias"] is model._tensors["bert.encoder.layer.0.output.dense.bias"]
    )
    np.testing.assert_array_equal(first[-1].output, second[-1].output)


def test_a_large_model_is_read_a_layer_at_a_time(bert, monkeypatch):
    monkeypatch.setattr("attncli.models.checkpoint.tensors.KEPT", 1000)
    tensors = open_model(bert)._tensors
    assert tensors["encoder.layer.0.output.dense.bias"] is not tensors["encoder.layer.0.output.dense.bias"]


class Watching:
    """A family that notes whether the weights of a layer are gone when the next layer is computed."""

    def __init__(self, family):
        self.family, self.last, self.gone = family, lambda: None, []

    def __getattr__(self, name):
        return getattr(self.family, name)

    def layer(self, *given, **named):
        self.gone.append(self.last() is None)
        layer = self.family.layer(*given, **named)
        self.last = weakref.ref(layer.heads[0].attention.weights)
        return layer


def test_a_layer_is_let_go_before_the_next_is_computed(bert):
    model = open_model(bert)
    watching = Watching(model._family)
    list(replace(model, _family=watching).run([5, 9, 2]))
    assert watching.gone == [True, True]


def test_rows_are_read_in_any_order_and_more_than_once(tmp_path):
    table = np.arange(12, dtype=np.float32).reshape(6, 2)
    (tmp_path / "model.safetensors").write_bytes(safetensors({"b": ("I8", [1, 2, 3, 4]), "a": ("F32", table)}))
    for rows in ([], [5], [0, 1, 2], [5, 4, 3], [2, 2, 3, 0, 1], [0, 5, 0]):
        np.testing.assert_array_equal(Checkpoint(tmp_path).rows("a", np.array(rows, np.intp)), table[rows])


def test_an_array_cannot_be_changed(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(safetensors(ONE))
    assert not Checkpoint(tmp_path)["a"].flags.writeable


@pytest.mark.parametrize("prefix", ["", "bert.", "model.bert."])
@pytest.mark.parametrize("old", [False, True])
def test_names_with_and_without_prefix_and_of_the_first_files(tmp_path, prefix, old):
    name = f"{prefix}x.LayerNorm.{'gamma' if old else 'weight'}"
    (tmp_path / "model.safetensors").write_bytes(safetensors({name: ("F32", [7.0])}))
    checkpoint = Checkpoint(tmp_path, Bert.names)
    assert "x.LayerNorm.weight" in checkpoint
    assert checkpoint["bert.x.LayerNorm.weight"] == checkpoint["x.LayerNorm.weight"] == [7]


def test_parameters_are_counted_from_the_headers(tmp_path):
    arrays = {"position_ids": ("I64", [0, 1]), "a": ("BF16", [[1, 2, 3]]), "b": ("F32", [1.0])}
    (tmp_path / "model.safetensors").write_bytes(safetensors(arrays))
    assert Checkpoint(tmp_path).parameters == 4


@pytest.mark.parametrize(
    "name",
    ["../secret.safetensors", "/etc/x.safetensors", "a/b.safetensors", "weights.bin", "", 7, "..", "a\\b.safetensors"],
)
def test_an_index_that_leads_elsewhere(tmp_path, name):
    folder = copy_of("roberta", tmp_path / "roberta")
    (tmp_path / "secret.safetensors").write_bytes(safetensors(ONE))
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    refused(folder, "names the file .*: expected .safetensors files beside it")


@pytest.mark.parametrize("text", ["{}", '{"weight_map": []}', '{"weight_map": {}}'])
def test_an_index_without_files(tmp_path, text):
    folder = copy_of("roberta", tmp_path / "roberta")
    (folder / "model.safetensors.index.json").write_text(text)
    refused(folder, "has no weight_map")


def test_a_shard_that_is_missing(tmp_path):
    folder = copy_of("roberta", tmp_path / "roberta")
    (folder / "model-00002-of-00003.safetensors").unlink()
    refused(folder, "model-00002-of-00003.safetensors' does not exist")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pytorch_model.bin", "a pickle, which is never opened"),
        ("x.h5", "weights in HDF5; expected model.safetensors"),
    ],
)
def test_weights_of_another_kind(bert, name, reason):
    (bert / "model.safetensors").rename(bert / name)
    refused(bert, reason)


def test_a_pipe_is_not_waited_for(bert):
    (bert / "model.safetensors").unlink()
    os.mkfifo(bert / "model.safetensors")
    refused(bert, "is no regular file")


def test_weights_that_are_no_numbers(bert):
    path = bert / "model.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[:-2000] + b"\xff\x7f" * 1000)
    refused(bert, "gives a NaN or an infinity")


def test_a_tokenizer_of_another_model(tmp_path, bert):
    (bert / "tokenizer.json").write_bytes((copy_of("roberta", tmp_path / "r") / "tokenizer.json").read_bytes())
    refused(bert, "has shape \\[46, 16\\], and row \\d+ of it is asked for")
