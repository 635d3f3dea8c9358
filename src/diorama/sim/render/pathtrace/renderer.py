"""The path tracer: light from Mitsuba, labels from our exact pass, the sensor's picture from our sensor."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Frame
from diorama.sim.render.pathtrace import film, wavefront
from diorama.sim.render.pathtrace.camera import directions
from diorama.sim.render.pathtrace.engine import using
from diorama.sim.render.pathtrace.environment import Around, around
from diorama.sim.render.pathtrace.scene import TracedScene, traced_scene
from diorama.sim.render.pathtrace.variant import FAST, fastest_variant
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.spec import CameraSpec, SceneSpec

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
        self._labels.load(spec)
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
        labels = self._labels.render(camera, [c for c in channels if c not in _FROM_LIGHT])
        if _FROM_LIGHT.isdisjoint(channels):
            return labels
        radiance = self._radiance(self._scene, self._around, camera)
        rgb = self._sensor.develop(radiance, camera) if "rgb" in channels else None
        return replace(labels, rgb=rgb, radiance=radiance if "radiance" in channels else None)

    def _radiance(self, scene: TracedScene, around: Around, camera: CameraSpec) -> NDArray[np.float32]:
        trace = wavefront.trace if self.variant == FAST else film.trace
        with using(self.variant):
            radiance, covered = trace(scene, camera, self._spp, _seed(camera))
        rows, columns = np.nonzero(covered < 1)
        beyond = around.background(directions(camera, rows, columns))
        radiance[rows, columns] += (beyond * (1 - covered[rows, columns, None])).astype(np.float32)
        return radiance


def _seed(camera: CameraSpec) -> int:
    """Another pattern of noise for every view."""
    return int.from_bytes(hashlib.blake2b(repr(camera).encode(), digest_size=4).digest())
