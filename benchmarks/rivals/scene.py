"""The scene that renderers are compared on: random shapes of PyBullet's data, settled on a table on a large floor."""

import colorsys
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rivals.stage import Stage

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.drop import Drop
from diorama.scenes.tabletop import Tabletop
from diorama.sim.assets import pybullet_data
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import to_json
from diorama.sim.errors import RejectedScene
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, CameraSpec, EnvironmentSpec, MaterialSpec, MeshShape, Pose, SceneSpec, SensorSpec, SpotLight, SunLight
from diorama.sim.transforms import look_at

#: A table that this many objects fill well; more objects get a larger one, and the camera stands back as far as it grows.
_OBJECTS = 15
_WIDTH_M, _DEPTH_M, _HEIGHT_M = 0.9, 0.65, 0.7
_EYE_M, _TARGET_M = (0.3, -0.75, 0.6), (0.0, -0.03, 0.0)
_FOV_Y_RAD = math.radians(45)
_MASS_KG = 0.2
#: Hues this far apart stay apart, however many there are.
_GOLDEN = (math.sqrt(5) - 1) / 2


def settled(library: AssetLibrary, *, objects: int = _OBJECTS, arrangements: int = 4, width: int = 640) -> list[SceneSpec]:
    """The same objects dropped `arrangements` times; each scene has two shadowed lights, an environment and one 4:3 camera."""
    scale = math.sqrt(objects / _OBJECTS)
    table = Tabletop(
        width_m=Constant(_WIDTH_M * scale),
        depth_m=Constant(_DEPTH_M * scale),
        height_m=Constant(_HEIGHT_M),
        thickness_m=Constant(0.03),
        leg_m=Constant(0.05),
        walls=Constant(0),
    )
    context = Context(library=library)
    base = table.build(Seed(0), context)
    base = replace(
        base,
        bodies=(*base.bodies, *(_object(i) for i in range(objects))),
        lights=_lights(scale),
        environment=EnvironmentSpec(sky=(0.5, 0.55, 0.6), ground=(0.25, 0.23, 0.2)),
        cameras=(_camera(width, scale),),
    )
    with Bullet(library) as physics:
        return [_dropped(base, Seed(0).child("arrangement", i), context, physics) for i in range(arrangements)]


def write(scenes: Sequence[SceneSpec], path: Path) -> None:
    """The scenes as a JSON list, for our own renderers in other processes."""
    path.write_text(json.dumps([to_json(scene) for scene in scenes]), "utf-8")


def staged(scenes: Sequence[SceneSpec], library: AssetLibrary) -> Stage:
    """The scenes as arrays, for renderers that know nothing of ours."""
    first = scenes[0]
    parts = [library.shape_asset(body.shape).parts for body in first.bodies]
    positions, normals, faces, colors = [], [], [], []
    for body, own in zip(first.bodies, parts, strict=True):
        starts = np.cumsum([0, *(len(p.positions) for p in own)])
        positions.append(np.concatenate([p.positions for p in own]))
        normals.append(np.concatenate([p.normals for p in own]))
        faces.append(np.concatenate([p.faces + np.int32(start) for p, start in zip(own, starts, strict=False)]))
        assert body.material is not None
        colors.append(body.material.base_color)
    sun, spot = first.lights
    assert isinstance(sun, SunLight) and isinstance(spot, SpotLight)
    camera = first.cameras[0]
    sky, ground = np.array(first.environment.sky), np.array(first.environment.ground)
    return Stage(
        positions=np.concatenate(positions),
        normals=np.concatenate(normals),
        faces=np.concatenate(faces).astype(np.int32),
        vertex_start=np.cumsum([0, *map(len, positions)]),
        face_start=np.cumsum([0, *map(len, faces)]),
        colors=np.array(colors),
        world_from_body=np.array([[body.world_from_body.matrix for body in scene.bodies] for scene in scenes]),
        world_from_camera=camera.world_from_camera.matrix,
        size_px=np.array([camera.width, camera.height]),
        focal_px=np.array(camera.fx),
        near_m=np.array(camera.near_m),
        far_m=np.array(camera.far_m),
        sun_direction=_unit(sun.direction),
        sun_irradiance=np.array(sun.irradiance[0]),
        spot_position_m=np.array(spot.position_m),
        spot_direction=_unit(spot.direction),
        spot_intensity=np.array(spot.intensity[0]),
        spot_angles_rad=np.array([spot.inner_rad, spot.outer_rad]),
        ambient=(sky + ground) / 2,
    )


def _object(number: int) -> BodySpec:
    shape = pybullet_data.RANDOM_SHAPES[number]
    color = colorsys.hsv_to_rgb(number * _GOLDEN % 1, 0.6, 0.7)
    return BodySpec(
        name=f"object-{number:03d}",
        shape=MeshShape(asset=f"pybullet:random_urdfs/{shape:03d}"),
        mass_kg=_MASS_KG,
        friction=0.7,
        material=MaterialSpec(base_color=color, roughness=0.6),
        category="random-shape",
        tags=("object",),
    )


def _lights(scale: float) -> tuple[SunLight, SpotLight]:
    x, y, height = -0.6 * scale, -0.5 * scale, 1.3 * scale
    power = 2.5 * scale * scale
    sun = SunLight(direction=(-0.5, 0.4, -1.0), irradiance=(1.5, 1.5, 1.4))
    spot = SpotLight(
        position_m=(x, y, _HEIGHT_M + height), direction=(-x, -y, -height), intensity=(power, power, power), inner_rad=0.35, outer_rad=0.55
    )
    return sun, spot


def _camera(width: int, scale: float) -> CameraSpec:
    eye, target = ((x * scale, y * scale, _HEIGHT_M + z * scale) for x, y, z in (_EYE_M, _TARGET_M))
    return CameraSpec.from_fov(
        width=width,
        height=width * 3 // 4,
        fov_y_rad=_FOV_Y_RAD,
        world_from_camera=Pose.from_matrix(look_at(eye, target)),
        near_m=0.05,
        far_m=100.0,
        sensor=SensorSpec(exposure_ev=-0.7),
    )


def _dropped(spec: SceneSpec, seed: Seed, context: Context, physics: Bullet) -> SceneSpec:
    drop = Drop(spread=Constant(1.0))
    for attempt in range(100):
        try:
            return physics.settle(drop.apply(spec, drop.sample(seed.child("attempt", attempt), spec, context)))
        except RejectedScene:
            continue
    raise RejectedScene("never-settled", f"{len(spec.bodies)} bodies did not come to rest on the table in 100 attempts")


def _unit(direction: Sequence[float]) -> np.ndarray:
    vector = np.array(direction)
    return vector / math.sqrt((vector * vector).sum())
