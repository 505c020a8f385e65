"""`attn predict --generate`: text that comes token by token, its JSON and CSV, batches, and interrupts."""

import csv
import io
import json
import os
import signal
import subprocess
import sys

import jsonschema
import pytest
from support.command import attn
from support.places import TESTS

from attncli.cli.output import Sink
from attncli.views.records.schemas import schema_of
from attncli.views.screen import Screen

LLAMA = str(TESTS / "oracles" / "tiny" / "llama_biased")
TRANSLATOR = str(TESTS / "oracles" / "translator")
SAID = ["Anna has seen the dog", "--model", TRANSLATOR, "--generate", "20"]
PAGE = """\
attn predict  translator (marian, 1 layers × 2 heads) · generate 20

  source  Anna has seen the dog
  target

answer  the likeliest token each time
Anna hat den Hund gesehen

note: 6 tokens; the last one, </s>, ends the text
note: the probability of each token, and of others in its place: --json
"""


class Pipe(io.BytesIO):
    """A stream that keeps what it had at every flush."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def flush(self):
        self.seen.append(self.getvalue().decode())


def test_the_answer_stands_under_its_heading():
    assert attn("predict", *SAID).stdout == PAGE


def test_the_page_in_a_file_is_the_same(tmp_path):
    assert attn("predict", *SAID, "-o", str(tmp_path / "said.txt")).returncode == 0
    assert (tmp_path / "said.txt").read_text() == PAGE


def test_running_text_is_flushed_as_it_comes_and_its_line_is_ended():
    stream = Pipe()
    with Sink(stream).running(Screen()) as write:
        for piece in ("a", " b", "\n", "c"):
            write(piece)
    assert stream.seen == ["a", "a b", "a b\n", "a b\nc", "a b\nc\n"]


def test_an_interrupt_ends_the_line():
    stream = Pipe()

    def interrupted():
        with Sink(stream).running(Screen()) as write:
            write("begun")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert stream.getvalue() == b"begun\n"


def test_tokens_come_one_by_one_and_an_interrupt_leaves_whole_lines():
    """The reader of a pipe has the text before it is whole."""
    command = [sys.executable, "-m", "attncli", "predict", "the dog", "--model", LLAMA, "--generate", "60"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        read = b""
        while b"each time\n" not in read or read.endswith(b"each time\n"):
            read += os.read(process.stdout.fileno(), 2**16)
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()
    assert process.returncode in (0, 130)  # it may have been done before
    assert (read + rest).endswith(b"\n")
    assert b"Traceback" not in errors


def test_what_a_model_says_does_not_act_on_the_terminal():
    """Signs of control are shown; a line break is one."""
    from attncli.views.terminal.continuation import said_text

    pieces = [" ", "a\x1b[31m", "\n", "\u202eb", "\r", "\t"]
    assert "".join(said_text(pieces, Screen())) == "a\\x1b[31m\n\\u202eb\\r\\t"


def test_json_has_an_entry_for_each_token():
    done = attn("predict", *SAID, "--json", "--top", "2")
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    jsonschema.validate(found, schema_of("predict"), jsonschema.Draft202012Validator)
    assert found["generated"] == "Anna hat den Hund gesehen"
    assert [each["position"] for each in found["predictions"]] == [0, 1, 2, 3, 4, 5]
    assert [each["said"]["token"] for each in found["predictions"]] == [*found["generated"].split(), "</s>"]
    assert all(each["said"] == each["top"][0] for each in found["predictions"])
    target = found["target"]
    assert target["text"] == ""
    assert [token.get("generated", False) for token in target["tokens"]] == [False] + [True] * 6
    whole = target["text"] + found["generated"]
    assert [whole[token["start"] : token["end"]] for token in target["tokens"][1:-1]] == found["generated"].split()
    assert [found["settings"][name] for name in ("generate", "sample", "top_p", "seed")] == [20, None, 1.0, 0]


def test_json_of_a_changed_model_has_the_answers_of_the_unchanged_one():
    done = attn("predict", *SAID, "--without", "cross:0.0", "--json", "--top", "1")
    found = json.loads(done.stdout)
    jsonschema.validate(found, schema_of("predict"), jsonschema.Draft202012Validator)
    assert [each["position"] for each in found["with_all"]] == [each["position"] for each in found["predictions"]]
    assert not any("said" in each for each in found["with_all"])


def test_csv_says_which_token_was_said():
    drawn = ["--sample", "3", "--seed", "5", "--top", "1", "--format", "csv"]
    done = attn("predict", "the dog", "--model", LLAMA, "--generate", "8", *drawn)
    rows = [*csv.DictReader(io.StringIO(done.stdout))]
    assert sum(row["said"] == "1" for row in rows) == 8
    assert {row["rank"] for row in rows if row["said"] == "0"} == {"1"}
    assert {row["rank"] for row in rows if row["said"] == "1"} <= {"1", ""}


def test_a_batch_goes_on_from_every_line():
    done = attn("predict", "-", "--model", LLAMA, "--generate", "3", text="the dog\n\nhe\n")
    pages = done.stdout.split("\n\nattn predict")
    assert len(pages) == 2
    assert "\n  he\n" in pages[1]
    lines = attn("predict", "-", "--model", LLAMA, "--generate", "3", "--json", text="the dog\n\nhe\n").stdout
    found = [json.loads(line) for line in lines.splitlines()]
    assert [(each["line"], len(each["predictions"])) for each in found] == [(1, 3), (3, 3)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--generate", "0"], "error: --generate 0: expected a whole number from 1"),
        (["--sample", "1"], "error: --sample 1.0: expected a number of tokens with it\nhint: add --generate 50\n"),
        (
            ["--generate", "2", "--top-p", "0.5"],
            "error: --top-p 0.5: expected a temperature with it\nhint: add --sample 1\n",
        ),
    ],
)
def test_mistakes_are_named(options, said):
    done = attn("predict", "the dog", "--model", LLAMA, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
