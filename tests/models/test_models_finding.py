"""The places where models are looked for, and the error when there is none."""

import json
import os
import shlex
import shutil
import sysconfig
from pathlib import Path

import pytest
from oracles.checkpoints import copy_of

from attncli.errors import ResourceError
from attncli.files import fetching
from attncli.models.checkpoint.finding import cache_folder, find_model, name_of
from attncli.models.model import open_model


@pytest.fixture
def cache(tmp_path, monkeypatch):
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return tmp_path / "hub"


def add(cache, name, commit="0123abc", branch=True):
    """A cached model, with nothing in it but its config."""
    folder = cache / f"models--{name.replace('/', '--')}"
    snapshot = folder / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    if branch:
        (folder / "refs").mkdir()
        (folder / "refs" / "main").write_text(commit)
    return snapshot


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/c", "HF_HOME": "/b"}, "/c"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/x"}, "/b/hub"),
        ({"HF_HOME": "$PLACE/b", "PLACE": "/y"}, "/y/b/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"HF_HOME": "", "HOME": "/h"}, "/h/.cache/huggingface/hub"),
        ({"HF_HOME": "~/hf", "HOME": "/h"}, "/h/hf/hub"),
    ],
)
def test_the_cache_is_where_its_owner_looks(cache, monkeypatch, variables, folder):
    monkeypatch.delenv("HF_HUB_CACHE")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(cache_folder()) == folder


@pytest.mark.parametrize("name", ["org/small-bert", "small-bert"])
def test_a_cached_model_has_two_names(cache, name):
    snapshot = add(cache, "org/small-bert")
    add(cache, "org/other")
    assert find_model(name) == snapshot
    assert name_of(snapshot) == "org/small-bert"


def test_a_model_without_organisation_comes_first(cache):
    snapshot = add(cache, "gpt2")
    add(cache, "org/gpt2")
    assert find_model("gpt2") == snapshot


def test_a_name_of_two_models_names_both(cache):
    add(cache, "a/bert")
    add(cache, "b/bert")
    with pytest.raises(ResourceError, match="'bert' is the name of 2 cached models") as caught:
        find_model("bert")
    assert caught.value.hint == "give a full name: a/bert, b/bert"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("meta-llama/Llama-3.2-1B", "hf download meta-llama/Llama-3.2-1B gets it"),
        ("absent", "hf download ORG/absent gets it"),
        ("org/tiny-brt", "hf download org/tiny-brt gets it; or did you mean org/tiny-bert?"),
        ("tiny-brt", "hf download ORG/tiny-brt gets it; or did you mean org/tiny-bert?"),
    ],
)
def test_an_absent_model_says_how_to_get_it(cache, name, hint):
    add(cache, "org/tiny-bert")
    with pytest.raises(ResourceError, match=f"no folder '{name}', and no model") as caught:
        find_model(name)
    assert caught.value.hint == hint
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "name",
    ["../outside", "org/../../outside", "..", ".", "", "a/b/c", "org/", "/x", "org\\x", "a b", "é", "x\n", "a/.."],
)
def test_no_name_leads_out_of_the_cache(cache, tmp_path, name):
    add(cache, "org/inside")
    (tmp_path / "outside" / "snapshots" / "0").mkdir(parents=True)
    with pytest.raises(ResourceError, match=r"does not exist|has no config\.json"):
        find_model(name)


@pytest.mark.parametrize("commit", ["", "gone", "../../../outside", ".", "..", "0123abc/..", "\xff", "x" * 5000])
def test_a_branch_that_leads_nowhere_is_said(cache, tmp_path, commit):
    snapshot = add(cache, "org/bert")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "config.json").write_text("{}")
    (snapshot.parent.parent / "refs" / "main").write_text(commit, "latin-1")
    add(cache, "org/second")
    (snapshot.parent / "another").mkdir()
    with pytest.raises(ResourceError, match="'org/bert' has no snapshot") as caught:
        find_model("org/bert")
    assert caught.value.hint == "hf download org/bert gets the missing files"


def test_a_model_fetched_by_its_commit_has_no_branch(cache):
    snapshot = add(cache, "org/bert", branch=False)
    assert find_model("org/bert") == snapshot


def test_a_model_that_is_there_in_part_is_said(cache):
    (add(cache, "org/bert") / "config.json").unlink()
    with pytest.raises(ResourceError, match="is incomplete"):
        find_model("bert")


@pytest.mark.parametrize("what", ["pipe", "folder", "large", "dangling", "loop"])
def test_a_branch_that_is_no_small_file_is_not_waited_for(cache, what):
    snapshot = add(cache, "org/bert")
    branch = snapshot.parent.parent / "refs" / "main"
    branch.unlink()
    made = {"pipe": os.mkfifo, "folder": os.mkdir, "dangling": lambda path: path.symlink_to("gone")}
    made |= {"large": lambda path: path.write_bytes(b"x" * 2**24), "loop": lambda path: path.symlink_to(path)}
    made[what](branch)
    if what == "large":
        with pytest.raises(ResourceError, match="'org/bert' has no snapshot"):
            find_model("org/bert")
    else:  # as if it were not there: the only snapshot is meant
        assert find_model("org/bert") == snapshot


