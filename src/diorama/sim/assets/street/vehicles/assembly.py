"""A vehicle put together: its body, which all vehicles of a variant share, its wheels as they are turned, and what its parts look like."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Asset, Look, MeshPart
from diorama.sim.assets.recipe import RUBBER, paint, printed
from diorama.sim.assets.street.vehicles.bus import bus
from diorama.sim.assets.street.vehicles.cars import car
from diorama.sim.assets.street.vehicles.coachwork import Coachwork
from diorama.sim.assets.street.vehicles.lamps import lamp_look, lamp_plain
from diorama.sim.assets.street.vehicles.lorry import lorry
from diorama.sim.assets.street.vehicles.pictures import dirty_skin, glazing, grille, intake, number_plate, skin
from diorama.sim.assets.street.vehicles.prints import board, box_ink, box_rear, box_side, poster
from diorama.sim.assets.street.vehicles.proportions import Proportions, proportions
from diorama.sim.assets.street.vehicles.wheels import rim_look, rolled, wheel_hull, wheel_parts
from diorama.sim.assets.surface import mesh_parts
from diorama.sim.spec import MaterialSpec, Rgb, Vec3
from diorama.sim.spec.vehicles import VehicleShape
from diorama.sim.transforms import Matrix, apply

MAKERS: dict[str, Callable[[Proportions], Coachwork]] = dict.fromkeys(("hatchback", "saloon", "estate", "suv", "pickup", "van"), car) | {
    "lorry": lorry,
    "bus": bus,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chassis:
    """What all vehicles of a variant share: their coachwork; and about its centre of mass its `parts`, by the names of their looks, its convex
    pieces and landmarks.
    """

    coach: Coachwork
    looks: tuple[str, ...]
    parts: tuple[MeshPart, ...]
    bounds_m: tuple[Points, Points]
    hulls: tuple[Points, ...]
    landmarks: Mapping[str, Vec3]


def vehicle_asset(shape: VehicleShape) -> Asset:
    """The asset of a vehicle."""
    p = proportions(shape.model, shape.variant)
    chassis = _chassis(shape.model, shape.variant)
    wheels, hulls = _wheels(shape.model, shape.variant, shape.steer_deg, shape.roll)
    parts = (*_dressed(replace(shape, steer_deg=0, roll=0)), *wheels)
    (a, b), (c, d) = chassis.bounds_m, _bounds_m(wheels)
    low, high = np.minimum(a, c).tolist(), np.maximum(b, d).tolist()
    volume = 0.5 * p.length_m * p.width_m * p.height_m
    return Asset(
        id=f"vehicle:{shape.model}/{shape.variant}",
        category=shape.category,
        supercategory="vehicle",
        parts=parts,
        hulls=(*chassis.hulls, *hulls),
        bounds_m=((low[0], low[1], low[2]), (high[0], high[1], high[2])),
        volume_m3=volume,
        density_kg_m3=p.mass_kg / volume,
        closed=True,
        landmarks=chassis.landmarks,
    )


@lru_cache(maxsize=512)
def _dressed(shape: VehicleShape) -> tuple[MeshPart, ...]:
    """All parts but the wheels, as they look."""
    chassis = _chassis(shape.model, shape.variant)
    return tuple(
        MeshPart(positions=part.positions, normals=part.normals, uv=part.uv, faces=part.faces, look=_look(name, shape, chassis.coach))
        for name, part in zip(chassis.looks, chassis.parts, strict=True)
    )


def _bounds_m(parts: Sequence[MeshPart]) -> tuple[Points, Points]:
    """The lowest and the highest of all corners' coordinates."""
    return np.min([part.positions.min(axis=0) for part in parts], axis=0), np.max([part.positions.max(axis=0) for part in parts], axis=0)


@lru_cache(maxsize=256)
def _chassis(model: str, variant: int) -> Chassis:
    p = proportions(model, variant)
    coach = MAKERS[model](p)
    looks = coach.skin.looks()
    surfaces = [coach.skin.surface(name) for name in looks]
    parts = mesh_parts([replace(one, positions=one.positions - p.center_m) for one in surfaces])
    points = {"base": (0.0, 0.0, 0.0), "rear-axle": (-p.wheelbase_m / 2, 0.0, p.wheel_m), **coach.landmarks}
    for look, name in (("headlamp", "headlight"), ("taillamp", "taillight")):
        for side in ("left", "right"):
            x, y, z = coach.skin.surface(f"{look}-{side}").positions.mean(axis=0).tolist()
            points[f"{name}-{side}"] = (x, y, z)
    cx, cy, cz = p.center_m
    return Chassis(
        coach=coach,
        looks=looks,
        parts=parts,
        bounds_m=_bounds_m(parts),
        hulls=tuple(np.unique(hull - p.center_m, axis=0) for hull in coach.hulls),
        landmarks={name: (round(x - cx, 6), round(y - cy, 6), round(z - cz, 6)) for name, (x, y, z) in points.items()},
    )


