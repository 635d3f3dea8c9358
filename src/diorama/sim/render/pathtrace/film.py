"""Pictures by Mitsuba's scalar variant: one of its own sensors, ray by ray."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.render.pathtrace.engine import mi
from diorama.sim.render.pathtrace.scene import TracedScene
from diorama.sim.render.pathtrace.variant import NEEDED_LLVM
from diorama.sim.spec import CameraSpec


def sample(traced: TracedScene, camera: CameraSpec, count: int, seed: int) -> NDArray[np.float32]:
    """Means (H, W, n) over `count` samples a pixel: the radiance that surfaces send to it, the share of it that they cover, and AOVs.

    Raises InvalidValue for what this variant cannot do.
    """
    if traced.glows:
        raise _needs_llvm("surfaces that glow")
    return np.array(mi.render(traced.scene, sensor=mi.load_dict(sensor(camera)), spp=count, seed=seed), np.float32)


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
        "principal_point_offset_x": camera.cx / camera.width - 0.5,
        "principal_point_offset_y": camera.cy / camera.height - 0.5,
        "near_clip": camera.near_m,
        "far_clip": camera.far_m,
        # Mitsuba's cameras have x to the left and y up.
        "to_world": mi.ScalarTransform4f(np.concatenate([-m[:, :2], m[:, 2:]], axis=1)),
        "film": {"type": "hdrfilm", "width": camera.width, "height": camera.height, "pixel_format": "rgba", "rfilter": {"type": "box"}},
        "sampler": {"type": "ldsampler"},
    }
    if camera.aperture_m > 0:
        out |= {"type": "thinlens", "aperture_radius": camera.aperture_m, "focus_distance": camera.focus_m}
    return out


def _needs_llvm(what: str) -> InvalidValue:
    return InvalidValue(
        f"path tracing of {what} needs LLVM {NEEDED_LLVM} or later, which was not found. On Debian or Ubuntu: apt-get install libllvm19"
    )
