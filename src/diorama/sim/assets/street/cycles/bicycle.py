"""Bicycles: tubes, wheels, and what is bolted to them."""

import numpy as np

from diorama.sim.assets.primitives import circle
from diorama.sim.assets.street.cycles.build import Build
from diorama.sim.assets.street.cycles.frames import Layout
from diorama.sim.assets.street.cycles.wheels import wire_wheel
from diorama.sim.transforms import Vec3

#: Radii of tubes.
_MAIN, _THIN, _BAR = 0.018, 0.009, 0.0115


def bicycle(model: str, at: Layout, loads: tuple[str, ...]) -> Build:
    """A bicycle of a model, laid out so."""
    build = Build()
    _frame(build, model, at)
    _fork(build, model, at)
    for group, x in (("rear-wheel", at.rear_x), ("front-wheel", at.front_x)):
        wire_wheel(build, group, np.array([x, 0.0, at.wheel_m]), at.wheel_m, at.tyre_m, spokes=16 if model == "child" else 20)
    _drive(build, at)
    if model in ("city", "trekking", "child"):
        _mudguard(build, "frame", at.rear_x, at, (-10.0, 170.0))
        _mudguard(build, "fork", at.front_x, at, (25.0, 165.0))
    if model in ("city", "trekking"):
        _carrier(build, at)
        _lamps(build, at)
    _loads(build, at, loads)
    return build


def _on(a: Vec3, b: Vec3, share: float) -> Vec3:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share


def _frame(build: Build, model: str, at: Layout) -> None:
    bottom, (lower, upper) = at.feet, at.steering
    high = at.saddle[2] - 0.07
    # The seat tube leans back by 73 degrees, to under the saddle.
    lug: Vec3 = (bottom[0] - 0.3 * (0.62 * (high - bottom[2])), 0.0, bottom[2] + 0.62 * (high - bottom[2]))
    post: Vec3 = (bottom[0] - 0.3 * (high - bottom[2]), 0.0, high)
    build.tube("frame", "paint", [bottom, lug], _MAIN)
    build.tube("frame", "metal", [lug, post], 0.013)
    build.tube("frame", "paint", [lower, _on(lower, upper, 1.02)], 0.022, 8)
    build.tube("frame", "paint", [bottom, _on(lower, upper, 0.15)], 1.15 * _MAIN)
    if model == "city":  # low enough to step through
        knee = _on(bottom, lower, 0.5)
        build.tube("frame", "paint", [_on(bottom, lug, 0.45), (knee[0], 0.0, knee[2] + 0.09), _on(lower, upper, 0.8)], _MAIN)
    else:
        build.tube("frame", "paint", [_on(bottom, lug, 0.97), _on(lower, upper, 0.85)], _MAIN)
    for y in (0.055, -0.055):
        axle = (at.rear_x, y, at.wheel_m)
        build.tube("frame", "paint", [(bottom[0], 0.5 * y, bottom[2]), axle], _THIN, 5)
        build.tube("frame", "paint", [(lug[0], 0.4 * y, lug[2] - 0.02), axle], _THIN, 5)
    _saddle(build, at, model)
    x0, z0 = (bottom[0] + at.rear_x) / 2, (bottom[2] + at.wheel_m) / 2
    build.box("frame", "rubber", (x0 - 0.2, -0.05, z0 - 0.012), (x0 + 0.19, -0.04, z0 + 0.012), 0.1)  # the chain
    build.hulls["frame"] = [
        np.array([*(np.array([lug, bottom, lower, upper]) + (0, y, 0) for y in (0.03, -0.03))]).reshape(-1, 3),
        np.array([(at.saddle[0] + dx, y, at.saddle[2] - dz) for dx in (-0.12, 0.14) for y in (0.07, -0.07) for dz in (0.0, 0.09)]),
    ]


def _saddle(build: Build, at: Layout, model: str) -> None:
    x, _, z = at.saddle
    wide = {"racing": 0.065, "mountain": 0.07, "child": 0.06}.get(model, 0.085)
    build.hull(
        "frame",
        "second",
        [
            (x - 0.13, 0.8 * wide, z - 0.05, z),
            (x - 0.1, wide, z - 0.06, z + 0.008),
            (x - 0.02, 0.7 * wide, z - 0.05, z),
            (x + 0.06, 0.026, z - 0.04, z),
            (x + 0.14, 0.018, z - 0.035, z - 0.008),
        ],
        0.6,
        solid=False,
    )


