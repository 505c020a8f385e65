"""The lines of a shard as texts; lines that are no UTF-8 are counted, reported and skipped."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

LONGEST_LINE = 2**22  # bytes; a longer line is no text, or no document that one machine attends to
MOST_NAMED = 1000  # of each kind of problem in a shard; the rest is counted

EMPTY, BROKEN, TOO_LONG = "empty line", "not UTF-8", "line too long"
NO_JSON, NO_FIELD, NO_WORD = "not a JSON object", "no such text field", "no known word"


@dataclass
class Problems:
    """The lines that were skipped: how often for each reason, and the first of each, counted from 1 in the shard."""

    counts: dict[str, int] = field(default_factory=dict)
    named: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """A line that is skipped, and why."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        if self.counts[reason] <= MOST_NAMED:
            self.named.append((line, reason))


@dataclass
class Counter:
    """The number of lines read."""

    lines: int = 0


def read_texts(
    chunks: Iterable[bytes], key: str | None, problems: Problems, counter: Counter
) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and texts; with `key` each line is a JSON object and the text is its value."""
    for block in _whole_lines(chunks, problems, counter):
        first = counter.lines + 1
        counter.lines += block.count(b"\n")
        if key is None and (plain := _plain(block)):
            yield from enumerate(plain, first)
            continue
        for number, text in enumerate(_decoded(block), first):
            found = _text_of(text, key)
            if found is None or isinstance(found, _Reason):
                problems.add(number, BROKEN if found is None else found)
            else:
                yield number, found


class _Reason(str):
    """Why a line has no text."""


def _plain(block: bytes) -> list[str] | None:
    """The lines of a block where none needs a second look, as nearly always."""
    with suppress(UnicodeDecodeError):
        lines = block.decode().split("\n")[:-1]
        if all(lines) and not any(map(str.isspace, lines)):
            return lines
    return None


def _decoded(block: bytes) -> Iterator[str | None]:
    """Each line's text, None where it is not UTF-8; all at once where all are."""
    try:
        yield from block.decode().split("\n")[:-1]
    except UnicodeDecodeError:
        for line in block.split(b"\n")[:-1]:
            try:
                yield line.decode()
            except UnicodeDecodeError:
                yield None


def _text_of(line: str | None, key: str | None) -> str | _Reason | None:
    if line is None or key is None:
        return _Reason(EMPTY) if line is not None and (not line or line.isspace()) else line
    if not line.strip():
        return _Reason(EMPTY)
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError):
        return _Reason(NO_JSON)
    if not isinstance(record, dict):
        return _Reason(NO_JSON)
    text = record.get(key)
    if not isinstance(text, str):
        return _Reason(NO_FIELD)
    return text.encode("utf-8", "replace").decode() if text.strip() else _Reason(EMPTY)


def _whole_lines(chunks: Iterable[bytes], problems: Problems, counter: Counter) -> Iterator[bytes]:
    """The bytes in blocks of whole lines; a line without end is given one, and one that is too long left out."""
    held, dropping = b"", False
    for chunk in chunks:
        if dropping:
            _, end, chunk = chunk.partition(b"\n")
            dropping = not end
        whole, end, rest = chunk.rpartition(b"\n")
        if end:
            yield from _without_giants(held + whole + end, problems, counter)
            held = rest
        else:
            held += chunk
        if len(held) > LONGEST_LINE:
            counter.lines += 1
            problems.add(counter.lines, TOO_LONG)
            held, dropping = b"", True
    if held:
        yield held + b"\n"


def _without_giants(block: bytes, problems: Problems, counter: Counter) -> Iterator[bytes]:
    """A block is a chunk and the rest of the chunk before it: only its first line can be too long."""
    end = block.index(b"\n")
    if end > LONGEST_LINE:
        counter.lines += 1
        problems.add(counter.lines, TOO_LONG)
        block = block[end + 1 :]
    if block:
        yield block
