"""What a block's heads do on sentences that it was not trained on: the measures that their names rest on."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from attncli.analysis.kinds import profile_heads
from attncli.arrays import Array
from attncli.training.batches import unit_rows
from attncli.training.candidates import score_truth
from attncli.training.context import Batch, hidden, read_keys
from attncli.training.scoring import Judged, in_time
from attncli.vectors import Vectors


def measure_profile(
    judged: Judged, sentences: Iterable[Sequence[int] | Array], vectors: Vectors, until: float = math.inf
) -> Array:
    """The mean of `kinds.PROFILE` over sentences, given as rows of `vectors`: `[n_head, 5]`.

    Over all of them, or those that were looked at until a monotonic time.
    """
    profile: Array = np.mean([_one(np.asarray(rows), judged, vectors) for rows in in_time(sentences, until)], axis=0)
    return profile


def _one(rows: Array, judged: Judged, vectors: Vectors) -> Array:
    x = unit_rows(vectors, rows, judged.length)  # [n, d]
    none = np.empty(0)
    batch = Batch(rows[None], x[None], none, none, none)
    keys = read_keys(judged.block, batch)
    weights = score_truth(judged.block, batch, keys, judged.method).attention.weights[0]  # [n_head, n, n]
    return profile_heads(weights.astype(np.float64), x, ~hidden(rows[None])[0])
