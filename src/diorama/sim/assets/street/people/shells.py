"""Closed shells of triangles that move with bones: what bodies and clothes are made of.

Shells are made around a body in one pose, `BIND`, its arms and legs a little spread, and are bent from there into others. A corner goes with up to
three bones. At the larger joints there is a bone more, turned half as far as the joint is, so that what bends there keeps its girth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.street.people.skeleton import PARENTS, Frame, Lengths, posed
from diorama.sim.spec.people import Arm, Joints, Leg
from diorama.sim.transforms import normalize

#: How bodies are made.
BIND = Joints(
    left_arm=Arm(shoulder_rad=(0.0, 0.75, 0.0)),
    right_arm=Arm(shoulder_rad=(0.0, 0.75, 0.0)),
    left_leg=Leg(hip_rad=(0.0, 0.0625, 0.0)),
    right_leg=Leg(hip_rad=(0.0, 0.0625, 0.0)),
)
#: Bones that have one that goes half their way.
HALVED = tuple(f"{side}_{bone}" for side in ("left", "right") for bone in ("arm", "forearm", "hand", "thigh", "shin", "foot"))
_NAMES = (*PARENTS, *(f"half_{bone}" for bone in HALVED))
#: The number of each bone.
BONE = {name: number for number, name in enumerate(_NAMES)}

#: What a corner goes with: bones by number, and their shares.
Hold = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shell:
    """Corners (n, 3) in the pose `BIND`, the three `bones` (n, 3) of each and their `shares` (n, 3), texture coordinates `uv` (n, 2), and `faces`.

    Where the picture changes, corners are there twice: `places` (n,) has the same number for them.
    """

    positions: Points
    bones: NDArray[np.int64]
    shares: Points
    uv: Points
    faces: Faces
    places: NDArray[np.int64]


class Sewing:
    """A shell in the making: rings and points are added, and then joined."""

    def __init__(self) -> None:
        self._positions: list[Points] = []
        self._uv: list[Points] = []
        self._bones: list[NDArray[np.int64]] = []
        self._shares: list[Points] = []
        self._faces: list[Faces] = []
        self._twins: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._count = 0

    def add(self, positions: Points, uv: Points, holds: Sequence[Hold]) -> NDArray[np.int64]:
        """Corners (..., 3), and their numbers (...). `holds` is one for all, one for each of the first axis, or one for each."""
        shape, flat = positions.shape[:-1], positions.reshape(-1, 3)
        bones, shares = np.zeros((len(holds), 3), np.int64), np.zeros((len(holds), 3))
        for row, hold in enumerate(holds):
            for k, (bone, share) in enumerate(hold):
                bones[row, k], shares[row, k] = bone, share
        each = len(flat) // len(holds)
        self._positions.append(flat)
        self._uv.append((uv if uv.shape == (*shape, 2) else np.broadcast_to(uv, (*shape, 2))).reshape(-1, 2))
        self._bones.append(np.repeat(bones, each, axis=0))
        self._shares.append(np.repeat(shares, each, axis=0))
        first, self._count = self._count, self._count + len(flat)
        return np.arange(first, self._count).reshape(shape)

    def again(self, corners: NDArray[np.int64], uv: Points) -> NDArray[np.int64]:
        """The numbers of corners (n,) that are the same ones on another part of the picture."""
        self._positions.append(np.concatenate(self._positions)[corners])
        self._bones.append(np.concatenate(self._bones)[corners])
        self._shares.append(np.concatenate(self._shares)[corners])
        self._uv.append(np.broadcast_to(uv, (len(corners), 2)))
        first, self._count = self._count, self._count + len(corners)
        new = np.arange(first, self._count)
        self._twins.append((new, corners))
        return new

    def tube(self, rings: NDArray[np.int64]) -> None:
        """Join rings (k, n) of corners, each counter-clockwise seen from the end that the rings run towards."""
        a, b = rings[:-1], rings[1:]
        self.quads(a, np.roll(a, -1, axis=1), np.roll(b, -1, axis=1), b)

    def quads(self, a: NDArray[np.int64], b: NDArray[np.int64], c: NDArray[np.int64], d: NDArray[np.int64]) -> None:
        """Quadrilaterals a b c d, counter-clockwise from outside."""
        self._faces.append(np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3))

    def close(self, ring: NDArray[np.int64], position: Points, uv: Points, hold: Hold) -> None:
        """Join a ring (n,), clockwise seen from the side of the point, to a point."""
        tip = self.add(position[None], uv, [hold])
        self._faces.append(np.stack([np.roll(ring, -1), ring, np.broadcast_to(tip, ring.shape)], axis=1))

    def finished(self) -> Shell:
        """The shell."""
        places = np.arange(self._count)
        for new, old in self._twins:
            places[new] = places[old]
        return Shell(
            places=places,
            positions=np.concatenate(self._positions),
            bones=np.concatenate(self._bones),
            shares=np.concatenate(self._shares),
            uv=np.concatenate(self._uv),
            faces=np.concatenate(self._faces),
        )


# --- holding ----------------------------------------------------------------------------------------------


def held(bone: str) -> Hold:
    """By one bone."""
    return ((BONE[bone], 1.0),)


def between(one: str, other: str, share: float) -> Hold:
    """By two bones, `share` of it by the other."""
    share = min(max(share, 0.0), 1.0)
    return ((BONE[one], 1.0 - share), (BONE[other], share))


def along_limb(bones: Sequence[tuple[str, float]], way_m: float, reach_m: float) -> Hold:
    """What holds something `way_m` down a limb of bones, each with where it begins: around where one does, the half bone and the nearer one."""
    for k in range(len(bones) - 1, 0, -1):
        bone, start = bones[k]
        if way_m > start - reach_m:
            off = (way_m - start) / reach_m
            return between(f"half_{bone}", bones[k - 1][0] if off < 0 else bone, abs(off))
    return held(bones[0][0])


# --- the model --------------------------------------------------------------------------------------------


@lru_cache(16)
def bound(bones: Lengths) -> Mapping[str, Frame]:
    """The frames of bones in the pose `BIND`."""
    return posed(bones, BIND)


def direction(v: Points) -> Points:
    """(3,) scaled to length one."""
    x, y, z = v.tolist()
    return np.array(normalize((x, y, z)))


def normals(positions: Points, faces: Faces, places: NDArray[np.int64]) -> Points:
    """(n, 3): the mean of the faces around each corner's place, weighted by their areas."""
    area, at = geometry.area_vectors(positions, faces), places[faces].ravel()
    out = np.empty(positions.shape)
    for axis in range(3):
        out[:, axis] = np.bincount(at, np.repeat(area[:, axis], 3), len(positions))
    return geometry.unit(out)[places]
