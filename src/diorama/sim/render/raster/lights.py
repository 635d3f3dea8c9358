"""Lights as the kernels read them, and their shadow maps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.raster import shadow_draw
from diorama.sim.render.raster.device import Array, Scratch, wp
from diorama.sim.render.raster.light_data import (
    BORDER,
    BOUNDS_CELL,
    MAX_KERNEL,
    NARROW_KERNEL,
    POINT,
    RECT,
    SPOT,
    SUN,
    LightData,
    ShadowLevel,
    ShadowMap,
    Shadows,
)
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.render.raster.shadow_views import NEAR_M, View, casting, views
from diorama.sim.spec import Light, MeshShape, RectLight, SceneSpec, SpotLight, SunLight
from diorama.sim.transforms import apply, normalize

#: All maps together have no more texels than this; with very many lights, maps are coarser.
_MOST_TEXELS = 24_000_000
#: Sizes of the cells of coarser levels, in texels.
_LEVEL_SIZES = (4, 8, 16, 32, 64)
#: Meshes of more triangles than this are not examined whether they are convex.
_SIMPLE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LightArrays:
    """`lights`, one LightData each, and `shadows` (Shadows), what tells how much of them a point sees."""

    lights: Array
    shadows: Any


def light_arrays(spec: SceneSpec, scene: SceneArrays, scratch: Scratch, strips: int) -> LightArrays:
    """Describe the scene's lights to the kernels, and draw the shadow maps of those that cast any."""
    made: list[View] = []
    ends: list[int] = []
    drawn: list[NDArray[np.uint8]] = []
    rows: Any = np.zeros(len(spec.lights), _layout(LightData))
    convex = cache(lambda body: not isinstance(spec.bodies[body].shape, MeshShape) or _convex(scene, body))
    for row, light in zip(rows, spec.lights, strict=True):
        first = len(made)
        casts = casting(scene.bounds_m, light, convex) if light.shadows else np.zeros(0, np.bool_)
        if casts.any():
            for part in views(light, scene.bounds_m[casts], scene.bounds_m):
                made += part
                ends += [len(made)] * len(part)
                drawn += [_drawn(view, casts, scene) for view in part]
        _describe(row, light, (first, len(made)))
    lights = wp.array(rows, dtype=LightData, device=scratch.device)
    return LightArrays(lights=lights, shadows=_shadows(made, ends, drawn, scene, scratch, strips))


