"""The first word behind `attn`: a command, a sentence, a file, or the asking for help or the version."""

import json

import pytest
from support.command import attn

from attncli import __version__


@pytest.mark.parametrize("sentence", ["a dog", "a dog ", "façade", "吠叫", "a\u00a0dog", "dog.\ncat"])
def test_a_blank_or_a_letter_outside_ascii_makes_a_sentence(sentence):
    assert json.loads(attn(sentence, "--json").stdout)["sentence"] == sentence


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("explian", "did you mean 'explain'"), ("hepl", "attn --help"), ("dog", "attn --help"), ("dog…", "attn --help")],
)
def test_any_other_word_is_a_command(typed, hint):
    done = attn(typed)
    assert (done.returncode, done.stdout) == (2, "")
    assert hint in done.stderr


@pytest.mark.parametrize(
    ("typed", "option"),
    [
        (["help"], ["--help"]),
        (["version"], ["--version"]),
        (["help", "explain"], ["explain", "--help"]),
        (["help", "vectors"], ["vectors", "--help"]),
        (["help", "vectors", "near"], ["vectors", "near", "--help"]),
        (["version", "--debug"], ["--version", "--debug"]),
    ],
)
def test_help_and_version_are_words_too(typed, option):
    word, as_option = attn(*typed), attn(*option)
    assert (word.returncode, word.stderr) == (0, "")
    assert word.stdout == as_option.stdout


def test_the_version():
    assert attn("version").stdout == f"attn {__version__}\n"


def test_the_version_stands_alone():
    done = attn("version", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: attn version: expected nothing behind it, got 'x'",
        "hint: attn version",
    ]


def test_help_on_no_command_suggests_one():
    done = attn("help", "explian")
    assert done.returncode == 2
    assert "did you mean 'explain'" in done.stderr


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["notes.txt"], "attn explain - < notes.txt"),
        (["notes.txt", "--json"], "attn explain - --json < notes.txt"),
        (["été", "--json"], "attn explain - --json < 'été'"),
        (["my notes.txt", "--json"], "attn explain - --json < 'my notes.txt'"),
        (["explain", "my notes.txt"], "attn explain - < 'my notes.txt'"),
        (["explain", "--top", "3", "my notes.txt", "--json"], "attn explain --top 3 - --json < 'my notes.txt'"),
        (["compare", "my notes.txt", "--against", "dot"], "attn compare - --against dot < 'my notes.txt'"),
    ],
)
def test_a_file_in_the_place_of_a_sentence_is_seen(typed, hint, tmp_path):
    for name in ("my notes.txt", "notes.txt", "été"):
        (tmp_path / name).write_text("a dog\n")
    done = attn(*typed, cwd=tmp_path)
    assert hint in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert (done.returncode, done.stdout == "") == ((2, True) if typed[0] == "notes.txt" else (0, False))


def test_nothing_is_said_of_files_where_remarks_are_off_or_nothing_is_there(tmp_path):
    (tmp_path / "dog").mkdir()
    assert attn("explain", "dog", cwd=tmp_path).stderr == ""
    (tmp_path / "cat").write_text("a dog\n")
    assert attn("explain", "cat", "-q", cwd=tmp_path).stderr == ""


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["--json", "a dog"], "attn explain --json 'a dog'"),
        (["--layer", "2", "a dog"], "attn explain --layer 2 'a dog'"),
        (["--json", "compare", "a dog"], "attn compare --json 'a dog'"),
    ],
)
def test_an_option_before_its_command_is_put_behind_it(typed, hint):
    done = attn(*typed)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [f"error: {typed[0]} stands before the command", f"hint: {hint}"]


def test_an_option_of_no_command_is_none():
    assert attn("--jsn", "a dog").stderr.splitlines() == ["error: no such option: --jsn", "hint: see: attn --help"]
