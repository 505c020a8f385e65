"""The recipe of `attn heads --by effect`: every head of a model taken away in turn, and how its answer changes.

The answer is that of Michel et al. (2019, section 2.1): a head's context is taken away in front of w_o.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attncli.analysis.measures import rank_correlation, ranking
from attncli.arrays import Array
from attncli.display import Displayed
from attncli.errors import AttnError
from attncli.models.changes import UNCHANGED, HeadName
from attncli.models.encoder_decoder import PARTS
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.changes import named
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_explaining import Numbers, as_model, explain_model_with
from attncli.recipes.model_input import input_remarks
from attncli.recipes.model_run import ModelRun, Progress, check_room
from attncli.recipes.model_source import ModelInfo, ModelSource
from attncli.recipes.sides import Side
from attncli.recipes.watched import Watched, first_answer, watched
from attncli.settings.model import ModelSettings, check_model_settings, chosen
from attncli.settings.option import check_text
from attncli.text.tokens import Sentence

LONG = 2**32  # multiplications, of half a second; their progress is told


class Answered(NamedTuple):
    """The answer's logit and probability in the unchanged model; without an answer what changes do to the state.

    change: 1 − the cosine of the hidden states without and with the changes.
    """

    logit: float | None = None
    probability: float | None = None
    change: float | None = None


class HeadEffect(NamedTuple):
    """A head, and how the answer changes without it.

    part: `encoder`, `decoder` or `cross`, None of models without parts. effect: the logit of the answer without the
    head minus that with it; without an answer 1 − the cosine of the hidden states. probability: of the answer without
    the head. weight: from the answered token on the key that it looks at most; of all tokens, and of those of an
    encoder whose decoder answers, the mean over the tokens of their largest weight, with key None.
    """

    part: str | None
    layer: int
    head: int
    effect: float
    probability: float | None
    weight: float
    key: int | None

    @property
    def name(self) -> str:
        """As `--without` takes it: `23.4`, `cross:2.1`."""
        return named(self.part, self.layer, self.head)


@dataclass(frozen=True, eq=False, repr=False)
class HeadEffects(Displayed):
    """The heads of a model by their effect: what helps the answer most comes first, or what turns the state most.

    sentence: the tokens of the text, or of an encoder–decoder those that its decoder has read; memory: its source.
    answer: the text of the token or label whose logit is watched, id its number, None where a hidden state is watched;
    position: the (first) token that is watched, None: all. logit, probability: of the answer with all heads.
    rank_correlation: Spearman's, of the weights with the effects over all heads, None where either are all equal; below
    0 those with more weight help more. explanation: the weights of all heads, for a page; None: they are not kept.
    with_all: of the unchanged model, where heads or words are taken away in every pass.
    """

    model: ModelInfo
    sentence: Sentence
    heads: tuple[HeadEffect, ...]
    settings: ModelSettings
    position: int | None
    answer: str | None = None
    id: int | None = None
    logit: float | None = None
    probability: float | None = None
    memory: Sentence | None = None
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    scored: bool = True
    explanation: Explanation[ModelSource] | None = None
    with_all: Answered | None = None

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentence, and the memory if there is one."""
        return (self.sentence,) if self.memory is None else (self.sentence, self.memory)

    def keys(self, head: HeadEffect) -> Sentence:
        """The tokens that a head looks at."""
        return self.sentence if self.memory is None or head.part == "decoder" else self.memory

    @property
    def effects(self) -> Array:
        """The effects in the order of `heads`: `[heads]`."""
        return np.array([each.effect for each in self.heads])

    @property
    def weights(self) -> Array:
        """The weights in the order of `heads`: `[heads]`."""
        return np.array([each.weight for each in self.heads])

    @cached_property
    def rank_correlation(self) -> float | None:
        """Spearman's rank correlation of the weights with the effects."""
        found = float(rank_correlation(self.weights, self.effects))
        return None if np.isnan(found) else found


