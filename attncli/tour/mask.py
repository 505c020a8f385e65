"""Screen 10: the causal mask as −∞ among the scores, before the softmax, with all numbers of one row.

Vaswani et al. 2017, section 3.2.3: illegal connections are set to −∞ in the input of the softmax.
"""

from dataclasses import dataclass

import numpy as np
from rich.text import Text

from attncli.arrays import Array
from attncli.tour.parts import MOST_ROWS, NARROW, Cell, Part, number, paragraph, rest_of, table, word
from attncli.tour.strips import heat
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen, cells
from attncli.views.terminal.heading import names

STEPS = ("score", "with mask", "softmax", "of masked")
SCORES = STEPS[:2]
SCALE = "pairs share a scale"
BEFORE = 6  # keys of the row in front of its own word, where it has more


@dataclass(frozen=True, eq=False)
class Masking:
    """The scores and weights [n, n] without a mask, and those with a causal one, −∞ and 0 where it hides.

    `word` is the row that is written out; `total` and `seen` are its sums of e^score without and with the mask, and
    `left` is the sum of its weights if the mask came after the softmax.
    """

    word: int
    scores: Array
    masked: Array
    weights: Array
    masked_weights: Array
    total: float
    seen: float
    left: float

    @property
    def steps(self) -> tuple[Array, ...]:
        """The four matrices in the order of STEPS."""
        return self.scores, self.masked, self.weights, self.masked_weights


@once
def mask_of(tour: Tour) -> Masking:
    """Scores and weights without and with the mask; the row is the subject's, or the last with something to hide."""
    plain, masked = tour.explanation, tour.explained(mask="causal")
    scores, weights = plain.scores[0, 0], plain.weights[0, 0]  # [n, n]
    word = max(min(tour.subject.index, len(scores) - 2), 0)
    with np.errstate(over="ignore"):  # vectors may be so long that the sum passes any number
        powers = np.exp(scores[word])  # [n]
    sums = (float(powers.sum()), float(powers[: word + 1].sum()), float(weights[word, : word + 1].sum()))
    return Masking(word, scores, masked.scores[0, 0], weights, masked.weights[0, 0], *sums)


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """Maps of the four steps, one row of them in numbers, and the sums."""
    n = len(tour.explanation.sentence.tokens)
    intro = paragraph(screen, "A mask acts on the scores: a key that must not be seen gets −∞, and e^−∞ = 0.")
    maps = [*_maps(tour, screen), *rest_of(n, screen)] if _drawn(screen) else []
    numbers = _by_step(tour, screen) if _drawn(screen) else _by_key(tour, screen)
    if n == 1:
        return [intro, maps, paragraph(screen, "With one word there is nothing behind it to hide.")]
    return [[*intro, *maps, *numbers, *_sums(tour, screen)]]


def _maps(tour: Tour, screen: Screen) -> Part:
    """A row a word, with its keys in each step; both maps of scores are on one scale, and both of weights."""
    value, labels = mask_of(tour), names(tour.explanation.sentence, screen)
    scores, masked, weights, left = (step[:MOST_ROWS, :MOST_ROWS] for step in value.steps)
    shares = [*_shares(scores, masked), *_shares(weights, left)]
    said = [Text(SCALE)] if _fits(labels[: len(shares[0])], screen) else []
    rows: list[list[Cell]] = [
        [
            f"{place} {labels[place]}",
            *(heat(share[place], screen, signed=False) for share in shares),
            *[Text()] * len(said),
        ]
        for place in range(len(shares[0]))
    ]
    return table(["row", *STEPS, *said], rows, screen)


def _fits(labels: list[str], screen: Screen) -> bool:
    """Whether the maps have room for the words on their scale beside their heads."""
    first = max(cells(f"{place} {label}") for place, label in enumerate(labels))
    maps = sum(max(len(step), len(labels)) for step in STEPS)
    return first + maps + len(SCALE) + 2 * (len(STEPS) + 2) <= screen.columns


def _shares(without: Array, within: Array) -> list[Array]:
    """Numbers [n, n] from the least to the largest of both off the diagonal, 0 to 1; NaN where the mask hides them."""
    later = np.triu(np.ones(without.shape, dtype=bool), 1)  # [n, n]
    off = np.concatenate([without[later | later.T], within[later.T]])  # [pairs]
    low, high = (off.min(), off.max()) if off.size else (0.0, 1.0)
    share, masked = ((step.clip(low, high) - low) / ((high - low) or 1) for step in (without, within))
    return [share, np.where(later, np.nan, masked)]


def _keys(value: Masking) -> range:
    """The keys whose numbers are shown: some before the word, and some after it."""
    first = max(0, min(value.word - BEFORE, len(value.scores) - MOST_ROWS))
    return range(first, min(first + MOST_ROWS, len(value.scores)))


def _by_step(tour: Tour, screen: Screen) -> Part:
    value, labels = mask_of(tour), names(tour.explanation.sentence, screen)
    rows: list[list[Cell]] = [
        [name, *(_number(name, step, value.word, key) for key in _keys(value))]
        for name, step in zip(STEPS, value.steps, strict=True)
    ]
    return table([labels[value.word], *(labels[key] for key in _keys(value))], rows, screen)


def _by_key(tour: Tour, screen: Screen) -> Part:
    value, labels = mask_of(tour), names(tour.explanation.sentence, screen)
    rows: list[list[Cell]] = [
        [labels[key], *(_number(name, step, value.word, key) for name, step in zip(STEPS, value.steps, strict=True))]
        for key in _keys(value)
    ]
    return table([labels[value.word], *STEPS], rows, screen)


def _number(name: str, step: Array, row: int, key: int) -> str:
    """A score with a decimal more than a weight: a sum of nine powers of them is to come out."""
    return "−∞" if step[row, key] == -np.inf else as_number(step[row, key], 3 if name in SCORES else 2)


def _sums(tour: Tour, screen: Screen) -> Part:
    """The sums of the row: with the mask before the softmax its weights sum to 1, after it they would not."""
    value, labels = mask_of(tour), names(tour.explanation.sentence, screen)
    n = len(labels)
    return paragraph(
        screen,
        *(word(labels[value.word]), f" sees {value.word + 1} of {n}: its sum of e^score falls from "),
        *(number(as_number(value.total)), " to ", number(as_number(value.seen)), ", its weights sum to 1; "),
        *("hidden after the softmax, to ", number(f"{value.left:.2f}"), "."),
    )


def _drawn(screen: Screen) -> bool:
    return screen.columns >= NARROW and not screen.accessible


def command(tour: Tour) -> Command:
    """The row under the mask."""
    return Command("explain", ("--mask", "causal", "--word", str(mask_of(tour).word)), tour.text)
