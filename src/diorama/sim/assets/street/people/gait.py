"""Walking and running, phase by phase.

Feet are put down, and stay where they are put: while one stands, all of it that touches the ground moves backwards under the body as fast as
the body moves on. It comes down on its heel, lies flat, and leaves over its ball; the other does so half a stride later. The knees and hips follow
from where feet and pelvis are.

How long strides are: R. McN. Alexander, "Stride length and speed for adults, children, and elephants" (1984), 2.3 (v^2 / g h)^0.3 of the hip's
height h.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from diorama.sim.assets.street.people.reaching import bent_limb, limb_angles
from diorama.sim.assets.street.people.skeleton import Lengths, about, joints_at, lengths, rotated, trunk_turn
from diorama.sim.errors import InvalidValue
from diorama.sim.spec.people import Arm, Joints, Leg, PersonShape
from diorama.sim.transforms import Vec3

_G_M_S2 = 9.81
#: Who is faster than this runs (by v^2 / g h).
RUNS_FROM = 0.5
#: Steps of a stride that are told apart.
PHASES = 24


def stride_m(person: PersonShape, speed_m_s: float) -> float:
    """How far somebody gets with two steps at this speed. Raises InvalidValue for speeds that nobody has."""
    hip = lengths(person).hip
    number = froude(person, speed_m_s)
    return round(2.3 * math.pow(number, 0.3) * hip, 9)


def froude(person: PersonShape, speed_m_s: float) -> float:
    """A speed by the length of the legs: v^2 / g h."""
    if not 0.05 <= speed_m_s <= 12:
        raise InvalidValue(f"people go at 0.05..12 m/s, got {speed_m_s}")
    return speed_m_s * speed_m_s / (_G_M_S2 * lengths(person).hip)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manner:
    """How somebody goes.

    `stands` is the share of a stride that a foot is on the ground, `middle_m` how far before the hips it is on average then. It comes down with its
    heel below the ball by `lands_rad`, and from the share `rises` of its standing lifts its heel up to `leaves_rad`. It swings `lift_m` high. The
    pelvis goes up and down by `bob_m`; the trunk leans, and arms swing, bent at the elbow.
    """

    stride_m: float
    stands: float
    middle_m: float
    lands_rad: float
    rises: float
    leaves_rad: float
    lift_m: float
    bob_m: float
    lean_rad: float
    swing_rad: float
    elbow_rad: float
    runs: bool


@lru_cache(256)
def _manner(bones: Lengths, stride: float, number: float) -> _Manner:
    if number > RUNS_FROM:
        quick = min((number - RUNS_FROM) / 2.0, 1.0)
        return _Manner(
            stride_m=stride,
            stands=0.36 - 0.09 * quick,
            middle_m=-0.1 * bones.leg,
            lands_rad=0.08,
            rises=0.35,
            leaves_rad=1.05,
            lift_m=(0.14 + 0.12 * quick) * bones.leg,
            bob_m=0.025 * bones.leg,
            lean_rad=0.12 + 0.1 * quick,
            swing_rad=0.6 + 0.25 * quick,
            elbow_rad=1.4,
            runs=True,
        )
    pace = min(math.sqrt(number / 0.22), 1.5)
    return _Manner(
        stride_m=stride,
        stands=0.67 - 0.07 * pace,
        middle_m=-0.05 * bones.leg,
        lands_rad=0.3 * min(pace, 1.2),
        rises=0.62 - 0.12 * pace,
        leaves_rad=0.4 + 0.55 * min(pace, 1.2),
        lift_m=0.045 * bones.leg,
        bob_m=0.02 * bones.leg * pace,
        lean_rad=0.03 * pace,
        swing_rad=0.38 * pace,
        elbow_rad=0.22 + 0.08 * pace,
        runs=False,
    )


def walking(person: PersonShape, phase: float, speed_m_s: float) -> PersonShape:
    """Somebody on the way: `phase` 0 and 1 is where the left heel comes down, 0.5 where the right one does. Faster than a walk they run.

    Arms swing against the legs; what they carry may say otherwise (`poses`). Raises InvalidValue for speeds that nobody has.
    """
    bones = lengths(person)
    manner = _manner(bones, stride_m(person, speed_m_s), froude(person, speed_m_s))
    phase = phase % 1.0
    turn = 2 * math.pi * phase
    sway = math.cos(turn)
    pelvis = (0.5 * manner.lean_rad, 0.0, -0.08 * sway * min(manner.swing_rad / 0.4, 1.3))
    height = _level_m(bones, manner) + _wave_m(manner, phase)
    legs = {side: _leg(bones, manner, pelvis, height, phase + off, y) for side, y, off in (("left", 1.0, 0.0), ("right", -1.0, 0.5))}
    arms = {side: _arm(manner, sign * sway) for side, sign in (("left", -1.0), ("right", 1.0))}
    joints = Joints(
        pelvis_rad=pelvis,
        spine_rad=(0.5 * manner.lean_rad, 0.0, -1.8 * pelvis[2]),
        neck_rad=(-0.7 * manner.lean_rad, 0.0, 0.8 * pelvis[2]),
        left_arm=arms["left"],
        right_arm=arms["right"],
        left_leg=legs["left"],
        right_leg=legs["right"],
    )
    return replace(person, joints=joints, lift_m=_lift_m(bones, manner, phase))


def _arm(manner: _Manner, forwards: float) -> Arm:
    raised = manner.swing_rad * (0.85 * forwards + 0.05) - (0.15 if manner.runs else 0.0)
    return Arm.bent(
        shoulder_rad=(raised, 0.1, 0.0),
        elbow_rad=manner.elbow_rad + 0.25 * manner.swing_rad * (1 + forwards),
        forearm_rad=0.35,
        fingers_rad=1.0 if manner.runs else 0.55,
    )


def _leg(bones: Lengths, manner: _Manner, pelvis: Vec3, height_m: float, phase: float, y: float) -> Leg:
    turn = trunk_turn(*pelvis)
    x, across, z = rotated(turn, joints_at(bones)["left_thigh" if y > 0 else "right_thigh"])
    ahead, above, pitch, toes = _foot(bones, manner, phase)
    hip = (x, across, z + height_m)
    # Feet are put nearer to the middle than hips are apart.
    ankle = (ahead, 0.62 * y * bones.hip_half, above)
    upper, lower = bent_limb(hip, ankle, bones.thigh, bones.shin, (1.0, 0.12 * y, 0.0))
    angles, knee = limb_angles(turn, upper, lower, y, knee=True)
    # The shin leans forwards by so much; the foot is to be pitched by `pitch` (heel up) against the ground.
    leaning = math.atan2(-lower[0], -lower[2])
    return Leg.bent(hip_rad=angles, knee_rad=knee, ankle_rad=leaning - pitch, toes_rad=toes)


def _foot(bones: Lengths, manner: _Manner, phase: float) -> tuple[float, float, float, float]:
    """Where an ankle is before the pelvis and above the ground, how far the foot is pitched heel up, and its toes bent up."""
    p = phase % 1.0
    heel, ball = 0.24 * bones.foot, 0.46 * bones.foot
    middle = manner.middle_m
    if p < manner.stands:
        flat = middle + manner.stride_m * (manner.stands / 2 - p)
        share = p / manner.stands
        if share < 0.18:
            pitch = -manner.lands_rad * _ease(1 - share / 0.18)
            return *_about(bones, flat, -heel, pitch), pitch, 0.0
        if share > manner.rises:
            pitch = manner.leaves_rad * _ease((share - manner.rises) / (1 - manner.rises))
            return *_about(bones, flat, ball, pitch), pitch, pitch
        return flat, bones.ankle, 0.0, 0.0
    t = (p - manner.stands) / (1 - manner.stands)
    off = _about(bones, middle - manner.stride_m * manner.stands / 2, ball, manner.leaves_rad)
    down = _about(bones, middle + manner.stride_m * manner.stands / 2, -heel, -manner.lands_rad)
    # Speeds at both ends are those of the foot that stands.
    rate = -manner.stride_m * (1 - manner.stands)
    ahead = _hermite(t, off[0], down[0], 0.3 * rate, rate)
    above = off[1] + (down[1] - off[1]) * _smooth(t) + manner.lift_m * 4 * t * (1 - t) * (1.35 - 0.7 * t)
    pitch = manner.leaves_rad * (1 - _smooth(min(t / 0.6, 1.0))) - manner.lands_rad * _smooth(max(t - 0.45, 0.0) / 0.55)
    return ahead, above, pitch, manner.leaves_rad * max(1 - 3 * t, 0.0)


def _about(bones: Lengths, flat_m: float, pivot_m: float, pitch: float) -> tuple[float, float]:
    """The ankle of a foot pitched heel up about a point of its sole, so far before the ankle; flat it is at `flat_m`."""
    x, _, z = rotated(about(1, pitch), (-pivot_m, 0.0, bones.ankle))
    return flat_m + pivot_m + x, z


def _wave_m(manner: _Manner, phase: float) -> float:
    """How far the hips are above their middle height: highest where one leg stands upright, and in a run where none stands."""
    if manner.runs:
        return manner.bob_m * math.cos(4 * math.pi * (phase - 0.5 * manner.stands - 0.25))
    return -manner.bob_m * math.cos(4 * math.pi * phase)


@lru_cache(256)
def _level_m(bones: Lengths, manner: _Manner) -> float:
    """The middle height of the hips: as high as a leg that stands can reach down from at any time."""
    reach, aside = 0.997 * bones.leg, 0.4 * bones.hip_half
    best = math.inf
    for k in range(49):
        phase = manner.stands * k / 48
        ahead, above, _, _ = _foot(bones, manner, phase)
        best = min(best, above + math.sqrt(max(reach * reach - ahead * ahead - aside * aside, 0.0)) - _wave_m(manner, phase))
    return best


def _lift_m(bones: Lengths, manner: _Manner, phase: float) -> float:
    """How high the lower foot is above the ground: 0 but in a run's flights."""
    low = math.inf
    for off in (0.0, 0.5):
        _, above, pitch, toes = _foot(bones, manner, phase + off)
        heel, ball = (above + rotated(about(1, pitch), (x * bones.foot, 0.0, -bones.ankle))[2] for x in (-0.26, 0.46))
        low = min(low, heel, ball, ball - 0.26 * bones.foot * math.sin(pitch - toes))
    return round(max(low, 0.0), 3) if manner.runs else 0.0


def _smooth(t: float) -> float:
    return t * t * (3 - 2 * t)


def _ease(t: float) -> float:
    return t * t


def _hermite(t: float, a: float, b: float, da: float, db: float) -> float:
    """A cubic from a to b with these slopes at its ends."""
    return a * (1 + 2 * t) * (1 - t) * (1 - t) + da * t * (1 - t) * (1 - t) + b * t * t * (3 - 2 * t) - db * t * t * (1 - t)
