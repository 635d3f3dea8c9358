"""Trunks and limbs, clothed: a top with its sleeves, what is worn below, and the arms, hands, legs and feet that show.

Everything is a closed shell of its own, and what is worn over something ends in it. A top's trunk has rings of 16 corners and its sleeves, which
grow out of it, rings of 8; trousers part into legs of 12. Sizes are shares of the height, after circumferences of DIN 33402-2.
"""

import math
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.street.people.picture import lay
from diorama.sim.assets.street.people.shells import BONE, Hold, Sewing, Shell, along_limb, between, bound, held
from diorama.sim.assets.street.people.skeleton import Lengths, lengths, rotated
from diorama.sim.spec.people import PersonShape
from diorama.sim.transforms import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """How far a top stands off and how far below the hip joints its hem is, as shares of the height; where its sleeves end, as a share of the arm;
    how wide the hem is against the hips.
    """

    loose: float
    hem: float
    sleeve: float
    flare: float = 1.0


_CUTS: dict[str, _Cut] = {
    "vest": _Cut(loose=0.003, hem=0.03, sleeve=0.0),
    "t-shirt": _Cut(loose=0.006, hem=0.045, sleeve=0.3),
    "shirt": _Cut(loose=0.006, hem=0.04, sleeve=0.97),
    "jumper": _Cut(loose=0.011, hem=0.03, sleeve=0.98),
    "hoodie": _Cut(loose=0.016, hem=0.035, sleeve=0.98),
    "jacket": _Cut(loose=0.016, hem=0.05, sleeve=1.0),
    "suit": _Cut(loose=0.011, hem=0.085, sleeve=0.99, flare=1.03),
    "coat": _Cut(loose=0.016, hem=0.26, sleeve=1.0, flare=1.18),
    "parka": _Cut(loose=0.026, hem=0.13, sleeve=1.0, flare=1.05),
    "hi-vis": _Cut(loose=0.02, hem=0.06, sleeve=1.0),
    "dress": _Cut(loose=0.004, hem=0.235, sleeve=0.3, flare=1.4),
}

#: Rings of a trunk from the hips up: their height as a share of that from hips to chin; half their width, and how far they reach to the front and
#: back, as shares of the height; and how they grow with weight.
_TRUNK = (
    (-0.06, 0.093, 0.060, 0.071, 0.5),
    (0.11, 0.087, 0.060, 0.062, 0.65),
    (0.30, 0.078, 0.058, 0.050, 0.85),
    (0.47, 0.084, 0.064, 0.054, 0.7),
    (0.62, 0.090, 0.068, 0.060, 0.5),
    (0.76, 0.099, 0.057, 0.062, 0.4),
    (0.885, 0.098, 0.034, 0.044, 0.3),
    (0.945, 0.058, 0.028, 0.042, 0.25),
    (0.985, 0.037, 0.034, 0.036, 0.2),
)
_HIPS, _ARMPIT, _SHOULDER = 0, 4, 6
_AROUND = 16

#: Radii of an arm, by shares of its length, and of a leg.
_ARM = ((0.1, 0.0325), (0.3, 0.0275), (0.48, 0.0245), (0.56, 0.0235), (0.64, 0.0245), (0.75, 0.0235), (1.0, 0.0165))
_LEG = ((0.03, 0.050), (0.1, 0.0495), (0.3, 0.043), (0.45, 0.0345), (0.5, 0.0335), (0.56, 0.032), (0.68, 0.0335), (0.85, 0.0235), (1.0, 0.0205))


def girth(person: PersonShape, power: float) -> float:
    """How much larger a measure around the body is than at a body mass index of 22 (16 for small children)."""
    usual = 16.0 + 6.0 * min(max(person.age_years - 6.0, 0.0) / 12.0, 1.0)
    return round(math.pow(person.bmi_kg_m2 / usual, power), 9)


def cut_of(person: PersonShape) -> _Cut:
    """How the top is cut."""
    return _CUTS[person.top]


@cache
def _oval(count: int, power: float) -> Points:
    """(count, 2): a circle pulled towards a square, the more the less `power` is."""
    return np.array([[math.copysign(round(math.pow(abs(c), power), 12), c) for c in xy] for xy in circle(count).tolist()])


