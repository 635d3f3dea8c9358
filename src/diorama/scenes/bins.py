"""Bins: plastic totes and cardboard boxes, open above."""

import math
from dataclasses import dataclass, replace

from diorama.randomizers.distributions import rounded
from diorama.scenes.furniture import slab
from diorama.sim.spec import BodySpec, MaterialSpec, Pose
from diorama.sim.transforms import Vec3, quat_from_axis_angle

#: How thick the floor is, in walls' thicknesses: thin ones let through what falls on them.
_FLOOR = 2.0
#: A tote's rim: how far it juts out, and how thick it is, in walls' thicknesses.
_RIM_OUT, _RIM_HIGH = 1.5, 1.6
#: Ribs of a tote: a pair of them every so many metres, as thick as the wall, under the rim.
_RIB_EVERY_M = 0.14


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """An open box: `length_m` (along x), `width_m` and `depth_m` are those of the room inside, `wall_m` is how thick its walls are."""

    length_m: float
    width_m: float
    depth_m: float
    wall_m: float

    @property
    def floor_m(self) -> float:
        """How high the floor inside is."""
        return _FLOOR * self.wall_m

    @property
    def high_m(self) -> float:
        """How high the walls end."""
        return self.floor_m + self.depth_m

    def tote(self, material: MaterialSpec) -> list[BodySpec]:
        """A plastic tote on the ground about the origin, with a rim and ribs."""
        t, high = self.wall_m, self.high_m
        x, y = self.length_m / 2 + t, self.width_m / 2 + t
        out, thick = _RIM_OUT * t, _RIM_HIGH * t
        bodies = self._box(material)
        for i, (sx, sy) in enumerate(((1, 0), (0, 1), (-1, 0), (0, -1))):
            size = (out, 2 * (y + out), thick) if sx else (2 * x, out, thick)
            bodies.append(slab(f"bin-rim-{i}", size, (sx * (x + out / 2), sy * (y + out / 2), high - thick / 2), material, "container"))
        tall = high - thick
        for axis, (half, across) in enumerate(((x, y), (y, x))):
            pairs = max(round(2 * across / _RIB_EVERY_M), 1)
            for k in range(pairs):
                along = across * ((2 * k + 1) / pairs - 1)
                for sign in (1, -1):
                    size = (out * 0.7, t, tall) if axis == 0 else (t, out * 0.7, tall)
                    off = sign * (half + out * 0.35)
                    at = (off, along, tall / 2) if axis == 0 else (along, off, tall / 2)
                    bodies.append(slab(f"bin-rib-{len(bodies)}", size, at, material, "container"))
        return bodies

    def carton(self, material: MaterialSpec, flaps_rad: tuple[float, float, float, float]) -> list[BodySpec]:
        """A cardboard box with four flaps, half its width long, each bent outwards from standing up by an angle."""
        t, high = self.wall_m, self.high_m
        x, y = (self.length_m + t) / 2, (self.width_m + t) / 2
        flap = self.width_m / 2
        bodies = self._box(material)
        for i, ((sx, sy), bend) in enumerate(zip(((1, 0), (0, 1), (-1, 0), (0, -1)), flaps_rad, strict=True)):
            size = (t, self.width_m, flap) if sx else (self.length_m, t, flap)
            # It turns about the wall's upper edge.
            axis = (0.0, float(sx), 0.0) if sx else (-float(sy), 0.0, 0.0)
            away, up = rounded(math.sin(bend) * (flap + t) / 2), rounded(math.cos(bend) * (flap + t) / 2)
            middle: Vec3 = (sx * (x + away), sy * (y + away), high + up)
            w, qx, qy, qz = (rounded(q) for q in quat_from_axis_angle(axis, bend))
            bodies.append(replace(slab(f"bin-flap-{i}", size, middle, material, "container"), world_from_body=Pose(middle, (w, qx, qy, qz))))
        return bodies

    def _box(self, material: MaterialSpec) -> list[BodySpec]:
        """The floor inside, and the four walls around it."""
        t, x, y, z = self.wall_m, self.length_m, self.width_m, self.high_m
        bodies = [slab("bin-floor", (x, y, self.floor_m), (0.0, 0.0, self.floor_m / 2), material, "container", "support")]
        for i, (sx, sy) in enumerate(((1, 0), (0, 1), (-1, 0), (0, -1))):
            size = (t, y, z) if sx else (x + 2 * t, t, z)
            bodies.append(slab(f"bin-wall-{i}", size, (sx * (x + t) / 2, sy * (y + t) / 2, z / 2), material, "container"))
        return bodies
