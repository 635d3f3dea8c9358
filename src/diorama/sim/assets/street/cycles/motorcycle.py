"""Motorcycles and scooters: engine, tank, seat, fairings, and what hangs on them."""

import numpy as np

from diorama.sim.assets.street.cycles.build import Build
from diorama.sim.assets.street.cycles.frames import Layout
from diorama.sim.assets.street.cycles.wheels import cast_wheel
from diorama.sim.transforms import Vec3


def motorcycle(model: str, at: Layout, loads: tuple[str, ...]) -> Build:
    """A motorcycle of a model, laid out so."""
    build = Build()
    spokes = 8 if model == "chopper" else 5
    cast_wheel(build, "rear-wheel", np.array([at.rear_x, 0.0, at.wheel_m]), at.wheel_m, 1.15 * at.tyre_m, spokes=spokes)
    cast_wheel(build, "front-wheel", np.array([at.front_x, 0.0, at.wheel_m]), at.wheel_m, 0.9 * at.tyre_m, spokes=spokes)
    _fork(build, model, at)
    _handlebar(build, at)
    if model == "scooter":
        _scooter(build, at)
    else:
        _engine(build, model, at)
        _tank_and_seat(build, model, at)
        _tail(build, model, at)
        if model in ("sport", "tourer"):
            _fairing(build, model, at)
    _loads(build, at, loads)
    return build


def _on(a: Vec3, b: Vec3, share: float) -> Vec3:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share


def _fork(build: Build, model: str, at: Layout) -> None:
    upper = at.steering[1]
    for y in (0.1, -0.1):
        axle = (at.front_x, y, at.wheel_m)
        top = (upper[0], y, upper[2])
        middle = _on(axle, top, 0.45)
        build.tube("fork", "metal", [axle, middle], 0.03)
        build.tube("fork", "chrome", [middle, top], 0.021)
    build.box("fork", "metal", (upper[0] - 0.06, -0.13, upper[2] - 0.05), (upper[0] + 0.06, 0.13, upper[2] - 0.01), 0.4)
    r = at.wheel_m
    build.hull(
        "fork",
        "paint",
        [
            (at.front_x - 0.95 * r, 0.05, r * 1.2, r * 1.3),
            (at.front_x - 0.6 * r, 0.075, r * 1.75, r * 1.9),
            (at.front_x, 0.08, 2.04 * r, 2.14 * r),
            (at.front_x + 0.45 * r, 0.07, 1.85 * r, 1.96 * r),
            (at.front_x + 0.7 * r, 0.05, 1.62 * r, 1.7 * r),
        ],
        solid=False,
    )
    build.hulls["fork"] = [
        np.array([(at.front_x + dx, y, at.wheel_m) for dx in (-0.05, 0.05) for y in (0.12, -0.12)] + [(upper[0], y, upper[2]) for y in (0.12, -0.12)])
    ]
    if model not in ("sport", "tourer", "scooter"):
        build.lens("fork", "chrome", (upper[0] + 0.13, 0.0, upper[2] - 0.09), 0, 0.1, 0.06, 12)
        build.lens("fork", "headlight", (upper[0] + 0.19, 0.0, upper[2] - 0.09), 0, 0.09, 0.015, 12)


def _handlebar(build: Build, at: Layout) -> None:
    gx, gy, gz = at.grip
    clamp = (at.steering[1][0], 0.0, at.steering[1][2])
    for y in (gy, -gy):
        if at.bar == "clips":
            points = [(clamp[0], 0.3 * y, gz), (gx - 0.02, 1.12 * y, gz - 0.01)]
        else:
            rise = (clamp[0] + (0.05 if at.bar == "high" else 0.02), 0.35 * y, gz - (0.02 if at.bar != "high" else 0.06))
            points = [(clamp[0], 0.12 * y, clamp[2]), rise, (gx - 0.03, 1.12 * y, gz)]
        build.tube("fork", "chrome" if at.bar == "high" else "metal", points, 0.012)
        build.tube("fork", "rubber", [_on(points[-1], points[-2], 0.28), points[-1]], 0.018)
        build.tube("fork", "metal", [(gx + 0.05, 0.7 * y, gz), (gx + 0.06, 1.05 * y, gz - 0.02)], 0.006, 4)
        mirror = (gx + 0.02, 0.95 * y, gz + 0.18)
        build.tube("fork", "metal", [(gx + 0.02, 0.72 * y, gz), mirror], 0.006, 4)
        build.lens("fork", "rubber", (mirror[0], mirror[1], mirror[2] + 0.02), 0, 0.065, 0.015, 8)
    build.box("fork", "rubber", (clamp[0] - 0.05, -0.09, clamp[2] + 0.0), (clamp[0] + 0.07, 0.09, clamp[2] + 0.06), 0.4)
    build.hulls["fork"].append(np.array([(gx + dx, y, gz + dz) for dx in (-0.08, 0.1) for y in (1.15 * gy, -1.15 * gy) for dz in (-0.05, 0.04)]))


