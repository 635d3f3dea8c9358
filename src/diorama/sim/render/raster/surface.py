"""What is at a fragment: its point in the world, which way it faces, and its material there."""

import warp as wp

from diorama.sim.render.raster.brdf import Surfels, finish
from diorama.sim.render.raster.dfg import dfg
from diorama.sim.render.raster.fragments import Fragments
from diorama.sim.render.raster.lanes import LANES, Indices, Lanes, Vectors, added, clamped, dots, scaled, spread, units, vector_at, vectors
from diorama.sim.render.raster.meshes import Triangle
from diorama.sim.render.raster.scene import (
    BASE_TEXTURE,
    CUT_OUT,
    EMISSIVE_TEXTURE,
    NORMAL_TEXTURE,
    OCCLUSION_TEXTURE,
    ROUGHNESS_TEXTURE,
    Surface,
)
from diorama.sim.render.raster.texture import lookup, lookup_alpha, lookup_data, lookup_normal, roughened
from diorama.sim.render.raster.texture_lanes import Spots, lookups
from diorama.sim.render.raster.visibility import Planes

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

#: Smallest roughness (perceptual): below it a point light's highlight is smaller than a pixel and only flickers.
MIN_ROUGHNESS = wp.constant(0.09)
#: How much a pixel's span of normals widens highlights, and the most that it may (Tokuyoshi and Kaplanyan, "Improved geometric
#: specular antialiasing", 2019).
NORMAL_VARIANCE = wp.constant(0.25)
MAX_WIDENING = wp.constant(0.18)


@wp.struct
class View:
    """The camera, as the kernels read it.

    `rays` are those of pixels' centres in the camera's axes, and how they change from pixel to pixel to the right and downwards; without
    a lens there are none.
    """

    rays: wp.array(dtype=wp.mat33)
    width: int
    height: int
    per_focal: wp.vec2
    center: wp.vec2
    position: wp.vec3
    world_from_camera: wp.mat33


@wp.struct
class Looks:
    """All triangles and their materials: `surfaces` by `Triangle.surface`, `texels` the textures' atlas, `dfg` the table of dfg.py."""

    planes: wp.array(dtype=Planes)
    triangles: wp.array(dtype=Triangle)
    surfaces: wp.array(dtype=Surface)
    texels: wp.array(dtype=wp.uint32)
    dfg: wp.array(dtype=wp.vec2)


@wp.struct
class Places:
    """Where in the picture fragments are: pixel coordinates, and the rays through them in the camera's axes (`bent`) and in the world's:
    as long as makes one metre along the camera's axis, or with a lens one metre.
    """

    u: Lanes
    v: Lanes
    bent: Vectors
    ray: Vectors


@wp.struct
class Texel:
    """A surface's textured properties at one point. `normal` is in tangent axes, `spread` as lookup_normal's fourth number.
    `cut` is 1 where the colour has alpha.
    """

    color: wp.vec3
    opacity: float
    metallic: float
    roughness: float
    open: float
    emitted: wp.vec3
    normal: wp.vec3
    spread: float
    cut: int


@wp.func
def to_world(view: View, d: Vectors) -> Vectors:
    """Directions of the camera's axes, in the world's."""
    m = view.world_from_camera
    return vectors(
        d.x * m[0, 0] + d.y * m[0, 1] + d.z * m[0, 2],
        d.x * m[1, 0] + d.y * m[1, 1] + d.z * m[1, 2],
        d.x * m[2, 0] + d.y * m[2, 1] + d.z * m[2, 2],
    )


@wp.func
def rays(view: View, u: Lanes, v: Lanes) -> Vectors:
    """The rays of a pinhole through places of the picture, in the camera's axes, as long as makes one metre along its own."""
    x = (u - Lanes(view.center[0])) * view.per_focal[0]
    y = (v - Lanes(view.center[1])) * view.per_focal[1]
    return vectors(x, y, Lanes(1.0))


@wp.func
def pixel_at(view: View, u: float, v: float) -> int:
    """The pixel that a place of the picture is in."""
    return wp.clamp(int(v), 0, view.height - 1) * view.width + wp.clamp(int(u), 0, view.width - 1)


