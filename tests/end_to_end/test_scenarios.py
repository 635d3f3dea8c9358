"""Every scenario by its default plan: labelled, the same twice, made again from its record; and what moves on a belt flows as it moves."""

import json
from dataclasses import replace

import numpy as np
import pytest

import diorama
from diorama.randomizers.distributions import Constant
from diorama.randomizers.drop import Drop
from diorama.randomizers.lens import Lens
from diorama.randomizers.objects import Objects
from diorama.sim.transforms import apply, invert, project
from diorama.studio import replay

NAMES = ("bin-picking", "conveyor", "shelf")


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_is_labelled_and_comes_again(name):
    plan = diorama.default_plan(name, resolution=(96, 72), views=1)
    with diorama.Studio(plan) as studio:
        sample = diorama.generate(plan, 2, 3, studio=studio)
        again = diorama.generate(plan, 2, 3, studio=studio)
        record = json.loads(json.dumps(sample.provenance.draws))
        replayed = replay(plan, 2, 3, attempts=sample.provenance.attempts, draws=record, studio=studio)
    for other in (again, replayed):
        assert other.spec == sample.spec
        assert np.array_equal(other.frames[0].rgb, sample.frames[0].rgb)
        assert np.array_equal(other.frames[0].instance, sample.frames[0].instance)
    assert len(sample.annotations[0]) >= 1
    names = {body.name for body in sample.spec.bodies if body.category is not None}
    assert {sample.spec.bodies[i].name for i in sample.annotations[0].body_index.tolist()} <= names


def test_what_a_belt_carries_flows_as_it_moves():
    """Each point of the belt and of what lies on it is seen where its velocity has taken it by the next picture."""
    plan = diorama.default_plan("conveyor", resolution=(160, 120), views=1, channels=("flow_forward",))
    plan = replace(plan, randomizers=tuple(r for r in plan.randomizers if not isinstance(r, Lens)))
    sample = diorama.generate(plan, 0, 1)
    frame, spec = sample.frames[0], sample.spec
    camera = frame.camera
    v, u = np.mgrid[0 : camera.height, 0 : camera.width] + 0.5
    depth = frame.depth_m.astype(float)
    moved = 0
    for i, body in enumerate(spec.bodies):
        seen = (frame.instance == i + 1) & np.isfinite(depth)
        if not seen.any():
            continue
        x, y = (u[seen] - camera.cx) / camera.fx, (v[seen] - camera.cy) / camera.fy
        world = apply(camera.world_from_camera.matrix, np.stack([x * depth[seen], y * depth[seen], depth[seen]], axis=1))
        later = apply(invert(camera.world_from_camera.matrix), world + np.array(body.motion.linear_m_s) * camera.flow_s)
        k = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])
        expected = project(k, later) - np.stack([u[seen], v[seen]], axis=1)
        assert frame.flow_forward[seen] == pytest.approx(expected, abs=5e-3)
        moved += not body.motion.is_still
    assert moved >= 3


def test_what_never_fits_is_told_with_the_last_reason():
    plan = diorama.default_plan("tabletop", views=1, max_attempts=2)
    plan = replace(plan, randomizers=(Objects(count=Constant(1), scale=Constant(100)), Drop()))
    with pytest.raises(
        diorama.TooManyRejections,
        match=r"^scene 5: none of 2 attempts was fit \(no-room 2 times\)\. The last: only 0 of 1 objects fit above the table \(.*\)\. Ask for fewer",
    ):
        diorama.generate(plan, 0, 5)
