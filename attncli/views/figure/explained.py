"""The panels of an explanation: its heads, or one query under all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError, UsageError
from attncli.recipes.explanation import Explanation
from attncli.settings.model import FEWER_HEADS
from attncli.views.figure.content import PAPER, Content, Grid, Kind, Panel, Scale, cut_note, labels, weights_scale
from attncli.views.figure.script import runs_right_to_left
from attncli.views.terminal.heading import labelled

MOST_PANELS = {"heat": 1000, "arcs": 12}
MOST_TITLED = 12  # heads with titles; more of several layers stand in a grid of layers and heads


def explanation_content(explanation: Explanation, kind: Kind, scale: str, shown: Sequence[str] = ()) -> Content:
    """One panel a head of the last layer, or of every layer of a model ; `shown`: of these heads, like 1.7.

    Raises:
        AttnError: more panels than a figure holds.
        UsageError: a shown head that is not there.
    """
    one_query = explanation.query is not None and kind == "heat"
    places = _chosen(explanation, shown) if shown else _places(explanation)
    if not one_query and len(places) > MOST_PANELS[kind]:
        raise AttnError(f"a figure of {len(places)} heads is too many: {MOST_PANELS[kind]} at most", FEWER_HEADS)
    panels = [_heads(explanation, places)] if one_query else [_panel(explanation, *place) for place in places]
    grid = None if one_query or shown else _grid(explanation, places)
    kinds = _kinds_named(explanation, places) if grid else ()
    if grid:
        panels = [replace(panel, title="", caption="") for panel in panels]
    return Content(
        PAPER.word(explanation.sentence.parts[0].text),
        " · ".join([*_what(explanation), *_query(explanation)]),
        tuple((panel,) for panel in panels),
        _scale(explanation, scale, panels),
        (*kinds, *_notes(explanation)),
        axes=("head" if one_query and len(places) > 1 else "query", "key"),
        only=explanation.query,
        crossed=explanation.memory is not None,
        across=0 if shown else len(explanation.head_numbers),
        grid=grid,
        right_to_left=(
            runs_right_to_left(explanation.sentence.text),
            runs_right_to_left(explanation.key_sentence.text),
        ),
    )


def _places(explanation: Explanation) -> list[tuple[int, int]]:
    """The rows and columns of the heads to draw: of a block that is repeated the last layer's."""
    n_layer, n_head = len(explanation.layers), len(explanation.head_numbers)
    layers = [n_layer - 1] if explanation.source.repeats else range(n_layer)
    return [(layer, head) for layer in layers for head in range(n_head)]


def _chosen(explanation: Explanation, shown: Sequence[str]) -> list[tuple[int, int]]:
    """The rows and columns of these layers and heads."""
    layers, heads = [*explanation.layer_numbers], [*explanation.head_numbers]
    wanted = [(int(layer), int(head)) for layer, head in (name.split(".") for name in shown)]
    for layer, head in wanted:
        if layer not in layers or head not in heads or explanation.source.repeats or explanation.source.combined:
            reason = f"expected layers {_reach(layers)} and heads {_reach(heads)}"
            raise UsageError(reason, setting="heads_shown", value=f"{layer}.{head}")
    return [(layers.index(layer), heads.index(head)) for layer, head in wanted]


def _reach(numbers: Sequence[int]) -> str:
    return f"{min(numbers)} to {max(numbers)}" if len(numbers) > 1 else str(numbers[0])


def _grid(explanation: Explanation, places: list[tuple[int, int]]) -> Grid | None:
    """The layers and heads that many panels stand in."""
    layers, heads = explanation.layer_numbers, explanation.head_numbers
    if explanation.source.repeats or len(places) <= MOST_TITLED or min(len(layers), len(heads)) == 1:
        return None
    return Grid(tuple(map(str, layers)), tuple(map(str, heads)))


