"""The conventions that every part must share, from end to end through the real engines; and that the page on them keeps its word."""

import ast
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from diorama.sim.annotate import annotate
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.physics.bullet import Bullet
from diorama.sim.render import open_renderer
from diorama.sim.spec import BodySpec, BoxShape, CameraSpec, EnvironmentSpec, Pose, SceneSpec, SensorSpec
from diorama.sim.transforms import apply, look_at, project, quat_from_axis_angle

ROOT = Path(__file__).parents[2]
LIBRARY = AssetLibrary()
#: At the origin, with the world's axes: x right, y down, z forward.
CAMERA = CameraSpec(width=64, height=48, fx=100.0, fy=100.0, cx=32.0, cy=24.0, sensor=SensorSpec(tone_curve="linear"))
DEPTH_M = 2.0


def card(name, u0, v0, u1, v1, depth_m=DEPTH_M):
    """A thin box whose front covers the pixels from (u0, v0) to (u1, v1), pixel borders at whole numbers."""
    thickness = 1e-5
    x0, x1 = ((u - CAMERA.cx) * depth_m / CAMERA.fx for u in (u0, u1))
    y0, y1 = ((v - CAMERA.cy) * depth_m / CAMERA.fy for v in (v0, v1))
    center = ((x0 + x1) / 2, (y0 + y1) / 2, depth_m + thickness / 2)
    return BodySpec(name=name, category="card", shape=BoxShape(size_m=(x1 - x0, y1 - y0, thickness)), world_from_body=Pose(center))


@pytest.fixture(scope="module")
def photograph():
    with open_renderer("raster", LIBRARY) as renderer:

        def take(spec, camera=CAMERA):
            renderer.load(spec)
            return renderer.render(camera, ("rgb", "depth", "instance", "normal", "amodal"))

        yield take


def seen(frame, body=0):
    """(row, column) of the pixels that show a body."""
    return np.argwhere(frame.instance == body + 1).tolist()


def test_the_centre_of_the_first_pixel_is_at_one_half(photograph):
    """What covers a pixel's centre is seen in it, however small; what covers everything but centres is not seen."""
    assert seen(photograph(SceneSpec(bodies=(card("dot", 0.45, 0.45, 0.55, 0.55),)))) == [[0, 0]]
    assert seen(photograph(SceneSpec(bodies=(card("dot", 10.45, 5.45, 10.55, 5.55),)))) == [[5, 10]]
    assert seen(photograph(SceneSpec(bodies=(card("between", 10.55, 5.0, 11.45, 6.0),)))) == []


def test_boxes_are_half_open_and_masks_fill_them(photograph):
    spec = SceneSpec(bodies=(card("card", 10, 5, 20, 9),))
    labels = annotate(spec, photograph(spec), LIBRARY)
    assert labels.box_xyxy.tolist() == [[10, 5, 20, 9]]
    assert labels.area_px.tolist() == [40]


def test_instance_ids_are_places_in_the_scene_plus_one(photograph):
    frame = photograph(
        SceneSpec(bodies=(card("left", 2, 2, 4, 4), replace(card("furniture", 6, 2, 8, 4), category=None), card("right", 10, 2, 12, 4)))
    )
    assert [frame.instance[3, u] for u in (3, 7, 11)] == [1, 2, 3]
    assert frame.instance[40, 60] == 0, "nothing is 0"


def test_depth_is_along_the_axis_and_infinite_where_nothing_is(photograph):
    frame = photograph(SceneSpec(bodies=(card("wall", -1, -1, 65, 24),)))
    assert_allclose(frame.depth_m[:24], DEPTH_M, rtol=1e-6)
    assert np.isposinf(frame.depth_m[24:]).all()


def test_normals_are_in_camera_axes_and_face_the_camera(photograph):
    frame = photograph(SceneSpec(bodies=(card("card", 0, 0, 64, 24),)))
    assert_allclose(frame.normal[:24], np.broadcast_to([0, 0, -1], (24, 64, 3)), atol=1e-6)
    assert_array_equal(frame.normal[24:], 0)


