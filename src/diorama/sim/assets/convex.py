"""Convex pieces of a mesh: the mesh itself where it is convex, else CoACD's decomposition.

CoACD: X. Wei et al., "Approximate Convex Decomposition for 3D Meshes with Collision-Aware Concavity and Tree Search", SIGGRAPH 2022.
"""

import hashlib
import importlib.util
import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np

from diorama.sim.assets import disk_cache, geometry
from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.surface import Surface
from diorama.sim.errors import AssetError, MissingExtra
from diorama.sim.spec import Vec3

#: A mesh counts as convex when no vertex stands farther out of a face's plane than this share of its diagonal.
CONVEX_SHARE = 0.005
#: More separate objects than this are decomposed as one.
MOST_PIECES = 64
#: Physics slows down with every vertex of a piece; those that stick out most in so many directions are kept.
MOST_VERTICES = 256

#: CoACD's settings: the deviation it allows, how long it searches, and the seed of its search.
_SETTINGS = {"threshold": 0.04, "mcts_iterations": 60, "max_ch_vertex": MOST_VERTICES, "seed": 0}
#: Meshes of more faces than this are first remeshed coarsely, as those that are not closed are.
_MANY_FACES = 20_000

_log = logging.getLogger(__name__)


def convex_pieces(surfaces: Sequence[Surface], source: str) -> tuple[list[Points], tuple[float, Vec3]]:
    """Convex pieces (n, 3) of the solid in some surfaces; and its volume and centre of mass.

    Closed surfaces must face outwards (`outward`). Objects of the file that are closed and convex are pieces as they are. Raises
    MissingExtra, or AssetError naming `source`.
    """
    positions, faces = geometry.merged([(s.positions, s.faces) for s in surfaces])
    positions, faces = _welded(positions, faces)
    if not len(faces):
        raise AssetError(f"{source}: has no face with an area")
    whole = geometry.signed_volume_and_center(positions, faces) if geometry.is_closed(faces) else None
    if whole is not None and whole[0] < 1e-9 * geometry.diagonal_m(positions) ** 3:
        raise AssetError(f"{source}: encloses no volume")
    if whole is not None and _is_convex(positions, faces):
        return [outermost(positions)], whole
    pieces = _convex_objects(surfaces)
    if pieces is None:
        pieces = _decomposed(positions, faces, source)
    if whole is None:
        # The surface has no inside of its own; the pieces have, and hardly overlap.
        parts = [geometry.signed_volume_and_center(p, f) for p, f in pieces]
        total = sum(v for v, _ in parts)
        if not total > 0:
            raise AssetError(f"{source}: has no volume")
        x, y, z = (sum(v * c[i] for v, c in parts) / total for i in range(3))
        whole = total, (x, y, z)
    return [outermost(p) for p, _ in pieces], whole


def outward(surfaces: Sequence[Surface]) -> list[Surface]:
    """The surfaces, turned inside out when they are closed and face inwards."""
    positions, faces = _welded(*geometry.merged([(s.positions, s.faces) for s in surfaces]))
    if not len(faces) or not geometry.is_closed(faces) or geometry.signed_volume_and_center(positions, faces)[0] >= 0:
        return list(surfaces)
    return [replace(s, faces=s.faces[:, ::-1], normals=None if s.normals is None else -s.normals) for s in surfaces]


def _welded(positions: Points, faces: Faces) -> tuple[Points, Faces]:
    """One vertex for each place, and no face without an area."""
    places = geometry.weld(positions, max(1e-6 * geometry.diagonal_m(positions), 1e-9))
    faces = places[faces[geometry.with_area(positions, faces, places)]]
    first = np.zeros(int(places.max()) + 1, np.int64)
    first[places[::-1]] = np.arange(len(places))[::-1]
    used, faces = np.unique(faces, return_inverse=True)
    return positions[first[used]], faces.reshape(-1, 3)


