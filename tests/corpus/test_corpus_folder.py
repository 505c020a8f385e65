"""A run's folder: nothing that is somebody else's is removed or written over, and one run at a time has it."""

import errno
import fcntl
import gzip
import json
import os
import subprocess
import sys

import pytest
from support.corpora import SENTENCES, corpus_settings, done, run

import attncli.corpus.shards as shards
from attncli.cli.app import run as cli
from attncli.corpus.folder import FILES, FOLDERS
from attncli.corpus.plan import begun, plan_of
from attncli.corpus.workers import Lost
from attncli.errors import AttnError, ResourceError, UsageError

ALL = ("context", "distance", "entropy", "heads", "weights")


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("".join(f"{sentence}\n" for sentence in SENTENCES))
    return path


@pytest.fixture
def finished(tmp_path, text):
    run(tmp_path / "out", [text], corpus_settings(collect=ALL))
    return tmp_path / "out"


def everything(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() or path.is_symlink()}


STRANGERS = [
    *("thesis.txt", "weights/thesis.txt", "parts/id_rsa", "text/notes.txt", "weights/notes.ndjson", "other/x"),
    *("weights/" + "0" * 32 + ".csv", "parts/" + "f" * 32 + ".npz", "context.csv", ".attn-notes", "parts/.attn-1-x"),
]


@pytest.mark.parametrize("name", STRANGERS)
def test_what_no_run_made_stays(finished, text, name):
    (finished / name).parent.mkdir(exist_ok=True)
    (finished / name).write_text("mine")
    (finished / f"{name}.d").mkdir()
    (finished / f"{name}.link").symlink_to(text)
    before = everything(finished)
    run(finished, [text], corpus_settings(collect=ALL), resume=True)
    assert everything(finished) == before
    assert (finished / name).read_text() == "mine"
    assert (finished / f"{name}.d").is_dir()


@pytest.mark.parametrize("name", [*FOLDERS, *FILES])
@pytest.mark.parametrize("to", ["folder", "file"])
def test_a_link_under_a_name_of_a_run_is_refused(tmp_path, finished, text, name, to):
    others = tmp_path / "others"
    others.mkdir()
    (others / "thesis.txt").write_text("mine")
    if (finished / name).exists():
        (finished / name).rename(tmp_path / "moved")
    (finished / name).symlink_to(others if to == "folder" else others / "thesis.txt")
    with pytest.raises(UsageError, match="is a link"):
        run(finished, [text], corpus_settings(collect=ALL), resume=True)
    assert (finished / name).is_symlink()
    assert everything(others) == {"thesis.txt"}


def test_what_a_kill_left_is_swept_but_no_folder_and_no_link(tmp_path, finished, text):
    half = f".attn-{'a' * 32}-part.npz"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / half).write_text("mine")
    for name in FOLDERS:
        (finished / name).mkdir(exist_ok=True)
        (finished / name / half).write_text("half")
        (finished / name / half.replace("a", "b")).symlink_to(text)
        (finished / name / half.replace("a", "c")).mkdir()
    (finished / "elsewhere").symlink_to(tmp_path / "mine")
    before = everything(finished)
    run(finished, [text], corpus_settings(collect=ALL), resume=True)
    assert before - everything(finished) == {f"{name}/{half}" for name in FOLDERS}
    assert (tmp_path / "mine" / half).exists()
    assert all((finished / name / half.replace("a", "c")).is_dir() for name in FOLDERS)


@pytest.mark.parametrize("names", [["parts/a.npz"], ["parts/a.npz", "manifest.json"], ["weights/x", "plan.txt"]])
@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_that_no_run_began_is_left_as_it_is(tmp_path, text, names, resume):
    for name in names:
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text("mine")
    with pytest.raises(UsageError):
        run(tmp_path / "project", [text], corpus_settings(), resume=resume)
    assert everything(tmp_path / "project") == {*names}


def test_records_of_a_lost_shard_are_removed(tmp_path, text, monkeypatch):
    monkeypatch.setattr(shards, "LARGEST", 2**8)
    text.write_text("a dog\n" * 100)

    def first_lost(tasks):
        tasks[0]()
        yield Lost(tasks[0], "its worker died 2 times")
        yield from map(done, tasks[1:])

    corpus = run(tmp_path / "out", [text], corpus_settings(collect=("weights",)), first_lost)
    assert corpus.manifest["lost"] == 1
    parts = {part["part"] for part in corpus.manifest["parts"]}
    assert {path.stem for path in (tmp_path / "out" / "weights").iterdir()} == parts


OTHERWISE = [
    (["--method", "dot"], "--method scaled, now dot"),
    (["--top", "3"], "--top 5, now 3"),
    (["--kept", "3"], "--kept 20, now 3"),
    (["--limit", "3"], "--limit not given, now 3"),
    (["--sentences"], "--sentences off, now on"),
    (["--format", "csv"], "--format ndjson, now csv"),
    (["--collect", "heads"], "--collect context,distance,entropy, now heads"),
    (["--words", "dog"], "--words not given, now dog"),
    (["--mode", "multihead", "--heads", "2"], "--heads 1, now 2; --mode self, now multihead"),
    (["other.txt"], "text text.txt, now text.txt,other.txt"),
]


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """What a command that does not work says, and that it is a wrong use."""
    monkeypatch.chdir(tmp_path)

    def refused(*arguments, code=2):
        capsys.readouterr()
        assert cli(["corpus", *arguments]) == code
        out, err = capsys.readouterr()
        assert (out, len(err.splitlines())) == ("", 2), err
        return err.splitlines()[0]

    return refused


