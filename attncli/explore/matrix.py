"""A window of the matrix that keeps the query's row and column in sight."""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from rich.style import Style
from rich.text import Text

from attncli.explore.view import View, clickable
from attncli.views.palette import cell_style
from attncli.views.screen import Screen, cells, cut, encodes, pad
from attncli.views.terminal.grid import Grid, Layout, header_line, row_line
from attncli.views.terminal.matrix import shortest_label, with_numbers, with_words
from attncli.views.terminal.typeset import BOLD, DIM, shade

MARK = 2  # cells before a row, for the mark of the query
OVER = 2  # lines over the rows: the title and the columns' headings
UNDER = 2  # lines under them: an empty one, and the key of the colours
KEYED = 10  # lines of a pane that keeps one for the key
STEPS = 8  # of the colours in their key
TICK = 5  # dense columns between two places that are written out


def matrix_lines(view: View, width: int, height: int) -> list[Text]:
    """Title, headings and rows; the title says which rows and columns are seen where not all are."""
    screen, grid = view.sized(width - MARK), view.grid
    layout = _layout(grid, view.state.dense, screen)
    rows, columns = visible_rows(view, height), _visible_columns(view, layout, screen)
    lines = [_title(view, rows, columns, screen), _header(grid, columns, layout, view)]
    lines += [_row(view, row, columns, layout, screen) for row in rows]
    room = height - len(lines)
    return [*lines, *[Text()] * (room >= UNDER), *[_key(view, screen)] * (room >= 1)][:height]


def natural_height(view: View) -> int:
    """The lines of the whole matrix with its title and its key."""
    return OVER + view.grid.rows.groups + UNDER


def least_width(view: View) -> int:
    """The cells of all of its columns, as narrow as they can be."""
    layout = with_numbers(view.grid, view.screen)
    return MARK + shortest_label(view.grid) + 1 + sum(layout.widths)


def natural_width(view: View, most: int, height: int) -> int:
    """The cells that it takes of `most`, its title among them."""
    screen, grid = view.sized(most - MARK), view.grid
    layout = _layout(grid, view.state.dense, screen)
    rows, columns = visible_rows(view, height), _visible_columns(view, layout, screen)
    cells_of = layout.label + 1 + sum(layout.widths[column] for column in columns)
    written = _title(view, rows, columns, screen), _key(view, screen)
    return min(most, MARK + max(cells_of, *(cells(line.plain) for line in written)))


def _key(view: View, screen: Screen) -> Text:
    """The colours from the first to the last with their weights, and the meaning of the last."""
    scale, text = view.grid.scale, Text(no_wrap=True)
    shares = [step / (STEPS - 1) for step in range(STEPS)]
    text.append(f"{'' if scale.name == 'row' else scale.least} ".lstrip(), DIM)
    for share in shares:
        glyph = " " if screen.coloured else shade(share, screen)
        text.append(glyph, cell_style(round(share, 2), screen.colours) if screen.coloured else "")
    top = scale.said.replace(" weight", "")
    said = "  ".join(filter(None, [scale.most if scale.name != "row" else "", top]))
    text.append(f" {cut(screen.own(said), screen.columns - len(text) - 1, screen.own('…'))}", DIM)
    return text


def visible_rows(view: View, height: int) -> range:
    """The rows that a pane of this height shows: around the query, moved by how far was scrolled."""
    n, room = view.grid.rows.groups, height - OVER
    return _around(view.state.query, view.state.rows, n, room - (n > room and height >= KEYED))


def scrolled(view: View, by: int, height: int) -> int:
    """The rows scrolled away from the query after scrolling on, within the rows that there are."""
    rows = visible_rows(view, height)
    first = min(max(rows.start + by, 0), view.grid.rows.groups - len(rows))
    return first - (rows.start - view.state.rows)


