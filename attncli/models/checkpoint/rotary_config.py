"""What a config.json says of the rotation of queries and keys, its numbers checked and bounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attncli.errors import ResourceError, quoted
from attncli.models.checkpoint.config import listed
from attncli.models.family import Config

BASE = 10_000.0  # Su et al. 2021, equation 15
TRAINED = "original_max_position_embeddings"
LARGEST = 1e15  # a base, a factor, a length: the largest in use is a base of 1e10
#: What the object of a rotation may have; `finetuned` is a mark of its authors.
KEYS = listed(
    """rope_type type rope_theta partial_rotary_factor factor original_max_position_embeddings attention_factor
    beta_fast beta_slow mscale mscale_all_dim truncate low_freq_factor high_freq_factor short_factor long_factor
    finetuned"""
)


@dataclass(frozen=True)
class Rotary:
    """What a config says of the rotation.

    kind: one of SCALINGS; width: how many of a head's d_k dimensions turn; positions: max_position_embeddings;
    trained: the length it was trained with before it was scaled; parameters: the scaling's own keys.
    """

    kind: str
    base: float
    width: int
    positions: int
    trained: float
    parameters: Mapping[str, Any]

    @property
    def factor(self) -> float:
        """How much further the scaled model reads; where it is not said, what the two lengths say."""
        said = self.positions / self.trained if self.kind in ("yarn", "longrope") else None
        return positive(self.parameters, "factor", said)

    @property
    def reach(self) -> int:
        """The longest input: the config's number, which these two kinds leave at the length before the scaling."""
        scaled = {"dynamic": self.positions, "yarn": self.trained}.get(self.kind, 0)
        return max(self.positions, int(scaled * self.factor if scaled else 0))


def turning_part(kind: str, parameters: Mapping[str, Any]) -> float:
    """The part of a head's dimensions that turns: all of them without a scaling, whatever the config says.

    So do these models in transformers, which leave it to the scalings to ask.
    """
    return 1.0 if kind == "default" else number(parameters, "partial_rotary_factor", 1.0)


def parameters_of(config: Config) -> Mapping[str, Any]:
    """The scaling's own keys, and those that older configs keep beside it."""
    found = config.get("rope_scaling") or config.get("rope_parameters") or {}
    if not isinstance(found, Mapping) or any(isinstance(value, Mapping) for value in found.values()):
        raise ResourceError(f"the model's rotary scaling is {quoted(found)}; supported is one for all its layers")
    return {**{key: config.get(key) for key in ("rope_theta", "partial_rotary_factor")}, **found}


def number(parameters: Mapping[str, Any], key: str, default: float | None = None) -> float:
    """The number that the config has there, the default where it has none or null; ResourceError without either."""
    found = default if parameters.get(key) is None else parameters[key]
    if found is None or not is_number(found):
        raise ResourceError(
            f"the {key} of the model's rotary positions is {quoted(found)}; needed is a number up to 1e15"
        )
    return float(found)


def positive(parameters: Mapping[str, Any], key: str, default: float | None = None) -> float:
    """The same of a number above 0."""
    found = number(parameters, key, default)
    if found <= 0:
        raise ResourceError(f"the {key} of the model's rotary positions is {found:g}; needed is a positive number")
    return found


def is_number(found: object) -> bool:
    """Whether it is a number that a rotation may have: no NaN, and none too large to reckon with."""
    return isinstance(found, int | float) and not isinstance(found, bool) and -LARGEST < found < LARGEST
