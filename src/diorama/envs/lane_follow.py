"""Following a lane: a camera behind a windscreen, steering and throttle."""

import math
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from diorama.envs.base import Action, Observation, StagedEnv
from diorama.envs.car import Car, CarState
from diorama.envs.course import Course
from diorama.envs.driver import PurePursuit
from diorama.plan import Plan
from diorama.randomizers.camera_jitter import CameraJitter
from diorama.randomizers.distributions import Choice, Constant, Normal, Uniform
from diorama.randomizers.sensor import Sensor
from diorama.randomizers.street.buildings import Buildings
from diorama.randomizers.street.footprints import Footprint, Footprints
from diorama.randomizers.street.planting import Planting
from diorama.randomizers.street.rig import VehicleRig
from diorama.randomizers.street.rigs import RigCamera
from diorama.randomizers.street.road_surface import RoadSurface
from diorama.randomizers.street.standing import stood
from diorama.randomizers.street.traffic import Traffic
from diorama.randomizers.street.weather import Weather
from diorama.scenes.driving.street import Street
from diorama.sim.errors import InvalidValue, RejectedScene
from diorama.sim.seeds import Seed
from diorama.sim.spec import CameraSpec, Pose, SceneSpec
from diorama.sim.transforms import compose, invert

#: An action holds for so long, and an episode is cut off after so many of them: a minute.
STEP_S, STEPS = 0.1, 600
#: What it costs to leave the lane.
OFF_LANE = -10.0
#: As a new driver is sent off: so far from the middle, in half widths of what is free beside the car, and so far askew.
_START_OFF, _START_RAD = 0.5, 0.05
#: A course on which one does not drive for so long is none; and so much before the end of one it is over.
_LEAST_M, _END_M = 60.0, 12.0
#: What a car takes up: half its length and width, and from where to where above the ground. Vehicles farther away than this do not touch it.
_HALF_M, _LOW_M, _HIGH_M, _FAR_M = (2.2, 0.9), 0.2, 1.4, 15.0

WINDSCREEN = RigCamera(name="windscreen", width=640, height=480, fx=400.0, position_m=(0.45, 0.0, 1.3), pitch_deg=-6.0)


def lane_plan(*, traffic_per_km: float = 0.0) -> Plan:
    """The plan that the environment has by default: circuits in the country and in towns, by day, in sun and rain.

    Little stands beside the road, so that scenes are staged fast. `traffic_per_km` vehicles drive on each kilometre of the other lanes.
    """
    street = Street(
        layout=Constant("circuit"),
        setting=Choice({"country": 0.45, "suburb": 0.3, "residential": 0.25}),
        lanes=Constant(1),
        lane_m=Uniform(3.0, 3.7),
        cycle_lanes=0.1,
        parking_lanes=0.0,
    )
    weather = Weather(
        kind=Choice({"clear": 0.32, "cloudy": 0.3, "overcast": 0.2, "rain": 0.08, "after-rain": 0.1}),
        hour=Choice({"day": 0.85, "golden-hour": 0.15}),
    )
    jitter = CameraJitter(
        right_m=Normal(0, 0.1),
        down_m=Uniform(-0.15, 0.15),
        yaw_deg=Normal(0, 0.5),
        pitch_deg=Uniform(-2, 2),
        roll_deg=Normal(0, 0.5),
        focal=Uniform(0.95, 1.05),
    )
    traffic = (Traffic(per_km=Constant(traffic_per_km)),) if traffic_per_km > 0 else ()
    randomizers = (RoadSurface(), Buildings(), Planting(most=40), *traffic, weather, jitter, Sensor())
    return Plan(scenario=street, randomizers=randomizers, exporters=())


