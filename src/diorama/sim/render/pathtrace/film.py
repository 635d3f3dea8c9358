"""Pictures by Mitsuba's scalar variant: one of its own sensors, ray by ray."""

import math

import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.render.pathtrace.engine import mi
from diorama.sim.render.pathtrace.scene import TracedScene
from diorama.sim.spec import CameraSpec


def trace(traced: TracedScene, camera: CameraSpec, spp: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean radiance (H, W, 3) that surfaces send to each pixel, and the share (H, W) of the pixel that surfaces cover.

    Raises InvalidValue for what these sensors cannot do.
    """
    if traced.glows or abs(camera.fx - camera.fy) > 1e-6 * camera.fx:
        what = "surfaces that glow" if traced.glows else "pixels that are not square"
        raise InvalidValue(f"path tracing of {what} needs LLVM 17 or later, which was not found. On Debian or Ubuntu: apt-get install libllvm19")
    m = camera.world_from_camera.matrix
    sensor = {
        "type": "perspective",
        "fov": math.degrees(2 * math.atan(camera.width / 2 / camera.fx)),
        "principal_point_offset_x": camera.cx / camera.width - 0.5,
        "principal_point_offset_y": camera.cy / camera.height - 0.5,
        "near_clip": camera.near_m,
        "far_clip": camera.far_m,
        # Mitsuba's cameras have x to the left and y up.
        "to_world": mi.ScalarTransform4f(np.concatenate([-m[:, :2], m[:, 2:]], axis=1)),
        "film": {"type": "hdrfilm", "width": camera.width, "height": camera.height, "pixel_format": "rgba", "rfilter": {"type": "box"}},
        "sampler": {"type": "independent"},
    }
    if camera.aperture_m > 0:
        sensor |= {"type": "thinlens", "aperture_radius": camera.aperture_m, "focus_distance": camera.focus_m}
    picture = np.array(mi.render(traced.scene, sensor=mi.load_dict(sensor), spp=spp, seed=seed), np.float32)
    return picture[..., :3], picture[..., 3]
