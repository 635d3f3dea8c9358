"""Legs: in trousers, bare, and the feet they stand on."""

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.street.people.limbs import leg_hold, leg_radius, limb_point, limb_rings
from diorama.sim.assets.street.people.picture import lay
from diorama.sim.assets.street.people.shells import Hold, Sewing, Shell, between, bound, held
from diorama.sim.assets.street.people.skeleton import lengths, rotated
from diorama.sim.assets.street.people.trunk import CUTS, from_front, trunk_hold, trunk_m, trunk_rings
from diorama.sim.spec.people import PersonShape

#: How far down the leg trousers go; how far they stand off, and how wide they are at least, as shares of the height.
_LEGS = {"trousers": (0.985, 0.006, 0.031), "leggings": (0.93, 0.001, 0.021), "shorts": (0.46, 0.008, 0.047)}
#: Where a leg has rings.
_RINGS = (0.1, 0.3, 0.44, 0.5, 0.56, 0.68, 0.85)
#: The crotch, from front to back: before and above the hip joints, as shares of the height.
_CROTCH = ((0.034, -0.058), (-0.005, -0.066), (-0.042, -0.06))


def trousers_shell(person: PersonShape) -> Shell | None:
    """Trousers, leggings or shorts, from within the top down both legs, if they are worn."""
    if person.bottom not in _LEGS or person.top == "dress":
        return None
    bones, sewing = lengths(person), Sewing()
    h, (end, loose, least) = bones.height, _LEGS[person.bottom]
    rings = trunk_rings(person, min(loose, 0.3 * CUTS[person.top].loose) - 0.001)
    seat = rings[0] * np.array([0.98, 0.98, 1.0])
    seat[:, 2] = -0.04 * h - 0.007 * h * np.abs(np.abs(seat[:, 0]) - 0.03 * h) / (0.05 * h)
    levels = (
        (seat, 0.8, _seat_holds(seat, h)),
        (rings[0], 0.86, [held("pelvis")]),
        (rings[1], 0.95, [held("pelvis")]),
        ((rings[1] + rings[2]) / 2, 1.0, [trunk_hold(0.2)]),
    )
    grid = np.stack([sewing.add(ring, lay("bottom", from_front(), v), holds) for ring, v, holds in levels])
    sewing.tube(grid)
    sewing.close(grid[-1][::-1], np.array([0.0, 0.0, 0.2 * trunk_m(bones)]), lay("dark", 0.5, 0.5), trunk_hold(0.2))
    seam = np.array([[x, 0.0, z] for x, z in _CROTCH]) * h
    inner = sewing.add(seam, lay("bottom", np.array([0.3, 0.5, 0.7]), 0.78), [held("pelvis")])
    ring = grid[0]
    for side, loop in (
        ("left", [*ring[[4, 3, 2, 1, 0]], *inner, *ring[[8, 7, 6, 5]]]),
        ("right", [*ring[[12, 11, 10, 9, 8]], *inner[::-1], *ring[[0, 15, 14, 13]]]),
    ):
        ways = [*(s for s in _RINGS if s < end - 0.03), end]
        widest = leg_radius(person, 0.1) + loose
        radii = [min(max(leg_radius(person, s) + loose, least), widest) for s in ways]
        # Under a long top they keep clear of it.
        covered = CUTS[person.top].hem / bones.leg * h
        radii = [r * (0.86 if s < covered else 1.0) for r, s in zip(radii, ways, strict=True)]
        legs = limb_rings(sewing, person, f"{side}_thigh", ways, radii, 12, "leg")
        top = sewing.again(np.array(loop), lay("leg", np.minimum(np.arange(12), 12 - np.arange(12)) / 6, 1.0))
        sewing.tube(np.stack([top, *legs]))
        tip = limb_point(bones, f"{side}_thigh", end - 0.03)
        sewing.close(legs[-1][::-1], tip, lay("dark", 0.5, 0.5), leg_hold(bones, side, end * bones.leg))
    return sewing.finished()


def _seat_holds(ring: Points, height_m: float) -> list[Hold]:
    """What is at the hips' sides goes with the legs, what is in the middle with the pelvis."""
    shares = np.minimum(np.abs(ring[:, 1]) / (0.09 * height_m), 1.0) * 0.75
    return [
        between("pelvis", "half_left_thigh" if y > 0 else "half_right_thigh", s) for y, s in zip(ring[:, 1].tolist(), shares.tolist(), strict=True)
    ]


