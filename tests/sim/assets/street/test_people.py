"""People: closed shells on true bones, with keypoints where joints are, and mass where it belongs."""

import math
from dataclasses import replace
from itertools import product
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, cKDTree

from diorama.sim.assets import geometry
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.people import balance, poses
from diorama.sim.assets.street.people.person import person_asset, worn_by
from diorama.sim.assets.street.people.picture import sheet
from diorama.sim.assets.street.people.shells import BONE
from diorama.sim.assets.street.people.skeleton import PARENTS, joints_at, lengths, posed
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.keypoints import NAMES
from diorama.sim.spec.people import ANGLE_STEP_RAD, Arm, Bag, Bottom, Fabric, Hair, Hat, Joints, Leg, PersonShape, Shoe, Top

ADULT = PersonShape()
CHILD = PersonShape(height_m=1.1, age_years=5.0, bmi_kg_m2=15.5)
HEAVY = PersonShape(height_m=1.65, bmi_kg_m2=38.0, figure=1.0, top="coat", hair="long")
SLIM = PersonShape(height_m=1.95, bmi_kg_m2=18.0, figure=-1.0, top="t-shirt", bottom="shorts", bag="backpack")
PEOPLE = (ADULT, CHILD, HEAVY, SLIM)


def angles(limits):
    return st.floats(*limits[0]) if len(limits) == 1 else st.tuples(*(st.floats(*pair) for pair in limits))


def limbs(cls, **parts):
    return st.builds(cls, **{name: angles(limits) for name, limits in cls.limits_rad.items()}, **parts)


ARMS, LEGS = limbs(Arm), limbs(Leg)
JOINTS = limbs(Joints, left_arm=ARMS, right_arm=ARMS, left_leg=LEGS, right_leg=LEGS)
SIZES = {"height_m": st.floats(0.8, 2.1), "age_years": st.floats(2, 90), "bmi_kg_m2": st.floats(14, 38), "figure": st.floats(-1, 1)}
WORDS = {"top": Top, "bottom": Bottom, "shoe": Shoe, "hair": Hair, "hat": Hat, "bag": Bag}
ANYBODY = st.builds(PersonShape, joints=JOINTS, **SIZES, **{name: st.sampled_from(get_args(words)) for name, words in WORDS.items()})


def wardrobe(words):
    """All that can be worn of a kind, with what it depends on."""
    if words == "everything":
        yield replace(ADULT, umbrella=(0.1, 0.1, 0.4), phone=True, bag="shopping", hat="headscarf")
    elif words in ("top", "bottom"):
        yield from (replace(ADULT, top=top, bottom=bottom) for top, bottom in product(get_args(Top), get_args(Bottom)))
    elif words == "bag":
        yield from (replace(ADULT, top=top, bag=bag) for top, bag in product(("t-shirt", "parka"), get_args(Bag)))
    elif words == "hair":
        yield from (replace(ADULT, hair=hair, hat=hat) for hair, hat in product(get_args(Hair), (None, *get_args(Hat))))
    else:
        yield from (replace(ADULT, **{words: word}) for word in get_args(WORDS[words]))


def mesh_of(person):
    (part,) = person_asset(person).parts
    return part.positions.astype(np.float64), part.faces.astype(np.int64)


@settings(max_examples=60, deadline=None)
@given(ANYBODY)
def test_any_pose_of_anybody_keeps_bones_as_long_as_they_are(person):
    frames = posed(lengths(person), person.joints)
    for bone, start in joints_at(lengths(person)).items():
        if PARENTS[bone]:
            assert math.dist(frames[bone][1], frames[PARENTS[bone]][1]) == pytest.approx(math.hypot(*start), abs=1e-9)
    asset = person_asset(person)
    (part,) = asset.parts
    assert np.isfinite(part.positions).all()
    assert np.abs(np.sqrt((part.normals.astype(float) ** 2).sum(axis=1)) - 1).max() < 1e-5
    assert asset.landmarks["base"][2] == pytest.approx(float(part.positions[:, 2].min()), abs=1e-6)
    assert from_json(PersonShape, to_json(person)) == person
    assert person.joints.mirrored.mirrored == person.joints


