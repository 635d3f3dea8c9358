"""Riders: people on cycles, their hands on the grips and their feet on the pedals."""

import math
from dataclasses import replace

from diorama.sim.assets.street.cycles.assembly import places
from diorama.sim.assets.street.cycles.frames import layout_of
from diorama.sim.assets.street.people.balance import is_upright, mass_center
from diorama.sim.assets.street.people.person import person_asset
from diorama.sim.assets.street.people.reaching import bent_limb, limb_angles
from diorama.sim.assets.street.people.skeleton import Lengths, about, joints_at, lengths, posed, rotated, trunk_turn
from diorama.sim.spec.cycles import CycleShape
from diorama.sim.spec.people import Arm, Joints, Leg, PersonShape
from diorama.sim.transforms import Quat, Vec3

#: How far arms are stretched, as a share of their length, where grips may be gripped in many ways.
_STRETCH = 0.9
#: Those who sit upright lean back no farther than this, and nobody bows lower.
_BOWS = (-0.12, 1.15)
#: Saddles are set in such steps.
_STEP_M = 0.02
#: How much the knees point outwards.
_SPREAD = 0.12


def fitted(cycle: CycleShape, person: PersonShape) -> CycleShape:
    """A bicycle with its saddle as high as its rider's legs ask for: with a straight leg the heel is just on the lower pedal.

    Motorcycles stay as they are.
    """
    if cycle.has_engine:
        return cycle
    bones, at = lengths(person), layout_of(replace(cycle, saddle_m=None))
    low = at.feet[2] - at.crank_m + 0.02
    saddle = low + 0.985 * (bones.leg + bones.ankle) - 0.045 * bones.height
    # In steps, so that cycles can be shared.
    high = min(max(saddle, at.feet[2] + 0.3), at.saddle[2] + 0.18)
    return replace(cycle, saddle_m=round(math.floor(high / _STEP_M) * _STEP_M, 3))


def riding(person: PersonShape, cycle: CycleShape, *, stopped: bool = False) -> tuple[PersonShape, Vec3]:
    """Somebody on a cycle, and where their origin is from the ground between its wheels, along its axes.

    Who has `stopped` has the left foot on the ground, and of a bicycle got off the saddle.

    What the body does follows from where saddle, grips and pedals are: it bows until the arms reach, and looks ahead. A bag stays; whatever was in
    the hands is put away.
    """
    bones, spots = lengths(person), places(cycle)
    pelvis = _pelvis(bones, cycle, spots, stopped)
    bow = _bow(bones, pelvis, spots)
    tilt = (0.55 * bow + (-0.1 if bow < 0.2 else 0.05), 0.0, 0.0)
    spine = (bow - tilt[0], 0.0, 0.0)
    still = Joints(pelvis_rad=tilt, spine_rad=spine)
    frames = posed(bones, still)
    chest = frames["chest"][0]
    arms: dict[str, Arm] = {}
    legs: dict[str, Leg] = {}
    for side, y in (("left", 1.0), ("right", -1.0)):
        arms[side] = _arm(bones, _plus(frames[f"{side}_arm"][1], pelvis), chest, spots[f"grip-{side}"], y)
        hip = _plus(rotated(trunk_turn(*tilt), joints_at(bones)[f"{side}_thigh"]), pelvis)
        legs[side] = _leg(bones, hip, trunk_turn(*tilt), _sole(bones, cycle, spots, side, stopped), y, cycle)
    joints = replace(
        still,
        neck_rad=(max(-0.85 * bow, -1.0), 0.0, 0.0),
        left_arm=arms["left"],
        right_arm=arms["right"],
        left_leg=legs["left"],
        right_leg=legs["right"],
    )
    bag = person.bag if person.bag in ("backpack", "shoulder-bag") else None
    rider = replace(person, joints=joints, lift_m=0.0, umbrella=None, phone=False, bag=bag)
    return rider, _plus(pelvis, _origin(rider))


def _origin(rider: PersonShape) -> Vec3:
    """The origin of somebody's frame, from the middle between the hip joints."""
    if not is_upright(rider):
        return mass_center(rider)
    marks = person_asset(rider).landmarks
    (ax, ay, az), (bx, by, bz) = marks["left_hip"], marks["right_hip"]
    return -(ax + bx) / 2, -(ay + by) / 2, -(az + bz) / 2


