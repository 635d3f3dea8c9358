"""Maps of streets: areas tile, lanes lead on, nobody is sent where somebody else comes."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from street_maps import area_m2, direction, heading, holds, street, streets

from diorama.scenes.driving.horizon import HORIZON_M
from diorama.sim.spec.roads import along, lengths_m

few = settings(max_examples=20, deadline=None)


@few
@given(streets)
def test_areas_share_every_edge_with_one_neighbour_up_to_the_horizon(what):
    roads = street(*what).roads
    edges = Counter(edge for area in roads.areas for edge in pairwise([*area.outline_m, area.outline_m[0]]))
    assert max(edges.values()) == 1
    alone = [(a, b) for a, b in edges if (b, a) not in edges]
    assert alone
    assert all(math.hypot(*p) == pytest.approx(HORIZON_M, abs=1e-3) for edge in alone for p in edge)
    areas = [area_m2(area.outline_m) for area in roads.areas]
    assert min(areas) > 0
    ring = dict(alone)
    start = point = alone[0][0]
    around = [start]
    while (point := ring[point]) != start:
        around.append(point)
    assert len(around) == len(alone)
    assert math.fsum(areas) == pytest.approx(area_m2(tuple(around)), rel=1e-9)


@few
@given(streets)
def test_every_place_is_in_one_area(what):
    roads = street(*what).roads
    rng = np.random.default_rng(what[-1])
    for spread in (15, 120, 600):
        for x, y in (rng.random((25, 2)) * 2 * spread - spread).tolist():
            assert sum(holds(area, (x + 1e-5, y + 2e-5)) for area in roads.areas) == 1, (x, y)


@few
@given(streets)
def test_fronts_are_on_the_outline_and_land_is_on_their_left(what):
    roads = street(*what).roads
    facing = [area for area in roads.areas if area.kind in ("plot", "pavement", "verge", "island")]
    for area in facing:
        edges = set(pairwise([*area.outline_m, area.outline_m[0]]))
        assert len(area.front_m) >= 2
        assert set(pairwise(area.front_m)) <= edges
    kerbs = {edge for line in roads.lines if line.kind == "kerb" for edge in pairwise(line.points_m)}
    low = {edge for area in roads.areas if area.kind in ("carriageway", "junction", "crossing", "cycle", "parking") for edge in _edges(area)}
    assert {(b, a) for a, b in kerbs} <= low


def _edges(area):
    return pairwise([*area.outline_m, area.outline_m[0]])


@few
@given(streets)
def test_lanes_lead_on_without_a_step_or_a_kink(what):
    roads = street(*what).roads
    lanes = {lane.name: lane for lane in roads.lanes}
    for lane in roads.lanes:
        steps = [direction(a, b) for a, b in pairwise(lane.points_m)]
        for (x0, y0), (x1, y1) in pairwise(steps):
            limit = math.cos(math.radians(15 if lane.kind in ("drive", "cycle") else 60))
            assert x0 * x1 + y0 * y1 > limit, lane.name
        for name in lane.next:
            other = lanes[name]
            if lane.kind in ("walk", "crossing"):
                assert min(math.dist(lane.points_m[-1], p) for p in (other.points_m[0], other.points_m[-1])) < 0.01
                continue
            assert math.dist(lane.points_m[-1], other.points_m[0]) < 0.01
            (x0, y0), (x1, y1) = heading(lane, end=True), heading(other, end=False)
            assert x0 * x1 + y0 * y1 > math.cos(math.radians(12)), (lane.name, name)


@few
@given(streets)
def test_who_drives_in_gets_out_again(what):
    roads = street(*what).roads
    lanes = {lane.name: lane for lane in roads.lanes if lane.kind == "drive"}
    begun = {name for lane in lanes.values() for name in lane.next}
    for lane in lanes.values():
        seen, open_ends = {lane.name}, [lane]
        while open_ends:
            for name in open_ends.pop().next:
                if name not in seen:
                    seen.add(name)
                    open_ends.append(lanes[name])
        around = lane.name in {name for other in seen for name in lanes[other].next}
        assert around or any("-out-" in name or not lanes[name].next for name in seen), lane.name
        assert lane.name in begun or "-in-" in lane.name or not any(other.junction for other in lanes.values())


@few
@given(streets)
def test_lanes_are_where_they_may_be(what):
    roads = street(*what).roads
    allowed = {
        "drive": ("carriageway", "junction", "crossing"),
        "cycle": ("cycle", "crossing", "carriageway"),
        "walk": ("pavement",),
        "crossing": ("crossing", "pavement", "verge"),
        "parking": ("parking",),
    }
    for lane in roads.lanes:
        lengths = lengths_m(lane.points_m)
        for share in (0.02, 0.31, 0.53, 0.77, 0.98):
            (x, y), _ = along(lane.points_m, share * lengths[-1], lengths)
            kinds = [area.kind for area in roads.areas if holds(area, (x + 1.3e-5, y + 2.1e-5))]
            assert len(kinds) == 1
            assert kinds[0] in allowed[lane.kind], (lane.name, share)


@few
@given(streets)
def test_one_drives_on_the_side_that_is_said(what):
    roads = street(*what).roads
    sign = 1 if what[2] == "right" else -1
    ways = {lane.name: lane for lane in roads.lanes if lane.name.endswith(("-out-0", "-in-0"))}
    for name, lane in ways.items():
        other = ways[name.replace("-out-", "-in-")] if "-out-" in name else ways[name.replace("-in-", "-out-")]
        pairs = ((math.dist(lane.points_m[k], q), k, q) for k in range(1, len(lane.points_m)) for q in other.points_m)
        _, k, nearest = min(pairs)
        (x, y), (dx, dy) = lane.points_m[k], direction(*lane.points_m[k - 1 : k + 1])
        # The oncoming traffic is on the left of who drives on the right.
        assert sign * (dx * (nearest[1] - y) - dy * (nearest[0] - x)) > 0
    for lane in ways.values():
        for neighbour, hand in ((lane.left, 1), (lane.right, -1)):
            if neighbour is not None:
                (x, y), (dx, dy) = along(lane.points_m, 3.0)
                (u, v), (du, dv) = along(roads.lane(neighbour).points_m, 3.0)
                assert hand * (dx * (v - y) - dy * (u - x)) == pytest.approx(lane.width_m, abs=0.05)
                assert dx * du + dy * dv > 0.999


@few
@given(streets)
def test_two_that_would_meet_are_never_both_let_go(what):
    roads = street(*what).roads
    lanes = {lane.name: lane for lane in roads.lanes}
    signals = {signal.name: signal for signal in roads.signals}
    before = {name: lane for lane in roads.lanes for name in lane.next if lane.kind == "drive" and not lane.junction}

    def signal_of(lane):
        holder = lane if lane.kind == "crossing" else before.get(lane.name)
        return signals[holder.signal] if holder is not None and holder.signal else None

    pairs = {frozenset((lane.name, other)) for lane in roads.lanes for other in lane.conflicts}
    for pair in pairs:
        one, other = (lanes[name] for name in sorted(pair))
        assert other.name in one.conflicts
        assert one.name in other.conflicts
        first, second = signal_of(one), signal_of(other)
        if first is None or second is None:
            continue
        assert first is not second
        for tenths in range(0, 2400, 3):
            going = [s.state(tenths / 10) in ("green", "amber") for s in (first, second)]
            assert not all(going), (one.name, other.name, tenths)


@few
@given(streets)
def test_of_two_that_would_meet_without_signals_one_waits(what):
    roads = street(*what).roads
    lanes = {lane.name: lane for lane in roads.lanes}
    for lane in roads.lanes:
        assert set(lane.yields_to) <= set(lane.conflicts)
        if roads.signals or lane.kind != "drive":
            continue
        for name in lane.conflicts:
            if lanes[name].kind == "crossing":
                assert name in lane.yields_to
            else:
                assert (name in lane.yields_to) != (lane.name in lanes[name].yields_to), (lane.name, name)


@few
@given(streets)
def test_vehicles_wait_before_those_who_cross(what):
    roads = street(*what).roads
    for crossing in (lane for lane in roads.lanes if lane.kind == "crossing"):
        own = [lane for lane in roads.lanes if lane.name.startswith(f"{crossing.name.split('-')[0]}-") and lane.kind == "drive" and not lane.junction]
        assert own
        for lane in own:
            nearest = min(_apart(end, a, b) for end in (lane.points_m[0], lane.points_m[-1]) for a, b in pairwise(crossing.points_m))
            assert crossing.width_m / 2 + 0.5 < nearest < crossing.width_m / 2 + 3
        assert len(crossing.conflicts) >= 2
        assert len(crossing.next) >= 1
    for line in roads.lines:
        if line.kind in ("stop", "give-way"):
            middle = along(line.points_m, lengths_m(line.points_m)[-1] / 2)[0]
            ends = [lane.points_m[-1] for lane in roads.lanes if lane.control != "none" and lane.kind == "drive"]
            assert min(math.dist(middle, end) for end in ends) < 8


def _apart(p, a, b):
    length2 = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    t = min(max(((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / length2, 0), 1)
    return math.dist(p, (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