def bare_legs_shell(person: PersonShape) -> Shell:
    """Both legs in skin, from within what is worn over them to the ankles."""
    bones, sewing = lengths(person), Sewing()
    covered = 0.3 if person.top == "dress" else {"shorts": 0.4, "leggings": 0.88, "trousers": 0.93}.get(person.bottom, 0.3)
    ways = [covered, *(s for s in _RINGS if s > covered + 0.03), 1.0]
    for side in ("left", "right"):
        rings = limb_rings(sewing, person, f"{side}_thigh", ways, [leg_radius(person, s) for s in ways], 10, "skin")
        sewing.tube(np.stack(rings))
        for ring, s in ((rings[0], covered), (rings[-1][::-1], 1.0)):
            sewing.close(ring, limb_point(bones, f"{side}_thigh", s), lay("skin", 0.5, 0.5), leg_hold(bones, side, s * bones.leg))
    return sewing.finished()


# --- feet -------------------------------------------------------------------------------------------------

#: Rings of a shoe from heel to toe: how far before the ankle and half their width, as shares of the foot's length; and how high, of the ankle's.
_SHOE = (
    (-0.285, 0.085, 0.7),
    (-0.24, 0.135, 1.1),
    (-0.02, 0.145, 1.2),
    (0.16, 0.16, 0.98),
    (0.42, 0.185, 0.66),
    (0.64, 0.155, 0.46),
    (0.745, 0.075, 0.34),
)
#: The corners of one, from the left over the top: how far across, and how high from sole to top.
_SECTION = np.array([(0.92, 0.0), (1.0, 0.25), (0.84, 0.7), (0.36, 1.0), (-0.36, 1.0), (-0.84, 0.7), (-1.0, 0.25), (-0.92, 0.0)])
#: How high the shaft of a boot is, in heights of the ankle.
_SHAFT = 2.6


def shoes_shell(person: PersonShape) -> Shell:
    """Both shoes, flat on the ground. Boots have shafts, which trousers hide."""
    sewing = Sewing()
    for side in ("left", "right"):
        _shoe(sewing, person, side)
        if person.shoe == "boots" and (person.bottom != "trousers" or person.top == "dress"):
            _shaft(sewing, person, side)
    return sewing.finished()


def _shoe(sewing: Sewing, person: PersonShape, side: str) -> None:
    bones = lengths(person)
    turn, ankle = bound(bones)[f"{side}_foot"]
    outwards = 0.02 if side == "left" else -0.02
    bulk = {"trainers": 1.08, "boots": 1.06, "sandals": 0.96}.get(person.shoe, 1.0)
    rings: list[NDArray[np.int64]] = []
    for x, half, high in _SHOE:
        points = np.empty((len(_SECTION), 3))
        points[:, 0] = x
        points[:, 1] = _SECTION[:, 0] * half * bulk + (outwards if x > 0.3 else 0.0)
        points[:, 0:2] *= bones.foot
        # Soles bend up a little before the toes.
        low = 0.12 if x > 0.7 else 0.0
        points[:, 2] = (low - 1 + _SECTION[:, 1] * (high * bulk - low)) * bones.ankle
        world = np.array([rotated(turn, (p[0], p[1], p[2])) for p in points.tolist()]) + ankle
        hold = between(f"{side}_foot", f"{side}_toes", (x - 0.38) / 0.16)
        rings.append(sewing.add(world, lay("shoe", (x + 0.29) / 1.04, _SECTION[:, 1]), [hold]))
    sewing.tube(np.stack(rings))
    for ring, x, u, bone in ((rings[0], -0.295, 0.0, "foot"), (rings[-1][::-1], 0.765, 1.0, "toes")):
        center = np.array(rotated(turn, (x * bones.foot, (outwards if x > 0 else 0.0) * bones.foot, -0.75 * bones.ankle))) + ankle
        sewing.close(ring, center, lay("shoe", u, 0.3), held(f"{side}_{bone}"))


def _shaft(sewing: Sewing, person: PersonShape, side: str) -> None:
    bones = lengths(person)
    share = 1 - _SHAFT * bones.ankle / bones.leg
    ways = [share, (share + 1) / 2, 1.0]
    rings = limb_rings(sewing, person, f"{side}_thigh", ways, [leg_radius(person, s) + 0.006 for s in ways], 8, "shaft")
    sewing.tube(np.stack(rings))
    for ring, s in ((rings[0], share + 0.02), (rings[-1][::-1], 1.0)):
        sewing.close(ring, limb_point(bones, f"{side}_thigh", s), lay("shoe", 0.3, 0.8), leg_hold(bones, side, s * bones.leg))
