"""Where shadow maps look from, and what part of the surroundings they keep.

A map is fitted to what casts shadows. Ground that nothing can be behind casts none (see `ground`), so that it does not stretch every
map to its own size.

The sun has one map of all casters; where a camera sees more than that shows, `closer_views` adds maps of what is near it. A lamp has
one map, too, if the casters fit into a view of somewhat more than a right angle; otherwise it looks to up to six sides, as on the
faces of a cube, where there are casters. A rectangle so large and near that what its middle sees says little about its corners is
cut into parts with maps of their own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diorama.sim.lens import rays_at
from diorama.sim.spec import CameraSpec, Light, PointLight, RectLight, SpotLight, SunLight
from diorama.sim.transforms import Matrix, apply, compose, invert, look_at, normalize

Array = NDArray[np.float64]
#: (n, 2, 3), the least and the greatest corners in the world.
Boxes = Array
#: (x0, y0, x1, y1) on a map's plane: metres for the sun, tangents for a lamp.
Window = Array

#: Texels along the longer side of a map's window; up to twice as many of a sun's whose texels would be wider than this, and up to
#: half as many again of a lamp's that sees far to its sides.
MAP_TEXELS = 768
_FINE_M = 0.002
#: Closer maps have more texels than the picture has pixels to a side, up to this.
_MOST_TEXELS = 2048
_PER_PIXEL = 1.6
#: A fourth root below knows of it.
_MOST_CLOSER = 4
#: Nothing nearer to a lamp is drawn.
NEAR_M = 0.005
#: What has settled may stand this deep in what it stands on.
_SINK_M = 0.003
#: Only so many of the widest bodies are examined whether they are ground.
_WIDEST = 8
#: A lamp's single map sees this far to each side (a tangent).
_WIDE = 2.6
#: A face of its cube of maps answers up to here.
_SEAM = 1.001
#: A rectangle is large if it is more than this many times its distance from the nearest caster, from middle to edge.
_LARGE = 0.35
_MOST_PARTS = 2
#: What rises less than this share of a rectangle's half side before it only hides it from points to the side.
_FLAT = 0.1
#: Closer maps are made while texels are wider than this many pixels; each shows what is up to so many times as far as the last, unless
#: `_MOST_CLOSER` of them then do not reach far enough.
_COARSE = 1.5
_STEP = 2.5
#: Texels are up to so many times as long as they are wide.
_UNEQUAL = 3.0
_PICKS = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
_EDGES = np.array([(a, b) for a in range(8) for b in range(a + 1, 8) if (_PICKS[a] != _PICKS[b]).sum() == 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A shadow map to be.

    `extent` (3, 3) has the half-axes of the light's shape as columns, in the map's frame: an ellipsoid, or a rectangle if `box`.
    All else is on the map's plane: `window` is what the map must show, `domain` where it answers (None: everywhere), `reach` how
    far a shadow may be from its caster, `per_value` how far for each unit of difference in value (see ShadowMap), `rects` (n, 4)
    the windows of the casters; `per_texel` (2,) is a texel's width and height. The sun's map measures depth from `far_m`.
    """

    map_from_world: Matrix
    parallel: bool
    extent: Matrix
    box: bool
    window: Window
    domain: Window | None
    reach: float
    per_value: float
    per_texel: Array
    rects: Array
    far_m: float = 0.0


def ground(bounds_m: Boxes, shape: Callable[[int], tuple[bool, bool]]) -> NDArray[np.bool_]:
    """(n,) bool: bodies that cast no shadow in light from above their highest point.

    A convex body has no shadow on itself. If all others are above its highest point as well, no light to them crosses it. What
    reaches lower, but is within the box of a body that fills its box, is hidden in it. `shape` tells of a body whether it is
    convex, and whether it is such a block.
    """
    out = np.zeros(len(bounds_m), np.bool_)
    across = (bounds_m[:, 1] - bounds_m[:, 0])[:, :2].max(axis=1, initial=0.0)
    widest = np.argsort(-across, kind="stable")[:_WIDEST]
    low, high = bounds_m[widest, :1], bounds_m[widest, 1:]
    lower = bounds_m[:, 0, 2] < high[..., 2] - _SINK_M
    lower[np.arange(len(widest)), widest] = False
    beside = np.any(bounds_m[:, 0] < low - 1e-9, axis=2) | np.any(bounds_m[:, 1, :2] > high[..., :2] + 1e-9, axis=2)
    for k in np.flatnonzero(~(lower & beside).any(axis=1)):
        convex, block = shape(int(widest[k]))
        out[widest[k]] = convex and (block or not lower[k].any())
    return out


