"""How long a model takes: the whole command and its parts in a cold process, and 128 tokens once it is warm.

`python tests/bench/bench_model.py FOLDER [PYTHON_WITH_TORCH]` prints the shortest of many runs, which other work on the
machine disturbs least, against the floor of bench_start.py, and with a second Python the ratios to transformers on
PyTorch, weights returned.
"""

import subprocess
import sys

from bench_start import ATTN, FLOOR, SENTENCE, run

COLD = """
import sys, time, resource
start = time.perf_counter()
import numpy
imported = time.perf_counter()
from attncli.models.model import open_model
model = open_model(sys.argv[1])
opened = time.perf_counter()
ids = model.read("Bark is very cute and he is a dog").ids
layers = list(model.run(ids))
done = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
print((imported - start) * 1e3, (opened - imported) * 1e3, (done - opened) * 1e3, peak)
"""
SHORTEST = """
import sys, time
def shortest(forward, runs=40):
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        forward()
        took.append(time.perf_counter() - start)
    print(min(took) * 1e3)
ids = list(range(1000, 1128))
"""
OURS = """
from attncli.models.model import open_model
model = open_model(sys.argv[1])
shortest(lambda: list(model.run(ids)))
"""
TORCH = """
import torch
from transformers import AutoModel
model = AutoModel.from_pretrained(sys.argv[1], attn_implementation="eager").eval()
tokens = torch.tensor([ids])
with torch.no_grad():
    shortest(lambda: model(tokens, output_attentions=True))
"""


COLD_TORCH = """
import sys
import torch
from transformers import AutoModel, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model = AutoModel.from_pretrained(sys.argv[1], attn_implementation="eager").eval()
with torch.no_grad():
    print(model(**tokenizer(sys.argv[2], return_tensors="pt"), output_attentions=True).attentions[0].shape)
"""


def shortest(command, rounds=9):
    """The shortest time and the smallest peak memory of several processes."""
    return tuple(map(min, zip(*(run(command) for _ in range(rounds)), strict=True)))


def whole(folder, torch_python):
    """The command as a user starts it, against the floor and against a cold process of transformers."""
    floor, _ = shortest([sys.executable, "-c", FLOOR, SENTENCE])
    seconds, peak = shortest([*ATTN, "explain", SENTENCE, "--model", folder])
    print(
        f"attn explain --model: {seconds:.2f} s, {seconds / floor:.2f} x the floor of {floor:.2f} s, peak {peak:.0f} MB"
    )
    if torch_python:
        theirs, memory = shortest([torch_python, "-c", COLD_TORCH, folder, SENTENCE], 3)
        print(f"transformers, cold: {theirs:.2f} s, {theirs / seconds:.1f} x as long, peak {memory:.0f} MB")


def printed(python, code, folder):
    """The numbers that the code prints."""
    done = subprocess.run([python, "-c", code, folder], capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def main(folder, torch_python=None):
    whole(folder, torch_python)
    columns = list(zip(*(printed(sys.executable, COLD, folder) for _ in range(7)), strict=True))
    numpy_ms, open_ms, run_ms, peak = map(min, columns)
    print(f"cold, nine words: numpy {numpy_ms:.0f} ms, open {open_ms:.0f} ms, run {run_ms:.0f} ms, peak {peak:.0f} MB")
    ours = min(printed(sys.executable, SHORTEST + OURS, folder)[0] for _ in range(5))
    print(f"warm, 128 tokens: {ours:.1f} ms")
    if torch_python:
        theirs = min(printed(torch_python, SHORTEST + TORCH, folder)[0] for _ in range(5))
        print(f"PyTorch: {theirs:.1f} ms, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
