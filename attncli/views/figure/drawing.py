"""A figure composed: titles, lines of panels, the scale, notes. Lengths are inches from the left and from the top."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from attncli.views.figure import legend
from attncli.views.figure.arcs import arc_notes, draw_arcs
from attncli.views.figure.content import Content, Grid, Kind, Panel
from attncli.views.figure.fitting import AXIS, GAP
from attncli.views.figure.frame import CAPTION, PITCH, POINTS, TITLE, Frame, arcs_frame, heat_frame
from attncli.views.figure.heat import draw_grid, draw_heat, label_sides
from attncli.views.figure.page import NOTE, NOTE_INK, Page, lines_of

NARROWEST = 4.5
Columns = tuple[tuple[Panel, ...], ...]


class Plan(NamedTuple):
    """The places of the lines of panels."""

    margin: float
    frame: Frame
    slot: float  # the width of a panel with its titles
    named: bool  # whether the axes have names
    least: float  # the height that the scale takes
    grid: Grid | None = None

    @classmethod
    def of(cls, content: Content, kind: Kind) -> "Plan":
        """The plan of heat maps or of arcs."""
        frame = heat_frame(content) if kind == "heat" else arcs_frame(content)
        slot = max(frame.width, frame.titles)
        least = 0.0 if content.look.width else legend.BAR if kind == "heat" else legend.KEY
        return cls(
            content.look.margin,
            frame,
            slot,
            kind == "heat" and frame.labelled,
            least,
            content.grid if kind == "heat" else None,
        )

    @property
    def left(self) -> float:
        """The left side of the first panel."""
        return self.margin + self.frame.left + AXIS * (self.named or self.grid is not None)

    @property
    def width(self) -> float:
        """From the left edge to the end of the last panel of a line."""
        return self.place(self.frame.across) - self.frame.gap

    def place(self, number: int) -> float:
        """Where a panel of a line begins, counted from 0."""
        return self.left + number * (self.slot + self.frame.gap)

    def lines(self, content: Content) -> list[Columns]:
        """The columns that stand beside one another, line by line."""
        across = self.frame.across
        return [content.columns[start : start + across] for start in range(0, len(content.columns), across)]

    def line_height(self, columns: Columns) -> float:
        """A line of columns, as deep as its deepest, with the texts over and under them."""
        each = self.frame.above + self.frame.height
        below = self.frame.below + AXIS if self.named else 0.0
        return max(map(len, columns)) * (each + GAP) - GAP + below

    def height(self, content: Content) -> float:
        """All the lines of columns with the space under each, or the scale beside them if that is higher."""
        lines = sum(self.line_height(line) + self.between for line in self.lines(content))
        if self.grid is not None:
            lines += self.frame.below + AXIS + GAP
        return max(lines, self.frame.above + self.least)

    @property
    def between(self) -> float:
        """From the foot of a line to the next one."""
        return GAP if self.grid is None else self.frame.gap


class Sheet(NamedTuple):
    """A drawing: its content, its kind, and its page."""

    page: Page
    content: Content
    kind: Kind
    plan: Plan


def draw(content: Content, kind: Kind) -> Any:
    """The figure, for matplotlib to print."""
    plan = Plan.of(content, kind)
    margin, given = plan.margin, content.look.width
    width = given or max(plan.width + GAP + legend.WIDTH + margin, NARROWEST)
    remarks = dict.fromkeys((*_layout_notes(content, kind, plan), *content.notes))
    over, under = lines_of(content, remarks, width)
    texts = sum(each.height for each in (*over, *under)) + legend.UNDER * bool(given)
    page = Page(width, 2 * margin + texts + GAP / 2 + plan.height(content), margin)
    top = margin
    for text in over:
        top = page.write_lines(top, text)
    sheet = Sheet(page, content, kind, plan)
    top = _draw_panels(sheet, top + GAP / 2)
    if given:
        _draw_legends_under(sheet, top, given)
        top += legend.UNDER
    for text in under:
        top = page.write_lines(top, text)
    return page.figure


def _layout_notes(content: Content, kind: Kind, plan: Plan) -> Iterator[str]:
    frame = plan.frame
    cut = [each for each in content.panels if frame.fitting(each.caption, CAPTION) != each.caption]
    if cut:
        yield "; ".join(f"{panel.title}: {panel.caption}" if panel.title else panel.caption for panel in cut)
    if kind == "arcs":
        yield from arc_notes(content)
    elif not frame.labelled:
        how = "each panel: a row a query, a column a key, in the order of the sentence from the top left"
        yield f"{how}; words and numbers are left out of so many panels"
    if frame.every > 1 and content.grid is None:
        yield f"one word in {frame.every} is written along the sides"
    if kind == "heat" and any(panel.hidden.any() for panel in content.panels):
        yield f"hatched: {content.hatched}"
    if kind == "heat" and any(panel.links for panel in content.panels):
        yield "framed: links"
    if kind == "heat":
        scales = [content.scale_of(panel) for panel in content.panels]
        yield from dict.fromkeys(note for each in scales for note in (each.colours.legend, each.note) if note)


def _draw_panels(sheet: Sheet, top: float) -> float:
    """The lines of panels with the scale beside the first; where the notes begin."""
    plan = sheet.plan
    if plan.grid is not None:
        return _draw_grid(sheet, plan.grid, top)
    first_line, end = top + plan.frame.above, top + plan.height(sheet.content)
    for line in plan.lines(sheet.content):
        deepest = 0  # of the columns to the left: a panel with none beside it has the words of its rows
        for place, column in enumerate(line):
            _draw_column(sheet, column, plan.place(place), top, deepest)
            deepest = max(deepest, len(column))
        top += plan.line_height(line) + GAP
    if sheet.content.look.width is None:
        _draw_legends(sheet, first_line)
    return end


def _draw_grid(sheet: Sheet, grid: Grid, top: float) -> float:
    """All panels on one pair of axes, which hundreds of them would be slow with; where the notes begin."""
    plan, frame = sheet.plan, sheet.plan.frame
    pitch = frame.height + plan.between
    high = len(grid.rows) * pitch
    axes = sheet.page.axes(plan.left, top, plan.width - plan.left, high - plan.between)
    axes.set_axis_off()
    draw_grid(axes, sheet.content, frame, pitch)
    for number in range(len(grid.rows)):
        _name_line(sheet, grid, number, top + number * pitch)
    _name_columns(sheet, grid, top, top + high)
    if sheet.content.look.width is None:
        _draw_legends(sheet, top)
    return top + plan.height(sheet.content)


def _name_line(sheet: Sheet, grid: Grid, number: int, top: float) -> None:
    """The name of a row of panels, before it."""
    middle = top + sheet.plan.frame.height / 2 - 0.5 * CAPTION / POINTS
    sheet.page.write(sheet.plan.left - 0.05, middle, grid.rows[number], CAPTION, ha="right")


def _name_columns(sheet: Sheet, grid: Grid, first: float, end: float) -> None:
    """The names of the columns of panels, under them, and those of both axes."""
    page, plan, frame = sheet.page, sheet.plan, sheet.plan.frame
    for number in range(0, len(grid.columns), frame.every):
        middle = plan.place(number) + frame.width / 2
        page.write(middle, end - plan.between + 0.04, grid.columns[number], CAPTION, ha="center")
    style: dict[str, Any] = {"ha": "center", "color": NOTE_INK}
    row, column = grid.axes
    turned = style | {"rotation": 90, "rotation_mode": "anchor"}
    page.write(plan.left - frame.left - 0.08, (first + end) / 2, row, NOTE, **turned)
    page.write((plan.left + plan.width) / 2, end - plan.between + frame.below + 0.04, column, NOTE, **style)


def _draw_column(sheet: Sheet, column: tuple[Panel, ...], left: float, top: float, beside: int) -> None:
    """Panels one under another, the words of the columns under the last; so many have others to their left."""
    frame = sheet.plan.frame
    for number, panel in enumerate(column):
        _write_titles(sheet.page, panel, frame, left, top)
        axes = sheet.page.axes(left, top + frame.above, frame.width, frame.height)
        if sheet.kind == "arcs":
            axes.set_axis_off()
            draw_arcs(axes, panel, sheet.content, frame)
        else:
            draw_heat(axes, panel, sheet.content, frame)
            _name_sides(sheet, axes, panel, left, top + frame.above, number >= beside, panel is column[-1])
        top += frame.above + frame.height + GAP


def _write_titles(page: Page, panel: Panel, frame: Frame, left: float, top: float) -> None:
    bottom = top + frame.above - 0.05
    if panel.caption:
        bottom -= PITCH * CAPTION / POINTS
        page.write(left, bottom, frame.fitting(panel.caption, CAPTION), CAPTION, color=NOTE_INK)
    if panel.title:
        size = TITLE if frame.labelled else CAPTION
        page.write(left, bottom - PITCH * size / POINTS, frame.fitting(panel.title, size), size)


def _name_sides(sheet: Sheet, axes: Any, panel: Panel, left: float, top: float, rows: bool, columns: bool) -> None:
    """The words along the sides, and the names of the axes."""
    if not sheet.plan.named:
        return
    page, frame = sheet.page, sheet.plan.frame
    label_sides(axes, panel, frame, rows, columns)
    row, column = sheet.content.axes
    style: dict[str, Any] = {"ha": "center", "color": NOTE_INK}
    if rows:
        turned = style | {"rotation": 90, "rotation_mode": "anchor"}
        page.write(left - frame.left - 0.08, top + frame.height / 2, row, NOTE, **turned)
    if columns:
        page.write(left + frame.width / 2, top + frame.height + frame.below + 0.04, column, NOTE, **style)


def _draw_legends_under(sheet: Sheet, top: float, width: float) -> None:
    """The scales in a line under the panels."""
    page, content = sheet.page, sheet.content
    if sheet.kind == "arcs":
        legend.draw_key_across(page, content.scale, top, width - 2 * page.margin)
        return
    scales = [content.scale, *([content.other_scale] if content.other_scale else [])]
    room = (width - 2 * page.margin + GAP) / len(scales)
    for number, scale in enumerate(scales):
        legend.draw_bar_across(page, scale, page.margin + number * room, top, min(room - GAP, legend.LONGEST))


def _draw_legends(sheet: Sheet, top: float) -> None:
    """The scale of the figure, and under it that of panels which have their own."""
    page, plan, scale = sheet.page, sheet.plan, sheet.content.scale
    left, frame = plan.width + GAP, plan.frame
    if sheet.kind == "arcs":
        legend.draw_key(page, scale, left, top)
        return
    height = max(frame.height, legend.BAR)
    legend.draw_bar(page, scale, left, top, height)
    own = sheet.content.other_scale
    if own is not None:
        legend.draw_bar(page, own, left, top + frame.above + frame.height + GAP, height)
