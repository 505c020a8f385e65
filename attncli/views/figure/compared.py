"""The panels of comparisons: each method with its difference from the baseline, or the heads of a model apart."""

from dataclasses import replace

import numpy as np

from attncli.errors import AttnError
from attncli.recipes.comparison import Compared, Comparison
from attncli.recipes.model_comparison import ComparedHead, ModelComparison, correspond
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
    drawn = _panel(method, like, _apart(method))
    if not with_difference:
        return (drawn,)
    difference = method.weights - baseline.weights  # [n_query, n_key]
    title = f"{method.method} − {baseline.method}"
    return drawn, replace(drawn, title=title, caption="", weights=difference)


def _apart(measured: Compared | ComparedHead) -> str:
    measures = f"JSD {number(measured.divergence, 3)} · Spearman {number(measured.rank_correlation, 2)}"
    return f"{measures} · top-1 {percent(measured.top1_agreement)}"


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
    """The divergence of every head: a row a layer, a column a head; of one head its weights and their difference.

    Raises:
        AttnError: arcs, for there are no words to draw them between.
    """
    if kind != "heat":
        raise AttnError("arcs are drawn between words, and here heads are compared", "take a map: heat")
    if len(comparison.heads) == 1 and correspond(comparison.baseline, comparison.other, comparison.swap):
        return _one_head(comparison, scale)
    layers, heads = comparison.baseline.source.layers, comparison.baseline.source.heads
    apart = np.reshape([each.divergence for each in comparison.heads], (len(layers), len(heads)))  # [n_layer, n_head]
    panel = Panel("", apart, np.zeros(apart.shape, bool), tuple(map(str, layers)), tuple(map(str, heads)), decimals=3)
    colours = color_scale(scale, [apart], crossed=True, what="divergence")
    label = "share of the layer's largest divergence" if scale == "row" else "divergence, bits a row"
    sentences = " / ".join(map(PAPER.word, comparison.texts))
    notes = (_most(comparison), *map(PAPER.word, comparison.warnings))
    what = f"Jensen-Shannon divergence of each head, {PAPER.word(what_is_compared(comparison))}"
    return Content(sentences, what, ((panel,),), Scale(label, colours), notes, axes=("layer", "head"))


def _one_head(comparison: ModelComparison, scale: str) -> Content:
    """The weights of the head in both runs, and their difference; a changed word is named by both."""
    runs = (comparison.baseline, comparison.other)
    whole, other = (explanation_content(each, "heat", scale) for each in runs)
    mine, its = whole.columns[0][0], other.columns[0][0]
    before, after = map(PAPER.word, comparison.swap or (each.source.name for each in runs))
    like = replace(
        mine, rows=tuple(map(_both, mine.rows, its.rows)), columns=tuple(map(_both, mine.columns, its.columns))
    )
    drawn = (
        replace(like, title=before),
        replace(like, title=after, caption=_apart(comparison.heads[0]), weights=its.weights, hidden=its.hidden),
    )
    difference = replace(like, title=f"{after} − {before}", caption="", weights=its.weights - mine.weights)
    ((_, difference),) = _with_scale_of_differences([(like, difference)], scale)
    return replace(
        whole,
        title=" / ".join(map(PAPER.word, comparison.texts)),
        scale=weights_scale(whole.scale.label, scale, drawn, crossed=whole.crossed),
        columns=((drawn[0],), (drawn[1], difference)),
        notes=tuple(dict.fromkeys((*whole.notes, *map(PAPER.word, comparison.warnings)))),
        across=2,
        grid=None,
    )


def _both(before: str, after: str) -> str:
    return before if before == after else f"{before}/{after}"


def _most(comparison: ModelComparison) -> str:
    """The heads that differ most, by name."""
    most = sorted(comparison.heads, key=lambda each: -each.divergence)[: comparison.baseline.source.settings.top]
    named = (f"layer {each.layer} head {each.head} ({number(each.divergence, 3)})" for each in most)
    return "most different: " + ", ".join(named)
