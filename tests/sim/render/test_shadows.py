"""Shadows of every light against closed forms and against rays.

`lit` asks the kernels' own function how much of a light a point sees; `seen` finds out with rays in NumPy, one for each of many points of the
light, and shares nothing with it.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.device import Scratch, wp
from diorama.sim.render.raster.lanes import Lanes, spread
from diorama.sim.render.raster.light_data import LightData, Shadows
from diorama.sim.render.raster.lights import SceneLights
from diorama.sim.render.raster.scene import SceneCache
from diorama.sim.render.raster.shadow_lanes import lit_fractions
from diorama.sim.render.raster.shadow_views import MAP_TEXELS
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    ImageTexture,
    KannalaBrandt,
    Light,
    MaterialSpec,
    PointLight,
    Pose,
    RectLight,
    SceneSpec,
    SphereShape,
    SpotLight,
    SunLight,
)
from diorama.sim.spec.pose import pose_matrices
from diorama.sim.transforms import apply, look_at, normalize, quat_from_axis_angle

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

UP = (0.0, 0.0, 1.0)
FLOOR = BodySpec(name="floor", shape=BoxShape(size_m=(20, 20, 1)), world_from_body=Pose((0, 0, -0.5)))
#: Far enough away to be shown nothing closer.
FAR = CameraSpec(world_from_camera=Pose.from_matrix(look_at((0, -500, 500), (0, 0, 0))), fx=100, fy=100)
LIGHTS = {
    "sun": SunLight(direction=(0.5, 0.3, -1), angular_diameter_rad=0.02),
    "wide-sun": SunLight(direction=(0.5, 0.3, -1), angular_diameter_rad=0.3),
    "low-sun": SunLight(direction=(1, 0.3, -0.25), angular_diameter_rad=0.02),
    "spot": SpotLight(position_m=(0.5, -0.6, 1.5), direction=(-0.5, 0.6, -1.5), radius_m=0.03, inner_rad=0.7, outer_rad=0.8),
    "wide-spot": SpotLight(position_m=(0.4, -0.2, 0.9), direction=(-0.2, 0.2, -1), radius_m=0.02, inner_rad=1.3, outer_rad=1.4),
    "point": PointLight(position_m=(0.1, 0.1, 1.2), radius_m=0.03),
    "point-among": PointLight(position_m=(0, 0, 0.35), radius_m=0.02),
    "rect": RectLight(position_m=(0.2, 0.2, 1.5), direction=(-0.1, -0.1, -1), up=(0, 1, 0), size_m=(0.3, 0.2)),
    "large-rect": RectLight(position_m=(0.2, 0.2, 1.5), direction=(-0.1, -0.1, -1), up=(0, 1, 0), size_m=(1, 0.8)),
    "window": RectLight(position_m=(-1.5, 0, 0.8), direction=(1, 0, -0.1), size_m=(1, 1)),
}


@wp.kernel
def look(
    lights: wp.array(dtype=LightData),
    index: int,
    shadows: Shadows,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    out: wp.array(dtype=float),
):
    t = wp.tid()
    out[t] = lit_fractions(shadows, lights[index].shadow, spread(points[t]), spread(normals[t]), Lanes(1.0))[0]


class Lit:
    """The lights of a scene, to be asked about points. `scratch` may have been used for another."""

    def __init__(self, raster: Raster, library: Any, spec: SceneSpec, *, camera: CameraSpec = FAR, scratch: Scratch | None = None) -> None:
        self.device = raster.device
        scenes = SceneCache(library, self.device)
        scene = scenes.scene(scenes.bodies(spec))
        scratch = scratch or Scratch(self.device)
        scene.place(pose_matrices(body.world_from_body for body in spec.bodies), scratch)
        self.arrays = SceneLights(spec.lights, spec.mounts, scene, scratch, 1 if self.device == "cpu" else 32).seen_by(camera)
        self.maps = self.arrays.shadows.maps.numpy()

    def __call__(self, points: Any, normals: Any = UP, light: int = 0) -> NDArray[np.float32]:
        points = np.ascontiguousarray(np.reshape(points, (-1, 3)), np.float32)
        normals = np.ascontiguousarray(np.broadcast_to(normals, points.shape), np.float32)
        out = wp.empty(len(points), dtype=wp.float32, device=self.device)
        at = (wp.array(values, dtype=wp.vec3, device=self.device) for values in (points, normals))
        wp.launch(look, dim=len(points), inputs=[self.arrays.lights, light, self.arrays.shadows, *at, out], device=self.device)
        return np.array(out.numpy())


def box(name: str, size_m: Sequence[float], position_m: Sequence[float], turn_rad: float = 0.0) -> BodySpec:
    x, y, z = (float(v) for v in size_m)
    px, py, pz = (float(v) for v in position_m)
    return BodySpec(name=name, shape=BoxShape(size_m=(x, y, z)), world_from_body=Pose((px, py, pz), quat_from_axis_angle(UP, turn_rad)))


def blocked(points: NDArray[np.float64], toward: NDArray[np.float64], boxes: Sequence[BodySpec]) -> NDArray[np.bool_]:
    """Which of the segments from points to points + toward meet a box."""
    out = np.zeros(len(points), np.bool_)
    for body in boxes:
        assert isinstance(body.shape, BoxShape)
        m, half = body.world_from_body.matrix, np.array(body.shape.size_m) / 2
        p, d = (points - m[:3, 3]) @ m[:3, :3], toward @ m[:3, :3]
        with np.errstate(divide="ignore", invalid="ignore"):
            sides = np.stack([(-half - p) / d, (half - p) / d])
        enter, leave = sides.min(axis=0).max(axis=1), sides.max(axis=0).min(axis=1)
        out |= (leave > enter) & (leave > 0) & (enter < 1)
    return out


def seen(light: Light, boxes: Sequence[BodySpec], points: Any, normals: Any, steps: int = 12) -> NDArray[np.float64]:
    """How much of the light each point sees, by rays to steps x steps points of its shape."""
    points = np.reshape(points, (-1, 3)).astype(np.float64)
    normals = np.broadcast_to(normals, points.shape)
    grid = (np.arange(steps) + 0.5) / steps * 2 - 1
    x, y = (a.ravel() for a in np.meshgrid(grid, grid))
    if not isinstance(light, RectLight):
        x, y = x[x * x + y * y <= 1], y[x * x + y * y <= 1]
    if isinstance(light, SunLight):
        axis, center, size = -np.array(normalize(light.direction)), None, (math.tan(light.angular_diameter_rad / 2),) * 2
    elif isinstance(light, PointLight):
        center, size = np.array(light.position_m), (light.radius_m,) * 2
        axis = (points - center) / np.linalg.norm(points - center, axis=1, keepdims=True)
    else:
        center, axis = np.array(light.position_m), np.array(normalize(light.direction))
        size = (light.size_m[0] / 2, light.size_m[1] / 2) if isinstance(light, RectLight) else (light.radius_m,) * 2
    if isinstance(light, RectLight):
        width, height, _ = (np.array(a) for a in light.axes)
    else:
        width = np.cross(axis, (0.31, 0.52, 0.83))
        width = width / np.linalg.norm(width, axis=-1, keepdims=True)
        height = np.cross(axis, width)
    lit, total = np.zeros(len(points)), np.zeros(len(points))
    for sx, sy in zip(x * size[0], y * size[1], strict=True):
        offset = width * sx + height * sy
        toward = np.broadcast_to((axis + offset) * 1e4, points.shape) if center is None else center + offset - points
        weight = np.ones(len(points))
        if isinstance(light, RectLight):
            weight = np.maximum((toward * normals).sum(axis=1), 0) * np.maximum(-toward @ axis, 0) / (toward**2).sum(axis=1) ** 2
        lit += weight * ~blocked(points, toward, boxes)
        total += weight
    return lit / np.maximum(total, 1e-12)


def clutter(seed: int, count: int = 12) -> tuple[BodySpec, ...]:
    """Boxes on the floor and above it."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(count):
        size = rng.uniform(0.03, 0.25, 3)
        made.append(box(f"box-{i}", size, (*rng.uniform(-0.6, 0.6, 2), size[2] / 2 if i % 3 else rng.uniform(0.2, 0.5)), rng.uniform(0, 3)))
    return tuple(made)


