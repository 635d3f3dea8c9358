"""Fitting shells to bodies: each garment is made for a few bodies, once, and what others wear is in between.

A shell is made for somebody of usual build, for the two ends of `figure` and for somebody heavy, all equally tall and grown-up; these blend,
corner by corner, in proportion. Bones then carry it to the lengths of whoever wears it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.street.people.shells import BIND, HALVED, Shell
from diorama.sim.assets.street.people.skeleton import PARENTS, Frame, Lengths, lengths, lengths_of, posed
from diorama.sim.spec.people import PersonShape
from diorama.sim.transforms import Quat, compose, normalize_quat, quat_multiply

Maker = Callable[[PersonShape], Shell | None]

#: Whom shells are made for.
MODEL = PersonShape(height_m=1.75, age_years=30.0, bmi_kg_m2=22.0, figure=0.0)
_HEAVY_KG_M2 = 34.0
#: What is made for a model is kept for as many makers and kinds of clothes.
_KINDS = 512


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """A shell for bodies of any build: `positions` (n, 3) for the model, and what is added to them for a figure of 1 (`wide`), of -1 (`narrow`) and
    for the heavy (`heavy`).
    """

    positions: Points
    wide: Points
    narrow: Points
    heavy: Points
    bones: NDArray[np.int64]
    shares: Points
    uv: Points
    faces: Faces
    places: NDArray[np.int64]

    def for_build(self, person: PersonShape) -> Points:
        """Corners (n, 3) for somebody as tall as the model."""
        out = self.positions + self.heavy * heaviness(person)
        return out + (self.wide * person.figure if person.figure > 0 else self.narrow * -person.figure)


def usual_bmi(age_years: float) -> float:
    """The body mass index of usual build at an age, in kg/m2."""
    return 16.0 + 6.0 * min(max(age_years - 6.0, 0.0) / 12.0, 1.0)


def heaviness(person: PersonShape) -> float:
    """0 for the usual build, 1 for the heavy one; girths go with the root of the body mass index."""
    return (math.sqrt(person.bmi_kg_m2 / usual_bmi(person.age_years)) - 1) / (math.sqrt(_HEAVY_KG_M2 / MODEL.bmi_kg_m2) - 1)


@lru_cache(_KINDS)
def pattern(make: Maker, **worn: str | None) -> Pattern | None:
    """The pattern of what a maker makes of these clothes (fields of PersonShape that it looks at), or None if that is nothing."""
    model = replace(MODEL, **worn)
    base = make(model)
    if base is None:
        return None
    others = [make(replace(model, **change)) for change in ({"figure": 1.0}, {"figure": -1.0}, {"bmi_kg_m2": _HEAVY_KG_M2})]
    wide, narrow, heavy = (other.positions - base.positions for other in others if other is not None)
    return Pattern(
        positions=base.positions,
        wide=wide,
        narrow=narrow,
        heavy=heavy,
        bones=base.bones,
        shares=base.shares,
        uv=base.uv,
        faces=base.faces,
        places=base.places,
    )


def joined(patterns: list[Pattern]) -> Pattern:
    """Some as one."""
    starts = np.cumsum([0] + [len(p.positions) for p in patterns[:-1]])
    together = {
        name: np.concatenate([getattr(p, name) for p in patterns]) for name in ("positions", "wide", "narrow", "heavy", "bones", "shares", "uv")
    }
    faces, places = (np.concatenate([getattr(p, name) + start for p, start in zip(patterns, starts, strict=True)]) for name in ("faces", "places"))
    return Pattern(faces=faces, places=places, **together)


# --- bones carry ------------------------------------------------------------------------------------------


@lru_cache(64)
def _model_frames(figure: float) -> Mapping[str, Frame]:
    return posed(lengths_of(MODEL.height_m, MODEL.age_years, figure), BIND)


@lru_cache(64)
def _stretched(bones: Lengths, figure: float) -> Points:
    """(b, 3): how much larger each bone's surroundings are than the model's, along its own axes."""
    model = lengths_of(MODEL.height_m, MODEL.age_years, figure)
    tall = bones.height / model.height
    out = dict.fromkeys(PARENTS, (tall, tall, tall))
    trunk = bones.waist_up / model.waist_up
    shoulders = bones.shoulder_half / model.shoulder_half
    for bone in ("pelvis", "waist", "chest", "neck"):
        out[bone] = (tall, shoulders if bone == "chest" else tall, trunk)
    head = bones.head / model.head
    out["head"] = (head, head, head)
    # Necks carry heads: children's are thick for their height.
    out["neck"] = ((tall + head) / 2, (tall + head) / 2, trunk)
    for side in ("left", "right"):
        for bone, along in (("arm", "upper_arm"), ("forearm", "forearm"), ("thigh", "thigh"), ("shin", "shin")):
            out[f"{side}_{bone}"] = (tall, tall, getattr(bones, along) / getattr(model, along))
        hand = bones.hand / model.hand
        out[f"{side}_hand"] = out[f"{side}_fingers"] = (hand, hand, hand)
    rows = [out[name] for name in PARENTS]
    rows += [tuple((a + b) / 2 for a, b in zip(out[name], out[PARENTS[name]], strict=True)) for name in HALVED]
    return np.array(rows)


def bent(pattern: Pattern, person: PersonShape, frames: Mapping[str, Frame]) -> Points:
    """Corners (n, 3) of a pattern on somebody whose bones have these frames (`skeleton.posed`)."""
    bones = lengths(person)
    moves = _moves(frames, _model_frames(person.figure), _stretched(bones, person.figure))
    mixed = moves.take(pattern.bones[:, 0], axis=0) * pattern.shares[:, 0:1]
    for k in (1, 2):
        mixed += moves.take(pattern.bones[:, k], axis=0) * pattern.shares[:, k : k + 1]
    p = pattern.for_build(person)
    out = np.empty(p.shape)
    for i in range(3):
        out[:, i] = mixed[:, 4 * i] * p[:, 0] + mixed[:, 4 * i + 1] * p[:, 1] + mixed[:, 4 * i + 2] * p[:, 2] + mixed[:, 4 * i + 3]
    return out


def _moves(frames: Mapping[str, Frame], model: Mapping[str, Frame], stretch: Points) -> Points:
    """(b, 12): each bone's affine map, a (3, 4) matrix, from the model in the pose `BIND` to somebody in a pose."""
    turns: list[Quat] = [turn for turn, _ in frames.values()]
    starts = [at for _, at in frames.values()]
    for bone in HALVED:
        # Half way from going on as the pose `BIND` does to what the joint does now.
        straight = _onwards(frames[PARENTS[bone]][0], model[PARENTS[bone]][0], model[bone][0])
        bend = frames[bone][0]
        sign = 1.0 if sum(p * q for p, q in zip(straight, bend, strict=True)) >= 0 else -1.0
        turns.append(normalize_quat([p + sign * q for p, q in zip(straight, bend, strict=True)]))
        starts.append(frames[bone][1])
    bind = [*model.values(), *(model[bone] for bone in HALVED)]
    posed_turn, bound_turn = _matrices(turns), _matrices([turn for turn, _ in bind])
    scaled = posed_turn * stretch[:, None, :]
    linear = compose(scaled, bound_turn.swapaxes(1, 2))
    center = np.array([at for _, at in bind])
    shift = np.array(starts) - compose(linear, center[:, :, None])[..., 0]
    return np.concatenate([linear, shift[:, :, None]], axis=2).reshape(-1, 12)


def _onwards(parent: Quat, model_parent: Quat, model_bone: Quat) -> Quat:
    """How a bone is turned that goes on from its parent as in the model."""
    w, x, y, z = model_parent
    return quat_multiply(parent, quat_multiply((w, -x, -y, -z), model_bone))


def _matrices(turns: list[Quat]) -> Points:
    """(n, 3, 3) of unit quaternions."""
    w, x, y, z = np.array(turns).T
    out = np.empty((len(turns), 3, 3))
    out[:, 0, 0], out[:, 0, 1], out[:, 0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)
    out[:, 1, 0], out[:, 1, 1], out[:, 1, 2] = 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)
    out[:, 2, 0], out[:, 2, 1], out[:, 2, 2] = 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
    return out
