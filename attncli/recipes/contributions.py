"""The recipe of `attn heads --by contribution`: what each head and layer adds to the score of a model's answer.

Direct logit attribution: one pass, the sizes that norms divide by held fixed (models/contribution.py).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attncli.analysis.measures import ranking
from attncli.arrays import Array
from attncli.display import Displayed
from attncli.errors import FinalError, Setting
from attncli.models.changes import UNCHANGED
from attncli.models.contribution import Shares
from attncli.models.encoder_decoder import PARTS
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.models.stream import BIASES, EMBEDDING, FEED_FORWARD, OUTPUT_BIAS, Part
from attncli.recipes.changes import check_ablated, named
from attncli.recipes.head_effects import Answered, taken
from attncli.recipes.model_explaining import Numbers, as_model
from attncli.recipes.model_input import input_remarks
from attncli.recipes.model_run import ModelRun, check_room
from attncli.recipes.model_source import ModelInfo
from attncli.recipes.sides import Side
from attncli.recipes.watched import Watched, WatchedToken, first_answer, watched
from attncli.settings.model import ModelSettings, check_model_settings, chosen
from attncli.settings.option import check_text
from attncli.text.tokens import Sentence

OTHER_HEADS = "other_heads"  # those that were not asked for
KINDS = (EMBEDDING, FEED_FORWARD, BIASES, OUTPUT_BIAS, OTHER_HEADS)


class HeadContribution(NamedTuple):
    """What a head adds to the answer's logit.

    part: `decoder` or `cross`, None of models without parts.
    """

    part: str | None
    layer: int
    head: int
    contribution: float

    @property
    def name(self) -> str:
        """As `--without` takes it: `23.4`, `cross:2.1`."""
        return named(self.part, self.layer, self.head)


class PartContribution(NamedTuple):
    """What another part than a head adds to the answer's logit.

    part: one of KINDS: `embedding`, `feed_forward` of a layer, `biases` of a layer's w_o and norms, or of the last norm
    (layer None), `output_bias`, `other_heads`.
    """

    part: str
    layer: int | None
    contribution: float


@dataclass(frozen=True, eq=False, repr=False)
class HeadContributions(Displayed):
    """The heads of a model by what each adds to the answer's logit, what adds most first, and all other parts.

    sentence: the tokens of the text, or of an encoder–decoder those that its decoder has read; memory: its source.
    answer: the text of the token or label, id its number; position: the token that is answered. logit: of the answer,
    before any softcap; probability: of the answer. sum: of the contributions of heads and parts, which is the logit.
    with_all: logit and probability in the unchanged model, where heads or words are taken away.
    """

    model: ModelInfo
    sentence: Sentence
    heads: tuple[HeadContribution, ...]
    parts: tuple[PartContribution, ...]
    settings: ModelSettings
    position: int
    answer: str
    id: int
    logit: float
    probability: float
    memory: Sentence | None = None
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    with_all: Answered | None = None

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentence, and the memory if there is one."""
        return (self.sentence,) if self.memory is None else (self.sentence, self.memory)

    @property
    def contributions(self) -> Array:
        """Those of the heads in their order: `[heads]`."""
        return np.array([each.contribution for each in self.heads])

    @property
    def sum(self) -> float:
        """That of all contributions, of heads and parts."""
        return float(self.contributions.sum()) + sum(self.of(kind) for kind in KINDS)

    def of(self, kind: str) -> float:
        """The sum of the parts of a kind."""
        return sum((each.contribution for each in self.parts if each.part == kind), 0.0)


def head_contributions(
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
) -> HeadContributions:
    """What each head, each feed-forward, the embedding and the biases add to the logit of a model's answer.

    Direct logit attribution (nostalgebraist 2020; Elhage et al. 2021): a head's context times its rows of w_o, through
    the last norm, whose size is held fixed, and the answer's row of the output layer. What later layers make of it is
    left out.

    sentence: a text; the model's next token is its answer, or a classifier's label.
    model: an opened model (`open_model`), a folder, or a name in the local Hugging Face cache; its norms stand in front
        of attention and feed-forward, and its output layer is linear, as in most decoders.
    for_: the token or label whose logit is taken apart; None: the model's own first answer.
    word: the token that is answered, by its text or index; None: the last one.
    target: what the decoder of an encoder–decoder has read, may be None; part: `decoder` or `cross`, None: both.
    layer, head: numbers from 0, or texts such as `3`, `0,2` and `4-7`, or several of them; None: all. The heads that
        are left out are one part.
    without, ablate, cut: heads and pairs of words that are taken away, as in `explain_model`.
    pair, source_lang, target_lang, bos, truncate: as in `explain_model`. top: how many heads the screen shows; `heads`
        has all.

    Returns: `heads` and `parts`, each with its contribution, `sum`, which is the `logit` before any softcap, and
        `contributions` `[heads]`.

    Raises:
        UsageError: a model whose parts do not add up to a logit, an empty text, a value that does not fit, or `for_`
            that is no single token.
        AttnError: more tokens than the model has positions.
        ResourceError: a model that is missing or unreadable, or that has no output layer.
    """
    given = dict(locals())  # the parameters by name
    settings = check_model_settings(**{name: given[name] for name in given.keys() - {"sentence", "model", "for_"}})
    return head_contributions_with(sentence, as_model(model), settings, for_)


