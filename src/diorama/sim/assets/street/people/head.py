"""Heads: neck, face and ears, and the hair and hats on them."""

import math
from functools import cache

import numpy as np

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.street.people.body import girth
from diorama.sim.assets.street.people.picture import lay
from diorama.sim.assets.street.people.shells import Sewing, Shell, between, bound, held
from diorama.sim.assets.street.people.skeleton import Lengths, lengths
from diorama.sim.spec.people import PersonShape

#: Degrees from the front of the columns of a head, closer together where there is more to see.
_COLUMNS = (0.0, 11.0, 27.0, 46.0, 68.0, 92.0, 118.0, 148.0, 180.0)
#: Rings of a head, in shares of its height from the chin: how high, how far to the front, to the back, and half the width.
_RINGS = (
    (-0.05, 0.13, 0.27, 0.20),
    (0.0, 0.38, 0.26, 0.19),
    (0.06, 0.41, 0.27, 0.235),
    (0.20, 0.405, 0.30, 0.285),
    (0.30, 0.41, 0.35, 0.305),
    (0.38, 0.41, 0.39, 0.315),
    (0.50, 0.385, 0.43, 0.325),
    (0.60, 0.415, 0.45, 0.335),
    (0.75, 0.395, 0.45, 0.335),
    (0.88, 0.30, 0.385, 0.275),
    (0.97, 0.16, 0.23, 0.16),
)
_NOSE = {4: 0.075, 5: 0.055, 6: 0.02}


@cache
def columns() -> Points:
    """(16, 2): the directions of the columns of a head, from the front to the left and around."""
    angles = [*_COLUMNS, *(-a for a in _COLUMNS[-2:0:-1])]
    return np.array([[round(math.cos(math.radians(a)), 12), round(math.sin(math.radians(a)), 12)] for a in angles])


def head_frame(bones: Lengths) -> tuple[float, float, float]:
    """Where the chin's height meets the middle of the head, in the pose `BIND`."""
    _, (x, _, _) = bound(bones)["head"]
    return x + 0.004 * bones.height, 0.0, bones.waist_up / 0.30


def head_points(bones: Lengths, grow: float = 0.0, rows: tuple[int, ...] = tuple(range(len(_RINGS)))) -> Points:
    """(k, 16, 3): rings of a head, `grow` (a share of its height) larger all around."""
    x0, y0, z0 = head_frame(bones)
    out = np.empty((len(rows), 16, 3))
    turn = columns()
    for i, k in enumerate(rows):
        z, front, back, half = _RINGS[k]
        reach = np.where(turn[:, 0] > 0, front, back) + grow
        out[i, :, 0] = x0 + reach * turn[:, 0] * bones.head
        out[i, :, 1] = y0 + (half + grow) * turn[:, 1] * bones.head
        out[i, :, 2] = z0 + (z + grow * max(z - 0.6, 0.0) * 2.0) * bones.head
    return out


def head_shell(person: PersonShape) -> Shell:
    """Neck and head."""
    bones, sewing = lengths(person), Sewing()
    h, up = bones.height, bones.waist_up / 0.30
    rings = head_points(bones)
    for k, out in _NOSE.items():
        rings[k, 0, 0] += out * bones.head
    rings[6, [2, 14], 0] -= 0.02 * bones.head
    round_ = columns()
    thick = 0.031 * h * girth(person, 0.3) * (1 - 0.08 * max(person.figure, 0.0)) * (bones.head / h / 0.13) ** 0.5
    numbers = []
    _, (hx, _, _) = bound(bones)["head"]
    for z, x, share in ((0.90 * up, -0.008 * h, 0.0), (0.975 * up, -0.003 * h, 0.5), (1.01 * up, hx - 0.004 * h, 1.0)):
        ring = np.column_stack([x + thick * round_[:, 0], thick * round_[:, 1], np.full(16, z)])
        ring[:, 2] += np.where(round_[:, 0] > 0, -0.012, 0.01) * h * (1 - share) * np.abs(round_[:, 0]) * 0.5
        numbers.append(sewing.add(ring, lay("skin", 0.5, 0.5), [between("chest", "neck", share) if share < 1 else between("neck", "head", 0.5)]))
    u = np.minimum(np.abs(rings[..., 1]) / (0.34 * bones.head), 1.0)
    v = (rings[..., 2] - float(rings[0, 0, 2])) / (1.02 * bones.head)
    behind = round_[:, 0] < 0.1
    for k in range(len(rings)):
        uv = lay("face", np.where(behind, 1.0, u[k]), v[k])
        numbers.append(sewing.add(rings[k], uv, [held("head")]))
    sewing.tube(np.stack(numbers))
    sewing.close(numbers[0], np.array([-0.006 * h, 0.0, 0.88 * up]), lay("skin", 0.5, 0.5), held("chest"))
    top = np.array([rings[-1, :, 0].mean(), 0.0, rings[-1, 0, 2] + 0.03 * bones.head])
    sewing.close(numbers[-1][::-1], top, lay("face", 0.0, 1.0), held("head"))
    return sewing.finished()
