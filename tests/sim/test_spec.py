"""A spec that exists makes sense: what does not is refused at construction, with a sentence."""

import contextlib
import dataclasses
import math
import re

import numpy as np
import pytest

from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    MaterialSpec,
    MeshShape,
    PhysicsSpec,
    PointLight,
    Pose,
    PrismShape,
    ProceduralTexture,
    SceneSpec,
    SensorSpec,
    SphereShape,
    SpotLight,
    SunLight,
)
from diorama.sim.spec.pose import pose_matrices
from diorama.sim.transforms import normalize_quat

BALL = SphereShape(radius_m=0.1)
MUG = BodySpec(name="mug", shape=BALL, inertia_kg_m2=(0.1, 0.1, 0.1))
SPOT = SpotLight(position_m=(0, 0, 1), direction=(0, 0, -1))
CHECKS = ProceduralTexture(pattern="checks", color_a=(0.1, 0.2, 0.3), color_b=(0.4, 0.5, 0.6))

TRIANGLE = PrismShape(outline_m=((-1, -1), (2, -1), (-1, 2)), height_m=0.1)

ONE_OF_EACH = [
    Pose(),
    MeshShape(asset="household:mug/3"),
    BoxShape(size_m=(1, 1, 1)),
    BALL,
    CylinderShape(radius_m=0.1, height_m=0.2),
    TRIANGLE,
    CHECKS,
    MaterialSpec(),
    MUG,
    SunLight(direction=(0, 0, -1)),
    SPOT,
    PointLight(position_m=(0, 0, 1)),
    EnvironmentSpec(background_top=(1, 1, 1), background_bottom=(1, 1, 1)),
    SensorSpec(),
    CameraSpec(),
    PhysicsSpec(),
]


def numbers(value):
    """(field, a copy of its value with one number replaced, for each number) of a spec."""
    for f in dataclasses.fields(value):
        was = getattr(value, f.name)
        if isinstance(was, float):
            yield f.name, lambda bad: bad
        elif isinstance(was, tuple) and was and all(isinstance(v, (int, float)) for v in was):
            for i in range(len(was)):
                yield f.name, lambda bad, was=was, i=i: (*was[:i], bad, *was[i + 1 :])


