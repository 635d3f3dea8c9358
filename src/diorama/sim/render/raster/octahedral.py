"""All directions as two squares of nodes: the map that kernels look up.

The octahedron |x| + |y| + |z| = 1 is cut at the horizon. Its upper half, seen from above and turned by an eighth, is a
square, a = x + y and b = x - y, and so is the lower one below it (Cigolle et al., "A survey of efficient representations for
independent unit vectors", 2014, call each a hemi-octahedron). A map is N by N nodes for each, the upper first, node (i, j) at
a = 2 i / (N - 1) - 1 and b likewise. Nodes lie on the horizon itself, on both squares: where these agree there is no seam,
without any border; where they do not, as between sky and ground, the horizon is a sharp straight line.

A pyramid of maps, each of about half the nodes a side, blurs by whole nodes: a node is the mean of the finer ones that it would have a share
in by interpolation, weighted by these shares and by the solid angles that they stand for. Each level's own solid angles are
summed alike, so that every level holds exactly the light of the finest.
"""

import math
from functools import cache

import numpy as np
import warp as wp
from numpy.typing import NDArray

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})


@wp.func
def corner_of(lower: int, i: int, j: int, n: int) -> wp.vec3:
    """Where node (i, j) is on the octahedron; `lower` is 0 or 1."""
    step = 2.0 / float(n - 1)
    a = float(i) * step - 1.0
    b = float(j) * step - 1.0
    z = 1.0 - wp.max(wp.abs(a), wp.abs(b))
    if lower == 1:
        z = -z
    return wp.vec3(0.5 * (a + b), 0.5 * (a - b), z)


@wp.func
def fetch(nodes: wp.array(dtype=wp.vec3), start: int, n: int, d: wp.vec3, lower: int) -> wp.vec3:
    """The map that starts at `start`, interpolated on one of its squares at the direction `d`, of any length but zero."""
    half = 0.5 * float(n - 1)
    per_length = half / (wp.abs(d[0]) + wp.abs(d[1]) + wp.abs(d[2]))
    a = (d[0] + d[1]) * per_length + half
    b = (d[0] - d[1]) * per_length + half
    i = wp.clamp(int(a), 0, n - 2)
    j = wp.clamp(int(b), 0, n - 2)
    fa = a - float(i)
    fb = b - float(j)
    at = start + (lower * n + i) * n + j
    # Bilinear, but for cells along the squares' diagonals: there the octahedron has its edges, and a cell is two triangles.
    both = fa * fb
    if i == j:
        both = wp.min(fa, fb)
    if i + j == n - 2:
        both = wp.max(fa + fb - 1.0, 0.0)
    return nodes[at] * (1.0 - fa - fb + both) + nodes[at + n] * (fa - both) + nodes[at + 1] * (fb - both) + nodes[at + n + 1] * both


@wp.func
def look_up(nodes: wp.array(dtype=wp.vec3), start: int, n: int, d: wp.vec3) -> wp.vec3:
    """The map that starts at `start`, bilinear in its squares, at the direction `d`."""
    if d[2] < 0.0:
        return fetch(nodes, start, n, d, 1)
    return fetch(nodes, start, n, d, 0)


def size(n: int) -> int:
    """Nodes of a map with `n` along a side."""
    return 2 * n * n


@cache
def directions(n: int) -> NDArray[np.float64]:
    """Unit directions (2, n, n, 3) of a map's nodes."""
    a = np.linspace(-1.0, 1.0, n)[:, None]
    b = np.linspace(-1.0, 1.0, n)[None, :]
    z = 1.0 - np.maximum(np.abs(a), np.abs(b))
    x, y = 0.5 * (a + b), 0.5 * (a - b)
    length = np.sqrt(x * x + y * y + z * z)
    upper = np.stack([x / length, y / length, z / length], axis=-1)
    both = np.stack([upper, upper * (1.0, 1.0, -1.0)])
    both.flags.writeable = False
    return both


@cache
def solid_angles(n: int, base: int) -> NDArray[np.float64]:
    """Steradians (n, n) that each node of one square stands for, in a pyramid whose finest maps have `base` nodes along a side.

    Those of the finest follow the mapping's Jacobian, (|x| + |y| + |z|)^3 of the unit direction, times the area under a node's share of the
    interpolation. Nodes on the horizon are on both squares, with half of their share on each.
    """
    if n < base:
        fine = solid_angles(2 * n - 1, base)
        out = fine[::2, ::2].copy()
        for middles, first, second in (
            (fine[1::2, ::2], out[:-1], out[1:]),
            (fine[::2, 1::2], out[:, :-1], out[:, 1:]),
        ):
            first += middles / 2
            second += middles / 2
        _share(out, fine[1::2, 1::2])
    else:
        area = np.zeros((n, n))
        _share(area, np.ones((n - 1, n - 1)), edge=1 / 3)
        taxi = np.abs(directions(n)[0]).sum(axis=-1)
        out = taxi * taxi * taxi * area
        out *= 2 * math.pi / out.sum()
    out.flags.writeable = False
    return out


def _share(nodes: NDArray[np.float64], cells: NDArray[np.float64], edge: float = 1 / 2) -> None:
    """Give to each node a quarter of its cells; on a diagonal, `edge` to the cell's two nodes on it, and the rest to the others."""
    shares = np.full((2, 2, *cells.shape), 1 / 4)
    k = np.arange(len(cells))
    for i in (0, 1):
        for j in (0, 1):
            shares[i, j, k, k] = edge if i == j else 1 / 2 - edge
            shares[i, j, k, k[::-1]] = edge if i != j else 1 / 2 - edge
            nodes[i : len(cells) + i, j : len(cells) + j] += cells * shares[i, j]