@cache
def _sides(count: int) -> Points:
    """(count,): how far round each corner is from the front, 0, to the back, 1."""
    return np.array([min(k, count - k) / (count / 2) for k in range(count)])


def trunk_rings(person: PersonShape, bones: Lengths, loose: float) -> Points:
    """(9, 16, 3): the rings of `_TRUNK`, with clothes that stand off so far (a share of the height)."""
    h, up = bones.height, bones.waist_up / 0.30
    child = min(max((12.0 - person.age_years) / 8.0, 0.0), 1.0)
    rings = np.empty((len(_TRUNK), _AROUND, 3))
    oval = _oval(_AROUND, 0.86)
    for k, (z, wide, front, back, grows) in enumerate(_TRUNK):
        g = girth(person, grows)
        narrow = (0.5 - z) * person.figure
        half = wide * (g + 0.06 * narrow + (0.08 * child if k == 2 else 0.0))
        if k >= _SHOULDER - 1:
            half = wide / 0.099 * (bones.shoulder_half / h - 0.010) + wide * (g - 1)
        if k in (2, 3):
            half *= 1 - 0.03 * person.figure
        reach = [front * g + loose, back * g + loose]
        if k == 2:
            reach[0] += 0.012 * child
        x, y = oval[:, 0], oval[:, 1]
        rings[k, :, 0] = np.where(x > 0, reach[0], reach[1]) * x * h
        rings[k, :, 1] = (half + (loose if k < 8 else 0.3 * loose)) * y * h
        rings[k, :, 2] = z * up
    bust = max(person.figure, 0.0) * 0.022 * h * (1 - child)
    for column, share in ((0, 0.6), (1, 0.95), (2, 1.0), (3, 0.3), (15, 0.95), (14, 1.0), (13, 0.3)):
        rings[_ARMPIT, column, 0] += share * bust
    # A back is hollow at the waist, and its upper half is farther back than the hips.
    rings[:, :, 0] += np.array([0.0, 0.0, 0.002, -0.002, -0.006, -0.010, -0.012, -0.012, -0.006])[:, None] * h
    # Over the shoulders the surface goes down outwards.
    rings[_SHOULDER, :, 2] += 0.006 * h - 0.014 * h * np.abs(oval[:, 1])
    return rings


_SPINE = (("pelvis", -1.0), ("waist", 0.30), ("chest", 0.57))


def trunk_hold(z: float) -> Hold:
    """What holds the trunk at a height, in shares of that from hips to chin."""
    for k in (2, 1):
        bone, start = _SPINE[k]
        if z > start - 0.12:
            return between(_SPINE[k - 1][0], bone, (z - start + 0.12) / 0.24)
    return held("pelvis")


def skirt_holds(ring: Points, below: float) -> list[Hold]:
    """What holds the corners (n, 3) of a hem so far `below` the hips (1: at the knees): either thigh on its side, the pelvis between them above."""
    left = np.clip(0.5 + ring[:, 1] / 0.16, 0.0, 1.0)
    thigh = min(max(below, 0.0) * 1.6, 1.0) * 0.85
    return [
        ((BONE["pelvis"], 1.0 - thigh), (BONE["left_thigh"], thigh * share), (BONE["right_thigh"], thigh * (1.0 - share))) for share in left.tolist()
    ]


# --- tops -------------------------------------------------------------------------------------------------


