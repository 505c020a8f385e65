"""The table of `attn compare`: how much each method's weights differ from the baseline's."""

from collections.abc import Callable
from math import log2

from rich.text import Text

from attncli.recipes.comparison import Compared, Comparison
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import BOLD, DIM, line, wrap

UNDEFINED = "-"

COLUMNS: tuple[tuple[str, int, Callable[[Compared], str]], ...] = (
    ("entropy", 9, lambda method: number(method.entropy, 2)),
    ("JSD", 7, lambda method: number(method.divergence, 3)),
    ("Spearman", 10, lambda method: number(method.rank_correlation, 2)),
    ("top-1", 7, lambda method: percent(method.top1_agreement)),
)


def number(value: float | None, places: int) -> str:
    """A measure as text; a dash where it is not defined."""
    return UNDEFINED if value is None else f"{value:.{places}f}"


def percent(value: float | None) -> str:
    """A share as whole percent."""
    return UNDEFINED if value is None else f"{100 * value:.0f}%"


def measures_table(comparison: Comparison, screen: Screen) -> list[Text]:
    """One line a method, the baseline first; on a very narrow screen one line a measure."""
    label = max(len(method.method) for method in comparison.methods)
    spare = screen.columns - label - sum(width for _, width, _ in COLUMNS)
    if spare < -len(COLUMNS):
        return [text for method in comparison.methods for text in _listed(method)]
    widths = [width - (spare < 0) for _, width, _ in COLUMNS]
    heads = "".join(f"{name:>{width}}" for (name, _, _), width in zip(COLUMNS, widths, strict=True))
    lines = [line((" " * label + heads, DIM))]
    for place, method in enumerate(comparison.methods):
        values = "".join(f"{show(method):>{width}}" for (_, _, show), width in zip(COLUMNS, widths, strict=True))
        lines.append(line((f"{method.method:<{label}}", BOLD if place == 0 else ""), (values, "")))
    if spare >= len("  baseline"):
        lines[1].append("  baseline", DIM)
    return lines


def _listed(method: Compared) -> list[Text]:
    return [
        line((method.method, BOLD)),
        *(line((f"  {name:<9}", DIM), (f"{show(method):>6}", "")) for name, _, show in COLUMNS),
    ]


def legend(comparison: Comparison, screen: Screen) -> list[Text]:
    """What each measure means, one line each."""
    explanation = comparison.methods[0].explanation
    n = len(explanation.key_sentence.tokens)
    itself = "" if explanation.memory or explanation.source.settings.exclude_self else ", itself included,"
    meanings = (
        ("entropy", f"bits a row: 0 all on one word, log2 n the same on n words ({n}: {log2(n):.2f})"),
        ("JSD", "Jensen-Shannon divergence, bits a row: 0 the same, 1 nothing shared"),
        ("Spearman", "rank correlation of the rows: 1 the same order, -1 the reverse"),
        ("top-1", f"share of the words whose largest weight{itself} is on the same word"),
    )
    return [
        text
        for name, meaning in meanings
        for text in wrap([(f"{name:<10}", DIM), (meaning, DIM)], screen.columns, min(10, screen.columns // 4))
    ]
