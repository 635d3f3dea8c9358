"""Weather and hour go together: what the sky is, what is wet, which lamps are on; and exposures follow."""

import math
from dataclasses import replace

import numpy as np
import pytest
from street_map import crossroads

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Choice, Constant
from diorama.randomizers.illumination import level_irradiance, road_irradiance
from diorama.randomizers.sensor import Sensor
from diorama.randomizers.street.lens_drops import LensDrops
from diorama.randomizers.street.night import DARK, daylight, gain
from diorama.randomizers.street.weather import HOURS, KINDS, Weather
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.sky import sun_share
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    Change,
    MaterialSpec,
    MeshShape,
    PhysicalSky,
    PointLight,
    Pose,
    SceneSpec,
    SpotLight,
    SunLight,
    Track,
    Weathering,
)
from diorama.sim.spec.buildings import BuildingShape
from diorama.sim.spec.vehicles import VehicleShape
from diorama.sim.transforms import look_at
from diorama.testing import check_randomizer

CONTEXT = Context(library=AssetLibrary())
CAMERA = CameraSpec.from_fov(width=96, height=72, fov_y_rad=0.8, world_from_camera=Pose.from_matrix(look_at((-12, -1.6, 1.4), (20, -1.6, 1.0))))


def box(name, at, stuff=None, tags=(), **more):
    return BodySpec(name=name, shape=BoxShape(size_m=(40, 3, 0.2)), world_from_body=Pose(at), stuff=stuff, tags=tags, material=MaterialSpec(), **more)


def lamp(i):
    """A street lamp that stands on the ground."""
    shape = MeshShape(asset=f"street:lamp/{i}")
    up = -CONTEXT.library.shape_asset(shape).landmarks["base"][2]
    return BodySpec(name=f"lamp-{i}", shape=shape, world_from_body=Pose((9.0 * i, 5.0, up)), stuff="pole")


def street(season="winter"):
    car = VehicleShape(model="saloon", variant=3, lights=("day",))
    bodies = (
        box("road", (0, 0, -0.1), "road"),
        box("pavement", (0, 4, 0), "sidewalk"),
        box("grass", (0, -6, 0), "terrain", weathering=Weathering(wear=0.3, seed=9)),
        BodySpec(name="walker", shape=BoxShape(size_m=(0.4, 0.4, 1.7)), world_from_body=Pose((5, 4, 1)), category="person", tags=("person",)),
        BodySpec(name="traffic-1", shape=car, world_from_body=Pose((6, -1.6, 0.6)), category="car", tags=("vehicle", "car")),
        BodySpec(name="parked-1", shape=car, world_from_body=Pose((12, 3, 0.6)), category="car", tags=("vehicle", "parked")),
        BodySpec(name="house", shape=BuildingShape(style="brick-house", width_m=9, depth_m=8, floors=2), world_from_body=Pose((0, 14, 0))),
        *(lamp(i) for i in range(4)),
    )
    braking = Change(time_s=1.0, shape=replace(car, lights=("day", "brake")))
    moves = Track(body="traffic-1", times_s=(0, 2), poses=(Pose((6, -1.6, 0.6)), Pose((16, -1.6, 0.6))), changes=(braking,))
    return SceneSpec(
        bodies=bodies, cameras=(CAMERA,), lights=(SunLight(direction=(0, 0, -1)),), roads=crossroads(), tracks=(moves,), notes=(("season", season),)
    )


def drawn(seed=0, season="winter", **settings):
    randomizer = Weather(**{name: value if not isinstance(value, (str, int, float)) else Constant(value) for name, value in settings.items()})
    spec = street(season)
    params = randomizer.sample(Seed(seed), spec, CONTEXT)
    return randomizer.apply(spec, params), params


def test_it_keeps_the_contract():
    for hour in HOURS:
        check_randomizer(Weather(hour=Constant(hour)), spec=street(), library=CONTEXT.library)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hour", HOURS)
def test_what_belongs_together(kind, hour):
    for seed in range(3):
        spec, params = drawn(seed, kind=kind, hour=hour)
        sky, fog = spec.environment.surroundings, spec.environment.fog
        assert dict(spec.notes) == {"season": "winter", "weather": kind, "hour": hour}
        assert (sky.sun_elevation_rad > 0) == (hour in ("day", "golden-hour"))
        suns = [light for light in spec.lights if isinstance(light, SunLight)]
        assert len(suns) == (sky.sun_elevation_rad > 0 and sun_share(sky) > 0.05)
        weather = {body.name: body.weathering or Weathering() for body in spec.bodies}
        assert weather["walker"] == Weathering()
        assert (weather["road"].wet > 0) == (kind in ("rain", "after-rain", "snow") or params["ground"]["wet"] > 0)
        assert weather["grass"].puddles == 0 == weather["house"].puddles and weather["road"].puddles == weather["pavement"].puddles
        assert (weather["grass"].snow > 0) == (kind == "snow")
        if kind == "snow":
            assert 0 < weather["road"].snow < weather["pavement"].snow < weather["grass"].snow == weather["parked-1"].snow
            assert weather["traffic-1"].snow < weather["parked-1"].snow
        assert (weather["grass"].wear, weather["grass"].seed) == (0.3, 9)
        assert (3.9 / fog.extinction_per_m < 500) == (kind == "fog")
        assert sky.overcast < 0.35 or kind not in ("clear", "cloudy")
        beams = "dipped" in spec.body("traffic-1").shape.lights
        assert beams == (hour == "night" or params["daylight_w_m2"] < DARK or kind in ("fog", "rain", "snow"))


