"""`attn corpus` as a user runs it."""

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.command import BARE, COMMAND, attn, on_terminal
from support.corpora import SENTENCES

from attncli.cli import pace
from attncli.cli.corpus_progress import CorpusProgress
from attncli.cli.options import DisplayOptions
from attncli.corpus.run import Progress
from attncli.extras import install_command, requirements

TEXT = "".join(f"{sentence}\n" for sentence in SENTENCES)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT)
    return tmp_path


def test_a_summary_of_a_file(folder):
    done = attn("corpus", "text.txt", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    for told in ("8 texts of 8 lines", "44 known words (4.3% unknown)", "context", "distance", "entropy", "-o DIR"):
        assert told in done.stdout, done.stdout
    assert os.listdir(folder) == ["text.txt"]


def test_tables_and_the_manifest_last(folder):
    done = attn("corpus", "text.txt", "-o", "out", "--collect", "context,heads", "--json", cwd=folder)
    manifest = json.loads(done.stdout)
    assert manifest == json.loads((folder / "out" / "manifest.json").read_text())
    assert (manifest["schema"], manifest["texts"], manifest["skipped"]) == ("attn.corpus", 8, {})
    assert {"context.ndjson", "heads.ndjson", "errors.ndjson", "parts"} <= set(os.listdir(folder / "out"))


@pytest.mark.parametrize("name", ["text.txt.gz", "-"])
def test_packed_text_and_standard_input(folder, name):
    (folder / "text.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    whole = attn("corpus", "text.txt", "--json", cwd=folder)
    found = attn("corpus", name, "--json", cwd=folder, text=TEXT)
    same = ("texts", "words", "unknown", "skipped")
    assert [json.loads(found.stdout)[each] for each in same] == [json.loads(whole.stdout)[each] for each in same]


def test_zstandard(folder):
    import zstandard

    (folder / "text.zst").write_bytes(zstandard.ZstdCompressor().compress(TEXT.encode()))
    assert json.loads(attn("corpus", "text.zst", "--json", cwd=folder).stdout)["texts"] == 8


def test_json_lines_and_sentences(folder):
    text = "The king spoke to Mr. Smith. The queen of the U.S. answered! A dog?"
    (folder / "text.jsonl").write_text(json.dumps({"id": 1, "body": text}) + "\n")
    options = "--field", "body", "--sentences", "--collect", "weights", "-o", "out"
    assert attn("corpus", "text.jsonl", *options, cwd=folder).returncode == 0
    (part,) = (folder / "out" / "weights").iterdir()
    records = [json.loads(line) for line in part.read_text().splitlines()]
    assert [(each["line"], each["sentence"], each["words"][0]) for each in records] == [
        (1, 0, "the"),
        (1, 1, "the"),
        (1, 2, "a"),
    ]


def test_lines_that_are_none_end_with_4_and_are_named(folder):
    (folder / "text.txt").write_bytes(b"a dog\n\n\xff\xfe\nqwzx zqwx\nthe king\n")
    done = attn("corpus", "text.txt", "-o", "out", cwd=folder)
    assert done.returncode == 4
    assert "empty line 1, no known word 1, not UTF-8 1" in done.stdout
    named = [json.loads(line) for line in (folder / "out" / "errors.ndjson").read_text().splitlines()]
    assert {(each["line"], each["reason"]) for each in named} == {
        (2, "empty line"),
        (3, "not UTF-8"),
        (4, "no known word"),
    }


def test_a_finished_run_is_shown_again_and_its_tables_are_there(folder):
    first = attn("corpus", "text.txt", "-o", "out", cwd=folder)
    table = (folder / "out" / "context.ndjson").read_bytes()
    (folder / "out" / "context.ndjson").unlink()
    assert not [*(folder / "out" / "parts").iterdir()]
    again = attn("corpus", "text.txt", "-o", "out", "--resume", cwd=folder)
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, "")
    assert (folder / "out" / "context.ndjson").read_bytes() == table
    other = attn("corpus", "text.txt", "-o", "out", "--resume", "--kept", "3", cwd=folder)
    assert (other.returncode, len(other.stderr.splitlines())) == (2, 2)
    assert "--kept 20, now 3" in other.stderr


def test_a_limit_counts_lines(folder):
    assert json.loads(attn("corpus", "text.txt", "--limit", "3", "--json", cwd=folder).stdout)["texts"] == 3


MISTAKES = [
    (["no.txt"], 1, "'no.txt'", "a sentence a line"),
    (["."], 1, "'.'", ""),
    (["empty.txt"], 2, "'empty.txt'", ""),
    (["text.txt", "--collect", "contxt"], 2, "'contxt'", "did you mean context?"),
    (["text.txt", "--words", "qwzx"], 2, "'qwzx'", ""),
    (["text.txt", "--words", ","], 2, "','", "bank,river"),
    (["text.txt", "--resume"], 2, "--resume", "-o DIR"),
    (["text.txt", "--jobs", "0"], 2, "--jobs 0: expected a whole number", "attn corpus --help"),
    (["text.txt", "--limit", "0"], 2, "--limit", ""),
    (["text.txt", "--kept", "0"], 2, "--kept", ""),
    (["text.txt", "--format", "xlsx"], 2, "'xlsx'", ""),
    (["text.txt", "--memory", "a dog"], 2, "--memory", ""),
    (["text.txt", "-o", "text.txt"], 2, "'text.txt'", "folder"),
    (["text.txt", "-o", "full"], 2, "'full'", "--resume"),
    (["text.txt", "--vectors", "nosuch"], 3, "'nosuch'", ""),
    (["text.txt", "--model", str(TINY / "bert"), "--method", "dot"], 2, "--method", ""),
    (
        ["text.txt", "--model", str(TINY / "bert"), "--layer", "9"],
        2,
        "--layer 9: expected 0 to 1",
        "attn corpus --help",
    ),
    (["text.txt", "--model", str(TINY / "bert"), "--head", "9"], 2, "--head 9: expected", "attn corpus --help"),
    (["text.txt", "--layer", "1"], 2, "--layer", "--model"),
    ([], 2, "FILE", ""),
]


@pytest.mark.parametrize(("arguments", "code", "quoted", "hint"), MISTAKES)
def test_mistakes_get_a_line_and_a_hint(folder, arguments, code, quoted, hint):
    (folder / "empty.txt").write_bytes(b"")
    (folder / "full").mkdir()
    (folder / "full" / "thesis.txt").write_text("mine")
    done = attn("corpus", *arguments, cwd=folder)
    error, *hints = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(hints)) == (code, "", 1), done.stderr
    assert quoted in error
    assert hint in hints[0]


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [
        ("pyarrow", ["--format", "parquet"], "parquet"),
        ("distributed", ["--scheduler", "local"], "dask"),
        ("zstandard", [], "zstd"),
    ],
)
def test_a_missing_extra_is_one_line(folder, package, arguments, extra):
    (folder / "text.zst").write_bytes(b"packed")
    name = "text.zst" if extra == "zstd" else "text.txt"
    code = (
        f"import sys; sys.modules[{package!r}] = None; from attncli.cli.app import run; "
        f"sys.exit(run(['corpus', {name!r}, *{arguments!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[1] == f"hint: {install_command(*requirements(extra))}"
    assert len(done.stderr.splitlines()) == 2


def test_a_model_in_place_of_vectors(folder):
    options = "--model", str(TINY / "bert"), "--collect", "context,distance,heads", "--layer", "0,1"
    done = attn("corpus", "text.txt", "-o", "out", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    heads = [json.loads(line) for line in (folder / "out" / "heads.ndjson").read_text().splitlines()]
    assert {each["layer"] for each in heads} == {0, 1}
    context = [json.loads(line) for line in (folder / "out" / "context.ndjson").read_text().splitlines()]
    assert all(each["word"] and each["context"] for each in context)


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(folder):
    (folder / "text.txt").write_text(TEXT * 60_000)
    command = [sys.executable, "-m", "attncli", "corpus", "text.txt", "-o", "out"]
    begun = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    parts = folder / "out" / "parts"
    while not (parts.is_dir() and any(not path.name.startswith(".") for path in parts.iterdir())):
        assert begun.poll() is None
        time.sleep(0.02)
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate(timeout=20)
    assert begun.returncode == 130
    assert said.splitlines()[-1] == "go on: attn corpus text.txt -o out --resume"
    assert not [path for path in parts.iterdir() if path.name.startswith(".")]


def test_progress_on_a_redirected_stderr_is_plain(monkeypatch, capsys):
    monkeypatch.setattr(pace, "EVERY", 0)
    with (lines := CorpusProgress(DisplayOptions())):
        lines.planning(30, 120)
        lines.waiting("waiting for workers of tcp://host:1")
        lines.report(Progress(2, 40, 1, 10, 8))
        lines.report(Progress(2, 40, 2, 40, 16, merges=4, merged=3))
    said = capsys.readouterr().err
    phases = [line.strip().split(",")[0] for line in said.splitlines()]
    assert phases == ["25%  planning", "0%  waiting for workers of tcp://host:1", "25%  8 texts", "75%  merging"]
    assert not {"\r", "\x1b"} & {*said}


def test_the_bar_begins_with_the_plan_and_ends_with_the_merge(folder):
    shown = on_terminal("corpus", "text.txt", cwd=folder)
    bars = [line for line in shown.replace("\r", "\n").splitlines() if "━" in line]
    assert "planning" in bars[0]
    assert "merging" in bars[-1]


@pytest.mark.parametrize(
    ("phase", "kept"),
    [
        ("attncli.corpus.shards.plan_shards", "interrupted before any part was done"),
        ("attncli.corpus.tree.Tree.grow", "interrupted; 8 of 8 parts are kept in out"),
    ],
)
def test_ctrl_c_while_it_plans_or_merges(folder, monkeypatch, phase, kept):
    def interrupted(*_):
        raise KeyboardInterrupt

    run = "corpus", "text.txt", "-o", "out"
    with monkeypatch.context() as patch:
        patch.setattr(phase, interrupted)
        done = attn(*run, cwd=folder)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.splitlines() == [kept, "go on: attn corpus text.txt -o out --resume"]
    assert attn(*run, "--resume", cwd=folder).returncode == 0
    assert attn("corpus", "text.txt", "-o", "whole", cwd=folder).returncode == 0
    for table in ("context.ndjson", "distance.ndjson", "entropy.ndjson"):
        assert (folder / "out" / table).read_bytes() == (folder / "whole" / table).read_bytes()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("accessible", ["", "1"])
def test_no_line_is_wider_than_the_screen(folder, width, accessible):
    (folder / "text.txt").write_text(TEXT + "[red]dog[/red] \x1b[31mcat 注意 is all\n" * 3)
    env = {"COLUMNS": str(width), "ACCESSIBLE": accessible}
    done = attn("corpus", "text.txt", "--mode", "multihead", cwd=folder, env=env)
    assert max(map(len, done.stdout.splitlines())) <= width
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("name", ["d.svg", "d.pdf", "d.png"])
def test_a_picture_of_attention_by_distance(folder, name):
    done = attn("corpus", "text.txt", "--mode", "multihead", "--picture", name, cwd=folder)
    assert done.returncode == 0, done.stderr
    data = (folder / name).read_bytes()
    assert len(data) > 5000
    if name == "d.svg":
        assert all(told in data.decode() for told in ("head 0", "head 2", ">-8<", ">+8<"))


@pytest.mark.parametrize(
    ("options", "told"), [(["--picture", "d.txt"], ".svg"), (["--collect", "context"], "distance")]
)
def test_a_picture_that_cannot_be_is_refused_before_anything(folder, options, told):
    options = ["--picture", "d.svg", *options] if "--collect" in options else options
    done = attn("corpus", "text.txt", *options, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_ctrl_c_at_the_bar_of_a_terminal(folder):
    (folder / "text.txt").write_text(TEXT * 60_000)
    parent, child = pty.openpty()
    command = [*COMMAND, "corpus", "text.txt", "-o", "out"]
    streams = {"stdin": child, "stdout": child, "stderr": child}
    begun = subprocess.Popen(command, cwd=folder, env=BARE | {"TERM": "xterm-256color"}, **streams)
    os.close(child)
    seen = b""
    while b"texts" not in seen:
        seen += os.read(parent, 65536)
    begun.send_signal(signal.SIGINT)
    with suppress(OSError):
        while block := os.read(parent, 65536):
            seen += block
    assert begun.wait(20) == 130
    assert b"go on: attn corpus text.txt -o out --resume" in seen
    assert b"fault" not in seen


def test_a_mistake_leaves_a_finished_run_and_no_folder(folder):
    assert attn("corpus", "text.txt", "-o", "out", cwd=folder).returncode == 0
    assert attn("corpus", "typo.txt", "-o", "out", "--resume", cwd=folder).returncode == 1
    assert (folder / "out" / "manifest.json").exists()
    assert attn("corpus", "typo.txt", "-o", "new", cwd=folder).returncode == 1
    assert attn("corpus", "text.txt", "-o", "new", cwd=folder).returncode == 0


def test_other_projections_under_the_same_name_are_noticed(folder):
    arguments = "corpus", "text.txt", "--mode", "qkv", "--projections", "p.npz", "-o", "out", "--json", "--resume"
    codes = []
    for seed in (0, 0, 1):
        w = np.random.default_rng(seed).standard_normal((3, 1, 200, 16))
        np.savez(folder / "p.npz", w_q=w[0], w_k=w[1], w_v=w[2])
        done = attn(*arguments, cwd=folder)
        codes.append(done.returncode)
    assert codes == [0, 0, 2]
    assert "the projections of the embedded set, which changed" in done.stderr


def test_a_corpus_without_a_known_word(folder):
    (folder / "text.txt").write_text("qwzx\nzqwx\n")
    options = "--collect", "context,distance,entropy,heads,weights", "--picture", "d.svg"
    done = attn("corpus", "text.txt", *options, cwd=folder)
    assert done.returncode == 4
    assert "no known word 2" in done.stdout


def test_a_file_name_that_is_no_text(folder):
    name = os.fsencode(folder) + b"/caf\xe9 x.txt"
    with open(name, "w") as file:
        file.write("a dog\n\n")
    done = subprocess.run([*COMMAND, "corpus", name, "-o", "out"], cwd=folder, capture_output=True, env=BARE)
    assert done.returncode == 4, done.stderr
    assert "caf\\xe9 x.txt" in json.loads((folder / "out" / "errors.ndjson").read_text())["file"]


def test_the_pieces_of_a_model_are_its_own(folder):
    (folder / "text.txt").write_text("river zzgl bank DOG king\n")
    options = "--model", str(TINY / "bert"), "--collect", "weights", "-o", "out"
    assert attn("corpus", "text.txt", *options, cwd=folder).returncode == 0
    (part,) = (folder / "out" / "weights").iterdir()
    words = json.loads(part.read_text())["words"]
    explained = json.loads(attn("explain", "river zzgl bank DOG king", "--model", str(TINY / "bert"), "--json").stdout)
    assert words == [token["word"] for token in explained["tokens"]]


def test_the_way_on_stands_before_what_is_no_option(capsys):
    CorpusProgress(DisplayOptions()).interrupted("out", ["-o", "out", "--", "-a.txt"])
    assert "go on: attn corpus -o out --resume -- -a.txt" in capsys.readouterr().err
