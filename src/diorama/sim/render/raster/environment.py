"""Light from all around, and what is seen where there is nothing: as a blend of two colours, or as maps.

A kernel takes an `Environment` and asks three things: `irradiance`, `specular` and `background`. All have the units of
radiance, so that under an even environment all three return its value.

Surroundings are a map of octahedral nodes at their full resolution, which is the background and what a perfect mirror shows; the same at
`_LIGHT` nodes for nearly smooth surfaces; and maps blurred for rougher ones (`prefilter.py`). A point as bright as the sun in
such a map lights softly and casts no shadow: a sun that should cast one is a `SunLight`, and better not in the map.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.assets.hdr import darkened, read_hdr
from diorama.sim.render.raster import octahedral
from diorama.sim.render.raster.clouds import cloud_layer
from diorama.sim.render.raster.device import Array, wp
from diorama.sim.render.raster.harmonics import harmonic_light, irradiance_coefficients
from diorama.sim.render.raster.octahedral import fetch, look_up
from diorama.sim.render.raster.prefilter import blur, gather, lobe_taps, tap_levels
from diorama.sim.sky import HORIZON, radiance, sky_tables
from diorama.sim.spec import EnvironmentSpec, HdrMap, PhysicalSky
from diorama.sim.spec.environment import Surroundings

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: What `Environment.kind` says: a blend of two colours, or maps.
GRADIENT = warp.constant(0)
MAPS = warp.constant(1)
#: Map k is for the roughness (k / STEPS)^2, so that smooth surfaces, where it matters, have the more maps.
STEPS = 5
LAST = warp.constant(STEPS)
#: Nodes along a side of the background at most, of an HDR map's light, and of a sky, which is smooth but for its horizon.
_FINEST, _LIGHT, _SKY = 1024, 257, 129
#: Those of a background with clouds.
_CLOUDS = 385
#: An HDR map's light is taken from this many rows.
_LIGHT_ROWS = 128
#: Nodes along a side of the map of which irradiance is computed.
_DIFFUSE = 33
_SMALLEST = 5
#: From this roughness on a lobe is summed over this level of the pyramid.
_WIDE, _COARSE = 0.5, 3


@warp.struct
class Environment:
    """What surrounds a scene, as the kernels read it. Pass it on to `irradiance`, `specular` and `background`.

    A GRADIENT blends `sky` and `ground`; `texels` has its blur for roughness 0, 1/16, ..., 1. Of MAPS, map k begins at
    `maps[k][0]` of `texels` and has `maps[k][1]` nodes a side; `harmonics` has the nine coefficients of irradiance. They are turned by the
    angle whose cosine and sine are `turn`, and scaled by `strength`; `horizon`, if not 0, is half the height over which the background's lower
    half turns into its upper one. `backdrop` is 1 where the background is the blend of `background_top` and `background_bottom`.
    """

    kind: int
    backdrop: int
    sky: warp.vec3
    ground: warp.vec3
    background_top: warp.vec3
    background_bottom: warp.vec3
    turn: warp.vec2
    strength: float
    horizon: float
    maps: warp.array(dtype=warp.vec2i)
    texels: warp.array(dtype=warp.vec3)
    harmonics: warp.array(dtype=warp.vec3)


@warp.func
def hemisphere(top: warp.vec3, bottom: warp.vec3, z: float) -> warp.vec3:
    """A smooth blend from straight below (z = -1) to straight above (z = 1)."""
    t = 0.5 + 0.5 * z
    t = t * t * (3.0 - 2.0 * t)
    return bottom * (1.0 - t) + top * t


@warp.func
def turned(environment: Environment, d: warp.vec3) -> warp.vec3:
    """A direction of the world in the maps' axes."""
    c = environment.turn[0]
    s = environment.turn[1]
    return warp.vec3(c * d[0] + s * d[1], c * d[1] - s * d[0], d[2])


@warp.func
def sharp(environment: Environment, d: warp.vec3) -> warp.vec3:
    """The first map at a direction in the maps' axes."""
    start = environment.maps[0][0]
    n = environment.maps[0][1]
    if warp.abs(d[2]) < environment.horizon:
        above = 0.5 + 0.5 * d[2] / environment.horizon
        return fetch(environment.texels, start, n, d, 0) * above + fetch(environment.texels, start, n, d, 1) * (1.0 - above)
    return look_up(environment.texels, start, n, d)