def lowest_m(light: Light) -> float:
    """The height of the light's lowest point."""
    if isinstance(light, SunLight):
        return math.inf if light.direction[2] < 0 else -math.inf
    # As of an ellipsoid or of a rectangle, whichever is lower.
    return light.position_m[2] - float(np.abs(_half_axes(light)[2]).sum())


def views(light: Light, casters: Boxes, receivers: Boxes) -> list[list[View]]:
    """The maps of each part of a light, for casters (n, 2, 3) and receivers (m, 2, 3) with these boxes in the world."""
    if isinstance(light, SunLight):
        return [[_sun_view(light, casters, receivers)]]
    parts = _parts(light, casters) if isinstance(light, RectLight) else [light]
    return [_lamp_views(part, casters, receivers) for part in parts]


def _sun_view(light: SunLight, casters: Boxes, receivers: Boxes) -> View:
    """A map of all casters."""
    toward = normalize(light.direction)
    corners = _corners(casters)
    straight = _looking((casters[:, 0].min(axis=0) + casters[:, 1].max(axis=0)) / 2, toward)
    frame = compose(_least_turn(apply(straight, corners)), straight)
    seen = apply(frame, corners)
    # From a shadow back to its caster, along the light.
    depth = float(apply(frame, _corners(_near(receivers, casters)))[:, 2].max() - seen[:, 2].min())
    depth = min(depth, max(float(casters[:, 1, 2].max() - receivers[:, 0, 2].min()), 0.0) / max(abs(toward[2]), 1e-6))
    spread = round(math.tan(light.angular_diameter_rad / 2), 9)
    rects = _rects(seen)
    window = _hull(rects)
    return View(
        map_from_world=frame,
        parallel=True,
        extent=np.diag([spread, spread, 0.0]),
        box=False,
        window=window,
        domain=None,
        reach=spread * depth,
        per_value=spread,
        per_texel=np.repeat(max(_longer(window), 1e-3) / min(max(_longer(window) / _FINE_M, MAP_TEXELS), 2 * MAP_TEXELS), 2),
        rects=rects,
        far_m=float(seen[:, 2].max()) + 0.01,
    )


