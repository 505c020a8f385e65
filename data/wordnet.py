"""Senses and glosses of English words, read from WordNet's own database files.

Source: WordNet 3.0 (Princeton University) as in Debian's `wordnet-base`: index.*, data.*, *.exc and cntlist.rev, in
the formats of the manual pages wndb(5WN), senseidx(5WN) and morphy(7WN).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
PART_OF_NUMBER = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}  # in sense keys; 5 is a satellite adjective
ENDINGS = {  # of inflected words, with what stands in the base form instead
    "n": {"s": "", "ses": "s", "xes": "x", "zes": "z", "ches": "ch", "shes": "sh", "men": "man", "ies": "y"},
    "v": {"s": "", "ies": "y", "es": "", "ed": "", "ing": ""},
    "a": {"er": "", "est": ""},
    "r": {},
}
WITH_E = {"v": ("es", "ed", "ing"), "a": ("er", "est")}  # endings before which the base form may have lost an e


class Sense(NamedTuple):
    """One meaning of a word: the definition without its examples, and the other words of the synset."""

    gloss: str
    synonyms: tuple[str, ...]


class WordNet:
    """The database in `folder`: the senses of a word, the commonest first."""

    def __init__(self, folder: Path) -> None:
        self.index = {part: dict(read_index(folder / f"index.{name}")) for part, name in PARTS.items()}
        self.exceptions = {part: dict(read_exceptions(folder / f"{name}.exc")) for part, name in PARTS.items()}
        self.data = {part: (folder / f"data.{name}").read_bytes() for part, name in PARTS.items()}
        self.counts = dict(read_counts(folder / "cntlist.rev"))

    def senses(self, word: str, most: int) -> list[Sense]:
        """Up to `most` senses of the base forms of `word`, over all parts of speech.

        They are ranked by how often the sense was tagged in WordNet's concordances; then by their number within the
        part of speech; then nouns before verbs, adjectives and adverbs.
        """
        ranked = sorted(
            (-self.counts.get((lemma, part, number), 0), number, place, lemma, offset)
            for place, part in enumerate(PARTS)
            for lemma in self.lemmas(word, part)
            for number, offset in enumerate(self.index[part][lemma], start=1)
        )
        parts = list(PARTS)
        return [self.sense(parts[place], lemma, offset) for _, _, place, lemma, offset in ranked[:most]]

    def lemmas(self, word: str, part: str) -> list[str]:
        """The base forms of `word` in a part of speech: itself, then its listed exceptions or else its stems."""
        stems = self.exceptions[part].get(word) or list(regular_stems(word, part))
        return [form for form in dict.fromkeys([word, *stems]) if form in self.index[part]]

    def sense(self, part: str, lemma: str, offset: int) -> Sense:
        """The synset at byte `offset` of a part's data file, as a sense of `lemma`."""
        end = self.data[part].index(b"\n", offset)
        columns, _, text = self.data[part][offset:end].decode("ascii").partition(" | ")
        _, _, _, count, *rest = columns.split()  # offset, file, kind, then so many words, each with a number
        words = [re.sub(r"\(\w+\)$", "", word) for word in rest[: 2 * int(count, 16) : 2]]
        synonyms = tuple(word.replace("_", " ") for word in words if word.lower() != lemma)
        return Sense(re.split(r'; *"', text, maxsplit=1)[0].strip(), synonyms)

    def hyphenated(self) -> set[str]:
        """All its words of letters and apostrophes with a hyphen between them."""
        pattern = re.compile(r"[a-z']+(-[a-z']+)+")
        return {lemma for lemmas in self.index.values() for lemma in lemmas if pattern.fullmatch(lemma)}


def regular_stems(word: str, part: str) -> Iterator[str]:
    """What `word` could be a regular inflection of, with and without the e that an ending takes away."""
    for ending, instead in ENDINGS[part].items():
        if word.endswith(ending):
            stem = word.removesuffix(ending) + instead
            yield from (stem + "e", stem) if ending in WITH_E.get(part, ()) else (stem,)


def read_index(path: Path) -> Iterator[tuple[str, list[int]]]:
    """Each lemma of an index file with the byte offsets of its synsets, its first sense first."""
    for line in path.read_text("ascii").splitlines():
        if not line.startswith(" "):  # these lines hold the licence
            lemma, _, count, *rest = line.split()
            yield lemma, [int(offset) for offset in rest[-int(count) :]]


def read_exceptions(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each irregular form of an exceptions file with its base forms."""
    for line in path.read_text("ascii").splitlines():
        form, *bases = line.split()
        yield form, bases


def read_counts(path: Path) -> Iterator[tuple[tuple[str, str, int], int]]:
    """How often each sense was tagged in the concordances, by lemma, part of speech and sense number."""
    for line in path.read_text("ascii").splitlines():
        key, number, count = line.split()
        lemma, _, rest = key.partition("%")
        yield (lemma, PART_OF_NUMBER[rest[0]], int(number)), int(count)
