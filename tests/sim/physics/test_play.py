"""Physics watched over time against closed forms: falls, slides, pushes, and who takes over when."""

import math

import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.physics.bullet import Bullet
from diorama.sim.spec import BodySpec, BoxShape, Motion, PhysicsSpec, Pose, SceneSpec, SphereShape, Track

LIBRARY = AssetLibrary()
FLOOR = BodySpec(name="floor", shape=BoxShape(size_m=(100.0, 100.0, 1.0)), world_from_body=Pose((0.0, 0.0, -0.5)), friction=0.5, restitution=0.0)


def cube(name, x, *, z=0.5, speed=0.0, mass=1000.0, **fields):
    return BodySpec(
        name=name,
        shape=BoxShape(size_m=(1.0, 1.0, 1.0)),
        world_from_body=Pose((x, 0.0, z)),
        mass_kg=mass,
        motion=Motion((speed, 0.0, 0.0)),
        **{"friction": 0.5, "restitution": 0.0} | fields,
    )


def played(*bodies, tracks=(), watch_s=1.0, floor=FLOOR):
    spec = SceneSpec(bodies=(floor, *bodies), tracks=tracks, physics=PhysicsSpec(watch_s=watch_s))
    with Bullet(LIBRARY) as physics:
        return physics.play(spec)


def x_of(spec, name, time_s):
    return spec.at(time_s).body(name).world_from_body.position_m[0]


def test_what_falls_falls_as_galileo_says():
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.2), world_from_body=Pose((0.0, 0.0, 30.0)), mass_kg=3.0)
    spec = played(ball, watch_s=2.0)
    for time_s in (0.5, 1.0, 2.0):
        assert spec.at(time_s).body("ball").world_from_body.position_m[2] == pytest.approx(30 - 9.81 / 2 * time_s**2, abs=0.05)


def test_what_slides_is_stopped_by_friction_after_v_squared_over_two_mu_g():
    spec = played(cube("box", -10.0, speed=6.0), watch_s=3.0)
    assert x_of(spec, "box", 3.0) + 10.0 == pytest.approx(36 / (2 * 0.5 * 9.81), rel=0.05)
    assert spec.at(3.0).body("box").motion == Motion()
    assert spec.events == ()


def test_momentum_is_kept_and_the_hit_is_told():
    """Equal masses, no restitution, no friction: both go on at half the speed."""
    smooth = BodySpec(name="floor", shape=FLOOR.shape, world_from_body=FLOOR.world_from_body, friction=0.0, restitution=0.0)
    spec = played(cube("a", -4.0, speed=4.0, friction=0.0), cube("b", 0.0, friction=0.0), watch_s=2.0, floor=smooth)
    (hit,) = spec.events
    assert (hit.kind, set(hit.bodies)) == ("collision", {"a", "b"})
    assert hit.time_s == pytest.approx(0.75, abs=0.02)
    assert hit.position_m is not None
    assert hit.position_m[0] == pytest.approx(-0.5, abs=0.05)
    assert float(dict(hit.details)["impulse_ns"]) == pytest.approx(2000.0, rel=0.05)
    speeds = [spec.at(1.5).body(name).motion.linear_m_s[0] for name in "ab"]
    assert speeds == pytest.approx([2.0, 2.0], abs=0.1)


def test_what_is_led_follows_its_track_until_that_ends():
    track = Track(body="box", times_s=(0.0, 0.5), poses=(Pose((0.0, 0.0, 0.5)), Pose((3.0, 0.0, 0.5))))
    spec = played(cube("box", 0.0), tracks=(track,), watch_s=2.5)
    assert x_of(spec, "box", 0.25) == pytest.approx(1.5, abs=1e-6)
    # It is at 6 m/s then, and slides.
    assert x_of(spec, "box", 2.5) - 3.0 == pytest.approx(36 / (2 * 0.5 * 9.81), rel=0.05)


def test_what_is_touched_is_led_no_longer():
    stays = Track(body="b", times_s=(0.0, 9.0), poses=(Pose((0.0, 0.0, 0.5)), Pose((0.0, 0.0, 0.5))))
    spec = played(cube("a", -3.0, speed=8.0), cube("b", 0.0), tracks=(stays,), watch_s=1.5)
    assert x_of(spec, "b", 0.2) == 0.0
    assert x_of(spec, "b", 1.5) > 0.5
    assert len(spec.events) == 1


def test_what_has_no_mass_follows_its_track_throughout_and_pushes():
    wall = BodySpec(name="wall", shape=BoxShape(size_m=(1.0, 4.0, 1.0)), world_from_body=Pose((-3.0, 0.0, 0.6)))
    track = Track(body="wall", times_s=(0.0, 1.0), poses=(Pose((-3.0, 0.0, 0.6)), Pose((0.0, 0.0, 0.6))))
    spec = played(wall, cube("box", 0.0), tracks=(track,), watch_s=1.0)
    assert x_of(spec, "wall", 1.0) == 0.0
    # It is pushed away as it is overlapped, some centimetres late.
    assert x_of(spec, "box", 1.0) >= 0.9


def test_twice_the_same():
    scene = [cube("a", -4.0, speed=9.0), cube("b", 0.0), cube("c", 0.3, z=1.6)]
    once = played(*scene)
    assert played(*scene) == once
    assert math.isfinite(x_of(once, "c", 1.0))
