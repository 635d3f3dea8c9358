"""Rain and snow in the air before a camera: streaks of the drops and flakes that are near, drawn over the picture by its depth.

While a camera exposes, a drop falls, and the camera goes on: it is a line, which hides a pixel for a small part of the exposure only (Garg and Nayar,
"Vision and rain", 2007). So rain is hardly seen but for the nearest drops, and best before what is dark: a drop shows all that is around it.
Farther ones are what makes the air of a rainy day hazy; that is fog. Sizes and speeds are those of drops between 1 and 4 mm (Atlas and Ulbrich 1977:
4 to 9 m/s), and of flakes.
"""

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.lens import project_points
from diorama.sim.render.fog import air_light
from diorama.sim.seeds import Seed
from diorama.sim.spec import CameraSpec, EnvironmentSpec, Falling, Light
from diorama.sim.transforms import apply, invert

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: Farther away none are drawn; nothing nearer is.
_FAR_M = {"rain": 7.0, "snow": 14.0}
_NEAR_M = {"rain": 0.35, "snow": 1.2}
#: In a cubic metre, for a millimetre an hour; more rain is more drops, and larger ones.
_PER_M3 = {"rain": 45.0, "snow": 4.0}
#: Diameters: the least, and how much larger they get; and metres a second at the least, and more for each unit of the share that they are larger.
_LEAST_M, _MORE_M = {"rain": 0.0011, "snow": 0.005}, {"rain": 0.0026, "snow": 0.009}
_LEAST_M_S, _MORE_M_S = {"rain": 4.2, "snow": 0.9}, {"rain": 4.8, "snow": 0.5}
#: Flakes drift to all sides at this speed.
_DRIFT_M_S = {"rain": 0.1, "snow": 0.5}
_EXPOSURE_S = 1 / 400
_MOST = 30_000
#: A flake is white; a drop lets some of what is behind it through. This is what they hide.
_HIDES = {"rain": 1.0, "snow": 1.0}


def streaks(falling: Falling, camera: CameraSpec) -> NDArray[np.float32]:
    """(n, 7): where lines begin and end (u0, v0, u1, v1; px), their z-depth (m), their width (px), and what they hide of a pixel that they fill."""
    far, near = _FAR_M[falling.what], _NEAR_M[falling.what]
    half = max(max(camera.cx, camera.width - camera.cx) / camera.fx, max(camera.cy, camera.height - camera.cy) / camera.fy)
    half = min(half, 2.5) * 1.1
    count = min(round(4 * half * half * far**3 / 3 * _PER_M3[falling.what] * float(np.sqrt(falling.rate_mm_h))), _MOST)
    # Others in every picture.
    rng = Seed(falling.seed).child("falling", camera.name, repr(camera.time_s)).rng()
    numbers = rng.random((count, 8))
    # As many in each piece of the pyramid that the camera sees: depth is a cube root, of which the largest of three numbers has the distribution.
    z = numbers[:, :3].max(axis=1) * far
    points = np.stack([(2 * numbers[:, 3] - 1) * half * z, (2 * numbers[:, 4] - 1) * half * z, z], axis=1)[z > near]
    large = numbers[z > near, 5]
    large = large * large * large
    size = _LEAST_M[falling.what] + _MORE_M[falling.what] * large
    speed = _LEAST_M_S[falling.what] + _MORE_M_S[falling.what] * large
    drift = (2 * numbers[z > near, 6:] - 1) * _DRIFT_M_S[falling.what]
    wind = np.array(falling.wind_m_s)
    velocity = np.stack([wind[0] + drift[:, 0], wind[1] + drift[:, 1], -speed], axis=1) - np.array(camera.motion.linear_m_s)
    turn = invert(camera.world_from_camera.matrix)
    turn[:3, 3] = 0.0
    exposure = max(camera.exposure_s, _EXPOSURE_S)
    way = apply(turn, velocity) * exposure
    seen = (points[:, 2] > near) & (points[:, 2] + way[:, 2] > near)
    points, way, size = points[seen], way[seen], size[seen]
    start, end = project_points(camera, points), project_points(camera, points + way)
    wide = size * (camera.fx / points[:, 2])
    line = end - start
    length = np.sqrt((line * line).sum(axis=1))
    # A pixel of the line has the drop before it while that goes as far as it is wide.
    share = np.minimum(wide / np.maximum(length, 1e-6), 1.0) * _HIDES[falling.what]
    rows = np.concatenate([start, end, points[:, 2:], wide[:, None], share[:, None]], axis=1)
    inside = np.isfinite(rows).all(axis=1) & (length < 2 * camera.height)
    low, high = np.minimum(start, end), np.maximum(start, end)
    inside &= (high >= 0).all(axis=1) & (low[:, 0] < camera.width) & (low[:, 1] < camera.height)
    return rows[inside].astype(np.float32)


