"""The recipe for models: a sentence, a checkpoint and settings become an `Explanation`, layer by layer."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from attncli.analysis.combining import norm_weighted
from attncli.analysis.crossing import crossing
from attncli.analysis.kinds import HeadKinds, measure_heads, measures_of
from attncli.analysis.measures import top1
from attncli.analysis.pooling import pooled
from attncli.arrays import Array
from attncli.errors import AttnError, Setting
from attncli.models.checkpoint.places import relations_folder
from attncli.models.model import Model, open_model
from attncli.recipes.changes import check_ablated
from attncli.recipes.combinations import MOST_FLOWING, without_scores
from attncli.recipes.differences import beside_of
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.inputs import find_query
from attncli.recipes.model_input import input_remarks
from attncli.recipes.model_run import ModelRun, Progress, Step, check_room
from attncli.recipes.model_source import ModelSource
from attncli.recipes.reduction import Reduction, check_combined, combine, remarks
from attncli.recipes.sides import segments, special_tokens
from attncli.recipes.sources import PICTURED
from attncli.settings.model import ModelSettings, check_model_settings
from attncli.settings.wording import Remark

ENCODER = (
    "these are the heads of the encoder; the decoder, and its attention to the source: ",
    Setting("target", "TEXT"),
)
SAID = "tokens with + in front are those that the model said"
TOGETHER = 2**22  # weights of heads that are measured at once; bounds the memory of the measures
#: Layers or heads by number: 3, "0,4-7", ["0", 5].
Numbers = int | str | Sequence[int | str] | None
Each = Callable[[Callable[[Step], Any]], Iterator[Any]]  # `ModelRun.each`


def explain_model(
    sentence: str,
    model: Model | str | Path,
    *,
    pair: str | None = None,
    target: str | None = None,
    part: str | None = None,
    source_lang: str | None = None,
    target_lang: str | None = None,
    bos: bool | None = None,
    truncate: bool = False,
    stride: int | None = None,
    without: str | Sequence[str] = (),
    ablate: str = "zero",
    layer: Numbers = None,
    head: Numbers = None,
    combine: str = "none",
    words: bool = False,
    hide_special: bool = False,
    hide_first: bool = False,
    word: str | int | None = None,
    cut: str | Sequence[str] = (),
    generate: int | None = None,
    top: int = 5,
) -> Explanation[ModelSource]:
    """The attention of a trained model on a sentence: every layer and head, or the chosen or combined ones.

    sentence: a text; the model's tokenizer makes n tokens of it, special ones among them.
    model: an opened model (`open_model`), a folder, or a name in the local Hugging Face cache.
    pair: a second text in the same input: the tokenizer puts its own tokens between the two, and the model is given the
        segment of each. The sentence's text has both with a line break between them, and tokens say their `segment`.
    target: the m tokens that the decoder of an encoder–decoder reads, where the sentence is its source: as in training,
        with its start token first and the last one dropped.
    part: the heads of an encoder–decoder: `encoder`, `decoder` (the target attends to itself), or `cross` (queries from
        the target, keys and values from the source; Vaswani et al. 2017, section 3.2.3), which is meant with a target.
    source_lang, target_lang: the codes of the languages, of models that mark texts with them (mBART, NLLB, M2M-100).
    bos: whether tokens stand in front of the text: False leaves out those that the tokenizer puts there, True puts the
        model's `bos_token` there where the tokenizer puts none; None is the tokenizer's own way.
    truncate: whether a text of more tokens than the model has positions is cut, as transformers' tokenizers cut it.
    stride: such a text is read in windows, each with the last so many tokens of the one before; the weights of a token
        are the mean of those in its windows, 0 on tokens outside of them, and have no scores.
    without: heads that are taken away in front of w_o, by layer and number: `23.4`, `23.4,7.1`, or several texts; of an
        encoder–decoder `encoder:2.1`, `decoder:2.1`, `cross:2.1` (Michel et al. 2019, section 2.1).
    ablate: what stands in place of their output: `zero`, or `mean`, their mean over the tokens.
    cut: pairs of words of which the first does not see the second, in any layer and head: `he:dog`, `*:dog`, `he:*`, or
        several (attention knockout, Geva et al. 2023); places by index, a word to the letter after `=`.
    layer, head: numbers from 0, or texts such as `3`, `0,2` and `4-7`, or several of them; None: all.
    combine: one matrix of the chosen ones: `mean`, `max`, `rollout` and `flow` (Abnar & Zuidema 2020), `norm` ‖αf(x)‖
        (Kobayashi et al. 2020); `none` leaves them.
    words: whether pieces are merged into words: the weights to them summed, those from them averaged.
    hide_special: whether `[CLS]`, `<s>` and the like are left out and the rest renormalised.
    hide_first: whether the first token is, on which heads of GPT-like models rest (Xiao et al. 2024, section 3.1).
    word: the query of the close-up, a token or word of the sentence or its index from 0.
    generate: the model goes on from the text with at most so many tokens, the likeliest each time, and the attention is
        that of both together; of an encoder–decoder they are its target, or go on from it. They are `generated`.
    top: how many context words of every query are ranked, from 1.

    Returns: `weights` `[n_layer, n_head, n, n]` of the chosen layers and heads, `[n_layer, n_head, m, n]` of `cross`
        with the source as `memory`, and `scores` of the same shape where they were not combined or merged; `context`;
        the kind and the measures of every head; `warnings`; `changes`, the difference that heads taken away and words
        cut apart make.

    Raises:
        UsageError: an empty sentence, or a value that does not fit; the message quotes it.
        AttnError: more tokens than the model has positions, neither cut nor read in windows.
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
    check_ablated(settings)
    run = ModelRun.of(text, model, settings)
    check_combined(settings, run.given)
    keeps = settings.combine == "none" and (whole or len(run.layers) * len(run.heads) == 1)
    check_room(run, keeps=keeps)
    reduction = Reduction.of(run.given, settings)
    check_rows(reduction, model)
    sentence = reduction.queries.sentence
    query = None if settings.word is None else find_query(sentence, settings.word)
    measures = _Measures(reduction, query)
    beside = beside_of(run)
    each = partial(run.each, progress=progress, watch=beside.add if beside else None)
    layers = _kept(run, each, measures, keeps) if settings.combine == "none" else _combined(run, each, measures)
    shown = replace(settings, part=run.given.part if model.has_decoder else None)
    difference = beside.difference(settings) if beside else None
    chosen, found = (run.layers, run.heads), (measures.kinds, reduction.keys.special)
    return Explanation(
        ModelSource(run.info, shown, *chosen, *found, measures.strongest, measures.pictures),
        sentence,
        layers,
        memory=reduction.keys.sentence if run.given.crosses else None,
        query=query,
        top=settings.top,
        warnings=run.warnings,
        remarks=(
            *[Remark(ENCODER)] * (model.has_decoder and run.given.target is None),
            *[SAID] * any(token.generated for token in run.given.begun.tokens),
            *input_remarks(run.given.text, settings),
            *remarks(reduction),
            *_of_treebanks(run),
            *(difference.remarks if difference else ()),
        ),
        partial=settings.combine == "flow" and len(run.given.queries.tokens) > MOST_FLOWING,
        changes=difference,
    )


