"""`ulimit -v`: an answer or one line, never a process that ends without a word."""

import os
import subprocess
import sys

import pytest
from support.places import TESTS

from attncli import address_space

resource = pytest.importorskip("resource", reason="POSIX only")
MODEL = str(TESTS / "oracles" / "tiny" / "bert")
MB = 2**20


def attn(megabytes, *arguments, **environment):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * MB, megabytes * MB))

    command = [sys.executable, "-m", "attncli", *arguments]
    return subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, env={**os.environ, **environment})


@pytest.mark.parametrize("arguments", [["a dog"], ["a dog", "--model", MODEL]])
def test_a_little_room_is_enough(arguments):
    done = attn(address_space.NEEDED // MB, "explain", *arguments, OPENBLAS_NUM_THREADS="64")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("megabytes", [64, 100, 200, 255])
def test_less_is_said_in_one_line(megabytes):
    done = attn(megabytes, "explain", "a dog")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: ulimit -v leaves {megabytes} MB of address space; needed are 256 MB\nhint: ulimit -v unlimited\n"
    )


def test_help_needs_less():
    assert attn(100, "explain", "--help").returncode == 0


@pytest.mark.parametrize(
    ("megabytes", "said", "threads"),
    [(None, "64", "64"), (256, "64", "1"), (512, "64", "5"), (512, "2", "2"), (100_000, "64", "64"), (320, "x", None)],
)
def test_the_threads_are_those_that_there_is_room_for(megabytes, said, threads):
    environment = {"OPENBLAS_NUM_THREADS": said}
    assert address_space.heed(megabytes and megabytes * MB, environment) is None
    assert environment["OPENBLAS_NUM_THREADS"] == (threads or str(min(2, os.cpu_count())))
