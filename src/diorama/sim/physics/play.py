"""Physics watched over time: what bodies do that nobody brings to rest, and whom they hit."""

import math
from collections.abc import Mapping
from typing import Any

from diorama.sim.errors import RejectedScene
from diorama.sim.spec import BodySpec, Event, Pose, SceneSpec, Track
from diorama.sim.spec.tracks import motion_between
from diorama.sim.transforms import Vec3

#: Poses are kept this often, in seconds, and at the end.
_KEPT_S = 0.05
#: Contacts count as hits from this impulse on, in newton seconds for each kilogram of the lighter of the two.
_HIT_M_S = 0.3
#: Bodies this far apart, in metres, touch.
_TOUCH_M = 0.005
#: What does not move and touches from below, with a normal that rises like this, carries what stands on it: that is no hit.
_LEVEL = 0.7
#: Hits of the same two within so many seconds are one.
_APART_S = 0.5


class Play:
    """One run. `engine` is PyBullet with its world's `client`, in which a metre is `scale` long; `grids` are what positions and velocities are
    rounded to, as bullet.py says; `bodies` those that were put in, by handle.
    """

    def __init__(self, engine: Any, client: int, scale: float, grids: tuple[float, float], bodies: Mapping[int, BodySpec], spec: SceneSpec) -> None:
        self._engine, self._client, self._scale, self._grids = engine, client, scale, grids
        self._bodies, self._spec = bodies, spec
        tracks = {track.body: track for track in spec.tracks if track.poses}
        self._led = {handle: tracks[body.name] for handle, body in bodies.items() if body.name in tracks}
        self._free: set[int] = set()
        self._kept: dict[int, list[tuple[float, Pose]]] = {}
        self._hit: dict[tuple[str, str], float] = {}
        self.events: list[Event] = []
        for handle, body in bodies.items():
            if not body.is_static and handle not in self._led:
                self._set_free(0.0, handle, body.world_from_body, body.motion.linear_m_s, body.motion.angular_rad_s)

    def run(self) -> SceneSpec:
        """The spec with tracks of all that physics moved, and with what happened. Raises RejectedScene."""
        step = self._spec.physics.time_step_s
        count, often = math.ceil(self._spec.physics.watch_s / step - 1e-9), max(round(_KEPT_S / step), 1)
        for number in range(count + 1):
            time_s = number * step
            self._lead(time_s, step)
            if number % often == 0 or number == count:
                self._keep(time_s)
            if number < count:
                self._engine.stepSimulation(self._client)
                self._round()
                self._look(time_s + step)
        played = {self._bodies[handle].name: self._track(handle) for handle in sorted(self._kept)}
        rest = tuple(track for track in self._spec.tracks if track.body not in played)
        events = sorted((*self._spec.events, *self.events), key=lambda e: (e.time_s, e.kind, e.bodies))
        return self._spec.replace(tracks=rest + tuple(played.values()), events=tuple(events))

    def _lead(self, time_s: float, step: float) -> None:
        """Put what follows a track where that says; what has mass is on its own from the track's end on."""
        for handle, track in list(self._led.items()):
            body = self._bodies[handle]
            now = track.pose(time_s)
            motion = motion_between(now, track.pose(time_s + step), step)
            if not body.is_static and time_s > track.times_s[-1] - step / 2:
                last = track.times_s[-1]
                motion = motion_between(track.pose(last - step), track.pose(last), step)
                self._set_free(time_s, handle, now, motion.linear_m_s, motion.angular_rad_s)
            else:
                self._place(handle, now, motion.linear_m_s, motion.angular_rad_s)

    def _set_free(self, time_s: float, handle: int, pose: Pose, linear: Vec3, angular: Vec3) -> None:
        self._led.pop(handle, None)
        self._free.add(handle)
        self._kept[handle] = [(round(time_s, 6), pose)]
        self._place(handle, pose, linear, angular)

    def _place(self, handle: int, pose: Pose, linear: Vec3, angular: Vec3) -> None:
        w, x, y, z = pose.rotation_wxyz
        self._engine.resetBasePositionAndOrientation(handle, [c * self._scale for c in pose.position_m], (x, y, z, w), self._client)
        self._engine.resetBaseVelocity(handle, [c * self._scale for c in linear], angular, self._client)

    def _round(self) -> None:
        p, s = self._grids
        for handle in sorted(self._free):
            (x, y, z), (a, b, c, d) = self._engine.getBasePositionAndOrientation(handle, self._client)
            (vx, vy, vz), (wx, wy, wz) = self._engine.getBaseVelocity(handle, self._client)
            if not math.hypot(vx, vy, vz) < 100.0 * self._scale:
                raise RejectedScene("exploded", f"{self._bodies[handle].name} reached {math.hypot(vx, vy, vz) / self._scale:.3g} m/s")
            place = ((x + p) - p, (y + p) - p, (z + p) - p), ((a + p) - p, (b + p) - p, (c + p) - p, (d + p) - p)
            self._engine.resetBasePositionAndOrientation(handle, *place, self._client)
            speed = ((vx + s) - s, (vy + s) - s, (vz + s) - s), ((wx + s) - s, (wy + s) - s, (wz + s) - s)
            self._engine.resetBaseVelocity(handle, *speed, self._client)

    def _look(self, time_s: float) -> None:
        """See who touches whom. What is touched is led no longer; and hits are noted."""
        step = self._spec.physics.time_step_s
        impulses: dict[tuple[int, int], tuple[float, Vec3]] = {}
        for contact in self._engine.getContactPoints(physicsClientId=self._client):
            one, other = sorted(contact[1:3])
            carried = abs(contact[7][2]) > _LEVEL and any(self._bodies[handle].is_static for handle in (one, other))
            if carried or contact[8] > _TOUCH_M * self._scale:
                continue
            impulse, (x, y, z) = contact[9] / self._scale * step, contact[6]
            before, place = impulses.get((one, other), (0.0, (x / self._scale, y / self._scale, z / self._scale)))
            impulses[one, other] = (before + impulse, place)
        for (one, other), (impulse, place) in sorted(impulses.items()):
            movable = [handle for handle in (one, other) if not self._bodies[handle].is_static]
            if not movable or (len(movable) == 1 and impulse < _HIT_M_S * self._bodies[movable[0]].mass_kg):
                continue
            for handle in movable:
                if handle in self._led:
                    (linear, angular), pose = self._engine.getBaseVelocity(handle, self._client), self._led[handle].pose(time_s)
                    self._set_free(time_s, handle, pose, tuple(c / self._scale for c in linear), angular)
            self._note(one, other, impulse, place, time_s)

    def _note(self, one: int, other: int, impulse: float, place: Vec3, time_s: float) -> None:
        a, b = self._bodies[one], self._bodies[other]
        pair = (a.name, b.name)
        lighter = min(body.mass_kg for body in (a, b) if not body.is_static)
        hard = impulse >= _HIT_M_S * lighter
        if hard and time_s - self._hit.get(pair, -math.inf) >= _APART_S:
            x, y, z = (round(c, 4) for c in place)
            details = (("impulse_ns", f"{impulse:.4g}"),)
            self.events.append(Event(time_s=round(time_s, 6), kind="collision", bodies=pair, position_m=(x, y, z), details=details))
        if hard:
            self._hit[pair] = time_s

    def _keep(self, time_s: float) -> None:
        moment = round(time_s, 6)
        for handle in sorted(self._free):
            if self._kept[handle][-1][0] >= moment:
                continue
            (x, y, z), (a, b, c, d) = self._engine.getBasePositionAndOrientation(handle, self._client)
            length = math.sqrt(a * a + b * b + c * c + d * d)
            position = tuple(round(v / self._scale, 7) for v in (x, y, z))
            rotation = tuple(round(v / length, 9) for v in (d, a, b, c))
            self._kept[handle].append((moment, Pose(position, rotation)))

    def _track(self, handle: int) -> Track:
        """The way of a body: as it was led, and then as it went on."""
        name, kept = self._bodies[handle].name, self._kept[handle]
        before = next((track for track in self._spec.tracks if track.body == name), Track(body=name))
        first = kept[0][0]
        led = [(t, pose) for t, pose in zip(before.times_s, before.poses, strict=True) if t < first]
        times, poses = zip(*led, *kept, strict=True)
        changes = tuple(change for change in before.changes if change.time_s <= first)
        return Track(body=name, times_s=times, poses=poses, changes=changes)
