"""The rasterizer: one scene on a device, photographed by one camera after another."""

from collections.abc import Collection
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Frame, Silhouette
from diorama.sim.render.raster import visibility
from diorama.sim.render.raster.device import Array, wp
from diorama.sim.render.raster.lights import LightArrays, light_arrays, triangle_buffers
from diorama.sim.render.raster.scene import SceneArrays, scene_arrays
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.render.raster.shade import View, shade
from diorama.sim.render.raster.texture import ChainCache
from diorama.sim.spec import CameraSpec, EnvironmentSpec, SceneSpec
from diorama.sim.transforms import invert

#: Where colour samples lie in a pixel: the rotated grid, no two in one row or column.
_COLOR_SAMPLES = ((0.375, 0.125), (0.875, 0.375), (0.125, 0.625), (0.625, 0.875))
_LABEL_SAMPLE = ((0.5, 0.5),)
#: Silhouettes are followed this many picture sizes past each edge.
_BEYOND = 2


class Raster:
    """Renders on the CPU or, by the same kernels, on a CUDA device. `device` is Warp's name for it."""

    def __init__(self, library: AssetLibrary, device: str = "cpu") -> None:
        self._library = library
        self.device = device
        # On the CPU a launch is a loop and a triangle one turn of it; a GPU wants large triangles shared out.
        self._strips = 1 if device == "cpu" else 32
        self._chains = ChainCache()
        self._buffers: dict[tuple[str, Any, int], Array] = {}
        self._scene: SceneArrays | None = None
        self._lights: LightArrays | None = None
        self._environment = EnvironmentSpec()
        self._labelled: list[int] = []

    def __enter__(self) -> Self:
        constant = {"device": self.device}
        self._color_samples = wp.array(_COLOR_SAMPLES, dtype=wp.vec2d, **constant)
        self._label_sample = wp.array(_LABEL_SAMPLE, dtype=wp.vec2d, **constant)
        self._sensor = Sensor(self.device)
        return self

    def __exit__(self, *exc: object) -> None:
        self._buffers.clear()
        self._scene = self._lights = None

    def load(self, spec: SceneSpec) -> None:
        """Put the scene on the device and render its shadow maps; both serve every camera."""
        self._scene = scene_arrays(spec, self._library, self.device, self._chains)
        self._lights = light_arrays(spec, self._scene, self.device, self._strips)
        self._environment = spec.environment
        self._labelled = [i for i, body in enumerate(spec.bodies) if body.category is not None]

    def render(self, camera: CameraSpec, channels: Collection[str]) -> Frame:
        """Photograph the loaded scene; see the `Renderer` protocol. Raises RuntimeError when none is loaded."""
        scene, lights = self._scene, self._lights
        if scene is None or lights is None:
            raise RuntimeError("no scene is loaded; in a with block, load one first: with Raster(library) as renderer: renderer.load(spec) ...")
        functions, bounds = self._set_up(camera, scene)
        out: dict[str, Any] = {}
        if not {"depth", "instance", "normal"}.isdisjoint(channels):
            out |= self._labels(camera, scene, functions, bounds, channels)
        if "amodal" in channels:
            out["silhouettes"] = self._silhouettes(camera, scene, functions, bounds)
        if not {"rgb", "radiance"}.isdisjoint(channels):
            out |= self._picture(camera, scene, lights, functions, bounds, channels)
        return Frame(camera=camera, **out)

    def _buffer(self, name: str, dtype: Any, size: int) -> Array:
        """Room that is kept from frame to frame, by name and size."""
        key = (name, dtype, size)
        if key not in self._buffers:
            for old in [k for k in self._buffers if k[0] == name]:
                del self._buffers[old]
            self._buffers[key] = wp.empty(size, dtype=dtype, device=self.device)
        return self._buffers[key]

    def _launch(self, kernel: Any, dim: Any, *inputs: Any) -> None:
        wp.launch(kernel, dim=dim, inputs=list(inputs), device=self.device)

    def _set_up(self, camera: CameraSpec, scene: SceneArrays) -> tuple[Array, Array]:
        buffers = triangle_buffers(scene.count, self.device)
        m = invert(camera.world_from_camera.matrix)
        self._launch(
            visibility.set_up_perspective,
            scene.count,
            scene.vertices,
            scene.faces,
            wp.mat33d(m[:3, :3]),
            wp.vec3d(m[:3, 3]),
            wp.vec2d(camera.fx, camera.fy),
            wp.vec2d(camera.cx, camera.cy),
            camera.near_m,
            scene.triangle_body,
            wp.array(_culled(camera, scene), dtype=wp.uint8, device=self.device),
            *buffers,
        )
        return buffers

    def _winners(self, camera: CameraSpec, scene: SceneArrays, functions: Array, bounds: Array, offsets: Array) -> Array:
        winners = self._buffer(f"winners-{offsets.shape[0]}", wp.uint64, camera.width * camera.height * offsets.shape[0])
        winners.zero_()
        reach = (1 / camera.near_m, 1 / camera.far_m)
        dim = (scene.count, self._strips)
        self._launch(visibility.rasterize, dim, functions, bounds, offsets, camera.width, camera.height, *reach, self._strips, winners)
        return winners

    def _labels(self, camera: CameraSpec, scene: SceneArrays, functions: Array, bounds: Array, channels: Collection[str]) -> dict[str, NDArray[Any]]:
        """Instance, depth and, if asked for, normals: one sample at each pixel's centre."""
        winners = self._winners(camera, scene, functions, bounds, self._label_sample)
        pixels = camera.width * camera.height
        instance = self._buffer("instance", wp.int32, pixels)
        depth = self._buffer("depth", wp.float32, pixels)
        normal = self._buffer("normal", wp.vec3, pixels if "normal" in channels else 0)
        self._launch(
            visibility.resolve_geometry,
            pixels,
            winners,
            functions,
            scene.triangles,
            scene.triangle_body,
            wp.mat33(invert(camera.world_from_camera.matrix)[:3, :3]),
            wp.vec2d(camera.fx, camera.fy),
            wp.vec2d(camera.cx, camera.cy),
            camera.width,
            instance,
            depth,
            normal,
        )
        shape = (camera.height, camera.width)
        out: dict[str, NDArray[Any]] = {"instance": _copy(instance, shape), "depth_m": _copy(depth, shape)}
        if "normal" in channels:
            out["normal"] = _copy(normal, (*shape, 3))
        return out

    def _silhouettes(self, camera: CameraSpec, scene: SceneArrays, functions: Array, bounds: Array) -> dict[int, Silhouette]:
        """Every labelled body alone, on a canvas of its own that may leave the picture."""
        w, h = camera.width, camera.height
        starts_of = scene.body_triangles.tolist()
        runs = [np.arange(starts_of[b], starts_of[b + 1]) for b in self._labelled]
        if not runs:
            return {}
        boxes = bounds.numpy()
        canvases = np.zeros((len(runs), 4), np.int32)
        for row, run in enumerate(runs):
            seen = boxes[run][boxes[run][:, 2] > boxes[run][:, 0]]
            if len(seen):
                low = np.maximum(seen[:, :2].min(axis=0), (-_BEYOND * w, -_BEYOND * h))
                high = np.minimum(seen[:, 2:].max(axis=0), ((1 + _BEYOND) * w, (1 + _BEYOND) * h))
                canvases[row] = (*low, *np.maximum(low, high))
        sizes = (canvases[:, 2] - canvases[:, 0]) * (canvases[:, 3] - canvases[:, 1])
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        covered = wp.zeros(max(int(starts[-1]), 1), dtype=wp.uint8, device=self.device)
        triangles = np.concatenate(runs).astype(np.int32)
        owner = np.repeat(np.arange(len(runs), dtype=np.int32), [len(r) for r in runs])
        self._launch(
            visibility.cover,
            (len(triangles), self._strips),
            functions,
            bounds,
            wp.array(triangles, dtype=wp.int32, device=self.device),
            wp.array(owner, dtype=wp.int32, device=self.device),
            wp.array(canvases, dtype=wp.vec4i, device=self.device),
            wp.array(starts, dtype=wp.int32, device=self.device),
            1 / camera.near_m,
            1 / camera.far_m,
            self._strips,
            covered,
        )
        flat = covered.numpy()
        return {body: _silhouette(flat[starts[row] : starts[row + 1]], canvases[row], w, h) for row, body in enumerate(self._labelled)}

    def _picture(
        self, camera: CameraSpec, scene: SceneArrays, lights: LightArrays, functions: Array, bounds: Array, channels: Collection[str]
    ) -> dict[str, NDArray[Any]]:
        """Shade the colour samples, and develop them into an 8-bit picture if that is asked for."""
        winners = self._winners(camera, scene, functions, bounds, self._color_samples)
        pixels, shape = camera.width * camera.height, (camera.height, camera.width, 3)
        radiance = self._buffer("radiance", wp.vec3, pixels)
        self._launch(
            shade,
            pixels,
            winners,
            self._color_samples,
            _view(camera, self._environment),
            functions,
            scene.triangles,
            scene.surfaces,
            scene.texels,
            lights.lights,
            lights.shadows,
            radiance,
        )
        out: dict[str, NDArray[Any]] = {}
        if "radiance" in channels:
            out["radiance"] = _copy(radiance, shape)
        if "rgb" in channels:
            out["rgb"] = self._sensor.develop(radiance, camera)
        return out


