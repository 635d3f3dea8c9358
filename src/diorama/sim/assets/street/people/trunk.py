"""Trunks, clothed: tops with their sleeves, and skirts.

A top's trunk has rings of 16 corners, counted from the front to the left and around, and its sleeves, which grow out of it, rings of 8. Sizes are
shares of the height, after circumferences of DIN 33402-2.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.street.people.fitting import MODEL
from diorama.sim.assets.street.people.limbs import arm_hold, arm_radius, limb_point, limb_rings
from diorama.sim.assets.street.people.picture import lay
from diorama.sim.assets.street.people.shells import BONE, Hold, Sewing, Shell, between, held
from diorama.sim.assets.street.people.skeleton import Lengths, lengths
from diorama.sim.spec.people import PersonShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How far a top stands off and how far below the hip joints its hem is, as shares of the height; where its sleeves end, as a share of the arm;
    how wide the hem is against the hips.
    """

    loose: float
    hem: float
    sleeve: float
    flare: float = 1.0


CUTS: dict[str, Cut] = {
    "vest": Cut(loose=0.002, hem=0.03, sleeve=0.06),
    "t-shirt": Cut(loose=0.005, hem=0.05, sleeve=0.3),
    "shirt": Cut(loose=0.005, hem=0.045, sleeve=0.98),
    "jumper": Cut(loose=0.008, hem=0.035, sleeve=0.99),
    "hoodie": Cut(loose=0.012, hem=0.04, sleeve=0.99),
    "jacket": Cut(loose=0.012, hem=0.045, sleeve=1.0),
    "suit": Cut(loose=0.009, hem=0.085, sleeve=0.99, flare=1.04),
    "coat": Cut(loose=0.012, hem=0.23, sleeve=1.0, flare=1.2),
    "parka": Cut(loose=0.02, hem=0.11, sleeve=1.0, flare=1.06),
    "hi-vis": Cut(loose=0.016, hem=0.06, sleeve=1.0),
    "dress": Cut(loose=0.003, hem=0.235, sleeve=0.2, flare=1.42),
}

#: Rings of a trunk from the hips up: their height as a share of that from hips to chin; half their width, and how far they reach to the front and
#: back, as shares of the height; where their middle is; how they grow with weight; and how much wider they are for a figure of 1.
_TRUNK = (
    (-0.06, 0.095, 0.056, 0.070, 0.000, 0.5, 0.05),
    (0.11, 0.089, 0.059, 0.060, 0.000, 0.7, 0.035),
    (0.30, 0.077, 0.057, 0.047, 0.001, 0.9, -0.04),
    (0.47, 0.083, 0.062, 0.052, -0.003, 0.75, -0.05),
    (0.62, 0.090, 0.064, 0.060, -0.007, 0.5, -0.05),
    (0.74, 0.096, 0.054, 0.062, -0.010, 0.35, -0.06),
    (0.86, 0.103, 0.038, 0.050, -0.012, 0.2, -0.06),
    (0.935, 0.062, 0.027, 0.040, -0.012, 0.2, -0.05),
    (0.985, 0.038, 0.033, 0.034, -0.007, 0.2, -0.04),
)
_HIPS, _ARMPIT, _SHOULDER = 0, 4, 6
AROUND = 16
#: How much higher the tops of the shoulders are than the collarbones, by columns from the front to the back, as shares of the height.
_RISES = (0.0, 0.002, 0.008, 0.017, 0.0215, 0.019, 0.012, 0.008, 0.006)
#: A little squarer than an oval.
_SQUARENESS = 0.88


@cache
def _oval() -> Points:
    return np.array([[math.copysign(round(math.pow(abs(c), _SQUARENESS), 12), c) for c in xy] for xy in circle(AROUND).tolist()])


@cache
def from_front() -> Points:
    """(16,): how far round each corner of a trunk's ring is from the front, 0, to the back, 1."""
    return np.array([min(k, AROUND - k) / (AROUND / 2) for k in range(AROUND)])


def trunk_m(bones: Lengths) -> float:
    """From the hip joints to the chin."""
    return bones.waist_up / 0.30