def closer_views(base: View, camera: CameraSpec, casters: Boxes, receivers: Boxes) -> list[View]:
    """Maps of what is near a camera, nearest first, to be asked before the sun's own map `base`: none if its texels are fine enough.

    Each shows what the camera sees from some distance to `_STEP` times that, whatever its lens.
    """
    pixel = 1 / max(camera.fx, camera.fy)
    texels = min(_PER_PIXEL * max(camera.width, camera.height), _MOST_TEXELS)
    m = camera.world_from_camera.matrix
    eye = m[:3, 3]
    start = max(float(_distances(receivers, eye).min()), camera.near_m)
    if base.per_texel.max() <= _COARSE * pixel * start:
        return []
    across, down = np.meshgrid(np.linspace(0.0, camera.width, 9), np.linspace(0.0, camera.height, 9))
    rays = rays_at(camera, np.stack([across.ravel(), down.ravel()], axis=1))
    rays = apply(_rotation(m), rays[np.isfinite(rays[:, 0])])
    # Where each ray is in the box of all that is seen.
    low, high = receivers[:, 0].min(axis=0), receivers[:, 1].max(axis=0)
    slope = np.where(np.abs(rays) > 1e-9, rays, 1e-9)
    sides = np.stack([(low - eye) / slope, (high - eye) / slope])
    enter, leave = sides.min(axis=0).max(axis=1), sides.max(axis=0).min(axis=1)
    # As far as the base is too coarse, the maps share the way evenly: each shows what is up to `_STEP` times as far as the last, or more.
    farthest = min(float(leave.max(initial=0.0)), float(base.per_texel.max()) / (_COARSE * pixel))
    step = max(_STEP, math.sqrt(math.sqrt(max(farthest / start, 1.0))))
    made = []
    while len(made) < _MOST_CLOSER and start < farthest:
        end = start * step
        first, last = np.maximum(enter, start), np.minimum(leave, end)
        there = first < last
        if there.any():
            points = eye + np.concatenate([rays[there] * first[there, None], rays[there] * last[there, None]])
            frame = compose(_least_turn(apply(base.map_from_world, points)), base.map_from_world)
            seen, rects = apply(frame, points), _rects(apply(frame, _corners(casters)))
            # Between the rays, what is seen bulges a little.
            slack = 0.02 * end
            shadows = _hull(rects) + base.reach * np.array([-1, -1, 1, 1])
            domain = np.concatenate(
                [np.maximum(seen[:, :2].min(axis=0) - slack, shadows[:2]), np.minimum(seen[:, :2].max(axis=0) + slack, shadows[2:])]
            )
            if (domain[:2] < domain[2:]).all():
                window = domain + base.reach * np.array([-1, -1, 1, 1])
                sides = np.maximum(window[2:] - window[:2], 0.5 * texels * pixel * start)
                per_texel = np.maximum(sides, sides.max() / _UNEQUAL) / texels
                if per_texel.max() > 0.8 * base.per_texel.max():
                    break
                made.append(replace(base, map_from_world=frame, window=window, domain=domain, per_texel=per_texel, rects=rects))
        start = end
    return made


def _parts(light: RectLight, casters: Boxes) -> list[RectLight]:
    """The rectangle, or equal parts of it that are small for their distance from what casts shadows."""
    width, height, _ = light.axes
    rise = apply(_front(light, casters), _corners(casters))[:, 2].reshape(-1, 8).max(axis=1)
    before = casters[rise > _FLAT * max(light.size_m) / 2]
    nearest = max(float(_distances(before, np.array(light.position_m)).min(initial=math.inf)), NEAR_M)
    counts = [min(max(math.ceil(size / 2 / (_LARGE * nearest)), 1), _MOST_PARTS) for size in light.size_m]
    size = (light.size_m[0] / counts[0], light.size_m[1] / counts[1])
    made = []
    for i in range(counts[0]):
        for j in range(counts[1]):
            x, y = (i + 0.5 - counts[0] / 2) * size[0], (j + 0.5 - counts[1] / 2) * size[1]
            middle = [p + x * w + y * h for p, w, h in zip(light.position_m, width, height, strict=True)]
            made.append(replace(light, position_m=(middle[0], middle[1], middle[2]), size_m=size))
    return made


