"""The views of a rig's round are of one vehicle at one moment, however often the first of them had to be taken anew."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

import diorama
from diorama.exporters.coco import Coco
from diorama.randomizers.distributions import Normal
from diorama.randomizers.sensor import Sensor
from diorama.randomizers.street.rig import VehicleRig
from diorama.randomizers.street.rigs import RigCamera
from diorama.sim.spec import BodySpec, BoxShape, Lane, Pose, RoadMap, SceneSpec, SunLight

#: Forward, and back where there is nothing to label.
TWO_WAYS = tuple(RigCamera(name=name, width=96, height=64, fx=60, yaw_deg=yaw) for name, yaw in (("front", 0), ("back", 180)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lonely:
    """A road with one crate at its end."""

    name: ClassVar[str] = "lonely"
    categories: ClassVar[tuple[tuple[str, str], ...]] = (("crate", "box"),)

    def build(self, seed, context):
        ground = BodySpec(name="ground", shape=BoxShape(size_m=(400, 60, 1)), world_from_body=Pose((0, 0, -0.5)), stuff="road")
        crate = BodySpec(name="crate", shape=BoxShape(size_m=(2, 3, 2)), world_from_body=Pose((60, 0, 1)), category="crate")
        ways = {"there": ((-50.0, 0.0), (50.0, 0.0)), "back": ((50.0, 3.0), (-50.0, 3.0))}
        lanes = tuple(Lane(name=name, kind="drive", points_m=points, width_m=3.0) for name, points in ways.items())
        return SceneSpec(bodies=(ground, crate), roads=RoadMap(lanes=lanes), lights=(SunLight(direction=(0.3, 0.4, -1)),))

    def randomizers(self):
        return (VehicleRig(cameras=TWO_WAYS),)


def plan(**settings):
    scenario = Lonely()
    fields = {"resolution": (96, 64), "views": 4, "min_visible_fraction": 0.5}
    return diorama.Plan(**{"scenario": scenario, "randomizers": scenario.randomizers(), "exporters": (Coco(),)} | fields | settings)


def drawn(sample):
    return [sample.provenance.draws[f"view-{view}/vehicle-rig"] for view in range(sample.views)]


def test_a_rounds_first_view_decides_for_all_of_it():
    refused = 0
    for index in range(6):
        sample = diorama.generate(plan(), 0, index)
        refused += sample.provenance.rejections.get("sees-nothing", 0)
        for first in (0, 2):
            front, back = sample.frames[first : first + 2]
            a, b = drawn(sample)[first : first + 2]
            assert a["ego"] == b["ego"]
            assert (front.instance == 2).any() and not (back.instance == 2).any()
            assert front.camera.time_s == back.camera.time_s
        assert drawn(sample)[0]["ego"] != drawn(sample)[2]["ego"]
        assert sample.frames[0].camera.time_s < sample.frames[2].camera.time_s
    assert refused > 0  # of those that went the other way


def test_a_round_cut_short_is_the_start_of_a_whole_one():
    whole, part = diorama.generate(plan(), 0, 1), diorama.generate(plan(), 0, 1, pictures=3)
    for one, other in zip(part.frames, whole.frames, strict=False):
        assert one.camera == other.camera
        assert np.array_equal(one.rgb, other.rgb)


def test_the_pair_is_stereo():
    """Every pixel of the left picture that the right one sees as well is seen there by as much farther left as its depth says."""
    pair = plan(randomizers=(VehicleRig(),), views=2, resolution=(414, 125), min_visible_objects=0)
    left, right = diorama.generate(pair, 0, 0).frames
    disparity = left.camera.fx * 0.5327 / left.depth_m
    rows, columns = np.nonzero(np.isfinite(left.depth_m) & (disparity < 100))
    there = columns + 0.5 - disparity[rows, columns]
    seen = there > 0
    rows, at = rows[seen], np.floor(there[seen]).astype(int)
    same = right.instance[rows, at] == left.instance[rows, columns[seen]]
    assert same.mean() > 0.99
    # On the level ground, whose rows have one depth each, exactly so.
    ground = (left.instance[rows, columns[seen]] == 1) & same
    assert ground.sum() > 5000
    assert np.allclose(right.depth_m[rows, at][ground], left.depth_m[rows, columns[seen]][ground], rtol=1e-5)


def test_cameras_of_a_round_are_exposed_alike_and_have_noise_of_their_own():
    pair = plan(randomizers=(VehicleRig(), Sensor(error_ev=Normal(0, 1))), views=4, resolution=(124, 40), min_visible_objects=0)
    sensors = [frame.camera.sensor for frame in diorama.generate(pair, 0, 0).frames]
    for left, right in (sensors[:2], sensors[2:]):
        assert left.noise_seed != right.noise_seed
        assert replace(left, noise_seed=right.noise_seed) == right
    assert sensors[0].exposure_ev != sensors[2].exposure_ev


def test_a_replay_makes_the_same():
    from diorama.studio import replay

    sample = diorama.generate(plan(), 0, 2)
    made = replay(plan(), 0, 2, attempts=sample.provenance.attempts, draws=sample.provenance.draws)
    assert all(np.array_equal(a.rgb, b.rgb) and a.camera == b.camera for a, b in zip(sample.frames, made.frames, strict=True))
