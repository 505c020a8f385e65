"""The parts of the screen: a pane that draws a view as lines, and a line that is typed into."""

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input

from attncli.explore.view import View
from attncli.views.screen import visible
from attncli.views.terminal.bidi import isolated_line

Drawing = Callable[[View, int, int], list[Text]]  # of a width and a height in cells


class Pane(Widget):
    """Lines of a view, drawn anew when the view or the size changes; `grows` ones are as high as their lines."""

    class Clicked(Message):
        """A click on something that means something."""

        def __init__(self, meta: dict[str, object]) -> None:
            super().__init__()
            self.meta = meta

    class Scrolled(Message):
        """The wheel was turned over it, by so many lines."""

        def __init__(self, pane: "Pane", by: int) -> None:
            super().__init__()
            self.pane, self.by = pane, by

    def __init__(self, drawing: Drawing, *, id: str, grows: bool = False) -> None:
        super().__init__(id=id)
        self.drawing, self._grows = drawing, grows
        self._view: View | None = None
        self._drawn: tuple[Size, list[Text]] | None = None

    def show(self, view: View) -> None:
        """Draw this from now on."""
        self._view, self._drawn = view, None
        self.refresh(layout=self._grows)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines it takes where it grows: at most a quarter of the screen."""
        if self._view is None or not width:
            return 1
        most = max(viewport.height // 4, 2)
        return max(min(len(self.drawing(self._view, width, most)), most), 1)

    def render_line(self, y: int) -> Strip:
        """One line of the pane, as wide as the pane."""
        lines = self._lines()
        width, style = self.size.width, self.rich_style
        if y >= len(lines):
            return Strip.blank(width, style)
        line = lines[y]
        if self._view is not None and self._view.screen.reorders:
            line = isolated_line(line, together=False)  # a click means the cell under it
        segments = Segment.apply_style(line.render(self.app.console, end=""), style)
        return Strip(segments).adjust_cell_length(width, style)

    def _lines(self) -> list[Text]:
        if self._drawn is None or self._drawn[0] != self.size:
            width, height = self.size
            lines = [] if self._view is None else self.drawing(self._view, width, height)
            self._drawn = self.size, lines
        return self._drawn[1]

    def on_click(self, event: events.Click) -> None:
        """Post the action of the clicked text."""
        if meta := event.style.meta:
            self.post_message(self.Clicked(meta))

    def on_mouse_scroll_down(self, _: events.MouseScrollDown) -> None:
        """The wheel, towards the end."""
        self.post_message(self.Scrolled(self, 3))

    def on_mouse_scroll_up(self, _: events.MouseScrollUp) -> None:
        """The wheel, towards the beginning."""
        self.post_message(self.Scrolled(self, -3))


class Body(Container):
    """The panes between the sentence and the notes; `arrange` is called when its size is another."""

    def __init__(self, arrange: Callable[[], None], *, id: str) -> None:
        super().__init__(id=id)
        self._arrange = arrange

    def on_resize(self) -> None:
        """Arrange the panes anew."""
        self._arrange()

    def place(self, places: Mapping[str, tuple[int, int, int, int]]) -> None:
        """Show the panes of these names at their left and top, in their width and height; hide the others."""
        for pane in self.query(Pane):
            place = places.get(str(pane.id))
            pane.display = place is not None
            if place is not None:
                pane.styles.offset, pane.styles.width, pane.styles.height = place[:2], place[2], place[3]


class Prompt(Input):
    """One line of text; invisible characters appear as escapes. Tab takes the suggestion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("tab", "cursor_right", show=False),
    ]

    class Left(Message):
        """Esc: the prompt is cancelled."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self.display = False

    def ask(self, value: str, known: Iterable[str] = (), offered: str = "", replaced: bool = False) -> None:
        """Appear with a text to be changed, or `replaced` as a whole by the first letter that is typed.

        `known` may be completed, `offered` is the placeholder.
        """
        self.placeholder = visible(offered)
        self.suggester = SuggestFromList(each for each in known if visible(each) == each)
        self.value = visible(value)
        self.cursor_position = len(self.value)
        if replaced:
            self.action_select_all()
        self.display = True
        self.focus()

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert typed or pasted text."""
        super().insert_text_at_cursor(visible(text))

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a part of the text."""
        super().replace(visible(text), start, end)

    def action_leave(self) -> None:
        """Post that the prompt is cancelled."""
        self.post_message(self.Left())
