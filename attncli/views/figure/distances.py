"""The figure of a corpus: how much weight goes how far, a row a head."""

import numpy as np

from attncli.corpus.run import Corpus
from attncli.corpus.seen import REACH
from attncli.views.figure.content import PAPER, Content, Panel, Scale
from attncli.views.terminal.corpus import about

NEAR = 16  # words to each side


def distance_content(corpus: Corpus) -> Content:
    """The mean weight of a word at each distance, from before the query to after it."""
    sums, (layers, heads) = corpus.sums["distance"], corpus.numbers
    there = np.flatnonzero(sums["pairs"][REACH - NEAR : REACH + NEAR + 1]) + REACH - NEAR  # [distances]
    mean = sums["weight"][..., there] / sums["pairs"][there]  # [n_layer, n_head, distances]
    weights = mean.reshape(-1, len(there))
    several = len(layers) > 1
    rows = tuple(f"layer {layer}, head {head}" if several else f"head {head}" for layer in layers for head in heads)
    columns = tuple(f"{at - REACH:+d}" if at != REACH else "0" for at in there.tolist())
    panel = Panel("mean attention weight by distance", weights, np.zeros(weights.shape, bool), rows, columns)
    told = corpus.manifest
    what = f"{told['texts']:,} texts, {told['words']:,} words · {about(corpus, PAPER)}"
    note = "distance: key − query, in words; 0 is the word itself"
    scale = Scale("mean weight", most=float(weights.max(initial=1e-9)))
    return Content("Attention by distance", what, ((panel,),), scale, (note,), ("head", "distance"))
