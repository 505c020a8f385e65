"""The type of a NumPy array of any shape and dtype; shapes are written in comments."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
