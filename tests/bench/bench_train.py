"""Training speed on one core: tokens a second for 4 heads, d_k 25, 100 dimensions, with positions.

Run with OPENBLAS_NUM_THREADS=1. Needed: 60,000. The floor is the same batch's projections alone, forward.
"""

import time

import numpy as np

from attncli.training.block import Shape, new_block
from attncli.training.objective import Batch, by_sentence, loss_and_gradients

D, STEPS = 100, 30


def batch(rng):
    vectors = rng.standard_normal((5000, D)).astype(np.float32)
    rows, negatives = rng.integers(0, 5000, (102, 20)), np.arange(64)
    return Batch(rows, vectors[rows], np.ones(rows.shape, np.float32), negatives, vectors[negatives])


def rate(function, tokens):
    """The best of several runs, in tokens a second of processor time."""
    function()
    times = []
    for _ in range(STEPS):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return tokens / min(times), tokens / float(np.median(times))


def main():
    rng = np.random.default_rng(0)
    block, some = new_block(Shape(heads=4, content_heads=1, d_k=25), D, rng), batch(rng)
    trained, median = rate(lambda: loss_and_gradients(block, some), some.rows.size)
    floor, _ = rate(lambda: [by_sentence(some.x, block[name]) for name in ("w_q", "w_k", "w_v")], some.rows.size)
    print(
        f"{trained:,.0f} tokens/s at best, {median:,.0f} in the median; projections alone {floor / trained:.1f} × that"
    )


if __name__ == "__main__":
    main()
