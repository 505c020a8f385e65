"""The weights of a model's chosen heads on many texts at once, in packs of neighbours in length."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.models import packing
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.family import PackedLayer
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.models.pack import Pack, Run
from attncli.recipes.model_run import ModelRun, chosen_heads
from attncli.settings.model import ModelSettings


class Weights(NamedTuple):
    """A pack's runs, the weights of each `[n_layer, b, n_head, n, n_key]`, and each layer's seen keys `[n, n_key]`."""

    runs: Sequence[Run]
    weights: Sequence[Array]
    seen: Sequence[Sequence[Array]]


def packed(texts: Iterable[tuple[int, ModelInput]], heads: int) -> Iterator[list[tuple[int, ModelInput]]]:
    """Texts, numbered, cut into packs of neighbours in length, each with so many heads in all layers together."""
    given = [*texts]
    sizes = [4 * heads * len(each.queries.tokens) * len(each.keys.tokens) for _, each in given]
    for places in packing.packs([_lengths(each) for _, each in given], sizes):
        yield [given[place] for place in places]


def _lengths(given: ModelInput) -> tuple[int, ...]:
    """The number of tokens of the text, or of the target and of its source."""
    return tuple(len(each.tokens) for each in reversed(given.texts))


def _segments(texts: Sequence[ModelSentence]) -> list[Sequence[int]] | None:
    """The segments of each text's tokens; None where all are 0."""
    if all(text.segments is None for text in texts):
        return None
    return [text.segments or [0] * len(text.ids) for text in texts]


class PackedWeights:
    """The weights of the chosen heads of a model, in float32; numbers: of its chosen layers and heads.

    Raises:
        UsageError: a layer, head, part or language that the model does not have.
    """

    def __init__(self, model: Model, settings: ModelSettings) -> None:
        packing.keep_freed()
        self._model = model
        self.numbers = chosen_heads(model, settings)
        self._chosen = slice(None) if settings.head is None else list(self.numbers[1])  # a slice copies nothing

    def of_inputs(self, texts: Sequence[ModelInput]) -> Weights:
        """The weights of the part of the inputs."""
        packs = [[sentence.ids for sentence in each] for each in zip(*(given.texts for given in texts), strict=True)]
        if len(packs) == 1:
            return self.of_ids(packs[0], _segments([given.text for given in texts]))
        sources, targets = Pack.of_pairs(*packs)
        return self._of(targets, self._model.run_pairs(sources, targets, texts[0].part))

    def of_ids(self, texts: Sequence[Sequence[int]], segments: Sequence[Sequence[int]] | None = None) -> Weights:
        """The weights of single texts, by the ids of their tokens and, unless all are 0, their segments."""
        pack = Pack.of(texts, segments)
        return self._of(pack, self._model.run_pack(pack))

    def _of(self, pack: Pack, computed: Iterator[PackedLayer]) -> Weights:
        layers, chosen = self.numbers[0], self._chosen
        weights: list[list[Array]] = [[] for _ in pack.runs]
        seen: list[list[Array]] = [[] for _ in pack.runs]
        for number, layer in enumerate(islice(computed, max(layers) + 1)):
            for place, run in enumerate(layer.heads) if number in layers else ():
                weights[place].append(run.attention.weights[:, chosen])
                seen[place].append(np.any(run.attention.scores[0, chosen] > -np.inf, axis=0))
        return Weights(pack.runs, [np.stack(run) for run in weights], seen)


def in_windows(run: ModelRun) -> tuple[Array, Sequence[Array]]:
    """The weights of a text in windows `[n_layer, n_head, n, n]`, and each layer's seen keys `[n, n]`."""
    weights, seen = zip(*run.each(lambda step: (step.weights, step.layer.visible)), strict=True)
    return np.stack(weights), seen
