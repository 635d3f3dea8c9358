"""Lamps on bodies go where these go; and of many lights those that cannot be seen somewhere are left out there, and no code changes."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.render import open_renderer
from diorama.sim.render.gl import NoOpenGL
from diorama.sim.render.raster import reach
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    MaterialSpec,
    Motion,
    PointLight,
    Pose,
    RectLight,
    SceneSpec,
    SensorSpec,
    SpotLight,
    SunLight,
    Track,
)
from diorama.sim.spec.lights import mounted
from diorama.sim.transforms import apply, look_at, normalize, quat_from_axis_angle

DARK = EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0), occlusion_radius_m=0)
GREY = MaterialSpec(base_color=(0.5, 0.5, 0.5), roughness=0.6)
GROUND = BodySpec(name="ground", shape=BoxShape(size_m=(300, 300, 0.2)), world_from_body=Pose((0, 0, -0.1)), material=GREY)
CART = BodySpec(
    name="cart", shape=BoxShape(size_m=(0.4, 0.4, 0.2)), world_from_body=Pose((0.5, -0.3, 2.0), quat_from_axis_angle((0.3, -0.2, 1.0), 0.8))
)
LAMPS = {
    "spot": SpotLight(position_m=(0.3, 0.1, -0.4), direction=(0.2, 0.1, -1), inner_rad=0.3, outer_rad=0.9, shadows=False, on="cart"),
    "beam": SpotLight(position_m=(0.3, 0.1, -0.4), direction=(0.2, 0.1, -1), outer_rad=0.9, narrowing=3.0, up=(0, 1, 0), shadows=False, on="cart"),
    "point": PointLight(position_m=(0.3, 0.1, -0.4), shadows=False, on="cart"),
    "rect": RectLight(position_m=(0.3, 0.1, -0.4), direction=(0.2, 0.1, -1), up=(1, 0, 0), size_m=(0.6, 0.2), shadows=False, on="cart"),
}
CAMERA = CameraSpec.from_fov(width=64, height=48, fov_y_rad=0.9, world_from_camera=Pose.from_matrix(look_at((-3, -2, 3), (0.5, 0, 0))))


def radiance(raster, spec, camera=CAMERA):
    raster.load(spec)
    return raster.render(camera, ("radiance",)).radiance


@pytest.mark.parametrize("kind", LAMPS)
def test_a_lamp_on_a_body_is_that_lamp_in_the_world(raster, kind):
    lamp, m = LAMPS[kind], CART.world_from_body.matrix
    turn = m.copy()
    turn[:3, 3] = 0
    fields = {"position_m": tuple(apply(m, np.array([lamp.position_m]))[0]), "on": None}
    for name in {"direction", "up"} & set(lamp.__dataclass_fields__):
        fields[name] = tuple(apply(turn, np.array([getattr(lamp, name)]))[0])
    free = replace(lamp, **fields)
    there = mounted(lamp, CART.world_from_body)
    assert there.on is None and there.position_m == pytest.approx(free.position_m)
    spec = SceneSpec(bodies=(GROUND, CART), lights=(lamp,), environment=DARK)
    np.testing.assert_allclose(radiance(raster, spec), radiance(raster, spec.replace(lights=(free,))), rtol=2e-5, atol=1e-6)
    assert from_json(SceneSpec, to_json(spec)) == spec


@pytest.mark.parametrize("kind", LAMPS)
def test_lamps_go_along_with_tracks(raster, kind):
    start, end = Pose((0, -1, 2)), Pose((2, 1, 2.5), quat_from_axis_angle((0, 0, 1), 1.2))
    spec = SceneSpec(bodies=(GROUND, CART), lights=(LAMPS[kind],), environment=DARK, tracks=(Track(body="cart", times_s=(0, 4), poses=(start, end)),))
    halfway = spec.at(2.0)
    parked = SceneSpec(bodies=(GROUND, replace(CART, world_from_body=halfway.body("cart").world_from_body)), lights=(LAMPS[kind],), environment=DARK)
    np.testing.assert_array_equal(radiance(raster, halfway), radiance(raster, parked))
    assert np.abs(radiance(raster, halfway) - radiance(raster, spec.at(0.0))).max() > 0.05


def test_lamps_move_while_the_shutter_is_open(raster):
    """The picture is the mean of those with the lamp where its body is at each moment of the exposure."""
    moving = replace(CART, shape=BoxShape(size_m=(0.01, 0.01, 0.01)), motion=Motion((30.0, 0, 0)))
    lamp = replace(LAMPS["point"], position_m=(0, 0, -0.5))
    spec = SceneSpec(bodies=(GROUND, moving), lights=(lamp,), environment=DARK)
    blurred = radiance(raster, spec, replace(CAMERA, exposure_s=0.1, blur_samples=8))
    moments = [0.1 * ((k + 0.5) / 8 - 0.5) for k in range(8)]
    parked = [mounted(lamp, moving.motion.moved(moving.world_from_body, t)) for t in moments]
    mean = np.mean([radiance(raster, spec.replace(lights=(light,))) for light in parked], axis=0)
    np.testing.assert_allclose(blurred, mean, rtol=0.02, atol=0.002)
    assert np.abs(radiance(raster, spec) - mean).max() > 0.05


@pytest.mark.parametrize("name", ["gl", "pathtrace"])
def test_narrow_beams_are_alike_for_all_renderers(raster, library, name):
    beam = SpotLight(
        position_m=(-1, 0, 2), direction=(0.5, 0.1, -1), inner_rad=0.1, outer_rad=0.7, narrowing=3.0, up=(1, 0, 0.2), radius_m=0, shadows=False
    )
    spec = SceneSpec(bodies=(replace(GROUND, material=replace(GREY, roughness=1.0, ior=1.0)),), lights=(beam,), environment=DARK)
    down = CameraSpec.from_fov(width=48, height=48, fov_y_rad=0.9, world_from_camera=Pose.from_matrix(look_at((0, 0, 5), (0, 0, 0), up=(1, 0, 0))))
    expected = radiance(raster, spec, down)
    lit = expected[..., 0] > 0.02 * expected.max()
    tall, wide = np.ptp(np.nonzero(lit), axis=1)
    assert wide > 1.8 * tall > 6
    try:
        with open_renderer(name, library, **({"spp": 16} if name == "pathtrace" else {})) as other:
            np.testing.assert_allclose(radiance(other, spec, down), expected, atol=0.03 * expected.max())
    except (MissingExtra, NoOpenGL) as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("kind", LAMPS)
def test_what_a_lamp_is_on_is_not_in_its_way_and_all_else_is(raster, kind):
    """A lamp within a housing, on a body of its own and not."""
    housing = replace(CART, shape=BoxShape(size_m=(0.9, 0.9, 1.2)))
    lamp = replace(LAMPS[kind], shadows=True)
    spec = SceneSpec(bodies=(GROUND, housing), lights=(lamp,), environment=DARK)
    assert spec.mounts == (1,) and spec.replace(lights=(SunLight(direction=(0, 0, -1)),)).mounts == (None,)
    free = spec.replace(lights=(replace(lamp, shadows=False),))
    np.testing.assert_allclose(radiance(raster, spec), radiance(raster, free), atol=1e-6)
    inside = spec.replace(lights=(mounted(lamp, housing.world_from_body),))
    assert radiance(raster, inside).max() < 0.5 * radiance(raster, free).max()


def test_suns_and_free_lamps_stay_what_they_are():
    free = (SunLight(direction=(0, 0, -1)), replace(LAMPS["point"], on=None))
    spec = SceneSpec(bodies=(CART,), lights=free)
    assert spec.lights_in_world() is spec.lights
    assert SceneSpec(bodies=(CART,), lights=(*free, LAMPS["point"])).lights_in_world()[:2] == free


def test_a_lamp_on_nothing_is_refused():
    with pytest.raises(InvalidValue, match="lights on \\['tram'\\], which are no bodies"):
        SceneSpec(bodies=(CART,), lights=(replace(LAMPS["spot"], on="tram"),))


# --- many lights --------------------------------------------------------------------------------------------


def street(count, wet=0.6):
    """Lamps above a road 250 m long, headlights, and some of every other kind."""
    road = replace(GROUND, material=replace(GREY, roughness=wet))
    posts = tuple(
        BodySpec(name=f"post-{i}", shape=BoxShape(size_m=(0.2, 0.2, 6)), world_from_body=Pose((10.0 * i, 4.0 - 8 * (i % 2), 3)), material=GREY)
        for i in range(count)
    )
    lights = []
    for i, post in enumerate(posts):
        side = -1.0 if post.world_from_body.position_m[1] > 0 else 1.0
        lamp = SpotLight(
            on=post.name,
            position_m=(0, side, 2.9),
            direction=(0, 0.2 * side, -1),
            intensity=(40, 30, 20),
            inner_rad=0.8,
            outer_rad=1.2,
            shadows=i < 1,
        )
        beam = SpotLight(position_m=(12.0 * i, side, 0.7), direction=(-side, 0, -0.05), intensity=(300, 300, 250), outer_rad=0.5, shadows=False)
        lights += [lamp, beam]
    lights[3] = PointLight(position_m=(15, 0, 2), intensity=(3, 3, 3), shadows=False)
    lights[5] = RectLight(position_m=(20, 5, 2), direction=(0, -1, 0), radiance=(5, 5, 5), shadows=False)
    lights.append(SunLight(direction=(0.2, 0.3, -1), irradiance=(0.02, 0.02, 0.03), shadows=False))
    return SceneSpec(bodies=(road, *posts), lights=tuple(lights), environment=DARK)


@pytest.mark.parametrize("wet", [0.2, 0.6, 0.9])
@pytest.mark.parametrize("ev", [-4.0, 0.0, 3.0])
def test_what_is_left_out_is_less_than_a_code(raster, monkeypatch, ev, wet):
    camera = CameraSpec.from_fov(
        width=96,
        height=64,
        fov_y_rad=0.9,
        world_from_camera=Pose.from_matrix(look_at((-4, -1.5, 1.5), (30, 0, 1))),
        sensor=SensorSpec(exposure_ev=ev),
    )
    pictures, kept = [], []
    for few in (8, 1000):
        monkeypatch.setattr(reach, "FEW", few)
        raster.load(street(12, wet))
        pictures.append(raster.render(camera, ("rgb",)).rgb.astype(int))
        kept.append(len(reach.reaches(street(12).lights_in_world(), camera)))
    assert kept[0] > 0 and kept[1] == 0
    assert np.abs(pictures[0] - pictures[1]).max() <= 1
    assert pictures[0].max() > 30


def test_beyond_its_cone_a_spot_adds_nothing_and_is_left_out(raster, monkeypatch):
    """Exactly: with lamps whose cones alone bound them, the pictures are the same to the last bit."""
    lit = []
    for few in (8, 1000):
        monkeypatch.setattr(reach, "FEW", few)
        spec = street(12)
        lit.append(
            radiance(
                raster,
                spec.replace(lights=tuple(light for light in spec.lights if isinstance(light, SpotLight))),
                replace(CAMERA, sensor=SensorSpec(exposure_ev=12)),
            )
        )
    np.testing.assert_array_equal(*lit)
    assert lit[0].max() > 0


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_ranges_and_cones_hold_all_that_is_lit(seed):
    """A point that a light sends more than the least to is in reach of it, whatever ball around it is asked for."""
    rng = np.random.default_rng(seed)
    outer = rng.uniform(0.1, 1.4)
    light = SpotLight(
        position_m=tuple(rng.normal(size=3) * 5), direction=tuple(rng.normal(size=3)), intensity=(2.0, 1.0, 0.5), inner_rad=0.05, outer_rad=outer
    )
    x, y, z, far, *axis, cosine, sine = reach._row(light, 1.0)
    way = rng.normal(size=3)
    way *= rng.uniform(0.01, 1.5) * far / np.sqrt((way * way).sum())
    distance = math.hypot(*way)
    edge = (way @ np.array(normalize(light.direction)) / distance - math.cos(outer)) / (math.cos(0.05) - math.cos(outer))
    sent = 2.0 * min(max(edge, 0.0), 1.0) ** 2 / distance**2 / math.pi
    ball = rng.uniform(0, 0.1) * far
    along = way @ np.array(axis)
    aside = math.sqrt(max(distance**2 - along**2, 0.0))
    kept = distance <= far + ball and cosine * aside - sine * along <= ball + 1e-4 * distance
    assert kept or sent <= reach.UNSEEN
    assert (x, y, z) == light.position_m
