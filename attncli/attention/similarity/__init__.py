"""Step 1 of attention: the similarity of a query and a key. One method a file, all of its properties in one record.

A method is named in `settings.explanation.METHODS`; the module of that name in this package holds its record, METHOD,
and is imported at the method's first use. Everything else is derived: options, checks, formulas, files of heads,
training, schemas, documentation. A new one comes last in the list, since random heads draw in its order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

import numpy as np
from numpy.typing import ArrayLike

from attncli.arrays import Array
from attncli.settings.explanation import METHODS

Parameters = dict[str, Array]
Gradients = dict[str, Array]


@dataclass(frozen=True)
class Parameter:
    """One array of a method, `[n_head, *axes]`.

    untrained: the default of a parameter without axes, by d_k; None: it must be drawn, trained or given.
    least: the least number that training leaves in it; where there is one, all numbers must be above 0. speed: the
    factor of its learning rate.
    """

    axes: tuple[str, ...] = ()
    untrained: Callable[[int], float] | None = None
    least: float | None = None
    speed: float = 1.0


@dataclass(frozen=True)
class Divisor:
    """The last division of a method's formula, which screens show as a term of its own.

    text: the divisor as written; value: its number, or one a head `[n_head]`, by d_k and the parameters. undivided:
    the method's score before the division. Where `scale` is given to `attend`, it multiplies the score, or it takes
    the divisor's place.
    """

    text: str
    value: Callable[[int, Mapping[str, Array]], ArrayLike]
    undivided: Callable[..., Array]
    scale_takes_its_place: bool = False


def _none(*_: object) -> Parameters:
    return {}


@dataclass(frozen=True)
class Method:
    """A similarity of queries and keys.

    written: the similarity before it is divided; short: the same for the head of a column; spoken: for screen readers.
    score(query, key, *, scale, out, **parameters): queries `[..., n_query, d_k]` and keys `[..., n_key, d_k]` to scores
        `[..., n_query, n_key]`: the similarity times `scale`, where None is the method's own. Leading axes broadcast;
        parameters have those of the heads. With `out` the scores are written there.
    backward(d_scores, query, key, *, scale, **parameters): the derivatives of a loss by query, key and parameters,
        under these names and in their shapes, from those by the scores.
    random(n_head, d_k, rng), identity(n_head, d_k), start(n_head, d_k, rng): parameters without `untrained` numbers:
        drawn ones, under which vectors with entries of variance 1 get scores with a spread of about 1; those that come
        nearest to no parameters at all; those that training starts from, None: drawn ones.
    """

    name: str
    written: str
    short: str
    spoken: str
    score: Callable[..., Array]
    backward: Callable[..., Gradients]
    divisor: Divisor | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    random: "Callable[[int, int, np.random.Generator], Parameters]" = _none
    identity: Callable[[int, int], Parameters] = _none
    start: "Callable[[int, int, np.random.Generator], Parameters] | None" = None

    @property
    def formula(self) -> str:
        """The whole formula: `q·k / √d_k`."""
        return f"{self.written} / {self.divisor.text}" if self.divisor else self.written

    @property
    def learned(self) -> bool:
        """Whether it means something only with parameters that were trained or given."""
        return any(each.untrained is None for each in self.parameters.values())

    def untrained(self, n_head: int, d_k: int) -> Parameters:
        """The parameters that have a number without training, each `[n_head]`."""
        return {name: np.full(n_head, each.untrained(d_k)) for name, each in self.parameters.items() if each.untrained}

    def starting(self, n_head: int, d_k: int, rng: "np.random.Generator") -> Parameters:
        """All parameters that training starts from."""
        return self.untrained(n_head, d_k) | (self.start or self.random)(n_head, d_k, rng)


@cache
def method_of(name: str) -> Method:
    """The record of a method in METHODS."""
    method: Method = import_module(f"{__name__}.{name}").METHOD
    return method


def all_parameters() -> dict[str, Parameter]:
    """The parameters of all methods, by their names in a projections file."""
    return {name: each for method in METHODS for name, each in method_of(method).parameters.items()}


def unbroadcast(gradient: Array, like: Array) -> Array:
    """Derivatives by an array that was broadcast: summed over the axes along which it was repeated."""
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - like.ndim)))
    repeated = tuple(axis for axis, n in enumerate(like.shape) if n == 1 and gradient.shape[axis] != 1)
    summed: Array = gradient.sum(axis=repeated, keepdims=True) if repeated else gradient
    return summed
