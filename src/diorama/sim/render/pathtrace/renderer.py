"""The path tracer: light from Mitsuba, labels from our exact pass, the sensor's picture from our sensor."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Frame
from diorama.sim.lens import rays_at
from diorama.sim.render.backdrop import Backdrops
from diorama.sim.render.flicker import flickers, lights_at
from diorama.sim.render.fog import air_light, fogged
from diorama.sim.render.pathtrace import film, wavefront
from diorama.sim.render.pathtrace.denoise import Denoiser
from diorama.sim.render.pathtrace.engine import using
from diorama.sim.render.pathtrace.environment import Around, around
from diorama.sim.render.pathtrace.scene import TracedScene, traced_scene
from diorama.sim.render.pathtrace.shutter import moved, row_poses, shots
from diorama.sim.render.pathtrace.variant import FAST, fastest_variant
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.falling import with_falling
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.render.settings import PathTracing
from diorama.sim.spec import CameraSpec, Light, SceneSpec
from diorama.sim.transforms import compose

#: Rays at a time: more need more memory and are no faster.
_MOST_RAYS = 1 << 23
_FROM_LIGHT = frozenset({"rgb", "radiance"})


class PathTracer:
    """Renders by path tracing on the CPU. Settings are those of `PathTracing`.

    `variant` is the one of Mitsuba's variants that works fastest here (see `variant.py`). The same scene and camera give the
    same bytes on the same machine; on another, noise may differ. What a camera is mounted on casts no shadow.
    """

    #: Pictures of two scenes differ where the scenes do not.
    is_noisy: ClassVar[bool] = True

    def __init__(self, library: AssetLibrary, *, spp: int = 64, max_depth: int = 8, denoise: bool = False) -> None:
        self._settings = PathTracing(spp=spp, max_depth=max_depth, denoise=denoise)
        self._library = library
        self._labels = Raster(library)
        self._backdrops = Backdrops(library)
        self._denoiser: Denoiser | None = None
        self._around: Around | None = None
        self._scene: TracedScene | None = None
        self._scene_s = 0.0
        self._spec: SceneSpec | None = None
        self._lit: tuple[Light, ...] = ()
        self._unseen: str | None = None
        self._labels_lit = False
        self.variant = ""

    def __enter__(self) -> Self:
        self._denoiser = Denoiser() if self._settings.denoise else None
        self.variant = fastest_variant()
        self._labels.__enter__()
        self._sensor = Sensor()
        return self

    def __exit__(self, *exc: object) -> None:
        self._scene = self._around = self._spec = None
        self._labels.__exit__(*exc)
        if self._denoiser is not None:
            self._denoiser.close()

    def load(self, spec: SceneSpec) -> None:
        """Build Mitsuba's scene, and the one that labels come from."""
        spec = spec.replace(lights=spec.lights_in_world())
        # Shadow maps take time, and only one channel asks for them.
        self._labels.load(replace(spec, lights=()))
        self._labels_lit = False
        self._spec = spec
        if self._around is None or self._around.environment != spec.environment:
            self._around = around(spec.environment)
        self._lit, self._unseen = spec.lights, None
        self._build(0.0)

    def _build(self, seconds: float) -> TracedScene:
        """Mitsuba's scene some seconds after the picture's moment."""
        assert self._spec is not None and self._around is not None
        # The old scene goes first: which numbers Mitsuba gives to the new one's parts shows in the code that it compiles.
        self._scene = None
        with using(self.variant):
            bodies = tuple(body for body in self._spec.bodies if body.name != self._unseen)
            spec = replace(self._spec, lights=self._lit, bodies=bodies, tracks=())
            self._scene = traced_scene(moved(spec, seconds), self._library, self._around, self._settings)
        self._scene_s = seconds
        return self._scene

    def render(self, camera: CameraSpec, channels: Collection[str]) -> Frame:
        """Photograph the loaded scene; see the `Renderer` protocol.

        Raises RuntimeError when none is loaded, and InvalidValue for what Mitsuba's slow variant cannot do.
        """
        if self._spec is None:
            raise RuntimeError("no scene is loaded; in a with block, load one first: with PathTracer(library) as renderer: renderer.load(spec) ...")
        if "shadow" in channels and not self._labels_lit:
            self._labels.load(self._spec)
            self._labels_lit = True
        labels = self._labels.render(camera, [c for c in channels if c not in _FROM_LIGHT])
        if _FROM_LIGHT.isdisjoint(channels):
            return labels
        radiance = self._radiance(camera, labels)
        if self._spec.environment.falling is not None:
            depth_m = labels.depth_m if labels.depth_m is not None else self._labels.render(camera, ("depth",)).depth_m
            assert depth_m is not None
            radiance = with_falling(self._spec.environment, self._spec.lights, camera, depth_m, radiance)
        rgb = self._sensor.develop(radiance, camera) if "rgb" in channels else None
        return replace(labels, rgb=rgb, radiance=radiance if "radiance" in channels else None)

    def _radiance(self, camera: CameraSpec, labels: Frame) -> NDArray[np.float32]:
        """(H, W, 3), what is behind the scene and before it included, and denoised if that is wanted."""
        assert self._spec is not None
        if camera.unseen != self._unseen:
            self._unseen, self._scene = camera.unseen, None
        self._light(camera)
        mean = self._sampled(camera)
        radiance, covered = np.ascontiguousarray(mean[..., :3]), mean[..., 3]
        rows, columns = np.nonzero(covered < 1)
        beyond = self._beyond(camera, rows, columns) * (1 - covered[rows, columns, None])
        if self._spec.environment.fog is None:
            radiance[rows, columns] += beyond
        else:
            behind = np.zeros_like(radiance)
            behind[rows, columns] = beyond
            depth_m = labels.depth_m if labels.depth_m is not None else self._labels.render(camera, ("depth",)).depth_m
            assert depth_m is not None
            air = air_light(self._spec.environment, self._spec.lights)
            radiance = fogged(radiance, covered, behind, depth_m, camera, self._spec.environment, air)
        if self._denoiser is None:
            return radiance
        albedo, normal = np.ascontiguousarray(mean[..., 4:7]), np.ascontiguousarray(mean[..., 7:])
        albedo[rows, columns] += np.minimum(beyond, 1)
        return self._denoiser(radiance, np.clip(albedo, 0, 1), normal)

    def _light(self, camera: CameraSpec) -> None:
        """Have the lights be as they are for a camera. Raises InvalidValue where they are not the same for all of its picture."""
        assert self._spec is not None
        if camera.rolling_shutter_s > 0 and any(map(flickers, self._spec.lights)):
            raise InvalidValue(
                f"{camera.name}: the path tracer cannot show lamps that flicker through a rolling shutter. Leave one of them out, or choose the "
                'renderer "raster".'
            )
        lights = lights_at(self._spec.lights, camera)
        if lights != self._lit:
            self._lit, self._scene = lights, None

    def _beyond(self, camera: CameraSpec, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Radiances (n, 3) that some pixels see where there is no surface."""
        assert self._around is not None
        backdrop = self._backdrops.seen_by(camera)
        if backdrop is not None:
            return backdrop[rows, columns]
        rays = rays_at(camera, np.stack([columns, rows], axis=1) + 0.5)
        passes = _passes(self._settings.spp, camera)
        moments = [shot.camera_s for shot in shots(camera, passes, False)] if camera.exposure_s > 0 and not camera.motion.is_still else [0.0]
        total = np.zeros((len(rows), 3))
        for seconds in moments:
            turns = row_poses(camera, seconds).reshape(-1, 3, 4)[:, :, :3]
            total += self._around.background(compose(turns[rows if len(turns) > 1 else 0], rays[..., None])[..., 0])
        return (total / len(moments)).astype(np.float32)

    def _sampled(self, camera: CameraSpec) -> NDArray[np.float32]:
        """(H, W, 4 or 10): what the samples of all shots tell on average."""
        assert self._spec is not None
        sample = wavefront.sample if self.variant == FAST else film.sample
        bodies_move = any(not body.motion.is_still for body in self._spec.bodies)
        out = np.zeros((camera.height, camera.width, 10 if self._settings.denoise else 4), np.float32)
        seed = _seed(camera)
        for number, shot in enumerate(shots(camera, _passes(self._settings.spp, camera), bodies_move)):
            seconds = shot.bodies_s if bodies_move else 0.0
            scene = self._scene if self._scene is not None and self._scene_s == seconds else self._build(seconds)
            with using(self.variant):
                part = sample(scene, camera, shot, (seed + number) % 2**32)
            out[shot.first : shot.last] += part * np.float32(shot.count / self._settings.spp)
        return out


def _passes(spp: int, camera: CameraSpec) -> list[int]:
    """Powers of four that add up to `spp`: so many samples are spread evenly.

    No pass has more rays than fit in memory, and with an exposure there are about as many passes as moments are asked for.
    """
    most = max(min(_MOST_RAYS // (camera.width * camera.height), spp // camera.blur_samples if camera.exposure_s > 0 else spp), 1)
    passes: list[int] = []
    count = 1 << 16
    while spp:
        while count > min(spp, most):
            count //= 4
        passes += [count] * (spp // count)
        spp %= count
    return passes


def _seed(camera: CameraSpec) -> int:
    """Another pattern of noise for every view."""
    return int.from_bytes(hashlib.blake2b(repr(camera).encode(), digest_size=4).digest())
