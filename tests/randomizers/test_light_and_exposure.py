"""Lights give the table what they are asked for, and the sensor exposes for it."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy import stats

from diorama.randomizers.background import Background
from diorama.randomizers.colors import luminance
from diorama.randomizers.distributions import Choice, Constant, Uniform
from diorama.randomizers.illumination import level_irradiance
from diorama.randomizers.lights import KINDS, Lights
from diorama.randomizers.sensor import Sensor
from diorama.sim.assets.hdr_light import measured
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.sky import sky_map
from diorama.sim.spec import (
    BodySpec,
    EnvironmentSpec,
    ImageTexture,
    MaterialSpec,
    PhysicalSky,
    PointLight,
    Pose,
    RectLight,
    SceneSpec,
    SphereShape,
    SpotLight,
    SunLight,
)

CENTER = (0.1, -0.2, 0.72)
DARK = EnvironmentSpec(sky=(0.0, 0.0, 0.0), ground=(0.0, 0.0, 0.0))


def lit(room, context, lights, seed):
    params = lights.sample(Seed(seed), room, context)
    return lights.apply(room, params).replace(environment=DARK), params


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_lights_give_the_table_its_irradiance(kind, seed, room, context):
    # Windows so high up that their light is not too slant.
    lights = Lights(key=Constant(kind), others=Constant(kind), elevation_deg=Uniform(25, 90), window_m=Uniform(1.5, 3), aim_m=Constant(0))
    spec, params = lit(room, context, lights, seed)
    assert level_irradiance(spec, CENTER) == pytest.approx(params["irradiance"], rel=3e-3)


def test_light_from_far_aside_is_not_raised_without_bounds(room, context):
    spec, params = lit(room, context, Lights(key=Constant("window"), shadowed=Constant(1), fill=Constant(0), window_m=Constant(0.01)), 0)
    assert level_irradiance(spec, CENTER) < 0.8 * params["irradiance"]


def test_lights_stand_on_a_dome_and_shine_at_the_table(room, context):
    kinds = set()
    for seed in range(60):
        spec, params = lit(room, context, Lights(key=Constant("sun"), others=Choice(["spot", "panel", "point"])), seed)
        kinds |= {type(light) for light in spec.lights}
        shadowed = [light for light in spec.lights if light.shadows]
        assert isinstance(spec.lights[0], SunLight) and 1 <= len(shadowed) <= 3
        assert [light.shadows for light in spec.lights] == [kind != "fill" for kind in params["kinds"]]
        for light in spec.lights:
            if not isinstance(light, PointLight):
                assert light.direction[2] < 0
            if not isinstance(light, SunLight):
                assert 1.3 <= math.dist(light.position_m, CENTER) <= 2.6 + 1e-9
                assert light.position_m[2] > CENTER[2] + 1.3 * math.sin(math.radians(22)) - 1e-9
            if isinstance(light, SpotLight | RectLight):
                # At most 0.2 m beside the middle, along x and y.
                x, y = (
                    p + d * (CENTER[2] - light.position_m[2]) / light.direction[2]
                    for p, d in zip(light.position_m[:2], light.direction[:2], strict=True)
                )
                assert abs(x - CENTER[0]) <= 0.2 + 1e-6 and abs(y - CENTER[1]) <= 0.2 + 1e-6
    assert kinds == {SunLight, SpotLight, PointLight, RectLight}


def test_ceiling_lights_and_windows_hang_straight(room, context):
    for seed in range(30):
        (ceiling,) = lit(room, context, Lights(key=Constant("ceiling"), shadowed=Constant(1), fill=Constant(0)), seed)[0].lights
        aside = math.dist(ceiling.position_m[:2], CENTER[:2])
        height = ceiling.position_m[2] - CENTER[2]
        assert ceiling.direction == (0, 0, -1) and 1.3 <= height <= 2.2 and aside <= height + 1e-6
        assert abs(ceiling.axes[0][2]) < 1e-9  # its sides are level, one of them towards the table
        (window,) = lit(room, context, Lights(key=Constant("window"), shadowed=Constant(1), fill=Constant(0)), seed)[0].lights
        assert window.direction[2] == 0 and window.axes[1][2] == pytest.approx(1)
        assert 0.2 <= window.position_m[2] - CENTER[2] <= 1.0
        towards = (CENTER[0] - window.position_m[0], CENTER[1] - window.position_m[1])
        assert math.hypot(*towards) == pytest.approx(sum(a * b for a, b in zip(towards, window.direction[:2], strict=True)), rel=1e-6)


def test_every_kind_is_drawn_as_often_as_its_weight_says(room, context):
    key = Choice({"sun": 2, "window": 1, "ceiling": 1})
    lights = Lights(key=key, others=Choice({"point": 3, "panel": 1}), shadowed=Constant(3), fill=Constant(0))
    drawn = [lights.sample(Seed(i), room, context)["kinds"] for i in range(400)]
    first = [sum(kinds[0] == kind for kinds in drawn) for kind in ("sun", "window", "ceiling")]
    others = [sum(kinds[1:].count(kind) for kinds in drawn) for kind in ("point", "panel")]
    assert stats.chisquare(first, [200, 100, 100]).pvalue > 0.01
    assert stats.chisquare(others, [600, 200]).pvalue > 0.01


def test_lamps_flicker_on_one_mains_and_daylight_does_not(room, context):
    kinds = Choice(list(KINDS))
    lights = Lights(key=kinds, others=kinds, shadowed=Constant(6), fill=Constant(1), flicker=Uniform(0.1, 0.5))
    phases = set()
    for seed in range(20):
        spec, params = lit(room, context, lights, seed)
        flickers = [getattr(light, "flicker", None) for light in spec.lights]
        assert [f is not None for f in flickers] == [kind not in ("sun", "window") for kind in params["kinds"]]
        swings = [f for f in flickers if f]
        assert len({(f.frequency_hz, f.phase_rad) for f in swings}) == 1 and swings[0].frequency_hz in (100, 120)
        assert len({f.depth for f in swings}) == len(swings) and all(0.1 <= f.depth <= 0.5 for f in swings)
        phases.add(swings[0].phase_rad)
        steady = lit(room, context, replace(lights, flicker=Constant(0)), seed)[0]
        assert steady.lights == tuple(replace(light, flicker=None) if f else light for light, f in zip(spec.lights, flickers, strict=True))
    assert len(phases) == 20


def test_without_a_table_the_objects_are_lit(room, context):
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.1), tags=("object",), category="ball")
    bodies = [replace(ball, name=f"ball-{x}", world_from_body=Pose((x, 1.0, 0.5))) for x in (2.0, 4.0)]
    here = SceneSpec(bodies=(*(b for b in room.bodies if b.name != "table"), *bodies))
    lights = Lights(key=Constant("spot"), shadowed=Constant(1), fill=Constant(0), aim_m=Constant(0))
    (spot,) = lit(here, context, lights, 1)[0].lights
    away = [c - p for c, p in zip((3.0, 1.0, 0.5), spot.position_m, strict=True)]
    assert math.hypot(*away) == pytest.approx(math.hypot(*spot.direction)) and away == pytest.approx(spot.direction)
    (spot,) = lit(SceneSpec(), context, lights, 1)[0].lights
    assert [-p for p in spot.position_m] == pytest.approx(spot.direction)
    assert Sensor().sample(Seed(0), here.replace(cameras=room.cameras), context)["irradiance_w_m2"] > 0


def test_directions_go_all_around(room, context):
    suns = [lit(room, context, Lights(key=Constant("sun")), seed)[0].lights[0] for seed in range(200)]
    quarters = np.histogram([math.atan2(s.direction[1], s.direction[0]) for s in suns], bins=4, range=(-math.pi, math.pi))[0]
    assert quarters.min() > 30


def test_background_brightness_is_what_was_asked(room, context):
    background = Background(sky=Constant(0.5), backdrop=0)
    spec = background.apply(room, background.sample(Seed(3), room, context))
    assert level_irradiance(spec, CENTER) == pytest.approx(math.pi * 0.5, rel=3e-3)
    assert spec.environment.background_top is None
    assert all(0 < g < s for g, s in zip(spec.environment.ground, spec.environment.sky, strict=True))


def test_backgrounds_are_of_one_colour_or_two_as_often_as_asked(room, context):
    drawn = [Background().apply(room, Background().sample(Seed(i), room, context)).environment for i in range(600)]
    own = [e for e in drawn if e.background_top is not None]
    assert stats.binomtest(len(own), 600, 0.7).pvalue > 0.01
    assert stats.binomtest(sum(e.background_top == e.background_bottom for e in own), len(own), 0.15).pvalue > 0.01


def test_a_background_can_be_one_known_colour(room, context):
    white = Background(backdrop=1.0, plain=1.0, backdrop_value=Constant(0.8), saturation=Constant(0), value=Constant(1))
    green = replace(white, hue_deg=Constant(120), saturation=Constant(1))
    for seed in range(3):
        assert white.apply(room, white.sample(Seed(seed), room, context)).environment.background_top == pytest.approx((0.8, 0.8, 0.8))
        assert green.apply(room, green.sample(Seed(seed), room, context)).environment.background_bottom == pytest.approx((0, 0.8, 0))


@pytest.mark.parametrize("power", [0.01, 1.0, 300.0])
def test_full_adaptation_exposes_any_light_alike(power, room, context):
    sensor = Sensor(adaptation=Constant(1), error_ev=Constant(0))
    spec = room.replace(environment=DARK, lights=(SunLight(direction=(0, 0, -2), irradiance=(power, power, power)),))
    table = room.body("table").name
    spec = spec.map_bodies({table: {"material": MaterialSpec(base_color=(0.35, 0.35, 0.35))}})
    params = sensor.sample(Seed(0), spec, context)
    assert params["irradiance_w_m2"] == pytest.approx(power)
    radiance = 0.35 * power / math.pi  # of a level Lambertian surface of albedo 0.35
    assert radiance * 2 ** params["sensor"]["exposure_ev"] == pytest.approx(sensor.target)


def test_a_bright_table_is_exposed_less(room, context):
    sensor = Sensor(adaptation=Constant(1), error_ev=Constant(0))
    evs = []
    for albedo in (0.05, 0.8):
        spec = room.map_bodies({"table": {"material": MaterialSpec(base_color=(albedo,) * 3)}})
        evs.append(sensor.sample(Seed(0), spec, context)["sensor"]["exposure_ev"])
    assert evs[0] > evs[1] + 1


def test_a_picture_on_the_table_counts_as_its_mean(room, context, tmp_path):
    half = np.zeros((4, 4, 3), np.uint8)
    half[:, :2] = 255
    cv2.imwrite(str(tmp_path / "half.png"), half)
    pictured = MaterialSpec(base_color=(0.8, 0.8, 0.8), texture=ImageTexture(path=str(tmp_path / "half.png"), tile_m=1.0))
    drawn = [
        Sensor().sample(Seed(0), room.map_bodies({"table": {"material": m}}), context) for m in (pictured, MaterialSpec(base_color=(0.4, 0.4, 0.4)))
    ]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("target", [0.0, -1.0, math.nan, math.inf])
def test_an_impossible_target_is_refused(target):
    with pytest.raises(InvalidValue, match=r"^target must be positive"):
        Sensor(target=target)


def test_without_any_light_exposure_stays_finite(room, context):
    params = Sensor().sample(Seed(0), room.replace(environment=DARK), context)
    assert math.isfinite(params["sensor"]["exposure_ev"])


def test_irradiance_of_a_spot_and_a_point(room):
    spot = SpotLight(position_m=(0.1, -0.2, 2.72), direction=(0, 0, -1), intensity=(8, 8, 8), inner_rad=0.1, outer_rad=0.5)
    assert level_irradiance(room.replace(environment=DARK, lights=(spot,)), CENTER) == pytest.approx(8 / 2**2)
    assert level_irradiance(room.replace(environment=DARK, lights=(spot,)), (2.1, -0.2, 0.72)) == 0  # outside its cone
    point = PointLight(position_m=(1.1, -0.2, 1.72), intensity=(8, 8, 8))
    assert level_irradiance(room.replace(environment=DARK, lights=(point,)), CENTER) == pytest.approx(8 / 2 * math.sqrt(0.5))


def test_irradiance_of_a_rectangle():
    """Against the view factor of a rectangle from a point below its corner (Hamilton and Morgan 1952), four corners together."""
    a, b = 0.6, 0.35  # half sides over the distance
    corner = (a / math.hypot(1, a) * math.atan(b / math.hypot(1, a)) + b / math.hypot(1, b) * math.atan(a / math.hypot(1, b))) / (2 * math.pi)
    light = RectLight(position_m=(0, 0, 2), direction=(0, 0, -1), up=(0, 1, 0), size_m=(4 * a, 4 * b), radiance=(1, 1, 1))
    spec = SceneSpec(lights=(light,), environment=DARK)
    assert level_irradiance(spec, (0, 0, 0)) == pytest.approx(4 * corner * math.pi, rel=4e-3)
    assert level_irradiance(spec, (0, 0, 2.5)) == 0  # behind it


def test_irradiance_from_skies_is_that_of_their_maps():
    sky = PhysicalSky(sun_elevation_rad=0.6, sun_azimuth_rad=1.0, strength=1.7)
    spec = SceneSpec(environment=EnvironmentSpec(surroundings=sky))
    assert level_irradiance(spec, (0, 0, 0)) == pytest.approx(luminance(measured(sky_map(sky)).irradiance), rel=0.01)