class LaneFollow(StagedEnv):
    """Keep to the lane, and get along.

    Actions are steering, from -1 (all the way to the right) to 1 (left), and throttle, from -1 (full brake) to 1; each holds for `STEP_S`. What is
    observed is what the `camera` sees, and ``speed`` (1,) in m/s.

    An episode begins somewhere on a lane that is driven on, a little askew, at a speed of somebody who has been driving, and ends when the car's
    middle leaves the lane, when the car touches another vehicle, or where the road ends, if it does. Each step is rewarded by how far it got along
    the lane, as a share of what `speed_m_s` would have been, at most 1, less the square of how far the car's middle is off the lane's, as a share
    of half of its width; leaving the lane and touching somebody cost `OFF_LANE`.

    `plan` is any with roads, by default `lane_plan`; others on the lane itself are left out. Without traffic the scene stays the same, and only the
    camera moves. View randomizers of the plan find the camera where the car begins; where they put it, it stays in the car. A `vehicle-rig` is left
    out: the car has a camera.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": round(1 / STEP_S)}  # noqa: RUF012 - as Gymnasium declares it

    def __init__(
        self,
        plan: Plan | str | None = None,
        *,
        traffic_per_km: float = 0.0,
        speed_m_s: float = 10.0,
        car: Car | None = None,
        camera: RigCamera = WINDSCREEN,
        channels: Collection[str] = ("rgb",),
        resolution: tuple[int, int] = (160, 120),
        **settings: Any,
    ) -> None:
        if not 0 < speed_m_s < math.inf:
            raise InvalidValue(f"speed_m_s must be positive, got {speed_m_s}")
        if plan is not None and traffic_per_km:
            raise InvalidValue("traffic_per_km is a setting of the default plan; a plan of your own has its own randomizer traffic")
        super().__init__(lane_plan(traffic_per_km=traffic_per_km) if plan is None else plan, channels=channels, resolution=resolution, **settings)
        # Whoever moves in the scene is told for how long; a rig would look for a vehicle of its own.
        randomizers = tuple(r for r in self.plan.randomizers if not isinstance(r, VehicleRig))
        self.plan = replace(self.plan, randomizers=randomizers, frames=STEPS + 1, fps=1 / STEP_S)
        self.speed_m_s, self.car, self.mount = speed_m_s, car or Car(), camera
        self.driver = PurePursuit(speed_m_s=0.9 * speed_m_s)
        self.action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)
        space: Any = spaces.Dict({**self.picture_spaces(), "speed": spaces.Box(0.0, max(self.car.top_m_s, speed_m_s), (1,), np.float32)})
        self.observation_space = space

    def scripted(self) -> Action:
        """What the scripted driver would do now: (2,) float32."""
        half = self.car.wheelbase_m / 2
        steering, throttle = self.driver.action(self.car, self.state, self.course, self._way - half)
        return np.array([round(steering, 6), round(throttle, 6)], np.float32)

    def put(self, way_m: float, *, offset_m: float = 0.0, askew_rad: float = 0.0, speed_m_s: float = 8.0) -> Observation:
        """Put the car elsewhere on its lane, wheels straight, and look: so far along, so far to the left of the middle, and turned to the left of
        where the lane goes. A lesson on what to do there is worth more than ten that follow each other by a tenth of a second. Raises InvalidValue.
        """
        way = way_m % self.course.length_m if self.course.closed else way_m
        if not (0 <= way <= self.course.length_m and abs(offset_m) <= self.course.width_m / 2 and abs(askew_rad) <= math.pi / 2):
            raise InvalidValue(f"there is no lane {way_m} m along and {offset_m} m to the left, or one does not drive there askew by {askew_rad} rad")
        if not 0 <= speed_m_s <= self.car.top_m_s:
            raise InvalidValue(f"speed_m_s must be between 0 and {self.car.top_m_s:.1f}, got {speed_m_s}")
        self._place(way, offset_m, askew_rad, speed_m_s)
        return self._observation()

    def _place(self, way_m: float, offset_m: float, askew_rad: float, speed_m_s: float) -> None:
        (x, y), (dx, dy) = self.course.at(way_m)
        begun = CarState(heading_rad=round(math.atan2(dy, dx) + askew_rad, 9), speed_m_s=round(speed_m_s, 9))
        back, (ux, uy) = self.car.wheelbase_m / 2, begun.ahead
        self._way, self._off = way_m, offset_m
        self.state = replace(begun, x_m=round(x - dy * offset_m - ux * back, 9), y_m=round(y + dx * offset_m - uy * back, 9))

    def _begin(self, spec: SceneSpec, seed: Seed) -> None:
        if spec.roads is None:
            raise InvalidValue("LaneFollow needs a plan with roads: one of the scenario street, or of one of your own that has a RoadMap")
        self.roads = spec.roads
        rng = seed.child("start").rng()
        lanes = [lane.name for lane in self.roads.lanes if lane.kind == "drive" and not lane.junction]
        if not lanes:
            raise RejectedScene("no lane", "the roads have no lane of the kind drive")
        self.course = Course.from_lane(self.roads, lanes[int(rng.random() * len(lanes))], rng)
        room = self.course.length_m if self.course.closed else self.course.length_m - _LEAST_M
        if room <= 0:
            raise RejectedScene("short lane", f"a lane of {self.course.length_m:.0f} m")
        way = rng.random() * room
        free = max(self.course.width_m / 2 - _HALF_M[1], 0.0)
        off = _START_OFF * free * (2 * rng.random() - 1)
        askew = _START_RAD * (2 * rng.random() - 1)
        self._place(way, off, askew, self.speed_m_s * (0.5 + 0.4 * rng.random()))
        self._start = self._pose()
        own = CameraSpec(width=self.mount.width, height=self.mount.height)
        (fx, fy), (cx, cy) = self.mount.focal_px, self.mount.center_px
        seen_from = self._start.of(Pose(self.mount.position_m, self.mount.rotation))
        own = replace(own, fx=fx, fy=fy, cx=cx, cy=cy, rolling_shutter_s=self.mount.rolling_shutter_s, world_from_camera=seen_from)
        self._spec = _without(spec, self.course).replace(cameras=(own,))

    def _advance(self, action: NDArray[np.float64]) -> tuple[float, bool, dict[str, Any]]:
        before = self._way
        self.state = self.car.after(self.state, float(action[0]), float(action[1]), STEP_S)
        self._way, self._off = self.course.nearest(self._middle(), before)
        share = self._off / (self.course.width_m / 2)
        reward = min((self._way - before) / (self.speed_m_s * STEP_S), 1.0) - share * share
        left, hit = abs(share) > 1, self._touches()
        ends = not self.course.closed and self._way > self.course.length_m - _END_M
        return (
            reward + (OFF_LANE if left or hit else 0.0),
            left or hit or ends,
            self._info() | {"off_lane": left, "collision": hit, "road_ends": ends},
        )

    def _scene(self) -> SceneSpec:
        return self._spec.at(self.steps * STEP_S, over_s=STEP_S)

    def _state(self) -> Observation:
        return {"speed": np.array([self.state.speed_m_s], np.float32)}

    def _view(self) -> tuple[SceneSpec, CameraSpec]:
        moved = compose(self._pose().matrix, invert(self._start.matrix), self._camera.world_from_camera.matrix)
        camera = replace(self._camera, world_from_camera=Pose.from_matrix(moved), time_s=self.steps * STEP_S)
        return self._scene(), camera

    def _info(self) -> dict[str, Any]:
        """How far along the lane, how far to the left of its middle, how wide it is, and where the car's middle is."""
        return {"way_m": self._way, "offset_m": self._off, "lane_m": self.course.width_m, "place_m": self._middle()}

    def _middle(self) -> tuple[float, float]:
        """The middle between the axles."""
        (dx, dy), half = self.state.ahead, self.car.wheelbase_m / 2
        return self.state.x_m + dx * half, self.state.y_m + dy * half

    def _pose(self) -> Pose:
        """On the ground below the car's middle, +x forward and +z upright on the road."""
        return stood((0.0, 0.0, 0.0), self.roads, self._middle(), self.state.ahead)

    def _touches(self) -> bool:
        """Whether the car is where another vehicle is."""
        x, y = self._middle()
        near = [
            body
            for body in self._scene().bodies
            if "vehicle" in body.tags and max(abs(body.world_from_body.position_m[0] - x), abs(body.world_from_body.position_m[1] - y)) < _FAR_M
        ]
        if not near:
            return False
        ground = self.roads.ground_m(x, y)
        own = Footprint((x, y), self.state.ahead, _HALF_M, ground + _LOW_M, ground + _HIGH_M)
        return not Footprints.around(near, self.studio.library).are_free([own])


def _without(spec: SceneSpec, course: Course) -> SceneSpec:
    """The scene without the vehicles that drive along a course: they would not wait for who follows it."""
    there = tuple(f"traffic-{lane}-" for lane in course.lanes)
    gone = {body.name for body in spec.bodies if body.name.startswith(there)}
    return spec.replace(
        bodies=tuple(body for body in spec.bodies if body.name not in gone),
        tracks=tuple(track for track in spec.tracks if track.body not in gone),
        lights=tuple(light for light in spec.lights if getattr(light, "on", None) not in gone),
    )
