"""The page of `attn compare`: the measures, each method's matrix and its difference from the baseline's, context."""

from collections.abc import Iterator

import numpy as np
from rich.text import Text

from attncli.comparison import Compared, Comparison
from attncli.views.heading import names, page
from attncli.views.matrix import STRONGEST_DIFFERENCE, matrix_lines
from attncli.views.measures import legend, measures_table
from attncli.views.screen import Screen
from attncli.views.typeset import DIM, GAP, GLUE, Block, Piece, gallery, heading, wrap


def compare_lines(comparison: Comparison, screen: Screen) -> list[Text]:
    """The whole page as lines, none wider than the screen."""
    if screen.accessible:
        from attncli.views.accessible import compare_sentences  # the other readers need not wait for it

        return compare_sentences(comparison, screen)
    matrices = _matrices(comparison, screen)
    measures = [
        *heading("measures", f"each method against the baseline, {comparison.baseline}", screen),
        *measures_table(comparison, screen),
        *legend(comparison, screen),
    ]
    parts = [measures, matrices.lines, _changes(comparison, screen)]
    said = (*matrices.notes, *_notes(comparison, screen))
    return page("attn compare", comparison.methods[0].explanation, parts, said, screen, comparison.warnings)


def _matrices(comparison: Comparison, screen: Screen) -> Block:
    """For each method: the baseline's matrix, its own and the difference, beside one another where two fit."""
    baseline, *others = comparison.methods
    first = _matrix(baseline, baseline.method, screen, compact=True)
    beside = 2 * first.width + GAP <= screen.columns
    base = first if beside else _matrix(baseline, baseline.method, screen)
    drawn = [base] if not others or not beside else []
    for method in others:
        own = _matrix(method, method.method, screen, compact=beside)
        difference = _difference(method, baseline, screen, compact=beside)
        drawn.append(gallery([base, own, difference] if beside else [own, difference], screen))
    lines = [text for block in drawn for text in (*block.lines, Text())][:-1]
    return Block(lines, tuple(note for block in drawn for note in block.notes))


def _labels(method: Compared) -> tuple[list[str], list[str]]:
    explanation = method.explanation
    return [each.text for each in explanation.sentence.tokens], [each.text for each in explanation.key_sentence.tokens]


def _hidden(method: Compared) -> np.ndarray:
    return np.asarray(np.isneginf(method.explanation.scores[-1]).all(axis=0))  # [n_query, n_key]


def _matrix(method: Compared, name: str, screen: Screen, compact: bool = False) -> Block:
    rows, columns = _labels(method)
    return matrix_lines(method.weights, rows, columns, screen, name, hidden=_hidden(method), compact=compact)


def _difference(method: Compared, baseline: Compared, screen: Screen, compact: bool) -> Block:
    rows, columns = _labels(method)
    return matrix_lines(
        method.weights - baseline.weights,
        rows,
        columns,
        screen,
        f"{method.method} - {baseline.method}",
        signed=True,
        hidden=_hidden(method),
        compact=compact,
    )


def _changes(comparison: Comparison, screen: Screen) -> list[Text]:
    """For each method the words whose strongest context word is another than under the baseline."""
    baseline, *others = comparison.methods
    lines = heading("context", f"words that attend most to another word than under {baseline.method}", screen)
    width = max((len(method.method) for method in others), default=0)
    hanging = width + 3 if screen.columns >= 40 else 2
    for method in others:
        changed: list[Piece] = [(text, "") for text in _changed(method, baseline, screen)]
        lines += wrap([(f"{method.method:<{width}}", DIM), *(changed or [("   no word", "")])], screen.columns, hanging)
    return lines


def _changed(method: Compared, baseline: Compared, screen: Screen) -> Iterator[str]:
    """`he: and → dog`, each after a gap; words with no context are left out."""
    queries = names(method.explanation.sentence, screen)
    keys = names(method.explanation.key_sentence, screen)
    for before, now in zip(baseline.context, method.context, strict=True):
        if before.ranked and now.ranked and before.ranked[0].key != now.ranked[0].key:
            was, is_now = keys[before.ranked[0].key], keys[now.ranked[0].key]
            yield f"   {queries[now.query]}:{GLUE}{was}{GLUE}{screen.own('→')}{GLUE}{is_now}"


def _notes(comparison: Comparison, screen: Screen) -> Iterator[str]:
    n_layer, n_head = comparison.methods[0].explanation.weights.shape[:2]
    if n_head > 1 or n_layer > 1:
        yield f"everything here is the mean over {n_head} heads of the last of {n_layer} layers"
    if screen.coloured:
        strongest = f"{STRONGEST_DIFFERENCE:.2f}"
        yield f"differences: orange is more than the baseline, blue less; full colour from {strongest} on"
    if screen.scale == "row":
        yield "each row's shades run up to its own largest weight"
