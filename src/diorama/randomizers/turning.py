"""How things that are placed are turned."""

import math
from typing import Literal, get_args

import numpy as np

from diorama.randomizers.distributions import UniformRotation, rounded
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.spec import BodySpec
from diorama.sim.transforms import Quat, normalize_quat, quat_from_axis_angle, quat_multiply

#: ``upright``: as modelled. ``flat``: lying on one of its two largest faces. ``face``: on any of its six faces. ``any``: any rotation, evenly.
#: ``kept``: as it is.
Rest = Literal["upright", "flat", "face", "any", "kept"]
RESTS: tuple[Rest, ...] = get_args(Rest)

_HALF = math.sqrt(0.5)
#: Rotations that turn up a body's -x, +x, -y, +y, -z and +z.
_UP: tuple[Quat, ...] = (
    (_HALF, 0.0, _HALF, 0.0),
    (_HALF, 0.0, -_HALF, 0.0),
    (_HALF, -_HALF, 0.0, 0.0),
    (_HALF, _HALF, 0.0, 0.0),
    (0.0, 1.0, 0.0, 0.0),
    (1.0, 0.0, 0.0, 0.0),
)


def turn(rng: np.random.Generator, rest: Rest, yaw_rad: float, body: BodySpec, library: AssetLibrary) -> Quat:
    """A rotation of the body that lets it rest as asked for, turned on by `yaw_rad` about the vertical."""
    side, freely = rng.random(), UniformRotation().sample(rng)
    if rest == "any":
        first = freely
    elif rest == "kept":
        first = body.world_from_body.rotation_wxyz
    elif rest == "upright":
        first = _UP[5]
    elif rest == "face":
        first = _UP[int(side * 6)]
    else:
        low, high = library.shape_asset(body.shape).bounds_m
        sizes = [b - a for a, b in zip(low, high, strict=True)]
        first = _UP[2 * sizes.index(min(sizes)) + int(side * 2)]
    return about_vertical(yaw_rad, first)


def about_vertical(yaw_rad: float, rotation: Quat) -> Quat:
    """The rotation, followed by one by `yaw_rad` about the world's z axis."""
    w, x, y, z = normalize_quat(quat_multiply(quat_from_axis_angle((0.0, 0.0, 1.0), yaw_rad), rotation))
    return (rounded(w), rounded(x), rounded(y), rounded(z))
