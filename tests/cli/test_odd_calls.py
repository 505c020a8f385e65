"""Odd calls and environments: the documented exit code, at most two short lines of error, and no fault."""

import os
import subprocess
import sys
import warnings

import pytest
from oracles.checkpoints import TINY
from support.command import BARE, COMMAND, attn

from attncli.cli.app import run
from attncli.cli.output import LONGEST

LONG = "x" * 65_000
GPT2 = TINY / "gpt2"
BIG = "1" + "0" * 30

# What is typed behind `attn`, and the exit codes that are right.
CALLS = [
    *(
        (f"explain|a dog|--vectors|{value}", {3})
        for value in ("", "/", ".", "/dev/null", "/dev/zero", "/proc/self/mem")
    ),
    *(
        (f"explain|a dog|--vectors|{value}", {3})
        for value in (f"/{LONG}", LONG, f"{LONG}.txt", "~", "a\nb", "\x1b[31m")
    ),
    *(
        (f"explain|a dog|--projections|{value}|--mode|qkv", {2, 3})
        for value in ("", "/", "/dev/zero", f"{LONG}.npz", ".")
    ),
    *((f"explain|a dog|--model|{value}", {3}) for value in ("", "/", "/dev/zero", LONG, "a/b/c", "\x1b[31m", "..")),
    *(
        (f"explain|a dog|-o|{value}", {1, 2})
        for value in ("", "/", ".", "/nonexistent/x.json", f"{LONG}.json", "x", "/proc/x.json")
    ),
    *((f"explain|a dog|--word|{value}", {2}) for value in ("2", "-1", BIG, "", LONG, "=", "²", "1e3")),
    *(
        (f"explain|a dog|--seed|{value}|--mode|qkv|--projections|random", {0, 2})
        for value in ("-1", BIG, "1.5", "x", "")
    ),
    *(
        (f"explain|a dog|--method|kernel|--sigma|{value}", {0, 2})
        for value in ("nan", "inf", "1e-320", "1e308", "0", "-1", "")
    ),
    *((f"explain|a dog|--temperature|{value}", {0, 2}) for value in ("nan", "inf", "1e-320", "1e308", "0", "-1", LONG)),
    *((f"explain|a dog|--mode|multihead|--heads|{value}", {0, 1, 2}) for value in ("0", "-1", "1000000000", BIG, "٣")),
    *((f"explain|a dog|--layers|{value}", {0, 1, 2}) for value in ("0", "-1", "1000000000", BIG)),
    *((f"explain|a dog|--top|{value}", {0, 2}) for value in ("0", "-1", "1000000000000000000", BIG)),
    *((f"explain|a dog|--precision|{value}", {2}) for value in ("-1", "1000000000", BIG)),
    *(
        (f"explain|a dog|--mask|{value}", {0, 2})
        for value in ("window:-1", "window:", f"window:{BIG}", "window:1000000000000", LONG)
    ),
    *(
        (f"explain|{value}", {0, 1, 2})
        for value in (LONG, "\x1b[31m" * 20_000, "a dog " + LONG, "\n", "\u2028", "\u202e")
    ),
    ("explain|a dog|--unknown|" + LONG, {2}),
    *(
        (f"align|the dog|a dog|--vectors|attn-en|--{name}|{value}", {0, 2})
        for name in ("prior", "null", "temperature", "layer")
        for value in ("nan", "inf", "1e-320", "1e308", "0", "-1", "", LONG, BIG)
    ),
    *((f"align|{value}|{value}|--vectors|attn-en", {0, 1, 2}) for value in (LONG, "\n", "\u2028", "a dog " + LONG)),
    (f"align|a dog|{LONG}|--vectors|attn-en|--tokenized", {0, 1}),
    *((f"similar|{value}|{value}|--vectors|attn-en", {0, 1, 2}) for value in (LONG, "\n", "\u2028", "a dog " + LONG)),
    *((f"similar|a dog|a dog|--drop|{value}", {0, 2}) for value in ("", "a:", ":", "b:99", "a:-1", "dog", LONG, BIG)),
    *((f"similar|a dog|--in|{value}", {1, 2}) for value in ("", "/dev/null", ".", LONG, "\n")),
    *((f"similar|-|--fields|{value}", {2}) for value in ("", ",", "a", "a,", LONG)),
    *((f"similar|a dog|a dog|--top|{value}", {0, 2}) for value in ("0", "-1", "1000000000000000000", BIG)),
    *((f"similar|a dog|a dog|--model|{GPT2}|--prompt|{value}", {2}) for value in (LONG, "a,b", ",b")),
    (f"similar|a dog|a dog|--model|{GPT2}|--prompt|", {0}),
    (f"align|a dog|a dog|--model|{GPT2}|--layer|{BIG}", {2}),
    ("explain|a dog|--method|" + LONG, {2}),
    (f"explain|a {LONG}|--unknown|error", {1}),
    ("explain|a dog|--memory|" + LONG, {1}),
    ("explain|a dog|--" + LONG, {2}),
    (LONG, {2}),
    *((f"compare|a dog|--against|{value}", {2}) for value in ("", LONG, "scaled")),
    *((f"tour|a dog|--screen|{value}", {2}) for value in ("0", "99", "-1", BIG, "mas")),
    ("vectors|info|" + LONG, {3}),
    ("vectors|near|" + LONG, {1}),
    ("vectors|add|/dev/zero|--name|x", {3}),
    ("vectors|add|/|--name|x", {2, 3}),
    (f"vectors|add|/nonexistent|--name|{LONG}", {2, 3}),
    ("vectors|remove|" + LONG, {3}),
    ("vectors|export|attn-en|/nonexistent/x.txt", {1}),
    ("train|/nonexistent|-o|x.npz", {1}),
    ("train|/|-o|x.npz", {1}),
    (f"train|/dev/null|-o|x.npz|--seed|{BIG}", {1, 2}),
    ("train|/dev/null|-o|x.npz|--minutes|nan", {2}),
    (f"train|/dev/null|-o|x.npz|--epochs|{LONG}", {2}),
    ("train|/dev/null|-o|/nonexistent/x.npz", {1}),
    ("corpus|/nonexistent", {1, 3}),
    ("corpus|/dev/null", {1, 2}),
    (f"corpus|{LONG}", {1, 3}),
    ("corpus|/dev/null|-o|/dev/null", {1, 2}),
    *((f"predict|a dog|--model|{GPT2}|--top|{value}", {0, 2}) for value in ("0", "-1", "1000000000000000000", BIG)),
    *(
        (f"predict|a dog|--model|{GPT2}|--without|{value}", {2})
        for value in ("", "1", "9.9", "0.0.0", BIG, LONG, "cross:0.0")
    ),
    *(
        (f"predict|a dog|--model|{GPT2}|--cut|{value}", {2})
        for value in ("", ":", "a:", ":a", "=:", "cat:a", LONG, "9:9")
    ),
    *((f"predict|a dog|--model|{GPT2}|--word|{value}", {2}) for value in ("", "9", "-1", BIG, LONG, "cat")),
    *(
        (f"predict|{value}|--model|{GPT2}|--lens-all", {0, 1, 2})
        for value in (LONG, "\n", "\u2028", "\x1b[31m" * 99, "\0")
    ),
    *((f"predict|a dog|--model|{GPT2}|-o|a.{value}", {0, 1, 2}) for value in ("svg", "html", "", "csv/")),
    ("schema|" + LONG, {2}),
    ("completion|" + LONG, {2}),
]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))


