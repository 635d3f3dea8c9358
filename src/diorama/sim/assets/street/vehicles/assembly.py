"""A vehicle put together: its body, which all vehicles of a variant share, its wheels as they are turned, and what its parts look like."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from diorama.sim.assets.forms import shift
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Asset, Look, MeshPart
from diorama.sim.assets.recipe import RUBBER, paint
from diorama.sim.assets.street.vehicles.car import body
from diorama.sim.assets.street.vehicles.proportions import Proportions, proportions
from diorama.sim.assets.street.vehicles.styles import style
from diorama.sim.assets.street.vehicles.wheels import STYLES, rim_look, tyre_and_rim, wheel_hull
from diorama.sim.assets.surface import Surface, mesh_parts
from diorama.sim.spec import MaterialSpec, Vec3
from diorama.sim.spec.vehicles import VehicleShape
from diorama.sim.transforms import apply, compose


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chassis:
    """What all vehicles of a variant share, about their centre of mass: parts by the names of their looks, in order; and all that is known of it."""

    looks: tuple[str, ...]
    parts: tuple[MeshPart, ...]
    hulls: tuple[Points, ...]
    landmarks: Mapping[str, Vec3]
    wheels: tuple[Vec3, ...]
    rim: str


def vehicle_asset(shape: VehicleShape) -> Asset:
    """The asset of a vehicle."""
    p = proportions(shape.model, shape.variant)
    chassis = _chassis(shape.model, shape.variant)
    parts = [replace(part, look=_look(name, shape)) for name, part in zip(chassis.looks, chassis.parts, strict=True)]
    hulls = list(chassis.hulls)
    wheels, places = _wheels(shape.model, shape.variant, shape.steer_deg, shape.roll)
    for name, part in zip(("rim", "tyre"), wheels, strict=True):
        parts.append(replace(part, look=RUBBER if name == "tyre" else rim_look(chassis.rim, shape.variant)))
    hulls += [apply(place, wheel_hull(p.wheel_m, _tyre_m(p))) for place in places]
    low = np.min([part.positions.min(axis=0) for part in parts], axis=0).tolist()
    high = np.max([part.positions.max(axis=0) for part in parts], axis=0).tolist()
    return Asset(
        id=f"vehicle:{shape.model}/{shape.variant}",
        category=shape.category,
        supercategory="vehicle",
        parts=tuple(parts),
        hulls=tuple(hulls),
        bounds_m=((low[0], low[1], low[2]), (high[0], high[1], high[2])),
        volume_m3=0.5 * p.length_m * p.width_m * p.height_m,
        density_kg_m3=p.mass_kg / (0.5 * p.length_m * p.width_m * p.height_m),
        closed=True,
        landmarks=chassis.landmarks,
    )


def _tyre_m(p: Proportions) -> float:
    return 0.55 * p.wheel_m + 0.03


@lru_cache(maxsize=256)
def _chassis(model: str, variant: int) -> Chassis:
    p = proportions(model, variant)
    s = style(p)
    skin, hulls = body(p, s)
    looks = skin.looks()
    center = np.array(p.center_m)
    surfaces = [skin.surface(name) for name in looks]
    parts = mesh_parts([replace(one, positions=one.positions - center) for one in surfaces])
    x, _, z = p.center_m
    landmarks = {"base": (-x, 0.0, -z), "rear-axle": (-p.wheelbase_m / 2 - x, 0.0, p.wheel_m - z)}
    for look, name in (("headlamp", "headlight"), ("taillamp", "taillight")):
        if look in looks:
            lamp = skin.surface(look).positions
            middle = lamp[lamp[:, 1] > 0].mean(axis=0)
            for side, sign in (("left", 1), ("right", -1)):
                landmarks[f"{name}-{side}"] = (round(float(middle[0]) - x, 6), round(sign * float(middle[1]), 6), round(float(middle[2]) - z, 6))
    track = p.width_m / 2 - 0.03 - _tyre_m(p) / 2
    wheels = tuple((axle - x, side * track, p.wheel_m - z) for axle in (p.wheelbase_m / 2, -p.wheelbase_m / 2) for side in (1.0, -1.0))
    rng = p.seed.child("wheels").rng()
    return Chassis(
        looks=looks,
        parts=parts,
        hulls=tuple(h - center for h in hulls),
        landmarks=landmarks,
        wheels=wheels,
        rim=STYLES[int(rng.integers(len(STYLES)))],
    )


@lru_cache(maxsize=512)
def _wheels(model: str, variant: int, steer_deg: int, roll: int) -> tuple[tuple[MeshPart, ...], tuple[np.ndarray, ...]]:
    """All rims in one part, and all tyres in another; and where each wheel is."""
    p = proportions(model, variant)
    tyre, rim = tyre_and_rim(p.wheel_m, _tyre_m(p), 0.68 * p.wheel_m, roll)
    # Seen from the right, wheels roll the other way.
    _, other = tyre_and_rim(p.wheel_m, _tyre_m(p), 0.68 * p.wheel_m, -roll)
    places = []
    surfaces = []
    for k, (x, y, z) in enumerate(_chassis(model, variant).wheels):
        a = math.radians(steer_deg) if k < 2 else 0.0
        c, s = round(math.cos(a), 12), round(math.sin(a), 12)
        steer = np.array([[c, -s, 0.0, 0.0], [s, c, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
        flip = np.diag([1.0, 1.0, 1.0, 1.0]) if y > 0 else np.diag([-1.0, -1.0, 1.0, 1.0])
        place = compose(shift(x, y, z), steer, flip)
        places.append(place)
        surfaces.append((tyre.moved(place), (rim if y > 0 else other).moved(place)))
    both = []
    for which in (1, 0):
        group = [pair[which] for pair in surfaces]
        both.append(_together(group))
    return mesh_parts(both), tuple(places)


def _together(group: Sequence[Surface]) -> Surface:
    """Surfaces of one look as one."""
    starts = np.cumsum([0] + [len(one.positions) for one in group[:-1]])
    return replace(
        group[0],
        positions=np.concatenate([one.positions for one in group]),
        faces=np.concatenate([one.faces + start for one, start in zip(group, starts, strict=True)]),
        uv=None if group[0].uv is None else np.concatenate([one.uv for one in group if one.uv is not None]),
    )


_GLASS = Look(material=MaterialSpec(base_color=(0.012, 0.014, 0.016), roughness=0.05))
_TRIM = paint((42, 42, 44), 0.65)
_UNDER = paint((14, 14, 14), 0.95)
_GRILLE = paint((20, 20, 22), 0.5)


def _look(name: str, shape: VehicleShape) -> Look:
    on = shape.lights
    if name in ("paint", "roof"):
        color = shape.second if name == "roof" and shape.second is not None else shape.paint
        metallic, rough, coat = {"solid": (0.0, 0.4, 1.0), "metallic": (0.45, 0.4, 1.0), "matt": (0.0, 0.7, 0.0)}[shape.finish]
        return Look(material=MaterialSpec(base_color=color, metallic=metallic, roughness=rough, clear_coat=coat))
    if name == "headlamp":
        radiance = 25.0 if "dipped" in on else 6.0 if "day" in on else 0.0
        return Look(material=MaterialSpec(base_color=(0.6, 0.62, 0.65), roughness=0.15, metallic=0.5, emissive=(radiance, radiance, 0.9 * radiance)))
    if name == "taillamp":
        radiance = 8.0 if "brake" in on else 1.0 if "dipped" in on else 0.0
        return Look(material=MaterialSpec(base_color=(0.35, 0.01, 0.01), roughness=0.15, emissive=(radiance, 0.03 * radiance, 0.02 * radiance)))
    if name.startswith("indicator"):
        radiance = 8.0 if name.partition("-")[2] in on else 0.0
        return Look(material=MaterialSpec(base_color=(0.8, 0.4, 0.08), roughness=0.2, emissive=(radiance, 0.4 * radiance, 0.0)))
    return {"glass": _GLASS, "trim": _TRIM, "under": _UNDER, "grille": _GRILLE}[name]
