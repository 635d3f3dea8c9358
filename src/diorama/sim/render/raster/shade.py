"""From surfaces to light, and from light to an 8-bit picture.

Shading is the metallic-roughness model of glTF 2.0: a Lambert lobe and a microfacet lobe with the GGX distribution
(Walter et al. 2007), height-correlated Smith masking (Heitz 2014) and Schlick's Fresnel term, as Filament writes it.
Light from all around is a smooth blend of sky and ground.

Shadows are percentage-closer soft shadows (Fernando 2005): a few taps look for casters and their distance, which sets
how far the edge is blurred. Each tap is compared with the receiver's own plane at that texel, not with the receiver's
depth, so that a flat surface never shadows itself whatever its slope.

Kernels use only arithmetic and square roots, never the C library's powers or exponentials, which round differently from
machine to machine.
"""

import warp as wp

from diorama.sim.render.raster.lights import MAP_SIZE, POINT, SUN, LightData
from diorama.sim.render.raster.texture import lookup
from diorama.sim.render.raster.visibility import NOTHING

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

PI = wp.constant(3.14159265)
SIZE = wp.constant(MAP_SIZE)
#: How far in front of the receiver's plane a caster must be to count, in metres.
SHADOW_BIAS_M = wp.constant(0.0012)
#: Smallest roughness (perceptual): below it a point light's highlight is smaller than a pixel and only flickers.
MIN_ROUGHNESS = wp.constant(0.09)


@wp.struct
class View:
    """The camera and what surrounds the scene, as the kernels read them. Rows of `rotation` are the camera's axes."""

    width: int
    height: int
    focal: wp.vec2
    center: wp.vec2
    position: wp.vec3
    rotation: wp.mat33
    sky: wp.vec3
    ground: wp.vec3
    background_top: wp.vec3
    background_bottom: wp.vec3


@wp.struct
class Geometry:
    """Triangles and their looks, on the device; see SceneArrays."""

    edges: wp.array(dtype=wp.mat33d)
    planes: wp.array(dtype=wp.vec3d)
    faces: wp.array(dtype=wp.vec3i)
    normals: wp.array(dtype=wp.vec3)
    triangle_normal: wp.array(dtype=wp.vec3)
    triangle_surface: wp.array(dtype=int)
    corner_uv: wp.array(dtype=wp.vec2)
    surface_color: wp.array(dtype=wp.vec3)
    surface_finish: wp.array(dtype=wp.vec2)
    surface_texture: wp.array(dtype=int)
    texels: wp.array(dtype=wp.uint32)
    textures: wp.array(dtype=wp.vec4i)


@wp.func
def hemisphere(top: wp.vec3, bottom: wp.vec3, z: float) -> wp.vec3:
    """A smooth blend from straight below (z = -1) to straight above (z = 1)."""
    t = 0.5 + 0.5 * z
    t = t * t * (3.0 - 2.0 * t)
    return bottom * (1.0 - t) + top * t


@wp.func
def plane_step(light: LightData, q: wp.vec3, n: wp.vec3) -> wp.vec3:
    """The receiver's plane in the shadow map: its value at the point, and its change per texel along u and v.

    `q` and `n` are the point and the plane's normal in the light's frame. The value is -z for the sun, 1/z for a spot:
    both linear in the texel.
    """
    value = -q[2]
    per_texel = 1.0 / light.scale
    slope = n[2]
    if light.kind != SUN:
        value = 1.0 / q[2]
        slope = wp.dot(n, q)
    # At grazing incidence the plane is nearly edge-on and its slope unbounded; there is next to no light to shadow.
    if wp.abs(slope) < 1.0e-4:
        slope = 1.0e-4
    return wp.vec3(value, n[0] / slope * per_texel, n[1] / slope * per_texel)


@wp.func
def texel_of(light: LightData, q: wp.vec3) -> wp.vec2:
    s = light.scale
    if light.kind != SUN:
        s = s / q[2]
    return wp.vec2(q[0] * s + light.center, q[1] * s + light.center)


@wp.func
def blocked(maps: wp.array(dtype=float), base: int, x: int, y: int, plane: wp.vec3, at: wp.vec2, bias: float) -> float:
    """1 where the map at texel (x, y) is nearer to the light than the receiver's plane there, else 0."""
    expected = plane[0] + plane[1] * (float(x) + 0.5 - at[0]) + plane[2] * (float(y) + 0.5 - at[1])
    if maps[base + y * SIZE + x] > expected + bias:
        return 1.0
    return 0.0


