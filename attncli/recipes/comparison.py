"""Several similarity methods on one sentence, each measured against one of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from attncli.analysis.measures import divergence, entropy, rank_correlation, top1
from attncli.arrays import Array
from attncli.display import Displayed
from attncli.errors import AttnError, ResourceError, Setting, UsageError
from attncli.recipes.explaining import explain_inputs, is_long
from attncli.recipes.explanation import Context, Explanation
from attncli.recipes.inputs import Inputs, as_sets, read_inputs
from attncli.recipes.sources import VectorSource
from attncli.settings.explanation import METHODS, Settings, check_settings
from attncli.settings.option import check_choice
from attncli.settings.wording import Remark
from attncli.text.tokens import Sentence
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets


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


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Displayed):
    """The methods in order, the baseline first."""

    methods: tuple[Compared, ...]
    warnings: tuple[str, ...] = ()

    @property
    def baseline(self) -> str:
        """The method that the others are compared with."""
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
    def notes(self) -> tuple[str, ...]:
        """Remarks on the choice of the vector set, which is not the usual one."""
        return self.methods[0].explanation.notes

    @property
    def vectors(self) -> Vectors:
        """The vector set, the same under every method."""
        return self.methods[0].explanation.source.vectors


def compare(
    sentence: str,
    vectors: Vectors | str | Path | None = None,
    *,
    against: str | Iterable[str] = (),
    mode: str = "self",
    method: str | None = None,
    heads: int | None = None,
    layers: int = 1,
    projections: str | Path | None = None,
    seed: int = 0,
    mask: str | Sequence[str] = (),
    exclude_self: bool | None = None,
    temperature: float | None = None,
    sigma: float | None = None,
    positions: str = "none",
    memory: str | None = None,
    cut: str | Sequence[str] = (),
    top: int = 5,
    unknown: str = "compose",
) -> Comparison:
    """Several similarity methods on one sentence, each measured against the baseline `method`.

    sentence, vectors, top, unknown: as in `explain`.
    against: one method or several; none: all others that the projections have parameters for.
    mode: `self` (the vectors themselves), `qkv` (one head with projections), `multihead` (several, mixed by w_o).
    method: the similarity of a query and a key: `dot` q·k, `scaled` q·k/√d_k (Vaswani et al. 2017, equation 1),
        `cosine`, `general` qᵀWk (Luong et al. 2015), `additive` uᵀtanh(W_q q + W_k k) (Bahdanau et al. 2015), `kernel`
        −‖q−k‖²/2σ²; None: `scaled`.
    heads: n_head of `multihead`, from 1; None: 3, or as many as a file of projections has.
    layers: blocks, each on the output of the one before, from 1.
    projections: `trained`, `random`, `identity` or a path to an .npz file; None: trained where the set has such heads,
        else random.
    seed: of random projections, from 0.
    mask: `none`, `causal`, `window:K` (K words to each side), or several of them, which combine.
    exclude_self: whether every word is hidden from itself; None: as the heads were trained, else not.
    temperature: divides the scores, above 0; below 1 the weights become sharper (Hinton et al. 2015); None: 1, or with
        a memory under no given method the vector set's own.
    sigma: σ of `kernel`, above 0; None: σ² = √d_k.
    positions: `none`, or `sinusoidal` (Vaswani et al. 2017, section 3.5).
    memory: another sentence, whose words are the keys and values (cross-attention); None: the sentence itself.
    cut: as in `explain`, under every method.

    Returns: `methods`, the baseline first, each with its mean weights `[n_query, n_key]` of the last layer, its entropy
        and its Jensen–Shannon divergence from the baseline in mean bits a row, the mean Spearman correlation, the share
        of rows with the same strongest key, and its whole explanation.

    Raises:
        UsageError: as in `explain`; the baseline among `against`.
        AttnError: as in `explain`.
        ResourceError: as in `explain`; a file of projections without the parameters of a method of `against`.
    """
    given = dict(locals())  # the parameters by name
    settings = check_settings(**{name: given[name] for name in given.keys() - {"sentence", "vectors", "against"}})
    others = tuple(against) if isinstance(against, Iterable) and not isinstance(against, str) else (against,)
    return compare_with(sentence, settings, as_sets(vectors), others)


def compare_with(
    text: str, settings: Settings, vectors: Vectors | EmbeddedSets, against: tuple[str, ...] = ()
) -> Comparison:
    """`compare` with checked settings and open vectors, or the embedded sets, of which the text chooses one."""
    others = _others(settings.method, against)
    inputs = read_inputs(text, settings, vectors)
    _check_length(inputs, settings)
    baseline = explain_inputs(inputs, settings)
    baseline = replace(baseline, remarks=(*baseline.remarks, *_own_temperature(baseline.source, settings)))
    explanations, warnings = [baseline], list(baseline.warnings)
    for method in others:
        try:
            explanations.append(explain_inputs(inputs, replace(settings, method=method)))
            warnings += explanations[-1].warnings
        except ResourceError as error:  # a file without this method's parameters: an error only if the method was named
            if against:
                raise
            warnings.append(Remark((f"{method} is left out: ", *error.words)))
    methods = tuple(_measured(explanation, baseline) for explanation in explanations)
    return Comparison(methods, tuple(dict.fromkeys(warnings)))


def _own_temperature(source: VectorSource, settings: Settings) -> Iterator[str]:
    """A remark where the baseline alone has the temperature of the vector set."""
    if settings.temperature is None and source.temperature != 1:
        own = f"temperature {source.temperature:g} is {source.name}'s own for the method {source.method}"
        yield f"{own}; the other methods have 1"


def _check_length(inputs: Inputs, settings: Settings) -> None:
    """AttnError for texts whose matrices would not be kept, before they are computed under every method."""
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
    """The queries whose ranked context words differ from those of the baseline: (query, before, now)."""
    for before, now in zip(baseline.context, compared.context, strict=True):
        if [each.key for each in before.ranked] != [each.key for each in now.ranked]:
            yield now.query, before, now
