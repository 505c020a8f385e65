"""Every command as a process of its own: the exit code and both streams are those of the run in this process."""

import re
import subprocess
import sys

import pytest
from oracles.checkpoints import TINY
from support.command import attn, attn_process

from attncli.cli.app import MODULES

CALLS = {
    "tour": ["a dog", "--screen", "2"],
    "explain": ["a dog", "--mode", "multihead"],
    "compare": ["a dog", "--json"],
    "explore": ["a dog"],  # not on a terminal
    "vectors": ["near", "dog"],
    "models": ["info", str(TINY / "bert")],
    "heads": ["a dog", "--model", str(TINY / "bert"), "--pattern", "next"],
    "predict": ["a [MASK]", "--model", str(TINY / "bert")],
    "similar": ["the dog", "a puppy"],
    "align": ["the dog", "le chien", "--vectors", "attn-en"],
    "show": [str(TINY.parent / "given.npz")],
    "train": ["/dev/null", "-o", "made.npz"],
    "corpus": ["text.txt", "--words", "dog"],
    "example": ["text"],
    "schema": ["explain"],
    "completion": ["bash"],
    "man": [],
}


def test_no_command_is_left_out():
    assert list(CALLS) == list(MODULES)


@pytest.mark.parametrize("command", CALLS)
def test_a_process_answers_as_a_call_does(command, tmp_path):
    (tmp_path / "text.txt").write_text("the dog sat\n")
    arguments = [command, *CALLS[command]]
    called, process = attn(*arguments, cwd=tmp_path), attn_process(*arguments, cwd=tmp_path)
    assert timeless(called.stdout) == timeless(process.stdout)
    assert (called.stderr, called.returncode) == (process.stderr, process.returncode)
    assert called.stdout or called.stderr.startswith("error: ")


def timeless(text):
    return re.sub(r"[\d,.]+ texts/s", "… texts/s", text)


def test_the_end_of_a_process_searches_no_objects_of_imports_for_garbage():
    code = (
        "import atexit, gc, sys; sys.argv = ['attn', '--version']; from attncli.__main__ import main\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 10_000)); main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "True"