def _lamp_views(light: SpotLight | PointLight | RectLight, casters: Boxes, receivers: Boxes) -> list[View]:
    front = _front(light, casters)
    cosine, before = -1.0, np.ones(len(casters), np.bool_)
    if not isinstance(light, PointLight):
        # Nothing is lit beyond the cone, or behind the rectangle.
        cosine = round(math.cos(light.outer_rad), 9) if isinstance(light, SpotLight) else 0.0
        before = apply(front, _corners(casters))[:, 2].reshape(-1, 8).max(axis=1) > NEAR_M
    if not before.any():
        return []
    cone = math.sqrt(1 - cosine * cosine) / cosine if cosine > 1e-6 else math.inf
    rects = _seen_rects(front, casters)
    single = cone <= _WIDE or float(np.abs(rects[rects[:, 0] <= rects[:, 2]]).max(initial=0.0)) <= _WIDE
    if isinstance(light, PointLight):
        single &= float(apply(front, _corners(casters))[:, 2].min()) >= NEAR_M
    nearest = max(float(_distances(casters[before], np.array(light.position_m)).min()), NEAR_M)
    axes = _half_axes(light)
    size = float(np.sqrt((axes * axes).sum(axis=0)).max())
    made = []
    for turn in _SIDES[:1] if single else _SIDES:
        frame = compose(turn, front)
        rects = _seen_rects(frame, casters)
        across = min(cone, _WIDE) if single else 1.0
        slant = math.sqrt(1 + 2 * across * across)
        farthest = max(float(apply(frame, _corners(receivers))[:, 2].max(initial=0.0)), nearest)
        corner = float(apply(frame, _corners(casters[before]))[:, 2].min())
        # Seen aslant, a light is longer on the map; but a spot's disc is parallel to it.
        per_value = size * (1 if single and isinstance(light, SpotLight) else slant)
        # What surrounds the light is somewhat nearer along the map's axis than it is to the light.
        reach = per_value * max(1 / max(corner, nearest / slant) - 1 / farthest, 0.0)
        # Faces of the cube overlap by what a kernel needs, and by a hair, so that no ray passes between them.
        overlap = min(reach, _WIDE - 1.0) + 8 / MAP_TEXELS
        rim = across if single else _SEAM + overlap
        low, high = np.full(2, -rim), np.full(2, rim)
        # The light's axis on a side face points along one of the face's own. On the back face there is no light within its cone.
        ahead = turn[:2, 2]
        if cosine >= 0 and turn[2, 2] < -0.5:
            continue
        if cosine >= 0 and turn[2, 2] < 0.5:
            least = (1 / cone if cone < math.inf else 0.0) - overlap
            low = np.where(ahead > 0.5, least, low)
            high = np.where(ahead < -0.5, -least, high)
        rects = np.concatenate([np.clip(rects[:, :2], low, high), np.clip(rects[:, 2:], low, high)], axis=1)
        used = before & (rects[:, 0] < rects[:, 2]) & (rects[:, 1] < rects[:, 3])
        if not used.any():
            continue
        rects[~used] = math.inf, math.inf, -math.inf, -math.inf
        window = _hull(rects)
        texels = MAP_TEXELS * min(max(_longer(window) / 3, 1.0), 1.5) if single else MAP_TEXELS
        made.append(
            View(
                map_from_world=frame,
                parallel=False,
                extent=apply(_rotation(frame), axes.T).T,
                box=isinstance(light, RectLight),
                window=window,
                domain=None if single else _SEAM * np.array([-1.0, -1.0, 1.0, 1.0]),
                reach=reach,
                per_value=per_value,
                per_texel=np.repeat((max(_longer(window), 1e-4) if single else 2.0) / texels, 2),
                rects=rects,
            )
        )
    return made


def _half_axes(light: SpotLight | PointLight | RectLight) -> Matrix:
    """(3, 3), the half-axes of the lamp's shape as columns, in the world."""
    if isinstance(light, RectLight):
        width, height, _ = (np.array(axis) for axis in light.axes)
        return np.stack([width * (light.size_m[0] / 2), height * (light.size_m[1] / 2), np.zeros(3)], axis=1)
    if isinstance(light, PointLight):
        return np.diag([light.radius_m] * 3)
    across = look_at((0.0, 0.0, 0.0), normalize(light.direction))[:3, :2]
    return np.concatenate([across * light.radius_m, np.zeros((3, 1))], axis=1)


def _front(light: SpotLight | PointLight | RectLight, casters: Boxes) -> Matrix:
    """The lamp's frame: along its axis, or from a point to the middle of what casts shadows."""
    eye = np.array(light.position_m)
    if isinstance(light, RectLight):
        width, height, forward = light.axes
        frame = np.eye(4)
        frame[:3, :3] = np.array([width, [-h for h in height], forward])
        frame[:3, 3] = -apply(_rotation(frame), eye[None])[0]
        return frame
    if isinstance(light, SpotLight):
        return _looking(eye, normalize(light.direction))
    away = (casters[:, 0].min(axis=0) + casters[:, 1].max(axis=0)) / 2 - eye
    return _looking(eye, normalize(away.tolist()) if float(np.abs(away).max()) > 1e-6 else (0.0, 0.0, -1.0))


