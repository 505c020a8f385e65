"""Screen 9: places added to vectors as waves, their effect on one word's weights, and places as rotations.

Sinusoids: Vaswani et al. 2017, section 3.5. Rotation: Su et al. 2021, section 3.2.2, equations 15 and 34.
"""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.attention.positions import sinusoidal
from attncli.attention.similarity.cosine import cosine
from attncli.models.blocks.rotary import BASE, rotate
from attncli.recipes.inputs import with_positions
from attncli.tour.order import order_of
from attncli.tour.parts import MOST_ROWS, NARROW, Cell, Part, Phrase, number, paragraph, rest_of, table, word
from attncli.tour.projecting import strongest_other
from attncli.tour.strips import arrows, draws_arrows, heat
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.typeset import shade

WAVES = 20  # of the sines, as many as the strip has cells
FEW = 6  # on a narrow screen
TURNS = (1.0, 0.5, 0.1)  # radians a place of the arrows
LATER = 100  # places that both words move on by


@dataclass(frozen=True, eq=False)
class Turned:
    """The scores of `query` and `key` with both turned at their places, LATER places on, and both at one place."""

    query: int
    key: int
    here: float
    later: float
    together: float


@dataclass(frozen=True, eq=False)
class Positions:
    """The waves [n, d_model] of the places, and the weights [n] of `word` without and with them.

    `likeness` [n]: the cosine of the waves at the word's place with those at each; `difference`: the largest between
    the weights of the sentence and of the same words shuffled as on screen 3, both with positions; `turned`: None
    where the word sees no other, or vectors have one number.
    """

    word: int
    waves: Array
    likeness: Array
    without: Array
    within: Array
    difference: float
    turned: Turned | None


@once
def positions_of(tour: Tour) -> Positions:
    """The waves, their likeness, and the weights of the subject without and with them."""
    explanation, word = tour.explanation, tour.subject.index
    waves = sinusoidal(*explanation.source.inputs.x.shape)  # [n, d_model]
    likeness = cosine(waves[[word]], waves)[0]  # [n]
    placed = tour.explained(positions="sinusoidal").weights[0, 0]  # [n, n]
    shuffled = _shuffled_weights(explanation.source.inputs.x, order_of(tour).order)  # [n, n]
    difference = float(np.abs(shuffled - placed).max())
    without = explanation.weights[0, 0, word]
    return Positions(word, waves, likeness, without, placed[word], difference, _turned(tour))


def _shuffled_weights(x: Array, order: Array) -> Array:
    """The weights of the words in another order, their places added: [n, n], in the order of the sentence."""
    moved = with_positions(x[order], "sinusoidal")[None]  # [1, n, d_model]
    back = np.argsort(order)  # [n]
    weights: Array = attend(moved, moved, moved).weights[0][np.ix_(back, back)]
    return weights


def _turned(tour: Tour) -> Turned | None:
    explanation, query = tour.explanation, tour.subject.index
    x, scores = explanation.source.inputs.x, explanation.scores[0, 0, query].copy()
    key = strongest_other(explanation.weights[0, 0, query], scores, query)
    if key is None or x.shape[1] == 1:
        return None

    def score(q_place: int, k_place: int) -> float:
        q, k = _rotated(x[[query]], q_place), _rotated(x[[key]], k_place)  # [1, d_model]
        return float(attend(q, k, k).scores[0, 0])

    later = score(query + LATER, key + LATER)
    return Turned(query, key, score(query, key), later, score(query, query))


