"""People: closed shells on true bones, with keypoints where joints are."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets import geometry
from diorama.sim.assets.street.people.person import person_asset, worn_by
from diorama.sim.assets.street.people.skeleton import PARENTS, joints_at, lengths, posed
from diorama.sim.codec import from_json, to_json
from diorama.sim.spec.people import Arm, Joints, Leg, PersonShape


def angles(limits):
    return st.floats(*limits[0]) if len(limits) == 1 else st.tuples(*(st.floats(*pair) for pair in limits))


def limbs(cls, **parts):
    return st.builds(cls, **{name: angles(limits) for name, limits in cls.limits_rad.items()}, **parts)


ARMS, LEGS = limbs(Arm), limbs(Leg)
JOINTS = limbs(Joints, left_arm=ARMS, right_arm=ARMS, left_leg=LEGS, right_leg=LEGS)
SIZES = {"height_m": st.floats(0.8, 2.1), "age_years": st.floats(2, 90), "bmi_kg_m2": st.floats(14, 38), "figure": st.floats(-1, 1)}
PEOPLE = st.builds(PersonShape, joints=JOINTS, **SIZES)


@settings(max_examples=40, deadline=None)
@given(PEOPLE)
def test_any_pose_of_anybody_keeps_bones_as_long_as_they_are(person):
    frames = posed(lengths(person), person.joints)
    for bone, start in joints_at(lengths(person)).items():
        if PARENTS[bone]:
            assert math.dist(frames[bone][1], frames[PARENTS[bone]][1]) == pytest.approx(math.hypot(*start), abs=1e-9)
    asset = person_asset(person)
    for part in asset.parts:
        assert np.isfinite(part.positions).all()
        assert np.abs(np.sqrt((part.normals.astype(float) ** 2).sum(axis=1)) - 1).max() < 1e-5
        cloth = worn_by(person).pattern
        assert geometry.is_closed(cloth.places[cloth.faces])
    low = min(float(part.positions[:, 2].min()) for part in asset.parts)
    assert asset.landmarks["base"][2] == pytest.approx(low, abs=1e-6)
    assert from_json(PersonShape, to_json(person)) == person
    assert replace(person, joints=person.joints.mirrored.mirrored) == person
