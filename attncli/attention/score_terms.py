"""How a score is made, and its terms: score = (similarity / divisor + position) / temperature, head by head.

A layer keeps its `Scoring`, which is also what its attention was computed with, so that the terms are those of the
number beside them. A cap, where there is one, stands between the division and the position (`attention.attend`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.attention.relative import offset_scores
from attncli.attention.similarity import SIMILARITIES

# −‖q−k‖² is the kernel's score of this width.
_HALF = math.sqrt(0.5)
_FLOAT = np.finfo(np.float64)


@dataclass(frozen=True, eq=False)
class ScoreTerms:
    """The terms of some queries' scores.

    method: what the similarity is, q·k for `dot` and `scaled`, −‖q−k‖² for `kernel`; similarity `[n_head, n, n_key]`.
    divisor: what it is divided by `[n_head]`; unit: how many times √d_k (`scaled`) or 2σ² (`kernel`) that is, None
    where it is no whole number of times. softcap c: s becomes c·tanh(s/c); None: it does not. position `[n_head, n,
    n_key]`: what is added for where a key stands, by the heads that are `placed` `[n_head]`; None where none is.
    temperature: what all is divided by `[n_head]`.
    """

    method: str
    d_k: int
    similarity: Array
    divisor: Array
    unit: int | None
    softcap: float | None
    placed: Array
    position: Array | None
    temperature: Array

    @property
    def scores(self) -> Array:
        """What the terms come to, whatever is masked: `[n_head, n, n_key]`."""
        scores: Array = self.similarity / self.divisor[:, None, None]
        if self.softcap is not None:
            scores = np.tanh(scores / self.softcap) * self.softcap
        if self.position is not None:
            scores = scores + self.position
        return scores / self.temperature[:, None, None]

    def of_head(self, head: int) -> "ScoreTerms":
        """One head's terms, all arrays with n_head = 1; of one that is not placed, position is None."""
        one = slice(head, head + 1)
        position = self.position[one] if self.position is not None and self.placed[head] else None
        arrays = {name: getattr(self, name)[one] for name in ("similarity", "divisor", "placed", "temperature")}
        return replace(self, position=position, **arrays)


@dataclass(frozen=True, eq=False)
class Scoring:
    """What makes the scores of a layer's heads, in the words of `attend`.

    temperature: a number or `[n_head]`; by_offset: what is added to a key's score at each offset of the query from it
    (`relative.by_offset`), `[..., n_head, n_key, 2·reach + 1]`, or None. input_scale and query_bias say what q and k
    were made of beside their projections.
    """

    method: str = "scaled"
    scale: float | None = None
    softcap: float | None = None
    temperature: Array | float = 1.0
    parameters: Mapping[str, Array] = field(default_factory=dict)
    by_offset: Array | None = None
    input_scale: float | None = None
    query_bias: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """The keywords of `attend`, positions aside."""
        names = ("method", "scale", "softcap", "temperature", "parameters")
        return {name: getattr(self, name) for name in names}

    def position(self, places: Array, n_key: int) -> Array | None:
        """What is added for queries at `places` `[n]` and all keys: `[..., n_head, n, n_key]`; None: nothing."""
        return None if self.by_offset is None else offset_scores(self.by_offset, places, np.arange(n_key))

    def placed(self, n_head: int) -> Array:
        """Which heads add something for where a key stands: boolean `[n_head]`."""
        return np.zeros(n_head, bool) if self.by_offset is None else np.any(self.by_offset, axis=(-2, -1))

    def of_heads(self, heads: slice | Sequence[int]) -> "Scoring":
        """The same of some heads."""
        index = heads if isinstance(heads, slice) else list(heads)
        warmth = self.temperature if np.ndim(self.temperature) == 0 else np.asarray(self.temperature)[index]
        own = {name: array[index] for name, array in self.parameters.items()}
        by_offset = None if self.by_offset is None else self.by_offset[index]
        return replace(self, temperature=warmth, parameters=own, by_offset=by_offset)

    def terms(self, query: Array, key: Array, places: Sequence[int]) -> ScoreTerms:
        """The terms of queries `[n_head, n, d_k]`, which stand at `places`, and keys `[n_head, n_key, d_k]`.

        In float64, so that they add up to the score whatever it was computed in.
        """
        query, key = query.astype(np.float64), key.astype(np.float64)
        n_head, _, d_k = query.shape
        own = {name: np.asarray(array, query.dtype) for name, array in self.parameters.items()}
        raw = {"scaled": "dot"}.get(self.method, self.method)
        inner = own | ({"kernel_sigma": np.full(n_head, _HALF)} if raw == "kernel" else {})
        with np.errstate(all="ignore"):
            similarity = SIMILARITIES[raw](query, key, **inner)  # [n_head, n, n_key]
        divisor, unit = self._divisor(d_k, n_head, own)
        return ScoreTerms(
            method=self.method,
            d_k=d_k,
            similarity=similarity,
            divisor=divisor,
            unit=unit,
            softcap=self.softcap or None,
            placed=self.placed(n_head),
            position=self.position(np.asarray(places, np.intp), key.shape[1]),
            temperature=np.broadcast_to(np.asarray(self.temperature, np.float64), n_head),
        )

    def _divisor(self, d_k: int, n_head: int, parameters: Mapping[str, Array]) -> tuple[Array, int | None]:
        """What the similarity is divided by `[n_head]`, and how many of the method's own divisors that is."""
        with np.errstate(over="ignore", under="ignore"):  # the square of a width may pass float64
            twice = np.clip(2 * np.square(parameters.get("kernel_sigma", _HALF)), _FLOAT.tiny, _FLOAT.max)
        named = {"scaled": math.sqrt(d_k), "kernel": twice}
        own = np.broadcast_to(np.asarray(named.get(self.method, 1.0), np.float64), n_head)  # [n_head]
        if self.scale is None:
            return own, 1
        divisor = (np.ones(n_head) if self.method == "scaled" else own) / self.scale  # [n_head]
        times = float(divisor[0] / own[0])
        whole = abs(times - round(times)) < 1e-6 * times
        return divisor, round(times) if whole else None
