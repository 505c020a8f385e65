"""The page of `attn compare --model`: how far each head of two runs is apart."""

from collections.abc import Iterator

from rich.style import Style
from rich.text import Text

from attncli.recipes.model_comparison import ComparedHead, ModelComparison
from attncli.views.palette import cell_style
from attncli.views.rounding import number, percent
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.going_on import more_heads
from attncli.views.terminal.head_grid import Line, head_grid
from attncli.views.terminal.prediction import entries_of
from attncli.views.terminal.typeset import BOLD, DIM, heading, notes, wrap

FIRST = 3  # answers of a place
TABLE = "layer  head    JSD  Spearman  top-1"


def model_compare_lines(comparison: ModelComparison, screen: Screen) -> list[Text]:
    """The divergence of every head as a map, then the heads that differ most."""
    over = wrap([("attn compare  ", BOLD), (screen.word(what_is_compared(comparison)), "")], screen.columns, 2)
    shown = [
        line for text in comparison.texts for line in wrap([("  ", ""), (screen.word(text), "")], screen.columns, 2)
    ]
    drawn = [] if screen.accessible else [*_map(comparison, screen), Text()]
    said = [*_answers(comparison, screen), Text()] if comparison.answers else []
    lines = [*over, Text(), *shown, Text(), *said, *drawn, *_most(comparison, screen), Text()]
    remarks = (*_notes(comparison, screen), *comparison.remarks)
    return [*lines, *notes(remarks, screen), *notes(comparison.warnings, screen, "warning")]


def _answers(comparison: ModelComparison, screen: Screen) -> Iterator[Text]:
    """The first answers of either side, a line a place."""
    yield from heading("answers", "of either side, the most probable first", screen)
    swap = comparison.swap or tuple(each.model.name for each in comparison.answers)
    width = min(max(map(cells, map(screen.word, swap))), screen.columns // 3)
    for name, prediction in zip(swap, comparison.answers, strict=True):
        label = pad(cut(screen.word(name), width, screen.own("…")), width)
        for entries in entries_of(prediction, screen):
            said = ", ".join(f"{each.name} {each.probability:.3f}" for each in entries[:FIRST])
            yield from wrap([("  ", ""), (label, BOLD), ("  ", ""), (said, "")], screen.columns, width + 4)


def _notes(comparison: ModelComparison, screen: Screen) -> Iterator[str]:
    rest = len(comparison.heads) - comparison.baseline.top
    if not screen.accessible:
        yield "JSD: Jensen-Shannon divergence in bits a row; top-1: rows whose strongest key is the same"
    elif rest > 0:
        yield more_heads(rest)


def what_is_compared(comparison: ModelComparison) -> str:
    """The model and its two words, or the two models."""
    if comparison.swap is not None:
        return f"{comparison.baseline.source.model.name}: {' against '.join(comparison.swap)}"
    return f"{comparison.baseline.source.model.name} against {comparison.other.source.model.name}"


def _map(comparison: ModelComparison, screen: Screen) -> Iterator[Text]:
    """The divergence of every head, in columns as many as fit."""
    layers, heads = comparison.baseline.source.layers, comparison.baseline.source.heads
    yield from heading("divergence", "a row a layer, a column a head: 0 is alike, 1 bit nothing in common", screen)

    def apart(row: int, column: int) -> tuple[str, str | Style]:
        value = comparison.heads[row * len(heads) + column].divergence
        style = cell_style(round(value, 2), screen.colours) if screen.coloured else ""
        return f"{value:.3f}".removeprefix("0"), style

    yield from head_grid(layers, heads, [Line("", apart)], screen)


def _most(comparison: ModelComparison, screen: Screen) -> Iterator[Text]:
    """The heads that are furthest apart; without a table where there is no room for one, or none is wanted."""
    most = sorted(comparison.heads, key=lambda each: -each.divergence)[: comparison.baseline.top]
    yield from heading("heads", "that differ most", screen)
    if screen.accessible or screen.columns < len(TABLE):
        yield from (line for each in most for line in wrap([(_sentence(each), "")], screen.columns))
        return
    yield Text(TABLE, style=DIM, no_wrap=True)
    for each in most:
        measured = f"{number(each.divergence, 3):>7}{number(each.rank_correlation, 2):>10}"
        yield Text(f"{each.layer:>5}{each.head:>6}{measured}{percent(each.top1_agreement):>7}", no_wrap=True)


def _sentence(each: ComparedHead) -> str:
    alike = "undefined" if each.rank_correlation is None else number(each.rank_correlation, 2)
    return (
        f"Layer {each.layer}, head {each.head}: Jensen-Shannon divergence {number(each.divergence, 3)} bits a row, "
        f"rank correlation {alike}, the strongest key is the same in {percent(each.top1_agreement)} of the rows."
    )
