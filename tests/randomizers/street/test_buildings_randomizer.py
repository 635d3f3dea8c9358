"""Houses stand on their plots, wall to wall or apart, and on the ground, however it slopes."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.buildings import Buildings
from diorama.randomizers.street.fronts import frontages
from diorama.randomizers.street.quarters import QUARTERS
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import Area, BuildingShape, Hill, Lane, RoadMap, SceneSpec, Terrain
from diorama.sim.transforms import apply
from diorama.testing import check_randomizer

CONTEXT = Context(library=AssetLibrary())
HILLS = Terrain(hills=(Hill(center_m=(20.0, 30.0), radius_m=90.0, height_m=9.0), Hill(center_m=(-50.0, -10.0), radius_m=40.0, height_m=-4.0)))


def plots_beside(side, points, offset, deep, count):
    """Plots on the left of a line, side by side."""
    step = (len(points) - 1) // count
    out = []
    for k in range(count):
        piece = points[k * step : (k + 1) * step + 1]
        sides = []
        for i, (x, y) in enumerate(piece):
            j = k * step + i
            (ax, ay), (bx, by) = points[max(j - 1, 0)], points[min(j + 1, len(points) - 1)]
            size = math.hypot(bx - ax, by - ay)
            nx, ny = -(by - ay) / size, (bx - ax) / size
            sides.append(((x + nx * offset, y + ny * offset), (x + nx * (offset + deep), y + ny * (offset + deep))))
        near, far = [s[0] for s in sides], [s[1] for s in sides]
        out.append(Area(name=f"{side}-{k}", kind="plot", outline_m=(*near, *far[::-1]), front_m=tuple(near)))
    return out


STRAIGHT = [(x, 0.0) for x in range(-100, 101, 20)]
BEND = [(80 * math.cos(a / 20), 80 * math.sin(a / 20)) for a in range(0, 41, 1)]
STREETS = {
    "straight": RoadMap(
        lanes=(Lane(name="a", kind="drive", points_m=tuple(STRAIGHT), width_m=3.5),),
        areas=(*plots_beside("left", STRAIGHT, 6.0, 22.0, 10), *plots_beside("right", STRAIGHT[::-1], 6.0, 22.0, 10)),
        terrain=HILLS,
    ),
    "bend": RoadMap(
        lanes=(Lane(name="a", kind="drive", points_m=tuple(BEND), width_m=3.5),),
        areas=(*plots_beside("left", BEND, 6.0, 22.0, 8), *plots_beside("right", BEND[::-1], 6.0, 22.0, 8)),
        terrain=HILLS,
    ),
}


def built(street, seed, **settings):
    spec = SceneSpec(roads=STREETS[street])
    randomizer = Buildings(**settings)
    params = randomizer.sample(Seed(seed), spec, CONTEXT)
    return randomizer.apply(spec, params), params


def footprint(body):
    """The four corners of its walls, in the world, from front left on."""
    shape = body.shape
    x, y = shape.depth_m / 2, shape.width_m / 2
    return apply(body.world_from_body.matrix, [(x, -y, 0.0), (x, y, 0.0), (-x, y, 0.0), (-x, -y, 0.0)])


def houses_of(spec):
    return [b for b in spec.bodies if isinstance(b.shape, BuildingShape)]


def inside(rim, x, y):
    crossings = 0
    for (x0, y0), (x1, y1) in rim:
        crossings += (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0)
    return crossings % 2 == 1


cases = {"street": st.sampled_from(sorted(STREETS)), "seed": st.integers(0, 2**32), "setting": st.sampled_from(sorted(QUARTERS))}


@settings(max_examples=25, deadline=None)
@given(**cases)
def test_houses_are_on_plots_and_clear_of_the_road(street, seed, setting):
    spec, params = built(street, seed, setting=Constant(setting))
    assert params["fitted"] == len(houses_of(spec)) <= params["asked"]
    assert params["fitted"] >= (2 if setting == "country" else 4)
    rims = [f.rim for f in frontages(STREETS[street].areas)]
    for house in houses_of(spec):
        corners = footprint(house)
        middle = corners.mean(axis=0)
        for shrunk in middle + 0.995 * (corners - middle):
            assert any(inside(rim, shrunk[0], shrunk[1]) for rim in rims)
        for lane in spec.roads.lanes:
            for (x0, y0), (x1, y1) in pairwise(lane.points_m):
                for x, y, _ in corners:
                    t = min(max(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2), 0), 1)
                    assert math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0)) > lane.width_m / 2 + 2.0


@settings(max_examples=25, deadline=None)
@given(**cases)
def test_no_two_houses_are_in_one_another(street, seed, setting):
    spec, _ = built(street, seed, setting=Constant(setting))
    prints = [footprint(h)[:, :2] for h in houses_of(spec)]
    for i, a in enumerate(prints):
        for b in prints[:i]:
            gaps = []
            for one in (a, b):
                for k in range(4):
                    edge = one[(k + 1) % 4] - one[k]
                    out = np.array([edge[1], -edge[0]]) / np.hypot(*edge)
                    pa, pb = a @ out, b @ out
                    gaps.append(max(pa.min() - pb.max(), pb.min() - pa.max()))
            assert max(gaps) >= -2e-3


@settings(max_examples=25, deadline=None)
@given(**cases)
def test_nothing_floats_and_no_door_is_buried(street, seed, setting):
    spec, _ = built(street, seed, setting=Constant(setting))
    for house in houses_of(spec):
        floor = house.world_from_body.position_m[2] - house.shape.origin_m
        corners = footprint(house)
        for k in range(4):
            for t in (0.0, 0.25, 0.5, 0.75):
                x, y, _ = corners[k] * (1 - t) + corners[(k + 1) % 4] * t
                assert floor - house.shape.plinth_m < spec.roads.ground_m(x, y, "plot")
        front = [spec.roads.ground_m(x, y, "plot") for x, y, _ in (corners[0], corners[1], (corners[0] + corners[1]) / 2)]
        assert floor == pytest.approx(max(front), abs=1e-6)
        assert house.world_from_body.matrix[2, 2] == pytest.approx(1.0)


def test_terraced_houses_meet_and_have_no_windows_between_them():
    towns = [houses_of(built("straight", seed, setting=Constant("residential"))[0]) for seed in range(6)]
    joined = [(a, b) for houses in towns for a, b in pairwise(houses) if a.shape.shared in ("right", "both") and b.shape.shared in ("left", "both")]
    assert len(joined) >= 20
    for a, b in joined:
        assert math.dist(footprint(a)[1, :2], footprint(b)[0, :2]) < 0.02 + abs(a.shape.depth_m - b.shape.depth_m)


@settings(max_examples=20, deadline=None)
@given(**cases)
def test_garden_walls_follow_the_ground_and_leave_the_door_free(street, seed, setting):
    spec, _ = built(street, seed, setting=Constant(setting))
    for body in spec.bodies:
        if body.stuff not in ("wall", "fence"):
            continue
        half = body.shape.length_m / 2
        for y in (-half, 0.0, half):
            x, z = (
                apply(body.world_from_body.matrix, [(0.0, y, -body.shape.origin_m)])[0, :2],
                apply(body.world_from_body.matrix, [(0.0, y, -body.shape.origin_m)])[0, 2],
            )
            assert abs(z - spec.roads.ground_m(*x, "plot")) < 0.35


@settings(max_examples=20, deadline=None)
@given(**cases)
def test_paths_lead_from_the_street_to_doors(street, seed, setting):
    spec, params = built(street, seed, setting=Constant(setting))
    slabs = [slab for outlines in params["paths"].values() for slab in outlines]
    paths = [b for b in spec.bodies if b.name.startswith("paths-")]
    assert len(paths) == len(params["paths"]) and {b.stuff for b in paths} <= {"ground"}
    if setting in ("town-centre", "industrial"):
        assert slabs == []
    houses = houses_of(spec)
    fronts = [f.line_m for f in frontages(STREETS[street].areas)]
    for slab in slabs:
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(slab, slab[1:] + slab[:1], strict=True)) / 2
        assert area > 0.2  # counter-clockwise
        # It lies between some house and some front, in neither.
        x, y = (sum(p[i] for p in slab) / 4 for i in range(2))
        gap = min(_outside(h, x, y) for h in houses)
        assert gap > -0.05
        assert gap < 16.0 and min(math.dist((x, y), p) for line in fronts for p in line) < 40.0


def _outside(house, x, y):
    m = house.world_from_body.matrix
    u, v = (x - m[0, 3]) * m[0, 0] + (y - m[1, 3]) * m[1, 0], (x - m[0, 3]) * m[0, 1] + (y - m[1, 3]) * m[1, 1]
    return max(abs(u) - house.shape.depth_m / 2, abs(v) - house.shape.width_m / 2)


def test_a_house_does_not_depend_on_another_streets():
    spec = SceneSpec(roads=STREETS["straight"])
    fewer = SceneSpec(roads=RoadMap(areas=STREETS["straight"].areas[:10], terrain=HILLS))
    all_of_them, some = (Buildings(most=10_000, setting=Constant("suburb")).sample(Seed(1), s, CONTEXT)["houses"] for s in (spec, fewer))
    assert some == all_of_them[: len(some)] and 0 < len(some) < len(all_of_them)


def test_too_many_are_left_out_on_all_fronts_alike():
    spec, params = built("straight", 0, most=6, setting=Constant("residential"))
    assert params["fitted"] == len(params["houses"]) == 6
    sides = [house.world_from_body.position_m[1] > 0 for house in houses_of(spec)]
    assert sum(sides) == 3
    assert built("straight", 0, most=0)[1]["houses"] == []


def test_contract():
    check_randomizer(Buildings(), spec=SceneSpec(roads=STREETS["bend"]))


def test_without_roads():
    with pytest.raises(InvalidValue, match="no roads"):
        Buildings().sample(Seed(0), SceneSpec(), CONTEXT)
    with pytest.raises(InvalidValue, match="setting must"):
        Buildings(setting=Constant("downtown"))
    with pytest.raises(InvalidValue, match="most must"):
        Buildings(most=-1)


def test_plots_without_a_front_are_left_alone():
    roads = RoadMap(areas=(Area(name="p", kind="plot", outline_m=((0.0, 0.0), (30.0, 0.0), (30.0, 30.0))),))
    assert Buildings().sample(Seed(0), SceneSpec(roads=roads), CONTEXT)["asked"] == 0
