"""Makes the word vectors `attn-world`: words of fifteen languages in one space, distilled from a sentence encoder.

Every word goes through the encoder by itself; its language's mean is taken away, and PCA leaves 112 dimensions (see
README.md). Nothing is drawn at random, so there is no seed.
"""

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from distilling import checksums, principal_axes, restart_with_one_blas_thread, unit
from sentence_encoder import encode, pieces, signs
from word_parts import Cutter, chosen_parts, fitted
from world_vocabulary import EXAMPLES, LANGUAGES, Word, listed_words

from attncli.vectors.store.writing import write_store

WORDS = 152_000  # with rows of their own
DIMENSIONS = 112
EVENED = 0.2  # the power of the variances that the axes are divided by
COMMON = 15_000  # words of each language that its mean is taken of
ALWAYS = 6_000  # words of each language that have rows whatever their parts say
UNSPACED = {"ja": 18_000, "th": 15_000, "zh": 31_000}  # the same: their texts are cut into these words; zh both ways
AXES_OF = 200_000  # words, the most frequent, that the axes are taken from
SHARPNESS = 3.0  # a word's similarity with itself under `scaled`: length² / √d
CROSS = 0.07  # of cosines: the temperature of attention between texts, as in contrastive training (He et al. 2020)
LENGTH = float((SHARPNESS * DIMENSIONS**0.5) ** 0.5)
SOURCE = "Universal Sentence Encoder Multilingual v3 over words of wordfreq, PyThaiNLP and OpenCC"
LICENCE = "CC BY-SA 4.0, with parts under Apache 2.0 and CC0; see data/LICENSES/NOTICE-world.txt"


def main() -> None:
    """Make the set and write it, then print the checksums of its files."""
    restart_with_one_blas_thread()
    options = read_options()
    listed = listed_words(options.thai, options.opencc, signs())
    texts = [word.text for word in listed]
    vectors = directions(listed, encode(texts, options.cache))  # [n, 112]
    parts = chosen_parts(pieces(), texts)
    rows, sums = fitted([*map(Cutter(parts), texts)], vectors, len(parts))  # [parts, 112], [n, 112]
    own = with_rows(listed, (vectors * unit(sums)).sum(axis=1))
    facts = {"name": "attn-world", "source": SOURCE, "licence": LICENCE, "dtype": "int8"}
    temperature = round(CROSS * SHARPNESS, 6)
    words, matrix = [texts[at] for at in own], vectors[own] * LENGTH
    write_store(options.out, words, matrix, **facts, cross_temperature=temperature, parts=(parts, rows))
    for line in checksums(options.out):
        print(line)


def read_options() -> argparse.Namespace:
    """The options of the command line, all of them paths."""
    parser = argparse.ArgumentParser(description="Make the word vectors attn-world.")
    here = Path(__file__).parent
    parser.add_argument("--out", type=Path, default=here / "attn-world", help="the store to write; must not exist yet")
    parser.add_argument("--cache", type=Path, help="folder to keep the encoded words in, for the next time")
    thai, opencc = folder_of("pythainlp") / "corpus/tnc_freq.txt", folder_of("opencc") / "dictionary"
    parser.add_argument("--thai", type=Path, default=thai, help="Thai words with their counts, tnc_freq.txt")
    parser.add_argument("--opencc", type=Path, default=opencc, help="folder of STCharacters.txt and STPhrases.txt")
    return parser.parse_args()


def folder_of(package: str) -> Path:
    """The folder of an installed package; without it, a folder of this name here."""
    found = find_spec(package)
    return Path(found.origin).parent if found and found.origin else Path(package)


def directions(words: Sequence[Word], encoded: np.ndarray) -> np.ndarray:
    """Vectors of length 1 [n, 112] of words, whose encoded texts are [n, 512]: without what tells their languages."""
    means = {language: encoded[first_of(words, language, COMMON)].mean(axis=0) for language in LANGUAGES}
    general = np.mean([*means.values()], axis=0)  # [512]
    centred = np.stack(
        [vector - expected(word, means, general) for word, vector in zip(words, encoded, strict=True)]
    )  # [n, 512]
    axes = principal_axes(unit(centred[:AXES_OF].astype(np.float64)), DIMENSIONS, EVENED)  # [512, 112]
    return unit(centred @ axes)


def expected(word: Word, means: dict[str, np.ndarray], general: np.ndarray) -> np.ndarray:
    """The mean [512] of the languages that have the word, each counted by how frequent it is there."""
    if not word.languages:
        return general
    total = sum(word.languages.values())
    return np.asarray(sum(means[language] * (share / total) for language, share in word.languages.items()))


def first_of(words: Sequence[Word], language: str, count: int) -> list[int]:
    """The places of the first words of a language."""
    there = [(-word.languages[language], at) for at, word in enumerate(words) if language in word.languages]
    return [at for _, at in sorted(there)[:count]]


def with_rows(words: Sequence[Word], cosines: np.ndarray) -> list[int]:
    """The places, in order, of the words with rows of their own: the common ones, and those whose parts say least.

    cosines `[n]`: of each word's vector with the sum of its parts'.
    """
    always = {at for language in LANGUAGES for at in first_of(words, language, UNSPACED.get(language, ALWAYS))}
    always |= {at for at, word in enumerate(words) if not word.languages or word.text in EXAMPLES.values()}
    gain = (1 - cosines) * [word.frequency for word in words]  # [n]
    rest = [at for at in np.argsort(-gain, kind="stable").tolist() if at not in always]
    return sorted([*always, *rest[: WORDS - len(always)]])


if __name__ == "__main__":
    main()
