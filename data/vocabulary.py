"""The words of attn-en, the most frequent first: wordfreq's list with what a learner would miss in it."""

import re
import unicodedata
from collections.abc import Iterable

import wordfreq

NUMBERS = [str(number) for number in (*range(1001), *range(1900, 2100))]
CLITICS = ["'s", "'ll", "'re", "'ve", "'d", "'m"]  # of contractions and possessives that are no words of the list
HYPHENATED = 1500  # so many of WordNet's hyphenated words, the commonest
RARELY = 1e-6  # as a share of all words: names with a digit or full stop that are rarer are mostly noise
HYPHEN_DISCOUNT = 10.0  # wordfreq guesses from the parts of a word and says itself that this is far too much
INITIALS = re.compile(r"[a-z]{1,2}(\.[a-z])+")  # u.s, a.m, ph.d: wordfreq leaves the last full stop out
CODE = re.compile(r"(?=.*[a-z])[a-z0-9]{2,4}")  # mp3, 1st, 5pm
# WordNet has no words of the closed classes: what it lists under them (he: helium, a: vitamin A) is another word.
# Modals are among them, but not may, which is a month as well.
CLOSED = """
a an the this that these those no not yes so
i me my mine myself we us our ours ourselves you your yours yourself yourselves
he him his himself she her hers herself it its itself they them their theirs themselves
who whom whose which what where when why how
and or but nor if than as because while though although unless until since whether
at by for from in into of off on onto out to with within without about above across after against along among around
before behind below beneath beside besides between beyond down during near over per through toward towards under up
upon via will would shall should can cannot could must might
"""
CLOSED_CLASSES = frozenset(CLOSED.split())


def vocabulary(hyphenated: Iterable[str], size: int) -> list[str]:
    """Exactly `size` words by falling frequency, those of equal frequency in wordfreq's order.

    Among them all `NUMBERS` and `CLITICS`, the commonest of `hyphenated`, and initials with their last full stop too.
    """
    listed = [word for word in wordfreq.top_n_list("en", 2 * size) if is_word(word)]
    commonest = sorted(hyphenated, key=lambda word: (-frequency(word), word))[:HYPHENATED]
    dotted = [word + "." for word in listed[:size] if "." in word]
    added = dict.fromkeys([*NUMBERS, *CLITICS, *commonest, *dotted])
    kept = [word for word in listed if word not in added][: size - len(added)]
    return sorted([*kept, *added], key=lambda word: -frequency(word))


def is_word(text: str) -> bool:
    """Whether an entry of wordfreq's list is a word in Latin letters, or a common name with digits or full stops."""
    letters = [char for char in text if char.isalpha()]
    if not all(unicodedata.name(char).startswith("LATIN ") for char in letters):
        return False
    if text.replace("'", "").isalpha():
        return text.isascii() or len(text) > 1
    if "00" in text:  # stands for any two digits
        return False
    return bool(INITIALS.fullmatch(text) or CODE.fullmatch(text)) and frequency(text) >= RARELY


def frequency(word: str) -> float:
    """How often a word stands in English text, as a share of all words, by wordfreq's estimate."""
    return float(wordfreq.word_frequency(word, "en")) / (HYPHEN_DISCOUNT if "-" in word else 1)


def spellings(word: str) -> list[str]:
    """What to look `word` up as in WordNet, in order: itself, with a full stop, without 's, without accents.

    Nothing for a word of a closed class, nor for its possessive.
    """
    owner = re.sub(r"'s?$", "", word)
    plain = "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
    return [] if owner in CLOSED_CLASSES else list(dict.fromkeys([word, word + ".", owner, plain]))
