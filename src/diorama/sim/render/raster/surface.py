"""What is at a fragment: its point in the world, which way it faces, and its material there."""

import warp as wp

from diorama.sim.render.raster.brdf import Shares, Surfels, finish
from diorama.sim.render.raster.dfg import SIDE
from diorama.sim.render.raster.fragments import Fragments
from diorama.sim.render.raster.lanes import (
    LANES,
    Indices,
    Lanes,
    Pairs,
    Vectors,
    added,
    clamped,
    dots,
    dots_with,
    greater,
    greatest,
    greatest_index,
    lesser,
    matching,
    multiplied,
    pick,
    scaled,
    spread,
    units,
    vector_at,
    vectors,
    without,
)
from diorama.sim.render.raster.materials import (
    BASE_TEXTURE,
    CUT_OUT,
    EMISSIVE_TEXTURE,
    NORMAL_TEXTURE,
    OCCLUSION_TEXTURE,
    ROUGHNESS_TEXTURE,
    Surface,
)
from diorama.sim.render.raster.meshes import Triangle
from diorama.sim.render.raster.skin import Skin, merged
from diorama.sim.render.raster.texture import lookup, lookup_alpha, lookup_data, lookup_normal, roughened
from diorama.sim.render.raster.texture_lanes import Spots, lookups
from diorama.sim.render.raster.visibility import Planes
from diorama.sim.render.raster.weather import DRY, Weathers, in_weather

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
    """All triangles and their materials: `surfaces` by `Triangle.surface`, `texels` the textures' atlas, `dfg` the table of dfg.py, `weather` the
    noise of weather.py; empty where nothing is wet or snowed upon.
    """

    planes: wp.array(dtype=Planes)
    triangles: wp.array(dtype=Triangle)
    surfaces: wp.array(dtype=Surface)
    texels: wp.array(dtype=wp.uint32)
    dfg: wp.array(dtype=wp.vec2)
    weather: wp.array(dtype=float)


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


@wp.func_native("""
    wp::mat_t<2, 8, float> r;
    int y = base / width, x = base - y * width;
    for (int i = 0; i < 8; ++i) {
        int past = x + i < width ? 0 : 1;
        r.data[0][i] = (float)(x + i - past * width) + 0.5f;
        r.data[1][i] = (float)(y + past) + 0.5f;
    }
    return r;
""")
def centers(base: int, width: int) -> Pairs:
    """The centres (u, v) of eight pixels in a row, and of the next row from its end on."""


@wp.func_native("""
    wp::mat_t<2, 8, float> r;
    for (int i = 0; i < 8; ++i) {
        int at = base + i < count ? base + i : count - 1;
        r.data[0][i] = at < pixels ? (float)(at % width) + 0.5f : place.data[at - pixels].c[0];
        r.data[1][i] = at < pixels ? (float)(at / width) + 0.5f : place.data[at - pixels].c[1];
    }
    return r;
""")
def middles(place: wp.array(dtype=wp.vec2), base: int, pixels: int, count: int, width: int) -> Pairs:
    """The places (u, v) of eight fragments, of pixels or of mixed ones."""


@wp.func
def places(view: View, fragments: Fragments, pixels: int, base: int, count: int) -> Places:
    """The places of eight fragments: first those of pixels, row by row, then those of mixed pixels."""
    out = Places()
    if base + LANES <= pixels and view.width >= LANES:
        pairs = centers(base, view.width)
        out.u = pairs[0]
        out.v = pairs[1]
    else:
        scattered = middles(fragments.place, base, pixels, count, view.width)
        out.u = scattered[0]
        out.v = scattered[1]
    if view.rays.shape[0] > 0:
        out.bent = bent_rays(view, out.u, out.v)
    else:
        out.bent = rays(view, out.u, out.v)
    out.ray = to_world(view, out.bent)
    return out


