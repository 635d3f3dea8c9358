"""Wheels: tyres that stand on the ground, and rims drawn on a picture that turns with them."""

import math
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.forms import turned
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Image, Look, MeshPart
from diorama.sim.assets.surface import mesh_parts
from diorama.sim.spec import MaterialSpec
from diorama.sim.spec.vehicles import ROLL_STEPS

_SEGMENTS = 20
#: Points along +z lie along +y, and the picture's up is up.
_OUTWARDS = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


@lru_cache(maxsize=256)
def wheel_parts(radius_m: float, width_m: float, rim_m: float) -> tuple[MeshPart, MeshPart]:
    """The rim and the tyre of a wheel about the y axis, its outside towards +y, its middle at the origin."""
    half, r = width_m / 2, radius_m
    tyre = turned([(0.0, -half), (r, -0.75 * half), (r, 0.75 * half), (rim_m, half)], Look(), _SEGMENTS)
    rim = turned([(rim_m, half), (0.93 * rim_m, half - 0.02), (0.0, half - 0.008)], Look(), _SEGMENTS)
    # Seen from outside, the front is to the left, and the picture's up is up.
    uv = 0.5 - rim.positions[:, :2] / rim_m / 2
    one, other = mesh_parts([replace(rim, uv=uv).moved(_OUTWARDS), tyre.moved(_OUTWARDS)])
    return one, other


def rolled(uv: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """A rim's texture coordinates once it has turned counter-clockwise, as wheels on the left do that roll forwards, by steps of `ROLL_STEPS`."""
    angle = 2 * math.pi * steps / ROLL_STEPS
    c, s = np.float32(round(math.cos(angle), 6)), np.float32(round(math.sin(angle), 6))
    right, up = uv[:, 0] - np.float32(0.5), uv[:, 1] - np.float32(0.5)
    return (np.stack([c * right + s * up, c * up - s * right], axis=1) + 0.5).astype(np.float32)


STYLES = ("five", "ten", "turbine", "cover", "steel", "mesh")


@lru_cache(maxsize=64)
def rim_picture(style: str, seed: int) -> Image:
    """(128, 128, 3): a rim as seen from outside."""
    size, aa = 128, cv2.LINE_AA
    picture = np.full((size, size, 3), 22, np.uint8)
    silver, dark, mid = (206, 208, 212), (30, 31, 33), (64, 64, 64)
    spokes = {"five": 5, "ten": 10, "turbine": 14, "cover": 7, "steel": 8, "mesh": 16, "lorry": 10}[style]
    c = size // 2
    disc = {"five": dark, "ten": dark, "turbine": dark, "cover": silver, "steel": mid, "mesh": dark, "lorry": (120, 122, 124)}[style]
    cv2.circle(picture, (c, c), 63, silver if style != "steel" else (52, 52, 54), -1, aa)
    cv2.circle(picture, (c, c), 57, disc, -1, aa)

    def at(r: float, turn: float) -> tuple[float, float]:
        a = 2 * math.pi * (turn + seed % 7 / 50)
        return c + round(r * math.cos(a), 6), c + round(r * math.sin(a), 6)

    def poly(points: list[tuple[float, float]], ink: tuple[int, int, int]) -> None:
        cv2.fillPoly(picture, [np.array([[round(x * 16), round(y * 16)] for x, y in points], np.int32)], ink, aa, 4)

    for k in range(spokes):
        t = k / spokes
        if style == "five":
            poly([at(10, t - 0.1), at(58, t - 0.035), at(58, t + 0.035), at(10, t + 0.1)], silver)
            poly([at(18, t - 0.006), at(56, t - 0.01), at(56, t + 0.01), at(18, t + 0.006)], (120, 122, 126))
        elif style == "ten":
            wide = 0.012 if k % 2 else 0.016
            lean = 0.012 if k % 2 else -0.012
            poly([at(10, t - 0.03), at(58, t + lean - wide), at(58, t + lean + wide), at(10, t + 0.03)], silver)
        elif style == "turbine":
            poly([at(16, t - 0.014), at(58, t + 0.03), at(58, t + 0.062), at(16, t + 0.016)], silver)
        elif style == "cover":
            poly([at(34, t - 0.028), at(52, t - 0.035), at(52, t + 0.035), at(34, t + 0.028)], dark)
        elif style == "lorry":
            x, y = at(44, t)
            cv2.ellipse(picture, (round(x), round(y)), (6, 6), 0, 0, 360, (30, 30, 32), -1, aa)
            x, y = at(26, t)
            cv2.circle(picture, (round(x), round(y)), 3, (176, 178, 180), -1, aa)
        elif style == "steel":
            x, y = at(42, t)
            cv2.circle(picture, (round(x), round(y)), 6, (16, 16, 16), -1, aa)
        else:
            poly([at(12, t), at(58, t + 0.02), at(58, t + 0.034), at(12, t + 0.014)], silver)
            poly([at(12, t), at(58, t - 0.034), at(58, t - 0.02), at(12, t - 0.014)], silver)
    cv2.circle(picture, (c, c), 15, silver if style != "steel" else (70, 70, 72), -1, aa)
    cv2.circle(picture, (c, c), 9, (60, 62, 66), -1, aa)
    for k in range(5):
        x, y = at(12, k / 5)
        cv2.circle(picture, (round(x), round(y)), 1, (40, 40, 40), -1, aa)
    return picture


def rim_look(style: str, seed: int) -> Look:
    """The look of a rim."""
    metallic = 0.0 if style == "cover" else 0.6
    return Look(material=MaterialSpec(base_color=(1.0, 1.0, 1.0), metallic=metallic, roughness=0.35), images={"base_color": rim_picture(style, seed)})


def wheel_hull(radius_m: float, width_m: float) -> Points:
    """A wheel's convex piece, about the y axis."""
    ring = turned([(radius_m, -width_m / 2), (radius_m, width_m / 2)], Look(), _SEGMENTS).positions
    return np.stack([ring[:, 0], ring[:, 2], ring[:, 1]], axis=1)