def top_shell(person: PersonShape) -> Shell:
    """A top: its trunk from the hem to the neck, and sleeves."""
    bones, cut, sewing = lengths(person), cut_of(person), Sewing()
    h = bones.height
    rings = trunk_rings(person, bones, cut.loose)
    up = bones.waist_up / 0.30
    side = _sides(_AROUND)
    hem = -cut.hem * h
    low: list[tuple[Points, list[Hold], float]] = []
    knee = bones.thigh
    steps = max(1, round(cut.hem / 0.09))
    for k in range(steps, 0, -1):
        z = hem * k / steps - 0.06 * up * (1 - k / steps)
        if z >= float(rings[0, 0, 2]) - 1e-6:
            continue
        wide = 1 + (cut.flare - 1) * k / steps
        ring = rings[_HIPS] * (wide, wide, 1.0)
        ring[:, 2] = z
        low.append((ring, skirt_holds(ring, -z / knee), z))
    all_z = [z for _, _, z in low] + [float(r[0, 2]) for r in rings]
    bottom, top = all_z[0], all_z[-1]
    numbers: list[NDArray[np.int64]] = []
    for ring, holds, z in low:
        numbers.append(sewing.add(ring, lay("top", side, (z - bottom) / (top - bottom)), holds))
    for k, ring in enumerate(rings):
        holds = _shoulder_holds(_TRUNK[k][0], k)
        numbers.append(sewing.add(ring, lay("top", side, (float(_TRUNK[k][0] * up) - bottom) / (top - bottom)), holds))
    grid = np.stack(numbers)
    first = len(low)
    _grid(sewing, grid, {(first + k, c) for k in (_ARMPIT, _ARMPIT + 1) for c in (3, 4, 11, 12)})
    # The hem is closed a little above its edge, the neck below.
    inner = rings[_HIPS].mean(axis=0)
    sewing.close(grid[0], np.array([inner[0], 0.0, bottom + 0.02 * h]), lay("dark", 0.5, 0.5), held("pelvis"))
    sewing.close(grid[-1][::-1], np.array([-0.006 * h, 0.0, top - 0.02 * h]), lay("top", 0.5, 0.98), held("chest"))
    for name, column in (("left", 4), ("right", 12)):
        hole = [(_SHOULDER, 0), (_SHOULDER, -1), (_SHOULDER - 1, -1), (_ARMPIT, -1), (_ARMPIT, 0), (_ARMPIT, 1), (_SHOULDER - 1, 1), (_SHOULDER, 1)]
        loop = np.array([grid[first + k, column + c] for k, c in hole])
        _sleeve(sewing, person, bones, name, loop, cut)
    return sewing.finished()


def _shoulder_holds(z: float, row: int) -> list[Hold]:
    """The trunk's, of which what is around the arms goes with them a little."""
    plain = trunk_hold(z)
    if row < _ARMPIT or row > _SHOULDER + 1:
        return [plain]
    holds = [plain] * _AROUND
    share = 0.5 if row <= _SHOULDER else 0.15
    for name, column in (("left", 4), ("right", 12)):
        for c in (-1, 0, 1):
            holds[column + c] = between("chest", f"half_{name}_arm", share)
    return holds


def _grid(sewing: Sewing, grid: NDArray[np.int64], without: set[tuple[int, int]]) -> None:
    """Join rings (k, n), but for the quadrilaterals above and after some corners."""
    rows, columns = np.meshgrid(np.arange(grid.shape[0] - 1), np.arange(grid.shape[1]), indexing="ij")
    keep = np.array([(r, c) not in without for r, c in zip(rows.ravel().tolist(), columns.ravel().tolist(), strict=True)])
    r, c = rows.ravel()[keep], columns.ravel()[keep]
    n = grid.shape[1]
    sewing.quads(grid[r, c], grid[r, (c + 1) % n], grid[r + 1, (c + 1) % n], grid[r + 1, c])


def _sleeve(sewing: Sewing, person: PersonShape, bones: Lengths, side: str, loop: NDArray[np.int64], cut: _Cut) -> None:
    arm = bones.upper_arm + bones.forearm
    end = max(cut.sleeve, 0.1)
    ways = sorted({s for s, _ in _ARM if s < end - 0.02} | {end})
    # A sleeve is a straight tube as much as it is loose.
    at_end = arm_radius(person, end) + 0.7 * cut.loose * (1.6 if cut.sleeve < 0.5 else 1.0)
    radii = [max(arm_radius(person, s) + cut.loose, at_end) for s in ways[:-1]] + [at_end]
    rings = [loop, *limb_rings(sewing, bones, f"{side}_arm", [s * arm for s in ways], [r * bones.height for r in radii], 8, "sleeve")]
    sewing.tube(np.stack(rings))
    tip = _on_limb(bones, f"{side}_arm", arm * end - 0.015 * bones.height)
    sewing.close(rings[-1][::-1], np.array(tip), lay("dark", 0.5, 0.5), arm_hold(bones, side, arm * end))


