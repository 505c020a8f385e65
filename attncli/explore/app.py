"""The explorer: the app with what is typed after `e`, `/`, `s` and `v`."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence

from textual import on
from textual.widgets import Input, Static

from attncli import interrupts
from attncli.errors import AttnError, UsageError
from attncli.explore.acting import ActingApp
from attncli.explore.answering import Answers, named
from attncli.explore.keys import with_keys
from attncli.explore.prompt import Prompt
from attncli.explore.saved import saved
from attncli.explore.saving import free_name, not_saved, path_of
from attncli.explore.shown import as_said
from attncli.explore.state import Ask, State, found
from attncli.explore.view import Said
from attncli.models.checkpoint.finding import cached_models
from attncli.recipes.explanation import Explanation
from attncli.vectors.places import kept_names
from attncli.views.screen import Screen, visible

Save = Callable[[Explanation, str, bool], Sequence[str]]  # with a path, and whether colours are by row
QUESTIONS = {"find": "find a word: ", "open": "vectors or model: ", "save": "save as: "}


class Explorer(ActingApp):
    """`save` writes an explanation to a file by its ending, of which `endings` are those it knows, pictures first."""

    def __init__(self, state: State, answers: Answers, screen: Screen, save: Save, endings: Sequence[str]) -> None:
        super().__init__(state, answers, screen)
        self._save, self._endings = save, tuple(endings)
        self._question = ""  # which is asked
        self._wanted = ""  # what was looked for
        self._replaces = ""  # the file that was said to be there
        self._tried: Ask | None = None  # what was typed, until it has its answer
        self._writing = False

    def action_ask(self, question: str) -> None:
        """Let something be typed."""
        if self.view is None:
            return
        self._question, self._replaces, self._tried = question, "", None
        if question == "edit":
            self.query_one("#sentence").display = False
            self.query_one("#edit", Prompt).ask(self.state.ask.sentence)
            self.say(Said("Enter takes the sentence, Esc leaves it as it was"))
            return
        self.query_one("#asked").display = True
        self.query_one("#question", Static).update(QUESTIONS[question])
        self.query_one("#answer", Prompt).ask(*self._offers(question))

    def _offers(self, question: str) -> tuple[str, list[str], str]:
        """What stands there at first, what may be completed, and what Enter alone takes."""
        if question == "open":
            known = [*kept_names(), *cached_models()]
            self.say(Said(", ".join(known), "there are"))
            return "", known, ""
        if question == "save":
            self.say(Said(", ".join(f".{each}" for each in self._endings), "endings"))
            return free_name(self._endings[0]), [], ""
        return "", [], self._wanted

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Take what was typed; the line is left when it could be taken, so that no letter of another try is a key."""
        if self._question == "edit":
            self._edited(event.value)
        elif event.value:
            {"find": self._find, "open": self._open, "save": self._save_as}[self._question](event.value)
        else:
            self._close()
            if self._question == "find" and self._wanted:
                self.action_again(1)

    @on(Prompt.Left)
    def _left(self) -> None:
        """Back to the keys, without what was typed."""
        self._close()
        if self._tried is not None and self.newest.running is not None:
            self.action_leave()
        self._tried = None

    def _close(self) -> None:
        for prompt in self.query(Prompt):
            prompt.display = False
        self.query_one("#asked").display = False
        self.query_one("#sentence").display = True
        self.set_focus(None)
        self.say(Said())

    def _edited(self, text: str) -> None:
        """Another sentence; what stood there with escapes and was not touched is what it was."""
        if text == visible(self.state.ask.sentence):
            self._close()
        else:
            self._try(self.state.saying(text))

    def _open(self, name: str) -> None:
        self._try(named(self.state, name))

    def _try(self, state: State) -> None:
        self._tried = state.ask
        self.become(state)

    def _show(self, whole: Explanation, said: Said) -> None:
        if self._tried is not None and self._tried == self.state.ask:
            self._tried = None
            self._close()
        super()._show(whole, said)

    def _find(self, text: str) -> None:
        self._wanted = text
        if self._go_to(self.state.query, 1):
            self._close()

    def action_again(self, by: int) -> None:
        """The next word that was looked for, or the one before."""
        if self._wanted:
            self._go_to(self.state.query + by, by)
        else:
            self.say(Said("nothing was looked for: / finds a word"))

    def _go_to(self, start: int, by: int) -> bool:
        assert self.view is not None
        words = [token.name for token in self.view.part.sentence.tokens]
        place = found(words, self._wanted, start, by)
        if place is None:
            self.say(Said(f"no word of the sentence has {self._wanted!r}"))
        else:
            self.become(self.state.at(place, len(words)))
        return place is not None

    def _save_as(self, text: str) -> None:
        if self._writing:
            return
        try:
            path = path_of(text, self._endings)
        except UsageError as error:
            self.say(as_said(error))
            return
        if os.path.exists(path) and text != self._replaces:
            self._replaces = text
            self.say(Said(f"{text!r} is there already: Enter again replaces it"))
            return
        self._writing = True
        self.say(Said(f"writing {path!r}"))
        self.run_worker(self._saving(path))

    async def _saving(self, path: str) -> None:
        """Write what is shown, without keeping the screen waiting."""
        assert self.view is not None
        by_row = self.view.screen.scale == "row"
        try:
            shown = saved(self.view.state, self.view.whole)
            remarks = await asyncio.to_thread(self._save, shown, path, by_row)
        except (AttnError, OSError) as error:
            self.say(not_saved(error, path))
        else:
            if self._question == "save":
                self._close()
            self.say(Said("; ".join([f"saved {os.path.abspath(path)!r}", *map(with_keys, remarks)])))
        finally:
            self._writing = False


def run(app: Explorer) -> int:
    """Run the app on the terminal and return its exit code; its signals are the caller's again, whatever ended it.

    Raises:
        Exception: the fault that ended the app.
    """
    handlers = {number: signal.getsignal(number) for number in interrupts.numbers()}
    try:
        app.run()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if app.fault is not None:
        raise app.fault
    return app.return_code or 0
