"""A street in a town, a suburb or the country."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Randomizer
from diorama.randomizers.distributions import Choice, Constant, Distribution, Mixture, Uniform, require, require_one_of, require_share
from diorama.randomizers.sensor import Sensor
from diorama.randomizers.street.buildings import Buildings
from diorama.randomizers.street.cyclists import Cyclists
from diorama.randomizers.street.furniture import Furniture
from diorama.randomizers.street.lens_drops import LensDrops
from diorama.randomizers.street.parked import Parked
from diorama.randomizers.street.pedestrians import Pedestrians
from diorama.randomizers.street.planting import Planting
from diorama.randomizers.street.rig import VehicleRig
from diorama.randomizers.street.road_surface import RoadSurface
from diorama.randomizers.street.signals import Signals
from diorama.randomizers.street.signs import Signs
from diorama.randomizers.street.traffic import Traffic
from diorama.randomizers.street.weather import Weather
from diorama.scenes.driving.ground import bodies
from diorama.scenes.driving.layouts import LAYOUTS, Section
from diorama.scenes.driving.markings import DASHES_M, Style
from diorama.scenes.driving.network import STEP_M, Habits, Network, network
from diorama.scenes.driving.roads import Beyond, Side
from diorama.scenes.driving.settings import SETTINGS, Setting
from diorama.scenes.driving.terrain import hills, reach_m
from diorama.sim.seeds import Seed
from diorama.sim.sky import sun_light
from diorama.sim.spec import EnvironmentSpec, PhysicalSky, PhysicsSpec, SceneSpec

_CYCLE_M, _PARKING_M = 1.6, 2.2
_HILLS = Mixture([Constant(0.0), Uniform(-5, 8)], [0.4, 0.6])
#: Without a pavement there is a verge at least so wide.
_LEAST_VERGE_M = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """Roads, the ground beside them, a sun and a sky; everything else is put there by randomizers, which go by the map `SceneSpec.roads`.

    `layout` is how roads meet, `setting` what kind of place it is, one drives on the side `drives_on`, and `hill_m` is how high a hill is on which
    it all lies, or how deep a hollow. A road has `lanes` of `lane_m` in each direction, in shares of scenes `cycle_lanes` and `parking_lanes`
    beside them, and a kerb `kerb_m` high; its limit is `speed_km_h`. Beyond the kerb are, in a share `verges`, a verge `verge_m` wide, a pavement
    `pavement_m` wide, and plots `plot_m` deep and `lot_m` wide. A share `signals` of junctions has signals, and of the places where people
    cross a road between junctions, which a share `crossings` of roads without junctions has. What is left open is as the setting has it (`SETTINGS`).
    """

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

    #: All views are of one moment, from vehicles here and there: what is seen is as different, and takes half the time to make.
    plan: ClassVar[dict[str, Any]] = {"view_interval_s": 0.0, "views": 8}

    layout: Distribution = Choice({"straight": 0.22, "curve": 0.2, "crossroads": 0.24, "t-junction": 0.16, "roundabout": 0.09, "car-park": 0.09})
    setting: Distribution = Choice({"town-centre": 0.32, "residential": 0.25, "suburb": 0.2, "industrial": 0.1, "country": 0.13})
    drives_on: Distribution = Choice({"right": 0.7, "left": 0.3})
    hill_m: Distribution = _HILLS
    lanes: Distribution | None = None
    lane_m: Distribution | None = None
    speed_km_h: Distribution | None = None
    pavement_m: Distribution | None = None
    verge_m: Distribution | None = None
    verges: float | None = None
    cycle_lanes: float | None = None
    parking_lanes: float | None = None
    kerb_m: Distribution | None = None
    plot_m: Distribution | None = None
    lot_m: Distribution | None = None
    signals: float | None = None
    crossings: float | None = None

    def __post_init__(self) -> None:
        require_one_of(self, LAYOUTS, "layout")
        require_one_of(self, SETTINGS, "setting")
        require_one_of(self, ("right", "left"), "drives_on")
        require(self, -8, 12, "hill_m")
        given = [name for name in _LIMITS if getattr(self, name) is not None]
        for name in given:
            low, high = _LIMITS[name]
            require(self, low, high, name, whole=name == "lanes")
        require_share(self, *(name for name in _SHARES if getattr(self, name) is not None))

    def build(self, seed: Seed, context: Context) -> SceneSpec:
        setting = self.setting.sample(seed.child("setting").rng())
        style = _style(SETTINGS[setting], seed.child("markings"))
        made = self._network(seed, setting, style)
        sky = PhysicalSky(sun_elevation_rad=0.8, sun_azimuth_rad=0.6)
        return SceneSpec(
            bodies=bodies(made, setting, style.dashes_m),
            lights=(sun_light(sky),),
            environment=EnvironmentSpec(surroundings=sky, occlusion_radius_m=1.0),
            physics=PhysicsSpec(bounds_min_m=(-500.0, -500.0, -60.0), bounds_max_m=(500.0, 500.0, 150.0)),
            roads=made.roads,
            notes=(("setting", setting),),
        )

    def randomizers(self) -> tuple[Randomizer, ...]:
        # The ground comes first, then what stands there, then who passes it, then light and weather; the camera is last.
        return (
            RoadSurface(),
            Buildings(),
            Planting(),
            Signals(),
            Signs(),
            Furniture(),
            Parked(),
            Pedestrians(),
            Cyclists(),
            Traffic(),
            Weather(),
            VehicleRig(preset="camvid"),
            Sensor(),
            LensDrops(),
        )

    def _network(self, seed: Seed, setting: str, style: Style) -> Network:
        terrain = hills(self.hill_m.sample(seed.child("hill").rng()), seed.child("terrain").rng())
        reach = reach_m(terrain, STEP_M)
        place = SETTINGS[setting]
        rng = seed.child("roads").rng()

        def drawn(name: str) -> Any:
            return (getattr(self, name) or getattr(place, name)).sample(seed.child("roads", name).rng())

        def happens(name: str) -> bool:
            share = getattr(self, name)
            return seed.child("roads", name).rng().random() < (getattr(place, name) if share is None else share)

        lane, pavement, plot = (round(drawn(name), 2) for name in ("lane_m", "pavement_m", "plot_m"))
        verge = round(drawn("verge_m"), 2) if happens("verges") else 0.0
        parks, cycles = happens("parking_lanes"), happens("cycle_lanes")
        major = Side(lanes=drawn("lanes"), lane_m=lane, cycle_m=_CYCLE_M if cycles else 0.0, parking_m=_PARKING_M if parks else 0.0)
        section = Section(
            major=major,
            minor=Side(lanes=1, lane_m=lane, parking_m=major.parking_m),
            beyond=Beyond(verge_m=verge if pavement > 0 else max(verge, _LEAST_VERGE_M), pavement_m=pavement, plot_m=plot),
            reach_m=reach,
            signals=happens("signals"),
            stops=rng.random() < 0.25,
            crossed=happens("crossings"),
        )
        habits = Habits(
            rule=self.drives_on.sample(seed.child("roads", "drives_on").rng()),
            speed_m_s=round(drawn("speed_km_h") / 3.6, 2),
            kerb_m=round(drawn("kerb_m"), 3),
            terrain=terrain,
            reach_m=reach,
            style=style if major.lanes == 1 or style.center != "none" else replace(style, center="double"),
            lot_m=self.lot_m or place.lot_m,
        )
        layout = LAYOUTS[self.layout.sample(seed.child("layout").rng())]
        return network(layout(section, rng), habits, seed.child("plots").rng())


_SHARES = ("verges", "cycle_lanes", "parking_lanes", "signals", "crossings")
#: Between which numbers settings may be, by their names.
_LIMITS: dict[str, tuple[float, float]] = {
    "lanes": (1, 3),
    "lane_m": (2.2, 5),
    "speed_km_h": (5, 130),
    "pavement_m": (0, 8),
    "verge_m": (0, 5),
    "kerb_m": (0, 0.3),
    "plot_m": (0, 40),
    "lot_m": (5, 100),
}


def _style(place: Setting, seed: Seed) -> Style:
    rng = seed.rng()
    center, dashes = place.center.sample(rng), DASHES_M[int(rng.random() * len(DASHES_M))]
    return Style(
        width_m=round(Uniform(0.1, 0.16).sample(rng), 3),
        dashes_m=dashes,
        center=center,
        center_color="yellow" if rng.random() < 0.2 else "white",
        edges=rng.random() < place.edge_lines,
        bays=rng.random() < 0.5,
        arrows=rng.random() < 0.35,
        zebra=rng.random() < 0.75,
        kerbside=("double" if rng.random() < 0.7 else "solid") if rng.random() < place.no_stopping else None,
        box=rng.random() < 0.3,
    )
