"""The OpenGL renderer: beauty by pyrender, labels by the exact geometry pass."""

import importlib
import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Frame
from diorama.sim.render.backdrop import Backdrops
from diorama.sim.render.flicker import lights_at
from diorama.sim.render.fog import air_light, fogged
from diorama.sim.render.gl.lamps import lamps
from diorama.sim.render.gl.platform import chosen_platform
from diorama.sim.render.gl.surroundings import surroundings
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.falling import with_falling
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.spec import CameraSpec, Light, SceneSpec

_LOG = logging.getLogger(__name__)
_BEAUTY = {"rgb", "radiance"}


class GL:
    """Renders on whatever OpenGL there is, without a window. Raises MissingExtra, or NoOpenGL saying what to install, on entering.

    `rgb` and `radiance` are OpenGL's, and so may differ by a little from machine to machine; all else is the rasterizer's, and does not.
    What a camera is mounted on casts no shadow.
    """

    def __init__(self, library: AssetLibrary) -> None:
        self._library = library
        self._raster = Raster(library)
        self._sensor = Sensor()
        self._backdrops = Backdrops(library)
        self._spec: SceneSpec | None = None
        self._lit: tuple[Light, ...] = ()
        self._unseen: str | None = None

    def __enter__(self) -> Self:
        with chosen_platform():
            # Only now: which OpenGL is used is settled as these are imported.
            context, engine, self._scenes = (importlib.import_module(f"diorama.sim.render.gl.{name}") for name in ("context", "engine", "scene"))
        self._context: Any = context.Context()
        _LOG.info("OpenGL renderer: %s", self._context.description)
        self._engine: Any = engine.Engine()
        self._textures: Any = self._scenes.TextureCache()
        self._raster.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._raster.__exit__(*exc)
        self._context.make_current()
        self._engine.delete()
        self._context.close()
        self._spec = None
        del self._engine, self._textures, self._context

    def load(self, spec: SceneSpec) -> None:
        """Take a scene; its shadow maps are drawn with the first picture."""
        spec = spec.replace(lights=spec.lights_in_world())
        self._show(spec, None)
        self._spec = spec
        self._labels_loaded = False

    def _show(self, spec: SceneSpec, unseen: str | None) -> None:
        """Have the engine draw a scene, but for one of its bodies."""
        self._context.make_current()
        spec = replace(spec, bodies=tuple(body for body in spec.bodies if body.name != unseen), tracks=())
        self._scene, self._boxes = self._scenes.scene(spec, self._library, self._textures)
        self._light(spec, spec.lights)
        self._unseen = unseen

    def render(self, camera: CameraSpec, channels: Collection[str]) -> Frame:
        """Photograph the loaded scene; see the `Renderer` protocol.

        Raises InvalidValue for a lens that is no pinhole, for a shutter, and for pictures larger than the driver draws.
        """
        if self._spec is None:
            raise RuntimeError("no scene is loaded; in a with block, load one first: with GL(library) as renderer: renderer.load(spec) ...")
        out: dict[str, Any] = {}
        labels = set(channels) - _BEAUTY
        if labels:
            if not self._labels_loaded:
                self._raster.load(self._spec)
                self._labels_loaded = True
            frame = self._raster.render(camera, labels)
            out = {name: getattr(frame, name) for name in Frame.__dataclass_fields__ if name != "camera"}
        if not _BEAUTY.isdisjoint(channels):
            _require_pinhole(camera)
            self._context.make_current()
            if camera.unseen != self._unseen:
                self._show(self._spec, camera.unseen)
            lights = lights_at(self._spec.lights, camera)
            if lights != self._lit:
                self._light(self._spec, lights)
            self._scenes.point_camera(self._scene, camera, self._boxes)
            radiance = self._engine.photograph(self._scene, camera.width, camera.height, self._backdrops.seen_by(camera))
            if self._spec.environment.fog is not None or self._spec.environment.falling is not None:
                radiance = self._through_air(self._spec, camera, radiance)
            if "radiance" in channels:
                out["radiance"] = radiance
            if "rgb" in channels:
                out["rgb"] = self._sensor.develop(radiance, camera)
        return Frame(camera=camera, **out)

    def _through_air(self, spec: SceneSpec, camera: CameraSpec, radiance: NDArray[np.float32]) -> NDArray[np.float32]:
        """The picture in the scene's fog, and with what falls."""
        if not self._labels_loaded:
            self._raster.load(spec)
            self._labels_loaded = True
        depth_m = self._raster.render(camera, ("depth",)).depth_m
        assert depth_m is not None
        if spec.environment.fog is not None:
            covered = np.isfinite(depth_m)
            air = air_light(spec.environment, spec.lights)
            radiance = fogged(radiance * covered[..., None], covered, radiance * ~covered[..., None], depth_m, camera, spec.environment, air)
        return with_falling(spec.environment, spec.lights, camera, depth_m, radiance)

    def _light(self, spec: SceneSpec, lights: tuple[Light, ...]) -> None:
        """Give the engine lights in place of the scene's, and what surrounds it."""
        self._engine.light(lamps(replace(spec, lights=lights), self._boxes), surroundings(spec.environment))
        self._lit = lights


def _require_pinhole(camera: CameraSpec) -> None:
    """What OpenGL draws at once is a pinhole's picture of one moment."""
    for name, is_there in (
        ("distortion", camera.distortion is not None),
        ("aperture_m", camera.aperture_m > 0),
        ("exposure_s", camera.exposure_s > 0),
        ("rolling_shutter_s", camera.rolling_shutter_s > 0),
    ):
        if is_there:
            raise InvalidValue(f'{camera.name}: the OpenGL renderer cannot draw {name}. Leave it out, or choose the renderer "raster".')
