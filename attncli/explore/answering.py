"""From what is asked to its explanation: opened sets and models, and the answers that were given before."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from attncli.errors import AttnError, ResourceError
from attncli.explore.state import Ask, State
from attncli.models.checkpoint.finding import find_model
from attncli.models.model import Model, open_model
from attncli.recipes.explaining import explain_with
from attncli.recipes.explanation import Explanation
from attncli.recipes.inputs import read_inputs
from attncli.recipes.model_explaining import explain_model_with
from attncli.vectors import Vectors, open_vectors
from attncli.vectors.places import kept_names

Progress = Callable[[str, int, int], None]
MOST_BYTES = 2**28  # of the weights of the answers that are kept
MOST_ANSWERS = 64
MOST_WORDS = 2000  # of a text; of more, the weights would keep every key waiting, or fill the memory


class Answers:
    """Explanations by what was asked, so that nothing is computed twice; the oldest are let go.

    Asked from one thread at a time.
    """

    def __init__(self) -> None:
        self._sets: dict[str | None, Vectors] = {}
        self._models: dict[str, Model] = {}
        self._known: OrderedDict[Ask, Explanation] = OrderedDict()

    def keep(self, vectors: dict[str | None, Vectors], models: dict[str, Model]) -> None:
        """Sets and models that are open already, by the names they were asked for with."""
        self._sets |= vectors
        self._models |= models

    def known(self, ask: Ask) -> Explanation | None:
        """The answer, if it was given before."""
        return self._known.get(ask)

    def answer(self, ask: Ask, progress: Progress = lambda *_: None) -> Explanation:
        """The explanation of what is asked; `progress` is told of what takes long, and may raise to end it.

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
                self._sets[ask.vectors] = open_vectors(ask.vectors, progress=progress)
            if len(ask.sentence) > MOST_WORDS:
                _check_length(len(read_inputs(ask.sentence, ask.settings, self._sets[ask.vectors]).sentence.tokens))
            return explain_with(ask.sentence, ask.settings, self._sets[ask.vectors])
        if ask.model not in self._models:
            progress(f"opening {ask.model}", 0, 1)
            self._models[ask.model] = open_model(ask.model)
        if len(ask.sentence) > MOST_WORDS:
            _check_length(len(self._models[ask.model].read(ask.sentence).ids))
        return explain_model_with(ask.sentence, self._models[ask.model], ask.choice, progress)

    def _forget(self) -> None:
        """Let the oldest answers go while all together are too many; the latest one stays."""
        size = sum(_bytes(each) for each in self._known.values())
        while len(self._known) > 1 and (size > MOST_BYTES or len(self._known) > MOST_ANSWERS):
            size -= _bytes(self._known.popitem(last=False)[1])


def _check_length(n: int) -> None:
    if n > MOST_WORDS:
        hint = f"up to {MOST_WORDS:,} can be explored; attn explain takes longer texts"
        raise AttnError(f"the text is too long: {n:,} words or tokens", hint)


def _bytes(explanation: Explanation) -> int:
    return sum(2 * layer.weights.nbytes for layer in explanation.layers if layer.weights is not None)


def named(state: State, name: str) -> State:
    """The state under the vector set or model that a name or path stands for; a kept set goes before a model."""
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