def head_contributions_with(
    text: str, model: Model, settings: ModelSettings, answer: str | None = None
) -> HeadContributions:
    """`head_contributions` with an open model and checked settings."""
    check_ablated(settings)
    model.check_parts()
    asked = watched(text, model, settings, None if answer is None else check_text("for_", answer))
    wanted = _wanted(model, asked.given, settings)
    check_room(ModelRun(model, asked.given, (0,), (0,)))
    stream, output = model.residual(asked.given, asked.places[0])
    asked = first_answer(asked, output)
    found = _added_up(model.shares(stream, asked.id or 0))
    heads, parts = _ranked(found, wanted), tuple(_parts(found, wanted))
    return _result(asked, settings, heads, parts, output)


def _wanted(model: Model, given: ModelInput, settings: ModelSettings) -> frozenset[Part]:
    """The heads that are listed.

    Raises:
        UsageError: a layer or a head that the model does not have, or the encoder's, whose heads reach an answer only
            through the decoder.
    """
    if given.target is not None and settings.part == PARTS[0]:
        reason = "expected decoder or cross: heads of the encoder reach the answer through cross alone"
        raise FinalError(reason, ("add ", Setting("by", "effect")), setting="part", value=settings.part)
    shape = model.shape_of(given.part)
    layers = chosen("layer", settings.layer, shape.n_layer, model.name)
    heads = chosen("head", settings.head, shape.n_head, model.name)
    decoders = PARTS[1:] if settings.part is None else (settings.part,)
    parts = PARTS[:1] if given.target is None else decoders
    return frozenset(Part(*each) for each in product(parts, layers, heads))


def _added_up(shares: Shares) -> dict[Part, float]:
    """The share of each part; a block has several biases."""
    found: defaultdict[Part, float] = defaultdict(float)
    for part, share in zip(shares.names, shares.of.tolist(), strict=True):
        found[part] += share
    return found


def _ranked(found: Mapping[Part, float], wanted: Collection[Part]) -> tuple[HeadContribution, ...]:
    """The wanted heads, what adds most first."""
    heads = [part for part in found if part in wanted]
    order = ranking(np.array([found[part] for part in heads])).tolist()
    return tuple(_head(heads[at], found[heads[at]]) for at in order)


def _head(part: Part, share: float) -> HeadContribution:
    return HeadContribution(None if part.kind == PARTS[0] else part.kind, part.layer or 0, part.head or 0, share)


def _parts(found: Mapping[Part, float], wanted: Collection[Part]) -> Iterator[PartContribution]:
    """All parts that are no heads, in the order of the model, then the heads that are not wanted as one."""
    for part, share in found.items():
        if part.head is None:
            yield PartContribution(part.kind, part.layer, share)
    others = [share for part, share in found.items() if part.head is not None and part not in wanted]
    if others:
        yield PartContribution(OTHER_HEADS, None, sum(others))


def _result(
    asked: Watched,
    settings: ModelSettings,
    heads: tuple[HeadContribution, ...],
    parts: tuple[PartContribution, ...],
    output: Array,
) -> HeadContributions:
    """The contributions with the answer that they are of, by the output `[n, d_model]` of the last layer."""
    model, given = asked.model, asked.given
    logit, probability = _answered(asked, output)
    sentence, source = (Side.of(each, ModelSettings()).sentence for each in (given.queries, given.text))
    return HeadContributions(
        ModelInfo.of(model, given.part),
        sentence,
        heads,
        parts,
        settings,
        asked.places[0],
        asked.answer or "",
        asked.id or 0,
        logit,
        probability,
        None if given.target is None else source,
        (*taken(settings), *asked.remarks(), *input_remarks(given.text, settings)),
        (*model.warnings, *given.warnings),
        Answered(*_unchanged(asked)) if given.changes else None,
    )


def _answered(asked: Watched, output: Array) -> tuple[float, float]:
    """The answer's logit before any softcap, and its probability, by the last layer's output `[n, d_model]`."""
    (logit,), shares = asked.measure(output[None])
    if isinstance(asked, WatchedToken):
        logit = asked.model.logits(output[asked.place, None], capped=False)[0, asked.id]
    return float(logit), 0.0 if shares is None else float(shares[0])


def _unchanged(asked: Watched) -> tuple[float, float]:
    """The answer's logit and probability in the unchanged model."""
    return _answered(asked, asked.model.output(replace(asked.given, changes=UNCHANGED)))
