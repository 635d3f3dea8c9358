"""The rasterizer: one scene on a device, photographed by one camera after another."""

from collections.abc import Collection
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Frame
from diorama.sim.render.raster import lens_visibility, visibility
from diorama.sim.render.raster.area import lobe_table
from diorama.sim.render.raster.device import Array, Scratch, wp
from diorama.sim.render.raster.dfg import dfg_table
from diorama.sim.render.raster.environment import EnvironmentCache, environment_arrays
from diorama.sim.render.raster.fragments import Fragments, blend, gather
from diorama.sim.render.raster.lanes import COUNT
from diorama.sim.render.raster.lights import LightArrays, SceneLights
from diorama.sim.render.raster.meshes import MeshCache
from diorama.sim.render.raster.occlusion import Occlusion
from diorama.sim.render.raster.projection import Projection, project
from diorama.sim.render.raster.ray_tables import RayTables
from diorama.sim.render.raster.scene import SceneArrays, scene_arrays
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.render.raster.shade import Lighting, shade
from diorama.sim.render.raster.silhouettes import silhouettes
from diorama.sim.render.raster.surface import Looks, View
from diorama.sim.render.raster.texture import ChainCache
from diorama.sim.spec import CameraSpec, SceneSpec
from diorama.sim.transforms import invert

#: Where colour samples lie in a pixel: the rotated grid, no two in one row or column.
_COLOR_SAMPLES = ((0.375, 0.125), (0.875, 0.375), (0.125, 0.625), (0.625, 0.875))
_LABEL_SAMPLE = ((0.5, 0.5),)
#: What the winners of a band of rows may take of a processor's cache.
_BAND_BYTES = 2_000_000
_KEPT_LENSES = 2


