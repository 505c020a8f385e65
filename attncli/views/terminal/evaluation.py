"""The table of `attn train --evaluate`, as lines and as JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from rich.text import Text

from attncli.analysis.kinds import PROFILE, name_of
from attncli.arrays import Array
from attncli.training.evaluation import Evaluation, Row
from attncli.training.scoring import negatives_of
from attncli.views.records.json import VERSION, Numbers
from attncli.views.rounding import number
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import BOLD, DIM, heading, line, notes, wrap

ROW_MEANINGS = {
    "intact": "the block as it is",
    "content_zeroed": "only positions weigh",
    "positions_zeroed": "only content weighs",
    "shuffled": "the words in another order",
    "scrambled": "each word asks with another word's query",
    "uniform": "every word weighs the same",
    "dot": "no training: dot product of the vectors",
    "scaled": "no training: the same over √d",
    "random": "no training: random projections",
}


@dataclass(frozen=True)
class Column:
    """A measure: its name, its width in cells, its value as text, and its meaning where the name is not enough."""

    name: str
    width: int
    cell: Callable[[Row], str]
    meaning: str = ""


COLUMNS = (
    Column("MRR", 7, lambda row: number(row.mrr, 3)),
    Column(
        "spread", 8, lambda row: number(row.mrr_spread, 3), "standard deviation of MRR over three draws of the others"
    ),
    Column("top-1", 7, lambda row: number(row.top1, 3)),
    Column("bits", 6, lambda row: number(row.entropy, 2), "entropy of a row"),
    Column("stop", 6, lambda row: number(row.stop_mass, 2), "weight on the hundred most frequent words"),
    Column("JSD", 6, lambda row: number(row.diversity, 2), "how much two heads differ"),
)
LABEL = max(map(len, ROW_MEANINGS))


def _asked(evaluation: Evaluation) -> str:
    negatives = negatives_of(evaluation.vectors.words)
    return (
        f"MRR and top-1: where the true word comes among {negatives} others of about its frequency, each asking with "
        "its own query, the word and its repeats hidden"
    )


def evaluation_lines(evaluation: Evaluation, screen: Screen) -> list[Text]:
    """The rows one under another, and how to read them; sentences where a table cannot be read or does not fit."""
    shown = _fitting(screen)
    if screen.accessible or not shown:
        return _sentences(evaluation, screen)
    head = f"{evaluation.block}  {evaluation.method}, {evaluation.vectors.name}"
    pieces = [("attn train --evaluate ", BOLD), (screen.word(head), ""), (f"  {_measured_on(evaluation)}", DIM)]
    names = " " * LABEL + "".join(column.name.rjust(column.width) for column in shown)
    remarks = [_asked(evaluation), "; ".join(f"{column.name}: {column.meaning}" for column in shown if column.meaning)]
    if left := COLUMNS[len(shown) :]:
        remarks.append(f"the screen is too narrow for {', '.join(column.name for column in left)}: --json has all")
    return [
        *wrap(pieces, screen.columns),
        *(Text(), line((names, DIM)), *(_line(row, shown, screen) for row in evaluation.rows)),
        *(Text(), *_heads(evaluation, screen)),
        *(Text(), *notes(map(screen.own, filter(None, remarks)), screen)),
    ]


def _fitting(screen: Screen) -> tuple[Column, ...]:
    """The columns from the left that the screen has room for."""
    reach = accumulate((column.width for column in COLUMNS), initial=LABEL)
    return COLUMNS[: sum(cells <= screen.columns for cells in reach) - 1]


def _measured_on(evaluation: Evaluation) -> str:
    return f"{evaluation.sentences:,} sentences, {evaluation.places:,} places"


def _line(row: Row, shown: tuple[Column, ...], screen: Screen) -> Text:
    """The measures of a row, and the meaning of the row where there is room for it."""
    values = "".join(column.cell(row).rjust(column.width) for column in shown)
    text = line((row.name.ljust(LABEL), ""), (values, BOLD if row.name == "intact" else ""))
    meaning = screen.own(f"  {ROW_MEANINGS[row.name]}")
    if len(text.plain) + len(meaning) <= screen.columns:
        text.append(meaning, DIM)
    return text


def _heads(evaluation: Evaluation, screen: Screen) -> list[Text]:
    """The kind of each head on these sentences."""
    names = [f"{head}  {name_of(profile)}" for head, profile in enumerate(evaluation.profile)]
    lines = (text for name in names for text in wrap([(name, "")], screen.columns))
    return [*heading("heads", "what each looks at on these sentences", screen), *lines]


def _sentences(evaluation: Evaluation, screen: Screen) -> list[Text]:
    """The evaluation in sentences: one a row, then one a head."""
    remarks = [
        f"Evaluation of {screen.word(evaluation.block)}, method {evaluation.method}, "
        f"vectors {screen.word(evaluation.vectors.name)}, on {_measured_on(evaluation)}.",
        *(_sentence(row) for row in evaluation.rows),
        *(f"Head {head} looks at: {name_of(profile)}." for head, profile in enumerate(evaluation.profile)),
    ]
    lines = [text for each in remarks for text in wrap([(screen.own(each), "")], screen.columns)]
    return [
        *lines,
        *notes(map(screen.own, (_asked(evaluation), "stop words are the hundred most frequent ones")), screen),
    ]


def _sentence(row: Row) -> str:
    differ = "" if row.diversity is None else f", heads differ by {number(row.diversity, 2)} bits"
    return (
        f"{row.name}, {ROW_MEANINGS[row.name]}: MRR {number(row.mrr, 3)} "
        f"with a spread of {number(row.mrr_spread, 3)} over three draws, "
        f"top-1 {number(row.top1, 3)}, entropy {number(row.entropy, 2)} bits a row, "
        f"{number(row.stop_mass, 2)} of the weight on stop words{differ}."
    )


def evaluation_json(evaluation: Evaluation, precision: int = 6) -> str:
    """One line of the `attn.evaluate` schema."""
    numbers = Numbers(precision)
    vectors = evaluation.vectors
    record = {
        "schema": "attn.evaluate",
        "schema_version": VERSION,
        "block": evaluation.block,
        "method": evaluation.method,
        "vectors": {"name": vectors.name, "words": vectors.words, "dimensions": vectors.dimensions},
        "sentences": evaluation.sentences,
        "places": evaluation.places,
        "rows": [_row(row, numbers) for row in evaluation.rows],
        "heads": [_head(profile, numbers) for profile in evaluation.profile],
    }
    return json.dumps(record, ensure_ascii=True, allow_nan=False)


def _head(profile: Array, numbers: Numbers) -> dict[str, Any]:
    measures = zip(PROFILE, map(numbers.scalar, profile), strict=True)
    return {"does": name_of(profile), **dict(measures)}


def _row(row: Row, numbers: Numbers) -> dict[str, Any]:
    return {name: value if name == "name" else numbers.scalar(value) for name, value in vars(row).items()}
