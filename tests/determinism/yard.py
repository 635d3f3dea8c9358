"""A scene that moves: a van that carries the cameras drives past crates, one of which turns, another of which becomes larger."""

from dataclasses import dataclass, replace
from typing import ClassVar

import diorama
from diorama.exporters.coco import Coco
from diorama.randomizers.base import Select
from diorama.randomizers.camera_rig import CameraRig, Mount
from diorama.randomizers.distributions import Constant, rounded
from diorama.randomizers.sensor import Sensor
from diorama.sim.spec import BodySpec, BoxShape, Pose, SceneSpec, SunLight
from diorama.sim.spec.tracks import Change, Event, Track
from diorama.sim.transforms import quat_from_axis_angle

CRATES, FRAMES, VIEWS, FPS, COUNT = 4, 3, 2, 10.0, 15
CATEGORIES = (("crate", "box"), ("van", "vehicle"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """A yard of crates."""

    name: ClassVar[str] = "yard"
    categories: ClassVar[tuple[tuple[str, str], ...]] = CATEGORIES

    def build(self, seed, context):
        ground = BodySpec(name="ground", shape=BoxShape(size_m=(60, 60, 1)), world_from_body=Pose((0, 0, -0.5)), stuff="road")
        van = BodySpec(name="van", shape=BoxShape(size_m=(4, 1.8, 2)), category="van", attributes=(("lights", "off"),))
        crates = []
        for i in range(CRATES):
            rng = seed.child("crate", i).rng()
            place = (float(rng.uniform(6, 14)), float(rng.uniform(-4, 4)), 0.6)
            crates.append(BodySpec(name=f"crate-{i}", shape=BoxShape(size_m=(1.2, 1, 1.2)), world_from_body=Pose(place), category="crate"))
        speed = float(seed.child("van").rng().uniform(4, 12))
        times = (0.0, context.duration_s / 2, context.duration_s)
        # It drives a bend: on, and then to the left.
        ways = [Pose((speed * t, 4 * t * t, 1.2), turned((0, 0, 1), t)) for t in times]
        spins = [Pose(crates[1].world_from_body.position_m, turned((0.1, 0.2, 1), 2 * t)) for t in times]
        grown = Change(time_s=0.1, shape=BoxShape(size_m=(1.2, 1, 1.7)), attributes=(("lid", "open"),))
        tracks = (
            Track(body="van", times_s=times, poses=tuple(ways), changes=(Change(time_s=0.2, attributes=(("lights", "on"),)),)),
            Track(body="crate-1", times_s=times, poses=tuple(spins)),
            Track(body="crate-2", changes=(grown,)),
        )
        events = (Event(time_s=0.1, kind="opens", bodies=("crate-2",), position_m=crates[2].world_from_body.position_m),)
        lights = (SunLight(direction=(-0.4, 0.3, -1.0)),)
        return SceneSpec(bodies=(ground, van, *crates), lights=lights, tracks=tracks, events=events)

    def randomizers(self):
        mounts = [Mount(position_m=(2.1, y, 0.4), target_m=(10.0, y, -1.0), fov_deg=Constant(60.0)) for y in (-0.4, 0.4)]
        return (CameraRig(cameras=tuple(mounts), on=Select(names=("van",))), Sensor(read_noise=Constant(0.02), target=0.3))


def turned(axis, angle):
    """A rotation, the same on every machine."""
    w, x, y, z = (rounded(q) for q in quat_from_axis_angle(axis, angle))
    return (w, x, y, z)


def yard_plan(**settings) -> diorama.Plan:
    """Sequences of a few small pictures by two cameras at once."""
    yard = Yard()
    fields = {"resolution": (96, 72), "views": VIEWS, "frames": FRAMES, "fps": FPS, "view_interval_s": 0.0}
    return diorama.Plan(**{"scenario": yard, "randomizers": yard.randomizers(), "exporters": (Coco(),)} | fields | settings)


def quiet(plan: diorama.Plan) -> diorama.Plan:
    """The plan without noise."""
    still = {"read_noise": Constant(0.0), "shot_noise": Constant(0.0)}
    return replace(plan, randomizers=tuple(replace(r, **still) if r.name == "sensor" else r for r in plan.randomizers))