def _fork(build: Build, model: str, at: Layout) -> None:
    lower, upper = at.steering
    crown = _on(lower, upper, -0.12)
    for y in (0.05, -0.05):
        half = ((at.front_x + crown[0]) / 2, y, (at.wheel_m + crown[2]) / 2)
        if model == "mountain":
            build.tube("fork", "metal", [(crown[0], 1.3 * y, crown[2] + 0.02), (half[0], 1.3 * y, half[2])], 0.014)
            build.tube("fork", "rubber", [(half[0], 1.3 * y, half[2] + 0.03), (at.front_x, 1.3 * y, at.wheel_m)], 0.02)
        else:
            build.tube(
                "fork",
                "paint",
                [(crown[0], 0.4 * y, crown[2] + 0.015), (crown[0], y, crown[2]), half, (at.front_x, y, at.wheel_m)],
                [0.014, 0.014, 0.012, 0.009],
                5,
            )
    gx, gy, gz = at.grip
    stem = (upper[0] - 0.01, 0.0, max(gz - 0.03, upper[2] + 0.02))
    build.tube("fork", "metal", [upper, stem], 0.014)
    if at.bar == "drop":
        clamp = (gx - 0.06, 0.0, gz + 0.01)
        build.tube("fork", "metal", [stem, clamp], 0.014)
        for y in (gy, -gy):
            curve = [
                clamp,
                (clamp[0], 0.9 * y, gz + 0.01),
                (gx, y, gz),
                (gx + 0.03, y, gz - 0.06),
                (gx - 0.02, y, gz - 0.12),
                (gx - 0.09, y, gz - 0.13),
            ]
            build.tube("fork", "rubber", curve, 0.014)
            build.tube("fork", "rubber", [(gx - 0.01, y, gz + 0.01), (gx + 0.045, y, gz + 0.045)], 0.017)
    else:
        clamp = (stem[0] + 0.06, 0.0, gz - (0.05 if at.bar == "swept" else 0.01))
        build.tube("fork", "metal", [stem, clamp], 0.013)
        for y in (gy, -gy):
            end = (gx - (0.05 if at.bar == "swept" else 0.012), y * 1.08, gz)
            build.tube("fork", "metal", [clamp, (gx + (0.03 if at.bar == "swept" else 0.0), 0.62 * y, gz), end], _BAR)
            build.tube("fork", "rubber", [_on((gx + 0.02, 0.62 * y, gz), end, 0.35), end], 0.016)
            build.tube("fork", "metal", [(gx + 0.02, 0.7 * y, gz - 0.005), (gx + 0.05, y, gz - 0.025)], 0.006, 4)  # the brake's lever
    build.hulls["fork"] = [
        np.array([(at.front_x, y, at.wheel_m) for y in (0.05, -0.05)] + [(upper[0], y, upper[2]) for y in (0.03, -0.03)]),
        np.array([(gx + dx, y, gz + dz) for dx in (-0.06, 0.05) for y in (1.1 * gy, -1.1 * gy) for dz in (-0.03, 0.03)]),
    ]


def _drive(build: Build, at: Layout) -> None:
    """Cranks and pedals, the left one in front."""
    x, _, z = at.feet
    build.lens("crank", "metal", (x, -0.045, z), 1, 0.09, 0.004, 16)
    build.tube("crank", "metal", [(x, 0.06, z), (x, -0.06, z)], 0.02, 8)
    for y, ahead, pedal in ((0.075, at.crank_m, "left-pedal"), (-0.075, -at.crank_m, "right-pedal")):
        build.tube("crank", "metal", [(x, y, z), (x + ahead, y, z)], [0.014, 0.011], 5)
        sign = 1.0 if y > 0 else -1.0
        low, high = sorted((0.08 * sign, 0.175 * sign))
        build.box(pedal, "rubber", (x + ahead - 0.045, low, z - 0.012), (x + ahead + 0.045, high, z + 0.012), 0.2)


def _mudguard(build: Build, group: str, x: float, at: Layout, degrees: tuple[float, float]) -> None:
    """A bent strip over a wheel, from an angle before it (degrees from +x upwards) to one behind."""
    turn, steps = circle(72), 9
    radius = at.wheel_m + 0.022
    rings = []
    for k in range(steps + 1):
        angle = degrees[0] + (degrees[1] - degrees[0]) * k / steps
        c, s = turn[round(angle / 5) % 72]
        ring = [(x + r * c, y, at.wheel_m + r * s) for r, y in ((radius, -0.026), (radius + 0.01, 0.0), (radius, 0.026), (radius + 0.004, 0.0))]
        rings.append(ring)
    # Seen against the way, which goes from the front over the top, left is at positive y.
    build.rings(group, "trim", np.array(rings))


def _carrier(build: Build, at: Layout) -> None:
    x, z = at.rear_x, 2 * at.wheel_m + 0.07
    for y in (0.06, -0.06):
        build.tube("frame", "metal", [(x + 0.16, y, z), (x - 0.18, y, z)], 0.006, 4)
        build.tube("frame", "metal", [(x - 0.1, y, z), (x, y, at.wheel_m)], 0.005, 4)
    for dx in (0.16, 0.0, -0.18):
        build.tube("frame", "metal", [(x + dx, 0.06, z), (x + dx, -0.06, z)], 0.006, 4)


def _lamps(build: Build, at: Layout) -> None:
    x, z = at.steering[0][0] + 0.06, at.steering[1][2] - 0.04
    build.lens("fork", "headlight", (x + 0.03, 0.0, z), 0, 0.032, 0.03, 8)
    build.lens("frame", "taillight", (at.rear_x - 0.2, 0.0, 2 * at.wheel_m + 0.03), 0, 0.03, 0.012, 8)


def _loads(build: Build, at: Layout, loads: tuple[str, ...]) -> None:
    top = 2 * at.wheel_m + 0.08
    x = at.rear_x
    if "basket" in loads:
        gx, _, gz = at.grip
        build.box("fork", "second", (gx + 0.06, -0.17, gz - 0.24), (gx + 0.34, 0.17, gz - 0.01), 0.25, solid=True)
    if "panniers" in loads:
        for low, high in ((0.07, 0.21), (-0.21, -0.07)):
            build.box("frame", "second", (x - 0.17, low, top - 0.4), (x + 0.14, high, top - 0.02), 0.3, solid=True)
    if "child-seat" in loads:
        build.box("frame", "second", (x - 0.12, -0.16, top), (x + 0.16, 0.16, top + 0.12), 0.4, solid=True)
        build.box("frame", "second", (x - 0.2, -0.17, top), (x - 0.1, 0.17, top + 0.5), 0.5, solid=True)
    if "top-box" in loads:
        build.box("frame", "second", (x - 0.22, -0.2, top), (x + 0.18, 0.2, top + 0.3), 0.3, solid=True)
