"""Screen 8: two words side by side, and at the two ends of ever longer sentences: the score stays, the sum grows."""

from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.tour.parts import Part, Phrase, number, paragraph, table, word
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen

ENDS = ("king", "queen")
LENGTHS = (2, 10, 20, 40)  # words in the sentence
SHOWN = 20  # in that of the next command


@dataclass(frozen=True)
class Far:
    """Two words at the ends of a sentence: weight = power / total, power e^score, total its sum over all words."""

    words: int
    score: float
    power: float
    total: float
    weight: float


@dataclass(frozen=True)
class Distance:
    """The two words, whether they are the sentence's own, and their scores in sentences of LENGTHS words.

    `difference` is the largest between the scores; `text` is the sentence of SHOWN words.
    """

    ends: tuple[str, str]
    own: bool
    far: tuple[Far, ...]
    difference: float
    text: str


@once
def distance_of(tour: Tour) -> Distance:
    """The scores of ENDS in longer sentences; between them are the words of the sentence, repeated as needed."""
    explanation = tour.explanation
    tokens, x = explanation.sentence.tokens, explanation.source.inputs.x  # x: [n, d_model]
    rows = explanation.source.vectors.find(ENDS)
    own = len(rows) < len(ENDS)
    ends = x[[0, -1]] if own else explanation.source.vectors.rows([rows[word] for word in ENDS])  # [2, d_model]
    names = (tokens[0].name, tokens[-1].name) if own else ENDS
    far = tuple(_far(ends, _between(x, length)) for length in LENGTHS)
    scores = [each.score for each in far]
    between = islice(cycle(token.name for token in tokens), SHOWN - 2)
    return Distance(names, own, far, max(scores) - min(scores), " ".join([names[0], *between, names[1]]))


def _between(x: Array, length: int) -> Array:
    """The words of the sentence one after another, and again: [length − 2, d_model]."""
    return x[np.arange(length - 2) % len(x)]


def _far(ends: Array, between: Array) -> Far:
    sentence = np.concatenate([ends[:1], between, ends[1:]])[None]  # [1, n, d_model]
    attention = attend(sentence, sentence, sentence)
    scores = attention.scores[0, 0]  # [n]
    with np.errstate(over="ignore"):  # vectors may be so long that the sum passes any number
        powers = np.exp(scores)  # [n]
    weight = float(attention.weights[0, 0, -1])
    return Far(len(scores), float(scores[-1]), float(powers[-1]), float(powers.sum()), weight)


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The table of ever longer sentences, and the changes in them."""
    value = distance_of(tour)
    first, last = (word(screen.word(end)) for end in value.ends)
    whose = "the first and the last word of the sentence" if value.own else "two words of our own"
    intro = paragraph(
        screen,
        *("Take ", first, " and ", last, f", {whose}, side by side; then with ever more words of the sentence "),
        f"between them, up to {LENGTHS[-1]} in all. How ",
        *(first, " looks at ", last, " in self-attention:"),
    )
    head = ["words", "score", "e^score", "sum of e^score", "weight"]
    rows = [
        [str(far.words), f"{far.score:.4f}", as_number(far.power), as_number(far.total), f"{far.weight:.3f}"]
        for far in value.far
    ]
    return [intro, table(head, rows, screen), _findings(tour, screen), _recurrent(tour, screen)]


def _findings(tour: Tour, screen: Screen) -> Part:
    value = distance_of(tour)
    near, far = value.far[0], value.far[-1]
    score = "is the same to the last bit" if value.difference == 0 else f"is the same, to {value.difference:.0e}"
    falls = f"The sum grows from {as_number(near.total)} to {as_number(far.total)}, and so the weight goes from "
    shares: list[Phrase] = [number(f"{near.weight:.3f}"), " to ", number(f"{far.weight:.3f}")]
    reason = ": the same score, more words to share with."
    return paragraph(screen, f"At every distance the score {score}. {falls}", *shares, reason)


def _recurrent(tour: Tour, screen: Screen) -> Part:
    steps = distance_of(tour).far[-1].words - 1
    return paragraph(
        screen,
        "A recurrent network hands on what it remembers from word to word: here ",
        f"{steps} steps, and what one of them drops is gone. Attention takes one step.",
    )


def command(tour: Tour) -> Command:
    """One of the sentences, seen from its first word."""
    return Command("explain", ("--word", "0", "--top", "3"), distance_of(tour).text)