def _looking(eye: Array, direction: tuple[float, float, float]) -> Matrix:
    start = [float(v) for v in eye]
    return invert(look_at(start, [e + d for e, d in zip(start, direction, strict=True)]))


def _turn(axis: int, angle_rad: float) -> Matrix:
    """A rotation about x, y or z."""
    c, s = round(math.cos(angle_rad), 12), round(math.sin(angle_rad), 12)
    i, j = ((1, 2), (2, 0), (0, 1))[axis]
    m = np.eye(4)
    m[i, i], m[i, j], m[j, i], m[j, j] = c, -s, s, c
    return m


#: From the front to the sides of a cube and to the back.
_SIDES = tuple(_turn(axis, quarter * math.pi / 2) for axis, quarter in ((0, 0), (1, 1), (1, -1), (0, 1), (0, -1), (1, 2)))
#: Ways to turn a map about its axis: a right angle in steps.
_TURNS = tuple(_turn(2, k * math.pi / 24) for k in range(12))
_COSINES, _SINES = (np.array([turn[i, 0] for turn in _TURNS])[:, None] for i in (0, 1))


def _least_turn(points: Array) -> Matrix:
    """The one of `_TURNS` after which the points' window is smallest."""
    x, y = points[:, 0], points[:, 1]
    areas = np.ptp(_COSINES * x - _SINES * y, axis=1) * np.ptp(_SINES * x + _COSINES * y, axis=1)
    return _TURNS[int(areas.argmin())]


def _rotation(frame: Matrix) -> Matrix:
    turn = frame.copy()
    turn[:3, 3] = 0.0
    return turn


def _corners(boxes: Boxes) -> Array:
    return boxes[:, _PICKS, np.arange(3)].reshape(-1, 3)


def _rects(corners: Array) -> Array:
    """(n, 4) bounds in x and y of (8 n, 3) corners."""
    by_box = corners.reshape(-1, 8, 3)[:, :, :2]
    return np.concatenate([by_box.min(axis=1), by_box.max(axis=1)], axis=1)


def _seen_rects(frame: Matrix, boxes: Boxes) -> Array:
    """(n, 4) bounds of the boxes' tangents as far as they are in front; from inf to -inf for those that are not."""
    corners = apply(frame, _corners(boxes)).reshape(-1, 8, 3)
    a, b = corners[:, _EDGES[:, 0]], corners[:, _EDGES[:, 1]]
    crosses = (a[:, :, 2] < NEAR_M) != (b[:, :, 2] < NEAR_M)
    share = (NEAR_M - a[:, :, 2]) / np.where(crosses, b[:, :, 2] - a[:, :, 2], 1.0)
    cut = (a + share[:, :, None] * (b - a))[:, :, :2] / NEAR_M
    front = corners[:, :, 2] >= NEAR_M
    straight = corners[:, :, :2] / np.where(front, corners[:, :, 2], 1.0)[:, :, None]
    points, valid = np.concatenate([straight, cut], axis=1), np.concatenate([front, crosses], axis=1)[:, :, None]
    return np.concatenate([np.where(valid, points, math.inf).min(axis=1), np.where(valid, points, -math.inf).max(axis=1)], axis=1)


def _hull(rects: Array) -> Window:
    return np.concatenate([rects[:, :2].min(axis=0), rects[:, 2:].max(axis=0)])


def _longer(window: Window) -> float:
    return float((window[2:] - window[:2]).max())


def _distances(boxes: Boxes, point: Array) -> Array:
    off = np.maximum(np.maximum(boxes[:, 0] - point, point - boxes[:, 1]), 0.0)
    return np.sqrt((off * off).sum(axis=1))


def _near(boxes: Boxes, casters: Boxes) -> Boxes:
    """The boxes cut to where shadows of the casters can matter: within their extent of them."""
    low, high = casters[:, 0].min(axis=0), casters[:, 1].max(axis=0)
    reach = (high - low).max()
    return np.clip(boxes, low - reach, high + reach)
