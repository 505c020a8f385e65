"""The pages of `attn vectors`: the kept sets, one set in full, neighbours, and results of actions."""

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from attncli.recipes.neighbourhood import Asked, Neighbourhood
from attncli.vectors import Vectors
from attncli.vectors.keeping import Kept
from attncli.vectors.pulling import Offer
from attncli.views.screen import Screen, cells, pad
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, Piece, wrap

LEAST_SOURCE = 20  # cells that the last column of a table must have
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(count: int) -> str:
    """A number of bytes for a human, in powers of a thousand."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 or value >= 99.5 else f"{value:.1f} {_UNITS[unit]}"


def done_lines(text: str, screen: Screen, then: str = "") -> list[Text]:
    """A sentence about the result, and in dim letters the next command."""
    lines = wrap([(screen.word(text), "")], screen.columns, hanging=2)
    return lines + (wrap([(screen.word(then), DIM)], screen.columns, hanging=2) if then else [])


def form(words: int | None, dimensions: int | None) -> str:
    """`400,000 words, 100 dimensions`, as far as it is known."""
    shown = f"{words:,} words" if words is not None else "words"
    return shown if dimensions is None else f"{shown}, {dimensions} dimensions"


def kept_lines(sets: Iterable[Kept], screen: Screen) -> list[Text]:
    """A table of the sets; where the screen is too narrow for one, a paragraph a set."""
    rows = [_cells(kept, screen) for kept in sets]
    head = ("name", "words", "dimensions", "size", "source")
    widths = [max(map(cells, column)) for column in zip(head, *rows, strict=True)][:-1]
    if screen.accessible or sum(widths) + 2 * len(widths) + LEAST_SOURCE > screen.columns:
        return [text for row in rows for text in _paragraph(row, screen)]
    return [text for row in (head, *rows) for text in _row(row, widths, screen, DIM if row is head else "")]


def _cells(kept: Kept, screen: Screen) -> tuple[str, ...]:
    opened = kept.vectors
    if opened is None:
        return screen.word(kept.name), "-", "-", size(kept.size), f"damaged: {screen.word(kept.fault or '')}"
    source = screen.word(opened.info.source)
    return screen.word(kept.name), f"{opened.words:,}", str(opened.dimensions), size(kept.size), source


def _row(row: Sequence[str], widths: Sequence[int], screen: Screen, style: str) -> list[Text]:
    """One line, and more only for a source that is longer than its column."""
    first, *numbers = (
        pad(cell, width, "right" if place else "left")
        for place, (cell, width) in enumerate(zip(row[:-1], widths, strict=True))
    )
    before = "  ".join([first, *numbers]) + "  "
    return wrap([(before, style), (row[-1], style or DIM)], screen.columns, hanging=cells(before))


def _paragraph(row: Sequence[str], screen: Screen) -> list[Text]:
    name, words, dimensions, bytes_, source = row
    shape = "" if words == "-" else f"{words} words, {dimensions} dimensions, "
    return wrap([(name, BOLD), (f": {shape}{bytes_}, {source}", "")], screen.columns, hanging=2)


def info_lines(kept: Kept, vectors: Vectors, examples: Sequence[str], screen: Screen) -> list[Text]:
    """The properties of a set, a line each."""
    fields = dict(_fields(kept, vectors, screen))
    words = "  ".join(screen.word(word).replace(" ", GLUE) for word in examples)
    width = max(map(len, fields)) + 2
    lines = [text for name, value in fields.items() for text in _field(name, value, width, screen)]
    return [*lines, *_field("examples", words, width, screen)]


def _fields(kept: Kept, vectors: Vectors, screen: Screen) -> Iterator[tuple[str, str]]:
    info = vectors.info
    yield "name", screen.word(kept.name)
    yield "words", f"{info.words:,}"
    yield "dimensions", f"{info.dimensions}"
    yield "numbers", info.dtype
    yield "size", f"{size(kept.size)} ({kept.size:,} bytes)"
    yield "source", screen.word(info.source)
    yield "licence", screen.word(info.licence or "unknown")
    yield "checksum", f"sha256 {info.checksum}"
    yield "folder", screen.word(str(kept.folder))
    if info.cross_temperature is not None:
        yield "temperature", f"{info.cross_temperature:g}, of attention from one text to another"
    if vectors.composed_of:
        yield "unknown words", f"composed of their {vectors.composed_of}"
    for name, count in (
        ("duplicates", info.duplicates),
        ("not UTF-8", info.undecodable),
        ("zero vectors", info.zeros),
    ):
        if count:
            yield name, f"{count:,}"


def _field(name: str, value: str, width: int, screen: Screen) -> list[Text]:
    return wrap([(name.ljust(width), DIM), (value, "")], screen.columns, hanging=min(width, screen.columns // 4))


def near_lines(found: Neighbourhood, screen: Screen) -> list[Text]:
    """The question, and under it the neighbours with their cosines, the nearest first."""
    asked: list[Piece] = [*_signed(found.words, " + ", screen), *_signed(found.minus, " - ", screen)]
    about = f"  {found.vectors.name}, {form(found.vectors.words, found.vectors.dimensions)}, cosine"
    lines = wrap([*asked[1:], (screen.word(about), DIM)], screen.columns, hanging=2)
    for each in found.neighbours:
        lines += wrap([(f"{each.similarity:6.3f}  ", ""), (screen.word(each.text), BOLD)], screen.columns, hanging=8)
    return lines


def _signed(words: Sequence[Asked], sign: str, screen: Screen) -> Iterator[Piece]:
    for each in words:
        yield sign, ""
        yield screen.word(each.text), BOLD


def offer_lines(offered: Offer, screen: Screen) -> list[Text]:
    """The set that `pull` would fetch: its size, contents, licence and source."""
    about = f"{offered.name}: {size(offered.size)} to download, {form(offered.words, offered.dimensions)}"
    lines = wrap([(screen.word(about), "")], screen.columns, hanging=2)
    details = [("licence", offered.licence or "unknown"), ("about", offered.description)]
    for name, value in [*(("from", url) for url in offered.urls), *details]:
        lines += _field(name, screen.word(value), 9, screen)
    return lines
