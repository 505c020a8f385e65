"""A run of a model on its input: the chosen heads of each layer, one layer at a time, and the memory that it needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from math import prod
from typing import NamedTuple, TypeVar

import numpy as np

from attncli.address_space import memory
from attncli.arrays import Array
from attncli.errors import AttnError
from attncli.models.changes import UNCHANGED
from attncli.models.family import ModelLayer, ModelShape, PackedLayer
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.models.windows import Windows, join
from attncli.recipes.combinations import without_scores
from attncli.recipes.explanation import Layer
from attncli.recipes.model_input import part_of, read_input
from attncli.recipes.model_source import ModelInfo
from attncli.settings.model import FEWER_HEADS, SOME_HEADS, ModelSettings, chosen

Progress = Callable[[str, int, int], None]
Watch = Callable[[int, ModelLayer], None]
Taken = TypeVar("Taken")
Computed = TypeVar("Computed", ModelLayer, PackedLayer)


class Step(NamedTuple):
    """A layer of a run: its chosen heads, weights `[n_head, n_query, n_key]`, and w_o `[n_head, d_v, d_model]`."""

    layer: Layer
    weights: Array
    w_o: Array


@dataclass(frozen=True)
class ModelRun:
    """The chosen layers and heads of a model on a text: `each` goes over them one layer at a time."""

    model: Model
    given: ModelInput
    layers: tuple[int, ...]
    heads: tuple[int, ...]

    @classmethod
    def of(cls, text: str, model: Model, settings: ModelSettings) -> "ModelRun":
        """The run of a text; nothing is computed yet.

        Raises:
            UsageError: a layer, head or part that the model does not have, or an empty text.
            AttnError: more tokens than the model has positions.
        """
        if settings.generate is not None:
            from attncli.recipes.continuation import with_answer  # late: few runs have one

            return cls(model, with_answer(text, model, settings), *chosen_heads(model, settings))
        return cls(model, read_input(text, model, settings), *chosen_heads(model, settings))

    @property
    def shape(self) -> ModelShape:
        """The sizes of the part that is run."""
        return self.model.shape_of(self.given.part)

    @property
    def plain(self) -> ModelInput:
        """The input without its changes."""
        return replace(self.given, changes=UNCHANGED)

    @property
    def pairs(self) -> int:
        """The number of queries times that of keys."""
        return len(self.given.queries.tokens) * len(self.given.keys.tokens)

    @property
    def largest(self) -> tuple[int, int, int]:
        """Heads, queries and keys of the largest layer: of the part, or of an encoder and a decoder that run for it."""
        sizes = [(self.shape.n_head, len(self.given.queries.tokens), len(self.given.keys.tokens))]
        if len(self.given.texts) > 1:
            n, m = (len(each.tokens) for each in self.given.texts)
            sizes += [(self.model.shape.n_head, n, n), (self.shape.n_head, m, m), (self.shape.n_head, m, n)]
        return max(sizes, key=prod)

    @property
    def bytes_of_layer(self) -> int:
        """The size of scores and weights of all heads of one layer in float32; of windows, and those of the text.

        Under changes a layer of the unchanged run lies beside it.
        """
        if self.given.windows is None:
            return 8 * prod(self.largest) * (2 if self.given.changes else 1)
        in_windows = sum(n * n for n in self.given.windows.lengths)
        return 8 * self.shape.n_head * in_windows + 4 * len(self.heads) * self.pairs

    @property
    def bytes_of_heads(self) -> int:
        """The size of those of the chosen heads of all chosen layers, twice, as they are copied when stacked."""
        return 16 * len(self.layers) * len(self.heads) * self.pairs

    @property
    def info(self) -> ModelInfo:
        """The model and the sizes of its part."""
        return ModelInfo.of(self.model, self.given.part)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of the model, and of what it does not see of its input."""
        return (*self.model.warnings, *self.given.warnings)

    def each(
        self, take: Callable[[Step], Taken], progress: Progress = lambda *_: None, watch: Watch | None = None
    ) -> Iterator[Taken]:
        """The result of `take` for each chosen layer, whose arrays are freed before the next one is computed.

        Every layer is computed up to the last chosen one; to the last of all where `watch` is to see them all.
        """
        work, n_layer = f"running {self.model.name}", self.shape.n_layer if watch else max(self.layers) + 1
        progress(work, 0, n_layer)
        # A loop over the layers themselves would keep each of them until the next one is there: two at a time.
        for number, given in enumerate(islice(self._taken(take, watch), n_layer)):
            progress(work, number + 1, n_layer)
            if given is not None:
                yield given

    def _taken(self, take: Callable[[Step], Taken], watch: Watch | None) -> Iterator[Taken | None]:
        """The result of `take` for each layer that is computed, None of the others."""

        def taken(number: int, computed: Computed, step: Callable[[int, Computed], Step]) -> Taken | None:
            if watch is not None and isinstance(computed, ModelLayer):
                watch(number, computed)
            return take(step(number, computed)) if number in self.layers else None

        if (windows := self.given.windows) is None:
            return map(partial(taken, step=self._step), count(), self.model.layers(self.given))
        layers = self.model.run_windows(self.given.text.ids, windows, self.given.text.segments)
        return map(partial(taken, step=partial(self._joined, windows)), count(), layers)

    def _step(self, number: int, computed: ModelLayer) -> Step:
        """The chosen heads of a layer; shared keys and values are repeated for each of them."""
        n_head, n_kv_head = len(computed.queries), len(computed.keys)
        shared = np.array(self.heads) // (n_head // n_kv_head)  # [heads], their key heads
        scores, weights, context = (each[self._places] for each in computed.attention)
        visible = np.any(scores > -np.inf, axis=0)  # [n_query, n_key]
        vectors = computed.queries[self._places], computed.keys[shared], computed.values[shared]
        scoring, w_o = computed.scoring.of_heads(self._places), computed.w_o.reshape(n_head, -1, computed.w_o.shape[-1])
        layer = Layer(number, self.heads, computed.output, visible, *vectors, context, scores, weights, scoring)
        return Step(layer, weights, w_o[self._places])

    def _joined(self, windows: Windows, number: int, computed: PackedLayer) -> Step:
        """The chosen heads of a layer over the whole text: weights alone."""
        weights, visible = join(windows, computed, self._places)
        layer = without_scores(weights, visible, number, self.heads)
        return Step(layer, weights, np.empty((len(self.heads), 0, 0), np.float32))

    @property
    def _places(self) -> slice | list[int]:
        """The chosen heads among all of a layer."""
        every = len(self.heads) == self.shape.n_head
        return slice(None) if every else list(self.heads)  # a slice copies nothing


