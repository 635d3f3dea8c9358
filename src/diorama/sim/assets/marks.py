"""Where wear and dust are on a surface: masks over the texels of an unwrapped part.

Dust lies on what faces up, thinner where it is steeper, in blotches and specks, with a lint or two. Wear is deepest at convex edges,
where paint chips off in ragged patches; scratches cross everything at random, and handling leaves it shinier here and duller there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.mesh import MeshPart
from diorama.sim.assets.textures import SIZE, fractal_noise
from diorama.sim.assets.unwrap import Unwrapped
from diorama.sim.seeds import Seed
from diorama.sim.spec import Vec3, Weathering

Mask = NDArray[np.floating]

#: Different noises and scratches there are; a seed picks one of each, and where it begins.
_SHEETS = 8
#: What one sheet of each spans.
_BLOTCHES_M, _GRAIN_M, _SCRATCHES_M = 0.16, 0.04, 0.3
_SCRATCH_PX = 512
#: An edge is worn this far from it: a share of the whole thing's size, between two lengths.
_EDGE_SHARE, _LEAST_EDGE_M, _MOST_EDGE_M = 0.012, 0.001, 0.005
#: Within that width, a surface that turns by less than the first angle (as a chord) has no edge; by more than the second, a full one.
_BLUNT, _SHARP = 0.3, 0.9
_RINGS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """Shares in [0, 1] at each texel, (n,) float32: what is covered by `dust`, what has `chips` off, and what `scratches` cross.

    `handled` in [-1, 1] is where the surface became duller or shinier.
    """

    dust: Mask
    chips: Mask
    scratches: Mask
    handled: Mask


def marks(laid: Unwrapped, metres: NDArray[np.float64], edges: Sequence["Edge"], weathering: Weathering) -> Marks:
    """The marks on a part. `metres` (m, 3, 2) are its faces' corners as unrolled, and `edges` its worn ones."""
    seed = Seed(weathering.seed).child("weathering")
    across = laid.spread(np.concatenate([metres, _upness(laid.part, weathering.up)], axis=2))
    at, up = across[:2], across[2]
    blotches = _noise(seed.child("blotches"), 5, at, _BLOTCHES_M)
    grain = _noise(seed.child("grain"), 20, at, _GRAIN_M)
    none = np.zeros_like(up)
    dust = _dust(weathering.dust, up, blotches, grain) if weathering.dust > 0 else none
    if weathering.wear == 0:
        return Marks(dust=dust, chips=none, scratches=none, handled=none)
    wear = np.float32(weathering.wear)
    edge = _edge_map(laid, edges)
    # Worn edges come and go along their length.
    chips = _smoothstep(edge + 0.45 * blotches + 0.35 * grain - (1.3 - 0.7 * wear), 0.0, 0.12)
    lines = _lookup(_scratches(_sheet(seed.child("scratches"))), at, _SCRATCHES_M, seed.child("scratches"))
    scratches = np.clip(lines * (0.4 + 0.6 * blotches + edge) * np.float32(0.3 + 1.1 * weathering.wear), 0, 1) * min(1.0, 4 * weathering.wear)
    return Marks(dust=dust, chips=chips, scratches=scratches.astype(np.float32), handled=(blotches - grain * np.float32(0.5)) * wear)


def _dust(dust: float, up: Mask, blotches: Mask, grain: Mask) -> Mask:
    # The more there is, the steeper is what still holds some.
    lies = _smoothstep(up + 0.18 * blotches, 0.75 - 0.45 * dust, 1.05 - 0.15 * dust)
    film = np.clip(dust * (1.05 + 0.2 * blotches + 0.25 * grain), 0, 0.96)
    specks = _smoothstep(grain + 0.3 * blotches, 0.62 - 0.15 * dust, 0.75) * min(4 * dust, 0.35 + 0.5 * dust) * _smoothstep(up, 0.2, 0.7)
    return np.maximum(lies * film, specks * np.minimum(lies + 0.3, 1)).astype(np.float32)


def _upness(part: MeshPart, up: Vec3) -> NDArray[np.float64]:
    """(m, 3, 1): how much each face's corners face up, the cosine."""
    direction = geometry.unit(np.array([up], np.float64))
    return geometry.dot(part.normals.astype(np.float64), direction)[part.faces][..., None]


# --- edges --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edge:
    """A convex edge of a face of a part, from that face's corner `corner` to the next one, worn `strength` (0 to 1) much as far as `width_m`."""

    face: int
    corner: int
    strength: float
    width_m: float
    length_m: float


