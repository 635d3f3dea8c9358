"""What places objects: apart from each other, wholly where they belong, evenly over all places, exact where nothing varies."""

import math

import numpy as np
import pytest
from box_geometry import corners, distance_beside, gap, least_distance_beside, least_gap
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from diorama.randomizers import RANDOMIZERS
from diorama.randomizers.base import Select
from diorama.randomizers.distributions import Choice, Constant, Uniform, UniformInt
from diorama.randomizers.facing import Facing
from diorama.randomizers.grid import Grid
from diorama.randomizers.objects import Objects
from diorama.randomizers.on_surface import OnSurface
from diorama.randomizers.pile import Pile
from diorama.randomizers.relative import Relative
from diorama.randomizers.scatter import Scatter
from diorama.randomizers.stack import Stack
from diorama.sim.errors import InvalidValue, RejectedScene
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, PhysicsSpec, Pose
from diorama.testing import check_randomizer

TABLE_LOW, TABLE_HIGH, TOP = (-0.5, -0.6), (0.7, 0.2), 0.72
SEEDS = st.integers(0, 10**6)
BRICKS = Choice(["brick", "carton"])


def placed(room, context, seed, *randomizers):
    """The room with these applied in turn."""
    for i, randomizer in enumerate(randomizers):
        room = randomizer.apply(room, randomizer.sample(Seed(seed).child(randomizer.name, i), room, context))
    return room


def objects(spec):
    return [b for b in spec.bodies if "object" in b.tags]


def some(count, categories=None, **settings):
    return Objects(count=Constant(count), categories=categories, **settings)


def is_on_table(body, context, margin=0.0):
    points = corners(body, context)
    return (points[:, :2] >= np.add(TABLE_LOW, margin) - 1e-9).all() and (points[:, :2] <= np.subtract(TABLE_HIGH, margin) + 1e-9).all()


def box(name, size, at, *tags, rotation=(1.0, 0.0, 0.0, 0.0)):
    return BodySpec(name=name, shape=BoxShape(size_m=size), world_from_body=Pose(at, rotation), tags=tags)


def yaw_of(body):
    m = body.world_from_body.matrix
    return math.degrees(math.atan2(m[1, 0], m[0, 0]))


@pytest.mark.parametrize("name", ["drop", "facing", "grid", "on-surface", "pile", "scatter", "stack"])
def test_keeps_the_contract(name):
    check_randomizer(RANDOMIZERS[name]())


def test_relative_keeps_the_contract(room, context):
    spec = placed(room, context, 0, some(3), OnSurface(), Objects(count=Constant(3), label="near"))
    check_randomizer(Relative(on=Select(tags=("near",)), of=Select(names=("object-*",))), spec=spec, library=context.library)


# --- on-surface and scatter ---------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, spacing=st.sampled_from([0.0, 0.01, 0.03]), rest=st.sampled_from(["upright", "flat", "face"]))
def test_what_stands_keeps_apart_and_wholly_on_the_table(seed, spacing, rest, room, context):
    surface = OnSurface(spacing_m=spacing, rest=Constant(rest), margin_m=0.02)
    bodies = objects(placed(room, context, seed, some(10), surface))
    assert least_gap(bodies, context) > 0
    assert least_distance_beside(bodies, context) >= spacing - 1e-9
    for body in bodies:
        assert is_on_table(body, context, 0.02)
        assert corners(body, context)[:, 2].min() == pytest.approx(TOP + surface.gap_m, abs=1e-9)


def test_things_keep_clear_of_furniture_and_of_what_stands_there(room, context):
    spec = room.replace(bodies=(*room.bodies, box("tower", (0.3, 0.3, 0.5), (0.1, -0.2, 0.97), rotation=(math.cos(0.3), 0, 0, math.sin(0.3)))))
    for seed in range(10):
        spec_now = placed(spec, context, seed, some(8), OnSurface(), some(8, label="more"), OnSurface(on=Select(tags=("more",)), spacing_m=0.02))
        everything = [*objects(spec_now), spec_now.body("tower")]
        assert len(everything) == 17
        assert least_gap(everything, context) > 0
        assert least_distance_beside(everything, context) >= 0.005 - 1e-9
        later = [b for b in everything if b.name.startswith("more")]
        for body in later:
            assert min(distance_beside(body, other, context) for other in everything if other is not body) >= 0.02 - 1e-9


