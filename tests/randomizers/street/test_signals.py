"""Traffic lights stand beside and over the lanes that wait for them, face who comes, and always show what the road map's signals say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from street_map import HILLS, crossroads, heading, with_arrows

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.footprints import Footprints, footprints_of
from diorama.randomizers.street.ground import Ground
from diorama.randomizers.street.signals import Signals, approaches, switches
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, Pose, SceneSpec, Signal
from diorama.sim.transforms import apply
from diorama.testing import check_randomizer

LIBRARY = AssetLibrary()
MAPS = {
    "plain": crossroads(),
    "left": crossroads(drives_on="left"),
    "hilly": crossroads(hills=HILLS),
    "wide": crossroads(lanes=2),
    "arrows": with_arrows(crossroads(lanes=2)),
}


def lit(roads, seed=0, duration_s=0.0, **changed):
    spec, randomizer = SceneSpec(roads=roads), Signals(**changed)
    params = randomizer.sample(Seed(seed), spec, Context(library=LIBRARY, duration_s=duration_s))
    return randomizer.apply(spec, params), params


def lights_of(spec):
    return [body for body in spec.bodies if body.category == "traffic-light"]


def foot(body):
    return apply(body.world_from_body.matrix, [LIBRARY.shape_asset(body.shape).landmarks["base"]])[0]


@pytest.mark.parametrize("name", MAPS)
def test_the_contract_holds(name):
    check_randomizer(Signals(), spec=SceneSpec(roads=MAPS[name]), library=LIBRARY)


@pytest.mark.parametrize("form", ["near", "far", "arm"])
@pytest.mark.parametrize("name", MAPS)
def test_they_face_who_waits_for_them_from_beside_over_or_across(name, form):
    roads = MAPS[name]
    spec, params = lit(roads, form=Constant(form))
    by_name = {body.name: body for body in spec.bodies}
    hand = 1 if roads.drives_on == "right" else -1
    seen = set()
    for light in params["lights"]:
        body, lane = by_name[light["name"]], roads.lane(light["lane"])
        facing = body.world_from_body.matrix[:3, 0]
        assert dict(body.attributes)["signal"] == lane.signal
        away = foot(body)[:2] - np.array(lane.points_m[-1])
        if lane.kind == "crossing":
            (x0, y0), (x1, y1) = lane.points_m[0], lane.points_m[-1]
            assert abs(facing[0] * (x1 - x0) + facing[1] * (y1 - y0)) > 0.9 * math.dist((x0, y0), (x1, y1))
            near = min(math.dist(foot(body)[:2], end) for end in (lane.points_m[0], lane.points_m[-1]))
            assert near < 4.0
            continue
        along = heading(lane)
        assert facing[0] * along[0] + facing[1] * along[1] < -0.9
        # Nobody looks back for a light: it is where the lane ends, or ahead of that.
        ahead, right = away[0] * along[0] + away[1] * along[1], away[0] * along[1] - away[1] * along[0]
        assert -3.5 < ahead < 26
        height = foot(body)[2] - roads.ground_m(*foot(body)[:2])
        if height > 4.5:
            assert abs(right) < 0.3
            assert height < 7
            seen.add((lane.name, "over"))
        else:
            assert hand * right > lane.width_m / 2
            assert 2.2 < height < 3.2
            seen.add((lane.name, "across" if ahead > 6 else "near"))
    kerbside = [lanes[0].name for lanes in approaches(roads.lanes, roads.drives_on)]
    assert {(lane, "near") for lane in kerbside} <= seen
    if form == "arm":
        assert {(lane.name, "over") for lane in roads.lanes if lane.control == "signal" and lane.kind == "drive"} <= seen
    elif form == "far" and name != "arrows":
        assert {(lane, "across") for lane in kerbside} <= seen


@pytest.mark.parametrize("name", MAPS)
def test_masts_stand_clear_on_raised_ground_and_hold_their_lights(name):
    roads = MAPS[name]
    ground = Ground(roads)
    for seed in range(6):
        spec, params = lit(roads, seed)
        masts = [body for body in spec.bodies if body.stuff == "pole"]
        assert params["asked"] >= params["fitted"] == len(lights_of(spec)) >= 0.8 * params["asked"]
        for i, mast in enumerate(masts):
            x, y, z = foot(mast)
            assert z == pytest.approx(roads.ground_m(x, y, "pavement"), abs=1e-6)
            assert mast.world_from_body.matrix[2, 2] == pytest.approx(1)
            assert ground.is_clear([(x, y)]) and ground.lane_gap_m([(x, y)], ("drive", "cycle", "parking")) > 0.3
            pieces = footprints_of(LIBRARY.shape_asset(mast.shape), mast.world_from_body)
            rest = (f for other in masts[:i] for f in footprints_of(LIBRARY.shape_asset(other.shape), other.world_from_body))
            assert Footprints(rest).are_free(pieces)
        for light in params["lights"]:
            mast = masts[light["mast"]]
            body = spec.body(light["name"])
            reach = abs(mast.shape.arm_m)
            assert math.dist(foot(body)[:2], foot(mast)[:2]) < max(0.2, reach)
            if reach and foot(body)[2] - foot(mast)[2] > 4.5:
                # On the arm's line, before it.
                arm = apply(np.linalg.inv(mast.world_from_body.matrix), [foot(body)])[0]
                low, high = LIBRARY.shape_asset(mast.shape).bounds_m
                assert low[1] < arm[1] < high[1]


def test_every_side_of_every_crossing_has_its_light():
    _, params = lit(MAPS["plain"])
    ends = [light["lane"] for light in params["lights"] if light["shape"]["symbol"] == "pedestrian"]
    assert sorted(ends) == sorted([f"{arm}-crossing" for arm in ("east", "north", "west", "south")] * 2)
    assert params["fitted"] == params["asked"]


@given(st.integers(0, 1000), st.floats(0, 60), st.sampled_from(sorted(MAPS)))
def test_at_any_moment_they_show_what_their_signal_does(seed, time_s, name):
    spec, _ = lit(MAPS[name], seed, duration_s=60.0)
    signals = {signal.name: signal for signal in spec.roads.signals}
    for body in lights_of(spec.at(time_s)):
        shown = dict(body.attributes)
        assert shown["state"] == body.shape.state == signals[shown["signal"]].state(time_s)
        assert shown["symbol"] == body.shape.symbol


@settings(max_examples=200)
@given(st.lists(st.floats(0.5, 30), min_size=1, max_size=4), st.floats(0, 200), st.floats(0, 90))
def test_switches_are_to_the_last_bit_where_the_state_changes(lengths, offset, duration):
    states = ("green", "amber", "red", "red-amber")
    signal = Signal(name="s", phases=tuple(zip(states, lengths, strict=False)), offset_s=offset)
    found = list(switches(signal, duration))
    times = [time for time, _ in found]
    assert times == sorted(times)
    for time, state in found:
        assert 0 < time <= duration + 1e-6
        assert signal.state(time) == state != signal.state(math.nextafter(time, -1))
    # Between two of them nothing changes.
    now = signal.state(0.0)
    for k in range(200):
        time = duration * k / 200
        while found and found[0][0] <= time:
            now = found.pop(0)[1]
        assert signal.state(time) == now


@pytest.mark.parametrize("name", ["plain", "arrows"])
def test_who_would_collide_never_has_green_together(name):
    """By the lights' own attributes: of any two approaches that cross, one shows red or has just been shown amber."""
    spec, params = lit(crossroads() if name == "plain" else crossroads(lanes=2), 3, duration_s=70.0)
    lanes = {light["name"]: spec.roads.lane(light["lane"]) for light in params["lights"]}
    for time in np.linspace(0, 70, 281):
        free = {
            lanes[b.name].name for b in lights_of(spec.at(float(time))) if dict(b.attributes)["state"] == "green" and lanes[b.name].kind == "drive"
        }
        through = {n: spec.roads.lane(spec.roads.lane(n).next[0]) for n in free}
        assert not any(through[a].name in through[b].conflicts for a in free for b in free)


