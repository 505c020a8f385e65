"""The figure of heads by their effect: the effect of each against its weight."""

from attncli.recipes.head_effects import HeadEffects
from attncli.views.figure.content import PAPER, Kind
from attncli.views.figure.scatter import Scatter
from attncli.views.terminal.effects import MADE_UP_FOR, correlation, weight_remarks


def effects_content(effects: HeadEffects, kind: Kind, scale: str) -> Scatter:
    """A point a head, those of the largest effects with their names; there is one kind of it, and no colours."""
    model, place = effects.model, effects.position
    of = "" if place is None else f" at {PAPER.word(effects.sentence.tokens[place].name)} ({place})"
    state = f"last hidden state{of or ', the mean over all tokens'}"
    answer = state if effects.answer is None else f'answer "{PAPER.word(effects.answer)}"{of}'
    change = "change of the answer's logit without the head"
    return Scatter(
        PAPER.word((effects.memory or effects.sentence).parts[0].text),
        f"model {PAPER.word(model.name)} ({model.size}) · {answer} · ablation {effects.settings.ablate}",
        effects.weights,
        effects.effects,
        tuple(head.name for head in effects.heads),
        tuple(head.part or "" for head in effects.heads),
        ("weight", change if effects.answer is not None else "1 − cosine with and without the head"),
        (correlation(effects), *weight_remarks(effects), MADE_UP_FOR, *_others(effects)),
        max(10, effects.settings.top),
    )


def _others(effects: HeadEffects) -> tuple[str, ...]:
    return tuple(map(PAPER.word, (*effects.warnings, *effects.remarks)))
