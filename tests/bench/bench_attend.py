"""`attend` on 8 heads of 1,024 tokens and 64 dimensions in float32, against its own two matrix products.

    python tests/bench/bench_attend.py

Everything is measured in the same run, in turns, and the best of many turns counts, since other programs only ever add
time. The products get their result's memory anew each time, as `attend` does. With PyTorch installed its
explicit softmax(QKᵀ)V is measured too, which returns no scores.
"""

import importlib
import importlib.util
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from attncli.attention.attend import attend

N_HEAD, N, D = 8, 1024, 64
TURNS = 40

Array = np.ndarray


def products(q: Array, k: Array, v: Array) -> Array:
    """The arithmetic that no implementation can do without: q kᵀ, and [n, n] times v."""
    return np.matmul(np.matmul(q, k.swapaxes(-1, -2)), v)


def torch_attention(q: Array, k: Array, v: Array) -> Callable[[], object]:
    """PyTorch's explicit softmax(QKᵀ/√d)V on the same numbers, ready to run."""
    torch = importlib.import_module("torch")
    query, key, value = (torch.from_numpy(x) for x in (q, k, v))

    def run() -> object:
        return torch.softmax(query @ key.transpose(-1, -2) / D**0.5, dim=-1) @ value

    return run


def best_times(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The shortest time of each, in seconds; they take turns."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(TURNS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def peak_matrices(run: Callable[[], object]) -> float:
    """The most memory that a run holds at once, in matrices [n_head, n, n]."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (N_HEAD * N * N * 4)


def main() -> None:
    """Measure, and print a line each."""
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((N_HEAD, N, D), dtype=np.float32) for _ in range(3))  # [n_head, n, d]
    mask = rng.random((N, N)) < 0.9  # [n, n]
    runs: dict[str, Callable[[], object]] = {
        "two products": lambda: products(q, k, v),
        "attend": lambda: attend(q, k, v),
        "attend, causal": lambda: attend(q, k, v, causal=True),
        "attend, boolean mask": lambda: attend(q, k, v, mask=mask),
        "attend, additive mask": lambda: attend(q, k, v, mask=np.where(mask, np.float32(0), np.float32(-np.inf))),
    }
    if importlib.util.find_spec("torch"):
        runs["PyTorch, explicit"] = torch_attention(q, k, v)
    best = best_times(runs)
    for name, seconds in best.items():
        print(f"{name:24}{seconds * 1e3:8.1f} ms{seconds / best['two products']:8.2f} × the products")
    print(f"{'attend, peak':24}{peak_matrices(runs['attend']):8.2f} [n_head, n, n] arrays, two of them returned")


if __name__ == "__main__":
    main()