def faces_of(body: BodySpec, rng: np.random.Generator, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points all over a box, and their normals."""
    assert isinstance(body.shape, BoxShape)
    m, half = body.world_from_body.matrix, np.array(body.shape.size_m) / 2
    points, normals = [], []
    for axis in range(3):
        for side in (-1, 1):
            p = rng.uniform(-1, 1, (count, 3)) * half
            p[:, axis] = side * half[axis]
            points.append(p @ m[:3, :3].T + m[:3, 3])
            normals.append(np.tile(side * m[:3, axis], (count, 1)))
    return np.concatenate(points), np.concatenate(normals)


def toward_light(light: Light, points: NDArray[np.float64]) -> NDArray[np.float64]:
    away = np.broadcast_to(-np.array(light.direction), points.shape) if isinstance(light, SunLight) else np.array(light.position_m) - points
    return away / np.linalg.norm(away, axis=1, keepdims=True)


# --- against rays -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LIGHTS)
def test_as_much_light_is_seen_as_rays_find(raster: Raster, library: Any, name: str) -> None:
    light, boxes, rng = LIGHTS[name], clutter(1), np.random.default_rng(2)
    sides = [faces_of(body, rng, 30) for body in boxes]
    points = np.concatenate([np.c_[rng.uniform(-1, 1, (1500, 2)), np.zeros(1500)], *(p for p, _ in sides)])
    normals = np.concatenate([np.tile(UP, (1500, 1)), *(n for _, n in sides)])
    toward = toward_light(light, points)
    off = points + 1e-4 * normals
    inside = np.zeros(len(points), np.bool_)
    for body in boxes:
        m = body.world_from_body.matrix
        inside |= np.all(np.abs((off - m[:3, 3]) @ m[:3, :3]) < np.array(body.shape.size_m) / 2, axis=1)
    asked = ~inside & ((toward * normals).sum(axis=1) > 0.1) & (points[:, 2] > -1e-3)
    if isinstance(light, SpotLight | RectLight):
        cosine = -(toward @ np.array(normalize(light.direction)))
        asked &= cosine > (math.cos(light.outer_rad) if isinstance(light, SpotLight) else 0.1)
    points, normals, off = points[asked], normals[asked], off[asked]
    got = Lit(raster, library, SceneSpec(bodies=(FLOOR, *boxes), lights=(light,)))(points, normals)
    error = got - seen(light, boxes, off, normals)
    assert len(points) > 1500
    assert np.ptp(got) == 1
    assert np.abs(error).mean() < (0.025 if name == "window" else 0.012)
    assert abs(error.mean()) < 0.008
    assert np.mean(np.abs(error) > 0.25) < 0.01


# --- closed forms -----------------------------------------------------------------------------------------


def profile(raster: Raster, library: Any, light: Light, plate: BodySpec, line: NDArray[np.float64]) -> tuple[float, float, float]:
    """Where along a line that leads out of the plate's shadow 10, 50 and 90 % of the light are seen."""
    lit = Lit(raster, library, SceneSpec(bodies=(FLOOR, plate), lights=(light,)))
    got = lit(line)
    assert got[0] == 0
    assert got[-1] == 1
    assert np.all(np.diff(got) > -0.02)
    steps = np.linalg.norm(line - line[0], axis=1)
    ten, fifty, ninety = (float(steps[np.argmax(got > level)]) for level in (0.1, 0.5, 0.9))
    return ten, fifty, ninety


#: From 10 % to 90 % of a disc's area is this share of its radius.
DISC = 1.3748
PLATE = box("plate", (0.6, 2, 0.002), (0, 0, 0.5))
LINE = np.linspace((0, 0, 0), (1.2, 0, 0), 4001)
STEP = 1.2 / 4000


@pytest.mark.parametrize("angle", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("height", [0.2, 0.8])
def test_the_suns_penumbra_is_as_wide_as_its_disc_from_the_caster(raster: Raster, library: Any, angle: float, height: float) -> None:
    light = SunLight(direction=(0.5, 0, -1), angular_diameter_rad=angle)
    plate = replace(PLATE, world_from_body=Pose((0, 0, height)))
    ten, fifty, ninety = profile(raster, library, light, plate, LINE + (0.5 * height, 0, 0))
    # The disc is h / cos away and is cut aslant by the floor.
    radius = height * (1 + 0.25) * math.tan(angle / 2)
    texel = 2.3 / MAP_TEXELS
    assert fifty == pytest.approx(0.3, abs=texel + 0.03 * radius)
    assert ninety - ten == pytest.approx(DISC * radius, rel=0.1, abs=texel)


@pytest.mark.parametrize("kind", ["spot", "point"])
@pytest.mark.parametrize(("radius_m", "height"), [(0.02, 0.5), (0.1, 0.5), (0.3, 0.2), (0.3, 1.0)])
def test_a_lamps_penumbra_is_its_disc_past_the_edge(raster: Raster, library: Any, kind: str, radius_m: float, height: float) -> None:
    position = (0.0, 0.0, 2.0)
    light = PointLight(position_m=position, radius_m=radius_m)
    if kind == "spot":
        light = SpotLight(position_m=position, direction=(0, 0, -1), radius_m=radius_m, inner_rad=0.9, outer_rad=1.0)
    plate = replace(PLATE, world_from_body=Pose((0, 0, height)))
    ten, fifty, ninety = profile(raster, library, light, plate, LINE)
    edge, radius = 0.3 * 2 / (2 - height), radius_m * height / (2 - height)
    assert fifty == pytest.approx(edge, abs=0.003 + 0.04 * radius)
    assert ninety - ten == pytest.approx(DISC * radius, rel=0.12, abs=0.003)


@pytest.mark.parametrize(("along", "size_m"), [(0, 0.4), (0, 0.1), (1, 0.4), (1, 0.1)])
@pytest.mark.parametrize("height", [0.2, 0.7])
def test_a_rectangles_penumbra_is_its_side_past_the_edge(raster: Raster, library: Any, along: int, size_m: float, height: float) -> None:
    """Whichever side: the other is four times as long, or a quarter."""
    other = 0.5 - size_m
    light = RectLight(position_m=(0, 0, 2), direction=(0, 0, -1), up=(0, 1, 0), size_m=(size_m, other) if along == 0 else (other, size_m))
    plate = replace(PLATE, world_from_body=Pose((0, 0, height)), shape=BoxShape(size_m=(0.6, 2, 0.002) if along == 0 else (2, 0.6, 0.002)))
    ten, fifty, ninety = profile(raster, library, light, plate, np.roll(LINE, along, axis=1))
    assert fifty == pytest.approx(0.6 / (2 - height), abs=0.003)
    assert ninety - ten == pytest.approx(0.8 * size_m * height / (2 - height), rel=0.13, abs=0.002)


def test_a_panel_wider_than_what_it_lights_is_seen_from_all_its_parts(raster: Raster, library: Any) -> None:
    """Two metres of light, half a metre above a plate: from its middle alone, the plate's underside would hide the rest of it."""
    light = RectLight(position_m=(0, 0, 1.7), direction=(0, 0, -1), up=(0, 1, 0), size_m=(2, 2))
    plate = box("plate", (1.2, 1.2, 0.002), (0, 0, 1.2))
    lit = Lit(raster, library, SceneSpec(bodies=(FLOOR, plate), lights=(light,)))
    line = np.linspace((0, 0, 0), (2.5, 0, 0), 400)
    assert len(lit.maps) > 1
    error = lit(line) - seen(light, (plate,), line, UP, 40)
    assert np.abs(error).max() < 0.09
    assert np.abs(error).mean() < 0.03


def test_shadows_point_away_from_a_lamp_in_a_ring(raster: Raster, library: Any) -> None:
    """Posts all around a point of light: every shadow is radial, and runs on from one face of its cube of maps to the next."""
    count, turn = 24, 2 * math.pi / 24
    posts = tuple(box(f"post-{i}", (0.02, 0.02, 3.0), (math.cos(i * turn), math.sin(i * turn), 0), i * turn) for i in range(count))
    light = PointLight(position_m=(0, 0, 0), radius_m=0)
    lit = Lit(raster, library, SceneSpec(bodies=posts, lights=(light,)))
    assert len(lit.maps) >= 4
    angle, height = (a.ravel() for a in np.meshgrid(np.linspace(0, 2 * math.pi, 7201), np.linspace(-1.8, 1.8, 19)))
    points = np.stack([2 * np.cos(angle), 2 * np.sin(angle), height], axis=1)
    got = lit(points, -points / np.linalg.norm(points, axis=1, keepdims=True))
    # A post's near face is 0.99 m away and 0.01 m to each side.
    off = np.abs((angle + turn / 2) % turn - turn / 2)
    shade, slack = math.atan(0.01 / 0.99), 2 * 2 / MAP_TEXELS
    assert not got[off < shade - slack].any()
    assert np.all(got[off > shade + slack] == 1)


def test_a_lamp_lights_in_all_directions_through_the_seams_of_its_maps(raster: Raster, library: Any) -> None:
    """A lamp in a cage of bars: a sphere around it has a shadow where a ray meets a bar, on all six faces and between them."""
    bars = tuple(
        box(f"bar-{axis}-{i}-{j}", [1.0 if a == axis else 0.03 for a in range(3)], np.insert([0.4 * i, 0.4 * j], axis, 0.0))
        for axis in range(3)
        for i in (-1, 1)
        for j in (-1, 1)
    )
    light = PointLight(position_m=(0.03, -0.02, 0.01), radius_m=0.01)
    rng = np.random.default_rng(3)
    away = rng.normal(size=(6000, 3))
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    points = np.array(light.position_m) + 1.5 * away
    lit = Lit(raster, library, SceneSpec(bodies=bars, lights=(light,)))
    error = lit(points, -away) - seen(light, bars, points, -away)
    assert len(lit.maps) == 6
    assert np.abs(error).max() < 0.25
    assert np.abs(error).mean() < 0.004


# --- no acne, no gaps -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LIGHTS, "point-near"])
def test_what_stands_alone_is_lit_to_the_last_bit(raster: Raster, library: Any, name: str) -> None:
    """A plate, a turned box, a ball: what faces the light sees all of it, as if shadows were off."""
    light = replace(LIGHTS["point"], position_m=(0.1, 0.0, 0.3)) if name == "point-near" else LIGHTS[name]
    rng = np.random.default_rng(4)
    for body in (box("plate", (1.6, 1.6, 0.05), (0, 0, 0.1), 0.3), box("box", (0.3, 0.2, 0.1), (0, 0, 0.06), 1.0)):
        points, normals = faces_of(body, rng, 2000)
        facing = (toward_light(light, points) * normals).sum(axis=1) > 0.02
        if isinstance(light, RectLight):
            facing &= toward_light(light, points) @ np.array(light.direction) < -0.05
        assert facing.sum() > 1000
        # A pebble below, or nothing would be drawn.
        pebble = box("pebble", (0.02, 0.02, 0.005), (0, 0, 0.0025))
        lit = Lit(raster, library, SceneSpec(bodies=(body, pebble), lights=(light,)))
        assert len(lit.maps) > 0
        assert np.all(lit(points[facing], normals[facing]) == 1)


@pytest.mark.parametrize(
    "light",
    [
        LIGHTS["sun"],
        LIGHTS["low-sun"],
        LIGHTS["spot"],
        PointLight(position_m=(-0.9, 0.1, 1.2), radius_m=0.05),
        RectLight(position_m=(-1, 0, 1.2), direction=(1, 0, -1), size_m=(0.4, 0.3)),
    ],
)
def test_a_shadow_begins_at_the_foot(raster: Raster, library: Any, light: Light) -> None:
    """Behind a box on the floor there is no lit gap wider than two millimetres, and before it no shadow."""
    body = box("box", (0.3, 0.3, 0.3), (0, 0, 0.15))
    lit = Lit(raster, library, SceneSpec(bodies=(FLOOR, body), lights=(light,)))
    away = -toward_light(light, np.array([[0.15, 0.0, 0.0]]))[0]
    side = 1.0 if away[0] > 0 else -1.0
    y = np.linspace(-0.05, 0.05, 101)
    behind = np.stack([np.full(101, side * (0.15 + 0.002)), y, np.zeros(101)], axis=1)
    assert lit(behind).max() < 0.02
    before = behind * (-1, 1, 1)
    assert lit(before).min() == 1


def test_ground_casts_no_shadow_and_takes_no_room(raster: Raster, library: Any) -> None:
    """The same maps with the floor and without; but a floor with a room below is a ceiling."""
    boxes, sun = clutter(5), LIGHTS["sun"]
    with_floor, without = (Lit(raster, library, SceneSpec(bodies=bodies, lights=(sun,))).maps for bodies in ((FLOOR, *boxes), boxes))
    assert with_floor["width"] == without["width"]
    assert np.array_equal(with_floor["place"], without["place"])
    cellar = box("cellar", (20, 20, 0.1), (0, 0, -4))
    below = np.array([(x, y, -3.95) for x in (-2, 0, 2) for y in (-2, 0, 2)])
    assert not Lit(raster, library, SceneSpec(bodies=(FLOOR, cellar, *boxes), lights=(sun,)))(below).any()


def test_a_ball_among_little_ones_shades_them(raster: Raster, library: Any) -> None:
    """What stands within the box of something round is not inside of it."""
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=1.0, segments=8), world_from_body=Pose((0, 0, 1)))
    small = box("small", (0.1, 0.1, 0.1), (0.85, 0.85, 0.05))
    light = SunLight(direction=(0.5, 0.5, -1))
    assert not Lit(raster, library, SceneSpec(bodies=(ball, small), lights=(light,)))([(0.85, 0.85, 0.1)]).any()


