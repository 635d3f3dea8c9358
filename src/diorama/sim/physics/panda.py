"""The Franka Emika Panda with its hand: where its joints are and how far they go, and what its links are seen as.

Figures are those of the URDF in PyBullet's data package, which follows the maker's; limits of joints are the maker's own, a little inside those.
Frames: the base's z points up and its x forward; the tool is between the finger tips, its z pointing out of the hand, its y along the fingers' way.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from diorama.sim.assets.pybullet_data import data_folder
from diorama.sim.spec import BodySpec, MeshShape, Pose
from diorama.sim.transforms import Matrix, Vec3, compose, cross

#: Of each joint the place in the frame of the link before, and by which multiple of 90 degrees it is turned about that link's x first.
_JOINTS: tuple[tuple[Vec3, int], ...] = (
    ((0.0, 0.0, 0.333), 0),
    ((0.0, 0.0, 0.0), -1),
    ((0.0, -0.316, 0.0), 1),
    ((0.0825, 0.0, 0.0), 1),
    ((-0.0825, 0.384, 0.0), -1),
    ((0.0, 0.0, 0.0), 1),
    ((0.088, 0.0, 0.0), 1),
)
#: How far joints go, in radians, how fast, in radians a second, and how strong they are, in newton metres.
LOWEST_RAD = (-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973)
HIGHEST_RAD = (2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973)
FASTEST_RAD_S = (2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61)
STRONGEST_NM = (87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0)
#: The fingers are so far apart at most, move so fast each, and press so hard.
WIDEST_M, FINGERS_M_S, FINGERS_N = 0.08, 0.2, 40.0
#: Where the arm waits: bent, the hand pointing straight down in front of it.
REST_RAD = (0.0, -0.4, 0.0, -2.4, 0.0, 2.0, math.pi / 4)
#: The hand's frame behind the last link's, the fingers' and the tool's before the hand's, along z.
_HAND_M, _FINGER_M, _TOOL_M = 0.107, 0.0584, 0.105

_DIAGONAL = math.sqrt(0.5)
_ZERO = (0.0, 0.0, 0.0)
#: The tool is where it should be within these; so many steps are made towards it, none with a joint turned farther; and the square of the damping.
_NEAR_M, _NEAR_RAD, _ITERATIONS, _LONGEST_RAD, _DAMPING = 1e-5, 1e-4, 40, 0.5, 1e-4


def urdf() -> Path:
    """The file that physics reads. Raises AssetError when PyBullet's data package is not there."""
    return data_folder() / "franka_panda" / "panda.urdf"


#: A link's frame in the base's: its axes x, y, z and its place. Plain tuples, since inverse kinematics ask for hundreds.
_Frame = tuple[Vec3, Vec3, Vec3, Vec3]


def _chain(joints_rad: Sequence[float]) -> list[_Frame]:
    """The frames of the seven links that joints move; z is the joint's axis."""
    x, y, z, place = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)
    out = []
    for ((u, v, w), quarter), angle in zip(_JOINTS, joints_rad, strict=True):
        place = _sum(place, (u, x), (v, y), (w, z))
        if quarter:
            y, z = _sum(_ZERO, (quarter, z)), _sum(_ZERO, (-quarter, y))
        s, c = math.sin(angle), math.cos(angle)
        x, y = _sum(_ZERO, (c, x), (s, y)), _sum(_ZERO, (-s, x), (c, y))
        out.append((x, y, z, place))
    return out


def _held(link7: _Frame, behind_m: float) -> _Frame:
    """A frame turned as the hand is, so far along the last link's axis."""
    x, y, z, place = link7
    return _sum(_ZERO, (_DIAGONAL, x), (-_DIAGONAL, y)), _sum(_ZERO, (_DIAGONAL, x), (_DIAGONAL, y)), z, _sum(place, (behind_m, z))


def _sum(start: Vec3, *terms: tuple[float, Vec3]) -> Vec3:
    a, b, c = start
    for k, (x, y, z) in terms:
        a, b, c = a + k * x, b + k * y, c + k * z
    return (a, b, c)


def _matrix(frame: _Frame) -> Matrix:
    out = np.eye(4)
    out[:3] = np.array(frame).T
    return out


