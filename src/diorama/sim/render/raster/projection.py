"""A scene as one camera sees it: what is computed once for each triangle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.raster import visibility
from diorama.sim.render.raster.device import Array, Scratch, wp
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.spec import CameraSpec
from diorama.sim.transforms import invert


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """For each triangle: `functions` (Functions), exact linear functions of the pixel; `bounds` (vec4i), the pixels that may see it;
    `planes` (Planes), the same functions for shading. `reach` is one over the nearest and the farthest visible depth.
    """

    functions: Array
    bounds: Array
    planes: Array
    reach: tuple[float, float]


def project(camera: CameraSpec, scene: SceneArrays, scratch: Scratch) -> Projection:
    """Look at all triangles by a pinhole camera."""
    functions = scratch.array("functions", visibility.Functions, scene.count)
    bounds = scratch.array("bounds", wp.vec4i, scene.count)
    planes = scratch.array("planes", visibility.Planes, scene.count)
    m = invert(camera.world_from_camera.matrix)
    wp.launch(
        visibility.set_up_perspective,
        dim=scene.count,
        inputs=[
            scene.vertices,
            scene.faces,
            wp.mat33d(m[:3, :3]),
            wp.vec3d(m[:3, 3]),
            wp.vec2d(camera.fx, camera.fy),
            wp.vec2d(camera.cx, camera.cy),
            camera.near_m,
            scene.triangle_body,
            wp.array(_culled(camera, scene), dtype=wp.uint8, device=scratch.device),
            wp.vec2d(camera.width, camera.height),
            functions,
            bounds,
            planes,
        ],
        device=scratch.device,
    )
    return Projection(functions=functions, bounds=bounds, planes=planes, reach=(1 / camera.near_m, 1 / camera.far_m))


def _culled(camera: CameraSpec, scene: SceneArrays) -> NDArray[np.uint8]:
    """1 for each closed body that the camera is not inside of (or so near that its near plane may reach inside)."""
    eye = np.array(camera.world_from_camera.position_m)
    widest = max(camera.cx, camera.width - camera.cx) / camera.fx + max(camera.cy, camera.height - camera.cy) / camera.fy
    reach = camera.near_m * (1 + abs(widest))
    inside = np.all((scene.bounds_m[:, 0] - reach < eye) & (eye < scene.bounds_m[:, 1] + reach), axis=1)
    return (scene.closed & ~inside).astype(np.uint8)