# --- what lets light through ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sun", "spot", "point"])
@pytest.mark.parametrize("alpha", ["mask", "blend"])
def test_light_passes_where_a_texture_is_cut_out(raster: Raster, library: Any, tmp_path: Path, name: str, alpha: Any) -> None:
    """A plate of ten centimetre squares, every other one of which is not there: so is its shadow."""
    picture = np.full((64, 64, 4), 255, np.uint8)
    picture[:32, :32, 3] = picture[32:, 32:, 3] = 0
    path = str(tmp_path / "squares.png")
    cv2.imwrite(path, picture)
    material = MaterialSpec(texture=ImageTexture(path=path, tile_m=0.2), alpha=alpha)
    plate = replace(box("plate", (1.2, 1.2, 0.002), (0, 0, 0.3)), material=material)
    lamp = (0.05, 0.05, 2.3)
    light = {
        "sun": SunLight(direction=(0, 0, -1), angular_diameter_rad=0.001),
        "spot": SpotLight(position_m=lamp, direction=(0, 0, -1), radius_m=0, inner_rad=0.5, outer_rad=0.6),
        "point": PointLight(position_m=lamp, radius_m=0),
    }[name]
    x, y = (a.ravel() for a in np.meshgrid(np.arange(-5, 5) * 0.1 + 0.05, np.arange(-5, 5) * 0.1 + 0.05))
    on_plate = np.stack([x, y, np.full_like(x, 0.3)], axis=1)
    toward = np.array([0, 0, -0.3]) if name == "sun" else (on_plate - lamp) * 0.3 / 2
    got = Lit(raster, library, SceneSpec(bodies=(FLOOR, plate), lights=(light,)))(on_plate + toward)
    there = (np.floor(x / 0.1) + np.floor(y / 0.1)) % 2
    assert np.array_equal(got, there) or np.array_equal(got, 1 - there)
    assert set(got) == {0, 1}


