"""Lights and shadow maps as the kernels read them."""

import warp as wp

SUN = wp.constant(0)
SPOT = wp.constant(1)
POINT = wp.constant(2)
RECT = wp.constant(3)

#: Texels along the side of the cells whose bounds are kept (see `ShadowBounds`); maps are whole cells wide and high.
BOUNDS_CELL = 8
#: Widest kernel of a shadow, to each side: in texels, and in cells of a level; wider ones take a coarser level.
MAX_KERNEL = 8
MAX_COARSE_KERNEL = 6
#: Bounds are kept for cells of these sizes. A kernel's rim is a texel wide.
BOUNDS_SIZES = tuple(BOUNDS_CELL << k for k in range(7))
RIM = 1.5
#: Texels, or cells of a level, that stay empty around all that casts shadows.
BORDER = 20


@wp.struct
class LightData:
    """One light. `axis` is the way it shines. `shadow` is the first of its shadow maps, or -1.

    A spot's light grows from the cosine `cos_outer` off its axis, by `per_cos` for each unit of cosine, up to its full. Its `half_height` is the
    specification's `squash`.
    A rectangle reaches from `position` by plus and minus `half_width` and `half_height` (world, metres), and its `color` is
    radiance.
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


@wp.struct
class ShadowMap:
    """What a part of a light sees in a part of its surroundings.

    A texel holds a value that grows towards the light and is linear across a plane; 0 where nothing casts a shadow. A point p of
    the world is at q = `rotation` (p - `eye`) in the map's frame, which looks along +z. It is at texel ``scale q.xy + center``
    with the value ``far - q.z`` (`parallel`), or at ``scale q.xy / q.z + center`` with ``1 / q.z``: the same is (x, y, z) =
    `place` p + `offset`, or (x / z, y / z, 1 / z). The map answers for points within `domain` (u0, v0, u1, v1) if it is
    `partial`, else for all. For others `other` is to be asked, or, if that is -1, nothing hides the light. Then `next` is the map to
    ask for the next part of the light, or -1.

    Columns of `extent` are the half-axes of the light's shape, in the map's frame (metres; for the sun the tangent of its angular
    radius): an ellipsoid, or a rectangle if `box`. A caster whose value is higher than a point's by x can shadow it from as far
    as `per_value` x texels (times `shape` along either side), and none from farther than `reach`. `rise` is the height of a lamp,
    or the sun's climb for each metre of its light's way.

    Texels are `width` x `height` from `start` on. `bounds` is the first of its sizes of bounds, the smallest;
    those of size number `widest` tell of all that is in reach. `first_level` and `levels` are the coarser levels.
    """

    place: wp.mat33
    offset: wp.vec3
    parallel: int
    partial: int
    next: int
    other: int
    width: int
    height: int
    start: int
    bounds: int
    widest: int
    reach: float
    per_value: float
    rise: float
    domain: wp.vec4
    rotation: wp.mat33
    eye: wp.vec3
    scale: wp.vec2
    per_scale: wp.vec2
    shape: wp.vec2
    extent: wp.mat33
    box: int
    first_level: int
    levels: int
    # For drawing. Nothing nearer than `near` is drawn; `world_z` turns (q, 1) into height.
    center: wp.vec2
    far: float
    world_z: wp.vec4
    near: wp.float64
    exact_rotation: wp.mat33d
    exact_translation: wp.vec3d
    exact_scale: wp.vec2d


@wp.struct
class ShadowBounds:
    """Bounds of a map by cells of one size: `across` a row, from `start` on."""

    start: int
    across: int


@wp.struct
class ShadowLevel:
    """A map at a lower resolution: cells of `size` texels from `start` on, `across` x `rows`, BORDER of them on each side beyond the map.

    What a cell shows is kept as two depths: the nearer and the farther half of its values, each as a mean and as a share of the
    cell. Four planes, one after the other: near value, far value, near share, far share.
    """

    start: int
    across: int
    rows: int
    size: int


@wp.struct
class Shadows:
    """All that tells how much of a light a point sees.

    `bounds` are, for each cell of each of a map's `sizes`, the greatest world height that is seen in it and in the eight cells
    around, the nearest value and the farthest value (0 if there is a gap).
    """

    maps: wp.array(dtype=ShadowMap)
    texels: wp.array(dtype=float)
    sizes: wp.array(dtype=ShadowBounds)
    bounds: wp.array(dtype=wp.vec3)
    levels: wp.array(dtype=ShadowLevel)
    cells: wp.array(dtype=float)