def _rotated(x: Array, place: int) -> Array:
    """Vectors [n, d_model], each pair of numbers i turned by place · 10000^(−2i/d): [n, d_model]."""
    width = x.shape[-1] // 2 * 2
    angles = place * BASE ** (-np.arange(0, width, 2) / width)  # [width/2]
    return rotate(x, np.cos(angles), np.sin(angles), neighbours=True)


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The waves of each place beside the weights without and with them, and the rotation."""
    value = positions_of(tour)
    intro = paragraph(
        screen,
        "Attention knows no order, so models add waves to the vectors, as long as these: at place p "
        "sin(p/10000^(2i/d)) and cos, i = 0, 1, …, from fast to slow ones.",
    )
    places = [*range(len(value.waves))][:MOST_ROWS]
    figure = [*table(_head(tour, screen), [_row(tour, place, screen) for place in places], screen)]
    below = paragraph(screen, *_changed(tour, screen), *_rotation(tour, screen))
    return [intro, [*figure, *rest_of(len(value.waves), screen)], below]


def _key(screen: Screen) -> str:
    """The colours or shades at the ends of the waves."""
    return "blue below 0" if screen.coloured else f"blank -1, {shade(1.0, screen)} 1"


def _head(tour: Tour, screen: Screen) -> list[Cell]:
    name = names(tour.explanation.sentence, screen)[positions_of(tour).word]
    if screen.accessible:
        return ["place", "cosine", f"{name} looks at it", "with places"]
    if screen.columns < NARROW:
        return ["place", "waves", "cosine", "before", "after"]
    shown = len(_shown_sines(positions_of(tour).waves[0], screen))
    return [
        "place",
        f"{shown} sines: {_key(screen)}",
        "cosine",
        f"{name}: weight",
        "with places",
        *_if_drawn("turned", screen),
    ]


def _if_drawn(cell: Cell, screen: Screen) -> list[Cell]:
    """A cell of the column of arrows, where there is such a column."""
    return [cell] if screen.columns >= NARROW and draws_arrows(screen) else []


def _row(tour: Tour, place: int, screen: Screen) -> list[Cell]:
    value = positions_of(tour)
    return [
        f"{place} {names(tour.explanation.sentence, screen)[place]}",
        *([] if screen.accessible else [heat(_shown_sines(value.waves[place], screen), screen)]),
        *(f"{row[place]:.2f}" for row in (value.likeness, value.without, value.within)),
        *_if_drawn(arrows([turn * place for turn in TURNS]), screen),
    ]


def _shown_sines(wave: Array, screen: Screen) -> Array:
    """Some sines of a place's waves [d_model], of the faster half: the slower ones hardly move within a sentence."""
    sines = wave[::2]  # [d_model/2]
    most = min(WAVES if screen.columns >= NARROW else FEW, len(sines))
    chosen: Array = sines[np.linspace(0, len(sines) // 2, most, endpoint=False, dtype=int)]
    return chosen


def _changed(tour: Tour, screen: Screen) -> list[Phrase]:
    """What order does now: near places are alike, and a shuffled sentence has other weights."""
    value = positions_of(tour)
    if len(value.waves) == 1:
        return ["With one word there is one place. "]
    name = word(names(tour.explanation.sentence, screen)[value.word])
    alike: list[Phrase] = ["Cosine: a place's waves with those of ", name, ". "] if value.waves.shape[1] > 1 else []
    return [*alike, "Shuffling changes weights, by up to ", number(f"{value.difference:.2f}"), ". "]


def _rotation(tour: Tour, screen: Screen) -> list[Phrase]:
    turned = positions_of(tour).turned
    if turned is None:
        return []
    labels = names(tour.explanation.sentence, screen)
    query, key = word(labels[turned.query]), word(labels[turned.key])
    return [
        f"Newer models turn q and k, each pair of numbers by an angle a place{_angles(screen)}: ",
        *(query, " asking ", key, " scores ", number(as_number(turned.here, 3)), f", {LATER} places on "),
        *(number(as_number(turned.later, 3)), ", at distance 0 ", number(as_number(turned.together, 3))),
        ". Both turn, and only the difference of their angles stays.",
    ]


def _angles(screen: Screen) -> str:
    return f" (arrows: {', '.join(f'{turn:g}' for turn in TURNS)})" if _if_drawn("", screen) else ""


def command(tour: Tour) -> Command:
    """The matrix with places."""
    return Command("explain", ("--positions", "sinusoidal"), tour.text)
