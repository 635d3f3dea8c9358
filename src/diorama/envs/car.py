"""How a car moves: the kinematic bicycle model, with the limits that real cars have."""

import math
from dataclasses import dataclass

from diorama.randomizers.distributions import rounded
from diorama.sim.errors import InvalidValue
from diorama.sim.spec.roads import Vec2

_GRAVITY_M_S2 = 9.81
#: Longer steps are taken in pieces of at most this: steering turns meanwhile.
_PIECE_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class CarState:
    """Where the middle of the rear axle is, which way the car points (counter-clockwise from +x), how fast it goes forward, and how far the front
    wheels are turned to the left.
    """

    x_m: float = 0.0
    y_m: float = 0.0
    heading_rad: float = 0.0
    speed_m_s: float = 0.0
    steer_rad: float = 0.0

    @property
    def ahead(self) -> Vec2:
        """The unit vector forward."""
        return rounded(math.cos(self.heading_rad)), rounded(math.sin(self.heading_rad))


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A car that goes where its wheels point (R. Rajamani, Vehicle Dynamics and Control, 2012, 2.2, with the rear axle for its reference).

    Front wheels turn by `steer_rad` at most, at `steer_rate_rad_s`. It gains `power_m_s2` on full throttle, loses `brake_m_s2` on full brake, and at
    all times `rolling_m_s2` and `drag_per_m` times its speed squared. Around a bend it goes no tighter than `grip` times gravity lets it: with its
    wheels turned farther it slides outwards. It does not go backwards.
    """

    wheelbase_m: float = 2.7
    steer_rad: float = 0.5
    steer_rate_rad_s: float = 0.8
    power_m_s2: float = 3.0
    brake_m_s2: float = 7.0
    rolling_m_s2: float = 0.12
    drag_per_m: float = 0.002
    grip: float = 0.75

    def __post_init__(self) -> None:
        positive = (self.wheelbase_m, self.steer_rad, self.steer_rate_rad_s, self.power_m_s2, self.brake_m_s2, self.drag_per_m, self.grip)
        if not all(0 < value < math.inf for value in positive) or not 0 <= self.rolling_m_s2 < self.power_m_s2 or self.steer_rad >= math.pi / 2:
            raise InvalidValue(f"a car's numbers must be positive, steer_rad less than a right angle, rolling_m_s2 less than power_m_s2; got {self}")

    @property
    def top_m_s(self) -> float:
        """The speed at which full throttle just makes up for what is lost."""
        return math.sqrt((self.power_m_s2 - self.rolling_m_s2) / self.drag_per_m)

    def curvature(self, state: CarState) -> float:
        """How it goes around (1/m, to the left)."""
        turned = math.tan(state.steer_rad) / self.wheelbase_m
        most = self.grip * _GRAVITY_M_S2 / max(state.speed_m_s * state.speed_m_s, 1e-6)
        return min(max(turned, -most), most)

    def after(self, state: CarState, steering: float, throttle: float, seconds: float) -> CarState:
        """The state so much later. `steering` is where the wheels shall turn, from -1 (right) to 1 (left), `throttle` from -1 (brake) to 1."""
        pieces = math.ceil(seconds / _PIECE_S - 1e-9)
        for _ in range(pieces):
            state = self._step(state, steering * self.steer_rad, throttle, seconds / pieces)
        return state

    def _step(self, state: CarState, wanted_rad: float, throttle: float, seconds: float) -> CarState:
        """Along an arc: exactly, as curvature stays what it is meanwhile."""
        speed, most = state.speed_m_s, self.steer_rate_rad_s * seconds
        steer = state.steer_rad + min(max(wanted_rad - state.steer_rad, -most), most)
        gain = throttle * (self.power_m_s2 if throttle > 0 else self.brake_m_s2) - self.rolling_m_s2 - self.drag_per_m * speed * speed
        faster = max(speed + gain * seconds, 0.0)
        way = (speed + faster) / 2 * seconds
        half = self.curvature(CarState(speed_m_s=speed, steer_rad=steer)) * way / 2
        chord = way * (math.sin(half) / half if abs(half) > 1e-6 else 1.0 - half * half / 6)
        x, y = state.x_m + chord * math.cos(state.heading_rad + half), state.y_m + chord * math.sin(state.heading_rad + half)
        heading = math.remainder(state.heading_rad + 2 * half, 2 * math.pi)
        # Sines differ in their last bit from one C library to another: a state is rounded, so that rollouts do not.
        return CarState(x_m=round(x, 9), y_m=round(y, 9), heading_rad=round(heading, 9), speed_m_s=round(faster, 9), steer_rad=round(steer, 9))
