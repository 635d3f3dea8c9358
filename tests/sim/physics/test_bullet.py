"""Closed forms of statics and dynamics, and every reason to reject a scene."""

import gc
import itertools
import math
import re
import tempfile
import tracemalloc

import numpy as np
import pybullet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.errors import AssetError, RejectedScene
from diorama.sim.physics.bullet import Bullet
from diorama.sim.spec import BodySpec, BoxShape, CylinderShape, MeshShape, PhysicsSpec, Pose, SceneSpec, SphereShape
from diorama.sim.transforms import matrix_from_quat, normalize_quat, quat_from_axis_angle

CUBE = np.array(list(itertools.product((-0.5, 0.5), repeat=3)))
GRAVITY = 9.81


def wedge(start: float, end: float) -> np.ndarray:
    """A piece of a ring of radii 3 and 5 cm, 4 cm high, from one angle to another."""
    return np.array([(r * math.cos(a), r * math.sin(a), z) for r in (0.03, 0.05) for a in (start, end) for z in (-0.02, 0.02)])


HULLS = {
    "brick": (CUBE * (0.1, 0.06, 0.04),),
    "brick-of-two": (CUBE * (0.05, 0.06, 0.04) + (0.025, 0, 0), CUBE * (0.05, 0.06, 0.04) - (0.025, 0, 0)),
    "ring": tuple(wedge(2 * math.pi * i / 12, 2 * math.pi * (i + 1) / 12) for i in range(12)),
    # Two planes that meet at a right angle in the x axis and rise to either side.
    "groove": tuple(np.array([(x, y, z) for x in (-0.2, 0.2) for y, z in ((0, 0), (s * 0.2, 0.2), (0, -0.1))]) for s in (-1, 1)),
    "nothing": (),
}


class Shelf(AssetLibrary):
    def shape_asset(self, shape):
        hulls = tuple(h * shape.scale for h in HULLS[shape.asset])
        return Asset(id=shape.asset, category="test", supercategory="test", parts=(), hulls=hulls, bounds_m=((0, 0, 0), (0, 0, 0)), volume_m3=1e-4)


@pytest.fixture(scope="module")
def physics():
    with Bullet(Shelf()) as physics:
        yield physics


def floor(**fields) -> BodySpec:
    return BodySpec(name="floor", shape=BoxShape(size_m=(4, 4, 0.2)), world_from_body=Pose((0, 0, -0.1)), **fields)


def thing(shape, at=(0.0, 0.0, 0.0), *, name="thing", rotation=(1.0, 0.0, 0.0, 0.0), mass_kg=0.2, **fields) -> BodySpec:
    return BodySpec(name=name, shape=shape, world_from_body=Pose(at, rotation), mass_kg=mass_kg, **fields)


def scene(*bodies: BodySpec, **fields) -> SceneSpec:
    return SceneSpec(bodies=bodies, physics=PhysicsSpec(**({"bounds_min_m": (-2, -2, -0.02), "bounds_max_m": (2, 2, 3)} | fields)))


def height(spec: SceneSpec, name: str = "thing") -> float:
    return spec.body(name).world_from_body.position_m[2]


# --- at rest ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "half_height"),
    [
        (BoxShape(size_m=(0.1, 0.06, 0.04)), 0.02),
        (BoxShape(size_m=(0.08, 0.08, 0.004)), 0.002),
        (SphereShape(radius_m=0.03), 0.03),
        (CylinderShape(radius_m=0.033, height_m=0.115), 0.0575),
        (CylinderShape(radius_m=0.04, height_m=0.006), 0.003),
        (MeshShape(asset="brick"), 0.02),
        (MeshShape(asset="brick-of-two"), 0.02),
        (MeshShape(asset="brick-of-two", scale=1.5), 0.03),
        (MeshShape(asset="ring"), 0.02),
    ],
    ids=str,
)
def test_rests_on_the_floor_and_neither_in_nor_above_it(physics, shape, half_height):
    rest = physics.settle(scene(floor(), thing(shape, (0.1, -0.2, half_height + 0.01))))
    x, y, z = rest.body("thing").world_from_body.position_m
    assert z == pytest.approx(half_height, abs=2e-4)
    assert (x, y) == pytest.approx((0.1, -0.2), abs=2e-3)
    assert rest.body("thing").world_from_body.rotation_wxyz == pytest.approx((1, 0, 0, 0), abs=5e-3)


