"""How a picture is exposed: through an open aperture, while a shutter is open, and one row after another.

Blur is the mean of sharp pictures, each seen from a point of the aperture at a moment of the exposure (Haeberli and Akeley, "The
accumulation buffer", 1990). Points of the aperture, moments and places within the pixel are spread evenly, each for itself and
any two together, by sequences that are the same for all pixels and for all pictures: there is no noise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np

from diorama.sim.spec import CameraSpec, Pose
from diorama.sim.transforms import Matrix, apply

#: Where the colour samples of a sharp picture lie in a pixel: the rotated grid, no two in one row or column.
COLOR_SAMPLES = ((0.375, 0.125), (0.875, 0.375), (0.125, 0.625), (0.625, 0.875))
#: Where labels are taken.
MIDDLE = (0.5, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One of the pictures whose mean is taken: `seconds` from the middle of the shutter's time, seen from `lens_m` in the aperture
    (camera x and y), at one `place` (u, v) of each pixel.
    """

    seconds: float
    lens_m: tuple[float, float]
    place: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Rows of a picture, from `top` to before `bottom`, `seconds` after its moment: `camera` is where and what it is then.

    `place` is the one place in each pixel that is looked at, None for all that a sharp picture looks at; `shear` (x, y) tells how a
    lens's rays are bent for a point of its aperture: by how much for each metre along the camera's axis.
    """

    camera: CameraSpec
    top: int
    bottom: int
    seconds: float
    place: tuple[float, float] | None = None
    shear: tuple[float, float] = (0.0, 0.0)


def exposures(camera: CameraSpec, moves: bool) -> list[Exposure]:
    """The pictures whose mean a blurred picture is; none when nothing is blurred. `moves` says whether anything does.

    They are `blur_samples`, or with less than four, which would leave edges jagged, each of them several times.
    """
    count, time = camera.blur_samples, camera.exposure_s if moves else 0.0
    if count == 1 or (camera.aperture_m == 0 and time == 0):
        return []
    each = -(-len(COLOR_SAMPLES) // count)
    return [
        Exposure(
            seconds=((moment + 0.5) / count - 0.5) * time,
            lens_m=(x * camera.aperture_m, y * camera.aperture_m),
            place=((column + 0.5) / (count * each), (row + 0.5) / (count * each))
            if camera.distortion is None
            else COLOR_SAMPLES[column * len(COLOR_SAMPLES) // (count * each)],
        )
        for (x, y), moment, column, row in _spread(count, each)
    ]


@cache
def _spread(count: int, each: int) -> list[tuple[tuple[float, float], int, int, int]]:
    """Points of the unit disc, `count` moments, and `count` * `each` columns and rows of the pixel: each taken once, and no matter which of
    them is known, nothing is known of the others.
    """
    golden = math.pi * (3 - math.sqrt(5))
    # Vogel's spiral fills a disc evenly; its mean is moved to the middle.
    radii = [math.sqrt((i + 0.5) / count) for i in range(count)]
    disc = [(r * math.cos(i * golden), r * math.sin(i * golden)) for i, r in enumerate(radii)]
    middle = [math.fsum(axis) / count for axis in zip(*disc, strict=True)]
    disc = [(round(x - middle[0], 9), round(y - middle[1], 9)) for x, y in disc]
    columns = [[x for x, _ in disc], [y for _, y in disc], radii]
    moments = _ranks(count, 2, columns)
    many = [[c for c in column for _ in range(each)] for column in (*columns, moments)]
    across = _ranks(count * each, 3, many)
    down = _ranks(count * each, 5, [*many, across])
    return [(disc[i // each], moments[i // each], across[i], down[i]) for i in range(count * each)]


def _ranks(count: int, base: int, others: Sequence[Sequence[float]]) -> list[int]:
    """A permutation of 0 ... count - 1 that leaps evenly, and does not follow any of the `others`.

    It begins as the order of van der Corput's sequence; then neighbours change places as long as that makes correlations smaller.
    """

    def mirrored(i: int) -> tuple[int, ...]:
        digits = []
        while i:
            i, digit = divmod(i, base)
            digits.append(digit)
        return tuple(digits)

    order = sorted(range(count), key=mirrored)
    columns = [_standardized(other) for other in others]
    products = [sum(column[i] * rank for rank, i in enumerate(order)) for column in columns]
    changed = True
    while changed:
        changed = False
        for rank in range(count - 1):
            i, j = order[rank], order[rank + 1]
            swapped = [product + column[i] - column[j] for product, column in zip(products, columns, strict=True)]
            if sum(p * p for p in swapped) < sum(p * p for p in products) - 1e-6:
                products, order[rank], order[rank + 1], changed = swapped, j, i, True
    ranks = [0] * count
    for rank, i in enumerate(order):
        ranks[i] = rank
    return ranks


def _standardized(values: Sequence[float]) -> list[float]:
    """The values less their mean, over their deviation, or zero when they are all the same."""
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values))
    return [(v - mean) / deviation if deviation > 0 else 0.0 for v in values]


def camera_at(camera: CameraSpec, seconds: float) -> CameraSpec:
    """The camera where its motion has taken it after (before) the picture's moment."""
    if camera.motion.is_still or seconds == 0:
        return camera
    return replace(camera, world_from_camera=camera.motion.moved(camera.world_from_camera, seconds))


