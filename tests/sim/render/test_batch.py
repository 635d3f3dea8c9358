"""Batches of pictures are those of single renders, to the bit, and stay where they were made."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.render.raster import Batch, Raster
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    BrownConrady,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    MaterialSpec,
    Motion,
    PhysicalSky,
    PointLight,
    Pose,
    ProceduralTexture,
    RectLight,
    SceneSpec,
    SensorSpec,
    SphereShape,
    SpotLight,
    SunLight,
)
from diorama.sim.transforms import look_at, normalize_quat

TOGETHER = ("rgb", "radiance", "depth", "instance", "normal", "category")
FIELDS = {"depth": "depth_m"}
OPEN = EnvironmentSpec(occlusion_radius_m=0.0)
LAMPS = (
    SunLight(direction=(-0.3, 0.5, -1.0), irradiance=(2.0, 2.0, 1.8), shadows=False),
    SpotLight(position_m=(0.4, -0.4, 1.0), direction=(-0.4, 0.4, -1.0), intensity=(1.0, 0.9, 0.8), inner_rad=0.4, outer_rad=0.6, shadows=False),
)


def camera(width: int = 40, height: int = 32, *, turn: float = 0.0, **fields: object) -> CameraSpec:
    eye = (1.1 * math.sin(turn), -1.1 * math.cos(turn), 0.6)
    given: dict[str, Any] = {"world_from_camera": Pose.from_matrix(look_at(eye, (0.0, 0.0, 0.05))), "fov_y_rad": 0.8, **fields}
    return CameraSpec.from_fov(width=width, height=height, **given)


def world(number: int, *cameras: CameraSpec, material: MaterialSpec | None = None, **fields: object) -> SceneSpec:
    """A floor and three things, which lie differently in each world."""
    wood = MaterialSpec(base_color=(0.5, 0.4, 0.3), texture=ProceduralTexture(pattern="checks", color_a=(0.9, 0.8, 0.7), color_b=(0.3, 0.2, 0.1)))
    things = [
        BodySpec(name="floor", shape=BoxShape(size_m=(2.0, 2.0, 0.1)), world_from_body=Pose((0.0, 0.0, -0.05)), material=wood),
        BodySpec(name="box", shape=BoxShape(size_m=(0.3, 0.2, 0.2)), material=material or MaterialSpec(roughness=0.3), category="box"),
        BodySpec(name="ball", shape=SphereShape(radius_m=0.12, segments=24), material=MaterialSpec(metallic=1.0, roughness=0.4), category="ball"),
        BodySpec(name="can", shape=CylinderShape(radius_m=0.08, height_m=0.3, segments=24), material=MaterialSpec(two_sided=False), category="can"),
    ]
    for i, thing in enumerate(things[1:], start=1):
        angle = 2.1 * i + 0.7 * number
        pose = Pose((0.35 * math.cos(angle), 0.35 * math.sin(angle), 0.15), normalize_quat((1.0, 0.1 * number, 0.2 * i, 0.3)))
        things[i] = replace(thing, world_from_body=pose)
    return SceneSpec(bodies=tuple(things), cameras=cameras or (camera(),), **{"lights": LAMPS, "environment": OPEN, **fields})


def renamed(*cameras: CameraSpec) -> tuple[CameraSpec, ...]:
    return tuple(replace(one, name=f"camera-{i}") for i, one in enumerate(cameras))


def one_by_one(raster: Raster, worlds: list[SceneSpec], channel: str) -> NDArray[np.generic]:
    pictures = []
    for spec in worlds:
        raster.load(spec)
        pictures.append([getattr(raster.render(one, (channel,)), FIELDS.get(channel, channel)) for one in spec.cameras])
    return np.array(pictures)


def assert_same(raster: Raster, worlds: list[SceneSpec], channels: tuple[str, ...] = TOGETHER) -> Batch:
    """All channels in a batch are those of single renders, bit for bit."""
    batch = raster.render_batch(worlds, channels)
    assert set(batch) == set(channels) and len(batch) == len(channels)
    for channel in channels:
        found, expected = batch[channel].numpy(), one_by_one(raster, worlds, channel)
        assert found.dtype == expected.dtype and found.shape == expected.shape
        assert found.tobytes() == expected.tobytes(), channel
    return batch


def test_same_bodies_elsewhere(raster: Raster) -> None:
    batch = assert_same(raster, [world(i) for i in range(5)])
    instance = batch["instance"].numpy()
    assert set(np.unique(instance)) >= {1, 2, 3, 4}
    assert len({picture.tobytes() for picture in instance}) == 5, "bodies lie differently in each"


def test_many_cameras(raster: Raster) -> None:
    """Two of each world, of other focal lengths and places, one of them within a closed body."""
    worlds = [world(i, *renamed(camera(turn=i), camera(fov_y_rad=0.5, turn=-i, near_m=0.05))) for i in range(3)]
    inside = replace(camera(name="inside"), world_from_camera=worlds[1].bodies[2].world_from_body)
    worlds[1] = replace(worlds[1], cameras=(worlds[1].cameras[0], inside))
    batch = assert_same(raster, worlds)
    assert batch["depth"].shape[:2] == (3, 2)
    assert (batch["instance"].numpy()[1, 1] == 3).all(), "from inside, backs of closed bodies are seen"


def test_other_bodies_materials_and_surroundings(raster: Raster) -> None:
    worlds = [
        world(0),
        world(1, material=MaterialSpec(base_color=(0.9, 0.1, 0.1))),
        world(2, environment=replace(OPEN, surroundings=PhysicalSky())),
        world(3, lights=()),
        replace(world(4), bodies=world(4).bodies[:2]),
        SceneSpec(cameras=(camera(),)),
        world(5, lights=LAMPS[:1], material=MaterialSpec(base_color=(0.9, 0.1, 0.1))),
        world(6, environment=replace(OPEN, background_top=(0.0, 0.0, 1.0))),
    ]
    assert_same(raster, worlds)


def test_shadows_and_occlusion(raster: Raster) -> None:
    lamps = (
        *(replace(lamp, shadows=True) for lamp in LAMPS),
        PointLight(position_m=(-0.5, 0.3, 0.8), intensity=(0.3, 0.3, 0.5)),
        RectLight(position_m=(0.0, 0.6, 0.9), direction=(0.0, -0.5, -1.0), size_m=(0.4, 0.3), radiance=(4.0, 4.0, 4.0)),
    )
    cameras = renamed(camera(), camera(turn=2.0, fov_y_rad=0.3))
    worlds = [
        world(0, *cameras, lights=lamps, environment=EnvironmentSpec()),
        world(1, *cameras, lights=lamps),
        world(2, *cameras, environment=EnvironmentSpec(occlusion_radius_m=0.3)),
        world(3, *cameras),
    ]
    assert_same(raster, worlds, ("rgb", "radiance"))
    assert_same(raster, worlds[1:2], ("rgb",))


def test_what_is_done_picture_by_picture(raster: Raster) -> None:
    """Lenses, open apertures, exposures in time, sensors' faults, glass and films; and channels that are not made together."""
    moving = replace(world(1).bodies[1], motion=Motion(linear_m_s=(1.0, 0.0, 0.0)))
    worlds = [
        world(0, camera(distortion=BrownConrady(k1=-0.2))),
        world(1, camera(aperture_m=0.02, blur_samples=4)),
        replace(world(2, camera(exposure_s=0.05, rolling_shutter_s=0.05, blur_samples=4)), bodies=(world(1).bodies[0], moving)),
        world(3, camera(sensor=SensorSpec(read_noise=0.02, shot_noise=0.01, noise_seed=7))),
        world(4, camera(sensor=SensorSpec(bloom=0.2, vignetting=0.5, chromatic_aberration_px=1.0))),
        world(5, camera(sensor=SensorSpec(jpeg_quality=30, tone_curve="linear", exposure_ev=-1.0))),
        world(6, camera(sensor=SensorSpec(white_balance=(1.2, 1.0, 0.8), tone_curve="linear"))),
        world(7, material=MaterialSpec(transmission=0.9)),
        world(8, material=MaterialSpec(alpha="blend", opacity=0.4)),
    ]
    assert_same(raster, worlds)
    assert_same(raster, worlds[2:4], ("object_coordinates", "flow_forward", "flow_backward", "instance"))