def test_a_stack_stands(physics):
    boxes = [thing(BoxShape(size_m=(0.08, 0.08, 0.05)), (0, 0, 0.026 + 0.051 * i), name=f"box-{i}") for i in range(6)]
    rest = physics.settle(scene(floor(), *boxes))
    for i in range(6):
        x, y, z = rest.body(f"box-{i}").world_from_body.position_m
        assert z == pytest.approx(0.025 + 0.05 * i, abs=1.5e-4 * (i + 1))
        assert (x, y) == pytest.approx((0, 0), abs=1e-3)


def test_a_light_thing_bears_a_heavy_one(physics):
    """A hundred times its weight does not press a coaster into the table."""
    spec = scene(
        floor(),
        thing(BoxShape(size_m=(0.09, 0.09, 0.006)), (0, 0, 0.004), name="coaster", mass_kg=0.01),
        thing(BoxShape(size_m=(0.06, 0.06, 0.1)), (0, 0, 0.06), name="load", mass_kg=1.0),
    )
    rest = physics.settle(spec)
    assert height(rest, "coaster") == pytest.approx(0.003, abs=5e-4)
    assert height(rest, "load") == pytest.approx(0.056, abs=5e-4)


def test_a_ball_sinks_into_a_hollow_of_two_hulls(physics):
    """It touches both slopes of 45 degrees, so its centre is sqrt(2) radii above the edge. A single hull would carry it higher."""
    groove = thing(MeshShape(asset="groove"), (0, 0, 0.3), name="groove", mass_kg=0.0)
    rest = physics.settle(scene(groove, thing(SphereShape(radius_m=0.04), (0.02, 0.03, 0.45))))
    _, y, z = rest.body("thing").world_from_body.position_m
    assert z == pytest.approx(0.3 + math.sqrt(2) * 0.04, abs=3e-4)
    assert y == pytest.approx(0, abs=1e-3)


def test_a_falling_ring_drops_over_a_peg(physics):
    peg = thing(CylinderShape(radius_m=0.02, height_m=0.06), (0, 0, 0.03), name="peg", mass_kg=0.0)
    rest = physics.settle(scene(floor(), peg, thing(MeshShape(asset="ring"), (0, 0, 0.12))))
    assert height(rest) == pytest.approx(0.02, abs=2e-4)


def test_heavier_inertia_turns_more_slowly(physics):
    """A box let go on its edge lies down at once, unless its mass seems to be far from its centre."""
    tilted = thing(BoxShape(size_m=(0.02, 0.1, 0.1)), (0, 0, 0.06), rotation=quat_from_axis_angle((0, 1, 0), 0.5))
    assert height(physics.settle(scene(floor(), tilted, max_time_s=1.0))) == pytest.approx(0.01, abs=2e-4)
    slow = thing(tilted.shape, (0, 0, 0.06), rotation=tilted.world_from_body.rotation_wxyz, inertia_kg_m2=(0.01, 0.01, 0.01))
    with pytest.raises(RejectedScene, match="never-rested"):
        physics.settle(scene(floor(), slow, max_time_s=1.0))


def test_only_moving_bodies_move(physics):
    furniture = (floor(), thing(BoxShape(size_m=(1, 1, 1)), (0, 0, 3.0), name="lamp", mass_kg=0.0))
    assert physics.settle(scene(*furniture)) == scene(*furniture)
    spec = scene(furniture[0], thing(SphereShape(radius_m=0.05), (0, 0, 0.06)), furniture[1])
    rest = physics.settle(spec)
    assert [b.name for b in rest.bodies] == ["floor", "thing", "lamp"]
    assert rest.bodies[::2] == spec.bodies[::2]
    assert rest.replace(bodies=()) == spec.replace(bodies=())


# --- in motion ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step_s", [1 / 240, 1 / 100])
def test_free_fall(physics, step_s):
    """After n steps of semi-implicit Euler a body has fallen g dt^2 n (n + 1) / 2. Poses are looked at four times in rest_time_s."""
    with pytest.raises(RejectedScene) as caught:
        physics.settle(scene(thing(BoxShape(size_m=(0.1, 0.1, 0.1)), (0, 0, 2.5)), time_step_s=step_s, rest_time_s=40 * step_s))
    fallen = (2.5 - GRAVITY * step_s**2 * n * (n + 1) / 2 for n in range(10, 10_000, 10))
    expected = next(z for z in fallen if z < -0.02)
    assert caught.value.reason == "fell-off"
    assert re.search(r"\((.*)\) m", caught.value.detail).group(1) == f"0.000, 0.000, {expected:.3f}"