def trunk_rings(person: PersonShape, loose: float) -> Points:
    """(9, 16, 3): rings of a trunk from the hips to the neck, in clothes that stand off so far (a share of the height)."""
    bones = lengths(person)
    h, oval = bones.height, _oval()
    rings = np.empty((len(_TRUNK), AROUND, 3))
    for k, (z, wide, front, back, middle, power, hips) in enumerate(_TRUNK):
        grown = round(math.pow(person.bmi_kg_m2 / MODEL.bmi_kg_m2, power), 9)
        slack = loose * (1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.6, 0.5, 0.25)[k]
        x, y = oval[:, 0], oval[:, 1]
        rings[k, :, 0] = (middle + np.where(x > 0, front * grown + slack, back * grown + slack) * x) * h
        rings[k, :, 1] = (wide * (grown + hips * person.figure) + slack) * y * h
        rings[k, :, 2] = z * trunk_m(bones)
    bust = max(person.figure, 0.0) * 0.016 * h
    for column, share in ((0, 0.7), (1, 1.0), (2, 1.0), (3, 0.35), (15, 1.0), (14, 1.0), (13, 0.35)):
        rings[_ARMPIT, column, 0] += share * bust
        rings[_ARMPIT + 1, column, 0] += 0.35 * share * bust
    # The ring across the collarbones rises to the tops of the shoulders.
    rings[_SHOULDER, :, 2] += np.array(_RISES)[np.minimum(np.arange(AROUND), AROUND - np.arange(AROUND))] * h
    rings[_SHOULDER, [4, 12], 1] *= 1.05
    return rings


#: Where the bones of the spine begin, as shares of the trunk.
_SPINE = (("pelvis", -1.0), ("waist", 0.30), ("chest", 0.57))


def trunk_hold(share: float) -> Hold:
    """What holds a trunk so far up from the hip joints to the chin."""
    for k in (2, 1):
        bone, start = _SPINE[k]
        if share > start - 0.12:
            return between(_SPINE[k - 1][0], bone, (share - start + 0.12) / 0.24)
    return held("pelvis")


def skirt_holds(ring: Points, below: float) -> list[Hold]:
    """What holds the corners (n, 3) of a ring so far `below` the hips (1: at the knees): either leg on its side, higher up the pelvis too."""
    left = np.clip(0.5 + ring[:, 1] / 0.15, 0.0, 1.0).tolist()
    if below < 0.85:
        thigh = min(max(2.4 * below + 0.1, 0.0), 1.0)
        return [((BONE["pelvis"], 1 - thigh), (BONE["left_thigh"], thigh * s), (BONE["right_thigh"], thigh * (1 - s))) for s in left]
    bones = ("left_shin", "right_shin") if below > 1.15 else ("half_left_shin", "half_right_shin")
    return [((BONE[bones[0]], s), (BONE[bones[1]], 1 - s)) for s in left]


# --- tops -------------------------------------------------------------------------------------------------


def top_shell(person: PersonShape) -> Shell:
    """A top: its trunk from the hem to the neck, and sleeves."""
    bones, cut, sewing = lengths(person), CUTS[person.top], Sewing()
    h, trunk = bones.height, trunk_m(bones)
    rings = trunk_rings(person, cut.loose)
    hanging = _hanging(rings[_HIPS], cut, bones)
    bottom, top = -cut.hem * h, float(rings[-1, 0, 2])
    numbers = [
        sewing.add(ring, lay("top", from_front(), (float(ring[0, 2]) - bottom) / (top - bottom)), skirt_holds(ring, -float(ring[0, 2]) / bones.thigh))
        for ring in hanging
    ]
    first = len(hanging)
    for k, ring in enumerate(rings[_first_above(rings, bottom) :], _first_above(rings, bottom)):
        v = (_TRUNK[k][0] * trunk - bottom) / (top - bottom)
        holds = skirt_holds(ring, -float(ring[0, 2]) / bones.thigh) if k == _HIPS else _shoulder_holds(k)
        numbers.append(sewing.add(ring, lay("top", from_front(), v), holds))
    grid = np.stack(numbers)
    first -= _first_above(rings, bottom)
    holes = {(first + k, c) for k in (_ARMPIT, _ARMPIT + 1) for c in (3, 4, 11, 12)}
    _join(sewing, grid, holes)
    # The hem is closed a little above its edge, the neck below.
    sewing.close(grid[0], np.array([0.0, 0.0, bottom + 0.02 * h]), lay("dark", 0.5, 0.5), held("pelvis"))
    sewing.close(grid[-1][::-1], np.array([-0.006 * h, 0.0, top - 0.02 * h]), lay("top", 0.5, 1.0), held("chest"))
    for side, column in (("left", 4), ("right", 12)):
        around = ((2, 0), (2, -1), (1, -1), (0, -1), (0, 0), (0, 1), (1, 1), (2, 1))
        loop = np.array([grid[first + _ARMPIT + k, column + c] for k, c in around])
        _sleeve(sewing, person, side, loop, cut)
    return sewing.finished()


def _first_above(rings: Points, bottom_m: float) -> int:
    """The first of a trunk's rings that is clearly above a hem."""
    return 0 if float(rings[_HIPS, 0, 2]) > bottom_m + 0.01 else 1


