"""The lines of a shard as texts, or as pairs of texts; lines that are none are counted, reported and skipped."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from attncli.errors import AttnError, FinalError, ResourceError
from attncli.settings.wording import as_option

LONGEST_LINE = 2**22  # bytes; a longer line is no text, or no document that one machine attends to
MOST_NAMED = 1000  # of each kind of problem in a shard; the rest is counted

EMPTY, BROKEN, TOO_LONG = "empty line", "not UTF-8", "line too long"
NO_JSON, NO_FIELD, NO_WORD = "not a JSON object", "no such text field", "no known word"
TAB = "\t"  # between the two texts of a pair, in which there is none
UNKNOWN_WORD = "a word that is not known"
NO_TAB, NO_SOURCE, NO_TARGET = "no tab between source and target", "empty source", "empty target"


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


class Reason(str):
    """Why a line has no text."""


Made = TypeVar("Made")


def reason_or(make: Callable[[], Made]) -> Made | Reason:
    """What is made of a line, or why it cannot be.

    Raises:
        ResourceError, FinalError: other lines would not fare better.
    """
    try:
        return make()
    except (ResourceError, FinalError):
        raise
    except AttnError as error:
        return Reason(error.in_words(as_option)[0])


@dataclass(frozen=True)
class LineForm:
    """The form of lines: a text each, or the value of `key` in a JSON object.

    paired: a source and its target, with a TAB between them and columns behind them that are left out; in an object the
    values of `key` and `target_key`. Such a text is read as the two with a TAB between them.
    """

    key: str | None = None
    target_key: str | None = None
    paired: bool = False

    def text_of(self, line: str) -> str:
        """The text of a line; a `Reason` where it has none."""
        if not line or line.isspace():
            return Reason(EMPTY)
        if self.key is not None:
            return _of_record(line, (self.key, self.target_key) if self.paired else (self.key,))
        return _of_columns(line) if self.paired else line

    def broken(self, line: bytes) -> Reason:
        """The reason why a line that is no UTF-8 has no text."""
        source, tab, _ = line.partition(b"\t")
        of_target = self.paired and self.key is None and tab and _decoded(source) is not None
        return Reason(f"target {BROKEN}" if of_target else BROKEN)


def read_texts(
    chunks: Iterable[bytes], form: LineForm, problems: Problems, counter: Counter
) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and the texts of the lines."""
    as_they_are = form == LineForm()
    for block in _whole_lines(chunks, problems, counter):
        first = counter.lines + 1
        counter.lines += block.count(b"\n")
        if as_they_are and (plain := _plain(block)):
            yield from enumerate(plain, first)
            continue
        for number, found in enumerate(_texts(block, form), first):
            if isinstance(found, Reason):
                problems.add(number, found)
            else:
                yield number, found


def _plain(block: bytes) -> list[str] | None:
    """The lines of a block where none needs a second look, as nearly always."""
    with suppress(UnicodeDecodeError):
        lines = block.decode().split("\n")[:-1]
        if all(lines) and not any(map(str.isspace, lines)):
            return lines
    return None


def _texts(block: bytes, form: LineForm) -> Iterator[str]:
    """Each line's text, or the reason why it has none; decoded all at once where all are UTF-8."""
    if (decoded := _decoded(block)) is not None:
        yield from map(form.text_of, decoded.split("\n")[:-1])
        return
    for line in block.split(b"\n")[:-1]:
        text = _decoded(line)
        yield form.broken(line) if text is None else form.text_of(text)


def _decoded(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _of_record(line: str, keys: Sequence[str | None]) -> str:
    """The values of keys in a JSON object, a TAB between them and none in them where they are two."""
    texts = values_of(line, keys)
    if isinstance(texts, Reason):
        return texts
    if len(texts) == 1:
        return texts[0] if texts[0].strip() else Reason(EMPTY)
    return _pair(*(text.replace(TAB, " ") for text in texts))


def values_of(line: str, keys: Sequence[str | None]) -> list[str] | Reason:
    """The texts under these keys of a JSON object, or why a line has none."""
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError):
        return Reason(NO_JSON)
    if not isinstance(record, dict):
        return Reason(NO_JSON)
    values = [record.get(key) for key in keys]
    texts = [value.encode("utf-8", "replace").decode() for value in values if isinstance(value, str)]
    return texts if len(texts) == len(keys) else Reason(NO_FIELD)


def _of_columns(line: str) -> str:
    """The first two columns of a line."""
    source, tab, rest = line.rstrip("\r").partition(TAB)
    return _pair(source, rest.partition(TAB)[0]) if tab else Reason(NO_TAB)


def _pair(source: str, target: str) -> str:
    if not source.strip():
        return Reason(NO_SOURCE if target.strip() else EMPTY)
    return f"{source}{TAB}{target}" if target.strip() else Reason(NO_TARGET)


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
