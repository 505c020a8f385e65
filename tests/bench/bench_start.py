"""How long a user waits for `attn`, and how much memory it takes, against a bare floor measured in the same run.

The floor is a Typer app that imports NumPy, rich.console and rich.text and prints one line. Run:
python tests/bench/bench_start.py [ROUNDS]
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FLOOR = """
import numpy
import typer
from rich.console import Console
from rich.text import Text

app = typer.Typer()

@app.command()
def main(sentence: str) -> None:
    Console().print(Text(sentence))

app()
"""
SENTENCE = "Bark is very cute and he is a dog"
ATTN = [str(Path(sys.executable).with_name("attn"))]  # the installed command, as a user starts it


def run(command):
    """Seconds and peak megabytes of one finished process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main(rounds=15):
    """Interleave the commands, so that a slow moment of the machine falls on all of them."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as floor:
        floor.write(FLOOR)
        floor.flush()
        commands = {
            "floor": [sys.executable, floor.name, SENTENCE],
            "attn explain": [*ATTN, "explain", SENTENCE],
            "attn explain --json": [*ATTN, "explain", SENTENCE, "--json"],
            "attn compare": [*ATTN, "compare", SENTENCE],
            "attn --help": [*ATTN, "--help"],
        }
        measured = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                measured[name].append(run(command))
    floor_time, floor_memory = (statistics.median(values) for values in zip(*measured["floor"], strict=True))
    for name, runs in measured.items():
        seconds, megabytes = (statistics.median(values) for values in zip(*runs, strict=True))
        ratio, more = seconds / floor_time, megabytes - floor_memory
        print(f"{name:22} {seconds:6.3f} s  {ratio:5.2f} x floor   {megabytes:6.1f} MB  {more:+6.1f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
