"""Lights as Mitsuba's emitters, in the units of `diorama.sim.spec`.

Lights have no bodies: a camera never sees one, as the specification has it. What has a size casts soft shadows:

- the sun is a disc so far away that its rays are parallel for any scene;
- a rectangle is one, which shines from its face, stops no light and shows in mirrors;
- a spot's disc and a point's sphere are many lights of the same profile, spread over them.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.pathtrace.engine import mi
from diorama.sim.render.pathtrace.environment import Around
from diorama.sim.spec import Light, PointLight, RectLight, SpotLight, SunLight, Vec3
from diorama.sim.transforms import compose, look_at, normalize

#: How far away the sun's disc is. At a kilometre from the middle of the scene, shadows are off by a thousandth of a radian.
_SUN_DISTANCE_M = 1e6
#: Below this the sun's disc is a point.
_SMALLEST_SUN_RAD = 1e-4
#: Lights that a spot's disc or a point's sphere is made of.
_SPREAD = 64
#: Texels along a side of a spot's profile.
_PROFILE = 256


def emitters(lights: Sequence[Light], around: Around) -> dict[str, Any]:
    """All light of a scene but what surfaces send out, by name, as dictionaries that Mitsuba loads."""
    out = {f"light_{i}_{k}": emitter for i, light in enumerate(lights) for k, emitter in enumerate(_emitters(light))}
    if around.light.max() > 0:
        c, s = math.cos(around.turn_rad), math.sin(around.turn_rad)
        turn = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
        # Mitsuba's map has its middle column along z of its own axes, and y up.
        world_from_map = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
        to_world = mi.ScalarTransform4f(compose(turn, world_from_map))
        out["light_around"] = {"type": "envmap", "bitmap": mi.Bitmap(around.light), "to_world": to_world}
    return out


def _emitters(light: Light) -> list[dict[str, Any]]:
    if isinstance(light, SunLight):
        return [_sun(light)]
    if isinstance(light, RectLight):
        return [_rect(light)]
    return _spot(light) if isinstance(light, SpotLight) else _point(light)


def _sun(light: SunLight) -> dict[str, Any]:
    direction = normalize(light.direction)
    half = light.angular_diameter_rad / 2
    if light.angular_diameter_rad < _SMALLEST_SUN_RAD:
        return {"type": "directional", "direction": list(direction), "irradiance": _rgb(light.irradiance)}
    away = tuple(-_SUN_DISTANCE_M * d for d in direction)
    pose = _facing(away, direction)
    pose[:3, :2] *= _SUN_DISTANCE_M * math.tan(half)
    # A disc of radiance L whose rim is `half` off its middle sends pi sin^2(half) L onto what faces it.
    radiance = tuple(e / (math.pi * math.sin(half) ** 2) for e in light.irradiance)
    return _shining("disk", pose, radiance)


def _rect(light: RectLight) -> dict[str, Any]:
    width, height, forward = (np.array(axis) for axis in light.axes)
    pose = np.eye(4)
    # Mitsuba's rectangle spans -1 to 1 and faces along its z. Mirrored in width, it is right-handed.
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = -width * light.size_m[0] / 2, height * light.size_m[1] / 2, forward, light.position_m
    return _shining("rectangle", pose, light.radiance)


def _spot(light: SpotLight) -> list[dict[str, Any]]:
    """`intensity` on the axis, fading between the half-angles by the square of how far the cosine has got, as in the rasterizer."""
    axis = _facing(light.position_m, normalize(light.direction), light.up)
    profile = mi.Bitmap(_spot_profile(light.inner_rad, light.outer_rad, light.narrowing))
    degrees = math.degrees(light.outer_rad)
    spots = []
    for offset in _disc(light.radius_m):
        pose = axis.copy()
        pose[:3, 3] += axis[:3, 0] * offset[0] + axis[:3, 1] * offset[1]
        spots.append(
            {
                "type": "spot",
                "to_world": mi.ScalarTransform4f(pose),
                "cutoff_angle": degrees,
                "beam_width": degrees * 0.9999,  # the profile alone dims
                "texture": {"type": "bitmap", "bitmap": profile, "raw": True, "wrap_mode": "clamp"},
            }
        )
    return _shared(spots, light.intensity)


def _point(light: PointLight) -> list[dict[str, Any]]:
    offsets = _ball(light.radius_m) + np.array(light.position_m)
    return _shared([{"type": "point", "position": place.tolist()} for place in offsets], light.intensity)


def _shared(lights: list[dict[str, Any]], intensity: tuple[float, float, float]) -> list[dict[str, Any]]:
    """The lights, each with its share of the intensity and of the samples."""
    share = {"intensity": _rgb(tuple(c / len(lights) for c in intensity)), "sampling_weight": 1 / len(lights)}
    return [light | share for light in lights]


def _spot_profile(inner_rad: float, outer_rad: float, narrowing: float) -> NDArray[np.float32]:
    """(n, n, 1): the share of the intensity over the square that the cone's rim touches, one unit before the light; its rows are above each other."""
    at = (np.arange(_PROFILE) + 0.5) / _PROFILE * 2 - 1
    tangent = np.sqrt((narrowing * at[:, None]) ** 2 + at[None, :] ** 2) * math.tan(outer_rad)
    cosine = 1 / np.sqrt(1 + tangent**2)
    edge = np.clip((cosine - math.cos(outer_rad)) / (math.cos(inner_rad) - math.cos(outer_rad)), 0, 1)
    return (edge * edge).astype(np.float32)[..., None]


