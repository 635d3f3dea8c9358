"""Light that comes straight from lamps to dull surfaces: paths against closed forms, and the rasterizer against paths."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mitsuba")
sys.path.insert(0, str(Path(__file__).parent))
from agreement_scenes import DARK, diffuse, five_scenes

from diorama.sim.render.pathtrace import PathTracer
from diorama.sim.spec import BodySpec, BoxShape, CameraSpec, MaterialSpec, PointLight, Pose, RectLight, SceneSpec, SpotLight, SunLight
from diorama.sim.transforms import look_at

DULL = MaterialSpec(base_color=(0.5, 0.5, 0.5), roughness=1.0, ior=1.0)
FLOOR = BodySpec(name="floor", shape=BoxShape(size_m=(3, 3, 0.02)), world_from_body=Pose((0, 0, -0.01)), material=DULL)
DOWN = (0.0, 0.0, -1.0)


@pytest.fixture(scope="module")
def direct(library):
    """Paths of two segments: no light but what comes straight from a lamp."""
    with PathTracer(library, spp=64, max_depth=2) as tracer:
        yield tracer


def photographed(renderer, spec, camera):
    renderer.load(spec)
    return renderer.render(camera, ("radiance", "instance"))


# --- closed forms ---------------------------------------------------------------------------------------------

#: One metre above the floor, looking down: the picture's right is +x, and each pixel is as wide as `1 / fx` metres.
ABOVE = CameraSpec(width=40, height=30, fx=40, fy=40, cx=20, cy=15, world_from_camera=Pose.from_matrix(look_at((0, 0, 1), (0, 0, 0))))


def off_axis():
    """Cosine (H, W) between the vertical and the way from each pixel's place on the floor to a point 1 m above its middle."""
    x, y = np.meshgrid((np.arange(40) + 0.5 - 20) / 40, (np.arange(30) + 0.5 - 15) / 40)
    return 1 / np.sqrt(1 + x * x + y * y)


@pytest.mark.parametrize("radius_m", [0.0, 0.03])
def test_irradiance_of_a_point(radius_m, direct) -> None:
    light = PointLight(position_m=(0, 0, 1), intensity=(5.0, 3.0, 1.0), radius_m=radius_m)
    radiance = photographed(direct, SceneSpec(bodies=(FLOOR,), lights=(light,), environment=DARK), ABOVE).radiance
    np.testing.assert_allclose(radiance, 0.5 / math.pi * np.array(light.intensity) * off_axis()[..., None] ** 3, rtol=0.01)


@pytest.mark.parametrize("radius_m", [0.0, 0.03])
def test_irradiance_of_a_spot(radius_m, direct) -> None:
    light = SpotLight(position_m=(0, 0, 1), direction=DOWN, intensity=(5.0, 3.0, 1.0), inner_rad=0.2, outer_rad=0.5, radius_m=radius_m)
    radiance = photographed(direct, SceneSpec(bodies=(FLOOR,), lights=(light,), environment=DARK), ABOVE).radiance
    cosine = off_axis()
    edge = np.clip((cosine - math.cos(0.5)) / (math.cos(0.2) - math.cos(0.5)), 0, 1)[..., None] ** 2
    expected = 0.5 / math.pi * np.array(light.intensity) * cosine[..., None] ** 3 * edge
    np.testing.assert_allclose(radiance, expected, rtol=0.03, atol=0.004 * expected.max())


def test_irradiance_of_a_rectangle(direct) -> None:
    """Below its middle: the configuration factor of four rectangles that share a corner above the point."""
    light = RectLight(position_m=(0, 0, 0.8), direction=DOWN, up=(0, 1, 0), size_m=(0.6, 0.4), radiance=(4.0, 2.0, 1.0))
    radiance = photographed(direct, SceneSpec(bodies=(FLOOR,), lights=(light,), environment=DARK), replace(ABOVE, fx=4000, fy=4000)).radiance
    x, y = 0.3 / 0.8, 0.2 / 0.8
    a, b = math.sqrt(1 + x * x), math.sqrt(1 + y * y)
    irradiance = 2 * (x / a * math.atan(y / a) + y / b * math.atan(x / b))
    np.testing.assert_allclose(radiance.mean(axis=(0, 1)), 0.5 / math.pi * irradiance * np.array(light.radiance), rtol=2e-3)


# --- the rasterizer against paths -----------------------------------------------------------------------------

