"""Train the heads that travel with attn-en: data/attn-en-heads/*.npz, from Wikipedia extracts and WordNet's glosses.

    python data/make_heads.py --out data/attn-en-heads

A seed is fixed, and every block is made with a fixed number of epochs, so the same versions on the same machine give
the same bytes with OPENBLAS_NUM_THREADS=1, which this script sets. The parts do not depend on each other.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy: several threads add up in another order

import argparse
import sys
import tempfile
from collections.abc import Collection, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import gensim
import numpy as np
from heads_corpus import glosses, wikipedia

from attncli import open_vectors
from attncli.attention.similarity import all_parameters, method_of
from attncli.training.block import Shape
from attncli.training.corpus import Corpus, read_corpus
from attncli.training.files import write_block
from attncli.training.loop import Limit, Progress, Trained, train
from attncli.training.objective import Block
from attncli.training.scoring import Predictor

SEED = 0
WIKIPEDIA_TIMES = 3  # it is read so often for each time the glosses are
BLOCKS = {  # by their number of heads: what they are made of, and how many epochs they are trained for
    "3": (Shape(3, 1, 64), 4.0),
    "1": (Shape(1, 0, 64), 3.0),
    "8": (Shape(8, 2, 32), 3.0),
}
OWN_EPOCHS = {  # the methods that go on from each block to one of their own
    "3": {"kernel": 0.7, "additive": 1.5},
    "1": {"kernel": 0.7, "additive": 2.0},
    "8": {"kernel": 0.7, "additive": 1.5},
}
SELF_EPOCHS = {"general": 0.4, "kernel": 0.4, "additive": 1.0}


def main() -> None:
    """Write the texts, read them, train what is asked for."""
    parts = [*BLOCKS, "self"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder for the blocks")
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"), help="WordNet's database files")
    parser.add_argument("--parts", nargs="*", choices=parts, default=parts, help="which parts to make")
    parser.add_argument("--jobs", type=int, default=1, help="how many parts to make at a time")
    asked = parser.parse_args()
    asked.out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(asked.jobs) as jobs:
        texts = write_texts(Path(folder), asked.wordnet)
        deliver = partial(make, texts=texts, out=asked.out)
        for part in jobs.map(deliver, asked.parts):
            say(f"{part}: done")


def write_texts(folder: Path, wordnet: Path) -> list[Path]:
    """Both texts as files, the first one named as often as it is to be read."""
    test_data = Path(gensim.__file__).parent / "test" / "test_data"
    extracts = write(folder / "wikipedia.txt", wikipedia(test_data))
    return [extracts] * WIKIPEDIA_TIMES + [write(folder / "glosses.txt", glosses(wordnet))]


def write(path: Path, lines: Iterable[str]) -> Path:
    """A line each."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def make(part: str, texts: list[Path], out: Path) -> str:
    """Make one part: a block and those that go on from it, or the parameters for mode self."""
    corpus = read_corpus(texts, open_vectors(), lambda sentences: say(f"{part}: read {sentences:,} sentences"))
    say(f"{part}: {corpus.sentences:,} sentences, {corpus.tokens:,} words; held out {len(corpus.held_out)}")
    if part == "self":
        make_self(corpus, out)
    else:
        make_block(part, corpus, out)
    return part


def make_block(part: str, corpus: Corpus, out: Path) -> None:
    """The block for `scaled`, `dot` and `cosine`, and one each for the methods that need their own.

    `general` has no such block: qᵀWk with trained projections is q·k of others, W w_q. Training W on top of them, or
    with them, only took from the held-out figure.
    """
    shape, epochs = BLOCKS[part]
    first = train(corpus, open_vectors(), shape, Limit(epochs=epochs), SEED, report=partial(show, part))
    write_block(out / f"heads-{part}.npz", first.best, open_vectors(), first.profile, np.float16)
    for method, own_epochs in OWN_EPOCHS[part].items():
        own = add_method(method, first.best.block, shape, corpus, own_epochs, alone=False)
        write_block(out / f"heads-{part}-{method}.npz", own.best, open_vectors(), own.profile, np.float16)


def add_method(method: str, block: Block, shape: Shape, corpus: Corpus, epochs: float, alone: bool = True) -> Trained:
    """Train the parameters of one more method on top of a block; unless `alone`, the block changes with them."""
    start = with_method(method, block, shape)
    only: Collection[str] = method_of(method).parameters if alone else ()
    own, report = replace(shape, method=method), partial(show, f"{shape.heads} heads, {method}")
    return train(corpus, open_vectors(), own, Limit(epochs=epochs), SEED, start, only=only, report=report)


def with_method(method: str, block: Block, shape: Shape) -> Block:
    """The block with the untrained parameters of one more method."""
    fresh = method_of(method).starting(shape.heads, shape.d_k, np.random.default_rng(SEED))
    return {**block, **{name: array.astype(np.float32) for name, array in fresh.items()}}


def make_self(corpus: Corpus, out: Path) -> None:
    """The methods' parameters for the vectors themselves: one head whose projections are all the identity."""
    d = open_vectors().dimensions
    shape = Shape(1, 0, d, same_length=False)
    block: Block = {name: np.eye(d, dtype=np.float32)[None] for name in ("w_q", "w_k", "w_v")}
    block = {**block, "w_o": np.eye(d, dtype=np.float32), "temperature": np.ones(1, np.float32)}
    for method, epochs in SELF_EPOCHS.items():
        block = add_method(method, block, shape, corpus, epochs).best.block
    inner = {name: block[name] for name in all_parameters()}
    write_block(out / "self.npz", Predictor(inner), open_vectors(), dtype=np.float16)


def show(part: str, progress: Progress) -> None:
    """A line for every evaluation."""
    if progress.held_out is not None:
        rate = f"{progress.tokens_a_second:,.0f} words/s"
        say(f"{part}: {progress.done:4.0%} {rate}, loss {progress.loss:.3f}, held-out MRR {progress.held_out:.3f}")


def say(text: str) -> None:
    """To standard error, at once."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
