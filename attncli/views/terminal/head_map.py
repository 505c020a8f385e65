"""The map of a model's heads: miniatures of their weights with a key, or their kinds and measures in numbers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
from rich.style import Style
from rich.text import Text

from attncli.analysis.kinds import ANCHOR, NEXT, PREVIOUS, SAME, HeadKinds
from attncli.recipes.differences import Difference
from attncli.recipes.explanation import Explanation
from attncli.views.palette import cell_style
from attncli.views.rounding import as_short
from attncli.views.screen import Screen, pad
from attncli.views.terminal.head_grid import CELL, Line, blocks, head_grid
from attncli.views.terminal.kinds import LOOKS, letter_style
from attncli.views.terminal.miniatures import AWAY as AWAY_LETTER
from attncli.views.terminal.miniatures import Miniatures
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, Block, Piece, heading, wrap

MOST_LINES = 180  # of a map with all its numbers
LINES, WIDE = (13, 25), 100  # of a map of miniatures; a screen of so many columns has room for more
AWAY = "away"  # in the place of the kind of a head that is taken away
NUMBERS = {"dist": "mean distance in tokens", "bits": "mean entropy of a row", "spec": "share on special tokens"}
CROSSING = {"cross": "share that crosses to the other text"}


def map_blocks(explanation: Explanation, kinds: HeadKinds, screen: Screen, less: int = 0) -> tuple[Block, Block]:
    """The map of every chosen head, and its key; less: lines that miniatures are to do without."""
    if screen.numbers or explanation.source.pictures is None:
        return _numbered(explanation, kinds, screen), Block(_definitions(kinds, screen))
    return _pictured(explanation, kinds, screen, less)


def miniatures_of(explanation: Explanation, kinds: HeadKinds) -> Miniatures:
    """The pictures of the chosen heads."""
    layers, heads, pictures = explanation.layer_numbers, explanation.head_numbers, explanation.source.pictures
    assert pictures is not None
    shares = np.sqrt(pictures / (pictures.max() or 1.0))  # [n_layer, n_head, p, q]
    away = [[is_away(explanation, row, column) for column in range(len(heads))] for row in range(len(layers))]
    return Miniatures(layers, heads, kinds.kind, shares, np.array(away))


def _pictured(explanation: Explanation, kinds: HeadKinds, screen: Screen, less: int) -> tuple[Block, Block]:
    """Every head as a miniature, and its key."""
    miniatures, most = miniatures_of(explanation, kinds), LINES[screen.columns >= WIDE]
    drawn = miniatures.lines(screen, min(most, miniatures.high(screen.columns, most)) - less)
    how = "a row a layer, a column a head: its weights, queries down and keys across"
    remarks = ("one head whole: --layer L --head H; in numbers: --numbers, or --json",)
    said = bool(screen.height and screen.command)  # by the commands that go on
    return Block([*heading("map", how, screen), *drawn], () if said else remarks), Block(
        key_lines(explanation, kinds, screen)
    )


def key_lines(explanation: Explanation, kinds: HeadKinds, screen: Screen) -> list[Text]:
    """The letters of the kinds on this map, each with the number of its heads, and the scale of the pictures."""
    count = Counter(kinds.kind.ravel().tolist())
    pieces: list[Piece] = []
    for kind, look in LOOKS.items():
        if count[kind]:
            said = f" {kind} {count[kind]}".replace(" ", GLUE)
            pieces += [(look.letter, letter_style(kind, screen.colours)), (said, ""), ("  ", "")]
    if isinstance(explanation.changes, Difference) and explanation.changes.heads:
        pieces += [(AWAY_LETTER, BOLD), (" taken away".replace(" ", GLUE), "")]
    scale = "colours: the square root of a weight" if screen.coloured else "shades: up to the largest weight of a head"
    return [*wrap(pieces, screen.columns), *wrap([(scale, DIM)], screen.columns)]


def _numbered(explanation: Explanation, kinds: HeadKinds, screen: Screen) -> Block:
    """Every head with its kind and, where the lines suffice, distance, entropy and share on special tokens."""
    layers, heads = explanation.layer_numbers, explanation.head_numbers
    measures = _measures(kinds)
    numbered = len(layers) * len(blocks(layers, heads, screen)) * (2 + len(measures)) <= MOST_LINES
    lines = [Line("kind", partial(_kind, explanation, kinds, screen))]
    lines += [Line(name, partial(_measure, kinds, name)) for name in measures if numbered]
    remarks = ["all these numbers are in --json; one head whole: --layer L --head H"]
    if not numbered:
        remarks.insert(0, "distance, entropy and shares are left out of so large a map: choose --layer L")
    shaded = "; the colour is the share of its weight" * screen.coloured
    over = heading("map", f"a row a layer, a column a head: what it does here{shaded}", screen)
    return Block([*over, *head_grid(layers, heads, lines, screen)], tuple(remarks))


def is_away(explanation: Explanation, row: int, column: int) -> bool:
    """Whether the head of a chosen layer, by their places, is taken away."""
    layer, head = explanation.layer_numbers[row], explanation.head_numbers[column]
    return isinstance(explanation.changes, Difference) and explanation.changes.takes(layer, head)


def _definitions(kinds: HeadKinds, screen: Screen) -> list[Text]:
    """The definitions of the short names on this map."""
    found = {kind: look for kind, look in LOOKS.items() if (kinds.kind == kind).any()}
    meant = [(look.short, f"{kind}: {look.definition}") for kind, look in found.items()]
    meant += list(_measures(kinds).items())
    lines = [wrap([(pad(short, CELL), BOLD), (text, DIM)], screen.columns, hanging=CELL) for short, text in meant]
    return [line for some in lines for line in some]


def _measures(kinds: HeadKinds) -> Mapping[str, str]:
    """The numbers of a head, by short name; of one text nothing crosses."""
    return NUMBERS if kinds.crossing is None else NUMBERS | CROSSING


def _kind(explanation: Explanation, kinds: HeadKinds, screen: Screen, row: int, head: int) -> tuple[str, str | Style]:
    if is_away(explanation, row, head):
        return AWAY, DIM
    style = cell_style(round(_strength(kinds, row, head), 2), screen.colours) if screen.coloured else ""
    return LOOKS[str(kinds.kind[row, head])].short, style


def _measure(kinds: HeadKinds, name: str, row: int, head: int) -> tuple[str, str | Style]:
    return _number(kinds, name, row, head), ""


def _strength(kinds: HeadKinds, row: int, head: int) -> float:
    """The share of the head's weight that its kind accounts for; a kind without a share has hardly any colour."""
    shares = {PREVIOUS: kinds.previous, NEXT: kinds.next, SAME: kinds.same, ANCHOR: kinds.anchor}
    found = shares.get(str(kinds.kind[row, head]))
    return 0.0 if found is None else float(found[row, head])


def _number(kinds: HeadKinds, name: str, row: int, head: int) -> str:
    share = {"spec": kinds.special, "cross": kinds.crossing}.get(name)
    if share is not None:
        return as_short(round(100 * float(share[row, head])))
    value = kinds.distance[row, head] if name == "dist" else kinds.entropy[row, head]
    return f"{float(value):.2f}" if value < 10 else f"{float(value):.1f}"


def kind_sentences(explanation: Explanation, kinds: HeadKinds) -> Iterator[str]:
    """The kind of each head, a sentence each."""
    for row, layer in enumerate(explanation.layer_numbers):
        for column, head in enumerate(explanation.head_numbers):
            distance, bits = (_number(kinds, name, row, column) for name in ("dist", "bits"))
            measured = f"{NUMBERS['dist']} {distance}, {NUMBERS['bits']} {bits} bits"
            special = f"{NUMBERS['spec']} {float(kinds.special[row, column]):.2f}"
            if kinds.crossing is not None:
                special += f", {CROSSING['cross']} {float(kinds.crossing[row, column]):.2f}"
            away = ", taken away" * is_away(explanation, row, column)
            yield f"Layer {layer}, head {head}{away}: {kinds.kind[row, column]}; {measured}, {special}."
