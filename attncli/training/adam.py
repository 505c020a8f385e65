"""Adam: each parameter moves by its mean gradient over the root of its mean squared one (Kingma and Ba 2015)."""

import math
from collections.abc import Mapping

import numpy as np

from attncli.arrays import Array

BETAS = (0.9, 0.98)
EPSILON = 1e-8
CLIP = 1.0  # the longest that all gradients together may be
RATE, WARM_UP = 3e-3, 50


def rate_at(step: int, progress: float) -> float:
    """The learning rate of a step (from 1): up over WARM_UP steps, and down to 0 where `progress` reaches 1."""
    return RATE * min(step / WARM_UP, max(0.0, 1 - progress))


class Adam:
    """Updates the arrays of a block in place."""

    def __init__(self, block: Mapping[str, Array], speeds: Mapping[str, Array] | None = None) -> None:
        self._speeds = speeds or {}  # by name, what a part's learning rate is multiplied with
        self._mean = {name: np.zeros_like(array) for name, array in block.items()}
        self._square = {name: np.zeros_like(array) for name, array in block.items()}
        self._step = 0

    def update(self, block: Mapping[str, Array], gradients: Mapping[str, Array], rate: float) -> None:
        """One step against the gradients, which together are brought to at most CLIP."""
        self._step += 1
        moving = (array * (self._speeds.get(name, 1) != 0) for name, array in gradients.items())
        length = math.sqrt(sum(float((array * array).sum()) for array in moving))
        shrink = min(1.0, CLIP / max(length, EPSILON))
        first, second = BETAS
        for name, gradient in gradients.items():
            mean, square, g = self._mean[name], self._square[name], gradient * shrink
            mean += (1 - first) * (g - mean)
            square += (1 - second) * (g * g - square)
            root = np.sqrt(square / (1 - second**self._step)) + EPSILON
            block[name][...] -= (rate / (1 - first**self._step)) * mean / root * self._speeds.get(name, 1)
