"""What is kept from scene to scene changes no picture."""

from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.render.raster import Raster, scene
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    MaterialSpec,
    PhysicalSky,
    Pose,
    ProceduralTexture,
    SceneSpec,
    SphereShape,
    SunLight,
)
from diorama.sim.transforms import look_at

CAMERA = CameraSpec.from_fov(width=48, height=32, fov_y_rad=0.8, world_from_camera=Pose.from_matrix(look_at((0.0, -1.0, 0.7), (0.0, 0.0, 0.0))))
FLOOR = BodySpec(name="floor", shape=BoxShape(size_m=(3.0, 3.0, 0.1)), world_from_body=Pose((0.0, 0.0, -0.05)))
BALL = BodySpec(name="ball", shape=SphereShape(radius_m=0.1), world_from_body=Pose((0.0, 0.0, 0.1)), category="ball")
SCENE = SceneSpec(bodies=(FLOOR, BALL), lights=(SunLight(direction=(0.3, 0.2, -1.0)),))
CHANGES = {
    "pose": replace(SCENE, bodies=(FLOOR, replace(BALL, world_from_body=Pose((0.2, 0.1, 0.3))))),
    "material": replace(SCENE, bodies=(FLOOR, replace(BALL, material=MaterialSpec(base_color=(0.8, 0.1, 0.1))))),
    "shape": replace(SCENE, bodies=(FLOOR, replace(BALL, shape=SphereShape(radius_m=0.15)))),
    "emission": replace(SCENE, bodies=(FLOOR, replace(BALL, material=MaterialSpec(emissive=(0.2, 0.1, 0.1))))),
    "order": replace(SCENE, bodies=(BALL, FLOOR)),
    "fewer": replace(SCENE, bodies=(FLOOR,)),
    "nothing": replace(SCENE, bodies=()),
    "light": replace(SCENE, lights=(SunLight(direction=(-0.3, 0.2, -1.0)),)),
    "environment": replace(SCENE, environment=EnvironmentSpec(surroundings=PhysicalSky())),
    "occlusion": replace(SCENE, environment=EnvironmentSpec(occlusion_radius_m=0.0)),
}


def picture(raster: Raster, spec: SceneSpec) -> bytes:
    raster.load(spec)
    frame = raster.render(CAMERA, ("radiance", "depth", "instance", "normal"))
    arrays = (frame.radiance, frame.depth_m, frame.instance, frame.normal)
    return b"".join(array.tobytes() for array in arrays if array is not None)


@pytest.mark.parametrize("change", CHANGES)
def test_a_scene_after_another_is_a_scene_by_itself(raster: Raster, library, change: str) -> None:
    with Raster(library, raster.device) as fresh:
        expected = picture(fresh, CHANGES[change])
    before = picture(raster, SCENE)
    assert picture(raster, CHANGES[change]) == expected != before
    assert picture(raster, SCENE) == before


def test_pictures_stay_as_they_are(raster: Raster) -> None:
    """Room is kept from picture to picture, but not what was given away."""
    raster.load(SCENE)
    channels = ("rgb", "radiance", "depth", "instance", "normal", "category", "albedo", "object_coordinates", "flow_forward", "shadow")
    first = raster.render(CAMERA, channels)
    arrays = [getattr(first, "depth_m" if channel == "depth" else channel) for channel in channels]
    before = [array.tobytes() for array in arrays]
    raster.load(CHANGES["pose"])
    raster.render(CAMERA, channels)
    assert [array.tobytes() for array in arrays] == before


def test_bodies_that_moved_are_not_built_anew(raster: Raster, monkeypatch: pytest.MonkeyPatch) -> None:
    raster.load(SCENE)
    monkeypatch.setattr("diorama.sim.render.raster.scene.scene_arrays", None)
    raster.load(CHANGES["pose"])
    seen = raster.render(CAMERA, ("depth",)).depth_m
    assert seen is not None and np.isfinite(seen).any()


def test_any_scene_after_any_other(raster: Raster, library) -> None:
    """Bodies that take turns in moving, growing, having other triangles, colours, patterns and holes: always what a fresh renderer shows."""
    rng = np.random.default_rng(0)
    shapes = (SphereShape(radius_m=0.1), SphereShape(radius_m=0.13), BoxShape(size_m=(0.1, 0.2, 0.1)), BoxShape(size_m=(0.2, 0.1, 0.1)))
    pattern = ProceduralTexture(pattern="checks", color_a=(0.9, 0.1, 0.1), color_b=(0.1, 0.1, 0.9), tile_m=0.1)
    looks = (None, MaterialSpec(base_color=(0.1, 0.8, 0.1)), MaterialSpec(texture=pattern), MaterialSpec(alpha="blend", opacity=0.5))
    kinds = [
        (shape, look) for shape in shapes for look in (*looks, replace(looks[1], emissive=(1.0, 1.0, 1.0)), MaterialSpec(alpha="mask", opacity=0.1))
    ]
    places = [Pose((x, y, 0.15)) for x in (-0.2, 0.0, 0.2) for y in (-0.1, 0.1)]
    bodies = [replace(BALL, name=f"thing-{i}", world_from_body=places[i]) for i in range(4)]
    with Raster(library, raster.device) as kept:
        for _ in range(40):
            for i in rng.choice(4, size=rng.integers(1, 3), replace=False):
                shape, look = kinds[rng.integers(len(kinds))] if rng.random() < 0.6 else (bodies[i].shape, bodies[i].material)
                bodies[i] = replace(bodies[i], shape=shape, material=look, world_from_body=places[rng.integers(len(places))])
            spec = replace(SCENE, bodies=(FLOOR, *bodies[: rng.integers(3, 5)]))
            seen = picture(kept, spec)
            raster.load(replace(SCENE, bodies=()))  # nothing is left of the scene before
            raster._scenes.clear()
            assert picture(raster, spec) == seen


def test_bodies_that_did_not_change_are_not_looked_into(raster: Raster, monkeypatch: pytest.MonkeyPatch) -> None:
    raster.load(SCENE)
    looked = []
    dressed = scene.dressed
    monkeypatch.setattr(scene, "dressed", lambda body, library: looked.append(body.name) or dressed(body, library))
    monkeypatch.setattr(scene, "scene_arrays", None)
    raster.load(CHANGES["shape"])
    raster.load(CHANGES["emission"])
    assert looked == ["ball", "ball"]


def test_what_was_kept_is_given_back(library) -> None:
    with Raster(library) as raster:
        raster.load(SCENE)
    assert raster._scenes._scene is None