def test_glass_lets_light_through_and_half_of_what_is_blended_does(raster: Raster, library: Any) -> None:
    shades = {
        MaterialSpec(): 0,
        MaterialSpec(transmission=0.9): 1,
        MaterialSpec(transmission=0.2): 0,
        MaterialSpec(alpha="blend", opacity=0.3): 1,
        MaterialSpec(alpha="blend", opacity=0.7): 0,
        MaterialSpec(alpha="mask", opacity=0.3): 1,
    }
    for material, lit in shades.items():
        plate = replace(box("plate", (0.5, 0.5, 0.01), (0, 0, 0.3)), material=material)
        stone = box("stone", (0.05, 0.05, 0.05), (1, 0, 0.025))
        assert Lit(raster, library, SceneSpec(bodies=(FLOOR, plate, stone), lights=(LIGHTS["sun"],)))([(0.15, 0.09, 0)]) == lit


# --- many lights, large scenes ----------------------------------------------------------------------------


def test_twelve_lights_are_twelve_times_one(raster: Raster, library: Any) -> None:
    boxes = clutter(6)
    lights = (*LIGHTS.values(), LIGHTS["sun"], LIGHTS["spot"])
    rng = np.random.default_rng(7)
    points = np.c_[rng.uniform(-1, 1, (2000, 2)), np.zeros(2000)]
    together = Lit(raster, library, SceneSpec(bodies=(FLOOR, *boxes), lights=lights))
    for index, light in enumerate(lights):
        alone = Lit(raster, library, SceneSpec(bodies=(FLOOR, *boxes), lights=(light,)))
        assert np.array_equal(together(points, light=index), alone(points))