def test_kinds_and_hours_are_drawn_as_often_as_they_are_to_be():
    weights = {"clear": 0.5, "rain": 0.3, "snow": 0.2}
    randomizer, spec = Weather(kind=Choice(weights)), street()
    found = [randomizer.sample(Seed(seed), spec, CONTEXT)["weather"] for seed in range(400)]
    for kind, share in weights.items():
        assert found.count(kind) / 400 == pytest.approx(share, abs=3 * math.sqrt(share * (1 - share) / 400))


def test_it_snows_in_winter_and_where_nothing_else_is_wanted():
    summer = {drawn(seed, "summer", kind=Choice({"snow": 0.5, "clear": 0.5}))[1]["weather"] for seed in range(20)}
    assert summer == {"clear"}
    assert drawn(0, "summer", kind="snow")[1]["weather"] == "snow"


# --- in the dark --------------------------------------------------------------------------------------------


def test_by_night_lamps_and_those_who_drive_have_lights():
    spec, params = drawn(hour="night", kind="clear", shadowed=1)
    on = [light.on for light in spec.lights]
    assert sorted(set(on)) == ["lamp-0", "lamp-1", "lamp-2", "lamp-3", "traffic-1"]
    assert on.count("traffic-1") == 2
    shadowed = [light for light in spec.lights if light.shadows]
    assert len(shadowed) == 1 and isinstance(shadowed[0], SpotLight) and shadowed[0].on.startswith("lamp")
    asset = CONTEXT.library.shape_asset(spec.body("lamp-1").shape)
    (light,) = (light for light in spec.lights if light.on == "lamp-1")
    assert light.position_m == asset.landmarks["lamp"] and isinstance(light, SpotLight | PointLight)
    shines = spec.body("lamp-1").part_materials
    assert len(shines) == len(asset.parts) and shines[:-1] == (None,) * (len(shines) - 1) and min(shines[-1].emissive) > 0
    car, (track,) = spec.body("traffic-1"), spec.tracks
    assert car.shape.lights == ("dipped",) and track.changes[0].shape.lights == ("dipped", "brake")
    assert spec.body("parked-1").shape.lights == ("day",)
    assert spec.body("house").shape.lit == params["windows"] > 0
    beams = [light for light in spec.lights_in_world() if isinstance(light, SpotLight) and light.narrowing > 1]
    assert all(light.direction[0] > 0.99 and light.direction[2] < 0 and light.position_m[0] > 7.5 for light in beams)
    later = [light for light in spec.at(2.0).lights_in_world() if isinstance(light, SpotLight) and light.narrowing > 1]
    assert [b.position_m[0] - a.position_m[0] for a, b in zip(beams, later, strict=True)] == pytest.approx([10.0, 10.0], abs=1e-6)


def test_lamps_within_trees_cast_no_shadows():
    spec = street()
    (lamp_0,) = (body for body in spec.bodies if body.name == "lamp-0")
    x, y, _ = lamp_0.world_from_body.position_m
    tree = BodySpec(name="tree", shape=BoxShape(size_m=(40, 6, 9)), world_from_body=Pose((x + 10, y, 6)), stuff="vegetation")
    params = Weather(hour=Constant("night"), shadowed=Constant(2)).sample(Seed(0), spec.replace(bodies=(*spec.bodies, tree)), CONTEXT)
    assert not any(light["shadows"] for light in params["lights"])


def test_by_day_there_are_none():
    spec, params = drawn(hour="day", kind="clear")
    assert len(spec.lights) == 1 and params["gain"] == 1 and "windows" not in params
    assert spec.body("traffic-1").shape.lights == ("day",) and spec.body("house").shape.lit == 0


def test_far_beams_are_left_out():
    params = Weather(hour=Constant("night"), beams_within_m=3.0).sample(Seed(0), street(), CONTEXT)
    assert not [light for light in params["lights"] if light["on"] == "traffic-1"]


@pytest.mark.parametrize("elevation_deg", [-20, -9, -4, 0, 3, 30])
def test_light_is_brought_up_to_an_overcast_days_but_its_parts_keep_their_shares(elevation_deg):
    sky = PhysicalSky(sun_elevation_rad=math.radians(elevation_deg))
    power = gain(sky)
    there = daylight(sky)
    assert 1 <= power <= 1000
    assert power * there == pytest.approx(0.5, rel=1e-6) or power in (1, 1000)
    assert daylight(replace(sky, strength=power)) == pytest.approx(power * there, rel=1e-6)


