"""Heads as miniatures of their weights, in the hue of their kind: half blocks, or shades where colours are too few."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.style import Style
from rich.text import Text

from attncli.analysis.kinds import ANCHOR
from attncli.analysis.pooling import pooled
from attncli.arrays import Array
from attncli.views.screen import Screen, encodes, pad
from attncli.views.terminal.kinds import LOOKS, letter_style, shade_of
from attncli.views.terminal.typeset import BOLD, DIM, shade

GAP = 1  # cells in front of a miniature: the letter of its kind stands there, and sets it apart from its neighbour
LEAST, MOST = 2, 8  # lines of a miniature
NARROWEST, WIDEST = 2, 17  # cells of a miniature
HALF = "▀"  # two pixels in a cell: its colour and that of its ground
CHOSEN = Style(bold=True, reverse=True)  # of what stands in front of a head
AWAY = "x"  # in the place of the letter of a head that is taken away


class Size(NamedTuple):
    """The cells of a miniature and its lines, and the columns of heads in each block of the map."""

    width: int
    height: int
    blocks: tuple[range, ...]


@dataclass(frozen=True, eq=False)
class Miniatures:
    """The heads of some layers, a row a layer.

    kinds: of each head, `[n_layer, n_head]`; shares: the share of the full colour of each pixel,
    `[n_layer, n_head, p, q]`; away: whether a head is taken away, `[n_layer, n_head]`.
    """

    layers: Sequence[int]
    heads: Sequence[int]
    kinds: Array
    shares: Array
    away: Array

    def lines(
        self,
        screen: Screen,
        most: int,
        chosen: tuple[int, int] | None = None,
        means: Callable[[int, int], Style] = lambda *_: Style.null(),
    ) -> Iterator[Text]:
        """All heads in about `most` lines, in blocks one under another where they do not fit beside one another.

        chosen: the row and the column of a head that is marked. means: the style of a head's cells, by row and column.
        """
        size = self.size(screen.columns, most)
        for columns in size.blocks:
            yield self._numbers(columns, size)
            for row, layer in enumerate(self.layers):
                drawn = [Text(no_wrap=True).append(pad(str(layer), self.label), BOLD)]
                drawn += [Text(" " * self.label, no_wrap=True) for _ in range(size.height - 1)]
                for column in columns:
                    for line, part in zip(drawn, self._head(row, column, size, screen, chosen), strict=True):
                        part.stylize(means(row, column))
                        line.append_text(part)
                yield from drawn

    def size(self, columns: int, most: int) -> Size:
        """The largest miniatures for which there is room in so many cells, and about `most` lines."""
        n_head, (p, q) = len(self.heads), self.shares.shape[2:]
        across = min(n_head, max(1, (columns - self.label) // (NARROWEST + GAP)))
        n_block = -(-n_head // across)
        across = -(-n_head // n_block)
        height = min(max((most - n_block) // (len(self.layers) * n_block), LEAST), MOST, p // 2 + 1)
        width = min((columns - self.label) // across - GAP, 2 * height + 1, WIDEST, q)
        height = min(height, max(width // 2 + 1, LEAST))
        blocks = tuple(range(at, min(at + across, n_head)) for at in range(0, n_head, across))
        return Size(width, height, blocks)

    def high(self, columns: int, most: int) -> int:
        """The lines that they take of `most`."""
        size = self.size(columns, most)
        return len(size.blocks) * (1 + len(self.layers) * size.height)

    @property
    def label(self) -> int:
        """The cells in front of a row, for the number of its layer."""
        return max(len(str(self.layers[-1])), 1) + 1

    def _numbers(self, columns: range, size: Size) -> Text:
        numbers = "".join(pad(str(self.heads[column]), size.width + GAP, "right") for column in columns)
        return Text(" " * self.label + numbers, style=DIM, no_wrap=True)

    def _head(
        self, row: int, column: int, size: Size, screen: Screen, chosen: tuple[int, int] | None
    ) -> Iterator[Text]:
        """The lines of one head: the letter of its kind, and its picture."""
        kind, shares = str(self.kinds[row, column]), self.shares[row, column]  # [p, q]
        letter = AWAY if self.away[row, column] else LOOKS[kind].letter
        picture = _half_blocks if screen.coloured and encodes(HALF, screen.encoding) else _shades
        marked = CHOSEN if chosen == (row, column) else letter_style(kind, screen.colours)
        for at, line in enumerate(picture(kind, shares, size, screen)):
            front, style = (" " * GAP, CHOSEN if marked is CHOSEN else Style.null()) if at else (letter, marked)
            yield Text(no_wrap=True).append(front, style).append_text(line)


def _half_blocks(kind: str, shares: Array, size: Size, screen: Screen) -> Iterator[Text]:
    """Two pixels in each cell; the last half line is left out, and sets the miniature apart from the one below."""
    pixels = pooled(shares, 2 * size.height - 1, size.width).tolist()  # [≤ 2·height − 1, ≤ width]
    for top in range(0, 2 * size.height, 2):
        upper, lower = (pixels[at] if at < len(pixels) else [] for at in (top, top + 1))
        line = Text(no_wrap=True)
        for place, share in enumerate(upper):
            under = shade_of(kind, lower[place], screen.colours) if lower else None
            line.append(HALF, Style(color=shade_of(kind, share, screen.colours), bgcolor=under))
        yield line.append(" " * (size.width - len(line)))


def _shades(kind: str, shares: Array, size: Size, screen: Screen) -> Iterator[Text]:
    """A glyph in each cell, up to the largest share of the head."""
    pixels = pooled(shares, size.height, size.width)  # [≤ height, ≤ width]
    full, style = float(pixels.max()) or 1.0, _glyphs_style(kind, screen)
    drawn = ["".join(shade((share / full) ** 2, screen) for share in row) for row in pixels.tolist()]
    for at in range(size.height):
        yield Text(pad(drawn[at] if at < len(drawn) else "", size.width), style=style, no_wrap=True)


def _glyphs_style(kind: str, screen: Screen) -> Style:
    return Style(color=LOOKS[kind].of_16 if screen.colours != "none" else None, dim=kind == ANCHOR or None)
