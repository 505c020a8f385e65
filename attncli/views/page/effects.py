"""The heads of a page by their effect on the model's answer, layer by layer."""

from typing import Any

from attncli.recipes.explanation import Explanation
from attncli.recipes.head_effects import HeadEffect, HeadEffects
from attncli.recipes.model_source import ModelSource
from attncli.views.screen import Screen
from attncli.views.terminal.effects import MADE_UP_FOR, answered, correlation

MATTERS = 0.25  # of the largest effect; such heads are outlined


def effects_record(effects: HeadEffects, explanation: Explanation[ModelSource]) -> dict[str, Any]:
    """Effect and weight of each head that the page has `[n_layer][n_head]`, null where it was not taken away."""
    source = explanation.source
    part = source.settings.part if effects.memory is not None else None
    found = {(each.layer, each.head): each for each in effects.heads if each.part == part}
    most = max(abs(each.effect) for each in effects.heads)
    rows = [[found.get((layer, head)) for head in source.heads] for layer in source.layers]

    def grid(of: Any) -> list[list[Any]]:
        return [[None if each is None else of(each) for each in row] for row in rows]

    def matters(each: HeadEffect) -> bool:
        return abs(each.effect) > MATTERS * most

    said = (answered(effects, Screen()), correlation(effects), MADE_UP_FOR)
    return {
        "hint": " ".join(f"{each[0].upper()}{each[1:]}." for each in said),
        "effects": grid(lambda each: round(each.effect, 6)),
        "weights": grid(lambda each: round(each.weight, 6)),
        "matter": grid(matters),
    }
