"""The recipe of `attn heads`: the heads of a model, ranked by their weight on a pair of words or on a pattern."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from attncli.analysis.patterns import PATTERNS, RankedHead, column_mean, in_order, pair_score, pattern_score
from attncli.arrays import Array
from attncli.display import Displayed
from attncli.errors import Setting, UsageError
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes.changes import check_ablated
from attncli.recipes.differences import Difference, beside_of
from attncli.recipes.model_explaining import Numbers, as_model
from attncli.recipes.model_input import input_remarks
from attncli.recipes.model_run import ModelRun, Step, check_room
from attncli.recipes.model_source import ModelInfo
from attncli.recipes.sides import Side
from attncli.recipes.word_places import pieces_of
from attncli.settings.explanation import check_word
from attncli.settings.model import PATTERN_NAMES, ModelSettings, check_model_settings
from attncli.settings.option import check_choice, check_flag
from attncli.text.tokens import Sentence


@dataclass(frozen=True, repr=False)
class HeadRanking(Displayed):
    """The heads, the highest score first, or with `by_lift` those furthest above their mean.

    `from_` and `to` are the tokens of the two words, None for a pattern; memory: the source that a target attends to,
    which has the word of `to`; part: that of an encoder–decoder whose heads they are; warnings are the model's;
    changes: the difference that heads taken away and words cut apart make.
    """

    model: ModelInfo
    sentence: Sentence
    heads: tuple[RankedHead, ...]
    pattern: str | None
    from_: tuple[int, ...] | None
    to: tuple[int, ...] | None
    top: int
    by_lift: bool = False
    warnings: tuple[str, ...] = ()
    memory: Sentence | None = None
    remarks: tuple[str, ...] = ()
    changes: Difference | None = None
    part: str | None = None

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentence, and the memory if there is one."""
        return (self.sentence,) if self.memory is None else (self.sentence, self.memory)

    @property
    def key_sentence(self) -> Sentence:
        """The sentence of the keys: the memory if there is one."""
        return self.memory or self.sentence


def rank_heads(
    sentence: str,
    model: Model | str | Path,
    *,
    from_: str | int | None = None,
    to: str | int | None = None,
    pattern: str | None = None,
    lift: bool = False,
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
) -> HeadRanking:
    """The heads of a model in the order of their weight on a pair of words, or on a pattern.

    sentence: a text; the model's tokenizer makes n tokens of it, special ones among them.
    model: an opened model (`open_model`), a folder, or a name in the local Hugging Face cache.
    from_, to: words of the sentence, or their indices from 0: the weight from the one on the other counts.
    pattern: instead of a pair, `previous`, `next`, `duplicate` or `induction` (Olsson et al. 2022): the mean share of a
        row's weight on the tokens of that pattern.
    lift: whether the order is by that weight minus the mean weight of all tokens on `to`.
    pair, target, part, source_lang, target_lang, bos, truncate, stride: as in `explain_model`; of two texts `from_` and
        `to` are words of either, of `cross` `from_` is a word of the target and `to` one of the sentence.
    without, ablate, cut: as in `explain_model`.
    layer, head: numbers from 0, or texts such as `3`, `0,2` and `4-7`, or several of them; None: all.
    top: the number of heads that the screen shows, from 1; `heads` has all.

    Returns: `heads`, each with its layer, its number, its score from 0 to 1, and its mean (of a pair).

    Raises:
        UsageError: neither a pair nor a pattern, both, a lift of a pattern, or a word that the sentence does not have.
        AttnError, ResourceError: as in `explain_model`.
    """
    texts = {"pair": pair, "target": target, "part": part}
    texts |= {"source_lang": source_lang, "target_lang": target_lang}
    reading = {"bos": bos, "truncate": truncate, "stride": stride}
    changes = {"without": without, "ablate": ablate, "cut": cut}
    settings = check_model_settings(**texts, **reading, **changes, layer=layer, head=head, top=top)
    words = {name: check_word(name, word) for name, word in (("from_", from_), ("to", to)) if word is not None}
    lift = check_flag("lift", lift)
    return rank_model_heads(sentence, as_model(model), **words, pattern=pattern, lift=lift, choice=settings)


