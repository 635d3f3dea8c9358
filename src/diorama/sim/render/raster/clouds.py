"""Clouds, as they are seen from the ground in any direction: heaps, rolls and streaks.

A layer of clouds is as high above its flat base as a tileable field of noise says, less where finer noise has eaten into it. Rays are
followed through it in steps: what each step's water scatters, of the sun's light that comes through the cloud towards it and of the sky's and the
ground's, is added as far as what is before it lets it through (Bouthors et al., "Interactive multiple anisotropic scattering in clouds", 2008, say
what is left out here: light that has been scattered many times is as if it had met less water). Streaks of ice are a single sheet that is high up.
Towards the horizon clouds fade into the sky, as all does in air.

The noise is made once for a process; kernels use nothing but arithmetic and square roots, so that a sky is the same on every machine.
"""

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.assets.textures import SIZE, fractal_noise
from diorama.sim.render.raster.device import Array, wp
from diorama.sim.render.raster.fog import decay
from diorama.sim.render.raster.octahedral import corner_of, fetch
from diorama.sim.seeds import Seed
from diorama.sim.sky import clear_sun, level_irradiance, map_directions, sky_map, sky_tables
from diorama.sim.spec import CloudGenus, PhysicalSky

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: Different fields of noise there are; a seed picks one, where it begins, and how it is turned.
_SHEETS = 8
#: How much of what is seen in a kilometre is lost in air of a turbidity of 1.
_HAZE_KM = 0.014
#: Rays are followed in so many steps.
STEPS = warp.constant(24)
#: Sines of elevations: below the first no clouds are seen, and above the second they are not drawn as finely.
LOWEST, HIGH = warp.constant(0.02), warp.constant(0.58)
MASK = warp.constant(SIZE - 1)
ROW = warp.constant(SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Genus:
    """A layer from `base_km` up, `depth_km` at most, its features `size_km` wide and `finer` times as fine; `density` is its extinction (1/km),
    `soft_km` over how much it thins out at its top.
    """

    base_km: float
    depth_km: float
    size_km: float
    finer: float
    eaten: float
    density: float
    soft_km: float


_GENERA: dict[CloudGenus, _Genus] = {
    "cumulus": _Genus(base_km=1.1, depth_km=1.1, size_km=2.6, finer=2.5, eaten=0.7, density=20.0, soft_km=0.12),
    "stratocumulus": _Genus(base_km=0.9, depth_km=0.35, size_km=2.2, finer=2.0, eaten=0.6, density=20.0, soft_km=0.1),
    "cirrus": _Genus(base_km=8.0, depth_km=0.0, size_km=9.0, finer=3.0, eaten=0.5, density=1.0, soft_km=1.0),
}
#: Features of the sheets across a side.
_CELLS, _FINE_CELLS = 6, 24


@warp.struct
class Layer:
    """A layer of clouds as the kernel reads it: lengths in kilometres. A place (x, y) is at `turn` times it plus `shift` of the field, in
    texels; `threshold` of the field is where clouds begin, and `span` above it they are as high as they get. Radiances: `sun` is what arrives from
    `towards`, `sky` and `ground` come from above and below.
    """

    base: float
    depth: float
    turn: warp.mat22
    shift: warp.vec2
    finer: float
    rise: float
    eaten: float
    threshold: float
    span: float
    density: float
    soft: float
    haze: float
    streaks: int
    towards: warp.vec3
    sun: warp.vec3
    sky: warp.vec3
    ground: warp.vec3


@warp.func_native("""
    float left = floorf(u), top = floorf(v), fu = u - left, fv = v - top;
    int x = (int)left, y = (int)top;
    const float* upper = field.data + (y & 255) * 256;
    const float* lower = field.data + ((y + 1) & 255) * 256;
    float a = upper[x & 255], b = lower[x & 255];
    a += (upper[(x + 1) & 255] - a) * fu;
    b += (lower[(x + 1) & 255] - b) * fu;
    return a + (b - a) * fv;
""")
def read(field: warp.array(dtype=float), u: float, v: float) -> float:
    """A tileable field of SIZE by SIZE at a place in texels, bilinear."""


@warp.func
def risen(layer: Layer, field: float) -> float:
    """How high clouds rise above the base where the field is this, before anything has eaten into them; 0 where there are none."""
    t = warp.clamp((field - layer.threshold) / layer.span, 0.0, 1.0)
    # Steep at the rim, round on top.
    return layer.depth * t * (2.0 - t)


@warp.func
def height_at(layer: Layer, coarse: warp.array(dtype=float), x: float, y: float) -> float:
    """The same at a place."""
    at = layer.turn * warp.vec2(x, y) + layer.shift
    return risen(layer, read(coarse, at[0], at[1]))


@warp.func
def height_near(layer: Layer, coarse: warp.array(dtype=float), x: float, y: float) -> float:
    """The same, but for a texel."""
    at = layer.turn * warp.vec2(x, y) + layer.shift
    return risen(layer, coarse[(int(warp.floor(at[1])) & MASK) * ROW + (int(warp.floor(at[0])) & MASK)])


@warp.func
def scattered(layer: Layer, coarse: warp.array(dtype=float), x: float, y: float, h: float, top: float, onward: float) -> warp.vec3:
    """What the water at a place, `h` above the base of a cloud that rises to `top`, sends to the eye of each unit of light that it takes."""
    met = float(0.0)
    for k in range(2):
        # Two pieces of the way towards the sun.
        way = 0.1 + 0.3 * float(k)
        above = height_near(layer, coarse, x + layer.towards[0] * way, y + layer.towards[1] * way) - h - layer.towards[2] * way
        met += warp.clamp(above / layer.soft, 0.0, 1.0) * (0.2 + 0.2 * float(k))
    met = met * layer.density
    relative = warp.min(h / layer.depth, 1.0)
    lit = decay(met) * onward * 0.2 + decay(met * 0.25) * 0.1 + decay((top - h) * 3.0) * 0.05
    return layer.sun * lit + layer.sky * (0.35 + 0.55 * relative) + layer.ground * (0.4 * (1.0 - relative))


@warp.func
def heaped(layer: Layer, coarse: warp.array(dtype=float), fine: warp.array(dtype=float), d: warp.vec3, behind: warp.vec3) -> warp.vec3:
    """What is seen along a direction above the horizon, where without clouds it would be `behind`."""
    start = layer.base / d[2]
    end = start + warp.min(layer.depth / d[2], 16.0)
    stride = (end - start) / 10.0
    # No finer than the map's nodes are apart.
    step = warp.max(0.06, start * 0.01)
    # Water scatters light on: towards the sun thin clouds shine.
    onward = 0.5 + 0.5 * warp.dot(d, layer.towards)
    onward = onward * onward
    onward = onward * onward
    onward = 0.6 + 2.6 * onward * onward
    soft = warp.max(layer.soft, start * 0.02)
    rim = warp.min(0.1 + start * 0.03, 1.0)
    eaten = layer.eaten * warp.clamp(1.5 - start * 0.12, 0.2, 1.0)
    left = float(1.0)
    out = warp.vec3(0.0, 0.0, 0.0)
    way = start
    inside = float(0.0)
    lit = float(2.0)
    color = warp.vec3(0.0, 0.0, 0.0)
    for _ in range(STEPS):
        if way < end and left > 0.05:
            h = d[2] * way - layer.base
            top = height_at(layer, coarse, d[0] * way, d[1] * way)
            if top <= h:
                way += wp.where(inside > 0.0, step, stride)
                inside -= 1.0
            else:
                if inside <= 0.0 and way > start:
                    # It was entered somewhere in the last stride.
                    low = way - stride
                    for _k in range(3):
                        middle = 0.5 * (low + way)
                        if height_at(layer, coarse, d[0] * middle, d[1] * middle) > d[2] * middle - layer.base:
                            way = middle
                        else:
                            low = middle
                    h = d[2] * way - layer.base
                    top = height_at(layer, coarse, d[0] * way, d[1] * way)
                inside = 2.0
                x = d[0] * way
                y = d[1] * way
                at = (layer.turn * warp.vec2(x, y) + layer.shift) * layer.finer
                bump = read(fine, at[0] + h * layer.rise, at[1] + h * layer.rise * 0.6)
                water = warp.clamp((top * (1.0 - eaten * (1.0 - bump)) - h) / soft, 0.0, 1.0)
                # Bases are soft, rims softer, and farther ones no sharper than the map is fine.
                water = water * warp.min(0.3 + h * 10.0, 1.0) * warp.min(top / (layer.depth * rim), 1.0)
                if water > 0.0:
                    kept = decay(layer.density * water * step)
                    if left < lit:
                        # What comes of it is much the same a few steps on.
                        color = scattered(layer, coarse, x, y, h, top, onward)
                        lit = 0.5 * left
                    out += color * (left * (1.0 - kept))
                    left *= kept
                way += step
    clear = decay(start * layer.haze) * warp.min((d[2] - LOWEST) * 50.0, 1.0)
    return behind * (1.0 - (1.0 - left) * clear) + out * clear


@warp.func
def streaked(layer: Layer, coarse: warp.array(dtype=float), fine: warp.array(dtype=float), d: warp.vec3, behind: warp.vec3) -> warp.vec3:
    """The same with streaks of ice."""
    way = layer.base / d[2]
    at = layer.turn * warp.vec2(d[0] * way, d[1] * way) + layer.shift
    # Drawn out along one way, and bent a little.
    bend = read(coarse, at[0] * 0.5 + 77.0, at[1] * 0.5)
    along = at[0] * 0.22
    across = at[1] + bend * 14.0
    patch = (read(coarse, at[0] * 0.6, at[1] * 0.6 + 31.0) - layer.threshold) / layer.span
    # The finer fibres are lost where they are finer than the map.
    thin = 0.5 * warp.clamp(2.0 - way * 0.07, 0.0, 1.0)
    fibre = (1.0 - thin) * read(fine, along * 1.7, across * 1.7) + thin * read(fine, along * 4.3 + 50.0, across * 4.3)
    share = warp.clamp(patch + 0.35, 0.0, 1.0) * warp.clamp(1.35 * fibre - 0.2 + 0.3 * patch, 0.0, 1.0)
    onward = 0.5 + 0.5 * warp.dot(d, layer.towards)
    onward = onward * onward
    onward = onward * onward
    color = layer.sun * (0.10 + 0.25 * onward * onward) + layer.sky * 0.7
    share = share * 0.8 * decay(way * layer.haze * 0.35)
    return behind * (1.0 - share) + color * share


@warp.func
def clouded(layer: Layer, coarse: warp.array(dtype=float), fine: warp.array(dtype=float), d: warp.vec3, clear: warp.vec3) -> warp.vec3:
    """What is seen in a unit direction that without clouds shows what is `clear`."""
    if d[2] <= LOWEST:
        return clear
    if layer.streaks == 1:
        return streaked(layer, coarse, fine, d, clear)
    return heaped(layer, coarse, fine, d, clear)


@warp.kernel
def add_clouds(
    layer: Layer,
    coarse: warp.array(dtype=float),
    fine: warp.array(dtype=float),
    directions: warp.array(dtype=warp.vec3),
    radiance: warp.array(dtype=warp.vec3),
):
    """Put clouds before the sky that is seen in unit directions; what is below the horizon stays."""
    i = warp.tid()
    radiance[i] = clouded(layer, coarse, fine, directions[i], radiance[i])


@warp.kernel
def refine_clouds(
    layer: Layer,
    coarse: warp.array(dtype=float),
    fine: warp.array(dtype=float),
    clear: warp.array(dtype=warp.vec3),
    cloudy: warp.array(dtype=warp.vec3),
    n: int,
    m: int,
    nodes: warp.array(dtype=warp.vec3),
):
    """The upper square of a map of `m` nodes along a side from those of `n`, `clear` and with clouds. What is high up is only interpolated."""
    i, j = warp.tid()
    corner = corner_of(0, i, j, m)
    d = warp.normalize(corner)
    share = warp.clamp((HIGH - d[2]) * 10.0, 0.0, 1.0)
    color = fetch(cloudy, 0, n, corner, 0) * (1.0 - share)
    if share > 0.0:
        color += clouded(layer, coarse, fine, d, fetch(clear, 0, n, corner, 0)) * share
    nodes[i * m + j] = color


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudLayer:
    """The clouds of a sky whose sun is above +x, on a device."""

    layer: Any
    coarse: Array
    fine: Array
    device: str

    def draw(self, directions: Array, radiance: Array) -> None:
        """Put them into what is seen (n,) vec3 in unit directions (n,)."""
        wp.launch(add_clouds, dim=len(directions), inputs=[self.layer, self.coarse, self.fine, directions, radiance], device=self.device)

    def refine(self, clear: Array, cloudy: Array, n: int, m: int, nodes: Array) -> None:
        """The upper square of a map (octahedral.py) of `m` nodes along a side from those of `n`, clear and with clouds."""
        inputs = [self.layer, self.coarse, self.fine, clear, cloudy, n, m, nodes]
        wp.launch(refine_clouds, dim=(m, m), inputs=inputs, device=self.device)


def cloud_layer(sky: PhysicalSky, device: str) -> CloudLayer | None:
    """A sky's clouds, if it has any."""
    if sky.clouds is None or sky.clouds.cover == 0:
        return None
    number = Seed(sky.clouds.seed).child("clouds", sky.clouds.genus).child("sheet").integer() % _SHEETS
    coarse, fine = _sheet_on(number, device)
    return CloudLayer(layer=_layer(sky, number), coarse=coarse, fine=fine, device=device)


def with_clouds(sky: PhysicalSky, directions: NDArray[np.floating], radiance: NDArray[np.floating]) -> NDArray[np.float32]:
    """The radiances (n, 3) that are seen in unit directions (n, 3) of a sky whose sun is above +x, with its clouds."""
    clouds = cloud_layer(sky, "cpu")
    seen = wp.array(np.array(radiance, np.float32), dtype=wp.vec3, device="cpu")
    if clouds is not None:
        clouds.draw(wp.array(np.ascontiguousarray(directions, np.float32), dtype=wp.vec3, device="cpu"), seen)
    return np.array(seen.numpy())


def cloudy_map(sky: PhysicalSky, height: int = 256) -> NDArray[np.float32]:
    """`sky_map` with the sky's clouds."""
    clear = sky_map(sky, height)
    if sky.clouds is None or sky.strength == 0:
        return clear
    strength = np.float32(sky.strength)
    seen = with_clouds(sky, map_directions(height, sky.sun_azimuth_rad).reshape(-1, 3), clear.reshape(-1, 3) / strength)
    return (seen * strength).reshape(clear.shape)


def _layer(sky: PhysicalSky, number: int) -> Any:
    clouds = sky.clouds
    assert clouds is not None
    genus, seed = _GENERA[clouds.genus], Seed(clouds.seed).child("clouds", clouds.genus)
    values = _sorted(number)
    out: Any = Layer()
    texels = SIZE / _CELLS / genus.size_km
    angle = 2 * math.pi * seed.child("turn").rng().random()
    c, s = (float(f"{texels * f(angle):.9g}") for f in (math.cos, math.sin))
    out.turn = wp.mat22(c, -s, s, c)
    out.shift = wp.vec2(*(seed.child("begin", axis).integer() % SIZE for axis in range(2)))
    out.base, out.depth, out.finer, out.eaten = genus.base_km, genus.depth_km, genus.finer, genus.eaten
    out.rise = genus.finer * texels
    out.threshold = float(values[min(int((1 - clouds.cover) * len(values)), len(values) - 1)])
    out.span = float(values[-1] - values[0]) * 0.3
    out.density, out.soft, out.haze = genus.density, genus.soft_km, _HAZE_KM * sky.turbidity
    out.streaks = int(clouds.genus == "cirrus")
    plain = replace(sky, clouds=None, sun_azimuth_rad=0.0, strength=1.0)
    tables, sun = sky_tables(plain), clear_sun(plain)
    out.towards = wp.vec3(*tables.sun)
    out.sun = wp.vec3(*((1 - sky.overcast) * e for e in sun))
    above = [e / math.pi for e in level_irradiance(plain)]
    out.sky = wp.vec3(*above)
    out.ground = wp.vec3(*(g + 3 * b for g, b in zip(tables.ground, sky.glow, strict=True)))
    return out


@cache
def _sheet(number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(SIZE, SIZE) each: smooth heaps, and bumps on them in [0, 1] with creases between them."""
    seed = Seed(number).child("cloud sheet")
    coarse = fractal_noise(seed.child("coarse").rng(), _CELLS, _CELLS, 4)
    bumps = np.abs(fractal_noise(seed.child("fine").rng(), _FINE_CELLS, _FINE_CELLS, 3))
    return coarse.astype(np.float32), np.minimum(bumps * np.float32(2.2), 1).astype(np.float32)


@cache
def _sorted(number: int) -> NDArray[np.float32]:
    """What the smooth heaps' heights are, from the least to the greatest."""
    return np.sort(_sheet(number)[0], axis=None)


@cache
def _sheet_on(number: int, device: str) -> tuple[Array, Array]:
    coarse, fine = _sheet(number)
    return tuple(wp.array(sheet.ravel(), dtype=wp.float32, device=device) for sheet in (coarse, fine))
