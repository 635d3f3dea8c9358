"""Five scenes that every renderer must see alike: pixel for pixel in shape, and in light where the surfaces are dull.

Only primitives and household assets, each body at a pose written down here: no physics, nothing to download.
"""

import math
from dataclasses import replace

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    MaterialSpec,
    MeshShape,
    Pose,
    Rgb,
    SceneSpec,
    Shape,
    SphereShape,
    SpotLight,
    SunLight,
    Vec3,
)
from diorama.sim.transforms import Quat, look_at, normalize_quat, quat_from_axis_angle

_UPRIGHT: Quat = (1.0, 0.0, 0.0, 0.0)
_LIBRARY = AssetLibrary()
DARK = EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0))


def five_scenes() -> dict[str, SceneSpec]:
    """By name: table, bin, street, large-triangle, wires. Each has one camera, a sun and a spot, and light from around."""
    return {"table": _table(), "bin": _bin(), "street": _street(), "large-triangle": _large_triangle(), "wires": _wires()}


def diffuse(spec: SceneSpec) -> SceneSpec:
    """The scene with nothing that mirrors: each body of one dull colour (`ior` 1 takes the mirror from a dielectric)."""
    dull = [MaterialSpec(base_color=_color(i), roughness=1.0, ior=1.0) for i in range(len(spec.bodies))]
    return replace(spec, bodies=tuple(replace(b, material=m) for b, m in zip(spec.bodies, dull, strict=True)))


def _color(index: int) -> Rgb:
    """Colours that differ, none very dark."""
    return (0.3 + 0.5 * ((index * 7) % 10) / 10, 0.3 + 0.5 * ((index * 3 + 4) % 10) / 10, 0.3 + 0.5 * ((index * 9 + 7) % 10) / 10)


def _camera(eye: Vec3, target: Vec3, fov_y_rad: float, far_m: float = 100.0, size: tuple[int, int] = (320, 240)) -> CameraSpec:
    pose = Pose.from_matrix(look_at(eye, target))
    return CameraSpec.from_fov(width=size[0], height=size[1], fov_y_rad=fov_y_rad, world_from_camera=pose, near_m=0.05, far_m=far_m)


def _body(
    name: str, shape: Shape, position: Vec3, rotation: Quat = _UPRIGHT, color: Rgb | None = None, *, category: str | None = "thing"
) -> BodySpec:
    # An asset keeps its own look; a primitive gets a colour.
    material = None if color is None and isinstance(shape, MeshShape) else MaterialSpec(base_color=color or (0.6, 0.6, 0.6), roughness=0.6)
    return BodySpec(name=name, shape=shape, world_from_body=Pose(position, normalize_quat(rotation)), material=material, category=category)


def _standing(asset: str, x: float, y: float, z: float, turn_rad: float = 0.0) -> BodySpec:
    """A household thing on its feet at height `z`, turned about the vertical."""
    shape = MeshShape(asset=f"household:{asset}")
    low = _LIBRARY.shape_asset(shape).bounds_m[0][2]
    return _body(asset.replace("/", "-"), shape, (x, y, z - low), quat_from_axis_angle((0, 0, 1), turn_rad))


def _lights(target: Vec3) -> tuple[SunLight, SpotLight]:
    x, y, z = target
    return (
        SunLight(direction=(-0.45, 0.3, -1.0), irradiance=(2.5, 2.4, 2.2), angular_diameter_rad=0.03),
        SpotLight(
            position_m=(x + 0.9, y - 0.7, z + 1.4),
            direction=(-0.9, 0.7, -1.4),
            intensity=(4.0, 4.2, 4.5),
            inner_rad=0.3,
            outer_rad=0.5,
            radius_m=0.04,
        ),
    )


def _table() -> SceneSpec:
    """Things on a table top above a floor, as the tabletop scenario stages them."""
    top = 0.72
    things = (
        _standing("mug/3", -0.12, 0.05, top, 0.4),
        _standing("bottle/1", 0.16, 0.12, top, 1.0),
        _standing("bowl/2", 0.10, -0.14, top),
        _standing("apple/5", -0.05, -0.16, top, 0.7),
        _standing("book/4", -0.28, -0.10, top, -0.5),
        _standing("can/6", 0.02, 0.2, top, 2.1),
        _standing("brick/2", -0.3, 0.16, top, 0.2),
        _standing("wrench/1", 0.3, -0.05, top, 1.9),
    )
    slabs = (
        _body("floor", BoxShape(size_m=(10, 10, 0.1)), (0, 0, -0.05), color=(0.45, 0.42, 0.4), category=None),
        _body("table-top", BoxShape(size_m=(1.0, 0.7, 0.03)), (0, 0, top - 0.015), color=(0.5, 0.35, 0.22), category=None),
        _body("leg", BoxShape(size_m=(0.05, 0.05, top - 0.03)), (0.45, -0.3, (top - 0.03) / 2), color=(0.5, 0.35, 0.22), category=None),
    )
    return SceneSpec(bodies=slabs + things, lights=_lights((0, 0, top)), cameras=(_camera((0.5, -0.75, 1.25), (0.0, 0.0, top), 0.65),))


