"""One query of a model: its row of combined weights, or its strongest key under every head."""

from collections.abc import Iterator

from rich.style import Style
from rich.text import Text

from attncli.arrays import Array
from attncli.recipes.explanation import Explanation
from attncli.views.palette import cell_style
from attncli.views.rounding import as_weight
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.head_grid import Line, head_grid
from attncli.views.terminal.heading import names, page
from attncli.views.terminal.typeset import DIM, bar, heading, wrap

LONGEST_BAR = 30


def row_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The keys of the chosen query in the order of the sentence, each with its number and a bar."""
    query = explanation.query or 0
    row, labels = explanation.mean_weights[query], names(explanation.key_sentence, screen)  # [n_key], n_key
    number = len(f"{row.max():.3f}") + 2
    width = min(max(map(cells, labels)), screen.columns - number)
    most, longest = float(row.max()) or 1.0, min(LONGEST_BAR, screen.columns - width - number - 2)
    lines = heading(names(explanation.sentence, screen)[query], f"as the query: {_what(explanation)}", screen)
    seen = explanation.layers[-1].visible[query].tolist()
    for label, weight, visible in zip(labels, row.tolist(), seen, strict=True):
        if screen.accessible:
            sentence = f"{label}: {weight:.3f}." if visible else f"{label}: hidden by the mask."
            lines += wrap([(sentence, "")], screen.columns)
            continue
        name = pad(cut(label, width, screen.own("…")), width)
        line = Text(name + pad(f"{weight:.3f}" if visible else screen.own("·"), number, "right"), no_wrap=True)
        if longest > 5:
            line.append("  " + bar(weight / most, longest, screen), DIM)
        lines.append(line)
    return lines


def _what(explanation: Explanation) -> str:
    if explanation.source.combined:
        return f"{explanation.source.combined} over the chosen layers and heads"
    return f"the weights of layer {explanation.layer_numbers[0]}, head {explanation.head_numbers[0]}"


WIDTH = 8  # cells of a head, the space before it among them


def word_map_lines(explanation: Explanation, best: Array, weights: Array, screen: Screen) -> list[Text]:
    """The page of `--word` where more than one head is chosen.

    best, weights `[n_layer, n_head]`: the key with most weight under each head and that weight; −1: it sees nothing.
    """
    query, labels = explanation.query or 0, names(explanation.key_sentence, screen)

    def strongest(row: int, column: int) -> tuple[str, str | Style]:
        key = int(best[row, column])
        return cut(labels[key], WIDTH - 1, screen.own("…")) if key >= 0 else "-", ""

    def weight(row: int, column: int) -> tuple[str, str | Style]:
        value = round(float(weights[row, column]), 2)
        return as_weight(round(100 * value)), cell_style(value, screen.colours) if screen.coloured else ""

    word = names(explanation.sentence, screen)[query]
    lines = heading(word, "as the query: of each head the key with most weight", screen)
    if screen.accessible:
        lines += [
            each
            for sentence in _sentences(explanation, best, weights, labels)
            for each in wrap([(sentence, "")], screen.columns)
        ]
    else:
        drawn = [Line("key", strongest), Line("", weight)]
        lines += head_grid(explanation.layer_numbers, explanation.head_numbers, drawn, screen, WIDTH)
    how = "alone" if explanation.source.kind == "weights" else "step by step"
    remarks = [f"one head {how}: --layer L --head H --word WORD; all weights are in --json"]
    return page(f"attn {explanation.source.command}", explanation, [lines], remarks, screen)


def _sentences(explanation: Explanation, best: Array, weights: Array, labels: list[str]) -> Iterator[str]:
    """The strongest keys in sentences, one a head."""
    for row, layer in enumerate(explanation.layer_numbers):
        for column, head in enumerate(explanation.head_numbers):
            key = int(best[row, column])
            seen = f"{labels[key]} with {weights[row, column]:.2f}" if key >= 0 else "nothing"
            yield f"Layer {layer}, head {head}: {seen}."
