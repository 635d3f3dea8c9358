"""Rain and snow on surfaces: soaked ones against dry ones of the material that they become, shares of the ground, and what must not change."""

from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.frame import CHANNELS
from diorama.sim.render import open_renderer
from diorama.sim.render.dressed import dressed
from diorama.sim.render.gl import NoOpenGL
from diorama.sim.render.raster.weather import SNOW
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    MaterialSpec,
    Pose,
    SceneSpec,
    SphereShape,
    SunLight,
    Weathering,
)
from diorama.sim.transforms import look_at, quat_from_axis_angle

GREY = MaterialSpec(base_color=(0.3, 0.25, 0.2), roughness=0.9)
#: From 8 m above, 26 m across: all of one tile of the noise.
DOWN = CameraSpec.from_fov(width=104, height=104, fov_y_rad=2.03, world_from_camera=Pose.from_matrix(look_at((0, 0, 8), (0, 0, 0), up=(0, 1, 0))))
ASIDE = CameraSpec.from_fov(width=80, height=60, fov_y_rad=0.8, world_from_camera=Pose.from_matrix(look_at((-4, -3, 3), (0, 0, 0.5))))
AROUND = EnvironmentSpec(occlusion_radius_m=0.0)
SUN = SunLight(direction=(0.3, 0.4, -1))


def ground(weathering=None, material=GREY, size=60.0):
    return BodySpec(
        name="ground", shape=BoxShape(size_m=(size, size, 0.2)), world_from_body=Pose((0, 0, -0.1)), material=material, weathering=weathering
    )


def seen(raster, bodies, camera=DOWN, channel="albedo"):
    raster.load(SceneSpec(bodies=tuple(bodies), lights=(SUN,), environment=AROUND))
    return getattr(raster.render(camera, (channel,)), channel)


@pytest.mark.parametrize("channel", ["albedo", "radiance"])
def test_a_soaked_surface_is_darker_and_smoother(raster, channel):
    wet = seen(raster, [ground(Weathering(wet=1.0))], channel=channel)
    alike = replace(GREY, base_color=tuple(c * 0.5 for c in GREY.base_color), roughness=0.9 * 0.38)
    np.testing.assert_allclose(wet, seen(raster, [ground(material=alike)], channel=channel), rtol=1e-4, atol=1e-5)


def test_what_has_no_pores_does_not_darken(raster):
    for smooth in (replace(GREY, roughness=0.2), replace(GREY, metallic=1.0)):
        np.testing.assert_allclose(seen(raster, [ground(Weathering(wet=1.0), smooth)]), seen(raster, [ground(material=smooth)]), rtol=1e-5)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7])
def test_as_much_level_ground_is_under_water_as_is_asked(raster, share):
    under = seen(raster, [ground(Weathering(puddles=share))])[..., 0] < 0.8 * GREY.base_color[0]
    assert under.mean() == pytest.approx(share, abs=0.08)
    sloping = replace(ground(Weathering(puddles=share)), world_from_body=Pose((0, 0, 0), quat_from_axis_angle((1, 0, 0), 0.3)))
    np.testing.assert_allclose(seen(raster, [sloping]), seen(raster, [replace(sloping, weathering=None)]), rtol=1e-5)


def test_puddles_mirror(raster):
    """Where the ground is under water it mirrors the sky as still water does: at a flat angle it is bright, and darker than dry ground from above."""
    low = CameraSpec.from_fov(width=80, height=20, fov_y_rad=0.05, world_from_camera=Pose.from_matrix(look_at((-20, 0, 1), (0, 0, 0))))
    bright = EnvironmentSpec(sky=(5, 5, 5), ground=(5, 5, 5), occlusion_radius_m=0)
    for camera, brighter in ((low, True), (DOWN, False)):
        pictures = []
        for weathering in (None, Weathering(puddles=0.5)):
            raster.load(SceneSpec(bodies=(ground(weathering),), environment=bright))
            pictures.append(raster.render(camera, ("radiance",)).radiance)
        assert (pictures[1].max() > 1.2 * pictures[0].max()) == brighter
        assert pictures[1].min() < pictures[0].min() * 1.01


@pytest.mark.parametrize("turn", [0.0, 1.5707963, 3.14159265])
def test_snow_lies_on_what_faces_up_however_the_body_lies(raster, turn):
    ball = BodySpec(
        name="ball",
        shape=SphereShape(radius_m=1.0),
        world_from_body=Pose((0, 0, 1), quat_from_axis_angle((1, 0, 0), turn)),
        material=GREY,
        weathering=Weathering(snow=0.8),
    )
    raster.load(SceneSpec(bodies=(ball,), environment=AROUND))
    frame = raster.render(ASIDE, ("albedo", "normal"))
    up = (frame.normal.reshape(-1, 3) @ ASIDE.world_from_camera.matrix[:3, :3].T).reshape(frame.normal.shape)[..., 2]
    on = (frame.normal**2).sum(axis=-1) > 0.5
    np.testing.assert_allclose(frame.albedo[on & (up > 0.85)], np.broadcast_to(np.array(SNOW), (np.sum(on & (up > 0.85)), 3)), atol=0.05)
    np.testing.assert_allclose(frame.albedo[on & (up < 0.1)], np.broadcast_to(GREY.base_color, (np.sum(on & (up < 0.1)), 3)), rtol=1e-4)