def test_below_a_street_lamp_it_is_as_bright_as_below_a_real_one():
    """18 lux, times how much stronger all light is."""
    spec, params = drawn(hour="night", kind="clear")
    spots = [light for light in spec.lights_in_world() if isinstance(light, SpotLight) and light.narrowing == 1]
    assert spots
    for spot in spots:
        x, y, z = spot.position_m
        ground = (x - z * spot.direction[0] / spot.direction[2], y - z * spot.direction[1] / spot.direction[2], 0.0)
        alone = spec.replace(lights=(spot,), environment=replace(spec.environment, surroundings=PhysicalSky(sun_elevation_rad=-0.35)))
        lux = level_irradiance(alone, ground) / params["gain"] / 0.04 * 1000
        assert 10 < lux < 25


# --- exposures ----------------------------------------------------------------------------------------------


def test_pictures_are_exposed_for_the_road_before_the_camera_and_stay_dark_by_night():
    signals = {}
    for hour in HOURS:
        spec, _ = drawn(hour=hour, kind="clear")
        sensor = Sensor(adaptation=Constant(1.0), error_ev=Constant(0.0))
        params = sensor.sample(Seed(0), spec, CONTEXT)
        assert params["irradiance_w_m2"] == pytest.approx(road_irradiance(spec, CAMERA), rel=1e-6)
        signals[hour] = 0.35 * road_irradiance(spec, CAMERA) / math.pi * 2 ** params["sensor"]["exposure_ev"]
    assert signals["day"] == pytest.approx(0.35, rel=1e-6)
    assert signals["day"] > signals["golden-hour"] > signals["dusk"] > signals["night"] > 0.1
    assert params["sensor"]["shot_noise"] > 0


def test_the_road_ahead_is_metered():
    """Under an even sky it is what any level surface gets; a lamp counts that is before the camera, and not one behind it."""
    spec = street().replace(lights=())
    assert road_irradiance(spec, CAMERA) == pytest.approx(level_irradiance(spec, (0, 0, 0)))
    ahead, behind = (
        road_irradiance(spec.replace(lights=(PointLight(position_m=(x, -1.6, 5.0), intensity=(60, 60, 60)),)), CAMERA) for x in (0.0, -60.0)
    )
    assert ahead > 1.05 * behind


@pytest.mark.parametrize("bad", [{"kind": Constant("hail")}, {"hour": Choice(["noon"])}, {"wet": Constant(1.5)}, {"extinction_per_m": Constant(-1)}])
def test_weather_that_cannot_be_is_refused(bad):
    with pytest.raises(InvalidValue):
        Weather(**bad)
    with pytest.raises(InvalidValue, match="beams_within_m"):
        Weather(beams_within_m=-1.0)


def test_pictures_by_night_are_dark_and_readable(raster_of_streets):
    """Not black, and not day: of a street with lamps, most is dark and something is bright."""
    spec, _ = drawn(hour="night", kind="clear")
    (camera,) = Sensor(adaptation=Constant(1.0), error_ev=Constant(0.0)).apply(spec, Sensor().sample(Seed(1), spec, CONTEXT)).cameras
    raster_of_streets.load(spec)
    codes = raster_of_streets.render(camera, ("rgb",)).rgb.max(axis=2)
    assert np.percentile(codes, 40) < 90 and np.percentile(codes, 97) > 60


@pytest.fixture(scope="module")
def raster_of_streets():
    from diorama.sim.render.raster import Raster

    with Raster(CONTEXT.library) as renderer:
        yield renderer


# --- water in the air and on the glass ----------------------------------------------------------------------


def test_it_rains_when_it_rains():
    for kind in KINDS:
        falling = [drawn(seed, kind=kind)[0].environment.falling for seed in range(12)]
        assert all(f is not None and f.what == "rain" for f in falling) == (kind == "rain")
        if kind != "rain":
            assert {f.what for f in falling if f is not None} == ({"snow"} if kind == "snow" else set())
    assert None in [drawn(seed, kind="snow")[0].environment.falling for seed in range(12)]


def test_drops_are_on_the_glass_in_the_rain():
    check_randomizer(LensDrops(share=1.0))
    for kind, wet in (("rain", True), ("clear", False)):
        spec, _ = drawn(kind=kind)
        views = [LensDrops(share=0.5).apply(spec, LensDrops(share=0.5).sample(Seed(seed), spec, CONTEXT)).cameras[0] for seed in range(40)]
        share = sum(view.sensor.drops is not None for view in views) / 40
        assert share == (pytest.approx(0.5, abs=0.25) if wet else 0.0)
        assert all(4 <= view.sensor.drops.count <= 70 for view in views if view.sensor.drops)
    untold = street()
    assert LensDrops(share=1.0).sample(Seed(0), untold, CONTEXT)["shown"]
