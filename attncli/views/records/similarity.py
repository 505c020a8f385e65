"""The similarity of two texts as JSON, as rows of a table, and as arrays."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.recipes.text_similarity import Pair, Similarity
from attncli.vectors import StoreInfo
from attncli.views.records.json import VERSION, Numbers, check_count, json_line, sentence_record
from attncli.views.records.rows import Row

NAME = "attn.similar"
HEAD = ("similarity", "token", "token_text", "other", "other_text", "share", "change")


def similarity_json(found: Similarity, *, precision: int = 6) -> str:
    """One line of the `attn.similar` schema.

    Raises:
        AttnError: it would take more than MOST_BYTES.
    """
    check_count(len(found.tokens) * len(found.other_tokens), precision)
    return json_line(similarity_record(found, Numbers(precision)))


def similarity_record(found: Similarity, numbers: Numbers) -> dict[str, Any]:
    """A similarity as an object of the schema."""
    text, other = map(sentence_record, found.sentences)
    space, shares = found.space, None if found.contributions is None else numbers.parts(found.contributions)
    of_set = isinstance(space, StoreInfo)
    return {
        "schema": NAME,
        "schema_version": VERSION,
        "text": text["sentence"],
        "other_text": other["sentence"],
        "similarity": numbers.scalar(found.value),
        "function": found.function,
        "pooling": found.pooling,
        "exact": found.exact,
        "contributions": shares,
        "tokens": text["tokens"],
        "other_tokens": other["tokens"],
        "unknown": text["unknown"],
        "other_unknown": other["unknown"],
        "special": numbers.scalar(found.special),
        "ranked": _pairs(found, found.ranked, shares),
        "against": _pairs(found, found.against, shares),
        "left_out": _left_out(found, numbers),
        "dropped": [
            {
                "drop": each.asked,
                "text": each.text,
                "tokens": list(each.tokens),
                "similarity": numbers.scalar(each.similarity),
                "change": numbers.scalar(each.change),
            }
            for each in found.dropped
        ],
        "vectors": {name: getattr(space, name) for name in ("name", "words", "dimensions")} if of_set else None,
        "model": None if of_set else vars(space),
        "settings": vars(found.settings),
        "warnings": [*found.warnings, *found.remarks],
    }


def _pairs(found: Similarity, pairs: Sequence[Pair], shares: Any) -> list[dict[str, Any]]:
    return [
        {
            "token": each.token,
            "other": each.other,
            "texts": [found.tokens[each.token].name, found.other_tokens[each.other].name],
            "share": shares[each.token][each.other],
        }
        for each in pairs
    ]


def _left_out(found: Similarity, numbers: Numbers) -> dict[str, Any] | None:
    if found.left_out is None:
        return None
    return {name: numbers.array(each) for name, each in zip(("tokens", "other_tokens"), found.left_out, strict=True)}


def similarity_rows(found: Similarity) -> Iterator[Row]:
    """The heads of the columns, then a row a pair with its share, and a row a token that was left out with the change.

    Rows of the second kind have a token of one text alone; the similarity stands in every row.
    """
    yield HEAD
    texts = [[token.name for token in each.tokens] for each in found.sentences]
    if found.contributions is not None:
        for (i, j), share in np.ndenumerate(found.contributions):
            yield found.value, i, texts[0][i], j, texts[1][j], float(share), None
    for side, changes in enumerate(found.left_out or ()):
        for i, change in enumerate(changes.tolist()):
            place = (i, texts[side][i])
            words = (*place, None, None) if side == 0 else (None, None, *place)
            if np.isfinite(change):
                yield found.value, *words, None, change


def similarity_arrays(found: Similarity) -> dict[str, Array]:
    """`similarity`, `contributions` `[n, m]`, the texts of the `tokens` `[n]` and the `other_tokens` `[m]`.

    `special` and `other_special` say which the tokenizer added; `left_out` and `other_left_out` are the changes without
    each token, NaN of special ones, where they were computed.
    """
    arrays = {"similarity": np.array(found.value)}
    if found.contributions is not None:
        arrays["contributions"] = found.contributions
    for before, side in zip(("", "other_"), found.sentences, strict=True):
        arrays[f"{before}tokens"] = np.array([token.name for token in side.tokens])
        arrays[f"{before}special"] = np.array([token.special for token in side.tokens])
    for before, changes in zip(("", "other_"), found.left_out or (), strict=False):
        arrays[f"{before}left_out"] = changes
    return arrays
