"""`attn models pull` against a server on 127.0.0.1 with the layout of the Hugging Face Hub."""

import json
import os
import time

import pytest
from oracles.checkpoints import TINY
from support.command import attn
from support.hub import COMMIT, TOKEN, Hub
from support.terminal import Session

from attncli.models import pulling
from attncli.models.model import open_model

pytest.importorskip("huggingface_hub", reason="pip install huggingface_hub")
NAME = "org/tiny"
TAKEN = {"config.json", "model.safetensors", "tokenizer.json", "README.md"}


@pytest.fixture
def hub(monkeypatch):
    """The hub with one model, and with files that must not be fetched."""
    hub = Hub()
    others = {"pytorch_model.bin": b"\x80\x02.", "model.onnx": b"x", "evil.py": b"x", "onnx/config.json": b"{}"}
    card = {"README.md": b"---\nlicense: mit\n---\n"}
    hub.add(NAME, TINY / "bert", **others, **card)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between two attempts
    yield hub
    hub.close()


@pytest.fixture
def pull(hub, tmp_path):
    """`attn models pull …` from this hub into a cache of its own."""

    def pull(*arguments, **env):
        given = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HOME": str(tmp_path / "hf")}
        return attn("models", "pull", *arguments, env=given | {"COLUMNS": "400"} | env, cwd=tmp_path)

    return pull


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "hub" / "models--org--tiny"


def failed(done, quoted, hint):
    """Exit 3, and two lines."""
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 2), done.stderr
    error, said = done.stderr.splitlines()
    assert quoted in error
    assert hint in said


def test_a_model_is_pulled_and_opens_by_its_name(hub, pull, folder, monkeypatch):
    done = pull(NAME, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    snapshot = folder / "snapshots" / COMMIT
    assert {path.name for path in snapshot.iterdir()} == TAKEN
    assert (folder / "refs" / "main").read_text() == COMMIT
    for name in TAKEN:
        assert (snapshot / name).is_symlink()
        assert (snapshot / name).read_bytes() == hub.models[NAME][name]
    assert "4 of 4 files, licence mit" in done.stdout
    assert f'use it: attn explain "a sentence" --model {NAME}' in done.stdout
    monkeypatch.setenv("HF_HUB_CACHE", str(folder.parent))
    assert open_model(NAME).name == NAME


def test_the_weights_of_a_module_are_not_those_of_a_model(hub, pull):
    hub.models[NAME] = {"config.json": b"{}", "pytorch_model.bin": b"x", "2_Dense/model.safetensors": b"x"}
    done = pull(NAME, "--yes")
    assert done.returncode == 3
    assert "has no model.safetensors" in done.stderr


def test_other_programs_find_it_in_the_cache(pull, folder):
    import huggingface_hub

    pull(NAME, "--yes")
    for name in TAKEN:
        found = huggingface_hub.try_to_load_from_cache(NAME, name, cache_dir=folder.parent)
        assert found == str(folder / "snapshots" / COMMIT / name)
    found = huggingface_hub.scan_cache_dir(folder.parent)
    assert [repo.repo_id for repo in found.repos] == [NAME]
    assert not found.warnings


def test_no_pickle_and_no_code_is_fetched(hub, pull):
    pull(NAME, "--yes")
    assert {name for name, _ in hub.files_asked_for()} == TAKEN


def test_a_dry_run_says_the_size_and_fetches_nothing(hub, pull, folder):
    done = pull(NAME, "--dry-run")
    total = sum(len(hub.models[NAME][name]) for name in TAKEN)
    assert f"{NAME}: {total / 1000:.1f} kB to download" in done.stdout
    assert hub.files_asked_for() == []
    assert not folder.exists()


def test_without_a_terminal_it_wants_a_yes(hub, pull):
    done = pull(NAME)
    assert done.returncode == 2
    assert f"hint: attn models pull {NAME} --yes" in done.stderr
    assert hub.files_asked_for() == []


@pytest.mark.parametrize(("answer", "fetched"), [(b"y\n", True), (b"\n", False)])
def test_on_a_terminal_it_asks(hub, folder, answer, fetched):
    env = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(folder.parent)}
    session = Session(NAME, env=env, command=("models", "pull"))
    session.wait_for("download it? [y/N]")
    session.press(answer)
    session.read_to_the_end()
    assert session.process.returncode == 0
    assert (folder / "refs" / "main").exists() == fetched


def test_progress_counts_the_bytes_of_all_files(hub, folder, monkeypatch):
    for name, value in (("HF_ENDPOINT", hub.url), ("HF_HUB_CACHE", str(folder.parent))):
        monkeypatch.setenv(name, value)
    offered, calls = pulling.offer(NAME), []
    pulling.pull(offered, lambda *call: calls.append(call))
    assert {what for what, _, _ in calls} == {f"downloading {NAME}"}
    assert [done for _, done, _ in calls] == sorted(done for _, done, _ in calls)
    assert calls[-1][1:] == (offered.size, offered.size)


