"""Several similarity methods on one sentence, each measured against one of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from attncli.analysis.measures import divergence, entropy, rank_correlation, top1
from attncli.errors import AttnError, ResourceError, Setting, UsageError
from attncli.heads.parameters import Array
from attncli.recipes.explaining import explain_inputs, is_long
from attncli.recipes.explanation import Context, Explanation
from attncli.recipes.inputs import Inputs, as_vectors, read_inputs
from attncli.recipes.sources import VectorSource
from attncli.settings.explanation import METHODS, Settings, check_settings
from attncli.settings.option import check_choice
from attncli.text.tokens import Sentence
from attncli.vectors import Vectors


@dataclass(frozen=True, eq=False)
class Compared:
    """One method: its explanation, and its mean weights [n_query, n_key] measured against the baseline's.

    `entropy` and `divergence` (Jensen-Shannon) are means in bits a row; `rank_correlation` is the mean Spearman
    coefficient over the visible keys of a row; `top1_agreement` is the share of rows whose strongest key is the same.
    A measure that is defined for no row is None.
    """

    method: str
    explanation: Explanation[VectorSource]
    weights: Array
    entropy: float | None
    divergence: float | None
    rank_correlation: float | None
    top1_agreement: float | None

    @property
    def context(self) -> tuple[Context, ...]:
        """The ranked context words of every query under this method."""
        return self.explanation.context


@dataclass(frozen=True, eq=False)
class Comparison:
    """The methods in order, the baseline first."""

    methods: tuple[Compared, ...]
    warnings: tuple[str, ...] = ()

    @property
    def baseline(self) -> str:
        """The method that the others are held against."""
        return self.methods[0].method

    @property
    def sentence(self) -> Sentence:
        """The sentence, the same under every method."""
        return self.methods[0].explanation.sentence

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentence, and the memory if there is one."""
        return self.methods[0].explanation.sentences

    @property
    def vectors(self) -> Vectors:
        """The vector set, the same under every method."""
        return self.methods[0].explanation.source.vectors


def compare(
    sentence: str, vectors: Vectors | str | Path | None = None, *, against: str | Iterable[str] = (), **settings: Any
) -> Comparison:
    """Hold the methods `against` (default: all others) against the baseline `method` (default `scaled`).

    `settings` are the options of `attn compare` by name; errors as in `explain`, and a UsageError for an unknown
    method or the baseline among those held against it.
    """
    if settings.get("word") is not None:
        raise UsageError(
            "compare has no close-up", "leave it out; explain has one", setting="word", value=settings["word"]
        )
    others = (against,) if isinstance(against, str) else tuple(against)
    return compare_with(sentence, check_settings(**settings), as_vectors(vectors), others)


def compare_with(text: str, settings: Settings, vectors: Vectors, against: tuple[str, ...] = ()) -> Comparison:
    """The same with settings and vectors that are checked and open."""
    others = _others(settings.method, against)
    inputs = read_inputs(text, settings, vectors)
    _check_length(inputs, settings)
    baseline = explain_inputs(inputs, settings)
    explanations, warnings = [baseline], list(baseline.warnings)
    for method in others:
        try:
            explanations.append(explain_inputs(inputs, replace(settings, method=method)))
            warnings += explanations[-1].warnings
        except ResourceError as error:  # a file without this method's parameters: only what was asked for must work
            if against:
                raise
            warnings.append(f"{method} is left out: {error.message}")
    methods = tuple(_measured(explanation, baseline) for explanation in explanations)
    return Comparison(methods, tuple(dict.fromkeys(warnings)))


def _check_length(inputs: Inputs, settings: Settings) -> None:
    """AttnError for texts whose matrices would not be kept: before they are worked out under every method."""
    if is_long(inputs, settings):
        n, m = len(inputs.x), len(inputs.key_x)
        hint = "compare a part of the text; attn explain has the context of every word"
        raise AttnError(f"matrices of {n:,} × {m:,} words are too large to be compared", hint)


def _others(baseline: str, against: tuple[str, ...]) -> tuple[str, ...]:
    for method in against:
        check_choice("against", method, METHODS)
        if method == baseline:
            hint = ("choose another ", Setting("method"), " or another ", Setting("against"))
            raise UsageError("expected another method than the baseline", hint, setting="against", value=method)
    return tuple(dict.fromkeys(against)) or tuple(method for method in METHODS if method != baseline)


def _measured(explanation: Explanation[VectorSource], baseline: Explanation[VectorSource]) -> Compared:
    p, q = explanation.mean_weights, baseline.mean_weights  # [n_query, n_key]
    visible = baseline.layers[-1].visible  # [n_query, n_key]
    seeing = visible.any(axis=1)  # [n_query]
    correlation = rank_correlation(p, q, visible)  # [n_query]
    itself = explanation is baseline
    return Compared(
        explanation.source.settings.method,
        explanation,
        p,
        _mean(entropy(p)[seeing]),
        _mean(divergence(p, q)[seeing]),
        1.0 if itself else _mean(correlation[np.isfinite(correlation)]),
        _mean((top1(p) == top1(q))[seeing]),
    )


def _mean(values: Array) -> float | None:
    return float(values.mean()) if values.size else None


def changed_context(compared: Compared, baseline: Compared) -> Iterator[tuple[int, Context, Context]]:
    """The queries whose ranked context words are others than under the baseline: (query, before, now)."""
    for before, now in zip(baseline.context, compared.context, strict=True):
        if [each.key for each in before.ranked] != [each.key for each in now.ranked]:
            yield now.query, before, now
