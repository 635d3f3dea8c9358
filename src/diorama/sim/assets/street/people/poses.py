"""How people stand, sit and hold what they have with them. Walking is in `gait`, riding in `riding`."""

import math
from dataclasses import replace

from diorama.sim.assets.street.people.gait import walking
from diorama.sim.assets.street.people.holding import (
    BEHIND_ARM,
    BOX_ARM,
    CALL_ARM,
    FOLDED_ARM,
    HIP_ARM,
    LOADED_ARM,
    LOOK_ARM,
    POCKET_ARM,
    UMBRELLA_ARM,
)
from diorama.sim.assets.street.people.reaching import bent_limb, limb_angles
from diorama.sim.assets.street.people.skeleton import joints_at, lengths, rotated, trunk_turn
from diorama.sim.errors import InvalidValue
from diorama.sim.spec.people import Arm, Joints, Leg, PersonShape

#: An arm that just hangs.
_LOOSE = Arm(shoulder_rad=(0.0, 0.09, 0.0), elbow_rad=0.2, forearm_rad=0.35, fingers_rad=0.55)
_FORE = replace(_LOOSE, shoulder_rad=(0.12, 0.11, 0.0), elbow_rad=0.32)
#: How arms are held by who stands about: (left, right).
_ARMS: tuple[tuple[Arm, Arm], ...] = (
    (_LOOSE, _LOOSE),
    (_FORE, _LOOSE),
    (POCKET_ARM, POCKET_ARM),
    (_LOOSE, POCKET_ARM),
    (FOLDED_ARM, FOLDED_ARM),
    (HIP_ARM, _LOOSE),
    (BEHIND_ARM, BEHIND_ARM),
)
#: Ways to stand: arms, feet and head in turn.
STANDING = 4 * len(_ARMS)