def test_the_more_snow_the_more_is_white(raster):
    shares = [(seen(raster, [ground(Weathering(snow=s))])[..., 0] > 0.6).mean() for s in (0.0, 0.15, 0.3, 0.5, 1.0)]
    assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares) and 0.05 < shares[2] < 0.95


@pytest.mark.parametrize("weathering", [Weathering(wet=0.5, puddles=0.3, seed=3), Weathering(snow=0.3, seed=4)])
def test_one_pattern_goes_over_from_body_to_body(raster, weathering):
    """The ground in one piece, and in four that meet."""
    whole = seen(raster, [ground(weathering)])
    pieces = [
        replace(ground(weathering, size=30.0), name=f"piece-{x}-{y}", world_from_body=Pose((15.0 * x, 15.0 * y, -0.1)))
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    np.testing.assert_allclose(seen(raster, pieces), whole, atol=2e-3)
    assert whole.std() > 0.01
    assert np.abs(seen(raster, [ground(replace(weathering, seed=9))]) - whole).max() > 0.05


def test_dry_is_nothing_and_labels_but_albedo_do_not_know(raster):
    labels = [c for c in CHANNELS if c not in ("rgb", "radiance", "albedo", "amodal")]
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=1.0), world_from_body=Pose((0, 0, 1)), material=GREY, category="ball")
    frames = []
    for weathering in (None, Weathering(), Weathering(wet=0.7, puddles=0.4), Weathering(snow=0.8)):
        raster.load(SceneSpec(bodies=(ground(weathering), replace(ball, weathering=weathering)), lights=(SUN,), environment=AROUND))
        frames.append(raster.render(ASIDE, (*labels, "rgb")))
    assert frames[0].rgb.tobytes() == frames[1].rgb.tobytes()
    for other in frames[2:]:
        assert (other.rgb != frames[0].rgb).any()
        for name in labels:
            field = "depth_m" if name == "depth" else name
            np.testing.assert_array_equal(getattr(other, field), getattr(frames[0], field))


def test_glass_stays_clear(raster):
    pane = MaterialSpec(base_color=(0.9, 0.9, 0.9), transmission=0.9, roughness=0.1)
    pictures = [
        seen(raster, [ground(), replace(ground(w, pane, size=3.0), name="pane")], channel="radiance") for w in (None, Weathering(wet=1, snow=1))
    ]
    np.testing.assert_array_equal(*pictures)


def test_what_is_baked_knows_nothing_of_the_weather(library):
    worn = BodySpec(name="box", shape=BoxShape(size_m=(0.1, 0.1, 0.1)), material=GREY, weathering=Weathering(wear=0.5, dust=0.4, seed=2))
    wet = replace(worn, weathering=replace(worn.weathering, wet=0.6, puddles=0.1, snow=0.2))
    assert dressed(wet, library)[0] is dressed(worn, library)[0]


def test_a_change_of_weather_is_seen_without_other_bodies(raster):
    """The same bodies stay on the device; their weather does not."""
    pictures = [seen(raster, [ground(w)]) for w in (Weathering(wet=0.3), Weathering(snow=1.0), Weathering(wet=0.3), None)]
    np.testing.assert_array_equal(pictures[0], pictures[2])
    assert pictures[1].min() > 0.7 and np.ptp(pictures[3][..., 0]) < 1e-6


@pytest.mark.parametrize("name", ["gl", "pathtrace"])
def test_other_renderers_show_soaked_ground_alike(raster, library, name):
    """As dark, and as shiny."""
    spec = SceneSpec(bodies=(ground(Weathering(wet=1.0)),), lights=(replace(SUN, shadows=False),), environment=AROUND)
    try:
        with open_renderer(name, library, **({"spp": 16} if name == "pathtrace" else {})) as other:
            ratios = []
            for renderer in (raster, other):
                light = []
                for weathering in (None, Weathering(wet=1.0)):
                    renderer.load(spec.replace(bodies=(ground(weathering),)))
                    light.append(renderer.render(ASIDE, ("radiance",)).radiance[30:].mean(axis=(0, 1)))
                ratios.append(light[1] / light[0])
    except (MissingExtra, NoOpenGL) as missing:
        pytest.skip(str(missing))
    np.testing.assert_allclose(ratios[0], ratios[1], rtol=0.08)
    assert ratios[0].max() < 0.85


def test_batches_have_the_same_bytes(raster):
    worlds = [SceneSpec(bodies=(ground(w),), cameras=(DOWN,), lights=(SUN,), environment=AROUND) for w in (None, Weathering(wet=0.6, puddles=0.2))]
    alone = []
    for world in worlds:
        raster.load(world)
        alone.append(raster.render(DOWN, ("radiance",)).radiance.tobytes())
    assert [picture.tobytes() for picture in raster.render_batch(worlds, ("radiance",))["radiance"].numpy()] == alone


@pytest.mark.parametrize("name", ["wet", "puddles", "snow"])
def test_weather_that_cannot_be_is_refused(name):
    with pytest.raises(InvalidValue, match=f"{name} must be in"):
        Weathering(**{name: 1.5})