@warp.func
def irradiance(environment: Environment, normal: warp.vec3) -> warp.vec3:
    """What a white diffuse surface with this unit normal shows: the irradiance on it over pi."""
    if environment.kind == GRADIENT:
        # Exact: the blend is a + b (3 z - z^3) / 4, and a cosine lobe leaves 2/3 of its first order, and of its third nothing.
        return (environment.sky + environment.ground) * 0.5 + (environment.sky - environment.ground) * (0.4 * normal[2])
    return harmonic_light(environment.harmonics, turned(environment, normal)) * environment.strength


@warp.func
def specular(environment: Environment, direction: warp.vec3, roughness: float) -> warp.vec3:
    """What arrives from about the mirrored `direction` (unit) at a surface of this roughness; to be scaled by `mirrored_share` of `dfg.py`."""
    if environment.kind == GRADIENT:
        at = warp.clamp(roughness, 0.0, 1.0) * 16.0
        k = warp.min(int(at), 15)
        f = at - float(k)
        kept = environment.texels[k] * (1.0 - f) + environment.texels[k + 1] * f
        z = direction[2]
        # The same blend in Legendre polynomials, 0.6 z - 0.1 (5 z^3 - 3 z) / 2, each scaled by what the lobe leaves of it.
        blend = 0.6 * kept[0] * z - 0.05 * kept[1] * (5.0 * z * z - 3.0) * z
        return (environment.sky + environment.ground) * 0.5 + (environment.sky - environment.ground) * blend
    d = turned(environment, direction)
    at = warp.sqrt(warp.clamp(roughness, 0.0, 1.0)) * float(LAST)
    k = warp.min(int(at), LAST - 1)
    f = at - float(k)
    out = warp.vec3(0.0, 0.0, 0.0)
    if k == 0:
        out = sharp(environment, d) * (1.0 - f)
    else:
        out = look_up(environment.texels, environment.maps[k][0], environment.maps[k][1], d) * (1.0 - f)
    if f > 0.0:
        out += look_up(environment.texels, environment.maps[k + 1][0], environment.maps[k + 1][1], d) * f
    return out * environment.strength


@warp.func
def background(environment: Environment, direction: warp.vec3) -> warp.vec3:
    """What is seen along a unit direction where there is no surface."""
    if environment.backdrop == 1:
        return hemisphere(environment.background_top, environment.background_bottom, direction[2])
    if environment.kind == GRADIENT:
        return hemisphere(environment.sky, environment.ground, direction[2])
    return sharp(environment, turned(environment, direction)) * environment.strength


class EnvironmentCache:
    """The maps of surroundings that were met lately, on one device; those that have not been for longest leave first.

    `read` turns a path into radiances, as `read_hdr` does.
    """

    def __init__(self, read: Callable[[Path], NDArray[np.float32]] = read_hdr, entries: int = 4) -> None:
        self._read = read
        self._entries = entries
        self._maps: dict[tuple[str, Any], tuple[Array, Array, Array]] = {}

    def maps(self, surroundings: Surroundings | None, device: str) -> tuple[Array, Array, Array]:
        """`maps`, `texels` and `harmonics` of an Environment. What only turns or scales them makes no difference here."""
        content: Any = None
        if isinstance(surroundings, PhysicalSky):
            content = replace(surroundings, sun_azimuth_rad=0.0, strength=1.0)
        elif surroundings is not None:
            content = (surroundings.path, surroundings.without)
        found = self._maps.pop((device, content), None)
        if found is None:
            if surroundings is None:
                found = _gradient_maps(device)
            elif isinstance(surroundings, PhysicalSky):
                found = _sky_maps(surroundings, device)
            else:
                found = _picture_maps(darkened(self._read(Path(surroundings.path)), surroundings.without), device)
            if len(self._maps) >= self._entries:
                del self._maps[next(iter(self._maps))]
        self._maps[device, content] = found
        return found