def standing(person: PersonShape, way: int = 0) -> PersonShape:
    """Somebody who stands, in one of `STANDING` ways. What they carry they hold. Raises InvalidValue."""
    if not 0 <= way < STANDING:
        raise InvalidValue(f"there are {STANDING} ways to stand, from 0 on, got {way}")
    left, right = _ARMS[way % len(_ARMS)]
    lean, turn, apart = ((0.0, 0.0, 0.05), (0.05, 0.3, 0.1), (-0.05, -0.4, 0.09), (0.0, 0.15, 0.16))[way // len(_ARMS)]
    joints = _upright(person, lean, apart)
    return holding(replace(person, joints=replace(joints, left_arm=left, right_arm=right, neck_rad=(0.06, 0.0, turn)), lift_m=0.0))


def _upright(person: PersonShape, lean: float, apart: float) -> Joints:
    """With the weight on one leg, if the pelvis leans to its side; both feet flat on the ground, `apart` as a share of the leg's length."""
    bones = lengths(person)
    pelvis = (0.0, lean, 0.0)
    turn, starts = trunk_turn(*pelvis), joints_at(bones)
    hips = {side: rotated(turn, starts[f"{side}_thigh"]) for side in ("left", "right")}
    # The upper hip's leg is straight.
    high = max(hip[2] for hip in hips.values())
    side_m = {"left": hips["left"][1] + apart * bones.leg / 2, "right": hips["right"][1] - apart * bones.leg / 2}
    shift = 0.6 * lean * bones.leg
    ankle_z = high - math.sqrt((0.999 * bones.leg) ** 2 - (apart * bones.leg / 2 + abs(shift)) ** 2)
    legs: dict[str, Leg] = {}
    for side, y in (("left", 1.0), ("right", -1.0)):
        ankle = (0.0, side_m[side] + shift, ankle_z)
        upper, lower = bent_limb(hips[side], ankle, bones.thigh, bones.shin, (1.0, 0.25 * y, 0.0))
        angles, knee = limb_angles(turn, upper, lower, y, knee=True)
        legs[side] = Leg.bent(hip_rad=angles, knee_rad=knee, ankle_rad=math.atan2(-lower[0], -lower[2]))
    return Joints(pelvis_rad=pelvis, spine_rad=(0.02, -1.3 * lean, 0.0), left_leg=legs["left"], right_leg=legs["right"])


def sitting(person: PersonShape, seat_m: float = 0.45, way: int = 0) -> PersonShape:
    """Somebody who sits on something `seat_m` high with both feet on the ground, as far as they reach it; in one of three ways.

    The seat is under the pelvis, which is above the base. Raises InvalidValue.
    """
    if not 0.1 <= seat_m <= 1.2:
        raise InvalidValue(f"seats are 0.1..1.2 m high, got {seat_m}")
    bones = lengths(person)
    # The pelvis is above the seat by half a thigh's thickness.
    high = seat_m + 0.052 * bones.height - bones.ankle
    recline = (-0.18, -0.05, 0.25)[way % 3]
    turn, starts = trunk_turn(recline, 0.0, 0.0), joints_at(bones)
    legs: dict[str, Leg] = {}
    for side, y in (("left", 1.0), ("right", -1.0)):
        hip = rotated(turn, starts[f"{side}_thigh"])
        ahead = bones.thigh * (0.9 + (0.16 * y if way % 3 == 0 else 0.0))
        # Feet hang where they do not reach down.
        drop = min(high, bones.shin + 0.15 * bones.thigh)
        ankle = (hip[0] + ahead, hip[1] + 0.03 * y, hip[2] - drop)
        upper, lower = bent_limb(hip, ankle, bones.thigh, bones.shin, (0.4, 0.1 * y, 1.0))
        angles, knee = limb_angles(turn, upper, lower, y, knee=True)
        legs[side] = Leg.bent(hip_rad=angles, knee_rad=knee, ankle_rad=math.atan2(-lower[0], -lower[2]))
    rest = Arm(shoulder_rad=(0.35 - recline, 0.12, -0.1), elbow_rad=0.95, forearm_rad=1.0, fingers_rad=0.5)
    joints = Joints(
        pelvis_rad=(recline, 0.0, 0.0),
        spine_rad=(0.12, 0.0, 0.0),
        neck_rad=(-0.05 - 0.5 * recline, 0.0, 0.0),
        left_arm=rest,
        right_arm=rest,
        left_leg=legs["left"],
        right_leg=legs["right"],
    )
    hanging = max(high - (bones.shin + 0.15 * bones.thigh), 0.0)
    # What hung from a hand is put aside.
    bag = person.bag if person.bag in ("backpack", "shoulder-bag") else None
    return holding(replace(person, joints=joints, lift_m=round(hanging, 3), bag=bag))


def going(person: PersonShape, phase: float, speed_m_s: float) -> PersonShape:
    """Somebody on the way, as `gait.walking`, who holds what they carry."""
    return holding(walking(person, phase, speed_m_s))


def holding(person: PersonShape) -> PersonShape:
    """The same with arms that hold umbrella, phone and bag, whatever else they did."""
    left, right = person.joints.left_arm, person.joints.right_arm
    if person.bag in ("handbag", "shopping"):
        left = _loaded(left)
    if person.bag in ("briefcase", "shopping"):
        right = _loaded(right)
    if person.bag == "box":
        left = right = BOX_ARM
    if person.phone:
        right = CALL_ARM if person.figure > 0 else LOOK_ARM
    if person.umbrella is not None:
        right = UMBRELLA_ARM
    neck = person.joints.neck_rad
    if right == LOOK_ARM:
        neck = (0.4, neck[1], neck[2])
    if right == CALL_ARM:
        neck = (neck[0], -0.15, neck[2])
    return replace(person, joints=replace(person.joints, left_arm=left, right_arm=right, neck_rad=neck))


def _loaded(arm: Arm) -> Arm:
    """Hanging down, with a quarter of its swing."""
    return replace(LOADED_ARM, shoulder_rad=(0.25 * arm.shoulder_rad[0], *LOADED_ARM.shoulder_rad[1:]))
