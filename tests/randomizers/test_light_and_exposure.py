"""Lights give the table what they are asked for, and the sensor exposes for it."""

import math

import numpy as np
import pytest

from diorama.randomizers.background import Background
from diorama.randomizers.distributions import Constant, Uniform
from diorama.randomizers.lights import Lights
from diorama.randomizers.sensor import Sensor, level_irradiance
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import EnvironmentSpec, MaterialSpec, PointLight, SpotLight, SunLight

CENTER = (0.1, -0.2, 0.72)
DARK = EnvironmentSpec(sky=(0.0, 0.0, 0.0), ground=(0.0, 0.0, 0.0))


def lit(room, context, lights, seed):
    params = lights.sample(Seed(seed), room, context)
    return lights.apply(room, params).replace(environment=DARK), params


@pytest.mark.parametrize("seed", range(30))
def test_lights_give_the_table_its_irradiance(seed, room, context):
    lights = Lights(elevation_deg=Uniform(25, 90), aim_m=Constant(0))
    spec, params = lit(room, context, lights, seed)
    assert level_irradiance(spec, CENTER) == pytest.approx(params["irradiance"], rel=3e-3)


def test_lights_stand_on_a_dome_and_shine_at_the_table(room, context):
    kinds = set()
    for seed in range(60):
        spec, _ = lit(room, context, Lights(), seed)
        shadowed = [light for light in spec.lights if not isinstance(light, PointLight)]
        kinds |= {type(light) for light in spec.lights}
        assert 1 <= len(shadowed) <= 3
        assert len(spec.lights) - len(shadowed) <= 1
        for light in shadowed:
            assert light.direction[2] < 0
        for light in spec.lights:
            if not isinstance(light, SunLight):
                assert 1.3 <= math.dist(light.position_m, CENTER) <= 2.6 + 1e-9
                assert light.position_m[2] > CENTER[2] + 1.3 * math.sin(math.radians(22)) - 1e-9
    assert kinds == {SunLight, SpotLight, PointLight}


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