def test_a_second_pull_fetches_nothing(hub, pull):
    pull(NAME, "--yes")
    hub.requests.clear()
    done = pull(NAME)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is there already, every file whole" in done.stdout
    assert hub.files_asked_for() == []


def test_a_damaged_file_is_fetched_again(hub, pull, folder):
    pull(NAME, "--yes")
    path = folder / "snapshots" / COMMIT / "model.safetensors"
    with open(path, "r+b") as file:
        file.write(b"damage")
    hub.requests.clear()
    assert pull(NAME, "--yes").returncode == 0
    assert path.read_bytes() == hub.models[NAME]["model.safetensors"]
    assert hub.files_asked_for() == [("model.safetensors", 0)]


def test_a_download_that_breaks_off_goes_on_where_it_stopped(hub, pull, folder, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)  # so much of it is kept, or a multiple
    hub.broken["model.safetensors"] = 2
    assert pull(NAME, "--yes").returncode == 0
    starts = [start for name, start in hub.files_asked_for() if name == "model.safetensors"]
    assert starts[0] == 0
    assert 0 < starts[1] < starts[2]
    assert (folder / "snapshots" / COMMIT / "model.safetensors").read_bytes() == hub.models[NAME]["model.safetensors"]


def test_the_next_pull_goes_on_where_the_last_one_was_ended(hub, pull, folder):
    half = hub.models[NAME]["model.safetensors"][:1000]
    pull(NAME, "--yes")
    blob = (folder / "snapshots" / COMMIT / "model.safetensors").resolve()
    blob.rename(blob.with_name(f"{blob.name}.attn.incomplete"))
    os.truncate(blob.with_name(f"{blob.name}.attn.incomplete"), len(half))
    hub.requests.clear()
    assert pull(NAME, "--yes").returncode == 0
    assert hub.files_asked_for() == [("model.safetensors", 1000)]
    assert blob.read_bytes() == hub.models[NAME]["model.safetensors"]


def test_a_hub_that_always_breaks_off_is_named(hub, pull, folder):
    hub.models[NAME]["config.json"] = b"{}"  # whose half is nothing new
    hub.broken["model.safetensors"] = 10**9
    done = pull(NAME, "--yes")
    failed(done, f"'{NAME}' cannot be pulled from {hub.url}", "run it again: it resumes")
    assert not (folder / "refs" / "main").exists()


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_a_file_with_another_checksum_does_not_count(hub, pull, folder, file):
    true = hub.models[NAME][file]
    hub.lies[file] = true[:-1] + bytes([true[-1] ^ 1])
    failed(pull(NAME, "--yes"), f"'{file}' arrives with another checksum", "try again")
    assert not (folder / "refs" / "main").exists()
    assert not (folder / "snapshots" / COMMIT / file).exists()
    hub.lies.clear()
    assert pull(NAME, "--yes").returncode == 0


@pytest.mark.parametrize("token", [None, "hf_of_somebody_else"])
def test_a_gated_model_says_where_to_ask(hub, pull, token):
    hub.gated.add(NAME)
    env = {"HF_TOKEN": token} if token else {}
    failed(pull(NAME, "--yes", **env), f"'{NAME}' is gated", f"ask for access at {hub.url}/{NAME}, set HF_TOKEN")


def test_a_token_opens_a_gated_model(hub, pull):
    hub.gated.add(NAME)
    assert pull(NAME, "--yes", HF_TOKEN=TOKEN).returncode == 0


def test_a_token_goes_to_no_other_server(hub, pull, folder):
    other = Hub()
    other.models, hub.moved = hub.models, other.url
    assert pull(NAME, "--yes", HF_TOKEN=TOKEN).returncode == 0
    other.close()
    assert {*hub.tokens} == {TOKEN}
    assert {*other.tokens} == {None}
    assert len(other.tokens) == len(TAKEN)


def test_a_file_that_does_not_end_is_ended(hub, pull, folder):
    hub.lies["model.safetensors"] = hub.models[NAME]["model.safetensors"] + bytes(10**6)
    failed(pull(NAME, "--yes"), "'model.safetensors' arrives with more than its 15,868 bytes", "try again")
    assert sum(path.stat().st_size for path in (folder / "blobs").iterdir()) < 10**5
    hub.lies.clear()
    assert pull(NAME, "--yes").returncode == 0


def test_an_absent_model_and_an_absent_revision(hub, pull):
    failed(pull("org/absent", "--yes"), f"the hub at {hub.url} has no public model 'org/absent'", "HF_TOKEN")
    failed(pull(NAME, "--revision", "v9"), f"'{NAME}' has no revision 'v9'", "--revision")