def test_shelves_are_filled_by_their_area_and_headroom(room, context):
    """A thing stands where it fits under the next board, and more often on larger boards."""
    boards = (box("low", (0.6, 0.4, 0.02), (0, 0, 1.0), "shelf"), box("high", (0.6, 0.2, 0.02), (0, 0.1, 1.09), "shelf"))
    spec = room.replace(bodies=(*room.bodies, *boards))
    on = OnSurface(support=Select(tags=("shelf",)), margin_m=0)
    heights = [
        corners(objects(placed(spec, context, s, some(1, Choice(["carton"]), scale=Constant(1)), on))[0], context)[:, 2].min() for s in range(300)
    ]
    low = sum(h < 1.05 for h in heights)
    assert low + sum(h > 1.09 for h in heights) == 300
    # 0.12 m high, a carton fits below the upper board nowhere: on the lower one in the half that is open above.
    for seed in range(50):
        (body,) = objects(placed(spec, context, seed, some(1, Choice(["carton"]), scale=Constant(1)), on))
        assert gap(body, spec.body("high"), context) > 0
    assert 60 < low < 160


def test_a_single_thing_is_anywhere_evenly(room, context):
    """All places at which a brick of 4 cm fits are as likely."""
    for kind in (OnSurface(margin_m=0.0, yaw_deg=Constant(0)), Scatter(margin_m=0.0, yaw_deg=Constant(0), rest=Constant("upright"))):
        spec = placed(room, context, 0, some(1, scale=Constant(1), assets=("brick/0",)))
        places = np.array([kind.sample(Seed(s), spec, context)["poses"]["object-00"]["position_m"][:2] for s in range(400)])
        for axis in range(2):
            low, high = TABLE_LOW[axis] + 0.02, TABLE_HIGH[axis] - 0.02
            assert stats.kstest(places[:, axis], stats.uniform(low, high - low).cdf).pvalue > 0.01
        counts = np.histogram2d(*places.T, bins=[5, 3], range=[(-0.48, 0.68), (-0.58, 0.18)])[0]
        assert stats.chisquare(counts.ravel()).pvalue > 0.01


def test_yaw_is_even(room, context):
    spec = placed(room, context, 0, some(1))
    yaws = [yaw_of(OnSurface().apply(spec, OnSurface().sample(Seed(s), spec, context)).bodies[-1]) % 360 for s in range(500)]
    assert stats.kstest(np.array(yaws) / 360, "uniform").pvalue > 0.01


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_scattered_things_are_no_nearer_than_their_distance(seed, room, context):
    scatter = Scatter(distance_m=Constant(0.15), spacing_m=0.01, size_m=(0.9, 0.6), middle_m=(0.05, 0.0))
    bodies = objects(placed(room, context, seed, some(8), scatter))
    places = np.array([b.world_from_body.position_m[:2] for b in bodies])
    apart = np.linalg.norm(places[:, None] - places, axis=2)[~np.eye(len(bodies), dtype=bool)]
    assert apart.min() >= 0.15 - 1e-9
    assert least_gap(bodies, context) > 0
    assert least_distance_beside(bodies, context) >= 0.01 - 1e-9
    for body in bodies:
        points = corners(body, context)
        assert (points[:, :2] >= np.array([0.1 + 0.05 - 0.45, -0.2 - 0.3]) + 0.01 - 1e-9).all()
        assert (points[:, :2] <= np.array([0.1 + 0.05 + 0.45, -0.2 + 0.3]) - 0.01 + 1e-9).all()


def test_scattered_points_are_bluer_than_even_ones(room, context):
    """Nearest neighbours of a Poisson-disc pattern vary less than those of points thrown without looking (Clark and Evans, 1954)."""

    def ratio(distance):
        shares = []
        for seed in range(10):
            bodies = objects(
                placed(room, context, seed, some(40, scale=Constant(0.05)), Scatter(distance_m=Constant(distance), spacing_m=0, margin_m=0))
            )
            p = np.array([b.world_from_body.position_m[:2] for b in bodies])
            nearest = (np.linalg.norm(p[:, None] - p, axis=2) + 10 * np.eye(40)).min(axis=1).mean()
            shares.append(nearest / (0.5 / math.sqrt(40 / (1.2 * 0.8))))
        return np.mean(shares)

    assert 0.95 < ratio(0.0) < 1.2
    assert 1.2 < ratio(0.1) < 2.15  # that of a hexagonal lattice, which no pattern exceeds


