"""The JSON of `attn vectors`: one line a kept set, one set in full, neighbours."""

from collections.abc import Iterable, Sequence
from typing import Any

from attncli.recipes.neighbourhood import Asked, Neighbourhood
from attncli.vectors import Vectors
from attncli.vectors.keeping import Kept
from attncli.views.records.json import VERSION, Numbers, json_line


def kept_json(kept: Kept) -> str:
    """One line of the `attn.vectors.list` schema."""
    return json_line(_head("list") | _of_store(kept) | {"fault": kept.fault})


def info_json(kept: Kept, vectors: Vectors, examples: Sequence[str]) -> str:
    """One line of the `attn.vectors.info` schema."""
    info = vectors.info
    more = {
        "licence": info.licence,
        "checksum": info.checksum,
        "source_checksum": info.source_sha256,
        "duplicates": info.duplicates,
        "undecodable": info.undecodable,
        "zeros": info.zeros,
        "composed_of": vectors.composed_of,
        "cross_temperature": info.cross_temperature,
        "examples": list(examples),
    }
    return json_line(_head("info") | _of_store(kept) | more)


def near_json(found: Neighbourhood, precision: int = 6) -> str:
    """One line of the `attn.vectors.near` schema."""
    numbers = Numbers(precision)
    vectors = found.vectors
    record = {
        "vectors": {"name": vectors.name, "words": vectors.words, "dimensions": vectors.dimensions},
        "words": _asked(found.words),
        "minus": _asked(found.minus),
        "neighbours": [{"text": each.text, "similarity": numbers.scalar(each.similarity)} for each in found.neighbours],
    }
    return json_line(_head("near") | record)


def _head(name: str) -> dict[str, Any]:
    return {"schema": f"attn.vectors.{name}", "schema_version": VERSION}


def _of_store(kept: Kept) -> dict[str, Any]:
    info = kept.vectors and kept.vectors.info
    return {
        "name": kept.name,
        "words": info and info.words,
        "dimensions": info and info.dimensions,
        "dtype": info and info.dtype,
        "bytes": kept.size,
        "source": info and info.source,
        "folder": str(kept.folder),
    }


def _asked(words: Iterable[Asked]) -> list[dict[str, str]]:
    return [{"text": each.text, "word": each.word} for each in words]
