"""Lanes: along roads, through junctions, over crossings and along pavements."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np

from diorama.randomizers.distributions import rounded
from diorama.scenes.driving.flanks import Flank
from diorama.scenes.driving.junctions import Junction, Mouth
from diorama.scenes.driving.roads import Road, Side
from diorama.scenes.driving.signals import name_of
from diorama.sim.spec import Lane
from diorama.sim.spec.roads import Control, Polyline, Vec2

Rule = Literal["right", "left"]
#: Points of a turn.
_TURN_STEPS = 16
#: Lanes of which the middles come nearer than this get into each other's way.
_NEAR_M = 1.8


def hand_of(rule: Rule, sense: int) -> int:
    """On which hand of a road's axis (1 left, -1 right) one drives along it (`sense` 1) or back (-1)."""
    return -sense if rule == "right" else sense


def side_of(road: Road, hand: int) -> Side:
    """What is on one hand of a road: left (1) or right (-1)."""
    return road.left if hand > 0 else road.right


def along_road(road: Road, rule: Rule, sense: int, start_m: float, end_m: float, speed_m_s: float, tag: str = "") -> list[Lane]:
    """The lanes for vehicles of one direction, between two stations, from the axis outwards; and the cycle lane beside them."""
    hand = hand_of(rule, sense)
    side = side_of(road, hand)
    ways = road.between(start_m, end_m)[::sense]
    base = f"{road.name}-{'out' if sense > 0 else 'in'}{tag}"

    def line(off: float) -> Polyline:
        return tuple(road.at(way, hand * off) for way in ways)

    out: list[Lane] = []
    for k in range(side.lanes):
        inner = f"{base}-{k - 1}" if k > 0 else None
        outer = f"{base}-{k + 1}" if k + 1 < side.lanes else None
        left, right = (inner, outer) if rule == "right" else (outer, inner)
        points = line((k + 0.5) * side.lane_m)
        out.append(Lane(name=f"{base}-{k}", kind="drive", points_m=points, width_m=side.lane_m, speed_m_s=speed_m_s, left=left, right=right))
    if side.cycle_m > 0:
        points = line(side.drive_m + side.cycle_m / 2)
        out.append(Lane(name=f"{base}-cycle", kind="cycle", points_m=points, width_m=side.cycle_m, speed_m_s=6.0))
    return out


def around_again(pieces: Sequence[Sequence[Lane]]) -> list[Lane]:
    """The lanes of a road in pieces, each of which goes on into the next and the last into the first, with what goes on from each lane."""
    lanes = [lane for piece in pieces for lane in piece]
    begin = {(lane.points_m[0], lane.kind): lane.name for lane in lanes}
    return [replace(lane, next=(begin[lane.points_m[-1], lane.kind],)) for lane in lanes]


def over_crossing(road: Road, rule: Rule, mouth: Mouth, speed_m_s: float, crossing: Lane, signal: str | None) -> list[Lane]:
    """The lanes of both directions of a road that people cross away from junctions: up to there, and on."""
    start, end = mouth.crossing_m or (0.0, 0.0)
    stops = round(start - 1.0, 4), round(end + 1.0, 4)
    out: list[Lane] = []
    for sense, before, after in ((1, (road.start_m, stops[0]), (stops[0], road.end_m)), (-1, (stops[1], road.end_m), (road.start_m, stops[1]))):
        comes = along_road(road, rule, sense, *before, speed_m_s)
        goes = along_road(road, rule, sense, *after, speed_m_s, "-on")
        control: Control = "give-way" if signal is None else "signal"
        for one, other in zip(comes, goes, strict=True):
            out.append(replace(one, next=(other.name,), control=control, signal=signal))
            out.append(replace(other, conflicts=(crossing.name,), yields_to=(crossing.name,)))
    return out


def parking(road: Road, rule: Rule, hand: int, start_m: float, end_m: float, name: str) -> Lane:
    """The strip in which vehicles stand along a road, in the direction of travel."""
    side = side_of(road, hand)
    sense = 1 if hand == hand_of(rule, 1) else -1
    off = hand * (side.kerb_m - side.parking_m / 2)
    points = tuple(road.at(way, off) for way in road.between(start_m, end_m)[::sense])
    return Lane(name=name, kind="parking", points_m=points, width_m=side.parking_m, speed_m_s=1.0)


