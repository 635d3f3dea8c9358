"""Eight numbers at a time: what shading is written in.

Most of shading is the same arithmetic at every point. Written on vectors of eight floats, a lane each for eight points, it
compiles to the processor's vector instructions, which do the eight in the time of one; on a GPU a thread simply has eight points.
Rounding is that of single numbers, so that pictures do not depend on how wide a processor's vectors are.
"""

import warp as wp

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

COUNT = 8
LANES = wp.constant(COUNT)
Lanes = wp.types.vector(length=COUNT, dtype=wp.float32)
Indices = wp.types.vector(length=COUNT, dtype=wp.int32)
#: Two numbers for each point.
Pairs = wp.types.matrix(shape=(2, COUNT), dtype=wp.float32)


@wp.struct
class Vectors:
    """Eight vectors, or eight colours."""

    x: Lanes
    y: Lanes
    z: Lanes


@wp.func
def vectors(x: Lanes, y: Lanes, z: Lanes) -> Vectors:
    """Eight vectors from their coordinates."""
    out = Vectors()
    out.x = x
    out.y = y
    out.z = z
    return out


@wp.func
def spread(v: wp.vec3) -> Vectors:
    """The same vector eight times."""
    return vectors(Lanes(v[0]), Lanes(v[1]), Lanes(v[2]))


@wp.func
def vector_at(v: Vectors, lane: int) -> wp.vec3:
    """One lane's vector."""
    return wp.vec3(v.x[lane], v.y[lane], v.z[lane])


@wp.func
def dots(a: Vectors, b: Vectors) -> Lanes:
    """Scalar products."""
    return wp.cw_mul(a.x, b.x) + wp.cw_mul(a.y, b.y) + wp.cw_mul(a.z, b.z)


@wp.func
def dots_with(a: Vectors, b: wp.vec3) -> Lanes:
    """Scalar products with one vector."""
    return a.x * b[0] + a.y * b[1] + a.z * b[2]


@wp.func
def added(a: Vectors, b: Vectors) -> Vectors:
    """Sums."""
    return vectors(a.x + b.x, a.y + b.y, a.z + b.z)


@wp.func
def scaled(a: Vectors, s: Lanes) -> Vectors:
    """Each vector times its number."""
    return vectors(wp.cw_mul(a.x, s), wp.cw_mul(a.y, s), wp.cw_mul(a.z, s))


@wp.func
def multiplied(a: Vectors, b: Vectors) -> Vectors:
    """Colours times colours."""
    return vectors(wp.cw_mul(a.x, b.x), wp.cw_mul(a.y, b.y), wp.cw_mul(a.z, b.z))


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = sqrtf(a.c[i]);
    return r;
""")
def roots(a: Lanes) -> Lanes:
    """Square roots."""


@wp.func
def units(a: Vectors) -> Vectors:
    """The vectors at length one; zero stays zero."""
    length = roots(greater(dots(a, a), Lanes(1.0e-30)))
    return scaled(a, wp.cw_div(Lanes(1.0), length))


@wp.func
def clamped(a: Lanes, low: float, high: float) -> Lanes:
    """Each number, or the bound it is beyond."""
    return lesser(greater(a, Lanes(low)), Lanes(high))


# Warp's own functions of vectors mind negative indices and NaN, lane by lane. These do not, and become one instruction each.


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = array.data[at + i];
    return r;
""")
def load(array: wp.array(dtype=float), at: int) -> Lanes:
    """Eight in a row."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 4; ++i) r.c[i] = array.data[at + i];
    for (int i = 0; i < 4; ++i) r.c[4 + i] = array.data[at + step + i];
    return r;
""")
def load_rows(array: wp.array(dtype=float), at: int, step: int) -> Lanes:
    """Four of one row and, `step` further on, four of another."""


