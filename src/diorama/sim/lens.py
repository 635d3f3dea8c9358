"""Where a camera's lens puts a point, and which ray a pixel sees: a pinhole, Brown and Conrady's lens, Kannala and Brandt's fisheye.

A lens is taken as far as its image grows. A polynomial that squeezes the picture's rim turns back at some radius, from where on it
would show everything a second time; no real lens does. Points beyond that radius are not seen, and pixels beyond its image see
nothing: NaN.

Only arithmetic and square roots are used, of which every processor has the same bits: the sine and the angle of a fisheye are made
of them.
"""

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diorama.sim.spec import BrownConrady, CameraSpec, Distortion, KannalaBrandt

Array = NDArray[np.float64]

#: A lens ends where its image grows this many times less than on the axis: a pixel or so before it turns back.
_LEAST_GROWTH = 0.05
#: The tangent of the widest angle from the axis that is asked of lenses without a limit of their own.
_WIDEST_TANGENT = 1e6
#: Rays are found for this many pixels at a time, which a processor's cache can hold.
_CHUNK = 8192


def project_points(camera: CameraSpec, points_camera: ArrayLike) -> Array:
    """Where points (n, 3) of the camera's frame are seen: (n, 2) pixels, NaN for those that are not whatever the picture's size."""
    seen = distort(camera.distortion, points_camera)
    return np.stack([camera.fx * seen[:, 0] + camera.cx, camera.fy * seen[:, 1] + camera.cy], axis=1)


def rays_at(camera: CameraSpec, pixels: ArrayLike) -> Array:
    """Unit rays (n, 3) in the camera's frame through places (n, 2) of the picture, or beyond it; NaN where the lens sees nothing."""
    pixels = np.asarray(pixels, np.float64)
    out = np.empty((len(pixels), 3))
    for start in range(0, len(pixels), _CHUNK):
        part = pixels[start : start + _CHUNK]
        plane = np.stack([(part[:, 0] - camera.cx) / camera.fx, (part[:, 1] - camera.cy) / camera.fy], axis=1)
        out[start : start + _CHUNK] = undistort(camera.distortion, plane)
    return out


def distort(distortion: Distortion | None, points_camera: ArrayLike) -> Array:
    """The image (n, 2), in focal lengths from the axis, of points (n, 3) at any distance. Not seen: NaN."""
    x, y, z = np.asarray(points_camera, np.float64).T
    if isinstance(distortion, KannalaBrandt):
        return _fisheye_image(distortion, x, y, z)
    z = np.where(z > 0, z, np.nan)
    x, y = x / z, y / z
    if distortion is None:
        return np.stack([x, y], axis=1)
    image_x, image_y, determinant, _ = _brown(distortion, x, y)
    limit = largest_radius(distortion)
    seen = (x * x + y * y < limit * limit) & (determinant > 0)
    return np.where(seen[:, None], np.stack([image_x, image_y], axis=1), np.nan)


def undistort(distortion: Distortion | None, image: ArrayLike) -> Array:
    """Unit rays (n, 3) seen at places (n, 2) of the image plane, in focal lengths from the axis. The inverse of `distort`."""
    x, y = np.asarray(image, np.float64).T
    if isinstance(distortion, KannalaBrandt):
        return _fisheye_ray(distortion, x, y)
    if distortion is not None:
        x, y = _brown_inverse(distortion, x, y)
    length = np.sqrt(x * x + y * y + 1.0)
    return np.stack([x / length, y / length, 1.0 / length], axis=1)


@cache
def largest_radius(distortion: Distortion) -> float:
    """How far from the axis the lens sees: a tangent for Brown and Conrady's, an angle up to pi for a fisheye."""
    widest = math.pi if isinstance(distortion, KannalaBrandt) else _WIDEST_TANGENT
    slope = [1.0 - _LEAST_GROWTH, *((2 * i + 1) * k for i, k in enumerate(_radial(distortion), start=1))]
    return min([widest, *(math.sqrt(s) for s in _roots(slope, widest * widest))])


