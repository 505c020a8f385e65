"""The difference that changes make to a run of a model: to its weights, its last hidden state and its answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from attncli.analysis.measures import cosines, divergence
from attncli.arrays import Array
from attncli.models.changes import HeadName
from attncli.models.family import ModelLayer
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.answering import answered_places, probabilities
from attncli.recipes.model_run import ModelRun
from attncli.settings.explanation import EVERY_WORD, cut_words
from attncli.settings.model import ModelSettings

IN_PLACE = {"zero": "zeros", "mean": "the mean over the tokens"}
MOST_NAMED = 8  # heads, cuts or answers in a sentence


@dataclass(frozen=True)
class MovedAnswer:
    """An answer of the unchanged model, and what becomes of it.

    position: of the token behind which it is said, or in whose place; None of a label. with_all, probability: its
    probability without and with the changes; now: the answer with them.
    """

    position: int | None
    token: str
    with_all: float
    probability: float
    now: str

    def __str__(self) -> str:
        said = f"'{self.token}' {self.with_all:.3f} → {self.probability:.3f}"
        return said if self.now == self.token else f"{said}, now '{self.now}'"


@dataclass(frozen=True, eq=False)
class Difference:
    """A run under changes against the same run without.

    heads: those that are taken away; layers and numbers: the shown ones. divergence `[n_layer, n_head]`: of each shown
    head the mean Jensen–Shannon divergence of its rows, in bits. output: the mean cosine of the tokens' last hidden
    states, without and with the changes; answers: those of a model with an output layer, or its first label.
    """

    settings: ModelSettings
    heads: tuple[HeadName, ...]
    layers: tuple[int, ...]
    numbers: tuple[int, ...]
    divergence: Array
    output: float
    answers: tuple[MovedAnswer, ...] = ()

    @property
    def largest(self) -> tuple[int, int, float]:
        """The layer and the number of the shown head whose weights move most, and by how much."""
        row, column = np.unravel_index(int(self.divergence.argmax()), self.divergence.shape)
        return self.layers[row], self.numbers[column], float(self.divergence[row, column])

    @property
    def by_layer(self) -> Iterator[tuple[int, float, float]]:
        """Of each shown layer its number, and the mean and the largest divergence of its shown heads."""
        for number, row in zip(self.layers, self.divergence, strict=True):
            yield number, float(row.mean()), float(row.max())

    def takes(self, layer: int, head: int) -> bool:
        """Whether a head of the shown part is taken away."""
        return HeadName(self.settings.part or "encoder", layer, head) in self.heads

    @property
    def named(self) -> tuple[str, ...]:
        """The changes."""
        return (*_taken_away(self), *_cut_apart(self.settings.cut))

    @property
    def said(self) -> str:
        """The difference."""
        return f"against the unchanged run {_moved(self)}"

    @property
    def in_short(self) -> str:
        """The answers before and after; of a model without any the cosine of its last hidden states."""
        if not self.answers:
            return f"the last hidden states have cosine {self.output:.3f}"
        return _listed([str(each) for each in self.answers])

    @property
    def remarks(self) -> tuple[str, ...]:
        """The changes, and the difference that they make."""
        return (*self.named, self.said)


class Beside:
    """The unchanged run beside one under changes: `add` takes each layer of that one, a layer of this is then run."""

    def __init__(self, run: ModelRun) -> None:
        self._run, self._layers = run, run.model.layers(run.plain)
        self._apart: list[Array] = []  # of the chosen layers: [n_head]
        self._outputs: tuple[Array, Array] | None = None  # [n, d_model] without and with the changes

    def add(self, number: int, changed: ModelLayer) -> None:
        """Compare layer `number`."""
        plain = next(self._layers)
        if number in self._run.layers:
            p, q = (each.attention.weights[list(self._run.heads)] for each in (plain, changed))
            self._apart.append(divergence(p, q).mean(axis=-1))
        self._outputs = plain.output, changed.output

    def difference(self, settings: ModelSettings) -> Difference:
        """The difference, once all layers were added."""
        assert self._outputs is not None
        model, given = self._run.model, self._run.given
        settings = replace(settings, part=given.part if model.has_decoder else None)
        last = [model.final_of(given, output) for output in self._outputs]
        shown = self._run.layers, self._run.heads
        answers = tuple(_answers(model, given, *self._outputs))
        return Difference(settings, given.changes.heads, *shown, np.stack(self._apart), _cosine(*last), answers)


def beside_of(run: ModelRun) -> Beside | None:
    """The unchanged run beside one under changes; None beside one without."""
    return Beside(run) if run.given.changes else None


def _cosine(plain: Array, changed: Array) -> float:
    """The mean cosine of the rows of two arrays `[n, d]`; of a row of zeros 0."""
    return float(np.clip(cosines(plain, changed), -1, 1).mean())


def _answers(model: Model, given: ModelInput, *outputs: Array) -> Iterator[MovedAnswer]:
    """The answers that outputs of the last layer `[n, d_model]` give, without and with the changes."""
    if model.labels and not model.has_decoder:
        before, after = (model.label_shares(model.class_logits(given.text.ids, output)) for output in outputs)
        if len(model.labels) > 1:
            yield _answer(None, before, after, model.labels.__getitem__)
        return
    places = _answered(model, given)
    if places and model.has_output:
        shares = [probabilities(model.logits(output[list(places)])) for output in outputs]
        for place, before, after in zip(places, *shares, strict=True):
            yield _answer(place, before, after, model.token_text)


def _answer(position: int | None, before: Array, after: Array, named: Callable[[int], str]) -> MovedAnswer:
    """The most probable one of shares `[vocabulary]` without changes, and what becomes of it with them."""
    said, now = int(before.argmax()), int(after.argmax())
    return MovedAnswer(position, named(said), float(before[said]), float(after[said]), named(now))


def _answered(model: Model, given: ModelInput) -> tuple[int, ...]:
    """The tokens behind which, or in whose place, a model says one: none of an encoder that reads a text unmasked."""
    return () if model.has_decoder and given.part == "encoder" else answered_places(given.begun, model)


def _taken_away(difference: Difference) -> Iterator[str]:
    heads = [f"layer {head.layer} head {head.head}{_part(head, difference)}" for head in difference.heads]
    if heads:
        yield f"taken away, with {IN_PLACE[difference.settings.ablate]} in place of its output: {_listed(heads)}"


def _part(head: HeadName, difference: Difference) -> str:
    """The part of a head, where the model has parts."""
    if difference.settings.part is None:
        return ""
    return " of the cross-attention" if head.part == "cross" else f" of the {head.part}"


def _cut_apart(cuts: tuple[str, ...]) -> Iterator[str]:
    pairs = [tuple("every token" if word == EVERY_WORD else word for word in cut_words(cut)) for cut in cuts]
    if pairs:
        yield f"cut apart in every layer and head: {_listed([f'{key} from {query}' for query, key in pairs])}"


def _moved(difference: Difference) -> str:
    layer, head, most = difference.largest
    mean = f"the weights differ by {difference.divergence.mean():.3f} bits a row (mean Jensen-Shannon)"
    where = f", most in layer {layer} head {head} ({most:.3f})" if difference.divergence.size > 1 else ""
    said = f"{mean}{where}, the last hidden states have cosine {difference.output:.3f}"
    return f"{said}; answer {difference.in_short}" if difference.answers else said


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
