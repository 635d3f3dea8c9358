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


@wp.func
def is_there(presence: Presence, t: int, second: wp.vec3d, third: wp.vec3d, whole: wp.vec3d, place: wp.vec3d, pixel_rad: wp.float64) -> bool:
    """Whether alpha leaves something of a triangle at a place.

    `second` and `third` are the linear functions of the place that belong to these corners, and `whole` the three corners' sum; the place is
    one of the picture (u, v, 1), or a unit ray, and then `pixel_rad` is how far apart those of neighbouring pixels are.
    """
    right = wp.vec3d(wp.float64(1.0), wp.float64(0.0), wp.float64(0.0))
    down = wp.vec3d(wp.float64(0.0), wp.float64(1.0), wp.float64(0.0))
    if pixel_rad > wp.float64(0.0):
        if wp.abs(place[0]) > wp.abs(place[1]):
            right = down
        right = wp.normalize(wp.cross(place, right)) * pixel_rad
        down = wp.cross(place, right)
    inverse = wp.float64(1.0) / wp.dot(whole, place)
    b1 = wp.dot(second, place) * inverse
    b2 = wp.dot(third, place) * inverse
    # How fast the weights of the second and third corner change, by the quotient rule.
    step1 = (second - whole * b1) * inverse
    step2 = (third - whole * b2) * inverse
    triangle = presence.triangles[t]
    across = triangle.duv1 * float(wp.dot(step1, right)) + triangle.duv2 * float(wp.dot(step2, right))
    along = triangle.duv1 * float(wp.dot(step1, down)) + triangle.duv2 * float(wp.dot(step2, down))
    # The footprint's width, across its longer side: a strip seen edge-on must not mix in what is beside it on the texture.
    width = across[0] * along[1] - across[1] * along[0]
    tiles2 = width * width / wp.max(wp.max(wp.dot(across, across), wp.dot(along, along)), 1.0e-20)
    return is_opaque(presence, t, float(b1), float(b2), tiles2)


@wp.func
def is_opaque(presence: Presence, t: int, b1: float, b2: float, tiles2: float) -> bool:
    """Whether alpha reaches the cut-off where the second and third corner of a triangle have these weights. `tiles2` is the squared length of
    a footprint in tiles.
    """
    triangle = presence.triangles[t]
    uv = triangle.uv0 + triangle.duv1 * b1 + triangle.duv2 * b2
    # The whole tiles that the triangle reaches into.
    low = wp.vec2()
    high = wp.vec2()
    for i in range(2):
        d1 = triangle.duv1[i]
        d2 = triangle.duv2[i]
        low[i] = wp.floor(triangle.uv0[i] + wp.min(wp.min(d1, d2), 0.0) + HAIR)
        high[i] = wp.ceil(triangle.uv0[i] + wp.max(wp.max(d1, d2), 0.0) - HAIR)
    base = presence.surfaces[triangle.surface].base
    side = float(wp.max(base[1], base[2]))
    alpha = lookup_opacity(presence.texels, base, uv, low, high, tiles2 * side * side)
    cutoff = presence.surfaces[triangle.surface].cutoff
    if cutoff > 0.0:
        return alpha >= cutoff
    return alpha * presence.surfaces[triangle.surface].opacity >= SHADES