# --- limbs ------------------------------------------------------------------------------------------------


def _radius(table: tuple[tuple[float, float], ...], share: float) -> float:
    ways, radii = zip(*table, strict=True)
    for k in range(1, len(ways)):
        if share <= ways[k]:
            t = max((share - ways[k - 1]) / (ways[k] - ways[k - 1]), 0.0)
            return radii[k - 1] + (radii[k] - radii[k - 1]) * t
    return radii[-1]


def arm_radius(person: PersonShape, share: float) -> float:
    """Of an arm, so far down it, as a share of the height."""
    return _radius(_ARM, share) * girth(person, 0.5 * (1 - share) + 0.15) * (1 - 0.05 * max(person.figure, 0.0))


def leg_radius(person: PersonShape, share: float) -> float:
    """Of a leg, so far down it, as a share of the height."""
    return _radius(_LEG, share) * girth(person, 0.5 * (1 - share) + 0.15)


@lru_cache(512)
def _limb_axes(bones: Lengths, bone: str) -> tuple[Vec3, Vec3, Vec3, Vec3]:
    """Of a limb in the pose `BIND`: where it begins, outwards, forwards on the left and backwards on the right, and down along it."""
    turn, start = bound(bones)[bone]
    y = 1.0 if bone.startswith("left") else -1.0
    return start, rotated(turn, (0.0, y, 0.0)), rotated(turn, (y, 0.0, 0.0)), rotated(turn, (0.0, 0.0, -1.0))


def _on_limb(bones: Lengths, bone: str, way_m: float) -> Vec3:
    start, _, _, down = _limb_axes(bones, bone)
    return start[0] + down[0] * way_m, start[1] + down[1] * way_m, start[2] + down[2] * way_m


def arm_hold(bones: Lengths, side: str, way_m: float) -> Hold:
    """What holds an arm so far down."""
    chain = [("chest", -1.0), (f"{side}_arm", 0.0), (f"{side}_forearm", bones.upper_arm), (f"{side}_hand", bones.upper_arm + bones.forearm)]
    return along_limb(chain, way_m, 0.035 * bones.height)


def leg_hold(bones: Lengths, side: str, way_m: float) -> Hold:
    """What holds a leg so far down."""
    chain = [("pelvis", -1.0), (f"{side}_thigh", 0.0), (f"{side}_shin", bones.thigh), (f"{side}_foot", bones.leg)]
    return along_limb(chain, way_m, 0.04 * bones.height)


def limb_rings(
    sewing: Sewing, bones: Lengths, bone: str, ways_m: list[float], radii_m: list[float], count: int, region: str, *, shift: Points | None = None
) -> list[NDArray[np.int64]]:
    """Rings around an arm or a leg (`bone` is its first) so far down it, of these radii; `shift` (k, 2) moves them outwards and forwards."""
    start, out, fore, down = (np.array(v) for v in _limb_axes(bones, bone))
    side, _, kind = bone.partition("_")
    turn = circle(count)
    ways, radii = np.array(ways_m), np.array(radii_m)
    off = np.zeros((len(ways), 2)) if shift is None else shift
    a, b = turn[None, :, 0] * radii[:, None] + off[:, 0:1], turn[None, :, 1] * radii[:, None] + off[:, 1:2]
    points = start + down * ways[:, None, None] + a[..., None] * out + b[..., None] * fore
    hold = arm_hold if kind == "arm" else leg_hold
    u = np.array([min(k, count - k) / (count / 2) for k in range(count)])
    total = ways_m[-1]
    return [sewing.add(points[k], lay(region, u, 1 - way / total), [hold(bones, side, way)]) for k, way in enumerate(ways_m)]


