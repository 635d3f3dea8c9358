"""What surfaces look like: furniture and objects get new materials."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from diorama.randomizers.base import Context, Labelled, Select, Stage
from diorama.randomizers.distributions import Choice, LogUniform, Uniform
from diorama.randomizers.files import digest
from diorama.randomizers.looks import Look
from diorama.randomizers.pictures import paths_of
from diorama.sim.assets.mesh import MeshPart
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, MaterialSpec, SceneSpec

EVERYTHING = Select()
FURNITURE = Look(tile_m=LogUniform(0.35, 1.2), roughness=Uniform(0.3, 0.95))
OBJECTS = Look(
    replaced=0.35,
    printed_replaced=0.08,
    metal=0.12,
    palette=Choice({"neutral": 0.2, "earth": 0.12, "muted": 0.23, "warm": 0.2, "cool": 0.2, "pink": 0.05}),
    pattern=Choice({"plain": 0.55, "stripes": 0.12, "checks": 0.1, "noise": 0.1, "wood": 0.08, "marble": 0.05}),
    tile_m=LogUniform(0.04, 0.15),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials(Labelled):
    """Give furniture, and some of the objects, a random colour, finish and pattern.

    Of the bodies `on` selects, those without a category are `furniture`, but clutter and all others are `objects`. `each` says what has a
    draw of its own: every ``body`` (numbered pieces of furniture, ``leg-0``, ``leg-1``, are a set, and look alike), every ``part`` of every body,
    every ``asset`` (all bodies of one look alike), every ``category``, or ``all`` bodies together.
    """

    name: ClassVar[str] = "materials"
    stage: ClassVar[Stage] = "scene"

    on: Select = EVERYTHING
    each: Literal["body", "part", "asset", "category", "all"] = "body"
    furniture: Look = FURNITURE
    objects: Look = OBJECTS

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        whole: dict[str, MaterialSpec] = {}
        parts: dict[str, list[MaterialSpec | None]] = {}
        for body in self.on.of(spec.bodies):
            look = self.furniture if is_furniture(body) else self.objects
            here = seed.child(*self._stream(body))
            meshes = context.library.shape_asset(body.shape).parts
            if self.each == "part":
                drawn = [_drawn(here.child("part", k), look, body, (part,)) for k, part in enumerate(meshes)]
                if any(drawn):
                    parts[body.name] = drawn
            elif material := _drawn(here, look, body, meshes):
                whole[body.name] = material
        used = [*whole.values(), *(m for materials in parts.values() for m in materials if m)]
        files = sorted({path for material in used for path in paths_of(material)})
        return (
            {"materials": to_json(whole)}
            | ({"parts": to_json(parts)} if self.each == "part" else {})
            | ({"files": {path: digest(path) for path in files}} if files else {})
        )

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        changes: dict[str, dict[str, Any]] = {}
        for name, material in params["materials"].items():
            changes[name] = {"material": from_json(MaterialSpec, material), "part_materials": ()}
        for name, materials in params.get("parts", {}).items():
            before = spec.body(name).part_materials or (None,)
            drawn = [None if m is None else from_json(MaterialSpec, m) for m in materials]
            changes[name] = {"part_materials": tuple(m or before[k % len(before)] for k, m in enumerate(drawn))}
        return spec.map_bodies(changes)

    def files(self) -> tuple[str, ...]:
        """The pictures it draws from."""
        return tuple(sorted({path for look in (self.furniture, self.objects) if look.pictures for path in look.pictures.files()}))

    def check(self) -> None:
        """Read them all. Raises AssetError with what is wrong."""
        for look in (self.furniture, self.objects):
            if look.pictures:
                look.pictures.check()

    def _stream(self, body: BodySpec) -> tuple[str, ...]:
        asset = getattr(body.shape, "asset", None)
        if self.each == "all":
            return ("all",)
        if self.each == "asset" and asset is not None:
            return ("asset", asset)
        if self.each == "category" and body.category is not None:
            return ("category", body.category)
        return ("body", _set_of(body) if is_furniture(body) else body.name)


def is_furniture(body: BodySpec) -> bool:
    """Whether a body belongs to the place; clutter has no category either, and is a thing like the objects."""
    return body.category is None and "clutter" not in body.tags


def _set_of(body: BodySpec) -> str:
    return body.name.rstrip("0123456789").rstrip("-")


def _drawn(seed: Seed, look: Look, body: BodySpec, parts: tuple[MeshPart, ...]) -> MaterialSpec | None:
    """A new material for parts of a body, or None for what keeps what it has."""
    rng = seed.rng()
    printed = body.material is None and any(p.look.images or p.look.material.is_see_through for p in parts)
    if rng.random() >= (look.printed_replaced if printed else look.replaced):
        return None
    return look.material(seed, rng, has_uv=not any(p.uv_in_metres for p in parts))
