"""The page of `attn compare`: matrices, the measures of each method, and the changed context words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import log2

import numpy as np
from rich.text import Text

from attncli.recipes.comparison import Compared, Comparison, changed_context
from attncli.recipes.explanation import Context
from attncli.views.rounding import number, percent
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names, page
from attncli.views.terminal.matrix import MOST_LINES, Matrix, matrix_lines, most_rows, stacked, together
from attncli.views.terminal.panels import side_by_side
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, Block, Piece, heading, line, wrap

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
    remarks = (*matrices.notes, *_notes(comparison, screen), *context.notes)
    parts = [measures, matrices.lines, context.lines]
    return page("attn compare", comparison.methods[0].explanation, parts, remarks, screen, comparison.warnings)


def _matrices(comparison: Comparison, screen: Screen) -> Block:
    """Each method's matrix between the baseline's and the difference; on narrower screens the baseline's once above."""
    baseline, *others = comparison.methods
    apart = [method for method in others if not same_weights(method, baseline)]
    drawn_in_turn = [drawn for method in apart for drawn in (_matrix(method), _difference(method, baseline))]
    first, *rest = together([_matrix(baseline), *drawn_in_turn])
    pairs = [*zip(rest[::2], rest[1::2], strict=True)]
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
    rows = tuple(token.label for token in explanation.sentence.tokens)
    columns = tuple(token.label for token in explanation.key_sentence.tokens)
    crossed = explanation.memory is not None
    return Matrix(method.weights, ~explanation.layers[-1].visible, rows, columns, method.method, crossed=crossed)


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
        yield "differences: orange is more than the baseline, blue less"


COLUMNS: tuple[tuple[str, int, Callable[[Compared], str]], ...] = (
    ("entropy", 9, lambda method: number(method.entropy, 2)),
    ("JSD", 7, lambda method: number(method.divergence, 3)),
    ("Spearman", 10, lambda method: number(method.rank_correlation, 2)),
    ("top-1", 7, lambda method: percent(method.top1_agreement)),
)


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
    """The definition of each measure, one line each."""
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


MOST_WORDS = 10  # of one method, with what changed
NO_WORD = "no word has other context words"


def context_changes(comparison: Comparison, screen: Screen) -> Block:
    """For each method the words whose ranked context words are not the baseline's: `he: and → dog, +dog -very`."""
    baseline, *others = comparison.methods
    if not others:
        return Block([])
    top = baseline.explanation.top
    aside = "" if baseline.explanation.memory else ", itself aside"
    how = f"strongest word{aside}, under {baseline.method} → now; + joined, - left the strongest {top}"
    lines, left_out = heading("context", how, screen), 0
    width = max(len(method.method) for method in others)
    for method in others:
        changes = list(_changes(method, baseline, screen))
        left_out += len(changes[MOST_WORDS:])
        lines += _changed_words(method.method, changes[:MOST_WORDS], width, screen)
    note = f"{left_out} more words with changed context are left out; --json has the context of every word"
    return Block(lines, (note,) if left_out else ())


def _changed_words(method: str, changes: Sequence[str], width: int, screen: Screen) -> list[Text]:
    entries: list[Piece] = [(f"   {change}", "") for change in changes or [NO_WORD]]
    return wrap([(f"{method:<{width}}", DIM), *entries], screen.columns, width + 3 if screen.columns >= 40 else 2)


def _changes(method: Compared, baseline: Compared, screen: Screen) -> Iterator[str]:
    """The changes of each word, as a text that is not wrapped; words with a new order alone at the end."""
    queries = names(method.explanation.sentence, screen)
    keys = names(method.explanation.key_sentence, screen)
    reordered = []
    for query, before, now in changed_context(method, baseline):
        if change := _change(before, now, keys, screen):
            yield f"{queries[query]}:{GLUE}{change}"
        else:
            reordered.append(queries[query])
    if reordered:
        yield f"another order only: {', '.join(reordered)}"


def _change(before: Context, now: Context, keys: Sequence[str], screen: Screen) -> str:
    """Another strongest word, and words that joined or left them: `dog → a, +he -cute`; empty for a new order."""
    was, is_now = [each.key for each in before.ranked], [each.key for each in now.ranked]
    ends = dict.fromkeys(keys[each[0]] for each in (was, is_now) if each)  # one name if the strongest stayed
    strongest = f"{GLUE}{screen.own('→')}{GLUE}".join(ends) if len(ends) > 1 else ""
    joined = [f"+{keys[key]}" for key in is_now if key not in was]
    left = [f"-{keys[key]}" for key in was if key not in is_now]
    return f",{GLUE}".join(filter(None, [strongest, GLUE.join([*joined, *left])]))
