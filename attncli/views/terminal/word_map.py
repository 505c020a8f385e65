"""One query under every head of a model: the key with most weight, layer by layer."""

from collections.abc import Iterator

from rich.style import Style
from rich.text import Text

from attncli.arrays import Array
from attncli.recipes.explanation import Explanation
from attncli.views.palette import cell_style
from attncli.views.rounding import as_weight
from attncli.views.screen import Screen, cut
from attncli.views.terminal.head_grid import Line, head_grid
from attncli.views.terminal.heading import names, page
from attncli.views.terminal.typeset import heading, wrap

WIDTH = 8  # cells of a head, the space before it among them


def word_map_lines(explanation: Explanation, best: Array, weights: Array, screen: Screen) -> list[Text]:
    """The page of `--word` where more than one head is chosen.

    best, weights `[n_layer, n_head]`: the key with most weight under each head and that weight; −1: it sees nothing.
    """
    query, labels = explanation.query or 0, names(explanation.sentence, screen)

    def strongest(row: int, column: int) -> tuple[str, str | Style]:
        key = int(best[row, column])
        return cut(labels[key], WIDTH - 1, screen.own("…")) if key >= 0 else "-", ""

    def weight(row: int, column: int) -> tuple[str, str | Style]:
        value = round(float(weights[row, column]), 2)
        return as_weight(round(100 * value)), cell_style(value, screen.colours) if screen.coloured else ""

    lines = heading(labels[query], "as the query: of each head the key with most weight", screen)
    if screen.accessible:
        lines += [
            each
            for told in _sentences(explanation, best, weights, labels)
            for each in wrap([(told, "")], screen.columns)
        ]
    else:
        drawn = [Line("key", strongest), Line("", weight)]
        lines += head_grid(explanation.layer_numbers, explanation.head_numbers, drawn, screen, WIDTH)
    said = ["one head step by step: --layer L --head H --word WORD; all weights are in --json"]
    return page("attn explain", explanation, [lines], said, screen)


def _sentences(explanation: Explanation, best: Array, weights: Array, labels: list[str]) -> Iterator[str]:
    """The same a sentence a head."""
    for row, layer in enumerate(explanation.layer_numbers):
        for column, head in enumerate(explanation.head_numbers):
            key = int(best[row, column])
            seen = f"{labels[key]} with {weights[row, column]:.2f}" if key >= 0 else "nothing"
            yield f"Layer {layer}, head {head}: {seen}."
