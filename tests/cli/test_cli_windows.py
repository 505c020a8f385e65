"""Texts longer than the model, as a user gives them: each command and each view takes them cut or in windows."""

import json

import jsonschema
import numpy as np
import pytest
from oracles.windows import BARKS
from support.command import attn
from support.places import TESTS

from attncli.views.records.schemas import schema_of

BERT = str(TESTS / "oracles" / "tiny" / "bert")
GIVEN = [BARKS, "--model", BERT]
IN_WINDOWS = "the text was read in 3 windows of 40 tokens that overlap by 9"
CUT = "the model was given the beginning of the text: 40 of 75 tokens"
COMMANDS = [
    ["explain", *GIVEN],
    ["explain", *GIVEN, "--layer", "1", "--head", "2"],
    ["explain", *GIVEN, "--layer", "1", "--head", "2", "--word", "cat"],
    ["explain", *GIVEN, "--word", "cat"],
    ["explain", *GIVEN, "--combine", "rollout", "--words", "--hide-special"],
    ["heads", *GIVEN, "--from", "cat", "--to", "dog"],
    ["compare", *GIVEN, "--swap", "cat=dog"],
]


def said(done):
    """The text of a screen without its line breaks."""
    assert (done.returncode, done.stderr) == (0, "")
    return " ".join(done.stdout.split())


@pytest.mark.parametrize(("option", "warning"), [(["--stride", "9"], IN_WINDOWS), (["--truncate"], CUT)])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_screen_and_record_says_what_the_model_was_given(command, option, warning):
    assert warning in said(attn(*command, *option))
    record = json.loads(attn(*command, *option, "--json").stdout, parse_constant=pytest.fail)
    jsonschema.validate(record, schema_of(command[0]), jsonschema.Draft202012Validator)
    assert [each for each in record["warnings"] if each.startswith(warning)]


def test_a_record_has_weights_and_no_scores():
    record = json.loads(attn("explain", *GIVEN, "--stride", "9", "--json", "--full").stdout)
    assert np.array(record["weights"]).shape == (2, 4, 75, 75)
    assert record["scores"] is None
    assert record["settings"]["stride"] == 9
    assert record["settings"]["truncate"] is False


@pytest.mark.parametrize("name", ["a.html", "a.npz", "a.csv", "a.txt"])
def test_files_are_written(name, tmp_path):
    done = attn("explain", *GIVEN, "--stride", "9", "--layer", "1", "--head", "2", "-o", name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    if name == "a.npz":
        assert np.load(tmp_path / name)["weights"].shape[-2:] == (75, 75)
    elif name != "a.csv":
        assert IN_WINDOWS in " ".join((tmp_path / name).read_text().split())


def test_a_corpus_takes_long_lines(tmp_path):
    (tmp_path / "text.txt").write_text(f"{BARKS}\na dog\n")
    command = ["corpus", "text.txt", "--model", BERT, "-q", "-o"]
    skipped, windows, cut = (
        attn(*command, name, *option, cwd=tmp_path)
        for name, option in (("skipped", []), ("windows", ["--stride", "9"]), ("cut", ["--truncate"]))
    )
    assert skipped.returncode == 4
    assert (windows.returncode, cut.returncode) == (0, 0)
    assert "windows that overlap by 9" in said(windows)
    assert "more than 40 tokens" in said(cut)
    wrong = attn(*command, "wrong", "--stride", "38", cwd=tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: --stride 38: expected a whole number from 0 to 37")


@pytest.mark.parametrize(
    ("arguments", "code", "quoted", "hint"),
    [
        (
            ["explain", *GIVEN],
            1,
            "75 tokens for bert, which takes 40",
            "--truncate, or read it in windows: --stride 10",
        ),
        (["explain", *GIVEN, "--stride", "9", "--truncate"], 2, "--stride 9", "--truncate"),
        (["explain", *GIVEN, "--stride", "38"], 2, "--stride 38: expected a whole number from 0 to 37", "--help"),
        (["heads", *GIVEN, "--pattern", "next", "--stride", "-1"], 2, "-1", "--help"),
        (["explain", *GIVEN, "--stride", "9", "--combine", "norm"], 2, "--combine 'norm'", "--combine mean"),
        (["explain", "a dog", "--stride", "9"], 2, "--stride: expected a model", "--model"),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(arguments, code, quoted, hint):
    done = attn(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    error, _, more = done.stderr.partition("\n")
    assert quoted in error
    assert hint in more
