"""The scene itself, and its physics."""

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from diorama.sim.spec.bodies import BodySpec
from diorama.sim.spec.cameras import CameraSpec
from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.environment import EnvironmentSpec
from diorama.sim.spec.lights import Light, SunLight, mounted
from diorama.sim.spec.roads import RoadMap
from diorama.sim.spec.tracks import Event, Track, motion_between
from diorama.sim.transforms import Vec3

#: Over so short a time a motion is that of a moment.
_MOMENT_S = 1 / 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicsSpec:
    """How the scene settles before it is photographed.

    It is at rest when over `rest_time_s` no body has moved faster than `rest_speed_m_s` or turned faster than
    `rest_spin_rad_s`, on average. After `max_time_s` without rest, or when a body is outside the box
    `bounds_min_m`..`bounds_max_m`, the scene is rejected. With `watch_s` it does not settle: it is watched for so long, from 0 s on,
    and bodies with mass do what physics makes them do.
    """

    gravity_m_s2: Vec3 = (0.0, 0.0, -9.81)
    time_step_s: float = 1 / 240
    max_time_s: float = 6.0
    rest_speed_m_s: float = 0.01
    rest_spin_rad_s: float = 0.1
    rest_time_s: float = 0.15
    bounds_min_m: Vec3 = (-1.0, -1.0, 0.0)
    bounds_max_m: Vec3 = (1.0, 1.0, 3.0)
    watch_s: float = 0.0

    def __post_init__(self) -> None:
        check(finite(*self.gravity_m_s2), self, f"gravity_m_s2 must be finite, got {self.gravity_m_s2}")
        check(0 < self.time_step_s <= 0.05, self, f"time_step_s must be in (0, 0.05], got {self.time_step_s}")
        check(0 < self.rest_time_s <= self.max_time_s < math.inf, self, "must have 0 < rest_time_s <= max_time_s < infinity")
        check(finite(self.rest_speed_m_s, self.rest_spin_rad_s), self, "rest speeds must be finite")
        check(self.rest_speed_m_s > 0 and self.rest_spin_rad_s > 0, self, "rest speeds must be positive")
        check(0 <= self.watch_s <= 600, self, f"watch_s must be in [0, 600], got {self.watch_s}")
        check(finite(*self.bounds_min_m, *self.bounds_max_m), self, "bounds_min_m and bounds_max_m must be finite")
        check(all(a < b for a, b in zip(self.bounds_min_m, self.bounds_max_m, strict=True)), self, "bounds_min_m must be below bounds_max_m")


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSpec:
    """Everything there is. Body names are unique; instance ids are the index in `bodies` plus one.

    `tracks` say how bodies move over time, at most one each; a body without one stays (or, with a `motion`, moves on steadily while it is
    photographed). `events` are what happens meanwhile. `roads` is the map of the streets, where there are any.
    """

    bodies: tuple[BodySpec, ...] = ()
    lights: tuple[Light, ...] = ()
    cameras: tuple[CameraSpec, ...] = ()
    environment: EnvironmentSpec = EnvironmentSpec()
    physics: PhysicsSpec = PhysicsSpec()
    roads: RoadMap | None = None
    tracks: tuple[Track, ...] = ()
    events: tuple[Event, ...] = ()
    notes: tuple[tuple[str, str], ...] = field(default=())

    def __post_init__(self) -> None:
        named = {"body": [b.name for b in self.bodies], "camera": [c.name for c in self.cameras], "tracks' body": [t.body for t in self.tracks]}
        for what, names in named.items():
            twice = sorted(name for name, times in Counter(names).items() if times > 1)
            check(not twice, self, f"{what} names must be unique, {twice} appear more than once")
        unknown = sorted(set(named["tracks' body"]) - set(named["body"]))
        check(not unknown, self, f"there are tracks of {unknown}, which are no bodies")
        bare = sorted({light.on for light in self.lights if not isinstance(light, SunLight) and light.on is not None} - set(named["body"]))
        check(not bare, self, f"there are lights on {bare}, which are no bodies")

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories of its bodies, each once, sorted."""
        return tuple(sorted({b.category for b in self.bodies if b.category is not None}))

    def body(self, name: str) -> BodySpec:
        """The body of this name. Raises KeyError."""
        for body in self.bodies:
            if body.name == name:
                return body
        raise KeyError(name)

    def lights_in_world(self, seconds: float = 0.0) -> tuple[Light, ...]:
        """The lights, those on bodies where these are `seconds` after the scene's moment, by their motion."""
        on = {light.on for light in self.lights if not isinstance(light, SunLight)} - {None}
        if not on:
            return self.lights
        poses = {body.name: body.motion.moved(body.world_from_body, seconds) for body in self.bodies if body.name in on}
        return tuple(light if isinstance(light, SunLight) or light.on is None else mounted(light, poses[light.on]) for light in self.lights)

    @property
    def mounts(self) -> tuple[int | None, ...]:
        """For each light the place among the bodies of the one that it is on, or None."""
        on = [None if isinstance(light, SunLight) else light.on for light in self.lights]
        places = {body.name: place for place, body in enumerate(self.bodies)} if any(name is not None for name in on) else {}
        return tuple(None if name is None else places[name] for name in on)

    def at(self, time_s: float, *, over_s: float = 0.0) -> "SceneSpec":
        """The scene as it is at a moment: bodies with tracks are where those say, and what they have become by then. It has no tracks any more.

        Their motion is what takes them from there to where they are `over_s` later, exactly; with 0 it is that of the moment.
        """
        if not self.tracks:
            return self
        change: dict[str, dict[str, Any]] = {}
        for track in self.tracks:
            now = track.changed(time_s)
            fields: dict[str, Any] = {"shape": now.shape, "attributes": now.attributes}
            if track.poses:
                pose, step = track.pose(time_s), over_s or _MOMENT_S
                fields |= {"world_from_body": pose, "motion": motion_between(pose, track.pose(time_s + step), step)}
            change[track.body] = {name: value for name, value in fields.items() if value is not None}
        return self.map_bodies(change).replace(tracks=())

    def replace(self, **changes: Any) -> "SceneSpec":
        """A copy with some fields changed."""
        return replace(self, **changes)

    def map_bodies(self, change: dict[str, dict[str, Any]]) -> "SceneSpec":
        """A copy in which the named bodies have the given fields changed: ``{"mug-3": {"mass_kg": 0.2}}``."""
        return replace(self, bodies=tuple(replace(b, **change[b.name]) if b.name in change else b for b in self.bodies))
