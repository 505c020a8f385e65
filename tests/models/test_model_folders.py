"""Folders and files that a model is named by: followed to the model, or named for what they are with a way on."""

import json
import os
import shlex
from pathlib import Path

import pytest
from oracles.checkpoints import copy_of

from attncli.errors import ResourceError
from attncli.files.folders import KINDS
from attncli.models.checkpoint.finding import find_model, name_of
from attncli.models.model import open_model


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder to stand in, with an empty cache elsewhere."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def made(folder, **files):
    """A folder with these files, each a text or a value that is written as JSON."""
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    Path(folder).mkdir(parents=True, exist_ok=True)


def said(name, of=find_model):
    with pytest.raises(ResourceError) as caught:
        of(name)
    assert caught.value.exit_code == 3
    assert "\n" not in f"{caught.value.message}{caught.value.hint}"
    assert caught.value.hint
    return caught.value.message, caught.value.hint


LORA = {"peft_type": "LORA", "base_model_name_or_path": "org/base", "task_type": "SEQ_CLS"}


@pytest.mark.parametrize("folder", ["a/lora", "lora", "a/../lora", "lora/", "./lora", "~/here/lora"])
def test_an_adapter_is_named_with_its_base_and_how_to_merge_it(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(Path.cwd().parent))
    Path("a").mkdir()
    made(os.path.expanduser(folder), **{"adapter_config.json": LORA})
    message, hint = said(folder)
    assert message == f"{folder!r} is an adapter (LoRA) for 'org/base', which changes a model: expected a whole one"
    assert "peft.AutoPeftModelForSequenceClassification.from_pretrained(sys.argv[1]).merge_and_unload()" in hint
    assert shlex.split(hint.partition(" merges it")[0])[-1].endswith("lora-merged")


@pytest.mark.parametrize(
    ("config", "message", "hint"),
    [
        ({"peft_type": "LORA"}, "'x' is an adapter (LoRA), which", "into its base, once adapter_config.json names one"),
        ({"peft_type": "PREFIX_TUNING", "base_model_name_or_path": "b"}, "(PREFIX_TUNING) for 'b'", "--model b"),
        ({"config": "pfeiffer", "model_name": "bert"}, "an adapter (pfeiffer) for 'bert'", "merge"),
        ({"peft_type": ["x"], "base_model_name_or_path": 7}, "'x' is an adapter, which", "merge"),
        ("{", "as JSON", "again"),
        ([], "expected a JSON object, got a list", "again"),
    ],
)
def test_adapters_of_other_kinds(config, message, hint):
    made("x", **{"adapter_config.json": config, "config.json": {"model_type": "bert"}, "adapter_model.bin": ""})
    got = said("x")
    assert message in got[0]
    assert hint in got[1]


def test_a_merged_model_keeps_its_adapter_config_and_is_a_model():
    copy_of("bert", "x")
    made("x", **{"adapter_config.json": LORA})
    assert open_model("x").family == "bert"


TRANSFORMER = "sentence_transformers.models.Transformer"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("0_Transformer", TRANSFORMER),
        ("", TRANSFORMER),
        ("./0_BERT/", "sentence_transformers.models.BERT"),
        ("a/b", TRANSFORMER),
    ],
)
@pytest.mark.parametrize("old", [False, True])
def test_sentence_transformers_are_followed(path, kind, old):
    copy_of("bert", Path("my-st", path))
    if old and path:  # their first versions wrote a config.json of their own beside modules.json
        made("my-st", **{"config.json": {"__version__": {"sentence_transformers": "0.3.8"}}})
    modules = [{"idx": 0, "name": "0", "path": path, "type": kind}, {"idx": 1, "path": "1_Pooling", "type": "Pooling"}]
    made("my-st", **{"modules.json": modules, "1_Pooling/config.json": {}})
    model = open_model("my-st")
    assert (model.family, model.name) == ("bert", "b" if path == "a/b" else "my-st")


@pytest.mark.parametrize(
    "modules",
    ["{", "{}", "[]", "[7]", [{"path": 7, "type": "Transformer"}], [{"path": "../y", "type": "Transformer"}],
     [{"path": "/etc", "type": "Transformer"}], [{"path": "x\0", "type": "Transformer"}], [{"path": "0"}]],
)  # fmt: skip
def test_modules_that_lead_nowhere(modules):
    made("y", **{"config.json": {}})
    made("x", **{"modules.json": modules})
    message, _ = said("x")
    assert "modules.json" in message


@pytest.mark.parametrize(
    "files",
    [
        {"modules.json": [{"path": "", "type": "sentence_transformers.models.StaticEmbedding"}]},
        {"modules.json": [{"path": "0_StaticEmbedding", "type": "sentence_transformers.models.StaticEmbedding"}]},
        {"config.json": {"model_type": "model2vec", "architectures": ["StaticModel"]}},
    ],
)
def test_static_vectors_are_sent_to_vectors(files):
    made("x y", **files)
    assert said("x y", open_model) == (
        "'x y' holds static word vectors: expected a model",
        "--vectors 'x y'",
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.key}-{kind.marks[0] if kind.marks else ''}")
def test_a_folder_of_every_kind_is_named(kind):
    files = [mark.replace("*", "1") for mark in kind.marks]
    made("x", **dict.fromkeys(files, ""))
    message, hint = said("x")
    assert message == f"the folder 'x' holds {kind.name}: expected a model"
    assert "PATH" not in hint
    assert "FILE" not in hint