def head_effects(
    sentence: str,
    model: Model | str | Path,
    *,
    for_: str | None = None,
    pair: str | None = None,
    target: str | None = None,
    part: str | None = None,
    source_lang: str | None = None,
    target_lang: str | None = None,
    bos: bool | None = None,
    truncate: bool = False,
    without: str | Sequence[str] = (),
    ablate: str = "zero",
    layer: Numbers = None,
    head: Numbers = None,
    word: str | int | None = None,
    cut: str | Sequence[str] = (),
    top: int = 5,
) -> HeadEffects:
    """Every head of a model taken away in turn (Michel et al. 2019, section 2.1), and how the answer changes.

    sentence: a text; the model's next token is its answer, the one in the place of a mask, or a classifier's label. Of
        a model without an output layer the last hidden state is watched.
    model: an opened model (`open_model`), a folder, or a name in the local Hugging Face cache.
    for_: the token or label whose logit is watched; None: the model's own first answer.
    word: the token that is answered, or the word whose hidden state is watched, by its text or index; None: the last
        token of a decoder, the first mask of a masked model, of hidden states the mean over all.
    ablate: what stands in the place of a head's context: `zero`, or `mean`, its mean over the tokens.
    target: what the decoder of an encoder–decoder has read, may be None; part: the heads of one of its parts, None: of
        all.
    layer, head: numbers from 0, or texts such as `3`, `0,2` and `4-7`, or several of them; None: all.
    without, cut: heads and pairs of words that are taken away in every pass, as in `explain_model`.
    pair, source_lang, target_lang, bos, truncate: as in `explain_model`. top: how many heads the screen shows; `heads`
        has all.

    Returns: `heads`, each with its effect, the answer's probability without it, and its weight; `rank_correlation`;
    `explanation`, the weights of all heads for a page, None where they do not fit into memory.

    Raises:
        UsageError: an empty text, a value that does not fit, or `for_` that is no single token.
        AttnError: more tokens than the model has positions.
        ResourceError: a model that is missing or unreadable.
    """
    given = dict(locals())  # the parameters by name
    settings = check_model_settings(**{name: given[name] for name in given.keys() - {"sentence", "model", "for_"}})
    opened = as_model(model)
    try:
        return head_effects_with(sentence, opened, settings, for_, explained=True)
    except AttnError:  # of a long text the weights of all heads may be too many, and their effects not
        return head_effects_with(sentence, opened, settings, for_)


def head_effects_with(
    text: str,
    model: Model,
    settings: ModelSettings,
    answer: str | None = None,
    progress: Progress = lambda *_: None,
    *,
    explained: bool = False,
) -> HeadEffects:
    """`head_effects` with an open model and checked settings.

    progress: of work that takes long, called with its name, the number of copies of layers that are computed, and the
        number of all. explained: whether the weights of all heads are kept too.
    """
    asked = watched(text, model, settings, None if answer is None else check_text("for_", answer))
    heads = tuple(_chosen(model, asked.given, settings))
    check_room(ModelRun(model, asked.given, (0,), (0,)))
    sweep = _Sweep(asked, heads, settings)
    own = settings if settings.without else replace(settings, ablate=ModelSettings.ablate)
    explanation = explain_model_with(text, model, own) if explained else None
    sweep.run(progress)
    return replace(sweep.result, explanation=explanation)