@pytest.mark.parametrize("spec", ONE_OF_EACH, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_every_number_is_finite(spec, bad):
    took = []
    for field, spoiled in numbers(spec):
        with contextlib.suppress(InvalidValue):
            dataclasses.replace(spec, **{field: spoiled(bad)})
            took.append(field)
    assert took == []


REFUSED = [
    (Pose(), {"rotation_wxyz": (1.0, 1.0, 0.0, 0.0)}, "Pose: rotation_wxyz must have length 1, got 1.41"),
    (Pose(), {"rotation_wxyz": (0.0, 0.0, 0.0, 0.0)}, "Pose: rotation_wxyz must have length 1, got 0.0"),
    (MeshShape(asset="a"), {"scale": 0.0}, "MeshShape: scale must be positive, got 0.0"),
    (BoxShape(size_m=(1, 1, 1)), {"size_m": (1, 0, 1)}, "BoxShape: size_m must be positive, got (1, 0, 1)"),
    (BALL, {"radius_m": -1}, "SphereShape: radius_m must be positive, got -1"),
    (BALL, {"segments": 7}, "SphereShape: segments must be at least 8, got 7"),
    (CylinderShape(radius_m=1, height_m=1), {"height_m": 0}, "CylinderShape: radius_m and height_m must be positive, got 1, 0"),
    (CylinderShape(radius_m=1, height_m=1), {"segments": 0}, "CylinderShape: segments must be at least 8, got 0"),
    (TRIANGLE, {"height_m": 0.0}, "PrismShape: height_m must be positive, got 0.0"),
    (TRIANGLE, {"outline_m": ((-1, 0), (1, 0))}, "PrismShape: outline_m must have three corners or more, got ((-1, 0), (1, 0))"),
    (TRIANGLE, {"outline_m": ((-1, -1), (-1, 2), (2, -1))}, "PrismShape: outline_m must be convex, its corners counter-clockwise"),
    (TRIANGLE, {"outline_m": ((-1, -1), (0, 0), (2, -1), (-1, 2))}, "PrismShape: outline_m must be convex, its corners counter-clockwise"),
    (TRIANGLE, {"outline_m": ((0, 0), (3, 0), (0, 3))}, "PrismShape: outline_m must be about its centre of mass, which is at (1.0, 1.0)"),
    (CHECKS, {"color_b": (0, 0, 1.1)}, "ProceduralTexture: color_b must be in [0, 1], got (0, 0, 1.1)"),
    (CHECKS, {"tile_m": 0.0}, "ProceduralTexture: tile_m must be positive, got 0.0"),
    (CHECKS, {"frequency": 0}, "ProceduralTexture: frequency must be in 1..64, got 0"),
    (CHECKS, {"frequency": 65}, "ProceduralTexture: frequency must be in 1..64, got 65"),
    (MaterialSpec(), {"base_color": (-0.1, 0, 0)}, "MaterialSpec: base_color must be in [0, 1], got (-0.1, 0, 0)"),
    (MaterialSpec(), {"metallic": 2}, "MaterialSpec: metallic must be in [0, 1], got 2"),
    (MaterialSpec(), {"roughness": -1}, "MaterialSpec: roughness must be in [0, 1], got -1"),
    (MUG, {"name": ""}, "BodySpec: name must not be empty"),
    (MUG, {"mass_kg": -0.1}, "BodySpec: mug: mass_kg must be 0 or more, got -0.1"),
    (MUG, {"inertia_kg_m2": (1, 0, 1)}, "BodySpec: mug: inertia_kg_m2 must be positive, got (1, 0, 1)"),
    (MUG, {"friction": -0.1}, "BodySpec: mug: friction must be 0 or more, got -0.1"),
    (MUG, {"restitution": 1.1}, "BodySpec: mug: restitution must be in [0, 1], got 1.1"),
    (SunLight(direction=(0, 0, -1)), {"direction": (0, 0, 0)}, "SunLight: direction must not be zero, got (0, 0, 0)"),
    (SunLight(direction=(0, 0, -1)), {"irradiance": (1, 1, -1)}, "SunLight: irradiance must be 0 or more, got (1, 1, -1)"),
    (SunLight(direction=(0, 0, -1)), {"angular_diameter_rad": 1}, "SunLight: angular_diameter_rad must be in [0, 1), got 1"),
    (SPOT, {"direction": (0.0, 0.0, 0.0)}, "SpotLight: direction must not be zero, got (0.0, 0.0, 0.0)"),
    (SPOT, {"intensity": (-1, 1, 1)}, "SpotLight: intensity must be 0 or more, got (-1, 1, 1)"),
    (SPOT, {"inner_rad": 0.6}, "SpotLight: must have 0 <= inner_rad < outer_rad < pi/2, got 0.6, 0.6"),
    (SPOT, {"outer_rad": 1.6}, "SpotLight: must have 0 <= inner_rad < outer_rad < pi/2, got 0.4, 1.6"),
    (SPOT, {"radius_m": -0.1}, "SpotLight: radius_m must be 0 or more, got -0.1"),
    (PointLight(position_m=(0, 0, 1)), {"intensity": (1, -1, 1)}, "PointLight: intensity must be 0 or more, got (1, -1, 1)"),
    (EnvironmentSpec(), {"sky": (1, 1, -1)}, "EnvironmentSpec: sky must be 0 or more, got (1, 1, -1)"),
    (EnvironmentSpec(), {"background_top": (1, 1, -1)}, "EnvironmentSpec: background_top must be 0 or more, got (1, 1, -1)"),
    (SensorSpec(), {"read_noise": 1}, "SensorSpec: noises must be in [0, 1), got 1, 0.0"),
    (SensorSpec(), {"shot_noise": -0.1}, "SensorSpec: noises must be in [0, 1), got 0.0, -0.1"),
    (SensorSpec(), {"noise_seed": 2**32}, "SensorSpec: noise_seed must be in [0, 2**32), got 4294967296"),
    (CameraSpec(), {"width": 0}, "CameraSpec: resolution must be positive, got 0x480"),
    (CameraSpec(), {"height": -1}, "CameraSpec: resolution must be positive, got 640x-1"),
    (CameraSpec(), {"fx": 0}, "CameraSpec: fx and fy must be positive, got 0, 600.0"),
    (CameraSpec(), {"near_m": 0}, "CameraSpec: must have 0 < near_m < far_m < infinity, got 0, 1000.0"),
    (CameraSpec(), {"far_m": 0.01}, "CameraSpec: must have 0 < near_m < far_m < infinity, got 0.01, 0.01"),
    (PhysicsSpec(), {"time_step_s": 0}, "PhysicsSpec: time_step_s must be in (0, 0.05], got 0"),
    (PhysicsSpec(), {"rest_time_s": 7}, "PhysicsSpec: must have 0 < rest_time_s <= max_time_s < infinity"),
    (PhysicsSpec(), {"rest_speed_m_s": 0}, "PhysicsSpec: rest speeds must be positive"),
    (PhysicsSpec(), {"bounds_min_m": (0, 1, 0)}, "PhysicsSpec: bounds_min_m must be below bounds_max_m"),
    (SceneSpec(), {"bodies": (MUG, MUG)}, "SceneSpec: body names must be unique, ['mug'] appear more than once"),
    (SceneSpec(), {"cameras": (CameraSpec(), CameraSpec())}, "SceneSpec: camera names must be unique, ['camera'] appear more than once"),
]


@pytest.mark.parametrize(
    ("spec", "change", "message"), REFUSED, ids=[f"{type(s).__name__}-{next(iter(c))}-{i}" for i, (s, c, _) in enumerate(REFUSED)]
)
def test_nonsense_is_refused_with_a_sentence(spec, change, message):
    with pytest.raises(InvalidValue, match="^" + re.escape(message)):
        dataclasses.replace(spec, **change)


@pytest.mark.parametrize("fov", [0, math.pi, -1, math.nan])
def test_a_field_of_view_is_less_than_half_a_turn(fov):
    with pytest.raises(InvalidValue, match="fov_y_rad must be between 0 and pi"):
        CameraSpec.from_fov(width=640, height=480, fov_y_rad=fov)


@pytest.mark.parametrize("spec", ONE_OF_EACH, ids=lambda s: type(s).__name__)
def test_specs_are_values(spec):
    same = dataclasses.replace(spec)
    assert same == spec
    assert hash(same) == hash(spec)
    assert not hasattr(spec, "__dict__"), "slots: a misspelt attribute is an error"
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(spec, dataclasses.fields(spec)[0].name, None)


def test_a_scene_finds_and_changes_its_bodies():
    scene = SceneSpec(bodies=(MUG, dataclasses.replace(MUG, name="bowl")))
    heavier = scene.map_bodies({"mug": {"mass_kg": 2.0, "friction": 0.9}})
    assert scene.body("mug") is MUG
    assert heavier.body("mug") == dataclasses.replace(MUG, mass_kg=2.0, friction=0.9)
    assert heavier.body("bowl") is scene.body("bowl")
    assert scene.body("mug").mass_kg == 0.0, "the scene itself stays as it was"
    with pytest.raises(KeyError):
        scene.body("plate")


def test_a_body_without_mass_is_fixed():
    assert MUG.is_static
    assert not dataclasses.replace(MUG, mass_kg=0.1).is_static


def test_matrices_of_many_poses_are_those_of_each():
    rng = Seed(5).rng()
    quats = [normalize_quat(rng.normal(size=4).tolist()) for _ in range(50)]
    poses = [Pose(tuple(rng.normal(size=3).tolist()), quat) for quat in quats]
    assert pose_matrices(poses).tobytes() == np.array([pose.matrix for pose in poses]).tobytes()
    assert pose_matrices([]).shape == (0, 4, 4)