WEIGHTS = [
    ("pytorch_model.bin", "PyTorch weights in a pickle", "x/model.safetensors converts it"),
    ("pytorch_model-00001-of-00002.bin", "PyTorch weights in pickles", "save_pretrained"),
    ("tf_model.h5", "TensorFlow weights", "from_tf=True"),
    ("flax_model.msgpack", "Flax weights", "from_flax=True"),
    ("model.onnx", "an ONNX export", "the model that it was made from"),
    ("onnx/model.onnx", "an ONNX export", "the model that it was made from"),
    ("openvino_model.xml", "an OpenVINO export", "the model that it was made from"),
    ("q4.gguf", "a GGUF model", "--model x/q4.gguf"),
    (
        "pytorch_model.safetensors",
        "safetensors under another name",
        "mv x/pytorch_model.safetensors x/model.safetensors",
    ),
    (
        "model-00001-of-00002.safetensors",
        "safetensors shards without model.safetensors.index.json",
        "copy the whole folder",
    ),
]


@pytest.mark.parametrize(("file", "name", "hint"), WEIGHTS)
def test_weights_of_another_kind_beside_a_config(file, name, hint):
    copy_of("bert", "x")
    Path("x/model.safetensors").unlink()
    made("x", **{file: ""})
    message, way = said("x", open_model)
    assert message.startswith(f"'x' has {file}: {name}")
    assert hint in way


def test_the_checkpoints_of_a_training_are_listed_the_last_first():
    for number in (500, 1000, 50):
        made(f"run/checkpoint-{number}", **{"config.json": {}})
    made("run/logs")
    message, hint = said("run/")
    assert message == "the folder 'run/' has no config.json; 3 of its folders have one"
    assert hint == "--model run/checkpoint-1000; or run/checkpoint-500, run/checkpoint-50"
    copy_of("bert", "run/checkpoint-1500")
    assert open_model("run/checkpoint-1500").name == "run/checkpoint-1500"


def test_a_folder_of_nothing_known_says_what_it_lacks():
    made("x", **{"notes.md": ""})
    message, hint = said("x")
    assert message == "the folder 'x' has no config.json"
    assert hint.startswith("a model is a folder with config.json, model.safetensors and tokenizer.json, or ORG/NAME")


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("x/config.json", "is a file: expected the folder of a model, such as the one around it", "--model x"),
        (
            "./x/model.safetensors",
            "is a file: expected the folder of a model, such as the one around it",
            "--model ./x",
        ),
        ("notes.txt", "'notes.txt' is a file: expected the folder of a model", "a model is a folder with config.json"),
        ("pipe", "'pipe' is a pipe, a device or a socket", "a model is a folder"),
        ("dangling", "'dangling' is a link to 'gone', which does not exist", "mend the link"),
        (".\\x", "does not exist", "here with /: --model ./x"),
        ("a\\b", "does not exist", "here with /: --model a/b"),
        ("./y", "the folder './y' does not exist", "ORG/NAME"),
        ("./models/bretagne", "does not exist", "did you mean ./models/bertagne?"),
        ("https://huggingface.co/org/name/tree/main", "is an address", "org/name, then --model org/name"),
        ("hf://org/name", "is an address", "models pull org/name, then"),
    ],
)
def test_what_is_no_folder(typed, message, hint):
    made("x", **{"config.json": {}, "model.safetensors": ""})
    made("a/b")
    made("models/bertagne")
    Path("notes.txt").write_text("hello")
    Path("dangling").symlink_to("gone")
    os.mkfifo("pipe")
    got = said(typed)
    assert message in got[0]
    assert hint in got[1]


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90868376\n"
PAGE = "<!DOCTYPE html><html><head><title>Entry not found</title></head></html>"


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize(
    ("text", "what"), [(POINTER, "a Git LFS pointer"), (PAGE, "a web page (HTML)")], ids=["lfs", "html"]
)
@pytest.mark.parametrize("clone", [False, True])
def test_what_was_fetched_in_place_of_a_file_is_named(name, text, what, clone):
    copy_of("bert", "x")
    if clone:
        made("x/.git")
    made("x", **{name: text})
    message, hint = said("x", open_model)
    assert message.startswith(f"'x/{name}' is {what}")
    if text == PAGE:
        assert "download the file itself" in hint
    else:
        assert hint == (f"git -C {Path.cwd() / 'x'} lfs pull gets the files of a clone" if clone else hint)


@pytest.mark.parametrize("clone", [False, True])
def test_a_pointer_in_the_place_of_a_gguf_file_is_named(clone):
    Path("x").mkdir()
    if clone:
        Path("x/.git").mkdir()
    Path("x/model.gguf").write_text(POINTER)
    message, hint = said("x/model.gguf", open_model)
    assert message == "'x/model.gguf' is a Git LFS pointer in the place of a file that was not fetched"
    assert hint == (f"git -C {Path.cwd() / 'x'} lfs pull gets the files of a clone" if clone else hint)


def test_a_link_to_a_folder_is_the_folder():
    copy_of("bert", "x")
    Path("y").symlink_to("x")
    assert name_of(find_model("y")) == "x"
    os.chdir("x")
    assert open_model(".").name == open_model("../y/.").name == "x"