def environment_arrays(spec: EnvironmentSpec, device: str, cache: EnvironmentCache) -> Any:
    """The spec as an `Environment` on a device. Raises AssetError naming an HDR map that cannot be used."""
    out: Any = Environment()
    out.sky, out.ground = wp.vec3(spec.sky), wp.vec3(spec.ground)
    out.background_top = wp.vec3(spec.background_top or spec.sky)
    out.background_bottom = wp.vec3(spec.background_bottom or spec.ground)
    out.backdrop = int(spec.background_top is not None or spec.background_bottom is not None)
    surroundings = spec.surroundings
    out.maps, out.texels, out.harmonics = cache.maps(surroundings, device)
    if surroundings is None:
        out.kind = GRADIENT
        return out
    out.kind = MAPS
    turn = surroundings.turn_rad if isinstance(surroundings, HdrMap) else surroundings.sun_azimuth_rad
    out.turn = wp.vec2(round(math.cos(turn), 9), round(math.sin(turn), 9))
    out.strength = surroundings.strength
    out.horizon = HORIZON if isinstance(surroundings, PhysicalSky) else 0.0
    return out


def _gradient_maps(device: str) -> tuple[Array, Array, Array]:
    """No maps: how a gradient is blurred."""
    texels = wp.array(_gradient_blur(), dtype=wp.vec3, device=device)
    return wp.zeros(1, dtype=wp.vec2i, device=device), texels, wp.zeros(1, dtype=wp.vec3, device=device)


def _sky_maps(sky: PhysicalSky, device: str) -> tuple[Array, Array, Array]:
    """A sky with the sun above +x; the background's two squares differ at the horizon, and its light is their mean there."""
    tables = sky_tables(sky)
    clear = np.empty((2, _SKY, _SKY, 3), np.float32)
    clear[0] = radiance(tables, octahedral.directions(_SKY)[0])
    clear[1] = tables.ground
    sharp = wp.array(clear.reshape(-1, 3), dtype=wp.vec3, device=device, copy=False)
    light, clouds = clear.copy(), cloud_layer(sky, device)
    texels, maps = _texels(_SKY if clouds is None else _CLOUDS, _SKY, device)
    if clouds is None:
        wp.copy(texels, sharp)
    else:
        cloudy = wp.clone(sharp)
        clouds.draw(_upper(_SKY, device), cloudy[: _SKY * _SKY])
        clouds.refine(sharp, cloudy, _SKY, _CLOUDS, texels)
        texels[_CLOUDS * _CLOUDS : 2 * _CLOUDS * _CLOUDS].fill_(wp.vec3(*tables.ground))
        light = cloudy.numpy().reshape(clear.shape).copy()
    border = np.ones((_SKY, _SKY), np.bool_)
    border[1:-1, 1:-1] = False
    light[:, border] = (light[0, border] + light[1, border]) * np.float32(0.5)
    return _filtered(wp.array(light.reshape(-1, 3), dtype=wp.vec3, device=device, copy=False), _SKY, maps, texels, device)


def _picture_maps(picture: NDArray[np.float32], device: str) -> tuple[Array, Array, Array]:
    """An equirectangular picture at about its own resolution, and the light it gives."""
    equirect = wp.array(np.ascontiguousarray(picture, np.float32), dtype=wp.vec3, device=device, copy=False)
    sharp = _shrunk(equirect, _FINEST, device)
    n = sharp.shape[0] + 1
    texels, maps = _texels(n, _LIGHT, device)
    wp.launch(octahedral.resample, dim=(2, n, n), inputs=[sharp, n, 0, texels], device=device)
    base = wp.empty(octahedral.size(_LIGHT), dtype=wp.vec3, device=device)
    wp.launch(octahedral.resample, dim=(2, _LIGHT, _LIGHT), inputs=[_shrunk(equirect, _LIGHT_ROWS, device), _LIGHT, 0, base], device=device)
    return _filtered(base, _LIGHT, maps, texels, device)


