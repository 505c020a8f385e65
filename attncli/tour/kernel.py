"""Screen 12: attention as kernel regression, and what its width σ does to the weights.

Nadaraya 1964 and Watson 1964: the estimate at q is Σ K(q − k) v / Σ K(q − k), here with K = e^(−‖q − k‖²/2σ²).
"""

from dataclasses import dataclass

import numpy as np

from attncli.analysis.measures import ranking
from attncli.arrays import Array
from attncli.attention.attend import attend
from attncli.attention.similarity.kernel import default_sigma
from attncli.tour.order import ALIKE
from attncli.tour.parts import MOST_ROWS, NARROW, Cell, Part, Phrase, number, paragraph, rest_of, table, word
from attncli.tour.strips import heat
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names

FACTORS = (0.25, 0.5, 1.0, 2.0, 8.0)  # of the usual width
LOOK_UP = 0.9  # the least weight of a key that leaves hardly anything to the others
STRIP = np.geomspace(FACTORS[0], FACTORS[-1], 12)  # those of the strip, a cell each


@dataclass(frozen=True, eq=False)
class Kernel:
    """The distances [n] of `word` to all keys, and its weights [width, n] under each of the `sigmas` [width].

    `strip` [n, cell]: the kernel K of each key at the widths of STRIP, 0 to 1.
    """

    word: int
    distances: Array
    sigmas: tuple[float, ...]
    weights: Array
    strip: Array


@once
def kernel_of(tour: Tour) -> Kernel:
    """The subject's weights by distance, from narrow kernels to wide ones."""
    x, word = tour.explanation.source.inputs.x, tour.subject.index  # x: [n, d_model]
    usual = default_sigma(x.shape[1])
    sigmas = tuple(usual * factor for factor in FACTORS)
    weights = np.stack([_weights(x, word, sigma) for sigma in sigmas])  # [width, n]
    distances = np.linalg.norm(x - x[word], axis=-1)  # [n]
    strip = np.exp(-((distances[:, None] / (usual * STRIP)) ** 2) / 2)  # [n, cell]
    return Kernel(word, distances, sigmas, weights, strip)


def _weights(x: Array, word: int, sigma: float) -> Array:
    """The row of `word` under a width: [n]."""
    parameters = {"kernel_sigma": np.array([sigma])}
    weights: Array = attend(x[None, [word]], x[None], x[None], method="kernel", parameters=parameters).weights[0, 0]
    return weights


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The keys from near to far, with their weights under ever wider kernels."""
    value, labels = kernel_of(tour), names(tour.explanation.sentence, screen)
    intro = paragraph(
        screen,
        "Kernel regression (Nadaraya and Watson, 1964) guesses a value as the mean of known ones, each weighted by how "
        "near its key is: K = e^(−distance²/(2σ²)), divided by the sum of all K, which is a softmax. σ sets how far ",
        *(word(labels[value.word]), " looks:"),
    )
    nearest = ranking(-value.distances)[:MOST_ROWS].tolist()
    figure = table(_head(tour, screen), [_row(tour, key, screen) for key in nearest], screen)
    return [intro, [*figure, *rest_of(len(labels), screen)], paragraph(screen, *_ends(tour), *_dot(tour))]


def _drawn(screen: Screen) -> bool:
    return screen.columns >= NARROW and not screen.accessible


def _widths(screen: Screen) -> list[int]:
    """The places of the widths that there is room for."""
    return [*range(len(FACTORS))] if _drawn(screen) else [0, 2, 4]


def _head(tour: Tour, screen: Screen) -> list[str]:
    gives = "" if _drawn(screen) else " gives"
    sigmas = [f"σ {as_number(kernel_of(tour).sigmas[at])}{gives}" for at in _widths(screen)]
    return ["key", "distance", *sigmas, *(["K, σ rising"] if _drawn(screen) else [])]


def _row(tour: Tour, key: int, screen: Screen) -> list[Cell]:
    value, labels = kernel_of(tour), names(tour.explanation.sentence, screen)
    weights = [f"{value.weights[at, key]:.2f}" for at in _widths(screen)]
    drawn = [heat(value.strip[key], screen, signed=False)] if _drawn(screen) else []
    return [labels[key], as_number(value.distances[key]), *weights, *drawn]


def _ends(tour: Tour) -> list[Phrase]:
    """The largest and the smallest weight under the narrowest kernel and the widest."""
    value, n = kernel_of(tour), len(kernel_of(tour).distances)
    if n == 1:
        return ["With one key every kernel gives it the weight 1. "]
    narrow, wide = value.weights[0], value.weights[-1]
    return [
        *("Narrow, the nearest key takes ", number(f"{narrow.max():.2f}")),
        *(", as a look-up" if narrow.max() >= LOOK_UP else "", "; wide, keys have "),
        *_range(wide),
        *(", as in" if wide.max() < ALIKE * wide.min() else ", not yet as in", f" a plain mean ({1 / n:.2f}). "),
    ]


def _range(weights: Array) -> list[Phrase]:
    """The least and the largest of the weights, once where they read alike."""
    least, most = f"{weights.min():.2f}", f"{weights.max():.2f}"
    return [number(least), *([" each"] if least == most else [" to ", number(most)])]


def _dot(tour: Tour) -> list[Phrase]:
    """Since distance² = ‖q‖² + ‖k‖² − 2·q·k, and the softmax drops what is the same for all keys."""
    sigma, x = as_number(kernel_of(tour).sigmas[FACTORS.index(1.0)]), tour.explanation.source.inputs.x
    if len(x) == 1:
        return []
    lengths = np.linalg.norm(x, axis=-1)  # [n]
    same = np.allclose(lengths, lengths[0])
    keys = "As keys are of one length," if same else "Were keys of one length (these are not),"
    gives = "gives" if same else "would give"
    return [f"{keys} σ² = √d (σ = {sigma}) {gives} softmax(q·k/√d), as distance² = |q|² + |k|² − 2·q·k."]


def command(tour: Tour) -> Command:
    """The matrix under a narrow kernel."""
    narrow = f"{kernel_of(tour).sigmas[1]:.1g}"
    return Command("explain", ("--method", "kernel", "--sigma", narrow), tour.text)
