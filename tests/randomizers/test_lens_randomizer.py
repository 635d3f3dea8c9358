"""The lens: what is asked for is what the camera has."""

import math
from dataclasses import replace

import numpy as np
import pytest

from diorama.plan import default_plan, plan_from_json, plan_to_json
from diorama.randomizers.aim import subject
from diorama.randomizers.distributions import Constant, Normal, Uniform, rounded
from diorama.randomizers.lens import BrownLens, Fisheye, Lens
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BrownConrady, KannalaBrandt, Motion
from diorama.studio import generate
from diorama.testing import check_randomizer

ALL = Lens(
    focal=Uniform(0.8, 1.2),
    aspect=Uniform(0.999, 1.001),
    offset_x=Uniform(-0.01, 0.01),
    offset_y=Uniform(-0.01, 0.01),
    distortion=BrownLens(k1=Uniform(-0.2, 0.1), p2=Normal(0, 0.001)),
    aperture_m=Uniform(0, 0.01),
    focus=Uniform(0.9, 1.1),
    exposure_s=Uniform(0, 0.03),
    rolling_shutter_s=Uniform(0, 0.02),
    shake_m_s=Normal(0, 0.05),
    shake_deg_s=Normal(0, 5),
)
PLAIN = Lens(focal=Constant(1), offset_x=Constant(0), offset_y=Constant(0))


@pytest.mark.parametrize("lens", [Lens(), ALL, Lens(distortion=Fisheye(k1=Normal(0, 0.02)))], ids=["plain", "all", "fisheye"])
def test_keeps_the_contract(lens):
    check_randomizer(lens)


def taken(lens, spec, context, seed=0):
    return lens.apply(spec, lens.sample(Seed(seed), spec, context)).cameras[0]


def test_does_nothing_unless_asked(staged, context):
    spec = staged(0)
    (camera,) = spec.cameras
    away = math.dist(camera.world_from_camera.position_m, subject(spec, context.library)[0])
    assert taken(PLAIN, spec, context) == replace(camera, focus_m=rounded(away))


def test_intrinsics(staged, context):
    spec = staged(0)
    (camera,) = spec.cameras
    asked = Lens(focal=Constant(1.5), aspect=Constant(1.1), offset_x=Constant(0.1), offset_y=Constant(-0.05))
    changed = taken(asked, spec, context)
    assert (changed.fx, changed.fy) == pytest.approx((1.5 * camera.fx, 1.65 * camera.fy))
    assert (changed.cx, changed.cy) == pytest.approx((camera.cx + 0.1 * camera.width, camera.cy - 0.05 * camera.height))


def test_distortion(staged, context):
    brown = BrownLens(k1=Constant(-0.1), k2=Constant(0.02), p1=Constant(0.001), p2=Constant(-0.002), k3=Constant(0.003))
    assert taken(Lens(distortion=brown), staged(0), context).distortion == BrownConrady(k1=-0.1, k2=0.02, p1=0.001, p2=-0.002, k3=0.003)
    fisheye = Fisheye(k1=Constant(0.01), k4=Constant(-0.001))
    assert taken(Lens(distortion=fisheye), staged(0), context).distortion == KannalaBrandt(k1=0.01, k4=-0.001)


def test_one_more_fault_changes_no_other(staged, context):
    spec = staged(0)
    assert taken(replace(ALL, distortion=None), spec, context) == replace(taken(ALL, spec, context), distortion=None)


def test_a_hand_shakes_on_top_of_what_moves_already(staged, context):
    spec = staged(0)
    moving = spec.replace(cameras=(replace(spec.cameras[0], motion=Motion((1.0, 0.0, 0.0), (0.0, 0.0, 0.5))),))
    lens = Lens(shake_m_s=Normal(0, 0.05), shake_deg_s=Normal(0, 5))
    still, moved = (taken(lens, s, context).motion for s in (spec, moving))
    assert np.subtract(moved.linear_m_s, still.linear_m_s) == pytest.approx([1, 0, 0])
    assert np.subtract(moved.angular_rad_s, still.angular_rad_s) == pytest.approx([0, 0, 0.5])


def test_in_a_plan_file():
    base = default_plan("tabletop", resolution=(96, 72), views=1)
    shots = []
    for lens in (PLAIN, ALL):
        plan = replace(base, randomizers=(*base.randomizers, lens))
        assert plan_from_json(plan_to_json(plan)) == plan
        shots.append(generate(plan, 3, 0))
    assert shots[0].spec.bodies == shots[1].spec.bodies
    assert shots[0].spec.cameras[0].world_from_camera == shots[1].spec.cameras[0].world_from_camera
    assert shots[1].spec.cameras[0].distortion is not None
    assert (shots[0].frames[0].rgb != shots[1].frames[0].rgb).any(axis=2).mean() > 0.5


@pytest.mark.parametrize(
    "settings",
    [{"focal": Constant(0)}, {"aperture_m": Constant(-1)}, {"exposure_s": Uniform(-1, 1)}, {"blur_samples": 0}, {"offset_x": Constant(0.6)}],
    ids=str,
)
def test_refused_settings(settings):
    with pytest.raises(InvalidValue, match=next(iter(settings))):
        Lens(**settings)


def test_a_barrel_so_strong_that_the_corners_see_nothing():
    """Pixels are shaded in groups, and those without a ray beside those of things once led the shading astray."""
    base = default_plan("tabletop", resolution=(320, 240), views=2)
    barrel = Lens(focal=Constant(1), offset_x=Constant(0), offset_y=Constant(0), distortion=BrownLens(k1=Constant(-0.25)))
    sample = generate(replace(base, randomizers=(*base.randomizers, barrel)), 5, 2)
    corners = [frame.instance[0, 0] for frame in sample.frames]
    assert not any(corners)
    assert all(frame.rgb.mean() > 20 for frame in sample.frames)
