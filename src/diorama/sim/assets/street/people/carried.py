"""What people carry: bags, umbrellas, phones. Lengths are metres beside somebody as tall as the model."""

from functools import cache

import numpy as np

from diorama.sim.assets import geometry
from diorama.sim.assets.forms import rounded_square
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.street.people.holding import BOX_ARM, UMBRELLA_ARM
from diorama.sim.assets.street.people.limbs import limb_axes, limb_point
from diorama.sim.assets.street.people.picture import lay
from diorama.sim.assets.street.people.shells import Hold, Sewing, Shell, direction, held
from diorama.sim.assets.street.people.skeleton import lengths, posed
from diorama.sim.assets.street.people.trunk import AROUND, CUTS, trunk_hold, trunk_m, trunk_rings
from diorama.sim.spec.people import Joints, PersonShape


def bag_shell(person: PersonShape) -> Shell | None:
    """The bag, if there is one."""
    if person.bag is None:
        return None
    sewing = Sewing()
    if person.bag == "backpack":
        _backpack(sewing, person)
    elif person.bag == "shoulder-bag":
        _shoulder_bag(sewing, person)
    elif person.bag == "box":
        at = posed(lengths(person), Joints(left_arm=BOX_ARM, right_arm=BOX_ARM))["left_hand"][1]
        _case(sewing, np.array([at[0] + 0.06, 0.0, at[2] + 0.06]), (0.17, at[1] - 0.035, 0.13), 0.04, "bag", trunk_hold(0.4))
    else:
        _in_hand(sewing, person)
    return sewing.finished()


def _case(
    sewing: Sewing, center: Points, half: tuple[float, float, float], corner: float, region: str, hold: Hold, axes: Points | None = None
) -> None:
    """A box with rounded edges, `half` as large along its axes (the rows of `axes`, by default the body's)."""
    section = rounded_square(min(corner / min(half[:2]), 0.9), 1)
    across = np.eye(3) if axes is None else axes
    numbers = []
    for z, inset in ((-half[2], corner), (-half[2] + corner, 0.0), (half[2] - corner, 0.0), (half[2], corner)):
        a, b = section[:, 0:1] * (half[0] - 0.7 * inset), section[:, 1:2] * (half[1] - 0.7 * inset)
        u = np.abs(section[:, 1])
        numbers.append(sewing.add(center + a * across[0] + b * across[1] + z * across[2], lay(region, u, (z / half[2] + 1) / 2), [hold]))
    sewing.tube(np.stack(numbers))
    sewing.close(numbers[0], center - half[2] * across[2], lay(region, 0.5, 0.0), hold)
    sewing.close(numbers[-1][::-1], center + half[2] * across[2], lay(region, 0.5, 1.0), hold)


def _on_trunk(person: PersonShape, share: float, turns: float) -> Points:
    """(3,): a place on the top, so far up the trunk, and so many turns to the left of the front."""
    rings = trunk_rings(person, CUTS[person.top].loose + 0.006)
    heights = rings[:, 0, 2] / trunk_m(lengths(person))
    k = min(max(int(np.searchsorted(heights, share)) - 1, 0), len(rings) - 2)
    t = (share - float(heights[k])) / float(heights[k + 1] - heights[k])
    ring = rings[k] + (rings[k + 1] - rings[k]) * t
    column = turns * AROUND
    low = int(np.floor(column))
    return ring[low % AROUND] + (ring[(low + 1) % AROUND] - ring[low % AROUND]) * (column - low)


def _strap(sewing: Sewing, person: PersonShape, places: list[tuple[float, float]], wide: float) -> None:
    """A band over places of the trunk (how far up, how many turns round)."""
    points = np.stack([_on_trunk(person, share, turns) for share, turns in places])
    way = geometry.unit(np.concatenate([points[1:2] - points[:1], points[2:] - points[:-2], points[-1:] - points[-2:-1]]))
    axis = np.stack([np.zeros(len(points)), np.zeros(len(points)), points[:, 2]], axis=1)
    out = points - axis
    out[:, 2] = 0.12 * np.clip((points[:, 2] - 0.4) / 0.1, 0.0, 1.0)
    side = geometry.unit(geometry.cross(way, out))
    out = geometry.cross(side, way)
    numbers = []
    for k, (share, _) in enumerate(places):
        ring = [points[k] + side[k] * a * wide + out[k] * b * 0.008 for a, b in ((-1, 1), (1, 1), (1, -1), (-1, -1))]
        numbers.append(sewing.add(np.array(ring), lay("strap", 0.5, 0.5), [trunk_hold(share)]))
    rings = np.stack(numbers)
    sewing.tube(rings)
    sewing.close(rings[0], points[0], lay("strap", 0.5, 0.5), trunk_hold(places[0][0]))
    sewing.close(rings[-1][::-1], points[-1], lay("strap", 0.5, 0.5), trunk_hold(places[-1][0]))


def _backpack(sewing: Sewing, person: PersonShape) -> None:
    back = float(_on_trunk(person, 0.62, 0.5)[0])
    middle = 0.6 * trunk_m(lengths(person))
    _case(sewing, np.array([back - 0.075, 0.0, middle - 0.02]), (0.085, 0.14, 0.22), 0.06, "bag", trunk_hold(0.56))
    _case(sewing, np.array([back - 0.165, 0.0, middle - 0.1]), (0.03, 0.1, 0.11), 0.025, "bag", trunk_hold(0.56))
    for sign in (1.0, -1.0):
        places = [(0.82, 0.5 - 0.085), (0.9, 0.36), (0.915, 0.25), (0.88, 0.15), (0.78, 0.11), (0.66, 0.13), (0.55, 0.19), (0.48, 0.28)]
        _strap(sewing, person, [(share, sign * turns) for share, turns in places], 0.026)


