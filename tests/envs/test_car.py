"""The bicycle model against what is known of it: circles, straight lines, limits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama import InvalidValue
from diorama.envs.car import Car, CarState

CAR = Car()


@given(steer=st.floats(-0.5, 0.5).filter(lambda s: abs(s) > 0.02), speed=st.floats(0.5, 3.0))
def test_with_its_wheels_turned_it_drives_a_circle_of_the_radius_l_over_tan(steer, speed):
    radius = CAR.wheelbase_m / math.tan(steer)
    state = CarState(x_m=3.0, y_m=-2.0, heading_rad=0.4, speed_m_s=speed, steer_rad=steer)
    middle = (3.0 - radius * math.sin(0.4), -2.0 + radius * math.cos(0.4))
    way = 0.0
    for _ in range(40):
        after = CAR.after(state, steer / CAR.steer_rad, 0.3, 0.1)
        way += math.dist((state.x_m, state.y_m), (after.x_m, after.y_m))
        state = after
        assert math.dist(middle, (state.x_m, state.y_m)) == pytest.approx(abs(radius), abs=1e-6)
    if way < math.pi * abs(radius):
        assert state.heading_rad == pytest.approx(math.remainder(0.4 + way / radius, 2 * math.pi), rel=0.02)


@given(heading=st.floats(-3, 3), speed=st.floats(0, 30), throttle=st.floats(-1, 1))
def test_with_its_wheels_straight_it_goes_straight_on(heading, speed, throttle):
    state = CAR.after(CarState(heading_rad=heading, speed_m_s=speed), 0.0, throttle, 1.0)
    assert state.heading_rad == pytest.approx(heading, abs=1e-8)
    assert state.x_m * math.sin(heading) - state.y_m * math.cos(heading) == pytest.approx(0, abs=1e-6)
    assert state.x_m * math.cos(heading) + state.y_m * math.sin(heading) >= -1e-9


def test_full_throttle_comes_to_the_top_speed_and_no_further():
    state = CarState()
    for _ in range(600):
        faster = CAR.after(state, 0.0, 1.0, 0.5)
        assert state.speed_m_s <= faster.speed_m_s <= CAR.top_m_s + 1e-6
        state = faster
    assert state.speed_m_s == pytest.approx(CAR.top_m_s, rel=1e-6)


def test_a_full_brake_stops_within_v_squared_over_2a_and_never_goes_backwards():
    car = Car(rolling_m_s2=0.0, drag_per_m=1e-9)
    state = CarState(speed_m_s=14.0)
    for _ in range(60):
        state = car.after(state, 0.0, -1.0, 0.1)
    assert state.speed_m_s == 0
    assert state.x_m == pytest.approx(14.0**2 / 2 / car.brake_m_s2, rel=1e-3)
    assert car.after(state, 0.0, -1.0, 1.0) == state


def test_wheels_turn_no_faster_and_no_farther_than_they_can():
    state = CAR.after(CarState(speed_m_s=2.0), 1.0, 0.0, 0.1)
    assert state.steer_rad == pytest.approx(0.1 * CAR.steer_rate_rad_s)
    assert CAR.after(state, -1.0, 0.0, 10.0).steer_rad == pytest.approx(-CAR.steer_rad)


def test_at_speed_it_turns_no_tighter_than_its_grip_allows():
    for speed in (5.0, 15.0, 30.0):
        bend = CAR.curvature(CarState(speed_m_s=speed, steer_rad=-0.5))
        assert bend * speed * speed >= -CAR.grip * 9.81 - 1e-9
    assert CAR.curvature(CarState(speed_m_s=2.0, steer_rad=0.3)) == math.tan(0.3) / CAR.wheelbase_m


@given(steering=st.floats(-1, 1), throttle=st.floats(-1, 1), speed=st.floats(0, 20))
def test_left_and_right_are_alike(steering, throttle, speed):
    left, right = (CAR.after(CarState(speed_m_s=speed), sign * steering, throttle, 0.4) for sign in (1, -1))
    assert (left.x_m, left.y_m, left.heading_rad) == pytest.approx((right.x_m, -right.y_m, -right.heading_rad), abs=1e-12)


@pytest.mark.parametrize("wrong", [{"wheelbase_m": 0.0}, {"steer_rad": 1.6}, {"power_m_s2": math.nan}, {"rolling_m_s2": 5.0}, {"grip": -1.0}])
def test_impossible_cars_are_refused(wrong):
    with pytest.raises(InvalidValue, match="a car's numbers"):
        Car(**wrong)
