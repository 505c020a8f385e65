"""The view that panes draw: the state with its explanation, and the chosen part of it."""

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from rich.style import Style
from rich.text import Text

from attncli.explore.state import State
from attncli.recipes.differences import Difference
from attncli.recipes.explanation import Explanation
from attncli.views.palette import cell_style
from attncli.views.screen import Screen
from attncli.views.terminal.grid import Grid
from attncli.views.terminal.heading import names
from attncli.views.terminal.matrix import Matrix, whole_grid
from attncli.views.terminal.typeset import DIM


@dataclass(frozen=True)
class Notice:
    """The line above the keys: the reply to a key, an error, or the progress of work."""

    text: str = ""
    mark: str = ""
    done: float | None = None  # share of work


@dataclass(frozen=True, eq=False)
class View:
    """Everything that a pane may draw. `whole` is the latest explanation, maybe of an earlier request."""

    state: State
    whole: Explanation
    screen: Screen
    notice: Notice = Notice()

    @property
    def selection(self) -> Explanation:
        """The layer and head that are shown, or the mean of the heads."""
        return select(self.whole, self.state.layer, self.state.head)

    @property
    def grid(self) -> Grid:
        """The numbers and colours of the matrix."""
        return _grid(self.selection, self.screen)

    @property
    def n_layer(self) -> int:
        """The number of layers to choose from."""
        return len(self.whole.layers)

    @property
    def n_head(self) -> int:
        """The number of heads of each layer."""
        return len(self.whole.head_numbers)

    @property
    def temperature(self) -> float:
        """The temperature of the weights, which the vector set may have given."""
        return self.whole.source.temperature

    @cached_property
    def names(self) -> list[str]:
        """The words that look, each by a name of its own."""
        return names(self.selection.sentence, self.screen)

    @cached_property
    def key_names(self) -> list[str]:
        """The words that are looked at."""
        return names(self.selection.key_sentence, self.screen)

    @property
    def word(self) -> str:
        """The query."""
        return self.names[self.state.query]

    @property
    def layer(self) -> int:
        """The number of the shown layer."""
        return self.whole.layer_numbers[-1 if self.state.layer is None else self.state.layer]

    @property
    def head_in_words(self) -> str:
        """The number of the shown head, or `mean of 12 heads`."""
        if self.state.head is None and self.n_head > 1:
            return f"mean of {self.n_head} heads"
        return str(self.whole.head_numbers[self.state.head or 0])

    @property
    def away(self) -> bool:
        """Whether the shown head of a model is taken away."""
        changes, one = self.whole.changes, self.state.head is not None or self.n_head == 1
        return one and isinstance(changes, Difference) and changes.takes(self.layer, self.selection.head_numbers[0])

    @property
    def where(self) -> str:
        """The layer and head in words; empty where there is only one of each."""
        layers, heads = self.whole.layer_numbers, self.whole.head_numbers
        parts = []
        if self.n_layer > 1:
            parts.append(f"layer {self.layer} of {layers[0]}-{layers[-1]}")
        if self.n_head > 1:
            of = "" if self.state.head is None else f" of {heads[0]}-{heads[-1]}"
            parts.append(f"{'head ' * bool(of)}{self.head_in_words}{of}")
        return ", ".join([*parts, *["taken away"] * self.away])

    @property
    def where_in_short(self) -> str:
        """The layer and head in words, without the number of layers and heads."""
        return re.sub(r" of [^,]*", "", self.where)

    @property
    def of_model(self) -> bool:
        """Whether it is a model's."""
        return self.whole.source.kind == "model"

    def sized(self, width: int) -> Screen:
        """The screen of a pane of this width."""
        return replace(self.screen, width=width)

    def paper(self, key: int) -> Style:
        """The colour of a key for the query, as the matrix has it."""
        if not self.screen.coloured or self.grid.hidden[self.state.query, key]:
            return Style.null()
        return cell_style(round(float(self.grid.strength[self.state.query, key]), 2), self.screen.colours)


@lru_cache(maxsize=8)
def select(whole: Explanation, layer: int | None, head: int | None) -> Explanation:
    """The layer and the head at these places alone (None: the last layer, all heads)."""
    chosen = whole.layers[-1 if layer is None else layer]
    return whole.only(layer=chosen.number, head=None if head is None else chosen.heads[head])


@lru_cache(maxsize=4)
def _grid(part: Explanation, screen: Screen) -> Grid:
    rows, columns = (tuple(token.label for token in each.tokens) for each in (part.sentence, part.key_sentence))
    crossed = part.memory is not None
    return whole_grid(Matrix(part.mean_weights, ~part.layers[-1].visible, rows, columns, crossed=crossed), screen)


def shape_of(explanation: Explanation) -> tuple[int, int, int]:
    """The numbers of queries, layers and heads to choose from."""
    return len(explanation.sentence.tokens), len(explanation.layers), len(explanation.head_numbers)


def clickable(**what: object) -> Style:
    """A style with the action of a click on it: `query=3`, or `action="next_method"`."""
    return Style.from_meta(what)


def cut_to(lines: list[Text], start: int, height: int, how: str = "turn the wheel, or press PgDn") -> list[Text]:
    """The lines from `start` on that a pane has room for; the last says how many follow, and how to see them."""
    start = min(max(start, 0), max(len(lines) - height, 0))
    shown = lines[start : start + height]
    rest = len(lines) - start - height
    return shown if rest <= 0 else [*shown[:-1], Text(f"{rest + 1} more lines: {how}", DIM)]