def _culled(camera: CameraSpec, scene: SceneArrays) -> NDArray[np.uint8]:
    """1 for each closed body that the camera is not inside of (or so near that its near plane may reach inside)."""
    eye = np.array(camera.world_from_camera.position_m)
    widest = max(camera.cx, camera.width - camera.cx) / camera.fx + max(camera.cy, camera.height - camera.cy) / camera.fy
    reach = camera.near_m * (1 + abs(widest))
    inside = np.all((scene.bounds_m[:, 0] - reach < eye) & (eye < scene.bounds_m[:, 1] + reach), axis=1)
    return (scene.closed & ~inside).astype(np.uint8)


def _copy(array: Array, shape: tuple[int, ...]) -> NDArray[Any]:
    """The buffer's content in an array of the caller's own."""
    return np.array(array.numpy()).reshape(shape)


def _silhouette(flat: NDArray[np.uint8], canvas: NDArray[np.int32], width: int, height: int) -> Silhouette:
    x0, y0, x1, y1 = (int(v) for v in canvas)
    bits = flat.reshape(y1 - y0, x1 - x0).view(np.bool_)
    columns, rows = np.flatnonzero(bits.any(axis=0)), np.flatnonzero(bits.any(axis=1))
    if len(columns) == 0:
        return Silhouette(inside_px=0, total_px=0, box_xyxy=(0, 0, 0, 0), bits=np.zeros((0, 0), np.bool_), bits_xy=(0, 0))
    left, top = max(x0, 0), max(y0, 0)
    inside = bits[top - y0 : max(min(y1, height) - y0, 0), left - x0 : max(min(x1, width) - x0, 0)]
    return Silhouette(
        inside_px=int(np.count_nonzero(inside)),
        total_px=int(np.count_nonzero(bits)),
        box_xyxy=(x0 + int(columns[0]), y0 + int(rows[0]), x0 + int(columns[-1]) + 1, y0 + int(rows[-1]) + 1),
        bits=inside,
        bits_xy=(left, top),
    )


def _view(camera: CameraSpec, environment: EnvironmentSpec) -> Any:
    m = camera.world_from_camera.matrix
    view = View()
    view.width, view.height = camera.width, camera.height
    view.per_focal, view.center = wp.vec2(1 / camera.fx, 1 / camera.fy), wp.vec2(camera.cx, camera.cy)
    view.position, view.world_from_camera = wp.vec3(m[:3, 3]), wp.mat33(m[:3, :3])
    view.sky, view.ground = wp.vec3(environment.sky), wp.vec3(environment.ground)
    view.background_top = wp.vec3(environment.background_top or environment.sky)
    view.background_bottom = wp.vec3(environment.background_bottom or environment.ground)
    return view