def bare_arm(person: PersonShape, side: str) -> Shell:
    """An arm from within its sleeve to the wrist, and its hand."""
    bones, cut, sewing = lengths(person), cut_of(person), Sewing()
    arm = bones.upper_arm + bones.forearm
    begin = max(cut.sleeve - 0.08, 0.02)
    ways = [begin, *(s for s, _ in _ARM if begin + 0.05 < s < 0.97), 1.0]
    rings = limb_rings(sewing, bones, f"{side}_arm", [s * arm for s in ways], [arm_radius(person, s) * bones.height for s in ways], 8, "skin")
    hand = _hand_rings(sewing, person, bones, side, arm)
    sewing.tube(np.stack([*rings, *hand]))
    sewing.close(rings[0], np.array(_on_limb(bones, f"{side}_arm", begin * arm)), lay("skin", 0.5, 0.5), arm_hold(bones, side, begin * arm))
    tip = _on_limb(bones, f"{side}_arm", arm + 1.0 * bones.hand)
    sewing.close(hand[-1][::-1], np.array(tip), lay("skin", 0.5, 0.5), held(f"{side}_fingers"))
    _thumb(sewing, bones, side, arm)
    return sewing.finished()


#: A hand's rings: how far down it, half its width, half its thickness, as shares of its length.
_HAND = ((0.12, 0.17, 0.13), (0.3, 0.215, 0.13), (0.5, 0.225, 0.11), (0.75, 0.2, 0.085), (0.95, 0.14, 0.06))


def _hand_rings(sewing: Sewing, person: PersonShape, bones: Lengths, side: str, arm_m: float) -> list[NDArray[np.int64]]:
    start, out, fore, down = (np.array(v) for v in _limb_axes(bones, f"{side}_arm"))
    turn, thick = circle(8), girth(person, 0.2)
    rings: list[NDArray[np.int64]] = []
    for s, wide, deep in _HAND:
        way = s * bones.hand
        points = start + down * (arm_m + way) + (turn[:, 0:1] * out * deep + turn[:, 1:2] * fore * wide) * bones.hand * thick
        hold = between(f"{side}_hand", f"{side}_fingers", (s - 0.4) / 0.25)
        rings.append(sewing.add(points, lay("skin", 0.5, 0.5), [hold]))
    return rings


def _thumb(sewing: Sewing, bones: Lengths, side: str, arm_m: float) -> None:
    start, out, fore, down = (np.array(v) for v in _limb_axes(bones, f"{side}_arm"))
    front = fore if side == "left" else -fore
    n, length = 5, bones.hand
    turn = circle(n)
    rings: list[NDArray[np.int64]] = []
    along = down * 0.8 + front * 0.55 - out * 0.25
    across = out if side == "left" else -out
    other = geometry.cross(along, across)
    for s, r in ((0.0, 0.10), (0.28, 0.085), (0.46, 0.06)):
        center = start + down * (arm_m + 0.16 * length) + front * 0.1 * length + along * (s * length)
        points = center + (turn[:, 0:1] * across + turn[:, 1:2] * other) * (r * length)
        rings.append(sewing.add(points, lay("skin", 0.5, 0.5), [held(f"{side}_hand")]))
    sewing.tube(np.stack(rings))
    for ring, s in ((rings[0], 0.0), (rings[-1][::-1], 0.5)):
        center = start + down * (arm_m + 0.16 * length) + front * 0.1 * length + along * (s * length)
        sewing.close(ring, center, lay("skin", 0.5, 0.5), held(f"{side}_hand"))


# --- below ------------------------------------------------------------------------------------------------

#: How far down the leg trousers go, and how far they stand off (a share of the height), at the thigh and at the end.
_LEGS = {"trousers": (0.985, 0.007, 0.032), "leggings": (0.93, 0.001, 0.022), "shorts": (0.47, 0.009, 0.05)}


