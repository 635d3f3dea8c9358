"""How numbers are written, so that they are the same digits everywhere."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def rounded(value: ArrayLike) -> Any:
    """Floats to 9 decimals (nanometres), in nested lists like the array's. Adding 0.0 turns -0.0 into 0.0."""

    def walk(v: Any) -> Any:
        return [walk(w) for w in v] if isinstance(v, list) else round(v, 9) + 0.0

    return walk(np.asarray(value, np.float64).tolist())