def _bin() -> SceneSpec:
    """A bin of five slabs, and things that lie across each other in it."""
    wide, deep, high, wall = 0.44, 0.34, 0.16, 0.008
    grey = (0.25, 0.3, 0.36)
    sides = (
        _body("bottom", BoxShape(size_m=(wide, deep, wall)), (0, 0, wall / 2), color=grey, category=None),
        _body("left", BoxShape(size_m=(wall, deep, high)), (-wide / 2, 0, high / 2), color=grey, category=None),
        _body("right", BoxShape(size_m=(wall, deep, high)), (wide / 2, 0, high / 2), color=grey, category=None),
        _body("front", BoxShape(size_m=(wide, wall, high)), (0, -deep / 2, high / 2), color=grey, category=None),
        _body("back", BoxShape(size_m=(wide, wall, high)), (0, deep / 2, high / 2), color=grey, category=None),
        _body("ground", BoxShape(size_m=(4, 4, 0.02)), (0, 0, -0.0101), color=(0.5, 0.48, 0.45), category=None),
    )
    kinds = ("banana/2", "cup/4", "hammer/1", "citrus/3", "marker/2", "milk-carton/5", "spoon/6", "die/3", "screwdriver/4", "puzzle-cube/2")
    things = []
    for i, kind in enumerate(kinds):
        angle = 2.4 * i
        place = (0.13 * math.cos(angle) * (i % 4 + 1) / 4, 0.09 * math.sin(angle) * (i % 3 + 1) / 3, 0.045 + 0.012 * i)
        tilt = quat_from_axis_angle((math.sin(3.0 * i), math.cos(5.0 * i), 0.6), 0.5 + 0.7 * i)
        things.append(_body(kind.replace("/", "-"), MeshShape(asset=f"household:{kind}"), place, tilt))
    return SceneSpec(bodies=sides + tuple(things), lights=_lights((0, 0, 0.1)), cameras=(_camera((0.05, -0.35, 0.75), (0.0, 0.0, 0.06), 0.6),))


def _street() -> SceneSpec:
    """A hundred metres of road with houses, poles and cars, seen from a driver's eyes."""
    bodies = [_body("ground", BoxShape(size_m=(240, 60, 1)), (80, 0, -0.5), color=(0.3, 0.3, 0.3), category=None)]
    for i in range(8):
        x, side, high = 12.0 + 12.0 * i, 1 if i % 2 else -1, 5.0 + (i * 5) % 7
        bodies.append(_body(f"house-{i}", BoxShape(size_m=(10, 8, high)), (x, side * 11.5, high / 2), color=_color(i), category="house"))
        bodies.append(_body(f"pole-{i}", CylinderShape(radius_m=0.08, height_m=5, segments=16), (x - 4, -side * 5.5, 2.5), category="pole"))
        bodies.append(_body(f"lamp-{i}", SphereShape(radius_m=0.25, segments=24), (x - 4, -side * 5.5, 5.2), category="lamp"))
    for i, (x, y, turn) in enumerate([(9.0, -1.8, 0.0), (17.0, 2.1, 3.1), (31.0, -1.7, 0.05), (52.0, 1.9, 3.2), (88.0, -1.9, 0.0)]):
        yaw = quat_from_axis_angle((0, 0, 1), turn)
        bodies.append(_body(f"car-{i}", BoxShape(size_m=(4.2, 1.8, 0.8)), (x, y, 0.7), yaw, _color(i + 3), category="car"))
        bodies.append(_body(f"cabin-{i}", BoxShape(size_m=(2.2, 1.6, 0.6)), (x, y, 1.4), yaw, _color(i + 4), category="car"))
    return SceneSpec(bodies=tuple(bodies), lights=_lights((10.0, 0.0, 2.0)), cameras=(_camera((0.0, 0.3, 1.7), (40.0, 0.0, 1.5), 0.9, far_m=400.0),))


def _large_triangle() -> SceneSpec:
    """A kilometre of ground made of two triangles, which pass under and behind the camera, with small things on it."""
    tilt = quat_from_axis_angle((0.3, 1.0, 0.1), 0.02)
    bodies = (
        _body("plane", BoxShape(size_m=(1000, 1000, 2)), (0, 0, -1), tilt, color=(0.5, 0.5, 0.45), category="ground"),
        _body("near-box", BoxShape(size_m=(0.5, 0.5, 0.8)), (3.0, 0.4, 0.3), color=(0.7, 0.3, 0.2)),
        _body("ball", SphereShape(radius_m=0.5, segments=48), (4.5, -1.0, 0.35), color=(0.2, 0.4, 0.7)),
        _body("far-box", BoxShape(size_m=(4, 6, 9)), (60.0, 9.0, 2.0), color=(0.3, 0.6, 0.3)),
    )
    return SceneSpec(bodies=bodies, lights=_lights((3.0, 0.0, 0.5)), cameras=(_camera((0.0, 0.0, 1.5), (10.0, 0.0, 0.8), 0.8, far_m=2000.0),))


def _wires() -> SceneSpec:
    """Rods from five pixels down to less than one across, crossing before a wall."""
    bodies = [_body("wall", BoxShape(size_m=(3, 0.02, 3)), (0, 1.2, 0), color=(0.7, 0.7, 0.68), category=None)]
    for i in range(10):
        radius = 0.0045 * 0.76**i
        turn = quat_from_axis_angle((0, 1, 0), 0.15 + 0.62 * i)
        shape = CylinderShape(radius_m=radius, height_m=1.6, segments=12)
        bodies.append(_body(f"wire-{i}", shape, (0.11 * (i - 4.5), 0.05 * (i % 3), 0.02 * i), turn, _color(i), category="wire"))
    spec = SceneSpec(bodies=tuple(bodies), cameras=(_camera((0.1, -1.3, 0.15), (0.0, 0.3, 0.0), 0.5),))
    return replace(spec, lights=_lights((0.0, 0.0, 0.0)))
