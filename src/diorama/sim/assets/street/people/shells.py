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
from diorama.sim.assets.street.people.skeleton import PARENTS, Frame, Lengths, posed, rotated
from diorama.sim.spec.people import Arm, Joints, Leg
from diorama.sim.transforms import Quat, Vec3, normalize_quat, quat_multiply

#: How bodies are made.
BIND = Joints(
    left_arm=Arm(shoulder_rad=(0.0, 0.75, 0.0)),
    right_arm=Arm(shoulder_rad=(0.0, 0.75, 0.0)),
    left_leg=Leg(hip_rad=(0.0, 0.0625, 0.0)),
    right_leg=Leg(hip_rad=(0.0, 0.0625, 0.0)),
)
#: Bones that have one that goes half their way.
_HALVED = tuple(f"{side}_{bone}" for side in ("left", "right") for bone in ("arm", "forearm", "hand", "thigh", "shin", "foot"))
_NAMES = (*PARENTS, *(f"half_{bone}" for bone in _HALVED))
#: The number of each bone.
BONE = {name: number for number, name in enumerate(_NAMES)}

#: What a corner goes with: bones by number, and their shares.
Hold = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shell:
    """Corners (n, 3) in the pose `BIND`, the three `bones` (n, 3) of each and their `shares` (n, 3), texture coordinates `uv` (n, 2), and `faces`."""

    positions: Points
    bones: NDArray[np.int64]
    shares: Points
    uv: Points
    faces: Faces


class Sewing:
    """A shell in the making: rings and points are added, and then joined."""

    def __init__(self) -> None:
        self._positions: list[Points] = []
        self._uv: list[Points] = []
        self._bones: list[NDArray[np.int64]] = []
        self._shares: list[Points] = []
        self._faces: list[Faces] = []
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
        self._uv.append(np.broadcast_to(uv, (*shape, 2)).reshape(-1, 2))
        self._bones.append(np.repeat(bones, each, axis=0))
        self._shares.append(np.repeat(shares, each, axis=0))
        first, self._count = self._count, self._count + len(flat)
        return np.arange(first, self._count).reshape(shape)

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
        return Shell(
            positions=np.concatenate(self._positions),
            bones=np.concatenate(self._bones),
            shares=np.concatenate(self._shares),
            uv=np.concatenate(self._uv),
            faces=np.concatenate(self._faces),
        )


def sewn(shells: Sequence[Shell]) -> Shell:
    """Shells as one."""
    starts = np.cumsum([0] + [len(s.positions) for s in shells[:-1]])
    return Shell(
        positions=np.concatenate([s.positions for s in shells]),
        bones=np.concatenate([s.bones for s in shells]),
        shares=np.concatenate([s.shares for s in shells]),
        uv=np.concatenate([s.uv for s in shells]),
        faces=np.concatenate([s.faces + start for s, start in zip(shells, starts, strict=True)]),
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


# --- bending ----------------------------------------------------------------------------------------------


@lru_cache(128)
def bound(bones: Lengths) -> Mapping[str, Frame]:
    """The frames of bones in the pose `BIND`."""
    return posed(bones, BIND)


def bent(positions: Points, bones: NDArray[np.int64], shares: Points, lengths: Lengths, frames: Mapping[str, Frame]) -> Points:
    """Corners (n, 3) of the pose `BIND`, where they are when bones have these frames; `bones` and `shares` (n, 3) as in Shell."""
    turn, shift = _motions(lengths, frames)
    moves = np.concatenate([turn.reshape(-1, 9), shift], axis=1)
    mixed = moves[bones[:, 0]] * shares[:, 0:1] + moves[bones[:, 1]] * shares[:, 1:2] + moves[bones[:, 2]] * shares[:, 2:3]
    x, y, z = positions[:, 0], positions[:, 1], positions[:, 2]
    return np.stack([mixed[:, 3 * i] * x + mixed[:, 3 * i + 1] * y + mixed[:, 3 * i + 2] * z + mixed[:, 9 + i] for i in range(3)], axis=1)


def _motions(lengths: Lengths, frames: Mapping[str, Frame]) -> tuple[Points, Points]:
    """How each bone of `_NAMES` moves from the pose `BIND`: a turn (b, 3, 3), and then a shift (b, 3)."""
    start = bound(lengths)
    turns: dict[str, Quat] = {}
    for bone, (q, _) in frames.items():
        w, x, y, z = start[bone][0]
        turns[bone] = normalize_quat(quat_multiply(q, (w, -x, -y, -z)))
    shifts = {bone: _shift(turns[bone], start[bone][1], at) for bone, (_, at) in frames.items()}
    for bone in _HALVED:
        a, b = turns[PARENTS[bone]], turns[bone]
        sign = 1.0 if sum(p * q for p, q in zip(a, b, strict=True)) >= 0 else -1.0
        half = turns[f"half_{bone}"] = normalize_quat([p + sign * q for p, q in zip(a, b, strict=True)])
        shifts[f"half_{bone}"] = _shift(half, start[bone][1], frames[bone][1])
    w, x, y, z = np.array([turns[name] for name in _NAMES]).T
    turn = np.stack(
        [
            *(1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
            *(2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
            *(2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
        ],
        axis=1,
    )
    return turn.reshape(-1, 3, 3), np.array([shifts[name] for name in _NAMES])


def _shift(turn: Quat, start: Vec3, end: Vec3) -> Vec3:
    """What takes the turned start to the end."""
    x, y, z = rotated(turn, start)
    return end[0] - x, end[1] - y, end[2] - z


def normals(positions: Points, faces: Faces) -> Points:
    """(n, 3): the mean of the faces around each corner, weighted by their areas."""
    area = geometry.area_vectors(positions, faces)
    out = np.empty(positions.shape)
    for axis in range(3):
        each = np.repeat(area[:, axis], 3)
        out[:, axis] = np.bincount(faces.ravel(), each, len(positions))
    return geometry.unit(out)
