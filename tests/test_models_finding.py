"""Where models are looked for, and what is said when there is none."""

import pytest
from models.checkpoints import copy_of

from attncli.errors import ResourceError
from attncli.models.finding import cache_folder, find_model, name_of
from attncli.models.model import open_model


@pytest.fixture
def cache(tmp_path, monkeypatch):
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
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
    assert caught.value.hint == "say which: a/bert, b/bert"


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
    with pytest.raises(ResourceError, match=f"no model '{name}'") as caught:
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
    assert caught.value.hint == "hf download org/bert gets what is missing"


def test_a_model_fetched_by_its_commit_has_no_branch(cache):
    snapshot = add(cache, "org/bert", branch=False)
    assert find_model("org/bert") == snapshot


def test_a_model_that_is_there_in_part_is_said(cache):
    (add(cache, "org/bert") / "config.json").unlink()
    with pytest.raises(ResourceError, match="in part only"):
        find_model("bert")


def test_a_folder_is_taken_as_it_is(cache, tmp_path, monkeypatch):
    folder = copy_of("bert", tmp_path / "bert")
    add(cache, "org/bert")
    monkeypatch.chdir(tmp_path)
    assert find_model(folder) == folder
    assert find_model("bert").resolve() == folder
    assert open_model("./bert").name == "bert"


def test_a_file_of_the_folder_is_not_the_folder(cache, tmp_path):
    folder = copy_of("bert", tmp_path / "bert")
    with pytest.raises(ResourceError, match="is a file; a model is a folder"):
        find_model(str(folder / "model.safetensors"))


def test_a_cached_model_whose_files_are_links_opens(cache, tmp_path):
    blobs = copy_of("bert", tmp_path / "blobs")
    snapshot = add(cache, "org/bert")
    (snapshot / "config.json").unlink()
    for path in blobs.iterdir():
        (snapshot / path.name).symlink_to(path)
    assert open_model("bert").name == "org/bert"
