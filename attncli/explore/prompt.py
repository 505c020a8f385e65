"""The line that is typed into: the sentence in its own place, and what a key asks for above the footer."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input

from attncli.views.screen import visible


class Prompt(Input):
    """One line of text; what is not to be seen is typed as its escape. Tab takes what is suggested."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("tab", "cursor_right", show=False),
    ]

    class Left(Message):
        """Esc: nothing is wanted."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self.display = False

    def ask(self, value: str, known: Iterable[str] = (), offered: str = "") -> None:
        """Appear with a text to be changed; `known` may be completed, `offered` stands there while nothing is typed."""
        self.placeholder = visible(offered)
        self.suggester = SuggestFromList(each for each in known if visible(each) == each)
        self.value = visible(value)
        self.cursor_position = len(self.value)
        self.display = True
        self.focus()

    def insert_text_at_cursor(self, text: str) -> None:
        """Put in what was typed or pasted."""
        super().insert_text_at_cursor(visible(text))

    def replace(self, text: str, start: int, end: int) -> None:
        """Put it in place of what was selected."""
        super().replace(visible(text), start, end)

    def action_leave(self) -> None:
        """Go away and say so."""
        self.post_message(self.Left())