def test_says_what_does_not_fit(room, context):
    for kind in (OnSurface(), Scatter()):
        with pytest.raises(RejectedScene, match=r"^no-room: object-\d\d+ does not fit on table") as caught:
            placed(room, context, 0, some(400), kind)
        assert caught.value.reason == "no-room"
        with pytest.raises(InvalidValue, match=r"nothing to put objects on: no body of the scene is in Select\(.*'desk'"):
            placed(room, context, 0, some(1), type(kind)(support=Select(names=("desk",))))


def test_a_pole_has_no_level_top(room, context):
    ball = BodySpec(name="roof", shape=BoxShape(size_m=(0.1, 0.1, 0.1)), world_from_body=Pose((0, 0, 1), (math.cos(0.4), math.sin(0.4), 0, 0)))
    with pytest.raises(InvalidValue, match=r"^roof has no level top to put objects on$"):
        placed(room.replace(bodies=(*room.bodies, ball)), context, 0, some(1), OnSurface(support=Select(names=("roof",))))


def test_turned_tables_have_turned_edges(context, room):
    half = math.radians(20) / 2
    desk = box("desk", (0.5, 0.2, 0.04), (0.3, 0.4, 0.5), "desk", rotation=(math.cos(half), 0, 0, math.sin(half)))
    spec = room.replace(bodies=(*room.bodies, desk))
    for seed in range(20):
        spec_now = placed(spec, context, seed, some(3, Choice(["brick"])), OnSurface(support=Select(tags=("desk",)), margin_m=0.01))
        m = desk.world_from_body.matrix
        for body in objects(spec_now):
            local = (corners(body, context) - m[:3, 3]) @ m[:3, :3]
            assert (np.abs(local[:, :2]) <= np.array([0.25, 0.1]) - 0.01 + 1e-9).all()


# --- grid ---------------------------------------------------------------------------------------------------


def still(**settings):
    return Grid(**({"turn_deg": Constant(0), "jitter_m": Constant(0)} | settings))


def test_a_grid_without_jitter_is_exact(room, context):
    grid = still(rows=Constant(3), columns=Constant(4), pitch_m=(0.2, 0.15), rest=Constant("upright"))
    bodies = objects(placed(room, context, 0, some(12, scale=Constant(1)), grid))
    for i, body in enumerate(bodies):
        row, column = divmod(i, 4)
        points = corners(body, context)
        assert (points.min(axis=0) + points.max(axis=0))[:2] / 2 == pytest.approx([0.1 + (column - 1.5) * 0.2, -0.2 + (row - 1) * 0.15], abs=1e-9)
        assert points[:, 2].min() == pytest.approx(TOP + grid.gap_m, abs=1e-9)


def test_a_grid_fills_the_support(room, context):
    bodies = objects(
        placed(room, context, 0, some(20, scale=Constant(1), assets=("brick/0",)), still(rows=Constant(4), columns=Constant(5), margin_m=0.1))
    )
    xs = sorted({round(b.world_from_body.position_m[0], 6) for b in bodies})
    ys = sorted({round(b.world_from_body.position_m[1], 6) for b in bodies})
    assert xs == pytest.approx([-0.4 + 0.2 * (i + 0.5) for i in range(5)])
    assert ys == pytest.approx([-0.5 + 0.15 * (i + 0.5) for i in range(4)])


def test_flat_things_lie_on_a_largest_face(room, context):
    grid = still(rows=Constant(3), columns=Constant(3), pitch_m=(0.3, 0.25), rest=Constant("flat"))
    for body in objects(placed(room, context, 3, some(9, scale=Constant(1)), grid)):
        points = corners(body, context)
        assert points[:, 2].max() - points[:, 2].min() == pytest.approx(min(context.library.SIZES[body.shape.asset]))


