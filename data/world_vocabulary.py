"""The words of attn-world: those of fifteen languages with how often each stands in its language."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import wordfreq
from vocabulary import CLITICS, NUMBERS

LISTED = 90_000  # words of a language that are looked at
SCRIPTS = {"ar": ("ARABIC",), "zh": ("CJK",), "ja": ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA")}
SCRIPTS |= {"ko": ("HANGUL",), "ru": ("CYRILLIC",), "th": ("THAI",)}
LATIN = ("de", "en", "es", "fr", "it", "nl", "pl", "pt", "tr")
LANGUAGES = (*sorted(SCRIPTS), *LATIN)
JOINING = frozenset("'-.\u200c")  # may stand in a word beside letters
IDEOGRAPHS = frozenset("々〆〇ー")  # of Japanese, without a script's name
CLITIC_FREQUENCY = 1e-3
NUMBER_FREQUENCY = 1e-5  # of all numbers alike: they are 1,201
EXAMPLES = {"en": "bark", "zh": "吠叫"}  # of the sentences that attention is explained with; the latter is not listed
EXAMPLE_FREQUENCY = 1e-6
RAREST = 1e-9  # where wordfreq rounds to 0
SIGN_FREQUENCY = 1e-3  # of punctuation, which wordfreq does not list


@dataclass(frozen=True)
class Word:
    """A word of the set: its highest frequency in a language, and its frequency in each; none of one of no language."""

    text: str
    frequency: float
    languages: Mapping[str, float]


def listed_words(thai: Path, traditional: Path, signs: Iterable[str]) -> list[Word]:
    """All words by falling frequency, equal ones by their letters; signs: punctuation.

    thai: a file of words with their counts; traditional: a folder with OpenCC's STCharacters.txt and STPhrases.txt.
    """
    found: dict[str, dict[str, float]] = {}
    for language in LANGUAGES:
        for word, frequency in thai_words(thai) if language == "th" else frequencies(language):
            found.setdefault(word, {}).setdefault(language, frequency)
    for word in [*found]:
        if "zh" in found[word]:
            found.setdefault(in_traditional(word, traditional), {}).setdefault("zh", found[word]["zh"])
    words = [Word(text, max(each.values()), each) for text, each in found.items()]
    plain = {**dict.fromkeys(NUMBERS, NUMBER_FREQUENCY), **dict.fromkeys(signs, SIGN_FREQUENCY)}
    plain |= dict.fromkeys(CLITICS, CLITIC_FREQUENCY)
    words += [Word(text, frequency, {}) for text, frequency in plain.items() if text not in found]
    return sorted(words, key=lambda word: (-word.frequency, word.text))


def frequencies(language: str) -> Iterator[tuple[str, float]]:
    """The words of wordfreq's list for a language that are written in its script, each with its frequency."""
    for word in wordfreq.top_n_list(language, LISTED):
        if is_word(word, language):
            yield word, max(float(wordfreq.word_frequency(word, language)), RAREST)
    if language in EXAMPLES:
        yield EXAMPLES[language], EXAMPLE_FREQUENCY


def thai_words(path: Path) -> Iterator[tuple[str, float]]:
    """The words of a file that has a word, a tab and its count on each line, by falling counts."""
    lines = (line.rpartition("\t") for line in path.read_text(encoding="utf-8").splitlines())
    counts = {word: int(count) for word, _, count in lines if is_word(word, "th")}
    total = sum(counts.values())
    kept = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:LISTED]
    yield from ((word, count / total) for word, count in kept)


def is_word(text: str, language: str) -> bool:
    """Whether a text is a word in the script of a language, in form NFC."""
    signs = [char for char in text if char not in JOINING]
    scripts = SCRIPTS.get(language, ("LATIN",))
    return bool(signs) and text == unicodedata.normalize("NFC", text) and all(_is_of(char, scripts) for char in signs)


def _is_of(char: str, scripts: tuple[str, ...]) -> bool:
    if unicodedata.category(char)[0] not in "LM":
        return char in IDEOGRAPHS and "KATAKANA" in scripts
    return unicodedata.name(char, "").split(" ")[0] in scripts or (char in IDEOGRAPHS and "CJK" in scripts)


def in_traditional(word: str, folder: Path) -> str:
    """A Chinese word in traditional characters: as OpenCC's phrases have it, else by its characters."""
    phrases, characters = table(folder / "STPhrases.txt"), table(folder / "STCharacters.txt")
    return phrases.get(word) or "".join(characters.get(char, char) for char in word)


@cache
def table(path: Path) -> dict[str, str]:
    """The first of the forms that each line of an OpenCC dictionary gives."""
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {key: forms.split(" ")[0] for key, forms in lines}
