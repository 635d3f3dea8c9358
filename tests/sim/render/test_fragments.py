"""Pixels on the edge that two triangles of one surface share are shaded as part of that surface."""

import math

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.device import wp
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    BrownConrady,
    CameraSpec,
    EnvironmentSpec,
    MaterialSpec,
    Pose,
    ProceduralTexture,
    SceneSpec,
    SphereShape,
)
from diorama.sim.transforms import look_at


@pytest.mark.parametrize("distortion", [None, BrownConrady(k1=1e-6)], ids=["pinhole", "lens"])
@pytest.mark.parametrize("length_m", [60.0, 600.0])
def test_a_long_road_has_no_seam_along_its_diagonal(length_m: float, distortion: BrownConrady | None) -> None:
    """Nearby, where checks are many pixels wide, each pixel is within what its eight neighbours are."""
    checks = ProceduralTexture(pattern="checks", color_a=(0.05, 0.05, 0.05), color_b=(0.75, 0.75, 0.75), tile_m=4.0, frequency=4)
    road = BodySpec(
        name="road",
        shape=BoxShape(size_m=(12.0, length_m, 1.0)),
        world_from_body=Pose((0.0, length_m / 2 - 10.0, -0.5)),
        material=MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=1.0, texture=checks),
    )
    pose = Pose.from_matrix(look_at((-1.0, -5.0, 1.5), (0.0, 20.0, 0.9)))
    camera = CameraSpec.from_fov(width=600, height=300, fov_y_rad=math.radians(45), world_from_camera=pose, distortion=distortion)
    with Raster(AssetLibrary()) as raster:
        raster.load(SceneSpec(bodies=(road,), environment=EnvironmentSpec(occlusion_radius_m=0.0)))
        radiance = raster.render(camera, {"radiance"}).radiance
    assert radiance is not None
    near = radiance[190:, :500, 1]
    around = np.stack([near[1 + i : near.shape[0] - 1 + i, 1 + j : near.shape[1] - 1 + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j])
    middle = near[1:-1, 1:-1]
    assert np.all(middle < around.max(axis=0) + 0.05)
    assert np.all(middle > around.min(axis=0) - 0.05)


def test_without_room_for_all_mixed_pixels_nothing_unwritten_is_shaded() -> None:
    """Room is made, and the picture is that of a renderer which had it; memory that holds anything but triangles does no harm."""
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.2))
    camera = CameraSpec.from_fov(width=64, height=48, fov_y_rad=0.6, world_from_camera=Pose.from_matrix(look_at((0, -1, 0), (0, 0, 0))))
    with Raster(AssetLibrary()) as raster:
        raster.load(SceneSpec(bodies=(ball,)))
        usual = raster.render(camera, {"radiance"}).radiance
        raster._mixed_room = 9
        raster._scratch.array("fragment-triangle", wp.int32, camera.width * camera.height + 9).fill_(2**30)
        cramped = raster.render(camera, {"radiance"}).radiance
        assert raster._mixed_room > 9
    assert usual is not None and cramped is not None
    assert np.array_equal(usual, cramped)
