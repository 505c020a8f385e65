"""The heads of a tour's model by what the answer loses without each, and how that is told.

A head's context is taken away in front of w_o (Michel et al. 2019, section 2.1).
"""

import re
from dataclasses import dataclass

import numpy as np

from attncli.analysis.measures import rank_correlation
from attncli.models.model import Model
from attncli.recipes.head_effects import HeadEffect, HeadEffects, head_effects_with
from attncli.settings.model import ModelSettings
from attncli.tour.of_model.model_tour import ModelTour
from attncli.tour.parts import Part, paragraph, table
from attncli.tour.tour import once
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names

SMALL = 0.01  # of the largest change


@dataclass(frozen=True, eq=False)
class Effects:
    """Every head taken away in turn; `text` has a mask in the place of its last word where the model fills masks in.

    order: the heads by how far they change the answer, up or down, the furthest first; small: those that change it
    by less than SMALL of what the first does, the one with the largest weight first; correlation: Spearman's, of
    the largest weights with the sizes of the changes, None where either are all equal.
    """

    text: str
    result: HeadEffects
    order: tuple[HeadEffect, ...]
    small: tuple[HeadEffect, ...]
    correlation: float | None


@once
def effects_of(tour: ModelTour) -> Effects | None:
    """The heads by their effect; None of a model that fills masks in and has no mask token."""
    if fills(tour.model) and tour.model.mask is None:
        return None
    text = watched_text(tour.text, tour.model)
    result = head_effects_with(text, tour.model, ModelSettings(), progress=tour.progress)
    sizes = np.abs(result.effects)  # [heads]
    order = np.argsort(-sizes, kind="stable").tolist()
    few = np.flatnonzero(sizes < SMALL * sizes.max()).tolist()
    small = tuple(sorted((result.heads[at] for at in few), key=lambda each: -each.weight))
    correlation = float(rank_correlation(result.weights, sizes))
    known = None if np.isnan(correlation) else correlation
    return Effects(text, result, tuple(result.heads[at] for at in order), small, known)


def fills(model: Model) -> bool:
    """Whether it answers with the token of a mask."""
    return model.has_output and not (model.labels or model.has_decoder or model.shape.causal)


def watched_text(text: str, model: Model) -> str:
    """The text that is answered: of a model that fills masks in with one in place of the last word, if it has none."""
    if not fills(model) or model.mask is None or model.mask.piece in text:
        return text
    masked, done = re.subn(r"\w+(?=\W*$)", lambda _: model.mask.piece if model.mask else "", text, count=1)
    return masked if done else f"{text} {model.mask.piece}"


def unanswered(tour: ModelTour, screen: Screen) -> Part:
    """Why there is nothing to be seen."""
    name = screen.word(tour.explanation.source.name)
    return paragraph(screen, f"{name} fills masks in, and its tokenizer has no mask token: it has no answer to watch.")


def head_table(tour: ModelTour, effects: Effects, heads: tuple[HeadEffect, ...], screen: Screen) -> Part:
    """A row a head: the change without it, the answer's probability, and where it looks."""
    scored, shares = effects.result.scored, any(each.probability is not None for each in heads)
    rows = [
        [
            each.name,
            change_of(each, effects),
            *([f"{each.probability:.3f}"] if shares else []),
            f"{each.weight:.2f}",
            *([_key(each, effects, screen)] if scored else []),
        ]
        for each in heads
    ]
    change = "the logit" if scored else "1 - cosine"
    row = looking(effects, screen)
    weight = "largest weight" if row is None else f"{row} looks most"
    return table(["without", change, *["probability"] * shares, weight, *["at"] * scored], rows, screen)


def _key(head: HeadEffect, effects: Effects, screen: Screen) -> str:
    return "" if head.key is None else names(effects.result.keys(head), screen)[head.key]


def looking(effects: Effects, screen: Screen) -> str | None:
    """The token whose row the weights are of; None where those of some heads are means over rows."""
    position = effects.result.position
    if position is None or any(each.key is None for each in effects.result.heads):
        return None
    return names(effects.result.sentence, screen)[position]


def change_of(head: HeadEffect, effects: Effects) -> str:
    """The change without a head: of a logit with its sign, `−1.570`; of a state as it turns, `0.0312`."""
    return f"{head.effect:+.3f}".replace("-", "−") if effects.result.scored else f"{head.effect:.4f}"
