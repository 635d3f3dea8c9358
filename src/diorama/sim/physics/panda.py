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
from diorama.sim.transforms import Matrix, Vec3, compose

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
_HAND_FROM_TOOL = Pose((0.0, 0.0, _TOOL_M)).matrix
_LINK7_FROM_HAND = np.array([[_DIAGONAL, _DIAGONAL, 0, 0], [-_DIAGONAL, _DIAGONAL, 0, 0], [0, 0, 1, _HAND_M], [0, 0, 0, 1]], np.float64)


def urdf() -> Path:
    """The file that physics reads. Raises AssetError when PyBullet's data package is not there."""
    return data_folder() / "franka_panda" / "panda.urdf"


def _turned(place: Vec3, quarter: int, angle_rad: float) -> Matrix:
    """A joint's frame in that of the link before: at a place, turned by quarters about x, then by the joint about z."""
    s, c = math.sin(angle_rad), math.cos(angle_rad)
    x, y, z = place
    about_x = ([s, c, 0.0, y], [0.0, 0.0, 1.0, z]) if quarter == 0 else ([0.0, 0.0, -quarter, y], [quarter * s, quarter * c, 0.0, z])
    return np.array([[c, -s, 0.0, x], *about_x, [0.0, 0.0, 0.0, 1.0]])


def frames(joints_rad: Sequence[float]) -> list[Matrix]:
    """`base_from_link` (4, 4) of the seven links that joints move, and of the hand."""
    out, now = [], np.eye(4)
    for (place, quarter), angle in zip(_JOINTS, joints_rad, strict=True):
        now = compose(now, _turned(place, quarter, angle))
        out.append(now)
    return [*out, compose(now, _LINK7_FROM_HAND)]


def tool(joints_rad: Sequence[float]) -> Matrix:
    """`base_from_tool` (4, 4)."""
    return compose(frames(joints_rad)[-1], _HAND_FROM_TOOL)


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
