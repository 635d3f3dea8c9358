"""What a search for grasps is told, and what it finds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import dot
from diorama.sim.assets.mesh import Asset
from diorama.sim.errors import InvalidValue
from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.grasps import Gripper
from diorama.sim.transforms import Matrix

_GRAVITY_M_S2 = 9.81


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How grasps are looked for.

    At most `count` are kept. `friction` is the coefficient between jaws and thing. The gripper comes from `approach_m` behind along its z axis, its
    jaws opened by `clearance_m` on each side wider than what they are to hold, or as far as they go. Pads may sink in by `sink_m` beside their
    contact: what a flat pad evens out on something round or skew. `mass_kg` is the thing's, None for that of its volume and usual density. `points`
    are tried on the surface.
    """

    count: int = 64
    friction: float = 0.6
    approach_m: float = 0.1
    clearance_m: float = 0.015
    sink_m: float = 0.002
    mass_kg: float | None = None
    points: int = 384

    def __post_init__(self) -> None:
        for name in ("count", "points"):
            check(1 <= getattr(self, name) <= 100_000, self, f"{name} must be in 1..100000, got {getattr(self, name)}")
        for name in ("friction", "approach_m", "clearance_m", "sink_m"):
            check(finite(getattr(self, name)) and getattr(self, name) >= 0, self, f"{name} must be 0 or more, got {getattr(self, name)}")
        check(self.mass_kg is None or (finite(self.mass_kg) and self.mass_kg > 0), self, f"mass_kg must be positive, got {self.mass_kg}")

    def weight_n(self, asset: Asset) -> float:
        """What the gripper has to bear."""
        return _GRAVITY_M_S2 * (asset.volume_m3 * asset.density_kg_m3 if self.mass_kg is None else self.mass_kg)


#: The search that most want.
SEARCH = Search()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AssetGrasps:
    """Ways to grasp one thing by itself: a struct of arrays, a row for each grasp, so that the first ones of any number cover the thing best.

    body_from_gripper (n, 4, 4) float64; width_m (n,) float64, between the contacts, and opening_m (n,) float64, how far the jaws are apart before
    (both 0 for suction); quality (n,) float64 in [0, 1]; contacts_m (n, k, 3) float64, body frame: of the left (-x) and the right jaw, or the middle
    of the cup's rim. `reason` says why there is none, where there is none.
    """

    gripper: Gripper
    body_from_gripper: Matrix
    width_m: NDArray[np.float64]
    opening_m: NDArray[np.float64]
    quality: NDArray[np.float64]
    contacts_m: NDArray[np.float64]
    reason: str = ""

    def __post_init__(self) -> None:
        n = len(self.width_m)
        shapes = {
            "body_from_gripper": (n, 4, 4),
            "width_m": (n,),
            "opening_m": (n,),
            "quality": (n,),
            "contacts_m": (n, *self.contacts_m.shape[1:2], 3),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != np.float64:
                raise InvalidValue(f"AssetGrasps.{name} must be {shape} float64, got {array.shape} {array.dtype}")
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.width_m)


def none_found(gripper: Gripper, contacts: int, reason: str) -> AssetGrasps:
    """No grasp, and why. `contacts` are those that one would have."""
    return AssetGrasps(
        gripper=gripper,
        body_from_gripper=np.zeros((0, 4, 4)),
        width_m=np.zeros(0),
        opening_m=np.zeros(0),
        quality=np.zeros(0),
        contacts_m=np.zeros((0, contacts, 3)),
        reason=reason,
    )


def spread(
    count: int,
    quality: NDArray[np.float64],
    places: NDArray[np.float64],
    lines: NDArray[np.float64] | None = None,
    ways: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """The numbers of at most `count` grasps: the best, and then again and again the one that is best and farthest from all before (Gonzalez 1985).

    How far two are apart is told by their places (n, 3), in sizes of the thing; the unit lines (n, 3) along which they close, either way round; and
    the unit ways (n, 3) along which they come.
    """
    weight = quality + 0.05
    nearest = np.full(len(quality), 4.0)
    chosen: list[int] = []
    for _ in range(min(count, len(quality))):
        worth = nearest * weight
        best = int(np.argmax(worth))
        if worth[best] <= 1e-9:
            break
        chosen.append(best)
        away = places - places[best]
        apart = dot(away, away)
        if lines is not None:
            along = dot(lines, lines[best])
            apart = apart + np.maximum(1 - along * along, 0.0) / 2
        if ways is not None:
            apart = apart + np.maximum(1 - dot(ways, ways[best]), 0.0) / 2
        nearest = np.minimum(nearest, apart)
    return np.array(chosen, np.int64)
