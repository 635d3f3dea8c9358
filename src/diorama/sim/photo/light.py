"""The light there was when a photograph was taken, as far as the photograph tells it.

- How bright and of which colour it was, from how bright and of which colour things below the horizon are. What is seen is light times reflectance,
  and one of them must be guessed. White is taken to be half way, in proportion, between the brightest of these things and the white that cameras
  usually expose for, so that the plane reflects between a tenth and four fifths of the light; and the light's colour to be half way between none and
  that of all that is seen.
- From which side it came, from where the plane is brighter: towards a lamp or a window. A sun lights all of a plane alike, and so do many lamps;
  then nothing is found. Patterns and things on the plane mislead it, the less the larger the part of the plane that is seen.

How high the light stood, and how sharp the shadows were, is not told.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import signals
from diorama.sim.lens import rays_at
from diorama.sim.render.backdrop import codes, linear
from diorama.sim.spec import Backdrop, CameraSpec, Rgb, ToneCurve

#: Photographs are looked at so many pixels wide.
_WIDTH = 160
#: Signals are counted in so small steps.
_STEPS = 1 << 16
#: So many of a thousand pixels are brighter than white things are.
_BRIGHTER = 30
#: The signal that cameras usually expose white things to.
_USUAL_WHITE = 0.9
#: The plane's reflectance, at least and at most: asphalt, and white paper.
_REFLECTANCE = (0.1, 0.8)
#: Codes from here on are taken for this one: they may be those of something much brighter, but then they tell nothing of white things.
_CLIPPED = 240
#: Weights of red, green and blue in luminance, in 16ths.
_LUMINANCE = (3, 11, 2)
#: The norm that takes bright surfaces for more telling about the light's colour (G. Finlayson and E. Trezzi, "Shades of gray and colour constancy",
#: Color Imaging Conference 2004).
_NORM = 6
#: A gradient must explain this share of the variance of the plane's brightness to be taken for the light's.
_EXPLAINED = 0.15
#: Brightness beyond these of a thousand pixels is cut off: highlights, dark things.
_MIDDLE = (100, 900)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoLight:
    """What is found of a photograph's light, in the signal of its camera.

    `white` is that of something white and dull that lies on the plane, `plane` the plane's own mean. The light comes `toward` (x, y), a level unit
    vector of the world, if that was found; `explained` is the share of the variance of the plane's brightness that it explains.
    """

    white: Rgb
    plane: Rgb
    toward: tuple[float, float] | None
    explained: float


def overview(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photograph (H, W, 3), as small as it is looked at."""
    width = min(_WIDTH, photo.shape[1])
    return codes(linear(Backdrop(path="-"), photo, width, max(round(width * photo.shape[0] / photo.shape[1]), 1)))


def photo_light(seen: NDArray[np.uint8], camera: CameraSpec, reach_m: float) -> PhotoLight:
    """The light of a photograph that this camera took, from its `overview` (h, w, 3). The tone curve is that of the camera's sensor; the plane is the
    world's z = 0 up to a depth of `reach_m`.
    """
    height, width = seen.shape[:2]
    steps = _signal_steps(camera.sensor.tone_curve)[np.minimum(seen, _CLIPPED)]
    places, on_plane, below = _places(camera.resized(width, height), reach_m)
    if not on_plane.any():
        on_plane[:] = below[:] = True
    bright = _luminance(steps)
    plane = _mean(steps[on_plane])
    level = _luminance_of(plane)
    usual = math.sqrt(_quantile(bright[below], 1000 - _BRIGHTER) / _STEPS * _USUAL_WHITE)
    white = min(max(usual, level / _REFLECTANCE[1]), level / _REFLECTANCE[0])
    toward, explained = _gradient(places[on_plane], bright[on_plane])
    red, green, blue = (_digits(white * c) for c in _color(seen[below], camera.sensor.tone_curve))
    return PhotoLight(white=(red, green, blue), plane=plane, toward=toward, explained=explained)


def _signal_steps(curve: ToneCurve) -> NDArray[np.int64]:
    return np.rint(signals(curve).astype(np.float64) * _STEPS).astype(np.int64)