def trousers_shell(person: PersonShape) -> Shell:
    """Trousers, or shorts: from within the top down both legs."""
    bones, sewing = lengths(person), Sewing()
    h = bones.height
    end, loose, least = _LEGS[person.bottom]
    rings = trunk_rings(person, bones, min(loose, 0.4 * cut_of(person).loose))
    side = _sides(_AROUND)
    up = bones.waist_up / 0.30
    crotch = rings[0] * (0.97, 0.98, 1.0)
    crotch[:, 2] = -0.04 * h - 0.006 * h * np.abs(crotch[:, 0]) / (0.07 * h)
    waist = rings[1] * 0.5 + rings[2] * 0.5
    grid = [
        sewing.add(waist, lay("bottom", side, 1.0), [trunk_hold(0.2)]),
        sewing.add(rings[1], lay("bottom", side, 0.95), [held("pelvis")]),
        sewing.add(rings[0], lay("bottom", side, 0.86), [held("pelvis")]),
    ]
    holds = []
    for y in crotch[:, 1].tolist():
        share = min(abs(y) / (0.08 * h), 1.0) * 0.75
        holds.append(between("pelvis", "half_left_thigh" if y > 0 else "half_right_thigh", share))
    grid.append(sewing.add(crotch, lay("bottom", side, 0.8), holds))
    sewing.tube(np.stack(grid[::-1]))
    sewing.close(grid[0][::-1], np.array([0.0, 0.0, 0.2 * up]), lay("dark", 0.5, 0.5), held("pelvis"))
    seam = np.array([[0.035 * h, 0.0, -0.062 * h], [-0.005 * h, 0.0, -0.068 * h], [-0.04 * h, 0.0, -0.062 * h]])
    inner = sewing.add(seam, lay("bottom", np.array([0.3, 0.5, 0.7]), 0.78), [held("pelvis")])
    bottom = grid[-1]
    for name, loop in (
        ("left", [*bottom[[4, 3, 2, 1, 0]], *inner, *bottom[[8, 7, 6, 5]]]),
        ("right", [*bottom[[12, 11, 10, 9, 8]], *inner[::-1], *bottom[[0, 15, 14, 13]]]),
    ):
        ways = sorted({s for s, _ in _LEG if 0.06 < s < end - 0.02} | {end})
        widest = leg_radius(person, 0.1) + loose
        radii = [min(max(leg_radius(person, s) + loose, least), widest) for s in ways]
        legs = limb_rings(
            sewing,
            bones,
            f"{name}_thigh",
            [s * bones.leg for s in ways],
            [r * h for r in radii],
            12,
            "leg",
            shift=_leg_shift(bones, name, ways, radii),
        )
        sewing.tube(np.stack([np.array(loop), *legs]))
        tip = _on_limb(bones, f"{name}_thigh", end * bones.leg - 0.02 * h)
        sewing.close(legs[-1][::-1], np.array(tip), lay("dark", 0.5, 0.5), leg_hold(bones, name, end * bones.leg))
    return sewing.finished()


def _leg_shift(bones: Lengths, side: str, ways: list[float], radii: list[float]) -> Points:
    """How far a leg's rings are moved outwards, so that thick thighs do not run into one another, and (buttocks, calves) backwards."""
    back = [(-0.006 if s < 0.2 else -0.008 if 0.52 < s < 0.8 else 0.0) for s in ways]
    out = [max(r - 0.046 - 0.03 * s, 0.0) for s, r in zip(ways, radii, strict=True)]
    y = 1.0 if side == "left" else -1.0
    return np.array([[o, y * b] for o, b in zip(out, back, strict=True)]) * bones.height


def bare_leg(person: PersonShape, side: str, begin: float) -> Shell:
    """A leg from so far down it to the ankle, in skin."""
    bones, sewing = lengths(person), Sewing()
    ways = [begin, *(s for s, _ in _LEG if begin + 0.03 < s)]
    radii = [leg_radius(person, s) for s in ways]
    rings = limb_rings(
        sewing,
        bones,
        f"{side}_thigh",
        [s * bones.leg for s in ways],
        [r * bones.height for r in radii],
        10,
        "skin",
        shift=_leg_shift(bones, side, ways, radii),
    )
    sewing.tube(np.stack(rings))
    for ring, s in ((rings[0], begin), (rings[-1][::-1], 1.0)):
        sewing.close(ring, np.array(_on_limb(bones, f"{side}_thigh", s * bones.leg)), lay("skin", 0.5, 0.5), leg_hold(bones, side, s * bones.leg))
    return sewing.finished()