@pytest.mark.parametrize("words", [*WORDS, "everything"])
def test_what_people_wear_is_closed_faces_outwards_and_has_few_triangles(words):
    for person in wardrobe(words):
        cloth = worn_by(person).pattern
        faces = cloth.places[cloth.faces]
        assert geometry.is_closed(faces)
        assert 1500 <= len(faces) <= 3100, person
        assert cloth.shares.sum(axis=1) == pytest.approx(1.0)
        assert (cloth.uv > 0).all()
        assert (cloth.uv < 1).all()
        # Each shell by itself faces outwards.
        edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
        _, shell = connected_components(coo_matrix((np.ones(len(edges)), edges.T), shape=(len(cloth.positions),) * 2), directed=False)
        for one in np.unique(shell[faces[:, 0]]):
            assert geometry.signed_volume_and_center(cloth.positions, faces[shell[faces[:, 0]] == one])[0] > 0, person


@pytest.mark.parametrize("person", PEOPLE)
def test_at_attention_left_is_right_in_a_mirror(person):
    points, _ = mesh_of(replace(person, bag=None))
    mirrored = points * (1, -1, 1)
    distance, _ = cKDTree(points).query(mirrored)
    assert distance.max() < 1e-5
    marks = person_asset(person).landmarks
    for name in NAMES:
        if name.startswith("left_"):
            x, y, z = marks[name]
            assert marks[name.replace("left", "right")] == pytest.approx((x, -y, z), abs=1e-9)
            assert y > 0  # +y is to the left of who looks along +x


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(PEOPLE), JOINTS)
def test_a_mirrored_pose_is_the_pose_in_a_mirror(person, joints):
    one = person_asset(replace(person, bag=None, joints=joints)).landmarks
    other = person_asset(replace(person, bag=None, joints=joints.mirrored)).landmarks
    hips = [(np.array(m["left_hip"]) + m["right_hip"]) / 2 for m in (one, other)]
    for name in NAMES:
        swapped = name.replace("left", "*").replace("right", "left").replace("*", "right")
        assert np.subtract(one[name], hips[0]) * (1, -1, 1) == pytest.approx(np.subtract(other[swapped], hips[1]), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PEOPLE), JOINTS)
def test_keypoints_are_in_the_flesh_in_any_pose(person, joints):
    person = replace(person, bag=None, joints=joints)
    points, _ = mesh_of(person)
    marks = person_asset(person).landmarks
    assert set(NAMES) <= set(marks)
    cloth = worn_by(person).pattern
    held = cloth.bones[np.arange(len(points)), cloth.shares.argmax(axis=1)]
    for name in NAMES:
        # Within the hull of what the nearest few bones hold, or 3 cm outside of it.
        distance = np.sqrt(((points - marks[name]) ** 2).sum(axis=1))
        near = points[np.isin(held, np.unique(held[distance < 0.13 * person.height_m]))]
        planes = ConvexHull(near).equations
        assert (planes[:, :3] @ marks[name] + planes[:, 3]).max() < 0.03, name


@pytest.mark.parametrize("person", PEOPLE)
def test_keypoints_of_the_standing_are_where_anatomy_has_them(person):
    marks = person_asset(person).landmarks
    height = {name: (marks[name][2] - marks["base"][2]) / person.height_m for name in NAMES}
    assert height["nose"] > height["left_shoulder"] > height["left_elbow"] > height["left_hip"] > height["left_knee"] > height["left_ankle"] > 0
    assert height["left_eye"] > height["nose"] > 0.8
    if person.age_years > 18:  # R. Drillis and R. Contini (1966)
        drillis = {
            "left_eye": 0.936,
            "left_shoulder": 0.818,
            "left_elbow": 0.63,
            "left_wrist": 0.485,
            "left_hip": 0.53,
            "left_knee": 0.285,
            "left_ankle": 0.039,
        }
        assert {name: height[name] for name in drillis} == pytest.approx(drillis, abs=0.015)
    assert marks["nose"][0] > marks["left_eye"][0] > marks["left_ear"][0]


@pytest.mark.parametrize("person", PEOPLE)
def test_people_are_as_tall_and_as_heavy_as_they_say(person):
    asset = person_asset(replace(person, hair="none", bag=None))
    (_, _, low), (_, _, high) = asset.bounds_m
    assert high - low == pytest.approx(person.height_m, rel=0.015)
    assert asset.volume_m3 * asset.density_kg_m3 == pytest.approx(person.bmi_kg_m2 * person.height_m**2)
    # What is seen encloses about the volume that the mass asks for: clothes are larger, and shells are within each other.
    assert 0.8 < sum(ConvexHull(hull).volume for hull in asset.hulls) / asset.volume_m3 < 3.2
    assert 5 <= len(asset.hulls) <= 12


