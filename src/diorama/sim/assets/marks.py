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


def marks(laid: Unwrapped, metres: NDArray[np.float64], edges: "Edges | None", weathering: Weathering) -> Marks:
    """The marks on a part. `metres` (m, 3, 2) are its faces' corners as unrolled, and `edges` its worn ones, for wear."""
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
    edge = none if edges is None else _edge_map(laid, edges)
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """Convex edges of a part, (n,) each: from corner `corner` of face `face` to the next one, `length_m` long, worn `strength` (0 to 1) much
    as far as `width_m` from them.
    """

    face: NDArray[np.int64]
    corner: NDArray[np.int64]
    strength: NDArray[np.float64]
    length_m: NDArray[np.float64]
    width_m: float


def worn_edges(parts: Sequence[MeshPart]) -> list[Edges]:
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
    worn = np.flatnonzero(convex & (strength > 0))
    sides, strength = np.concatenate([one[worn], two[worn]]), np.tile(strength[worn], 2)
    first = np.cumsum([0] + [len(p.faces) for p in parts])
    of_part = np.searchsorted(first, sides // 3, side="right") - 1
    found = []
    for number, begin in enumerate(first[:-1].tolist()):
        mine = of_part == number
        side = sides[mine]
        found.append(Edges(face=side // 3 - begin, corner=side % 3, strength=strength[mine], length_m=length[side], width_m=width_m))
    return found


def _edge_map(laid: Unwrapped, edges: Edges) -> Mask:
    """How near to a worn edge each texel is: the edge's strength there, and 0 as far away as it is wide."""
    canvas = np.zeros(laid.owner.shape, np.uint8)
    ends = laid.corners[edges.face, edges.corner], laid.corners[edges.face, (edges.corner + 1) % 3]
    across, along = (ends[1] - ends[0]).T
    texel_m = edges.length_m / np.maximum(np.sqrt(across * across + along * along), 1e-6)
    # From the outside in, as strokes that get narrower and brighter; the brightest last.
    rings = np.arange(_RINGS)
    thickness = np.clip(np.round(2 * edges.width_m * (1 - rings[:, None] / _RINGS) / texel_m), 1, 255).astype(np.int64)
    values = (255 * edges.strength * (rings[:, None] + 1) / _RINGS).astype(np.int64)
    starts, stops = (np.round((points - 0.5) * 16).astype(np.int64).tolist() for points in ends)
    count = len(edges.face)
    order = np.argsort(values.ravel(), kind="stable")
    strokes = zip((order % max(count, 1)).tolist(), values.ravel()[order].tolist(), thickness.ravel()[order].tolist(), strict=True)
    for k, value, thick in strokes:
        cv2.line(canvas, starts[k], stops[k], value, thick, cv2.LINE_8, 4)
    return canvas.ravel().take(laid.texels).astype(np.float32) / np.float32(255)


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
