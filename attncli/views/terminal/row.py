"""One row of combined weights: a query and what reaches it, where there are no single scores behind it."""

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.glyphs import bar
from attncli.views.terminal.heading import names
from attncli.views.terminal.typeset import DIM, heading, wrap

LONGEST_BAR = 30


def row_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The keys of the chosen query in the order of the sentence, each with its number and a bar."""
    query = explanation.query or 0
    row, labels = explanation.mean_weights[query], names(explanation.sentence, screen)  # [n], n
    number = len(f"{row.max():.3f}") + 2
    width = min(max(map(cells, labels)), screen.columns - number)
    most, longest = float(row.max()) or 1.0, min(LONGEST_BAR, screen.columns - width - number - 2)
    lines = heading(labels[query], f"as the query: {_what(explanation)}", screen)
    seen = explanation.layers[-1].visible[query].tolist()
    for label, weight, visible in zip(labels, row.tolist(), seen, strict=True):
        if screen.accessible:
            told = f"{label}: {weight:.3f}." if visible else f"{label}: hidden by the mask."
            lines += wrap([(told, "")], screen.columns)
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