def _disc(radius_m: float) -> NDArray[np.float64]:
    """Points (n, 2) evenly over a disc: Vogel's spiral. One in the middle of none."""
    if radius_m == 0:
        return np.zeros((1, 2))
    i = np.arange(_SPREAD) + 0.5
    angle = i * math.pi * (3 - math.sqrt(5))
    return (radius_m * np.sqrt(i / _SPREAD))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _ball(radius_m: float) -> NDArray[np.float64]:
    """Points (n, 3) in a ball that seem spread evenly over a disc from wherever they are seen, as an evenly bright sphere does.

    Their density is proportional to 1 / sqrt(R^2 - r^2), whose projection is even (Abel's transform).
    """
    if radius_m == 0:
        return np.zeros((1, 3))
    i = np.arange(_SPREAD) + 0.5
    z = 1 - 2 * i / _SPREAD
    angle = i * math.pi * (3 - math.sqrt(5))
    level = np.sqrt(1 - z * z)
    directions = np.stack([level * np.cos(angle), level * np.sin(angle), z], axis=1)
    # The share within r = R sin(a) is (2 a - sin(2 a)) / pi; radii in the order of the golden ratio's multiples, apart from directions.
    shares = (i * (math.sqrt(5) - 1) / 2) % 1
    a = np.linspace(0, math.pi / 2, 2049)
    return radius_m * np.sin(np.interp(shares, (2 * a - np.sin(2 * a)) / math.pi, a))[:, None] * directions


def _facing(position: tuple[float, ...], direction: Vec3, up: Vec3 = (0.0, 0.0, 1.0)) -> NDArray[np.float64]:
    """(4, 4): axes whose z is the direction, and whose y is down."""
    return look_at(position, [p + d for p, d in zip(position, direction, strict=True)], up)


def _shining(shape: str, pose: NDArray[np.float64], radiance: tuple[float, ...]) -> dict[str, Any]:
    """A shape that shines from its face and lets all light pass."""
    return {"type": shape, "to_world": mi.ScalarTransform4f(pose), "bsdf": {"type": "null"}, "emitter": {"type": "area", "radiance": _rgb(radiance)}}


def _rgb(color: tuple[float, ...]) -> dict[str, Any]:
    return {"type": "rgb", "value": list(color)}
