"""Comparisons on a page: the measures of each source, and whether their weights can be subtracted."""

from collections.abc import Iterator
from typing import Any

from attncli.recipes.comparison import Comparison
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.model_comparison import ModelComparison, correspond
from attncli.views.page.command import commands_of
from attncli.views.screen import visible

Record = dict[str, Any]
Measures = tuple[float | None, ...]  # entropy and divergence in bits a row, rank correlation, share of equal top keys
ITSELF = (0.0, 1.0, 1.0)  # the measures of the baseline against itself


def methods_measured(comparison: Comparison) -> Record:
    """Of every method: measures of its mean weights, which have one layer and one head."""
    n_layer, n_head = comparison.methods[0].explanation.weights.shape[:2]
    several = n_layer > 1 or n_head > 1
    measures = [
        [[_rounded(each.entropy, each.divergence, each.rank_correlation, each.top1_agreement)]]
        for each in comparison.methods
    ]
    return {
        "all": "all methods",
        "baseline": comparison.baseline,
        "measured": f"the mean over {n_head} heads of the last of {n_layer} layers" if several else "",
        "subtracts": True,
        "commands": commands_of(comparison),
        "most": _most(comparison.methods[0].explanation, *(each.explanation for each in comparison.methods[1:])),
        "measures": measures,
    }


def models_measured(comparison: ModelComparison) -> Record:
    """Of both runs: measures of every head `[n_layer][n_head]`."""
    baseline, other = comparison.baseline, comparison.other
    n_layer, n_head = len(baseline.source.layers), len(baseline.source.heads)
    places = [[(layer, head) for head in range(n_head)] for layer in range(n_layer)]
    mine, its = baseline.source.kinds.entropy, other.source.kinds.entropy  # [n_layer, n_head] both
    subtracts = correspond(baseline, other, comparison.swap)
    apart = [(each.divergence, each.rank_correlation, each.top1_agreement) for each in comparison.heads]
    return {
        "all": "both sentences" if comparison.swap else "both models",
        "baseline": f"“{visible(comparison.swap[0])}”" if comparison.swap else visible(baseline.source.model.name),
        "measured": None,  # the head that is shown
        "subtracts": subtracts,
        "commands": commands_of(comparison),
        "most": _most(baseline, other) if subtracts else None,
        "measures": [
            [[_rounded(float(mine[each]), *ITSELF) for each in row] for row in places],
            [[_rounded(float(its[i, j]), *apart[i * n_head + j]) for i, j in row] for row in places],
        ],
    }


def _most(baseline: Explanation, *others: Explanation) -> float:
    """The largest difference of any head's weights from the baseline's."""
    pairs = ((one.kept(a.weights), one.kept(b.weights)) for one in others for a, b in _layers(baseline, one))
    return max((float(abs(a - b).max(initial=0)) for a, b in pairs), default=0.0)


def _layers(one: Explanation, other: Explanation) -> Iterator[tuple[Layer, Layer]]:
    return zip(one.layers, other.layers, strict=True)


def _rounded(*measures: float | None) -> Measures:
    return tuple(None if each is None else round(each, 6) for each in measures)