def test_a_huge_branch_costs_no_memory(cache):
    branch = add(cache, "org/bert").parent.parent / "refs" / "main"
    os.truncate(branch, 2**40)
    with pytest.raises(ResourceError, match="'org/bert' has no snapshot"):
        find_model("org/bert")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize(
    ("what", "message"),
    [("pipe", "is no regular file"), ("folder", "is no regular file"), ("device", "is no regular file"),
     ("dangling", r"is a link to '\.\./\.\./blobs/0', which does not exist: it was not downloaded, or only in part"),
     ("loop", "cannot be reached: Too many levels of symbolic links")],
)  # fmt: skip
def test_a_cached_file_that_is_none(cache, name, what, message):
    snapshot = cache / "models--org--bert" / "snapshots" / "0"
    copy_of("bert", snapshot)
    (cache / "models--org--bert" / "blobs").mkdir()
    (cache / "models--org--bert" / "blobs" / "0.incomplete").write_text("{")
    path = snapshot / name
    path.unlink()
    made = {"pipe": os.mkfifo, "folder": os.mkdir, "device": lambda path: path.symlink_to("/dev/zero")}
    made |= {"dangling": lambda path: path.symlink_to("../../blobs/0"), "loop": lambda path: path.symlink_to(path)}
    made[what](path)
    with pytest.raises(ResourceError, match=message) as caught:
        open_model("org/bert")
    assert name in caught.value.message
    assert caught.value.hint == "hf download org/bert --force-download gets it again"


def test_a_cache_without_a_home(cache, monkeypatch):
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as it is where nobody says what ~ is
    with pytest.raises(ResourceError, match=r"no folder 'org/bert', and no model of that name in '~/\.cache"):
        find_model("org/bert")


@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_a_cache_that_is_no_folder(cache, kind):
    os.mkfifo(cache) if kind == "pipe" else cache.write_text("")
    with pytest.raises(ResourceError, match="no folder 'org/bert', and no model"):
        find_model("org/bert")


def test_the_folders_of_the_cache_lead_to_their_models(cache):
    snapshot = add(cache, "org/bert")
    assert find_model(str(cache / "models--org--bert")) == find_model(snapshot) == snapshot
    with pytest.raises(ResourceError, match="holds a Hugging Face cache") as caught:
        find_model(str(cache))
    assert caught.value.hint == "a name opens a cached model: --model org/bert"


def test_a_cached_adapter_and_a_cached_pipeline(cache):
    folder = add(cache, "org/lora")
    (folder / "config.json").rename(folder / "adapter_config.json")
    with pytest.raises(ResourceError, match="'org/lora' is an adapter, which"):
        find_model("lora")
    folder = add(cache, "org/st")
    copy_of("bert", folder / "0_Transformer")
    (folder / "modules.json").write_text(json.dumps([{"path": "0_Transformer", "type": "x.Transformer"}]))
    assert open_model("st").name == "org/st"


def test_a_folder_here_comes_before_the_cache(cache, tmp_path, monkeypatch):
    add(cache, "org/bert")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bert").mkdir()
    with pytest.raises(
        ResourceError, match=r"'bert' holds nothing: expected a model \(it comes before org/bert in the cache"
    ):
        find_model("bert")


def test_the_download_is_the_command_of_this_interpreter(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "a b"))
    hf = str(tmp_path / "a b" / "hf")
    pip, _, download = fetching.download_command("org/x").partition(" && ")
    assert shlex.split(pip)[1:] == ["-m", "pip", "install", "huggingface_hub"]
    assert shlex.split(download) == [hf, "download", "org/x"]
    Path(hf).parent.mkdir()
    Path(hf).touch()
    assert shlex.split(fetching.download_command("org/x")) == [hf, "download", "org/x"]


def test_a_folder_is_taken_as_it_is(cache, tmp_path, monkeypatch):
    folder = copy_of("bert", tmp_path / "bert")
    add(cache, "org/bert")
    monkeypatch.chdir(tmp_path)
    assert find_model(folder) == folder
    assert find_model("bert").resolve() == folder
    assert open_model("./bert").name == "bert"


def test_a_file_of_the_folder_is_not_the_folder(cache, tmp_path):
    folder = copy_of("bert", tmp_path / "bert")
    with pytest.raises(ResourceError, match="is a file: expected the folder of a model"):
        find_model(str(folder / "model.safetensors"))


def test_a_cached_model_whose_files_are_links_opens(cache, tmp_path):
    blobs = copy_of("bert", tmp_path / "blobs")
    snapshot = add(cache, "org/bert")
    (snapshot / "config.json").unlink()
    for path in blobs.iterdir():
        (snapshot / path.name).symlink_to(path)
    assert open_model("bert").name == "org/bert"
