"""The arcs of a figure: the links, or those of the chosen query, or of all, whose weight is large enough to be seen."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.analysis.links import groups
from attncli.arrays import Array

if TYPE_CHECKING:
    from attncli.views.figure.content import Content, Panel

SMALLEST = 0.01  # of the scale: below that nothing would be seen
MOST_ARCS = 200  # in a panel, or so many that each word has ARCS_A_WORD
ARCS_A_WORD = 8


class Arc(NamedTuple):
    """From a query to a key: its share of the scale; group: of links that share words, None of a weight."""

    query: int
    key: int
    share: float
    group: int | None = None


def chosen_arcs(panel: "Panel", content: "Content") -> list[Arc]:
    """The arcs of a panel, the faintest first."""
    shares = arc_shares(panel, content)  # [n_query, n_key]
    if panel.links is not None:
        arcs = [
            Arc(i, j, float(shares[i, j]), group)
            for (i, j), group in zip(panel.links, groups(panel.links), strict=True)
        ]
    else:
        drawn = np.argwhere(np.abs(shares) >= threshold(content)).tolist()
        arcs = [Arc(i, j, float(shares[i, j])) for i, j in drawn]
    return sorted(arcs, key=lambda arc: abs(arc.share))


def arc_shares(panel: "Panel", content: "Content") -> Array:
    """The share of the scale of each number [n_query, n_key]; 0 where it is hidden or of another query."""
    shares = content.scale.shares(np.where(panel.hidden, 0.0, panel.weights))
    if content.only is not None:
        shares[np.arange(len(shares)) != content.only] = 0.0
    return shares


def threshold(content: "Content") -> float:
    """The share of the scale below which no arc is drawn in any panel."""
    return max(least_share(arc_shares(panel, content)) for panel in content.panels)


def least_share(shares: Array) -> float:
    """The size from which on shares [n_query, n_key] of the scale have an arc."""
    sizes = np.sort(np.abs(shares), axis=None)
    most = max(MOST_ARCS, ARCS_A_WORD * len(shares))
    return max(SMALLEST, float(sizes[-most]) if sizes.size > most else 0.0)


def reach(content: "Content") -> tuple[int, int]:
    """How many words back, and how many ahead, the furthest arcs go."""
    least = threshold(content)
    drawn = [np.argwhere(np.abs(arc_shares(panel, content)) >= least) for panel in content.panels]  # each [arcs, 2]
    steps = np.concatenate([np.zeros(1, int), *(arcs[:, 0] - arcs[:, 1] for arcs in drawn)])  # query − key
    return int(steps.max()), int(-steps.min())