@wp.func
def with_rays(view: View, at: Places) -> Places:
    """The places, with some ray where the lens sees nothing: what is reckoned with it is not used, but has to be a number."""
    out = at
    for i in range(LANES):
        ray = vector_at(at.bent, i)
        if wp.dot(ray, ray) == 0.0:
            out.bent.z[i] = 1.0
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
        # What a cut-off leaves is wholly there.
        out.opacity *= wp.where(surface.cutoff > 0.0, 1.0, c[3])
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


@wp.struct
class Weights:
    """One over the depth at eight places, and the weights of a triangle's second and third corner over the depth; and how each changes
    from pixel to pixel to the right (x) and downwards (y).
    """

    w: Lanes
    wx: Lanes
    wy: Lanes
    b1: Lanes
    b1x: Lanes
    b1y: Lanes
    b2: Lanes
    b2x: Lanes
    b2y: Lanes


@wp.func
def bent_weights(view: View, at: Places, p: Planes) -> Weights:
    """Of a lens, linear in the ray."""
    out = Weights()
    out.b1 = dots_with(at.bent, p[0])
    out.b2 = dots_with(at.bent, p[1])
    out.w = dots_with(at.bent, p[2])
    for i in range(LANES):
        steps = p * wp.transpose(view.rays[pixel_at(view, at.u[i], at.v[i])])
        out.b1x[i] = steps[0, 1]
        out.b1y[i] = steps[0, 2]
        out.b2x[i] = steps[1, 1]
        out.b2y[i] = steps[1, 2]
        out.wx[i] = steps[2, 1]
        out.wy[i] = steps[2, 2]
    return out


@wp.func
def weights(view: View, at: Places, p: Planes) -> Weights:
    """Of a pinhole, linear in the picture; of a lens, linear in the ray."""
    out = Weights()
    if view.rays.shape[0] == 0:
        du = at.u - Lanes(p[3, 0])
        dv = at.v - Lanes(p[3, 1])
        out.b1 = du * p[0, 0] + (dv * p[0, 1] + Lanes(p[0, 2]))
        out.b2 = du * p[1, 0] + (dv * p[1, 1] + Lanes(p[1, 2]))
        out.w = du * p[2, 0] + (dv * p[2, 1] + Lanes(p[2, 2]))
        out.b1x = Lanes(p[0, 0])
        out.b1y = Lanes(p[0, 1])
        out.b2x = Lanes(p[1, 0])
        out.b2y = Lanes(p[1, 1])
        out.wx = Lanes(p[2, 0])
        out.wy = Lanes(p[2, 1])
        return out
    return bent_weights(view, at, p)


@wp.func
def dressed(looks: Looks, surface: Surface, spots: Spots, t: int, mask: Lanes, plain: Skin) -> Skin:
    """A triangle's skin with those textures that are met seldom."""
    out = plain
    for i in range(LANES):
        if mask[i] > 0.0:
            texel = textured(looks, surface, spots, i)
            if texel.cut == 1:
                out.base.x[i] = texel.color[0]
                out.base.y[i] = texel.color[1]
                out.base.z[i] = texel.color[2]
            out.emitted.x[i] = texel.emitted[0]
            out.emitted.y[i] = texel.emitted[1]
            out.emitted.z[i] = texel.emitted[2]
            out.metallic[i] = texel.metallic
            out.roughness[i] = texel.roughness
            out.opacity[i] = texel.opacity
            out.open[i] = texel.open
            if surface.textures & NORMAL_TEXTURE != 0:
                bumped = bent(looks.triangles[t], vector_at(out.normal, i), texel.normal)
                out.normal.x[i] = bumped[0]
                out.normal.y[i] = bumped[1]
                out.normal.z[i] = bumped[2]
                out.spread2[i] = roughened(out.spread2[i], texel.spread)
    return out


