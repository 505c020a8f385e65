"""The set or model of a run, opened by every worker and checked against the plan."""

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from attncli.arrays import Array
from attncli.corpus.attending import blocks_checksum
from attncli.corpus.model_reading import ModelReader
from attncli.corpus.reading import Reader, VectorReader
from attncli.corpus.settings import CorpusSettings, Source
from attncli.corpus.tables import table_classes
from attncli.errors import ResourceError, UsageError
from attncli.heads.projections import choose_blocks
from attncli.models.model import Model, open_model
from attncli.settings.explanation import Settings
from attncli.vectors import Vectors, open_vectors

WHOLE = 2**28  # bytes of a model file that are looked at whole


def vectors_source(vectors: Vectors, name: str | None, settings: Settings) -> Source:
    """A vector set by its name, with checksums of its content and of its projections, for workers elsewhere."""
    return Source(name, vectors.info.checksum, blocks=blocks_checksum(choose_blocks(settings, vectors)))


def model_source(model: Model) -> Source:
    """The source of a model, by its folder."""
    return Source(None, model_checksum(model), str(model.folder))


def model_checksum(model: Model) -> str:
    """Of a model's files; of large ones their first and last megabyte and their size."""
    digest = hashlib.blake2b(digest_size=16)
    beside = [model.folder] if model.folder.is_file() else model.folder.iterdir()
    for path in sorted(path for path in beside if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.name} {size} ".encode())
        with path.open("rb") as file:
            while chunk := file.read(2**20):
                digest.update(chunk)
                if size > WHOLE and file.tell() < size - 2**20:
                    file.seek(-(2**20), os.SEEK_END)
    return digest.hexdigest()


@lru_cache(maxsize=2)
def open_reader(settings: CorpusSettings) -> Reader:
    """The reader of a run; ResourceError where the set or model is not that of the plan."""
    source, attention = settings.source, settings.attention
    if isinstance(attention, Settings):
        vectors = open_vectors(source.name)
        _check(vectors.info.checksum, source.checksum, vectors.name)
        reach = max(table.reach for table in table_classes(settings.collect))
        reader = VectorReader(vectors, attention, reach)
        _check(reader.checksum, source.blocks, attention.projections or "trained")
        return reader
    model = open_model(source.model or "")
    _check(model_checksum(model), source.checksum, model.name)
    return ModelReader(model, attention, settings.words, paired=settings.paired)


def _check(found: str, planned: str, name: str) -> None:
    if found != planned:
        raise ResourceError(
            f"expected the {name!r} that the run was planned with, got one of other content",
            "keep the same one under that name on every machine: attn vectors info NAME",
        )


def find_words(settings: CorpusSettings, reader: Reader) -> Array | None:
    """The numbers of `--words`, rising; None: all words.

    Raises:
        UsageError: a word that is not known.
    """
    if settings.words is None:
        return None
    found: Mapping[str, int] = reader.find(settings.words)
    if missing := [word for word in settings.words if word not in found]:
        hint = "attn vectors near WORD finds known ones"
        raise UsageError("expected a known word", hint, setting="words", value=missing[0])
    return np.unique(np.array(list(found.values()), np.int64))
