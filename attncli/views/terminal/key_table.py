"""The table of a close-up: for each key its score and terms, its weight, its rank, its value's contribution."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from attncli.recipes.explanation import CloseUp, Explanation
from attncli.views.formula import Formula
from attncli.views.rounding import as_number, as_weight, hundredths
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.typeset import BOLD, DIM, Block, bar

MOST_KEYS = 60
LONGEST_BAR, SHORTEST_BAR = 30, 6
SHORTEST_LABEL = 7


@dataclass(frozen=True)
class Keys:
    """One query's row of one head; every array is [n_key]."""

    scores: NDArray[np.floating]
    weights: NDArray[np.floating]
    contributions: NDArray[np.floating]

    @classmethod
    def of(cls, close_up: CloseUp, head: int) -> "Keys":
        """The row of one head."""
        return cls(close_up.scores[head], close_up.weights[head], close_up.contributions[head])

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which keys the mask lets the query see."""
        return np.asarray(self.scores != -np.inf)

    @property
    def shown(self) -> list[int]:
        """The weights in hundredths, rounded as in the matrix."""
        return [int(each) for each in hundredths(self.weights[None])[0]]

    @property
    def order(self) -> list[int]:
        """The visible keys from the largest weight down, ties by position."""
        return [int(key) for key in np.argsort(-self.weights, kind="stable") if self.seen[key]]


@dataclass(frozen=True)
class Column:
    """One column: its heading, its width with the space before it, its text for a visible key, and when it goes.

    Where there is no room, those that leave first are left out.
    """

    name: str
    width: int
    text: Callable[[int], str]
    leaves: int


def key_table(
    explanation: Explanation, close_up: CloseUp, head: int, screen: Screen, formula: Formula | None = None
) -> Block:
    """One row a key, in the order of the sentence, the strongest in bold; of many keys the strongest."""
    keys, tokens = Keys.of(close_up, head), explanation.key_sentence.tokens
    rows = sorted(np.argsort(-keys.weights, kind="stable")[:MOST_KEYS].tolist())
    place = len(str(len(tokens) - 1))
    labels = {key: f"{key:>{place}} {screen.word(tokens[key].label)}" for key in rows}
    columns, dropped = _fitting(_columns(keys, screen, formula), screen)
    room = screen.columns - sum(column.width for column in columns)
    label = min(max(map(cells, ["key", *labels.values()])), room)
    longest = min(room - label - 2, LONGEST_BAR)
    lines = [_header(columns, label, longest)]
    for key in rows:
        name = pad(cut(labels[key], label, screen.own("…")), label)
        lines.append(_row(keys, key, name, columns, screen, BOLD if key == close_up.lookup[head] else ""))
        _add_bar(lines[-1], keys, key, longest, screen)
    remarks = [*_left_out(len(rows), len(tokens), dropped), *_explained(labels.values(), label, keys.seen)]
    return Block(lines, tuple(map(screen.own, remarks)))


def _columns(keys: Keys, screen: Screen, formula: Formula | None) -> list[Column]:
    shown = keys.shown
    ranks = {key: rank for rank, key in enumerate(keys.order, start=1)}
    return [
        *_terms(formula, ranks, screen),
        _as_wide_as("score", 7, lambda key: as_number(keys.scores[key]), ranks, 5),
        Column("weight", 8, lambda key: as_weight(shown[key]), 4),
        Column("rank", 6, lambda key: str(ranks[key]), 2),
        Column(screen.own("‖α·v‖"), 8, lambda key: as_number(keys.contributions[key]), 1),
    ]


def _terms(formula: Formula | None, seen: Iterable[int], screen: Screen) -> Iterator[Column]:
    """The terms that differ from key to key, unless the score is its only one."""
    if formula is None or formula.plain:
        return
    similarity = screen.own(formula.similarity)
    yield _as_wide_as(similarity, cells(similarity) + 2, lambda key: formula.similarity_of(0, key), seen, 3)
    if formula.positional:
        yield _as_wide_as("position", 10, lambda key: formula.position_of(0, key), seen, 3)


def _as_wide_as(name: str, least: int, text: Callable[[int], str], seen: Iterable[int], leaves: int) -> Column:
    """A column as wide as its longest number."""
    return Column(name, max([least, *(len(text(key)) + 1 for key in seen)]), text, leaves)


def _fitting(columns: list[Column], screen: Screen) -> tuple[list[Column], list[str]]:
    """As many columns as leave room for the labels, and the names of those left out."""
    kept = list(columns)
    while len(kept) > 1 and sum(column.width for column in kept) > screen.columns - SHORTEST_LABEL:
        first = min(column.leaves for column in kept)
        kept = [column for column in kept if column.leaves != first]
    return kept, [column.name for column in columns if column not in kept]


def _header(columns: list[Column], label: int, longest: int) -> Text:
    header = Text(pad("key", label), style=DIM, no_wrap=True)
    for column in columns:
        header.append(pad(column.name, column.width, "right"))
    if longest >= SHORTEST_BAR:
        header.append("  weight")  # what the bars show
    return header


def _row(keys: Keys, key: int, label: str, columns: list[Column], screen: Screen, style: str) -> Text:
    row = Text(label, style=style, no_wrap=True)
    for column in columns:
        row.append(pad(column.text(key) if keys.seen[key] else screen.own("·"), column.width, "right"))
    return row


def _add_bar(row: Text, keys: Keys, key: int, longest: int, screen: Screen) -> None:
    """The weight as a share of the row's largest, where there is room for a bar."""
    if longest >= SHORTEST_BAR and keys.seen[key]:
        row.append("  " + bar(float(keys.weights[key] / (keys.weights.max() or 1.0)), longest, screen), DIM)


def _left_out(rows: int, total: int, dropped: list[str]) -> Iterator[str]:
    if rows < total:
        yield f"the table has the {rows} strongest of {total} keys; --json has all"
    if dropped:
        yield f"there is no room for {' and '.join(dropped)}; a wider terminal shows more"


def _explained(labels: Iterable[str], label: int, seen: NDArray[np.bool_]) -> Iterator[str]:
    if any(cells(name) > label for name in labels):
        yield "words that end in … are cut in the table; a wider terminal or --json shows them whole"
    if not seen.all():
        yield "a · stands where the mask lets nothing be seen"
