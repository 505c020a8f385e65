"""`attn train` as a user meets it: a file of heads, progress, mistakes, and the table of their evaluation."""

import json
import os
import re
import signal
import subprocess
import sys

import jsonschema
import numpy as np
import pytest
from support.command import BARE, COMMAND, attn, on_terminal

from attncli.cli.commands.train import result_line, resume_command
from attncli.training.evaluation import Evaluation, Row
from attncli.training.loop import Trained
from attncli.views.records.schemas import schema_of
from attncli.views.screen import Screen
from attncli.views.terminal.evaluation import evaluation_lines

SCHEMA = schema_of("evaluate")
NAMES = ["intact", "content_zeroed", "positions_zeroed", "shuffled", "scrambled", "uniform", "dot", "scaled", "random"]
WORDS = [
    "king",
    "queen",
    "dog",
    "puppy",
    "river",
    "water",
    "doctor",
    "hospital",
    "bread",
    "butter",
    "the",
    "a",
    "very",
    "old",
    "new",
    "small",
    "other",
    "great",
]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("text") / "some text.txt"
    path.write_text("".join(" ".join(rng.choice(WORDS, 8)) + ".\n" for _ in range(900)))
    return str(path)


@pytest.fixture(scope="module")
def block(text, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("block") / "my.npz")
    done = attn("train", text, "-o", path, "--heads", "2", "--d-k", "8", "--epochs", "1")
    assert done.returncode == 0, done.stderr
    assert "held-out MRR" in done.stderr
    assert f'attn explain "…" --mode multihead --heads 2 --projections {path}' in done.stderr
    assert done.stdout == ""
    return path


def test_what_was_trained_explains(block):
    done = attn("explain", "the king and the queen", "--mode", "multihead", "--projections", block, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    weights = np.array(record["weights"])[0]  # [n_head, n, n]
    assert len(weights) == 2
    assert weights[:, 0, 3].max() == 0  # "the" does not see its repeat
    assert record["settings"]["exclude_self"] is True
    assert any("hidden from itself" in warning for warning in record["warnings"])
    assert all(role["held_out"] for role in record["roles"])


def test_the_evaluation_keeps_to_its_schema(text, block):
    done = attn("train", "--evaluate", block, text, "--held-out", "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    jsonschema.validate(record, SCHEMA)
    assert [row["name"] for row in record["rows"]] == NAMES


@pytest.fixture(scope="module")
def evaluation(vectors):
    row = {"mrr": 0.38, "mrr_spread": 0.002, "top1": 0.25, "entropy": 3.1, "stop_mass": 0.2, "diversity": 0.5}
    rows = tuple(Row(name, **row) for name in NAMES)
    return Evaluation("trained, 3 heads", "scaled", vectors, 300, 9000, rows, np.array([[1.0, 0, 0, 0, 0]] * 3))


@pytest.mark.parametrize(
    ("width", "left_out"), [(20, None), (40, "bits, stop, JSD"), (50, "JSD"), (60, ""), (80, ""), (120, "")]
)
@pytest.mark.parametrize("accessible", [True, False])
def test_the_evaluation_fits_the_screen_and_says_what_it_leaves_out(evaluation, width, left_out, accessible):
    lines = [line.plain for line in evaluation_lines(evaluation, Screen(width, accessible=accessible))]
    page = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= width
    assert [name for name in NAMES if name not in page] == []
    assert (f"too narrow for {left_out}: --json has all" in page) == bool(left_out and not accessible)
    if left_out == "" and not accessible:
        assert "MRR spread top-1 bits stop JSD intact 0.380 0.002 0.250 3.10 0.20 0.50" in page


def test_the_evaluation_in_sentences(evaluation):
    lines = [line.plain for line in evaluation_lines(evaluation, Screen(1000, accessible=True))]
    assert lines[1] == (
        "intact, the block as it is: MRR 0.380 with a spread of 0.002 over three draws, top-1 0.250, "
        "entropy 3.10 bits a row, 0.20 of the weight on stop words, heads differ by 0.50 bits."
    )
    assert lines[10] == "Head 0 looks at: neighbour to the left."


def test_the_table_names_every_row(text, block):
    done = attn("train", "--evaluate", block, text, "--held-out")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.split("JSD\n")[1].splitlines()[:9]] == NAMES


def test_ctrl_c_keeps_the_file_and_says_how_to_go_on(text, tmp_path):
    path = str(tmp_path / "my.npz")
    picture = str(tmp_path / "my.svg")
    command = [*COMMAND, "train", text, "-o", path, "--heads", "1", "--minutes", "5", "--picture", picture]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=BARE | {"ATTN_HOME": str(tmp_path)})
    while "MRR" not in process.stderr.readline():
        pass
    os.kill(process.pid, signal.SIGINT)
    with process.stderr:
        rest = process.stderr.read()
    assert process.wait() == 130, rest
    assert f"go on: attn train --resume {path} '{text}' -o {path} --heads 1 --minutes 5 --picture {picture}" in rest
    assert "; interrupted" in (tmp_path / "my.svg").read_text()
    assert attn("train", text, "-o", path, "--resume", path, "--epochs", "0.1", "--picture", picture).returncode == 0
    assert ">Training of 1 head, resumed<" in (tmp_path / "my.svg").read_text()


