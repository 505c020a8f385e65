"""The pages of `attn explain`: matrices and the context of every word, a model's heads as a map, or one query."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen
from attncli.views.terminal.context import context_lines
from attncli.views.terminal.heading import page
from attncli.views.terminal.matrix import MOST_LINES, OVERHEAD, Matrix, matrix_lines, together
from attncli.views.terminal.panels import panels_in_rows
from attncli.views.terminal.typeset import BOLD, DIM, Block, heading, wrap

if TYPE_CHECKING:
    from attncli.analysis.kinds import HeadKinds

FEWEST_ROWS = 9  # of a matrix; rather than smaller ones, only the first heads are drawn


def explanation_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The page of an explanation: of its query if it has one, else of all words; of many heads of a model, a map."""
    if explanation.source.kinds is not None and not explanation.single:
        return _heads_page(explanation, explanation.source.kinds, screen)
    if explanation.query is None:
        return explain_lines(explanation, screen)
    if explanation.has_steps:
        from attncli.views.terminal.close_up import close_up_lines  # the page of all words need not wait for it

        return close_up_lines(explanation, explanation.close_up(explanation.query), screen)
    from attncli.views.terminal.query import row_lines

    return page("attn explain", explanation, [row_lines(explanation, screen)], (), screen)


def _heads_page(explanation: Explanation, kinds: "HeadKinds", screen: Screen) -> list[Text]:
    """The kind of each head of a model, or the key with most weight of the query under each."""
    if explanation.source.strongest is not None:
        from attncli.views.terminal.query import word_map_lines

        return word_map_lines(explanation, *explanation.source.strongest, screen)
    if screen.accessible:
        from attncli.views.terminal.accessible import map_sentences

        return map_sentences(explanation, kinds, screen)
    from attncli.views.terminal.head_map import map_blocks

    drawn, key = map_blocks(explanation, kinds, screen)
    return page("attn explain", explanation, [drawn.lines, key.lines], drawn.notes, screen)


def explain_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The page of all words as lines, none wider than the screen."""
    if screen.accessible:
        from attncli.views.terminal.accessible import explain_sentences  # the other readers need not wait for it

        return explain_sentences(explanation, screen)
    context = context_lines(explanation, screen)
    if not explanation.has_matrix:
        return page("attn explain", explanation, [context.lines], context.notes, screen)
    matrices = matrices_block(explanation, screen)
    how = f"each row is a {explanation.source.unit}, its columns are what it attends to{_sums(explanation)}"
    remarks = (*matrices.notes, *context.notes, *_notes(explanation, screen))
    parts = [[*heading("weights", how, screen), *matrices.lines], role_lines(explanation, screen), context.lines]
    return page("attn explain", explanation, parts, remarks, screen)


def _sums(explanation: Explanation) -> str:
    """The sum of a word's weights, where any is not 0."""
    if explanation.source.combined in ("max", "flow", "norm"):
        return ""
    seeing = explanation.weights[-1].any(axis=-1)  # [n_head, n_query]
    if seeing.all():
        return "; a row sums to 1"
    return "; the weights of a word sum to 1 where it sees anything" if seeing.any() else ""


def matrices_block(explanation: Explanation, screen: Screen) -> Block:
    """The last layer's matrix; of several heads each one and their mean, side by side where two fit."""
    n_head = explanation.weights.shape[1]
    if n_head == 1:
        return matrix_lines(_matrix(explanation, 0, ""), screen)
    drawn = min(n_head, _most_heads(explanation))
    matrices = [_matrix(explanation, head, f"head {explanation.head_numbers[head]}") for head in range(drawn)]
    matrices.append(_matrix(explanation, None, f"mean of {n_head} heads"))
    return panels_in_rows(together(matrices), screen, MOST_LINES // len(matrices))


def _most_heads(explanation: Explanation) -> int:
    """How many heads the lines of a page have room for beside their mean."""
    return MOST_LINES // (min(len(explanation.sentence.tokens), FEWEST_ROWS) + OVERHEAD) - 1


def _matrix(explanation: Explanation, head: int | None, name: str) -> Matrix:
    """The weights of one head, or of their mean (None)."""
    weights = explanation.mean_weights if head is None else explanation.weights[-1, head]  # [n_query, n_key]
    rows = tuple(token.label for token in explanation.sentence.tokens)
    columns = tuple(token.label for token in explanation.key_sentence.tokens)
    crossed = explanation.memory is not None
    return Matrix(weights, ~explanation.layers[-1].visible, rows, columns, name, crossed=crossed)


def _notes(explanation: Explanation, screen: Screen) -> Iterator[str]:
    n_layer, n_head = explanation.weights.shape[:2]
    most = _most_heads(explanation)
    if n_layer > 1:
        yield f"this is the last of {n_layer} layers; --json has all of them"
    if n_head > most:
        yield f"only the first {most} of {n_head} heads are drawn, and the mean of all; --json has every head"
    if n_head > 1:
        yield f"the context is ranked by the mean of the {n_head} heads"


def role_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The heads with their kinds on this sentence and in the evaluation; empty without trained heads."""
    if not explanation.source.roles:
        return []
    lines = heading("heads", "what each looks at on this sentence", screen)
    for number, role in zip(explanation.head_numbers, explanation.source.roles, strict=False):
        lines += wrap(
            [(f"{number}  ", DIM), (role.here, BOLD), (str(role).removeprefix(role.here), DIM)], screen.columns, 3
        )
    return lines


def role_sentences(explanation: Explanation) -> Iterator[str]:
    """The kinds of the heads as sentences."""
    for number, role in zip(explanation.head_numbers, explanation.source.roles, strict=False):
        yield f"Head {number} looks at: {role}."