@wp.func
def lit_fraction(
    light: LightData,
    maps: wp.array(dtype=float),
    search_taps: wp.array(dtype=wp.vec2),
    filter_taps: wp.array(dtype=wp.vec2),
    point: wp.vec3,
    normal: wp.vec3,
) -> float:
    """How much of the light's disc a point sees, 0 to 1. `normal` is that of the flat surface it lies on."""
    q = wp.mul(light.rotation, point) + light.translation
    if light.kind != SUN and q[2] <= 0.01:
        return 1.0
    at = texel_of(light, q)
    if at[0] < 0.0 or at[1] < 0.0 or at[0] >= float(SIZE) or at[1] >= float(SIZE):
        return 1.0
    plane = plane_step(light, q, wp.mul(light.rotation, normal))
    bias = SHADOW_BIAS_M
    if light.kind != SUN:
        bias = bias / (q[2] * q[2])
    base = light.shadow * SIZE * SIZE

    found = float(0.0)
    casters = float(0.0)
    for i in range(search_taps.shape[0]):
        tap = search_taps[i] * light.search
        x = wp.clamp(int(at[0] + tap[0]), 0, SIZE - 1)
        y = wp.clamp(int(at[1] + tap[1]), 0, SIZE - 1)
        if blocked(maps, base, x, y, plane, at, bias) > 0.0:
            found += 1.0
            casters += maps[base + y * SIZE + x]
    if found == 0.0:
        return 1.0
    mean = casters / found
    # Similar triangles: the sun's cone widens with the distance behind the caster, a spot's disc is seen past it.
    radius = light.blur * wp.abs(mean - plane[0])
    radius = wp.clamp(radius, 0.75, light.search)

    total = float(0.0)
    for i in range(filter_taps.shape[0]):
        tap = filter_taps[i] * radius
        fx = at[0] + tap[0] - 0.5
        fy = at[1] + tap[1] - 0.5
        x0 = wp.floor(fx)
        y0 = wp.floor(fy)
        wx = fx - x0
        wy = fy - y0
        xa = wp.clamp(int(x0), 0, SIZE - 1)
        xb = wp.min(xa + 1, SIZE - 1)
        ya = wp.clamp(int(y0), 0, SIZE - 1)
        yb = wp.min(ya + 1, SIZE - 1)
        top = blocked(maps, base, xa, ya, plane, at, bias) * (1.0 - wx) + blocked(maps, base, xb, ya, plane, at, bias) * wx
        low = blocked(maps, base, xa, yb, plane, at, bias) * (1.0 - wx) + blocked(maps, base, xb, yb, plane, at, bias) * wx
        total += top * (1.0 - wy) + low * wy
    return 1.0 - total / float(filter_taps.shape[0])


@wp.func
def reflected(albedo: wp.vec3, f0: wp.vec3, alpha: float, n: wp.vec3, v: wp.vec3, l: wp.vec3, no_v: float, no_l: float) -> wp.vec3:
    """The BRDF: Lambert and GGX, for unit vectors to the viewer and to the light."""
    h = wp.normalize(v + l)
    no_h = wp.clamp(wp.dot(n, h), 0.0, 1.0)
    lo_h = wp.clamp(wp.dot(l, h), 0.0, 1.0)
    a2 = alpha * alpha
    spread = no_h * no_h * (a2 - 1.0) + 1.0
    distribution = a2 / (PI * spread * spread)
    masking = 0.5 / (no_l * wp.sqrt(no_v * no_v * (1.0 - a2) + a2) + no_v * wp.sqrt(no_l * no_l * (1.0 - a2) + a2))
    m = 1.0 - lo_h
    m5 = m * m * m * m * m
    fresnel = f0 + (wp.vec3(1.0, 1.0, 1.0) - f0) * m5
    return albedo * (1.0 / PI) + fresnel * (distribution * masking)


@wp.func
def ambient(view: View, albedo: wp.vec3, f0: wp.vec3, roughness: float, n: wp.vec3, v: wp.vec3, no_v: float) -> wp.vec3:
    """Light from sky and ground: diffuse, and mirrored with the split-sum factor in Karis's mobile form
    (its exponential replaced by a rational that agrees within 0.01)."""
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
    return wp.cw_mul(albedo, soft) + wp.cw_mul(f0 * scale + wp.vec3(shift, shift, shift), mirror)