def _shadows(made: Sequence[View], ends: Sequence[int], drawn: Sequence[NDArray[np.uint8]], scene: SceneArrays, scratch: Scratch, strips: int) -> Any:
    """The maps of all views, drawn."""

    def room(name: str, dtype: Any, size: int) -> Array:
        """A power of two, since scenes differ a little in what they need."""
        return scratch.array(f"shadow {name}", dtype, 1 << max(size - 1, 1).bit_length())

    def launch(kernel: Any, dim: Any, *inputs: Any) -> None:
        wp.launch(kernel, dim=dim, inputs=list(inputs), device=scratch.device)

    rows, levels, sizes = _rows(made, ends)
    shadows: Any = Shadows()
    shadows.maps = maps = wp.array(rows, dtype=ShadowMap, device=scratch.device)
    shadows.levels = wp.array(levels, dtype=ShadowLevel, device=scratch.device)
    # Eight lanes may begin at the last one.
    shadows.texels = texels = room("texels", wp.float32, sizes.texels + 8)
    shadows.bounds = bounds = room("bounds", wp.vec3, sizes.bounds)
    shadows.cells = cells = room("cells", wp.float32, sizes.cells + 8)
    if not made:
        return shadows
    across = room("bounds across", wp.vec3, sizes.bounds)
    texels[: sizes.texels].zero_()
    flags = wp.array(np.stack(drawn), dtype=wp.uint8, device=scratch.device)
    mesh = (scene.vertices, scene.faces, scene.triangle_body)
    launch(shadow_draw.draw, (len(made), scene.count, strips), maps, *mesh, flags, strips, texels)
    per_map = (len(made), int((rows["width"] // BOUNDS_CELL * (rows["height"] // BOUNDS_CELL)).max()))
    launch(shadow_draw.bound, per_map, maps, texels, bounds)
    for wide in (0, 1) if float(rows["reach"].max()) > NARROW_KERNEL else (0,):
        launch(shadow_draw.widen, per_map, maps, 0, wide, bounds, across)
        launch(shadow_draw.widen, per_map, maps, 1, wide, across, bounds)
    for level in range(int(rows["levels"].max())):
        indices = (rows["first_level"] + level)[rows["levels"] > level]
        most = int((levels["across"][indices] * levels["rows"][indices]).max())
        launch(shadow_draw.coarsen, (len(made), most), maps, shadows.levels, texels, level, cells)
    return shadows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sizes:
    texels: int
    bounds: int
    cells: int


def _rows(made: Sequence[View], ends: Sequence[int]) -> tuple[NDArray[Any], NDArray[Any], _Sizes]:
    """The views as ShadowMap and ShadowLevel, one after the other in memory, and how much of it they take."""
    wanted = sum(float(np.prod((v.window[2:] - v.window[:2]) / v.per_texel + 2 * BORDER)) for v in made)
    coarser = math.sqrt(max(wanted / _MOST_TEXELS, 1.0))
    rows: Any = np.zeros(len(made), _layout(ShadowMap))
    levels: list[tuple[int, int, int, int]] = []
    texels = bounds = cells = 0
    for row, view, end in zip(rows, made, ends, strict=True):
        scale = 1 / (view.per_texel * coarser)
        width, height = (-(-(math.ceil((view.window[2 + k] - view.window[k]) * scale) + 2 * BORDER) // BOUNDS_CELL) * BOUNDS_CELL for k in (0, 1))
        center = BORDER - view.window[:2] * scale
        reach = min(max(view.reach * scale, 1.0), MAX_KERNEL * _LEVEL_SIZES[-1])
        m = view.map_from_world
        row["parallel"], row["start"], row["width"], row["height"], row["bounds"] = view.parallel, texels, width, height, bounds
        row["next"] = end
        row["box"], row["reach"], row["far"] = view.box, reach, view.far_m
        row["rotation"] = row["exact_rotation"] = m[:3, :3]
        row["translation"] = row["exact_translation"] = m[:3, 3]
        row["scale"] = row["exact_scale"] = scale
        row["per_scale"] = 1 / scale
        row["center"] = center
        row["partial"] = view.domain is not None
        if view.domain is not None:
            row["domain"] = view.domain * scale + np.tile(center, 2)
        down = np.array([0.0, 0.0, view.far_m]) if view.parallel else np.zeros(3)
        fold = np.diag([scale, scale, -1.0 if view.parallel else 1.0])
        if view.parallel:
            down[:2] = center
        else:
            fold[:2, 2] = center
        row["place"] = apply(_square(fold), m[:3, :3].T).T
        row["offset"] = apply(_square(fold), m[None, :3, 3])[0] + down
        row["rise"] = m[2, 2] if view.parallel else -float((m[:3, 2] * m[:3, 3]).sum())
        row["extent"] = view.extent
        row["world_z"] = (*m[:3, 2], -float((m[:3, 2] * m[:3, 3]).sum()))
        row["near"] = -math.inf if view.parallel else NEAR_M
        row["first_level"] = len(levels)
        if reach > MAX_KERNEL:
            for size in _LEVEL_SIZES:
                across, down = -(-width // size) + 2 * BORDER, -(-height // size) + 2 * BORDER
                levels.append((cells, across, down, size))
                cells += 4 * across * down
                if size * MAX_KERNEL >= reach:
                    break
        row["levels"] = len(levels) - row["first_level"]
        texels += width * height
        narrow = (width // BOUNDS_CELL) * (height // BOUNDS_CELL)
        row["per_value"] = view.per_value * scale
        row["wide_bounds"] = bounds + narrow if reach > NARROW_KERNEL else bounds
        bounds += 2 * narrow if reach > NARROW_KERNEL else narrow
    return rows, np.array(levels or [(0, 0, 0, 0)], _layout(ShadowLevel)), _Sizes(texels=texels, bounds=bounds, cells=cells)


def _square(m: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.eye(4)
    out[:3, :3] = m
    return out


def _drawn(view: View, casts: NDArray[np.bool_], scene: SceneArrays) -> NDArray[np.uint8]:
    """(n,) how each body is drawn: see shadow_draw."""
    out = np.zeros(len(casts), np.uint8)
    closed = scene.closed[casts]
    if not view.parallel:
        m = view.map_from_world
        eye = -(m[:3, :3] * m[:3, 3][:, None]).sum(axis=0)
        boxes = scene.bounds_m[casts]
        closed = closed & ~np.all((boxes[:, 0] - NEAR_M * 2 < eye) & (eye < boxes[:, 1] + NEAR_M * 2), axis=1)
    window = view.window
    seen = (view.rects[:, :2] <= window[2:]).all(axis=1) & (view.rects[:, 2:] >= window[:2]).all(axis=1)
    out[np.flatnonzero(casts)] = np.where(seen, np.where(closed, 2, 1), 0)
    return out


def _convex(scene: SceneArrays, body: int) -> bool:
    """Whether a simple body's surface is that of a convex solid, or part of one: no corner lies before any of its triangles."""
    first, end = (int(t) for t in scene.body_triangles[body : body + 2])
    if end - first > _SIMPLE:
        return False
    corners = scene.vertices.numpy()[scene.faces.numpy()[first:end]]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normals = np.cross(b - a, c - a)
    lengths = np.sqrt((normals * normals).sum(axis=1))
    before = ((corners.reshape(1, -1, 3) - a[:, None]) * normals[:, None]).sum(axis=2)
    return bool(np.all(before <= 1e-4 * lengths[:, None]))


def _describe(row: Any, light: Light, span: tuple[int, int]) -> None:
    row["shadow"], row["shadow_end"] = span if span[1] > span[0] else (-1, -1)
    if isinstance(light, SunLight):
        row["kind"], row["color"] = SUN, light.irradiance
    elif isinstance(light, RectLight):
        width, height, forward = light.axes
        row["kind"], row["color"], row["axis"] = RECT, light.radiance, forward
        row["half_width"] = [c * light.size_m[0] / 2 for c in width]
        row["half_height"] = [c * light.size_m[1] / 2 for c in height]
    elif isinstance(light, SpotLight):
        row["kind"], row["color"] = SPOT, light.intensity
        row["cos_outer"] = math.cos(light.outer_rad)
        row["per_cos"] = 1 / (math.cos(light.inner_rad) - math.cos(light.outer_rad))
    else:
        row["kind"], row["color"] = POINT, light.intensity
    if not isinstance(light, SunLight):
        row["position"] = light.position_m
    if isinstance(light, SunLight | SpotLight):
        row["axis"] = normalize(light.direction)


@cache
def _layout(struct: Any) -> Any:
    """A Warp struct's NumPy dtype; Warp makes it anew at every call."""
    return np.dtype(struct.numpy_dtype())
