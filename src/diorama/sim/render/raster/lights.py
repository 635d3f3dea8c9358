"""Lights as the kernels read them, and their shadow maps."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.raster import visibility
from diorama.sim.render.raster.device import Array, wp
from diorama.sim.render.raster.heights import caster_heights
from diorama.sim.render.raster.light_data import MAP_SIZE, MAX_BLUR_TEXELS, POINT, SEARCH_COUNT, SPOT, SUN, LightData, Shadows
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.spec import Light, PointLight, SceneSpec, SpotLight, SunLight
from diorama.sim.transforms import Matrix, apply, invert, look_at, normalize

#: Bodies wider than this are ground: they receive shadows but cast none, so that maps are fitted to what does.
MAX_CASTER_M = 6.0
#: No caster is this near to a map's border, so that lookups need not mind the border: a tap reaches half as far.
_BORDER_TEXELS = 2 * MAX_BLUR_TEXELS + 4
_HALF_USED = MAP_SIZE / 2 - _BORDER_TEXELS


@dataclass(frozen=True, slots=True, kw_only=True)
class LightArrays:
    """`lights`, one LightData each, and `shadows` (Shadows), what tells how much of them a point sees."""

    lights: Array
    shadows: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class _Projection:
    """Where a light's shadow map looks from and how large its texels are (see LightData)."""

    light_from_world: Matrix
    scale: float
    blur: float
    search: float
    nearest_m: float


def light_arrays(spec: SceneSpec, scene: SceneArrays, device: str, strips: int) -> LightArrays:
    """Describe the scene's lights to the kernels, and render the shadow maps of those that cast any."""
    widest = (scene.bounds_m[:, 1] - scene.bounds_m[:, 0]).max(axis=1, initial=0.0)
    casts = widest <= MAX_CASTER_M
    casters = scene.bounds_m[casts]
    receivers = _near(scene.bounds_m, casters)
    casts_on_device = wp.array(casts.astype(np.uint8), dtype=wp.uint8, device=device)
    shadowed = sum(_has_shadows(light) for light in spec.lights) if len(casters) else 0
    maps = wp.full(max(shadowed, 1) * MAP_SIZE * MAP_SIZE, -math.inf, dtype=wp.float32, device=device)
    rows, taps, owners = [], [], []
    for number, light in enumerate(spec.lights):
        if shadowed and _has_shadows(light):
            index = len(owners)
            owners.append(number)
            projection = _fit(light, casters, receivers)
            _render_map(light, projection, scene, casts_on_device, maps, index, device, strips)
            rows.append(_describe(light, index, projection))
            taps += _search_taps(projection.search)
        else:
            rows.append(_describe(light, -1, None))
    lights = wp.array(rows, dtype=LightData, device=device)
    heights = caster_heights(lights, owners, maps, device)
    shadows: Any = Shadows()
    shadows.maps, shadows.heights = maps, heights
    shadows.search_taps = wp.array(np.array(taps or [(0, 0)], np.int32), dtype=wp.vec2i, device=device)
    shadows.filter_taps = wp.array(np.array(spiral(28), np.float32), dtype=wp.vec2, device=device)
    return LightArrays(lights=lights, shadows=shadows)


def _has_shadows(light: Light) -> bool:
    return not isinstance(light, PointLight) and light.shadows


