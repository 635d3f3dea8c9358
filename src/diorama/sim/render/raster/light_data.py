"""A light as the kernels read it, and the sizes that shadow maps are laid out by."""

import warp as wp

#: Texels along a side of every shadow map. No power of two: rows of 4096 bytes would share a cache's few sets.
MAP_SIZE = 1040
#: Widest blur radius of a shadow, in texels.
MAX_BLUR_TEXELS = 14.0
#: Heights of what casts shadows are kept for cells of this many texels.
CELL_SIZE = 4
MAP_CELLS = MAP_SIZE // CELL_SIZE
#: Taps that look for casters.
SEARCH_COUNT = 13

SUN = wp.constant(0)
SPOT = wp.constant(1)
POINT = wp.constant(2)
RECT = wp.constant(3)


@wp.struct
class LightData:
    """One light. `axis` is the way it shines; `shadow` the index of its map or -1. A rectangle reaches from `position` by
    plus and minus `half_width` and `half_height` (world, metres), and its `color` is radiance.

    A spot's light grows from the cosine `cos_outer` off its axis, by `per_cos` for each unit of cosine, up to its full.
    A point p of the world is at `q = rotation p + translation` in the light's frame, whose +z is `axis`, and at texel
    ``scale q.xy + center`` (sun) or ``scale q.xy / q.z + center`` (spot). `blur` turns the distance between caster and
    receiver into a blur radius in texels; `search` is the largest such radius that can occur, in texels. `world_z` turns (q, 1)
    into the height z in the world.
    """

    kind: int
    shadow: int
    color: wp.vec3
    position: wp.vec3
    axis: wp.vec3
    half_width: wp.vec3
    half_height: wp.vec3
    cos_outer: float
    per_cos: float
    rotation: wp.mat33
    translation: wp.vec3
    scale: float
    center: float
    blur: float
    search: float
    world_z: wp.vec4


@wp.struct
class Shadows:
    """What `lit_fraction` reads beside the lights: all shadow maps, flat, the casters' heights in them, and where taps lie."""

    maps: wp.array(dtype=float)
    heights: wp.array(dtype=float)
    search_taps: wp.array(dtype=wp.vec2i)
    filter_taps: wp.array(dtype=wp.vec2)
