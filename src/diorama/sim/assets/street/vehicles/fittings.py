"""What is fitted to bodies: mirrors, handles, number plates, exhausts, rails, spoilers, ladders."""

import numpy as np

from diorama.sim.assets.forms import loft
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.primitives import box as box_mesh
from diorama.sim.assets.street.vehicles.lower import LowerGrid
from diorama.sim.assets.street.vehicles.skin import Skin
from diorama.sim.assets.surface import Surface
from diorama.sim.spec import Vec3

#: An octagon with its corners nearer to a square's.
_ROUND = np.array([(1.0, 0.45), (0.62, 1.0), (-0.62, 1.0), (-1.0, 0.45), (-1.0, -0.45), (-0.62, -1.0), (0.62, -1.0), (1.0, -0.45)])
_LOOK = Look()
#: The corners of a picture, counter-clockwise.
_UV = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]


def block(skin: Skin, look: str, low: Vec3, high: Vec3, *, mirrored: bool = False) -> None:
    """A box between two corners."""
    positions, faces = box_mesh((1.0, 1.0, 1.0))
    size = np.array(high) - low
    skin.solid(look, Surface(positions=(positions + 0.5) * size + low, faces=faces), mirrored=mirrored)


def tube(skin: Skin, look: str, start: Vec3, end: Vec3, radius: float, *, mirrored: bool = False) -> None:
    """A bar from one point to another, with six sides."""
    a, b = np.array(start), np.array(end)
    along = (b - a) / np.sqrt(((b - a) ** 2).sum())
    side = np.array([-along[2], 0.0, along[0]]) if abs(along[1]) > 0.9 else np.array([along[1], -along[0], 0.0])
    if not side.any():
        side = np.array([1.0, 0.0, 0.0])
    side = side / np.sqrt((side * side).sum())
    up = np.array([side[1] * along[2] - side[2] * along[1], side[2] * along[0] - side[0] * along[2], side[0] * along[1] - side[1] * along[0]])
    ring = [(1.0, 0.0), (0.5, -0.866), (-0.5, -0.866), (-1.0, 0.0), (-0.5, 0.866), (0.5, 0.866)]
    rings = np.stack([np.array([at + radius * (c * side + s * up) for c, s in ring]) for at in (a, b)])
    skin.solid(look, loft(rings, _LOOK), mirrored=mirrored)


def mirrors(skin: Skin, at: Vec3, look: str, size: Vec3 = (0.09, 0.2, 0.13)) -> None:
    """Outside mirrors whose inner ends are at a point of the left side and its mirror image."""
    x, y, z = at
    depth, width, height = size
    rings = []
    for share, tall in ((0.0, 0.72), (0.3, 1.0), (0.8, 0.96), (1.0, 0.6)):
        ring = _ROUND * (depth / 2 * tall, height / 2 * tall)
        rings.append(np.stack([x + ring[:, 0] + 0.03 * share * -1, np.full(8, y + 0.05 + share * (width - 0.05)), z + ring[:, 1]], axis=1))
    skin.solid(look, loft(np.stack([r[::-1] for r in rings]), _LOOK), mirrored=True)
    block(skin, "trim", (x - 0.025, y - 0.05, z - 0.03), (x + 0.025, y + 0.06, z + 0.005), mirrored=True)


def handle(skin: Skin, grid: LowerGrid, x: float, z: float, look: str) -> None:
    """A door handle, on both sides."""
    y = grid.side_m(x, z)
    block(skin, look, (x - 0.1, y - 0.01, z - 0.012), (x + 0.1, y + 0.022, z + 0.014), mirrored=True)


def plate(skin: Skin, look: str, x: float, z: float, ahead: float) -> None:
    """A number plate at the front (`ahead` 1) or the rear (-1), its outside at x."""
    panel(skin, look, x, (-0.26, 0.26), (z - 0.055, z + 0.055), ahead)


