"""Light from the surroundings, for eight points at a time."""

import warp as wp

from diorama.sim.render.raster.brdf import Surfels
from diorama.sim.render.raster.environment import GRADIENT, Environment, irradiance, specular
from diorama.sim.render.raster.lanes import (
    LANES,
    Lanes,
    Pairs,
    Vectors,
    added,
    clamped,
    dots,
    least,
    multiplied,
    roots,
    scaled,
    vector_at,
    vectors,
)

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


@wp.func_native("""
    wp::mat_t<2, 8, float> out;
    for (int i = 0; i < 8; ++i) {
        float at = roughness.c[i] * 16.0f;
        int k = (int)at;
        k = k < 15 ? k : 15;
        const wp::vec_t<3, float>* low = texels.data + k;
        for (int n = 0; n < 2; ++n) out.data[n][i] = low[0].c[n] + (low[1].c[n] - low[0].c[n]) * (at - (float)k);
    }
    return out;
""")
def kept(texels: wp.array(dtype=wp.vec3), roughness: Lanes) -> Pairs:
    """What a gradient's blur leaves of its first and third order."""


@wp.func
def visibles(no_v: Lanes, openness: Lanes, roughness: Lanes) -> Lanes:
    """`specular_visibility` of occlusion.py."""
    power = roots(no_v + openness)
    left = wp.cw_mul(roughness, roughness) * 16.0
    for _ in range(6):
        power += wp.cw_mul(roots(power) - power, clamped(left, 0.0, 1.0))
        left -= Lanes(1.0)
    return clamped(power - Lanes(1.0) + openness, 0.0, 1.0)


@wp.func
def mirrored(environment: Environment, direction: Vectors, roughness: Lanes) -> Vectors:
    """`specular` of environment.py."""
    if environment.kind == GRADIENT:
        pairs = kept(environment.texels, roughness)
        first = pairs[0]
        third = pairs[1]
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
    if least(openness) < 1.0:
        visible = visibles(s.no_v, openness, s.roughness)
    diffuse = scaled(multiplied(s.albedo, irradiances(environment, s.normal)), openness)
    out = added(diffuse, scaled(multiplied(s.mirrored, mirrored(environment, direction, s.roughness)), visible))
    if s.coated == 1:
        coat = scaled(mirrored(environment, direction, s.coat_roughness), wp.cw_mul(s.coat_mirrored, visible))
        out = added(scaled(out, Lanes(1.0) - s.coat_mirrored), coat)
    return out