@pytest.mark.parametrize("frictions", [(0.5, 0.5), (0.25, 1.0), (1.0, 0.25)])
@pytest.mark.parametrize("shape", [BoxShape(size_m=(0.1, 0.1, 0.02)), MeshShape(asset="brick-of-two")], ids=["box", "two hulls"])
def test_slides_if_and_only_if_steeper_than_its_friction(physics, shape, frictions):
    """Tilted gravity is an incline; two bodies have the geometric mean of their frictions, here always 0.5."""

    def settle(slope):
        angle = math.atan(slope)
        gravity = (GRAVITY * math.sin(angle), 0.0, -GRAVITY * math.cos(angle))
        start = (0.0, 0.0, height(physics.settle(scene(floor(), thing(shape, (0, 0, 0.03))))))
        return physics.settle(scene(floor(friction=frictions[0]), thing(shape, start, friction=frictions[1]), gravity_m_s2=gravity))

    assert settle(0.45).body("thing").world_from_body.position_m[0] == pytest.approx(0, abs=1e-3)
    with pytest.raises(RejectedScene, match="fell-off"):
        settle(0.55)


def test_a_bounce_loses_the_energy_that_restitution_says(physics):
    """A ball that keeps 0.8 of its speed is still bouncing when one that keeps none has long been at rest."""

    def settle(restitution, max_time_s):
        ball = thing(SphereShape(radius_m=0.05), (0, 0, 0.55), restitution=restitution)
        return physics.settle(scene(floor(restitution=restitution), ball, max_time_s=max_time_s))

    fall_s = math.sqrt(2 * 0.5 / GRAVITY)
    assert height(settle(0.0, fall_s + 0.4)) == pytest.approx(0.05, abs=2e-4)
    # Three bounces take 2 (0.8 + 0.8^2 + 0.8^3) times the fall.
    with pytest.raises(RejectedScene, match="never-rested"):
        settle(0.8, fall_s * (1 + 2 * (0.8 + 0.64 + 0.512)))


# --- random scenes ------------------------------------------------------------------------------------------

sizes = st.floats(0.02, 0.1)
shapes = st.one_of(
    st.builds(BoxShape, size_m=st.tuples(sizes, sizes, sizes)),
    st.builds(CylinderShape, radius_m=st.floats(0.01, 0.05), height_m=sizes),
    st.builds(SphereShape, radius_m=st.floats(0.01, 0.05)),
)
rotations = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(c * c for c in q) > 0.01).map(normalize_quat)
drops = st.lists(st.tuples(shapes, rotations, st.floats(-0.08, 0.08), st.floats(-0.08, 0.08), st.floats(0.05, 0.3)), min_size=1, max_size=5)


def lowest(body: BodySpec) -> float:
    """The height of the lowest point of a primitive."""
    z = body.world_from_body.position_m[2]
    up = matrix_from_quat(body.world_from_body.rotation_wxyz)[2]
    match body.shape:
        case BoxShape(size_m=size):
            return z - sum(abs(u) * s / 2 for u, s in zip(up, size, strict=True))
        case CylinderShape(radius_m=r, height_m=h):
            return z - abs(up[2]) * h / 2 - math.hypot(up[0], up[1]) * r
        case SphereShape(radius_m=r):
            return z - r
    raise AssertionError


def distances(bodies: tuple[BodySpec, ...]) -> dict[str, list[float]]:
    """The signed distances, up to 2 mm, from each body to all others, measured in a world of true size and without history."""
    client = pybullet.connect(pybullet.DIRECT)
    try:
        handles = {}
        for body in bodies:
            match body.shape:
                case BoxShape(size_m=size):
                    shape = pybullet.createCollisionShape(pybullet.GEOM_BOX, halfExtents=[s / 2 for s in size], physicsClientId=client)
                case CylinderShape(radius_m=r, height_m=h):
                    shape = pybullet.createCollisionShape(pybullet.GEOM_CYLINDER, radius=r, height=h, physicsClientId=client)
                case SphereShape(radius_m=r):
                    shape = pybullet.createCollisionShape(pybullet.GEOM_SPHERE, radius=r, physicsClientId=client)
            w, x, y, z = body.world_from_body.rotation_wxyz
            handles[body.name] = pybullet.createMultiBody(0, shape, -1, body.world_from_body.position_m, (x, y, z, w), physicsClientId=client)
            pybullet.changeDynamics(handles[body.name], -1, collisionMargin=1e-4, physicsClientId=client)
        found = {body.name: [] for body in bodies}
        for a, b in itertools.permutations(handles, 2):
            found[a] += [c[8] for c in pybullet.getClosestPoints(handles[a], handles[b], 2e-3, physicsClientId=client)]
        return found
    finally:
        pybullet.disconnect(client)


