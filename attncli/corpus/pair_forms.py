"""The forms of a line of two texts: with a mark between them, in two columns, or in a JSON object."""

from dataclasses import dataclass

from attncli.corpus.lines import EMPTY, NO_JSON, TAB, TOO_LONG, Reason, values_of
from attncli.recipes.inputs import MOST_CHARACTERS

MARK = "|||"  # as in the input of fast_align and other aligners

Pair = tuple[str, str]


@dataclass(frozen=True)
class PairForm:
    """The form of lines of two texts, of which each line has one or another.

    names: of the two texts, for the reasons of bad lines; marked: whether ||| may stand between them, else a tab; keys:
    of the two in a line that is a JSON object; objects: whether every line has to be one.
    """

    names: Pair = ("source", "target")
    marked: bool = False
    keys: Pair | None = None
    objects: bool = False

    def pair_of(self, line: str) -> Pair | Reason:
        """The two texts of a line, or why it has none; columns behind them are left out."""
        if isinstance(line, Reason):
            return line
        if self.keys is not None and (self.objects or line.lstrip().startswith("{")):
            found = values_of(line, self.keys) if line.strip() else Reason(EMPTY)
            if not isinstance(found, Reason):
                return self.paired(*found)
            if self.objects or found != NO_JSON:
                return found
        return self._of_columns(line)

    def _of_columns(self, line: str) -> Pair | Reason:
        for mark in self._marks:
            first, found, rest = line.partition(mark)
            if found:
                return self.paired(first, rest.partition(mark)[0])
        return Reason(self._none if line.strip() else EMPTY)

    @property
    def _marks(self) -> tuple[str, ...]:
        """Those between two texts, the surest first: without a blank at its sides one of the texts is missing."""
        return (f" {MARK} ", TAB, MARK) if self.marked else (TAB,)

    @property
    def _none(self) -> str:
        """The reason of a line without a mark."""
        if self.marked:
            return f"no {MARK} and no tab between source and target"
        return f"no tab between {' and '.join(self.names)}"

    def paired(self, first: str, second: str) -> Pair | Reason:
        """Two texts without blanks around them, or why they are no pair."""
        for side in (first, second):
            if isinstance(side, Reason):
                return side
        first, second = first.strip(), second.strip()
        if max(len(first), len(second)) > MOST_CHARACTERS:
            return Reason(TOO_LONG)
        if first and second:
            return first, second
        missing = self.names[0] if second else self.names[1] if first else None
        return Reason(EMPTY if missing is None else f"empty {missing}")


#: The pairs of word alignment, and those of similarity.
TRANSLATIONS = PairForm(marked=True)
COMPARED = PairForm(("first text", "second text"), keys=("a", "b"))
