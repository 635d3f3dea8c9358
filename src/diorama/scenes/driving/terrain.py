"""Hills: where the streets are, so gentle that roads climb them, and around, so that the land has an end that one likes to look at."""

import math

import numpy as np

from diorama.randomizers.distributions import Uniform, UniformInt, rounded
from diorama.scenes.driving.layouts import REACH_M
from diorama.sim.spec import Hill, Terrain

#: Roads bend no tighter up and down (1/m): one sees over it.
_MOST_BEND = 0.0011
#: What is drawn flat is nowhere so far off the terrain.
_SAG_M = 0.0018
#: Streets, with what is beside them, are within this distance from the middle.
_STREETS_M = REACH_M + 55.0


def hills(height_m: float, rng: np.random.Generator) -> Terrain:
    """One hill in the streets, or a hollow, `height_m` above or below the land around, and others at the horizon."""
    near: list[Hill] = []
    if abs(height_m) > 0.05:
        angle, away = 2 * math.pi * rng.random(), Uniform(0, REACH_M).sample(rng)
        radius = max(math.sqrt(6.0 * abs(height_m) / _MOST_BEND), Uniform(110, 160).sample(rng))
        near.append(Hill(center_m=_polar(angle, away), radius_m=round(radius, 2), height_m=round(height_m, 3)))
    return Terrain(hills=(*near, *_far(rng)))


def _far(rng: np.random.Generator) -> list[Hill]:
    """Hills around the streets, which do not reach into them."""
    out: list[Hill] = []
    count = UniformInt(7, 12).sample(rng)
    start, tall = 2 * math.pi * rng.random(), Uniform(0.3, 1.0).sample(rng)
    for k in range(count):
        angle = start + 2 * math.pi * (k + Uniform(0, 0.7).sample(rng)) / count
        away = Uniform(300, 700).sample(rng)
        radius = (away - _STREETS_M) * Uniform(0.7, 1.0).sample(rng)
        out.append(Hill(center_m=_polar(angle, away), radius_m=round(radius, 2), height_m=round(tall * radius * Uniform(0.02, 0.13).sample(rng), 3)))
    return out


def reach_m(terrain: Terrain, most_m: float) -> float:
    """How far apart vertices in the streets may be for what is between them to be near the terrain: by the sagitta of its tightest bend."""
    near = [hill for hill in terrain.hills if _length(hill.center_m) < _STREETS_M + hill.radius_m]
    bend = sum(6.0 * abs(hill.height_m) / (hill.radius_m * hill.radius_m) for hill in near)
    return min(most_m, round(math.sqrt(8.0 * _SAG_M / bend), 2)) if bend > 0 else most_m


def _polar(angle: float, away: float) -> tuple[float, float]:
    return round(away * rounded(math.cos(angle)), 3), round(away * rounded(math.sin(angle)), 3)


def _length(place: tuple[float, float]) -> float:
    return math.sqrt(place[0] * place[0] + place[1] * place[1])
