"""Two runs compared head by head: two checkpoints on one sentence, or one on a sentence and on a changed copy of it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from attncli.analysis.measures import divergence, rank_correlation, top1
from attncli.analysis.merging import hide, merge_words
from attncli.arrays import Array
from attncli.display import Displayed
from attncli.errors import AttnError, Setting, UsageError
from attncli.models.model import Model
from attncli.recipes.compared_answers import Side, answers_of
from attncli.recipes.differences import Difference
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_explaining import Numbers, as_model, explain_model_with
from attncli.recipes.model_input import part_of
from attncli.recipes.model_run import ModelRun, check_room
from attncli.recipes.model_source import ModelSource
from attncli.recipes.prediction import Prediction
from attncli.settings.explanation import cut_words
from attncli.settings.model import ModelSettings, check_model_settings
from attncli.settings.option import check_text
from attncli.text.tokens import SURROGATES, Sentence, Token


@dataclass(frozen=True)
class ComparedHead:
    """One head of both runs, compared row by row: measures as in `comparison.Compared`."""

    layer: int
    head: int
    divergence: float
    rank_correlation: float | None
    top1_agreement: float


@dataclass(frozen=True, repr=False)
class ModelComparison(Displayed):
    """The heads of two runs; `words` are the compared rows; a warning names them where they are not pieces.

    with_all: the mean divergence without the runs' changes, None where there are none. answers: what each side's model
    says of its text, empty where one of the two says nothing.
    """

    baseline: Explanation[ModelSource]
    other: Explanation[ModelSource]
    words: tuple[str, ...]
    heads: tuple[ComparedHead, ...]
    swap: tuple[str, str] | None
    warnings: tuple[str, ...] = ()
    with_all: float | None = None
    answers: tuple[Prediction, ...] = ()

    @property
    def divergence(self) -> float:
        """The mean divergence of the heads, in bits a row."""
        return sum(head.divergence for head in self.heads) / len(self.heads)

    @property
    def remarks(self) -> tuple[str, ...]:
        """The changes of the two runs, the difference that they make to each, and to the distance of the two."""
        runs = [each.changes for each in (self.baseline, self.other) if isinstance(each.changes, Difference)]
        if self.with_all is None:
            return ()
        sides = self.swap or (self.baseline.source.name, self.other.source.name)
        said = (f"{side}: {run.said}" for side, run in zip(sides, runs, strict=True))
        apart = f"the two differ by {self.divergence:.3f} bits a row in the mean of these heads"
        named = dict.fromkeys(chain.from_iterable(run.named for run in runs))
        return (*named, *said, f"{apart}; unchanged by {self.with_all:.3f}")

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of both runs."""
        return (self.baseline.sentence, self.other.sentence)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of both runs, each once: that of the queries before that of the keys."""
        runs = (self.baseline, self.other)
        return tuple(dict.fromkeys(sentence.text for run in runs for sentence in run.sentences))


def compare_models(
    sentence: str,
    model: Model | str | Path,
    against: Model | str | Path | None = None,
    *,
    swap: str | None = None,
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
    cut: str | Sequence[str] = (),
    top: int = 5,
) -> ModelComparison:
    """Two models on one sentence, or one model on a sentence and on a changed copy of it, head by head.

    sentence: a text; the model's tokenizer makes n tokens of it, special ones among them.
    model: an opened model (`open_model`), a folder, or a name in the local Hugging Face cache.
    against: another model of as many layers and heads; or None, with `swap`.
    swap: `he=she`, a word of the sentence and the one that replaces it everywhere.
    pair, target, part, source_lang, target_lang, bos, truncate, stride: as in `explain_model`.
    without, ablate, cut: as in `explain_model`, in both runs; of a changed sentence a cut has the changed word.
    layer, head: numbers from 0, or texts such as `3`, `0,2` and `4-7`, or several of them; None: all.
    top: how many context words of every query are ranked, from 1.

    Returns: for every chosen layer and head the mean Jensen–Shannon divergence in bits a row, the mean Spearman
        correlation and the share of rows with the same strongest key, over tokens where both have the same, else over
        the words of both; the two explanations; the `answers` of both models, where they have some (`predict`).

    Raises:
        UsageError: neither `against` nor `swap`, or both; a word that the sentence does not have; else as in
            `explain_model`.
        AttnError: models of other numbers of layers or heads, or without a word in common.
        ResourceError: as in `explain_model`.
    """
    if (against is None) == (swap is None):
        raise UsageError("expected either another model or a swap", 'against=MODEL, or swap="he=she"')
    texts = {"pair": pair, "target": target, "part": part}
    texts |= {"source_lang": source_lang, "target_lang": target_lang}
    reading = {"bos": bos, "truncate": truncate, "stride": stride}
    changes = {"without": without, "ablate": ablate, "cut": cut}
    settings = check_model_settings(**texts, **reading, **changes, layer=layer, head=head, top=top)
    opened = as_model(model)
    if swap is not None:
        return compare_swap(sentence, opened, swap, settings)
    return compare_models_with(sentence, opened, as_model(against or ""), settings)


def compare_models_with(text: str, model: Model, against: Model, choice: ModelSettings) -> ModelComparison:
    """`compare_models` with open models and checked settings.

    Raises:
        AttnError: they have other numbers of layers or heads, or both together do not fit in memory.
    """
    mine, its = (each.shape_of(part_of(each, choice)) for each in (model, against))
    if (mine.n_layer, mine.n_head) != (its.n_layer, its.n_head):
        sizes = " against ".join(f"{each.n_layer} layers × {each.n_head} heads" for each in (mine, its))
        raise AttnError(
            f"expected {model.name} and {against.name} of one shape, got {sizes}", "compare models of one shape"
        )
    found = _beside_unchanged(
        lambda choice: _compared(*_explained((text, model, choice), (text, against, choice))), choice
    )
    return replace(found, answers=answers_of((text, model, choice), (text, against, choice)))


def compare_swap(text: str, model: Model, swap: str, choice: ModelSettings) -> ModelComparison:
    """A sentence against itself with a word swapped for another: `he=she`, in a second text too."""
    old, new, *changed = _both_swapped(text, choice.pair, swap)

    def sides(choice: ModelSettings) -> tuple[Side, Side]:
        pair = changed[1] if choice.pair is not None else None
        other = replace(choice, pair=pair, cut=tuple(_swapped_cut(cut, old, new) for cut in choice.cut))
        return (text, model, choice), (changed[0], model, other)

    found = _beside_unchanged(lambda choice: _compared(*_explained(*sides(choice)), (old, new)), choice)
    return replace(found, answers=answers_of(*sides(choice)))


def _beside_unchanged(compared: Callable[[ModelSettings], ModelComparison], choice: ModelSettings) -> ModelComparison:
    """A comparison under settings, with the mean divergence of the unchanged runs where they have changes."""
    found = compared(choice)
    if not (choice.without or choice.cut):
        return found
    return replace(found, with_all=compared(replace(choice, without=(), ablate="zero", cut=())).divergence)


def _swapped_cut(cut: str, old: str, new: str) -> str:
    """A cut of the changed sentence, where either of its words may be the new one."""
    return ":".join(new if word in (old, f"={old}") else word for word in cut_words(cut))


def _explained(
    *given: Side,
) -> tuple[Explanation[ModelSource], Explanation[ModelSource]]:
    """Two texts under their models; AttnError before any is computed if the matrices of both do not fit in memory."""
    check_room(*(ModelRun.of(*each) for each in given), keeps=True)
    one, other = (explain_model_with(*each) for each in given)
    return one, other


def _both_swapped(text: str, pair: str | None, swap: str) -> tuple[str, ...]:
    """The two words, the changed text, and of two texts the second one; UsageError as `swapped`."""
    if pair is None:
        return swapped(text, swap)
    old, new, changed = swapped(f"{text}\n{pair}", swap)
    start = len("\n".join(changed.split("\n")[: text.count("\n") + 1]))  # no line break is changed
    return old, new, changed[:start], changed[start + 1 :]


def swapped(text: str, swap: str) -> tuple[str, str, str]:
    """The two words and the changed text; every occurrence of the word is swapped.

    Raises:
        UsageError: not of the form OLD=NEW, or a word that the text does not have.
    """
    given = {"sentence": text, "swap": swap}
    text, swap = (SURROGATES.sub("\ufffd", check_text(name, each)) for name, each in given.items())
    old, equals, new = swap.partition("=")
    if not (equals and old.strip() and new.strip()) or len(old.split()) != len(new.split()):
        hint = ("for example ", Setting("swap", "he=she"))
        raise UsageError("expected a word and another one, OLD=NEW", hint, setting="swap", value=swap)
    if not text.strip():
        return old, new, text  # an empty text has an error of its own
    words = [(word, _bare(word)) for word in re.split(r"(\s+)", text)]
    if old not in (bare for _, bare in words):
        known = ", ".join(dict.fromkeys(bare for _, bare in words if bare.strip()))
        reason = f"expected a word of this sentence, got {old!r}"
        raise UsageError(reason, f"choose from: {known}", setting="swap", value=swap)
    return old, new, "".join(word.replace(old, new, 1) if bare == old else word for word, bare in words)


def _bare(word: str) -> str:
    return word.strip(".,;:!?()[]\"'“”‘’…")


def _compared(
    baseline: Explanation[ModelSource], other: Explanation[ModelSource], swap: tuple[str, str] | None = None
) -> ModelComparison:
    if correspond(baseline, other, swap):
        words = tuple(token.text for token in baseline.sentence.tokens)
        heads = _measured(baseline, _weights(baseline), _weights(other))
        return ModelComparison(baseline, other, words, tuple(heads), swap, _of_models(baseline, other))
    queries = _Common.of(baseline.sentence, other.sentence)
    keys = queries if baseline.memory is None else _Common.of(baseline.key_sentence, other.key_sentence)
    heads = _measured(baseline, *(_by_words(each, queries, keys) for each in (baseline, other)))
    notes = _by_words_notes(queries, keys)
    return ModelComparison(baseline, other, queries.words, tuple(heads), swap, (*_of_models(baseline, other), *notes))


def _of_models(baseline: Explanation[ModelSource], other: Explanation[ModelSource]) -> tuple[str, ...]:
    """The warnings of both models, each once, and what stands in front of the text."""
    said = [run.remarks for run in (baseline, other) if run.source.settings.bos is not None]
    return tuple(dict.fromkeys((*baseline.warnings, *other.warnings, *chain.from_iterable(said))))


def _by_words_notes(*sides: "_Common") -> Iterator[str]:
    yield "the tokens differ: compared by words as typed, special tokens left out"
    if lacking := sum(side.lacking for side in dict.fromkeys(sides)):
        yield f"words left out, because one of the two has no token of their own for them: {lacking}"


def correspond(one: Explanation[ModelSource], other: Explanation[ModelSource], swap: tuple[str, str] | None) -> bool:
    """Whether the tokens of two runs correspond one by one, all equal except for a changed word."""
    sides = ((one.sentence, other.sentence), (one.key_sentence, other.key_sentence))
    return all(_same_tokens(*(sentence.tokens for sentence in side), swapped=swap is not None) for side in sides)


def _same_tokens(mine: Sequence[Token], its: Sequence[Token], *, swapped: bool) -> bool:
    if [each.special for each in mine] != [each.special for each in its]:
        return False
    return swapped or [each.pieces for each in mine] == [each.pieces for each in its]


def _weights(explanation: Explanation[ModelSource]) -> Iterator[Array]:
    """The weights of one layer after another, each `[n_head, n_query, n_key]`."""
    return (explanation.kept(layer.weights) for layer in explanation.layers)


@dataclass(frozen=True, eq=False)
class _Common:
    """The words between spaces `[m]` that two sentences have tokens for, by number; lacking: those that one alone has.

    words: as they are typed in the first of the two.
    """

    numbers: Array
    words: tuple[str, ...]
    lacking: int

    @classmethod
    def of(cls, one: Sentence, other: Sentence) -> "_Common":
        """Those of two sentences; AttnError for none."""
        mine, its = (np.unique(groups[groups >= 0]) for groups in map(_words_of, (one, other)))
        both = np.intersect1d(mine, its)
        if not len(both):
            raise AttnError("the two have no word in common that could be compared", "try another sentence")
        words = np.array(re.findall(r"\S+", one.text))[both]
        return cls(both, tuple(words.tolist()), len(np.union1d(mine, its)) - len(both))


def _words_of(sentence: Sentence) -> Array:
    """The word between spaces of each token `[n]`; special ones have negative numbers of their own.

    A token belongs to the word that it starts in, one that is a space to the word behind it.
    """
    tokens = sentence.tokens
    ends = np.array([match.end() for match in re.finditer(r"\S+", sentence.text)])  # [words]
    inside = np.searchsorted(ends, [token.start for token in tokens], side="right").clip(max=len(ends) - 1)  # [n]
    return np.where([token.special for token in tokens], -1 - np.arange(len(tokens)), inside)


def _by_words(explanation: Explanation[ModelSource], queries: _Common, keys: _Common) -> Iterator[Array]:
    """The weights of one layer after another over the common words, each `[n_head, m_query, m_key]`."""
    sides = (_words_of(explanation.sentence), _words_of(explanation.key_sentence))  # [n_query], [n_key]
    hidden = [~np.isin(np.unique(side), common.numbers) for side, common in zip(sides, (queries, keys), strict=True)]
    return (hide(merge_words(each, *sides), *hidden) for each in _weights(explanation))


def _measured(
    baseline: Explanation[ModelSource], mine: Iterable[Array], its: Iterable[Array]
) -> Iterator[ComparedHead]:
    """The measures of every chosen head, by the weights of each layer `[n_head, m_query, m_key]`."""
    for layer, p, q in zip(baseline.source.layers, mine, its, strict=True):
        apart, agrees = divergence(p, q), top1(p) == top1(q)  # both [n_head, m_query]
        alike = rank_correlation(p, q, (p > 0) | (q > 0))  # [n_head, m_query]
        for head, *rows in zip(baseline.source.heads, apart, alike, agrees, strict=True):
            yield ComparedHead(layer, head, *_means(*rows))


def _means(apart: Array, alike: Array, agrees: Array) -> tuple[float, float | None, float]:
    """The means over a head's rows, each `[m]`; None where no row has a rank correlation."""
    defined = alike[np.isfinite(alike)]
    return float(apart.mean()), float(defined.mean()) if len(defined) else None, float(agrees.mean())