def _around(place: int, moved: int, n: int, room: int) -> range:
    room = min(max(room, 1), n)
    start = min(max(place - room // 2, 0), n - room) + moved
    start = min(max(start, 0), n - room)
    return range(start, start + room)


def _layout(grid: Grid, dense: bool, screen: Screen) -> Layout:
    """Columns headed by words where all fit, else by places; dense ones are one or two cells wide."""
    if not dense:
        return with_words(grid, screen) or with_numbers(grid, screen)
    numbered = with_numbers(grid, screen)
    n = grid.columns.groups
    return replace(numbered, widths=((2 if numbered.label + 1 + 2 * n <= screen.columns else 1),) * n)


def _visible_columns(view: View, layout: Layout, screen: Screen) -> range:
    n, room = len(layout.widths), len(layout.widths)
    if layout.numbered:
        room = (screen.columns - layout.label - 1) // layout.widths[0]
    same = view.selection.memory is None
    strongest = int(view.selection.mean_weights[view.state.query].argmax())
    return _around(view.state.query if same else strongest, view.state.columns, n, room)


def _title(view: View, rows: range, columns: range, screen: Screen) -> Text:
    for where, short in ((view.where, False), (view.where, True), (view.where_in_short, True)):
        parts = [*([where] if where else []), *_position_parts(view, rows, columns, short)]
        if _fits(parts, screen):
            break
    while parts and not _fits(parts, screen):
        parts.pop()  # a number that is cut would be another number
    position = "".join(f"  {each}" for each in parts)
    return Text(no_wrap=True).append("weights", BOLD).append(screen.own(position), DIM)


def _fits(parts: list[str], screen: Screen) -> bool:
    return cells("weights") + sum(2 + cells(each) for each in parts) <= screen.columns


def _position_parts(view: View, rows: range, columns: range, short: bool) -> Iterator[str]:
    grid, of = view.grid, "/" if short else " of "
    if len(rows) < grid.rows.groups:
        yield f"{'' if short else 'rows '}{rows.start}-{rows.stop - 1}{of}{grid.rows.groups}"
    if len(columns) < grid.columns.groups:
        yield f"{'x ' if short else 'columns '}{columns.start}-{columns.stop - 1}{of}{grid.columns.groups}"
    if view.screen.scale != "auto" and not short:
        yield f"colours {view.screen.scale}"
    if view.state.dense and not short:
        yield "no numbers (z)"


def _header(grid: Grid, columns: range, layout: Layout, view: View) -> Text:
    header = Text(" " * MARK, no_wrap=True)
    if not view.state.dense:
        return header.append_text(header_line(grid, columns, layout))
    header.append(" " * (layout.label + 1))
    ticks = range(ceil(columns.start / TICK) * TICK, columns.stop, TICK)
    line = " " * sum(layout.widths[column] for column in columns)
    for tick in ticks:
        at = (tick - columns.start) * layout.widths[0]
        line = line[:at] + str(tick) + line[at + len(str(tick)) :]
    return header.append(line, DIM)


def _row(view: View, row: int, columns: range, layout: Layout, screen: Screen) -> Text:
    """The mark, the label and the cells; a click on it makes it the query."""
    chosen = row == view.state.query
    mark = "▸" if encodes("▸", screen.encoding) else ">"
    text = Text(pad(mark if chosen else "", MARK), no_wrap=True)
    if view.state.dense:
        text.append_text(_dense_row(view.grid, row, columns, layout, screen))
    else:
        text.append_text(row_line(view.grid, row, columns, layout, screen))
    label = len(cut(view.grid.rows.label(row), layout.label, screen.own("…")))
    if chosen:
        text.stylize(Style(bold=True, reverse=True, dim=False), MARK, MARK + label)
    text.stylize(clickable(query=row))
    return text


def _dense_row(grid: Grid, row: int, columns: range, layout: Layout, screen: Screen) -> Text:
    text = Text(pad(cut(grid.rows.label(row), layout.label, screen.own("…")), layout.label + 1), no_wrap=True)
    text.stylize(DIM, 0, grid.rows.number_width)
    for column in columns:
        width, strength = layout.widths[column], float(grid.strength[row, column])
        if grid.hidden[row, column]:
            text.append(pad(screen.own("·"), width), DIM)
        elif screen.coloured:
            text.append(" " * width, cell_style(round(strength, 2), screen.colours))
        else:
            text.append(shade(strength, screen) * width)
    return text
