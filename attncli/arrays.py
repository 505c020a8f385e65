"""The type of a NumPy array, whatever its shape and numbers; the shapes stand beside the code."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
