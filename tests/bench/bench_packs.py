"""Packs of texts through a model, against transformers on PyTorch in turn on one core; two jobs, memory, one sentence.

python tests/bench/bench_packs.py FOLDER PYTHON_WITH_TORCH [SENTENCES]: the sentences are those of gensim's Lee corpus.
PyTorch runs `eager` attention with its weights returned, on batches sorted by length and padded; the best of several
sizes counts. Both sides tokenise. Printed are medians of ratios of processor time, each of two runs right after one
another: other work on the machine slows both down.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench_corpus import sentences

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
BATCHES, ROUNDS, LENGTHS = (1, 16, 32, 64), 5, (9, 32)
OURS = """
import json, sys, time
import numpy as np
from attncli.corpus.model_reading import ModelReader
from attncli.corpus.tables import table_classes
from attncli.models.model import open_model
from attncli.settings.model import check_model_settings
model = open_model(sys.argv[1])
def corpus(texts, size):
    tables = [table() for table in table_classes(("entropy", "distance"))]
    for batch in ModelReader(model, check_model_settings()).read(texts, print):
        for table in tables:
            table.add(batch)
def single(n):
    list(model.run(range(1000, 1000 + n), dtype=np.float32))
"""
TORCH = """
import json, sys, time, torch
from transformers import AutoModel, AutoTokenizer
torch.set_num_threads(1)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
model = AutoModel.from_pretrained(sys.argv[1], attn_implementation="eager", dtype=torch.float32).eval()
@torch.inference_mode()
def corpus(texts, size):
    ids = sorted(tokenizer(texts)["input_ids"], key=len)
    for start in range(0, len(ids), size):
        batch = tokenizer.pad({"input_ids": ids[start : start + size]}, return_tensors="pt")
        model(**batch, output_attentions=True)
@torch.inference_mode()
def single(n):
    model(torch.arange(1000, 1000 + n)[None], output_attentions=True)
"""
LOOP = """
for line in sys.stdin:
    name, *given = json.loads(line)
    taken = []
    for _ in range(1 if name == "corpus" else 30):
        start = time.process_time()
        globals()[name](*given)
        taken.append(time.process_time() - start)
    print(min(taken), flush=True)
"""


class Side:
    """A process that runs one of the two on demand."""

    def __init__(self, python, code, folder):
        pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
        command = [python, "-c", code + LOOP, folder]
        self._process = subprocess.Popen(command, text=True, stderr=subprocess.DEVNULL, **pipes)

    def seconds(self, *call):
        """The processor time of a call."""
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


def against_torch(folder, torch, given):
    ours, theirs = Side(sys.executable, OURS, folder), Side(torch, TORCH, folder)
    for side in (ours, theirs):
        side.seconds("corpus", given[:32], 16)
    by_size = {size: min(theirs.seconds("corpus", given, size) for _ in range(2)) for size in BATCHES}
    size = min(by_size, key=by_size.get)
    print("PyTorch by size of batch:", ", ".join(f"{n}: {len(given) / s:.0f}/s" for n, s in by_size.items()))
    pairs = [(ours.seconds("corpus", given, size), theirs.seconds("corpus", given, size)) for _ in range(ROUNDS)]
    rates = (len(given) / median(side) for side in zip(*pairs, strict=True))
    ratio = median(theirs / ours for ours, theirs in pairs)
    print(
        f"{len(given)} sentences, entropy + distance: {next(rates):.0f}/s, PyTorch {next(rates):.0f}/s, {ratio:.2f} x"
    )
    for n in LENGTHS:
        pairs = [(ours.seconds("single", n), theirs.seconds("single", n)) for _ in range(ROUNDS)]
        ratio, best = median(ours / theirs for ours, theirs in pairs), min(ours for ours, _ in pairs)
        print(f"one text of {n} tokens, warm, float32: {best * 1e3:.1f} ms, {ratio:.2f} x PyTorch's time")


def jobs(folder, given, count):
    """One job against two on so many sentences, and the peak memory of the largest worker."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); " + (
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    with tempfile.TemporaryDirectory() as name:
        text = Path(name) / "text.txt"
        text.write_text("".join(f"{given[i % len(given)]}\n" for i in range(count)))
        took = {}
        for number in (1, 2, 2, 1):
            command = [sys.executable, "-m", "attncli", "corpus", str(text), "--model", folder, "--jobs", str(number)]
            start = time.perf_counter()
            run = [sys.executable, "-c", code, *command, "--collect", "entropy,distance", "--json"]
            peak = int(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
            took.setdefault(number, []).append(time.perf_counter() - start)
    one, two = min(took[1]), min(took[2])
    print(f"{count} sentences: one job {one:.1f} s, two jobs {one / two:.2f} x as fast, largest process {peak} MB")


def main(folder, torch=None, count="500"):
    os.environ.update(ONE_THREAD)
    given = sentences()
    if torch:
        against_torch(folder, torch, given[: int(count)])
    jobs(folder, given, 5000)


if __name__ == "__main__":
    main(*sys.argv[1:])