def _engine(build: Build, model: str, at: Layout) -> None:
    z, saddle = at.wheel_m, at.saddle[2]
    build.box("frame", "metal", (-0.24, -0.17, z - 0.12), (0.2, 0.17, z + 0.1), 0.35, solid=True)
    if model == "chopper":  # a V of two cylinders
        for lean in (0.14, -0.16):
            for k in range(5):
                c = (0.01 + lean * (0.35 + 0.18 * k), 0.0, z + 0.12 + 0.05 * k)
                build.lens("frame", "chrome", c, 2, 0.085, 0.016, 10)
    else:
        build.box("frame", "metal", (-0.04, -0.19, z + 0.08), (0.17, 0.19, saddle - 0.2), 0.25, solid=True)
        for k in range(3):
            build.box("frame", "chrome", (-0.05, -0.195, z + 0.13 + 0.055 * k), (0.18, 0.195, z + 0.145 + 0.055 * k), 0.2)
        build.box("frame", "rubber", (0.22, -0.16, z + 0.05), (0.27, 0.16, saddle - 0.18), 0.3)  # the radiator
    lower, upper = at.steering
    for y in (0.12, -0.12):
        build.tube("frame", "trim", [upper, (0.0, y, saddle - 0.1), (-0.3, 0.9 * y, saddle - 0.2), (-0.26, y, z + 0.02)], 0.02)
        build.tube("frame", "trim", [lower, (0.22, y, z - 0.08), (-0.22, y, z - 0.1)], 0.018)
        build.tube("frame", "metal", [(-0.2, y, z + 0.02), (at.rear_x, y, at.wheel_m)], 0.026)
    pipe = [
        (0.2, -0.12, z + 0.1),
        (0.26, -0.14, z - 0.1),
        (0.0, -0.17, z - 0.16),
        (-0.3, -0.19, z - 0.12),
        (at.rear_x - 0.2, -0.2, z + (0.02 if model == "chopper" else 0.12)),
    ]
    build.tube("frame", "chrome", pipe, [0.024, 0.024, 0.026, 0.045, 0.05], 8)
    for y in (at.feet[1], -at.feet[1]):
        build.tube("frame", "rubber", [(at.feet[0], 0.6 * y, at.feet[2]), (at.feet[0], 1.3 * y, at.feet[2])], 0.014)


def _tank_and_seat(build: Build, model: str, at: Layout) -> None:
    x, _, z = at.saddle
    front = at.steering[1][0] - 0.06
    top = z + {"chopper": 0.2, "sport": 0.17}.get(model, 0.19)
    begin = x + 0.2
    long = front - begin
    build.hull(
        "frame",
        "paint",
        [
            (begin, 0.07, z - 0.05, z + 0.03),
            (begin + 0.15 * long, 0.13, z - 0.08, top - 0.05),
            (begin + 0.5 * long, 0.165, z - 0.07, top),
            (begin + 0.85 * long, 0.15, z - 0.03, top - 0.01),
            (front, 0.07, z + 0.02, top - 0.06),
        ],
        0.65,
    )
    end = x - (0.45 if model != "chopper" else 0.35)
    build.hull(
        "frame",
        "second",
        [
            (begin + 0.05, 0.09, z - 0.08, z - 0.005),
            (x + 0.08, 0.13, z - 0.1, z - 0.005),
            (x - 0.1, 0.15, z - 0.09, z + 0.005),
            (x - 0.18, 0.14, z - 0.06, z + 0.06),
            (end, 0.1, z - 0.02, z + (0.1 if model != "chopper" else 0.06)),
        ],
        0.5,
    )


def _tail(build: Build, model: str, at: Layout) -> None:
    x, _, z = at.saddle
    end = x - 0.5
    build.hull("frame", "paint", [(x - 0.1, 0.14, z - 0.2, z - 0.07), (x - 0.35, 0.12, z - 0.12, z - 0.01), (end, 0.07, z - 0.04, z + 0.05)], 0.5)
    build.lens("frame", "taillight", (end - 0.015, 0.0, z), 0, 0.045, 0.015, 8)
    build.box("frame", "trim", (end - 0.12, -0.05, z - 0.2), (end - 0.02, 0.05, z - 0.06), 0.2)
    build.box("frame", "plate", (end - 0.135, -0.1, z - 0.24), (end - 0.125, 0.1, z - 0.09), 0.1)
    r = at.wheel_m
    if model == "chopper":
        build.hull(
            "frame",
            "paint",
            [
                (at.rear_x - 1.0 * r, 0.09, 0.8 * r, 1.0 * r),
                (at.rear_x - 0.75 * r, 0.11, 1.6 * r, 1.8 * r),
                (at.rear_x, 0.11, 2.05 * r, 2.2 * r),
                (at.rear_x + 0.5 * r, 0.1, 1.85 * r, 2.05 * r),
            ],
            0.5,
        )


