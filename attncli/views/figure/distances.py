"""The figure of a corpus: how much weight goes how far, a row a head."""

from collections.abc import Sequence

import numpy as np

from attncli.arrays import Array
from attncli.corpus.run import Corpus
from attncli.views.figure.content import PAPER, Content, Panel, Scale
from attncli.views.scale import color_scale
from attncli.views.terminal.corpus import about

NEAR = 16  # words to each side
Head = tuple[int, int]  # its layer and its number


def distance_content(corpus: Corpus) -> Content:
    """The mean weight of a word at each distance, from before the query to after it; hidden distances are hatched."""
    heads, distances, weights = mean_weights(corpus)
    columns = tuple(f"{distance:+d}" if distance else "0" for distance in distances)
    hidden = np.broadcast_to(~weights.any(axis=0), weights.shape)
    panel = Panel("", weights, hidden, head_names(corpus, heads), columns)
    manifest = corpus.manifest
    what = f"{manifest['texts']:,} texts, {manifest['words']:,} words · {about(corpus, PAPER)}"
    note = "distance: key − query, in words; 0 is the word itself"
    scale = Scale("mean weight", color_scale("largest", [weights], crossed=True, what="mean weight"))
    axes, hatched = ("head", "distance"), "distances at which every word is hidden"
    return Content("Attention by distance", what, ((panel,),), scale, (note,), axes, hatched=hatched)


def mean_weights(corpus: Corpus) -> tuple[list[Head], list[int], Array]:
    """The layer and number of each head, the distances, and their mean weights `[n_layer · n_head, distances]`."""
    table = corpus.tables["distance"]
    there = [at for at, distance in enumerate(table["distance"]) if distance is not None and abs(distance) <= NEAR]
    heads = list(dict.fromkeys((table["layer"][at], table["head"][at]) for at in there))
    mean = np.array([table["mean_weight"][at] for at in there])
    weights = mean.reshape(len(heads), -1)
    return heads, [table["distance"][at] for at in there[: weights.shape[1]]], weights


def head_names(corpus: Corpus, heads: Sequence[Head]) -> tuple[str, ...]:
    """The name of each head: its layer where there are several, its number, and its kind where that was collected."""
    several = len({layer for layer, _ in heads}) > 1
    table = corpus.tables.get("heads") or {"layer": (), "head": (), "kind": ()}
    kinds = dict(zip(zip(table["layer"], table["head"], strict=True), table["kind"], strict=True))
    names = (f"layer {layer}, head {head}" if several else f"head {head}" for layer, head in heads)
    ends = (f": {kinds[head]}" if head in kinds else "" for head in heads)
    return tuple(name + end for name, end in zip(names, ends, strict=True))