@cache
def largest_image(distortion: Distortion) -> float:
    """How far from the axis, in focal lengths, the image reaches by the radial part alone: that of `largest_radius`."""
    return float(_odd(_radial(distortion), largest_radius(distortion)))


def _radial(distortion: Distortion) -> tuple[float, ...]:
    if isinstance(distortion, KannalaBrandt):
        return (distortion.k1, distortion.k2, distortion.k3, distortion.k4)
    return (distortion.k1, distortion.k2, distortion.k3)


# --- Brown and Conrady --------------------------------------------------------------------------------------------


def _brown(lens: BrownConrady, x: Array, y: Array) -> tuple[Array, Array, Array, tuple[Array, Array, Array]]:
    """The image of ideal points, its Jacobian's determinant, and the symmetric Jacobian (xx, xy, yy)."""
    s = x * x + y * y
    scale = 1.0 + s * (lens.k1 + s * (lens.k2 + s * lens.k3))
    slope = lens.k1 + s * (2.0 * lens.k2 + s * (3.0 * lens.k3))
    image_x = x * scale + 2.0 * lens.p1 * x * y + lens.p2 * (s + 2.0 * x * x)
    image_y = y * scale + lens.p1 * (s + 2.0 * y * y) + 2.0 * lens.p2 * x * y
    xx = scale + 2.0 * x * x * slope + 2.0 * lens.p1 * y + 6.0 * lens.p2 * x
    xy = 2.0 * x * y * slope + 2.0 * lens.p1 * x + 2.0 * lens.p2 * y
    yy = scale + 2.0 * y * y * slope + 6.0 * lens.p1 * y + 2.0 * lens.p2 * x
    return image_x, image_y, xx * yy - xy * xy, (xx, xy, yy)


def _brown_inverse(lens: BrownConrady, image_x: Array, image_y: Array) -> tuple[Array, Array]:
    """Ideal points: the radial part alone, and from there Newton's method in the plane for the tangential part."""
    limit = largest_radius(lens)
    radius = np.sqrt(image_x * image_x + image_y * image_y)
    tangential = lens.p1 != 0 or lens.p2 != 0
    # Tangential shifts may lead in from outside the radial part's image: begin just within.
    start = np.minimum(radius, 0.98 * largest_image(lens)) if tangential else radius
    scale = _odd_inverse(_radial(lens), start, limit) / np.where(radius > 0, radius, 1.0)
    x, y = image_x * scale, image_y * scale
    if not tangential:
        return x, y
    with np.errstate(all="ignore"):  # what runs away ends as NaN
        done = np.isnan(x)
        for _ in range(30):
            at_x, at_y, determinant, (xx, xy, yy) = _brown(lens, x, y)
            off_x, off_y = (image_x - at_x) / determinant, (image_y - at_y) / determinant
            step_x, step_y = yy * off_x - xy * off_y, xx * off_y - xy * off_x
            x, y = np.where(done, x, x + step_x), np.where(done, y, y + step_y)
            done |= np.abs(step_x) + np.abs(step_y) <= 1e-11 * (1.0 + radius)
            if np.all(done):
                break
        at_x, at_y, determinant, _ = _brown(lens, x, y)
        missed = np.abs(image_x - at_x) + np.abs(image_y - at_y)
        found = (missed < 1e-12 * (1.0 + radius)) & (x * x + y * y < limit * limit) & (determinant > 0)
    return np.where(found, x, np.nan), np.where(found, y, np.nan)


# --- Kannala and Brandt -------------------------------------------------------------------------------------------


def _fisheye_image(lens: KannalaBrandt, x: Array, y: Array, z: Array) -> Array:
    across = np.sqrt(x * x + y * y)
    angle = _angle(across, z)
    radius = np.where(angle < largest_radius(lens), _odd(_radial(lens), angle), np.nan)
    scale = radius / np.where(across > 0, across, 1.0)
    return np.stack([x * scale, y * scale], axis=1)