def bays(road: Road, hand: int, start_m: float, end_m: float, width_m: float, name: str) -> list[Lane]:
    """Bays across to a road, each with its way in, from one station to another."""
    side = side_of(road, hand)
    count = int((end_m - start_m) / width_m)
    out: list[Lane] = []
    for k in range(count):
        way = round(start_m + (k + 0.5) * width_m, 4)
        points = tuple(road.at(way, hand * off) for off in (side.kerb_m - side.parking_m, side.kerb_m))
        out.append(Lane(name=f"{name}-{k}", kind="parking", points_m=points, width_m=width_m, speed_m_s=1.0))
    return out


# --- through a junction -----------------------------------------------------------------------------------


def turns(junction: Junction, lanes: Sequence[Lane], rule: Rule) -> list[Lane]:
    """Lanes through a junction: from each that comes in to those that it may go on along. What comes first, and who waits, is not said yet."""
    by_name = {lane.name: lane for lane in lanes}
    out: list[Lane] = []
    count = len(junction.roads)
    for i, road in enumerate(junction.roads):
        for k in range(side_of(road, hand_of(rule, -1)).lanes):
            come = by_name[f"{road.name}-in-{k}"]
            for step in range(1, count):
                other = junction.roads[(i + step) % count]
                target = _target(road, other, k, rule)
                if target is None:
                    continue
                go = by_name[f"{other.name}-out-{target}"]
                before, after = _straight(junction, i, (i + step) % count, rule)
                points = _through(come, before, go, after)
                name = f"{road.name}-{k}-to-{other.name}-{target}"
                out.append(
                    Lane(
                        name=name,
                        kind="drive",
                        points_m=points,
                        width_m=min(come.width_m, go.width_m),
                        speed_m_s=_turn_speed(points, min(come.speed_m_s, go.speed_m_s)),
                        next=(go.name,),
                        junction=True,
                    )
                )
    return out


#: Where lanes join and leave the ring of a roundabout, from the middle of their road.
_JOIN_RAD = math.radians(32)


def around(junction: Junction, lanes: Sequence[Lane], rule: Rule) -> list[Lane]:
    """Lanes through a roundabout: those that join it, leave it, and go around between. One yields to who is on it already."""
    by_name = {lane.name: lane for lane in lanes}
    sign = 1 if rule == "right" else -1  # the way around: counter-clockwise where one drives on the right
    middle = (junction.radius_m + junction.island_m) / 2
    width = junction.radius_m - junction.island_m
    order = junction.roads[::sign]
    angles = [math.atan2(*reversed(road.heading(0.0))) for road in order]
    out: list[Lane] = []

    def place(angle: float) -> tuple[Vec2, Vec2]:
        c, s = rounded(math.cos(angle)), rounded(math.sin(angle))
        return (round(middle * c, 4), round(middle * s, 4)), (-s * sign, c * sign)

    for i, (road, angle) in enumerate(zip(order, angles, strict=True)):
        after = order[(i + 1) % len(order)]
        turn = (sign * (angles[(i + 1) % len(order)] - angle)) % (2 * math.pi)
        come, go = by_name[f"{road.name}-in-0"], by_name[f"{road.name}-out-0"]
        joining, leaving = place(angle + sign * _JOIN_RAD), place(angle - sign * _JOIN_RAD)
        between = [place(angle + sign * (_JOIN_RAD + (turn - 2 * _JOIN_RAD) * k / 8))[0] for k in range(9)]
        past = [place(angle + sign * _JOIN_RAD * (k / 4 - 1))[0] for k in range(9)]
        ways: tuple[tuple[str, Polyline, tuple[str, ...]], ...] = (
            (f"{road.name}-joins", _curve(come.points_m[-1], _direction(come, -1), *joining), (f"{road.name}-around",)),
            (f"{road.name}-around", tuple(between), (f"{after.name}-leaves", f"{after.name}-past")),
            (f"{road.name}-past", tuple(past), (f"{road.name}-around",)),
            (f"{road.name}-leaves", _curve(*leaving, go.points_m[0], _direction(go, 0)), (go.name,)),
        )
        for name, points, following in ways:
            speed = _turn_speed(points, come.speed_m_s)
            out.append(Lane(name=name, kind="drive", points_m=points, width_m=min(width, 4.0), speed_m_s=speed, next=following, junction=True))
    return out


