"""Light from the surroundings, for eight points at a time."""

import warp as wp

from diorama.sim.render.raster.brdf import Surfels
from diorama.sim.render.raster.environment import GRADIENT, Environment, irradiance, specular
from diorama.sim.render.raster.lanes import LANES, Lanes, Vectors, added, dots, multiplied, scaled, vector_at, vectors
from diorama.sim.render.raster.occlusion import specular_visibility

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})


@wp.func
def between(low: wp.vec3, high: wp.vec3, share: Lanes) -> Vectors:
    """Colours from `low` (0) to `high` (1)."""
    d = high - low
    return vectors(Lanes(low[0]) + share * d[0], Lanes(low[1]) + share * d[1], Lanes(low[2]) + share * d[2])


@wp.func
def irradiances(environment: Environment, normal: Vectors) -> Vectors:
    """`irradiance` of environment.py."""
    if environment.kind == GRADIENT:
        return between(environment.ground, environment.sky, normal.z * 0.4 + Lanes(0.5))
    out = Vectors()
    for i in range(LANES):
        color = irradiance(environment, vector_at(normal, i))
        out.x[i] = color[0]
        out.y[i] = color[1]
        out.z[i] = color[2]
    return out


@wp.func
def mirrored(environment: Environment, direction: Vectors, roughness: Lanes) -> Vectors:
    """`specular` of environment.py."""
    if environment.kind == GRADIENT:
        first = Lanes()
        third = Lanes()
        for i in range(LANES):
            at = roughness[i] * 16.0
            k = wp.min(int(at), 15)
            f = at - float(k)
            low = environment.texels[k]
            high = environment.texels[k + 1]
            first[i] = low[0] + (high[0] - low[0]) * f
            third[i] = low[1] + (high[1] - low[1]) * f
        z = direction.z
        blend = wp.cw_mul(first, z) * 0.6 - wp.cw_mul(wp.cw_mul(third, wp.cw_mul(z, z) * 5.0 - Lanes(3.0)), z) * 0.05
        return between(environment.ground, environment.sky, blend + Lanes(0.5))
    out = Vectors()
    for i in range(LANES):
        color = specular(environment, vector_at(direction, i), roughness[i])
        out.x[i] = color[0]
        out.y[i] = color[1]
        out.z[i] = color[2]
    return out


@wp.func
def ambient(environment: Environment, s: Surfels, openness: Lanes) -> Vectors:
    """Light from all around that leaves towards the viewer, where surroundings are as open as said."""
    double = dots(s.normal, s.to_eye) * 2.0
    direction = added(scaled(s.normal, double), vectors(-s.to_eye.x, -s.to_eye.y, -s.to_eye.z))
    visible = Lanes(1.0)
    least = float(1.0)
    for i in range(LANES):
        least = wp.min(least, openness[i])
    if least < 1.0:
        for i in range(LANES):
            visible[i] = specular_visibility(s.no_v[i], openness[i], s.roughness[i] * s.roughness[i])
    diffuse = scaled(multiplied(s.albedo, irradiances(environment, s.normal)), openness)
    out = added(diffuse, scaled(multiplied(s.mirrored, mirrored(environment, direction, s.roughness)), visible))
    if s.coated == 1:
        coat = scaled(mirrored(environment, direction, s.coat_roughness), wp.cw_mul(s.coat_mirrored, visible))
        out = added(scaled(out, Lanes(1.0) - s.coat_mirrored), coat)
    return out
