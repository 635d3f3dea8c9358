"""Wheels of cycles, standing on the ground below the origin of their axle."""

import numpy as np

from diorama.sim.assets import geometry
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.primitives import circle, quads_to_triangles
from diorama.sim.assets.street.cycles.build import Build, Group

_SEGMENTS = 24


def _hoop(build: Build, group: Group, look: str, axle: Points, profile: list[tuple[float, float]]) -> None:
    """A ring around y through a closed profile of (radius, y), counter-clockwise as y runs right and the radius up."""
    turn = circle(_SEGMENTS)
    section = np.array(profile)
    grid = np.empty((_SEGMENTS, len(section), 3))
    grid[..., 0] = turn[:, 0:1] * section[:, 0]
    grid[..., 1] = section[:, 1]
    grid[..., 2] = turn[:, 1:2] * section[:, 0]
    i, j = np.meshgrid(np.arange(_SEGMENTS), np.arange(len(section)), indexing="ij")
    n = len(section)
    a, b = i * n + j, i * n + (j + 1) % n
    c, d = (i + 1) % _SEGMENTS * n + (j + 1) % n, (i + 1) % _SEGMENTS * n + j
    build.add(group, look, grid.reshape(-1, 3) + axle, quads_to_triangles(np.stack([a, b, c, d], axis=-1).reshape(-1, 4)))


def wire_wheel(build: Build, group: Group, axle: Points, radius: float, tyre: float, *, spokes: int = 20) -> None:
    """A wheel with wire spokes: spindles from the hub's flanges, left and right in turn, to the rim."""
    _hoop(
        build,
        group,
        "rubber",
        axle,
        [
            (radius - 1.9 * tyre, -0.6 * tyre),
            (radius - 0.6 * tyre, -tyre),
            (radius, 0.0),
            (radius - 0.6 * tyre, tyre),
            (radius - 1.9 * tyre, 0.6 * tyre),
        ],
    )
    _hoop(build, group, "metal", axle, [(radius - 1.9 * tyre - 0.014, 0.0), (radius - 1.8 * tyre, -0.62 * tyre), (radius - 1.8 * tyre, 0.62 * tyre)])
    build.lens(group, "metal", (float(axle[0]), float(axle[1]), float(axle[2])), 1, 0.022, 0.045, 8)
    inner, outer = 0.018, radius - 1.8 * tyre
    turn = circle(spokes)
    for k in range(spokes):
        along = np.array([turn[k, 0], 0.0, turn[k, 1]])
        start = axle + along * inner + np.array([0.0, 0.034 if k % 2 else -0.034, 0.0])
        _spindle(build, group, start, axle + along * outer, 0.0026)


def _spindle(build: Build, group: Group, start: Points, end: Points, radius: float) -> None:
    """A thin rod that tapers to both ends: six triangles."""
    middle = (start + end) / 2
    across = np.array([end[2] - start[2], 0.0, start[0] - end[0]])
    across = across / np.sqrt((across * across).sum())
    ring = np.array(
        [middle + across * radius, middle + np.array([0.0, radius, 0.0]) - across * radius, middle - np.array([0.0, radius, 0.0]) - across * radius]
    )
    points = np.concatenate([ring, start[None], end[None]])
    faces = np.array([[0, 1, 4], [1, 2, 4], [2, 0, 4], [1, 0, 3], [2, 1, 3], [0, 2, 3]])
    volume, _ = geometry.signed_volume_and_center(points, faces)
    build.add(group, "metal", points, faces if volume > 0 else faces[:, ::-1])


def cast_wheel(build: Build, group: Group, axle: Points, radius: float, tyre: float, *, spokes: int = 5) -> None:
    """A motorcycle's wheel: a broad tyre, a cast rim with a few spokes, a brake disc."""
    rim = radius - 0.8 * tyre
    _hoop(
        build,
        group,
        "rubber",
        axle,
        [
            (rim - 0.005, -0.42 * tyre),
            (radius - 0.35 * tyre, -0.5 * tyre),
            (radius - 0.06 * tyre, -0.28 * tyre),
            (radius, 0.0),
            (radius - 0.06 * tyre, 0.28 * tyre),
            (radius - 0.35 * tyre, 0.5 * tyre),
            (rim - 0.005, 0.42 * tyre),
        ],
    )
    _hoop(build, group, "metal", axle, [(rim - 0.03, -0.3 * tyre), (rim, -0.44 * tyre), (rim, 0.44 * tyre), (rim - 0.03, 0.3 * tyre)])
    x, y, z = axle.tolist()
    build.lens(group, "metal", (x, y, z), 1, 0.05, 0.07, 10)
    build.lens(group, "chrome", (x, y + 0.45 * tyre, z), 1, 0.42 * radius, 0.004, 16)
    turn = circle(spokes)
    for c, s in turn.tolist():
        at = [(x + r * c, y, z + r * s) for r in (0.03, 0.5 * rim, rim - 0.01)]
        build.tube(group, "metal", [(a, b, d) for a, b, d in at], [0.026, 0.018, 0.026], 5)