def _of_treebanks(run: ModelRun) -> Iterator[str]:
    """The relations that the one head which is shown is known for, if `attn heads --treebank` has kept any."""
    alone, kept = len(run.layers) * len(run.heads) == 1, relations_folder()
    if alone and run.given.part == "encoder" and not run.given.changes and kept and os.path.isdir(kept):
        from attncli.recipes.known_relations import relations_said  # late: few have kept some

        yield from relations_said(run.model.folder, run.layers[0], run.heads[0])


def check_rows(reduction: Reduction, model: Model) -> None:
    """AttnError: all tokens of a text are left out."""
    for side in reduction.sides:
        if not side.sentence.tokens:
            only, which = ("one token", "first") if reduction.settings.hide_first else ("special tokens", "special")
            reason = f"{model.name} makes only {only} of {side.sentence.text!r}"
            raise AttnError(reason, ("leave out ", Setting(f"hide_{which}")))


@dataclass
class _Measures:
    """The measures of every head, added layer by layer; strongest are keys and weights of the query's rows.

    Pictures are of the weights that are shown, those of merged or left out tokens among them.
    """

    reduction: Reduction
    query: int | None
    visible: Array | None = None  # [n_query, n_key] under any layer
    _kinds: list[HeadKinds] = field(default_factory=list)
    _strongest: list[tuple[Array, Array]] = field(default_factory=list)
    _pictures: list[Array] = field(default_factory=list)

    def add(self, layer: Layer, weights: Array) -> None:
        """Measure the weights `[n_head, n_query, n_key]` of a layer."""
        self.visible = layer.visible if self.visible is None else self.visible | layer.visible
        at_once = max(1, TOGETHER // weights[0].size)
        some = [weights[at : at + at_once] for at in range(0, len(weights), at_once)]
        special, crosses = special_tokens(self.reduction.keys.tokens), len(self.reduction.sides) > 1
        measured = [measure_heads(each, special, layer.visible, crosses=crosses) for each in some]
        if (texts := segments(self.reduction.keys.tokens)) is not None:
            across = (crossing(each, texts, special) for each in some)
            measured = [replace(kinds, crossing=share) for kinds, share in zip(measured, across, strict=True)]
        self._kinds.append(measures_of(measured, np.concatenate))

    def add_shown(self, weights: Array) -> None:
        """Add the pictures and the strongest keys of the weights that are shown, `[n_head, n_query, n_key]`."""
        self._pictures.append(pooled(weights, PICTURED, PICTURED))
        if self.query is not None:
            row = weights[:, self.query]  # [n_head, n_key]
            self._strongest.append((top1(row), row.max(axis=-1)))

    @property
    def kinds(self) -> HeadKinds:
        """The kinds of all heads `[n_layer, n_head]`."""
        return measures_of(self._kinds, np.stack)

    @property
    def strongest(self) -> tuple[Array, Array] | None:
        """The strongest key of the query under each head, and its weight: both `[n_layer, n_head]`."""
        if not self._strongest:
            return None
        keys, weights = zip(*self._strongest, strict=True)
        return np.stack(keys), np.stack(weights)

    @property
    def pictures(self) -> Array | None:
        """The weights of all heads, pooled: `[n_layer, n_head, ≤ PICTURED, ≤ PICTURED]`; of combined ones None."""
        return np.stack(self._pictures) if self._pictures else None


def _combined(run: ModelRun, each: Each, measures: _Measures) -> tuple[Layer, ...]:
    """The one matrix that the layers are combined to."""
    reduction = measures.reduction

    def take(step: Step) -> Array:
        measures.add(step.layer, step.weights)
        if reduction.settings.combine != "norm":
            return step.weights
        w_o = step.w_o.reshape(-1, step.w_o.shape[-1])  # [n_head·d_v, d_model]
        return norm_weighted(step.weights, step.layer.values, w_o).layer[None]  # ‖Σ_h α f_h(x)‖, [1, n_query, n_key]

    matrix = reduction.reduce(combine(each(take), reduction, measures.query)[None])
    assert measures.visible is not None
    return (without_scores(matrix, reduction.visible(measures.visible), run.layers[0], run.heads[:1]),)


def _kept(run: ModelRun, each: Each, measures: _Measures, whole: bool) -> tuple[Layer, ...]:
    """The chosen layers with all arrays if `whole`, else with none; over merged rows with weights alone."""
    reduction = measures.reduction

    def take(step: Step) -> Layer:
        layer, weights = step.layer, reduction.reduce(step.weights)  # [n_head, n_query, n_key]
        measures.add(layer, step.weights)
        measures.add_shown(weights)
        if not reduction.unchanged:
            layer = without_scores(weights, reduction.visible(layer.visible), layer.number, run.heads)
        return layer if whole else layer.bare()

    layers = tuple(each(take))
    if reduction.unchanged or measures.visible is None:
        return layers
    seen = reduction.visible(measures.visible)  # [n_query, n_key]; under any of the layers
    return tuple(replace(layer, visible=seen | layer.visible) for layer in layers)