def _kinds_named(explanation: Explanation, places: list[tuple[int, int]]) -> Iterator[str]:
    """The heads of each kind, in the place of titles."""
    kinds = explanation.source.kinds
    if kinds is None:
        return
    named: dict[str, list[str]] = {}
    for row, column in places:
        name = f"{explanation.layer_numbers[row]}.{explanation.head_numbers[column]}"
        named.setdefault(str(kinds.kind[row, column]), []).append(name)
    for kind, heads in named.items():
        yield f"{kind}: {', '.join(heads)}"


def _panel(explanation: Explanation, row: int, column: int) -> Panel:
    return Panel(
        _name(explanation, row, column),
        explanation.weights[row, column],
        ~explanation.layers[row].visible,
        labels([token.label for token in explanation.sentence.tokens]),
        labels([token.label for token in explanation.key_sentence.tokens]),
        _role(explanation, row, column),
    )


def _heads(explanation: Explanation, places: list[tuple[int, int]]) -> Panel:
    """One query: a row a head, or a row that is called as the query."""
    tokens = explanation.sentence.tokens
    rows = tuple(_name(explanation, *place) for place in places)
    if len(places) == 1 and explanation.query is not None:
        rows = labels([tokens[explanation.query].label])
    chosen = tuple(np.array(places).T)
    weights: Array = explanation.weights[*chosen, explanation.query]  # [places, n_key]
    hidden = np.stack([~explanation.layers[layer].visible[explanation.query] for layer, _ in places])
    return Panel("", weights, hidden, rows, labels([token.label for token in explanation.key_sentence.tokens]))


def _name(explanation: Explanation, row: int, column: int) -> str:
    """Which head it is, where there are several or the model has more."""
    head = f"head {explanation.head_numbers[column]}"
    if explanation.source.repeats:
        return head if len(explanation.head_numbers) > 1 else ""
    return "" if explanation.source.combined else f"layer {explanation.layer_numbers[row]}, {head}"


def _role(explanation: Explanation, row: int, column: int) -> str:
    """The kind of the head, where it is known."""
    kinds, roles = explanation.source.kinds, explanation.source.roles
    if kinds is not None:
        return "" if explanation.source.combined else str(kinds.kind[row, column])
    return roles[column].here if roles and len(explanation.layers) == 1 else ""


def _what(explanation: Explanation) -> Iterator[str]:
    for each in labelled(explanation, PAPER):
        yield f"{each.label} {PAPER.word(each.value)}"
    if explanation.source.repeats and len(explanation.layers) > 1:
        yield f"the last of {len(explanation.layers)} layers"


def _query(explanation: Explanation) -> list[str]:
    if explanation.query is None:
        return []
    return [f"query {PAPER.word(explanation.sentence.tokens[explanation.query].label)} ({explanation.query})"]


def _scale(explanation: Explanation, name: str, panels: list[Panel]) -> Scale:
    """The scale of this name; rows of one query in all heads have no diagonal."""
    label = {None: "attention weight", "norm": "‖αf(x)‖"}.get(explanation.source.combined, explanation.source.combined)
    of_words = all(panel.rows == panel.columns for panel in panels)
    return weights_scale(label or "", name, panels, crossed=explanation.memory is not None or not of_words)


def _notes(explanation: Explanation) -> Iterator[str]:
    yield from cut_note([token.label for sentence in explanation.sentences for token in sentence.tokens])
    if explanation.sentence.pair is not None:
        yield f"second text: {PAPER.word(explanation.sentence.pair)}"
    if explanation.memory is not None:
        yield f"keys and values come from: {PAPER.word(explanation.memory.text)}"
    for sentence in explanation.sentences:
        if sentence.unknown:
            yield "not among the vectors: " + ", ".join(
                dict.fromkeys(PAPER.word(each.text) for each in sentence.unknown)
            )
    yield from map(PAPER.word, (*explanation.warnings, *explanation.remarks))