def _shoulder_bag(sewing: Sewing, person: PersonShape) -> None:
    side = float(_on_trunk(person, 0.0, 0.75)[1])
    _case(sewing, np.array([-0.02, side - 0.045, -0.03]), (0.16, 0.05, 0.12), 0.035, "bag", held("pelvis"))
    front = [(0.1, -0.2), (0.3, -0.13), (0.5, -0.04), (0.68, 0.06), (0.82, 0.13), (0.91, 0.22)]
    behind = [(0.9, 0.3), (0.8, 0.38), (0.62, 0.47), (0.45, 0.56), (0.25, 0.65), (0.1, 0.71)]
    _strap(sewing, person, front + behind, 0.014)


def _in_hand(sewing: Sewing, person: PersonShape) -> None:
    """Bags that hang from a hand, or from both."""
    half, corner, sides = {
        "handbag": ((0.14, 0.055, 0.1), 0.03, ("left",)),
        "shopping": ((0.17, 0.085, 0.17), 0.03, ("left", "right")),
        "briefcase": ((0.2, 0.045, 0.14), 0.02, ("right",)),
    }[person.bag or ""]
    bones = lengths(person)
    for side in sides:
        _, _, fore, down = (np.array(v) for v in limb_axes(bones, f"{side}_arm"))
        front = fore if side == "left" else -fore
        hand = limb_point(bones, f"{side}_arm", 1.0) + down * (0.55 * bones.hand)
        axes = np.stack([front, geometry.cross(-down, front), -down])
        hold, gap = held(f"{side}_hand"), 0.03 if person.bag == "briefcase" else 0.11
        _case(sewing, hand + down * (gap + half[2]), half, corner, "bag", hold, axes)
        for ahead in (-0.45, 0.45):
            _rod(sewing, hand, hand + down * (gap + 0.02) + front * (ahead * half[0]), 0.009, "strap", hold)


def _rod(sewing: Sewing, start: Points, end: Points, radius: float, region: str, hold: Hold, count: int = 4) -> None:
    """A thin straight rod."""
    way = direction(end - start)
    aside = direction(geometry.cross(way, np.array([1.0, 0.2, 0.1])))
    other = geometry.cross(way, aside)
    turn = circle(count)
    uv = lay(region, 0.5, 0.5)
    rings = [sewing.add(p + (turn[:, 0:1] * aside + turn[:, 1:2] * other) * radius, uv, [hold]) for p in (start, end)]
    sewing.tube(np.stack(rings))
    sewing.close(rings[0], start, uv, hold)
    sewing.close(rings[1][::-1], end, uv, hold)


# --- umbrellas and phones ---------------------------------------------------------------------------------

#: An umbrella's middle above the head, and its canopy: how far out, and how far below the middle.
_CANOPY = ((0.12, 0.012), (0.32, 0.085), (0.5, 0.215))


@cache
def _rim() -> Points:
    return circle(8)


def umbrella_shell(person: PersonShape) -> Shell:
    """An umbrella, up, as the right hand holds it."""
    bones, sewing = lengths(person), Sewing()
    at = posed(bones, Joints(right_arm=UMBRELLA_ARM))["right_fingers"][1]
    hand, top = np.array(at), np.array([0.07, -0.05, 0.47 * bones.height + 0.3])
    way, hold = direction(top - hand), held("chest")
    _rod(sewing, hand - way * 0.1, top + way * 0.04, 0.008, "metal", hold, 5)
    aside = direction(geometry.cross(way, np.array([1.0, 0.0, 0.0])))
    other = geometry.cross(way, aside)
    layers = []
    for gap in (0.0, 0.012):
        rings = [top - way * (down + gap) + (_rim()[:, 0:1] * aside + _rim()[:, 1:2] * other) * (out - gap) for out, down in _CANOPY]
        u = np.tile([0.0, 1.0], 4)
        layers.append([sewing.add(ring, lay("umbrella", u, 1 - (k + 1) / 3), [hold]) for k, ring in enumerate(rings)])
    outer, inner = layers
    # Around `way` from the edge up on the outside, and back down within.
    sewing.tube(np.stack([*inner, *outer[::-1]]))
    sewing.close(outer[0][::-1], top, lay("umbrella", 0.5, 1.0), hold)
    sewing.close(inner[0], top - way * 0.014, lay("umbrella", 0.5, 1.0), hold)
    return sewing.finished()


def phone_shell(person: PersonShape) -> Shell:
    """A phone in the right hand."""
    bones, sewing = lengths(person), Sewing()
    _, out, fore, down = (np.array(v) for v in limb_axes(bones, "right_arm"))
    hand = limb_point(bones, "right_arm", 1.0) + down * (0.55 * bones.hand) - out * 0.025
    axes = np.stack([-fore, geometry.cross(down, -fore), down])
    _case(sewing, hand, (0.035, 0.006, 0.072), 0.005, "screen", held("right_hand"), axes)
    return sewing.finished()
