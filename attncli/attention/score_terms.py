"""The terms of a score: score = (similarity / divisor + position) / temperature, head by head.

A layer keeps the `Scoring` that its attention was computed with, so that the terms are those of the number beside
them. A cap, where there is one, comes between the division and the position (`attention.attend`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.attention.positions import offset_scores
from attncli.attention.similarity import Method, method_of


@dataclass(frozen=True, eq=False)
class ScoreTerms:
    """The terms of some queries' scores.

    method: the similarity's; similarity `[n_head, n, n_key]` before its divisor `[n_head]`; unit: how many times the
    method's own divisor (√d_k for `scaled`, 2σ² for `kernel`) that is, None where it is no whole number of times.
    softcap c: s becomes c·tanh(s/c); None: it does not. position `[n_head, n, n_key]`: the addition for the
    place of a key, or None. positional `[n_head]`: the heads whose addition is not 0. temperature `[n_head]`
    divides the sum.
    """

    method: Method
    d_k: int
    similarity: Array
    divisor: Array
    unit: int | None
    softcap: float | None
    positional: Array
    position: Array | None
    temperature: Array

    @property
    def scores(self) -> Array:
        """The scores by their terms, without a mask: `[n_head, n, n_key]`."""
        scores: Array = self.similarity / self.divisor[:, None, None]
        if self.softcap is not None:
            scores = np.tanh(scores / self.softcap) * self.softcap
        if self.position is not None:
            scores = scores + self.position
        return scores / self.temperature[:, None, None]

    def of_head(self, head: int) -> "ScoreTerms":
        """One head's terms, all arrays with n_head = 1; of one that is not positional, position is None."""
        one = slice(head, head + 1)
        position = self.position[one] if self.position is not None and self.positional[head] else None
        arrays = {name: getattr(self, name)[one] for name in ("similarity", "divisor", "positional", "temperature")}
        return replace(self, position=position, **arrays)


@dataclass(frozen=True, eq=False)
class Scoring:
    """The arguments of `attend` that make the scores of a layer's heads.

    temperature: a number or `[n_head]`; by_offset: the addition to a key's score at each offset of the query from it
    (`positions.by_offset`), `[..., n_head, n_key, 2·reach + 1]`, or None; added: in its place the addition for each
    query and key `[n_head, n, n_key]`, where it depends on both. input_scale: the length to which vectors are scaled,
    or None; query_bias: whether q has a bias.
    """

    method: str = "scaled"
    scale: float | None = None
    softcap: float | None = None
    temperature: Array | float = 1.0
    parameters: Mapping[str, Array] = field(default_factory=dict)
    by_offset: Array | None = None
    added: Array | None = None
    input_scale: float | None = None
    query_bias: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """The keywords of `attend`, positions aside."""
        names = ("method", "scale", "softcap", "temperature", "parameters")
        return {name: getattr(self, name) for name in names}

    def position(self, places: Array, n_key: int) -> Array | None:
        """The addition for queries at `places` `[n]` and all keys: `[..., n_head, n, n_key]`; None: nothing."""
        if self.added is not None:
            return self.added[..., places, :]
        return None if self.by_offset is None else offset_scores(self.by_offset, places, np.arange(n_key))

    def positional(self, n_head: int) -> Array:
        """The heads that add something for the place of a key: boolean `[n_head]`."""
        given = self.by_offset if self.added is None else self.added
        return np.zeros(n_head, bool) if given is None else np.any(given, axis=(-2, -1))

    def of_heads(self, heads: slice | Sequence[int]) -> "Scoring":
        """The scoring of some heads."""
        index = heads if isinstance(heads, slice) else list(heads)
        temperature = self.temperature if np.ndim(self.temperature) == 0 else np.asarray(self.temperature)[index]
        own = {name: array[index] for name, array in self.parameters.items()}
        by_offset, added = (None if each is None else each[index] for each in (self.by_offset, self.added))
        return replace(self, temperature=temperature, parameters=own, by_offset=by_offset, added=added)

    def terms(self, query: Array, key: Array, places: Sequence[int]) -> ScoreTerms:
        """The terms of queries `[n_head, n, d_k]` at `places` and keys `[n_head, n_key, d_k]`.

        In float64, so that they add up to the score.
        """
        query, key = query.astype(np.float64), key.astype(np.float64)
        n_head, _, d_k = query.shape
        own = {name: np.asarray(array, query.dtype) for name, array in self.parameters.items()}
        method = method_of(self.method)
        undivided = method.divisor.undivided if method.divisor else method.score
        with np.errstate(all="ignore"):
            similarity = undivided(query, key, **own)  # [n_head, n, n_key]
        divisor, unit = self._divisor(method, d_k, n_head, own)
        return ScoreTerms(
            method=method,
            d_k=d_k,
            similarity=similarity,
            divisor=divisor,
            unit=unit,
            softcap=self.softcap or None,
            positional=self.positional(n_head),
            position=self.position(np.asarray(places, np.intp), key.shape[1]),
            temperature=np.broadcast_to(np.asarray(self.temperature, np.float64), n_head),
        )

    def _divisor(
        self, method: Method, d_k: int, n_head: int, parameters: Mapping[str, Array]
    ) -> tuple[Array, int | None]:
        """The similarity's divisor `[n_head]`, and how many of the method's own divisors that is."""
        value = method.divisor.value(d_k, parameters) if method.divisor else 1.0
        own = np.broadcast_to(np.asarray(value, np.float64), n_head)  # [n_head]
        if self.scale is None:
            return own, 1
        replaced = method.divisor is not None and method.divisor.scale_takes_its_place
        divisor = (np.ones(n_head) if replaced else own) / self.scale  # [n_head]
        times = float(divisor[0] / own[0])
        whole = abs(times - round(times)) < 1e-6 * times
        return divisor, round(times) if whole else None
