"""Products on the boards of a shelf, seen from the front."""

from dataclasses import dataclass, replace
from typing import ClassVar

from diorama.randomizers.background import Background
from diorama.randomizers.base import Context, Randomizer
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.colors import rgb_from_hsv
from diorama.randomizers.distributions import Choice, Distribution, LogUniform, Normal, Uniform, UniformInt, require, require_one_of
from diorama.randomizers.objects import Objects
from diorama.randomizers.sensor import Sensor
from diorama.randomizers.shelve import Shelve
from diorama.scenes.furniture import INDUSTRIAL, OVERHEAD, floor, slab, wall
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, MaterialSpec, PhysicsSpec, SceneSpec, SunLight

#: A body whose centre is so far in front of the boards has fallen down.
_OUTSIDE_M = 0.01
_HEADROOM_M = 1.0
#: Things start a millimetre above their board.
_TIME_STEP_S = 1 / 160
_POST_M = 0.04
_PANEL_M = 0.02
_BACK_M = 0.008
#: The way from the back of the shelf to the wall behind it.
_TO_WALL_M = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A shelf against a wall, its front towards -y, and products standing on its boards in rows.

    There are `boards`, `width_m` wide and `depth_m` deep, `spacing_m` apart, the lowest `foot_m` above the floor. The `kind` is ``rack``: four
    posts, and boards with an edge, of painted metal; ``bookcase``: sides, a back and boards, all of wood; or ``gondola``: a back, and boards with
    a price rail in front, as in shops.
    """

    name: ClassVar[str] = "shelf"

    kind: Distribution = Choice({"gondola": 0.45, "rack": 0.3, "bookcase": 0.25})
    boards: Distribution = UniformInt(3, 5)
    width_m: Distribution = Uniform(0.8, 1.25)
    depth_m: Distribution = Uniform(0.3, 0.45)
    spacing_m: Distribution = Uniform(0.27, 0.38)
    foot_m: Distribution = Uniform(0.1, 0.4)
    thickness_m: Distribution = Uniform(0.018, 0.03)

    def __post_init__(self) -> None:
        require_one_of(self, ("rack", "bookcase", "gondola"), "kind")
        require(self, 1, 20, "boards", whole=True)
        require(self, 0.2, 10, "width_m")
        require(self, 0.1, 2, "depth_m", "spacing_m")
        require(self, 0.05, 2, "foot_m")
        require(self, 0.005, 0.1, "thickness_m")

    def build(self, seed: Seed, context: Context) -> SceneSpec:
        rng = seed.child("shelf").rng()
        kind, count = self.kind.sample(rng), self.boards.sample(rng)
        width, depth, spacing = self.width_m.sample(rng), self.depth_m.sample(rng), self.spacing_m.sample(rng)
        foot, thick = self.foot_m.sample(rng), self.thickness_m.sample(rng)
        levels = [foot + i * spacing for i in range(count)]
        # The middle one first: light is aimed at it, and exposure measured there.
        order = sorted(range(count), key=lambda i: (abs(i - count // 2), i))
        paint = _paint(kind, seed)
        tops = [slab(f"board-{i}", (width, depth, thick), (0.0, 0.0, levels[i] - thick / 2), paint, "container", "support") for i in order]
        top = levels[-1] + (spacing if kind != "bookcase" else spacing + thick)
        frame = {"rack": self._rack, "bookcase": self._bookcase, "gondola": self._gondola}[kind](width, depth, thick, levels, top, paint)
        return SceneSpec(
            bodies=(floor(), wall("wall-0", 1, depth / 2 + _PANEL_M + _TO_WALL_M, 3.0), *tops, *frame),
            lights=(SunLight(direction=(0.4, 0.8, -0.6)),),
            physics=PhysicsSpec(
                time_step_s=_TIME_STEP_S,
                bounds_min_m=(-width / 2 - _OUTSIDE_M, -depth / 2 - _OUTSIDE_M, levels[0] - _OUTSIDE_M),
                bounds_max_m=(width / 2 + _OUTSIDE_M, depth / 2 + _OUTSIDE_M, levels[-1] + _HEADROOM_M),
            ),
        )

    def randomizers(self) -> tuple[Randomizer, ...]:
        return (
            Objects(count=UniformInt(7, 15), copies=UniformInt(1, 6), largest_m=0.27),
            Shelve(space_m=LogUniform(0.01, 0.15)),
            INDUSTRIAL,
            replace(OVERHEAD, elevation_deg=Uniform(25, 65), azimuth_deg=Uniform(-150, -30), distance_m=Uniform(1.6, 3.0)),
            Background(),
            CameraShell(elevation_deg=Uniform(0, 25), azimuth_deg=Normal(-90, 18), fill=Uniform(1.1, 2.2), roll_deg=Normal(0, 2)),
            Sensor(),
        )

    def _rack(self, width: float, depth: float, thick: float, levels: list[float], top: float, paint: MaterialSpec) -> list[BodySpec]:
        x, y = (width + _POST_M) / 2, (depth - _POST_M) / 2
        posts = [slab(f"post-{i}", (_POST_M, _POST_M, top), (sx * x, sy * y, top / 2), paint, "container") for i, (sx, sy) in enumerate(_CORNERS)]
        edges = [
            slab(f"edge-{2 * i + (sign > 0)}", (width, 0.015, 0.05), (0.0, sign * (depth / 2 + 0.0075), level - 0.025), paint, "container")
            for i, level in enumerate(levels)
            for sign in (-1, 1)
        ]
        return posts + edges

    def _bookcase(self, width: float, depth: float, thick: float, levels: list[float], top: float, paint: MaterialSpec) -> list[BodySpec]:
        x = (width + _PANEL_M) / 2
        sides = [slab(f"side-{i}", (_PANEL_M, depth, top), (sign * x, 0.0, top / 2), paint, "container") for i, sign in enumerate((-1, 1))]
        back = slab("back", (width + 2 * _PANEL_M, _BACK_M, top), (0.0, (depth + _BACK_M) / 2, top / 2), paint, "container")
        lid = slab("lid", (width, depth, thick), (0.0, 0.0, top - thick / 2), paint, "container")
        plinth = slab("plinth", (width, 0.02, levels[0] - thick), (0.0, -depth / 2 + 0.03, (levels[0] - thick) / 2), paint, "container")
        return [*sides, back, lid, plinth]

    def _gondola(self, width: float, depth: float, thick: float, levels: list[float], top: float, paint: MaterialSpec) -> list[BodySpec]:
        back = slab("back", (width, _BACK_M, top), (0.0, (depth + _BACK_M) / 2, top / 2), paint, "container")
        base = slab("base", (width, depth, levels[0] - thick), (0.0, 0.0, (levels[0] - thick) / 2), paint, "container")
        rails = [
            slab(f"rail-{i}", (width, 0.006, 0.038), (0.0, -depth / 2 - 0.003, level - 0.019), MaterialSpec(base_color=(0.8, 0.8, 0.78)), "container")
            for i, level in enumerate(levels)
        ]
        return [back, base, *rails]


_CORNERS = ((-1, -1), (1, -1), (-1, 1), (1, 1))


def _paint(kind: str, seed: Seed) -> MaterialSpec:
    """What a shelf of this kind is made of."""
    rng = seed.child("paint").rng()
    if kind == "bookcase":
        color = rgb_from_hsv(Uniform(20, 42).sample(rng) / 360, Uniform(0.1, 0.6).sample(rng), Uniform(0.3, 0.9).sample(rng))
        return MaterialSpec(base_color=color, roughness=Uniform(0.4, 0.8).sample(rng))
    if kind == "rack":
        hue, saturation, value = Choice([(215.0, 0.7, 0.45), (25.0, 0.9, 0.8), (210.0, 0.05, 0.6), (200.0, 0.1, 0.25)]).sample(rng)
    else:
        hue, saturation, value = Choice([(50.0, 0.03, 0.88), (210.0, 0.03, 0.75), (220.0, 0.05, 0.3)]).sample(rng)
    return MaterialSpec(base_color=rgb_from_hsv(hue / 360, saturation, value), roughness=Uniform(0.3, 0.6).sample(rng))