def test_a_hundred_lamps_share_the_room_there_is(raster: Raster, library: Any) -> None:
    boxes = clutter(8)
    lamps = tuple(PointLight(position_m=(x / 6 - 0.75, y / 6 - 0.75, 0.9), radius_m=0.01) for x in range(10) for y in range(10))
    lit = Lit(raster, library, SceneSpec(bodies=(FLOOR, *boxes), lights=lamps))
    assert (lit.maps["width"].astype(int) * lit.maps["height"]).sum() < 32_000_000
    rng = np.random.default_rng(9)
    points = np.c_[rng.uniform(-1, 1, (1000, 2)), np.zeros(1000)]
    for index in (0, 37, 99):
        assert np.abs(lit(points, light=index) - seen(lamps[index], boxes, points, UP)).mean() < 0.02


STREET_SUN = SunLight(direction=(0.2, 1, -0.8), angular_diameter_rad=0.0093)
POLES_M = (5.0, 20.0, 60.0, 150.0)


def street() -> tuple[BodySpec, ...]:
    """Two hundred metres: houses on one side, a pole now and then, on a ground of half a kilometre."""
    houses = tuple(box(f"house-{i}", (12, 8, 9 + i % 5), (15 * i + 6, -30, (9 + i % 5) / 2)) for i in range(13))
    poles = tuple(box(f"pole-{x:g}", (0.2, 0.2, 6), (x, 0, 3)) for x in POLES_M)
    return (box("ground", (500, 500, 1), (100, 0, -0.5)), *houses, *poles)


