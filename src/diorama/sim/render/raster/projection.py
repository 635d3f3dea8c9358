"""A scene as one camera sees it: what is computed once for each triangle."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.raster import lens_visibility, visibility
from diorama.sim.render.raster.device import Array, Scratch, wp
from diorama.sim.render.raster.exposure import sheared
from diorama.sim.render.raster.ray_tables import RayTables
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.spec import CameraSpec
from diorama.sim.transforms import compose, invert


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """For each triangle: `functions` (Functions), exact linear functions of the pixel; `bounds` (vec4i), the pixels that may see it;
    `planes` (Planes), the same functions for shading. `reach` is one over the nearest and the farthest visible depth.

    With a lens, the functions are of rays in place of pixels, `lens` holds each sample's ray, and `extents` (Extent) the
    boxes of each triangle's rays; `pixel_rad` is about how far apart neighbouring rays are (0 without a lens).
    """

    functions: Array
    bounds: Array
    planes: Array
    reach: tuple[float, float]
    lens: RayTables | None
    extents: Array
    pixel_rad: float


def project(
    camera: CameraSpec,
    scene: SceneArrays,
    scratch: Scratch,
    lens: RayTables | None,
    beyond: bool,
    shear: tuple[float, float] = (0.0, 0.0),
    unseen: int | None = None,
) -> Projection:
    """Look at all triangles but those of the body `unseen` by a camera, and if asked for `beyond` its picture's edges. A pinhole always does. For
    `shear` see `Shot`.
    """
    functions = scratch.array("functions", visibility.Functions, scene.count)
    bounds = scratch.array("bounds", wp.vec4i, scene.count)
    planes = scratch.array("planes", visibility.Planes, scene.count)
    # What bends rays one way bends the scene the other.
    m = compose(sheared((-shear[0], -shear[1])), invert(camera.world_from_camera.matrix))
    mesh = (scene.vertices, scene.faces, wp.mat33d(m[:3, :3]), wp.vec3d(m[:3, 3]))
    sides = (scene.triangle_surface, wp.array(culled(camera, scene, unseen), dtype=wp.uint8, device=scratch.device))
    outputs = (functions, bounds, planes)
    extents = scratch.array("extents", lens_visibility.Extent, scene.count if lens else 0)

    def launch(kernel: Any, *inputs: Any) -> None:
        scratch.launch(kernel, scene.count, *inputs)

    if lens is None:
        pinhole = (wp.vec2d(camera.fx, camera.fy), wp.vec2d(camera.cx, camera.cy), camera.near_m)
        launch(visibility.set_up_perspective, *mesh, *pinhole, *sides, wp.vec2d(camera.width, camera.height), *outputs)
    else:
        launch(lens_visibility.set_up_rays, *mesh, *sides, *outputs, extents)
        for tree in (lens.picture, lens.beyond) if beyond else (lens.picture,):
            launch(lens_visibility.widen, functions, extents, *tree, bounds)
    return Projection(
        functions=functions,
        bounds=bounds,
        planes=planes,
        reach=(1 / camera.near_m, 1 / camera.far_m),
        lens=lens,
        extents=extents,
        pixel_rad=2 / (camera.fx + camera.fy) if lens else 0.0,
    )


def culled(camera: CameraSpec, scene: SceneArrays, unseen: int | None = None) -> NDArray[np.uint8]:
    """For each surface `NO_BACK` where no back face of it is seen: on one-sided ones, and on closed bodies that the camera is not inside of (or
    so near that its near plane may reach inside); and `UNSEEN` on the body that is not there for it.
    """
    eye = np.array(camera.world_from_camera.position_m)
    reach = camera.near_m
    if camera.distortion is None:
        # A pinhole's near plane is farther off in the picture's corners.
        widest = max(camera.cx, camera.width - camera.cx) / camera.fx + max(camera.cy, camera.height - camera.cy) / camera.fy
        reach *= 1 + abs(widest)
    inside = np.all((scene.bounds_m[:, 0] - reach < eye) & (eye < scene.bounds_m[:, 1] + reach), axis=1)
    out = ((scene.bodies.closed & ~inside)[scene.surface_body] | scene.bodies.one_sided).astype(np.uint8)  # NO_BACK is 1
    if unseen is not None:
        out[scene.surface_body == unseen] = visibility.UNSEEN.value
    return out
