"""The matrices of an explanation: of one head, of several side by side, or of their mean."""

from collections.abc import Iterator

from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen
from attncli.views.terminal.matrix import MOST_LINES, OVERHEAD, Matrix, matrix_lines, together
from attncli.views.terminal.panels import panels_in_rows
from attncli.views.terminal.typeset import Block

FEWEST_ROWS = 9  # of a matrix; rather than smaller ones, only the first heads are drawn


def sums(explanation: Explanation) -> str:
    """The sum of a word's weights, where any is not 0."""
    if not explanation.source.sums:
        return ""
    seeing = explanation.weights[-1].any(axis=-1)  # [n_head, n_query]
    if seeing.all():
        return "; a row sums to 1"
    return "; the weights of a word sum to 1 where it sees anything" if seeing.any() else ""


def matrices_block(explanation: Explanation, screen: Screen) -> Block:
    """The last layer's matrix; of several heads each one and their mean, side by side where two fit."""
    n_head = explanation.weights.shape[1]
    if n_head == 1:
        return matrix_lines(matrix_of(explanation, 0, "", screen), screen)
    drawn = min(n_head, most_heads(explanation))
    matrices = [matrix_of(explanation, head, f"head {explanation.head_numbers[head]}", screen) for head in range(drawn)]
    matrices.append(matrix_of(explanation, None, f"mean of {n_head} heads", screen))
    return panels_in_rows(together(matrices), screen, MOST_LINES // len(matrices))


def most_heads(explanation: Explanation) -> int:
    """How many heads the lines of a page have room for beside their mean."""
    return MOST_LINES // (min(len(explanation.sentence.tokens), FEWEST_ROWS) + OVERHEAD) - 1


def matrix_of(explanation: Explanation, head: int | None, name: str, screen: Screen) -> Matrix:
    """The weights of one head, or of their mean (None); on a terminal its strongest cells stand out."""
    weights = explanation.mean_weights if head is None else explanation.weights[-1, head]  # [n_query, n_key]
    rows = tuple(token.label for token in explanation.sentence.tokens)
    columns = tuple(token.label for token in explanation.key_sentence.tokens)
    crossed, pointing = explanation.memory is not None, screen.height > 0
    return Matrix(weights, ~explanation.layers[-1].visible, rows, columns, name, crossed=crossed, pointing=pointing)


def notes_on_matrices(explanation: Explanation) -> Iterator[str]:
    """What of the layers and heads is drawn."""
    n_layer, n_head = explanation.weights.shape[:2]
    most = most_heads(explanation)
    if n_layer > 1:
        yield f"this is the last of {n_layer} layers; --json has all of them"
    if n_head > most:
        yield f"only the first {most} of {n_head} heads are drawn, and the mean of all; --json has every head"
    if n_head > 1:
        yield f"the context is ranked by the mean of the {n_head} heads"
