"""Where things are: the points and the axis-aligned boxes of bodies in the world, and what the rest of the scene stands on."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import BodySpec, Pose, SceneSpec
from diorama.sim.transforms import Matrix, Quat, Vec3, apply


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box from `low` to `high`, metres."""

    low: Vec3
    high: Vec3

    @property
    def middle(self) -> Vec3:
        (x0, y0, z0), (x1, y1, z1) = self.low, self.high
        return ((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2)

    def moved(self, by_m: Vec3) -> "Box":
        """The box elsewhere."""
        (x0, y0, z0), (x1, y1, z1), (x, y, z) = self.low, self.high, by_m
        return Box((x0 + x, y0 + y, z0 + z), (x1 + x, y1 + y, z1 + z))

    @classmethod
    def of(cls, points: Matrix) -> "Box":
        """The tightest box around (n, 3) points."""
        return cls(tuple(points.min(axis=0).tolist()), tuple(points.max(axis=0).tolist()))


def corners(box: Box) -> Matrix:
    """The (8, 3) corners."""
    return np.array([[(box.low, box.high)[bit >> axis & 1][axis] for axis in range(3)] for bit in range(8)])


def world_box(body: BodySpec, library: AssetLibrary) -> Box:
    """A box around a body where it stands: around its turned bounding box, so it may be larger than need be."""
    return _turned_box(body.world_from_body, library.shape_asset(body.shape).bounds_m)


@lru_cache(maxsize=256)  # furniture stands where it stood in the last view
def _turned_box(pose: Pose, bounds_m: tuple[Vec3, Vec3]) -> Box:
    return Box.of(apply(pose.matrix, corners(Box(*bounds_m))))


def support_box(spec: SceneSpec, library: AssetLibrary) -> Box:
    """The box of the body tagged ``support``, on whose top the objects belong. Raises InvalidValue without one."""
    for body in spec.bodies:
        if "support" in body.tags:
            return world_box(body, library)
    raise InvalidValue('the scene has no body tagged "support" to put objects on; the scenario must build one')


def touched(asset: Asset) -> Matrix:
    """(n, 3) points in the body's frame whose convex hull holds all that is touched of it."""
    return np.concatenate(asset.hulls) if asset.hulls else corners(Box(*asset.bounds_m))


def turned(points: Matrix, rotation: Quat) -> Matrix:
    """Points (n, 3) of a body, about its origin, along the world's axes when it is turned so."""
    return apply(Pose(rotation_wxyz=rotation).matrix, points)


def is_placed(body: BodySpec) -> bool:
    """Whether a body is where it is meant to be. Objects that no randomizer has placed yet are at the world's origin, unturned."""
    return body.is_static or body.world_from_body != Pose()


def lit_point(spec: SceneSpec, library: AssetLibrary) -> Vec3:
    """What lights are aimed at, and exposures made for: the middle of the top of the body tagged ``support``; or else the middle of the objects,
    or without any of all bodies; or the world's origin.
    """
    for body in spec.bodies:
        if "support" in body.tags:
            top = world_box(body, library)
            return (top.middle[0], top.middle[1], top.high[2])
    bodies = [body for body in spec.bodies if "object" in body.tags] or spec.bodies
    if not bodies:
        return (0.0, 0.0, 0.0)
    boxes = [world_box(body, library) for body in bodies]
    x, y, z = ((min(box.low[axis] for box in boxes) + max(box.high[axis] for box in boxes)) / 2 for axis in range(3))
    return (x, y, z)


def radius(body: BodySpec, library: AssetLibrary) -> float:
    """The radius in metres of a ball about the body's origin that holds its bounding box."""
    low, high = library.shape_asset(body.shape).bounds_m
    x, y, z = (max(abs(a), abs(b)) for a, b in zip(low, high, strict=True))
    return math.sqrt(x * x + y * y + z * z)
