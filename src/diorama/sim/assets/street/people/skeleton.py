"""The bones of people: how long they are, and where they are in a pose.

Lengths are shares of the height after R. Drillis and R. Contini, "Body segment parameters" (1966), as in D. Winter, "Biomechanics and motor control
of human movement" (2009), figure 4.1. Children's heads are larger and their legs shorter, after C. H. Stratz's and N. Bayley's proportions by age.

Axes are the body's: +x forwards, +y to its left, +z up; the origin of a pose is the middle between the hip joints.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from diorama.sim.spec.people import Arm, Joints, Leg, PersonShape
from diorama.sim.transforms import Quat, Vec3, normalize_quat, quat_multiply

#: Each bone, and the one that it hangs on.
PARENTS: dict[str, str] = {
    "pelvis": "",
    "waist": "pelvis",
    "chest": "waist",
    "neck": "chest",
    "head": "neck",
} | {
    f"{side}_{bone}": f"{side}_{parent}" if parent not in ("chest", "pelvis") else parent
    for side in ("left", "right")
    for bone, parent in {
        "arm": "chest",
        "forearm": "arm",
        "hand": "forearm",
        "fingers": "hand",
        "thigh": "pelvis",
        "shin": "thigh",
        "foot": "shin",
        "toes": "foot",
    }.items()
}

#: By age in years: the head's height, and how high the hip joints are, as shares of the height.
_GROWTH = ((1.0, 0.225, 0.42), (3.0, 0.195, 0.455), (6.0, 0.17, 0.485), (10.0, 0.153, 0.51), (14.0, 0.138, 0.525), (18.0, 0.13, 0.53))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """The lengths of somebody's bones, and where joints are on them, in metres."""

    height: float
    head: float
    hip: float
    hip_half: float
    shoulder_half: float
    waist_up: float
    chest_up: float
    shoulder_up: float
    neck_up: float
    skull_up: float
    upper_arm: float
    forearm: float
    hand: float
    thigh: float
    shin: float
    ankle: float
    foot: float

    @property
    def leg(self) -> float:
        """From hip to ankle."""
        return self.thigh + self.shin


@lru_cache(256)
def lengths_of(height_m: float, age_years: float, figure: float) -> Lengths:
    """The bones of somebody of this height, age and figure (see PersonShape)."""
    head, hip = (by_age(age_years, k) for k in (1, 2))
    h = height_m
    ankle = 0.039 * h
    leg = hip * h - ankle
    # From the hip joints to the chin: the trunk and the neck.
    trunk = h * (1 - head - hip)
    arm = 0.332 * h * (hip / 0.53)
    return Lengths(
        height=h,
        head=head * h,
        hip=hip * h,
        hip_half=(0.048 + 0.003 * figure) * h,
        shoulder_half=(0.103 - 0.006 * figure) * h * (1 - 0.6 * (head - 0.13)),
        waist_up=0.30 * trunk,
        chest_up=0.27 * trunk,
        shoulder_up=0.27 * trunk,
        neck_up=0.33 * trunk,
        skull_up=0.13 * trunk,
        upper_arm=0.56 * arm,
        forearm=0.44 * arm,
        hand=0.108 * h * (hip / 0.53),
        thigh=0.499 * leg,
        shin=0.501 * leg,
        ankle=ankle,
        foot=0.152 * h,
    )


def by_age(age_years: float, column: int) -> float:
    """A column of `_GROWTH`, interpolated."""
    for (age0, *low), (age1, *high) in pairwise(_GROWTH):
        if age_years <= age1:
            share = max(age_years - age0, 0.0) / (age1 - age0)
            return low[column - 1] + (high[column - 1] - low[column - 1]) * share
    return _GROWTH[-1][column]


def lengths(person: PersonShape) -> Lengths:
    """The bones of somebody."""
    return lengths_of(person.height_m, person.age_years, person.figure)


