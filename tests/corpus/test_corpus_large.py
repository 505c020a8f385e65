"""Text of 256 MB with varied words: its tables are the same from one process and from two, in bounded memory."""

import hashlib
import json
import os
import subprocess

import numpy as np
import pytest
from support.command import COMMAND

MEGABYTES, PEAK = 256, 700  # of the text, and of each process
MEASURED = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(json.dumps([code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]))
"""


@pytest.fixture(scope="module")
def text(vectors, tmp_path_factory):
    """Sentences of 5 to 35 words, drawn by their rank as Zipf has it."""
    path, rng = tmp_path_factory.mktemp("large") / "text.txt", np.random.default_rng(0)
    words = np.array(list(vectors.text(range(20_000))), object)
    with open(path, "w") as file:
        while file.tell() < MEGABYTES * 2**20:
            drawn = words[np.minimum(rng.zipf(1.2, 200_000), len(words)) - 1]
            ends = np.cumsum(rng.integers(5, 36, 10_000))
            lines = np.split(drawn, ends[ends < len(drawn)])
            file.writelines(" ".join(line) + "\n" for line in lines)
    return path


def checksum_and_peak(text, folder, jobs, python):
    command = [
        python,
        "-c",
        MEASURED,
        *COMMAND,
        "corpus",
        text,
        "-o",
        folder,
        "--collect",
        "entropy,distance",
        "--jobs",
        jobs,
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, env=dict(os.environ))
    code, peak = json.loads(done.stdout)
    assert code == 0, done.stderr
    tables = sorted(folder.glob("*.ndjson"))
    assert tables
    return {table.name: hashlib.sha256(table.read_bytes()).hexdigest() for table in tables}, peak


@pytest.mark.full
def test_a_large_text_gives_the_same_tables_from_two_processes_in_bounded_memory(text, tmp_path):
    python = COMMAND[0]
    one, peak = checksum_and_peak(text, tmp_path / "one", 1, python)
    two, peak_of_two = checksum_and_peak(text, tmp_path / "two", 2, python)
    assert one == two
    assert max(peak, peak_of_two) < PEAK
