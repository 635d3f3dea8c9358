"""Pictures by Mitsuba's compiled variants: all rays of a picture at once, from our own camera model.

Rays are made here and not by one of Mitsuba's sensors, so that any lens can be had, and so that what cameras do not see can be skipped.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.pathtrace.engine import dr, mi
from diorama.sim.render.pathtrace.scene import TracedScene
from diorama.sim.spec import CameraSpec

#: Rays at a time: more need more memory and are no faster.
_MOST_RAYS = 1 << 23
#: Lights and backs of surfaces that a ray passes before it is given up.
_MOST_LAYERS = 4


def trace(traced: TracedScene, camera: CameraSpec, spp: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean radiance (H, W, 3) that surfaces send to each pixel, and the share (H, W) of the pixel that surfaces cover."""
    pixels = camera.width * camera.height
    total = np.zeros((pixels, 4))
    done = 0
    while done < spp:
        count = min(spp - done, max(_MOST_RAYS // pixels, 1))
        total += _pass(traced, camera, count, (seed + done) & 0xFFFFFFFF)
        done += count
    mean = (total / spp).astype(np.float32).reshape(camera.height, camera.width, 4)
    return mean[..., :3], mean[..., 3]


def _pass(traced: TracedScene, camera: CameraSpec, count: int, seed: int) -> NDArray[np.float32]:
    """Sums (pixels, 4) over `count` samples a pixel of radiance and of how often there was a surface."""
    scene, integrator = traced.scene, traced.scene.integrator()
    rays = camera.width * camera.height * count
    sampler = mi.load_dict({"type": "independent"})
    sampler.seed(seed, rays)
    pixel = dr.arange(mi.UInt32, rays) // count
    jitter = sampler.next_2d()
    u, v = pixel % camera.width + jitter.x, pixel // camera.width + jitter.y
    ray = _rays(camera, u, v, sampler.next_2d() if camera.aperture_m > 0 else None)
    if traced.glows or traced.one_sided:
        ray, seen = _past_unseen(traced, ray)
        light, _, _ = integrator.sample(scene, sampler, ray, None, seen)
    else:
        light, seen, _ = integrator.sample(scene, sampler, ray)
    channels = [light.x, light.y, light.z, dr.select(seen, mi.Float(1), mi.Float(0))]
    dr.eval(channels)  # else each sum would trace the rays again
    sums = [dr.block_sum(channel, count) for channel in channels]
    return np.stack([np.asarray(channel) for channel in sums], axis=1)


def _rays(camera: CameraSpec, u: Any, v: Any, lens: Any) -> Any:
    """Rays through points (u, v) of the picture, from where they pass the near distance to where they pass the far one."""
    direction = mi.Vector3f((u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1.0)
    origin = mi.Point3f(0.0)
    if lens is not None:
        disc = mi.warp.square_to_uniform_disk_concentric(lens) * camera.aperture_m
        origin = mi.Point3f(disc.x, disc.y, 0.0)
        direction = (direction * camera.focus_m - origin) / camera.focus_m
    m = camera.world_from_camera.matrix
    rotation = mi.Matrix3f(m[:3, :3].tolist())
    position = mi.Point3f(m[:3, 3].tolist())
    start = position + rotation @ (origin + direction * camera.near_m)
    length = dr.norm(direction)
    ray = mi.Ray3f(start, rotation @ (direction / length))
    ray.maxt = (camera.far_m - camera.near_m) * length
    return mi.RayDifferential3f(ray)


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