@given(drops)
def test_nothing_floats_sinks_or_gains_energy(physics, drops):
    bodies = []
    z = 0.0
    for i, (shape, rotation, x, y, mass) in enumerate(drops):
        body = thing(shape, (x, y, 0.0), name=f"thing-{i}", rotation=rotation, mass_kg=mass)
        reach = -lowest(body)
        bodies.append(thing(shape, (x, y, z + reach + 0.002), name=body.name, rotation=rotation, mass_kg=mass))
        z += 2 * reach + 0.002
    try:
        rest = physics.settle(scene(floor(), *bodies))
    except RejectedScene as rejected:
        if rejected.reason == "fell-off":  # it rolled away
            return
        raise
    apart = distances(rest.bodies)
    for body in rest.bodies[1:]:
        assert lowest(body) > -1e-3
        assert -1e-3 < min(apart[body.name]) < 5e-4
    energy = [sum(b.mass_kg * b.world_from_body.position_m[2] for b in moment if b.mass_kg) for moment in (bodies, rest.bodies)]
    assert energy[1] < energy[0]


# --- rejections ---------------------------------------------------------------------------------------------


def rejection(physics, spec) -> RejectedScene:
    with pytest.raises(RejectedScene) as caught:
        physics.settle(spec)
    return caught.value


def test_fell_off(physics):
    table = thing(BoxShape(size_m=(0.5, 0.5, 0.1)), (0, 0, 0.5), name="table", mass_kg=0.0)
    ball = thing(SphereShape(radius_m=0.03), (0.26, 0, 0.6), name="ball")
    rejected = rejection(physics, scene(table, ball, bounds_min_m=(-0.5, -0.5, 0.5)))
    assert rejected.reason == "fell-off"
    assert rejected.detail.startswith("ball went to (0.")


def test_leaked_through(physics):
    """A block jammed between walls that are 1 cm too narrow stays 5 mm inside both."""
    walls = [thing(BoxShape(size_m=(0.1, 1, 1)), (s * 0.095, 0, 0.5), name=f"wall{s}", mass_kg=0.0) for s in (-1, 1)]
    rejected = rejection(physics, scene(floor(), *walls, thing(BoxShape(size_m=(0.1, 0.1, 0.1)), (0, 0, 0.06), name="block")))
    assert rejected.reason == "leaked-through"
    assert re.fullmatch(r"wall-?1 and block rest [3-7]\.\d mm inside each other", rejected.detail)


def test_exploded(physics):
    rejected = rejection(physics, scene(floor(), thing(SphereShape(radius_m=0.03), (0, 0, 2.9)), gravity_m_s2=(0, 0, -3000)))
    assert rejected.reason == "exploded"


def test_never_rested(physics):
    rejected = rejection(physics, scene(floor(), thing(SphereShape(radius_m=0.03), (0, 0, 1)), max_time_s=0.4))
    assert (rejected.reason, rejected.detail) == ("never-rested", "something still moved after 0.4 s")


def test_an_asset_without_hulls_is_refused_by_name(physics):
    with pytest.raises(AssetError, match="nothing"):
        physics.settle(scene(floor(), thing(MeshShape(asset="nothing"), (0, 0, 1))))


# --- opening and closing ------------------------------------------------------------------------------------


def test_used_outside_a_with_block():
    physics = Bullet(Shelf())
    with pytest.raises(RuntimeError, match="with block"):
        physics.settle(scene(floor()))
    with physics:
        physics.settle(scene(floor()))
    with pytest.raises(RuntimeError, match="with block"):
        physics.settle(scene(floor()))


def test_opens_again_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spec = scene(floor(), thing(MeshShape(asset="ring"), (0, 0, 0.05)))
    physics = Bullet(Shelf())
    physics.__exit__(None, None, None)
    results = []
    for _ in range(2):
        with physics:
            results.append(physics.settle(spec))
            assert list(tmp_path.iterdir()) == []
        physics.__exit__(None, None, None)
    assert results[0] == results[1]


def test_settling_keeps_no_memory(physics):
    spec = scene(floor(), *(thing(MeshShape(asset=asset), (0.2 * i, 0, 0.03), name=asset) for i, asset in enumerate(("brick", "ring"))))
    physics.settle(spec)
    tracemalloc.start()
    try:
        for _ in range(3):
            physics.settle(spec)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(20):
            physics.settle(spec)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1000


def test_closes_when_the_block_fails():
    physics = Bullet(Shelf())
    with pytest.raises(ZeroDivisionError), physics:
        raise ZeroDivisionError
    with pytest.raises(RuntimeError):
        physics.settle(scene(floor()))