def test_a_model_without_safetensors_is_not_pulled(hub, pull, folder):
    del hub.models[NAME]["model.safetensors"]
    failed(pull(NAME, "--yes"), "has no model.safetensors and no model.safetensors.index.json", "safetensors")
    assert "'pytorch_model.bin' is never fetched" in pull(NAME, "--yes").stderr
    assert not folder.exists()


def test_no_hub_is_one_line(hub, pull):
    hub.close()
    failed(pull(NAME, "--yes"), f"'{NAME}' cannot be pulled from {hub.url}", "HF_ENDPOINT")


def test_offline_is_honoured(hub, pull):
    failed(pull(NAME, "--yes", HF_HUB_OFFLINE="1"), "HF_HUB_OFFLINE forbids it", "unset HF_HUB_OFFLINE")
    assert hub.requests == []


@pytest.mark.parametrize("name", ["../x", "org/../x", "a/b/c", "", "org/x y", "https://x/y"])
def test_what_is_no_name_is_not_asked_for(hub, pull, name):
    done = pull(name, "--yes")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 2)
    assert hub.requests == []


@pytest.mark.parametrize("revision", ["../x", "/x", "a/../../b", ""])
def test_what_is_no_revision_is_not_asked_for(hub, pull, revision):
    assert pull(NAME, "--yes", "--revision", revision).returncode == 2
    assert hub.requests == []


SIBLING = {"rfilename": "model.safetensors", "size": 4, "blobId": "0" * 40}


@pytest.mark.parametrize(
    "about",
    [
        {"sha": "../../x"},
        {"sha": None},
        {"siblings": [SIBLING | {"lfs": {"sha256": "../../../x", "size": 4, "pointerSize": 1}}]},
        {"siblings": [SIBLING | {"size": -1}]},
        {"siblings": [SIBLING | {"blobId": "x"}]},
        {"siblings": [SIBLING | {"rfilename": "../model.safetensors"}]},
        {"siblings": [SIBLING | {"rfilename": "0_x/../../model.safetensors"}]},
        {"siblings": []},
    ],
)
def test_a_hub_that_lies_writes_nothing_anywhere(hub, pull, tmp_path, about):
    hub.api = about
    done = pull(NAME, "--yes")
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 2)
    assert not (tmp_path / "hub").exists()


def test_shards_come_with_their_index_and_one_file_comes_alone(hub, pull, folder):
    weights = hub.models[NAME].pop("model.safetensors")
    shards = {f"model-0000{n}-of-00002.safetensors": b"x" * n for n in (1, 2)}
    index = json.dumps({"weight_map": dict.fromkeys("ab", "model-00001-of-00002.safetensors")}).encode()
    hub.models[NAME] |= shards | {"model.safetensors.index.json": index, "consolidated.safetensors": b"x"}
    pull(NAME, "--yes")
    snapshot = folder / "snapshots" / COMMIT
    assert {path.name for path in snapshot.iterdir()} - TAKEN == {*shards, "model.safetensors.index.json"}
    hub.models[NAME]["model.safetensors"] = weights
    assert "5 of 4 files" not in (said := pull(NAME, "--dry-run").stdout)
    assert "1 of 4 files" in said


def test_the_model_of_a_pipeline_is_pulled_from_its_folder(hub, pull, folder, monkeypatch):
    files = hub.models[NAME]
    modules = json.dumps([{"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}]).encode()
    own = {f"0_Transformer/{each}": files[each] for each in TAKEN - {"README.md"}}
    own |= dict.fromkeys(
        ("1_Pooling/config.json", "config_sentence_transformers.json", "2_Dense/model.safetensors"), b"{}"
    )
    own |= {"0_Transformer/sentence_roberta_config.json": b"{}"}
    hub.models[NAME] = own | {"modules.json": modules, "2_Dense/pytorch_model.bin": b"{}", "0_Transformer/x.bin": b"x"}
    assert pull(NAME, "--yes").returncode == 0
    snapshot = folder / "snapshots" / COMMIT
    assert {str(path.relative_to(snapshot)) for path in snapshot.rglob("*.*")} == {*own, "modules.json"}
    monkeypatch.setenv("HF_HUB_CACHE", str(folder.parent))
    assert open_model(NAME).name == NAME


def test_a_family_that_attn_does_not_read_is_said_before(hub, pull):
    hub.models[NAME]["config.json"] = b'{"model_type": "quill"}'
    assert "attn does not read its family, quill" in pull(NAME, "--dry-run").stdout


def test_a_commit_is_pulled_without_a_branch(hub, pull, folder):
    done = pull(NAME, "--yes", "--revision", COMMIT)
    assert f"--model {folder / 'snapshots' / COMMIT}" in done.stdout
    assert not (folder / "refs").exists()
