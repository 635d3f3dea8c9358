"""Labels that need more of a pixel's surface than its depth: its category, its place on its body, and where that is seen at another moment.

All are of the point that a pixel's centre sees. It is found in the camera's frame in double precision; one matrix for each body,
composed on the host, takes it from there to the body's own axes, or to the camera's at another moment.
"""

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.lens import project_points
from diorama.sim.render.raster.device import Array
from diorama.sim.render.raster.exposure import camera_at
from diorama.sim.render.raster.stage import Stage
from diorama.sim.render.raster.visibility import EMPTY, GROUP_SIZE, Columns, Functions, Winners, inverse_distance, place_at, triangle_of
from diorama.sim.spec import CameraSpec, SceneSpec
from diorama.sim.transforms import Matrix, compose, invert

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})


@wp.struct
class Sight:
    """What the pixels of a picture see: the `triangle` at each one's centre, of a body and with linear functions of its own.

    `rays`, `sample`, `focal` and `center` say which ray that is: see `visibility.place_at` and `visibility.resolve_geometry`.
    A kernel's first thread takes the pixel `first`.
    """

    triangle: wp.array(dtype=int)
    triangle_body: wp.array(dtype=int)
    functions: wp.array(dtype=Functions)
    rays: wp.array4d(dtype=Columns)
    sample: int
    focal: wp.vec2d
    center: wp.vec2d
    width: int
    first: int


