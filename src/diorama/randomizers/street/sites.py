"""Things put on pavements, behind them and on parking lanes, wherever there is room; and counted where there is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from diorama.randomizers.street.footprints import Footprints, boxes_of, footprints_of
from diorama.randomizers.street.ground import BUSY, Ground, moved
from diorama.randomizers.street.kerbs import Kerb, depth_m
from diorama.randomizers.street.posts import Posts
from diorama.randomizers.street.standing import standing
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.spec import BodySpec, MeshShape, RowShape, SceneSpec
from diorama.sim.spec.roads import AreaKind, LaneKind, Vec2

#: One thing made by a recipe, or a row of them.
Thing = MeshShape | RowShape

#: What is higher than this is over people's heads.
_HEAD_M = 2.2
_SPACING_M = 0.15
#: Where there is little room, things stand as near to the edge as this.
_TIGHT_M = 0.04


@dataclass(frozen=True, slots=True)
class Habit:
    """Where one puts a kind of thing: at the `kerb` or at the `back` of a pavement or just `behind` it, `gap_m` from that edge, facing the road or
    away from it; up to so many in a `row`, `step_m` apart.
    """

    side: Literal["kerb", "back", "behind"] = "kerb"
    faces_road: bool = False
    gap_m: float = 0.3
    row: int = 1
    step_m: float = 0.0


class Site:
    """A scene's streets, as they are being furnished. Bodies are called after `called`."""

    def __init__(self, spec: SceneSpec, library: AssetLibrary, called: str, ground: Ground) -> None:
        self.library, self.called, self.ground = library, called, ground
        self.taken = Footprints.around(spec.bodies, library)
        self.posts = Posts(ground, self.taken, library)
        self.bodies: list[BodySpec] = []
        self.asked: dict[str, int] = {}
        self.fitted: dict[str, int] = {}

    def ask(self, kind: str) -> None:
        """Count a thing that is wanted."""
        self.asked[kind] = self.asked.get(kind, 0) + 1
        self.fitted.setdefault(kind, 0)

    def beside(
        self, kind: str, shape: Thing, places: Iterable[tuple[Kerb, float, Habit]], spacing_m: float = _SPACING_M
    ) -> tuple[Kerb, float] | None:
        """Put a thing at the first of some places, each a way along a kerb, where there is room for it; which that was."""
        self.ask(kind)
        asset = self.library.shape_asset(shape)
        low, high = _reach(asset)
        for kerb, way, habit in places:
            deep = depth_m(self.ground, kerb, way) if 0 <= way <= kerb.length_m else 0.0
            if deep <= 0:
                continue
            start, inward = kerb.at(way)
            near, far = (-high, -low) if habit.faces_road else (low, high)  # how far it reaches, away from the road
            heading = (-inward[0], -inward[1]) if habit.faces_road else inward
            # Kerb and back are kept as far from as is usual, or else as there is room beside the way on foot.
            walked = self.ground.lane_gap_m([start], ("walk",)) if habit.side == "kerb" else deep - self.ground.lane_gap_m([start], ("walk",)) - 0.7
            gap = habit.gap_m if habit.side == "behind" else min(habit.gap_m, walked - (far - near) - 0.06)
            off = {"kerb": gap - near, "back": deep - gap - far, "behind": deep + gap - near}[habit.side]
            if gap >= _TIGHT_M and self.put(kind, shape, moved(start, inward, off), heading, kerb.kind, spacing_m=spacing_m):
                self.fitted[kind] += 1
                return kerb, way
        return None

    def put(
        self,
        kind: str,
        shape: Thing,
        spot: Vec2,
        heading: Vec2,
        ground: AreaKind,
        *,
        clear_of: Sequence[LaneKind] = BUSY,
        spacing_m: float = _SPACING_M,
    ) -> bool:
        """Put a thing at a place, facing `heading`, if there is room for it."""
        asset = self.library.shape_asset(shape)
        # A row follows the ground.
        pose = standing(asset, self.ground.roads, spot, heading, ground, upright=isinstance(shape, MeshShape))
        pieces = footprints_of(asset, pose)
        floor = self.ground.roads.ground_m(*spot, ground)
        corners = [corner for piece in pieces if piece.low_m < floor + _HEAD_M for corner in piece.corners()]
        raised = ground != "carriageway"
        if not self.ground.is_clear([spot, *corners], kinds=clear_of) or (raised and not self.ground.are_raised(corners)):
            return False
        if not self.taken.are_free(pieces, spacing_m):
            return False
        self.taken.add(pieces)
        stuff = self.library.category_of(shape.asset)[1]
        number = sum(1 for body in self.bodies if kind in body.tags)
        name = f"{self.called}-{kind}-{number}"
        self.bodies.append(BodySpec(name=name, shape=shape, world_from_body=pose, stuff=stuff, tags=("street-furniture", kind)))
        return True


@lru_cache(maxsize=1024)
def _reach(asset: Asset) -> tuple[float, float]:
    """How far a thing reaches back and to the front from its base, below head height."""
    x, _, z = asset.landmarks["base"]
    low = [box for box in boxes_of(asset) if box[0][2] < z + _HEAD_M]
    return min(a[0] for a, _ in low) - x, max(b[0] for _, b in low) - x