def _fairing(build: Build, model: str, at: Layout) -> None:
    upper, z = at.steering[1], at.wheel_m
    nose = at.front_x - (0.05 if model == "sport" else 0.12)
    high = upper[2] + (0.02 if model == "sport" else 0.1)
    build.hull(
        "frame",
        "paint",
        [
            (upper[0] - 0.12, 0.2, upper[2] - 0.3, high),
            (upper[0] + 0.1, 0.2, upper[2] - 0.28, high + 0.01),
            (nose - 0.12, 0.15, upper[2] - 0.25, high - 0.06),
            (nose, 0.06, upper[2] - 0.2, upper[2] - 0.1),
        ],
        0.55,
    )
    build.hull(
        "frame",
        "paint",
        [(-0.2, 0.17, z - 0.1, z + 0.16), (0.1, 0.215, z - 0.12, z + 0.36), (0.3, 0.21, z - 0.04, z + 0.5), (0.4, 0.17, z + 0.12, upper[2] - 0.1)],
        0.45,
    )
    for y in (0.075, -0.075):
        build.lens("frame", "headlight", (nose - 0.055, y, upper[2] - 0.13), 0, 0.05, 0.03, 8)
    tall = 0.16 if model == "sport" else 0.34
    build.hull(
        "frame",
        "glass",
        [
            (upper[0] - 0.02, 0.16, high + 0.6 * tall, high + tall),
            (upper[0] + 0.12, 0.17, high, high + 0.55 * tall),
            (nose - 0.12, 0.12, high - 0.08, high - 0.02),
        ],
        0.5,
        solid=False,
    )


def _scooter(build: Build, at: Layout) -> None:
    x, _, z = at.saddle
    w, upper = at.wheel_m, at.steering[1]
    floor = at.feet[2] - 0.02
    build.hull(
        "frame",
        "paint",
        [
            (at.rear_x - 0.28, 0.1, z - 0.28, z - 0.1),
            (at.rear_x, 0.19, w + 0.12, z - 0.06),
            (x + 0.08, 0.2, floor - 0.06, z - 0.06),
            (x + 0.2, 0.16, floor - 0.06, z - 0.12),
        ],
        0.5,
    )
    build.box("frame", "trim", (x + 0.1, -0.2, floor - 0.08), (upper[0] + 0.02, 0.2, floor), 0.3, solid=True)
    shield = at.front_x - 0.26
    build.hull(
        "frame",
        "paint",
        [
            (upper[0] - 0.06, 0.2, floor - 0.02, upper[2] - 0.1),
            (shield - 0.06, 0.23, floor, upper[2] - 0.06),
            (shield + 0.05, 0.15, floor + 0.15, upper[2] - 0.12),
        ],
        0.55,
    )
    build.hull(
        "fork",
        "paint",
        [
            (upper[0] - 0.1, 0.14, upper[2] - 0.08, upper[2] + 0.05),
            (upper[0] + 0.05, 0.17, upper[2] - 0.08, upper[2] + 0.08),
            (upper[0] + 0.16, 0.08, upper[2] - 0.06, upper[2] + 0.03),
        ],
        0.6,
    )
    build.lens("fork", "headlight", (upper[0] + 0.165, 0.0, upper[2] - 0.01), 0, 0.055, 0.02, 10)
    build.hull(
        "frame",
        "second",
        [(x + 0.22, 0.1, z - 0.1, z - 0.02), (x + 0.05, 0.14, z - 0.1, z), (x - 0.25, 0.15, z - 0.1, z + 0.03), (x - 0.42, 0.09, z - 0.08, z + 0.03)],
        0.5,
    )
    end = at.rear_x - 0.28
    build.lens("frame", "taillight", (end - 0.01, 0.0, z - 0.18), 0, 0.05, 0.015, 8)
    build.box("frame", "plate", (end - 0.03, -0.1, z - 0.46), (end - 0.02, 0.1, z - 0.31), 0.1)
    build.box("frame", "metal", (at.rear_x - 0.12, 0.06, w - 0.09), (x + 0.12, 0.16, w + 0.1), 0.3)
    build.tube("frame", "metal", [(x + 0.05, -0.14, w - 0.05), (at.rear_x - 0.2, -0.17, w + 0.04)], [0.03, 0.05], 8)


def _loads(build: Build, at: Layout, loads: tuple[str, ...]) -> None:
    x, _, z = at.saddle
    if "panniers" in loads:
        for low, high in ((0.2, 0.42), (-0.42, -0.2)):
            build.box("frame", "second", (x - 0.62, low, z - 0.34), (x - 0.16, high, z - 0.02), 0.4, solid=True)
    if "top-box" in loads:
        build.box("frame", "second", (x - 0.72, -0.22, z + 0.08), (x - 0.34, 0.22, z + 0.36), 0.5, solid=True)
