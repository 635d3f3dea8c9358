"""The path tracer: light from Mitsuba, labels from our exact pass, the sensor's picture from our sensor."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Frame
from diorama.sim.lens import rays_at
from diorama.sim.render.pathtrace import film, wavefront
from diorama.sim.render.pathtrace.engine import using
from diorama.sim.render.pathtrace.environment import Around, around
from diorama.sim.render.pathtrace.scene import TracedScene, traced_scene
from diorama.sim.render.pathtrace.variant import FAST, fastest_variant
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.spec import CameraSpec, SceneSpec

#: Rays at a time: more need more memory and are no faster.
_MOST_RAYS = 1 << 23
_FROM_LIGHT = frozenset({"rgb", "radiance"})


class PathTracer:
    """Renders by path tracing on the CPU, with `spp` paths a pixel of at most `max_depth` segments.

    `variant` is the one of Mitsuba's variants that works fastest here (see `variant.py`). The same scene and camera give the
    same bytes on the same machine.
    """

    def __init__(self, library: AssetLibrary, *, spp: int = 64, max_depth: int = 8) -> None:
        self._library = library
        self._labels = Raster(library)
        self._spp, self._max_depth = spp, max_depth
        self._around: Around | None = None
        self._scene: TracedScene | None = None
        self._unlit: SceneSpec | None = None
        self.variant = ""

    def __enter__(self) -> Self:
        self.variant = fastest_variant()
        self._labels.__enter__()
        self._sensor = Sensor("cpu")
        return self

    def __exit__(self, *exc: object) -> None:
        self._scene = self._around = None
        self._labels.__exit__(*exc)

    def load(self, spec: SceneSpec) -> None:
        """Build Mitsuba's scene, and the one that labels come from."""
        # Shadow maps take time, and only one channel asks for them.
        self._labels.load(replace(spec, lights=()))
        self._unlit = spec
        if self._around is None or self._around.environment != spec.environment:
            self._around = around(spec.environment)
        # The old scene goes first: which numbers Mitsuba gives to the new one's parts shows in the code that it compiles.
        self._scene = None
        with using(self.variant):
            self._scene = traced_scene(spec, self._library, self._around, self._max_depth)

    def render(self, camera: CameraSpec, channels: Collection[str]) -> Frame:
        """Photograph the loaded scene; see the `Renderer` protocol. Raises RuntimeError when none is loaded."""
        if self._scene is None or self._around is None:
            raise RuntimeError("no scene is loaded; in a with block, load one first")
        if "shadow" in channels and self._unlit is not None:
            self._labels.load(self._unlit)
            self._unlit = None
        labels = self._labels.render(camera, [c for c in channels if c not in _FROM_LIGHT])
        if _FROM_LIGHT.isdisjoint(channels):
            return labels
        radiance = self._radiance(self._scene, self._around, camera)
        rgb = self._sensor.develop(radiance, camera) if "rgb" in channels else None
        return replace(labels, rgb=rgb, radiance=radiance if "radiance" in channels else None)

    def _radiance(self, scene: TracedScene, around: Around, camera: CameraSpec) -> NDArray[np.float32]:
        sample = wavefront.sample if self.variant == FAST else film.sample
        seed = _seed(camera)
        total = np.zeros((camera.height, camera.width, 4), np.float32)
        with using(self.variant):
            for number, count in enumerate(_passes(self._spp, camera.width * camera.height)):
                total += sample(scene, camera, count, (seed + number) % 2**32) * np.float32(count / self._spp)
        radiance, covered = total[..., :3], total[..., 3]
        rows, columns = np.nonzero(covered < 1)
        toward = rays_at(camera, np.stack([columns, rows], axis=1) + 0.5)
        beyond = around.background(toward @ camera.world_from_camera.matrix[:3, :3].T)
        radiance[rows, columns] += (beyond * (1 - covered[rows, columns, None])).astype(np.float32)
        return np.ascontiguousarray(radiance)


def _passes(spp: int, pixels: int) -> list[int]:
    """Powers of two that add up to `spp`: so many samples are spread evenly. No pass has more rays than fit in memory."""
    most = 1 << max(_MOST_RAYS // pixels, 1).bit_length() - 1
    return [most] * (spp // most) + [1 << bit for bit in reversed(range(most.bit_length() - 1)) if (spp % most) >> bit & 1]


def _seed(camera: CameraSpec) -> int:
    """Another pattern of noise for every view."""
    return int.from_bytes(hashlib.blake2b(repr(camera).encode(), digest_size=4).digest())