class Raster:
    """Renders on the CPU or, by the same kernels, on a CUDA device. `device` is Warp's name for it."""

    def __init__(self, library: AssetLibrary, device: str = "cpu") -> None:
        self._library = library
        self.device = device
        # On the CPU a launch is a loop and a triangle one turn of it; a GPU wants large triangles shared out.
        self._strips = 1 if device == "cpu" else 32
        self._chains = ChainCache()
        self._meshes = MeshCache()
        self._surroundings = EnvironmentCache()
        self._occlusion = Occlusion(device)
        self._sensor = Sensor(device)
        self._scratch = Scratch(device)
        self._mixed_room = 65536
        self._lenses: dict[Any, RayTables] = {}
        self._scene: SceneArrays | None = None
        self._lights: SceneLights | None = None
        self._environment: Any = None
        self._occlusion_radius_m = 0.0
        self._labelled: list[int] = []

    def __enter__(self) -> Self:
        places = {(True, True): _COLOR_SAMPLES + _LABEL_SAMPLE, (False, True): _COLOR_SAMPLES, (True, False): _LABEL_SAMPLE}
        self._no_centers = wp.empty(0, dtype=wp.mat33, device=self.device)
        self._no_rays = wp.empty((0, 0, 0, 0), dtype=visibility.Columns, device=self.device)
        self._samples = {wanted: wp.array(samples, dtype=wp.vec2d, device=self.device) for wanted, samples in places.items()}
        self._everything_open = wp.empty(0, dtype=wp.float32, device=self.device)
        self._dfg = wp.array(dfg_table(), dtype=wp.vec2, device=self.device)
        self._ltc = wp.array(lobe_table(), dtype=wp.vec4, device=self.device)
        return self

    def __exit__(self, *exc: object) -> None:
        self._scratch.clear()
        self._lenses.clear()
        self._scene = self._lights = None

    def load(self, spec: SceneSpec) -> None:
        """Put the scene on the device and render its shadow maps; both serve every camera."""
        self._scene = scene_arrays(spec, self._library, self.device, self._chains, self._meshes)
        self._lights = SceneLights(spec, self._scene, self._scratch, self._strips)
        self._environment = environment_arrays(spec.environment, self.device, self._surroundings)
        self._occlusion_radius_m = spec.environment.occlusion_radius_m
        self._labelled = [i for i, body in enumerate(spec.bodies) if body.category is not None]

    def render(self, camera: CameraSpec, channels: Collection[str]) -> Frame:
        """Photograph the loaded scene; see the `Renderer` protocol. Raises RuntimeError when none is loaded."""
        scene, lights = self._scene, self._lights
        if scene is None or lights is None:
            raise RuntimeError("no scene is loaded; in a with block, load one first: with Raster(library) as renderer: renderer.load(spec) ...")
        pixels, shape = camera.width * camera.height, (camera.height, camera.width)
        projection = project(camera, scene, self._scratch, self._lens(camera), "amodal" in channels)
        picture = not {"rgb", "radiance"}.isdisjoint(channels)
        # Ambient occlusion is found in the labels.
        occluded = picture and self._occlusion_radius_m > 0
        labels: dict[str, Array] = {}
        if occluded or not {"depth", "instance", "normal"}.isdisjoint(channels):
            labels["instance"] = self._scratch.array("instance", wp.int32, pixels)
            labels["depth"] = self._scratch.array("depth", wp.float32, pixels)
            labels["normal"] = self._scratch.array("normal", wp.vec3, pixels if occluded or "normal" in channels else 0)
        fragments = self._fragments(pixels) if picture else None
        self._look(camera, scene, projection, labels, fragments)

        out: dict[str, Any] = {}
        if "instance" in channels:
            out["instance"] = _copy(labels["instance"], shape)
        if "depth" in channels:
            out["depth_m"] = _copy(labels["depth"], shape)
        if "normal" in channels:
            out["normal"] = _copy(labels["normal"], (*shape, 3))
        if "amodal" in channels:
            out["silhouettes"] = silhouettes(camera, scene, projection, self._labelled, self.device, self._strips)
        if fragments is not None:
            while self._mixed(fragments) > self._mixed_room:
                # More pixels see several surfaces than there was room for: make room, and look again.
                self._mixed_room = self._mixed(fragments) * 5 // 4
                fragments = self._fragments(pixels)
                self._look(camera, scene, projection, {}, fragments)
            openness = self._everything_open
            if occluded:
                rays = None if projection.lens is None else projection.lens.centers
                openness = self._occlusion.visible(labels["depth"], labels["normal"], camera, self._occlusion_radius_m, rays)
            radiance = self._shaded(camera, scene, lights.seen_by(camera), projection, fragments, openness)
            if "radiance" in channels:
                out["radiance"] = _copy(radiance, (*shape, 3))
            if "rgb" in channels:
                out["rgb"] = self._sensor.develop(radiance, camera)
        return Frame(camera=camera, **out)

    def _lens(self, camera: CameraSpec) -> RayTables | None:
        """The rays of a camera that is no pinhole. The latest ones are kept: most data sets have few cameras."""
        if camera.distortion is None:
            return None
        key = (camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy, camera.distortion)
        kept = self._lenses.pop(key, None)
        if len(self._lenses) >= _KEPT_LENSES:
            del self._lenses[next(iter(self._lenses))]
        self._lenses[key] = kept or RayTables(camera, _COLOR_SAMPLES + _LABEL_SAMPLE, self.device)
        return self._lenses[key]

    def _launch(self, kernel: Any, dim: Any, *inputs: Any) -> None:
        wp.launch(kernel, dim=dim, inputs=list(inputs), device=self.device)

    def _fragments(self, pixels: int) -> Any:
        out = Fragments()
        out.triangle = self._scratch.array("fragment-triangle", wp.int32, pixels + self._mixed_room)
        out.place = self._scratch.array("fragment-place", wp.vec2, self._mixed_room)
        out.share = self._scratch.array("fragment-share", wp.float32, self._mixed_room)
        out.run = self._scratch.array("fragment-run", wp.vec2i, pixels)
        out.count = wp.zeros(1, dtype=wp.int32, device=self.device)
        return out

    @staticmethod
    def _mixed(fragments: Any) -> int:
        """How many fragments the mixed pixels have."""
        return int(fragments.count.numpy()[0])

    def _look(self, camera: CameraSpec, scene: SceneArrays, projection: Projection, labels: dict[str, Array], fragments: Any) -> None:
        """Find what each pixel sees: the labels at its centre, the fragments of its colour samples. Either may be absent.

        A band of rows at a time, so that their winners stay in the processor's cache; a GPU takes all rows at once.
        """
        if not labels and fragments is None:
            return
        w, h = camera.width, camera.height
        offsets = self._samples[bool(labels), fragments is not None]
        samples, groups = offsets.shape[0], -(-w // visibility.GROUP)
        rows = min(max(_BAND_BYTES // (8 * samples * w), 1), h) if self.device == "cpu" else h
        winners = self._scratch.array("winners", visibility.Winners, samples * rows * groups)
        lens = projection.lens
        rays = self._no_rays if lens is None else lens.samples[:samples] if fragments is not None else lens.samples[len(_COLOR_SAMPLES) :]
        focal, center = (wp.vec2d(camera.fx, camera.fy), wp.vec2d(camera.cx, camera.cy)) if lens is None else (wp.vec2d(1.0, 1.0), wp.vec2d())
        rotation = wp.mat33(invert(camera.world_from_camera.matrix)[:3, :3])
        seen = (projection.functions, scene.triangles)
        for top in range(0, h, rows):
            bottom = min(top + rows, h)
            plane = (bottom - top) * groups
            winners.zero_()
            triangles, band = (projection.functions, projection.bounds), (top, bottom, *projection.reach, self._strips, winners)
            if lens is None:
                self._launch(visibility.rasterize, (scene.count, self._strips), *triangles, offsets, w, *band)
            else:
                self._launch(lens_visibility.rasterize_rays, (scene.count, self._strips), *triangles, projection.caps, lens.tiles, rays, *band)
            if fragments is not None:
                colors = len(_COLOR_SAMPLES)
                self._launch(gather, (bottom - top, groups), winners, plane, offsets, rays, colors, top, w, *seen, w * h, fragments)
            if labels:
                last, outputs = plane * (samples - 1), (labels["instance"], labels["depth"], labels["normal"])
                geometry = (scene.triangle_body, rotation, focal, center, rays, samples - 1)
                self._launch(visibility.resolve_geometry, (bottom - top, groups), winners, *seen, *geometry, last, top, w, *outputs)

    def _shaded(self, camera: CameraSpec, scene: SceneArrays, lights: LightArrays, projection: Projection, fragments: Any, openness: Array) -> Array:
        """The radiance that reaches each pixel."""
        pixels = camera.width * camera.height
        radiance = self._scratch.array("radiance", wp.vec3, pixels + self._mixed_room)
        count = pixels + self._mixed(fragments)
        view = _view(camera, self._no_centers if projection.lens is None else projection.lens.centers)
        looks = Looks()
        looks.planes, looks.triangles, looks.surfaces, looks.texels = projection.planes, scene.triangles, scene.surfaces, scene.texels
        looks.dfg = self._dfg
        lighting = Lighting()
        lighting.lights, lighting.shadows, lighting.environment = lights.lights, lights.shadows, self._environment
        lighting.openness, lighting.ltc = openness, self._ltc
        self._launch(shade, -(-count // COUNT), fragments, pixels, count, view, looks, lighting, radiance)
        self._launch(blend, pixels, fragments, pixels, radiance)
        return radiance[:pixels]


def _copy(array: Array, shape: tuple[int, ...]) -> NDArray[Any]:
    """The buffer's content in an array of the caller's own."""
    return np.array(array.numpy()).reshape(shape)


def _view(camera: CameraSpec, rays: Array) -> Any:
    m = camera.world_from_camera.matrix
    view = View()
    view.rays = rays
    view.width, view.height = camera.width, camera.height
    view.per_focal, view.center = wp.vec2(1 / camera.fx, 1 / camera.fy), wp.vec2(camera.cx, camera.cy)
    view.position, view.world_from_camera = wp.vec3(m[:3, 3]), wp.mat33(m[:3, :3])
    return view