def test_every_state_occurs_over_seeds_and_signals_keep_their_pace():
    seen = set()
    for seed in range(60):
        spec, _ = lit(MAPS["plain"], seed)
        seen |= {dict(body.attributes)["state"] for body in lights_of(spec)}
        shifts = {after.offset_s - before.offset_s for before, after in zip(MAPS["plain"].signals, spec.roads.signals, strict=True)}
        assert max(shifts) - min(shifts) < 1e-6
        assert not spec.tracks  # a still has none
    assert seen == {"green", "amber", "red", "red-amber"}


def test_inner_lanes_with_a_signal_of_their_own_have_arrows():
    _, params = lit(MAPS["arrows"])
    symbols = {light["lane"]: light["shape"]["symbol"] for light in params["lights"] if light["lane"].startswith("east-in")}
    assert symbols == {"east-in-0": "straight", "east-in-1": "straight"}
    signals = {light["lane"]: light["signal"] for light in params["lights"] if light["lane"].startswith("east-in")}
    assert signals["east-in-0"] == "inner" != signals["east-in-1"]


def test_what_finds_no_room_is_counted():
    kerb = 3.25
    houses = tuple(
        BodySpec(
            name=f"house-{i}",
            shape=BoxShape(size_m=(60.0, 60.0, 8.0)),
            world_from_body=Pose((sx * (kerb + 30.0), sy * (kerb + 30.0), 4.0)),
            tags=("building",),
        )
        for i, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1)))
    )
    spec = SceneSpec(roads=MAPS["plain"], bodies=houses)
    params = Signals(form=Constant("near")).sample(Seed(0), spec, Context(library=LIBRARY))
    assert params["asked"] == 12 and 0 < params["fitted"] <= 4
    assert len(params["lights"]) == params["fitted"]


def test_a_map_without_signals_gets_no_lights_and_a_scene_without_a_map_is_refused():
    spec, params = lit(crossroads(control="stop"))
    assert params["asked"] == params["fitted"] == 0 and not spec.bodies
    with pytest.raises(InvalidValue, match="signals: the scene has no roads"):
        Signals().sample(Seed(0), SceneSpec(), Context(library=LIBRARY))


@pytest.mark.parametrize("field", ["large", "board"])
def test_shares_are_checked(field):
    with pytest.raises(InvalidValue, match=field):
        Signals(**{field: 1.5})


def test_lights_over_lanes_and_masts_beside_them_are_in_nobodys_way():
    """Traffic drives on under the arms of masts."""
    from diorama.randomizers.street.traffic import _standing_in_the_way
    from diorama.randomizers.street.ways import Ways

    for name in ("plain", "wide", "left"):
        spec, _ = lit(MAPS[name], 1, form=Constant("arm"))
        assert any(foot(body)[2] > 4.5 for body in lights_of(spec))
        assert _standing_in_the_way(spec, Ways(spec.roads), LIBRARY) == []
