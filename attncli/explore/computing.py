"""Explanations computed on demand: once each, in a thread with room for one waiting request, the latest."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from time import monotonic

from attncli.errors import AttnError, ResourceError
from attncli.explore.state import Ask, State
from attncli.models.checkpoint.finding import find_model
from attncli.models.model import Model, open_model
from attncli.recipes.explaining import explain_with
from attncli.recipes.explanation import Explanation
from attncli.recipes.inputs import read_inputs
from attncli.recipes.model_explaining import explain_model_with
from attncli.recipes.model_input import read_input
from attncli.vectors import Vectors, open_vectors
from attncli.vectors.catalogue import EmbeddedSets
from attncli.vectors.places import kept_names

Progress = Callable[[str, int, int], None]
MOST_BYTES = 2**28  # of the weights of the results that are kept
MOST_RESULTS = 64
MOST_WORDS = 2000  # of a text; of more, the weights would keep every key waiting, or fill the memory


class Explainer:
    """Explains requests with the sets and models that are open, none twice; the oldest results are dropped.

    For one thread at a time.
    """

    def __init__(self) -> None:
        self._sets: dict[str | None, Vectors | EmbeddedSets] = {}
        self._models: dict[str, Model] = {}
        self._known: OrderedDict[Ask, Explanation] = OrderedDict()

    def keep(self, vectors: Mapping[str | None, Vectors | EmbeddedSets], models: dict[str, Model]) -> None:
        """Sets and models that are open already, by the names they were asked for with."""
        self._sets |= vectors
        self._models |= models

    def known(self, ask: Ask) -> Explanation | None:
        """The explanation, if it was computed before."""
        return self._known.get(ask)

    def explain(self, ask: Ask, progress: Progress = lambda *_: None) -> Explanation:
        """The explanation of a request; `progress` is called during long work, and may raise to end it.

        Raises:
            AttnError: as `explain` and `explain_model` do.
        """
        if ask not in self._known:
            self._known[ask] = self._computed(ask, progress)
            self._forget()
        self._known.move_to_end(ask)
        return self._known[ask]

    def _computed(self, ask: Ask, progress: Progress) -> Explanation:
        if ask.model is None:
            if ask.vectors not in self._sets:
                named = ask.vectors is not None
                self._sets[ask.vectors] = open_vectors(ask.vectors, progress=progress) if named else EmbeddedSets()
            if len(ask.sentence) > MOST_WORDS:
                _check_length(len(read_inputs(ask.sentence, ask.settings, self._sets[ask.vectors]).sentence.tokens))
            return explain_with(ask.sentence, ask.settings, self._sets[ask.vectors])
        if ask.model not in self._models:
            progress(f"opening {ask.model}", 0, 1)
            self._models[ask.model] = open_model(ask.model)
        if len(ask.sentence + (ask.choice.pair or "")) > MOST_WORDS:
            _check_length(len(read_input(ask.sentence, self._models[ask.model], ask.choice).queries.ids))
        return explain_model_with(ask.sentence, self._models[ask.model], ask.choice, progress)

    def _forget(self) -> None:
        """Let the oldest results go while all together are too many; the latest one stays."""
        size = sum(_bytes(each) for each in self._known.values())
        while len(self._known) > 1 and (size > MOST_BYTES or len(self._known) > MOST_RESULTS):
            size -= _bytes(self._known.popitem(last=False)[1])


def _check_length(n: int) -> None:
    if n > MOST_WORDS:
        hint = f"up to {MOST_WORDS:,} can be explored; attn explain takes longer texts"
        raise AttnError(f"the text is too long: {n:,} words or tokens", hint)


def _bytes(explanation: Explanation) -> int:
    return sum(2 * layer.weights.nbytes for layer in explanation.layers if layer.weights is not None)


def named(state: State, name: str) -> State:
    """The state under the vector set or model of a name or path; a kept set goes before a model."""
    if name not in kept_names() and _is_model(name):
        return state.under(model=name)
    return state.under(vectors=name)


def _is_model(name: str) -> bool:
    if (Path(name).expanduser() / "config.json").is_file():
        return True
    try:
        return bool(find_model(name))
    except ResourceError:
        return False


OFTEN = 0.05  # seconds between two words about progress


class SupersededError(Exception):
    """Something newer is wanted, or nothing any more."""


class Background:
    """Computes one request at a time in a thread; of those that come meanwhile only the latest waits.

    A computation that reports progress ends as soon as a newer request waits; a short one is finished, so that a key
    held down shows something on the way. `report` is called in the event loop with the progress.
    """

    def __init__(self, explainer: Explainer, report: Progress) -> None:
        self._explainer, self._report = explainer, report
        self._waiting: Ask | None = None
        self._ended = False  # the running work is to end
        self.running: Ask | None = None

    def want(self, ask: Ask | None) -> bool:
        """Ask for something, or for nothing any more (None); whether a run has to be started for it."""
        self._waiting, self._ended = ask, self.running is not None and self.running != ask
        if ask is not None and ask == self.running:
            self._waiting = None
        return self.running is None and ask is not None

    async def results(self) -> AsyncIterator[tuple[Ask, Explanation | AttnError]]:
        """Each request with its explanation or error, until none waits."""
        loop = asyncio.get_running_loop()
        while self._waiting is not None:
            ask, self._waiting, self._ended = self._waiting, None, False
            self.running = ask
            try:
                given: Explanation | AttnError = await asyncio.to_thread(
                    self._explainer.explain, ask, self._progress(loop.call_soon_threadsafe)
                )
            except SupersededError:
                continue
            except AttnError as error:
                given = error
            except MemoryError:
                given = AttnError("there is not enough memory for this")
            except Exception as error:  # a fault with this text or model: the shown explanation stays
                given = AttnError(f"this cannot be explained: {type(error).__name__}: {error}")
            finally:
                self.running = None
            yield ask, given

    def _progress(self, soon: Callable[..., object]) -> Progress:
        reported = 0.0

        def progress(what: str, done: int, total: int) -> None:
            nonlocal reported
            if self._ended:
                raise SupersededError
            if monotonic() - reported > OFTEN:
                reported = monotonic()
                soon(self._report, what, done, total)

        return progress
