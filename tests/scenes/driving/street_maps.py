"""Street maps to be looked at by tests, and what is asked of them."""

import math
from functools import lru_cache
from itertools import pairwise

from hypothesis import strategies as st

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant, Uniform
from diorama.scenes.driving.layouts import LAYOUTS
from diorama.scenes.driving.settings import SETTINGS
from diorama.scenes.driving.street import Street
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.seeds import Seed
from diorama.sim.spec import Area, Lane, SceneSpec
from diorama.sim.spec.roads import Vec2

LIBRARY = AssetLibrary()

#: Arguments of `street`: every kind of network, in every kind of place, on both sides of the road, on hills and on level land.
streets = st.tuples(
    st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from(sorted(SETTINGS)),
    st.sampled_from(["right", "left"]),
    st.sampled_from(["level", "hill", "hollow"]),
    st.integers(0, 10**6),
)
_HILLS = {"level": Constant(0.0), "hill": Uniform(3, 8), "hollow": Uniform(-5, -3)}


@lru_cache(maxsize=64)
def street(layout: str, setting: str, rule: str, ground: str, seed: int) -> SceneSpec:
    """A scene of these."""
    scenario = Street(layout=Constant(layout), setting=Constant(setting), drives_on=Constant(rule), hill_m=_HILLS[ground])
    return scenario.build(Seed(seed), Context(library=LIBRARY))


def area_m2(outline: tuple[Vec2, ...]) -> float:
    """Inside an outline; positive when it goes around counter-clockwise."""
    return math.fsum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*outline, outline[0]])) / 2


def holds(area: Area, point: Vec2) -> bool:
    """Whether a point is inside, by the number of edges that are crossed on the way out to the right."""
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in pairwise([*area.outline_m, area.outline_m[0]]):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


def direction(a: Vec2, b: Vec2) -> Vec2:
    """The unit vector from one point to another."""
    length = math.dist(a, b)
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length


def heading(lane: Lane, *, end: bool) -> Vec2:
    """The way a lane points where it begins or ends."""
    return direction(*(lane.points_m[-2:] if end else lane.points_m[:2]))