@wp.kernel
def restrict(nodes: wp.array(dtype=wp.vec3), weights: wp.array(dtype=float), fine_start: int, start: int, n: int):
    """One level of a pyramid from the finer one, of 2 n - 1 nodes along a side. `weights` are the finer nodes' solid angles."""
    t = wp.tid()
    i = t // n % n
    j = t % n
    first = t // (n * n)
    last = first
    # A node on the horizon is on both squares, and takes from both.
    if i == 0 or j == 0 or i == n - 1 or j == n - 1:
        first = 0
        last = 1
    m = 2 * n - 1
    total = wp.vec3(0.0, 0.0, 0.0)
    weight = float(0.0)
    for lower in range(first, last + 1):
        for y in range(wp.max(2 * i - 1, 0), wp.min(2 * i + 2, m)):
            for x in range(wp.max(2 * j - 1, 0), wp.min(2 * j + 2, m)):
                w = weights[y * m + x] / float((1 + wp.abs(y - 2 * i)) * (1 + wp.abs(x - 2 * j)))
                # In the middle of a cell that is two triangles (see `fetch`) are only the two nodes that these share.
                if y != 2 * i and x != 2 * j:
                    if y == x:
                        w = w * wp.where(i == j, 2.0, 0.0)
                    elif y + x == m - 1:
                        w = w * wp.where(i + j == n - 1, 2.0, 0.0)
                total += nodes[fine_start + (lower * m + y) * m + x] * w
                weight += w
    nodes[start + t] = total / weight


@wp.func
def arctangent(x: float) -> float:
    """Of [-1, 1], within 2e-8 (Abramowitz and Stegun 4.4.49). Only arithmetic, so that it rounds alike everywhere."""
    s = x * x
    p = -0.0752896400 + s * (0.0429096138 + s * (-0.0161657367 + s * 0.0028662257))
    return x * (1.0 + s * (-0.3333314528 + s * (0.1999355085 + s * (-0.1420889944 + s * (0.1065626393 + s * p)))))


@wp.func
def angle_of(x: float, y: float) -> float:
    """The angle of the point (x, y) from +x, in (-pi, pi]; 0 for the origin."""
    ax = wp.abs(x)
    ay = wp.abs(y)
    angle = arctangent(wp.min(ax, ay) / wp.max(wp.max(ax, ay), 1.0e-30))
    if ay > ax:
        angle = 1.57079633 - angle
    if x < 0.0:
        angle = 3.14159265 - angle
    if y < 0.0:
        angle = -angle
    return angle


@wp.kernel
def resample(picture: wp.array2d(dtype=wp.vec3), n: int, start: int, nodes: wp.array(dtype=wp.vec3)):
    """A map from an equirectangular picture, bilinear: its top row straight up, its middle column along +x, its right side -y."""
    lower, i, j = wp.tid()
    d = corner_of(lower, i, j, n)
    height = picture.shape[0]
    width = picture.shape[1]
    elevation = angle_of(wp.sqrt(d[0] * d[0] + d[1] * d[1]), d[2])
    u = (0.5 - angle_of(d[0], d[1]) * 0.159154943) * float(width) - 0.5
    v = (0.5 - elevation * 0.318309886) * float(height) - 0.5
    left = wp.floor(u)
    top = wp.floor(v)
    fu = u - left
    fv = v - top
    x0 = (int(left) + width) % width
    x1 = (x0 + 1) % width
    y0 = wp.clamp(int(top), 0, height - 1)
    y1 = wp.clamp(int(top) + 1, 0, height - 1)
    high = picture[y0, x0] * (1.0 - fu) + picture[y0, x1] * fu
    low = picture[y1, x0] * (1.0 - fu) + picture[y1, x1] * fu
    nodes[start + (lower * n + i) * n + j] = high * (1.0 - fv) + low * fv


@wp.kernel
def shrink(picture: wp.array2d(dtype=wp.vec3), row_weights: wp.array(dtype=float), smaller: wp.array2d(dtype=wp.vec3)):
    """An equirectangular picture with fewer pixels: means over each one's area, rows weighted by what they cover of the sphere."""
    i, j = wp.tid()
    rows = float(picture.shape[0]) / float(smaller.shape[0])
    columns = float(picture.shape[1]) / float(smaller.shape[1])
    top = float(i) * rows
    left = float(j) * columns
    total = wp.vec3(0.0, 0.0, 0.0)
    weight = float(0.0)
    for y in range(int(top), wp.min(int(wp.ceil(top + rows)), picture.shape[0])):
        tall = (wp.min(top + rows, float(y + 1)) - wp.max(top, float(y))) * row_weights[y]
        for x in range(int(left), wp.min(int(wp.ceil(left + columns)), picture.shape[1])):
            w = tall * (wp.min(left + columns, float(x + 1)) - wp.max(left, float(x)))
            total += picture[y, x] * w
            weight += w
    smaller[i, j] = total / weight


def pyramid(base: int, smallest: int) -> list[tuple[int, int]]:
    """(start, nodes along a side) of each map of a pyramid that is stored flat, the finest first; sides are powers of two plus one."""
    out: list[tuple[int, int]] = []
    start, n = 0, base
    while n >= smallest:
        out.append((start, n))
        start, n = start + size(n), (n + 1) // 2
    return out
