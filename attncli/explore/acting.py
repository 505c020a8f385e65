"""What keys, clicks and the wheel do to the state."""

from dataclasses import replace

from textual import on

from attncli.errors import UsageError
from attncli.explore.matrix import scrolled
from attncli.explore.pane import Pane
from attncli.explore.shown import ShownApp, as_said, shape_of
from attncli.explore.state import Panel, State
from attncli.explore.view import Said


class ActingApp(ShownApp):
    """The actions of the table of keys, but those that ask for something to be typed."""

    def action_word(self, by: int) -> None:
        """Move the query, or what a list shows."""
        if self.state.panel == "keys" or (self.state.panel == "steps" and abs(by) > 1):
            self.scroll_rows(by)
        elif self.view is not None:
            self.become(self.state.moved(by, len(self.view.part.sentence.tokens)))

    def action_word_at(self, place: int) -> None:
        """Move the query to a place, -1 being the last."""
        if self.view is not None:
            n = len(self.view.part.sentence.tokens)
            self.become(self.state.at(place % n, n))

    def action_head(self, by: int) -> None:
        """The next head, or the one before."""
        if self.view is None:
            return
        if self.view.n_head == 1:
            self.say(Said("there is one head" + ("" if self.view.of_model else ": M makes several")))
        else:
            self.become(self._with_steps(self.state.next_head(by, self.view.n_head), by))

    def action_layer(self, by: int) -> None:
        """The next layer, or the one before."""
        if self.view is None:
            return
        if self.view.n_layer == 1:
            self.say(Said("there is one layer" + ("" if self.view.of_model else ": attn explore --layers 3 has three")))
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
        self._set(self.state.warmer())

    def action_colder(self) -> None:
        """A lower temperature."""
        self._set(self.state.colder())

    def action_temperate(self) -> None:
        """The temperature 1."""
        self._set(self.state.temperate())

    def action_exclude_self(self) -> None:
        """Hide every word from itself, or show it."""
        if self.view is None:
            return
        try:
            self._set(self.state.exclude_self(not self.view.whole.source.excludes_self))
        except UsageError as error:
            self.say(as_said(error))

    def action_panel(self, panel: Panel) -> None:
        """Show another panel, or the matrix again; the close-up is of one head."""
        self.become(self._with_steps(self.state.showing(panel), 1))

    def action_dense(self) -> None:
        """The matrix with or without numbers."""
        self.become(replace(self.state, dense=not self.state.dense))

    def action_scale(self) -> None:
        """Colours over 0 to 1, or over each row's range."""
        by_row = self.drawn_on.scale == "row"
        self.drawn_on = replace(self.drawn_on, scale="fixed" if by_row else "row")
        self.become(self.state)

    def action_columns(self, by: int) -> None:
        """Other columns of the matrix."""
        if self.view is not None:
            n = len(self.view.key_names)
            self.become(replace(self.state, columns=min(max(self.state.columns + by, -n), n)))

    def action_leave(self) -> None:
        """Out of a list or a close-up; what takes long ends."""
        if self.newest.running is not None:
            self.newest.want(None)
            self.become(replace(self.answered, query=self.state.query), Said("cancelled"))
        elif self.state.panel != "matrix":
            self.become(self.state.showing(self.state.panel))
        else:
            self.become(self.state)

    def action_leave_with(self, code: int) -> None:
        """End the app."""
        self.newest.want(None)
        self.exit(code, code)

    def scroll_rows(self, by: int) -> None:
        """Other rows of the panel, without moving the query."""
        if self.view is None:
            return
        height = self.query_one("#matrix").size.height
        listed = max(self.view.state.rows + by, 0)
        rows = scrolled(self.view, by, height) if self.state.panel == "matrix" else listed
        self.become(replace(self.state, rows=rows))

    @on(Pane.Clicked)
    async def _clicked(self, event: Pane.Clicked) -> None:
        if self.typing or self.view is None:
            return
        if "query" in event.meta:
            self.become(self.state.at(int(str(event.meta["query"])), shape_of(self.view.whole)[0]))
        elif action := event.meta.get("action"):
            await self.run_action(str(action))

    @on(Pane.Scrolled)
    def _scrolled(self, event: Pane.Scrolled) -> None:
        if event.pane.id == "matrix":
            self.scroll_rows(event.by)

    def _with_steps(self, state: State, by: int) -> State:
        """In a close-up there is no mean of heads: the first or the last one stands for it."""
        if state.panel == "steps" and state.head is None and self.view is not None and self.view.n_head > 1:
            return replace(state, head=0 if by > 0 else self.view.n_head - 1)
        return state

    def _set(self, state: State) -> None:
        """Another setting of attention over word vectors; a model has its own."""
        if self.view is not None and self.view.of_model:
            self.say(Said("a model has its own method, mode, mask and temperature; v takes vectors instead"))
        else:
            self.become(state)