@wp.func
def surface_radiance(
    t: int,
    u: wp.float64,
    v: wp.float64,
    view: View,
    g: Geometry,
    lights: wp.array(dtype=LightData),
    maps: wp.array(dtype=float),
    search_taps: wp.array(dtype=wp.vec2),
    filter_taps: wp.array(dtype=wp.vec2),
) -> wp.vec3:
    """Radiance from triangle `t` towards the camera at pixel (u, v)."""
    e = g.edges[t]
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

    plane = g.planes[t]
    z = float(wp.float64(1.0) / (plane[0] * u + (plane[1] * v + plane[2])))
    ray = wp.vec3((float(u) - view.center[0]) / view.focal[0], (float(v) - view.center[1]) / view.focal[1], 1.0)
    to_point = wp.mul(wp.transpose(view.rotation), ray)
    point = view.position + to_point * z
    to_eye = -wp.normalize(to_point)

    flat = g.triangle_normal[t]
    f = g.faces[t]
    n = wp.normalize(g.normals[f[0]] * b0 + g.normals[f[1]] * b1 + g.normals[f[2]] * b2)
    if wp.dot(flat, to_eye) < 0.0:
        flat = -flat
        n = -n

    s = g.triangle_surface[t]
    color = g.surface_color[s]
    finish = g.surface_finish[s]
    texture = g.surface_texture[s]
    if texture >= 0:
        uv0 = g.corner_uv[3 * t]
        uv1 = g.corner_uv[3 * t + 1]
        uv2 = g.corner_uv[3 * t + 2]
        uv = uv0 * b0 + uv1 * b1 + uv2 * b2
        # d(uv) over a pixel, from the quotient rule on uv = sum(e_i uv_i) / sum(e_i).
        d1 = uv1 - uv0
        d2 = uv2 - uv0
        r = uv - uv0
        sx = float(e[0, 0] + e[1, 0] + e[2, 0]) * inv_total
        sy = float(e[0, 1] + e[1, 1] + e[2, 1]) * inv_total
        du = d1 * (float(e[1, 0]) * inv_total) + d2 * (float(e[2, 0]) * inv_total) - r * sx
        dv = d1 * (float(e[1, 1]) * inv_total) + d2 * (float(e[2, 1]) * inv_total) - r * sy
        color = wp.cw_mul(color, lookup(g.texels, g.textures[texture], uv[0], uv[1], wp.max(wp.dot(du, du), wp.dot(dv, dv))))

    metallic = finish[0]
    roughness = wp.max(finish[1], MIN_ROUGHNESS)
    alpha = roughness * roughness
    albedo = color * (1.0 - metallic)
    f0 = wp.vec3(0.04, 0.04, 0.04) * (1.0 - metallic) + color * metallic
    no_v = wp.max(wp.dot(n, to_eye), 1.0e-3)
    out = ambient(view, albedo, f0, roughness, n, to_eye, no_v)

    for i in range(lights.shape[0]):
        light = lights[i]
        to_light = -light.axis
        arriving = light.color
        if light.kind != SUN:
            away = light.position - point
            squared = wp.max(wp.dot(away, away), 1.0e-6)
            to_light = away * (1.0 / wp.sqrt(squared))
            falloff = 1.0 / squared
            if light.kind != POINT:
                edge = wp.clamp((-wp.dot(to_light, light.axis) - light.cos_outer) / (light.cos_inner - light.cos_outer), 0.0, 1.0)
                falloff = falloff * edge * edge
            arriving = arriving * falloff
        no_l = wp.dot(n, to_light)
        if no_l > 0.0 and wp.max(arriving[0], wp.max(arriving[1], arriving[2])) > 0.0:
            lit = float(1.0)
            if light.shadow >= 0:
                if wp.dot(flat, to_light) <= 0.0:
                    lit = 0.0
                else:
                    lit = lit_fraction(light, maps, search_taps, filter_taps, point, flat)
            if lit > 0.0:
                out += wp.cw_mul(reflected(albedo, f0, alpha, n, to_eye, to_light, no_v, no_l), arriving) * (no_l * lit)
    return out


@wp.func
def same_surface(a: int, b: int, u: wp.float64, v: wp.float64, g: Geometry) -> bool:
    """Whether two triangles are one surface as far as a pixel can tell: same part, nearly one plane there."""
    if g.triangle_surface[a] != g.triangle_surface[b]:
        return False
    if wp.dot(g.triangle_normal[a], g.triangle_normal[b]) < 0.9:
        return False
    pa = g.planes[a]
    pb = g.planes[b]
    da = pa[0] * u + (pa[1] * v + pa[2])
    db = pb[0] * u + (pb[1] * v + pb[2])
    return wp.abs(da - db) < wp.float64(0.03) * da