def _luminance(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    return (steps[..., 0] * _LUMINANCE[0] + steps[..., 1] * _LUMINANCE[1] + steps[..., 2] * _LUMINANCE[2]) // 16


def _luminance_of(color: Rgb) -> float:
    return sum(w * c for w, c in zip(_LUMINANCE, color, strict=True)) / 16


def _mean(steps: NDArray[np.int64]) -> Rgb:
    red, green, blue = (_digits(total / len(steps) / _STEPS) for total in steps.sum(axis=0).tolist())
    return red, green, blue


def _quantile(values: NDArray[np.int64], per_mille: int) -> int:
    at = min(len(values) * per_mille // 1000, len(values) - 1)
    return int(np.partition(values, at)[at])


def _color(seen: NDArray[np.uint8], curve: ToneCurve) -> Rgb:
    """The light's colour, of luminance 1: half way, in proportion, from neutral to that of the pixels (n, 3)."""
    table = signals(curve).tolist()
    usable = seen[(seen < _CLIPPED).all(axis=1)]
    if not len(usable):
        return (1.0, 1.0, 1.0)
    norms = []
    for channel in range(3):
        counts = np.bincount(usable[:, channel], minlength=256).tolist()
        norms.append((math.fsum(count * value**_NORM for count, value in zip(counts, table, strict=True)) / len(usable)) ** (1 / _NORM))
    roots = [math.sqrt(max(norm, 1e-6)) for norm in norms]
    level = sum(w * c for w, c in zip(_LUMINANCE, roots, strict=True)) / 16
    red, green, blue = (_digits(root / level) for root in roots)
    return red, green, blue


def _places(camera: CameraSpec, reach_m: float) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Where on the plane, in millimetres from below the camera, each pixel's middle is (H, W, 2), whether it is on it, and whether it is below the
    horizon (H, W).
    """
    v, u = np.mgrid[: camera.height, : camera.width]
    rays = rays_at(camera, np.stack([u.reshape(-1), v.reshape(-1)], axis=1) + 0.5)
    m = camera.world_from_camera.matrix
    world = [rays[:, 0] * m[axis, 0] + rays[:, 1] * m[axis, 1] + rays[:, 2] * m[axis, 2] for axis in range(3)]
    below = world[2] < 0
    way = -m[2, 3] / np.where(below, world[2], -1.0)
    on_plane = below & (way * rays[:, 2] <= reach_m)
    places = np.stack([np.rint(np.where(on_plane, way * axis, 0.0) * 1000) for axis in world[:2]], axis=1).astype(np.int64)
    shape = (camera.height, camera.width)
    return places.reshape(*shape, 2), on_plane.reshape(shape), below.reshape(shape)


def _gradient(places: NDArray[np.int64], bright: NDArray[np.int64]) -> tuple[tuple[float, float] | None, float]:
    """The direction in which the brightness (n,) of places (n, 2) grows, by least squares, if it explains enough of it; and how much it explains."""
    low, high = (_quantile(bright, limit) for limit in _MIDDLE)
    n = len(bright)
    x, y, b = (column - int(column.sum()) // n for column in (places[:, 0], places[:, 1], np.clip(bright, low, high) // (_STEPS >> 12)))

    def product(p: NDArray[np.int64], q: NDArray[np.int64]) -> int:
        return int((p * q).sum())

    xx, xy, yy, xb, yb, bb = product(x, x), product(x, y), product(y, y), product(x, b), product(y, b), product(b, b)
    determinant = xx * yy - xy * xy
    if not determinant or not bb:
        return None, 0.0
    gx, gy = (yy * xb - xy * yb) / determinant, (xx * yb - xy * xb) / determinant
    explained = _digits((gx * xb + gy * yb) / bb)
    steep = math.hypot(gx, gy)
    if explained < _EXPLAINED or steep == 0:
        return None, explained
    return (_digits(gx / steep), _digits(gy / steep)), explained


def _digits(value: float) -> float:
    """To 9 significant digits."""
    return float(f"{value:.9g}")
