"""Files of `-o` and `--format`: every ending, whole or not at all, missing packages reported before any work."""

import csv
import io
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.command import BARE, attn, attn_process, on_terminal
from test_cli_output import strict

from attncli import explain
from attncli.errors import AttnError
from attncli.extras import install_command, requirements

BERT = str(TINY / "bert")
EXPLAIN, COMPARE = ["explain", "the dog ran"], ["compare", "the dog ran"]
MODELS = [*COMPARE, "--model", BERT, "--swap", "dog=he"]
COMMANDS = [EXPLAIN, [*EXPLAIN, "--model", BERT], COMPARE, MODELS]
BEGINS = {"svg": b"<?xml", "png": b"\x89PNG\r\n", "pdf": b"%PDF-1.", "npz": b"PK\x03\x04", "csv": b'"sentence",'}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("form", BEGINS)
def test_every_ending_is_written(command, form, tmp_path):
    done = attn(*command, "-o", f"a.{form}", "-q", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / f"a.{form}").read_bytes().startswith(BEGINS[form])


@pytest.mark.parametrize(
    ("options", "name", "begins"),
    [
        (["-o", "x.SVG"], "x.SVG", b"<?xml"),
        (["--format", "pdf", "-o", "x.bin"], "x.bin", b"%PDF"),
        (["--format", "png", "-o", "x.svg"], "x.svg", b"\x89PNG"),
        (["-o", "x.screen.svg"], "x.screen.svg", b'<svg class="rich-terminal"'),
        (["--format", "screen.svg", "-o", "x.svg"], "x.svg", b'<svg class="rich-terminal"'),
        (["--figure", "arcs", "-o", "x.svg"], "x.svg", b"<?xml"),
    ],
)
def test_the_format_beats_the_ending(options, name, begins, tmp_path):
    assert attn(*EXPLAIN, *options, cwd=tmp_path).returncode == 0
    assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ([*EXPLAIN, "-o", "a.doc"], 2, ".svg, .pdf, .png, .screen.svg"),
        ([*COMPARE, "-o", "a.doc"], 2, ".csv, .npz"),
        ([*EXPLAIN, "--json", "--format", "csv"], 2, "--format 'csv'"),
        ([*EXPLAIN, "--json", "-o", "a.svg"], 2, "a.svg"),
        ([*EXPLAIN, "--figure", "pie", "-o", "a.svg"], 2, "pie"),
        ([*EXPLAIN, "--figure", "pie"], 2, "pie"),
        ([*EXPLAIN, "--figure", "arcs"], 2, "-o FILE.svg"),
        ([*EXPLAIN, "--model", BERT, "--figure", "arcs", "-o", "a.html"], 2, "--figure 'arcs'"),
        ([*COMPARE, "--figure", "arcs", "--json"], 2, "--figure 'arcs'"),
        ([*MODELS, "--figure", "arcs", "-o", "a.svg"], 2, "--figure 'arcs'"),
        ([*EXPLAIN, "--mode", "multihead", "--heads", "13", "--figure", "arcs", "-o", "a.svg"], 1, "12"),
        (["explain", "qwzx", "-o", "a.svg"], 1, "qwzx"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_no_file(arguments, code, named, tmp_path):
    done = attn(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert named in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert not list(tmp_path.iterdir())


def test_a_picture_is_nothing_for_a_terminal():
    shown = on_terminal(*EXPLAIN, "--format", "png")
    assert "error: --format 'png': expected a file for bytes, got a terminal" in shown


def run_with(preparation, arguments, folder):
    """`attn` in a process in which something was prepared."""
    code = f"{preparation}\nimport sys; from attncli.cli.app import run; sys.exit(run({arguments!r}))"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, env=BARE, capture_output=True, text=True)


WITHOUT = "import sys; sys.modules['matplotlib'] = None"
NOWHERE = [["--vectors", "no.txt"], ["--model", "no", "--head", "0"]]


@pytest.mark.parametrize("command", [[*each, *missing] for each in (EXPLAIN, COMPARE) for missing in NOWHERE])
def test_a_missing_extra_is_said_before_any_work(command, tmp_path):
    swap = ["--swap", "dog=he"] * (command[0] == "compare" and "--model" in command)
    done = run_with(WITHOUT, [*command, *swap, "-o", "a.svg"], tmp_path)
    assert done.returncode == 3
    lines = [
        "error: a figure needs the package matplotlib, which is not installed",
        f"hint: {install_command(*requirements('plot'))}",
    ]
    assert done.stderr.splitlines() == lines  # and nothing of the vectors or the model, which do not exist
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [["-o", "a.screen.svg"], ["-o", "a.csv"], ["--figure", "heat"], ["-o", "a.npz"]])
def test_other_formats_need_no_extra(options, tmp_path):
    done = run_with(WITHOUT, [*EXPLAIN, *options], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_drawing_that_fails_leaves_the_old_file(tmp_path):
    (tmp_path / "a.svg").write_text("old")
    broken = "import matplotlib.figure; matplotlib.figure.Figure.savefig = None"
    assert run_with(broken, [*EXPLAIN, "-o", "a.svg"], tmp_path).returncode == 1
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.svg", "old")]


def test_settings_and_folders_of_matplotlib_are_not_the_readers_business(tmp_path):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nnonsense: 1\nfont.size: 40\n")
    env = {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc"), "MPLCONFIGDIR": "/proc/no"}
    done = attn(*EXPLAIN, "-o", "a.svg", "-q", cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    attn(*EXPLAIN, "-o", "b.svg", cwd=tmp_path)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_matplotlib_that_does_not_start_is_one_line(tmp_path):
    done = attn_process(*EXPLAIN, "-o", "a.svg", cwd=tmp_path, env={"MPLBACKEND": "nonsense"})
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 2)
    assert "nonsense" in done.stderr


def rows(*arguments, **how):
    return list(csv.DictReader(io.StringIO(attn(*arguments, "--format", "csv", **how).stdout, newline="")))


@pytest.mark.parametrize("command", [EXPLAIN, [*EXPLAIN, "--mask", "causal"], [*EXPLAIN, "--mode", "multihead"]])
def test_csv_holds_what_json_holds(command):
    record = strict(attn(*command, "--json", "--precision", "17").stdout)
    for row in rows(*command):
        place = [int(row[name]) for name in ("layer", "head", "query", "key")]
        score = np.array(record["scores"])[*place]
        assert float(row["weight"]) == pytest.approx(np.array(record["weights"])[*place], abs=1e-16)
        assert (float(row["score"]) if row["score"] else None) == (score and pytest.approx(score))
        assert row["query_text"] == record["tokens"][place[2]]["text"]
    assert place == [each - 1 for each in np.shape(record["weights"])]


@pytest.mark.parametrize(
    "text", ["=1+1", "@x", "a,b", '"q"', "a\nb", "a\rb", "\x1b[31m", "a\udcffb", " a ", "-1", "+1"]
)
def test_csv_gives_hostile_text_back(text, tmp_path):
    sentence = f"dog {text} cat"
    attn("explain", sentence, "--model", BERT, "-o", "a.csv", "--csv", "exact", cwd=tmp_path)
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as stream:
        found = list(csv.DictReader(stream))
    whole = strict(attn("explain", sentence, "--model", BERT, "--json").stdout)
    assert {row["key_text"] for row in found} == {token["text"] for token in whole["tokens"]}


def test_a_batch_has_its_heads_once():
    done = attn("explain", "-", "--format", "csv", text="a dog\nthe cat\n")
    assert done.stdout.count("query_text") == 1
    found = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [{row["query_text"] for row in found if row["sentence"] == which} for which in "01"] == [
        {"a", "dog"},
        {"the", "cat"},
    ]


def test_combined_heads_have_no_number_and_rows_not_worked_out_are_left_out():
    long = " ".join(["the dog ran"] * 12)
    found = rows("explain", long, "--model", BERT, "--combine", "flow", "--word", "2")
    assert {(row["layer"], row["head"], row["score"], row["query"]) for row in found} == {("", "", "", "2")}
    assert len(found) == 38


def test_merged_words_keep_their_heads_and_have_no_scores():
    found = rows(*EXPLAIN, "--model", BERT, "--words", "--head", "1")
    assert {row["head"] for row in found} == {"1"}
    assert {row["score"] for row in found} == {""}


def test_the_rows_of_a_comparison():
    record = strict(attn(*COMPARE, "--json", "--precision", "17").stdout)
    methods = {each["method"]: each for each in record["methods"]}
    for row in rows(*COMPARE):
        place, method = (int(row["query"]), int(row["key"])), methods[row["method"]]
        assert float(row["weight"]) == pytest.approx(method["weights"][place[0]][place[1]], abs=1e-16)
        baseline = methods["scaled"]["weights"][place[0]][place[1]]
        assert float(row["difference"]) == pytest.approx(float(row["weight"]) - baseline, abs=1e-15)
        assert float(row["divergence"]) == pytest.approx(method["divergence"], abs=1e-16)
    assert len(rows(*COMPARE)) == 9 * len(methods)


def test_the_rows_and_arrays_of_compared_models(tmp_path):
    heads = strict(attn(*MODELS, "--json", "--precision", "17").stdout)["heads"]
    attn(*MODELS, "-o", "a.npz", cwd=tmp_path)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        found = arrays["divergence"].ravel().tolist()
    assert found == pytest.approx([each["divergence"] for each in heads], abs=1e-16)
    assert found == [float(row["divergence"]) for row in rows(*MODELS)]


def test_the_arrays_of_a_comparison(tmp_path):
    methods = strict(attn(*COMPARE, "--json", "--precision", "17").stdout)["methods"]
    attn(*COMPARE, "-o", "a.npz", cwd=tmp_path)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert arrays["methods"].tolist() == [each["method"] for each in methods]
        np.testing.assert_allclose(arrays["weights"], [each["weights"] for each in methods], atol=1e-16)
        np.testing.assert_allclose(arrays["divergence"], [each["divergence"] for each in methods], atol=1e-16)


LETTERS = re.compile(r"[^\W\d_]+")
HEADS = ["heads", "the dog ran", "--model", BERT, "--pattern", "next"]


@pytest.mark.parametrize("command", [*COMMANDS, HEADS])
def test_every_page_can_be_a_picture_of_the_terminal(command):
    done = attn(*command, "--format", "screen.svg", env={"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "90"})
    assert done.returncode == 0
    shown = " ".join(ElementTree.fromstring(done.stdout).itertext()).replace("\xa0", " ")
    in_colours = attn(*command, "--color", "always", env={"COLUMNS": "90", "COLORTERM": "truecolor"}).stdout
    page = re.sub(r"\x1b\[[\d;]*m", "", in_colours)
    assert set(LETTERS.findall(page)) <= set(LETTERS.findall(shown))
    assert "fill: #" in done.stdout


def test_a_picture_of_the_terminal_holds_no_markup_of_others_and_no_address():
    text = "dog <script>alert(1)</script> </text><image href=http://x> \x1b[31m 注意 👍🏽"
    done = attn("explain", text, "--format", "screen.svg", "-q").stdout
    tags = {each.tag.rpartition("}")[2] for each in ElementTree.fromstring(done).iter()}
    assert tags == {"svg", "style", "defs", "clipPath", "rect", "g", "text", "circle"}
    assert done.count("http://") == done.count("http://www.w3.org/2000/svg") + done.count("href=http://x")


def test_wide_signs_have_the_room_of_two_cells():
    root = ElementTree.fromstring(attn("explain", "dog 注意", "--format", "screen.svg", "-q").stdout)
    wide = next(each for each in root.iter() if (each.text or "").startswith("[注意?]"))
    assert float(wide.get("textLength")) == pytest.approx(7 * 12.2)


def test_rows_not_worked_out_are_no_zeros_in_arrays(tmp_path):
    long = " ".join(["the dog ran"] * 12)
    attn("explain", long, "--model", BERT, "--combine", "flow", "--word", "2", "-o", "a.npz", cwd=tmp_path)
    with np.load(tmp_path / "a.npz") as arrays:
        known = ~np.isnan(arrays["weights"]).any(axis=(0, 1, 3))
    assert np.flatnonzero(known).tolist() == [2]


def test_a_csv_has_a_limit(monkeypatch):
    import attncli.views.records.rows as rows

    monkeypatch.setattr(rows, "MOST_BYTES", 100)
    with pytest.raises(AttnError, match="CSV of 9 weights") as caught:
        list(rows.explanation_rows(explain("the river bank")))
    assert ".npz" in caught.value.hint
