"""HDR maps, skies and photographs around and behind scenes: drawn as asked, as bright as the light they stand for, refused when unfit."""

import hashlib
import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
import yaml

from diorama.plan import plan_from_json, plan_to_json
from diorama.randomizers.base import check_files, label_of
from diorama.randomizers.distributions import Constant, Uniform, UniformInt, Var
from diorama.randomizers.hdr import HdrMaps
from diorama.randomizers.illumination import level_irradiance
from diorama.randomizers.photo_backdrop import PhotoBackdrops
from diorama.randomizers.sky import Place, Sky
from diorama.sim.assets.hdr import cosines
from diorama.sim.errors import AssetError, DioramaError, InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.sky import sun_light
from diorama.sim.spec import EnvironmentSpec, HdrMap, PhysicalSky, SunLight

CENTER = (0.1, -0.2, 0.72)


def varied(randomizer, spec, context, seed=0):
    params = randomizer.sample(Seed(seed), spec, context)
    return randomizer.apply(spec, params), params


# --- HDR maps ---


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    """An even map, and one with a sun at 40 degrees above +x."""
    folder = tmp_path_factory.mktemp("maps")
    picture = np.full((64, 128, 3), (0.4, 0.5, 0.6), np.float32)
    cv2.imwrite(str(folder / "even.hdr"), picture)
    toward = (math.cos(math.radians(40)), 0.0, math.sin(math.radians(40)))
    picture[cosines(64, toward) > math.cos(0.05)] = 2000
    cv2.imwrite(str(folder / "sunny.hdr"), picture)
    return folder


@pytest.mark.parametrize("shadows", [True, False])
@pytest.mark.parametrize("name", ["even", "sunny"])
def test_a_map_gives_the_irradiance_that_was_drawn(name, shadows, maps, room, context):
    for seed in range(5):
        spec, params = varied(HdrMaps(paths=(str(maps / f"{name}.hdr"),), shadows=shadows), room, context, seed)
        assert 1.5 <= params["irradiance"] <= 5
        assert level_irradiance(spec, CENTER) == pytest.approx(params["irradiance"], rel=2e-3)
        assert len(spec.lights) == (shadows and name == "sunny")


def test_the_sun_of_a_map_turns_with_it(maps, room, context):
    spec, _ = varied(HdrMaps(paths=(str(maps / "sunny.hdr"),), turn_deg=Constant(90)), room, context)
    (sun,) = spec.lights
    assert isinstance(sun, SunLight) and sun.shadows
    assert sun.direction == pytest.approx((0, -math.cos(math.radians(40)), -math.sin(math.radians(40))), abs=0.01)
    around = spec.environment.surroundings
    assert isinstance(around, HdrMap) and around.without is not None and around.turn_rad == pytest.approx(math.pi / 2)


def test_a_map_replaces_lights_or_leaves_them_and_is_seen_or_not(maps, room, context):
    old = room.replace(lights=(SunLight(direction=(0, 0, -1)),), environment=EnvironmentSpec(background_top=(1, 0, 0), occlusion_radius_m=0.2))
    even = HdrMaps(paths=(str(maps / "even.hdr"),))
    spec, _ = varied(even, old, context)
    assert spec.lights == () and spec.environment.occlusion_radius_m == 0.2
    assert spec.environment.background_top is None and spec.environment.background_bottom is None
    spec, _ = varied(replace(even, keep_lights=True, shown=0.0), old, context)
    assert spec.lights == old.lights
    assert spec.environment.background_top == (1, 0, 0) and spec.environment.background_bottom == old.environment.ground
    shown = [even.sample(Seed(i), old, context)["shown"] for i in range(5)] + [
        replace(even, shown=0.5).sample(Seed(i), old, context)["shown"] for i in range(200)
    ]
    assert all(shown[:5]) and 75 < sum(shown[5:]) < 125


def test_the_record_tells_which_file_it_was(maps, room, context):
    _, params = varied(HdrMaps(paths=(str(maps),), weights=(1.0,)), room, context)
    path = params["surroundings"]["path"]
    assert path in HdrMaps(paths=(str(maps),)).files() == (f"{maps.as_posix()}/even.hdr", f"{maps.as_posix()}/sunny.hdr")
    with open(path, "rb") as file:  # noqa: PTH123 - the path as it was recorded
        assert params["sha256"] == hashlib.sha256(file.read()).hexdigest()


