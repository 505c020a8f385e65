"""Rotary positions: queries and keys turned by an angle that grows with their place (Su et al. 2021).

A pair of dimensions i turns by m·θᵢ at place m, θᵢ = base^(−2i/d) (section 3.2.2, equations 14 and 15), so that q·k
depends on the distance of the two alone. The scalings change the θᵢ, to read further than a model was trained to.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError, quoted
from attncli.models.checkpoint.config import Config, keys_in

BASE = 10_000.0  # Su et al. 2021, equation 15
TRAINED = "original_max_position_embeddings"
WIDEST = 2**16  # dimensions of a head that turn; 256 in the widest model
BY_LENGTH = frozenset(("dynamic", "longrope"))  # scalings whose angles depend on the length of a text
LARGEST = 1e15  # a base, a factor, a length: the largest in use is a base of 1e10
#: The keys of a rotation's object; `finetuned` is a mark of its authors.
KEYS = keys_in(
    """rope_type type rope_theta partial_rotary_factor factor original_max_position_embeddings attention_factor
    beta_fast beta_slow mscale mscale_all_dim truncate low_freq_factor high_freq_factor short_factor long_factor
    finetuned"""
)


@dataclass(frozen=True)
class Rotary:
    """The rotation of a model.

    kind: one of SCALINGS; width: how many of a head's d_k dimensions turn; positions: max_position_embeddings;
    trained: the length it was trained with before it was scaled; parameters: the scaling's own keys; neighbours:
    whether a dimension turns with its neighbour, and not with the one half the width further.
    """

    kind: str
    base: float
    width: int
    positions: int
    trained: float
    parameters: Mapping[str, Any] = field(hash=False)
    neighbours: bool = False

    @property
    def factor(self) -> float:
        """How much further the scaled model reads; by default the ratio of its two lengths."""
        ratio = self.positions / self.trained if self.kind in ("yarn", "longrope") else None
        return _positive(self.parameters, "factor", ratio)

    @property
    def reach(self) -> int:
        """The longest input: `positions`, or the scaled length for kinds whose config has the unscaled one there."""
        scaled = {"dynamic": self.positions, "yarn": self.trained}.get(self.kind, 0)
        return max(self.positions, int(scaled * self.factor if scaled else 0))

    def changes(self, before: int, n: int) -> bool:
        """Whether the places of a text of `before` tokens turn by other angles in one of n tokens."""
        if self.kind not in BY_LENGTH:
            return False
        (theta, magnitude), (other, its) = (frequencies(self, length) for length in (before, n))
        return magnitude != its or not np.array_equal(theta, other)


def read_rotary(
    config: Config,
    d_k: int,
    positions: int,
    part: float | None = None,
    neighbours: bool = False,
    base: float = BASE,
    trained: int | None = None,
) -> Rotary:
    """The rotation by a config, in the old keys (`rope_scaling`, `rope_theta`) or in `rope_parameters`.

    part: of a head's dimensions that turns where the config does not say; None: all turn without a scaling, even
    with the key, as in the models of transformers that leave it to the scalings to ask. base, trained: where the config
    does not give the base, or the trained length beside the rotation.

    Raises:
        ResourceError: a scaling that is not supported, or one that lacks a number.
    """
    beside = {TRAINED: config.get(TRAINED, trained)}
    beside = {} if beside[TRAINED] is None else {TRAINED: _positive(beside, TRAINED)}
    return rotary_of({**_read_parameters(config), **beside}, d_k, positions, part, neighbours, base)


def rotary_of(
    parameters: Mapping[str, Any],
    d_k: int,
    positions: int,
    part: float | None = None,
    neighbours: bool = False,
    base: float = BASE,
) -> Rotary:
    """The rotation by the keys of its own object; arguments and errors as of `read_rotary`."""
    kind = parameters.get("rope_type") or parameters.get("type") or "default"
    if not isinstance(kind, str) or kind not in SCALINGS:
        raise ResourceError(f"rotary scaling in config.json: expected one of {', '.join(SCALINGS)}, got {quoted(kind)}")
    whole = part is None and kind == "default"
    width = int(d_k * (1.0 if whole else _number(parameters, "partial_rotary_factor", part or 1.0)))
    if width % 2 or not 0 < width <= min(d_k, WIDEST):
        raise ResourceError(f"rotation in config.json: expected an even number of dimensions, got {width} of {d_k}")
    trained, base = _positive(parameters, TRAINED, positions), _positive(parameters, "rope_theta", base)
    rotary = Rotary(kind, base, width, positions, trained, parameters, neighbours)
    for n in (1, rotary.reach):
        frequencies(rotary, n)  # a number that is missing is named before the first block
    return rotary


@lru_cache(maxsize=64)  # every layer asks for the same
def rotation(rotary: Rotary, n: int) -> tuple[Array, Array]:
    """The cosine and sine of the angles at the places 0 … n − 1: two arrays `[n, width/2]`, float32."""
    theta, magnitude = frequencies(rotary, n)  # [width/2]
    angles = np.arange(n, dtype=np.float32)[:, None] * theta  # [n, width/2]
    turns = np.cos(angles) * np.float32(magnitude), np.sin(angles) * np.float32(magnitude)
    for each in turns:
        each.flags.writeable = False
    return turns


def rotate(x: Array, cos: Array, sin: Array, neighbours: bool = False) -> Array:
    """Vectors x `[..., d_k]`, turned by angles `[..., width/2]`: `[..., d_k]` (Su et al. 2021, equation 34).

    Dimension i is paired with dimension i + width/2, the order in which Llama's and its descendants' checkpoints keep
    their rows, or with its neighbour, as in the paper. Dimensions beyond the width stay.
    """
    half = cos.shape[-1]
    turned = np.empty_like(x)
    turned[..., 2 * half :] = x[..., 2 * half :]
    places = [slice(at, 2 * half, 2) if neighbours else slice(at * half, (at + 1) * half) for at in (0, 1)]
    (first, second), (one, other) = ([array[..., each] for each in places] for array in (x, turned))  # [..., width/2]
    np.multiply(first, cos, out=one)
    one -= second * sin
    np.multiply(second, cos, out=other)
    other += first * sin
    return turned


def frequencies(rotary: Rotary, n: int) -> tuple[Array, float]:
    """θ `[width/2]`, float32, for an input of n tokens, and the number that cos and sin are multiplied with.

    Raises:
        ResourceError: the scaling lacks a number, or its numbers give no finite angles.
    """
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            theta, magnitude = SCALINGS[rotary.kind](rotary, n)
        if not (np.isfinite(theta).all() and math.isfinite(magnitude)):
            raise ValueError("not all of them are finite")
        return theta, magnitude
    except (ArithmeticError, TypeError, ValueError) as error:  # a base of 1, a factor of 0, ln of a negative length
        raise ResourceError(
            f"rotary scaling {rotary.kind} in config.json: expected numbers that give finite angles: {error}"
        ) from None


def _plain(base: float, width: int) -> Array:
    """θᵢ = base^(−2i/width): [width/2], float32."""
    theta: Array = 1 / _periods(base, width)
    return theta


def _periods(base: float, width: int) -> Array:
    """1/θᵢ = base^(2i/width): [width/2], float32.

    Here and below numbers are rounded where the models' own code rounds them: at place 1,000 one unit in the last
    place of θ turns a vector by 6e-5.
    """
    exponents = np.arange(0, width, 2, dtype=np.float32) / np.float32(width)
    periods: Array = np.power(base, exponents.astype(np.float64)).astype(np.float32)
    return periods


def _default(rotary: Rotary, n: int) -> tuple[Array, float]:
    return _plain(rotary.base, rotary.width), 1.0


def _linear(rotary: Rotary, n: int) -> tuple[Array, float]:
    """Places closer together (position interpolation, Chen et al. 2023, equation 4)."""
    return _plain(rotary.base, rotary.width) / np.float32(rotary.factor), 1.0


def _dynamic(rotary: Rotary, n: int) -> tuple[Array, float]:
    """A larger base for an input beyond the trained length (NTK-aware, dynamic: Peng et al. 2023, 3.1 and 3.3)."""
    factor, power = rotary.factor, rotary.width / (rotary.width - 2)
    lengths = np.float32(max(n, rotary.positions)), np.float32(rotary.positions)
    stretch = np.float32(factor) * lengths[0] / lengths[1] - np.float32(factor - 1)
    return _plain(float(np.float32(rotary.base) * np.float32(float(stretch) ** power)), rotary.width), 1.0


def _llama3(rotary: Rotary, n: int) -> tuple[Array, float]:
    """Long waves slowed down, short ones kept, those between blended (Llama 3.1's reference code, `apply_scaling`)."""
    low, high = (_positive(rotary.parameters, f"{side}_freq_factor") for side in ("low", "high"))
    if low >= high:
        raise ValueError(f"low_freq_factor {low:g} is not below high_freq_factor {high:g}")
    theta = _plain(rotary.base, rotary.width)  # [width/2]
    turns = rotary.trained / (np.float32(2 * math.pi) / theta)  # [width/2], full turns within the trained length
    kept = np.clip((turns - low) / (high - low), 0, 1).astype(np.float32)  # [width/2], 1: a short wave
    return (1 - kept) * theta / np.float32(rotary.factor) + kept * theta, 1.0


def _yarn(rotary: Rotary, n: int) -> tuple[Array, float]:
    """Interpolated by parts, with larger queries and keys (YaRN: Peng et al. 2023, sections 3.2 and 3.4)."""
    slow = _turning(rotary, _number(rotary.parameters, "beta_fast", 32) or 32)
    fast = _turning(rotary, _number(rotary.parameters, "beta_slow", 1) or 1)
    if rotary.parameters.get("truncate", True):
        slow, fast = math.floor(slow), math.ceil(fast)
    slow, fast = max(slow, 0), min(fast, rotary.width - 1)
    fast += 0.001 if slow == fast else 0  # a step instead of a division by 0
    places = np.arange(rotary.width // 2, dtype=np.float32)  # [width/2]
    kept = 1 - np.clip((places - np.float32(slow)) / np.float32(fast - slow), 0, 1)  # [width/2], γ of section 3.2
    periods = _periods(rotary.base, rotary.width)  # [width/2]
    theta = 1 / (np.float32(rotary.factor) * periods) * (1 - kept) + 1 / periods * kept
    return theta, _yarn_magnitude(rotary)


def _turning(rotary: Rotary, turns: float) -> float:
    """The pair of dimensions, as a fraction, that makes so many full turns within the trained length."""
    return rotary.width * math.log(rotary.trained / (turns * 2 * math.pi)) / (2 * math.log(rotary.base))


def _yarn_magnitude(rotary: Rotary) -> float:
    """√(1/t) = 0.1 ln s + 1, the temperature of section 3.4; the config may name it, or two weights of the ln."""
    weights = [_number(rotary.parameters, key, 0) for key in ("mscale", "mscale_all_dim")]

    def magnitude(weight: float) -> float:
        return 0.1 * weight * math.log(rotary.factor) + 1 if rotary.factor > 1 else 1.0

    derived = magnitude(weights[0]) / magnitude(weights[1]) if all(weights) else magnitude(1)
    return _number(rotary.parameters, "attention_factor", derived)


def _longrope(rotary: Rotary, n: int) -> tuple[Array, float]:
    """A searched factor for every pair, one list for inputs of the trained length, one beyond (Ding et al. 2024, 3)."""
    key = "long_factor" if n > rotary.trained else "short_factor"
    listed, pairs = rotary.parameters.get(key), rotary.width // 2
    if not isinstance(listed, list) or len(listed) != pairs or not all(map(_is_number, listed)):
        raise ResourceError(f"{key} in config.json: expected a list of {pairs} numbers, got {quoted(listed)}")
    factors = np.array(listed, np.float32)  # [width/2]
    derived = math.sqrt(1 + math.log(max(rotary.factor, 1)) / math.log(rotary.trained))
    return 1 / (factors * _periods(rotary.base, rotary.width)), _number(rotary.parameters, "attention_factor", derived)


def _read_parameters(config: Config) -> Mapping[str, Any]:
    """The scaling's own keys, and those that older configs keep beside it."""
    older, newer = (config.object(name, KEYS) for name in ("rope_scaling", "rope_parameters"))
    found = older or newer or {}
    if not isinstance(found, Mapping) or any(isinstance(value, Mapping) for value in found.values()):
        raise ResourceError(f"rotary scaling in config.json: expected one object for all layers, got {quoted(found)}")
    return {**{key: config.get(key) for key in ("rope_theta", "partial_rotary_factor")}, **found}


def _number(parameters: Mapping[str, Any], key: str, default: float | None = None) -> float:
    """The number under the key, the default where it is missing or null; ResourceError without either."""
    found = default if parameters.get(key) is None else parameters[key]
    if found is None or not _is_number(found):
        raise ResourceError(f"{key} of the rotation in config.json: expected a number up to 1e15, got {quoted(found)}")
    return float(found)


def _positive(parameters: Mapping[str, Any], key: str, default: float | None = None) -> float:
    """A number above 0 of the config."""
    found = _number(parameters, key, default)
    if found <= 0:
        raise ResourceError(f"{key} of the rotation in config.json: expected a positive number, got {found:g}")
    return found


def _is_number(found: object) -> bool:
    """Whether a rotation can be computed with it: no NaN, and not too large."""
    return isinstance(found, int | float) and not isinstance(found, bool) and -LARGEST < found < LARGEST


SCALINGS: Mapping[str, Callable[[Rotary, int], tuple[Array, float]]] = {
    "default": _default,
    "linear": _linear,
    "dynamic": _dynamic,
    "llama3": _llama3,
    "yarn": _yarn,
    "longrope": _longrope,
}