def test_faces_are_as_likely(room, context):
    spec = placed(room, context, 0, some(1, assets=("brick/1",)))
    ups = []
    for seed in range(600):
        grid = still(rows=Constant(1), columns=Constant(1), rest=Constant("face"))
        m = grid.apply(spec, grid.sample(Seed(seed), spec, context)).bodies[-1].world_from_body.matrix
        up = np.round(m[2, :3], 9)
        assert sorted(np.abs(up)) == [0, 0, 1]
        ups.append(tuple(up))
    counts = np.unique(ups, axis=0, return_counts=True)[1]
    assert len(counts) == 6 and stats.chisquare(counts).pvalue > 0.01


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, yaw=st.floats(-10, 10))
def test_a_grid_with_jitter_keeps_clear(seed, yaw, room, context):
    grid = Grid(rows=Constant(3), columns=Constant(4), pitch_m=(0.11, 0.13), yaw_deg=Constant(yaw), spacing_m=0.004, shuffled=True)
    bodies = objects(placed(room, context, seed, some(10, BRICKS, scale=Constant(0.8)), grid))
    assert least_gap(bodies, context) > 0
    assert least_distance_beside(bodies, context) >= 0.004 - 1e-9


@pytest.mark.parametrize("yaw", [0, 3, 11, 30, 45])
def test_a_tight_row_of_turned_boxes_fits(yaw, room, context):
    """Boxes turned all alike by any angle, 2 mm apart: nothing is taken for larger than it is."""
    pitch = 0.0821 / math.cos(math.radians(yaw))  # 8 cm wide across, and a tenth of a millimetre to spare
    grid = still(rows=Constant(1), columns=Constant(5), pitch_m=(pitch, 0.2), yaw_deg=Constant(yaw), rest=Constant("upright"), spacing_m=0.002)
    wide = some(5, scale=Constant(1), assets=("brick/1",))
    if yaw == 45:  # corner to corner, boxes 5 cm deep are nearer across their short side
        wide = some(5, scale=Constant(1), assets=("brick/0",))
    assert least_distance_beside(objects(placed(room, context, 0, wide, grid)), context) >= 0.002 - 1e-9


def test_more_things_than_cells_are_refused(room, context):
    with pytest.raises(RejectedScene, match=r"^no-room: a grid of 2 x 2 has no cells for 5 objects$"):
        placed(room, context, 0, some(5), still(rows=Constant(2), columns=Constant(2)))
    with pytest.raises(RejectedScene, match=r"^no-room: object-01 does not fit in its cell, 0.05 x 0.05 m"):
        placed(room, context, 0, some(5, Choice(["carton"])), still(pitch_m=(0.05, 0.05)))


# --- stack --------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_towers_go_up_in_order_and_keep_apart(seed, room, context):
    stack = Stack(height=UniformInt(2, 4), jitter=Uniform(-0.2, 0.2), spacing_m=0.03)
    spec = placed(room, context, seed, some(11))
    params = stack.sample(Seed(seed), spec, context)
    bodies = objects(stack.apply(spec, params))
    assert sum(params["towers"]) == 11 and all(1 <= n <= 4 for n in params["towers"][:-1])
    assert least_gap(bodies, context) >= stack.gap_m - 1e-9
    start = 0
    for n in params["towers"]:
        tower = [corners(b, context) for b in bodies[start : start + n]]
        top = TOP
        for i, points in enumerate(tower):
            assert points[:, 2].min() == pytest.approx(top + stack.gap_m, abs=1e-9)
            top = points[:, 2].max()
            if i:
                low, high = tower[i - 1].min(axis=0), tower[i - 1].max(axis=0)
                narrow = np.minimum(high - low, points.max(axis=0) - points.min(axis=0))
                off = (points.min(axis=0) + points.max(axis=0) - low - high) / 2
                assert (np.abs(off) <= 0.2 * narrow + 1e-9)[:2].all()
        start += n


def test_stacked_bricks_stand(room, context):
    """Towers of boxes that hardly jut out are still towers when they have come to rest, in nearly all seeds."""
    stand = 0
    with Bullet(context.library) as physics:
        for seed in range(12):
            spec = placed(room, context, seed, some(9, BRICKS), Stack(height=Constant(3)))
            rest = physics.settle(spec)
            moved = [math.dist(a.world_from_body.position_m, b.world_from_body.position_m) for a, b in zip(objects(spec), objects(rest), strict=True)]
            stand += max(moved) < 0.012
    assert stand >= 10


