"""Fog: what of light is left on its way to the camera, and what the air adds; the same formula for every renderer.

In even air light decays exponentially along its way, and what the air scatters into it makes up for the rest (H. Koschmieder, "Theorie der
horizontalen Sichtweite", 1924): a surface of radiance L at the distance x is seen as ``T L + (1 - T) A``, where T = exp(-extinction x) and A is the
air's own radiance. What lies beyond all surfaces is seen through the layer of fog: x = height / sine of the elevation, and below the horizon
without end. The rasterizer does this to each fragment as it is shaded, layers of glass among them. Renderers that only hand over a picture do it
afterwards, by the exact depth at pixels' centres: edges between near and far are a little off there, and what is behind glass is as far away as
the glass.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.hdr_light import hdr_light
from diorama.sim.lens import rays_at
from diorama.sim.sky import level_irradiance, sky_tables
from diorama.sim.spec import CameraSpec, EnvironmentSpec, HdrMap, Light, PhysicalSky, Rgb, SunLight
from diorama.sim.transforms import apply

#: Taylor's series of 2^-x about 1/2, so good between 0 and 1: see `decays`.
_HALF = [math.sqrt(0.5) * (-math.log(2)) ** k / math.factorial(k) for k in range(8)]


def air_light(environment: EnvironmentSpec, lights: tuple[Light, ...]) -> Rgb:
    """The radiance (W/m2/sr) of air so thick that nothing is seen through it: the fog's colour, if there is a fog that has one, or what arrives there
    from all sides, on average.
    """
    if environment.fog is not None and environment.fog.color is not None:
        return environment.fog.color
    surroundings = environment.surroundings
    if isinstance(surroundings, PhysicalSky):
        above = [e / math.pi for e in level_irradiance(surroundings)]
        below = [c * surroundings.strength for c in sky_tables(surroundings).ground]
    elif isinstance(surroundings, HdrMap):
        level = hdr_light(Path(surroundings.path), surroundings.without).irradiance
        above = below = [surroundings.strength * e / math.pi for e in level]
    else:
        above, below = list(environment.sky), list(environment.ground)
    suns = [light.irradiance for light in lights if isinstance(light, SunLight)]
    red, green, blue = ((above[c] + below[c]) / 2 + math.fsum(s[c] for s in suns) / (4 * math.pi) for c in range(3))
    return (float(f"{red:.9g}"), float(f"{green:.9g}"), float(f"{blue:.9g}"))


def decays(depths: NDArray[np.floating]) -> NDArray[np.float64]:
    """exp(-x) of optical depths, 0 or more and infinity too: by arithmetic alone, to 1e-7."""
    t = np.minimum(depths, 80.0) * (1 / math.log(2))
    whole = np.floor(t)
    part = t - whole - 0.5
    out = np.full_like(part, _HALF[-1])
    for c in reversed(_HALF[:-1]):
        out = out * part + c
    return np.ldexp(out, -whole.astype(np.int64))


def fogged(
    surfaces: NDArray[Any],
    covered: NDArray[Any],
    beyond: NDArray[Any],
    depth_m: NDArray[Any],
    camera: CameraSpec,
    environment: EnvironmentSpec,
    air: Rgb,
) -> NDArray[np.float32]:
    """(H, W, 3) radiance through the environment's fog, of `surfaces` (H, W, 3), which cover the share `covered` (H, W) of each pixel and have been
    weighted by it, and what is seen `beyond` them, which has been weighted by the rest. `depth_m` (H, W) is infinite where nothing is.
    """
    fog = environment.fog
    assert fog is not None
    v, u = np.mgrid[0 : camera.height, 0 : camera.width] + 0.5
    rays = rays_at(camera, np.stack([u, v], axis=-1).reshape(-1, 2)).reshape(camera.height, camera.width, 3)
    rays = np.where(np.isfinite(rays), rays, 0.0)
    turn = camera.world_from_camera.matrix
    turn[:3, 3] = 0.0
    up = apply(turn, rays.reshape(-1, 3)).reshape(rays.shape)[..., 2]
    away = depth_m / np.where(rays[..., 2] > 1e-6, rays[..., 2], 1e-6)
    # Where a pixel's centre sees nothing, its edge may: as far away as its nearest neighbours.
    around = np.pad(away, 1, constant_values=np.inf)
    nearest = np.min([around[i : i + camera.height, j : j + camera.width] for i in range(3) for j in range(3)], axis=0)
    near = decays(np.where(np.isfinite(away), away, nearest) * fog.extinction_per_m)[..., None]
    far = decays(fog.extinction_per_m * fog.height_m / np.maximum(up, 1e-6))[..., None]
    color = np.array(air)
    out = surfaces * near + color * ((1 - near) * covered[..., None])
    if camera.backdrop is None:
        beyond = beyond * far + color * ((1 - far) * (1 - covered[..., None]))
    return (out + beyond).astype(np.float32)
