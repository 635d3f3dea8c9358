"""Bare arms and hands."""

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.street.people.limbs import arm_hold, arm_radius, limb_axes, limb_point, limb_rings
from diorama.sim.assets.street.people.picture import lay
from diorama.sim.assets.street.people.shells import Sewing, Shell, between, direction, held
from diorama.sim.assets.street.people.skeleton import lengths
from diorama.sim.assets.street.people.trunk import CUTS
from diorama.sim.spec.people import PersonShape

#: A hand's rings: how far down it, half its width, half its thickness, and how far forwards it is, as shares of its length.
_HAND = ((0.1, 0.155, 0.125, 0.0), (0.3, 0.205, 0.13, 0.01), (0.5, 0.215, 0.115, 0.0), (0.75, 0.19, 0.085, -0.01), (0.95, 0.13, 0.06, -0.02))
_THUMB = ((0.0, 0.1), (0.26, 0.085), (0.44, 0.06))


def arms_shell(person: PersonShape) -> Shell:
    """Both arms from within their sleeves to the fingertips."""
    sewing = Sewing()
    for side in ("left", "right"):
        _arm(sewing, person, side)
        _thumb(sewing, person, side)
    return sewing.finished()


def _arm(sewing: Sewing, person: PersonShape, side: str) -> None:
    bones, bone = lengths(person), f"{side}_arm"
    length = bones.upper_arm + bones.forearm
    begin = max(CUTS[person.top].sleeve - 0.1, 0.0)
    ways = [begin, *(s for s in (0.1, 0.3, 0.48, 0.56, 0.64, 0.78) if s > begin + 0.05), 1.0]
    rings = limb_rings(sewing, person, bone, ways, [0.97 * arm_radius(person, s) for s in ways], 8, "skin")
    _, out, fore, down = (np.array(v) for v in limb_axes(bones, bone))
    wrist, turn, size = limb_point(bones, bone, 1.0), circle(8), bones.hand
    for s, wide, deep, ahead in _HAND:
        # `fore` is forwards on the left alone.
        center = wrist + (down * s + fore * (ahead if side == "left" else -ahead)) * size
        points = center + (turn[:, 0:1] * out * deep + turn[:, 1:2] * fore * wide) * size
        rings.append(sewing.add(points, lay("skin", 0.5, 0.5), [between(f"{side}_hand", f"{side}_fingers", (s - 0.4) / 0.25)]))
    sewing.tube(np.stack(rings))
    sewing.close(rings[0], limb_point(bones, bone, begin), lay("skin", 0.5, 0.5), arm_hold(bones, side, begin * length))
    sewing.close(rings[-1][::-1], wrist + down * size, lay("skin", 0.5, 0.5), held(f"{side}_fingers"))


def _thumb(sewing: Sewing, person: PersonShape, side: str) -> None:
    bones = lengths(person)
    _, out, fore, down = (np.array(v) for v in limb_axes(bones, f"{side}_arm"))
    front = fore if side == "left" else -fore
    along = direction(down * 0.8 + front * 0.55 - out * 0.3)
    across = direction(geometry.cross(along, out))
    other = geometry.cross(along, across)
    begin = limb_point(bones, f"{side}_arm", 1.0) + (down * 0.16 + front * 0.1) * bones.hand
    turn, hold, uv = circle(6), held(f"{side}_hand"), lay("skin", 0.5, 0.5)
    rings: list[NDArray[np.int64]] = []
    for s, r in _THUMB:
        points = begin + along * (s * bones.hand) + (turn[:, 0:1] * across + turn[:, 1:2] * other) * (r * bones.hand)
        rings.append(sewing.add(points, uv, [hold]))
    sewing.tube(np.stack(rings))
    sewing.close(rings[0], begin, uv, hold)
    sewing.close(rings[-1][::-1], begin + along * (0.52 * bones.hand), uv, hold)