@dataclass
class _Sweep:
    """The passes: `run` computes them, and `result` has the heads in their order."""

    asked: Watched
    heads: Sequence[HeadName]
    settings: ModelSettings
    _weights: dict[HeadName, tuple[float, int | None]] = field(default_factory=dict)
    _effects: dict[HeadName, tuple[float, float | None]] = field(default_factory=dict)
    _before: tuple[float, float] | None = None
    _with_all: Answered | None = None

    def run(self, progress: Progress) -> None:
        """The unchanged pass, and one without each head."""
        work = f"taking {len(self.heads)} heads of {self.asked.model.name} away, one at a time"
        removal = self.asked.model.removal(self.asked.given, self.settings.ablate, self._see)
        self.asked = first_answer(self.asked, removal.output)
        if self.asked.scored:
            self._before = self._measured(removal.output)
        if self.asked.given.changes:
            self._with_all = self._unchanged(removal.output)
        steps, done = removal.steps(self.heads), 0
        long = steps * len(self.asked.tokens.tokens) * _size(self.asked.model) > LONG

        def advance(copies: int) -> None:
            nonlocal done
            done += copies
            if long:
                progress(work, done, steps)

        advance(0)

        for heads, output in removal.each(self.heads, advance):
            effects, shares = self.asked.change(removal.output, output)
            for at, head in enumerate(heads):
                self._effects[head] = float(effects[at]), None if shares is None else float(shares[at])

    def _measured(self, output: Array) -> tuple[float, float]:
        """The answer's logit and probability by the last layer's output `[n, d_model]`."""
        logit, share = self.asked.measure(output[None])
        return float(logit[0]), np.nan if share is None else float(share[0])

    def _unchanged(self, output: Array) -> Answered:
        """The answer of the unchanged model; output `[n, d_model]`: under the changes of every pass."""
        last = self.asked.model.output(replace(self.asked.given, changes=UNCHANGED))
        if self.asked.scored:
            return Answered(*self._measured(last))
        return Answered(change=float(self.asked.change(last, output[None])[0][0]))

    def _see(self, part: str, layer: int, weights: Array) -> None:
        """The weights `[n_head, n_query, n_key]` of a layer."""
        elsewhere = part == "encoder" and self.asked.given.target is not None
        rows = weights[:, list(self.asked.places)] if self.asked.places and not elsewhere else weights
        largest = rows.max(axis=-1).mean(axis=-1)  # [n_head]
        keys = ranking(rows[:, 0])[:, 0].tolist() if rows.shape[1] == 1 else [None] * len(rows)
        for head, (weight, key) in enumerate(zip(largest.tolist(), keys, strict=True)):
            self._weights[HeadName(part, layer, head)] = weight, key

    @property
    def result(self) -> HeadEffects:
        """The heads, those that help most or change most first."""
        asked, model, given = self.asked, self.asked.model, self.asked.given
        effects = np.array([self._effects[head][0] for head in self.heads])  # [heads]
        order = ranking(-effects if asked.scored else effects).tolist()
        sentence, source = (Side.of(each, ModelSettings()).sentence for each in (asked.tokens, given.text))
        logit, probability = self._before or (None, None)
        return HeadEffects(
            ModelInfo.of(model, given.reader),
            sentence,
            tuple(self._ranked(self.heads[at]) for at in order),
            self.settings,
            asked.places[0] if asked.places else None,
            asked.answer,
            asked.id,
            logit,
            probability,
            None if given.target is None else source,
            (*taken(self.settings), *asked.remarks(), *input_remarks(given.text, self.settings)),
            (*model.warnings, *given.warnings),
            asked.scored,
            with_all=self._with_all,
        )

    def _ranked(self, head: HeadName) -> HeadEffect:
        part = head.part if self.asked.given.target is not None else None
        return HeadEffect(part, head.layer, head.head, *self._effects[head], *self._weights[head])


def taken(settings: ModelSettings) -> Iterator[str]:
    """The changes of every pass."""
    for said, names in (("taken away", settings.without), ("cut apart", settings.cut)):
        if names:
            yield f"{said} in every pass: {', '.join(names)}"


def _size(model: Model) -> int:
    """The parameters of a layer, about."""
    return model.parameters // model.shape.n_layer


def _chosen(model: Model, given: ModelInput, settings: ModelSettings) -> Iterator[HeadName]:
    """The heads that are taken away: of the settings' part, or of all that are run.

    Raises:
        UsageError: a layer or a head that no part has.
    """
    parts = PARTS[:1] if given.target is None else PARTS if settings.part is None else (settings.part,)
    shapes = {part: model.shape_of(part) for part in parts}
    layers = chosen("layer", settings.layer, max(each.n_layer for each in shapes.values()), model.name)
    heads = chosen("head", settings.head, max(each.n_head for each in shapes.values()), model.name)
    for part, shape in shapes.items():
        for layer in layers:
            for head in heads:
                if layer < shape.n_layer and head < shape.n_head:
                    yield HeadName(part, layer, head)
