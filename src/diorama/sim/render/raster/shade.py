"""From surfaces to light: what each fragment sends to the camera."""

import warp as wp

from diorama.sim.render.raster.brdf import Surfels, reflected, view_masks
from diorama.sim.render.raster.fragments import Fragments
from diorama.sim.render.raster.lanes import (
    LANES,
    Indices,
    Lanes,
    Vectors,
    added,
    clamped,
    dots,
    dots_with,
    multiplied,
    roots,
    scaled,
    spread,
    units,
    vector_at,
    vectors,
)
from diorama.sim.render.raster.light_data import POINT, SUN, LightData, Shadows
from diorama.sim.render.raster.scene import Surface, Triangle
from diorama.sim.render.raster.shadow import lit_fraction
from diorama.sim.render.raster.texture import lookup
from diorama.sim.render.raster.visibility import EMPTY, Planes

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

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
def rays(view: View, u: Lanes, v: Lanes) -> Vectors:
    """The world-space rays through pixels, as long as makes one metre along the camera's axis."""
    x = (u - Lanes(view.center[0])) * view.per_focal[0]
    y = (v - Lanes(view.center[1])) * view.per_focal[1]
    m = view.world_from_camera
    return vectors(
        x * m[0, 0] + y * m[0, 1] + Lanes(m[0, 2]),
        x * m[1, 0] + y * m[1, 1] + Lanes(m[1, 2]),
        x * m[2, 0] + y * m[2, 1] + Lanes(m[2, 2]),
    )


@wp.func
def hemisphere(top: wp.vec3, bottom: wp.vec3, z: Lanes) -> Vectors:
    """A smooth blend from straight below (z = -1) to straight above (z = 1)."""
    t = clamped(z * 0.5 + Lanes(0.5), 0.0, 1.0)
    t = wp.cw_mul(wp.cw_mul(t, t), Lanes(3.0) - t * 2.0)
    d = top - bottom
    return vectors(Lanes(bottom[0]) + t * d[0], Lanes(bottom[1]) + t * d[1], Lanes(bottom[2]) + t * d[2])


@wp.func
def ambient(view: View, s: Surfels) -> Vectors:
    """Light from sky and ground."""
    double = dots(s.normal, s.to_eye) * 2.0
    rz = wp.cw_mul(s.normal.z, double) - s.to_eye.z
    mirror = hemisphere(view.sky, view.ground, rz)
    soft = hemisphere(view.sky, view.ground, s.normal.z)
    rx = Lanes(1.0) - s.roughness
    mirror = added(scaled(mirror, rx), scaled(soft, s.roughness))
    ry = Lanes(0.0425) - s.roughness * 0.0275
    rz2 = Lanes(1.04) - s.roughness * 0.572
    rw = s.roughness * 0.022 - Lanes(0.04)
    e = wp.cw_div(Lanes(1.0), Lanes(1.0) + s.no_v * 0.804)
    e = wp.cw_mul(e, e)
    e = wp.cw_mul(e, e)
    e = wp.cw_mul(e, e)
    a004 = wp.cw_mul(wp.min(wp.cw_mul(rx, rx), e), rx) + ry
    scale = rz2 - a004 * 1.04
    shift = a004 * 1.04 + rw
    share = vectors(wp.cw_mul(s.f0.x, scale) + shift, wp.cw_mul(s.f0.y, scale) + shift, wp.cw_mul(s.f0.z, scale) + shift)
    one = Lanes(1.0)
    diffuse = multiplied(vectors(one - share.x, one - share.y, one - share.z), multiplied(s.albedo, soft))
    return added(diffuse, multiplied(share, mirror))


