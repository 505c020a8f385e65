"""The figure of a logit lens: a row a layer, its first tokens in the cells, their probability as colour."""

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError
from attncli.recipes.logit_lens import Lens
from attncli.views.figure.content import PAPER, Content, Kind, Panel, labels, weights_scale
from attncli.views.screen import cut
from attncli.views.terminal.lens import NOT_SAID
from attncli.views.terminal.prediction import quoted, settings_shown, token_name

LONGEST = 12  # cells of a token in its cell


def lens_content(lens: Lens, kind: Kind, scale: str) -> Content:
    """One map of all tokens, or one of each answered place, with the first tokens by rank.

    Raises:
        AttnError: arcs, for nothing attends here.
    """
    if kind != "heat":
        raise AttnError("arcs are drawn between words that attend, and here layers answer", "take a map: heat")
    panels = [_all_tokens(lens)] if lens.every else [_by_rank(lens, place) for place in range(len(lens.positions))]
    prediction = lens.prediction
    what = f"logit lens · {PAPER.word(prediction.model.name)}{settings_shown(prediction, PAPER)}"
    notes = (NOT_SAID, *map(PAPER.word, (*prediction.remarks, *prediction.warnings)))
    shares = weights_scale("probability", scale, panels, crossed=True)
    across = "token" if lens.every else "rank"
    title = PAPER.word(prediction.answered.text or prediction.text)
    return Content(title, what, tuple((panel,) for panel in panels), shares, notes, axes=("layer", across))


def _all_tokens(lens: Lens) -> Panel:
    names = [token_name(lens.prediction, position, PAPER) for position in lens.positions]
    said = [[answer.top[0].token for answer in row] for row in lens.rows]
    return _panel("", lens, lens.first, labels(names), said)


def _by_rank(lens: Lens, place: int) -> Panel:
    """The first tokens of a place."""
    answers = [row[place] for row in lens.rows]
    shares = np.array([[each.probability for each in answer.top] for answer in answers])  # [n_layer + 1, top]
    ranks = tuple(str(rank) for rank in range(1, shares.shape[1] + 1))
    name = token_name(lens.prediction, lens.positions[place], PAPER)
    title = f"in the place of {name}" if lens.prediction.masked else f"after {name}"
    return _panel(title, lens, shares, ranks, [[each.token for each in answer.top] for answer in answers])


def _panel(title: str, lens: Lens, shares: Array, columns: tuple[str, ...], said: list[list[str]]) -> Panel:
    texts = tuple(tuple(cut(quoted(token, PAPER), LONGEST) for token in row) for row in said)
    return Panel(title, shares, np.zeros(shares.shape, bool), tuple(map(str, lens.layers)), columns, texts=texts)