@wp.kernel
def shade(
    winners: wp.array(dtype=wp.uint64),
    offsets: wp.array(dtype=wp.vec2d),
    view: View,
    g: Geometry,
    lights: wp.array(dtype=LightData),
    maps: wp.array(dtype=float),
    search_taps: wp.array(dtype=wp.vec2),
    filter_taps: wp.array(dtype=wp.vec2),
    radiance: wp.array(dtype=wp.vec3),
):
    """The mean radiance of each pixel's samples, shading each distinct surface in it once."""
    i = wp.tid()
    x = i % view.width
    y = i // view.width
    samples = offsets.shape[0]
    first = i * samples
    out = wp.vec3(0.0, 0.0, 0.0)
    done = int(0)
    for k in range(samples):
        if (done >> k) & 1 == 0:
            winner = winners[first + k]
            triangle = int(winner & wp.uint64(0xFFFFFFFF))
            weight = float(0.0)
            u = wp.float64(0.0)
            v = wp.float64(0.0)
            for j in range(k, samples):
                if (done >> j) & 1 == 0:
                    other = winners[first + j]
                    su = wp.float64(x) + offsets[j][0]
                    sv = wp.float64(y) + offsets[j][1]
                    same = other == NOTHING
                    if winner != NOTHING:
                        same = False
                        if other != NOTHING:
                            candidate = int(other & wp.uint64(0xFFFFFFFF))
                            same = candidate == triangle
                            if not same:
                                same = same_surface(triangle, candidate, su, sv, g)
                    if same:
                        done = done | (1 << j)
                        weight += 1.0
                        u += su
                        v += sv
            u = u / wp.float64(weight)
            v = v / wp.float64(weight)
            color = wp.vec3(0.0, 0.0, 0.0)
            if winner == NOTHING:
                ray = wp.vec3((float(u) - view.center[0]) / view.focal[0], (float(v) - view.center[1]) / view.focal[1], 1.0)
                direction = wp.normalize(wp.mul(wp.transpose(view.rotation), ray))
                color = hemisphere(view.background_top, view.background_bottom, direction[2])
            else:
                color = surface_radiance(triangle, u, v, view, g, lights, maps, search_taps, filter_taps)
            out += color * weight
    radiance[i] = out * (1.0 / float(samples))


@wp.func
def mixed(x: wp.uint32) -> wp.uint32:
    """A bijective integer hash (lowbias32 by Chris Wellons)."""
    x = x ^ (x >> wp.uint32(16))
    x = x * wp.uint32(0x7FEB352D)
    x = x ^ (x >> wp.uint32(15))
    x = x * wp.uint32(0x846CA68B)
    return x ^ (x >> wp.uint32(16))


@wp.func
def bell(bits: wp.uint32) -> float:
    """Zero mean, unit deviation and nearly normal: the sum of four uniform bytes (Irwin-Hall)."""
    total = (bits & wp.uint32(255)) + ((bits >> wp.uint32(8)) & wp.uint32(255)) + ((bits >> wp.uint32(16)) & wp.uint32(255)) + (bits >> wp.uint32(24))
    return (float(total) - 510.0) * (1.0 / 147.79986)


@wp.func
def developed(signal: float, bits: wp.uint32, read2: float, shot: float, filmic: int, codes: wp.array(dtype=wp.uint8)) -> wp.uint8:
    """One channel: noise, tone curve, and the sRGB code from a table over the square root of the value."""
    s = wp.max(signal + bell(bits) * wp.sqrt(read2 + shot * signal), 0.0)
    if filmic != 0:
        # Narkowicz's fit of the ACES film curve.
        s = s * 0.8
        s = (s * (2.51 * s + 0.03)) / (s * (2.43 * s + 0.59) + 0.14)
    last = codes.shape[0] - 1
    return codes[wp.min(int(wp.sqrt(wp.min(s, 1.0)) * float(last) + 0.5), last)]


@wp.kernel
def develop(
    radiance: wp.array(dtype=wp.vec3),
    exposure: float,
    filmic: int,
    read2: float,
    shot: float,
    seed: wp.uint32,
    codes: wp.array(dtype=wp.uint8),
    rgb: wp.array2d(dtype=wp.uint8),
):
    """Radiance to 8-bit sRGB by the camera's sensor (see SensorSpec). The noise depends on seed and pixel alone."""
    i = wp.tid()
    c = radiance[i] * exposure
    bits = mixed(wp.uint32(i) * wp.uint32(0x9E3779B9) ^ seed)
    rgb[i, 0] = developed(c[0], bits, read2, shot, filmic, codes)
    bits = mixed(bits + wp.uint32(0x9E3779B9))
    rgb[i, 1] = developed(c[1], bits, read2, shot, filmic, codes)
    bits = mixed(bits + wp.uint32(0x9E3779B9))
    rgb[i, 2] = developed(c[2], bits, read2, shot, filmic, codes)