def panel(
    skin: Skin,
    look: str,
    x: float,
    across: tuple[float, float],
    up: tuple[float, float],
    ahead: float,
    deep_m: float = 0.05,
    *,
    flipped: bool = False,
) -> None:
    """A box whose outside, at x, faces forwards (`ahead` 1) or backwards (-1), and shows a picture, `flipped` or not, over y and z from to."""
    (y0, y1), (z0, z1) = across if ahead > 0 else across[::-1], up
    face = np.array([[x, y0, z0], [x, y1, z0], [x, y1, z1], [x, y0, z1]])
    corners = np.concatenate([face, face - (deep_m * ahead, 0.0, 0.0)])
    skin.add(look, face, np.array([[0, 1, 2, 3]]), np.array(_UV[1::-1] + _UV[:1:-1] if flipped else _UV))
    skin.add("trim", corners, np.array([[5, 4, 7, 6], [4, 5, 1, 0], [5, 6, 2, 1], [6, 7, 3, 2], [7, 4, 0, 3]]), np.zeros((8, 2)))


def poster(skin: Skin, look: str, along: tuple[float, float], up: tuple[float, float], out: float) -> None:
    """A thin picture on both sides, upright and not mirrored on either."""
    (x0, x1), (z0, z1) = along, up
    for side in (1.0, -1.0):
        a, b = (x1, x0) if side > 0 else (x0, x1)
        y = side * (out + 0.008)
        face = np.array([[a, y, z0], [b, y, z0], [b, y, z1], [a, y, z1]])
        corners = np.concatenate([face, face - (0.0, 0.03 * side, 0.0)])
        skin.add(look, face, np.array([[0, 1, 2, 3]]), np.array(_UV))
        skin.add("trim", corners, np.array([[5, 4, 7, 6], [4, 5, 1, 0], [5, 6, 2, 1], [6, 7, 3, 2], [7, 4, 0, 3]]), np.zeros((8, 2)))


def crate(skin: Skin, low: Vec3, high: Vec3, *, side: str, rear: str, rest: str) -> None:
    """A box between two corners that are mirror images but for x and z, its two sides and its rear of other looks, with pictures."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    c = np.array([[x, y, z] for z in (z0, z1) for x, y in ((x1, y0), (x1, y1), (x0, y1), (x0, y0))])
    uv = np.array(_UV)
    for look, corners in (
        (side, (1, 2, 6, 5)),
        (side, (3, 0, 4, 7)),
        (rear, (2, 3, 7, 6)),
        (rest, (0, 1, 5, 4)),
        (rest, (4, 5, 6, 7)),
        (rest, (3, 2, 1, 0)),
    ):
        skin.add(look, c[list(corners)], np.array([[0, 1, 2, 3]]), uv)


def spoiler(skin: Skin, edge: Vec3, half_m: float, look: str) -> None:
    """A lip that carries on a roof, whose rear edge has its middle at a point, with the third brake lamp in it."""
    x, _, z = edge
    block(skin, look, (x - 0.12, -half_m, z - 0.07), (x + 0.06, half_m, z - 0.022))
    panel(skin, "brake", x - 0.124, (-0.14, 0.14), (z - 0.062, z - 0.036), -1.0, 0.01)


def ladder(skin: Skin, front: float, rear: float, half_m: float, z: float) -> None:
    """A ladder on a rack on a roof at height z."""
    for x in (front - 0.1, (front + rear) / 2, rear + 0.1):
        block(skin, "steel", (x - 0.03, -half_m, z - 0.06), (x + 0.03, half_m, z + 0.04))
    for y in (0.1, 0.5):
        block(skin, "chrome", (rear, y - 0.02, z + 0.04), (front, y + 0.02, z + 0.12))
    rungs = round((front - rear) / 0.3)
    for k in range(rungs):
        x = rear + (k + 0.5) * (front - rear) / rungs
        block(skin, "chrome", (x - 0.015, 0.12, z + 0.065), (x + 0.015, 0.48, z + 0.095))


def rails(skin: Skin, side: Points, look: str) -> None:
    """Rails along the edge of a roof, `side` (n, 3) from the front to the rear."""
    first, last = (side[0] * (1 - t) + side[-1] * t for t in (0.16, 0.92))
    rise = np.array([0.0, -0.035, 0.045])
    middle = side[len(side) // 2] + rise
    a, b = first + rise, last + rise
    for start, end in ((first, a), (a, middle), (middle, b), (b, last)):
        tube(skin, look, tuple(start.tolist()), tuple(end.tolist()), 0.014, mirrored=True)
