"""The state of the explorer as a frozen value, and every change of it as a function that gives another one."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from attncli.errors import UsageError
from attncli.settings.explanation import METHODS, MODES, MULTIHEAD_DEFAULT, SCALES, Settings, check_settings
from attncli.settings.model import ModelSettings

Panel = Literal["matrix", "steps", "heads", "keys"]
TEMPERATURES = (0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
MASKS = ((), ("causal",), ("window:2",))
Value = TypeVar("Value")


@dataclass(frozen=True)
class Ask:
    """A request: a sentence under a vector set with settings, or under a model with a choice.

    `vectors` None are the embedded sets; a `model` takes the place of vectors and settings.
    """

    sentence: str
    settings: Settings = field(default_factory=check_settings)
    vectors: str | None = None
    model: str | None = None
    choice: ModelSettings = field(default_factory=ModelSettings)


@dataclass(frozen=True)
class State:
    """A request and a place on the screen: of all this only `ask` costs a computation.

    `layer` None is the last one, `head` None the mean of all. `rows` and `columns` are how far the matrix was scrolled
    away from the query; `dense` draws it in cells without numbers.
    """

    ask: Ask
    query: int = 0
    layer: int | None = None
    head: int | None = None
    panel: Panel = "matrix"
    dense: bool = False
    rows: int = 0
    columns: int = 0

    def at(self, query: int, n: int) -> "State":
        """With the query at a place of n, the nearest there is."""
        return replace(self, query=min(max(query, 0), n - 1), rows=0, columns=0)

    def moved(self, by: int, n: int) -> "State":
        """With the query so many words on."""
        return self.at(self.query + by, n)

    def next_head(self, by: int, n_head: int) -> "State":
        """The next head of n_head, the mean of all coming before the first."""
        places = [None, *range(n_head)] if n_head > 1 else [None]
        return replace(self, head=_next(places, self.head, by))

    def next_layer(self, by: int, n_layer: int) -> "State":
        """The next layer of n_layer."""
        return replace(self, layer=_next(range(n_layer), n_layer - 1 if self.layer is None else self.layer, by))

    def on_map(self, down: int, along: int, n_layer: int, n_head: int) -> "State":
        """The head so many layers down and so many heads along from the shown one, as far as there are any."""
        layer = (n_layer - 1 if self.layer is None else self.layer) + down
        head = along - (along > 0) if self.head is None else self.head + along
        return self.of_head(min(max(layer, 0), n_layer - 1), min(max(head, 0), n_head - 1), n_head)

    def of_head(self, layer: int, head: int, n_head: int) -> "State":
        """With the head at these places, of n_head."""
        return replace(self, layer=layer, head=head if n_head > 1 else None)

    def next_method(self) -> "State":
        """The next similarity."""
        return self._set(method=_next(METHODS, self.ask.settings.method))

    def next_mode(self, heads: int | None = None) -> "State":
        """The next mode; multihead has `heads` heads, else the default number."""
        mode = _next(MODES, self.ask.settings.mode)
        return self._set(mode=mode, heads=(heads or MULTIHEAD_DEFAULT) if mode == "multihead" else 1)

    def next_mask(self) -> "State":
        """The next of the masks; one that is not among them is followed by none."""
        mask = self.ask.settings.mask
        return self._set(mask=_next(MASKS, mask) if mask in MASKS else ())

    def warmer(self, own: float | None = None) -> "State":
        """The next higher temperature; `own` is the one where none was asked for, None: 1."""
        return self._set(temperature=_at(bisect_right(TEMPERATURES, self.ask.settings.temperature or own or 1.0)))

    def colder(self, own: float | None = None) -> "State":
        """The next lower temperature; `own` is the one where none was asked for, None: 1."""
        return self._set(temperature=_at(bisect_left(TEMPERATURES, self.ask.settings.temperature or own or 1.0) - 1))

    def temperate(self) -> "State":
        """A temperature of 1."""
        return self._set(temperature=1.0)

    def exclude_self(self, excluded: bool) -> "State":
        """Every word hidden from itself, or not.

        Raises:
            UsageError: with a memory a word is not among the keys.
        """
        if self.ask.settings.memory is not None:
            raise UsageError("a word is not among the words of another sentence: there is nothing to exclude")
        return self._set(exclude_self=excluded)

    def saying(self, sentence: str) -> "State":
        """Another sentence."""
        return replace(self, ask=replace(self.ask, sentence=sentence))

    def under(self, *, vectors: str | None = None, model: str | None = None) -> "State":
        """Another vector set, or a model, with all of its layers and heads."""
        choice = replace(self.ask.choice, layer=None, head=None, without=())
        ask = replace(self.ask, vectors=vectors, model=model, choice=choice)
        return replace(self, ask=ask, layer=None, head=None)

    def with_panel(self, panel: Panel) -> "State":
        """Another panel; the one that is shown gives way to the matrix."""
        return replace(self, panel="matrix" if self.panel == panel else panel, rows=0)

    def fitted(self, n: int, n_layer: int, n_head: int) -> "State":
        """With places that an explanation of n queries, n_layer layers and n_head heads has."""
        layer = None if self.layer is None or self.layer >= n_layer else self.layer
        head = None if self.head is None or self.head >= n_head or n_head == 1 else self.head
        return replace(self, query=min(self.query, n - 1), layer=layer, head=head)

    def _set(self, **settings: object) -> "State":
        return replace(self, ask=replace(self.ask, settings=replace(self.ask.settings, **settings)))  # type: ignore[arg-type]


def found(words: Sequence[str], wanted: str, start: int, by: int = 1) -> int | None:
    """The next place from `start` on, around the end, whose word has these letters, in either case."""
    n, wanted = len(words), wanted.casefold()
    places = ((start + by * step) % n for step in range(n))
    return next((place for place in places if wanted in words[place].casefold()), None)


def next_scale(scale: str) -> str:
    """The scale of colours after this one."""
    return _next(SCALES, scale)


def _next(values: Sequence[Value], value: Value, by: int = 1) -> Value:
    """The value `by` places on, around the end."""
    return values[(list(values).index(value) + by) % len(values)]


def _at(place: int) -> float:
    return TEMPERATURES[min(max(place, 0), len(TEMPERATURES) - 1)]