def _target(road: Road, other: Road, k: int, rule: Rule) -> int | None:
    """The lane of another road, counted from its axis, that lane `k` of a road leads to through a junction; None where it does not.

    Who turns near the kerb uses the outer lane, who turns across the oncoming traffic the inner one.
    """
    lanes = side_of(road, hand_of(rule, -1)).lanes
    there = side_of(other, hand_of(rule, 1)).lanes
    turned = _sine(road, other)
    if turned == 0:
        return min(k, there - 1)
    near = (turned < 0) == (rule == "right")
    if near:
        return there - 1 if k == lanes - 1 else None
    return 0 if k == 0 else None


def _direction(lane: Lane, at: Literal[0, -1]) -> Vec2:
    (x0, y0), (x1, y1) = lane.points_m[:2] if at == 0 else lane.points_m[-2:]
    length = math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
    return (x1 - x0) / length, (y1 - y0) / length


def _curve(start: Vec2, leaving: Vec2, end: Vec2, coming: Vec2) -> Polyline:
    """A smooth way from one place and direction to another: Bezier's cubic, about an arc where it turns."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    sine = leaving[0] * coming[1] - leaving[1] * coming[0]
    if abs(sine) > 0.2:  # handles of 0.5523 make a quarter of a circle
        first = (dx * coming[1] - dy * coming[0]) / sine * 0.5523
        second = (leaving[0] * dy - leaving[1] * dx) / sine * 0.5523
    else:
        first = second = math.sqrt(dx * dx + dy * dy) / 3
    (x0, y0), (x3, y3) = start, end
    x1, y1 = x0 + leaving[0] * first, y0 + leaving[1] * first
    x2, y2 = x3 - coming[0] * second, y3 - coming[1] * second
    out: list[Vec2] = []
    for k in range(_TURN_STEPS + 1):
        t = k / _TURN_STEPS
        a, b, c, d = (1 - t) * (1 - t) * (1 - t), 3 * (1 - t) * (1 - t) * t, 3 * (1 - t) * t * t, t * t * t
        out.append((round(a * x0 + b * x1 + c * x2 + d * x3, 4), round(a * y0 + b * y1 + c * y2 + d * y3, 4)))
    out[0], out[-1] = start, end
    return tuple(out)


def ways(junction: Junction, rule: Rule) -> list[tuple[str, int, frozenset[int]]]:
    """Of each lane that comes to a junction the road's name, its number from the axis, and where it leads: left (1), straight on (0), right (-1)."""
    out: list[tuple[str, int, frozenset[int]]] = []
    for road in junction.roads:
        for k in range(side_of(road, hand_of(rule, -1)).lanes):
            others = [other for other in junction.roads if other is not road and _target(road, other, k, rule) is not None]
            sines = [_sine(road, other) for other in others]
            out.append((road.name, k, frozenset(0 if sine == 0 else 1 if sine > 0 else -1 for sine in sines)))
    return out


def _sine(road: Road, other: Road) -> float:
    """How far one turns from one road into another: its sine, positive to the left, or 0 if that is straight on."""
    (ax, ay), (bx, by) = road.heading(0.0), other.heading(0.0)
    sine = ay * bx - ax * by
    return 0.0 if abs(sine) < 0.5 and ax * bx + ay * by < 0 else sine


def _straight(junction: Junction, i: int, j: int, rule: Rule) -> tuple[float, float]:
    """How far one goes straight on from where one waits on one road, and before where lanes begin on another: around the kerb's corner, where one
    turns close to it, as the kerb does, and else all through the junction.
    """
    count = len(junction.roads)
    near = (i + 1) % count if rule == "right" else (i - 1) % count
    bend = junction.corners[i if rule == "right" else i - 1]
    ends = [junction.mouths[k].end_m for k in (i, j)]
    if j == near and bend.arc:
        ends = [bend.left_m, bend.right_m] if rule == "right" else [bend.right_m, bend.left_m]
    return junction.mouths[i].stop_m - ends[0], junction.mouths[j].stop_m - ends[1]


