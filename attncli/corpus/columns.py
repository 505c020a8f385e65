"""Two files of text as one of two columns, sources and their targets, with a TAB between the two of a line."""

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from attncli.corpus.folder import TEXT
from attncli.corpus.inputs import (
    Input,
    Named,
    chunks_of,
    input_of,
    is_packed,
    lay_out,
    named_texts,
    open_text,
    shown,
    unpacked,
)
from attncli.corpus.lines import TAB
from attncli.corpus.text_lines import checked
from attncli.errors import UsageError

MOST_READ = 2**16  # bytes of a file in which its first line is looked for


def pair_of(
    source: str,
    target: str,
    folder: Path,
    stream: BinaryIO | None,
    limit: int | None,
    report: Callable[[str], None] = lambda _: None,
) -> Input:
    """Two files as one, laid out in the run's folder unless it is there; it has the name of the sources.

    source, target: plain or packed files, one of them may be `-` for the stream. Tabs in their lines become blanks.

    Raises:
        UsageError: one has more lines than the other, among those that the limit takes.
        AttnError, OSError: as `inputs_of`.
    """
    names = (source, target)
    named = [each for name in names for each in named_texts([name])]
    path = folder / TEXT / _file_name(names, named)
    plain = [  # a stream cannot be read again
        name if each.size is not None else input_of(name, folder / TEXT, stream, limit, report).path
        for name, each in zip(names, named, strict=True)
    ]
    if not path.exists():
        sources, targets = (_lines(checked(name, _content(at))) for name, at in zip(names, plain, strict=True))
        lay_out(path, source, _columns(names, sources, targets, limit), None, report)
        modified = max(each.modified or 0 for each in named)
        os.utime(path, ns=(modified, modified))  # laid out again, it is the same
    return Input(shown(source), str(path.absolute()))


def _file_name(names: Sequence[str], named: Sequence[Named]) -> str:
    """A name as other files have that are laid out, by the names, sizes and times of both."""
    marks = [f"{each.size or 0}-{each.modified or 0}" for each in named]
    both = b"\0".join([*map(os.fsencode, names), *map(str.encode, marks)])
    return f"{zlib.crc32(both):08x}-{marks[0]}.txt"


def _content(path: str) -> Iterator[bytes]:
    if is_packed(path):
        yield from unpacked(path)
        return
    with open_text(path) as file:
        yield from chunks_of(file)


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a text without their ends, tabs in them as blanks."""
    held = next(chunks, b"")
    for chunk in chain([b""], chunks):
        *lines, held = (held + chunk).replace(b"\t", b" ").split(b"\n")
        yield from (line.removesuffix(b"\r") for line in lines)
    if held:
        yield held.removesuffix(b"\r")


def _columns(
    names: tuple[str, str], sources: Iterator[bytes], targets: Iterator[bytes], limit: int | None
) -> Iterator[bytes]:
    """Lines of two columns. Raises UsageError where one file has more lines than the other."""
    there = 0
    for one in sources:
        if (other := next(targets, None)) is None:
            raise _uneven(names, there + 1 + _left(sources), there)
        yield one + b"\t" + other + b"\n"
        there += 1
        if there == limit:
            return
    if more := _left(targets):
        raise _uneven(names, there, there + more)


def _left(lines: Iterator[bytes]) -> int:
    return sum(1 for _ in lines)


def _uneven(names: tuple[str, str], sources: int, targets: int) -> UsageError:
    source, target = map(shown, names)
    expected = f"expected as many lines as {source!r} has, {sources:,}, got {targets:,}"
    return UsageError(expected, "give a target for every source, a line each", setting="target", value=target)


def other_columns(each: Input, paired: bool) -> str | None:
    """A remark where the first line of a file has more columns than are read, two where it is `paired`."""
    with open(each.path, "rb") as file:
        columns = file.read(MOST_READ).partition(b"\n")[0].count(TAB.encode()) + 1
    if columns <= 1 + paired:
        return None
    read = "the first is the source, the second its target" if paired else "a line is read as one text"
    return f"lines of {each.name!r} have {columns} columns: {read}"
