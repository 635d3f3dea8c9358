"""Hair and hats: shells over the head, from a border that differs from the front to the back."""

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.street.people.head import around, chin, columns, on_head
from diorama.sim.assets.street.people.picture import lay
from diorama.sim.assets.street.people.shells import Hold, Sewing, Shell, between, held
from diorama.sim.assets.street.people.skeleton import Lengths, lengths
from diorama.sim.spec.people import PersonShape

#: By style, in shares of the head's height: where hair begins in the nine columns from the front to the back; how thick it is there, half way up,
#: and on the crown.
_HAIR: dict[str, tuple[tuple[float, ...], tuple[float, float, float]]] = {
    "crop": ((0.83, 0.83, 0.81, 0.75, 0.56, 0.5, 0.28, 0.14, 0.12), (0.014, 0.018, 0.018)),
    "short": ((0.82, 0.82, 0.79, 0.73, 0.5, 0.5, 0.32, 0.2, 0.18), (0.018, 0.035, 0.05)),
    "curly": ((0.78, 0.78, 0.76, 0.70, 0.46, 0.36, 0.16, 0.06, 0.04), (0.05, 0.13, 0.14)),
    "bob": ((0.76, 0.76, 0.73, 0.62, 0.02, -0.02, -0.06, -0.08, -0.08), (0.05, 0.06, 0.055)),
    "long": ((0.84, 0.83, 0.79, 0.68, 0.1, -0.36, -0.6, -0.7, -0.72), (0.06, 0.055, 0.05)),
    "ponytail": ((0.84, 0.84, 0.81, 0.74, 0.54, 0.42, 0.24, 0.16, 0.14), (0.02, 0.03, 0.03)),
    "bun": ((0.84, 0.84, 0.81, 0.74, 0.52, 0.42, 0.24, 0.16, 0.14), (0.02, 0.03, 0.035)),
}
_HATS: dict[str, tuple[tuple[float, ...], tuple[float, float, float]]] = {
    "cap": ((0.74, 0.74, 0.72, 0.7, 0.66, 0.62, 0.58, 0.55, 0.54), (0.045, 0.055, 0.055)),
    "beanie": ((0.70, 0.70, 0.68, 0.62, 0.52, 0.46, 0.40, 0.36, 0.34), (0.055, 0.075, 0.11)),
    "brim": ((0.72, 0.72, 0.71, 0.69, 0.66, 0.64, 0.62, 0.6, 0.6), (0.05, 0.07, 0.13)),
    "helmet": ((0.74, 0.74, 0.72, 0.68, 0.60, 0.56, 0.52, 0.46, 0.44), (0.10, 0.13, 0.13)),
    "full-face": ((-0.06, -0.06, -0.05, -0.03, -0.02, -0.02, 0.0, 0.02, 0.02), (0.07, 0.16, 0.16)),
    "hard-hat": ((0.72, 0.72, 0.71, 0.69, 0.66, 0.64, 0.62, 0.6, 0.6), (0.09, 0.12, 0.13)),
    "headscarf": ((0.80, 0.80, 0.76, 0.6, 0.0, -0.1, -0.12, -0.14, -0.14), (0.07, 0.075, 0.065)),
}
#: Under these no hair stands off farther than they do.
_FLAT_UNDER = ("cap", "beanie", "brim", "helmet", "hard-hat")
_ROWS = 6


def hair_shell(person: PersonShape) -> Shell | None:
    """The hair, if any shows."""
    if person.hair == "none" or person.hat in ("headscarf", "full-face"):
        return None
    bones, sewing = lengths(person), Sewing()
    border, thick = _HAIR[person.hair]
    if person.hat in _FLAT_UNDER:
        thick = (thick[0], min(thick[1], 0.03), 0.01)
    _dome(sewing, bones, border, thick, "hair")
    if person.hair == "ponytail":
        _tail(sewing, bones, [(-0.42, 0.62, 0.06), (-0.62, 0.56, 0.095), (-0.68, 0.25, 0.1), (-0.64, -0.08, 0.08), (-0.6, -0.3, 0.025)])
    if person.hair == "bun":
        _tail(sewing, bones, [(-0.4, 0.72, 0.06), (-0.47, 0.75, 0.15), (-0.56, 0.79, 0.15), (-0.63, 0.82, 0.05)])
    return sewing.finished()


def hat_shell(person: PersonShape) -> Shell | None:
    """The hat, if one is worn."""
    if person.hat is None:
        return None
    bones, sewing = lengths(person), Sewing()
    _dome(sewing, bones, *_HATS[person.hat], "hat")
    if person.hat in ("cap", "hard-hat"):
        _peak(sewing, bones, 0.26 if person.hat == "cap" else 0.1)
    if person.hat == "brim":
        _brim(sewing, bones)
    if person.hat == "headscarf":
        _wrap(sewing, bones)
    return sewing.finished()