@pytest.mark.parametrize("lens", [None, KannalaBrandt()])
def test_a_poles_shadow_is_sharp_near_and_far(raster: Raster, library: Any, lens: KannalaBrandt | None) -> None:
    """Edges are where they should be to a pixel and a half, whatever the lens."""
    eye = (0.0, 3.0, 1.6)
    camera = CameraSpec(
        width=640, height=480, fx=400, fy=400, cx=320, cy=240, distortion=lens, world_from_camera=Pose.from_matrix(look_at(eye, (100, 3, 1.6)))
    )
    spec = SceneSpec(bodies=street(), lights=(STREET_SUN,))
    lit = Lit(raster, library, spec, camera=camera)
    assert len(lit.maps) > 2
    slope = np.array(STREET_SUN.direction[:2]) / -STREET_SUN.direction[2]
    for x in POLES_M:
        # Across the shadow of what is two metres up.
        middle = np.array([x, 0.0]) + 2 * slope
        off = np.linspace(-1, 1, 4001)
        got = lit(np.stack([middle[0] + off, np.full(4001, middle[1]), np.zeros(4001)], axis=1))
        distance = math.dist((*middle, 0), eye)
        dark = off[got < 0.5]
        # A square pole, whose far corners the slanting light passes: its near edge's shadow is from -0.1 - 0.02 to 0.1 + 0.02.
        half = 0.1 + 0.1 * 0.2
        tolerance = 1.5 * distance / 400 + 0.003
        assert dark.min() == pytest.approx(-half, abs=tolerance)
        assert dark.max() == pytest.approx(half, abs=tolerance)


