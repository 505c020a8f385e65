"""The panels of comparisons: each method with its difference from the baseline, or the heads of a model apart."""

from dataclasses import replace

import numpy as np

from attncli.errors import AttnError
from attncli.recipes.comparison import Compared, Comparison
from attncli.recipes.model_comparison import ModelComparison
from attncli.views.figure.content import PAPER, Content, Kind, Panel, Scale
from attncli.views.figure.explained import explanation_content
from attncli.views.rounding import number, percent
from attncli.views.terminal.model_compare import what_is_compared

MOST_WITH_DIFFERENCES = 60  # words a side
STRONGEST_DIFFERENCE = 0.3  # a difference of this size has the full colour
DIFFERENCES = Scale(
    "difference",
    STRONGEST_DIFFERENCE,
    signed=True,
    clipped=True,
    note="differences in hundredths: +12 is a weight 0.12 larger than the baseline's",
)
_MOST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # where the scale of divergences may end


def comparison_content(comparison: Comparison, kind: Kind, by_row: bool) -> Content:
    """The baseline's panel, then each method's with its measures and, as heat maps, its difference under it."""
    baseline, *others = comparison.methods
    whole = explanation_content(baseline.explanation, "heat", by_row)
    like = whole.columns[0][0]
    with_differences = kind == "heat" and max(like.weights.shape) <= MOST_WITH_DIFFERENCES
    columns: list[tuple[Panel, ...]] = [(_panel(baseline, like, "baseline"),)]
    columns += [_column(method, baseline, like, with_differences) for method in others]
    n_head = baseline.explanation.weights.shape[1]
    mean = (f"the mean of the {n_head} heads of each method",) * (n_head > 1)
    left_out = ("the differences of so long a sentence are left out; they are in .csv",)
    return replace(
        whole,
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
    return drawn, replace(drawn, title=title, caption="", weights=difference, scale=DIFFERENCES)


def _panel(method: Compared, like: Panel, caption: str) -> Panel:
    return replace(
        like,
        title=method.method,
        caption=caption,
        weights=method.weights,
        hidden=~method.explanation.layers[-1].visible,
    )


def model_comparison_content(comparison: ModelComparison, kind: Kind, by_row: bool) -> Content:
    """The divergence of every head: a row a layer, a column a head.

    Raises:
        AttnError: arcs, for there are no words to draw them between.
    """
    if kind != "heat":
        raise AttnError("arcs are drawn between words, and here heads are compared", "take a map: heat")
    layers, heads = comparison.baseline.source.layers, comparison.baseline.source.heads
    apart = np.reshape([each.divergence for each in comparison.heads], (len(layers), len(heads)))  # [n_layer, n_head]
    panel = Panel("", apart, np.zeros(apart.shape, bool), tuple(map(str, layers)), tuple(map(str, heads)), decimals=3)
    scale = Scale("share of the layer's largest divergence", by_row=True) if by_row else _scale(float(apart.max()))
    sentences = " / ".join(map(PAPER.word, comparison.texts))
    notes = (_most(comparison), *map(PAPER.word, comparison.warnings))
    what = f"Jensen-Shannon divergence of each head, {PAPER.word(what_is_compared(comparison))}"
    return Content(sentences, what, ((panel,),), scale, notes, axes=("layer", "head"))


def _scale(largest: float) -> Scale:
    """0 to the largest divergence, rounded up to 1, 2 or 5 of some decimal place."""
    most = next((most for most in _MOST if most >= largest), 1.0)
    return Scale("divergence, bits a row", most)


def _most(comparison: ModelComparison) -> str:
    """The heads that differ most, by name."""
    most = sorted(comparison.heads, key=lambda each: -each.divergence)[: comparison.baseline.source.settings.top]
    named = (f"layer {each.layer} head {each.head} ({number(each.divergence, 3)})" for each in most)
    return "most different: " + ", ".join(named)
