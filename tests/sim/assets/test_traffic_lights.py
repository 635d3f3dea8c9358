"""Traffic lights show their state, and nothing else; masts reach where they should."""

import itertools

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.furniture.lights import lens, lit
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import MastShape, Shape, TrafficLightShape

LIBRARY = AssetLibrary()
STATES = ("green", "amber", "red", "red-amber")
SYMBOLS = ("disc", "left", "straight", "right", "cycle", "pedestrian")


def glowing(shape):
    """The lit lenses: height above the base, and the mean colour that they give off."""
    asset = LIBRARY.shape_asset(shape)
    out = []
    for part in asset.parts:
        if max(part.look.material.emissive) > 0:
            glow = part.look.images["emissive"].reshape(-1, 3).astype(float)
            out.append((float(part.positions[:, 2].mean()) - asset.landmarks["base"][2], glow[glow.max(axis=1) > 0].mean(axis=0)))
    return sorted(out, key=lambda lamp: -lamp[0])


def name(color):
    red, green, blue = color
    return "red" if red > 3 * green else "green" if green > 2 * red else "amber" if red > green > 3 * blue else "other"


@pytest.mark.parametrize(("symbol", "state"), list(itertools.product(SYMBOLS[:-1], STATES)))
def test_red_is_above_amber_above_green(symbol, state):
    lamps = glowing(TrafficLightShape(state=state, symbol=symbol))
    assert [name(color) for _, color in lamps] == state.split("-")
    heights = {name(color): height for height, color in lamps}
    assert heights.get("red", 0.1) > 0.05 and abs(heights.get("amber", 0.0)) < 1e-6 and heights.get("green", -0.1) < -0.05


@pytest.mark.parametrize("state", STATES)
def test_pedestrians_have_red_above_green_and_never_amber(state):
    ((height, color),) = glowing(TrafficLightShape(state=state, symbol="pedestrian"))
    assert (name(color), height > 0) == (("green", False) if state == "green" else ("red", True))


def test_symbols_are_told_apart():
    for color in ("red", "amber", "green"):
        glows = [lens(color, symbol, True)[1].astype(float) for symbol in SYMBOLS]
        assert all(np.abs(a - b).mean() > 4 for a, b in itertools.combinations(glows, 2))
    left, right = (lens("green", symbol, True)[1].max(axis=2) > 100 for symbol in ("left", "right"))
    assert (left == right[:, ::-1]).mean() > 0.97
    assert left[:, :32].sum() > 1.1 * left[:, 32:].sum()  # the head is heavier
    straight = lens("green", "straight", True)[1].max(axis=2) > 100
    assert straight[:32].sum() > 1.1 * straight[32:].sum()


def test_dark_lenses_give_off_nothing():
    assert not lens("red", "disc", False)[1].any()
    assert sum(lit for _, lit in lit(TrafficLightShape(state="red"))) == 1


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_sizes_are_those_of_traffic_lights(symbol):
    for lens_m, board in itertools.product((0.2, 0.3), (False, True)):
        asset = LIBRARY.shape_asset(TrafficLightShape(state="red", symbol=symbol, lens_m=lens_m, board=board))
        deep, wide, high = np.ptp(asset.bounds_m, axis=0)
        assert high > 2.3 * lens_m and wide > lens_m and deep < 2 * lens_m
        assert high < (5.5 if board else 4.2) * lens_m
        assert asset.landmarks["base"][0] == pytest.approx(asset.bounds_m[0][0], abs=1e-6)  # held at its back
        assert sum(len(p.faces) for p in asset.parts) < 150


def test_masts_stand_on_their_base_and_arms_go_where_they_should():
    plain, arm = (LIBRARY.shape_asset(MastShape(height_m=6.0, arm_m=arm_m)) for arm_m in (0.0, -5.0))
    for asset in (plain, arm):
        assert asset.landmarks["base"][2] == pytest.approx(asset.bounds_m[0][2], abs=1e-6)
        assert asset.bounds_m[1][2] - asset.bounds_m[0][2] == pytest.approx(6.0, abs=0.1)
    assert arm.bounds_m[0][1] - arm.landmarks["base"][1] == pytest.approx(-5.0, abs=1e-6)
    assert arm.bounds_m[1][1] - arm.landmarks["base"][1] < 0.2


@pytest.mark.parametrize(
    ("kind", "settings", "fault"),
    [
        (TrafficLightShape, {"state": "blue"}, "state must be one of green, amber, red, red-amber, got 'blue'"),
        (TrafficLightShape, {"state": "red", "symbol": "heart"}, "symbol must be one of disc"),
        (TrafficLightShape, {"state": "red", "lens_m": 0.0}, "lens_m must be in"),
        (TrafficLightShape, {"state": "red", "housing": "pink"}, "housing must be black"),
        (MastShape, {"height_m": 0.0}, "height_m must be in"),
        (MastShape, {"arm_m": float("inf")}, "arm_m must be in"),
        (MastShape, {"radius_m": 2.0}, "radius_m must be in"),
    ],
)
def test_what_cannot_be_is_refused(kind, settings, fault):
    with pytest.raises(InvalidValue, match=fault):
        kind(**settings)


def test_shapes_survive_json():
    for shape in (TrafficLightShape(state="red-amber", symbol="left", board=True), MastShape(arm_m=4.5)):
        assert from_json(Shape, to_json(shape)) == shape
