"""The lights of a scene as the kernels read them, with shadow maps: those of the scene, and closer ones for a camera."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.raster import shadow_draw
from diorama.sim.render.raster.device import Array, Scratch, layout, records, wp
from diorama.sim.render.raster.light_data import BOUNDS_SIZES, POINT, RECT, SPOT, SUN, LightData, ShadowBounds, ShadowLevel, ShadowMap, Shadows
from diorama.sim.render.raster.partial import nearest_first
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.render.raster.shadow_rows import ShadowRows, within_bounds
from diorama.sim.render.raster.shadow_views import NEAR_M, View, closer_views, ground, lowest_m, views
from diorama.sim.spec import CameraSpec, Light, RectLight, SpotLight, SunLight
from diorama.sim.transforms import normalize

#: Bodies of more triangles than this are not examined whether they are convex.
_SIMPLE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LightArrays:
    """`lights`, one LightData each, and `shadows` (Shadows), what tells how much of them a point sees."""

    lights: Array
    shadows: Any


class SceneLights:
    """The lights of one scene, and the shadow maps of those that cast any: drawn once for all cameras, but for what is close to one.

    `mounts` says which body each light is on, if it is.
    """

    def __init__(self, of: Sequence[Light], mounts: Sequence[int | None], scene: SceneArrays, scratch: Scratch, strips: int) -> None:
        self._scene = scene
        self._scratch = scratch
        self._strips = strips
        self.lights = of
        self._lights = light_rows(of)
        self._rows = ShadowRows()
        self._suns: list[_Sun] = []
        self._seen: tuple[CameraSpec, LightArrays] | None = None
        self._no_order = wp.empty(0, dtype=wp.vec2i, device=scratch.device)
        casting: list[NDArray[np.bool_]] = []
        parts: list[list[list[View]]] = []
        base = ground(scene.bounds_m, lambda body: _shape(scene, body))
        for light, mount in zip(of, mounts, strict=True):
            casts = scene.bodies.casts & ~(base & (scene.bounds_m[:, 1, 2] <= lowest_m(light)))
            if mount is not None:
                # Its own housing is not in its way.
                casts[mount] = False
            seen = light.shadows and casts.any()
            casting.append(casts)
            parts.append([part for part in views(light, scene.bounds_m[casts], scene.bounds_m) if part] if seen else [])
        coarser = within_bounds([part for light in parts for part in light])
        drawn = []
        for index, light in enumerate(of):
            self._lights[index]["shadow"] = len(self._rows) if parts[index] else -1
            for number, part in enumerate(parts[index]):
                fitted = [replace(view, per_texel=view.per_texel * coarser) for view in part]
                first = self._rows.add(fitted, following=number + 1 < len(parts[index]))
                drawn += [_drawn(view, casting[index], scene) for view in fitted]
                if isinstance(light, SunLight):
                    self._suns.append(_Sun(light=index, map=first, view=fitted[0], casts=casting[index]))
        self._drawn = drawn
        self._arrays = self._upload(self._lights, self._rows)
        self._draw(self._arrays.shadows, self._rows, drawn)

    def seen_by(self, camera: CameraSpec) -> LightArrays:
        """The lights, with shadows as fine as a camera sees them. They stay what they are until the next call."""
        if self._seen is not None and self._seen[0] == camera:
            return self._seen[1]
        bounds_m = self._scene.bounds_m
        lights, rows, drawn = self._lights.copy(), self._rows.copy(), []
        for sun in self._suns:
            closer = closer_views(sun.view, camera, bounds_m[sun.casts], bounds_m)
            if closer:
                lights[sun.light]["shadow"] = rows.add(closer, other=sun.map)
                drawn += [_drawn(view, sun.casts, self._scene) for view in closer]
        if not drawn:
            return self._arrays
        arrays = self._upload(lights, rows)
        if any(getattr(arrays.shadows, name).ptr != getattr(self._arrays.shadows, name).ptr for name in ("texels", "bounds", "cells")):
            # There was no room beside the others: all have moved.
            drawn = self._drawn + drawn
            self._arrays = self._upload(self._lights, self._rows)
        self._draw(arrays.shadows, rows, drawn)
        self._seen = (camera, arrays)
        return arrays

    def _upload(self, lights: NDArray[Any], rows: ShadowRows) -> LightArrays:
        """Describe lights and maps to the kernels. The maps' memory is kept from scene to scene."""
        device = self._scratch.device

        def room(name: str, dtype: Any, size: int) -> Array:
            """A power of two, since scenes differ a little in what they need."""
            return self._scratch.rows(name, dtype, (1 << max(size, 1).bit_length(),))

        maps, sizes, levels = rows.arrays()
        shadows: Any = Shadows()
        shadows.maps = records(maps, ShadowMap, device)
        shadows.sizes = records(sizes, ShadowBounds, device)
        shadows.levels = records(levels, ShadowLevel, device)
        # Eight lanes may begin at the last one.
        shadows.texels = room("shadow texels", wp.float32, rows.texels + 8)
        shadows.bounds = room("shadow bounds", wp.vec3, rows.bounds)
        shadows.cells = room("shadow cells", wp.float32, rows.cells + 8)
        return LightArrays(lights=records(lights, LightData, device), shadows=shadows)

    def _draw(self, shadows: Any, rows: ShadowRows, drawn: Sequence[NDArray[np.uint8]]) -> None:
        """Draw the last maps: `drawn` says for each how each body is."""
        if not drawn:
            return
        scene, device = self._scene, self._scratch.device
        maps, _, levels = rows.arrays()
        maps, last = maps[-len(drawn) :], shadows.maps[len(maps) - len(drawn) :]
        across = self._scratch.rows("shadow bounds across", wp.vec3, shadows.bounds.shape)

        def launch(kernel: Any, dim: tuple[int, ...], *inputs: Any) -> None:
            self._scratch.launch(kernel, (len(drawn), *dim), last, *inputs)

        shadows.texels[int(maps[0]["start"]) : rows.texels].zero_()
        flags = wp.array(np.stack(drawn), dtype=wp.uint8, device=device)
        mesh = (scene.vertices, scene.faces, scene.triangle_body, scene.presence)
        order = self._order(maps, np.stack(drawn))
        drawings = len(drawn) * scene.count if order is None else len(order)
        inputs = (*mesh, flags, self._no_order if order is None else order, self._strips, shadows.texels)
        self._scratch.launch(shadow_draw.draw, (drawings, self._strips), last, *inputs)
        counts = [int((-(-maps["width"] // size) * -(-maps["height"] // size)).max()) for size in BOUNDS_SIZES[: int(maps["widest"].max()) + 1]]
        launch(shadow_draw.bound, (counts[0],), shadows.sizes, shadows.texels, shadows.bounds)
        for size, count in list(enumerate(counts))[1:]:
            launch(shadow_draw.gather_bounds, (count,), shadows.sizes, size, shadows.bounds)
        for size, count in enumerate(counts):
            launch(shadow_draw.widen, (count,), shadows.sizes, size, 0, shadows.bounds, across)
            launch(shadow_draw.widen, (count,), shadows.sizes, size, 1, across, shadows.bounds)
        for level in range(int(maps["levels"].max())):
            made = levels[(maps["first_level"] + level)[maps["levels"] > level]]
            launch(shadow_draw.coarsen, (int((made["across"] * made["rows"]).max()),), shadows.levels, shadows.texels, level, shadows.cells)

    def _order(self, maps: Any, drawn: NDArray[np.uint8]) -> Array | None:
        """On a CPU, which triangles are drawn into which map, and in which order: (map, triangle) vec2i. None stands for all into all.

        Those that alpha cuts come last, and of these first what is nearest to the light. What is behind others need not be looked up in textures.
        """
        scene, device = self._scene, self._scratch.device
        if device != "cpu":
            return None
        cut, sizes = scene.partial.numpy(), np.diff(scene.body_triangles)
        pairs = []
        for number, (row, how) in enumerate(zip(maps, drawn, strict=True)):
            there = np.repeat(how > 0, sizes)
            some = cut[there[cut]]
            there[cut] = False
            whole = np.flatnonzero(there)
            x, y, z = row["exact_rotation"][2]
            pair = np.empty((len(whole) + len(some), 2), np.int32)
            pair[:, 0], pair[: len(whole), 1] = number, whole
            pair[len(whole) :, 1] = nearest_first(scene, some, lambda at, x=x, y=y, z=z: at[:, 0] * x + at[:, 1] * y + at[:, 2] * z)
            pairs.append(pair)
        return wp.array(np.concatenate(pairs), dtype=wp.vec2i, device=device, copy=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sun:
    """A sun by its place among the lights, and the map of all its casters by its place among the maps and as a view."""

    light: int
    map: int
    view: View
    casts: NDArray[np.bool_]


def _drawn(view: View, casts: NDArray[np.bool_], scene: SceneArrays) -> NDArray[np.uint8]:
    """(n,) how each body is drawn: see shadow_draw. Of a solid, what faces away is drawn only where the light may be inside."""
    solid = scene.bodies.closed[casts]
    if not view.parallel:
        m, boxes = view.map_from_world, scene.bounds_m[casts]
        eye = -(m[:3, :3] * m[:3, 3][:, None]).sum(axis=0)
        solid = solid & ~np.all((boxes[:, 0] - 2 * NEAR_M < eye) & (eye < boxes[:, 1] + 2 * NEAR_M), axis=1)
    seen = np.all((view.rects[:, :2] <= view.window[2:]) & (view.rects[:, 2:] >= view.window[:2]), axis=1)
    out = np.zeros(len(casts), np.uint8)
    out[np.flatnonzero(casts)] = np.where(seen, np.where(solid, shadow_draw.FRONT, shadow_draw.BOTH), 0)
    return out


def _shape(scene: SceneArrays, body: int) -> tuple[bool, bool]:
    """Whether a body's surface is convex, and whether it is a block that fills its box. Of complicated ones neither is known."""
    first, end = (int(t) for t in scene.body_triangles[body : body + 2])
    if end - first > _SIMPLE:
        return False, False
    corners = scene.vertices.numpy()[scene.faces.numpy()[first:end]]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normals = np.cross(b - a, c - a)
    lengths = np.sqrt((normals * normals).sum(axis=1))
    before = ((corners.reshape(1, -1, 3) - a[:, None]) * normals[:, None]).sum(axis=2)
    convex = bool(np.all(before <= 1e-4 * lengths[:, None]))
    sides = np.abs(corners[:, :, None] - scene.bounds_m[body]).min(axis=2)
    return convex, convex and bool(scene.bodies.closed[body]) and bool(np.all(sides < 1e-6))


def light_rows(lights: Sequence[Light]) -> Any:
    """LightData of lights without shadows."""
    rows: Any = np.zeros(len(lights), layout(LightData))
    rows["shadow"] = -1
    for row, light in zip(rows, lights, strict=True):
        _describe(row, light)
    return rows


def _describe(row: Any, light: Light) -> None:
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
        row["half_height"] = light.squash
        row["per_cos"] = 1 / (math.cos(light.inner_rad) - math.cos(light.outer_rad))
    else:
        row["kind"], row["color"] = POINT, light.intensity
    if not isinstance(light, SunLight):
        row["position"] = light.position_m
    if isinstance(light, SunLight | SpotLight):
        row["axis"] = normalize(light.direction)
