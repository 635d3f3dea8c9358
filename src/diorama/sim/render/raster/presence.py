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

#: Places in a row.
Columns = wp.types.vector(length=8, dtype=wp.float64)
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


@wp.func
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


@wp.func_native("""
    // The same steps as of one place, so that it is the same to the last bit.
    float u[8], v[8], footprint2[8];
    const float side = (float)(chart.entry.c[1] > chart.entry.c[2] ? chart.entry.c[1] : chart.entry.c[2]);
    if (chart.whole.c[0] == 0.0 && chart.whole.c[1] == 0.0 && chart.whole.c[2] == 1.0) {
        // Seen by a sun, the texture is as large everywhere.
        const float across_u = (float)chart.u.c[0], along_u = (float)chart.u.c[1], across_v = (float)chart.v.c[0], along_v = (float)chart.v.c[1];
        const float width = (across_u * along_v - across_v * along_u) * side;
        const float across2 = across_u * across_u + across_v * across_v, along2 = along_u * along_u + along_v * along_v;
        float longer2 = across2 > along2 ? across2 : along2;
        longer2 = longer2 > 1.0e-20f ? longer2 : 1.0e-20f;
        for (int i = 0; i < 8; ++i) {
            footprint2[i] = width * width / longer2;
            u[i] = (float)(chart.u.c[0] * columns.c[i] + chart.u.c[1] * row + chart.u.c[2]);
            v[i] = (float)(chart.v.c[0] * columns.c[i] + chart.v.c[1] * row + chart.v.c[2]);
        }
    } else {
        for (int i = 0; i < 8; ++i) {
            const double px = columns.c[i];
            const double inverse = 1.0 / (chart.whole.c[0] * px + chart.whole.c[1] * row + chart.whole.c[2]);
            const double s = (chart.u.c[0] * px + chart.u.c[1] * row + chart.u.c[2]) * inverse;
            const double t = (chart.v.c[0] * px + chart.v.c[1] * row + chart.v.c[2]) * inverse;
            const float across_u = (float)((chart.u.c[0] - chart.whole.c[0] * s) * inverse);
            const float along_u = (float)((chart.u.c[1] - chart.whole.c[1] * s) * inverse);
            const float across_v = (float)((chart.v.c[0] - chart.whole.c[0] * t) * inverse);
            const float along_v = (float)((chart.v.c[1] - chart.whole.c[1] * t) * inverse);
            const float width = (across_u * along_v - across_v * along_u) * side;
            const float across2 = across_u * across_u + across_v * across_v, along2 = along_u * along_u + along_v * along_v;
            float longer2 = across2 > along2 ? across2 : along2;
            longer2 = longer2 > 1.0e-20f ? longer2 : 1.0e-20f;
            footprint2[i] = width * width / longer2;
            u[i] = (float)s;
            v[i] = (float)t;
        }
    }
    // No branch from lane to lane, so that they are looked up together.
    int alphas[8];
    const int first = chart.entry.c[0], whole_width = chart.entry.c[1], whole_height = chart.entry.c[2], last = chart.entry.c[3] - 1;
    for (int i = 0; i < 8; ++i) {
        const int asked = (lanes >> i) & 1;
        const float here_u = asked ? u[i] : 0.0f, here_v = asked ? v[i] : 0.0f, size2 = asked && footprint2[i] > 0.5f ? footprint2[i] : 0.5f;
        const int exponent = (int)((wp::cast<wp::uint32>(size2) >> 23) & 255) - 127;
        int level = (exponent + 1) >> 1;
        level = level < last ? level : last;
        const int width = whole_width >> level, height = whole_height >> level;
        const int start = first + (whole_width * whole_height - width * height) / 3 * 4;
        float x = here_u * (float)width - 0.5f, y = (1.0f - here_v) * (float)height - 0.5f;
        const float low_x = chart.low.c[0] * (float)width, high_x = chart.high.c[0] * (float)width - 1.0f;
        const float low_y = (1.0f - chart.high.c[1]) * (float)height, high_y = (1.0f - chart.low.c[1]) * (float)height - 1.0f;
        x = x < low_x ? low_x : x; x = x > high_x ? high_x : x;
        y = y < low_y ? low_y : y; y = y > high_y ? high_y : y;
        const float left = floorf(x), top = floorf(y), fx = x - left;
        const int x0 = (int)left & (width - 1), x1 = ((int)left + 1) & (width - 1);
        const int y0 = start + ((int)top & (height - 1)) * width, y1 = start + (((int)top + 1) & (height - 1)) * width;
        const wp::uint32* texel = texels.data;
        const float upper = (float)(int)(texel[y0 + x0] >> 24) * (1.0f - fx) + (float)(int)(texel[y0 + x1] >> 24) * fx;
        const float lower = (float)(int)(texel[y1 + x0] >> 24) * (1.0f - fx) + (float)(int)(texel[y1 + x1] >> 24) * fx;
        alphas[i] = ((upper + (lower - upper) * (y - top)) * (1.0f / 255.0f) >= chart.least ? 1 : 0) & asked;
    }
    int there = 0;
    for (int i = 0; i < 8; ++i) there |= alphas[i] << i;
    return there;
""")
def there_in_row(texels: wp.array(dtype=wp.uint32), chart: Chart, columns: Columns, row: wp.float64, lanes: int) -> int:
    """`is_there` for those of eight places in a row, at these columns, that are among `lanes`, as bits; of a picture without a lens, or a map."""