def sharp_shots(camera: CameraSpec, moves: bool, top: int = 0, bottom: int | None = None) -> list[Shot]:
    """A sharp picture from row `top` to before `bottom`, the whole by default: all at once, or with a rolling shutter, if anything `moves`, each
    row at its own moment.
    """
    return _shots(camera, moves, (top, camera.height if bottom is None else bottom), 1, 0, None)


def blurred_shots(camera: CameraSpec, moves: bool) -> list[list[Shot]]:
    """The pictures whose mean a blurred picture is; none when nothing is blurred.

    With a rolling shutter, rows may be read out together where that takes no longer than the pictures are apart in time: they end at other
    rows in each, so that in the mean every row is seen at its own moment.
    """
    parts = exposures(camera, moves)
    line = camera.rolling_shutter_s / camera.height
    together = min(max(int(camera.exposure_s / (len(parts) * line)), 1), camera.height) if parts and line > 0 else 1
    return [_shots(camera, moves, (0, camera.height), together, i * together // len(parts), part) for i, part in enumerate(parts)]


def _shots(camera: CameraSpec, moves: bool, rows: tuple[int, int], height: int, shift: int, exposure: Exposure | None) -> list[Shot]:
    """Shots of `height` rows, but for the first, which has `shift` less; of all `rows` if they are read at once."""
    top, end = rows
    if not moves or camera.rolling_shutter_s == 0:
        return [_shot(camera, top, end, 0.0, exposure)]
    edges = [top, *range(top + height - shift, end, height), end]
    return [_shot(camera, first, last, camera.readout_s((first + last) / 2), exposure) for first, last in pairwise(edges)]


def _shot(camera: CameraSpec, top: int, bottom: int, seconds: float, exposure: Exposure | None) -> Shot:
    if exposure is None:
        return Shot(camera=camera_at(camera, seconds), top=top, bottom=bottom, seconds=seconds)
    seconds += exposure.seconds
    (dx, dy), (u, v) = exposure.lens_m, exposure.place
    there = camera_at(camera, seconds)
    x, y, z = apply(there.world_from_camera.matrix, [(dx, dy, 0.0)])[0].tolist()
    there = replace(there, world_from_camera=Pose((x, y, z), there.world_from_camera.rotation_wxyz))
    sx, sy = dx / camera.focus_m, dy / camera.focus_m
    if camera.distortion is not None:
        return Shot(camera=there, top=top, bottom=bottom, seconds=seconds, place=exposure.place, shear=(sx, sy))
    # A pinhole off the lens's middle: what is at `focus_m` stays where it is in the picture when that is shifted.
    # So is what is at the exposure's place in each pixel, to its middle.
    there = replace(there, cx=camera.cx + camera.fx * sx + MIDDLE[0] - u, cy=camera.cy + camera.fy * sy + MIDDLE[1] - v)
    return Shot(camera=there, top=top, bottom=bottom, seconds=seconds, place=MIDDLE)


def sheared(shear: tuple[float, float]) -> Matrix:
    """(4, 4), by which rays through the lens's middle become those through another point of it that meet them in the focal plane: a ray (x, y, z)
    turns into (x - `shear`_x z, y - `shear`_y z, z).
    """
    return np.array([[1, 0, -shear[0], 0], [0, 1, -shear[1], 0], [0, 0, 1, 0], [0, 0, 0, 1]], np.float64)