# Inline, here and below: what they are given is too much to copy for every eight points.
@wp.func(inline=True)
def skin(looks: Looks, view: View, at: Places, t: int, mask: Lanes) -> Skin:
    """Triangle `t` at eight places; only where the mask is 1 does it need to make sense."""
    out = Skin()
    g = weights(view, at, looks.planes[t])
    out.depth = wp.cw_div(Lanes(1.0), g.w)
    b1 = clamped(wp.cw_mul(g.b1, out.depth), 0.0, 1.0)
    b2 = clamped(wp.cw_mul(g.b2, out.depth), 0.0, 1.0)
    # How fast the corners' weights change from pixel to pixel, by the quotient rule.
    b1x = wp.cw_mul(g.b1x - wp.cw_mul(b1, g.wx), out.depth)
    b1y = wp.cw_mul(g.b1y - wp.cw_mul(b1, g.wy), out.depth)
    b2x = wp.cw_mul(g.b2x - wp.cw_mul(b2, g.wx), out.depth)
    b2y = wp.cw_mul(g.b2y - wp.cw_mul(b2, g.wy), out.depth)

    dn1 = looks.triangles[t].dn1
    dn2 = looks.triangles[t].dn2
    out.normal = units(added(spread(looks.triangles[t].n0), along(dn1, b1, dn2, b2)))
    out.flat = spread(looks.triangles[t].flat)
    right = along(dn1, b1x, dn2, b2x)
    down = along(dn1, b1y, dn2, b2y)
    out.spread2 = lesser((dots(right, right) + dots(down, down)) * (2.0 * NORMAL_VARIANCE), Lanes(MAX_WIDENING))

    surface = looks.surfaces[looks.triangles[t].surface]
    out.base = spread(surface.color)
    out.emitted = spread(surface.emissive)
    out.metallic = Lanes(surface.metallic)
    out.roughness = Lanes(surface.roughness)
    out.dielectric = Lanes(surface.dielectric)
    out.opacity = Lanes(surface.opacity)
    out.open = Lanes(1.0)
    out.coat = Lanes(surface.coat)
    out.coat_roughness = Lanes(surface.coat_roughness)
    out.transmission = Lanes(surface.transmission)
    if surface.textures == 0:
        return out
    uv = looks.triangles[t].uv0
    d1 = looks.triangles[t].duv1
    d2 = looks.triangles[t].duv2
    spots = Spots()
    spots.u = b1 * d1[0] + b2 * d2[0] + Lanes(uv[0])
    spots.v = Lanes(1.0 - uv[1]) - (b1 * d1[1] + b2 * d2[1])
    spots.right_u = b1x * d1[0] + b2x * d2[0]
    spots.right_v = -(b1x * d1[1] + b2x * d2[1])
    spots.down_u = b1y * d1[0] + b2y * d2[0]
    spots.down_v = -(b1y * d1[1] + b2y * d2[1])
    if surface.textures & BASE_TEXTURE != 0:
        out.base = multiplied(out.base, lookups(looks.texels, surface.base, spots))
    if surface.textures & ~BASE_TEXTURE != 0:
        return dressed(looks, surface, spots, t, mask, out)
    return out


@wp.func
def along(a: wp.vec3, s: Lanes, b: wp.vec3, t: Lanes) -> Vectors:
    """Two vectors, each times its numbers, added."""
    return vectors(s * a[0] + t * b[0], s * a[1] + t * b[1], s * a[2] + t * b[2])


@wp.func
def weathers(looks: Looks, triangle: Indices) -> Weathers:
    """The weather on the surfaces of eight triangles."""
    out = Weathers()
    out.water = Lanes(DRY)
    rest = triangle
    t = greatest_index(rest)
    while t >= 0:
        mask = matching(triangle, t)
        surface = looks.triangles[t].surface
        weather = looks.surfaces[surface].weather
        if weather[0] + weather[2] > 0.0 or weather[1] < DRY:
            drift = looks.surfaces[surface].drift
            out.wet = pick(mask, Lanes(weather[0]), out.wet)
            out.water = pick(mask, Lanes(weather[1]), out.water)
            out.snow = pick(mask, Lanes(weather[2]), out.snow)
            out.x = pick(mask, Lanes(drift[0]), out.x)
            out.y = pick(mask, Lanes(drift[1]), out.y)
        rest = without(rest, t)
        t = greatest_index(rest)
    return out


