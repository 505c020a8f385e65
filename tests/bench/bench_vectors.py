"""Whether the size of a vector set matters: `attn explain`, the look-up alone, and `attn vectors near`, on three sizes.

And whether numbers of one byte are read as fast as those of two.

The sets are generated into a temporary folder (some 8 GB with gensim's own copy of the largest) that is removed at the
end. Everything that is compared runs in turns, each in its own process; the best counts, for on a busy machine the rest
tells of its other work. Run:
python tests/bench/bench_vectors.py [ROUNDS]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from bench_start import ATTN, FLOOR, run

HALVED = (150_000, 96)  # words, dimensions of the sets whose numbers are short
SIZES = {"small": (22_000, 100), "medium": (400_000, 300), "large": (3_000_000, 300)}  # words, dimensions

GENERATE = """
import sys
from pathlib import Path
import numpy as np
from attncli.vectors.store.writing import create_store
folder, words, dimensions, dtype = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
random = np.random.default_rng(0)
with create_store(folder, name=folder.name, source="generated", dimensions=dimensions, dtype=dtype) as new:
    for start in range(0, words, 20_000):
        count = min(20_000, words - start)
        rows = random.random((count, dimensions), dtype=np.float32) - np.float32(0.5)  # [m, d]
        new.add([f"w{i}" for i in range(start, start + count)], rows)
"""
MANY = """
import resource, sys, time
from pathlib import Path
import numpy as np
from attncli.vectors import Vectors
vectors = Vectors(Path(sys.argv[1]))
rows = np.random.default_rng(1).integers(0, vectors.words, 5000)
taken = []
for _ in range(40):
    start = time.perf_counter()
    vectors.rows(rows)
    taken.append(time.perf_counter() - start)
print(min(taken), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
KEEP_FOR_GENSIM = """
import sys
import numpy as np
from gensim.models import KeyedVectors
store, kept = sys.argv[1:]
loaded = KeyedVectors(1)
loaded.vectors = np.load(store + "/vectors.npy", mmap_mode="r")
loaded.vector_size = loaded.vectors.shape[1]
loaded.index_to_key = [f"w{i}" for i in range(len(loaded.vectors))]
loaded.key_to_index = {word: i for i, word in enumerate(loaded.index_to_key)}
loaded.save(kept)
"""
OURS = """
import sys
from pathlib import Path
from attncli.vectors import Vectors
vectors = Vectors(Path(sys.argv[1]))
rows = vectors.rows(list(vectors.find(sys.argv[2].split()).values()))
assert len(rows) == 9
"""
GENSIM = """
import sys
from gensim.models import KeyedVectors
rows = KeyedVectors.load(sys.argv[1], mmap="r")[sys.argv[2].split()]
assert len(rows) == 9
"""
NEAR = """
import resource, sys, time
from pathlib import Path
import numpy as np
from attncli.vectors import Vectors
start = time.perf_counter()
vectors = Vectors(Path(sys.argv[1]))
rows, cosines = vectors.near(vectors.rows([7]), top=10)
taken = time.perf_counter() - start
assert rows[0, 0] == 7
print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
ONE_PASS = """
import resource, sys, time
from pathlib import Path
import numpy as np
start = time.perf_counter()
matrix = np.load(sys.argv[1] + "/vectors.npy", mmap_mode="r").view(np.ndarray)
dots = matrix @ matrix[7]
taken = time.perf_counter() - start
print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def nine_words(words):
    """Nine words from all over the set."""
    return " ".join(f"w{i * (words - 1) // 8}" for i in range(9))


def python(program, *arguments):
    return [sys.executable, "-c", program, *map(str, arguments)]


def told(command):
    """Seconds and megabytes as the process itself tells them."""
    seconds, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(megabytes)


def in_turns(commands, rounds, measure):
    """The least seconds and megabytes of each command, after one run of each that does not count."""
    measured = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            result = measure(command)
            if number:
                measured[name].append(result)
    return {name: tuple(map(min, zip(*runs, strict=True))) for name, runs in measured.items()}


def show(name, figures, base, asked):
    (seconds, megabytes), (base_seconds, base_megabytes) = figures, base
    ratio, more = seconds / base_seconds, megabytes - base_megabytes
    print(f"  {name:34} {seconds:7.3f} s {ratio:6.2f} x  {megabytes:8.1f} MB {more:+9.1f} MB   {asked}", flush=True)


def explaining(folder, floor, rounds):
    commands = {"a bare floor": [sys.executable, floor, "a sentence"]}
    for name, (words, _) in SIZES.items():
        commands[name] = [*ATTN, "explain", nine_words(words), "--vectors", str(folder / name)]
    figures = in_turns(commands, rounds, run)
    print("attn explain, nine words, whole process")
    for name, each in figures.items():
        show(name, each, figures["a bare floor"], "" if name == "a bare floor" else "asked: 1.40 x, +35 MB")


def looking_up(folder, rounds):
    largest, kept, words = folder / "large", folder / "large.kv", nine_words(SIZES["large"][0])
    subprocess.run(python(KEEP_FOR_GENSIM, largest, kept), check=True)
    commands = {"attn": python(OURS, largest, words), "KeyedVectors.load(mmap='r')": python(GENSIM, kept, words)}
    figures = in_turns(commands, max(3, rounds // 3), run)
    ours, theirs = figures.values()
    print("open the largest and read nine rows, whole process")
    for name, each in figures.items():
        show(name, each, ours, "")
    print(f"  {theirs[0] / ours[0]:.1f} x faster, {theirs[1] / ours[1]:.1f} x leaner   asked: 8 x and 8 x")


def near(folder, rounds):
    commands = {"one NumPy pass": python(ONE_PASS, folder / "large"), "near": python(NEAR, folder / "large")}
    figures = in_turns(commands, rounds, told)
    print("the ten nearest of one word in the largest, without starting Python")
    for name, each in figures.items():
        show(name, each, figures["one NumPy pass"], "asked: 1.50 x" if name == "near" else "")


def short_numbers(folder, rounds):
    dtypes = ("float16", "int8")
    for dtype in dtypes:
        subprocess.run(python(GENERATE, folder / dtype, *HALVED, dtype), check=True)
    for asked, program in (("the ten nearest", NEAR), ("5,000 rows from all over", MANY)):
        figures = in_turns({dtype: python(program, folder / dtype) for dtype in dtypes}, rounds, told)
        print(f"{HALVED[0]:,} words of {HALVED[1]} numbers: {asked}")
        for name, each in figures.items():
            show(name, each, figures["float16"], "asked: as fast" if name == "int8" else "")


def main(rounds=9):
    """Everything one after the other, in one temporary folder."""
    with tempfile.TemporaryDirectory(prefix="attn-bench-") as name:
        folder, floor = Path(name), Path(name) / "floor.py"
        floor.write_text(FLOOR)
        short_numbers(folder, rounds)
        for size, form in SIZES.items():
            subprocess.run(
                python(GENERATE, folder / size, *form, "float32"), check=True
            )  # its memory would count as its child's
        explaining(folder, str(floor), rounds)
        near(folder, rounds)
        looking_up(folder, rounds)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