def chosen_heads(model: Model, settings: ModelSettings) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of the chosen layers and of the chosen heads; UsageError for one that the part does not have."""
    shape = model.shape_of(part_of(model, settings))
    layers = chosen("layer", settings.layer, shape.n_layer, model.name)
    return layers, chosen("head", settings.head, shape.n_head, model.name)


def check_room(*runs: ModelRun, keeps: bool = False) -> None:
    """See that memory suffices for scores and weights of one layer, and of the chosen heads of all runs if it `keeps`.

    Raises:
        AttnError: they do not; it says their size.
    """
    run = max(runs, key=lambda run: run.bytes_of_layer)
    one, kept, room = run.bytes_of_layer, sum(run.bytes_of_heads for run in runs) * keeps, memory()
    if room is None or one + kept <= room:
        return
    twice = "twice " if kept and len(runs) > 1 else ""
    of_run = f"{twice}{len(run.layers)} layers × {len(run.heads)} heads"
    n_head, n_query, n_key = run.largest
    heads = of_run if kept else f"{n_head} heads of a layer"
    if kept:
        n_query, n_key = len(run.given.queries.tokens), len(run.given.keys.tokens)
    keys = "" if n_query == n_key else f" × {n_key:,}"
    raise AttnError(
        f"expected scores and weights of at most {room / 2**30:,.1f} GiB, the memory there is, got "
        f"{(one + kept) / 2**30:,.1f} GiB: {heads} over {n_query:,}{keys} tokens",
        "shorten the text" if one > room else SOME_HEADS if twice else FEWER_HEADS,
    )
