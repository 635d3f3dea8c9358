"""Many cameras and many worlds in one call; what comes out stays on the device.

Worlds of the same bodies, wherever these are, are photographed together (`together.py`). What only a whole `render` knows how to do, it
does, picture by picture; surfaces that are not wholly there among it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Frame, check_channels
from diorama.sim.render.flicker import flickers
from diorama.sim.render.raster.device import Array, wp
from diorama.sim.render.raster.reach import FEW
from diorama.sim.render.raster.scene import Bodies, SceneCache
from diorama.sim.render.raster.together import CHANNELS, Together
from diorama.sim.spec import CameraSpec, SceneSpec

#: What pixels of each channel are: the kernels' type, and Frame's field.
_PIXELS = {
    "rgb": (wp.vec3ub, "rgb"),
    "radiance": (wp.vec3, "radiance"),
    "depth": (wp.float32, "depth_m"),
    "instance": (wp.int32, "instance"),
    "normal": (wp.vec3, "normal"),
    "category": (wp.int32, "category"),
    "albedo": (wp.vec3, "albedo"),
    "object_coordinates": (wp.vec3, "object_coordinates"),
    "flow_forward": (wp.vec2, "flow_forward"),
    "flow_backward": (wp.vec2, "flow_backward"),
    "shadow": (wp.float32, "shadow"),
}
#: About what pictures that are made together take on the CPU and on a GPU, and what a triangle and a pixel of each take.
_CPU_BYTES, _GPU_BYTES = 100_000_000, 4_000_000_000
_TRIANGLE_BYTES, _PIXEL_BYTES = 300, 100


class Batch(Mapping[str, Any]):
    """Pictures of many worlds, by channel, on the device that they were made on.

    Each is a `warp.array` of (worlds, cameras, H, W) pixels, of Frame's dtype: colours, normals and the like are vectors, which DLPack,
    `__cuda_array_interface__` and `numpy` show as one dimension more. So ``torch.from_dlpack(batch["rgb"])`` is a
    (worlds, cameras, H, W, 3) uint8 tensor of the same memory, and ``batch["rgb"].numpy()`` an array, on the CPU of the same memory.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = dict(arrays)

    def __getitem__(self, channel: str) -> Any:
        return self._arrays[channel]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def photograph(
    worlds: Sequence[SceneSpec],
    channels: Collection[str],
    together: Together,
    scenes: SceneCache,
    alone: Callable[[SceneSpec, CameraSpec], Frame],
) -> Batch:
    """The batch of `Raster.render_batch`, by ways to photograph worlds of the same bodies `together`, and one by one camera `alone`."""
    cameras, width, height = _checked(worlds, channels)
    device = together.device
    arrays = {name: wp.empty((len(worlds), cameras, height, width), dtype=_PIXELS[name][0], device=device) for name in channels}
    pictures = {name: array.reshape((len(worlds) * cameras, height * width)) for name, array in arrays.items()}
    left = set(range(len(worlds)))
    for group, bodies in _alike(worlds, scenes) if CHANNELS.keys() >= set(channels) else []:
        scene = scenes.scene(bodies[0])
        each = cameras * (_TRIANGLE_BYTES * scene.count + _PIXEL_BYTES * width * height)
        size = max((_CPU_BYTES if device == "cpu" else _GPU_BYTES) // each, 1)
        for first in range(0, len(group), size):
            chunk = slice(first, first + size)
            places = (np.array(group[chunk])[:, None] * cameras + np.arange(cameras)).ravel()
            together.photograph(scene, [worlds[i] for i in group[chunk]], bodies[chunk], pictures, places)
        left.difference_update(group)
    for i in sorted(left):
        for k, camera in enumerate(worlds[i].cameras):
            frame = alone(worlds[i], camera)
            for name, array in pictures.items():
                picture = getattr(frame, _PIXELS[name][1])
                wp.copy(array[i * cameras + k], wp.array(picture.reshape(height * width, *picture.shape[2:]), dtype=array.dtype, device=device))
    return Batch(arrays)


def _checked(worlds: Sequence[SceneSpec], channels: Collection[str]) -> tuple[int, int, int]:
    """How many cameras each world has, and their width and height; InvalidValue if worlds or cameras differ in that."""
    check_channels(channels)
    for name, what in (("amodal", "silhouettes"), ("points", "turns of scanners")):
        if name in channels:
            raise InvalidValue(f"{what} are of different sizes and do not fit an array: ask for {name} by render, scene by scene")
    if not worlds:
        raise InvalidValue("a batch needs at least one world")
    wanted = worlds[0].cameras
    for i, world in enumerate(worlds):
        if not world.cameras or len(world.cameras) != len(wanted):
            raise InvalidValue(
                f"all worlds of a batch must have the same number of cameras, at least one; world 0 has {len(wanted)}, world {i} {len(world.cameras)}"
            )
        for camera in world.cameras:
            if (camera.width, camera.height) != (wanted[0].width, wanted[0].height):
                raise InvalidValue(
                    f"all cameras of a batch must have one resolution; {wanted[0].name} of world 0 has {wanted[0].width}x{wanted[0].height}, "
                    f"{camera.name} of world {i} {camera.width}x{camera.height}"
                )
    return len(wanted), wanted[0].width, wanted[0].height


def _alike(worlds: Sequence[SceneSpec], scenes: SceneCache) -> list[tuple[list[int], list[Bodies]]]:
    """Those worlds whose pictures can be made together, in groups of the same meshes, and what the bodies of each are made of."""
    groups: dict[Any, tuple[list[int], list[Bodies]]] = {}
    for i, world in enumerate(worlds):
        bodies = scenes.bodies(world)
        if (
            all(map(_is_plain, world.cameras))
            and not (any(bodies.kinds) or bodies.weathered)
            and len(world.lights) <= FEW
            and world.environment.falling is None
            and not any(map(flickers, world.lights))
        ):
            indices, made_of = groups.setdefault((bodies.meshes, bodies.owners, bodies.boxes_m.tobytes()), ([], []))
            indices.append(i)
            made_of.append(bodies)
    return list(groups.values())


def _is_plain(camera: CameraSpec) -> bool:
    """Whether the camera is a pinhole that takes no time and sees all there is, with no picture behind the scene."""
    return (
        camera.distortion is None
        and camera.backdrop is None
        and camera.unseen is None
        and camera.aperture_m == camera.exposure_s == camera.rolling_shutter_s == 0
    )