def test_pictures_of_any_size(raster: Raster) -> None:
    """Rows and pictures that are no whole groups or blocks of pixels."""
    assert_same(raster, [world(i, camera(37, 29)) for i in range(2)])
    assert_same(raster, [world(0, camera(5, 1))])


def test_room_is_made_for_mixed_pixels(raster: Raster, library) -> None:
    with Raster(library, raster.device) as fresh:
        fresh._together._mixed_room = 3
        assert_same(fresh, [world(i) for i in range(2)], ("rgb", "depth"))
        assert fresh._together._mixed_room > 3


def test_more_worlds_than_fit_at_once(raster: Raster, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds = [world(i) for i in range(5)]
    whole = {name: raster.render_batch(worlds, TOGETHER)[name].numpy().tobytes() for name in TOGETHER}
    monkeypatch.setattr("diorama.sim.render.raster.batch._CPU_BYTES", 2_000_000)
    monkeypatch.setattr("diorama.sim.render.raster.batch._GPU_BYTES", 2_000_000)
    assert {name: raster.render_batch(worlds, TOGETHER)[name].numpy().tobytes() for name in TOGETHER} == whole


def test_pictures_stay_on_the_device(raster: Raster) -> None:
    batch = raster.render_batch([world(0)], ("rgb", "depth"))
    assert str(batch["rgb"].device) == raster.device
    if raster.device == "cpu":
        assert np.shares_memory(batch["rgb"].numpy(), np.asarray(batch["rgb"])), "the same memory"
        assert np.from_dlpack(batch["depth"]).ctypes.data == batch["depth"].ptr
    else:
        described = batch["rgb"].__cuda_array_interface__
        assert described["shape"] == (1, 1, 32, 40, 3) and described["data"][0] == batch["rgb"].ptr


def test_torch_takes_them_without_a_copy(raster: Raster) -> None:
    torch = pytest.importorskip("torch")
    batch = raster.render_batch([world(0), world(1)], TOGETHER)
    for channel in TOGETHER:
        tensor = torch.from_dlpack(batch[channel])
        assert tensor.data_ptr() == batch[channel].ptr
        assert tensor.device.type == ("cpu" if raster.device == "cpu" else "cuda")
        assert tensor.cpu().numpy().tobytes() == batch[channel].numpy().tobytes()
    assert torch.from_dlpack(batch["rgb"]).shape == (2, 1, 32, 40, 3)
    assert torch.from_dlpack(batch["rgb"]).dtype == torch.uint8


def test_later_batches_leave_earlier_ones_alone(raster: Raster) -> None:
    first = raster.render_batch([world(0)], TOGETHER)
    before = {channel: first[channel].numpy().tobytes() for channel in TOGETHER}
    raster.render_batch([world(1)], TOGETHER)
    assert {channel: first[channel].numpy().tobytes() for channel in TOGETHER} == before


def test_no_scene_is_loaded_afterwards(raster: Raster) -> None:
    raster.load(world(0))
    raster.render_batch([world(1)], ("depth",))
    with pytest.raises(RuntimeError, match="no scene is loaded"):
        raster.render(camera(), ("depth",))


@pytest.mark.parametrize(
    ("worlds", "channels", "message"),
    [
        ([], ("rgb",), "at least one world"),
        ([SceneSpec()], ("rgb",), "at least one"),
        ([world(0), world(1, *renamed(camera(), camera()))], ("rgb",), "world 0 has 1, world 1 2"),
        ([world(0), world(1, camera(32, 32))], ("rgb",), "40x32.*world 1.*32x32"),
        ([world(0)], ("rgb", "amodal"), "amodal"),
        ([world(0)], ("rbg",), "rbg"),
    ],
)
def test_what_is_refused(raster: Raster, worlds: list[SceneSpec], channels: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        raster.render_batch(worlds, channels)
