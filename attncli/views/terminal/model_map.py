"""The map of a model: layers by heads, one cell each with what the head does on the sentence."""

from collections.abc import Iterator
from functools import partial

from rich.style import Style
from rich.text import Text

from attncli.analysis.kinds import ANCHOR, BROADLY, CONTENT, NEXT, PREVIOUS, SAME, HeadKinds
from attncli.recipes.explanation import Explanation
from attncli.views.palette import cell_style
from attncli.views.rounding import as_short
from attncli.views.screen import Screen, pad
from attncli.views.terminal.head_grid import CELL, Line, blocks, head_grid
from attncli.views.terminal.typeset import BOLD, DIM, Block, heading, wrap

MOST_LINES = 180  # of a map with all its numbers
SHORT = {PREVIOUS: "prev", NEXT: "next", SAME: "same", ANCHOR: "first", BROADLY: "broad", CONTENT: "cont"}
MEANINGS = {
    PREVIOUS: "more than half of the weight on the token before",
    NEXT: "more than half on the token after",
    SAME: "more than half on the token itself",
    ANCHOR: "more than half on the first and the special tokens",
    BROADLY: "nearly even over all it may see",
    CONTENT: "none of these: it picks tokens by what they are",
}
NUMBERS = {"dist": "mean distance in tokens", "bits": "mean entropy of a row", "spec": "share on special tokens"}


def map_block(explanation: Explanation, kinds: HeadKinds, screen: Screen) -> Block:
    """Every chosen head with its kind and, where the lines suffice, distance, entropy and share on special tokens."""
    layers, heads = explanation.layer_numbers, explanation.head_numbers
    numbered = len(layers) * len(blocks(layers, heads, screen)) * 5 <= MOST_LINES
    lines = [Line("kind", partial(_kind, kinds, screen))]
    lines += [Line(name, partial(_measure, kinds, name)) for name in NUMBERS if numbered]
    said = ["all these numbers are in --json; one head whole: --layer L --head H"]
    if not numbered:
        said.insert(0, "distance, entropy and share on special tokens are left out of so large a map: choose --layer L")
    shaded = "; the colour is the share of its weight" * screen.coloured
    over = heading("map", f"a row a layer, a column a head: what it does here{shaded}", screen)
    return Block([*over, *head_grid(layers, heads, lines, screen)], tuple(said))


def legend(kinds: HeadKinds, screen: Screen) -> list[Text]:
    """What the short names on this map mean."""
    found = [kind for kind in SHORT if (kinds.kind == kind).any()]
    meant = [(SHORT[kind], f"{kind}: {MEANINGS[kind]}") for kind in found] + list(NUMBERS.items())
    lines = [wrap([(pad(short, CELL), BOLD), (text, DIM)], screen.columns, hanging=CELL) for short, text in meant]
    return [line for some in lines for line in some]


def _kind(kinds: HeadKinds, screen: Screen, row: int, head: int) -> tuple[str, str | Style]:
    style = cell_style(round(_strength(kinds, row, head), 2), screen.colours) if screen.coloured else ""
    return SHORT[str(kinds.kind[row, head])], style


def _measure(kinds: HeadKinds, name: str, row: int, head: int) -> tuple[str, str | Style]:
    return _number(kinds, name, row, head), ""


def _strength(kinds: HeadKinds, row: int, head: int) -> float:
    """How much of the head's weight its kind stands for; what has no share has no colour to speak of."""
    shares = {PREVIOUS: kinds.previous, NEXT: kinds.next, SAME: kinds.same, ANCHOR: kinds.anchor}
    found = shares.get(str(kinds.kind[row, head]))
    return 0.0 if found is None else float(found[row, head])


def _number(kinds: HeadKinds, name: str, row: int, head: int) -> str:
    if name == "spec":
        return as_short(round(100 * float(kinds.special[row, head])))
    value = kinds.distance[row, head] if name == "dist" else kinds.entropy[row, head]
    return f"{float(value):.2f}" if value < 10 else f"{float(value):.1f}"


def kind_sentences(explanation: Explanation, kinds: HeadKinds) -> Iterator[str]:
    """What each head does, a sentence each."""
    for row, layer in enumerate(explanation.layer_numbers):
        for column, head in enumerate(explanation.head_numbers):
            distance, bits = (_number(kinds, name, row, column) for name in ("dist", "bits"))
            measured = f"{NUMBERS['dist']} {distance}, {NUMBERS['bits']} {bits} bits"
            special = f"{NUMBERS['spec']} {float(kinds.special[row, column]):.2f}"
            yield f"Layer {layer}, head {head}: {kinds.kind[row, column]}; {measured}, {special}."