def _through(come: Lane, before_m: float, go: Lane, after_m: float) -> Polyline:
    """From lane to lane: straight as far as the junction's edge, around, and straight on behind its other edge."""
    leaving, coming = _direction(come, -1), _direction(go, 0)
    (x0, y0), (x1, y1) = come.points_m[-1], go.points_m[0]
    start = (round(x0 + leaving[0] * before_m, 4), round(y0 + leaving[1] * before_m, 4))
    end = (round(x1 - coming[0] * after_m, 4), round(y1 - coming[1] * after_m, 4))
    return (come.points_m[-1], *_curve(start, leaving, end, coming), go.points_m[0])


def _turn_speed(points: Polyline, limit: float) -> float:
    """How fast one takes a curve: 2.5 m/s2 to the side."""
    tightest = math.inf
    for (x0, y0), (x1, y1), (x2, y2) in zip(points, points[1:], points[2:], strict=False):
        a, b = math.dist((x0, y0), (x1, y1)), math.dist((x1, y1), (x2, y2))
        bend = abs((x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1)) / (a * b)
        tightest = min(tightest, (a + b) / 2 / bend if bend > 1e-6 else math.inf)
    return round(min(limit, math.sqrt(2.5 * tightest)), 2)


def conflicts(lanes: Sequence[Lane]) -> dict[str, set[str]]:
    """Which lanes of a junction cross or join each other. Those that part from one place do not, nor those that follow each other."""
    samples = [_sampled(lane.points_m) for lane in lanes]
    out: dict[str, set[str]] = {lane.name: set() for lane in lanes}
    for i, one in enumerate(lanes):
        for j in range(i):
            other = lanes[j]
            if one.points_m[0] == other.points_m[0] or one.points_m[-1] == other.points_m[0] or one.points_m[0] == other.points_m[-1]:
                continue
            dx = samples[i][:, None, 0] - samples[j][None, :, 0]
            dy = samples[i][:, None, 1] - samples[j][None, :, 1]
            if bool((dx * dx + dy * dy < _NEAR_M * _NEAR_M).any()):
                out[one.name].add(other.name)
                out[other.name].add(one.name)
    return out


def _sampled(points: Polyline) -> np.ndarray:
    """Points of a line, and four between each two, (n, 2)."""
    p = np.array(points)
    shares = np.arange(5)[:, None] / 5
    return np.concatenate([(p[:-1, None] + (p[1:, None] - p[:-1, None]) * shares).reshape(-1, 2), p[-1:]])


def with_rules(junction: Junction, through: Sequence[Lane], walked: Sequence[Lane], rule: Rule) -> list[Lane]:
    """The lanes through a junction, with what they conflict with and whom they yield to; `walked` are the crossings at its mouths."""
    met = conflicts(through)
    over = {lane.name: {c.name for c in walked if _crosses(lane, c)} for lane in through}
    out: list[Lane] = []
    for lane in through:
        yields = set() if junction.control == "signal" else {name for name in met[lane.name] if _yields(lane.name, name, junction, rule)}
        out.append(replace(lane, conflicts=tuple(sorted(met[lane.name] | over[lane.name])), yields_to=tuple(sorted(yields | over[lane.name]))))
    return out


def _crosses(lane: Lane, crossing: Lane) -> bool:
    a, b = _sampled(lane.points_m), _sampled(crossing.points_m)
    reach = crossing.width_m / 2
    away = (a[:, None, 0] - b[None, :, 0]) ** 2 + (a[:, None, 1] - b[None, :, 1]) ** 2
    return bool((away < reach * reach).any())


