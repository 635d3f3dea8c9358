"""Things that float about, so that a network learns what it should look at by what it should not.

J. Tremblay et al., "Training deep networks with synthetic data: bridging the reality gap by domain randomization", CVPR workshops 2018.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.aim import subject, vec3
from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.distributions import (
    Choice,
    Distribution,
    LogUniform,
    Uniform,
    UniformInt,
    UniformRotation,
    require,
    require_one_of,
    rounded,
)
from diorama.randomizers.files import digest
from diorama.randomizers.looks import Look
from diorama.randomizers.objects import by_category
from diorama.randomizers.pictures import paths_of
from diorama.randomizers.placement import no_room, require_length
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, CylinderShape, MeshShape, Pose, SceneSpec, Shape, SphereShape

_KINDS = ("asset", "box", "cylinder", "sphere")
#: Places tried for each.
_TRIES = 60

LOOK = Look(
    metal=0.1,
    palette=Choice({"neutral": 0.15, "earth": 0.1, "muted": 0.15, "warm": 0.25, "cool": 0.25, "pink": 0.1}),
    pattern=Choice({"plain": 0.4, "stripes": 0.2, "checks": 0.2, "noise": 0.1, "marble": 0.05, "wood": 0.05}),
    tile_m=LogUniform(0.03, 0.15),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlyingDistractors(Labelled):
    """Let things without a label float around the objects.

    Each of the `count` is of a `kind`: ``box``, ``cylinder``, ``sphere``, or ``asset``, any of the library's or those of `assets` (ids, or
    patterns of them). Its longest side is `size_m`, the others of boxes and cylinders shorter by `aspect`. It is turned at random and looks as
    `look` says. Its middle is `distance` times the radius of what the objects fill away from their middle, at `elevation_deg` and
    `azimuth_deg`. It is clear of all that is there, by an upright prism around it, and `spacing_m` beside it, or the scene is rejected:
    ``no-room``. Bodies are named after the label, by default ``distractor``, and tagged ``distractor``.

    Cameras on a shell keep out of distractors as they do out of objects; how much of the objects may be hidden is said by the plan's
    `min_visible_fraction`, which has views taken anew.
    """

    name: ClassVar[str] = "flying-distractors"
    stage: ClassVar[Stage] = "settled"

    count: Distribution = UniformInt(2, 8)
    kind: Distribution = Choice({"box": 0.3, "cylinder": 0.2, "sphere": 0.2, "asset": 0.3})
    assets: tuple[str, ...] = ()
    size_m: Distribution = LogUniform(0.03, 0.15)
    aspect: Distribution = Uniform(0.3, 1.0)
    distance: Distribution = Uniform(0.5, 1.8)
    elevation_deg: Distribution = Uniform(5, 85)
    azimuth_deg: Distribution = Uniform(0, 360)
    look: Look = LOOK
    spacing_m: float = 0.01

    def __post_init__(self) -> None:
        require(self, 0, 10_000, "count", whole=True)
        require_one_of(self, _KINDS, "kind")
        require(self, 1e-4, 1e3, "size_m")
        require(self, 1e-2, 1, "aspect")
        require(self, 0, 1e3, "distance")
        require(self, -90, 90, "elevation_deg")
        require(self, -math.inf, math.inf, "azimuth_deg")
        require_length(self, "spacing_m")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        middle, extent = subject(spec, context.library)
        crowd = Crowd.around(spec, context.library)
        drawn: list[BodySpec] = []
        for i in range(self.count.sample(seed.child("count").rng())):
            name = f"{self.label or 'distractor'}-{i:02d}"
            here = seed.child("body", name)
            rng = here.rng()
            shape = self._shape(rng, context.library)
            asset = context.library.shape_asset(shape)
            material = self.look.material(here.child("look"), here.child("look").rng(), has_uv=not any(p.uv_in_metres for p in asset.parts))
            body = BodySpec(name=name, shape=shape, material=material, tags=("distractor",))
            for _ in range(_TRIES):
                rotation = UniformRotation().sample(rng)
                distance = self.distance.sample(rng) * extent
                elevation, azimuth = math.radians(self.elevation_deg.sample(rng)), math.radians(self.azimuth_deg.sample(rng))
                direction = (math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation))
                place = vec3(m + distance * d for m, d in zip(middle, direction, strict=True))
                thing = Prism.of(asset, rotation).moved(place)
                if crowd.is_free(thing, self.spacing_m):
                    crowd.add(thing)
                    drawn.append(replace(body, world_from_body=Pose(place, rotation)))
                    break
            else:
                raise no_room(body, "among the objects and around them")
        files = sorted({path for body in drawn if body.material for path in paths_of(body.material)})
        return {"distractors": to_json(drawn)} | ({"files": {path: digest(path) for path in files}} if files else {})

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return spec.replace(bodies=(*spec.bodies, *from_json(tuple[BodySpec, ...], params["distractors"])))

    def files(self) -> tuple[str, ...]:
        """The pictures it draws from."""
        return self.look.pictures.files() if self.look.pictures else ()

    def check(self) -> None:
        """Read them all. Raises AssetError with what is wrong."""
        if self.look.pictures:
            self.look.pictures.check()

    def _shape(self, rng: np.random.Generator, library: AssetLibrary) -> Shape:
        kind, size = self.kind.sample(rng), self.size_m.sample(rng)
        second, third = (rounded(size * self.aspect.sample(rng)) for _ in range(2))
        if kind == "box":
            return BoxShape(size_m=(size, second, third))
        if kind == "cylinder":
            return CylinderShape(radius_m=second / 2, height_m=size)
        if kind == "sphere":
            return SphereShape(radius_m=size / 2)
        shelf = by_category(library, self.assets)
        found = shelf[Choice(list(shelf)).sample(rng)]
        asset = found[UniformInt(0, len(found) - 1).sample(rng)]
        low, high = library.load(asset).bounds_m
        return MeshShape(asset=asset, scale=rounded(size / max(b - a for a, b in zip(low, high, strict=True))))