# --- pile ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bin_room(room):
    """A bin, 40 x 30 x 20 cm within, on the floor in the middle of the room; and nothing else to stand on."""
    thick, (x, y, z) = 0.02, (0.4, 0.3, 0.2)
    walls = [
        box("bin-wall-0", (thick, y, z), (-(x + thick) / 2, 0, thick + z / 2)),
        box("bin-wall-1", (thick, y, z), ((x + thick) / 2, 0, thick + z / 2)),
        box("bin-wall-2", (x + 2 * thick, thick, z), (0, -(y + thick) / 2, thick + z / 2)),
        box("bin-wall-3", (x + 2 * thick, thick, z), (0, (y + thick) / 2, thick + z / 2)),
    ]
    floor = box("bin-floor", (x, y, thick), (0, 0, thick / 2), "support")
    ground = BodySpec(name="ground", shape=BoxShape(size_m=(6, 6, 0.1)), world_from_body=Pose((0, 0, -0.05)))
    physics = PhysicsSpec(bounds_min_m=(-x / 2, -y / 2, 0.0), bounds_max_m=(x / 2, y / 2, 2.0))
    return room.replace(bodies=(ground, floor, *walls), physics=physics)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, choices=st.integers(1, 10))
def test_a_pile_starts_between_the_walls_and_apart(seed, choices, bin_room, context):
    pile = Pile(choices=Constant(choices))
    bodies = objects(placed(bin_room, context, seed, some(15), pile))
    assert least_gap(bodies, context) >= -1e-9
    for body in bodies:
        points = corners(body, context)
        assert (np.abs(points[:, :2]) <= np.array([0.2, 0.15]) - pile.margin_m + 1e-9).all()
        assert points[:, 2].min() >= 0.02 + pile.gap_m - 1e-9
    lows = [corners(b, context)[:, 2].min() for b in bodies]
    assert min(lows) == pytest.approx(0.02 + pile.gap_m)


def test_more_choices_pile_lower(bin_room, context):
    def height(choices):
        pile = Pile(choices=Constant(choices), spread=Constant(1))
        return np.mean([max(corners(b, context)[:, 2].max() for b in objects(placed(bin_room, context, s, some(12), pile))) for s in range(15)])

    assert height(12) < 0.75 * height(1)


def test_a_pile_comes_to_rest_inside_the_bin(bin_room, context):
    inside = 0
    with Bullet(context.library) as physics:
        for seed in range(8):
            try:
                rest = physics.settle(placed(bin_room, context, seed, some(15), Pile()))
            except RejectedScene:
                continue
            inside += 1
            for body in objects(rest):
                x, y, z = body.world_from_body.position_m
                assert abs(x) < 0.2 and abs(y) < 0.15 and 0.02 < z < 0.3
    assert inside >= 7


def test_what_is_larger_than_the_bin_is_refused(bin_room, context):
    with pytest.raises(RejectedScene, match=r"^no-room: object-00 does not fit into bin-floor$"):
        placed(bin_room, context, 0, some(1, scale=Constant(8), assets=("brick/2",)), Pile())
    with pytest.raises(RejectedScene, match=r"^no-room: object-\d+ does not fit under 0.3 m above bin-floor$"):
        placed(bin_room, context, 0, some(60), Pile(max_height_m=0.3))


# --- relative and facing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "out"), [("front", (1, 0)), ("left", (0, 1)), ("behind", (-1, 0)), ("right", (0, -1))])
def test_beside_is_exactly_as_far_as_asked_for(side, out, room, context):
    near = Relative(on=Select(tags=("near",)), side=Constant(side), distance_m=Constant(0.03), offset=Constant(0), yaw_deg=Constant(0))
    for seed in range(10):
        spec = placed(room, context, seed, some(1), OnSurface(margin_m=0.26), some(1, label="near"), near)
        first, second = objects(spec)
        assert gap(first, second, context) == pytest.approx(0.03, abs=1e-9)
        m = first.world_from_body.matrix
        local = (corners(second, context) - m[:3, 3]) @ m[:3, :3]
        middle = (local.min(axis=0) + local.max(axis=0))[:2] / 2
        assert middle @ np.array(out) > 0
        assert middle @ np.array([-out[1], out[0]]) == pytest.approx(0, abs=1e-9)
        assert yaw_of(first) == pytest.approx(yaw_of(second), abs=1e-6)
        assert corners(second, context)[:, 2].min() == pytest.approx(corners(first, context)[:, 2].min() + near.gap_m, abs=1e-9)