LIGHTS = {
    "sun": SunLight(direction=(-0.45, 0.3, -1.0), irradiance=(2.5, 2.4, 2.2), angular_diameter_rad=0.03),
    "spot": SpotLight(position_m=(0.9, -0.7, 2.0), direction=(-0.9, 0.7, -1.4), intensity=(4.0, 4.2, 4.5), inner_rad=0.3, outer_rad=0.5),
    "point": PointLight(position_m=(0.5, -0.5, 1.9), intensity=(4.0, 4.2, 4.5)),
    "rect": RectLight(position_m=(0.4, -0.3, 1.9), direction=(-0.4, 0.3, -1.2), size_m=(0.5, 0.3), radiance=(20.0, 22.0, 25.0)),
}


@pytest.mark.parametrize("name", ["table", "bin"])
@pytest.mark.parametrize("light", LIGHTS)
def test_mean_radiance_of_every_surface_agrees(name, light, raster, direct) -> None:
    spec = diffuse(replace(five_scenes()[name], environment=DARK, lights=(LIGHTS[light],)))
    camera = spec.cameras[0]
    small = replace(camera, width=160, height=120, fx=camera.fx / 2, fy=camera.fy / 2, cx=80, cy=60)
    ours, theirs = photographed(raster, spec, small), photographed(direct, spec, small)
    judged = 0
    for index in range(len(spec.bodies)):
        where = theirs.instance == index + 1
        if np.count_nonzero(where) > 200:
            judged += 1
            a, b = ours.radiance[where].mean(axis=0), theirs.radiance[where].mean(axis=0)
            np.testing.assert_allclose(a, b, rtol=0.03, err_msg=spec.bodies[index].name)
    assert judged >= 5


#: A board 0.2 m above the floor ends at x = 0; lamps hang 1 m above the floor, right above that edge.
BOARD = BodySpec(name="board", shape=BoxShape(size_m=(0.4, 0.8, 0.002)), world_from_body=Pose((-0.2, 0, 0.2)), material=DULL)
#: Looks along the floor's x axis from below the board: 0.5 mm a pixel.
BELOW = CameraSpec(
    width=160, height=5, fx=300, fy=300, cx=80, cy=2.5, world_from_camera=Pose.from_matrix(look_at((0, 0, 0.15), (0, 0, 0), (0, 1, 0)))
)
PENUMBRAS = {
    "sun": (SunLight(direction=DOWN, angular_diameter_rad=0.15), "disc", 0.4 * math.tan(0.075)),
    "spot": (SpotLight(position_m=(0, 0, 1), direction=DOWN, radius_m=0.06), "disc", 0.12 * 0.2 / 0.8),
    "point": (PointLight(position_m=(0, 0, 1), radius_m=0.06), "disc", 0.12 * 0.2 / 0.8),
    "rect": (RectLight(position_m=(0, 0, 1), direction=DOWN, up=(0, 1, 0), size_m=(0.12, 0.1)), "slab", 0.12 * 0.2 / 0.8),
}


def width_px(radiance):
    """Pixels between a tenth and nine tenths of the full light, along the rows' mean."""
    profile = radiance.mean(axis=(0, 2))
    profile = profile / np.median(profile[-20:])
    return np.interp([0.1, 0.9], profile, np.arange(len(profile))) @ (-1, 1)


def share_of_width(kind):
    """Between a tenth and nine tenths of what an edge uncovers, as a share of the whole."""
    x = np.linspace(-1, 1, 20001)
    uncovered = 0.5 + (x * np.sqrt(1 - x * x) + np.arcsin(x)) / math.pi if kind == "disc" else 0.5 + 0.5 * x
    return float(np.interp([0.1, 0.9], uncovered, x) @ (-1, 1)) / 2


@pytest.mark.parametrize("light", PENUMBRAS)
def test_penumbras_are_as_wide_as_the_lamp_makes_them(light, raster, direct) -> None:
    lamp, kind, whole_m = PENUMBRAS[light]
    spec = SceneSpec(bodies=(FLOOR, BOARD), lights=(lamp,), environment=DARK)
    expected_px = whole_m * share_of_width(kind) * BELOW.fx / 0.15
    theirs = width_px(photographed(direct, spec, BELOW).radiance)
    assert theirs == pytest.approx(expected_px, rel=0.05)
    ours = width_px(photographed(raster, spec, BELOW).radiance)
    assert ours == pytest.approx(theirs, rel=0.15)
