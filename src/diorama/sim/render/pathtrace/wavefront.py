"""Pictures by Mitsuba's compiled variants: all rays of a picture at once, from our own camera model.

Rays are made here and not by one of Mitsuba's sensors, so that any lens can be had, and so that what cameras do not see can be skipped.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.lens import rays_at
from diorama.sim.render.pathtrace.engine import dr, mi
from diorama.sim.render.pathtrace.scene import TracedScene
from diorama.sim.render.pathtrace.shutter import Shot, row_poses
from diorama.sim.spec import CameraSpec

#: Lights and backs of surfaces that a ray passes before it is given up.
_MOST_LAYERS = 4


def sample(traced: TracedScene, camera: CameraSpec, shot: Shot, seed: int) -> NDArray[np.float32]:
    """Means (rows, W, n) over a shot's samples: the radiance that surfaces send to a pixel, the share of it that they cover, and AOVs."""
    scene, integrator = traced.scene, traced.scene.integrator()
    count = shot.count
    rays = camera.width * (shot.last - shot.first) * count
    sampler = mi.load_dict({"type": "ldsampler", "sample_count": count})
    sampler.set_samples_per_wavefront(count)
    sampler.seed(seed, rays)
    pixel = dr.arange(mi.UInt32, rays) // count
    column, row = pixel % camera.width, pixel // camera.width + dr.opaque(mi.UInt32, shot.first)
    direction, seeing = _directions(camera, column, row, sampler.next_2d())
    ray = _rays(camera, row_poses(camera, shot.camera_s), row, direction, sampler.next_2d() if camera.aperture_m > 0 else None)
    if traced.glows or traced.one_sided:
        ray, seen = _past_unseen(traced, ray)
        light, _, aovs = integrator.sample(scene, sampler, ray, None, seen & seeing)
    else:
        light, seen, aovs = integrator.sample(scene, sampler, ray, None, seeing)
    covered = dr.select(seen | ~seeing, mi.Float(1), mi.Float(0))
    # An AOV integrator repeats light and coverage before what was asked of it.
    channels = [light.x, light.y, light.z, covered, *(dr.select(seen, channel, 0) for channel in aovs[4:])]
    dr.eval(channels)  # else each sum would trace the rays again
    sums = [dr.block_sum(channel, count) for channel in channels]
    means = np.stack([np.asarray(channel) for channel in sums], axis=1) / count
    return means.reshape(-1, camera.width, len(channels)).astype(np.float32)


def _directions(camera: CameraSpec, column: Any, row: Any, within: Any) -> tuple[Any, Any]:
    """Rays in the camera's frame through places `within` pixels, as long as the far distance counts in; and whether the lens sees there.

    A pinhole's have z = 1. With a lens they are unit, and found between those of the pixels' corners, which bend too little to tell.
    """
    if camera.distortion is None:
        x = (column + within.x - _variable(camera.cx)) / _variable(camera.fx)
        y = (row + within.y - _variable(camera.cy)) / _variable(camera.fy)
        return mi.Vector3f(x, y, 1.0), mi.Bool(True)
    corners = mi.Float(_corner_rays(_lens_of(camera)))
    first = row * (camera.width + 1) + column
    upper_left, upper_right, lower_left, lower_right = (
        dr.gather(mi.Vector3f, corners, first + step) for step in (0, 1, camera.width + 1, camera.width + 2)
    )
    upper = dr.lerp(upper_left, upper_right, within.x)
    ray = dr.normalize(dr.lerp(upper, dr.lerp(lower_left, lower_right, within.x), within.y))
    return ray, ~dr.any(dr.isnan(ray))


def _lens_of(camera: CameraSpec) -> CameraSpec:
    """All that a camera's rays depend on in its own frame."""
    k = {name: getattr(camera, name) for name in ("width", "height", "fx", "fy", "cx", "cy", "distortion")}
    return CameraSpec(**k)


@lru_cache(maxsize=2)
def _corner_rays(camera: CameraSpec) -> NDArray[np.float32]:
    """Unit rays through the corners of all pixels, flat; NaN where the lens sees nothing."""
    at = np.stack(np.meshgrid(np.arange(camera.width + 1.0), np.arange(camera.height + 1.0)), axis=-1)
    return rays_at(camera, at.reshape(-1, 2)).astype(np.float32).ravel()


def _rays(camera: CameraSpec, poses: NDArray[np.float32], row: Any, direction: Any, lens: Any) -> Any:
    """Rays of the world from where they pass the near distance to where they pass the far one, through places on the lens if it has a width."""
    origin = mi.Point3f(0.0)
    if lens is not None:
        # What lies in the plane of focus is met from all over the lens. Rays level with that plane or turned from it stay sharp.
        disc = mi.warp.square_to_uniform_disk_concentric(lens) * _variable(camera.aperture_m)
        ahead = dr.maximum(direction.z, 0.0)
        origin = mi.Point3f(disc.x, disc.y, 0.0) & (ahead > 0)
        direction -= origin * (ahead / _variable(camera.focus_m))
    columns = [mi.Float(np.ascontiguousarray(column)) for column in poses.T]
    m = columns if len(poses) == 1 else [dr.gather(mi.Float, column, row) for column in columns]
    right, down, forward, position = (mi.Vector3f(m[i], m[4 + i], m[8 + i]) for i in range(4))

    def in_world(v: Any) -> Any:
        return right * v.x + down * v.y + forward * v.z

    start = mi.Point3f(position + in_world(origin + direction * _variable(camera.near_m)))
    length = dr.norm(direction)
    ray = mi.Ray3f(start, in_world(direction / length))
    ray.maxt = _variable(camera.far_m - camera.near_m) * length
    return mi.RayDifferential3f(ray)


def _variable(value: float) -> Any:
    """A number that compiled code reads, instead of having it built in and being compiled anew for another."""
    return dr.opaque(mi.Float, float(value))


def _past_unseen(traced: TracedScene, ray: Any) -> tuple[Any, Any]:
    """The rays from beyond what cameras look through, lights and the backs of one-sided surfaces; and which of them then meet a surface."""
    ray = mi.Ray3f(ray)
    seen = dr.zeros(mi.Bool, dr.width(ray))
    looking = dr.full(mi.Bool, True, dr.width(ray))
    for _ in range(_MOST_LAYERS):
        hit = traced.scene.ray_intersect(ray, mi.RayFlags.Minimal, True, looking)
        passes = dr.zeros(mi.Bool, dr.width(ray))
        for shape in traced.unseen:
            passes |= hit.shape == mi.ShapePtr(shape)
        for shape in traced.one_sided:
            passes |= (hit.shape == mi.ShapePtr(shape)) & (dr.dot(hit.n, ray.d) > 0)
        passes &= looking & hit.is_valid()
        seen |= looking & hit.is_valid() & ~passes
        beyond = hit.spawn_ray(ray.d)
        ray.o = dr.select(passes, beyond.o, ray.o)
        ray.maxt = dr.select(passes, ray.maxt - hit.t, ray.maxt)
        looking = passes
    return mi.RayDifferential3f(ray), seen