@wp.func_native("""
    for (int i = 0; i < 8; ++i) array.data[at + i] = values.c[i];
""")
def store(array: wp.array(dtype=float), at: int, values: Lanes):
    """Write eight in a row."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = a.c[i] < b.c[i] ? a.c[i] : b.c[i];
    return r;
""")
def lesser(a: Lanes, b: Lanes) -> Lanes:
    """The lesser of each two."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = a.c[i] > b.c[i] ? a.c[i] : b.c[i];
    return r;
""")
def greater(a: Lanes, b: Lanes) -> Lanes:
    """The greater of each two."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = a.c[i] > b.c[i] ? c.c[i] : 0.0f;
    return r;
""")
def where_above(a: Lanes, b: Lanes, c: Lanes) -> Lanes:
    """Of c, where a > b, else 0."""


@wp.func_native("""
    float h[4], q[2];
    for (int i = 0; i < 4; ++i) h[i] = values.c[i] > values.c[4 + i] ? values.c[i] : values.c[4 + i];
    for (int i = 0; i < 2; ++i) q[i] = h[i] > h[2 + i] ? h[i] : h[2 + i];
    return q[0] > q[1] ? q[0] : q[1];
""")
def greatest(values: Lanes) -> float:
    """The greatest of all."""


@wp.func_native("""
    float h[4], q[2];
    for (int i = 0; i < 4; ++i) h[i] = values.c[i] + values.c[4 + i];
    for (int i = 0; i < 2; ++i) q[i] = h[i] + h[2 + i];
    return q[0] + q[1];
""")
def total(values: Lanes) -> float:
    """The sum of all."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = mask.c[i] > 0.0f ? a.c[i] : b.c[i];
    return r;
""")
def pick(mask: Lanes, a: Lanes, b: Lanes) -> Lanes:
    """Of a where the mask is above 0, else of b."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = indices.c[i] == value ? 1.0f : 0.0f;
    return r;
""")
def matching(indices: Indices, value: int) -> Lanes:
    """1 where an index is this value, else 0."""


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) r.c[i] = indices.c[i] == value ? -1 : indices.c[i];
    return r;
""")
def without(indices: Indices, value: int) -> Indices:
    """The indices, with -1 in place of this value."""


@wp.func_native("""
    int h[4], q[2];
    for (int i = 0; i < 4; ++i) h[i] = indices.c[i] > indices.c[4 + i] ? indices.c[i] : indices.c[4 + i];
    for (int i = 0; i < 2; ++i) q[i] = h[i] > h[2 + i] ? h[i] : h[2 + i];
    return q[0] > q[1] ? q[0] : q[1];
""")
def greatest_index(indices: Indices) -> int:
    """The greatest of all."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = floorf(a.c[i]);
    return r;
""")
def floors(a: Lanes) -> Lanes:
    """The greatest whole numbers that are not greater."""


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) r.c[i] = (int)array.data[at.c[i]];
    return r;
""")
def gathered(array: wp.array(dtype=wp.uint32), at: Indices) -> Indices:
    """Eight from anywhere."""


@wp.func
def picked(mask: Lanes, a: Vectors, b: Vectors) -> Vectors:
    """Of a where the mask is above 0, else of b."""
    return vectors(pick(mask, a.x, b.x), pick(mask, a.y, b.y), pick(mask, a.z, b.z))


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) r.c[i] = array.data[at + i < last ? at + i : last];
    return r;
""")
def load_indices(array: wp.array(dtype=int), at: int, last: int) -> Indices:
    """Eight in a row, and from `last` on that one again."""


@wp.func_native("""
    float h[4], q[2];
    for (int i = 0; i < 4; ++i) h[i] = values.c[i] < values.c[4 + i] ? values.c[i] : values.c[4 + i];
    for (int i = 0; i < 2; ++i) q[i] = h[i] < h[2 + i] ? h[i] : h[2 + i];
    return q[0] < q[1] ? q[0] : q[1];
""")
def least(values: Lanes) -> float:
    """The least of all."""