def test_a_small_scene_needs_no_closer_maps(raster: Raster, library: Any) -> None:
    camera = CameraSpec(world_from_camera=Pose.from_matrix(look_at((1.2, 0.7, 1.1), (0, 0, 0))))
    assert len(Lit(raster, library, SceneSpec(bodies=(FLOOR, *clutter(1)), lights=(LIGHTS["sun"],)), camera=camera).maps) == 1


def test_closer_maps_agree_with_the_map_of_all(raster: Raster, library: Any) -> None:
    boxes = clutter(1)
    spec = SceneSpec(bodies=(FLOOR, *boxes), lights=(LIGHTS["wide-sun"],))
    camera = CameraSpec(fx=4000, fy=4000, world_from_camera=Pose.from_matrix(look_at((-0.75, -0.45, 1.5), (0, 0, 0))))
    closer, all_ = Lit(raster, library, spec, camera=camera), Lit(raster, library, spec)
    assert len(closer.maps) > len(all_.maps) == 1
    rng = np.random.default_rng(10)
    points = np.c_[rng.uniform(-0.1, 0.1, (3000, 2)), np.zeros(3000)]
    apart = np.abs(closer(points) - all_(points))
    assert apart.mean() < 0.004
    assert np.mean(apart > 0.06) < 0.005


