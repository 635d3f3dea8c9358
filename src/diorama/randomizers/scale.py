"""How large things are and what shape they have: scaled, stretched and bent, and as heavy as that makes them."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from diorama.randomizers.base import Context, Labelled, Select, Stage
from diorama.randomizers.distributions import Constant, Distribution, LogUniform, Uniform, require, require_share, rounded
from diorama.randomizers.objects import MIN_MASS_KG
from diorama.randomizers.placement import PLACED
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, CylinderShape, Lattice, MeshShape, PrismShape, SceneSpec, Shape, SphereShape
from diorama.sim.spec.lattice import NEVER_FOLDS

_POINTS = 27


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(Labelled):
    """Give objects other sizes and shapes; their masses follow, at the same density.

    Of the bodies `on`, a share `share` is made `factor` times as large, and `stretch` times as long along each of its own axes, drawn for
    each. Meshes are deformed before that: the points of a 3 x 3 x 3 grid over the mesh's box, and all between them with them, are moved along
    each axis by up to `deform` of the box's size, evenly to both sides. That dents, bends and twists: 0.03 is a dent, 0.08 nearly the most
    that never folds. Spheres stay spheres, and cylinders round. `each` says what has a draw of its own: every ``body``, or every
    ``asset``, all instances of which stay alike. Comes before what places objects.
    """

    name: ClassVar[str] = "scale"
    stage: ClassVar[Stage] = "scene"

    on: Select = PLACED
    share: float = 1.0
    factor: Distribution = LogUniform(0.8, 1.25)
    stretch: Distribution = Constant(1)
    deform: Distribution = Constant(0)
    each: Literal["body", "asset"] = "body"

    def __post_init__(self) -> None:
        require(self, 1e-3, 1e3, "factor", "stretch")
        require(self, 0, NEVER_FOLDS, "deform")
        require_share(self, "share")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for body in self.on.of(spec.bodies):
            asset = getattr(body.shape, "asset", None)
            here = seed.child("asset", asset) if self.each == "asset" and asset else seed.child("body", body.name)
            shape = self._shape(here, body)
            if shape is not None:
                before, after = (context.library.shape_asset(s).volume_m3 for s in (body.shape, shape))
                mass = 0.0 if body.is_static else max(rounded(body.mass_kg * after / before), MIN_MASS_KG)
                drawn[body.name] = {"shape": to_json(shape), "mass_kg": mass}
        return {"scaled": drawn}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        drawn = params["scaled"]
        shapes = from_json(tuple[Shape, ...], [one["shape"] for one in drawn.values()])
        # Moments of inertia that were given are of the old shape; physics takes them from the new one.
        return spec.map_bodies(
            {
                name: {"shape": shape, "mass_kg": one["mass_kg"], "inertia_kg_m2": None}
                for (name, one), shape in zip(drawn.items(), shapes, strict=True)
            }
        )

    def _shape(self, seed: Seed, body: BodySpec) -> Shape | None:
        """What a body becomes, or None if it stays as it is."""
        rng = seed.rng()
        if rng.random() >= self.share:
            return None
        factor = self.factor.sample(rng)
        x, y, z = (rounded(factor * self.stretch.sample(rng)) for _ in range(3))
        shape = body.shape
        if isinstance(shape, MeshShape):
            old = shape.scale if isinstance(shape.scale, tuple) else (shape.scale,) * 3
            sizes = (rounded(old[0] * x), rounded(old[1] * y), rounded(old[2] * z))
            lattice = self._lattice(seed.child("lattice")) or shape.lattice
            return replace(shape, scale=sizes[0] if sizes[0] == sizes[1] == sizes[2] else sizes, lattice=lattice)
        if isinstance(shape, BoxShape):
            return replace(shape, size_m=(rounded(shape.size_m[0] * x), rounded(shape.size_m[1] * y), rounded(shape.size_m[2] * z)))
        if isinstance(shape, CylinderShape):
            return replace(shape, radius_m=rounded(shape.radius_m * x), height_m=rounded(shape.height_m * z))
        if isinstance(shape, PrismShape):
            outline = tuple((rounded(u * x), rounded(v * y)) for u, v in shape.outline_m)
            return replace(shape, outline_m=outline, height_m=rounded(shape.height_m * z))
        if isinstance(shape, SphereShape):
            return replace(shape, radius_m=rounded(shape.radius_m * factor))
        # What says all about itself, such as a sign, has the size that it has.
        return None

    def _lattice(self, seed: Seed) -> Lattice | None:
        rng = seed.rng()
        most = self.deform.sample(rng)
        if most == 0:
            return None
        even = Uniform(-most, most)
        return Lattice(offsets=tuple((even.sample(rng), even.sample(rng), even.sample(rng)) for _ in range(_POINTS)))