@wp.kernel
def find_triangles(winners: wp.array(dtype=Winners), plane: int, top: int, width: int, triangle: wp.array(dtype=int)):
    """The triangle at each pixel of a band that begins with row `top`, from the sample whose winners begin at `plane`."""
    y, group = wp.tid()
    found = winners[plane + y * ((width + GROUP_SIZE - 1) // GROUP_SIZE) + group]
    for k in range(GROUP_SIZE):
        x = group * GROUP_SIZE + k
        if x < width:
            triangle[(top + y) * width + x] = triangle_of(found[k])


@wp.func
def point_seen(sight: Sight, pixel: int) -> wp.vec3d:
    """The point, in the camera's frame, that a pixel's centre sees. It must see one."""
    y = pixel // sight.width
    p = place_at(sight.rays, sight.sample, pixel - y * sight.width, y, wp.vec2d(wp.float64(0.5), wp.float64(0.5)))
    away = wp.float64(1.0) / inverse_distance(sight.functions[sight.triangle[pixel]], p)
    x = (p[0] - sight.center[0] * p[2]) / sight.focal[0]
    return wp.vec3d(x * away, (p[1] - sight.center[1] * p[2]) / sight.focal[1] * away, p[2] * away)


@wp.kernel
def resolve_category(sight: Sight, category: wp.array(dtype=int), out: wp.array(dtype=int)):
    """Each pixel's entry of `category`, which has one for each body; 0 where nothing is."""
    pixel = sight.first + wp.tid()
    t = sight.triangle[pixel]
    out[pixel] = 0
    if t != EMPTY:
        out[pixel] = category[sight.triangle_body[t]]


@wp.kernel
def resolve_coordinates(sight: Sight, nocs_from_camera: wp.array(dtype=wp.mat44d), out: wp.array(dtype=wp.vec3)):
    """Each pixel's point in its body's normalized coordinates; zero where nothing is."""
    pixel = sight.first + wp.tid()
    t = sight.triangle[pixel]
    out[pixel] = wp.vec3(0.0, 0.0, 0.0)
    if t != EMPTY:
        p = wp.transform_point(nocs_from_camera[sight.triangle_body[t]], point_seen(sight, pixel))
        out[pixel] = wp.vec3(float(p[0]), float(p[1]), float(p[2]))


@wp.kernel
def resolve_moved(sight: Sight, then_from_now: wp.array(dtype=wp.mat44d), out: wp.array(dtype=wp.vec3d)):
    """Where each pixel's point is at another moment, in the camera's frame of that moment. Where nothing is, nothing is written."""
    pixel = sight.first + wp.tid()
    t = sight.triangle[pixel]
    if t != EMPTY:
        out[pixel] = wp.transform_point(then_from_now[sight.triangle_body[t]], point_seen(sight, pixel))


#: The channels of this file, and what a pixel of each is on the device.
DTYPES = {"category": wp.int32, "object_coordinates": wp.vec3, "flow_forward": wp.vec3d, "flow_backward": wp.vec3d}
#: How many times `CameraSpec.flow_s` later the other picture is taken.
FLOWS = {"flow_forward": 1.0, "flow_backward": -1.0}


def resolve(labels: dict[str, Array], sight: Any, pixels: int, stage: Stage, camera: CameraSpec, seconds: float) -> None:
    """Fill those `labels`, by channel, that are of this file, for `pixels` of a picture taken `seconds` after the camera's moment.

    The flows are left as points in the camera's frame at the other moment: `flow` makes them what they are to be.
    """

    def launch(kernel: Any, name: str, table: NDArray[Any], dtype: Any) -> None:
        device = sight.triangle.device
        wp.launch(kernel, dim=pixels, inputs=[sight, wp.array(table, dtype=dtype, device=device), labels[name]], device=device)

    def moment(seconds: float) -> tuple[Matrix, Matrix]:
        return camera_at(camera, seconds).world_from_camera.matrix, stage.world_from_body(seconds)

    camera_now, bodies_now = moment(seconds)
    bodies_from_camera = compose(invert(bodies_now), camera_now)
    if "category" in labels:
        launch(resolve_category, "category", category_ids(stage.spec), wp.int32)
    if "object_coordinates" in labels:
        launch(resolve_coordinates, "object_coordinates", compose(nocs_from_body(stage.boxes_m), bodies_from_camera), wp.mat44d)
    for name in FLOWS.keys() & labels.keys():
        camera_then, bodies_then = moment(seconds + FLOWS[name] * camera.flow_s)
        launch(resolve_moved, name, compose(invert(camera_then), bodies_then, bodies_from_camera), wp.mat44d)


def category_ids(spec: SceneSpec) -> NDArray[np.int32]:
    """(n,) for each body, one plus its category's place in `spec.categories`; 0 for none."""
    ids = {None: 0} | {name: i for i, name in enumerate(spec.categories, start=1)}
    return np.array([ids[body.category] for body in spec.bodies], np.int32)


def nocs_from_body(boxes_m: NDArray[np.float64]) -> Matrix:
    """(n, 4, 4), from bodies' own axes to coordinates in which a box (n, 2, 3) has its middle at 0.5 and a diagonal of 1.

    Wang et al., "Normalized object coordinate space for category-level 6D object pose and size estimation" (2019).
    """
    size = boxes_m[:, 1] - boxes_m[:, 0]
    diagonal = np.sqrt(size[:, 0] * size[:, 0] + size[:, 1] * size[:, 1] + size[:, 2] * size[:, 2])
    scale = 1.0 / np.where(diagonal > 0, diagonal, 1.0)
    out = np.zeros((len(boxes_m), 4, 4))
    out[:, range(3), range(3)] = scale[:, None]
    out[:, :3, 3] = 0.5 - 0.5 * (boxes_m[:, 0] + boxes_m[:, 1]) * scale[:, None]
    out[:, 3, 3] = 1.0
    return out


def flow(camera: CameraSpec, moved: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(H * W, 2) pixels from each pixel's centre to where the point `moved` (H * W, 3) of the camera's frame is seen: NaN where the lens
    does not see it, zero where no point was `seen` (H * W,).
    """
    out = np.zeros((len(seen), 2), np.float32)
    row, column = np.divmod(np.flatnonzero(seen), camera.width)
    out[seen] = project_points(camera, moved[seen]) - np.stack([column + 0.5, row + 0.5], axis=1)
    return out