def _pelvis(bones: Lengths, cycle: CycleShape, spots: dict[str, Vec3], stopped: bool) -> Vec3:
    x, _, z = spots["saddle"]
    high = z + 0.05 * bones.height
    if stopped and not cycle.has_engine:
        # Off the saddle, as high as the leg that stands is long.
        return x + 0.28, 0.06, min(high, bones.hip - 0.02 * bones.height)
    # Saddles are lower and narrower in front.
    return (x + 0.08, 0.03, high - 0.03) if stopped else (x, 0.0, high)


def _bow(bones: Lengths, pelvis: Vec3, spots: dict[str, Vec3]) -> float:
    """How far the trunk is bowed for the arms to reach the grips: found by halving."""
    low, high = _BOWS
    reach = _STRETCH * (bones.upper_arm + bones.forearm + 0.45 * bones.hand)
    for _ in range(24):
        bow = (low + high) / 2
        far = max(_apart(_plus(_shoulder(bones, bow, y), pelvis), spots[f"grip-{side}"]) for side, y in (("left", 1.0), ("right", -1.0)))
        low, high = (bow, high) if far > reach else (low, bow)
    return round(low, 6)


def _shoulder(bones: Lengths, bow: float, y: float) -> Vec3:
    """Of a trunk bowed straight."""
    up = bones.waist_up + bones.chest_up + bones.shoulder_up
    return up * math.sin(bow), y * bones.shoulder_half, up * math.cos(bow)


def _arm(bones: Lengths, shoulder: Vec3, chest: Quat, grip: Vec3, y: float) -> Arm:
    # The grip is in the middle of the hand, which goes on as the forearm does.
    hand, wrist = 0.5 * bones.hand, grip
    upper = lower = (0.0, 0.0, -1.0)
    for _ in range(4):
        upper, lower = bent_limb(shoulder, wrist, bones.upper_arm, bones.forearm, (-0.35, 0.45 * y, -0.8))
        wrist = (grip[0] - hand * lower[0], grip[1] - hand * lower[1], grip[2] + 0.012 * bones.height - hand * lower[2])
    angles, elbow = limb_angles(chest, upper, lower, y, knee=False)
    return Arm.bent(shoulder_rad=angles, elbow_rad=elbow, forearm_rad=1.0, fingers_rad=1.55)


def _sole(bones: Lengths, cycle: CycleShape, spots: dict[str, Vec3], side: str, stopped: bool) -> tuple[Vec3, float, float]:
    """The place that a foot stands on, how far before the ankle that is on the sole, and how the foot is pitched heel up."""
    x, y, z = spots[f"pedal-{side}"]
    if stopped and side == "left":
        return (spots["saddle"][0] + (0.1 if cycle.has_engine else 0.22), 0.25, 0.0), 0.1 * bones.foot, 0.0
    if cycle.has_engine:
        pitch = 0.3 if cycle.model == "sport" else -0.1 if cycle.model == "chopper" else 0.05
        return (x, y, z + 0.014), (0.3 if cycle.model == "sport" else 0.1) * bones.foot, pitch
    # Heels are highest where the pedal comes up from behind.
    return (x, y, z + 0.012), 0.42 * bones.foot, 0.15 + 0.2 * min(max((spots["saddle"][0] + 0.22 - x) / 0.17, -1.0), 1.0)


def _leg(bones: Lengths, hip: Vec3, turn: Quat, sole: tuple[Vec3, float, float], y: float, cycle: CycleShape) -> Leg:
    (sx, sy, sz), ahead, pitch = sole
    ox, _, oz = rotated(about(1, pitch), (-ahead, 0.0, bones.ankle))
    ankle = (sx + ox, sy, sz + oz)
    spread = 0.35 if cycle.has_engine else _SPREAD
    upper, lower = bent_limb(hip, ankle, bones.thigh, bones.shin, (1.0, spread * y, 0.25))
    angles, knee = limb_angles(turn, upper, lower, y, knee=True)
    # The shin's own forwards is where the knee bends from; the foot is pitched against it.
    leaning = math.atan2(-lower[0], -lower[2])
    return Leg.bent(hip_rad=angles, knee_rad=knee, ankle_rad=leaning - pitch)


def _plus(a: Vec3, b: Vec3) -> Vec3:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _apart(a: Vec3, b: Vec3) -> float:
    return math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2)
