"""Long computations beside the screen: one at a time, in a thread, and of what waits only the newest."""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import monotonic

from attncli.errors import AttnError
from attncli.explore.answering import Answers, Progress
from attncli.explore.state import Ask
from attncli.recipes.explanation import Explanation

OFTEN = 0.05  # seconds between two words about progress


class SupersededError(Exception):
    """Something newer is wanted, or nothing any more."""


class Newest:
    """Answers what was asked last; what is asked meanwhile waits, the newest alone.

    What says its progress ends as soon as something newer waits; what is short is answered first, so that a key held
    down shows something on the way. `told` hears in the event loop what is being done.
    """

    def __init__(self, answers: Answers, told: Progress) -> None:
        self._answers, self._told = answers, told
        self._waiting: Ask | None = None
        self._ended = False  # what runs is no longer wanted
        self.running: Ask | None = None

    def want(self, ask: Ask | None) -> bool:
        """Ask for something, or for nothing any more (None); whether a run has to be started for it."""
        self._waiting, self._ended = ask, self.running is not None and self.running != ask
        if ask is not None and ask == self.running:
            self._waiting = None
        return self.running is None and ask is not None

    async def answers(self) -> AsyncIterator[tuple[Ask, Explanation | AttnError]]:
        """One answer or error after another, until nothing waits."""
        loop = asyncio.get_running_loop()
        while self._waiting is not None:
            ask, self._waiting, self._ended = self._waiting, None, False
            self.running = ask
            try:
                given: Explanation | AttnError = await asyncio.to_thread(
                    self._answers.answer, ask, self._progress(loop.call_soon_threadsafe)
                )
            except SupersededError:
                continue
            except AttnError as error:
                given = error
            except MemoryError:
                given = AttnError("there is not enough memory for this")
            except Exception as error:  # a text or a model of which nobody has thought: what is shown stays
                given = AttnError(f"this cannot be explained: {type(error).__name__}: {error}")
            finally:
                self.running = None
            yield ask, given

    def _progress(self, soon: Callable[..., object]) -> Progress:
        told = 0.0

        def progress(what: str, done: int, total: int) -> None:
            nonlocal told
            if self._ended:
                raise SupersededError
            if monotonic() - told > OFTEN:
                told = monotonic()
                soon(self._told, what, done, total)

        return progress
