"""Grasps as one picture has them: which still hold in it, which are seen, and which tell a rectangle the truth."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.frame import Frame, Grasps, Sample
from diorama.sim.grasping.rectangles import Rectangles, rectangles
from diorama.sim.lens import project_points
from diorama.sim.sight import VISIBLE, visibility
from diorama.sim.spec import CameraSpec
from diorama.sim.spec.grasps import JawGripper
from diorama.sim.transforms import apply, invert

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def grasps_in(sample: Sample, picture: int) -> tuple[Grasps, ...]:
    """The sample's grasps, where they hold in a picture: as long as no body has moved since the scene's first moment. None otherwise."""
    if not sample.grasps or not sample.spec.tracks:
        return sample.grasps
    first, now = sample.spec.at(0.0), sample.at(picture)
    still = all(a.world_from_body == b.world_from_body for a, b in zip(first.bodies, now.bodies, strict=True))
    return sample.grasps if still else ()


def places_px(grasps: Grasps, camera: CameraSpec) -> Floats:
    """(n, 2): where the places at which grippers hold are seen, NaN where the lens does not see them."""
    return project_points(camera, _places(grasps, camera))


def _places(grasps: Grasps, camera: CameraSpec) -> Floats:
    return apply(invert(camera.world_from_camera.matrix), grasps.world_from_gripper[:, :3, 3])


def is_seen(grasps: Grasps, frame: Frame) -> Bools:
    """(n,): whether the place where each gripper holds is in the picture, with nothing before it but the body it is to hold."""
    there, pixels = _places(grasps, frame.camera), places_px(grasps, frame.camera)
    out = np.zeros(len(grasps), np.bool_)
    for index in sorted(set(grasps.body_index.tolist())):
        own = grasps.body_index == index
        out[own] = visibility(frame, pixels[own], there[own], own=index + 1, through_m=math.inf) == VISIBLE
    return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenGrasps:
    """Grasps of one picture that a rectangle tells truly, a row each, the better ones first.

    `held` (n,) bool: physics let it succeed among everything else; `failed` (n,) bool: it did not, or the gripper does not get there. Neither is true
    of what was not tried. quality (n,) float64, as `Grasps` has it.
    """

    rectangles: Rectangles
    held: Bools
    failed: Bools
    quality: Floats


def seen_grasps(sample: Sample, picture: int, tilt_deg: float) -> SeenGrasps:
    """Grasps by jaws that hold in a picture, are seen in it, and whose approach is within `tilt_deg` of the camera's axis."""
    cosine = math.cos(math.radians(tilt_deg))
    found = [_NONE]
    for grasps in grasps_in(sample, picture):
        if not isinstance(grasps.gripper, JawGripper):
            continue
        frame = sample.frames[picture]
        seen, along = rectangles(grasps, frame.camera)
        kept = is_seen(grasps, frame) & (along >= cosine) & np.isfinite(seen.jaw_px) & np.isfinite(seen.opening_px)
        order = np.flatnonzero(kept)[np.argsort(-grasps.quality[kept], kind="stable")]
        success = grasps.success[order]
        found.append(
            SeenGrasps(rectangles=seen[order], held=success == 1, failed=(success == 0) | ~grasps.reachable[order], quality=grasps.quality[order])
        )
    parts = [one.rectangles for one in found]
    whole = Rectangles(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in Rectangles.__slots__})
    return SeenGrasps(rectangles=whole, **{name: np.concatenate([getattr(one, name) for one in found]) for name in ("held", "failed", "quality")})


_NOT = np.zeros(0, np.bool_)
_NONE = SeenGrasps(rectangles=Rectangles.of(np.zeros((0, 2)), (), (), ()), held=_NOT, failed=_NOT, quality=np.zeros(0))
