"""From surfaces to light: what each pixel sees, lit.

Shading is the metallic-roughness model of glTF 2.0: a Lambert lobe and a microfacet lobe with the GGX distribution
(Walter et al. 2007), height-correlated Smith masking (Heitz 2014) and Schlick's Fresnel term, as Filament writes it.
Light from all around is a smooth blend of sky and ground.

Kernels use only arithmetic and square roots, never the C library's powers or exponentials, which round differently from
machine to machine.
"""

import warp as wp

from diorama.sim.render.raster.light_data import POINT, SUN, LightData, Shadows
from diorama.sim.render.raster.scene import Surface, Triangle
from diorama.sim.render.raster.shadow import lit_fraction
from diorama.sim.render.raster.texture import lookup
from diorama.sim.render.raster.visibility import INDEX, NOTHING, Functions

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

PI = wp.constant(3.14159265)
#: Smallest roughness (perceptual): below it a point light's highlight is smaller than a pixel and only flickers.
MIN_ROUGHNESS = wp.constant(0.09)


@wp.struct
class View:
    """The camera and what surrounds the scene, as the kernels read them."""

    width: int
    height: int
    per_focal: wp.vec2
    center: wp.vec2
    position: wp.vec3
    world_from_camera: wp.mat33
    sky: wp.vec3
    ground: wp.vec3
    background_top: wp.vec3
    background_bottom: wp.vec3


@wp.func
def ray_at(view: View, u: wp.float64, v: wp.float64) -> wp.vec3:
    """The world-space ray through a pixel, as long as makes one metre along the camera's axis."""
    ray = wp.vec3((float(u) - view.center[0]) * view.per_focal[0], (float(v) - view.center[1]) * view.per_focal[1], 1.0)
    return wp.mul(view.world_from_camera, ray)


@wp.func
def hemisphere(top: wp.vec3, bottom: wp.vec3, z: float) -> wp.vec3:
    """A smooth blend from straight below (z = -1) to straight above (z = 1)."""
    t = 0.5 + 0.5 * z
    t = t * t * (3.0 - 2.0 * t)
    return bottom * (1.0 - t) + top * t


@wp.func
def reflected(albedo: wp.vec3, f0: wp.vec3, alpha2: float, no_v: float, view_mask: float, no_l: float, vo_l: float) -> wp.vec3:
    """The BRDF, Lambert and GGX, from the cosines between normal, viewer and light.

    `view_mask` is the viewer's half of the Smith term, sqrt(no_v^2 (1 - alpha2) + alpha2). The half vector is not needed:
    |v + l|^2 = 2 + 2 v.l, n.h = (n.v + n.l) / |v + l| and l.h = |v + l| / 2; and one division serves all.
    """
    half2 = wp.max(2.0 + 2.0 * vo_l, 1.0e-6)
    along = no_v + no_l
    spread = along * along * (alpha2 - 1.0) + half2
    mask = no_l * view_mask + no_v * wp.sqrt(no_l * no_l * (1.0 - alpha2) + alpha2)
    lobe = alpha2 * half2 * half2 / (2.0 * PI * spread * spread * mask)
    m = wp.max(1.0 - 0.5 * wp.sqrt(half2), 0.0)
    m5 = m * m * m * m * m
    return albedo * (1.0 / PI) + (f0 + (wp.vec3(1.0, 1.0, 1.0) - f0) * m5) * lobe


@wp.func
def ambient(view: View, albedo: wp.vec3, f0: wp.vec3, roughness: float, n: wp.vec3, v: wp.vec3, no_v: float) -> wp.vec3:
    """Light from sky and ground: mirrored with the split-sum factor in Karis's mobile form (its
    exponential replaced by a rational that agrees within 0.01), and diffuse from what the mirror leaves.
    """
    r = n * (2.0 * wp.dot(n, v)) - v
    mirror = hemisphere(view.sky, view.ground, wp.clamp(r[2], -1.0, 1.0))
    soft = hemisphere(view.sky, view.ground, wp.clamp(n[2], -1.0, 1.0))
    mirror = mirror * (1.0 - roughness) + soft * roughness
    rx = 1.0 - roughness
    ry = 0.0425 - 0.0275 * roughness
    rz = 1.04 - 0.572 * roughness
    rw = 0.022 * roughness - 0.04
    e = 1.0 / (1.0 + 0.804 * no_v)
    e = e * e
    e = e * e
    e = e * e
    a004 = wp.min(rx * rx, e) * rx + ry
    scale = -1.04 * a004 + rz
    shift = 1.04 * a004 + rw
    share = f0 * scale + wp.vec3(shift, shift, shift)
    return wp.cw_mul(wp.cw_mul(albedo, wp.vec3(1.0, 1.0, 1.0) - share), soft) + wp.cw_mul(share, mirror)


