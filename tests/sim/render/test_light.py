"""Shading, shadows, textures and the sensor against closed forms."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from diorama.sim.annotate import annotate
from diorama.sim.errors import InvalidValue
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.dfg import dfg_table
from diorama.sim.render.raster.shadow_views import MAP_TEXELS
from diorama.sim.seeds import Seed
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    MaterialSpec,
    MeshShape,
    PointLight,
    Pose,
    ProceduralTexture,
    SceneSpec,
    SensorSpec,
    SphereShape,
    SpotLight,
    SunLight,
)
from diorama.sim.transforms import apply, look_at, normalize_quat

DARK = EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0))
#: Straight down from two metres on a floor at z = 0: 100 pixels a metre, the picture's up is +y.
DOWN = CameraSpec(width=200, height=200, fx=200, fy=200, cx=100, cy=100, world_from_camera=Pose.from_matrix(look_at((0, 0, 2), (0, 0, 0))))
FLOOR = BodySpec(
    name="floor",
    shape=BoxShape(size_m=(20, 20, 1)),
    world_from_body=Pose((0, 0, -0.5)),
    material=MaterialSpec(base_color=(0.5, 0.4, 0.3), roughness=1.0),
)


def radiance(raster: Raster, spec: SceneSpec, camera: CameraSpec = DOWN) -> NDArray[np.float32]:
    raster.load(spec)
    return raster.render(camera, ("radiance",)).radiance


def lobes(albedo: NDArray, metallic: float, roughness: float, n: NDArray, v: NDArray, to_light: NDArray) -> NDArray:
    """The metallic-roughness BRDF of glTF 2.0, appendix B, with height-correlated Smith masking, in float64; what the microfacets lose
    is given back, and what they take is taken from the Lambert lobe, both by the lobe's directional albedo.
    """
    alpha2 = roughness**4
    h = (v + to_light) / np.linalg.norm(v + to_light, axis=-1, keepdims=True)
    nl, nv, nh, lh = ((n * to_light).sum(-1), (n * v).sum(-1), (n * h).sum(-1), (to_light * h).sum(-1))
    f0 = 0.04 * (1 - metallic) + albedo * metallic
    fresnel = f0 + (1 - f0) * ((1 - lh) ** 5)[..., None]
    d = alpha2 / (math.pi * (nh**2 * (alpha2 - 1) + 1) ** 2)
    g = 2 * nl * nv / (nl * np.sqrt(alpha2 + (1 - alpha2) * nv**2) + nv * np.sqrt(alpha2 + (1 - alpha2) * nl**2))
    grazing, total = directional_albedo(roughness, nv)
    gain = 1 + f0 * (1 / total - 1)[..., None]
    above = (1 + 0.04 * (1 / total - 1)) * (0.04 * (total - grazing) + grazing)
    return albedo * (1 - metallic) * (1 - above)[..., None] / math.pi + gain * fresnel * (d * g / (4 * nl * nv))[..., None]


def directional_albedo(roughness: float, cosine: NDArray) -> tuple[NDArray, NDArray]:
    """The split-sum table (which test_environment_dfg.py proves) at one roughness, bilinear."""
    table = dfg_table().astype(np.float64).reshape(32, 32, 2)
    r = roughness * 31
    i = min(int(r), 30)
    row = table[i] * (1 - (r - i)) + table[i + 1] * (r - i)
    at = np.arange(32) / 31
    return np.interp(cosine, at, row[:, 0]), np.interp(cosine, at, row[:, 1])


@pytest.mark.parametrize(("metallic", "roughness"), [(0.0, 1.0), (0.0, 0.4), (1.0, 0.3), (0.5, 0.7)])
@pytest.mark.parametrize("kind", ["sun", "spot", "point"])
def test_a_floor_under_one_light_is_the_brdf(raster: Raster, kind: str, metallic: float, roughness: float) -> None:
    light = {
        "sun": SunLight(direction=(0.4, -0.3, -1), irradiance=(3, 2, 1), shadows=False),
        "spot": SpotLight(position_m=(0.3, 0.2, 1.5), direction=(0, 0, -1), intensity=(3, 2, 1), inner_rad=1.2, outer_rad=1.3, shadows=False),
        "point": PointLight(position_m=(0.3, 0.2, 1.5), intensity=(3, 2, 1)),
    }[kind]
    color = np.array([0.5, 0.4, 0.3])
    floor = replace(FLOOR, material=MaterialSpec(base_color=tuple(color), metallic=metallic, roughness=roughness))
    got = radiance(raster, SceneSpec(bodies=(floor,), lights=(light,), environment=DARK))
    x, y = np.meshgrid((np.arange(200) + 0.5 - 100) / 100, (100 - np.arange(200) - 0.5) / 100)
    point = np.stack([x, y, np.zeros_like(x)], -1)
    eye = np.array([0, 0, 2]) - point
    v = eye / np.linalg.norm(eye, axis=-1, keepdims=True)
    if kind == "sun":
        away = np.broadcast_to(-np.array(light.direction), point.shape)
        falloff = np.ones_like(x)
    else:
        away = np.array(light.position_m) - point
        falloff = 1 / (away**2).sum(-1)
    to_light = away / np.linalg.norm(away, axis=-1, keepdims=True)
    n = np.broadcast_to([0.0, 0.0, 1.0], point.shape)
    truth = lobes(color, metallic, roughness, n, v, to_light) * (to_light[..., 2] * falloff)[..., None] * np.array([3, 2, 1])
    np.testing.assert_allclose(got, truth, rtol=2e-4, atol=1e-6)


def test_a_spot_lights_its_cone_only(raster: Raster) -> None:
    light = SpotLight(position_m=(0, 0, 1.5), direction=(0, 0, -1), intensity=(3, 3, 3), inner_rad=0.3, outer_rad=0.4, shadows=False)
    got = radiance(raster, SceneSpec(bodies=(FLOOR,), lights=(light,), environment=DARK))[..., 0]
    wide = radiance(raster, SceneSpec(bodies=(FLOOR,), lights=(replace(light, inner_rad=1.4, outer_rad=1.5),), environment=DARK))[..., 0]
    x, y = np.meshgrid((np.arange(200) + 0.5 - 100) / 100, (np.arange(200) + 0.5 - 100) / 100)
    angle = np.arctan(np.hypot(x, y) / 1.5)
    np.testing.assert_allclose(got[angle < 0.295], wide[angle < 0.295], rtol=1e-5)
    assert not got[angle > 0.41].any()


def test_light_from_everywhere_alike_is_seen_as_the_albedo(raster: Raster) -> None:
    """A white furnace: whatever is white, metal or not, rough or not, coated or not, cannot be told from what surrounds it."""
    even = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1), occlusion_radius_m=0)
    for metallic, roughness, coat in itertools.product((0.0, 0.5, 1.0), (0.1, 0.4, 1.0), (0.0, 1.0)):
        material = MaterialSpec(base_color=(1, 0.5, 0), metallic=metallic, roughness=roughness, clear_coat=coat)
        ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.5), material=material)
        got = radiance(raster, SceneSpec(bodies=(ball,), environment=even))
        if metallic in (0, 1):
            np.testing.assert_allclose(got[..., 0], 1, atol=2e-3)
        assert got.max() <= 1.002


def test_a_surface_that_mirrors_nothing_is_lambertian(raster: Raster) -> None:
    matte = replace(FLOOR, material=MaterialSpec(base_color=(0.5, 0.4, 0.3), roughness=1.0, ior=1.0))
    sun = SunLight(direction=(0, 0, -1), irradiance=(math.pi, math.pi, math.pi), shadows=False)
    got = radiance(raster, SceneSpec(bodies=(matte,), lights=(sun,), environment=DARK))
    np.testing.assert_allclose(got, np.broadcast_to(np.float32([0.5, 0.4, 0.3]), got.shape), rtol=1e-6)


def test_background_is_a_blend_by_elevation(raster: Raster) -> None:
    up = replace(DOWN, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (0, 1, 0))))
    environment = EnvironmentSpec(background_top=(1, 0, 0), background_bottom=(0, 0, 1))
    got = radiance(raster, SceneSpec(environment=environment), up)
    elevation = (100 - np.arange(200) - 0.5) / 200
    t = 0.5 + 0.5 * elevation / np.sqrt(1 + elevation**2)
    t = t * t * (3 - 2 * t)
    np.testing.assert_allclose(got[:, 100, 0], t, atol=2e-3)
    np.testing.assert_allclose(got[:, 100, 2], 1 - t, atol=2e-3)


# --- shadows ----------------------------------------------------------------------------------------------

SUN = SunLight(direction=(1, 0, -1), irradiance=(3, 3, 3), angular_diameter_rad=0.01)
#: A plate half a metre up; the sun comes from -x at 45 degrees, so its shadow lies half a metre further in +x.
PLATE = BodySpec(name="plate", shape=BoxShape(size_m=(0.3, 0.6, 0.002)), world_from_body=Pose((-0.5, 0, 0.5)))


def test_a_shadow_falls_where_the_light_says(raster: Raster) -> None:
    bodies = (FLOOR, PLATE)
    lit = radiance(raster, SceneSpec(bodies=bodies, lights=(replace(SUN, shadows=False),), environment=DARK))[..., 0]
    got = radiance(raster, SceneSpec(bodies=bodies, lights=(SUN,), environment=DARK))[..., 0]
    ratio = got / lit
    # From x = -0.15 to 0.15 on the floor, give or take the plate's thickness; half a centimetre of blur at 0.7 m.
    line = ratio[100]
    x = (np.arange(200) + 0.5 - 100) / 100
    umbra, sunny = (np.abs(x) < 0.135), (np.abs(x) > 0.165) & (x > -0.3)
    assert not line[umbra].any()
    np.testing.assert_array_equal(line[sunny], 1.0)
    edges = (
        np.interp(0.5, line[(x > 0.1) & (x < 0.2)], x[(x > 0.1) & (x < 0.2)]),
        np.interp(-0.5, -line[(x < -0.1) & (x > -0.2)], x[(x < -0.1) & (x > -0.2)]),
    )
    assert edges == (pytest.approx(0.15, abs=0.004), pytest.approx(-0.15, abs=0.004))


def test_no_light_gets_through_a_closed_box(raster: Raster) -> None:
    """A camera inside a box without wall thickness, in full sun and under a lamp, sees black.

    But for the width of a blur along the edges of the box's outline as the light sees it: four texels of its map.
    """
    box = BodySpec(name="box", shape=BoxShape(size_m=(1, 1, 1)), world_from_body=Pose((0, 0, 0.5)))
    inside = CameraSpec.from_fov(width=240, height=240, fov_y_rad=2.0, world_from_camera=Pose.from_matrix(look_at((0.1, 0.2, 0.6), (0.4, -0.3, 0.1))))
    lamp = SpotLight(position_m=(0.9, 0.5, 2), direction=(-0.9, -0.5, -1.5), intensity=(9, 9, 9))
    spec = SceneSpec(bodies=(FLOOR, box), lights=(SUN, lamp), environment=DARK)
    got = radiance(raster, spec, inside)
    depth = raster.render(inside, ("depth",)).depth_m
    rows, columns = np.nonzero(got.any(axis=-1))
    rays = np.stack([(columns + 0.5 - inside.cx) / inside.fx, (rows + 0.5 - inside.cy) / inside.fy, np.ones(len(rows))], axis=1)
    points = apply(inside.world_from_camera.matrix, rays * depth[rows, columns, None]) - (0, 0, 0.5)
    from_edge = 0.5 - np.sort(np.abs(points), axis=1)[:, 1]
    assert from_edge.max(initial=0) < 4 * 2.3 / MAP_TEXELS


@pytest.mark.parametrize("elevation", [0.15, 0.5, 1.0, 1.5])
def test_flat_surfaces_never_shadow_themselves(raster: Raster, elevation: float) -> None:
    """No acne: a plate alone in the sun, or under a lamp, is lit as if shadows were off, whatever the angle."""
    plate = BodySpec(name="plate", shape=BoxShape(size_m=(1.6, 1.6, 0.05)), world_from_body=Pose((0, 0, 0.1)))
    toward = (math.cos(elevation), 0.3 * math.cos(elevation), -math.sin(elevation))
    for light in (
        SunLight(direction=toward, angular_diameter_rad=0.05),
        SpotLight(position_m=tuple(-2 * c for c in toward), direction=toward, radius_m=0.1, inner_rad=0.8, outer_rad=0.9),
    ):
        on = radiance(raster, SceneSpec(bodies=(plate,), lights=(light,), environment=DARK))
        off = radiance(raster, SceneSpec(bodies=(plate,), lights=(replace(light, shadows=False),), environment=DARK))
        assert on.any()
        # The plate's rim and sides, within a blur of the silhouette seen from the light, may touch.
        np.testing.assert_array_equal(on[25:175, 25:175], off[25:175, 25:175])


def test_a_shadow_touches_what_casts_it(raster: Raster) -> None:
    """A box on the floor in slanting light: right behind its foot there is no lit gap."""
    box = BodySpec(name="box", shape=BoxShape(size_m=(0.3, 0.3, 0.3)), world_from_body=Pose((0, 0, 0.15)))
    lit = radiance(raster, SceneSpec(bodies=(FLOOR, box), lights=(replace(SUN, shadows=False),), environment=DARK))[..., 0]
    got = radiance(raster, SceneSpec(bodies=(FLOOR, box), lights=(SUN,), environment=DARK))[..., 0]
    raster.load(SceneSpec(bodies=(FLOOR, box)))
    instance = raster.render(DOWN, ("instance",)).instance
    row = 100
    foot = np.flatnonzero(instance[row] == 2).max() + 1
    assert not (got / lit)[row, foot + 1 : foot + 8].any()


def test_equal_lights_add_up(raster: Raster) -> None:
    lamp = SpotLight(position_m=(-0.8, 0.3, 1.8), direction=(0.8, -0.3, -1.8), radius_m=0.05)
    one, other = (radiance(raster, SceneSpec(bodies=(FLOOR, PLATE), lights=(light,), environment=DARK)) for light in (SUN, lamp))
    both = radiance(raster, SceneSpec(bodies=(FLOOR, PLATE), lights=(SUN, SUN, lamp, SUN, lamp), environment=DARK))
    np.testing.assert_allclose(both, 3 * one + 2 * other, rtol=1e-5, atol=1e-7)


def test_blur_widens_with_the_distance_from_the_caster(raster: Raster) -> None:
    """The sun's half-shadow is as wide as the gap times the sun's angular diameter, seen along the ground."""
    widths = []
    for height in (0.2, 0.8):
        plate = replace(PLATE, world_from_body=Pose((0, 0, height)), shape=BoxShape(size_m=(0.4, 1.2, 0.002)))
        side = replace(DOWN, world_from_camera=Pose.from_matrix(look_at((0.6, 0, 1.5), (0.6, 0, 0))), fx=400, fy=400)
        light = replace(SUN, direction=(0.5, 0, -1), angular_diameter_rad=0.04)
        lit = radiance(raster, SceneSpec(bodies=(FLOOR, plate), lights=(replace(light, shadows=False),), environment=DARK), side)[100, :, 0]
        got = radiance(raster, SceneSpec(bodies=(FLOOR, plate), lights=(light,), environment=DARK), side)[100, :, 0]
        x = 0.6 + (np.arange(200) + 0.5 - 100) / 400 * 1.5
        edge = 0.2 + 0.5 * height
        near = np.abs(x - edge) < 0.1
        ratio = (got / lit)[near]
        widths.append(np.interp(0.95, ratio, x[near]) - np.interp(0.05, ratio, x[near]))
    assert widths[1] / widths[0] == pytest.approx(4, rel=0.35)


def test_shortcuts_change_no_pixel(raster: Raster, library) -> None:
    """Back faces of closed bodies are skipped, and level ground settles its shadows by the casters' heights.

    The same scene with every mesh said to be open, and turned by a hair too little to see but enough to be not level, takes
    neither shortcut.
    """
    rng = Seed(2).rng()
    shapes = [
        BoxShape(size_m=(0.2, 0.1, 0.3)),
        SphereShape(radius_m=0.12),
        CylinderShape(radius_m=0.05, height_m=0.3),
        BoxShape(size_m=(1.4, 1.2, 0.05)),
    ]
    shapes += [MeshShape(asset=f"household:{kind}/1") for kind in ("mug", "fork", "bottle", "roll")]
    tilt = (1.0, 2e-3, 0.0, 0.0)
    bodies = [FLOOR]
    for i, shape in enumerate(shapes):
        place = (*rng.uniform(-0.6, 0.6, 2).tolist(), 0.3 + 0.02 * i)
        bodies.append(BodySpec(name=f"b{i}", shape=shape, world_from_body=Pose(place), category="thing"))
    lights = (SUN, SpotLight(position_m=(-0.8, 0.3, 1.8), direction=(0.8, -0.3, -1.8), radius_m=0.05))
    spec = SceneSpec(bodies=tuple(bodies), lights=lights)
    side = CameraSpec.from_fov(width=200, height=160, fov_y_rad=0.9, world_from_camera=Pose.from_matrix(look_at((1.2, 0.7, 1.1), (0, 0, 0.3))))
    channels = ("radiance", "instance", "depth", "amodal")
    raster.load(spec)
    quick = raster.render(side, channels)

    class Open:
        def shape_asset(self, shape: object) -> object:
            return replace(library.shape_asset(shape), closed=False)

    with Raster(Open(), raster.device) as plain:
        plain.load(spec)
        slow = plain.render(side, channels)
    for name in ("radiance", "instance", "depth_m"):
        assert np.array_equal(getattr(quick, name), getattr(slow, name))
    assert all(np.array_equal(quick.silhouettes[i].bits, slow.silhouettes[i].bits) for i in quick.silhouettes)

    tilted = tuple(replace(b, world_from_body=Pose(b.world_from_body.position_m, normalize_quat(tilt))) if b.name == "floor" else b for b in bodies)
    raster.load(replace(spec, bodies=tilted))
    almost = raster.render(side, channels)
    floor = (quick.instance == 1) & (almost.instance == 1)
    assert floor.mean() > 0.2
    # The light's slant on the floor changes by 0.4 %, shadows move by no more than a fraction of a pixel.
    assert np.quantile(np.abs(almost.radiance - quick.radiance)[floor], 0.98) < 0.02 * quick.radiance[floor].max()


# --- textures ---------------------------------------------------------------------------------------------


def checks(tile_m: float) -> BodySpec:
    pattern = ProceduralTexture(pattern="checks", color_a=(0.9, 0.1, 0.5), color_b=(0.1, 0.3, 0.5), tile_m=tile_m, frequency=4)
    return replace(FLOOR, material=MaterialSpec(base_color=(1, 1, 1), roughness=1.0, texture=pattern))


def test_far_texture_is_its_mean_and_does_not_shimmer(raster: Raster) -> None:
    """Checks far smaller than a pixel: every pixel is their mean in linear light, over which nothing moves."""
    even = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1))
    plain = radiance(raster, SceneSpec(bodies=(replace(FLOOR, material=MaterialSpec(base_color=(0.5, 0.2, 0.5), roughness=1.0)),), environment=even))
    fine = radiance(raster, SceneSpec(bodies=(checks(0.004),), environment=even))
    np.testing.assert_allclose(fine, plain, atol=0.012)


def test_near_texture_shows_both_colours_at_its_scale(raster: Raster) -> None:
    """Tiles of 0.4 m with 4 x 4 checks at 100 pixels a metre: the pattern repeats after 40 pixels, in both directions."""
    got = radiance(raster, SceneSpec(bodies=(checks(0.4),), environment=EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1))))
    np.testing.assert_allclose(got[:, 40:], got[:, :-40], atol=0.02)
    np.testing.assert_allclose(got[40:], got[:-40], atol=0.02)
    assert np.ptp(got[..., 0]) == pytest.approx(0.8, abs=0.05)


# --- sensor -----------------------------------------------------------------------------------------------


def grey(raster: Raster, level: float, sensor: SensorSpec) -> NDArray[np.uint8]:
    environment = EnvironmentSpec(background_top=(level,) * 3, background_bottom=(level,) * 3)
    raster.load(SceneSpec(environment=environment))
    return raster.render(replace(DOWN, sensor=sensor), ("rgb",)).rgb


@pytest.mark.parametrize("level", [0.0, 0.001, 0.02, 0.18, 0.5, 1.0, 3.0])
def test_linear_curve_is_srgb(raster: Raster, level: float) -> None:
    t = min(level, 1.0)
    code = 255 * (12.92 * t if t <= 0.0031308 else 1.055 * t ** (1 / 2.4) - 0.055)
    assert np.abs(grey(raster, level, SensorSpec(tone_curve="linear")) - code).max() <= 0.75


def test_a_stop_of_exposure_doubles_the_signal(raster: Raster) -> None:
    for curve in ("linear", "filmic"):
        assert np.array_equal(grey(raster, 0.2, SensorSpec(exposure_ev=1, tone_curve=curve)), grey(raster, 0.4, SensorSpec(tone_curve=curve)))


def test_noise_has_the_deviation_it_says(raster: Raster) -> None:
    level, sensor = 0.3, SensorSpec(tone_curve="linear", read_noise=0.01, shot_noise=0.03, noise_seed=7)
    code = grey(raster, level, sensor).astype(float) / 255
    signal = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    expected = math.sqrt(0.01**2 + 0.03**2 * level)
    assert signal.mean() == pytest.approx(level, abs=4 * expected / math.sqrt(signal.size) + 5e-4)
    assert signal.std() == pytest.approx(expected, rel=0.02)
    # Channels and neighbours are independent.
    flat = (signal - signal.mean()) / signal.std()
    bound = 5 / math.sqrt(flat[..., 0].size)
    assert abs((flat[..., 0] * flat[..., 1]).mean()) < bound
    assert abs((flat[:, 1:] * flat[:, :-1]).mean()) < bound
    assert abs((flat[1:] * flat[:-1]).mean()) < bound


def test_noise_depends_on_its_seed_alone(raster: Raster) -> None:
    noisy = SensorSpec(read_noise=0.05, noise_seed=1)
    first = grey(raster, 0.3, noisy)
    assert np.array_equal(first, grey(raster, 0.3, noisy))
    assert not np.array_equal(first, grey(raster, 0.3, replace(noisy, noise_seed=2)))


# --- the renderer as an engine ----------------------------------------------------------------------------


def test_pictures_do_not_depend_on_what_was_rendered_before(raster: Raster, library) -> None:
    spec = SceneSpec(bodies=(checks(0.3), PLATE), lights=(SUN,))
    other = SceneSpec(bodies=(FLOOR,), lights=(PointLight(position_m=(0, 0, 1)),))
    channels = ("rgb", "radiance", "depth", "instance", "normal")
    with Raster(library, raster.device) as fresh:
        fresh.load(spec)
        first = fresh.render(DOWN, channels)
    raster.load(other)
    raster.render(replace(DOWN, width=64), channels)
    raster.load(spec)
    second = raster.render(DOWN, channels)
    kept = second.rgb.copy()
    raster.load(other)
    raster.render(DOWN, channels)
    for name in ("rgb", "radiance", "depth_m", "instance", "normal"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    assert np.array_equal(second.rgb, kept), "a frame's arrays are the caller's own"


def test_channels_that_were_not_asked_for_are_none(raster: Raster) -> None:
    raster.load(SceneSpec(bodies=(FLOOR,)))
    frame = raster.render(DOWN, ("depth",))
    assert frame.depth_m is not None
    assert [frame.rgb, frame.radiance, frame.normal, frame.silhouettes] == [None] * 4


def test_an_empty_scene_renders(raster: Raster) -> None:
    raster.load(SceneSpec(lights=(SUN,)))
    frame = raster.render(DOWN, ("rgb", "depth", "instance", "amodal"))
    assert not frame.instance.any()
    assert np.all(np.isinf(frame.depth_m))
    assert frame.silhouettes == {}


def test_nothing_is_rendered_before_a_scene_is_loaded(raster: Raster, library) -> None:
    with Raster(library, raster.device) as empty, pytest.raises(RuntimeError, match="load one first"):
        empty.render(DOWN, ("rgb",))


def test_labels_are_refused_a_frame_without_their_channels(raster: Raster, library) -> None:
    spec = SceneSpec(bodies=(FLOOR,))
    raster.load(spec)
    with pytest.raises(InvalidValue, match="amodal"):
        annotate(spec, raster.render(DOWN, ("rgb", "depth", "instance")), library)
