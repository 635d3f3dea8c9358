"""What surrounds a scene: as a map to light it by, and as what a camera sees past the last surface."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.hdr import read_map
from diorama.sim.render.raster.clouds import cloudy_map, with_clouds
from diorama.sim.sky import HORIZON, radiance, sky_tables
from diorama.sim.spec import EnvironmentSpec, HdrMap, PhysicalSky, Rgb

#: Rows of the map of a blend of two colours, and of a sky.
_BLEND_ROWS, _SKY_ROWS = 64, 128


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """An environment ready for use. `light` (h, 2 h, 3) float32 is equirectangular as `HdrMap` has it, to be turned by `turn_rad`."""

    environment: EnvironmentSpec
    light: NDArray[np.float32]
    turn_rad: float = 0.0

    def background(self, directions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Radiances (n, 3) that a camera sees along unit directions (n, 3)."""
        e = self.environment
        z = directions[:, 2]
        if e.background_top is not None or e.background_bottom is not None:
            return _blend(e.background_top or e.sky, e.background_bottom or e.ground, z)
        if e.surroundings is None:
            return _blend(e.sky, e.ground, z)
        if isinstance(e.surroundings, PhysicalSky):
            sky = e.surroundings
            tables = sky_tables(sky)
            above = np.clip(0.5 + z / (2 * HORIZON), 0, 1)[:, None]
            turned = _turned(directions, -sky.sun_azimuth_rad)
            seen = radiance(tables, turned) * above + np.array(tables.ground) * (1 - above)
            return (seen if sky.clouds is None else with_clouds(sky, turned, seen).astype(np.float64)) * sky.strength
        return _looked_up(self.light, _turned(directions, -self.turn_rad))


def around(environment: EnvironmentSpec) -> Around:
    """Raises AssetError naming an HDR map that cannot be used."""
    surroundings = environment.surroundings
    if isinstance(surroundings, HdrMap):
        return Around(environment, read_map(surroundings) * np.float32(surroundings.strength), surroundings.turn_rad)
    if isinstance(surroundings, PhysicalSky):
        return Around(environment, cloudy_map(surroundings, _SKY_ROWS))
    z = np.cos((np.arange(_BLEND_ROWS) + 0.5) / _BLEND_ROWS * math.pi)
    rows = _blend(environment.sky, environment.ground, z).astype(np.float32)
    return Around(environment, np.ascontiguousarray(np.broadcast_to(rows[:, None], (_BLEND_ROWS, 2 * _BLEND_ROWS, 3))))


def _blend(top: Rgb, bottom: Rgb, z: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smooth blend from straight below (z = -1) to straight above (z = 1)."""
    t = 0.5 + 0.5 * z[..., None]
    t = t * t * (3 - 2 * t)
    return np.array(bottom) * (1 - t) + np.array(top) * t


def _turned(directions: NDArray[np.float64], angle_rad: float) -> NDArray[np.float64]:
    """The directions turned about the vertical, counter-clockwise seen from above."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    x, y, z = directions.T
    return np.stack([c * x - s * y, s * x + c * y, z], axis=1)


def _looked_up(picture: NDArray[np.float32], directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """An equirectangular picture in given directions, bilinear."""
    height, width = picture.shape[:2]
    x, y, z = directions.T
    u = (0.5 - np.arctan2(y, x) / (2 * math.pi)) * width - 0.5
    v = np.clip(np.arccos(np.clip(z, -1, 1)) / math.pi * height - 0.5, 0, height - 1)
    left, top = np.floor(u).astype(np.int64), np.minimum(np.floor(v).astype(np.int64), height - 2)
    fu, fv = (u - left)[:, None], (v - top)[:, None]
    left, right = left % width, (left + 1) % width
    upper = picture[top, left] * (1 - fu) + picture[top, right] * fu
    lower = picture[top + 1, left] * (1 - fu) + picture[top + 1, right] * fu
    return upper * (1 - fv) + lower * fv