@wp.func
def color_at(
    t: int,
    e: Functions,
    b: wp.vec3,
    inv_total: float,
    triangles: wp.array(dtype=Triangle),
    surfaces: wp.array(dtype=Surface),
    texels: wp.array(dtype=wp.uint32),
) -> wp.vec3:
    """A surface's own colour, times its texture if it has one. `b` are barycentric; `inv_total` is one over the edges' sum."""
    color = surfaces[triangles[t].surface].color
    texture = surfaces[triangles[t].surface].texture
    if texture[3] == 0:
        return color
    uv0 = triangles[t].uv0
    uv1 = triangles[t].uv1
    uv2 = triangles[t].uv2
    uv = uv0 * b[0] + uv1 * b[1] + uv2 * b[2]
    # d(uv) over a pixel, from the quotient rule on uv = sum(e_i uv_i) / sum(e_i).
    d1 = uv1 - uv0
    d2 = uv2 - uv0
    r = uv - uv0
    sx = float(e[0, 0] + e[1, 0] + e[2, 0]) * inv_total
    sy = float(e[0, 1] + e[1, 1] + e[2, 1]) * inv_total
    du = d1 * (float(e[1, 0]) * inv_total) + d2 * (float(e[2, 0]) * inv_total) - r * sx
    dv = d1 * (float(e[1, 1]) * inv_total) + d2 * (float(e[2, 1]) * inv_total) - r * sy
    texels_across = wp.vec2(float(texture[1]), float(texture[2]))
    du = wp.cw_mul(du, texels_across)
    dv = wp.cw_mul(dv, texels_across)
    return wp.cw_mul(color, lookup(texels, texture, uv[0], uv[1], wp.max(wp.dot(du, du), wp.dot(dv, dv))))


@wp.func
def surface_radiance(
    t: int,
    u: wp.float64,
    v: wp.float64,
    view: View,
    functions: wp.array(dtype=Functions),
    triangles: wp.array(dtype=Triangle),
    surfaces: wp.array(dtype=Surface),
    texels: wp.array(dtype=wp.uint32),
    lights: wp.array(dtype=LightData),
    shadows: Shadows,
) -> wp.vec3:
    """Radiance from triangle `t` towards the camera at pixel (u, v)."""
    e = functions[t]
    e0 = float(wp.max(e[0, 0] * u + (e[0, 1] * v + e[0, 2]), wp.float64(0.0)))
    e1 = float(wp.max(e[1, 0] * u + (e[1, 1] * v + e[1, 2]), wp.float64(0.0)))
    e2 = float(wp.max(e[2, 0] * u + (e[2, 1] * v + e[2, 2]), wp.float64(0.0)))
    total = e0 + e1 + e2
    if total <= 0.0:
        return wp.vec3(0.0, 0.0, 0.0)
    inv_total = 1.0 / total
    b0 = e0 * inv_total
    b1 = e1 * inv_total
    b2 = e2 * inv_total

    z = float(wp.float64(1.0) / (e[3, 0] * u + (e[3, 1] * v + e[3, 2])))
    to_point = ray_at(view, u, v)
    point = view.position + to_point * z
    to_eye = -wp.normalize(to_point)

    flat = triangles[t].flat
    n = wp.normalize(triangles[t].n0 * b0 + triangles[t].n1 * b1 + triangles[t].n2 * b2)
    if wp.dot(flat, to_eye) < 0.0:
        flat = -flat
        n = -n

    s = triangles[t].surface
    color = color_at(t, e, wp.vec3(b0, b1, b2), inv_total, triangles, surfaces, texels)
    metallic = surfaces[s].metallic
    roughness = wp.max(surfaces[s].roughness, MIN_ROUGHNESS)
    alpha2 = roughness * roughness * roughness * roughness
    albedo = color * (1.0 - metallic)
    f0 = wp.vec3(0.04, 0.04, 0.04) * (1.0 - metallic) + color * metallic
    no_v = wp.max(wp.dot(n, to_eye), 1.0e-3)
    view_mask = wp.sqrt(no_v * no_v * (1.0 - alpha2) + alpha2)
    out = ambient(view, albedo, f0, roughness, n, to_eye, no_v)

    for i in range(lights.shape[0]):
        to_light = -lights[i].axis
        arriving = lights[i].color
        if lights[i].kind != SUN:
            away = lights[i].position - point
            inverse = 1.0 / wp.sqrt(wp.max(wp.dot(away, away), 1.0e-6))
            to_light = away * inverse
            falloff = inverse * inverse
            if lights[i].kind != POINT:
                edge = wp.clamp((-wp.dot(to_light, lights[i].axis) - lights[i].cos_outer) * lights[i].per_cos, 0.0, 1.0)
                falloff = falloff * edge * edge
            arriving = arriving * falloff
        no_l = wp.dot(n, to_light)
        if no_l > 0.0 and wp.max(arriving[0], wp.max(arriving[1], arriving[2])) > 0.0:
            lit = float(1.0)
            if lights[i].shadow >= 0:
                if wp.dot(flat, to_light) <= 0.0:
                    lit = 0.0
                else:
                    lit = lit_fraction(lights, i, shadows, point, flat)
            if lit > 0.0:
                out += wp.cw_mul(reflected(albedo, f0, alpha2, no_v, view_mask, no_l, wp.dot(to_eye, to_light)), arriving) * (no_l * lit)
    return out