@wp.func
def hide(
    picture: wp.array(dtype=wp.vec3), depth: wp.array(dtype=float), width: int, height: int, x: int, y: int, z: float, share: float, color: wp.vec3
):
    """Have something of a colour hide a share of a pixel, if that is farther away."""
    if x >= 0 and y >= 0 and x < width and y < height:
        i = y * width + x
        if depth[i] > z:
            picture[i] = picture[i] * (1.0 - share) + color * share


@wp.kernel
def draw_streaks(
    lines: wp.array2d(dtype=float),
    depth: wp.array(dtype=float),
    width: int,
    height: int,
    color: wp.vec3,
    picture: wp.array(dtype=wp.vec3),
):
    """Draw one line, pixel by pixel along its longer side; each is shared out between the two that it passes."""
    k = wp.tid()
    u = lines[k, 0]
    v = lines[k, 1]
    du = lines[k, 2] - u
    dv = lines[k, 3] - v
    z = lines[k, 4]
    wide = lines[k, 5]
    count = wp.max(int(wp.max(wp.abs(du), wp.abs(dv)) + 0.5), 1)
    # Lines are at least a pixel wide, and fainter for it; wider ones are drawn side by side.
    side = wp.max(int(wide + 0.5), 1)
    share = lines[k, 6] * wp.min(wide / float(side), 1.0)
    upright = wp.abs(dv) >= wp.abs(du)
    for step in range(count):
        t = (float(step) + 0.5) / float(count)
        # Faint at both ends.
        fade = wp.min(1.0, 4.0 * t * (1.0 - t) + 0.3)
        x = u + du * t
        y = v + dv * t
        for s in range(side):
            off = float(s) - 0.5 * float(side - 1)
            if upright:
                at = x + off - 0.5
                left = wp.floor(at)
                part = at - left
                hide(picture, depth, width, height, int(left), int(wp.floor(y)), z, share * fade * (1.0 - part), color)
                hide(picture, depth, width, height, int(left) + 1, int(wp.floor(y)), z, share * fade * part, color)
            else:
                at = y + off - 0.5
                top = wp.floor(at)
                part = at - top
                hide(picture, depth, width, height, int(wp.floor(x)), int(top), z, share * fade * (1.0 - part), color)
                hide(picture, depth, width, height, int(wp.floor(x)), int(top) + 1, z, share * fade * part, color)


def let_fall(environment: EnvironmentSpec, lights: tuple[Light, ...], camera: CameraSpec, depth: Any, picture: Any) -> None:
    """Draw what falls into a picture (H * W vec3), by its depth (H * W float32, infinite where nothing is); it is as bright as thick air.

    Where streaks cross, a GPU may draw them in another order.
    """
    falling = environment.falling
    lines = np.zeros(0) if falling is None else streaks(falling, camera)
    if falling is None or len(lines) == 0:
        return
    white, air = 1.0 if falling.what == "snow" else 0.9, air_light(environment, lights)
    rows = wp.array(lines, dtype=wp.float32, device=picture.device)
    inputs = [rows, depth, camera.width, camera.height, wp.vec3(*(white * c for c in air)), picture]
    wp.launch(draw_streaks, dim=len(lines), inputs=inputs, device=picture.device)


def with_falling(
    environment: EnvironmentSpec, lights: tuple[Light, ...], camera: CameraSpec, depth_m: NDArray[np.float32], radiance: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`let_fall` for pictures (H, W, 3) and depths (H, W) in NumPy."""
    picture = wp.array(np.array(radiance, np.float32).reshape(-1, 3), dtype=wp.vec3, device="cpu")
    depth = wp.array(np.ascontiguousarray(depth_m, np.float32).ravel(), dtype=wp.float32, device="cpu")
    let_fall(environment, lights, camera, depth, picture)
    return np.array(picture.numpy()).reshape(radiance.shape)