def _yields(mine: str, other: str, junction: Junction, rule: Rule) -> bool:
    """Whether who comes along one lane waits for who comes along another: the minor road for the major one, and on one rank who turns across for
    the oncoming, and the others for who comes from the side on which one drives.
    """
    if junction.island_m > 0:
        return mine.endswith("-joins") and not other.endswith(("-joins", "-leaves"))
    numbers = {road.name: i for i, road in enumerate(junction.roads)}
    i, j = numbers[mine.split("-")[0]], numbers[other.split("-")[0]]
    if i == j:
        return False
    first, second = i in junction.major, j in junction.major
    if first != second:
        return second
    across, theirs = _turned(mine, junction, numbers), _turned(other, junction, numbers)
    sign = 1 if rule == "right" else -1
    (ax, ay), (bx, by) = junction.roads[i].heading(0.0), junction.roads[j].heading(0.0)
    opposite = ax * bx + ay * by < -0.7
    if opposite:
        return (sign * across, i) > (sign * theirs, j)
    # From the right, where one drives on the right: their road is on the right hand of who comes in along mine.
    return sign * (ax * by - ay * bx) > 0


def _turned(name: str, junction: Junction, numbers: dict[str, int]) -> float:
    """The sine of how far a lane turns, positive to the left."""
    came, _, rest = name.partition("-")
    return _sine(junction.roads[numbers[came]], junction.roads[numbers[rest.split("-to-")[1].split("-")[0]]])


def met(crossings: Sequence[Lane], through: Sequence[Lane]) -> list[Lane]:
    """Crossings, with the lanes that lead over them."""
    return [replace(crossing, conflicts=tuple(sorted(lane.name for lane in through if crossing.name in lane.conflicts))) for crossing in crossings]


def led(drive: Sequence[Lane], through: Sequence[Lane], junction: Junction) -> list[Lane]:
    """Lanes along roads, those that come to a junction with what goes on from them and what holds them back."""
    out: list[Lane] = []
    numbers = {road.name: i for i, road in enumerate(junction.roads)}
    for lane in drive:
        road, way, _ = lane.name.split("-")
        if way != "in" or lane.kind != "drive":
            out.append(lane)
            continue
        following = tuple(t.name for t in through if t.points_m[0] == lane.points_m[-1])
        control: Control = "none" if numbers[road] in junction.major and junction.control != "signal" else junction.control
        out.append(replace(lane, next=following, control=control, signal=name_of(road) if control == "signal" else None))
    return out


# --- on foot ----------------------------------------------------------------------------------------------


def crossing(road: Road, mouth: Mouth, right: Flank, left: Flank, signal: str | None) -> Lane:
    """The way over a road, from the middle of the pavement on its right to that on its left, seen from the junction."""
    start, end = mouth.crossing_m or (0.0, 0.0)
    offs = (-(road.right.kerb_m + sum(right.beyond.walk_m) / 2), -road.right.kerb_m, road.left.kerb_m, road.left.kerb_m + sum(left.beyond.walk_m) / 2)
    control: Control = "none" if signal is None else "signal"
    return Lane(
        name=f"{road.name}-crossing",
        kind="crossing",
        points_m=tuple(road.at(mouth.walk_m, off) for off in offs),
        width_m=end - start,
        speed_m_s=1.4,
        control=control,
        signal=signal,
    )


def walks(side: Flank, cuts: Sequence[int]) -> list[Lane]:
    """The ways along a pavement, in its middle, from cut to cut; `cuts` are numbers of knots."""
    if side.beyond.pavement_m <= 0:
        return []
    near, far = side.beyond.walk_m
    ends = sorted({0, len(side.knots) - 1, *cuts})
    out: list[Lane] = []
    for number, (start, end) in enumerate(pairwise(ends)):
        points = side.line((near + far) / 2, start, end)
        out.append(Lane(name=f"{side.name}-walk-{number}", kind="walk", points_m=points, width_m=far - near, speed_m_s=1.4))
    return out


def joined(lanes: Sequence[Lane]) -> list[Lane]:
    """Ways on foot, each with the others that touch its end as those that come next."""
    out: list[Lane] = []
    for lane in lanes:
        touching = [o.name for o in lanes if o is not lane and lane.points_m[-1] in (o.points_m[0], o.points_m[-1])]
        out.append(replace(lane, next=tuple(touching)))
    return out
