"""How much light falls on a level surface: what lights are set by, and exposures."""

import math
from pathlib import Path

from diorama.randomizers.colors import luminance
from diorama.sim.assets.hdr_light import hdr_light
from diorama.sim.sky import level_irradiance as sky_irradiance
from diorama.sim.spec import CameraSpec, EnvironmentSpec, HdrMap, PhysicalSky, RectLight, SceneSpec, SpotLight, SunLight
from diorama.sim.transforms import Vec3

#: Exposures of streets are made for the ground so far ahead, and so far to either side, as a share of that.
_AHEAD_M, _ASIDE = (5.0, 9.0, 15.0, 24.0), (-0.3, 0.0, 0.3)
#: A rectangle is taken for so many small ones along each side.
_PATCHES = 8


def level_irradiance(spec: SceneSpec, point_m: Vec3) -> float:
    """W/m2 (luminance of the three channels) on an unshadowed level surface at a point, from all lights and all around."""
    total = from_all_around(spec.environment)
    for light in spec.lights_in_world():
        if isinstance(light, SunLight):
            total += luminance(light.irradiance) * max(-light.direction[2] / math.hypot(*light.direction), 0.0)
        elif isinstance(light, RectLight):
            total += luminance(light.radiance) * from_rect(light, point_m, (0.0, 0.0, 1.0))
        else:
            to_point, distance = _way(light.position_m, point_m)
            share = _cone(light, to_point) if isinstance(light, SpotLight) else 1.0
            total += luminance(light.intensity) * share * max(-to_point[2], 0.0) / distance**2
    return total


def road_irradiance(spec: SceneSpec, camera: CameraSpec) -> float:
    """The same on the ground of a street before a camera, on average over what is near the middle of its picture."""
    x, y, z = camera.world_from_camera.position_m
    forward, right = (camera.world_from_camera.matrix[:2, axis].tolist() for axis in (2, 0))
    points: list[Vec3] = []
    for away in _AHEAD_M:
        for aside in (share * away for share in _ASIDE):
            px, py = x + forward[0] * away + right[0] * aside, y + forward[1] * away + right[1] * aside
            points.append((px, py, spec.roads.ground_m(px, py) if spec.roads is not None else z))
    return math.fsum(level_irradiance(spec, point) for point in points) / len(points)


def from_all_around(environment: EnvironmentSpec) -> float:
    """W/m2 (luminance) on a level surface from the surroundings."""
    surroundings = environment.surroundings
    if isinstance(surroundings, PhysicalSky):
        return luminance(sky_irradiance(surroundings))
    if isinstance(surroundings, HdrMap):
        return surroundings.strength * luminance(hdr_light(Path(surroundings.path), surroundings.without).irradiance)
    return math.pi * luminance(environment.sky)


def from_rect(light: RectLight, point_m: Vec3, normal: Vec3) -> float:
    """W/m2 on a surface at a point, with this unit normal, for a radiance of 1: the rectangle's view factor times pi."""
    width, height, forward = light.axes
    steps = [(i + 0.5) / _PATCHES - 0.5 for i in range(_PATCHES)]
    total = 0.0
    for across in (s * light.size_m[0] for s in steps):
        for up in (s * light.size_m[1] for s in steps):
            x, y, z = (p + across * w + up * h for p, w, h in zip(light.position_m, width, height, strict=True))
            to_point, distance = _way((x, y, z), point_m)
            total += max(_dot(forward, to_point), 0.0) * max(-_dot(normal, to_point), 0.0) / distance**2
    return total * light.size_m[0] * light.size_m[1] / _PATCHES**2


def _way(start: Vec3, end: Vec3) -> tuple[Vec3, float]:
    """Unit direction and distance from one point to another; no nearer than a millimetre."""
    x, y, z = (b - a for a, b in zip(start, end, strict=True))
    distance = max(math.hypot(x, y, z), 1e-3)
    return (x / distance, y / distance, z / distance), distance


def _dot(a: Vec3, b: Vec3) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cone(light: SpotLight, to_point: Vec3) -> float:
    """How much of a spot's intensity goes that way: 1 inside the inner cone, 0 outside the outer one."""
    along = _dot(light.direction, to_point) / math.hypot(*light.direction)
    along /= math.sqrt(1 + _dot(light.squash, to_point) ** 2)
    angle = math.acos(min(max(along, -1.0), 1.0))
    return min(max((light.outer_rad - angle) / (light.outer_rad - light.inner_rad), 0.0), 1.0)
