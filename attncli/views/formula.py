"""The formula of a score and its terms as printed: both from the same `ScoreTerms`, so that they cannot part."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log10

import numpy as np

from attncli.attention.score_terms import ScoreTerms, Scoring
from attncli.recipes.explanation import Explanation
from attncli.views.rounding import as_number

#: What each method takes for the similarity, before anything is divided.
SIMILARITIES = {
    "dot": "q·k",
    "scaled": "q·k",
    "cosine": "the cosine of q and k",
    "general": "qᵀ W k",
    "additive": "uᵀ tanh(W_q q + W_k k)",
    "kernel": "-‖q - k‖²",
}
#: The same where a column has little room.
IN_SHORT = {**SIMILARITIES, "cosine": "cosine", "general": "qᵀWk", "additive": "uᵀtanh", "kernel": "-‖q-k‖²"}
#: The same in words, for screen readers.
SPOKEN = {
    **dict.fromkeys(("dot", "scaled"), "dot product"),
    "cosine": "cosine",
    "general": "bilinear form",
    "additive": "additive form",
    "kernel": "negative squared distance",
}
MOST_PLACES = 8


@dataclass(frozen=True, eq=False)
class Formula:
    """One head's scores as a formula: `text` names its terms; similarity and position have `places` decimals.

    divisor, softcap and temperature are the numbers that stand for their names, None where there is nothing to do.
    """

    terms: ScoreTerms  # of one head
    similarity: str
    divisor: str | None
    softcap: str | None
    temperature: str | None
    places: int

    @property
    def text(self) -> str:
        """`q·k / √d_k`, or `(q·k / √d_k + position) / temperature`."""
        named = self._named_divisor() if self.divisor else None
        position = "+ position" if self.placed else None
        return self._written(SIMILARITIES[self.terms.method], named, position, "temperature")

    @property
    def plain(self) -> bool:
        """Whether a score is the similarity itself."""
        return not (self.divisor or self.softcap or self.temperature or self.placed)

    @property
    def placed(self) -> bool:
        """Whether something is added for where a key stands."""
        return self.terms.position is not None

    @property
    def open(self) -> str:
        """The formula with its numbers, but for `{similarity}` and, with its sign, `{position}`."""
        return self._written("{similarity}", self.divisor, "{position}" if self.placed else None, self.temperature)

    @property
    def numbered(self) -> str:
        """The formula with the numbers of the head alone: `(q·k / √64 + position) / 1.0469`."""
        return self.open.format(similarity=SIMILARITIES[self.terms.method], position="+ position")

    def similarity_of(self, query: int, key: int) -> str:
        """The similarity of a query (its place among the terms') and a key, as printed."""
        return as_number(float(self.terms.similarity[0, query, key]), self.places)

    def position_of(self, query: int, key: int) -> str:
        """What is added for where the key stands, as printed."""
        return "" if self.terms.position is None else as_number(float(self.terms.position[0, query, key]), self.places)

    def worked(self, query: int, key: int) -> str:
        """The formula with the numbers of one query and key: `(17.83 / √64 + 0.12) / 1.0469`."""
        position = self.position_of(query, key)
        signed = f"- {position[1:]}" if position.startswith("-") else f"+ {position}"
        return self.open.format(similarity=self.similarity_of(query, key), position=signed)

    @property
    def said(self) -> str:
        """In words: `the dot product divided by the square root of 64, plus position`."""
        done = [
            f"the {SPOKEN[self.terms.method]} of query and key",
            self.divisor and f"divided by {_spoken(self.divisor)}",
            self.softcap and f"capped at {self.softcap}",
            "plus position" if self.placed else None,
            self.temperature and f"divided by the temperature {self.temperature}",
        ]
        return ", ".join(filter(None, done)).replace(", ", " ", 1)

    def _named_divisor(self) -> str:
        unit = {"scaled": "√d_k", "kernel": "2σ²"}.get(self.terms.method)
        if unit is None or self.terms.unit is None:
            return self.divisor or ""
        return unit if self.terms.unit == 1 else f"({self.terms.unit}·{unit})"

    def _written(self, similarity: str, divisor: str | None, position: str | None, temperature: str | None) -> str:
        text = f"{similarity} / {divisor}" if divisor else similarity
        if self.softcap:
            text = f"{self.softcap}·tanh({text} / {self.softcap})"
        if position:
            text = f"{text} {position}"
        if self.temperature:
            text = f"({text}) / {temperature}" if position else f"{text} / {temperature}"
        return text


def formula_of(terms: ScoreTerms, head: int) -> Formula:
    """The formula of one head."""
    own = terms.of_head(head)
    temperature, divisor = float(own.temperature[0]), float(own.divisor[0])
    return Formula(
        own,
        IN_SHORT[own.method],
        _divisor(own) if divisor != 1 else None,
        f"{own.softcap:.7g}" if own.softcap else None,
        f"{temperature:.7g}" if temperature != 1 else None,
        min(2 + max(0, ceil(-log10(temperature * min(1.0, abs(divisor))))), MOST_PLACES),
    )


def _spoken(divisor: str) -> str:
    return divisor.strip("()").replace("·", " times ").replace("√", "the square root of ")


def formula_notes(explanation: Explanation) -> Iterator[str]:
    """What q, position and temperature are in the last layer, where they are more than the words say."""
    scoring = explanation.layers[-1].scoring
    if scoring is None:
        return
    yield from _about_query(scoring)
    if scoring.by_offset is not None and scoring.by_offset.any():
        yield "position is what a head learned to add for a key that stands so many words before or after"
    given = explanation.settings.temperature
    if np.any(scoring.temperature != np.float64(given)):
        yield "the temperature is each head's own" + (f", times temperature {given:g}" if given != 1 else "")


def _about_query(scoring: Scoring) -> Iterator[str]:
    length = f"the vectors are first brought to the length {scoring.input_scale:.4g}" if scoring.input_scale else ""
    bias = "q has a bias b_q added" if scoring.query_bias else ""
    if length or bias:
        yield "; ".join(filter(None, (length, bias)))


def _divisor(own: ScoreTerms) -> str:
    """The number, `√64` where it is the root of a whole one."""
    if own.method != "scaled" or own.unit is None:
        return f"{own.divisor[0]:.7g}"
    return f"√{own.d_k}" if own.unit == 1 else f"({own.unit}·√{own.d_k})"