def _is_convex(positions: Points, faces: Faces) -> bool:
    return geometry.overhang_m(positions, faces) <= CONVEX_SHARE * geometry.diagonal_m(positions)


def _convex_objects(surfaces: Sequence[Surface]) -> list[tuple[Points, Faces]] | None:
    """The file's objects, when there are a few of them and each is closed and convex."""
    names = list(dict.fromkeys(s.piece for s in surfaces))
    if not 2 <= len(names) <= MOST_PIECES:
        return None
    pieces: list[tuple[Points, Faces]] = []
    for name in names:
        p, f = _welded(*geometry.merged([(s.positions, s.faces) for s in surfaces if s.piece == name]))
        if not len(f) or not geometry.is_closed(f) or geometry.signed_volume_and_center(p, f)[0] <= 0 or not _is_convex(p, f):
            return None
        pieces.append((p, f))
    return pieces


def _decomposed(positions: Points, faces: Faces, source: str) -> list[tuple[Points, Faces]]:
    if importlib.util.find_spec("coacd") is None:
        raise MissingExtra(f"{source}: a mesh that is not convex", "coacd (convex decomposition)", "assets")
    digest = hashlib.sha256(f"coacd {version('coacd')} {sorted(_SETTINGS.items())} {_MANY_FACES}".encode())
    digest.update(np.ascontiguousarray(positions).tobytes() + np.ascontiguousarray(faces).tobytes())
    key = f"coacd-{digest.hexdigest()}"
    arrays = disk_cache.load(key)
    if arrays is None or not _is_sound(arrays):
        import coacd

        _log.info("%s: finding its convex pieces, which takes a while and is kept for the next time", source)
        coacd.set_log_level("error")
        mesh = coacd.Mesh(positions, faces.astype(np.int32))
        try:
            found = coacd.run_coacd(mesh, preprocess_mode="on" if len(faces) > _MANY_FACES else "auto", **_SETTINGS)
        except (RuntimeError, ValueError, AssertionError) as error:
            raise AssetError(f"{source}: cannot be decomposed into convex pieces ({error})") from None
        arrays = [a for p, f in found for a in (np.asarray(p, np.float64), np.asarray(f, np.float64))]
        if not _is_sound(arrays):
            raise AssetError(f"{source}: cannot be decomposed into convex pieces; its surface encloses no volume")
        disk_cache.store(key, arrays)
    return [(p, f.astype(np.int64)) for p, f in zip(arrays[::2], arrays[1::2], strict=True)]


def _is_sound(arrays: list[Points]) -> bool:
    """Whether these can be the vertices and faces of pieces, in turn."""
    pairs = list(zip(arrays[::2], arrays[1::2], strict=False))
    return (
        bool(pairs)
        and len(arrays) % 2 == 0
        and all(a.ndim == 2 and a.shape[1] == 3 and a.dtype == np.float64 and len(a) and bool(np.isfinite(a).all()) for a in arrays)
        and all(0 <= f.min() and f.max() < len(p) for p, f in pairs)
    )


def outermost(points: Points, most: int = MOST_VERTICES) -> Points:
    """The points themselves, or when they are more than `most` those that are outermost in as many directions spread over the sphere."""
    if len(points) <= most:
        return points
    # In the proportions of a cube, so that the ends of something long get their share.
    q = points / np.maximum(points.max(axis=0) - points.min(axis=0), 1e-12)
    best = [int(np.argmax(q[:, 0] * x + q[:, 1] * y + q[:, 2] * z)) for x, y, z in _directions(most)]
    return points[sorted(set(best))]


def _directions(count: int) -> list[Vec3]:
    """A Fibonacci lattice on the unit sphere."""
    golden = math.pi * (3 - math.sqrt(5))
    out: list[Vec3] = []
    for k in range(count):
        z = 1 - (2 * k + 1) / count
        r = math.sqrt(1 - z * z)
        out.append((round(r * math.cos(golden * k), 12), round(r * math.sin(golden * k), 12), z))
    return out
