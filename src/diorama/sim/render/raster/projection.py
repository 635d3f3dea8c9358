"""A scene as one camera sees it: what is computed once for each triangle.

On a CPU, where all costs time, only for those of bodies that may be in the picture, or, if they are labelled, as far beyond it as silhouettes are
followed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.raster import lens_visibility, visibility
from diorama.sim.render.raster.device import Array, Scratch, wp
from diorama.sim.render.raster.exposure import sheared
from diorama.sim.render.raster.ray_tables import BEYOND, RayTables
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.spec import CameraSpec
from diorama.sim.transforms import Matrix, compose, invert


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """For each triangle: `functions` (Functions), exact linear functions of the pixel; `bounds` (vec4i), the pixels that may see it;
    `planes` (Planes), the same functions for shading. `reach` is one over the nearest and the farthest visible depth.

    With a lens, the functions are of rays in place of pixels, `lens` holds each sample's ray, and `extents` (Extent) the
    boxes of each triangle's rays; `pixel_rad` is about how far apart neighbouring rays are (0 without a lens).
    `order` int32 are the triangles that the picture may show, or None if it has not been asked; of bodies that are not `there` (n,) bool,
    nothing is known but that they are beyond.
    """

    functions: Array
    bounds: Array
    planes: Array
    reach: tuple[float, float]
    lens: RayTables | None
    extents: Array
    pixel_rad: float
    order: Array | None
    there: NDArray[np.bool_]


def project(
    camera: CameraSpec,
    scene: SceneArrays,
    scratch: Scratch,
    lens: RayTables | None,
    beyond: bool,
    shear: tuple[float, float] = (0.0, 0.0),
    unseen: int | None = None,
    labelled: Sequence[int] = (),
) -> Projection:
    """Look at all triangles but those of the body `unseen` by a camera, and if asked for `beyond` its picture's edges. A pinhole always does, for
    bodies that are `labelled`. For `shear` see `Shot`.
    """
    functions = scratch.array("functions", visibility.Functions, scene.count)
    bounds = scratch.array("bounds", wp.vec4i, scene.count)
    planes = scratch.array("planes", visibility.Planes, scene.count)
    # What bends rays one way bends the scene the other.
    m = compose(sheared((-shear[0], -shear[1])), invert(camera.world_from_camera.matrix))
    there, everything = np.ones(len(scene.bounds_m), np.bool_), wp.empty(0, dtype=wp.int32, device=scratch.device)
    order = None
    mesh = (scene.vertices, scene.faces, wp.mat33d(m[:3, :3]), wp.vec3d(m[:3, 3]))
    sides = (scene.triangle_surface, wp.array(culled(camera, scene, unseen), dtype=wp.uint8, device=scratch.device))
    outputs = (functions, bounds, planes)
    extents = scratch.array("extents", lens_visibility.Extent, scene.count if lens else 0)

    def launch(kernel: Any, *inputs: Any) -> None:
        scratch.launch(kernel, scene.count, *inputs)

    if lens is None:
        pinhole = (wp.vec2d(camera.fx, camera.fy), wp.vec2d(camera.cx, camera.cy), camera.near_m)
        inputs = (*mesh, *pinhole, *sides, wp.vec2d(camera.width, camera.height), *outputs)
        if bounds.device.is_cpu:
            there = _in_view(m, camera, scene.bounds_m, 0.0)
            farther = list(labelled)
            there[farther] = _in_view(m, camera, scene.bounds_m[farther], BEYOND)
            near = np.flatnonzero(np.repeat(there, np.diff(scene.body_triangles))).astype(np.int32)
            scratch.launch(visibility.set_up_perspective, len(near), _indices(near), *inputs)
            boxes = bounds.numpy()[near]
            shown = (boxes[:, 2] > 0) & (boxes[:, 3] > 0) & (boxes[:, 0] < camera.width) & (boxes[:, 1] < camera.height)
            order = _indices(near[shown & (boxes[:, 0] < boxes[:, 2])])
        else:
            launch(visibility.set_up_perspective, everything, *inputs)
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
        order=order,
        there=there,
    )


def _indices(values: NDArray[np.int32]) -> Array:
    return wp.array(values, dtype=wp.int32, device="cpu", copy=False)


def _in_view(camera_from_world: Matrix, camera: CameraSpec, bounds_m: NDArray[np.float64], beyond: float) -> NDArray[np.bool_]:
    """(n,) bool, which boxes (n, 2, 3) in the world a pinhole may see, some of them wrongly, `beyond` its picture's edges by that share of it."""
    x, y, z = camera_from_world[:3]
    # A pixel more than that.
    across, down = (1 + beyond * size for size in (camera.width, camera.height))
    planes = np.array(
        [
            z - (0, 0, 0, camera.near_m),
            x * camera.fx + z * (camera.cx + across),
            z * (camera.width + across - camera.cx) - x * camera.fx,
            y * camera.fy + z * (camera.cy + down),
            z * (camera.height + down - camera.cy) - y * camera.fy,
        ]
    )
    normals = planes[:, None, :3]
    # Of each box the corner that is farthest to the inside.
    corners = np.maximum(normals * bounds_m[:, 0], normals * bounds_m[:, 1]).sum(axis=2)
    return (corners + planes[:, 3:] >= -1e-6).all(axis=0)


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