def test_points_are_seen_where_they_project(photograph):
    """A camera somewhere in the world, and a marker off its axis."""
    marker = (0.3, 0.2, 0.1)
    camera = replace(CAMERA, world_from_camera=Pose.from_matrix(look_at((1.5, -1.2, 1.0), (0.1, 0.1, 0.0))))
    ball = BodySpec(name="marker", category="card", shape=BoxShape(size_m=(0.02, 0.02, 0.02)), world_from_body=Pose(marker))
    frame = photograph(SceneSpec(bodies=(ball,)), camera)
    camera_from_world = np.linalg.inv(camera.world_from_camera.matrix)
    (u, v), depth = project(camera.k, apply(camera_from_world, [marker]))[0], apply(camera_from_world, [marker])[0, 2]
    rows_columns = np.array(seen(frame))
    assert_allclose(rows_columns.mean(axis=0) + 0.5, (v, u), atol=0.5)
    assert np.median(frame.depth_m[frame.instance == 1]) == pytest.approx(depth, abs=0.02)


@pytest.mark.parametrize("linear", [0.0, 0.05, 0.2, 0.5, 1.0, 7.0])
def test_colours_are_linear_in_scenes_and_srgb_in_pictures(photograph, linear):
    """Seen through nothing but the sensor: the background. IEC 61966-2-1 gives the number."""
    grey = (linear,) * 3
    frame = photograph(SceneSpec(environment=EnvironmentSpec(background_top=grey, background_bottom=grey)))
    clipped = min(linear, 1.0)
    encoded = 12.92 * clipped if clipped <= 0.0031308 else 1.055 * clipped ** (1 / 2.4) - 0.055
    assert_allclose(frame.rgb.astype(int), 255 * encoded, atol=0.51)


def test_pictures_are_red_green_blue(photograph):
    frame = photograph(SceneSpec(environment=EnvironmentSpec(background_top=(1, 0.2, 0), background_bottom=(1, 0.2, 0))))
    red, green, blue = frame.rgb[0, 0].tolist()
    assert red > green > blue == 0


def test_things_fall_towards_minus_z_and_quaternions_are_wxyz():
    """A slab turned about the vertical keeps lying flat; with its quaternion read as xyzw it would land on an edge."""
    floor = BodySpec(name="floor", shape=BoxShape(size_m=(1, 1, 0.1)), world_from_body=Pose((0, 0, -0.05)))
    turned = quat_from_axis_angle((0, 0, 1), math.radians(30))
    slab = BodySpec(name="slab", shape=BoxShape(size_m=(0.2, 0.1, 0.04)), mass_kg=0.5, category="card", world_from_body=Pose((0, 0, 0.06), turned))
    with Bullet(LIBRARY) as physics:
        rested = physics.settle(SceneSpec(bodies=(floor, slab))).body("slab").world_from_body
    assert rested.position_m == pytest.approx((0, 0, 0.02), abs=2e-3)
    assert rested.rotation_wxyz == pytest.approx(turned, abs=2e-2)


# --- the page ---

PAGE = (ROOT / "docs" / "conventions.md").read_text("utf-8")
PROOFS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
ROWS = [line for line in PAGE.splitlines() if line.startswith("|") and not re.match(r"\|[\s|:-]*$|\| *what\b", line)]


@pytest.mark.parametrize(("file", "test"), PROOFS, ids=[test for _, test in PROOFS])
def test_every_proof_on_the_page_is_a_test(file, test):
    functions = {node.name for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}
    assert test in functions


def test_every_row_of_the_page_has_a_proof():
    assert len(ROWS) > 15
    assert [row for row in ROWS if not re.search(r"`tests/[\w/]+\.py::\w+`", row)] == []
