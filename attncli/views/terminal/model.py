"""The pages of `attn explain --model`: the map of heads, one matrix, or one query under one head."""

from rich.text import Text

from attncli.recipes.model_explanation import ModelExplanation
from attncli.views.screen import Screen
from attncli.views.terminal.close_up import close_up_lines
from attncli.views.terminal.explain import explain_lines
from attncli.views.terminal.heading import page
from attncli.views.terminal.model_map import legend, map_block
from attncli.views.terminal.row import row_lines
from attncli.views.terminal.word_map import word_map_lines


def model_lines(explanation: ModelExplanation, screen: Screen) -> list[Text]:
    """The page that the options ask for."""
    if explanation.query is not None:
        if not explanation.single:
            return word_map_lines(explanation, screen)
        if explanation.has_scores:
            return close_up_lines(explanation, explanation.close_up(explanation.query), screen)
        return page("attn explain", explanation, [row_lines(explanation, screen)], (), screen)
    if explanation.single or screen.accessible:
        return explain_lines(explanation, screen)
    return map_lines(explanation, screen)


def map_lines(explanation: ModelExplanation, screen: Screen) -> list[Text]:
    """The page of a whole model."""
    drawn = map_block(explanation, screen)
    return page("attn explain", explanation, [drawn.lines, legend(explanation, screen)], drawn.notes, screen)