def _dome(sewing: Sewing, bones: Lengths, border: tuple[float, ...], thick: tuple[float, float, float], region: str) -> None:
    """From its border, which is tucked in, to the crown."""
    low = around(border)
    numbers: list[NDArray[np.int64]] = []
    u = around(tuple(k / 8 for k in range(9)))
    for row in range(_ROWS + 1):
        t = max(row - 1, 0) / (_ROWS - 1)
        high = low + (0.96 - low) * (t * (1.5 - 0.5 * t))
        grow = thick[0] + (thick[1] - thick[0]) * min(2 * t, 1.0) + (thick[2] - thick[1]) * max(2 * t - 1, 0.0)
        # What hangs below the widest part of the head hangs straight, and outside of the shoulders' slope behind.
        ring = on_head(bones, np.maximum(high, np.minimum(low + 0.3, 0.45)), grow if row else -0.05)
        ring[:, 2] = chin(bones)[2] + (high + (grow * 0.9 * t)) * bones.head
        hanging = np.maximum(-high - 0.05, 0.0)
        ring[:, 0] += np.where(columns()[:, 0] < 0, -0.22, -0.1) * hanging * bones.head
        numbers.append(sewing.add(ring, lay(region, u, t), [_hair_hold(float(z)) for z in high]))
    sewing.tube(np.stack(numbers))
    x0, _, z0 = chin(bones)
    inside = np.array([x0 - 0.05 * bones.head, 0.0, z0 + max(min(border) + 0.25, 0.3) * bones.head])
    sewing.close(numbers[0], inside, lay(region, 0.5, 0.0), held("head"))
    crown = np.array([x0 - 0.04 * bones.head, 0.0, z0 + (1.0 + 1.02 * thick[2]) * bones.head])
    sewing.close(numbers[-1][::-1], crown, lay(region, 0.5, 1.0), held("head"))


def _hair_hold(high: float) -> Hold:
    return held("head") if high > 0.0 else between("head", "chest", -high / 0.45)


def _tail(sewing: Sewing, bones: Lengths, stations: list[tuple[float, float, float]]) -> None:
    """A tube behind the head through stations: forwards, up, and how thick."""
    x0, _, z0 = chin(bones)
    turn = circle(7)
    points = np.array([(x0 + x * bones.head, 0.0, z0 + z * bones.head) for x, z, _ in stations])
    way = geometry.unit(np.concatenate([points[1:2] - points[:1], points[2:] - points[:-2], points[-1:] - points[-2:-1]]))
    aside = np.array([0.0, 1.0, 0.0])
    numbers: list[NDArray[np.int64]] = []
    for k, (_, z, r) in enumerate(stations):
        other = geometry.cross(way[k], aside)
        ring = points[k] + (turn[:, 0:1] * aside + turn[:, 1:2] * other) * (r * bones.head)
        numbers.append(sewing.add(ring, lay("hair", 0.5, k / len(stations)), [_hair_hold(z - 0.1)]))
    sewing.tube(np.stack(numbers))
    sewing.close(numbers[0], points[0], lay("hair", 0.5, 0.0), held("head"))
    sewing.close(numbers[-1][::-1], points[-1], lay("hair", 0.5, 1.0), _hair_hold(stations[-1][1] - 0.1))


def _peak(sewing: Sewing, bones: Lengths, length: float) -> None:
    """The peak of a cap: a thin plate before the forehead."""
    high = around((0.74, 0.74, 0.73, 0.71, 0.69, 0.6, 0.5, 0.5, 0.5))
    near = on_head(bones, high, 0.02)[[13, 14, 15, 0, 1, 2, 3]]
    far = on_head(bones, high, 0.05)[[3, 2, 1, 0, 15, 14, 13]]
    reach = np.array([0.25, 0.75, 0.95, 1.0, 0.95, 0.75, 0.25]) * length * bones.head
    far[:, 0] += reach
    far[:, 2] -= 0.25 * reach
    _plate(sewing, np.concatenate([near[::-1], far[::-1]]), 0.02 * bones.head)


def _brim(sewing: Sewing, bones: Lengths) -> None:
    """The brim of a hat: a thin plate all around."""
    outline = on_head(bones, np.full(16, 0.72), 0.27)
    outline[:, 2] -= 0.05 * bones.head * np.abs(columns()[:, 0])
    _plate(sewing, outline, 0.02 * bones.head)


def _plate(sewing: Sewing, outline: Points, thick_m: float) -> None:
    """A level plate within an outline (n, 3), counter-clockwise seen from above."""
    uv, hold = lay("hat", 0.5, 0.1), held("head")
    low = sewing.add(outline, uv, [hold])
    high = sewing.add(outline + np.array([0.0, 0.0, thick_m]), uv, [hold])
    sewing.tube(np.stack([low, high]))
    middle = outline.mean(axis=0)
    sewing.close(low, middle, uv, hold)
    sewing.close(high[::-1], middle + np.array([0.0, 0.0, thick_m]), uv, hold)


def _wrap(sewing: Sewing, bones: Lengths) -> None:
    """Cloth around the neck, from under the chin to over the collar."""
    numbers: list[NDArray[np.int64]] = []
    x0, _, z0 = chin(bones)
    turn = columns()
    for z, r, hold in (
        (-0.75, 0.3, held("chest")),
        (-0.5, 0.62, held("chest")),
        (-0.28, 0.44, between("chest", "neck", 0.5)),
        (-0.02, 0.36, between("neck", "head", 0.5)),
        (0.1, 0.33, held("head")),
        (0.12, 0.2, held("head")),
    ):
        ring = np.column_stack(
            [x0 + (0.92 * r * turn[:, 0] - 0.03 * (z < -0.2)) * bones.head, r * turn[:, 1] * bones.head, np.full(16, z0 + z * bones.head)]
        )
        numbers.append(sewing.add(ring, lay("hat", 0.5, 0.5), [hold]))
    sewing.tube(np.stack(numbers))
    sewing.close(numbers[0], np.array([x0, 0.0, z0 - 0.7 * bones.head]), lay("hat", 0.5, 0.5), held("chest"))
    sewing.close(numbers[-1][::-1], np.array([x0, 0.0, z0 + 0.14 * bones.head]), lay("hat", 0.5, 0.5), held("head"))