def _corners(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    picks = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    return boxes[:, picks, np.arange(3)].reshape(-1, 3)


def _near(boxes: NDArray[np.float64], casters: NDArray[np.float64]) -> NDArray[np.float64]:
    """The boxes cut to where shadows of the casters can matter: within their extent of them."""
    if not len(casters):
        return boxes
    low, high = casters[:, 0].min(axis=0), casters[:, 1].max(axis=0)
    reach = (high - low).max()
    return np.clip(boxes, low - reach, high + reach)


def _fit(light: Light, casters: NDArray[np.float64], receivers: NDArray[np.float64]) -> _Projection:
    """Look along the light at all casters, as closely as shows every one."""
    corners = _corners(casters)
    if isinstance(light, SunLight):
        middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
        eye = tuple(float(m - d) for m, d in zip(middle, normalize(light.direction), strict=True))
        light_from_world = invert(look_at(eye, tuple(float(m) for m in middle)))
        seen = apply(light_from_world, corners)
        reach = float(np.abs(seen[:, :2]).max())
        scale = _HALF_USED / max(reach, 1e-3)
        depth = float(apply(light_from_world, _corners(receivers))[:, 2].max() - seen[:, 2].min())
        blur = round(math.tan(light.angular_diameter_rad / 2), 9) * scale
        return _Projection(light_from_world=light_from_world, scale=scale, blur=blur, search=_search(blur * depth), nearest_m=0.0)
    assert isinstance(light, SpotLight)
    target = tuple(p + d for p, d in zip(light.position_m, normalize(light.direction), strict=True))
    light_from_world = invert(look_at(light.position_m, target))
    seen = apply(light_from_world, corners)
    # The cone, or less when all casters are within less of it.
    front = seen[seen[:, 2] > 0.01]
    reach = round(math.tan(light.outer_rad), 9)
    if len(front) == len(seen):
        reach = min(reach, float(np.max(np.abs(front[:, :2]) / front[:, 2:])))
    scale = _HALF_USED / max(reach, 1e-3)
    nearest = max(float(front[:, 2].min()), 0.01) if len(front) else 0.01
    farthest = max(float(apply(light_from_world, _corners(receivers))[:, 2].max()), nearest)
    blur = light.radius_m * scale
    return _Projection(
        light_from_world=light_from_world, scale=scale, blur=blur, search=_search(blur * (1 / nearest - 1 / farthest)), nearest_m=0.005
    )


def _search(texels: float) -> float:
    return min(max(texels, 1.0), MAX_BLUR_TEXELS)


def _render_map(light: Light, projection: _Projection, scene: SceneArrays, casts: Array, maps: Array, index: int, device: str, strips: int) -> None:
    buffers = triangle_buffers(scene.count, device)
    m = projection.light_from_world
    rotation, translation = wp.mat33d(m[:3, :3]), wp.vec3d(m[:3, 3])
    half = MAP_SIZE / 2
    if isinstance(light, SunLight):
        wp.launch(
            visibility.set_up_parallel,
            dim=scene.count,
            inputs=[scene.vertices, scene.faces, rotation, translation, projection.scale, half, *buffers],
            device=device,
        )
    else:
        culled = wp.zeros(len(scene.closed), dtype=wp.uint8, device=device)
        focal, center = wp.vec2d(projection.scale, projection.scale), wp.vec2d(half, half)
        wp.launch(
            visibility.set_up_perspective,
            dim=scene.count,
            inputs=[
                scene.vertices,
                scene.faces,
                rotation,
                translation,
                focal,
                center,
                projection.nearest_m,
                scene.triangle_body,
                culled,
                wp.vec2d(0.0, 0.0),
                *buffers,
                wp.empty(0, dtype=visibility.Planes, device=device),
            ],
            device=device,
        )
    nearest = math.inf if isinstance(light, SunLight) else 1 / projection.nearest_m
    wp.launch(
        visibility.rasterize_depth,
        dim=(scene.count, strips),
        inputs=[*buffers, scene.triangle_body, casts, MAP_SIZE, nearest, strips, index * MAP_SIZE * MAP_SIZE, maps],
        device=device,
    )


def triangle_buffers(count: int, device: str) -> tuple[Array, Array]:
    """Room for the set-up of `count` triangles: their functions and their pixel bounds."""
    return wp.empty(count, dtype=visibility.Functions, device=device), wp.empty(count, dtype=wp.vec4i, device=device)


def _describe(light: Light, shadow: int, projection: _Projection | None) -> Any:
    row: Any = LightData()
    row.shadow = shadow
    if isinstance(light, SunLight):
        row.kind, row.color = SUN, wp.vec3(light.irradiance)
    elif isinstance(light, SpotLight):
        row.kind, row.color = SPOT, wp.vec3(light.intensity)
        row.cos_outer = math.cos(light.outer_rad)
        row.per_cos = 1 / (math.cos(light.inner_rad) - row.cos_outer)
    else:
        row.kind, row.color = POINT, wp.vec3(light.intensity)
    if not isinstance(light, SunLight):
        row.position = wp.vec3(light.position_m)
    if not isinstance(light, PointLight):
        row.axis = wp.vec3(normalize(light.direction))
    if projection is not None:
        m = projection.light_from_world
        row.rotation, row.translation = wp.mat33(m[:3, :3]), wp.vec3(m[:3, 3])
        row.scale, row.center = projection.scale, MAP_SIZE / 2
        row.blur, row.search = projection.blur, projection.search
        up = m[:3, 2]
        row.world_z = wp.vec4(*up, -float((up * m[:3, 3]).sum()))
    return row


def _search_taps(radius: float) -> list[tuple[int, int]]:
    """The point itself and its neighbours, so that thin casters in contact are found; then the disc of all possible blur."""
    near = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    count = SEARCH_COUNT - len(near)
    scale = max(radius, 2.0) / math.sqrt(count - 0.5)
    return near + [(round(x * scale), round(y * scale)) for x, y in spiral(count)]


def spiral(count: int) -> list[tuple[float, float]]:
    """Vogel's spiral: the first n of its points fill a disc of radius sqrt(n) evenly, whatever n."""
    golden = math.pi * (3 - math.sqrt(5))
    return [(math.sqrt(i + 0.5) * math.cos(i * golden), math.sqrt(i + 0.5) * math.sin(i * golden)) for i in range(count)]
