"""Bicycles and motorcycles: closed, of true sizes, with wheels that turn; and riders with their hands on the grips and their feet on the pedals."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from diorama.sim.assets import geometry
from diorama.sim.assets.street.cycles.assembly import cycle_asset
from diorama.sim.assets.street.cycles.bicycle import bicycle
from diorama.sim.assets.street.cycles.frames import layout, layout_of
from diorama.sim.assets.street.cycles.motorcycle import motorcycle
from diorama.sim.assets.street.people.person import person_asset
from diorama.sim.assets.street.riding import fitted, riding
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue, UnknownName
from diorama.sim.spec.cycles import CRANK_STEPS, CYCLES, LOADS, MOTORS, WHEEL_STEPS, CycleShape
from diorama.sim.spec.people import PersonShape

RIDER, TALL, SMALL = PersonShape(), PersonShape(height_m=1.93), PersonShape(height_m=1.55, figure=0.7)
CHILD = PersonShape(height_m=1.2, age_years=7.0, bmi_kg_m2=16.0)
SHAPES = st.builds(
    CycleShape,
    model=st.sampled_from(CYCLES),
    variant=st.integers(0, 3),
    steer_deg=st.integers(-40, 40),
    roll=st.integers(0, WHEEL_STEPS - 1),
    crank=st.integers(0, CRANK_STEPS - 1),
)


@pytest.mark.parametrize("model", CYCLES)
@pytest.mark.parametrize("loads", [(), LOADS])
def test_all_that_is_built_is_closed_and_faces_outwards(model, loads):
    at = layout(model, 1, None)
    build = (motorcycle if model in MOTORS else bicycle)(model, at, loads)
    for key, pieces in build.surfaces.items():
        for positions, faces in pieces:
            places = geometry.weld(positions, 1e-7)[faces]
            assert geometry.is_closed(places), key
            edges = np.concatenate([places[:, [0, 1]], places[:, [1, 2]]])
            _, part = connected_components(coo_matrix((np.ones(len(edges)), edges.T), shape=(len(positions),) * 2), directed=False)
            for one in np.unique(part[places[:, 0]]):
                assert geometry.signed_volume_and_center(positions, faces[part[places[:, 0]] == one])[0] > 0, key


@pytest.mark.parametrize("model", CYCLES)
def test_cycles_are_as_large_as_cycles_and_stand_on_their_wheels(model):
    for variant in range(4):
        asset = cycle_asset(CycleShape(model=model, variant=variant))
        (x0, y0, z0), (x1, y1, z1) = asset.bounds_m
        base = asset.landmarks["base"]
        assert z0 == pytest.approx(base[2], abs=0.002)
        assert y0 == pytest.approx(-y1, abs=0.06)
        low, high = ((1.2, 1.5) if model == "child" else (1.55, 2.0)) if model not in MOTORS else (1.75, 2.6)
        assert low < x1 - x0 < high
        assert 0.4 < y1 - y0 < 1.0
        assert 0.75 < z1 - z0 < 1.6
        mass = asset.volume_m3 * asset.density_kg_m3
        assert (100 < mass < 320) if model in MOTORS else (7 < mass < 20)
        assert sum(len(part.faces) for part in asset.parts) < (4800 if model in MOTORS else 2800)
        assert asset.category == ("motorcycle" if model in MOTORS else "bicycle")
        wheelbase = layout(model, variant, None).front_x - layout(model, variant, None).rear_x
        assert (1.25 < wheelbase < 1.75) if model in MOTORS else (0.75 < wheelbase < 1.15)


@settings(max_examples=30, deadline=None)
@given(SHAPES)
def test_any_cycle_is_sound_and_survives_json(shape):
    asset = cycle_asset(shape)
    for part in asset.parts:
        assert np.isfinite(part.positions).all()
        assert np.abs(np.sqrt((part.normals.astype(float) ** 2).sum(axis=1)) - 1).max() < 1e-5
    # However it is turned, it stands on its wheels.
    assert asset.bounds_m[0][2] == pytest.approx(asset.landmarks["base"][2], abs=0.012)
    assert from_json(CycleShape, to_json(shape)) == shape


def rigid_shapes(one, other):
    """Whether two meshes have the same triangles, moved: all edges as long."""
    for a, b in zip(one.parts, other.parts, strict=True):
        edges = [np.sqrt((np.diff(p.positions[p.faces].astype(float), axis=1) ** 2).sum(axis=2)) for p in (a, b)]
        assert edges[0] == pytest.approx(edges[1], abs=1e-5)


def test_wheels_cranks_and_bars_turn_without_changing():
    still = cycle_asset(CycleShape(model="city"))
    rigid_shapes(still, cycle_asset(CycleShape(model="city", roll=17, crank=7, steer_deg=25)))
    marks = cycle_asset(CycleShape(model="city", steer_deg=30)).landmarks
    ahead = still.landmarks
    assert marks["grip-left"][0] < ahead["grip-left"][0]  # to the left: the left grip comes back
    assert marks["grip-right"][0] > ahead["grip-right"][0]
    assert marks["saddle"] == ahead["saddle"]


def test_pedals_go_round_and_forwards_is_down_in_front():
    marks = [cycle_asset(CycleShape(model="trekking", crank=k)).landmarks for k in range(CRANK_STEPS)]
    left = np.array([m["pedal-left"] for m in marks])
    assert left[CRANK_STEPS // 4, 2] == pytest.approx(left[:, 2].min())
    assert left[0, 0] == pytest.approx(left[:, 0].max())
    right = np.array([m["pedal-right"] for m in marks])
    middle = (left + right) / 2
    assert np.ptp(middle, axis=0).max() < 1e-9
    radius = np.sqrt(((left - middle) ** 2)[:, [0, 2]].sum(axis=1))
    assert radius == pytest.approx(layout("trekking", 0, None).crank_m, abs=1e-9)


def test_lamps_are_where_they_are_said_to_be():
    for model in CYCLES:
        asset = cycle_asset(CycleShape(model=model, lit=True))
        shining = [part for part in asset.parts if max(part.look.material.emissive) > 0]
        assert len(shining) == 2 * ("headlight" in asset.landmarks)
        for name in ("headlight", "taillight") if shining else ():
            x, _, z = asset.landmarks[name]
            places = np.concatenate([part.positions for part in shining])
            assert np.sqrt((places[:, 0] - x) ** 2 + (places[:, 2] - z) ** 2).min() < 0.12, (model, name)


def test_lamps_shine_when_they_are_lit():
    dark, lit = (cycle_asset(CycleShape(model="naked", lit=on)) for on in (False, True))
    assert max(max(part.look.material.emissive) for part in dark.parts) == 0
    assert max(max(part.look.material.emissive) for part in lit.parts) > 5


# --- riders -----------------------------------------------------------------------------------------------


def mounted(person, cycle, *, stopped=False):
    """The rider's landmarks and the cycle's, both from the ground between the wheels."""
    rider, at = riding(person, cycle, stopped=stopped)
    asset, own = person_asset(rider), cycle_asset(cycle)
    base = own.landmarks["base"]
    return rider, {name: np.add(p, at) for name, p in asset.landmarks.items()}, {name: np.subtract(p, base) for name, p in own.landmarks.items()}


PAIRS = [(RIDER, model) for model in CYCLES if model != "child"] + [
    (TALL, "racing"),
    (SMALL, "city"),
    (TALL, "sport"),
    (SMALL, "tourer"),
    (CHILD, "child"),
]


@pytest.mark.parametrize(("person", "model"), PAIRS)
@pytest.mark.parametrize("crank", [0, 5, 12, 18])
def test_riders_hold_the_grips_and_tread_the_pedals(person, model, crank):
    cycle = fitted(CycleShape(model=model, crank=crank, steer_deg=5), person)
    _, body, spots = mounted(person, cycle)
    for side in ("left", "right"):
        wrist, grip = body[f"{side}_wrist"], spots[f"grip-{side}"]
        assert 0.02 < math.dist(wrist, grip) < 0.115 * person.height_m / 1.72  # as far as the middle of the hand
        ankle, pedal = body[f"{side}_ankle"], spots[f"pedal-{side}"]
        assert math.dist(ankle, pedal) < 0.11 * person.height_m
        assert ankle[2] > pedal[2] + 0.02
        assert (wrist[1] > 0) == (side == "left")
    hips = (body["left_hip"] + body["right_hip"]) / 2
    assert hips[:2] == pytest.approx(spots["saddle"][:2], abs=0.01)
    assert hips[2] - spots["saddle"][2] == pytest.approx(0.05 * person.height_m, abs=0.01)
    assert body["nose"][0] > hips[0] - 0.05
    assert body["nose"][0] > body["left_ear"][0]  # looks ahead


@pytest.mark.parametrize("model", [m for m in CYCLES if m != "child"])
def test_who_stops_has_a_foot_on_the_ground(model):
    cycle = fitted(CycleShape(model=model, crank=6), RIDER)
    _, body, spots = mounted(RIDER, cycle, stopped=True)
    assert body["left_ankle"][2] == pytest.approx(0.039 * RIDER.height_m, abs=0.03)
    assert body["left_ankle"][1] > 0.15
    assert math.dist(body["right_wrist"], spots["grip-right"]) < 0.13


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.builds(PersonShape, height_m=st.floats(0.9, 2.2), age_years=st.floats(2, 90), figure=st.floats(-1, 1)), st.booleans())
def test_anybody_can_be_put_on_any_cycle(cycle, person, stopped):
    rider, at = riding(person, fitted(cycle, person), stopped=stopped)
    assert all(math.isfinite(c) for c in at)
    assert rider.joints.left_arm.elbow_rad >= 0


def test_riders_are_low_on_racing_bicycles_and_upright_on_city_bicycles():
    def bow(model):
        _, body, _ = mounted(RIDER, fitted(CycleShape(model=model), RIDER))
        trunk = (body["left_shoulder"] + body["right_shoulder"] - body["left_hip"] - body["right_hip"]) / 2
        return math.degrees(math.atan2(trunk[0], trunk[2]))

    assert bow("city") < 30 < bow("racing") < 70
    assert bow("chopper") < bow("naked") < bow("sport")


def test_saddles_are_set_by_the_legs():
    high = [fitted(CycleShape(model="trekking"), person).saddle_m for person in (SMALL, RIDER, TALL)]
    assert high == sorted(high)
    assert high[2] - high[0] > 0.12
    naked = CycleShape(model="naked")
    assert fitted(naked, TALL) is naked
    assert layout_of(fitted(CycleShape(model="city"), TALL)).grip[2] > layout_of(fitted(CycleShape(model="city"), SMALL)).grip[2]


def test_hands_are_free_and_bags_stay():
    loaded = replace(RIDER, umbrella=(0.1, 0.1, 0.1), phone=True, bag="backpack")
    rider, _ = riding(loaded, CycleShape(model="city"))
    assert (rider.umbrella, rider.phone, rider.bag) == (None, False, "backpack")
    assert riding(replace(RIDER, bag="shopping"), CycleShape(model="city"))[0].bag is None


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"model": "tandem"}, UnknownName, 'no cycle is named "tandem"'),
        ({"model": "city", "loads": ("bskt",)}, UnknownName, 'no load of cycles is named "bskt". Did you mean "basket"'),
        ({"model": "city", "loads": ("top-box", "basket")}, InvalidValue, "loads must be in the order of basket"),
        ({"model": "city", "steer_deg": 90}, InvalidValue, "steer_deg must be in -60..60"),
        ({"model": "city", "roll": WHEEL_STEPS}, InvalidValue, "roll must be in 0..119"),
        ({"model": "city", "crank": -1}, InvalidValue, "crank must be in 0..23"),
        ({"model": "city", "saddle_m": 2.0}, InvalidValue, "saddle_m must be in 0.4..1.3"),
        ({"model": "city", "paint": (0.0, 0.0, 3.0)}, InvalidValue, r"paint must be in \[0, 1\]"),
        ({"model": "city", "variant": -1}, InvalidValue, "variant must be 0 or more"),
    ],
)
def test_bad_cycles_are_refused(fields, error, message):
    with pytest.raises(error, match=message):
        CycleShape(**fields)
