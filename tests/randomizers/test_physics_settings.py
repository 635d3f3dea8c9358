"""Physics: masses with their inertia, friction and restitution, and gravity."""

import math

import numpy as np
import pytest
from scipy import stats

from diorama.randomizers.base import Select
from diorama.randomizers.distributions import Constant, Uniform
from diorama.randomizers.physics import Physics
from diorama.sim.errors import RejectedScene
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, PhysicsSpec, Pose, SceneSpec
from diorama.testing import check_randomizer


def varied(spec, context, seed=0, **settings):
    physics = Physics(**settings)
    return physics.apply(spec, physics.sample(Seed(seed), spec, context))


@pytest.fixture
def crates():
    """A floor and ten crates on it, of 1 kg each with its inertia."""
    ground = BodySpec(name="floor", shape=BoxShape(size_m=(40, 40, 0.1)), world_from_body=Pose((0, 0, -0.05)), friction=0.5)
    side, inertia = (0.2, 0.2, 0.2), (0.04 / 6,) * 3
    crates = (
        BodySpec(
            name=f"crate-{i}",
            shape=BoxShape(size_m=side),
            mass_kg=1.0,
            inertia_kg_m2=inertia,
            world_from_body=Pose((i - 4.5, 0, 0.101)),
            tags=("object",),
            category="crate",
        )
        for i in range(10)
    )
    return SceneSpec(bodies=(ground, *crates), physics=PhysicsSpec(bounds_min_m=(-20, -20, -1), bounds_max_m=(20, 20, 5)))


@pytest.mark.parametrize("settings", [{}, {"friction": Uniform(0.1, 1), "restitution": Uniform(0, 0.5)}, {"tilt_deg": Uniform(0, 5)}])
def test_keeps_the_contract(settings):
    check_randomizer(Physics(**settings))


def test_inertia_follows_mass(crates, context):
    after = varied(crates, context, mass=Uniform(0.5, 3))
    assert after.bodies[0] == crates.bodies[0]
    for body in after.bodies[1:]:
        assert 0.5 <= body.mass_kg <= 3
        assert body.inertia_kg_m2 == pytest.approx([body.mass_kg * 0.04 / 6] * 3, rel=1e-9)
    assert len({body.mass_kg for body in after.bodies}) == 11


def test_static_bodies_stay_static_and_take_friction(crates, context):
    ground = varied(crates, context, on=Select(names=("floor",)), friction=Constant(0.05), restitution=Constant(0.3)).bodies[0]
    assert ground.is_static and ground.friction == 0.05 and ground.restitution == 0.3


def test_more_settings_leave_the_others_draws(crates, context):
    few = varied(crates, context, mass=Uniform(0.5, 3))
    more = varied(crates, context, mass=Uniform(0.5, 3), friction=Uniform(0.1, 0.2), tilt_deg=Uniform(0, 5))
    assert [b.mass_kg for b in few.bodies] == [b.mass_kg for b in more.bodies]


def test_gravity_has_the_size_and_the_tilt_asked_for(crates, context):
    azimuths = []
    for seed in range(200):
        g = np.array(varied(crates, context, seed, gravity_m_s2=Constant(1.62), tilt_deg=Constant(10)).physics.gravity_m_s2)
        assert np.linalg.norm(g) == pytest.approx(1.62)
        assert math.degrees(math.acos(-g[2] / 1.62)) == pytest.approx(10)
        azimuths.append(math.atan2(g[1], g[0]) / (2 * math.pi) % 1)
    assert stats.kstest(azimuths, "uniform").pvalue > 0.01
    assert varied(crates, context).physics == crates.physics
    tilted = varied(crates, context, tilt_deg=Constant(3)).physics
    assert math.hypot(*tilted.gravity_m_s2) == pytest.approx(9.81)
    assert tilted.time_step_s == crates.physics.time_step_s


def test_things_slide_where_the_slope_is_steeper_than_friction_holds(crates, context):
    """Both bodies of friction 0.3 hold on a slope of up to atan(0.3) = 16.7 degrees."""

    def settled(tilt):
        spec = varied(crates.replace(bodies=crates.bodies[:2]), context, on=Select(), friction=Constant(0.3), tilt_deg=Constant(tilt))
        with Bullet(context.library) as physics:
            return physics.settle(spec).bodies[1]

    assert math.dist(settled(13).world_from_body.position_m, crates.bodies[1].world_from_body.position_m) < 0.02
    with pytest.raises(RejectedScene, match=r"fell-off|never-rested"):
        settled(22)
