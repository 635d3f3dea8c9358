"""The sensor's response: from linear signal to 8-bit codes, as a table."""

import math
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: The largest signal (1 is diffuse white) that is told from a larger one.
WHITEST = 16.0
_ENTRIES = 16384


@cache
def response(curve: Literal["filmic", "linear"]) -> NDArray[np.uint8]:
    """8-bit sRGB codes over the square root of the signal, from 0 to WHITEST.

    ``filmic`` is Narkowicz's fit of the ACES film curve; ``linear`` clips at 1.
    """

    def code(signal: float) -> int:
        if curve == "filmic":
            x = 0.8 * signal
            signal = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
        t = min(signal, 1.0)
        return round(255 * (12.92 * t if t <= 0.0031308 else 1.055 * math.pow(t, 1 / 2.4) - 0.055))

    return np.array([code((i / (_ENTRIES - 1)) ** 2 * WHITEST) for i in range(_ENTRIES)], np.uint8)