def _texels(sharpest: int, light: int, device: str) -> tuple[Array, list[tuple[int, int]]]:
    """Room for all maps, and where each is: (start, nodes a side)."""
    sides = [sharpest, light, *(max((light - 1) // 2 ** (k + 1), 16) + 1 for k in range(STEPS - 1))]
    starts = np.cumsum([0, *(octahedral.size(n) for n in sides)]).tolist()
    return wp.empty(starts[-1], dtype=wp.vec3, device=device), list(zip(starts, sides, strict=False))


def _filtered(base: Array, n: int, maps: list[tuple[int, int]], texels: Array, device: str) -> tuple[Array, Array, Array]:
    """All maps but the first, and the harmonics, from the light of `n` nodes a side."""
    levels = octahedral.pyramid(n, _SMALLEST)
    pyramid = wp.empty(levels[-1][0] + octahedral.size(_SMALLEST), dtype=wp.vec3, device=device)
    wp.copy(pyramid, base)
    wp.copy(texels, base, dest_offset=maps[1][0])
    for (fine_start, fine), (start, side) in pairwise(levels):
        weights = _weights(fine, n, device)
        wp.launch(octahedral.restrict, dim=octahedral.size(side), inputs=[pyramid, weights, fine_start, start, side], device=device)
    for k in range(2, STEPS + 1):
        start, side = maps[k]
        roughness = (k / STEPS) ** 2
        if roughness < _WIDE:
            wp.launch(blur, dim=(2, side, side), inputs=[pyramid, *_taps(roughness, n, device), side, start, texels], device=device)
        else:
            source, coarse = levels[_COARSE]
            nodes = _nodes(coarse, n, device)
            wp.launch(gather, dim=(2, side, side), inputs=[pyramid, source, nodes, round(roughness**4, 9), side, start, texels], device=device)
    start = next(start for start, side in levels if side == _DIFFUSE)
    diffuse = pyramid[start : start + octahedral.size(_DIFFUSE)].numpy()
    harmonics = wp.array(irradiance_coefficients(diffuse, _DIFFUSE, n), dtype=wp.vec3, device=device)
    return wp.array(maps, dtype=wp.vec2i, device=device), texels, harmonics


@cache
def _weights(n: int, base: int, device: str) -> Array:
    return wp.array(octahedral.solid_angles(n, base).astype(np.float32).reshape(-1), dtype=wp.float32, device=device)


@cache
def _upper(n: int, device: str) -> Array:
    """Directions of the upper square's nodes."""
    return wp.array(octahedral.directions(n)[0].reshape(-1, 3).astype(np.float32), dtype=wp.vec3, device=device)


@cache
def _nodes(n: int, base: int, device: str) -> Array:
    """Directions and solid angles of a map's nodes, vec4 each."""
    angles = np.broadcast_to(octahedral.solid_angles(n, base)[..., None], (2, n, n, 1))
    rows = np.concatenate([octahedral.directions(n), angles], axis=-1).astype(np.float32)
    return wp.array(rows.reshape(-1, 4), dtype=wp.vec4, device=device)


@cache
def _taps(roughness: float, base: int, device: str) -> tuple[Array, Array]:
    """Directions with weights, vec4, and the map of the pyramid that each reads, vec2i."""
    taps, pyramid = lobe_taps(roughness), octahedral.pyramid(base, _SMALLEST)
    maps = [pyramid[level] for level in tap_levels(taps[:, 4], base, len(pyramid))]
    return wp.array(np.ascontiguousarray(taps[:, :4]), dtype=wp.vec4, device=device), wp.array(maps, dtype=wp.vec2i, device=device)


def _shrunk(equirect: Array, height: int, device: str) -> Array:
    """The picture with at most this many rows."""
    rows = equirect.shape[0]
    if rows <= height:
        return equirect
    weights = [round(math.cos(math.pi * (0.5 - (i + 0.5) / rows)), 9) for i in range(rows)]
    smaller = wp.empty((height, 2 * height), dtype=wp.vec3, device=device)
    wp.launch(octahedral.shrink, dim=smaller.shape, inputs=[equirect, wp.array(weights, dtype=wp.float32, device=device), smaller], device=device)
    return smaller


@cache
def _gradient_blur() -> NDArray[np.float32]:
    """For roughness 0, 1/16, ..., 1, what a mirror's lobe leaves of the Legendre polynomials P1 and P3: (17, 3), the last column 0."""

    def kept(roughness: float) -> tuple[float, float, float]:
        alpha = roughness * roughness
        # Angles in steps of their ratio, from far within the lobe on.
        low = math.log(max(alpha, 1e-4) / 64)
        total = first = third = 0.0
        for i in range(512):
            theta = math.exp(low + (math.log(math.pi / 2) - low) * (i + 0.5) / 512)
            c, half = math.cos(theta), math.cos(theta / 2)
            spread = half * half * (alpha * alpha - 1) + 1
            weight = alpha * alpha / (spread * spread) * c * math.sin(theta) * theta
            total += weight
            first += weight * c
            third += weight * (5 * c * c - 3) * c / 2
        return (round(first / total, 9), round(third / total, 9), 0.0)

    return np.array([(1.0, 1.0, 0.0), *(kept(k / 16) for k in range(1, 17))], np.float32)