def test_shadows_do_not_depend_on_what_was_drawn_before(raster: Raster, library: Any) -> None:
    """Nor on who asked before: maps are drawn into memory that others have used."""
    spec = SceneSpec(bodies=(FLOOR, *clutter(1)), lights=tuple(LIGHTS.values()))
    other = SceneSpec(bodies=street(), lights=(STREET_SUN, LIGHTS["wide-sun"], LIGHTS["window"]))
    near = CameraSpec(world_from_camera=Pose.from_matrix(look_at((0, 3, 1.6), (100, 3, 1.6))))
    rng = np.random.default_rng(11)
    points = np.c_[rng.uniform(-1, 1, (3000, 2)), np.zeros(3000)]
    first = Lit(raster, library, spec)
    scratch = Scratch(raster.device)
    Lit(raster, library, other, camera=near, scratch=scratch)
    again = Lit(raster, library, spec, scratch=scratch)
    for index in range(len(LIGHTS)):
        assert np.array_equal(first(points, light=index), again(points, light=index))


def test_pictures_of_a_street_do_not_depend_on_the_cameras_before(raster: Raster) -> None:
    spec = SceneSpec(bodies=street(), lights=(STREET_SUN,), environment=EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0)))
    cameras = [
        CameraSpec(width=96, height=64, fx=60, fy=60, cx=48, cy=32, world_from_camera=Pose.from_matrix(look_at((x, 3, 1.6), (x + 50, 0, 0))))
        for x in (0, 90)
    ]
    raster.load(spec)
    alone = [raster.render(camera, ("radiance",)).radiance for camera in cameras]
    again = [raster.render(camera, ("radiance",)).radiance for camera in reversed(cameras)][::-1]
    for a, b in zip(alone, again, strict=True):
        assert np.array_equal(a, b)


def test_a_cylinder_in_its_own_light_has_a_clean_edge(raster: Raster, library: Any) -> None:
    """Facets of a round body that face the sun are lit, whatever their neighbours do."""
    body = BodySpec(name="can", shape=CylinderShape(radius_m=0.1, height_m=0.3), world_from_body=Pose((0, 0, 0.15)))
    light = LIGHTS["sun"]
    step = 2 * math.pi / 48
    angle = (np.arange(48) + 0.5) * step
    normals = np.stack([np.cos(angle), np.sin(angle), np.zeros(48)], axis=1)
    points = normals * 0.1 * math.cos(step / 2) + (0, 0, 0.15)
    facing = normals @ -np.array(normalize(light.direction)) > 0.1
    got = Lit(raster, library, SceneSpec(bodies=(FLOOR, body), lights=(light,)))(points[facing], normals[facing])
    assert np.all(got == 1)


def test_a_tilted_kilometre_of_ground_leaves_a_ball_its_shadow(raster: Raster) -> None:
    """The ground casts shadows, since others reach below its top; yet what is near the camera has fine maps."""
    tilt = (0.9999500004166653, 0.0028603400948456798, 0.009534466982818932, 0.0009534466982818933)
    plane = BodySpec(name="plane", shape=BoxShape(size_m=(1000, 1000, 2)), world_from_body=Pose((0, 0, -1), tilt))
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.5), world_from_body=Pose((4.5, -1.0, 0.6)))
    sun = SunLight(direction=(0, 0, -1), irradiance=(3, 3, 3), angular_diameter_rad=0.01)
    camera = CameraSpec.from_fov(width=160, height=120, fov_y_rad=1.0, world_from_camera=Pose.from_matrix(look_at((0, 0, 1.5), (4.5, -1.0, 0.0))))
    raster.load(SceneSpec(bodies=(plane, ball), lights=(sun,), environment=EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0))))
    frame = raster.render(camera, ("shadow", "depth", "instance"))
    x, y = np.meshgrid((np.arange(160) + 0.5 - camera.cx) / camera.fx, (np.arange(120) + 0.5 - camera.cy) / camera.fy)
    points = np.stack([x, y, np.ones_like(x)], axis=-1) * np.where(frame.instance == 1, frame.depth_m, 0.0)[..., None]
    points = apply(camera.world_from_camera.matrix, points.reshape(-1, 3)).reshape(120, 160, 3)
    away = np.hypot(points[..., 0] - 4.5, points[..., 1] + 1.0)
    on_ground = frame.instance == 1
    assert (on_ground & (away < 0.45)).sum() > 20
    assert frame.shadow[on_ground & (away < 0.45)].min() == 1
    assert frame.shadow[on_ground & (away > 0.55)].max() == 0
