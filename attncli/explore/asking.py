"""The prompts of the explorer: for a sentence, a word to find, vectors or a model to open, a file to save."""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.widgets import Static

from attncli.errors import AttnError, UsageError
from attncli.explore.computing import named
from attncli.explore.keys import error_notice, with_keys
from attncli.explore.saving import free_name, not_saved, path_of, shown_explanation
from attncli.explore.state import Ask, State, found
from attncli.explore.view import Notice
from attncli.explore.widgets import Prompt
from attncli.models.checkpoint.places import model_names
from attncli.recipes.explanation import Explanation
from attncli.vectors.places import kept_names
from attncli.views.screen import visible

if TYPE_CHECKING:
    from attncli.explore.app import Explorer

Save = Callable[[Explanation, str, str], Sequence[str]]  # with a path, and the name of the scale of colours
QUESTIONS = {"find": "find a word: ", "open": "vectors or model: ", "save": "save as: "}


class Asking:
    """Asks for a line of text on the screen of `app`, and acts on it; `save` and `endings` are the app's."""

    def __init__(self, app: "Explorer", save: Save, endings: Sequence[str]) -> None:
        self.app, self._save, self._endings = app, save, tuple(endings)
        self._question = ""  # which is asked
        self._wanted = ""  # the word that was looked for
        self._replaces = ""  # the existing file that Enter again replaces
        self._tried: Ask | None = None  # the request that was typed, until it has its answer
        self._writing = False

    def ask(self, question: str) -> None:
        """Open a prompt: to `edit` the sentence, or for the arguments of `find`, `open` and `save`."""
        self._question, self._replaces, self._tried = question, "", None
        if question == "edit":
            self.app.query_one("#sentence").display = False
            self.app.query_one("#edit", Prompt).ask(self.app.state.ask.sentence)
            self.app.say(Notice("Enter takes the sentence, Esc leaves it as it was"))
            return
        self.app.query_one("#asked").display = True
        self.app.query_one("#question", Static).update(QUESTIONS[question])
        self.app.query_one("#answer", Prompt).ask(*self._offers(question), replaced=question == "save")

    def _offers(self, question: str) -> tuple[str, list[str], str]:
        """The text to begin with, the names for completion, and the text that Enter alone takes."""
        if question == "open":
            known = [*kept_names(), *model_names()]
            self.app.say(Notice(", ".join(known), "there are"))
            return "", known, ""
        if question == "save":
            self.app.say(Notice(", ".join(f".{each}" for each in self._endings), "endings"))
            return free_name(self._endings[0]), [], ""
        return "", [], self._wanted

    def submit(self, text: str) -> None:
        """Apply the typed text; the prompt closes only if that succeeds, so that no letter of another try is a key."""
        if self._question == "edit":
            self._edited(text)
        elif text:
            {"find": self._find, "open": self._open, "save": self._save_as}[self._question](text)
        else:
            self._close()
            if self._question == "find" and self._wanted:
                self.find_again(1)

    def leave(self) -> None:
        """Close the prompt and drop its text."""
        self._close()
        if self._tried is not None and self.app.background.running is not None:
            self.app.action_leave()
        self._tried = None

    def _close(self) -> None:
        for prompt in self.app.query(Prompt):
            prompt.display = False
        self.app.query_one("#asked").display = False
        self.app.query_one("#sentence").display = True
        self.app.set_focus(None)
        self.app.say(Notice())

    def _edited(self, text: str) -> None:
        """Take another sentence; one that was shown with escapes and left untouched is the old one."""
        if text == visible(self.app.state.ask.sentence):
            self._close()
        else:
            self._try(self.app.state.saying(text))

    def _open(self, name: str) -> None:
        self._try(named(self.app.state, name))

    def _try(self, state: State) -> None:
        self._tried = state.ask
        self.app.become(state)

    def answered(self, ask: Ask) -> None:
        """Leave the line where its text has its answer."""
        if self._tried is not None and self._tried == ask:
            self._tried = None
            self._close()

    def _find(self, text: str) -> None:
        self._wanted = text
        if self._go_to(self.app.state.query, 1):
            self._close()

    def find_again(self, by: int) -> None:
        """The next word that was looked for, or the one before."""
        if self._wanted:
            self._go_to(self.app.state.query + by, by)
        else:
            self.app.say(Notice("nothing was looked for: / finds a word"))

    def _go_to(self, start: int, by: int) -> bool:
        assert self.app.view is not None
        words = [token.name for token in self.app.view.selection.sentence.tokens]
        place = found(words, self._wanted, start, by)
        if place is None:
            self.app.say(Notice(f"no word of the sentence has {self._wanted!r}"))
        else:
            self.app.become(self.app.state.at(place, len(words)))
        return place is not None

    def _save_as(self, text: str) -> None:
        if self._writing:
            return
        try:
            path = path_of(text, self._endings)
        except UsageError as error:
            self.app.say(error_notice(error))
            return
        if os.path.exists(path) and text != self._replaces:
            self._replaces = text
            self.app.say(Notice(f"{text!r} is there already: Enter again replaces it"))
            return
        self._writing = True
        self.app.say(Notice(f"writing {path!r}"))
        self.app.run_worker(self._saving(path))

    async def _saving(self, path: str) -> None:
        """Write the shown explanation in the background."""
        assert self.app.view is not None
        scale = self.app.view.screen.scale
        try:
            shown = shown_explanation(self.app.view.state, self.app.view.whole)
            remarks = await asyncio.to_thread(self._save, shown, path, scale)
        except (AttnError, OSError) as error:
            self.app.say(not_saved(error, path))
        else:
            if self._question == "save":
                self._close()
            self.app.say(Notice("; ".join([f"saved {os.path.abspath(path)!r}", *map(with_keys, remarks)])))
        finally:
            self._writing = False
