"""Screen 3: the head that rests on the first token or the special ones, and the length of the values there.

Such heads are known as sinks of attention (Xiao et al. 2024, section 3.1; for [SEP], Clark et al. 2019, section 3.2);
that the values there are short is Kobayashi et al. 2020, section 4.
"""

from dataclasses import dataclass

import numpy as np

from attncli.analysis.kinds import MOSTLY
from attncli.arrays import Array
from attncli.tour.of_model.model_tour import Found, ModelTour, counted, head_map, highest
from attncli.tour.parts import Part, Phrase, listed, number, paragraph
from attncli.tour.tour import Command, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names


@dataclass(frozen=True, eq=False)
class Sink:
    """The head with the largest share of weight on the anchors.

    anchors: the places of the first token and the special ones; heads: how many heads have more than half of it
    there; everywhere: the mean share of all heads, equal: what it would be if every query looked evenly at all that
    it sees. there, elsewhere: the mean lengths of this head's values of the anchors and of the other tokens, None
    where there are no others.
    """

    head: Found
    anchors: tuple[int, ...]
    heads: int
    everywhere: float
    equal: float
    there: float
    elsewhere: float | None


@once
def sink_of(tour: ModelTour) -> Sink:
    """The head that rests most, and its values."""
    kinds, head = tour.kinds, highest(tour.kinds.anchor)
    marked = tour.explanation.source.special | (np.arange(len(tour.explanation.sentence.tokens)) == 0)  # [n]
    layer = tour.explanation.layers[head.layer]
    lengths = np.linalg.norm(layer.values[head.head], axis=-1)  # [n]
    return Sink(
        head,
        tuple(np.flatnonzero(marked).tolist()),
        int((kinds.anchor > MOSTLY).sum()),
        float(kinds.anchor.mean()),
        _equal(layer.visible, marked),
        float(lengths[marked].mean()),
        None if marked.all() else float(lengths[~marked].mean()),
    )


def _equal(visible: Array, marked: Array) -> float:
    """The share of the marked keys `[n]` under equal weights on the visible ones `[n, n]`."""
    return float(((visible & marked).sum(axis=-1) / visible.sum(axis=-1)).mean())


def parts(tour: ModelTour, screen: Screen) -> list[Part]:
    """The map of the head, the share of such heads, and why it does little."""
    value = sink_of(tour)
    return [_found(tour, screen), [*head_map(tour, value.head, screen), *_all(tour, screen)], _values(tour, screen)]


def _places(tour: ModelTour, screen: Screen) -> str:
    labels = names(tour.explanation.sentence, screen)
    return listed(labels[place] for place in sink_of(tour).anchors[:3])


def _found(tour: ModelTour, screen: Screen) -> Part:
    value, share = sink_of(tour), number(f"{sink_of(tour).head.score:.2f}")
    head, places = number(value.head.name), _places(tour, screen)
    why = "A softmax must give its weight away, also where nothing fits: to a place called a sink. "
    if value.heads:
        return paragraph(screen, why, "Head ", head, " rests on ", (places, "bold"), " with ", share, " of its weight:")
    none = f"No head of {screen.word(tour.explanation.source.name)} rests with more than half of it on "
    return paragraph(screen, why, none, (places, "bold"), ". The nearest is ", head, " with ", share, ":")


def _all(tour: ModelTour, screen: Screen) -> Part:
    value = sink_of(tour)
    there: list[Phrase] = [number(f"{value.everywhere:.2f}"), " lies there; even weights would put "]
    return paragraph(
        screen,
        f"More than half: {counted(value.heads, tour.n_heads)}. Of the weight of all {tour.n_heads}, ",
        *there,
        f"{value.equal:.2f}.",
    )


def _values(tour: ModelTour, screen: Screen) -> Part:
    """Whether the values there are shorter than the others."""
    value = sink_of(tour)
    if value.elsewhere is None:
        return paragraph(screen, "There are no other tokens here that it could look at.")
    lengths: list[Phrase] = ["have a mean length of ", number(as_number(value.there)), ", those of the others "]
    shorter = value.there < value.elsewhere
    meaning = (
        "so that such a look adds little: to rest is to do nothing"
        if shorter
        else "so that such a look adds as much as others do"
    )
    return paragraph(screen, "The values there ", *lengths, number(as_number(value.elsewhere)), f", {meaning}.")


def command(tour: ModelTour) -> Command:
    """The map of all heads without the tokens that they rest on."""
    hide = "--hide-special" if tour.explanation.source.special.any() and not tour.causal else "--hide-first"
    return Command("explain", (hide,), tour.text)
