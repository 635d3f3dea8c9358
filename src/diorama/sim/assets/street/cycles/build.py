"""A cycle in the making: surfaces by what carries them and what they look like."""

from collections.abc import Sequence

import numpy as np

from diorama.sim.assets import geometry
from diorama.sim.assets.forms import loft, rounded_square, slab
from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.primitives import circle
from diorama.sim.transforms import Vec3

#: What moves by itself. Of the frame, nothing does; the fork turns with the handlebar.
Group = str
GROUPS: tuple[Group, ...] = ("frame", "fork", "front-wheel", "rear-wheel", "crank", "left-pedal", "right-pedal")


class Build:
    """Surfaces that are added one by one, in metres, +x forwards, +z up from the ground between the wheels."""

    def __init__(self) -> None:
        self.surfaces: dict[tuple[Group, str], list[tuple[Points, Faces]]] = {}
        self.hulls: dict[Group, list[Points]] = {}
        self.lamps: dict[str, tuple[Group, Vec3]] = {}

    def add(self, group: Group, look: str, positions: Points, faces: Faces) -> None:
        """A closed surface that faces outwards."""
        self.surfaces.setdefault((group, look), []).append((positions, faces))

    def rings(self, group: Group, look: str, rings: Points, *, solid: bool = False) -> None:
        """The closed tube through rings (k, n, 3), as in `forms.loft`. If `solid` it can be touched."""
        surface = loft(rings, Look())
        self.add(group, look, surface.positions, surface.faces)
        if solid:
            self.hulls.setdefault(group, []).append(rings.reshape(-1, 3))

    def tube(self, group: Group, look: str, points: Sequence[Vec3], radii: float | Sequence[float], count: int = 6) -> None:
        """A tube along a polyline."""
        path = np.array(points, np.float64)
        sizes = np.broadcast_to(np.asarray(radii, np.float64), (len(path),))
        way = geometry.unit(np.concatenate([path[1:2] - path[:1], path[2:] - path[:-2], path[-1:] - path[-2:-1]]))
        # One direction that is across all of it keeps the tube from twisting.
        across = geometry.cross(way, np.broadcast_to(_across(way), way.shape))
        side = geometry.unit(across)
        other = geometry.cross(way, side)
        turn = circle(count)
        rings = path[:, None] + (side[:, None] * turn[None, :, 0:1] + other[:, None] * turn[None, :, 1:2]) * sizes[:, None, None]
        self.rings(group, look, rings)

    def lens(self, group: Group, look: str, center: Vec3, way: int, radius: float, half: float, count: int = 10) -> None:
        """A flat cylinder about the axis `way` (0 x, 1 y, 2 z), its edges a little rounded. That of a lamp says where the lamp is."""
        if look in ("headlight", "taillight"):
            self.lamps[look] = group, (center[0], 0.0, center[2])
        axes = np.roll(np.eye(3), -way, axis=0)
        turn = circle(count)
        around = turn[:, 0:1] * axes[1] + turn[:, 1:2] * axes[2]
        rings = np.stack(
            [np.array(center) + around * (radius * r) + axes[0] * (half * z) for z, r in ((-1.0, 0.85), (-0.7, 1.0), (0.7, 1.0), (1.0, 0.85))]
        )
        self.rings(group, look, rings)

    def box(self, group: Group, look: str, low: Vec3, high: Vec3, corner: float = 0.2, *, solid: bool = False) -> None:
        """A box with rounded upright edges and a bevel, from one corner to another; `corner` is a share of its narrower level side."""
        size, middle = np.subtract(high, low) / 2, np.add(low, high) / 2
        outline = rounded_square(corner, 1) * size[:2]
        bevel = 0.5 * corner * float(min(size))
        self.rings(group, look, slab(outline, -float(size[2]), float(size[2]), bevel) + middle, solid=solid)

    def hull(
        self, group: Group, look: str, stations: Sequence[tuple[float, float, float, float]], corner: float = 0.5, *, solid: bool = True
    ) -> None:
        """A body along x through stations (x, half its width, from which height, to which), from either end."""
        stations = stations if stations[0][0] < stations[-1][0] else stations[::-1]
        section = rounded_square(corner, 1)
        rings = np.array(
            [
                np.column_stack([np.full(len(section), x), section[:, 0] * half, (low + high) / 2 + section[:, 1] * (high - low) / 2])
                for x, half, low, high in stations
            ]
        )
        self.rings(group, look, rings, solid=solid)


def _across(way: Points) -> Points:
    """(3,): a direction that none of some (n, 3) is near to."""
    least = np.abs(way).max(axis=0)
    return np.eye(3)[int(np.argmin(least * np.array([1.0, 0.999, 1.001])))]