def frames(joints_rad: Sequence[float]) -> list[Matrix]:
    """`base_from_link` (4, 4) of the seven links that joints move, and of the hand."""
    chain = _chain(joints_rad)
    return [_matrix(frame) for frame in (*chain, _held(chain[-1], _HAND_M))]


def tool(joints_rad: Sequence[float]) -> Matrix:
    """`base_from_tool` (4, 4)."""
    return _matrix(_held(_chain(joints_rad)[-1], _HAND_M + _TOOL_M))


def reach(place_m: Sequence[float], yaw_rad: float) -> tuple[float, ...] | None:
    """The joints' angles with the tool at a place in the base's frame, pointing straight down; None where it cannot get.

    With the yaw 0 the fingers move along the base's y; it turns them to the left, seen from above. A function of the place and the yaw alone: of all
    ways to get there one near the rest pose, found by damped least squares (Wampler 1986) from there.
    """
    s, c = math.sin(yaw_rad), math.cos(yaw_rad)
    wanted = ((c, s, 0.0), (s, -c, 0.0), (0.0, 0.0, -1.0))
    u, v, w = place_m
    joints = list(REST_RAD)
    for _ in range(_ITERATIONS):
        chain = _chain(joints)
        *axes, at = _held(chain[-1], _HAND_M + _TOOL_M)
        lacks = (u - at[0], v - at[1], w - at[2])
        turns = _sum(_ZERO, *((0.5, cross(now, then)) for now, then in zip(axes, wanted, strict=True)))
        # Half a circle off, nothing turns it either way; rest poses are never so far from pointing down.
        if max(map(abs, lacks)) <= _NEAR_M and max(map(abs, turns)) <= _NEAR_RAD:
            fits = all(low <= angle <= high for low, angle, high in zip(LOWEST_RAD, joints, HIGHEST_RAD, strict=True))
            return tuple(joints) if fits else None
        columns = [(*cross(z, _sum(at, (-1.0, p))), *z) for _, _, z, p in chain]
        step = _least(columns, (*lacks, *turns))
        most = max(*map(abs, step), _LONGEST_RAD)
        # Rounded, so that solutions are the same where sines differ in their last bit.
        joints = [round(angle + change * _LONGEST_RAD / most, 9) for angle, change in zip(joints, step, strict=True)]
    return None


def _least(columns: Sequence[Sequence[float]], wanted: Sequence[float]) -> list[float]:
    """The shortest change of the joints that makes, but for some damping, the `wanted` change (6,), of which each joint makes one of the columns."""
    size = len(wanted)
    rows = [[sum(c[i] * c[j] for c in columns) + (_DAMPING if i == j else 0.0) for j in range(size)] + [wanted[i]] for i in range(size)]
    for i in range(size):  # the matrix is positive definite, and needs no pivots
        for k in range(i + 1, size):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    found = [0.0] * size
    for i in reversed(range(size)):
        found[i] = (rows[i][size] - sum(rows[i][k] * found[k] for k in range(i + 1, size))) / rows[i][i]
    return [sum(a * b for a, b in zip(column, found, strict=True)) for column in columns]


def bodies(world_from_base: Pose, joints_rad: Sequence[float], width_m: float) -> tuple[BodySpec, ...]:
    """What is seen of the arm whose base stands there, with its fingers so far apart: bodies without mass, tagged ``robot``."""
    linked = [np.eye(4), *frames(joints_rad)]
    names = [*(f"link{number}" for number in range(8)), "hand"]
    placed = list(zip(names, names, linked, strict=True))
    for side, name in ((1.0, "left-finger"), (-1.0, "right-finger")):
        turn = np.diag([side, side, 1.0, 1.0])
        turn[1, 3], turn[2, 3] = side * width_m / 2, _FINGER_M
        placed.append((name, "finger", compose(linked[-1], turn)))
    base = world_from_base.matrix
    return tuple(
        BodySpec(name=f"robot-{name}", shape=MeshShape(asset=f"robot:panda/{asset}"), world_from_body=_rounded(compose(base, pose)), tags=("robot",))
        for name, asset, pose in placed
    )


def _rounded(matrix: Matrix) -> Pose:
    """Sines differ in their last bit from one C library to another."""
    pose = Pose.from_matrix(matrix)
    x, y, z = (round(v, 7) for v in pose.position_m)
    w, a, b, c = (round(v, 9) for v in pose.rotation_wxyz)
    return Pose((x, y, z), (w, a, b, c))
