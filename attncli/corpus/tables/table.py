"""The class of every table of a corpus: sums over batches, stored in parts, merged, and written as rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import numpy as np

from attncli.arrays import Array
from attncli.corpus.batch import Batch

if TYPE_CHECKING:
    from attncli.corpus.parts import Part, PartWriter
    from attncli.corpus.reading import Reader
    from attncli.corpus.running import Text

Arrays = Mapping[str, Array]
Columns = Mapping[str, Sequence[Any]]

LARGEST = 2.0**60  # of a sum, and of a count
MOST_LINES = 12  # of a table in the summary
DIGITS = 9  # of the numbers in tables: digits behind them depend on the order of sums


class DamagedError(Exception):
    """A part is not as a run writes it."""


def need(true: bool) -> None:
    """DamagedError unless it is true."""
    if not true:
        raise DamagedError


class Stored(NamedTuple):
    """An array of a table in a part: its kind (`i` int64, `f` float64, `u` bytes), its axes by name, and its values.

    least: no value is smaller; whole: all values are whole numbers; rising: each is larger than the one before it.
    always: it is stored even if the shard has no text that counts.
    """

    kind: str
    axes: str = ""
    least: float = -LARGEST
    whole: bool = False
    rising: bool = False
    always: bool = False

    def check(self, array: Array) -> None:
        """Check that the values can be added up. Raises DamagedError."""
        need(not (array < self.least).any())
        need(array.dtype.kind != "f" or bool((np.abs(array) < LARGEST).all()))
        need(not self.whole or not (array % 1 != 0).any())
        need(not self.rising or not (np.diff(array) <= 0).any())


def add_to(sums: dict[str, Array], more: Arrays) -> None:
    """Add arrays to the sums of the same names, which begin with nothing."""
    for name, array in more.items():
        sums[name] = sums[name] + array if name in sums else array


class Stretch(Protocol):
    """An array of a part on the disk, read as far as it is wanted."""

    def __len__(self) -> int:
        """The length of the first axis."""

    def read(self, first: int = 0, last: int | None = None) -> Array:
        """The entries from `first` up to `last`, all if nothing is given."""


Group = Mapping[str, Stretch]  # the arrays of a table in a part


class Share(NamedTuple):
    """The share of a merge: the words that come with codes from `low` up to `high`.

    knows: whether words have these numbers. kept: how many context words of a word are wanted of the whole text; None:
    there is more of the text.
    """

    low: int
    high: int
    knows: Callable[[Array], bool]
    kept: int | None = None


class Line(NamedTuple):
    """A line of a summary: items after a label, and beside them a bar of this share of the longest one.

    of_text: the label is a word of the text.
    """

    label: str
    items: Sequence[str]
    separator: str = ", "
    share: float | None = None
    of_text: bool = False


class Table:
    """Sums over the sentences of a shard; a subclass is a table, named in `settings.corpus.COLLECT` too.

    name: also of its file, and of its choice in `--collect`.
    explanation: what its numbers are, for the summary.
    columns: their types in order: whole, number, text, or wholes, numbers, texts for lists of them.
    stored: the arrays of a part; their axes `layer` and `head` have the sizes of the run, others those of `sizes`.
    per_text: its rows are written while the shards are read, into a folder of the table's name; nothing is stored.
    reach: how far apart words may be for whose distances sums of weights are wanted of streamed texts; 0: none.
    shown: how many rows are kept in memory for the summary; None: all of the first piece.
    """

    classes: ClassVar[dict[str, type["Table"]]] = {}

    name: ClassVar[str]
    explanation: ClassVar[str] = ""
    columns: ClassVar[Mapping[str, str]]
    stored: ClassVar[Mapping[str, Stored]] = {}
    sizes: ClassVar[Mapping[str, int]] = {}
    per_text: ClassVar[bool] = False
    reach: ClassVar[int] = 0
    shown: ClassVar[int | None] = None

    def __init_subclass__(cls) -> None:
        Table.classes[cls.name] = cls

    def __init__(self, words: Array | None = None) -> None:
        """Words: the numbers of `--words`, rising; None: all words count."""
        self.words = words
        self._sums: dict[str, Array] = {}

    def add(self, batch: Batch) -> None:
        """Count in some sentences of one length."""

    def arrays(self) -> Arrays:
        """The sums so far, as they are stored in a part."""
        return self._sums

    def write(self, part: "PartWriter") -> None:
        """Write the sums so far to a part."""
        part.arrays(self.name, self.arrays())

    def records(self, texts: Sequence["Text"], names: Callable[[Array], Sequence[str]]) -> Columns:
        """The rows of a table that is written `per_text`, of the batches since the last call; `names` gives words."""
        raise NotImplementedError

    @classmethod
    def check_layout(cls, arrays: Mapping[str, Any], heads: tuple[int, int] | None) -> None:
        """Check that arrays are there in their kinds and shapes, of so many layers and heads. Raises DamagedError."""
        always = {name for name, each in cls.stored.items() if each.always}
        need(arrays.keys() in (cls.stored.keys(), always))
        sizes = {**cls.sizes, **(dict(zip(("layer", "head"), heads, strict=True)) if heads else {})}
        for name, array in arrays.items():
            axes = cls.stored[name].axes.split()
            need(array.dtype.kind == cls.stored[name].kind and len(array.shape) == len(axes))
            for axis, size in zip(axes, array.shape, strict=True):
                need(sizes.setdefault(axis, size) == size)

    @classmethod
    def check_values(cls, arrays: Group, texts: int, knows: Callable[[Array], bool]) -> None:
        """Check that the sums of so many texts can be merged; `knows` says whether words have these numbers.

        Raises:
            DamagedError: no run stores such numbers.
        """
        need(any(each.always for each in cls.stored.values()) or bool(arrays) == (texts > 0))
        for name, array in arrays.items():
            cls.stored[name].check(array.read())

    @classmethod
    def begins(cls, arrays: Group) -> Array:
        """Codes in a part that is to be merged in shares, about as many from everywhere; none where it never is."""
        return np.empty(0, np.int64)

    @classmethod
    def merge_parts(cls, target: "PartWriter", parts: Sequence["Part"], share: Share) -> None:
        """Write the sums of parts as one; whatever is not split by words belongs to the first share.

        Raises:
            ResourceError, DamagedError: a part is not as a run writes it.
        """
        sums = [] if share.low else [part.read(cls, share.knows) for part in parts]
        target.arrays(cls.name, cls.merge(sums or [cls().arrays()]))

    @classmethod
    def merge(cls, parts: Iterable[Arrays]) -> Arrays:
        """The sums of all parts as one."""
        sums: dict[str, Array] = {}
        for part in parts:
            add_to(sums, part)
        return sums

    @classmethod
    def rows(cls, sums: Arrays, numbers: tuple[Sequence[int], Sequence[int]]) -> Columns:
        """The rows of merged sums; `numbers` are those of the layers and of the heads."""
        raise NotImplementedError

    @classmethod
    def pieces(cls, parts: Iterable[Group], reader: "Reader") -> Iterator[Columns]:
        """The rows of the shares of a merge, some at a time; none where no text counted."""
        sums = cls.merge({name: each.read() for name, each in part.items()} for part in parts)
        if sums.keys() == cls.stored.keys():
            yield cls.rows(sums, reader.numbers)

    @classmethod
    def summary(cls, rows: Columns) -> Iterable[Line]:
        """The lines of a summary: the first rows, unless a table knows better."""
        for row in list(zip(*rows.values(), strict=True))[:MOST_LINES]:
            yield Line("", [f"{name} {value}" for name, value in zip(rows, row, strict=True)])

    @classmethod
    def note(cls, rows: Columns) -> str | None:
        """A remark under the summary."""
        return None