def _hanging(hips: Points, cut: Cut, bones: Lengths) -> list[Points]:
    """The rings of what hangs below a trunk's, from the hem up."""
    low, hem = float(hips[0, 2]), -cut.hem * bones.height
    steps = max(1, round((low - hem) / (0.085 * bones.height)))
    if low - hem < 0.01:  # about as high as the hips' own ring, which it takes the place of
        steps = 1
    out: list[Points] = []
    for k in range(steps, 0, -1):
        ring = hips * np.array([*(1 + (cut.flare - 1) * k / steps,) * 2, 1.0])
        ring[:, 2] = low + (hem - low) * k / steps
        out.append(ring)
    return out


def _shoulder_holds(row: int) -> list[Hold]:
    """The trunk's, of which what is around the arms goes with them a little."""
    plain = trunk_hold(_TRUNK[row][0])
    if not _ARMPIT <= row <= _SHOULDER + 1:
        return [plain]
    holds = [plain] * AROUND
    share = 0.5 if row <= _SHOULDER else 0.2
    for side, column in (("left", 4), ("right", 12)):
        for c in (-1, 0, 1):
            holds[column + c] = between("chest", f"half_{side}_arm", share)
    return holds


def _join(sewing: Sewing, grid: NDArray[np.int64], without: set[tuple[int, int]]) -> None:
    """Join rings (k, n), but for the quadrilaterals above and after some corners."""
    cells = [(r, c) for r in range(grid.shape[0] - 1) for c in range(grid.shape[1]) if (r, c) not in without]
    r, c = np.array(cells).T
    after = (c + 1) % grid.shape[1]
    sewing.quads(grid[r, c], grid[r, after], grid[r + 1, after], grid[r + 1, c])


#: Where a sleeve has rings, as shares of the arm.
_SLEEVE = (0.14, 0.3, 0.48, 0.56, 0.64, 0.8)


def _sleeve(sewing: Sewing, person: PersonShape, side: str, loop: NDArray[np.int64], cut: Cut) -> None:
    """From the corners (8,) around an armhole to where it ends."""
    bones = lengths(person)
    arm, end = bones.upper_arm + bones.forearm, cut.sleeve
    ways = [*(s for s in _SLEEVE if s < end - 0.04), end]
    # A sleeve is a straight tube as much as it is loose.
    at_end = arm_radius(person, end) + (0.9 if end < 0.5 else 0.6) * cut.loose + 0.002
    radii = [*(max(arm_radius(person, s) + 0.9 * cut.loose, at_end) for s in ways[:-1]), at_end]
    rings = limb_rings(sewing, person, f"{side}_arm", ways, radii, 8, "sleeve")
    # The armhole is on the picture of the trunk, and of the sleeve.
    sewing.tube(np.stack([sewing.again(loop, lay("sleeve", np.minimum(np.arange(8), 8 - np.arange(8)) / 4, 1.0)), *rings]))
    tip = limb_point(bones, f"{side}_arm", max(end - 0.03, 0.02))
    sewing.close(rings[-1][::-1], tip, lay("dark", 0.5, 0.5), arm_hold(bones, side, arm * end))


# --- skirts -----------------------------------------------------------------------------------------------

#: How far below the hip joints they end, as a share of the height, how wide they are there against the hips, and rings on the way.
_SKIRTS = {"skirt": (0.235, 1.3, 3), "long-skirt": (0.43, 1.5, 6)}


def skirt_shell(person: PersonShape) -> Shell | None:
    """A skirt from within the top, if one is worn."""
    if person.bottom not in _SKIRTS or person.top == "dress":
        return None
    bones, sewing = lengths(person), Sewing()
    h, (end, flare, steps) = bones.height, _SKIRTS[person.bottom]
    rings = trunk_rings(person, 0.0015)
    low = float(rings[_HIPS, 0, 2])
    numbers: list[NDArray[np.int64]] = []
    for k in range(steps, 0, -1):
        wide = 1 + (flare - 1) * k / steps
        ring = rings[_HIPS] * np.array([wide, wide, 1.0])
        ring[:, 2] = low + (-end * h - low) * k / steps
        numbers.append(sewing.add(ring, lay("bottom", from_front(), 0.75 * (1 - k / steps)), skirt_holds(ring, -float(ring[0, 2]) / bones.thigh)))
    levels = ((rings[0], 0.8, skirt_holds(rings[0], 0.15)), (rings[1], 0.9, [trunk_hold(0.11)]), ((rings[1] + rings[2]) / 2, 1.0, [trunk_hold(0.2)]))
    numbers += [sewing.add(ring, lay("bottom", from_front(), v), holds) for ring, v, holds in levels]
    sewing.tube(np.stack(numbers))
    middle = skirt_holds(np.zeros((1, 3)), end * h / bones.thigh)
    sewing.close(numbers[0], np.array([0.0, 0.0, -0.85 * end * h]), lay("dark", 0.5, 0.5), middle[0])
    sewing.close(numbers[-1][::-1], np.array([0.0, 0.0, 0.2 * trunk_m(bones)]), lay("dark", 0.5, 0.5), trunk_hold(0.2))
    return sewing.finished()
