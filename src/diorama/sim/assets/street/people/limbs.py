"""Rings around limbs: how thick arms and legs are, and what holds them. Sizes are shares of the height, after circumferences of DIN 33402-2."""

import math
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.street.people.fitting import MODEL
from diorama.sim.assets.street.people.picture import lay
from diorama.sim.assets.street.people.shells import Hold, Sewing, along_limb, bound
from diorama.sim.assets.street.people.skeleton import Lengths, lengths, rotated
from diorama.sim.spec.people import PersonShape
from diorama.sim.transforms import Vec3

Radii = tuple[tuple[float, float], ...]

#: Radii of arms and legs, by shares of their lengths to the wrist and the ankle.
_ARM: Radii = ((0.14, 0.0300), (0.3, 0.0265), (0.48, 0.0240), (0.56, 0.0230), (0.64, 0.0242), (0.78, 0.0220), (1.0, 0.0160))
_LEG: Radii = ((0.03, 0.049), (0.1, 0.0485), (0.3, 0.043), (0.44, 0.0345), (0.5, 0.0335), (0.56, 0.0315), (0.68, 0.0335), (0.85, 0.0235), (1.0, 0.02))


def _radius(table: Radii, share: float) -> float:
    for (s0, r0), (s1, r1) in pairwise(table):
        if share <= s1:
            return r0 + (r1 - r0) * max((share - s0) / (s1 - s0), 0.0)
    return table[-1][1]


def _grown(person: PersonShape, share: float) -> float:
    """How much thicker limbs are, the less the farther down."""
    return round(math.pow(person.bmi_kg_m2 / MODEL.bmi_kg_m2, 0.5 * (1 - share) + 0.15), 9)


def arm_radius(person: PersonShape, share: float) -> float:
    """Of an arm, so far down it."""
    return _radius(_ARM, share) * _grown(person, share) * (1 - 0.07 * person.figure)


def leg_radius(person: PersonShape, share: float) -> float:
    """Of a leg, so far down it."""
    return _radius(_LEG, share) * _grown(person, share) * (1 + 0.03 * person.figure * (1 - share))


@cache
def limb_axes(bones: Lengths, bone: str) -> tuple[Vec3, Vec3, Vec3, Vec3]:
    """Of a limb in the pose `BIND`: where it begins, outwards, forwards on the left and backwards on the right, and down along it."""
    turn, start = bound(bones)[bone]
    y = 1.0 if bone.startswith("left") else -1.0
    return start, rotated(turn, (0.0, y, 0.0)), rotated(turn, (y, 0.0, 0.0)), rotated(turn, (0.0, 0.0, -1.0))


def _limb_m(bones: Lengths, bone: str) -> float:
    return bones.upper_arm + bones.forearm if bone.endswith("arm") else bones.leg


def limb_point(bones: Lengths, bone: str, share: float) -> Points:
    """(3,): the middle of an arm or a leg (`bone` is its first), so far down it."""
    start, _, _, down = limb_axes(bones, bone)
    way = share * _limb_m(bones, bone)
    return np.array([start[0] + down[0] * way, start[1] + down[1] * way, start[2] + down[2] * way])


def arm_hold(bones: Lengths, side: str, way_m: float) -> Hold:
    """What holds an arm so far down."""
    chain = [("chest", -1.0), (f"{side}_arm", 0.0), (f"{side}_forearm", bones.upper_arm), (f"{side}_hand", bones.upper_arm + bones.forearm)]
    return along_limb(chain, way_m, 0.035 * bones.height)


def leg_hold(bones: Lengths, side: str, way_m: float) -> Hold:
    """What holds a leg so far down."""
    chain = [("pelvis", -1.0), (f"{side}_thigh", 0.0), (f"{side}_shin", bones.thigh), (f"{side}_foot", bones.leg)]
    return along_limb(chain, way_m, 0.04 * bones.height)


def limb_rings(
    sewing: Sewing, person: PersonShape, bone: str, ways: list[float], radii: list[float], count: int, region: str
) -> list[NDArray[np.int64]]:
    """Rings of corners around an arm or a leg (`bone` is its first) so far down it, of these radii.

    They begin outside, and go forwards on the left and backwards on the right.
    """
    bones = lengths(person)
    start, out, fore, down = (np.array(v) for v in limb_axes(bones, bone))
    side, _, kind = bone.partition("_")
    length, turn = _limb_m(bones, bone), circle(count)
    hold = arm_hold if kind == "arm" else leg_hold
    u = np.array([min(k, count - k) / (count / 2) for k in range(count)])
    rings: list[NDArray[np.int64]] = []
    for way, radius in zip(ways, radii, strict=True):
        r = radius * bones.height
        center = start + down * (way * length)
        if kind == "thigh":
            center = center + _bulged(out, fore, way, radius, side, bones.height)
        points = center + (turn[:, 0:1] * out + turn[:, 1:2] * fore) * r
        rings.append(sewing.add(points, lay(region, u, 0.95 * (1 - way / ways[-1])), [hold(bones, side, way * length)]))
    return rings


def _bulged(out: Points, fore: Points, way: float, radius: float, side: str, height_m: float) -> Points:
    """How far a leg's ring is moved: outwards, so that thick thighs do not run into one another, and at seat and calf backwards."""
    back = -0.006 if way < 0.2 else -0.008 if 0.52 < way < 0.8 else 0.0
    aside = max(radius - 0.046 - 0.03 * way, 0.0)
    return (out * aside + fore * (back if side == "left" else -back)) * height_m
