"""The panels of comparisons: each method with its difference from the baseline, or the heads of a model apart."""

from dataclasses import replace

import numpy as np

from attncli.errors import AttnError
from attncli.recipes.comparison import Compared, Comparison
from attncli.recipes.model_comparison import ModelComparison
from attncli.views.figure.content import PAPER, Content, Kind, Panel, Scale, weights_scale
from attncli.views.figure.explained import explanation_content
from attncli.views.rounding import number, percent
from attncli.views.scale import color_scale, signed_scale
from attncli.views.terminal.model_compare import what_is_compared

MOST_WITH_DIFFERENCES = 60  # words a side
IN_HUNDREDTHS = "differences in hundredths: +12 is a weight 0.12 larger than the baseline's"


def comparison_content(comparison: Comparison, kind: Kind, scale: str) -> Content:
    """The baseline's panel, then each method's with its measures and, as heat maps, its difference under it."""
    baseline, *others = comparison.methods
    whole = explanation_content(baseline.explanation, "heat", scale)
    like = whole.columns[0][0]
    with_differences = kind == "heat" and max(like.weights.shape) <= MOST_WITH_DIFFERENCES
    columns: list[tuple[Panel, ...]] = [(_panel(baseline, like, "baseline"),)]
    columns += [_column(method, baseline, like, with_differences) for method in others]
    columns = _with_scale_of_differences(columns, scale)
    n_head = baseline.explanation.weights.shape[1]
    mean = (f"the mean of the {n_head} heads of each method",) * (n_head > 1)
    left_out = ("the differences of so long a sentence are left out; they are in .csv",)
    drawn = [column[0] for column in columns]
    return replace(
        whole,
        scale=weights_scale(whole.scale.label, scale, drawn, crossed=whole.crossed),
        columns=tuple(columns),
        notes=(*mean, *left_out * (kind == "heat" and not with_differences), *_notes(comparison, whole)),
    )


def _notes(comparison: Comparison, whole: Content) -> tuple[str, ...]:
    """The baseline's notes, the warnings of all, and the definitions of the measures."""
    columns = "JSD: Jensen-Shannon divergence from the baseline, bits a row; Spearman: mean rank correlation; "
    measures = columns + "top-1: rows with the same largest weight"
    return tuple(dict.fromkeys((*whole.notes, *map(PAPER.word, comparison.warnings), measures)))


def _column(method: Compared, baseline: Compared, like: Panel, with_difference: bool) -> tuple[Panel, ...]:
    measures = f"JSD {number(method.divergence, 3)} · Spearman {number(method.rank_correlation, 2)}"
    drawn = _panel(method, like, f"{measures} · top-1 {percent(method.top1_agreement)}")
    if not with_difference:
        return (drawn,)
    difference = method.weights - baseline.weights  # [n_query, n_key]
    title = f"{method.method} − {baseline.method}"
    return drawn, replace(drawn, title=title, caption="", weights=difference)


def _with_scale_of_differences(columns: list[tuple[Panel, ...]], name: str) -> list[tuple[Panel, ...]]:
    """The columns with one scale for all differences, which names the largest."""
    panels = [panel for column in columns for panel in column[1:]]
    if not panels:
        return columns
    colours = signed_scale(name, [panel.weights for panel in panels], hidden=[panel.hidden for panel in panels])
    if colours.cell is not None:
        most = panels[colours.cell.panel]
        cell = f"{most.title}, {most.rows[colours.cell.row]} → {most.columns[colours.cell.column]}"
        colours = colours.naming(cell)
    scale = Scale("difference", colours, note=IN_HUNDREDTHS)
    return [(column[0], *(replace(panel, scale=scale) for panel in column[1:])) for column in columns]


def _panel(method: Compared, like: Panel, caption: str) -> Panel:
    return replace(
        like,
        title=method.method,
        caption=caption,
        weights=method.weights,
        hidden=~method.explanation.layers[-1].visible,
    )


def model_comparison_content(comparison: ModelComparison, kind: Kind, scale: str) -> Content:
    """The divergence of every head: a row a layer, a column a head.

    Raises:
        AttnError: arcs, for there are no words to draw them between.
    """
    if kind != "heat":
        raise AttnError("arcs are drawn between words, and here heads are compared", "take a map: heat")
    layers, heads = comparison.baseline.source.layers, comparison.baseline.source.heads
    apart = np.reshape([each.divergence for each in comparison.heads], (len(layers), len(heads)))  # [n_layer, n_head]
    panel = Panel("", apart, np.zeros(apart.shape, bool), tuple(map(str, layers)), tuple(map(str, heads)), decimals=3)
    colours = color_scale(scale, [apart], crossed=True, what="divergence")
    label = "share of the layer's largest divergence" if scale == "row" else "divergence, bits a row"
    sentences = " / ".join(map(PAPER.word, comparison.texts))
    notes = (_most(comparison), *map(PAPER.word, comparison.warnings))
    what = f"Jensen-Shannon divergence of each head, {PAPER.word(what_is_compared(comparison))}"
    return Content(sentences, what, ((panel,),), Scale(label, colours), notes, axes=("layer", "head"))


def _most(comparison: ModelComparison) -> str:
    """The heads that differ most, by name."""
    most = sorted(comparison.heads, key=lambda each: -each.divergence)[: comparison.baseline.source.settings.top]
    named = (f"layer {each.layer} head {each.head} ({number(each.divergence, 3)})" for each in most)
    return "most different: " + ", ".join(named)
