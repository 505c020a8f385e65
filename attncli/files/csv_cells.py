"""Rows of CSV: all text in quotes, and by `--csv` text escaped that a spreadsheet would take for a formula."""

import csv
import re
from collections.abc import Callable, Iterable
from typing import TextIO

# Of a single sign no spreadsheet makes a formula. Those of full width are taken for the others in some languages.
_FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠].", re.S)


class CsvWriter:
    """Writes rows to a text file that was opened with `newline=""`.

    cells: "guarded" puts a ' before text that begins like a formula, "exact" keeps all text to the letter; shown: a
    further change to text before it is written.
    """

    def __init__(self, file: TextIO, cells: str = "guarded", shown: Callable[[str], str] = str) -> None:
        # All text is quoted: a carriage return in it, which Python 3.11 leaves bare, would end the row.
        self._writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        self._guards, self._shown = cells == "guarded", shown

    def write(self, rows: Iterable[Iterable[object]]) -> None:
        """A line a row; numbers stay bare."""
        self._writer.writerows(map(self._cell, row) for row in rows)

    def _cell(self, cell: object) -> object:
        if not isinstance(cell, str):
            return cell
        return self._shown(f"'{cell}" if self._guards and _FORMULA.match(cell) else cell)