@lru_cache(maxsize=512)
def _wheels(model: str, variant: int, steer_deg: int, roll: int) -> tuple[tuple[MeshPart, ...], tuple[Points, ...]]:
    """All rims in one part and all tyres in another, and a convex piece of each axle."""
    p, coach = proportions(model, variant), _chassis(model, variant).coach
    cx, cy, cz = p.center_m
    groups: tuple[list[MeshPart], list[MeshPart]] = ([], [])
    hulls: dict[float, list[Points]] = {}
    for wheel in coach.wheels:
        left = wheel.at[1] > 0
        angle = math.radians(steer_deg) if wheel.steered else 0.0
        side = 1.0 if left else -1.0
        c, s = side * round(math.cos(angle), 12), side * round(math.sin(angle), 12)
        x, y, z = wheel.at
        place = np.array([[c, -s, 0.0, x - cx], [s, c, 0.0, y - cy], [0.0, 0.0, 1.0, z - cz], [0.0, 0.0, 0.0, 1.0]])
        rim, tyre = wheel_parts(p.wheel_m, wheel.wide_m, coach.rim_share * p.wheel_m)
        # Seen from the right, wheels that roll forwards turn the other way.
        groups[0].append(_placed(replace(rim, uv=rolled(rim.uv, roll if left else -roll)), place))
        groups[1].append(_placed(tyre, place))
        hulls.setdefault(x, []).append(apply(place, wheel_hull(p.wheel_m, wheel.wide_m)))
    looks = (rim_look(coach.rim, variant), RUBBER)
    return tuple(_together(group, look) for group, look in zip(groups, looks, strict=True)), tuple(np.concatenate(pair) for pair in hulls.values())


def _placed(part: MeshPart, place: Matrix) -> MeshPart:
    turn = place.copy()
    turn[:3, 3] = 0.0
    return replace(part, positions=apply(place, part.positions).astype(np.float32), normals=apply(turn, part.normals).astype(np.float32))


def _together(parts: Sequence[MeshPart], look: Look) -> MeshPart:
    """Parts of one look as one."""
    starts = np.cumsum([0] + [len(part.positions) for part in parts[:-1]])
    return MeshPart(
        positions=np.concatenate([part.positions for part in parts]),
        normals=np.concatenate([part.normals for part in parts]),
        uv=np.concatenate([part.uv for part in parts]),
        faces=np.concatenate([part.faces + start for part, start in zip(parts, starts.tolist(), strict=True)]).astype(np.int32),
        look=look,
    )


# --- looks --------------------------------------------------------------------------------------------------

_PLAIN_LOOKS: dict[str, Look] = {
    "trim": paint((36, 36, 38), 0.65),
    "gloss": paint((15, 15, 16), 0.15),
    "under": paint((14, 14, 14), 0.95),
    "chrome": paint((214, 216, 218), 0.18, 1.0),
    "steel": paint((150, 152, 154), 0.4, 0.5),
}


@lru_cache(maxsize=4096)
def _paint_look(layout: str, color: Rgb, finish: str, dirt: float) -> Look:
    metallic, rough, coat = {"solid": (0.0, 0.4, 1.0), "metallic": (0.45, 0.42, 1.0), "matt": (0.0, 0.65, 0.0)}[finish]
    material = MaterialSpec(base_color=color, metallic=metallic, roughness=rough, clear_coat=coat)
    if dirt == 0:
        return Look(material=material, images={"base_color": skin(layout)})
    dull = replace(material, base_color=(1.0, 1.0, 1.0), clear_coat=coat * (1 - 0.8 * dirt), metallic=metallic * (1 - 0.7 * dirt))
    return Look(material=dull, images={"base_color": dirty_skin(layout, color, dirt)})


def _glass(tint: int) -> Look:
    return Look(material=MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.04), images={"base_color": glazing(tint)})


def _look(name: str, shape: VehicleShape, coach: Coachwork) -> Look:
    on = shape.lights
    what, _, side = name.partition("-")
    if what in ("paint", "roof"):
        color = shape.second if what == "roof" and shape.second is not None else shape.paint
        return _paint_look(coach.layout, color, shape.finish, shape.dirt)
    if what == "headlamp":
        turn = ("indicator",) if side in on else ()
        return lamp_look(True, coach.head, (*(lamp for lamp in ("day", "dipped") if lamp in on), *turn))
    if what == "taillamp":
        turn = ("indicator",) if side in on else ()
        return lamp_look(False, coach.tail, (*(lamp for lamp in ("brake", "reverse") if lamp in on), *(("tail",) if "dipped" in on else ()), *turn))
    if what == "brake":
        return lamp_plain("brake", (0.25, 0.01, 0.01), "brake" in on)
    if what == "plate":
        return printed(number_plate(shape.plate, side == "rear" and shape.plates == "yellow-rear"), 0.4, film=0.5)
    if what == "glass":
        return _glass(coach.tint)
    if what == "intake":
        return printed(intake(), 0.6)
    if what == "grille":
        return printed(grille(coach.grille), 0.35)
    if what == "door":
        kerb = "right" if shape.drives_on == "right" else "left"
        return _glass(coach.tint) if side == kerb else _paint_look("plain", shape.paint, shape.finish, 0.0)
    if what in ("box", "tarpaulin"):
        if side == "side":
            return printed(box_side(shape.variant, tarpaulin=what == "tarpaulin"), 0.5)
        return printed(box_rear(shape.variant), 0.5) if side == "rear" else paint(box_ink(shape.variant), 0.5)
    if what == "poster":
        return printed(poster(shape.variant), 0.4)
    if what == "board":
        material = MaterialSpec(base_color=(0.02, 0.02, 0.02), roughness=0.1, emissive=(2.0, 2.0, 2.0))
        return Look(material=material, images={"emissive": board(shape.variant, side)})
    return _PLAIN_LOOKS[name]
