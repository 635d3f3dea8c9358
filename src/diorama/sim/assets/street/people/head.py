"""Heads: neck, face and ears. Sizes are shares of the head's height, up from the chin, forwards and aside of the head's middle."""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.street.people.fitting import MODEL
from diorama.sim.assets.street.people.picture import lay
from diorama.sim.assets.street.people.shells import Sewing, Shell, between, bound, held
from diorama.sim.assets.street.people.skeleton import Lengths, lengths
from diorama.sim.assets.street.people.trunk import trunk_m
from diorama.sim.spec.people import PersonShape
from diorama.sim.transforms import Vec3

#: Degrees from the front of the columns of a head, closer together where there is more to see.
_COLUMNS = (0.0, 11.0, 27.0, 46.0, 68.0, 92.0, 118.0, 148.0, 180.0)
#: Rings of a head: how high, how far they reach to the front and to the back, and half their width.
_RINGS = (
    (-0.05, 0.16, 0.27, 0.20),
    (0.0, 0.375, 0.26, 0.185),
    (0.06, 0.41, 0.27, 0.235),
    (0.20, 0.405, 0.30, 0.285),
    (0.30, 0.41, 0.35, 0.305),
    (0.38, 0.41, 0.39, 0.318),
    (0.50, 0.385, 0.43, 0.328),
    (0.60, 0.415, 0.45, 0.335),
    (0.75, 0.395, 0.45, 0.335),
    (0.88, 0.30, 0.385, 0.275),
    (0.97, 0.16, 0.23, 0.16),
)
#: How far the nose stands out, by ring, and what is beside the eyes lies back.
_NOSE = {4: 0.075, 5: 0.055, 6: 0.02}
_EYES, _HOLLOW = 6, 0.02
#: The widest, which is how far out the picture of a face reaches.
WIDEST = 0.34
#: Of the face: forwards, to the side, and up.
FEATURES: dict[str, Vec3] = {"nose": (0.475, 0.0, 0.31), "eye": (0.365, 0.14, 0.5), "ear": (-0.02, 0.33, 0.43)}


@cache
def columns() -> Points:
    """(16, 2): the directions of the columns of a head, from the front to the left and around."""
    angles = [*_COLUMNS, *(-a for a in _COLUMNS[-2:0:-1])]
    return np.array([[round(math.cos(math.radians(a)), 12), round(math.sin(math.radians(a)), 12)] for a in angles])


def around(values: tuple[float, ...]) -> Points:
    """(16,): values of the nine columns from the front to the back, on both sides."""
    return np.array([*values, *values[-2:0:-1]])


def chin(bones: Lengths) -> Vec3:
    """Where the chin's height meets the middle of the head, in the pose `BIND`."""
    return bound(bones)["head"][1][0] + 0.004 * bones.height, 0.0, trunk_m(bones)


def on_head(bones: Lengths, high: Points, grow: Points | float = 0.0) -> Points:
    """(..., 16, 3): the surface of a head, without the nose, so `high` in each column (..., 16), and `grow` farther out."""
    table = np.array(_RINGS)
    k = np.clip(np.searchsorted(table[:, 0], high, side="right") - 1, 0, len(table) - 2)
    share = np.clip((high - table[k, 0]) / (table[k + 1, 0] - table[k, 0]), 0.0, 1.0)
    front, back, half = (table[k, c] + (table[k + 1, c] - table[k, c]) * share for c in (1, 2, 3))
    turn = columns()
    out = np.empty((*high.shape, 3))
    out[..., 0] = (np.where(turn[:, 0] > 0, front, back) + grow) * turn[:, 0]
    out[..., 1] = (half + grow) * turn[:, 1]
    out[..., 2] = high
    return out * bones.head + np.array(chin(bones))


def head_shell(person: PersonShape) -> Shell:
    """Neck and head, with a nose and ears."""
    bones, sewing = lengths(person), Sewing()
    h, up = bones.height, trunk_m(bones)
    high = np.array([row[0] for row in _RINGS])
    rings = on_head(bones, np.repeat(high[:, None], 16, axis=1))
    for k, out in _NOSE.items():
        rings[k, 0, 0] += out * bones.head
    rings[_EYES, [2, 14], 0] -= _HOLLOW * bones.head
    round_ = columns()
    thick = 0.031 * h * round(math.pow(person.bmi_kg_m2 / MODEL.bmi_kg_m2, 0.35), 9) * (1 - 0.09 * person.figure)
    x_head = bound(bones)["head"][1][0]
    numbers: list[NDArray[np.int64]] = []
    for z, x, hold in (
        (0.89, -0.008 * h, held("chest")),
        (0.975, -0.004 * h, between("chest", "neck", 0.6)),
        (1.015, x_head, between("neck", "head", 0.5)),
    ):
        ring = np.column_stack([x + thick * round_[:, 0], thick * round_[:, 1], np.full(16, z * up)])
        # A neck rises to the back.
        ring[:, 2] -= 0.006 * h * round_[:, 0]
        numbers.append(sewing.add(ring, lay("skin", 0.5, 0.5), [hold]))
    u = np.where(round_[:, 0] < 0.1, 1.0, np.minimum(np.abs(rings[..., 1]) / (WIDEST * bones.head), 1.0))
    numbers += [sewing.add(ring, lay("face", u[k], _RINGS[k][0]), [held("head")]) for k, ring in enumerate(rings)]
    sewing.tube(np.stack(numbers[:3]))
    sewing.tube(np.stack(numbers[3:]))
    sewing.close(numbers[0], np.array([-0.006 * h, 0.0, 0.87 * up]), lay("skin", 0.5, 0.5), held("chest"))
    sewing.close(numbers[2][::-1], np.array([x_head, 0.0, 1.05 * up]), lay("skin", 0.5, 0.5), held("head"))
    sewing.close(numbers[3], rings[0].mean(axis=0), lay("face", 0.0, 0.0), held("head"))
    top = np.array([float(rings[-1, :, 0].mean()), 0.0, float(rings[-1, 0, 2]) + 0.03 * bones.head])
    sewing.close(numbers[-1][::-1], top, lay("face", 0.0, 1.0), held("head"))
    for y in (1.0, -1.0):
        _ear(sewing, bones, y)
    return sewing.finished()


#: An ear's edge: forwards and up of its middle.
_EAR = ((0.05, 0.02), (0.045, 0.085), (-0.02, 0.11), (-0.065, 0.06), (-0.03, -0.04), (0.02, -0.1))


def _ear(sewing: Sewing, bones: Lengths, y: float) -> None:
    x0, y0, z0 = chin(bones)
    x, aside, z = FEATURES["ear"]
    ring = np.array(
        [[x0 + (x + a) * bones.head, y0 + y * (aside + (0.03 if a < 0 else 0.0)) * bones.head, z0 + (z + b) * bones.head] for a, b in _EAR]
    )
    uv, hold = lay("skin", 0.5, 0.5), held("head")
    numbers = sewing.add(ring if y > 0 else ring[::-1], uv, [hold])
    for tip, edge in ((0.06, numbers), (-0.03, numbers[::-1])):
        sewing.close(edge, np.array([x0 + x * bones.head, y * (aside + tip) * bones.head, z0 + z * bones.head]), uv, hold)
