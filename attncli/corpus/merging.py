"""Parts become tables: sums are added up in the order of the shards, pairs of words a range of words at a time."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from attncli.analysis.kinds import kinds_of
from attncli.analysis.names import MEASURES, name_of
from attncli.arrays import Array
from attncli.corpus.collecting import MERGE, Arrays, add_pairs
from attncli.corpus.folder import whole_file
from attncli.corpus.parts import Part
from attncli.corpus.seen import HEAD_NUMBERS, REACH, SUMMED
from attncli.corpus.settings import CorpusSettings
from attncli.corpus.shards import Shard
from attncli.corpus.tables import Columns, writing

AT_ONCE = 2**20  # pairs of all parts that are added up together
DIGITS = 9  # of the numbers in tables: what lies behind depends on the order of sums

Parts = Sequence[Callable[[], Part]]  # opened when needed: no run has so many files open
Numbers = tuple[Sequence[int], Sequence[int]]  # of the layers and of the heads


def merged(name: str, parts: Parts) -> Arrays:
    """The sums of a collector over all parts."""
    return MERGE[name](part().group(name) for part in parts)


def strongest_pairs(parts: Parts, kept: int) -> Iterator[Arrays]:
    """Words with their `kept` context words of the largest total weight, words rising, the strongest first.

    Arrays `word`, `context`, `count`, `mean`, `deviation`, some words at a time.
    """
    for low, high in pairwise(_cuts(parts)):
        sums = add_pairs(_between(part().group("context"), low, high) for part in parts)
        if len(sums["code"]):
            yield _strongest(sums, kept)


def _cuts(parts: Parts) -> list[int]:
    """Codes, each the first of a word, between which there are about AT_ONCE pairs of all parts."""
    sizes = [len(part()["context.code"]) for part in parts]
    ranges, step = sum(sizes) // AT_ONCE + 1, max(1, AT_ONCE // 64)
    samples, before = [np.empty(0, np.int64)], 0
    for part, size in zip(parts, sizes, strict=True) if ranges > 1 else ():
        samples.append(np.array(part()["context.code"][-before % step :: step]))  # in turn at other places of a part
        before += size
    found = np.sort(np.concatenate(samples))
    chosen = found[:: max(1, len(found) // ranges)] >> 32 << 32
    return sorted({0, *chosen.tolist(), 2**62})


def _between(sums: Arrays, low: int, high: int) -> Arrays:
    first, last = np.searchsorted(sums["code"], [low, high])
    return {name: np.array(array[first:last]) for name, array in sums.items()}


def _strongest(sums: Arrays, kept: int) -> Arrays:
    code, count, total = sums["code"], sums["count"], sums["total"]
    word = code >> 32
    order = np.lexsort((code, -np.round(total, DIGITS), word))
    starts = np.flatnonzero(np.diff(word[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    order = order[rank < kept]
    mean = total[order] / count[order]
    spread = np.sqrt(np.maximum(sums["squares"][order] / count[order] - mean**2, 0))
    return {
        "word": word[order],
        "context": code[order] & 0xFFFFFFFF,
        "count": count[order].astype(np.int64),
        "mean": np.round(mean, DIGITS),
        "deviation": np.round(spread, 6),
    }


def context_columns(found: Arrays, names: Callable[[Array], Sequence[str]]) -> Columns:
    """The table `context`."""
    numbers, place = np.unique(np.concatenate([found["word"], found["context"]]), return_inverse=True)
    words = np.array(names(numbers), dtype=object)[place]
    half = len(found["word"])
    return {
        "word": words[:half].tolist(),
        "context": words[half:].tolist(),
        "count": found["count"].tolist(),
        "mean_weight": found["mean"].tolist(),
        "standard_deviation": found["deviation"].tolist(),
    }


def distance_columns(sums: Arrays, numbers: Numbers) -> Columns:
    """The table `distance`; a distance of None is all beyond REACH."""
    distances = [*range(-REACH, REACH + 1), None]
    there = np.flatnonzero(sums["pairs"])
    rows = [(i, j, at) for i in range(len(numbers[0])) for j in range(len(numbers[1])) for at in there.tolist()]
    weight = [round(float(sums["weight"][row]), DIGITS) for row in rows]
    pairs = [int(sums["pairs"][at]) for _, _, at in rows]
    return {
        "layer": [numbers[0][i] for i, _, _ in rows],
        "head": [numbers[1][j] for _, j, _ in rows],
        "distance": [distances[at] for _, _, at in rows],
        "pairs": pairs,
        "weight": weight,
        "mean_weight": [round(each / count, DIGITS) for each, count in zip(weight, pairs, strict=True)],
    }


def entropy_columns(sums: Arrays, numbers: Numbers) -> Columns:
    """The table `entropy`: a row a layer, head and length of text."""
    rows = [
        (m, i, j) for i in range(len(numbers[0])) for j in range(len(numbers[1])) for m in range(len(sums["length"]))
    ]
    count = [max(float(sums["rows"][row]), 1) for row in rows]
    mean = [float(sums["total"][row]) / each for row, each in zip(rows, count, strict=True)]
    square = [float(sums["squares"][row]) / each for row, each in zip(rows, count, strict=True)]
    return {
        "layer": [numbers[0][i] for _, i, _ in rows],
        "head": [numbers[1][j] for _, _, j in rows],
        "length": [int(sums["length"][m]) for m, _, _ in rows],
        "texts": [int(sums["texts"][m]) for m, _, _ in rows],
        "words": [int(sums["rows"][row]) for row in rows],
        "mean_bits": [round(each, 6) for each in mean],
        "standard_deviation": [round(max(b - a * a, 0) ** 0.5, 6) for a, b in zip(mean, square, strict=True)],
    }


def heads_columns(sums: Arrays, numbers: Numbers) -> Columns:
    """The table `heads`: means over the texts, and the kind that they come to, for trained heads their name."""
    texts = float(sums["texts"])
    means = sums["sums"] / texts  # [n_layer, n_head, measures]
    by_name = dict(zip(SUMMED, np.moveaxis(means, -1, 0), strict=True))
    kinds = kinds_of([by_name[name] for name in ("previous", "next", "same", "anchor")], by_name["evenness"])
    profile = np.stack([by_name[name] for name in MEASURES], axis=-1)  # [n_layer, n_head, 5]
    rows = [(i, j) for i in range(len(numbers[0])) for j in range(len(numbers[1]))]
    return {
        "layer": [numbers[0][i] for i, _ in rows],
        "head": [numbers[1][j] for _, j in rows],
        "texts": [int(texts)] * len(rows),
        "kind": [name_of(profile[row]) if by_name["trained"][row] else str(kinds[row]) for row in rows],
        **{name: [round(float(means[row][at]), 6) for row in rows] for at, name in enumerate(HEAD_NUMBERS)},
    }


def write_errors(
    path: Path, problems: Iterable[tuple[Shard, Iterable[tuple[int, int, str]]]], lost: Iterable[Mapping[str, Any]]
) -> None:
    """Every line that was skipped, by file and line, and every shard that was lost."""
    with whole_file(path) as file:
        for shard, named in problems:
            for place, line, reason in named:
                piece = shard.pieces[place]
                record = {"file": piece.name, "line": piece.lines + line, "reason": reason}
                file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        for each in lost:
            file.write(json.dumps(each, ensure_ascii=False).encode() + b"\n")


def write_table(folder: Path, settings: CorpusSettings, name: str, pieces: Iterable[Columns]) -> None:
    """A table of a run from its pieces."""
    with writing(folder / f"{name}.{settings.table}", settings.table, name, settings.csv) as writer:
        for columns in pieces:
            writer.write(columns)
