"""Where triangles are there: alpha cuts holes into them, alike for pictures, labels, silhouettes and shadows."""

import warp as wp

from diorama.sim.render.raster.materials import CUT, CUT_FOR_LIGHT, LAYER, UNLIT, Surface
from diorama.sim.render.raster.meshes import Triangle
from diorama.sim.render.raster.texture import lookup_opacity

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: Who looks. Pictures see some surfaces as layers, apart; light passes some.
COLORS = wp.constant(0)
LABELS = wp.constant(1)
LIGHT = wp.constant(2)
#: The share that fading surfaces must be opaque to keep light off.
SHADES = wp.constant(0.5)

#: Texture coordinates this near to a tile's edge are taken to be on it.
HAIR = wp.constant(1.0e-3)


@wp.struct
class Presence:
    """Of each triangle in which way it is there, by bits of materials.py (`kinds`, empty if all are wholly there), and what tells where."""

    kinds: wp.array(dtype=wp.uint8)
    triangles: wp.array(dtype=Triangle)
    surfaces: wp.array(dtype=Surface)
    texels: wp.array(dtype=wp.uint32)


@wp.func
def kind_of(presence: Presence, t: int) -> int:
    """A triangle's bits."""
    if presence.kinds.shape[0] == 0:
        return 0
    return int(presence.kinds[t])


@wp.func
def is_absent(kind: int, who: int) -> bool:
    """Whether there is nothing of such triangles for those who look."""
    return (who == COLORS and kind & LAYER != 0) or (who == LIGHT and kind & UNLIT != 0)


@wp.func
def is_cut(kind: int, who: int) -> bool:
    """Whether it depends on alpha where they are."""
    return kind & CUT != 0 or (who == LIGHT and kind & CUT_FOR_LIGHT != 0)


@wp.struct
class Chart:
    """Where a triangle's texture is seen: at a place p its coordinates are (u . p, v . p) / (whole . p), in tiles. `low` and `high` are the
    whole tiles that the triangle reaches into. What has less alpha than `least` is cut away.
    """

    whole: wp.vec3d
    u: wp.vec3d
    v: wp.vec3d
    low: wp.vec2
    high: wp.vec2
    entry: wp.vec4i
    least: float


@wp.func
def chart_of(presence: Presence, t: int, second: wp.vec3d, third: wp.vec3d, whole: wp.vec3d) -> Chart:
    """The chart of a triangle whose second and third corners have the weights (second . p, third . p) / (whole . p)."""
    triangle = presence.triangles[t]
    out = Chart()
    out.whole = whole
    out.u = whole * wp.float64(triangle.uv0[0]) + second * wp.float64(triangle.duv1[0]) + third * wp.float64(triangle.duv2[0])
    out.v = whole * wp.float64(triangle.uv0[1]) + second * wp.float64(triangle.duv1[1]) + third * wp.float64(triangle.duv2[1])
    for i in range(2):
        d1 = triangle.duv1[i]
        d2 = triangle.duv2[i]
        out.low[i] = wp.floor(triangle.uv0[i] + wp.min(wp.min(d1, d2), 0.0) + HAIR)
        out.high[i] = wp.ceil(triangle.uv0[i] + wp.max(wp.max(d1, d2), 0.0) - HAIR)
    out.entry = presence.surfaces[triangle.surface].base
    out.least = presence.surfaces[triangle.surface].cutoff
    if out.least == 0.0:
        out.least = SHADES / presence.surfaces[triangle.surface].opacity
    return out


@wp.func(inline=True)
def is_there(presence: Presence, chart: Chart, place: wp.vec3d, pixel_rad: wp.float64) -> bool:
    """Whether alpha leaves something of a triangle at a place of the picture or the map, (u, v, 1), or on a unit ray; then `pixel_rad` is how
    far apart those of neighbouring pixels are.
    """
    inverse = wp.float64(1.0) / wp.dot(chart.whole, place)
    u = wp.dot(chart.u, place) * inverse
    v = wp.dot(chart.v, place) * inverse
    # How fast they change, by the quotient rule.
    du = (chart.u - chart.whole * u) * inverse
    dv = (chart.v - chart.whole * v) * inverse
    across = wp.vec2(float(du[0]), float(dv[0]))
    along = wp.vec2(float(du[1]), float(dv[1]))
    if pixel_rad > wp.float64(0.0):
        axis = wp.vec3d(wp.float64(1.0), wp.float64(0.0), wp.float64(0.0))
        if wp.abs(place[0]) > wp.abs(place[1]):
            axis = wp.vec3d(wp.float64(0.0), wp.float64(1.0), wp.float64(0.0))
        right = wp.normalize(wp.cross(place, axis)) * pixel_rad
        down = wp.cross(place, right)
        across = wp.vec2(float(wp.dot(du, right)), float(wp.dot(dv, right)))
        along = wp.vec2(float(wp.dot(du, down)), float(wp.dot(dv, down)))
    # The footprint's width, across its longer side: a strip seen edge-on must not mix in what is beside it on the texture.
    side = float(wp.max(chart.entry[1], chart.entry[2]))
    width = (across[0] * along[1] - across[1] * along[0]) * side
    footprint2 = width * width / wp.max(wp.max(wp.dot(across, across), wp.dot(along, along)), 1.0e-20)
    return lookup_opacity(presence.texels, chart.entry, wp.vec2(float(u), float(v)), chart.low, chart.high, footprint2) >= chart.least
