"""Pictures by Mitsuba's scalar variant: one of its own sensors, ray by ray."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.render.pathtrace.engine import mi
from diorama.sim.render.pathtrace.scene import TracedScene
from diorama.sim.render.pathtrace.shutter import Shot
from diorama.sim.render.pathtrace.variant import NEEDED_LLVM
from diorama.sim.spec import CameraSpec


def sample(traced: TracedScene, camera: CameraSpec, shot: Shot, seed: int) -> NDArray[np.float32]:
    """Means (H, W, n) over a shot's samples: the radiance that surfaces send to a pixel, the share of it that they cover, and AOVs.

    Raises InvalidValue for what this variant cannot do.
    """
    if traced.glows:
        raise _needs_llvm("surfaces that glow")
    if camera.rolling_shutter_s > 0:
        raise _needs_llvm("rolling shutters")
    there = replace(camera, world_from_camera=camera.motion.moved(camera.world_from_camera, shot.camera_s))
    return np.array(mi.render(traced.scene, sensor=mi.load_dict(sensor(there)), spp=shot.count, seed=seed), np.float32)


def sensor(camera: CameraSpec) -> dict[str, Any]:
    """The camera as a dictionary that Mitsuba loads: each pixel the mean of what falls into it. Raises InvalidValue."""
    if camera.distortion is not None:
        raise _needs_llvm("lenses that distort")
    if abs(camera.fx - camera.fy) > 1e-6 * camera.fx:
        raise _needs_llvm("pixels that are not square")
    m = camera.world_from_camera.matrix
    out: dict[str, Any] = {
        "type": "perspective",
        "fov": math.degrees(2 * math.atan(camera.width / 2 / camera.fx)),
        "near_clip": camera.near_m,
        "far_clip": camera.far_m,
        # Mitsuba's cameras have x to the left and y up.
        "to_world": mi.ScalarTransform4f(np.concatenate([-m[:, :2], m[:, 2:]], axis=1)),
        "film": {"type": "hdrfilm", "width": camera.width, "height": camera.height, "pixel_format": "rgba", "rfilter": {"type": "box"}},
        "sampler": {"type": "ldsampler"},
    }
    off_center = {
        "principal_point_offset_x": camera.cx / camera.width - 0.5,
        "principal_point_offset_y": camera.cy / camera.height - 0.5,
    }
    if camera.aperture_m == 0:
        return out | off_center
    if any(off_center.values()):
        raise _needs_llvm("depth of field with a principal point off the middle")
    return out | {"type": "thinlens", "aperture_radius": camera.aperture_m, "focus_distance": camera.focus_m}


def _needs_llvm(what: str) -> InvalidValue:
    return InvalidValue(
        f"path tracing of {what} needs LLVM {NEEDED_LLVM} or later, which was not found. On Debian or Ubuntu: apt-get install libllvm19"
    )