def _fisheye_ray(lens: KannalaBrandt, x: Array, y: Array) -> Array:
    radius = np.sqrt(x * x + y * y)
    sine, cosine = _sine_cosine(_odd_inverse(_radial(lens), radius, largest_radius(lens)))
    scale = sine / np.where(radius > 0, radius, 1.0)
    return np.stack([x * scale, y * scale, cosine], axis=1)


def _sine_cosine(angle: Array) -> tuple[Array, Array]:
    """Of angles in [0, pi]: Taylor's series of an eighth, doubled three times."""
    a = angle / 8.0
    s = a * a
    sine = a * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110 * (1 - s / 156))))))
    cosine = 1 - s / 2 * (1 - s / 12 * (1 - s / 30 * (1 - s / 56 * (1 - s / 90 * (1 - s / 132 * (1 - s / 182))))))
    for _ in range(3):
        sine, cosine = 2.0 * sine * cosine, 1.0 - 2.0 * sine * sine
    return sine, cosine


def _angle(across: Array, along: Array) -> Array:
    """The angle in [0, pi] from the axis, by Newton's method on the sine of what is missing, from within 0.08 of it."""
    length = np.sqrt(across * across + along * along)
    length = np.where(length > 0, length, np.nan)
    across, along = across / length, along / length
    share = math.pi / 2 * across / (across + np.abs(along))
    angle = np.where(along < 0, math.pi - share, share)
    for _ in range(3):
        sine, cosine = _sine_cosine(angle)
        angle = angle + (across * cosine - along * sine)
    return angle


# --- odd polynomials r (1 + k1 r^2 + k2 r^4 + ...) ----------------------------------------------------------------


def _odd(k: Sequence[float], r: Array | float) -> Array:
    s = np.multiply(r, r)
    total = np.zeros_like(s)
    for coefficient in reversed(k):
        total = (total + coefficient) * s
    return r * (1.0 + total)


def _odd_inverse(k: Sequence[float], value: Array, limit: float) -> Array:
    """The r in [0, limit) of each value, NaN where there is none: Newton's method, and halving where it would leave the bracket."""
    slopes = [(2 * i + 1) * coefficient for i, coefficient in enumerate(k, start=1)]
    low, high = np.zeros_like(value), np.full_like(value, limit)
    within = value < _odd(k, limit)
    r, done = np.minimum(value, limit), ~within
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(100):
            off = _odd(k, r) - value
            low, high = np.where(off < 0, r, low), np.where(off < 0, high, r)
            s = r * r
            slope = np.zeros_like(s)
            for coefficient in reversed(slopes):
                slope = (slope + coefficient) * s
            step = r - off / (1.0 + slope)
            step = np.where((step >= low) & (step <= high), step, 0.5 * (low + high))
            # Newton's steps square what is missing. Whoever is done stays, whatever its neighbours still need.
            settled = np.abs(step - r) <= 1e-11 * r
            r = np.where(done, r, step)
            done |= settled
            if np.all(done):
                break
    return np.where(within, r, np.nan)


def _roots(coefficients: Sequence[float], end: float) -> list[float]:
    """Where the polynomial (lowest power first) changes sign in (0, end): between two extrema there is one root at most."""
    if len(coefficients) < 2:
        return []
    derivative = [i * c for i, c in enumerate(coefficients)][1:]

    def value(s: float) -> float:
        total = 0.0
        for c in reversed(coefficients):
            total = total * s + c
        return total

    roots = []
    stops = [0.0, *_roots(derivative, end), end]
    for low, high in pairwise(stops):
        if (value(low) > 0) == (value(high) > 0):
            continue
        rising = value(high) > 0
        while low < (middle := (low + high) / 2) < high:
            low, high = (low, middle) if (value(middle) > 0) == rising else (middle, high)
        roots.append(high)
    return roots
