"""The page of `attn explain`: what is shown, the sentence, the matrices, the context of every word, the notes."""

from collections.abc import Iterator

import numpy as np
from rich.text import Text

from attncli.explanation import Explanation
from attncli.views.context import context_lines
from attncli.views.heading import page
from attncli.views.matrix import matrix_lines
from attncli.views.screen import Screen
from attncli.views.typeset import GAP, Block, gallery, heading


def explain_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The whole page as lines, none wider than the screen."""
    if screen.accessible:
        from attncli.views.accessible import explain_sentences  # the other readers need not wait for it

        return explain_sentences(explanation, screen)
    matrices, context = matrices_block(explanation, screen), context_lines(explanation, screen)
    weights = heading("weights", "each row is a word, its columns are what it attends to; a row sums to 1", screen)
    said = (*matrices.notes, *context.notes, *_notes(explanation, screen))
    return page("attn explain", explanation, [[*weights, *matrices.lines], context.lines], said, screen)


def matrices_block(explanation: Explanation, screen: Screen) -> Block:
    """The last layer's matrix; of several heads each one and their mean, side by side where two fit."""
    n_head = explanation.weights.shape[1]
    if n_head == 1:
        return _matrix(explanation, 0, None, screen)
    first = _matrix(explanation, 0, "head 0", screen, compact=True)
    compact = 2 * first.width + GAP <= screen.columns
    blocks = [_matrix(explanation, head, f"head {head}", screen, compact) for head in range(n_head)]
    blocks.append(_matrix(explanation, None, f"mean of {n_head} heads", screen, compact))
    return gallery(blocks, screen)


def _matrix(
    explanation: Explanation, head: int | None, name: str | None, screen: Screen, compact: bool = False
) -> Block:
    """The weights of one head, or of their mean (None)."""
    weights = explanation.mean_weights if head is None else explanation.weights[-1, head]  # [n_query, n_key]
    scores = explanation.scores[-1] if head is None else explanation.scores[-1, [head]]  # [n_head, n_query, n_key]
    rows = [token.text for token in explanation.sentence.tokens]
    columns = [token.text for token in explanation.key_sentence.tokens]
    hidden = np.asarray(np.isneginf(scores).all(axis=0))  # [n_query, n_key]
    return matrix_lines(weights, rows, columns, screen, name, hidden=hidden, compact=compact)


def _notes(explanation: Explanation, screen: Screen) -> Iterator[str]:
    n_layer, n_head = explanation.weights.shape[:2]
    if n_layer > 1:
        yield f"this is the last of {n_layer} layers; --json has all of them"
    if n_head > 1:
        yield f"the context is ranked by the mean of the {n_head} heads"
    if screen.scale == "row":
        yield "each row's shades run up to its own largest weight"