@wp.func
def same_surface(a: int, b: int, u: wp.float64, v: wp.float64, functions: wp.array(dtype=Functions), triangles: wp.array(dtype=Triangle)) -> bool:
    """Whether two triangles are one surface as far as a pixel can tell: same part, nearly one plane there."""
    if a == b:
        return True
    if triangles[a].surface != triangles[b].surface:
        return False
    if wp.dot(triangles[a].flat, triangles[b].flat) < 0.9:
        return False
    da = functions[a][3, 0] * u + (functions[a][3, 1] * v + functions[a][3, 2])
    db = functions[b][3, 0] * u + (functions[b][3, 1] * v + functions[b][3, 2])
    return wp.abs(da - db) < wp.float64(0.03) * da


@wp.kernel
def shade(
    winners: wp.array(dtype=wp.uint64),
    offsets: wp.array(dtype=wp.vec2d),
    view: View,
    functions: wp.array(dtype=Functions),
    triangles: wp.array(dtype=Triangle),
    surfaces: wp.array(dtype=Surface),
    texels: wp.array(dtype=wp.uint32),
    lights: wp.array(dtype=LightData),
    shadows: Shadows,
    radiance: wp.array(dtype=wp.vec3),
):
    """The mean radiance of each pixel's samples, shading each distinct surface in it once."""
    i = wp.tid()
    x = wp.float64(i % view.width)
    y = wp.float64(i // view.width)
    samples = offsets.shape[0]
    first = i * samples
    # Nearly every pixel sees one triangle alone; its samples are spread evenly about the centre.
    alone = winners[first] != NOTHING
    for k in range(1, samples):
        alone = alone and winners[first + k] != NOTHING and (winners[first + k] & INDEX) == (winners[first] & INDEX)
    if alone:
        t = int(winners[first] & INDEX)
        u = x + wp.float64(0.5)
        v = y + wp.float64(0.5)
        radiance[i] = surface_radiance(t, u, v, view, functions, triangles, surfaces, texels, lights, shadows)
        return
    out = wp.vec3(0.0, 0.0, 0.0)
    done = int(0)
    for k in range(samples):
        if (done >> k) & 1 == 0:
            winner = winners[first + k]
            triangle = int(winner & INDEX)
            weight = int(0)
            u = wp.float64(0.0)
            v = wp.float64(0.0)
            for j in range(k, samples):
                if (done >> j) & 1 == 0:
                    other = winners[first + j]
                    su = x + offsets[j][0]
                    sv = y + offsets[j][1]
                    same = other == NOTHING
                    if winner != NOTHING:
                        same = not same and same_surface(triangle, int(other & INDEX), su, sv, functions, triangles)
                    if same:
                        done = done | (1 << j)
                        weight += 1
                        u += su
                        v += sv
            share = wp.float64(1.0) / wp.float64(weight)
            u = u * share
            v = v * share
            color = wp.vec3(0.0, 0.0, 0.0)
            if winner == NOTHING:
                color = hemisphere(view.background_top, view.background_bottom, wp.normalize(ray_at(view, u, v))[2])
            else:
                color = surface_radiance(
                    triangle, u, v, view, functions, triangles, surfaces, texels, lights, shadows
                )
            out += color * float(weight)
    radiance[i] = out * (1.0 / float(samples))