@pytest.mark.parametrize(("typed", "codes"), CALLS, ids=lambda each: each[:60] if isinstance(each, str) else "")
def test_an_odd_call_ends_as_documented(home, typed, codes, capfd, monkeypatch):
    arguments = typed.split("|")
    monkeypatch.setattr(sys, "argv", ["attn", *arguments])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        code = run(arguments)
    out, err = capfd.readouterr()
    lines = [line for line in err.splitlines() if not line.startswith("note: ")]
    assert code in codes, err[:500]
    assert "report" not in err
    assert "Traceback" not in err
    assert len(lines) <= 2  # beside notes
    assert max(map(len, err.splitlines()), default=0) <= LONGEST
    assert code == 0 or out == ""


ELSEWHERE = [{"COLUMNS": value} for value in ("0", "-1", "1", "1000000000", "x", "")]
ELSEWHERE += [{"LINES": value} for value in ("0", "-1", "1000000000")]
ELSEWHERE += [{"TERM": value} for value in ("dumb", "", "garbage\x1b")] + [{"LANG": "xx_XX.broken", "LC_ALL": "xx"}]
ELSEWHERE += [{"HOME": value} for value in ("", "/a\nb", "/nonexistent", "/dev/null")]
ELSEWHERE += [{"ATTN_HOME": value} for value in ("", "/dev/null", "/a\nb", LONG[:5000])]


@pytest.mark.parametrize(
    "env", ELSEWHERE, ids=lambda env: " ".join(f"{name}={value[:20]!r}" for name, value in env.items())
)
def test_an_odd_place_still_explains(env, monkeypatch, capfd):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    if "HOME" in env:
        monkeypatch.delenv("ATTN_HOME")
    assert run(["explain", "a dog"]) == 0
    assert run(["vectors", "list"]) == 0
    assert "report" not in capfd.readouterr().err


CLOSED = ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"]


@pytest.mark.parametrize("closing", CLOSED)
def test_closed_streams_and_a_folder_that_is_gone(closing, tmp_path):
    (tmp_path / "gone").mkdir()
    command = f"cd gone && rmdir ../gone && {' '.join(COMMAND)} explain - {closing}"
    env = BARE | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, input="a dog\n"
    )
    assert "Traceback" not in done.stderr
    assert "report" not in done.stderr
    assert done.returncode in (0, 1, 2)


def test_a_long_line_of_error_keeps_its_beginning_and_its_end():
    done = attn("explain", "a dog", "--vectors", LONG)
    assert max(map(len, done.stderr.splitlines())) <= LONGEST
    assert "…" in done.stderr.splitlines()[0]
    assert done.stderr.startswith("error: ")