def test_every_map_that_cannot_be_used_is_told_at_once(maps, tmp_path):
    good = (maps / "even.hdr").read_bytes()
    (tmp_path / "cut.hdr").write_bytes(good[: len(good) // 2])
    (tmp_path / "good.hdr").write_bytes(good)
    (tmp_path / "photo.hdr").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "ignored.exr").write_bytes(b"")
    cv2.imwrite(str(tmp_path / "night.hdr"), np.zeros((16, 32, 3), np.float32))
    cv2.imwrite(str(tmp_path / "square.hdr"), np.ones((16, 16, 3), np.float32))
    with pytest.raises(AssetError) as error:
        check_files((HdrMaps(paths=(str(tmp_path),)),))
    lines = str(error.value).splitlines()
    assert [line.partition(": ")[2].removeprefix(f"{tmp_path.as_posix()}/").partition(", ")[0] for line in lines] == [
        "cut.hdr: is cut off or damaged",
        "night.hdr: is black above its horizon",
        "photo.hdr: is not a Radiance .hdr picture",
        "square.hdr: is 16 x 16 pixels",
    ]
    assert all(line.startswith("hdr-map: ") for line in lines)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(AssetError, match=r"^hdr-map: .*empty: this folder holds no files to draw from \(looked for \.hdr\)$"):
        check_files((HdrMaps(paths=(str(empty),)),))


# --- sky ---


def test_the_sun_in_the_sky_is_the_one_that_lights(room, context):
    for seed in range(20):
        spec, params = varied(Sky(), room, context, seed)
        sky, (sun,) = spec.environment.surroundings, spec.lights
        assert isinstance(sky, PhysicalSky) and sun == sun_light(sky)
        assert math.degrees(sky.sun_elevation_rad) == pytest.approx(params["drawn"]["elevation_deg"])
        assert 8 <= params["drawn"]["elevation_deg"] <= 75


def test_noon_in_berlin_at_midsummer(room, context):
    """The sun stands 61 degrees high in the south, which is where north says it is."""
    place = Place(latitude_deg=Constant(52.52), longitude_deg=Constant(13.405), day=Constant(172), hour=Constant(13.0), utc_offset_h=Constant(2))
    spec, params = varied(Sky(place=place, north_deg=Constant(90)), room, context)  # north along +y
    assert params["drawn"]["elevation_deg"] == pytest.approx(60.88, abs=0.02)
    assert params["drawn"]["compass_deg"] == pytest.approx(176.12, abs=0.03)
    (sun,) = spec.lights
    assert -sun.direction[1] == pytest.approx(-math.cos(math.radians(60.88)) * math.cos(math.radians(3.88)), abs=1e-3)  # from the south
    assert -sun.direction[0] == pytest.approx(math.cos(math.radians(60.88)) * math.sin(math.radians(3.88)), abs=1e-3)  # a little to the east
    morning, _ = varied(Sky(place=replace(place, hour=Constant(8.0)), north_deg=Constant(90)), room, context)
    assert -morning.lights[0].direction[0] > 0.7  # from the east, +x


def test_mean_solar_time_needs_no_time_zone(room, context):
    """The sun at 9 by mean solar time hardly depends on the longitude, if on the hour of UTC that it then is."""
    suns = []
    for longitude in (-150.0, 0.0, 110.0):
        place = Place(latitude_deg=Constant(30), longitude_deg=Constant(longitude), day=Constant(100), hour=Constant(9.0))
        suns.append(varied(Sky(place=place), room, context)[1]["drawn"]["elevation_deg"])
    assert max(suns) - min(suns) < 0.3


def test_it_is_always_day(room, context):
    lows = [
        Sky(place=Place(latitude_deg=Uniform(-90, 90), lowest_deg=2.0)).sample(Seed(i), room, context)["drawn"]["elevation_deg"] for i in range(300)
    ]
    assert 2 <= min(lows) < 4 and max(lows) > 60


@pytest.mark.parametrize(
    "place",
    [
        Place(latitude_deg=Constant(52), hour=Uniform(0, 2)),
        Place(latitude_deg=Constant(80), day=UniformInt(320, 365)),
        Place(latitude_deg=Constant(0), lowest_deg=90),
    ],
    ids=["at night", "polar night", "never so high"],
)
def test_endless_night_is_refused_before_anything_runs(place, room, context):
    with pytest.raises(AssetError, match=r"^sky: place: the sun was below .* in all of 1000 draws of latitude_deg .*Choose hours of daylight"):
        check_files((Sky(place=place),))
    with pytest.raises(InvalidValue, match="Choose hours of daylight"):
        Sky(place=place).sample(Seed(0), room, context)


def test_what_depends_on_a_variable_is_checked_when_that_is_known():
    check_files((Sky(place=Place(hour=Var("hour"))),))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Place(latitude_deg=Constant(91)), r"^latitude_deg must draw numbers in -90\.\.90"),
        (lambda: Place(day=Constant(0)), r"^day must draw whole numbers in 1\.\.366"),
        (lambda: Place(hour=Uniform(20, 28)), r"^hour must draw numbers in 0\.\.24"),
        (lambda: Place(utc_offset_h=Constant(20)), r"^utc_offset_h must draw numbers in -12\.\.14"),
        (lambda: Place(year=1066), r"^year must be in 1900\.\.2100, got 1066$"),
        (lambda: Place(lowest_deg=-30), r"^lowest_deg must be in -20\.\.90"),
        (lambda: Sky(shown=1.5), r"^shown must be in 0\.\.1, got 1\.5$"),
        (lambda: Sky(elevation_deg=Constant(-30)), r"^elevation_deg must draw numbers in -20\.\.90"),
        (lambda: HdrMaps(paths=("a.hdr",), shown=-1), r"^shown must be in 0\.\.1, got -1$"),
        (lambda: PhotoBackdrops(paths=("a",), share=2), r"^share must be in 0\.\.1, got 2$"),
    ],
)
def test_impossible_settings_are_refused(make, message):
    with pytest.raises(DioramaError, match=message):
        make()


