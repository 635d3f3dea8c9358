"""A scripted driver: who knows where the lane is, and keeps to its middle."""

import math
from dataclasses import dataclass

from diorama.envs.car import Car, CarState
from diorama.envs.course import Course


@dataclass(frozen=True, slots=True, kw_only=True)
class PurePursuit:
    """Steers at a place of the lane ahead (R. C. Coulter, Implementation of the Pure Pursuit Path Tracking Algorithm, 1992): along the arc
    that leads there.

    That place is `look_s` of driving ahead, but no nearer than `look_m`. It drives at `speed_m_s`, slower where a bend within `brake_m` would
    push it aside by more than `sideways_m_s2`; `gain_per_s` is how sharply it makes up for what it is off its speed.
    """

    speed_m_s: float = 9.0
    look_s: float = 0.55
    look_m: float = 4.0
    sideways_m_s2: float = 3.0
    brake_m: float = 14.0
    gain_per_s: float = 1.5

    def action(self, car: Car, state: CarState, course: Course, way_m: float) -> tuple[float, float]:
        """Steering and throttle, both from -1 to 1, for a car whose rear axle is `way_m` along a course."""
        (dx, dy), look = state.ahead, max(self.look_s * state.speed_m_s, self.look_m)
        (x, y), _ = course.at(way_m + look)
        ahead, left = (x - state.x_m) * dx + (y - state.y_m) * dy, (y - state.y_m) * dx - (x - state.x_m) * dy
        bend = 2 * left / max(ahead * ahead + left * left, 1.0)
        steering = math.atan(bend * car.wheelbase_m) / car.steer_rad
        tightest = max(abs(course.curvature(way_m + k * self.brake_m / 4)) for k in range(5))
        speed = min(self.speed_m_s, math.sqrt(self.sideways_m_s2 / max(tightest, 1e-6)))
        gain = self.gain_per_s * (speed - state.speed_m_s) + car.rolling_m_s2 + car.drag_per_m * state.speed_m_s * state.speed_m_s
        throttle = gain / (car.power_m_s2 if gain > 0 else car.brake_m_s2)
        return min(max(steering, -1.0), 1.0), min(max(throttle, -1.0), 1.0)