@wp.func(inline=True)
def surfels(looks: Looks, view: View, at: Places, triangle: Indices, weathered: int) -> Surfels:
    """What is at eight fragments. Lanes whose triangle is negative hold something, for nobody to look at.

    Neighbours mostly lie on the same triangle: what is needed of it is read once, for all of them.
    """
    found = Skin()
    rest = triangle
    t = greatest_index(rest)
    while t >= 0:
        mask = matching(triangle, t)
        found = merged(mask, skin(looks, view, at, t, mask), found)
        rest = without(rest, t)
        t = greatest_index(rest)
    if weathered == 1:
        found = in_weather(found, weathers(looks, triangle), looks.weather, view.position, at.ray)

    s = Surfels()
    s.depth = found.depth
    s.point = added(spread(view.position), scaled(at.ray, found.depth))
    toward = units(at.ray)
    s.to_eye = vectors(-toward.x, -toward.y, -toward.z)
    side = pick(dots(found.flat, toward), Lanes(-1.0), Lanes(1.0))
    s.flat = scaled(found.flat, side)
    s.normal = scaled(found.normal, side)
    s.no_v = greater(dots(s.normal, s.to_eye), Lanes(1.0e-3))
    s.base = found.base
    s.emitted = found.emitted
    s.opacity = found.opacity
    s.open = found.open
    s.transmission = found.transmission
    s.roughness = clamped(found.roughness, MIN_ROUGHNESS, 1.0)
    s.alpha2 = widths(s.roughness, found.spread2)
    shares = dfgs(looks.dfg, s.roughness, s.no_v)
    coat_shares = Shares()
    if greatest(found.coat) > 0.0:
        s.coated = 1
        s.coat = found.coat
        s.coat_roughness = greater(found.coat_roughness, Lanes(MIN_ROUGHNESS))
        s.coat_alpha2 = widths(s.coat_roughness, found.spread2)
        coat_shares = dfgs(looks.dfg, s.coat_roughness, s.no_v)
    return finish(s, found.metallic, found.dielectric, shares, coat_shares)


@wp.func
def widths(roughness: Lanes, spread2: Lanes) -> Lanes:
    """Squared GGX widths of surfaces whose normals spread."""
    alpha = wp.cw_mul(roughness, roughness)
    return lesser(wp.cw_mul(alpha, alpha) + spread2, Lanes(1.0))


@wp.func_native("""
    wp::mat_t<2, 8, float> out;
    for (int i = 0; i < 8; ++i) {
        float r = roughness.c[i] * (float)(side - 1), c = no_v.c[i] * (float)(side - 1);
        int row = (int)r, column = (int)c;
        row = row < side - 2 ? row : side - 2;
        column = column < side - 2 ? column : side - 2;
        float fr = r - (float)row, fc = c - (float)column;
        const wp::vec_t<2, float>* at = table.data + row * side + column;
        for (int k = 0; k < 2; ++k) {
            float smoother = at[0].c[k] * (1.0f - fc) + at[1].c[k] * fc;
            float rougher = at[side].c[k] * (1.0f - fc) + at[side + 1].c[k] * fc;
            out.data[k][i] = smoother * (1.0f - fr) + rougher * fr;
        }
    }
    return out;
""")
def dfg_pairs(table: wp.array(dtype=wp.vec2), side: int, roughness: Lanes, no_v: Lanes) -> Pairs:
    """`dfg` of dfg.py, of numbers within [0, 1]."""


@wp.func
def dfgs(table: wp.array(dtype=wp.vec2), roughness: Lanes, no_v: Lanes) -> Shares:
    """How much eight surfaces mirror."""
    pairs = dfg_pairs(table, SIDE, roughness, lesser(no_v, Lanes(1.0)))
    out = Shares()
    out.grazing = pairs[0]
    out.total = pairs[1]
    return out
