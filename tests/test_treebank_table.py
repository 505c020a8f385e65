"""The table of the page *Which head knows grammar?* has the form that `python tests/treebank_table.py FILE` gives."""

import re

import treebank_table
from support.treebank_heads import heads_of, relation_of, tally_of

from attncli.corpus.treebank_heads import Numbers

PAGE = treebank_table.PAGE.read_text()
TABLE = treebank_table.MARK.search(PAGE)[0]
CELL = {
    "relation": r"`[a-z:]+`",
    "pairs": r"[\d,]+",
    "head": r"\d\.\d+",
    "looking": r"dependant|head word",
    "right": r"\d\.\d\d",
    "95 %": r"\d\.\d\d–\d\.\d\d",
    "best fixed distance": r"\d\.\d\d, [+−]\d+",
    "held out": r"(\*\*)?\d\.\d\d by \d\.\d+(\*\*)?",
    "distance there": r"\d\.\d\d",
}


def test_the_rows_have_the_columns_and_most_pairs_come_first():
    head, _, *rows = re.findall(r"^\|.*\|$", TABLE, re.M)
    assert head.strip("| ").split(" | ") == [*CELL]
    form = re.compile(" | ".join(f"({cell})" for cell in CELL.values()).replace(" | ", r" \| "))
    assert all(form.fullmatch(row.strip("| ")) for row in rows)
    pairs = [int(row.split(" | ")[1].replace(",", "")) for row in rows]
    assert pairs == sorted(pairs, reverse=True)
    assert min(pairs) >= treebank_table.LEAST


def test_a_row_is_the_best_head_beside_the_distance():
    numbers = Numbers((2,), (0, 1))
    found = tally_of([[[80, 10], [3, 4]]], {-2: 60, 1: 40})
    held = relation_of("obj", found, numbers, first=tally_of([[[9, 1], [1, 1]]], {1: 9, 2: 1}))
    never = relation_of("iobj", found, numbers)
    rare = relation_of("cc", tally_of([[[1, 0], [0, 0]]], {1: 2}), numbers)
    rows = treebank_table.table(heads_of(held, never, rare, numbers=numbers)).splitlines()
    assert rows[2] == "| `obj` | 100 | 2.0 | dependant | 0.80 | 0.71–0.87 | 0.60, −2 | **0.80 by 2.0** | 0.40 |"
    assert rows[3] == "| `iobj` | 100 | 2.0 | dependant | 0.80 | 0.71–0.87 | 0.60, −2 |  |  |"
    assert rows[4] == ""