@wp.func
def bent_rays(view: View, u: Lanes, v: Lanes) -> Vectors:
    """The rays of a lens through places of the picture, of length one in the camera's axes, from those of the pixels' centres."""
    out = Vectors()
    for i in range(LANES):
        m = view.rays[pixel_at(view, u[i], v[i])]
        ray = m[0] + m[1] * (u[i] - wp.floor(u[i]) - 0.5) + m[2] * (v[i] - wp.floor(v[i]) - 0.5)
        out.x[i] = ray[0]
        out.y[i] = ray[1]
        out.z[i] = ray[2]
    return units(out)


@wp.func
def places(view: View, fragments: Fragments, pixels: int, base: int, count: int) -> Places:
    """The places of eight fragments: first those of pixels, row by row, then those of mixed pixels."""
    u = Lanes()
    v = Lanes()
    if base + LANES <= pixels:
        y = base // view.width
        x = base - y * view.width
        for i in range(LANES):
            past = wp.where(x + i >= view.width, 1, 0)
            u[i] = float(x + i - past * view.width) + 0.5
            v[i] = float(y + past) + 0.5
    if base + LANES > pixels or view.width < LANES:
        for i in range(LANES):
            at = wp.min(base + i, count - 1)
            if at < pixels:
                u[i] = float(at % view.width) + 0.5
                v[i] = float(at // view.width) + 0.5
            else:
                u[i] = fragments.place[at - pixels][0]
                v[i] = fragments.place[at - pixels][1]
    out = Places()
    out.u = u
    out.v = v
    if view.rays.shape[0] > 0:
        out.bent = bent_rays(view, u, v)
    else:
        out.bent = rays(view, u, v)
    out.ray = to_world(view, out.bent)
    return out


@wp.func
def textured(looks: Looks, surface: Surface, at: Spots, lane: int) -> Texel:
    """What the textures say that are met seldom: all but an opaque base colour's."""
    out = Texel()
    out.color = surface.color
    out.opacity = surface.opacity
    out.metallic = surface.metallic
    out.roughness = surface.roughness
    out.open = 1.0
    out.emitted = surface.emissive
    out.normal = wp.vec3(0.0, 0.0, 1.0)
    u = at.u[lane]
    v = 1.0 - at.v[lane]
    right = wp.vec2(at.right_u[lane], at.right_v[lane])
    down = wp.vec2(at.down_u[lane], at.down_v[lane])
    longer = wp.max(wp.dot(right, right), wp.dot(down, down))
    if surface.textures & CUT_OUT != 0:
        c = lookup_alpha(looks.texels, surface.base, u, v, across2(surface.base, longer))
        out.cut = 1
        out.color = wp.cw_mul(out.color, wp.vec3(c[0], c[1], c[2]))
        out.opacity *= c[3]
    if surface.textures & ROUGHNESS_TEXTURE != 0:
        d = lookup_data(looks.texels, surface.metallic_roughness, u, v, across2(surface.metallic_roughness, longer))
        out.roughness *= d[1]
        out.metallic *= d[2]
    if surface.textures & OCCLUSION_TEXTURE != 0:
        out.open = lookup_data(looks.texels, surface.occlusion, u, v, across2(surface.occlusion, longer))[0]
    if surface.textures & EMISSIVE_TEXTURE != 0:
        out.emitted = wp.cw_mul(out.emitted, lookup(looks.texels, surface.emission, u, v, across2(surface.emission, longer)))
    if surface.textures & NORMAL_TEXTURE != 0:
        n = lookup_normal(looks.texels, surface.normal, u, v, across2(surface.normal, longer))
        out.normal = wp.vec3(n[0] * surface.normal_scale, n[1] * surface.normal_scale, n[2])
        out.spread = n[3]
    return out


@wp.func
def across2(entry: wp.vec4i, tiles2: float) -> float:
    """A footprint's squared length in texels, from that in tiles. Textures that are not square count by their longer side."""
    side = float(wp.max(entry[1], entry[2]))
    return tiles2 * side * side


@wp.func
def bent(triangle: Triangle, n: wp.vec3, tangential: wp.vec3) -> wp.vec3:
    """The normal of a normal map in world axes. `n` is the smooth surface's."""
    t = triangle.tangent - n * wp.dot(n, triangle.tangent)
    length = wp.length(t)
    if length < 1.0e-6:
        return n
    t = t / length
    b = wp.cross(n, t) * triangle.handedness
    return wp.normalize(t * tangential[0] + b * tangential[1] + n * tangential[2])


@wp.func
def surfels(looks: Looks, view: View, at: Places, triangle: Indices) -> Surfels:
    """What is at eight fragments. Lanes whose triangle is negative hold something, for nobody to look at."""
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
        p = looks.planes[wp.max(triangle[i], 0)]
        if view.rays.shape[0] > 0:
            value = p * vector_at(at.bent, i)
            steps = p * wp.transpose(view.rays[pixel_at(view, at.u[i], at.v[i])])
            g1[i] = value[0]
            g2[i] = value[1]
            w[i] = value[2]
            g1x[i] = steps[0, 1]
            g1y[i] = steps[0, 2]
            g2x[i] = steps[1, 1]
            g2y[i] = steps[1, 2]
            wx[i] = steps[2, 1]
            wy[i] = steps[2, 2]
            continue
        du = at.u[i] - p[3, 0]
        dv = at.v[i] - p[3, 1]
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
    s = Surfels()
    s.depth = wp.cw_div(Lanes(1.0), w)
    b1 = clamped(wp.cw_mul(g1, s.depth), 0.0, 1.0)
    b2 = clamped(wp.cw_mul(g2, s.depth), 0.0, 1.0)
    # How fast the weights of the second and third corner change from pixel to pixel, by the quotient rule.
    b1x = wp.cw_mul(g1x - wp.cw_mul(b1, wx), s.depth)
    b1y = wp.cw_mul(g1y - wp.cw_mul(b1, wy), s.depth)
    b2x = wp.cw_mul(g2x - wp.cw_mul(b2, wx), s.depth)
    b2y = wp.cw_mul(g2y - wp.cw_mul(b2, wy), s.depth)
    s.point = added(spread(view.position), scaled(at.ray, s.depth))
    toward = units(at.ray)
    s.to_eye = vectors(-toward.x, -toward.y, -toward.z)

    n = Vectors()
    dn1 = Vectors()
    dn2 = Vectors()
    metallic = Lanes()
    dielectric = Lanes()
    spread2 = Lanes()
    s.coated = 0
    flat = Vectors()
    base = Vectors()
    emitted = Vectors()
    coat = Lanes()
    coat_roughness = Lanes()
    transmission = Lanes()
    roughness = Lanes()
    opacity = Lanes()
    opening = Lanes()
    for i in range(LANES):
        t = wp.max(triangle[i], 0)
        normal = looks.triangles[t].n0
        n.x[i] = normal[0]
        n.y[i] = normal[1]
        n.z[i] = normal[2]
        second = looks.triangles[t].dn1
        dn1.x[i] = second[0]
        dn1.y[i] = second[1]
        dn1.z[i] = second[2]
        third = looks.triangles[t].dn2
        dn2.x[i] = third[0]
        dn2.y[i] = third[1]
        dn2.z[i] = third[2]
        facet = looks.triangles[t].flat
        flat.x[i] = facet[0]
        flat.y[i] = facet[1]
        flat.z[i] = facet[2]
    n = units(added(n, added(scaled(dn1, b1), scaled(dn2, b2))))
    right = added(scaled(dn1, b1x), scaled(dn2, b2x))
    down = added(scaled(dn1, b1y), scaled(dn2, b2y))
    spread2 = wp.min((dots(right, right) + dots(down, down)) * (2.0 * NORMAL_VARIANCE), Lanes(MAX_WIDENING))
    textures = int(0)
    spots = Spots()
    start = Indices()
    width = Indices()
    height = Indices()
    count = Indices()
    for i in range(LANES):
        t = wp.max(triangle[i], 0)
        k = looks.triangles[t].surface
        color = looks.surfaces[k].color
        base.x[i] = color[0]
        base.y[i] = color[1]
        base.z[i] = color[2]
        glow = looks.surfaces[k].emissive
        emitted.x[i] = glow[0]
        emitted.y[i] = glow[1]
        emitted.z[i] = glow[2]
        metallic[i] = looks.surfaces[k].metallic
        roughness[i] = looks.surfaces[k].roughness
        dielectric[i] = looks.surfaces[k].dielectric
        opacity[i] = looks.surfaces[k].opacity
        opening[i] = 1.0
        coat[i] = looks.surfaces[k].coat
        coat_roughness[i] = looks.surfaces[k].coat_roughness
        transmission[i] = looks.surfaces[k].transmission
        s.coated = wp.where(coat[i] > 0.0, 1, s.coated)
        textures = textures | looks.surfaces[k].textures
        uv = looks.triangles[t].uv0
        d1 = looks.triangles[t].duv1
        d2 = looks.triangles[t].duv2
        spots.u[i] = uv[0] + d1[0] * b1[i] + d2[0] * b2[i]
        spots.v[i] = 1.0 - (uv[1] + d1[1] * b1[i] + d2[1] * b2[i])
        spots.right_u[i] = d1[0] * b1x[i] + d2[0] * b2x[i]
        spots.right_v[i] = -(d1[1] * b1x[i] + d2[1] * b2x[i])
        spots.down_u[i] = d1[0] * b1y[i] + d2[0] * b2y[i]
        spots.down_v[i] = -(d1[1] * b1y[i] + d2[1] * b2y[i])
        colors = looks.surfaces[k].base
        start[i] = colors[0]
        width[i] = colors[1]
        height[i] = colors[2]
        count[i] = colors[3]
    if textures & BASE_TEXTURE != 0:
        found = lookups(looks.texels, start, width, height, count, spots)
        for i in range(LANES):
            base.x[i] *= wp.where(count[i] > 0, found.x[i], 1.0)
            base.y[i] *= wp.where(count[i] > 0, found.y[i], 1.0)
            base.z[i] *= wp.where(count[i] > 0, found.z[i], 1.0)
    if textures & ~BASE_TEXTURE != 0:
        for i in range(LANES):
            t = wp.max(triangle[i], 0)
            k = looks.triangles[t].surface
            if looks.surfaces[k].textures & ~BASE_TEXTURE != 0:
                texel = textured(looks, looks.surfaces[k], spots, i)
                base.x[i] = wp.where(texel.cut == 1, texel.color[0], base.x[i])
                base.y[i] = wp.where(texel.cut == 1, texel.color[1], base.y[i])
                base.z[i] = wp.where(texel.cut == 1, texel.color[2], base.z[i])
                emitted.x[i] = texel.emitted[0]
                emitted.y[i] = texel.emitted[1]
                emitted.z[i] = texel.emitted[2]
                metallic[i] = texel.metallic
                roughness[i] = texel.roughness
                opacity[i] = texel.opacity
                opening[i] = texel.open
                if looks.surfaces[k].textures & NORMAL_TEXTURE != 0:
                    bumped = bent(looks.triangles[t], wp.vec3(n.x[i], n.y[i], n.z[i]), texel.normal)
                    n.x[i] = bumped[0]
                    n.y[i] = bumped[1]
                    n.z[i] = bumped[2]
                    spread2[i] = roughened(spread2[i], texel.spread)
    s.base = base
    s.emitted = emitted
    s.coat = coat
    s.coat_roughness = coat_roughness
    s.transmission = transmission
    s.opacity = opacity
    s.open = opening
    side = dots(flat, s.to_eye)
    for i in range(LANES):
        side[i] = wp.where(side[i] < 0.0, -1.0, 1.0)
    s.flat = scaled(flat, side)
    s.normal = scaled(n, side)
    s.no_v = wp.max(dots(s.normal, s.to_eye), Lanes(1.0e-3))
    s.roughness = clamped(roughness, MIN_ROUGHNESS, 1.0)
    alpha = wp.cw_mul(s.roughness, s.roughness)
    s.alpha2 = wp.min(wp.cw_mul(alpha, alpha) + spread2, Lanes(1.0))
    grazing = Lanes()
    total = Lanes()
    coat_grazing = Lanes()
    coat_total = Lanes()
    for i in range(LANES):
        entry = dfg(looks.dfg, s.roughness[i], s.no_v[i])
        grazing[i] = entry[0]
        total[i] = entry[1]
    if s.coated == 1:
        s.coat_roughness = wp.max(s.coat_roughness, Lanes(MIN_ROUGHNESS))
        alpha = wp.cw_mul(s.coat_roughness, s.coat_roughness)
        s.coat_alpha2 = wp.min(wp.cw_mul(alpha, alpha) + spread2, Lanes(1.0))
        for i in range(LANES):
            entry = dfg(looks.dfg, s.coat_roughness[i], s.no_v[i])
            coat_grazing[i] = entry[0]
            coat_total[i] = entry[1]
    return finish(s, metallic, dielectric, grazing, total, coat_grazing, coat_total)