def test_heavy_people_are_wider_and_figures_differ_where_they_should():
    def half(person, share):
        points, _ = mesh_of(person)
        cloth = worn_by(person).pattern
        trunk = np.isin(cloth.bones[np.arange(len(points)), cloth.shares.argmax(axis=1)], [BONE[bone] for bone in ("pelvis", "waist", "chest")])
        height = (points[:, 2] - points[:, 2].min()) / person.height_m
        return np.abs(points[trunk & (np.abs(height - share) < 0.02), 1]).max()

    usual, heavy = replace(ADULT, bmi_kg_m2=22.0), replace(ADULT, bmi_kg_m2=34.0)
    assert half(heavy, 0.63) > 1.25 * half(usual, 0.63)
    wide, narrow = replace(usual, figure=1.0), replace(usual, figure=-1.0)
    assert half(wide, 0.51) > half(narrow, 0.51)
    marks = [person_asset(p).landmarks for p in (wide, narrow)]
    assert marks[0]["left_shoulder"][1] < marks[1]["left_shoulder"][1]


def test_children_have_large_heads_and_short_legs():
    def shares(person):
        marks = person_asset(person).landmarks
        return (marks["left_eye"][2] - marks["left_shoulder"][2]) / person.height_m, (marks["left_hip"][2] - marks["base"][2]) / person.height_m

    (adult_head, adult_leg), (head, leg) = shares(ADULT), shares(CHILD)
    assert head > 1.1 * adult_head
    assert leg < 0.93 * adult_leg


# --- poses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("way", range(poses.STANDING))
def test_who_stands_has_both_soles_on_the_ground(person, way):
    standing = poses.standing(person, way)
    assert balance.is_upright(standing)
    points, _ = mesh_of(standing)
    low = points[:, 2].min()
    cloth = worn_by(standing).pattern
    for side in ("left", "right"):
        marks = person_asset(standing).landmarks
        sole = points[np.sqrt(((points[:, :2] - np.array(marks[f"{side}_ankle"])[:2]) ** 2).sum(axis=1)) < 0.16 * person.height_m]
        assert sole[:, 2].min() - low < 0.01
    assert len(points) == len(cloth.positions)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("way", range(3))
def test_who_sits_has_thighs_on_the_seat_and_feet_on_the_ground_if_they_reach_it(person, way):
    asset = person_asset(poses.sitting(person, 0.45, way))
    marks = asset.landmarks
    seat = (marks["left_hip"][2] + marks["right_hip"][2]) / 2 - marks["base"][2] - 0.052 * person.height_m
    assert seat == pytest.approx(0.45, abs=0.03)
    (part,) = asset.parts
    lowest = float(part.positions[:, 2].min()) - marks["base"][2]
    assert lowest < 0.01 if person.height_m > 1.5 else lowest >= 0
    assert marks["left_knee"][0] - marks["left_hip"][0] > 0.18 * person.height_m


def test_who_carries_and_holds_something_has_a_hand_there():
    umbrella = person_asset(poses.standing(replace(ADULT, umbrella=(0.3, 0.0, 0.0))))
    (_, _, _), (_, _, high) = umbrella.bounds_m
    assert high - umbrella.landmarks["base"][2] > 1.95  # it is above the head
    marks = umbrella.landmarks
    assert marks["right_wrist"][2] > marks["right_elbow"][2]
    caller = person_asset(poses.standing(replace(ADULT, phone=True, figure=0.5))).landmarks
    assert math.dist(caller["right_wrist"], caller["right_ear"]) < 0.26
    box = person_asset(poses.going(replace(ADULT, bag="box"), 0.3, 1.2)).landmarks
    assert box["left_wrist"][0] > box["left_shoulder"][0] + 0.15
    assert abs(box["left_wrist"][2] - box["right_wrist"][2]) < 0.06


# --- mass -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", PEOPLE)
def test_the_origin_of_the_upright_is_above_their_base_always_as_high(person):
    for shape in (
        person,
        *(poses.standing(person, way) for way in range(0, 28, 5)),
        *(poses.going(person, k / 7, v) for k in range(7) for v in (0.7, 1.4, 3.2)),
    ):
        x, y, z = person_asset(shape).landmarks["base"]
        assert (x, y) == (0.0, 0.0)
        assert z == pytest.approx(-balance.upright_m(person.height_m, person.age_years, person.figure), abs=1e-9)