def test_a_picture_of_the_training_is_written_beside_the_heads(text, tmp_path):
    files = "-o", tmp_path / "my.npz", "--picture", tmp_path / "my.svg"
    done = attn("train", text, *files, "--heads", "2", "--d-k", "8", "--epochs", "0.3", "--width", "text")
    assert done.returncode == 0, done.stderr
    svg = (tmp_path / "my.svg").read_text()
    assert re.search(
        r"<title>Training of 2 heads: scaled · vectors attn-en · held-out MRR 0\.\d{3} after \d+ steps", svg
    )
    assert f'width="{6.75 * 72:g}pt"' in svg
    assert f"picture: {tmp_path / 'my.svg'}" in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--picture", "my.txt"], 2, "--picture my.txt: expected an ending among .svg, .pdf, .png"),
        (["--picture", "no/my.svg"], 1, "cannot write 'no/my.svg': its folder does not exist"),
        (["--evaluate", "trained", "--picture", "my.svg"], 2, "--picture my.svg: no meaning with --evaluate"),
    ],
)
def test_a_picture_that_cannot_be_is_refused_before_the_training(text, options, code, said, tmp_path):
    output = [] if "--evaluate" in options else ["-o", "my.npz"]
    done = attn("train", text, *output, *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said.replace("'", "") in done.stderr.splitlines()[0].replace("'", "")
    assert "sentences" not in done.stderr
    assert [*tmp_path.iterdir()] == []


INTERRUPTED_AT_ONCE = """
import signal, sys
from attncli.cli.app import run
from attncli.cli.train_progress import TrainProgress
TrainProgress.training = lambda *_: signal.raise_signal(signal.SIGINT)
sys.exit(run())
"""


def test_ctrl_c_under_quiet_says_only_what_was_kept_and_how_to_go_on(text, tmp_path):
    path = str(tmp_path / "my.npz")
    command = [sys.executable, "-c", INTERRUPTED_AT_ONCE, "train", "-q", text, "-o", path, "--d-k", "8"]
    done = subprocess.run(command, capture_output=True, text=True, env=BARE | {"ATTN_HOME": str(tmp_path)})
    assert done.returncode == 130, done.stderr
    kept, how = done.stderr.splitlines()
    assert f"kept in {path}; interrupted" in kept
    assert how == f"go on: attn train --resume {path} -q '{text}' -o {path} --d-k 8"


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        (["a b.txt", "-o", "my.npz"], "'a b.txt' -o my.npz"),
        (["--resume", "old.npz", "a", "-o", "my.npz"], "a -o my.npz"),
        (["a", "--resume=old.npz", "-o", "my.npz"], "a -o my.npz"),
        (["--resume", "x", "--resume=y", "-q", "a"], "-q a"),
        (["-o", "my.npz", "--", "--resume", "-a"], "-o my.npz -- --resume -a"),
    ],
)
def test_to_go_on_is_what_was_typed_from_the_heads_that_were_kept(typed, rest):
    assert resume_command("my.npz", typed) == f"attn train --resume my.npz {rest}"


@pytest.mark.parametrize(
    ("ended", "better", "said"),
    [
        ("done", True, ""),
        ("stopped", True, "; it fell after that, so training ended"),
        ("diverged", True, "; the loss was no longer a number, so training ended"),
        ("interrupted", False, "; interrupted; nothing better was found than what --resume gave"),
    ],
)
def test_the_end_is_explained(ended, better, said):
    trained = Trained({}, 0.25, np.zeros((1, 5)), ended, better)
    assert result_line("my.npz", trained) == f"held-out MRR 0.250, kept in my.npz{said}"


