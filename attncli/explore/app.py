"""The explorer: a full screen over the state, and the actions of its keys, clicks and wheel."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static
from textual.worker import WorkerFailed

from attncli import interrupts
from attncli.errors import AttnError, UsageError
from attncli.explore.arrangement import arranged
from attncli.explore.asking import Asking, Save
from attncli.explore.computing import Background, Explainer
from attncli.explore.head_map import heads_lines, shows_map
from attncli.explore.header import sentence_lines, title_lines
from attncli.explore.keys import KEYS, error_notice, footer_lines
from attncli.explore.matrix import scrolled
from attncli.explore.notes import note_lines
from attncli.explore.panels import close_up_lines, panel_lines
from attncli.explore.ranked import ranked_lines
from attncli.explore.removal import with_head_moved
from attncli.explore.state import Ask, Panel, State, next_scale
from attncli.explore.view import Notice, View, shape_of
from attncli.explore.widgets import Body, Pane, Prompt
from attncli.recipes.explanation import Explanation
from attncli.views.screen import Screen

HEIGHTS = [(0, "-tiny"), (16, "-short"), (22, "-tall")]


class Explorer(App[int]):
    """Shows a state at once where its explanation is known, else as soon as it was computed; keys change the state.

    `save` writes an explanation to a file by its ending, of which `endings` are the known ones, pictures first.
    """

    CSS_PATH = "explore.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(name, key.action, show=False, priority=name == "ctrl+c") for key in KEYS for name in key.keys
    ]
    AUTO_FOCUS = None  # keys belong to the app until something is asked for
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False

    def __init__(self, state: State, explainer: Explainer, screen: Screen, save: Save, endings: Sequence[str]) -> None:
        super().__init__(ansi_color=True)
        self.VERTICAL_BREAKPOINTS = HEIGHTS
        self.theme = "ansi-dark"  # whose colours are the terminal's own, in light ones too
        self.state, self.explainer, self.drawn_on = state, explainer, screen
        self.view: View | None = None
        self.fault: Exception | None = None
        self.background = Background(explainer, self._report)
        self.asking = Asking(self, save, endings)
        self.answered = state  # the last one whose question was answered
        self.heads = state.ask.settings.heads if state.ask.settings.mode == "multihead" else None

    def compose(self) -> ComposeResult:
        """The parts of the screen, from the top."""
        yield Pane(title_lines, id="title")
        yield Pane(sentence_lines, id="sentence", grows=True)
        yield Prompt(id="edit")
        with Body(self.arrange, id="body"):
            yield Pane(panel_lines, id="matrix")
            yield Pane(ranked_lines, id="ranked")
            yield Pane(heads_lines, id="heads")
            yield Pane(close_up_lines, id="steps")
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

    def become(self, state: State, notice: Notice = Notice()) -> None:  # noqa: B008  (it is frozen)
        """Show a state: at once where its explanation is known, else as soon as it is computed."""
        self.state = state
        known = self.explainer.known(state.ask)
        if known is not None:
            self.background.want(None)
            self._show(known, notice)
            return
        self._meanwhile(state, notice)
        if self.background.want(state.ask):
            self.run_worker(self._answering())

    def _meanwhile(self, state: State, notice: Notice) -> None:
        """Show the new place in the old explanation meanwhile; repaint only where something changes."""
        if self.view is None:
            return
        moved = replace(state, ask=self.view.state.ask) != self.view.state
        view = replace(self.view, notice=notice)
        if moved or notice != self.view.notice:
            self._draw(replace(view, state=state.fitted(*shape_of(view.whole))))

    async def _answering(self) -> None:
        async for ask, given in self.background.results():
            if isinstance(given, AttnError):
                self._failed(ask, given)
            elif ask == self.state.ask:
                self._show(given, self._lasting_notice())
            elif self.view is not None:  # a later request waits; until then this is nearer to it than the shown one
                self._draw(replace(self.view, whole=given, state=self.state.fitted(*shape_of(given))))

    def _lasting_notice(self) -> Notice:
        """The last notice, unless it was about progress."""
        return self.view.notice if self.view is not None and self.view.notice.done is None else Notice()

    def _failed(self, ask: Ask, error: AttnError) -> None:
        if self.view is None:  # nothing was ever shown that could be returned to
            self.fault = error
            self.exit()
        elif ask == self.state.ask:
            self.become(replace(self.answered, panel=self.state.panel), error_notice(error))

    def _show(self, whole: Explanation, notice: Notice) -> None:
        self.asking.answered(self.state.ask)
        view = View(self.state.fitted(*shape_of(whole)), whole, self.drawn_on, notice)
        if self.state.panel == "heads" and not shows_map(view):  # other vectors, or another model
            view = replace(view, state=view.state.with_panel("matrix"))
        self.state = self.answered = view.state
        self.query_one("#asked").display = self.typing and not self.query_one("#edit").display
        self._draw(view)

    def _draw(self, view: View) -> None:
        self.view = view
        self.arrange()
        for pane in self.query(Pane):
            pane.show(view)

    def arrange(self) -> None:
        """Give every pane of the body its place, and hide those that there is no room for."""
        body = self.query_one(Body)
        if self.view is not None and body.size:
            body.place(arranged(self.view, *body.size))

    def _report(self, what: str, done: int, total: int) -> None:
        """Show how far long work is."""
        if self.background.running is not None:
            self.say(Notice(what, done=done / max(total, 1)))

    def say(self, notice: Notice) -> None:
        """Show a notice in the line above the keys."""
        if self.view is None:
            self.query_one("#asked").display = True
            self.query_one("#question", Static).update(self.drawn_on.word(notice.text))
        else:
            self.view = replace(self.view, notice=notice)
            self.query_one("#note", Pane).show(self.view)

    @property
    def typing(self) -> bool:
        """Whether a prompt is open."""
        return any(prompt.display for prompt in self.query(Prompt))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, the keys belong to it."""
        return not self.typing or action == "leave_with"

    def _handle_exception(self, error: Exception) -> None:
        """End the app with its own fault, which the command reports when the terminal is itself again."""
        super()._handle_exception(error)
        self._exit_renderables.clear()
        inner = error.error if isinstance(error, WorkerFailed) else error
        self.fault = self.fault or (inner if isinstance(inner, Exception) else error)

    def action_move(self, down: int, along: int) -> None:
        """Move the query, or on the map of heads choose the head so many layers down and heads along."""
        if self.state.panel == "heads" and self.view is not None:
            self.become(self.state.on_map(down, along, self.view.n_layer, self.view.n_head))
        else:
            self.action_word(down + along)

    def action_word(self, by: int) -> None:
        """Move the query, or scroll a list."""
        if self.state.panel == "keys" or (self.state.panel == "steps" and abs(by) > 1):
            self.scroll_rows(by)
        elif self.view is not None:
            self.become(self.state.moved(by, len(self.view.selection.sentence.tokens)))

    def action_word_at(self, place: int) -> None:
        """Move the query to a place, -1 being the last."""
        if self.view is not None:
            n = len(self.view.selection.sentence.tokens)
            self.become(self.state.at(place % n, n))

    def action_head(self, by: int) -> None:
        """The next head, or the one before."""
        if self.view is None:
            return
        if self.view.n_head == 1:
            self.say(Notice("there is one head" + ("" if self.view.of_model else ": M makes several")))
        else:
            self.become(self._with_steps(self.state.next_head(by, self.view.n_head), by))

    def action_layer(self, by: int) -> None:
        """The next layer, or the one before."""
        if self.view is None:
            return
        if self.view.n_layer == 1:
            more = "" if self.view.of_model else ": attn explore --layers 3 has three"
            self.say(Notice(f"there is one layer{more}"))
        else:
            self.become(self.state.next_layer(by, self.view.n_layer))

    def action_method(self) -> None:
        """The next method."""
        self._set(self.state.next_method())

    def action_mode(self) -> None:
        """The next mode, with as many heads as were asked for at first."""
        self._set(self.state.next_mode(self.heads))

    def action_mask(self) -> None:
        """The next mask."""
        self._set(self.state.next_mask())

    def action_warmer(self) -> None:
        """A higher temperature."""
        self._set(self.state.warmer(self.view.temperature if self.view else None))

    def action_colder(self) -> None:
        """A lower temperature."""
        self._set(self.state.colder(self.view.temperature if self.view else None))

    def action_temperate(self) -> None:
        """The temperature 1."""
        self._set(self.state.temperate())

    def action_exclude_self(self) -> None:
        """Hide every word from itself, or show it."""
        self._tried(lambda view: self._set(self.state.exclude_self(not view.whole.source.excludes_self)))

    def action_move_head(self) -> None:
        """Take the shown head of a model away, or put it back."""
        self._tried(lambda view: self.become(with_head_moved(view)))

    def _tried(self, change: Callable[[View], None]) -> None:
        """Make a change of the shown view, or say why it is refused."""
        if self.view is None:
            return
        try:
            change(self.view)
        except UsageError as error:
            self.say(error_notice(error))

    def action_panel(self, panel: Panel) -> None:
        """Show another panel, or the matrix again; the close-up is of one head, and so is the choice on a map."""
        if panel == "heads" and (self.view is None or not shows_map(self.view)):
            self.say(Notice("a map shows the heads of a model: v opens one"))
            return
        self.become(self._with_steps(self.state.with_panel(panel), 1))

    def action_dense(self) -> None:
        """The matrix with or without numbers."""
        self.become(replace(self.state, dense=not self.state.dense))

    def action_scale(self) -> None:
        """The next scale of colours."""
        self.drawn_on = replace(self.drawn_on, scale=next_scale(self.drawn_on.scale))
        self.become(self.state)

    def action_columns(self, by: int) -> None:
        """Other columns of the matrix."""
        if self.view is not None:
            n = len(self.view.key_names)
            self.become(replace(self.state, columns=min(max(self.state.columns + by, -n), n)))

    def action_leave(self) -> None:
        """Leave a list or a close-up, and cancel long work."""
        if self.background.running is not None:
            self.background.want(None)
            self.become(replace(self.answered, query=self.state.query), Notice("cancelled"))
        else:
            self.become(self.state if self.state.panel == "matrix" else self.state.with_panel(self.state.panel))

    def action_ask(self, question: str) -> None:
        """Let something be typed."""
        if self.view is not None:
            self.asking.ask(question)

    def action_again(self, by: int) -> None:
        """The next word that was looked for, or the one before."""
        self.asking.find_again(by)

    def action_leave_with(self, code: int) -> None:
        """End the app."""
        self.background.want(None)
        self.exit(code, code)

    def scroll_rows(self, by: int) -> None:
        """Other rows of the panel, without moving the query."""
        if self.view is None:
            return
        height = self.query_one("#matrix").size.height
        listed = max(self.view.state.rows + by, 0)
        rows = scrolled(self.view, by, height) if self.state.panel == "matrix" else listed
        self.become(replace(self.state, rows=rows))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.asking.submit(event.value)

    @on(Prompt.Left)
    def _left(self) -> None:
        self.asking.leave()

    @on(Pane.Clicked)
    async def _clicked(self, event: Pane.Clicked) -> None:
        if self.typing or self.view is None:
            return
        if "query" in event.meta:
            self.become(self.state.at(int(str(event.meta["query"])), shape_of(self.view.whole)[0]))
        elif "layer" in event.meta:
            layer, head = (int(str(event.meta[name])) for name in ("layer", "head"))
            self.become(self.state.of_head(layer, head, self.view.n_head))
        elif action := event.meta.get("action"):
            await self.run_action(str(action))

    @on(Pane.Scrolled)
    def _scrolled(self, event: Pane.Scrolled) -> None:
        if event.pane.id == "matrix":
            self.scroll_rows(event.by)

    def _with_steps(self, state: State, by: int) -> State:
        """In a close-up there is no mean of heads: the first or the last one takes its place."""
        if state.panel in ("steps", "heads") and state.head is None and self.view is not None and self.view.n_head > 1:
            return replace(state, head=0 if by > 0 else self.view.n_head - 1)
        return state

    def _set(self, state: State) -> None:
        """Another setting of attention over word vectors; a model has its own."""
        if self.view is not None and self.view.of_model:
            self.say(Notice("a model has its own method, mode, mask and temperature; v takes vectors instead"))
        else:
            self.become(state)
