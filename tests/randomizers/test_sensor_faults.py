"""Faults of lens and compression: off by default, drawn apart from all else."""

import pytest

from diorama.randomizers.distributions import Choice, Constant, LogUniform, TruncatedNormal, Uniform, UniformInt
from diorama.randomizers.sensor import Sensor
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import SensorSpec

FAULTS = {
    "red_gain": Uniform(0.85, 1.15),
    "blue_gain": Uniform(0.85, 1.15),
    "blur_px": Uniform(0, 1),
    "vignetting": Uniform(0, 0.8),
    "chromatic_aberration_px": TruncatedNormal(0, 0.5, -1.5, 1.5),
    "bloom": LogUniform(0.002, 0.08),
    "bloom_radius": Uniform(0.02, 0.1),
    "jpeg_quality": UniformInt(40, 95),
}


def drawn(randomizer, seed, room, context):
    return randomizer.sample(Seed(seed), room, context)["sensor"]


def test_all_are_off_by_default(room, context):
    sensor = from_json(SensorSpec, drawn(Sensor(), 0, room, context))
    exposed = {name: getattr(sensor, name) for name in ("exposure_ev", "read_noise", "shot_noise", "noise_seed")}
    assert sensor == SensorSpec(**exposed)


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_changes_no_other_draw(name, room, context):
    field = "white_balance" if name.endswith("gain") else name
    alone, none, every = (drawn(Sensor(**faults), 5, room, context) for faults in ({name: FAULTS[name]}, {}, FAULTS))
    assert {k: v for k, v in alone.items() if k != field} == {k: v for k, v in none.items() if k != field}
    assert alone[field] != none[field]
    if field == name:
        assert alone[field] == every[field]
    else:
        channel = 0 if name == "red_gain" else 2
        assert alone[field][channel] == every[field][channel]
        assert alone[field][1] == alone[field][2 - channel] == 1


def test_draws_fill_what_was_asked_for_and_reach_the_camera(room, context):
    randomizer = Sensor(**FAULTS)
    assert from_json(Sensor, to_json(randomizer)) == randomizer
    seen = []
    for seed in range(60):
        params = randomizer.sample(Seed(seed), room, context)
        sensor = randomizer.apply(room, params).cameras[0].sensor
        assert to_json(sensor) == params["sensor"]
        seen.append(
            (sensor.white_balance[0], sensor.vignetting, sensor.chromatic_aberration_px, sensor.bloom, sensor.bloom_radius, sensor.jpeg_quality)
        )
    for values, (low, high) in zip(zip(*seen, strict=True), [(0.85, 1.15), (0, 0.8), (-1.5, 1.5), (0.002, 0.08), (0.02, 0.1), (40, 95)], strict=True):
        assert low <= min(values) < low + (high - low) / 4
        assert high - (high - low) / 2 < max(values) <= high


@pytest.mark.parametrize(
    ("name", "distribution", "limits"),
    [
        ("jpeg_quality", Uniform(40, 95), "whole numbers in 1..100"),
        ("jpeg_quality", UniformInt(0, 90), "whole numbers in 1..100"),
        ("vignetting", Uniform(0, 1.5), "numbers in 0..1"),
        ("blur_px", Uniform(0, 20), "numbers in 0..16"),
        ("chromatic_aberration_px", Constant(40), "numbers in -32..32"),
        ("bloom_radius", Constant(0), "numbers in 0.001..0.5"),
        ("red_gain", Choice((1, -1)), "numbers in 0..16"),
    ],
)
def test_what_no_camera_does_is_refused(name, distribution, limits):
    with pytest.raises(InvalidValue, match=f"^{name} must draw {limits}, got "):
        Sensor(**{name: distribution})