def test_on_top_is_over_the_middle(room, context):
    on_top = Relative(on=Select(tags=("near",)), side=Constant("top"), distance_m=Constant(0.002), offset=Constant(0))
    for seed in range(10):
        first, second = objects(placed(room, context, seed, some(1), OnSurface(), some(1, label="near"), on_top))
        a, b = corners(first, context), corners(second, context)
        assert b[:, 2].min() - a[:, 2].max() == pytest.approx(0.002, abs=1e-9)
        assert (b.min(axis=0) + b.max(axis=0))[:2] == pytest.approx((a.min(axis=0) + a.max(axis=0))[:2], abs=1e-9)


def test_sides_of_the_world(room, context):
    right = Relative(on=Select(tags=("near",)), side=Constant("left"), turning=False, distance_m=Constant(0.05), offset=Constant(0))
    for seed in range(5):
        first, second = objects(placed(room, context, seed, some(1), OnSurface(margin_m=0.26), some(1, label="near"), right))
        assert corners(second, context)[:, 1].min() - corners(first, context)[:, 1].max() == pytest.approx(0.05, abs=1e-9)


def test_many_by_a_few_keep_apart(room, context):
    near = Relative(on=Select(tags=("near",)))
    for seed in range(10):
        spec = placed(room, context, seed, some(3, BRICKS), OnSurface(margin_m=0.1, spacing_m=0.15), some(6, BRICKS, label="near"))
        params = near.sample(Seed(seed), spec, context)
        assert least_gap(objects(near.apply(spec, params)), context) >= 0
        assert {p["by"] for p in params["poses"].values()} <= {"object-00", "object-01", "object-02"}


def test_relative_needs_something_to_go_by(room, context):
    with pytest.raises(InvalidValue, match="there is nothing to go by"):
        placed(room, context, 0, some(3), Relative(on=Select(tags=("object",))))


@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (1.0, 1.0, 0.5)])
def test_facing_a_point(axis, room, context):
    facing = Facing(axis=axis, toward_m=(2.0, 1.5, 0.0), error_deg=Constant(0))
    for body in objects(placed(room, context, 1, some(4), OnSurface(spacing_m=0.1), facing)):
        x, y, _ = body.world_from_body.matrix[:3, :3] @ axis
        to = np.subtract((2.0, 1.5), body.world_from_body.position_m[:2])
        assert (x, y) / np.hypot(x, y) == pytest.approx(to / np.linalg.norm(to), abs=1e-8)


def test_facing_a_direction_keeps_place_and_tilt(room, context):
    spec = placed(room, context, 2, some(4), OnSurface(spacing_m=0.1, rest=Constant("face")))
    turned = placed(spec, context, 2, Facing(azimuth_deg=30, axis=(0.2, 0.3, 0.9), error_deg=Uniform(-5, 5)))
    for before, after in zip(objects(spec), objects(turned), strict=True):
        assert after.world_from_body.position_m == before.world_from_body.position_m
        assert after.world_from_body.matrix[2] == pytest.approx(before.world_from_body.matrix[2], abs=1e-9)
        x, y, _ = after.world_from_body.matrix[:3, :3] @ (0.2, 0.3, 0.9)
        assert abs(math.degrees(math.atan2(y, x)) - 30) <= 5 + 1e-6


def test_what_cannot_turn_rejects_the_scene(room, context):
    grid = still(rows=Constant(1), columns=Constant(5), pitch_m=(0.06, 0.2), rest=Constant("upright"))
    bricks = some(5, scale=Constant(1), assets=("brick/2",))
    with pytest.raises(RejectedScene, match=r"^no-room: object-01 does not fit where it is when it turns$"):
        placed(room, context, 0, bricks, grid, Facing(azimuth_deg=90, error_deg=Constant(0)))
