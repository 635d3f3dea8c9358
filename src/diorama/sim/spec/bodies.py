"""The things in a scene."""

from dataclasses import dataclass

from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.materials import MaterialSpec
from diorama.sim.spec.pose import Motion, Pose
from diorama.sim.spec.shapes import Shape
from diorama.sim.spec.tracks import Attributes
from diorama.sim.spec.weathering import Adjustment, Weathering
from diorama.sim.transforms import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class BodySpec:
    """A rigid thing.

    `mass_kg` 0 fixes it in place. Where two bodies touch, `friction` (Coulomb's coefficient) and `restitution` are the geometric
    means of theirs. `inertia_kg_m2` is the diagonal about the body's principal axes, None to let
    the physics engine take it from the shape. `motion` is how it moves while it is photographed; physics starts from rest all the same. A body with a
    `category` is an object to label; None makes it furniture: seen, touched, casting shadows, never annotated. What furniture is
    in semantic masks says `stuff`: ``road``, ``building``. `attributes` are what else is to be known of a thing, (name, value): ("state", "red").

    What it looks like: an asset has parts, each of which takes its turn in `part_materials`; where that has none for it, it has
    `material`; and where that is None too, what the asset brings (for a primitive: the default material), or the asset `look_of` in its
    place. All of that is changed by `adjustment`, and then by `weathering`.

    A `catcher` stands for something in a photograph, the camera's `backdrop`: pictures show the photograph there, in the other bodies' shadows. It
    is touched as any furniture is, and labels see it as they see any: it has depth and an id, and hides what is behind it.
    """

    name: str
    shape: Shape
    world_from_body: Pose = Pose()
    mass_kg: float = 0.0
    inertia_kg_m2: Vec3 | None = None
    friction: float = 0.5
    restitution: float = 0.1
    motion: Motion = Motion()
    material: MaterialSpec | None = None
    part_materials: tuple[MaterialSpec | None, ...] = ()
    look_of: str | None = None
    adjustment: Adjustment | None = None
    weathering: Weathering | None = None
    category: str | None = None
    stuff: str | None = None
    attributes: Attributes = ()
    tags: tuple[str, ...] = ()
    catcher: bool = False

    def __post_init__(self) -> None:
        check(bool(self.name), self, "name must not be empty")
        check(finite(self.mass_kg) and self.mass_kg >= 0, self, f"{self.name}: mass_kg must be 0 or more, got {self.mass_kg}")
        inertia = self.inertia_kg_m2
        check(inertia is None or (finite(*inertia) and min(inertia) > 0), self, f"{self.name}: inertia_kg_m2 must be positive, got {inertia}")
        check(finite(self.friction) and self.friction >= 0, self, f"{self.name}: friction must be 0 or more, got {self.friction}")
        check(0 <= self.restitution <= 1, self, f"{self.name}: restitution must be in [0, 1], got {self.restitution}")
        fixed = self.mass_kg == 0 and self.motion.is_still and self.category is None
        check(
            fixed or not self.catcher, self, f"{self.name}: a catcher stands for what was photographed: it is still, and has no mass and no category"
        )

    @property
    def is_static(self) -> bool:
        return self.mass_kg == 0.0
