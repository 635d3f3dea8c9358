"""Vehicles: their measures, surfaces, wheels, lamps and convex pieces."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from diorama.sim.assets import geometry
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.vehicles import CLASSES, proportions
from diorama.sim.assets.street.vehicles.assembly import _chassis
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue, UnknownName
from diorama.sim.physics.bullet import Bullet
from diorama.sim.spec import BodySpec, BoxShape, PhysicsSpec, Pose, SceneSpec, VehicleShape
from diorama.sim.spec.vehicles import CATEGORIES, MODELS, ROLL_STEPS

VARIANTS = range(6)
SOME = [(model, variant) for model in MODELS for variant in VARIANTS]
EACH = [(model, 1) for model in MODELS]
LIBRARY = AssetLibrary()


def made(model: str, variant: int = 1, **settings):
    return LIBRARY.shape_asset(VehicleShape(model=model, variant=variant, **settings))


def points(asset) -> np.ndarray:
    """All that is seen, about the landmark ``base``."""
    return np.concatenate([part.positions for part in asset.parts]).astype(np.float64) - asset.landmarks["base"]


def body_points(asset, *wanted: str) -> np.ndarray:
    """What is seen of parts by the names of their looks."""
    looks = _chassis(*asset.id.partition(":")[2].split("/")[:1], int(asset.id.rpartition("/")[2])).looks
    return np.concatenate([part.positions for look, part in zip(looks, asset.parts, strict=False) if look in wanted])


@pytest.mark.parametrize(("model", "variant"), SOME)
def test_a_vehicle_has_the_size_of_its_class_and_stands_on_its_wheels(model, variant):
    asset, one, p = made(model, variant), CLASSES[model], proportions(model, variant)
    (x0, y0, z0), (x1, y1, z1) = points(asset).min(axis=0), points(asset).max(axis=0)
    assert x1 - x0 == pytest.approx(p.length_m, abs=0.06) and one.length_m[0] <= p.length_m <= one.length_m[1]
    # Ladders and rails come on top.
    assert p.height_m - 0.03 <= z1 <= p.height_m + 0.14 and one.height_m[0] <= p.height_m <= one.height_m[1]
    assert p.width_m + 0.1 <= y1 - y0 <= p.width_m + 0.42 and one.width_m[0] <= p.width_m <= one.width_m[1]
    assert one.wheelbase_m[0] <= p.wheelbase_m <= one.wheelbase_m[1] and one.mass_kg[0] <= p.mass_kg <= one.mass_kg[1]
    assert z0 == pytest.approx(0.0, abs=1e-6) and x1 == pytest.approx(p.front_m, abs=0.06)
    assert asset.category == CATEGORIES[model] and asset.supercategory == "vehicle"
    assert asset.volume_m3 * asset.density_kg_m3 == pytest.approx(p.mass_kg)


@pytest.mark.parametrize("model", MODELS)
def test_variants_fill_what_is_built_of_a_model(model):
    many = [proportions(model, k) for k in range(200)]
    low, high = CLASSES[model].length_m
    lengths = sorted(p.length_m for p in many)
    assert lengths[0] < low + 0.15 * (high - low) and lengths[-1] > high - 0.15 * (high - low) and len(set(lengths)) > 150
    # Large ones are larger in all respects.
    assert np.corrcoef([(p.length_m, p.width_m) for p in many], rowvar=False)[0, 1] > 0.5
    assert np.corrcoef([(p.length_m, p.mass_kg) for p in many], rowvar=False)[0, 1] > 0.5


@pytest.mark.parametrize(("model", "variant"), SOME)
def test_left_and_right_are_mirror_images(model, variant):
    asset = made(model, variant)
    (_, y0, _), (_, y1, _) = asset.bounds_m
    assert y0 == -y1
    seen = body_points(asset, "paint", "glass", "roof", "tyre")
    one, other = ({tuple(p) for p in np.round(seen.astype(np.float64) * (1.0, side, 1.0) * 1e4).astype(int).tolist()} for side in (1, -1))
    assert one == other


@pytest.mark.parametrize(("model", "variant"), SOME)
def test_the_surface_is_closed_and_lean(model, variant):
    asset = made(model, variant)
    positions, faces = geometry.merged([(p.positions.astype(np.float64), p.faces.astype(np.int64)) for p in asset.parts])
    assert 1500 <= len(faces) <= (4600 if model == "bus" else 3200)
    places = geometry.weld(positions, 1e-5)[faces]
    apart = (places[:, 0] != places[:, 1]) & (places[:, 1] != places[:, 2]) & (places[:, 2] != places[:, 0])
    assert asset.closed and geometry.is_closed(places[apart])
    assert geometry.signed_volume_and_center(positions, faces)[0] > 0.3 * np.prod(np.subtract(*asset.bounds_m[::-1])) * 0.5


@pytest.mark.parametrize(("model", "variant"), SOME)
def test_convex_pieces_are_the_body_and_its_axles(model, variant):
    asset = made(model, variant)
    assert 4 <= len(asset.hulls) <= 6
    planes = [ConvexHull(hull).equations for hull in asset.hulls]
    shell = body_points(asset, "paint", "glass", "roof", "box-side", "tarpaulin-side")
    # Mirrors are painted as well, and are not touched.
    shell = shell[np.abs(shell[:, 1]) <= proportions(model, variant).width_m / 2]
    outside = np.min([(shell @ plane[:, :3].T + plane[:, 3]).max(axis=1) for plane in planes], axis=0)
    assert np.quantile(outside, 0.9) < 0.03 and outside.max() < 0.2
    low, high = (np.array(corner) for corner in asset.bounds_m)
    for hull in asset.hulls:
        assert (hull.min(axis=0) >= low - 0.03).all() and (hull.max(axis=0) <= high + 0.03).all()
    assert min(hull[:, 2].min() for hull in asset.hulls) == pytest.approx(low[2], abs=1e-6)


@pytest.mark.parametrize(("model", "variant"), SOME)
def test_lamps_and_plates_are_where_they_are_looked_for(model, variant):
    at = {name: np.subtract(place, made(model, variant).landmarks["base"]) for name, place in made(model, variant).landmarks.items()}
    p = proportions(model, variant)
    assert {"base", "headlight-left", "headlight-right", "taillight-left", "taillight-right", "plate-front", "plate-rear", "rear-axle"} <= at.keys()
    for pair in ("headlight", "taillight"):
        assert at[f"{pair}-left"] == pytest.approx(at[f"{pair}-right"] * (1, -1, 1)) and at[f"{pair}-left"][1] > 0.25 * p.width_m
        assert 0.4 < at[f"{pair}-left"][2] < 1.6
    assert at["headlight-left"][0] > p.front_m - 0.5 and at["taillight-left"][0] < p.rear_m + 0.5
    assert abs(at["plate-front"][0] - p.front_m) < 0.2 and abs(at["plate-rear"][0] - p.rear_m) < 0.25
    assert at["plate-front"][1] == at["plate-rear"][1] == 0
    assert at["rear-axle"] == pytest.approx((-p.wheelbase_m / 2, 0.0, p.wheel_m), abs=1e-5)


@pytest.mark.parametrize(("model", "variant"), EACH)
def test_rolling_turns_rims_and_nothing_else(model, variant):
    still, rolled = made(model, variant), made(model, variant, roll=7)
    for a, b in zip(still.parts, rolled.parts, strict=True):
        assert np.array_equal(a.positions, b.positions) and np.array_equal(a.faces, b.faces)
    changed = [k for k, (a, b) in enumerate(zip(still.parts, rolled.parts, strict=True)) if not np.array_equal(a.uv, b.uv)]
    assert changed == [len(still.parts) - 2]
    assert all(a is b for a, b in zip(still.parts[:-2], rolled.parts[:-2], strict=True))
    # Forwards: what is on top of a rim comes to the front. On a rim's picture, the top is then found behind.
    rim, turned = (asset.parts[-2] for asset in (still, made(model, variant, roll=ROLL_STEPS // 4)))
    for side in (1, -1):
        mine = np.flatnonzero((np.sign(rim.positions[:, 1]) == side) & (rim.positions[:, 0] > 0))
        x, z = (rim.positions[mine, axis] - rim.positions[mine, axis].mean() for axis in (0, 2))
        front, top = mine[np.argmax(x)], mine[np.argmax(z)]
        assert turned.uv[front] == pytest.approx(rim.uv[top], abs=0.06)


@pytest.mark.parametrize(("model", "variant"), EACH)
def test_steering_turns_the_front_wheels_alone(model, variant):
    ahead, left = made(model, variant), made(model, variant, steer_deg=30)
    assert all(a is b for a, b in zip(ahead.parts[:-2], left.parts[:-2], strict=True))
    for a, b in zip(ahead.parts[-2:], left.parts[-2:], strict=True):
        moved = np.abs(a.positions - b.positions).max(axis=1) > 1e-6
        behind = a.positions[:, 0] - ahead.landmarks["base"][0] < 0
        assert not moved[behind].any() and moved[~behind].mean() > 0.9
        # About the steering axis, which stands upright: heights stay.
        assert np.abs(a.positions[:, 2] - b.positions[:, 2]).max() < 1e-5
    tyres, turned = ahead.parts[-1], left.parts[-1]
    mine = (tyres.positions[:, 0] > ahead.landmarks["base"][0]) & (tyres.positions[:, 1] > 0)
    outside = mine & (tyres.normals[:, 1] > 0.95)
    # To the left: the outside of the left wheel turns backwards.
    assert turned.normals[outside, 0].mean() == pytest.approx(-0.5, abs=0.1)


def glow(asset, model: str, variant: int) -> dict[str, float]:
    return {look: max(part.look.material.emissive) for look, part in zip(_chassis(model, variant).looks, asset.parts, strict=False)}


@pytest.mark.parametrize("model", ["hatchback", "van", "lorry", "bus"])
def test_lamps_shine_when_they_are_on(model):
    dark = glow(made(model), model, 1)
    assert dark["headlamp-left"] == dark["taillamp-left"] == dark["taillamp-right"] == 0
    day, dipped, brake = (glow(made(model, lights=(lamp,)), model, 1) for lamp in ("day", "dipped", "brake"))
    assert 0 < day["headlamp-left"] < dipped["headlamp-left"] and day["taillamp-left"] == 0
    assert 0 < dipped["taillamp-left"] < brake["taillamp-left"] and brake["headlamp-left"] == 0
    left = glow(made(model, lights=("left",)), model, 1)
    assert left["headlamp-left"] > 0 == left["headlamp-right"] and left["taillamp-left"] > 0 == left["taillamp-right"]


def test_one_body_in_two_paints_is_one_mesh():
    red, blue = (made("estate", paint=paint, plate=plate) for paint, plate in (((0.4, 0.0, 0.0), "A 1"), ((0.0, 0.0, 0.4), "B 2")))
    assert all(a.positions is b.positions and a.uv is b.uv for a, b in zip(red.parts, blue.parts, strict=True))
    assert red.hulls[0] is blue.hulls[0]


@pytest.mark.parametrize("model", ["saloon", "bus"])
def test_dirt_is_most_on_the_sills(model):
    clean, dirty = (made(model, paint=(0.7, 0.7, 0.7), dirt=dirt) for dirt in (0.0, 0.8))
    number = _chassis(model, 1).looks.index("paint")
    a, b = (asset.parts[number].look for asset in (clean, dirty))
    picture = b.images["base_color"].astype(np.float64)
    half = picture.shape[0] // 2
    assert picture[half - 8 : half].mean() < 0.75 * picture[8:24].mean()
    assert a.material.clear_coat > b.material.clear_coat


def test_doors_of_buses_are_on_the_side_of_the_kerb():
    looks = _chassis("bus", 1).looks
    for rule, kerb, other in (("right", "right", "left"), ("left", "left", "right")):
        parts = dict(zip(looks, made("bus", drives_on=rule).parts, strict=False))
        assert parts[f"door-{kerb}"].look.material.clear_coat == 0 and parts[f"door-{other}"].look.material.clear_coat == 1


def test_a_vehicle_dropped_on_the_ground_stands_on_its_wheels():
    floor = BodySpec(name="floor", shape=BoxShape(size_m=(80.0, 40.0, 1.0)), world_from_body=Pose((0.0, 0.0, -0.5)))
    bodies = [floor]
    for k, model in enumerate(("hatchback", "van", "lorry", "bus")):
        shape, p = VehicleShape(model=model, variant=2), proportions(model, 2)
        base = LIBRARY.shape_asset(shape).landmarks["base"]
        pose = Pose((0.0, 5.0 * k - 8.0, 0.03 - base[2]))
        bodies.append(BodySpec(name=model, shape=shape, world_from_body=pose, mass_kg=p.mass_kg, inertia_kg_m2=p.inertia_kg_m2))
    with Bullet(LIBRARY) as physics:
        settled = physics.settle(
            SceneSpec(bodies=tuple(bodies), physics=PhysicsSpec(bounds_min_m=(-90.0, -90.0, -9.0), bounds_max_m=(90.0, 90.0, 9.0)))
        )
    for body in settled.bodies[1:]:
        low = body.world_from_body.position_m[2] + LIBRARY.shape_asset(body.shape).landmarks["base"][2]
        assert low == pytest.approx(0.0, abs=0.01)
        assert body.world_from_body.matrix[2, 2] > 0.9999


def test_inertia_is_that_of_vehicles():
    golf = proportions("hatchback", 1)
    roll, pitch, yaw = golf.inertia_kg_m2
    # Of measured cars of 1.2 t: roll 350 to 700, pitch and yaw 1300 to 2500 kg m2.
    scale = golf.mass_kg / 1200
    assert 350 * scale < roll < 700 * scale and 1200 * scale < pitch < yaw < 2500 * scale
    assert yaw < roll + pitch


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"model": "estatte"}, UnknownName, '"estatte".*Did you mean "estate"'),
        ({"model": "van", "lights": ("brakes",)}, UnknownName, '"brakes".*Did you mean "brake"'),
        ({"model": "van", "lights": ("left", "day")}, InvalidValue, "in the order of day, dipped"),
        ({"model": "van", "steer_deg": 70}, InvalidValue, "steer_deg must be in"),
        ({"model": "van", "roll": ROLL_STEPS}, InvalidValue, "roll must be in"),
        ({"model": "van", "plate": "TOO LONG A PLATE"}, InvalidValue, "at most 10 ASCII"),
        ({"model": "van", "paint": (2.0, 0.0, 0.0)}, InvalidValue, "paint must be"),
        ({"model": "van", "variant": -1}, InvalidValue, "variant must be"),
    ],
)
def test_what_cannot_be_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        VehicleShape(**wrong)


def test_shapes_survive_json():
    shape = VehicleShape(model="suv", variant=7, paint=(0.1, 0.2, 0.3), second=(0.0, 0.0, 0.0), lights=("dipped", "left"), steer_deg=-4, roll=3)
    body = BodySpec(name="a", shape=shape)
    assert from_json(BodySpec, to_json(body)) == body
