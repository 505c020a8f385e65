"""Files of gold links: Pharaoh's lines of `1-2 3p4`, and the rows of the shared tasks, `sentence source target S`.

Sources: the shared tasks of NAACL 2003 and ACL 2005 on word alignment (Mihalcea and Pedersen 2003; Martin, Mihalcea and
Pedersen 2005) for the rows; `-` of a sure and `p` of a possible link as the gold sets of several languages have them.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from attncli.analysis.gold import Gold, Link
from attncli.corpus.inputs import cannot_read
from attncli.corpus.text_lines import open_lines
from attncli.errors import AttnError, quoted
from attncli.files.utf8 import NotTextError, text_of

PHARAOH = re.compile(r"([0-9]{1,9})([-p])([0-9]{1,9})")
ROW = re.compile(r"([0-9]{1,9})\s+([0-9]{1,9})\s+([0-9]{1,9})(?:\s+([SP]))?(?:\s+[0-9.eE+-]+)?")
AT_ONCE = 4096  # lines
MOST_BYTES = 2**26
FORMS = "a line of gold is 1-2 3p4 for every pair, or sentence source target S|P"


@dataclass(frozen=True)
class GoldLinks:
    """The gold of pairs by their place from 0; `pairs` is how many there are, some of them perhaps without links."""

    of_pair: dict[int, Gold]
    pairs: int

    def __getitem__(self, place: int) -> Gold | None:
        """The gold of a pair; None behind the last one."""
        return self.of_pair.get(place, Gold()) if place < self.pairs else None


class _Links:
    """Links as a file numbers them, by pair; zero: the first line with a 0 in a link, and that link."""

    def __init__(self) -> None:
        self.sure, self.possible = defaultdict[int, set[Link]](set), defaultdict[int, set[Link]](set)
        self.zero: tuple[int, Link] | None = None

    def add(self, pair: int, link: Link, sure: bool, line: int) -> None:
        """A link of a pair, found in a line of the file."""
        self.possible[pair].add(link)
        if sure:
            self.sure[pair].add(link)
        if self.zero is None and 0 in link:
            self.zero = line, link

    def gold(self, first: int, base: int) -> dict[int, Gold]:
        """The links from 0, by pair from 0, of which the file numbers the first as `first`."""
        return {
            pair - first: Gold(_from_0(self.sure[pair], base), _from_0(some, base))
            for pair, some in self.possible.items()
        }


def _from_0(links: set[Link], base: int) -> frozenset[Link]:
    return frozenset((source - base, target - base) for source, target in links)


def read_gold(path: str, base: int | None = None) -> GoldLinks:
    """The gold links of a file, source first.

    base: the number of the first word, 0 or 1; None: 1, unless a 0 is there.

    Raises:
        AttnError: it cannot be read, or a line has another form; the message quotes it.
    """
    lines = _lines(path)
    first = next((each for each in lines if each[1]), None)  # lines without links may come before it
    if first is None:
        raise cannot_read(path, "it is empty", FORMS)
    read = _of_rows if ROW.fullmatch(first[1]) else _of_pharaoh
    return read(path, chain([first], lines), base)


def _lines(path: str) -> Iterator[tuple[int, str]]:
    """The lines of a file without blanks around them, with their numbers from 1."""
    number = size = 0
    with open_lines(path, FORMS) as file:
        while some := file.take(AT_ONCE):
            for line in some:
                number, size = number + 1, size + len(line)
                try:
                    yield number, text_of(line).strip()
                except NotTextError as error:
                    raise cannot_read(path, f"line {number}, {error.message}", error.in_words()[1] or FORMS) from None
            if size > MOST_BYTES:
                raise cannot_read(path, f"it has more than {MOST_BYTES:,} bytes", FORMS)


def _of_pharaoh(path: str, lines: Iterator[tuple[int, str]], base: int | None) -> GoldLinks:
    """A line a pair, which is empty where there is no link."""
    links, number = _Links(), 0
    for number, line in lines:
        for word in line.split():
            if not (found := PHARAOH.fullmatch(word)):
                raise _wrong(path, number, word)
            links.add(number, (int(found[1]), int(found[3])), found[2] == "-", number)
    return GoldLinks(links.gold(1, _base(path, links, base)), number)


def _of_rows(path: str, lines: Iterator[tuple[int, str]], base: int | None) -> GoldLinks:
    """A link a line; sentences count from 1 unless a 0 is among them."""
    links = _Links()
    for number, line in lines:
        if not (found := ROW.fullmatch(line)) and line:
            raise _wrong(path, number, line)
        if found:
            links.add(int(found[1]), (int(found[2]), int(found[3])), found[4] != "P", number)
    first = min(1, *links.possible)
    return GoldLinks(links.gold(first, _base(path, links, base)), max(links.possible) + 1 - first)


def _base(path: str, links: _Links, base: int | None) -> int:
    """The number of the first word: as given, else 1 unless a link has a 0."""
    if base is None:
        return 0 if links.zero else 1
    if base and links.zero:
        line, link = links.zero
        raise _wrong(path, line, "-".join(map(str, link)), "numbers from 1 up")
    return base


def _wrong(path: str, line: int, text: str, expected: str = "links such as 1-2 or 3p4") -> AttnError:
    return cannot_read(path, f"line {line}: expected {expected}, got {quoted(text)}", FORMS)
