"""The pages of `attn explain`: matrices and the context of every word, a model's heads as a map, or one query."""

from typing import TYPE_CHECKING

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen
from attncli.views.terminal.context import context_lines
from attncli.views.terminal.heading import page
from attncli.views.terminal.matrices import matrices_block, notes_on_matrices, sums
from attncli.views.terminal.roles import role_lines
from attncli.views.terminal.typeset import heading

if TYPE_CHECKING:
    from attncli.analysis.kinds import HeadKinds


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

    return page(f"attn {explanation.source.command}", explanation, [row_lines(explanation, screen)], (), screen)


def _heads_page(explanation: Explanation, kinds: "HeadKinds", screen: Screen) -> list[Text]:
    """The kind of each head of a model, or the key with most weight of the query under each."""
    if explanation.source.strongest is not None:
        from attncli.views.terminal.query import word_map_lines

        return word_map_lines(explanation, *explanation.source.strongest, screen)
    if screen.accessible:
        from attncli.views.terminal.accessible import map_sentences

        return map_sentences(explanation, kinds, screen)
    drawn = _map_page(explanation, kinds, screen)
    over = len(drawn) - screen.room
    return _map_page(explanation, kinds, screen, over) if screen.height and over > 0 else drawn


def _map_page(explanation: Explanation, kinds: "HeadKinds", screen: Screen, less: int = 0) -> list[Text]:
    """The map of heads, in so many lines less, its key, and on a terminal how to go on."""
    from attncli.views.terminal.going_on import next_lines
    from attncli.views.terminal.head_map import map_blocks

    drawn, key = map_blocks(explanation, kinds, screen, less)
    lines = page(f"attn {explanation.source.command}", explanation, [drawn.lines, key.lines], drawn.notes, screen)
    return [*lines, *(next_lines(explanation, screen) if screen.height else [])]


def explain_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """The page of all words as lines, none wider than the screen."""
    if screen.accessible:
        from attncli.views.terminal.accessible import explain_sentences  # the other readers need not wait for it

        return explain_sentences(explanation, screen)
    if screen.height and explanation.has_matrix and not screen.whole:
        from attncli.views.terminal.first_screen import first_lines  # files and pipes need not wait for it

        return first_lines(explanation, screen)
    context = context_lines(explanation, screen)
    if not explanation.has_matrix:
        return page(f"attn {explanation.source.command}", explanation, [context.lines], context.notes, screen)
    matrices = matrices_block(explanation, screen)
    how = f"each row is a {explanation.source.unit}, its columns are what it attends to{sums(explanation)}"
    remarks = (*matrices.notes, *context.notes, *notes_on_matrices(explanation))
    weights = [*heading("weights", how, screen), *matrices.lines]
    parts = [_finding(explanation, screen), weights, role_lines(explanation, screen), context.lines]
    return page(f"attn {explanation.source.command}", explanation, parts, remarks, screen)


def _finding(explanation: Explanation, screen: Screen) -> list[Text]:
    """What the weights say at first glance, on a terminal."""
    if not screen.height:
        return []
    from attncli.views.terminal.finding import finding_lines

    return finding_lines(explanation, screen)