@wp.kernel
def shade(
    fragments: Fragments,
    pixels: int,
    count: int,
    view: View,
    planes: wp.array(dtype=Planes),
    triangles: wp.array(dtype=Triangle),
    surfaces: wp.array(dtype=Surface),
    texels: wp.array(dtype=wp.uint32),
    lights: wp.array(dtype=LightData),
    shadows: Shadows,
    radiance: wp.array(dtype=wp.vec3),
):
    """The radiance of eight fragments."""
    base = wp.tid() * LANES
    triangle = Indices()
    u = Lanes()
    v = Lanes()
    seen = int(0)
    empty = int(0)
    for i in range(LANES):
        triangle[i] = fragments.triangle[wp.min(base + i, count - 1)]
        seen += wp.where(triangle[i] >= 0, 1, 0)
        empty += wp.where(triangle[i] == EMPTY, 1, 0)
    if seen + empty == 0:
        return
    if base + LANES <= pixels:
        y = base // view.width
        x = base - y * view.width
        for i in range(LANES):
            past = wp.where(x + i >= view.width, 1, 0)
            u[i] = float(x + i - past * view.width) + 0.5
            v[i] = float(y + past) + 0.5
    else:
        for i in range(LANES):
            at = wp.min(base + i, count - 1)
            if at < pixels:
                u[i] = float(at % view.width) + 0.5
                v[i] = float(at // view.width) + 0.5
            else:
                u[i] = fragments.place[at - pixels][0]
                v[i] = fragments.place[at - pixels][1]
    to_point = rays(view, u, v)
    toward = units(to_point)
    if empty > 0:
        sky = hemisphere(view.background_top, view.background_bottom, toward.z)
        for i in range(LANES):
            if triangle[i] == EMPTY and base + i < count:
                radiance[base + i] = vector_at(sky, i)
    if seen == 0:
        return
    g1 = Lanes()
    g2 = Lanes()
    w = Lanes()
    wx = Lanes()
    wy = Lanes()
    g1x = Lanes()
    g1y = Lanes()
    g2x = Lanes()
    g2y = Lanes()
    for i in range(LANES):
        p = planes[wp.max(triangle[i], 0)]
        du = u[i] - p[3, 0]
        dv = v[i] - p[3, 1]
        g1[i] = p[0, 0] * du + (p[0, 1] * dv + p[0, 2])
        g2[i] = p[1, 0] * du + (p[1, 1] * dv + p[1, 2])
        w[i] = p[2, 0] * du + (p[2, 1] * dv + p[2, 2])
        g1x[i] = p[0, 0]
        g1y[i] = p[0, 1]
        g2x[i] = p[1, 0]
        g2y[i] = p[1, 1]
        wx[i] = p[2, 0]
        wy[i] = p[2, 1]
    # Lanes without a surface must not go astray.
    for i in range(LANES):
        w[i] = wp.where(triangle[i] >= 0, w[i], 1.0)
        g1[i] = wp.where(triangle[i] >= 0, g1[i], 0.0)
        g2[i] = wp.where(triangle[i] >= 0, g2[i], 0.0)
    z = wp.cw_div(Lanes(1.0), w)
    b1 = clamped(wp.cw_mul(g1, z), 0.0, 1.0)
    b2 = clamped(wp.cw_mul(g2, z), 0.0, 1.0)
    s = Surfels()
    s.point = added(spread(view.position), scaled(to_point, z))
    s.to_eye = vectors(-toward.x, -toward.y, -toward.z)

    n = Vectors()
    f = Vectors()
    color = Vectors()
    metallic = Lanes()
    rough = Lanes()
    for i in range(LANES):
        t = wp.max(triangle[i], 0)
        nn = triangles[t].n0 + triangles[t].dn1 * b1[i] + triangles[t].dn2 * b2[i]
        n.x[i] = nn[0]
        n.y[i] = nn[1]
        n.z[i] = nn[2]
        ff = triangles[t].flat
        f.x[i] = ff[0]
        f.y[i] = ff[1]
        f.z[i] = ff[2]
        surface = triangles[t].surface
        c = surfaces[surface].color
        texture = surfaces[surface].texture
        if texture[3] > 0:
            uv = triangles[t].uv0 + triangles[t].duv1 * b1[i] + triangles[t].duv2 * b2[i]
            zz = z[i]
            across = wp.vec2(float(texture[1]), float(texture[2]))
            right = (triangles[t].duv1 * (g1x[i] - b1[i] * wx[i]) + triangles[t].duv2 * (g2x[i] - b2[i] * wx[i])) * zz
            down = (triangles[t].duv1 * (g1y[i] - b1[i] * wy[i]) + triangles[t].duv2 * (g2y[i] - b2[i] * wy[i])) * zz
            right = wp.cw_mul(right, across)
            down = wp.cw_mul(down, across)
            c = wp.cw_mul(c, lookup(texels, texture, uv[0], uv[1], wp.max(wp.dot(right, right), wp.dot(down, down))))
        color.x[i] = c[0]
        color.y[i] = c[1]
        color.z[i] = c[2]
        metallic[i] = surfaces[surface].metallic
        rough[i] = surfaces[surface].roughness
    n = units(n)
    side = dots(f, s.to_eye)
    for i in range(LANES):
        side[i] = wp.where(side[i] < 0.0, -1.0, 1.0)
    s.flat = scaled(f, side)
    s.normal = scaled(n, side)
    s.roughness = wp.max(rough, Lanes(MIN_ROUGHNESS))
    alpha = wp.cw_mul(s.roughness, s.roughness)
    s.alpha2 = wp.cw_mul(alpha, alpha)
    plain = Lanes(1.0) - metallic
    s.albedo = scaled(color, plain)
    dielectric = plain * 0.04
    s.f0 = vectors(dielectric + wp.cw_mul(color.x, metallic), dielectric + wp.cw_mul(color.y, metallic), dielectric + wp.cw_mul(color.z, metallic))
    s.f90 = Lanes(1.0)
    s.gain = vectors(Lanes(1.0), Lanes(1.0), Lanes(1.0))
    s.no_v = wp.max(dots(s.normal, s.to_eye), Lanes(1.0e-3))
    s.view_mask = view_masks(s.no_v, s.alpha2)
    out = ambient(view, s)

    for k in range(lights.shape[0]):
        axis = lights[k].axis
        to_light = spread(-axis)
        falloff = Lanes(1.0)
        if lights[k].kind != SUN:
            position = lights[k].position
            away = vectors(Lanes(position[0]) - s.point.x, Lanes(position[1]) - s.point.y, Lanes(position[2]) - s.point.z)
            inverse = wp.cw_div(Lanes(1.0), roots(wp.max(dots(away, away), Lanes(1.0e-6))))
            to_light = scaled(away, inverse)
            falloff = wp.cw_mul(inverse, inverse)
            if lights[k].kind != POINT:
                edge = clamped((Lanes(-lights[k].cos_outer) - dots_with(to_light, axis)) * lights[k].per_cos, 0.0, 1.0)
                falloff = wp.cw_mul(falloff, wp.cw_mul(edge, edge))
        no_l = wp.max(dots(s.normal, to_light), Lanes(0.0))
        falloff = wp.cw_mul(falloff, no_l)
        if lights[k].shadow >= 0:
            facing = dots(s.flat, to_light)
            for i in range(LANES):
                if falloff[i] > 0.0:
                    if facing[i] <= 0.0:
                        falloff[i] = 0.0
                    else:
                        falloff[i] = falloff[i] * lit_fraction(lights, k, shadows, vector_at(s.point, i), vector_at(s.flat, i))
        c = lights[k].color
        out = added(out, scaled(multiplied(reflected(s, to_light, wp.max(no_l, Lanes(1.0e-6))), spread(c)), falloff))
    for i in range(LANES):
        if triangle[i] >= 0 and base + i < count:
            radiance[base + i] = vector_at(out, i)