def skirt_shell(person: PersonShape) -> Shell:
    """A skirt: from within the top to around the knees or the ankles."""
    bones, sewing = lengths(person), Sewing()
    h = bones.height
    rings = trunk_rings(person, bones, 0.004)
    end, flare = (0.235, 1.3) if person.bottom == "skirt" else (0.43, 1.5)
    side, numbers = _sides(_AROUND), []
    steps = 3 if end < 0.3 else 5
    for k in range(steps, 0, -1):
        z = -end * h * k / steps - 0.02 * h * (1 - k / steps)
        wide = 1 + (flare - 1) * k / steps
        ring = rings[_HIPS] * (wide, wide, 1.0)
        ring[:, 2] = z
        numbers.append(sewing.add(ring, lay("bottom", side, 0.75 * (1 - k / steps)), skirt_holds(ring, -z / bones.thigh)))
    numbers.append(sewing.add(rings[0], lay("bottom", side, 0.8), [held("pelvis")]))
    numbers.append(sewing.add(rings[1], lay("bottom", side, 0.9), [held("pelvis")]))
    numbers.append(sewing.add(rings[1] * 0.5 + rings[2] * 0.5, lay("bottom", side, 1.0), [trunk_hold(0.2)]))
    sewing.tube(np.stack(numbers))
    middle = skirt_holds(np.zeros((1, 3)), end * h / bones.thigh)[0]
    sewing.close(numbers[0], np.array([0.0, 0.0, -0.8 * end * h]), lay("dark", 0.5, 0.5), middle)
    sewing.close(numbers[-1][::-1], np.array([0.0, 0.0, 0.2 * bones.waist_up / 0.3]), lay("dark", 0.5, 0.5), held("pelvis"))
    return sewing.finished()


# --- feet -------------------------------------------------------------------------------------------------

#: Rings of a shoe from heel to toe: how far before the ankle and half their width, as shares of the foot's length; how high, as one of the ankle's.
_SHOE = (
    (-0.29, 0.10, 0.75),
    (-0.24, 0.145, 1.12),
    (-0.02, 0.155, 1.2),
    (0.16, 0.165, 0.95),
    (0.42, 0.19, 0.62),
    (0.62, 0.17, 0.46),
    (0.75, 0.09, 0.3),
)
#: The corners of one, left to right over the top: how far across, and how high from sole to top.
_SECTION = ((0.9, 0.0), (1.0, 0.25), (0.82, 0.7), (0.35, 1.0), (-0.35, 1.0), (-0.82, 0.7), (-1.0, 0.25), (-0.9, 0.0))


def shoe_shell(person: PersonShape, side: str) -> Shell:
    """A shoe, flat on the ground; a boot has a shaft."""
    bones, sewing = lengths(person), Sewing()
    turn, ankle = bound(bones)[f"{side}_foot"]
    y = 1.0 if side == "left" else -1.0
    rings: list[NDArray[np.int64]] = []
    section = np.array(_SECTION)
    for x, half, high in _SHOE:
        points = np.empty((len(section), 3))
        points[:, 0] = x * bones.foot
        points[:, 1] = section[:, 0] * half * bones.foot * 1.02 + (0.012 * y * bones.foot if x > 0.3 else 0.0)
        lift = 0.1 * bones.ankle if x > 0.7 else 0.0
        points[:, 2] = -bones.ankle + lift + section[:, 1] * (high * bones.ankle - lift)
        world = np.array([rotated(turn, (p[0], p[1], p[2])) for p in points.tolist()]) + ankle
        hold = between(f"{side}_foot", f"{side}_toes", (x - 0.38) / 0.16)
        rings.append(sewing.add(world, lay("shoe", (x + 0.3) / 1.05, section[:, 1]), [hold]))
    grid = np.stack(rings)
    sewing.tube(grid)
    for k, x in ((0, -0.3), (-1, 0.76)):
        center = np.array(rotated(turn, (x * bones.foot, 0.0, -0.8 * bones.ankle))) + ankle
        ring = grid[k] if k == 0 else grid[k][::-1]
        sewing.close(ring, center, lay("shoe", 0.0 if k == 0 else 1.0, 0.2), held(f"{side}_foot" if k == 0 else f"{side}_toes"))
    return sewing.finished()
