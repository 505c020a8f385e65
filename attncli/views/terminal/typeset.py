"""Setting lines: wrapping styled pieces, bars and shades, notes, and blocks beside one another; widths in cells."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rich.style import Style
from rich.text import Text

from attncli.views.screen import Screen, cells, encodes, prefix, signs

Piece = tuple[str, str | Style]

DIM, BOLD = "dim", "bold"
GLUE = "\0"  # a space that no line is broken at; sanitised text has none
GAP = 3  # cells between blocks side by side


@dataclass(frozen=True)
class Block:
    """A drawn part of a page, and its notes for the end of the page.

    legend: the note on the scale of its colours; pooled: whether neighbouring words are one row.
    """

    lines: list[Text]
    notes: tuple[str, ...] = ()
    legend: str = ""
    pooled: bool = False
    width: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", max((cells(line.plain) for line in self.lines), default=0))

    @classmethod
    def joined(cls, lines: list[Text], blocks: Sequence["Block"]) -> "Block":
        """The lines of several blocks, with the notes of all and the first legend."""
        notes = tuple(note for block in blocks for note in block.notes)
        legend = next((block.legend for block in blocks if block.legend), "")
        return cls(lines, notes, legend, any(block.pooled for block in blocks))


def line(*pieces: Piece) -> Text:
    """One line of styled pieces."""
    return Text.assemble(*pieces, no_wrap=True)


def wrap(pieces: Iterable[Piece], width: int, hanging: int = 0) -> list[Text]:
    """The pieces as lines of at most `width`, broken at spaces; later lines start `hanging` cells in.

    A word that is longer than a line is broken where the line ends; nothing but the spaces at a break is lost.
    """
    lines, used = [Text(no_wrap=True)], 0
    for gap, word in _words(pieces):
        if used + gap + sum(cells(text) for text, _ in word) <= width or used <= hanging * (len(lines) > 1):
            lines[-1].append(" " * gap * (used > 0 or len(lines) == 1))
            used += gap
        else:
            lines.append(Text(" " * hanging, no_wrap=True))
            used = hanging
        used = _set(word, lines, used, width, hanging)
    return lines


def _set(word: Sequence[Piece], lines: list[Text], used: int, width: int, hanging: int) -> int:
    """Put a word on the last line, its rest on further lines; returns the length of the last line."""
    for text, style in word:
        while used + cells(text) > width:
            part = prefix(text, width - used)
            if not part and used <= hanging:
                part = text[: next(signs(text))]  # one sign that is wider than the line
            lines[-1].append(part, style)
            lines.append(Text(" " * hanging, no_wrap=True))
            text, used = text[len(part) :], hanging
        lines[-1].append(text, style)
        used += cells(text)
    return used


def _words(pieces: Iterable[Piece]) -> Iterator[tuple[int, list[Piece]]]:
    """The pieces cut at spaces, adjacent ones together, each with the number of spaces before it."""
    gap, word = 0, []
    for text, style in pieces:
        for part in re.findall(" +|[^ ]+", text):
            if not part.startswith(" "):
                word.append((part.replace(GLUE, " "), style))
                continue
            if word:
                yield gap, word
            gap, word = len(part) + (0 if word else gap), []
    if word:
        yield gap, word


def heading(text: str, explanation: str, screen: Screen) -> list[Text]:
    """A part's name, and after it in dim letters how to read the part."""
    return wrap([(screen.own(text), BOLD), (screen.own(f"  {explanation}"), DIM)], screen.columns)


def notes(texts: Iterable[str], screen: Screen, mark: str = "note") -> list[Text]:
    """Each text once, marked, its lines hanging under its first. Whatever the texts quote is sanitised here."""
    style = "bold" if mark == "warning" else DIM
    indent = len(mark) + 2
    return [
        text_line
        for text in dict.fromkeys(texts)
        for text_line in wrap([(f"{mark}: ", style), (screen.word(text), "")], screen.columns, indent)
    ]


def beside(blocks: Sequence[Block], gap: int = GAP) -> Block:
    """Blocks side by side, their first lines level."""
    height = max(len(block.lines) for block in blocks)
    rows = []
    for number in range(height):
        row, used = Text(no_wrap=True), 0
        at = 0
        for block in blocks:
            if number < len(block.lines):
                row.append(" " * (at - used))
                row.append_text(block.lines[number])
                used = at + cells(block.lines[number].plain)
            at += block.width + gap
        row.rstrip()
        rows.append(row)
    return Block.joined(rows, blocks)


def blocks_in_rows(blocks: Sequence[Block], screen: Screen) -> Block:
    """Blocks in rows, as many side by side as the screen holds, with an empty line between the rows."""
    rows: list[list[Block]] = []
    for block in blocks:
        if rows and sum(each.width + GAP for each in rows[-1]) + block.width <= screen.columns:
            rows[-1].append(block)
        else:
            rows.append([block])
    drawn = [beside(row) for row in rows]
    lines = [text for block in drawn for text in (*block.lines, Text())][:-1]
    return Block(lines, tuple(note for block in drawn for note in block.notes))


_SHADES, _PLAIN_SHADES = " ░▒▓█", " .:=#"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def shade(value: float, screen: Screen) -> str:
    """One glyph for a value in 0 … 1, empty to full."""
    ramp = _SHADES if encodes(_SHADES, screen.encoding) else _PLAIN_SHADES
    return ramp[round(min(max(value, 0.0), 1.0) * (len(ramp) - 1))]


def bar(share: float, width: int, screen: Screen) -> str:
    """A bar of `share` of `width` cells, in eighths of a cell where the encoding has them; above 0 never nothing."""
    share = min(max(share, 0.0), 1.0)
    if not encodes(_EIGHTHS, screen.encoding):
        return "#" * round(share * width) or ("." if share else "")
    eighths = max(round(share * width * 8), 1 if share else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
