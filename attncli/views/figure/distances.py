"""The figure of a corpus: how much weight goes how far, a row a head."""

import numpy as np

from attncli.corpus.run import Corpus
from attncli.views.figure.content import PAPER, Content, Panel, Scale
from attncli.views.scale import color_scale
from attncli.views.terminal.corpus import about

NEAR = 16  # words to each side


def distance_content(corpus: Corpus) -> Content:
    """The mean weight of a word at each distance, from before the query to after it."""
    table = corpus.tables["distance"]
    there = [at for at, distance in enumerate(table["distance"]) if distance is not None and abs(distance) <= NEAR]
    heads = list(dict.fromkeys((table["layer"][at], table["head"][at]) for at in there))
    mean = np.array([table["mean_weight"][at] for at in there])
    weights = mean.reshape(len(heads), -1)  # [n_layer · n_head, distances]
    several = len({layer for layer, _ in heads}) > 1
    rows = tuple(f"layer {layer}, head {head}" if several else f"head {head}" for layer, head in heads)
    distances = [table["distance"][at] for at in there[: weights.shape[1]]]
    columns = tuple(f"{distance:+d}" if distance else "0" for distance in distances)
    panel = Panel("mean attention weight by distance", weights, np.zeros(weights.shape, bool), rows, columns)
    manifest = corpus.manifest
    what = f"{manifest['texts']:,} texts, {manifest['words']:,} words · {about(corpus, PAPER)}"
    note = "distance: key − query, in words; 0 is the word itself"
    scale = Scale("mean weight", color_scale("largest", [weights], crossed=True, what="mean weight"))
    return Content("Attention by distance", what, ((panel,),), scale, (note,), ("head", "distance"))
