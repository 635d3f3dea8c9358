"""A street in a town, a suburb or the country."""

import math
from dataclasses import dataclass
from typing import ClassVar

from diorama.randomizers.base import Context, Randomizer
from diorama.randomizers.distributions import Choice, Distribution, Uniform, require, require_one_of, require_share
from diorama.randomizers.sensor import Sensor
from diorama.randomizers.sky import Sky
from diorama.randomizers.street.buildings import Buildings
from diorama.randomizers.street.parked import Parked
from diorama.randomizers.street.planting import Planting
from diorama.randomizers.street.rig import VehicleRig
from diorama.randomizers.street.traffic import Traffic
from diorama.scenes.driving.ground import bodies
from diorama.scenes.driving.junctions import junction
from diorama.scenes.driving.markings import Style
from diorama.scenes.driving.network import Habits, Network, meeting, single
from diorama.scenes.driving.roads import Axis, Beyond, Road, Side
from diorama.sim.seeds import Seed
from diorama.sim.sky import sun_light
from diorama.sim.spec import EnvironmentSpec, PhysicalSky, PhysicsSpec, SceneSpec, Terrain

LAYOUTS = ("straight", "crossroads", "t-junction")
SETTINGS = ("town-centre", "residential", "suburb", "industrial", "country")
#: Streets reach so far from the middle.
REACH_M = 110.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """Roads, the ground beside them, a sun and a sky; everything else is put there by randomizers, by the map `roads`."""

    name: ClassVar[str] = "street"
    categories: ClassVar[tuple[tuple[str, str], ...]] = (
        ("bicycle", "vehicle"),
        ("bus", "vehicle"),
        ("car", "vehicle"),
        ("motorcycle", "vehicle"),
        ("person", "person"),
        ("rider", "person"),
        ("traffic-light", "sign"),
        ("traffic-sign", "sign"),
        ("truck", "vehicle"),
        ("van", "vehicle"),
    )

    layout: Distribution = Choice({"straight": 0.5, "crossroads": 0.35, "t-junction": 0.15})
    setting: Distribution = Choice(list(SETTINGS))
    drives_on: Distribution = Choice({"right": 0.8, "left": 0.2})
    lanes: Distribution = Choice({1: 0.75, 2: 0.25})
    lane_m: Distribution = Uniform(2.9, 3.5)
    pavement_m: Distribution = Uniform(1.8, 3.5)
    verge_m: Distribution = Uniform(1.0, 2.0)
    verges: float = 0.3
    cycle_lanes: float = 0.2
    parking_lanes: float = 0.4
    kerb_m: Distribution = Uniform(0.08, 0.16)
    plot_m: Distribution = Uniform(18, 28)

    def __post_init__(self) -> None:
        require_one_of(self, LAYOUTS, "layout")
        require_one_of(self, SETTINGS, "setting")
        require_one_of(self, ("right", "left"), "drives_on")
        require(self, 1, 3, "lanes", whole=True)
        require(self, 2.2, 5, "lane_m")
        require(self, 0, 8, "pavement_m")
        require(self, 0, 4, "verge_m")
        require(self, 0, 0.3, "kerb_m")
        require(self, 0, 40, "plot_m")
        require_share(self, "verges", "cycle_lanes", "parking_lanes")

    def build(self, seed: Seed, context: Context) -> SceneSpec:
        network = self._network(seed)
        sky = PhysicalSky(sun_elevation_rad=0.8, sun_azimuth_rad=0.6)
        return SceneSpec(
            bodies=bodies(network),
            lights=(sun_light(sky),),
            environment=EnvironmentSpec(surroundings=sky, occlusion_radius_m=1.0),
            physics=PhysicsSpec(bounds_min_m=(-500.0, -500.0, -60.0), bounds_max_m=(500.0, 500.0, 100.0)),
            roads=network.roads,
            notes=(("setting", self.setting.sample(seed.child("setting").rng())),),
        )

    def randomizers(self) -> tuple[Randomizer, ...]:
        # What stands there comes first, then who passes it, then light and weather; the camera is last.
        return (
            Buildings(),
            Planting(),
            Parked(),
            Traffic(),
            Sky(),
            VehicleRig(preset="camvid"),
            Sensor(),
        )

    def _network(self, seed: Seed) -> Network:
        rng = seed.child("roads").rng()
        layout, rule = self.layout.sample(rng), self.drives_on.sample(rng)
        lanes = self.lanes.sample(rng)
        lane, kerb = self.lane_m.sample(rng), self.kerb_m.sample(rng)
        cycle = 1.6 if rng.random() < self.cycle_lanes else 0.0
        parking = 2.2 if rng.random() < self.parking_lanes else 0.0
        verge = self.verge_m.sample(rng) if rng.random() < self.verges else 0.0
        beyond = Beyond(verge_m=round(verge, 2), pavement_m=round(self.pavement_m.sample(rng), 2), plot_m=round(self.plot_m.sample(rng), 2))
        side = Side(lanes=lanes, lane_m=round(lane, 2), cycle_m=cycle, parking_m=parking)
        minor = Side(lanes=1, lane_m=round(lane, 2), parking_m=parking)
        style = Style(center="double" if lanes > 1 else "dashed")
        habits = Habits(rule=rule, speed_m_s=13.9, kerb_m=round(kerb, 3), terrain=Terrain(), style=style)
        turn = 2 * math.pi * rng.random()
        lots = seed.child("plots").rng()
        if layout == "straight":
            road = Road(name="a", axis=Axis((0.0, 0.0), turn), start_m=-REACH_M, end_m=REACH_M, left=side, right=side)
            return single(road, (beyond, beyond), habits, lots)
        skew = (rng.random() - 0.5) * math.radians(30)
        headings = [(0.0, side), (math.pi / 2 + skew, minor), (math.pi, side), (1.5 * math.pi + skew, minor)]
        if layout == "t-junction":
            headings.pop(1 if rng.random() < 0.5 else 3)
        roads = [
            Road(name=name, axis=Axis((0.0, 0.0), turn + heading), start_m=0.0, end_m=REACH_M, left=s, right=s)
            for name, (heading, s) in zip("abcd", headings, strict=False)
        ]
        control = "signal" if rng.random() < 0.5 else "give-way"
        meets = junction(
            roads,
            [beyond] * len(roads),
            max(7.0, beyond.walk_m[1] + 1.0),
            control=control,
            major=tuple(i for i, (_, s) in enumerate(headings) if s is side),
            crossings=[control == "signal" or s is minor for _, s in headings],
            crossing_m=3.5,
        )
        return meeting(meets, [beyond] * len(roads), habits, lots)
