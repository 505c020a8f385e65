"""The recipe for models: a sentence, a checkpoint and settings become an `Explanation`, layer by layer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from attncli.address_space import memory
from attncli.analysis.combining import norm_weighted
from attncli.analysis.kinds import HeadKinds, measure_heads
from attncli.analysis.measures import top1
from attncli.arrays import Array
from attncli.errors import AttnError, Setting
from attncli.models.family import ModelLayer, ModelShape
from attncli.models.model import Model, open_model
from attncli.models.model_input import ModelInput
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.inputs import find_query
from attncli.recipes.model_input import part_of, read_input
from attncli.recipes.model_source import ModelInfo, ModelSource
from attncli.recipes.reduction import MOST_FLOWING, Reduction, check_combined, combine, remarks, without_scores
from attncli.recipes.sides import special_tokens
from attncli.settings.model import FEWER_HEADS, SOME_HEADS, ModelSettings, check_model_settings, chosen
from attncli.settings.wording import Remark

Progress = Callable[[str, int, int], None]
Taken = TypeVar("Taken")
ENCODER = (
    "these are the heads of the encoder; the decoder, and its attention to the source: ",
    Setting("target", "TEXT"),
)
TOGETHER = 2**22  # weights of heads that are measured at once; bounds the memory of the measures


#: Layers or heads by number: 3, "0,4-7", ["0", 5].
Numbers = int | str | Sequence[int | str] | None


def explain_model(
    sentence: str,
    model: Model | str | Path,
    *,
    target: str | None = None,
    part: str | None = None,
    source_lang: str | None = None,
    target_lang: str | None = None,
    layer: Numbers = None,
    head: Numbers = None,
    combine: str = "none",
    words: bool = False,
    hide_special: bool = False,
    hide_first: bool = False,
    word: str | int | None = None,
    top: int = 5,
) -> Explanation[ModelSource]:
    """The attention of a trained model on a sentence: every layer and head, or the chosen or combined ones.

    sentence: a text; the model's tokenizer makes n tokens of it, special ones among them.
    model: an opened model (`open_model`), a folder, or a name in the local Hugging Face cache.
    target: the m tokens that the decoder of an encoder–decoder reads, where the sentence is its source: as in training,
        with its start token first and the last one dropped.
    part: the heads of an encoder–decoder: `encoder`, `decoder` (the target attends to itself), or `cross` (queries from
        the target, keys and values from the source; Vaswani et al. 2017, section 3.2.3), which is meant with a target.
    source_lang, target_lang: the codes of the languages, of models that mark texts with them (mBART, NLLB, M2M-100).
    layer, head: numbers from 0, or texts such as `3`, `0,2` and `4-7`, or several of them; None: all.
    combine: one matrix of the chosen ones: `mean`, `max`, `rollout` and `flow` (Abnar & Zuidema 2020), `norm` ‖αf(x)‖
        (Kobayashi et al. 2020); `none` leaves them.
    words: whether pieces are merged into words: the weights to them summed, those from them averaged.
    hide_special: whether `[CLS]`, `<s>` and the like are left out and the rest renormalised.
    hide_first: whether the first token is, on which heads of GPT-like models rest (Xiao et al. 2024, section 3.1).
    word: the query of the close-up, a token or word of the sentence or its index from 0.
    top: how many context words of every query are ranked, from 1.

    Returns: `weights` `[n_layer, n_head, n, n]` of the chosen layers and heads, `[n_layer, n_head, m, n]` of `cross`
        with the source as `memory`, and `scores` of the same shape where they were not combined or merged; `context`;
        the kind and the measures of every head; `warnings`.

    Raises:
        UsageError: an empty sentence, or a value that does not fit; the message quotes it.
        AttnError: more tokens than the model has positions.
        ResourceError: a model that is missing or unreadable, or an extra that is not installed.
    """
    given = dict(locals())  # the parameters by name
    settings = check_model_settings(**{name: given[name] for name in given.keys() - {"sentence", "model"}})
    return explain_model_with(sentence, as_model(model), settings)


def as_model(model: Model | str | Path) -> Model:
    """An opened model as it is; a name or a folder opened."""
    return model if isinstance(model, Model) else open_model(str(model))


def explain_model_with(
    text: str, model: Model, settings: ModelSettings, progress: Progress = lambda *_: None, *, whole: bool = True
) -> Explanation[ModelSource]:
    """`explain_model` with an open model and checked settings.

    progress: called with the name of the work, the number of finished layers, and the number of all.
    whole: every array of the chosen heads is kept, as files and JSON need them; else, of several heads, only
    their measures, which suffice for a page.
    """
    run = ModelRun.of(text, model, settings)
    reduction = Reduction.of(run.given, settings)
    check_rows(reduction, model)
    sentence = reduction.queries.sentence
    query = None if settings.word is None else find_query(sentence, settings.word)
    check_combined(settings, run.given)
    keeps = settings.combine == "none" and (whole or len(run.layers) * len(run.heads) == 1)
    check_room(run, keeps=keeps)
    measures = _Measures(reduction, query)
    layers = _kept(run, measures, keeps, progress) if settings.combine == "none" else _combined(run, measures, progress)
    shown = replace(settings, part=run.given.part if model.has_decoder else None)
    special = reduction.keys.special
    return Explanation(
        ModelSource(run.info, shown, run.layers, run.heads, measures.kinds, special, measures.strongest),
        sentence,
        layers,
        memory=reduction.keys.sentence if run.given.crosses else None,
        query=query,
        top=settings.top,
        warnings=model.warnings,
        remarks=(*[Remark(ENCODER)] * (model.has_decoder and run.given.target is None), *remarks(reduction)),
        partial=settings.combine == "flow" and len(run.given.queries.tokens) > MOST_FLOWING,
    )


def check_rows(reduction: Reduction, model: Model) -> None:
    """AttnError: all tokens of a text are left out."""
    for side in reduction.sides:
        if not side.sentence.tokens:
            only, which = ("one token", "first") if reduction.settings.hide_first else ("special tokens", "special")
            reason = f"{model.name} makes only {only} of {side.sentence.text!r}"
            raise AttnError(reason, ("leave out ", Setting(f"hide_{which}")))


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
        return cls(model, read_input(text, model, settings), *chosen_heads(model, settings))

    @property
    def shape(self) -> ModelShape:
        """The sizes of the part that is run."""
        return self.model.shape_of(self.given.part)

    @property
    def pairs(self) -> int:
        """The number of queries times that of keys."""
        return len(self.given.queries.tokens) * len(self.given.keys.tokens)

    @property
    def bytes_of_layer(self) -> int:
        """The size of scores and weights of all heads of one layer in float32."""
        return 8 * self.shape.n_head * self.pairs

    @property
    def bytes_of_heads(self) -> int:
        """The size of those of the chosen heads of all chosen layers, twice, as they are copied when stacked."""
        return 16 * len(self.layers) * len(self.heads) * self.pairs

    @property
    def info(self) -> ModelInfo:
        """The model and the sizes of its part."""
        shape = self.shape
        return ModelInfo(self.model.name, self.model.family, shape.n_layer, shape.n_head, self.model.parameters)

    def each(self, take: Callable[[Step], Taken], progress: Progress = lambda *_: None) -> Iterator[Taken]:
        """The result of `take` for each chosen layer, whose arrays are freed before the next one is computed.

        Every layer is computed up to the last chosen one, none after it.
        """
        work, n_layer = f"running {self.model.name}", max(self.layers) + 1
        progress(work, 0, n_layer)

        def taken(number: int, computed: ModelLayer) -> Taken | None:
            return take(self._step(number, computed)) if number in self.layers else None

        # A loop over the layers themselves would keep each of them until the next one is there: two at a time.
        for number, given in enumerate(map(taken, range(n_layer), self.model.layers(self.given))):
            progress(work, number + 1, n_layer)
            if given is not None:
                yield given

    def _step(self, number: int, computed: ModelLayer) -> Step:
        """The chosen heads of a layer; shared keys and values are repeated for each of them."""
        n_head, n_kv_head = len(computed.queries), len(computed.keys)
        heads = slice(None) if len(self.heads) == n_head else list(self.heads)  # a slice copies nothing
        shared = np.array(self.heads) // (n_head // n_kv_head)  # [heads], their key heads
        scores, weights, context = (each[heads] for each in computed.attention)
        visible = np.any(scores > -np.inf, axis=0)  # [n_query, n_key]
        vectors = computed.queries[heads], computed.keys[shared], computed.values[shared]
        scoring, w_o = computed.scoring.of_heads(heads), computed.w_o.reshape(n_head, -1, computed.w_o.shape[-1])
        layer = Layer(number, self.heads, computed.output, visible, *vectors, context, scores, weights, scoring)
        return Step(layer, weights, w_o[heads])


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
    heads = of_run if kept else f"{run.shape.n_head} heads of a layer"
    keys = f" × {len(run.given.keys.tokens):,}" if run.given.crosses else ""
    raise AttnError(
        f"expected scores and weights of at most {room / 2**30:,.1f} GiB, the memory there is, got "
        f"{(one + kept) / 2**30:,.1f} GiB: {heads} over {len(run.given.queries.tokens):,}{keys} tokens",
        "shorten the text" if one > room else SOME_HEADS if twice else FEWER_HEADS,
    )


@dataclass
class _Measures:
    """The measures of every head, added layer by layer; strongest are keys and weights of the query's rows."""

    reduction: Reduction
    query: int | None
    visible: Array | None = None  # [n_query, n_key] under any layer
    _kinds: list[HeadKinds] = field(default_factory=list)
    _strongest: list[tuple[Array, Array]] = field(default_factory=list)

    def add(self, layer: Layer, weights: Array) -> None:
        """Measure the weights `[n_head, n_query, n_key]` of a layer."""
        self.visible = layer.visible if self.visible is None else self.visible | layer.visible
        at_once = max(1, TOGETHER // weights[0].size)
        some = [weights[at : at + at_once] for at in range(0, len(weights), at_once)]
        special, crosses = special_tokens(self.reduction.keys.tokens), len(self.reduction.sides) > 1
        measured = [measure_heads(each, special, layer.visible, crosses=crosses) for each in some]
        self._kinds.append(_joined(measured, np.concatenate))

    def add_rows(self, weights: Array) -> None:
        """Add the strongest keys in weights `[n_head, n_query, n_key]` over the rows that are shown."""
        if self.query is not None:
            row = weights[:, self.query]  # [n_head, n_key]
            self._strongest.append((top1(row), row.max(axis=-1)))

    @property
    def kinds(self) -> HeadKinds:
        """The kinds of all heads `[n_layer, n_head]`."""
        return _joined(self._kinds, np.stack)

    @property
    def strongest(self) -> tuple[Array, Array] | None:
        """The strongest key of the query under each head, and its weight: both `[n_layer, n_head]`."""
        if not self._strongest:
            return None
        keys, weights = zip(*self._strongest, strict=True)
        return np.stack(keys), np.stack(weights)


def _joined(kinds: Sequence[HeadKinds], join: Callable[[list[Array]], Array]) -> HeadKinds:
    return HeadKinds(**{each.name: join([getattr(some, each.name) for some in kinds]) for each in fields(HeadKinds)})


def _combined(run: ModelRun, measures: _Measures, progress: Progress) -> tuple[Layer, ...]:
    """The one matrix that the layers are combined to."""
    reduction = measures.reduction

    def take(step: Step) -> Array:
        measures.add(step.layer, step.weights)
        if reduction.settings.combine != "norm":
            return step.weights
        w_o = step.w_o.reshape(-1, step.w_o.shape[-1])  # [n_head·d_v, d_model]
        return norm_weighted(step.weights, step.layer.values, w_o).layer[None]  # ‖Σ_h α f_h(x)‖, [1, n_query, n_key]

    matrix = reduction.reduce(combine(run.each(take, progress), reduction, measures.query)[None])
    assert measures.visible is not None
    return (without_scores(matrix, reduction.visible(measures.visible), run.layers[0], run.heads[:1]),)


def _kept(run: ModelRun, measures: _Measures, whole: bool, progress: Progress) -> tuple[Layer, ...]:
    """The chosen layers with all arrays if `whole`, else with none; over merged rows with weights alone."""
    reduction = measures.reduction

    def take(step: Step) -> Layer:
        layer, weights = step.layer, reduction.reduce(step.weights)  # [n_head, n_query, n_key]
        measures.add(layer, step.weights)
        measures.add_rows(weights)
        if not reduction.unchanged:
            layer = without_scores(weights, reduction.visible(layer.visible), layer.number, run.heads)
        return layer if whole else layer.bare()

    layers = tuple(run.each(take, progress))
    if reduction.unchanged or measures.visible is None:
        return layers
    seen = reduction.visible(measures.visible)  # [n_query, n_key]; under any of the layers
    return tuple(replace(layer, visible=seen | layer.visible) for layer in layers)
