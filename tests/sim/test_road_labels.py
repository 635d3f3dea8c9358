"""Lines of roads are labelled where their paint is seen, and drivable areas where the lanes are."""

from dataclasses import replace

import numpy as np
import pytest
from three_lanes import CAR, ENDS_M, HILLS, LEVEL, WIDTH_M, driver, scene

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.drivable import ALTERNATIVE, DIRECT, OTHER, drivable, ways
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Frame
from diorama.sim.ground import heights_m, is_flat
from diorama.sim.lane_lines import lane_lines
from diorama.sim.render.raster import Raster
from diorama.sim.spec import BodySpec, BoxShape, BrownConrady, KannalaBrandt, Motion, Pose, SceneSpec
from diorama.sim.spec.roads import Lane, RoadMap
from diorama.sim.transforms import apply, invert, look_at, project


@pytest.fixture(scope="module")
def raster():
    with Raster(AssetLibrary()) as raster:
        yield raster


def taken(raster, spec, camera) -> Frame:
    raster.load(spec)
    return raster.render(camera, ("depth", "instance"))


@pytest.mark.parametrize("terrain", [LEVEL, HILLS])
@pytest.mark.parametrize("bend", [0.0, 0.02, -0.01])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"distortion": BrownConrady(k1=-0.2, k2=0.05, p1=0.001)},
        {"distortion": KannalaBrandt(k1=0.02, k2=-0.01)},
        {"rolling_shutter_s": 0.06, "motion": Motion((15.0, 2.0, 0.0), (0.0, 0.1, 0.5))},
    ],
)
def test_lines_are_on_their_paint(raster, terrain, bend, fields):
    spec = scene(terrain, bend, (CAR,) if terrain is LEVEL else ())
    # From a bridge, so that paint is seen that runs across as well.
    camera = driver(terrain, **fields).resized(640, 400)
    camera = replace(camera, world_from_camera=Pose.from_matrix(look_at((0.0, -1.0, 9.0), (22.0, -1.0, 0.0))))
    frame = taken(raster, spec, camera)
    paint = frame.instance == 2
    seen = lane_lines(spec, frame)
    assert {part.line.name for part in seen} >= {"line-1", "line-2"}
    near = checked = 0
    for part in seen:
        for (u, v), point, visible in zip(part.pixels, part.points_m, part.visible, strict=True):
            if point[2] > 40 or not (2 < u < 638 and 2 < v < 398):
                continue
            x, y = int(u), int(v)
            around = paint[y - 1 : y + 2, x - 1 : x + 2]
            if visible:
                near += around.any()
                checked += 1
            else:  # or what is there is nearer, and of the ground before a crest
                assert not paint[y, x] or frame.depth_m[y, x] < 0.95 * point[2], (part.line.name, u, v)
    assert checked > 20
    assert near >= 0.97 * checked  # paint may be between pixels' middles, far away


def test_paint_has_its_label(raster):
    """Every pixel of paint that is near enough is beside a labelled line."""
    spec, camera = scene(HILLS, 0.01), driver(HILLS)
    frame = taken(raster, spec, camera)
    rows, columns = np.nonzero((frame.instance == 2) & (frame.depth_m < 80))
    away = np.full(len(rows), np.inf)
    for part in lane_lines(spec, frame):
        for a, b in zip(part.pixels[:-1], part.pixels[1:], strict=True):
            way, off = b - a, np.stack([columns + 0.5, rows + 0.5], axis=1) - a
            t = np.clip((off * way).sum(axis=1) / (way @ way), 0, 1)
            gap = off - t[:, None] * way
            away = np.minimum(away, np.hypot(*gap.T))
    half_px = 0.15 * camera.fx / frame.depth_m[rows, columns]
    assert (away <= half_px + 1.5).mean() > 0.99


def test_a_car_hides_what_it_is_before(raster):
    """As a ray from the camera to each point says."""
    spec, camera = scene(others=(CAR,)), driver()
    eye, half = np.array(camera.world_from_camera.position_m), np.array((2, 0.9, 0.75))
    hidden = 0
    frame = taken(raster, spec, camera)
    is_car = np.pad(frame.instance == 3, 1, mode="edge")
    for part in lane_lines(spec, frame):
        world = apply(camera.world_from_camera.matrix, part.points_m)
        for (u, v), point, visible in zip(part.pixels, world, part.visible, strict=True):
            x, y = min(int(u), 255), min(int(v), 159)
            around = is_car[y : y + 3, x : x + 3]
            if around.any() != around.all():
                continue  # at its edge
            way, low, high = point - eye, np.array(CAR.world_from_body.position_m) - half, np.array(CAR.world_from_body.position_m) + half
            with np.errstate(divide="ignore"):
                a, b = (low - eye) / way, (high - eye) / way
            enters, leaves = np.minimum(a, b).max(), np.maximum(a, b).min()
            assert visible == (not 0 < enters < min(leaves, 0.99))
            hidden += not visible
    assert hidden >= 5


