"""The app that shows a state: at once where its answer is known, else as soon as it was worked out."""

import asyncio
from dataclasses import replace
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Static
from textual.worker import WorkerFailed

from attncli import interrupts
from attncli.errors import AttnError
from attncli.explore.answering import Answers
from attncli.explore.header import sentence_lines, title_lines
from attncli.explore.key_lines import footer_lines
from attncli.explore.keys import KEYS, by_key
from attncli.explore.newest import Newest
from attncli.explore.notes import note_lines
from attncli.explore.pane import Pane
from attncli.explore.panels import panel_lines
from attncli.explore.prompt import Prompt
from attncli.explore.ranked import ranked_lines
from attncli.explore.state import Ask, State
from attncli.explore.view import Said, View
from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen

WIDTHS = [(0, "-narrow"), (76, "-wide")]
HEIGHTS = [(0, "-tiny"), (16, "-short"), (22, "-tall")]


class ShownApp(App[int]):
    """The whole screen, and what is on it."""

    CSS_PATH = "explore.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(name, key.action, show=False, priority=name == "ctrl+c") for key in KEYS for name in key.keys
    ]
    AUTO_FOCUS = None  # keys belong to the app until something is asked for
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False

    def __init__(self, state: State, answers: Answers, screen: Screen) -> None:
        super().__init__(ansi_color=True)
        self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS = WIDTHS, HEIGHTS
        self.theme = "ansi-dark"  # whose colours are the terminal's own, in light ones too
        self.state, self.answers, self.drawn_on = state, answers, screen
        self.view: View | None = None
        self.fault: Exception | None = None
        self.newest = Newest(answers, self._told)
        self.answered = state  # the last one whose question was answered
        self.heads = state.ask.settings.heads if state.ask.settings.mode == "multihead" else None

    def compose(self) -> ComposeResult:
        """The parts of the screen, from the top."""
        yield Pane(title_lines, id="title")
        yield Pane(sentence_lines, id="sentence", grows=True)
        yield Prompt(id="edit")
        with Container(id="body"):
            yield Pane(panel_lines, id="matrix")
            yield Pane(ranked_lines, id="ranked")
        yield Pane(note_lines, id="note", grows=True)
        with Horizontal(id="asked"):
            yield Static(id="question", markup=False)
            yield Prompt(id="answer")
        yield Pane(footer_lines, id="footer")

    def on_mount(self) -> None:
        """Show the first state; a signal leaves the terminal as it was."""
        self.query_one("#asked").display = False
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in interrupts.numbers():
                loop.add_signal_handler(number, self.exit, None, 128 + number)
        self.become(self.state)

    def become(self, state: State, said: Said = Said()) -> None:  # noqa: B008  (it is frozen)
        """Show a state: at once where its answer is known, else as soon as it was worked out."""
        self.state = state
        known = self.answers.known(state.ask)
        if known is not None:
            self.newest.want(None)
            self._show(known, said)
            return
        self._meanwhile(state, said)
        if self.newest.want(state.ask):
            self.run_worker(self._answering())

    def _meanwhile(self, state: State, said: Said) -> None:
        """What can be shown before the answer; where nothing changes yet, one repaint is enough."""
        if self.view is None:
            return
        moved = replace(state, ask=self.view.state.ask) != self.view.state
        view = replace(self.view, said=said)
        if moved or said != self.view.said:
            self._draw(replace(view, state=state.fitted(*shape_of(view.whole))))

    async def _answering(self) -> None:
        async for ask, given in self.newest.answers():
            if isinstance(given, AttnError):
                self._failed(ask, given)
            elif ask == self.state.ask:
                self._show(given, self._still_said())
            elif self.view is not None:  # something newer waits; until then this is nearer to it than what is shown
                self._draw(replace(self.view, whole=given, state=self.state.fitted(*shape_of(given))))

    def _still_said(self) -> Said:
        """What was said since, but how far the work was."""
        return self.view.said if self.view is not None and self.view.said.done is None else Said()

    def _failed(self, ask: Ask, error: AttnError) -> None:
        if ask == self.state.ask:
            self.become(replace(self.answered, panel=self.state.panel), as_said(error))

    def _show(self, whole: Explanation, said: Said) -> None:
        self.state = self.answered = self.state.fitted(*shape_of(whole))
        self.query_one("#asked").display = self.typing and not self.query_one("#edit").display
        self._draw(View(self.state, whole, self.drawn_on, said))

    def _draw(self, view: View) -> None:
        self.view = view
        self.query_one("#ranked").display = view.state.panel == "matrix"
        for pane in self.query(Pane):
            pane.show(view)

    def _told(self, what: str, done: int, total: int) -> None:
        """What takes long says how far it is."""
        if self.newest.running is not None:
            self.say(Said(what, done=done / max(total, 1)))

    def say(self, said: Said) -> None:
        """Put something into the line for messages."""
        if self.view is None:
            self.query_one("#asked").display = True
            self.query_one("#question", Static).update(self.drawn_on.word(said.text))
        else:
            self.view = replace(self.view, said=said)
            self.query_one("#note", Pane).show(self.view)

    @property
    def typing(self) -> bool:
        """Whether something is asked for."""
        return any(prompt.display for prompt in self.query(Prompt))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, the keys belong to it."""
        return not self.typing or action == "leave_with"

    def _handle_exception(self, error: Exception) -> None:
        """A fault of ours ends the app; what it was is told by the command, when the terminal is itself again."""
        super()._handle_exception(error)
        self._exit_renderables.clear()
        inner = error.error if isinstance(error, WorkerFailed) else error
        self.fault = self.fault or (inner if isinstance(inner, Exception) else error)


def shape_of(explanation: Explanation) -> tuple[int, int, int]:
    """How many queries, layers and heads there are to choose from."""
    return len(explanation.sentence.tokens), len(explanation.layers), len(explanation.head_numbers)


def as_said(error: AttnError) -> Said:
    """An error in one line."""
    return Said("; ".join(filter(None, error.said(by_key))), "error")
