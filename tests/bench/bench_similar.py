"""`attn similar` with a sentence encoder: the cold start of a pair, and lines a second of a search, against floors.

python tests/bench/bench_similar.py FOLDER [LINES]: FOLDER is all-MiniLM-L6-v2, the lines are sentences of gensim's Lee
corpus. The floor of a pair of 15-word sentences is that of bench_start.py, without a model; that of a search the packs
of bench_packs.py over the same lines, with the entropy and the distances of every head: they leave out the second half
of the last layer. One thread; medians of ratios of two runs right after one another.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
os.environ.update(ONE_THREAD)

from bench_corpus import sentences  # noqa: E402  (threads are set before)
from bench_start import ATTN, FLOOR, run  # noqa: E402

ROUNDS = 5
PAIR = (
    "the small brown dog of my neighbour plays with a red ball in the garden today",
    "a young puppy runs over the green lawn behind the house after a ball this morning",
)
SEARCH = """
import sys, time
from attncli.corpus.model_reading import ModelReader
from attncli.corpus.searching import by_model
from attncli.corpus.tables import table_classes
from attncli.models.model import open_model
from attncli.models.text_encoder import TextEncoder
from attncli.settings.model import check_model_settings
from attncli.settings.similarity import check_similarity
model, lines = open_model(sys.argv[1]), sys.stdin.read().splitlines()
encoder, settings = TextEncoder.of(model), check_similarity(with_model=True, top=10)
def search():
    searcher = by_model("a fire in the forest", encoder, settings)
    searcher.add(1, lines)
    searcher.result()
def packs():
    tables = [table() for table in table_classes(("entropy", "distance"))]
    for batch in ModelReader(model, check_model_settings()).read(lines, print):
        for table in tables:
            table.add(batch)
search()
for _ in range(int(sys.argv[2])):
    for run in (search, packs):
        start = time.process_time()
        run()
        print(time.process_time() - start, end=" ")
    print()
"""


def cold(folder):
    """The pair as a process, against the floor."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as floor:
        floor.write(FLOOR)
        floor.flush()
        bare, command = [sys.executable, floor.name, PAIR[0]], [*ATTN, "similar", *PAIR, "--model", folder]
        run(command)
        pairs = [(run(command), run(bare)) for _ in range(2 * ROUNDS)]
    ratio, peak = median(ours[0] / theirs[0] for ours, theirs in pairs), max(ours[1] for ours, _ in pairs)
    best = min(ours[0] for ours, _ in pairs)
    print(f"a pair of 15 words, cold: {best * 1e3:.0f} ms, {ratio:.2f} x the bare floor, {peak:.0f} MB")


def main(folder, count="1000"):
    cold(folder)
    lines = sentences()[: int(count)]
    command = [sys.executable, "-c", SEARCH, folder, str(ROUNDS)]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    rounds = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
    rate = len(lines) / min(ours for ours, _ in rounds)
    ratio = median(packs / ours for ours, packs in rounds)
    print(f"{len(lines)} lines searched: {rate:.0f}/s of processor time, {ratio:.2f} x the rate of packs")


if __name__ == "__main__":
    if not Path(sys.argv[1]).is_dir():
        sys.exit("expected the folder of a model")
    main(*sys.argv[1:])