def test_the_centre_of_mass_of_adults_is_where_measurements_have_it():
    # 0.56 of the height (W. Dempster; in D. Winter, 2009), in the pelvis.
    assert balance.upright_m(1.75, 30.0, 0.0) / 1.75 == pytest.approx(0.57, abs=0.02)
    assert balance.mass_center(ADULT)[2] > 0


def test_the_centre_of_mass_goes_with_what_is_moved():
    raised = replace(ADULT, joints=Joints(left_arm=Arm(shoulder_rad=(math.pi, 0.0, 0.0)), right_arm=Arm(shoulder_rad=(math.pi, 0.0, 0.0))))
    # Two arms of 5 % of the mass each, raised by twice the way to their middle.
    assert balance.mass_center(raised)[2] - balance.mass_center(ADULT)[2] == pytest.approx(0.1 * 2 * 0.27, abs=0.02)


# --- pictures ---------------------------------------------------------------------------------------------


def test_pictures_are_of_the_colours_that_are_worn_and_shared_by_all_poses():
    red = replace(ADULT, top_fabric=Fabric(color=(0.5, 0.01, 0.01)), bottom_fabric=Fabric(color=(0.01, 0.01, 0.4)))
    walked = [person_asset(poses.going(red, k / 5, 1.3)).parts[0].look.images["base_color"] for k in range(5)]
    assert all(image is walked[0] for image in walked)
    picture = sheet(red)
    assert picture.shape == (128, 128, 3)
    middle = picture[20:50, 10:40].reshape(-1, 3).mean(axis=0)
    assert middle[0] > 3 * middle[1]
    legs = picture[10:50, 86:100].reshape(-1, 3).mean(axis=0)
    assert legs[2] > 3 * legs[0]


@pytest.mark.parametrize("pattern", ["stripes", "checks", "dots", "print"])
def test_patterns_show_their_second_colour(pattern):
    plain = replace(ADULT, top_fabric=Fabric(color=(0.02, 0.02, 0.02)))
    patterned = replace(plain, top_fabric=Fabric(color=(0.02, 0.02, 0.02), pattern=pattern, second=(0.8, 0.8, 0.8)))
    assert (sheet(patterned)[:64, :48].mean() - sheet(plain)[:64, :48].mean()) > 5


def test_the_library_makes_each_shape_once():
    library = AssetLibrary()
    assert library.shape_asset(ADULT) is library.shape_asset(PersonShape())


# --- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"height_m": 3.0}, r"PersonShape: height_m must be in 0.7..2.3, got 3.0"),
        ({"bmi_kg_m2": math.nan}, r"bmi_kg_m2 must be in 12..50, got nan"),
        ({"figure": 1.5}, r"figure must be in -1..1"),
        ({"top": "t-shrit"}, r'top "t-shrit" is not known. Did you mean "t-shirt"\?'),
        ({"hat": "sombrero"}, r'hat "sombrero" is not known. Known: beanie'),
        ({"skin": (0.5, 0.5, 1.5)}, r"skin must be in \[0, 1\]"),
        ({"umbrella": (2.0, 0.0, 0.0)}, r"umbrella must be in \[0, 1\]"),
    ],
)
def test_bad_people_are_refused(fields, message):
    with pytest.raises(InvalidValue, match=message):
        PersonShape(**fields)


def test_angles_that_no_joint_can_do_are_refused_and_others_kept_in_steps():
    with pytest.raises(InvalidValue, match=r"Leg: knee_rad must be within \(0.0, 2.7\), got -0.5"):
        Leg(knee_rad=-0.5)
    with pytest.raises(InvalidValue, match=r"Arm: shoulder_rad must be within"):
        Arm(shoulder_rad=(0.0, math.inf, 0.0))
    with pytest.raises(InvalidValue, match=r'pattern "tartan" is not known'):
        Fabric(pattern="tartan")
    bent = Leg(knee_rad=1.0001)
    assert bent == Leg(knee_rad=1.0)
    assert bent.knee_rad % ANGLE_STEP_RAD == 0


@pytest.mark.parametrize(
    ("call", "message"), [(lambda: poses.standing(ADULT, 28), "28 ways to stand"), (lambda: poses.sitting(ADULT, 3.0), "0.1..1.2 m high")]
)
def test_poses_that_there_are_none_of_are_refused(call, message):
    with pytest.raises(InvalidValue, match=message):
        call()
