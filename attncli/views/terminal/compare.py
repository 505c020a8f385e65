"""The page of `attn compare`: the measures, each method's matrix and its difference from the baseline's, context."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from rich.text import Text

from attncli.recipes.comparison import Compared, Comparison
from attncli.views.screen import Screen
from attncli.views.terminal.changes import context_changes
from attncli.views.terminal.heading import page
from attncli.views.terminal.matrix import MOST_LINES, STRONGEST_DIFFERENCE, Matrix, matrix_lines, most_rows, stacked
from attncli.views.terminal.measures import legend, measures_table
from attncli.views.terminal.panels import side_by_side
from attncli.views.terminal.typeset import Block, heading

EQUAL = 1e-9  # no difference that could be seen


def compare_lines(comparison: Comparison, screen: Screen) -> list[Text]:
    """The whole page as lines, none wider than the screen."""
    if screen.accessible:
        from attncli.views.terminal.accessible import compare_sentences  # the other readers need not wait for it

        return compare_sentences(comparison, screen)
    matrices = _matrices(comparison, screen)
    measures = [
        *heading("measures", f"each method against the baseline, {comparison.baseline}", screen),
        *measures_table(comparison, screen),
        *legend(comparison, screen),
    ]
    context = context_changes(comparison, screen)
    said = (*matrices.notes, *_notes(comparison, screen), *context.notes)
    parts = [measures, matrices.lines, context.lines]
    return page("attn compare", comparison.methods[0].explanation, parts, said, screen, comparison.warnings)


def _matrices(comparison: Comparison, screen: Screen) -> Block:
    """Each method's matrix between the baseline's and the difference; on narrower screens the baseline's once above."""
    baseline, *others = comparison.methods
    first = _matrix(baseline)
    pairs = [
        (_matrix(method), _difference(method, baseline)) for method in others if not same_weights(method, baseline)
    ]
    if not pairs:
        return matrix_lines(first, screen)
    most_lines = MOST_LINES // (1 + len(pairs))
    if drawn := side_by_side([(first, *pair) for pair in pairs], screen, most_lines):
        return drawn
    if drawn := side_by_side(pairs, screen, most_lines):
        return stacked([matrix_lines(first, screen, most_lines), drawn])
    return _stacked(first, pairs, screen)


def _stacked(first: Matrix, pairs: list[tuple[Matrix, Matrix]], screen: Screen) -> Block:
    """One matrix under another; of long sentences only the baseline's and the differences."""
    both = MOST_LINES // (1 + 2 * len(pairs))
    if len(first.rows) <= most_rows(both):
        return stacked(matrix_lines(each, screen, both) for each in (first, *(each for pair in pairs for each in pair)))
    fewer = MOST_LINES // (1 + len(pairs))
    drawn = stacked(matrix_lines(each, screen, fewer) for each in (first, *(difference for _, difference in pairs)))
    left_out = "the weights of each method are left out beside its difference; a wider terminal or --json shows them"
    return Block(drawn.lines, (*drawn.notes, left_out))


def _matrix(method: Compared) -> Matrix:
    explanation = method.explanation
    rows = tuple(token.text for token in explanation.sentence.tokens)
    columns = tuple(token.text for token in explanation.key_sentence.tokens)
    return Matrix(method.weights, ~explanation.layers[-1].visible, rows, columns, method.method)


def _difference(method: Compared, baseline: Compared) -> Matrix:
    difference = method.weights - baseline.weights  # [n_query, n_key]
    title = f"{method.method} - {baseline.method}"
    return replace(_matrix(method), weights=difference, title=title, signed=True)


def same_weights(method: Compared, baseline: Compared) -> bool:
    """Whether a method gives the baseline's weights, but for rounding."""
    return bool(np.abs(method.weights - baseline.weights).max() < EQUAL)


def equal_notes(comparison: Comparison) -> Iterator[str]:
    """The methods that give the baseline's weights, in place of a block of zeros."""
    baseline, *others = comparison.methods
    for method in others:
        if same_weights(method, baseline):
            yield f"{method.method} gives the same weights as {baseline.method} here: no difference reaches {EQUAL:g}"


def _notes(comparison: Comparison, screen: Screen) -> Iterator[str]:
    n_layer, n_head = comparison.methods[0].explanation.weights.shape[:2]
    yield from equal_notes(comparison)
    if len(comparison.methods) > 1:
        yield "differences are in hundredths: +12 is a weight 0.12 larger than the baseline's"
    if n_head > 1 or n_layer > 1:
        yield f"everything here is the mean over {n_head} heads of the last of {n_layer} layers"
    if screen.coloured and len(comparison.methods) > 1:
        strongest = f"{STRONGEST_DIFFERENCE:.2f}"
        yield f"differences: orange is more than the baseline, blue less; full colour from {strongest} on"
    if screen.scale == "row":
        yield "each row's shades run up to its own largest weight"