def worn_edges(parts: Sequence[MeshPart]) -> list[list[Edge]]:
    """The convex edges of each of an asset's parts, also those between two parts."""
    positions, faces = geometry.merged([(p.positions.astype(np.float64), p.faces.astype(np.int64)) for p in parts])
    size_m = geometry.diagonal_m(positions)
    width_m = min(max(_EDGE_SHARE * size_m, _LEAST_EDGE_M), _MOST_EDGE_M)
    places = geometry.weld(positions, max(1e-6 * size_m, 1e-9))[faces]
    flat = geometry.area_vectors(positions, faces)
    normals = geometry.unit(flat)
    area2 = np.sqrt(geometry.dot(flat, flat))
    tail, head = places.ravel(), places[:, [1, 2, 0]].ravel()
    starts, ends = faces.ravel(), faces[:, [1, 2, 0]].ravel()
    along = positions[ends] - positions[starts]
    length = np.sqrt(geometry.dot(along, along))
    key = np.minimum(tail, head) * (int(places.max()) + 1) + np.maximum(tail, head)
    order = np.argsort(key, kind="stable")
    alike = np.concatenate([[False], np.diff(key[order]) == 0, [False]])
    pairs = np.flatnonzero(alike[1:-1] & ~alike[:-2] & ~alike[2:])
    one, two = order[pairs], order[pairs + 1]
    f, g = one // 3, two // 3
    chord = np.sqrt(np.maximum(2 - 2 * geometry.dot(normals[f], normals[g]), 0))
    opposite = positions[faces[g, (two % 3 + 2) % 3]] - positions[starts[one]]
    convex = (geometry.dot(opposite, normals[f]) < 0) & (length[one] > 0) & (area2[f] > 0) & (area2[g] > 0)
    # How wide the two faces are across the edge: a rounded edge turns a little at each of many narrow ones.
    across = (area2[f] + area2[g]) / 2 / np.maximum(length[one], 1e-9)
    turn = chord * np.maximum(1.0, width_m / np.maximum(across, 1e-9))
    strength = np.clip((turn - _BLUNT) / (_SHARP - _BLUNT), 0, 1)
    out: list[list[Edge]] = [[] for _ in parts]
    first = np.cumsum([0] + [len(p.faces) for p in parts])
    for k in np.flatnonzero(convex & (strength > 0)).tolist():
        for side in (int(one[k]), int(two[k])):
            part = int(np.searchsorted(first, side // 3, side="right")) - 1
            out[part].append(Edge(side // 3 - int(first[part]), side % 3, float(strength[k]), width_m, float(length[side])))
    return out


def _edge_map(laid: Unwrapped, edges: Sequence[Edge]) -> Mask:
    """How near to a worn edge each texel is: its strength there, and 0 as far away as it is wide."""
    canvas = np.zeros(laid.owner.shape, np.uint8)
    strokes: list[tuple[int, int, int]] = []
    for number, edge in enumerate(edges):
        a, b = laid.corners[edge.face, edge.corner], laid.corners[edge.face, (edge.corner + 1) % 3]
        texel_m = edge.length_m / max(float(np.sqrt(((b - a) * (b - a)).sum())), 1e-6)
        for ring in range(_RINGS):
            thickness = max(round(2 * edge.width_m * (1 - ring / _RINGS) / texel_m), 1)
            strokes.append((int(255 * edge.strength * (ring + 1) / _RINGS), number, min(thickness, 255)))
    fixed = np.round((laid.corners - 0.5) * 16).astype(np.int32)
    for value, number, thickness in sorted(strokes):
        edge = edges[number]
        a, b = fixed[edge.face, edge.corner], fixed[edge.face, (edge.corner + 1) % 3]
        cv2.line(canvas, a.tolist(), b.tolist(), value, thickness, cv2.LINE_8, 4)
    return canvas.ravel()[laid.texels].astype(np.float32) / np.float32(255)


# --- sheets of noise and scratches ------------------------------------------------------------------------------


def _noise(seed: Seed, cells: int, at: NDArray[np.float32], tile_m: float) -> Mask:
    """About [-1, 1] at places (2, n) in metres."""
    return _lookup(_noise_sheet(_sheet(seed), cells), at, tile_m, seed)


def _sheet(seed: Seed) -> int:
    return seed.child("sheet").integer() % _SHEETS


def _lookup(sheet: Mask, at: NDArray[np.float32], tile_m: float, seed: Seed) -> Mask:
    """The sheet's texel at each place; where it begins is up to the seed."""
    size = sheet.shape[0]
    begin = [seed.child("begin", axis).integer() % size for axis in range(2)]
    x, y = (np.floor(at[axis] * np.float32(size / tile_m)).astype(np.int32) + begin[axis] & (size - 1) for axis in range(2))
    return sheet.ravel().take(y * size + x)


@lru_cache(maxsize=64)
def _noise_sheet(number: int, cells: int) -> Mask:
    noise = fractal_noise(Seed(number).child("noise", cells).rng(), cells, cells)
    noise.flags.writeable = False
    assert noise.shape == (SIZE, SIZE)
    return noise


@lru_cache(maxsize=_SHEETS)
def _scratches(number: int) -> Mask:
    """Strokes of many lengths and depths, a little bent; mostly fine ones."""
    rng = Seed(number).child("scratches").rng()
    canvas = np.zeros((3 * _SCRATCH_PX, 3 * _SCRATCH_PX), np.uint8)
    for _ in range(140):
        start, way, bend = rng.random(2), rng.random(2) * 2 - 1, rng.random(2) * 2 - 1
        long, deep = 0.03 + 0.45 * rng.random() ** 3, 0.25 + 0.75 * rng.random() ** 2
        t = np.arange(9)[:, None] / 8
        path = (start + long * (way * t + 0.15 * bend * t * t) + 1) * _SCRATCH_PX
        fixed = np.round(path * 16).astype(int).tolist()
        for step in range(8):  # fades in and out
            value = int(255 * deep * (1 - abs(2 * (step + 0.5) / 8 - 1) ** 2))
            cv2.line(canvas, fixed[step], fixed[step + 1], value, 1, cv2.LINE_8, 4)
    # What leaves on one side comes back on the other.
    tiled = canvas.reshape(3, _SCRATCH_PX, 3, _SCRATCH_PX).max(axis=(0, 2)).astype(np.float32) / np.float32(255)
    tiled.flags.writeable = False
    return tiled


def _smoothstep(x: Mask, low: float, high: float) -> Mask:
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (3 - 2 * t)