def joints_at(bones: Lengths) -> dict[str, Vec3]:
    """Where each bone begins, in the axes of the one that it hangs on."""
    out: dict[str, Vec3] = {
        "pelvis": (0.0, 0.0, 0.0),
        "waist": (0.0, 0.0, bones.waist_up),
        "chest": (0.0, 0.0, bones.chest_up),
        "neck": (-0.008 * bones.height, 0.0, bones.neck_up),
        "head": (0.012 * bones.height, 0.0, bones.skull_up),
    }
    for side, y in (("left", 1.0), ("right", -1.0)):
        out |= {
            f"{side}_arm": (0.0, y * bones.shoulder_half, bones.shoulder_up),
            f"{side}_forearm": (0.0, 0.0, -bones.upper_arm),
            f"{side}_hand": (0.0, 0.0, -bones.forearm),
            f"{side}_fingers": (0.0, 0.0, -0.5 * bones.hand),
            f"{side}_thigh": (0.0, y * bones.hip_half, 0.0),
            f"{side}_shin": (0.0, 0.0, -bones.thigh),
            f"{side}_foot": (0.0, 0.0, -bones.shin),
            f"{side}_toes": (0.46 * bones.foot, 0.0, -0.72 * bones.ankle),
        }
    return out


Frame = tuple[Quat, Vec3]


def posed(bones: Lengths, joints: Joints) -> Mapping[str, Frame]:
    """How each bone is turned, and where it begins, in the body's axes."""
    turns = _turns(joints)
    starts = joints_at(bones)
    out: dict[str, Frame] = {}
    for bone, parent in PARENTS.items():
        turn, start = out[parent] if parent else ((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        x, y, z = rotated(turn, starts[bone])
        out[bone] = normalize_quat(quat_multiply(turn, turns[bone])), (start[0] + x, start[1] + y, start[2] + z)
    return out


def _turns(joints: Joints) -> dict[str, Quat]:
    """How each bone is turned against the one that it hangs on."""
    bend = trunk_turn(*(angle / 2 for angle in joints.spine_rad))
    nod = trunk_turn(*(angle / 2 for angle in joints.neck_rad))
    out = {"pelvis": trunk_turn(*joints.pelvis_rad), "waist": bend, "chest": bend, "neck": nod, "head": nod}
    for side, y, arm, leg in (("left", 1.0, joints.left_arm, joints.left_leg), ("right", -1.0, joints.right_arm, joints.right_leg)):
        out |= {f"{side}_{bone}": turn for bone, turn in (_arm_turns(arm, y) | _leg_turns(leg, y)).items()}
    return out


def _arm_turns(arm: Arm, y: float) -> dict[str, Quat]:
    return {
        "arm": limb_turn(*arm.shoulder_rad, y),
        "forearm": quat_multiply(about(1, -arm.elbow_rad), about(2, -y * arm.forearm_rad)),
        "hand": about(0, -y * arm.wrist_rad),
        "fingers": about(0, -y * arm.fingers_rad),
    }


def _leg_turns(leg: Leg, y: float) -> dict[str, Quat]:
    return {
        "thigh": limb_turn(*leg.hip_rad, y),
        "shin": about(1, leg.knee_rad),
        "foot": about(1, -leg.ankle_rad),
        "toes": about(1, -leg.toes_rad),
    }


def trunk_turn(bow: float, lean: float, turn: float) -> Quat:
    """Turned to the left, then bowed forwards, then leaning to the left."""
    return quat_multiply(about(2, turn), quat_multiply(about(1, bow), about(0, -lean)))


def limb_turn(raised: float, away: float, outwards: float, y: float) -> Quat:
    """Of a limb that hangs at the side `y` (1 left, -1 right)."""
    return quat_multiply(about(1, -raised), quat_multiply(about(0, y * away), about(2, y * outwards)))


def about(axis: int, angle_rad: float) -> Quat:
    """The turn about x, y or z (0, 1, 2), rounded so that all machines agree."""
    out = [round(math.cos(angle_rad / 2), 12), 0.0, 0.0, 0.0]
    out[1 + axis] = round(math.sin(angle_rad / 2), 12)
    return out[0], out[1], out[2], out[3]


def rotated(turn: Quat, v: Vec3) -> Vec3:
    """A vector turned."""
    w, x, y, z = turn
    tx, ty, tz = 2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])
    return (v[0] + w * tx + y * tz - z * ty, v[1] + w * ty + z * tx - x * tz, v[2] + w * tz + x * ty - y * tx)
