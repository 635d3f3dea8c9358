"""Dart throwing: a thing is thrown at surfaces until it lands where it fits.

What lands is spread evenly over all places at which it fits (R. L. Cook, "Stochastic sampling in computer graphics", ACM TOG 5(1), 1986).
"""

from collections.abc import Callable, Sequence

import numpy as np

from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.surfaces import Surface
from diorama.sim.transforms import Vec3

#: Darts for each thing. Where it fits in a hundredth of all places, it is missed once in twenty scenes.
_DARTS = 300


def thrown(
    rng: np.random.Generator,
    thing: Prism,
    targets: Sequence[Surface],
    crowd: Crowd,
    *,
    margin_m: float,
    spacing_m: float,
    gap_m: float,
    accept: Callable[[Vec3], bool] = lambda _: True,
) -> Vec3 | None:
    """Where the origin of a thing lands: wholly on one of the targets, clear of the crowd, which it joins. None when it fits nowhere.

    It lies `margin_m` inside the target's edges and `gap_m` above it, and keeps `spacing_m` from all beside it. `accept` may refuse places.
    """
    areas = np.cumsum([target.outline.area_m2 for target in targets])
    for pick, u, v in rng.random((_DARTS, 3)).tolist():
        target = targets[int((areas <= pick * areas[-1]).sum())]
        (x0, x1), (y0, y1) = target.outline.span_m
        place = (x0 + u * (x1 - x0), y0 + v * (y1 - y0), target.height_m + gap_m - thing.low_m)
        landed = thing.moved(place)
        if target.outline.holds(landed.outline, margin_m) and accept(place) and crowd.is_free(landed, spacing_m):
            crowd.add(landed)
            return place
    return None