def rank_model_heads(
    text: str,
    model: Model,
    *,
    from_: str | None = None,
    to: str | None = None,
    pattern: str | None = None,
    lift: bool = False,
    choice: ModelSettings | None = None,
) -> HeadRanking:
    """Rank the heads of a model on a sentence, by the weight from one word on another or by a pattern's score.

    lift: by that weight minus the mean weight of all words on the same one.

    Raises:
        UsageError: neither a pair nor a pattern, both, a lift of a pattern, or a word that the sentence does not have.
    """
    check_ranked(from_, to, pattern, lift)
    choice = choice or ModelSettings()
    check_ablated(choice)
    run = ModelRun.of(text, model, choice)
    check_room(run)
    sentence, keys = (Side.of(each, ModelSettings()).sentence for each in (run.given.queries, run.given.keys))
    attending = attended = means = None
    beside = beside_of(run)
    each = partial(run.each, watch=beside.add if beside else None)
    if pattern is not None:
        wanted = _pattern(pattern, run.given)  # [n, n]
        scores = np.stack([*each(lambda step: pattern_score(step.weights, wanted))])  # [n_layer, n_head]
    else:
        attending, attended = pieces_of(sentence, from_ or "", "from_"), pieces_of(keys, to or "", "to")
        on_pair = partial(_on_pair, attending, attended)
        scores, means = np.moveaxis(np.stack([*each(on_pair)]), 1, 0)  # [n_layer, n_head] both
    named = tuple(
        head._replace(layer=run.layers[head.layer], head=run.heads[head.head])
        for head in in_order(scores, means, by_lift=lift)
    )
    difference = beside.difference(choice) if beside else None
    return HeadRanking(
        run.info,
        sentence,
        named,
        pattern,
        attending,
        attended,
        choice.top,
        lift,
        run.warnings,
        memory=keys if run.given.crosses else None,
        remarks=(*input_remarks(run.given.text, choice), *(difference.remarks if difference else ())),
        changes=difference,
        part=run.given.part if model.has_decoder else None,
    )


def _pattern(name: str, given: ModelInput) -> Array:
    """The pairs of a pattern `[n, n]`; UsageError between two texts."""
    if given.crosses:
        reason = "expected the attention of a text to itself, got that of the target to the source"
        raise UsageError(reason, ("take another part: ", Setting("part", "decoder")), setting="pattern", value=name)
    return PATTERNS[name](np.array(given.queries.ids))


def _on_pair(attending: Sequence[int], attended: Sequence[int], step: Step) -> Array:
    """The weight of a layer's heads from one word on the other, and the mean of all words: `[2, n_head]`."""
    scores = pair_score(step.weights, attending, attended)
    return np.stack([scores, column_mean(step.weights, step.layer.visible, attended)])


def check_ranked(from_: str | None, to: str | None, pattern: str | None, lift: bool = False) -> None:
    """A pair or a pattern that exists; UsageError for neither and both, and for the lift of a pattern."""
    if pattern is not None:
        check_choice("pattern", pattern, PATTERN_NAMES)
    if pattern is not None and (from_ is not None or to is not None):
        reason = "expected a pattern or a pair of words to rank by, got both"
        raise UsageError(reason, "leave one of the two out", setting="pattern", value=pattern)
    if pattern is not None and lift:
        reason = "expected no lift, which compares the weight on a word: a pattern has none"
        raise UsageError(reason, "leave one of the two out", setting="pattern", value=pattern)
    if pattern is None and (from_ is None or to is None):
        pair = ("name a pair: ", Setting("from_", "he"), " ", Setting("to", "dog"))
        hint = (*pair, ", or a pattern: ", Setting("pattern", PATTERN_NAMES[0]))
        missing = "to" if from_ is not None else "from_"
        raise UsageError("missing; heads are ranked for a pair of words or a pattern", hint, setting=missing)