def test_closed_form_on_a_level_road(raster):
    spec, camera = scene(), driver()
    seen = {part.line.name: part for part in lane_lines(spec, taken(raster, spec, camera))}
    assert len(seen) == 4
    for k in range(4):
        part = seen[f"line-{k}"]
        y, (x0, *_, x1) = (k - 2) * WIDTH_M, apply(camera.world_from_camera.matrix, part.points_m)[:, 0]
        expected = project(camera.k, apply(invert(camera.world_from_camera.matrix), [(x, y, 0.0) for x in (x0, x1)]))
        assert part.pixels[[0, -1]] == pytest.approx(expected, abs=1e-6)
        # It comes in over an edge, and ends where the road does.
        u, v = part.pixels[0]
        assert min(u, v, abs(256 - u), abs(160 - v)) < 1e-9
        assert x1 == pytest.approx(ENDS_M, abs=1e-6)
        way = part.pixels[-1] - part.pixels[0]
        off = part.pixels - part.pixels[0]
        assert np.abs(off[:, 0] * way[1] - off[:, 1] * way[0]).max() / np.hypot(*way) < 1e-6


def test_what_is_behind_or_far_is_left_out(raster):
    spec, camera = scene(), driver()
    back = replace(camera, world_from_camera=Pose.from_matrix(look_at((-30.0, 0.0, 1.5), (-60.0, 0.0, 1.0))))
    assert lane_lines(spec, taken(raster, spec, back)) == []
    away = replace(camera, world_from_camera=Pose.from_matrix(look_at((-400.0, 0.0, 1.5), (0.0, 0.0, 1.0))))
    assert lane_lines(spec, taken(raster, spec, away)) == []
    assert lane_lines(spec.replace(roads=None), taken(raster, spec, camera)) == []


def test_heights_are_the_terrains():
    places = np.random.default_rng(0).uniform(-100, 150, (50, 2))
    assert heights_m(HILLS, places) == pytest.approx([HILLS.height_m(x, y) for x, y in places], abs=1e-12)


# --- drivable ---


def lanes_seen(spec, camera, frame) -> np.ndarray:
    """By the plane that each pixel's ray meets: the lane's number from the right, and how far from its edges."""
    v, u = np.mgrid[0 : camera.height, 0 : camera.width] + 0.5
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], axis=-1)
    ways = rays @ camera.world_from_camera.matrix[:3, :3].T
    x, y, z = camera.world_from_camera.position_m
    with np.errstate(divide="ignore"):
        t = -z / ways[..., 2]
    return x + t * ways[..., 0], (y + t * ways[..., 1]) / WIDTH_M + 2


@pytest.mark.parametrize(("y", "codes"), [(-1.0, (ALTERNATIVE, DIRECT, OTHER)), (-5.0, (DIRECT, ALTERNATIVE, OTHER))])
def test_lanes_of_a_level_road(raster, y, codes):
    spec, camera = scene(others=(CAR,)), driver(y=y)
    frame = taken(raster, spec, camera)
    found = drivable(spec, frame)
    along, across = lanes_seen(spec, camera, frame)
    clear = (np.abs(across - np.round(across)) > 0.25 / WIDTH_M) & (along < 95) & (along > 0)
    for lane, code in enumerate(codes):
        mine = clear & (np.floor(across) == lane) & (frame.instance > 0) & (frame.instance <= 2)
        assert mine.sum() > 100
        assert (found[mine] == code).all(), lane
    assert (found[frame.instance == 3] == OTHER).all()
    assert (found[frame.instance == 0] == OTHER).all()


def test_nothing_is_drivable_off_the_lanes(raster):
    for y, target in ((30.0, 60.0), (1.5, 30.0)):  # far beside; and against the traffic
        camera = replace(driver(), world_from_camera=Pose.from_matrix(look_at((0, y, 1.6), (20, target if y > 20 else y, 0))))
        spec = scene()
        if y == 1.5:
            spec = spec.replace(roads=replace(spec.roads, lanes=spec.roads.lanes[2:]))
        assert (drivable(spec, taken(raster, spec, camera)) == OTHER).all()
    assert (drivable(scene().replace(roads=None), taken(raster, scene(), driver())) == OTHER).all()


def test_ways_go_on():
    def lane(name, start, end, **fields):
        return Lane(name=name, kind="drive", points_m=((start, fields.pop("y", 0.0)), (end, 0.0)), width_m=3.0, **fields)

    lanes = (
        lane("a", 0.0, 10.0, next=("b", "c")),
        lane("b", 10.0, 20.0, next=("a",), right="d"),
        lane("c", 10.0, 20.0, y=0.1),
        Lane(name="d", kind="drive", points_m=((10.0, -3.0), (20.0, -3.0)), width_m=3.0, left="b", next=("e", "c")),
        Lane(name="e", kind="drive", points_m=((20.0, -3.0), (30.0, -3.0)), width_m=3.0),
        Lane(name="f", kind="cycle", points_m=((0.0, -3.0), (9.0, -3.0)), width_m=3.0),
    )
    direct, beside = ways(RoadMap(lanes=lanes), driver(y=0.2))
    assert [lane.name for lane in direct] == ["a", "b", "c"]
    assert [lane.name for lane in beside] == ["d", "e"]


def test_flat_is_what_lies():
    bodies = [BodySpec(name=n, shape=BoxShape(size_m=(1, 1, 1)), stuff=n) for n in ("road", "wall", "parking", "sidewalk")]
    assert is_flat(SceneSpec(bodies=tuple(bodies))).tolist() == [False, True, False, True, True]
    assert is_flat(SceneSpec(bodies=tuple(bodies)), ("road", "parking")).tolist() == [False, True, False, True, False]


@pytest.mark.parametrize("label", [lane_lines, drivable])
def test_channels_are_needed(label):
    with pytest.raises(InvalidValue, match='"instance" and "depth"'):
        label(scene(), Frame(camera=driver()))
