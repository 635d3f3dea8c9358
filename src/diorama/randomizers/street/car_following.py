"""Vehicles that follow lanes and each other, by the intelligent driver model.

M. Treiber, A. Hennecke and D. Helbing, "Congested traffic states in empirical observations and microscopic simulations", Physical Review E 62, 2000.
They wait at signals, and for those who come first; who turns slows down for it.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from diorama.randomizers.street.ways import Ways
from diorama.sim.spec import Signal

#: How far ahead a driver looks.
_SIGHT_M = 80.0
#: Nobody brakes harder.
_HARDEST_M_S2 = 8.0
#: A light that has just turned amber is passed by who would have to brake harder than this.
_AMBER_M_S2 = 3.0
#: One who comes first comes soon if it is within so many seconds, or so near.
_SOON_S, _SOON_M = 4.0, 6.0
#: How far from a line, or from what stands in the way, vehicles stop.
_STOP_M = 1.0

#: What stands in the way at a moment: (lane, how far along it).
Hazards = Callable[[float], Iterable[tuple[str, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """How somebody drives: `speed` times the limit, `headway_s` behind the next and never nearer than `gap_m`."""

    speed: float = 1.0
    headway_s: float = 1.5
    gap_m: float = 2.0
    accelerate_m_s2: float = 1.5
    brake_m_s2: float = 2.0


@dataclass(slots=True, kw_only=True)
class Car:
    """A vehicle on its way: `way_m` along lane `number` of its `route` is the middle of its wheelbase; its front is `front_m` before and its rear
    `rear_m` behind that. At each of the `forks` the next of its `choices`, over and over, says which way it goes.
    """

    name: str
    driver: Driver
    front_m: float
    rear_m: float
    route: list[str]
    way_m: float
    speed_m_s: float
    choices: Sequence[float]
    number: int = 0
    forks: int = 0
    driven_m: float = 0.0
    acceleration_m_s2: float = 0.0

    @property
    def lane(self) -> str:
        return self.route[self.number]

    def look_ahead(self, ways: Ways, distance_m: float) -> None:
        """Make up its mind where to go, as far as this."""
        known = sum(ways.length_m(name) for name in self.route[self.number :]) - self.way_m
        while known < distance_m:
            following = ways.onward(self.route[-1], self.choices[self.forks % len(self.choices)])
            if following is None:
                return
            self.forks += 1
            self.route.append(following)
            known += ways.length_m(following)


class Flow:
    """All vehicles of a map at one moment, `time_s`."""

    def __init__(self, ways: Ways, signals: Iterable[Signal], cars: Sequence[Car], hazards: Hazards, time_s: float) -> None:
        self.ways, self.cars, self.time_s = ways, cars, time_s
        self._signals = {signal.name: signal for signal in signals}
        self._hazards = hazards
        for car in cars:
            car.look_ahead(ways, _SIGHT_M)

    def step(self, seconds: float) -> None:
        """Let this much time pass. All decide by what they see now."""
        on = self._by_lane()
        hazards: dict[str, list[float]] = {}
        for lane, way in self._hazards(self.time_s):
            hazards.setdefault(lane, []).append(way)
        for car in self.cars:
            car.acceleration_m_s2 = self._acceleration(car, on, hazards)
        for car in self.cars:
            before = car.speed_m_s
            car.speed_m_s = max(before + car.acceleration_m_s2 * seconds, 0.0)
            step = (before + car.speed_m_s) / 2 * seconds
            car.way_m += step
            car.driven_m += step
            car.look_ahead(self.ways, _SIGHT_M)
            while car.number + 1 < len(car.route) and car.way_m > self.ways.length_m(car.lane):
                car.way_m -= self.ways.length_m(car.lane)
                car.number += 1
        self.time_s += seconds

    def turning(self, car: Car) -> int:
        """Which way a car is about to turn, or turns now: 1 left, -1 right, 0 neither."""
        ahead = -car.way_m
        for name in car.route[car.number :]:
            if ahead > 30.0:
                return 0
            if turn := self.ways.turn(name):
                return turn
            ahead += self.ways.length_m(name)
        return 0

    def _by_lane(self) -> dict[str, list[Car]]:
        on: dict[str, list[Car]] = {}
        for car in self.cars:
            on.setdefault(car.lane, []).append(car)
        for listed in on.values():
            listed.sort(key=lambda car: (car.way_m, car.name))
        return on

    def _acceleration(self, car: Car, on: Mapping[str, list[Car]], hazards: Mapping[str, list[float]]) -> float:
        driver, speed = car.driver, car.speed_m_s
        wanted = self._wanted_speed(car)
        gap, other = self._gap(car, on, hazards)
        closing = speed * driver.headway_s + speed * (speed - other) / (2 * math.sqrt(driver.accelerate_m_s2 * driver.brake_m_s2))
        desired = driver.gap_m + max(closing, 0.0)
        free = speed / wanted
        near = desired / max(gap, 0.1)
        return max(driver.accelerate_m_s2 * (1 - free * free * free * free - near * near), -_HARDEST_M_S2)

    def _wanted_speed(self, car: Car) -> float:
        """The limit here, or less where a slower lane comes."""
        lanes, driver = self.ways.lanes, car.driver
        wanted = lanes[car.lane].speed_m_s * driver.speed
        ahead = self.ways.length_m(car.lane) - car.way_m - car.front_m
        for name in car.route[car.number + 1 :]:
            if ahead > _SIGHT_M:
                break
            there = lanes[name].speed_m_s * driver.speed
            wanted = min(wanted, math.sqrt(there * there + 2 * driver.brake_m_s2 * max(ahead, 0.0)))
            ahead += self.ways.length_m(name)
        return max(wanted, 0.5)

    def _gap(self, car: Car, on: Mapping[str, list[Car]], hazards: Mapping[str, list[float]]) -> tuple[float, float]:
        """How far it is from the front to what comes next, and how fast that is."""
        gap, speed = math.inf, 0.0
        start = -car.way_m - car.front_m
        for number in range(car.number, len(car.route)):
            if start > _SIGHT_M:
                break
            name = car.route[number]
            for way in hazards.get(name, ()):
                # What is beside or behind the front is past.
                if -0.5 < start + way - _STOP_M < gap:
                    gap, speed = start + way - _STOP_M, 0.0
            there = on.get(name, ())
            first = bisect_right([c.way_m for c in there], car.way_m) if number == car.number else 0
            nearest = next((c for c in there[first:] if c is not car), None)
            if nearest is not None and start + nearest.way_m - nearest.rear_m < gap:
                gap, speed = start + nearest.way_m - nearest.rear_m, nearest.speed_m_s
            end = start + self.ways.length_m(name)
            if end - _STOP_M + 0.5 > 0 and end < gap and number + 1 < len(car.route) and self._is_held(car, name, car.route[number + 1], end, on):
                gap, speed = end - _STOP_M + car.driver.gap_m, 0.0
            if gap < math.inf and gap < end:
                break
            start = end
        return gap, speed

    def _is_held(self, car: Car, name: str, following: str, distance: float, on: Mapping[str, list[Car]]) -> bool:
        """Whether somebody has to wait at the end of a lane, `distance` ahead."""
        lane, entered = self.ways.lanes[name], self.ways.lanes[following]
        if lane.signal is not None:
            state = self._signals[lane.signal].state(self.time_s)
            if state in ("red", "red-amber"):
                return True
            if state == "amber" and car.speed_m_s * car.speed_m_s < 2 * _AMBER_M_S2 * max(distance, 0.0):
                return True
        if lane.junction or not entered.junction or distance > max(car.speed_m_s * _SOON_S, 2 * _SOON_M):
            return False
        return any(self._is_taken(n, car, on) for n in entered.conflicts) or any(self._is_coming(n, following, on) for n in entered.yields_to)

    def _is_taken(self, name: str, car: Car, on: Mapping[str, list[Car]]) -> bool:
        """Whether another is on a lane, with any part of it."""
        if any(c is not car for c in on.get(name, ())):
            return True
        lane = self.ways.lanes.get(name)
        after = [c for n in (lane.next if lane is not None else ()) for c in on.get(n, ())]
        return any(c is not car and c.way_m < c.rear_m and c.number > 0 and c.route[c.number - 1] == name for c in after)

    def _is_coming(self, name: str, following: str, on: Mapping[str, list[Car]]) -> bool:
        """Whether somebody who goes first is about to enter a lane."""
        lane = self.ways.lanes.get(name)
        if lane is None or following in lane.yields_to:
            return False
        for before in self.ways.leading_to[name]:
            signal = self.ways.lanes[before].signal
            if signal is not None and self._signals[signal].state(self.time_s) != "green":
                continue
            for c in on.get(before, ()):
                if c.number + 1 < len(c.route) and c.route[c.number + 1] == name:
                    ahead = self.ways.length_m(before) - c.way_m - c.front_m
                    if ahead < max(c.speed_m_s * _SOON_S, _SOON_M):
                        return True
        return False
