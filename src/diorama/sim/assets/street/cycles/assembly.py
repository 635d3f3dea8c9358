"""A cycle put together: what is built once for all of its variant, turned as it is turned at the moment."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Asset, Look, MeshPart
from diorama.sim.assets.recipe import DARK_STEEL, RUBBER, STEEL, glass, glowing, paint
from diorama.sim.assets.street.cycles.bicycle import bicycle
from diorama.sim.assets.street.cycles.build import GROUPS
from diorama.sim.assets.street.cycles.frames import Layout, layout, layout_of
from diorama.sim.assets.street.cycles.motorcycle import motorcycle
from diorama.sim.assets.surface import Surface, mesh_parts
from diorama.sim.spec import MaterialSpec, Vec3
from diorama.sim.spec.cycles import CRANK_STEPS, WHEEL_STEPS, CycleShape
from diorama.sim.transforms import Matrix, apply, compose, matrix_from_quat, quat_from_axis_angle

_DENSITY_KG_M3 = 2000.0
#: Surfaces of few corners are meant to be round.
_CREASE_RAD = math.radians(55.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Kit:
    """What all cycles of a variant share: meshes, convex pieces and lamps by what carries them, in the axes of the ground between the wheels."""

    looks: tuple[tuple[str, tuple[tuple[int, MeshPart], ...]], ...]
    hulls: tuple[tuple[int, Points], ...]
    lamps: tuple[tuple[str, int, Vec3], ...]


@lru_cache(128)
def _kit(model: str, variant: int, saddle_m: float | None, loads: tuple[str, ...]) -> _Kit:
    at = layout(model, variant, saddle_m)
    build = (bicycle if at.crank_m else motorcycle)(model, at, loads)
    looks: dict[str, list[tuple[int, MeshPart]]] = {}
    parts = mesh_parts([_together(pieces) for pieces in build.surfaces.values()], _CREASE_RAD)
    for (group, look), part in zip(build.surfaces, parts, strict=True):
        looks.setdefault(look, []).append((GROUPS.index(group), part))
    hulls = [(GROUPS.index(group), hull) for group, pieces in build.hulls.items() for hull in pieces]
    r = at.wheel_m
    for group, x in (("rear-wheel", at.rear_x), ("front-wheel", at.front_x)):
        rim = [
            (x + r * c, y, r + r * s)
            for c, s in ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.7, -0.7), (0, -1), (0.7, -0.7))
            for y in (0.03, -0.03)
        ]
        # Round, and so it does not matter how far it has rolled.
        hulls.append((GROUPS.index("fork" if group == "front-wheel" else "frame"), np.array(rim)))
    lamps = tuple((name, GROUPS.index(group), place) for name, (group, place) in sorted(build.lamps.items()))
    return _Kit(looks=tuple((name, tuple(parts)) for name, parts in sorted(looks.items())), hulls=tuple(hulls), lamps=lamps)


def _together(pieces: list[tuple[Points, np.ndarray]]) -> Surface:
    starts = np.cumsum([0] + [len(p) for p, _ in pieces[:-1]])
    faces = np.concatenate([f + start for (_, f), start in zip(pieces, starts, strict=True)])
    return Surface(positions=np.concatenate([p for p, _ in pieces]), faces=faces)


def cycle_asset(cycle: CycleShape) -> Asset:
    """The asset of a bicycle or a motorcycle; see CycleShape."""
    at, kit = layout_of(cycle), _kit(cycle.model, cycle.variant, cycle.saddle_m, cycle.loads)
    moves = motions(cycle, at)
    center = np.array([0.0, 0.0, 1.35 * at.wheel_m])
    parts = [_moved(pieces, moves, center, _look(name, cycle)) for name, pieces in kit.looks]
    low = np.min([part.positions.min(axis=0) for part in parts], axis=0).tolist()
    high = np.max([part.positions.max(axis=0) for part in parts], axis=0).tolist()
    lamps = {name: _at(moves[group], place) for name, group, place in kit.lamps}
    landmarks = {"base": (0.0, 0.0, 0.0)} | places(cycle) | lamps
    return Asset(
        id=f"{cycle.kind}:{cycle!r}",
        category=cycle.category,
        supercategory="vehicle",
        parts=tuple(parts),
        hulls=tuple(apply(moves[group], hull) - center for group, hull in kit.hulls),
        bounds_m=((low[0], low[1], low[2]), (high[0], high[1], high[2])),
        volume_m3=at.mass_kg / _DENSITY_KG_M3,
        density_kg_m3=_DENSITY_KG_M3,
        closed=True,
        landmarks={name: (x - float(center[0]), y - float(center[1]), z - float(center[2])) for name, (x, y, z) in landmarks.items()},
    )


def _moved(pieces: tuple[tuple[int, MeshPart], ...], moves: list[Matrix], center: Points, look: Look) -> MeshPart:
    """Pieces of one look as one, each moved by what carries it."""
    positions = np.concatenate([apply(moves[group], part.positions) for group, part in pieces]) - center
    normals = np.concatenate([apply(_turn_alone(moves[group]), part.normals) for group, part in pieces])
    starts = np.cumsum([0] + [len(part.positions) for _, part in pieces[:-1]])
    return MeshPart(
        positions=positions.astype(np.float32),
        normals=normals.astype(np.float32),
        uv=np.concatenate([part.uv for _, part in pieces]),
        faces=np.concatenate([part.faces + start for (_, part), start in zip(pieces, starts, strict=True)]).astype(np.int32),
        look=look,
        uv_in_metres=True,
    )


def _turn_alone(move: Matrix) -> Matrix:
    out = move.copy()
    out[:3, 3] = 0.0
    return out


# --- motion -----------------------------------------------------------------------------------------------


def motions(cycle: CycleShape, at: Layout) -> list[Matrix]:
    """(4, 4) each: how what belongs to each of `GROUPS` is moved from where it was built."""
    lower, upper = at.steering
    axis = (upper[0] - lower[0], upper[1] - lower[1], upper[2] - lower[2])
    fork = _about(lower, axis, math.radians(cycle.steer_deg))
    roll = 2 * math.pi * cycle.roll / WHEEL_STEPS
    turned = 2 * math.pi * cycle.crank / CRANK_STEPS
    # Forwards is down in front.
    crank = _about(at.feet, (0.0, 1.0, 0.0), turned)
    moves = {
        "frame": np.eye(4),
        "fork": fork,
        "front-wheel": compose(fork, _about((at.front_x, 0.0, at.wheel_m), (0.0, 1.0, 0.0), roll)),
        "rear-wheel": _about((at.rear_x, 0.0, at.wheel_m), (0.0, 1.0, 0.0), roll),
        "crank": crank,
    }
    for side, ahead in (("left", at.crank_m), ("right", -at.crank_m)):
        pedal = (at.feet[0] + ahead, 0.0, at.feet[2])
        # Pedals stay level.
        moves[f"{side}-pedal"] = compose(crank, _about(pedal, (0.0, 1.0, 0.0), -turned))
    return [moves[group] for group in GROUPS]


def _about(point: Vec3, axis: Vec3, angle_rad: float) -> Matrix:
    """The turn about a line."""
    out = np.eye(4)
    out[:3, :3] = matrix_from_quat([round(q, 12) for q in quat_from_axis_angle(axis, angle_rad)])
    out[:3, 3] = np.array(point) - apply(out, np.array([point]))[0]
    return out


def places(cycle: CycleShape) -> dict[str, Vec3]:
    """Where one sits, and where hands and feet are, from the ground between the wheels."""
    at = layout_of(cycle)
    moves = dict(zip(GROUPS, motions(cycle, at), strict=True))
    out: dict[str, Vec3] = {"saddle": at.saddle}
    for side, y in (("left", 1.0), ("right", -1.0)):
        gx, gy, gz = at.grip
        out[f"grip-{side}"] = _at(moves["fork"], (gx, y * gy, gz))
        x, fy, z = at.feet
        if at.crank_m:
            out[f"pedal-{side}"] = _at(moves[f"{side}-pedal"], (x + y * at.crank_m, y * at.pedal_y, z))
        else:
            out[f"pedal-{side}"] = (x, y * fy, z)
    return out


def _at(move: Matrix, point: Vec3) -> Vec3:
    x, y, z = apply(move, np.array([point]))[0].tolist()
    return x, y, z


# --- looks ------------------------------------------------------------------------------------------------


def _look(name: str, cycle: CycleShape) -> Look:
    if name == "paint":
        return Look(material=MaterialSpec(base_color=cycle.paint, roughness=0.4, clear_coat=1.0))
    if name == "second":
        return Look(material=MaterialSpec(base_color=cycle.second, roughness=0.75))
    if name == "headlight" and not cycle.lit:
        return paint((226, 230, 232), 0.12)
    if name == "taillight" and not cycle.lit:
        return paint((120, 10, 12), 0.2)
    return _LOOKS[name]


_LOOKS: dict[str, Look] = {
    "rubber": RUBBER,
    "metal": replace(DARK_STEEL, material=replace(DARK_STEEL.material, roughness=0.45)),
    "chrome": STEEL,
    "trim": paint((30, 30, 32), 0.6),
    "plate": paint((236, 234, 220), 0.5),
    "glass": glass((200, 214, 218)),
    "headlight": glowing((255, 246, 224), 12.0),
    "taillight": glowing((255, 24, 16), 3.0),
}