def test_going_on_with_other_settings_is_refused_and_says_which(tmp_path, text, refused):
    begun = "text.txt", "-o", "out", "--resume"
    (tmp_path / "other.txt").write_text("a dog\n")
    assert cli(["corpus", *begun, "-q"]) == 0
    before = contents(tmp_path / "out")
    for more, told in OTHERWISE:
        assert told in refused(*begun, *more)
    text.write_text("another text\n")
    assert "'text.txt' has changed" in refused(*begun)
    plan = json.loads((tmp_path / "out" / "plan.json").read_text()) | {"attn": "0.0.1"}
    (tmp_path / "out" / "plan.json").write_text(json.dumps(plan))
    assert "by attn 0.0.1" in refused(*begun)
    assert {**contents(tmp_path / "out"), "plan.json": b""} == {**before, "plan.json": b""}


def contents(folder):
    return {name: (folder / name).read_bytes() for name in everything(folder)}


@pytest.mark.parametrize(
    ("kind", "told"),
    [("checksum", "the content of NAME"), ("blocks", "the projections of NAME"), ("name", "--vectors")],
)
def test_other_vectors_are_refused(tmp_path, text, kind, told):
    settings = corpus_settings()
    plan = plan_of(settings, [], None)
    other = plan | {"settings": plan["settings"] | {"source": plan["settings"]["source"] | {kind: "other"}}}
    with begun(tmp_path / "out", plan, False):
        pass
    with (
        pytest.raises(UsageError, match=told.replace("NAME", "the embedded set")),
        begun(tmp_path / "out", other, True),
    ):
        pass


def test_a_second_run_is_refused_and_the_first_one_is_not_disturbed(tmp_path, text, refused):
    def meanwhile(tasks):
        half = tmp_path / "out" / "parts" / f".attn-{'a' * 32}-part.npz"
        half.write_text("being written")
        for more in ([], ["--resume"], ["--resume", "--method", "dot"]):
            assert "another run is writing to -o 'out'" in refused("text.txt", "-o", "out", *more, code=1)
        assert half.exists()
        yield from map(done, tasks)

    assert run(tmp_path / "out", [text], corpus_settings(), meanwhile).manifest["texts"] == 8


def test_a_killed_run_leaves_no_lock(tmp_path, text):
    code = "import sys, time; from pathlib import Path; from attncli.corpus.folder import locked_folder\n"
    code += "with locked_folder(Path(sys.argv[1]), True): print(flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "out")], stdout=subprocess.PIPE)
    holder.stdout.readline()
    with pytest.raises(AttnError, match="another run"):
        run(tmp_path / "out", [text], corpus_settings())
    holder.kill()
    holder.communicate()
    run(tmp_path / "out", [text], corpus_settings())


def test_where_there_are_no_locks_a_run_goes_on(tmp_path, text, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    assert run(tmp_path / "out", [text], corpus_settings()).manifest["texts"] == 8


@pytest.mark.parametrize("plan", [b"", b"[]", b"{}", b"[" * 100_000, b'{"schema": "attn.corpus.plan", "settings": 1}'])
def test_a_damaged_plan_is_refused(tmp_path, finished, text, plan):
    (finished / "plan.json").write_bytes(plan)
    with pytest.raises(ResourceError, match="damaged"):
        run(finished, [text], corpus_settings(collect=ALL), resume=True)


def test_a_plan_with_an_endless_name_is_refused_in_a_short_line(tmp_path, finished, text):
    plan = json.loads((finished / "plan.json").read_text())
    (finished / "plan.json").write_text(json.dumps(plan | {"settings": {"[" * 9000: "x" * 9000}}))
    with pytest.raises(UsageError) as refused:
        run(finished, [text], corpus_settings(collect=ALL), resume=True)
    assert len(refused.value.message) < 600


def test_a_run_that_cannot_begin_leaves_no_folder(tmp_path, text, refused):
    (tmp_path / "bad.gz").write_bytes(b"no gzip")
    (tmp_path / "text.txt.gz").write_bytes(gzip.compress(b"a dog\n"))
    refused("text.txt.gz", "bad.gz", "-o", "out", code=1)
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    refused("text.txt.gz", "bad.gz", "-o", "out", code=1)
    assert everything(tmp_path / "out") <= {".lock"}
    assert cli(["corpus", "text.txt", "-o", "out", "-q"]) == 0


@pytest.mark.parametrize("later", ["tables", "summary"])
def test_a_run_that_fails_after_its_merge_goes_on(tmp_path, text, monkeypatch, later):
    monkeypatch.chdir(tmp_path)
    room = "attncli.corpus.run.writing" if later == "tables" else "attncli.cli.commands.corpus._show"
    command = ["corpus", "text.txt", "--collect", "context", "-o", "out", "-q"]

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(room, full)
        assert cli(command) == 1
    there = {path.name for path in (tmp_path / "out" / "parts").iterdir()}
    assert bool(there) == (later == "tables")  # nothing is removed before the manifest is there
    monkeypatch.setattr("attncli.corpus.running._Run", full)  # no shard is done again
    assert cli([*command, "--resume"]) == 0
    assert everything(tmp_path / "out") >= {"context.ndjson", "manifest.json", "plan.json"}
