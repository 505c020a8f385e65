"""Heads held against a treebank, as JSON and as rows of a table."""

from collections.abc import Iterator
from typing import Any

from attncli.corpus.treebank_heads import HeadScore, RelationHeads, TreebankHeads, VectorHeads
from attncli.errors import AttnError, Setting
from attncli.recipes.model_source import ModelInfo
from attncli.views.records.json import MOST_BYTES, VERSION, Numbers, json_line
from attncli.views.records.rows import Row

NAME = "attn.treebank"
RECORD = 110  # bytes of a head, and of each decimal three more
HEAD = (
    *("relation", "count", "baseline", "offset", "layer", "head", "direction"),
    *("accuracy", "low", "high", "beats", "best"),
    *("held_out_count", "held_out_accuracy", "held_out_low", "held_out_high"),
    *("held_out_baseline", "held_out_offset", "held_out_beats"),
)
NOT_HELD_OUT: Row = (None,) * 7


def treebank_json(found: TreebankHeads, *, precision: int = 6) -> str:
    """One line of the `attn.treebank` schema, every head in it in both directions.

    Raises:
        AttnError: it would take more than MOST_BYTES.
    """
    _check_size(found, precision)
    numbers = Numbers(precision)
    return json_line(
        {
            "schema": NAME,
            "schema_version": VERSION,
            "files": list(found.files),
            "choose_on": found.choose_on,
            **_source(found),
            "sentences": found.sentences,
            "words": found.words,
            "words_unmapped": found.words_unmapped,
            "pairs": found.pairs,
            "pairs_unmapped": found.pairs_unmapped,
            "sentences_unread": [each._asdict() for each in found.unread],
            "settings": _settings(found),
            "warnings": [*found.warnings, *found.remarks],
            "relations": [_relation(found, each, numbers) for each in found.relations],
        }
    )


def _check_size(found: TreebankHeads, precision: int) -> None:
    heads = sum(each.correct.size for each in found.relations)
    needed = heads * (RECORD + 3 * precision)
    if needed > MOST_BYTES:
        hint = ("choose some: ", Setting("relations", "obj,nsubj"), ", or ", Setting("layer", "L"), "; or write .csv")
        taken = f"the JSON of {heads:,} heads would take some {needed / 2**20:,.0f} MB, the limit is {MOST_BYTES >> 20}"
        raise AttnError(taken, hint)


def _source(found: TreebankHeads) -> dict[str, Any]:
    """The model, or the vectors and where their heads are from."""
    source = found.source
    if isinstance(source, ModelInfo):
        return {"model": vars(source)}
    assert isinstance(source, VectorHeads)
    vectors = {"name": source.name, "words": source.words, "dimensions": source.dimensions}
    return {"vectors": vectors, "heads_file": source.projections}


def _settings(found: TreebankHeads) -> dict[str, Any]:
    return vars(found.settings) | {"layer": list(found.layers), "head": list(found.heads)}


def _relation(found: TreebankHeads, each: RelationHeads, numbers: Numbers) -> dict[str, Any]:
    held = each.held_out
    judged = None
    if held is not None:
        judged = {"count": held.count, "baseline": numbers.scalar(held.baseline), "offset": held.offset}
        judged = _score(held, numbers) | judged
    return {
        "relation": each.relation,
        "count": each.count,
        "baseline": numbers.scalar(each.baseline),
        "offset": each.offset,
        "best": _score(each.best, numbers),
        "held_out": judged,
        "heads": [_score(score, numbers) for score in found.scores(each)],
    }


def _score(score: HeadScore, numbers: Numbers) -> dict[str, Any]:
    return {
        "layer": score.layer,
        "head": score.head,
        "direction": score.direction,
        "accuracy": numbers.scalar(score.accuracy),
        "interval": [numbers.scalar(end) for end in score.interval],
        "beats": score.beats,
    }


def treebank_rows(found: TreebankHeads) -> Iterator[Row]:
    """The heads of the columns, then a row a relation, head and direction.

    `best` marks the best head of a relation; the head that was chosen for `held_out` has its judgement beside it.
    """
    yield HEAD
    for each in found.relations:
        held = each.held_out
        for score in found.scores(each):
            place = _place(score)
            numbers = (score.accuracy, *score.interval, score.beats, place == _place(each.best))
            judged = NOT_HELD_OUT
            if held is not None and place == _place(held):
                ends = (held.count, held.accuracy, *held.interval)
                judged = (*ends, held.baseline, held.offset, held.beats)
            yield (each.relation, each.count, each.baseline, each.offset, *place, *numbers, *judged)


def _place(score: HeadScore) -> tuple[int, int, str]:
    return score.layer, score.head, score.direction
