"""Kinds of heads on the page, with their definitions: patterns of a model's heads, names of trained ones."""

from attncli.analysis.kinds import ANCHOR, BROADLY, CONTENT, NEXT, PREVIOUS, SAME
from attncli.recipes.explanation import Explanation

#: Of the kinds of a model's heads and the names of trained ones.
KIND_SENTENCES = {
    PREVIOUS: "Most of its weight is on the token before.",
    NEXT: "Most of its weight is on the token after.",
    SAME: "Most of its weight is on the token itself.",
    ANCHOR: "Most of its weight is on the first token and on those that the model adds.",
    BROADLY: "Its weight is spread nearly evenly.",
    CONTENT: "No place draws most of its weight: it picks tokens by what they are.",
    "neighbour to the left": "Much of its weight is on the word before.",
    "neighbour to the right": "Much of its weight is on the word after.",
    "related words": "Words with similar vectors get more weight.",
    "words before": "Most of its weight is on earlier words.",
    "words after": "Most of its weight is on later words.",
    "mixed": "No single pattern fits it.",
}


def kinds_of(explanation: Explanation) -> list[list[str]]:
    """The kind of each head `[n_layer][n_head]`; empty where kinds are not known."""
    kinds, roles = explanation.source.kinds, explanation.source.roles
    if kinds is not None and not explanation.source.combined:
        found: list[list[str]] = kinds.kind.tolist()
        return found
    return [list(map(str, roles))] if roles else []


def meanings_of(explanation: Explanation) -> list[list[str]]:
    """The definition of each head's kind, in the same shape."""
    if roles := explanation.source.roles:
        return [[KIND_SENTENCES.get(role.here, "") for role in roles]]
    return [[KIND_SENTENCES[kind] for kind in row] for row in kinds_of(explanation)]


def bare_kinds_of(explanation: Explanation) -> list[list[str]]:
    """The kind of each head in one of the words of KIND_SENTENCES, in the same shape."""
    roles = explanation.source.roles
    return [[role.here for role in roles]] if roles else kinds_of(explanation)
