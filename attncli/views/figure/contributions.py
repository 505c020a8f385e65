"""The figure of heads by their contribution: what each head and feed-forward adds to the answer's logit, by layer."""

import numpy as np

from attncli.models.stream import FEED_FORWARD
from attncli.recipes.contributions import HeadContributions
from attncli.views.figure.content import PAPER, Kind
from attncli.views.figure.scatter import Scatter
from attncli.views.terminal.contributions import HELD, LEFT_OUT, sum_of


def contributions_content(found: HeadContributions, kind: Kind, scale: str) -> Scatter:
    """A point a head and a point a feed-forward, the largest with their names; one kind of it, and no colours."""
    model, fed = found.model, [each for each in found.parts if each.part == FEED_FORWARD]
    at = f"{PAPER.word(found.sentence.tokens[found.position].name)} ({found.position})"
    return Scatter(
        PAPER.word((found.memory or found.sentence).parts[0].text),
        f'model {PAPER.word(model.name)} ({model.size}) · answer "{PAPER.word(found.answer)}" at {at}',
        np.array([each.layer for each in found.heads] + [each.layer for each in fed], float),
        np.array([*found.contributions, *(each.contribution for each in fed)]),
        (*(head.name for head in found.heads), *(f"layer {each.layer}" for each in fed)),
        (*(head.part or "head" for head in found.heads), *("feed-forward" for _ in fed)),
        ("layer", "share of the answer's logit"),
        (sum_of(found), f"{LEFT_OUT}; {HELD}", *map(PAPER.word, (*found.warnings, *found.remarks))),
        max(10, found.settings.top),
    )