@pytest.mark.parametrize(
    ("options", "env", "drawn"),
    [
        ([], {}, True),
        (["--color", "never"], {}, False),
        ([], {"ACCESSIBLE": "1"}, False),
        ([], {"NO_COLOR": "1"}, False),
        (["--color", "always"], {"TERM": "dumb"}, False),
    ],
)
def test_a_terminal_that_cannot_be_drawn_on_gets_plain_lines(text, options, env, drawn, tmp_path):
    command = ["train", text, "-o", str(tmp_path / "my.npz"), "--heads", "1", "--d-k", "4", "--epochs", "10", *options]
    shown = on_terminal(*command, env=env | {"ATTN_HOME": str(tmp_path)})
    plain = re.search(r"\d%  [\d,]+ words/s", shown)  # in a bar the share stands at the end
    assert ("\x1b" in shown, plain is None) == (drawn, drawn)


def test_however_short_a_training_is_a_line_tells_how_it_went(text, tmp_path):
    done = attn("train", text, "-o", str(tmp_path / "my.npz"), "--heads", "1", "--d-k", "4", "--epochs", "10")
    assert re.search(r"words/s, loss \d\.\d+, held-out MRR 0\.\d+$", done.stderr, re.MULTILINE), done.stderr


def test_the_usage_reads_as_one_types():
    assert attn("train", "-h").stdout.startswith("Usage: attn train [OPTIONS] TEXT...\n")


@pytest.mark.parametrize(
    ("options", "code", "quoted"),
    [
        ([], 2, "-o my.npz"),
        (["-o", "my.txt"], 2, "my.txt"),
        (
            ["-o", "my.npz", "--epochs", "1", "--minutes", "1"],
            2,
            "--epochs 1.0: expected one length of the training",
        ),
        (["-o", "my.npz", "--epochs", "0"], 2, "--epochs 0"),
        (["-o", "my.npz", "--heads", "0"], 2, "--heads 0"),
        (["-o", "my.npz", "--content-heads", "4"], 2, "--content-heads 4"),
        (["-o", "my.npz", "--method", "cosine"], 2, "'cosine'"),
        (["-o", "my.npz", "--method", "additve"], 2, "additive"),
        (["-o", "my.npz", "--seed", "-1"], 2, "--seed -1"),
        (["-o", "my.npz", "--d-k", "0"], 2, "--d-k 0"),
        (["-o", "my.npz", "--minutes", "nan"], 2, "--minutes nan"),
        (["-o", "my.npz", "--vectors", "atn-en"], 3, "attn-en"),
        (["-o", "."], 2, "'.'"),
        (["--evaluate", "trained", "--epochs", "1"], 2, "--epochs"),
        (["-o", "my.npz", "--json"], 2, "--json"),
        (["-o", "my.npz", "--resume", "no.npz"], 3, "no.npz"),
        (["--evaluate", "no.npz"], 3, "no.npz"),
        (["--evaluate", "traind"], 2, "trained, FILE.npz"),
        (["--evaluate", "trained", "--no-bias"], 2, "--no-bias"),
        (["--evaluate", "trained", "--bias"], 2, "--bias"),
        (["--evaluate", "trained", "--heads", "5"], 2, "5 heads"),
        (["--evaluate", "trained", "--heads", "0"], 2, "--heads 0"),
        (["--evaluate", "trained", "-o", "my.npz"], 2, "-o"),
        (["-o", "no/such/folder/my.npz", "--epochs", "0.1"], 1, "no/such/folder"),
    ],
)
def test_mistakes_are_quoted(text, options, code, quoted, tmp_path):
    done = attn("train", text, *options, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert quoted in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("options", "quoted"),
    [
        (["--resume", "--heads", "3"], ("--heads 3", "expected 2")),
        (["--resume", "--d-k", "9"], ("--d-k 9", "expected 8")),
        (["--resume", "--content-heads", "1"], ("--content-heads 1", "expected 0")),
        (["--resume", "--no-bias"], ("--no-bias", "has a query bias")),
        (["--evaluate", "--heads", "3"], ("--heads 3", "expected 2")),
    ],
)
def test_a_file_of_heads_keeps_its_shape(text, block, options, quoted, tmp_path):
    use, *other = options
    output = ["-o", "more.npz"] if use == "--resume" else []
    done = attn("train", text, use, block, *output, *other, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert all(part in done.stderr for part in (block, *quoted))


def test_a_text_that_is_not_there_is_quoted(tmp_path):
    done = attn("train", "no.txt", "-o", "my.npz", cwd=tmp_path)
    assert done.returncode == 1
    assert "'no.txt'" in done.stderr
