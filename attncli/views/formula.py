"""The formula of a score and its terms as printed, both from the same `ScoreTerms`."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log10

import numpy as np

from attncli.attention.score_terms import ScoreTerms, Scoring
from attncli.recipes.explanation import Explanation
from attncli.views.rounding import as_number

MOST_PLACES = 8
MOST_TERMS = 3  # the products of which a score of DeBERTa is the sum; √d_k is times the root of their number


@dataclass(frozen=True, eq=False)
class Formula:
    """One head's scores as a formula: `text` names its terms; similarity and position have `places` decimals.

    divisor, softcap and temperature: their numbers as printed; None where they change nothing.
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
        position = "+ position" if self.positional else None
        return self._written(self.terms.method.written, named, position, "temperature")

    @property
    def plain(self) -> bool:
        """Whether a score is the similarity itself."""
        return not (self.divisor or self.softcap or self.temperature or self.positional)

    @property
    def positional(self) -> bool:
        """Whether something is added for the place of a key."""
        return self.terms.position is not None

    @property
    def open(self) -> str:
        """The formula with its numbers, but for `{similarity}` and, with its sign, `{position}`."""
        return self._written("{similarity}", self.divisor, "{position}" if self.positional else None, self.temperature)

    @property
    def numbered(self) -> str:
        """The formula with the numbers of the head alone: `(q·k / √64 + position) / 1.0469`."""
        return self.open.format(similarity=self.terms.method.written, position="+ position")

    def similarity_of(self, query: int, key: int) -> str:
        """The similarity of a query (its place among the terms') and a key, as printed."""
        return as_number(float(self.terms.similarity[0, query, key]), self.places)

    def position_of(self, query: int, key: int) -> str:
        """The addition for the place of the key, as printed."""
        return "" if self.terms.position is None else as_number(float(self.terms.position[0, query, key]), self.places)

    def worked(self, query: int, key: int) -> str:
        """The formula with the numbers of one query and key: `(17.83 / √64 + 0.12) / 1.0469`."""
        position = self.position_of(query, key)
        signed = f"- {position[1:]}" if position.startswith("-") else f"+ {position}"
        return self.open.format(similarity=self.similarity_of(query, key), position=signed)

    @property
    def in_words(self) -> str:
        """In words: `the dot product divided by the square root of 64, plus position`."""
        done = [
            f"the {self.terms.method.spoken} of query and key",
            self.divisor and f"divided by {_spoken(self.divisor)}",
            self.softcap and f"capped at {self.softcap}",
            "plus position" if self.positional else None,
            self.temperature and f"divided by the temperature {self.temperature}",
        ]
        return ", ".join(filter(None, done)).replace(", ", " ", 1)

    def _named_divisor(self) -> str:
        own, unit = self.terms.method.divisor, self.terms.unit
        if number := _under_root(self.terms):
            return f"√({number}·d_k)"
        if own is None or unit is None:
            return self.divisor or ""
        return own.text if unit == 1 else f"({unit}·{own.text})"

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
        own.method.short,
        _divisor(own) if divisor != 1 else None,
        f"{own.softcap:.7g}" if own.softcap else None,
        f"{temperature:.7g}" if temperature != 1 else None,
        min(2 + max(0, ceil(-log10(temperature * min(1.0, abs(divisor))))), MOST_PLACES),
    )


def _spoken(divisor: str) -> str:
    return divisor.strip("()").replace("·", " times ").replace("√", "the square root of ")


def formula_notes(explanation: Explanation) -> Iterator[str]:
    """Notes on q, position and temperature of the last layer, where they are more than their names tell."""
    scoring = explanation.layers[-1].scoring
    if scoring is None:
        return
    yield from _about_query(scoring)
    if scoring.by_offset is not None and scoring.by_offset.any():
        yield "position is what a head learned to add for a key that stands so many words before or after"
    if scoring.added is not None and scoring.added.any():
        yield "position is what the offset of a key adds, by the query and by the key"
    given = explanation.source.temperature
    if np.any(scoring.temperature != np.float64(given)):
        yield "the temperature is each head's own" + (f", times temperature {given:g}" if given != 1 else "")


def _about_query(scoring: Scoring) -> Iterator[str]:
    length = f"the vectors are first brought to the length {scoring.input_scale:.4g}" if scoring.input_scale else ""
    bias = "q has a bias b_q added" if scoring.query_bias else ""
    if length or bias:
        yield "; ".join(filter(None, (length, bias)))


def _under_root(own: ScoreTerms) -> int | None:
    """2 or 3, where one head's divisor is the root of so many times d_k; None for other divisors."""
    if own.unit is not None or own.method.divisor is None or own.method.divisor.text != "√d_k":
        return None
    times = float(own.divisor[0]) ** 2 / own.d_k
    return round(times) if abs(times - round(times)) < 1e-6 and 1 < round(times) <= MOST_TERMS else None


def _divisor(own: ScoreTerms) -> str:
    """The divisor of one head: `√64` where it is a number of d_k alone, else in figures."""
    named = own.method.divisor.text if own.method.divisor else ""
    if number := _under_root(own):
        return f"√{number * own.d_k}"
    if "d_k" not in named or own.unit is None:
        return f"{own.divisor[0]:.7g}"
    worked = named.replace("d_k", str(own.d_k))
    return worked if own.unit == 1 else f"({own.unit}·{worked})"
