"""The data of the page's script: tokens, and the numbers of every layer and head."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attncli.attention.positions import as_by_offset
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.sources import Neighbour
from attncli.views.formula import formula_of
from attncli.views.page.command import command_of
from attncli.views.page.dimensions import dimensions_of
from attncli.views.page.heads import heads_record
from attncli.views.page.kinds import kinds_of, meanings_of
from attncli.views.page.opening import Opening, telling_head
from attncli.views.page.packing import (
    Packing,
    lengths_of,
    packed_offsets,
    packed_scores,
    packed_weights,
    packing_of,
    units_of,
)
from attncli.views.page.running import running_text
from attncli.views.screen import Screen, visible
from attncli.views.terminal.heading import names, settings_shown

MOST_APART = 64  # tokens, in a list of words; more are running text
MOST_NEIGHBOURS = 64  # tokens; the nearest words of more are left out

Record = dict[str, Any]


def page_data(
    sources: Mapping[str, Explanation],
    compared: Record | None = None,
    scale: str = "auto",
    effects: Record | None = None,
    opens: Opening | None = None,
) -> Record:
    """Everything the script draws, `sources` by what the switch between them calls them.

    `compared` are the measures of several; scale: the name of the scale of colours at the start; effects:
    those of the heads of the one source; opens: what is shown first, None a head of the first source.

    Raises:
        AttnError: it would take more than MOST_BYTES.
    """
    packing = packing_of(sources.values())
    return {
        "switch": _switch(list(sources.values())),
        "scale": scale,
        "compared": compared,
        "effects": effects,
        "opens": (opens or telling_head(next(iter(sources.values()))))._asdict(),
        "bytes": packing.bytes,
        "levels": packing.levels,
        "sources": [{"name": visible(name), **_source(each, packing)} for name, each in sources.items()],
    }


def memory_shown(explanation: Explanation) -> tuple[str, str]:
    """What the other sentence of cross-attention is called and its text, or the second of two texts, or nothing."""
    if explanation.sentence.pair is not None:
        return "second text: ", visible(explanation.sentence.pair)
    return ("", "") if explanation.memory is None else ("keys and values: ", visible(explanation.memory.text))


def _switch(explanations: Sequence[Explanation]) -> str:
    """The difference between the sources."""
    if not all(each.source.kind == "model" for each in explanations):
        return "Method"
    return "Sentence" if len({each.sentence.text for each in explanations}) > 1 else "Model"


def _source(explanation: Explanation, packing: Packing) -> Record:
    screen, n = Screen(), len(explanation.sentence.tokens)
    memory, units = explanation.memory, [units_of(layer) for layer in explanation.layers]
    return {
        "sentence": visible(explanation.sentence.parts[0].text),
        "memory": memory_shown(explanation),
        "settings": settings_shown(explanation, screen),
        "command": command_of(explanation),
        "queries": names(explanation.sentence, screen),
        "special": [[token.index for token in each.tokens if token.special] for each in explanation.sentences],
        "generated": [token.index for token in explanation.sentence.tokens if token.generated],
        "keys": None if memory is None else names(memory, screen),
        "texts": [[visible(token.text) for token in each.tokens] for each in explanation.sentences],
        "text": _running(explanation),
        "layers": explanation.layer_numbers,
        "heads": explanation.head_numbers,
        "does": kinds_of(explanation),
        "means": meanings_of(explanation),
        "known": heads_record(explanation),
        "combined": explanation.source.combined,
        "given": explanation.source.kind == "weights",
        "pinned": explanation.query,
        "only": explanation.query if explanation.partial else None,
        "units": units,
        "shares": max(map(max, units)) <= 1 + 1e-6,  # else they are lengths
        "weights": [packed_weights(layer, packing) for layer in explanation.layers],
        **(_steps(explanation) if packing.scores and explanation.has_scores else {"scores": None}),
        "dimensions": dimensions_of(explanation) if packing.scores and explanation.has_scores else None,
        "neighbours": _neighbours(explanation) if n <= MOST_NEIGHBOURS else None,
    }


def _running(explanation: Explanation) -> Record | None:
    """Texts of more words than lines are drawn of."""
    memory = explanation.memory
    if max(len(each.tokens) for each in (explanation.sentence, explanation.key_sentence)) <= MOST_APART:
        return None
    return {"queries": running_text(explanation.sentence), "keys": memory and running_text(memory)}


def _steps(explanation: Explanation) -> Record:
    """The scores and what they are made of, and the lengths of the values `[n_key]` and of their weighted sums."""
    scored = [[packed_scores(head) for head in layer] for layer in explanation.scores]
    return {
        "terms": [[_terms(layer, head) for head in range(len(layer.queries))] for layer in explanation.layers],
        "scores": [[codes for codes, _ in layer] for layer in scored],
        "ranges": [[limits for _, limits in layer] for layer in scored],
        "values": [[lengths_of(head) for head in layer.values] for layer in explanation.layers],
        "results": [[lengths_of(head) for head in layer.context] for layer in explanation.layers],
    }


def _terms(layer: Layer, head: int) -> Record | None:
    """One head's formula with its numbers; what is added for places is by key and offset, which is little."""
    terms = layer.terms([])
    if terms is None or layer.scoring is None:
        return None
    formula, added = formula_of(terms, head), layer.scoring.added
    by_offset = layer.scoring.by_offset if added is None else as_by_offset(added)
    return {
        "formula": formula.text,
        "similarity": None if formula.plain else formula.similarity,
        "places": formula.places + 1,
        "open": formula.open,
        "divisor": float(formula.terms.divisor[0]),
        "softcap": formula.terms.softcap,
        "temperature": float(formula.terms.temperature[0]),
        "position": packed_offsets(by_offset[head]) if formula.positional and by_offset is not None else None,
    }


def _neighbours(explanation: Explanation) -> list[Record] | None:
    """The nearest words of every query before and after attention; None where vectors do not live among words."""
    if explanation.source.vectors is None:
        return None
    found = explanation.neighbours(range(len(explanation.sentence.tokens)))
    return [{"before": _near(before), "after": None if after is None else _near(after)} for before, after in found]


def _near(neighbours: Iterable[Neighbour]) -> list[tuple[str, float]]:
    return [(visible(each.text), round(each.similarity, 6)) for each in neighbours]