def test_below_the_horizon_there_is_no_sun(room, context):
    spec, _ = varied(Sky(elevation_deg=Constant(-6)), room, context)
    assert spec.lights == () and level_irradiance(spec, CENTER) > 0


# --- photographs ---


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for name in ("a.png", "b.jpg", "c.webp"):
        cv2.imwrite(str(folder / name), np.full((30, 40, 3), 200, np.uint8))
    return folder


def test_a_share_of_views_gets_a_photograph(photos, room, context):
    randomizer = PhotoBackdrops(paths=(str(photos),), share=0.6)
    seen = [varied(randomizer, room, context, seed)[0].cameras[0].backdrop for seed in range(300)]
    assert 150 < sum(b is not None for b in seen) < 210
    assert {b.path for b in seen if b} == set(files := randomizer.files()) and len(files) == 3
    assert all(1 <= b.zoom <= 1.8 and -1 <= min(b.offset) <= max(b.offset) <= 1 for b in seen if b)


def test_a_photographs_white_is_that_of_paper_on_the_table(photos, room, context):
    spec = room.replace(lights=(SunLight(direction=(0, 0, -1), irradiance=(5, 5, 5)),), environment=EnvironmentSpec(sky=(0, 0, 0)))
    varied_spec, _ = varied(PhotoBackdrops(paths=(str(photos),), brightness=Constant(0.5)), spec, context)
    assert varied_spec.cameras[0].backdrop.radiance == pytest.approx(0.5 * 5 / math.pi)


def test_a_photograph_that_is_none_is_told_before_anything_runs(photos, tmp_path):
    (tmp_path / "notes.png").write_text("not a picture")
    (tmp_path / "table.csv").write_text("1,2")
    with pytest.raises(AssetError, match=r"^photo-backdrop: .*notes\.png: is not an image that OpenCV can read$"):
        check_files((PhotoBackdrops(paths=(str(photos), str(tmp_path))),))
    with pytest.raises(AssetError, match=r"table\.csv: is none of \.bmp, "):
        check_files((PhotoBackdrops(paths=(str(tmp_path / "table.csv"),)),))


def test_photographs_are_turned_as_their_cameras_were_held(tmp_path, context):
    """EXIF orientation 6: the right side of what is stored is the top."""
    stored = np.zeros((20, 40, 3), np.uint8)
    stored[:, :20] = 255
    jpeg = cv2.imencode(".jpg", stored)[1].tobytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    path = tmp_path / "turned.jpg"
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + jpeg[2:])
    photo = context.library.photo(str(path))
    assert photo.shape == (40, 20, 3) and context.library.photo(str(path)) is photo
    assert photo[:15].min() > 240 and photo[25:].max() < 15


# --- in plans ---


def test_plans_tell_them_apart_and_read_them_back():
    document = yaml.safe_load("""
        scenario: tabletop
        randomizers:
          - {name: hdr-map, label: indoors, paths: [maps/rooms, maps/hall.hdr], weights: [3, 1], shown: 0.5}
          - {name: hdr-map, paths: [maps], irradiance: {log-uniform: [1, 4]}}
          - {name: sky, place: {latitude_deg: 52.5, longitude_deg: 13.4, hour: {uniform: [6, 20]}, utc_offset_h: 2, year: 2024}}
          - {name: photo-backdrop, paths: [photos], zoom: {uniform: [1, 3]}, share: 0.7}
    """)
    plan = plan_from_json(document)
    assert [label_of(r) for r in plan.randomizers] == ["indoors", "hdr-map", "sky", "photo-backdrop"]
    assert plan.randomizers[2].place.hour == Uniform(6, 20)
    assert plan_from_json(plan_to_json(plan)) == plan
    with pytest.raises(InvalidValue, match=r"randomizers\[0\] \(hdr-map\).*paths"):
        plan_from_json({"scenario": "tabletop", "randomizers": ["hdr-map"]})
