"""The path tracer: light from Mitsuba, labels from our exact pass, the sensor's picture from our sensor."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Frame
from diorama.sim.lens import rays_at
from diorama.sim.render.pathtrace import film, wavefront
from diorama.sim.render.pathtrace.denoise import Denoiser
from diorama.sim.render.pathtrace.engine import using
from diorama.sim.render.pathtrace.environment import Around, around
from diorama.sim.render.pathtrace.scene import TracedScene, traced_scene
from diorama.sim.render.pathtrace.variant import FAST, fastest_variant
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.render.settings import PathTracing
from diorama.sim.spec import CameraSpec, SceneSpec

#: Rays at a time: more need more memory and are no faster.
_MOST_RAYS = 1 << 23
_FROM_LIGHT = frozenset({"rgb", "radiance"})


class PathTracer:
    """Renders by path tracing on the CPU. Settings are those of `PathTracing`.

    `variant` is the one of Mitsuba's variants that works fastest here (see `variant.py`). The same scene and camera give the
    same bytes on the same machine; on another, noise may differ.
    """

    def __init__(self, library: AssetLibrary, *, spp: int = 64, max_depth: int = 8, denoise: bool = False) -> None:
        self._settings = PathTracing(spp=spp, max_depth=max_depth, denoise=denoise)
        self._library = library
        self._labels = Raster(library)
        self._denoiser: Denoiser | None = None
        self._around: Around | None = None
        self._scene: TracedScene | None = None
        self._unlit: SceneSpec | None = None
        self.variant = ""

    def __enter__(self) -> Self:
        self._denoiser = Denoiser() if self._settings.denoise else None
        self.variant = fastest_variant()
        self._labels.__enter__()
        self._sensor = Sensor()
        return self

    def __exit__(self, *exc: object) -> None:
        self._scene = self._around = self._unlit = None
        self._labels.__exit__(*exc)
        if self._denoiser is not None:
            self._denoiser.close()

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
            self._scene = traced_scene(spec, self._library, self._around, self._settings)

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
        spp, seed = self._settings.spp, _seed(camera)
        mean: Any = 0
        with using(self.variant):
            for number, count in enumerate(_passes(spp, camera.width * camera.height)):
                mean = mean + sample(scene, camera, count, (seed + number) % 2**32) * np.float32(count / spp)
        radiance, covered, guides = np.ascontiguousarray(mean[..., :3]), mean[..., 3], mean[..., 4:]
        rows, columns = np.nonzero(covered < 1)
        toward = rays_at(camera, np.stack([columns, rows], axis=1) + 0.5)
        beyond = around.background(toward @ camera.world_from_camera.matrix[:3, :3].T) * (1 - covered[rows, columns, None])
        radiance[rows, columns] += beyond.astype(np.float32)
        if self._denoiser is None:
            return radiance
        albedo, normal = np.ascontiguousarray(guides[..., :3]), np.ascontiguousarray(guides[..., 3:])
        albedo[rows, columns] += np.minimum(beyond, 1).astype(np.float32)
        return self._denoiser(radiance, np.clip(albedo, 0, 1), normal)


def _passes(spp: int, pixels: int) -> list[int]:
    """Powers of four that add up to `spp`: so many samples are spread evenly. No pass has more rays than fit in memory."""
    passes: list[int] = []
    count = 1 << 16
    while spp:
        while count > 1 and (count > spp or count * pixels > _MOST_RAYS):
            count //= 4
        passes += [count] * (spp // count)
        spp %= count
    return passes


def _seed(camera: CameraSpec) -> int:
    """Another pattern of noise for every view."""
    return int.from_bytes(hashlib.blake2b(repr(camera).encode(), digest_size=4).digest())
