"""Cornell: pictures with oriented rectangles of grasps, in the layout of the Cornell grasping data set. ``docs/grasping.md`` describes it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2

from diorama.exporters.base import Dataset, Encoded
from diorama.exporters.png import png
from diorama.exporters.tiff import tiff_depth
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Sample
from diorama.sim.grasping.rectangles import Rectangles
from diorama.sim.grasping.seen import seen_grasps
from diorama.sim.spec.grasps import JawGripper

#: A folder has as many pictures.
_IN_A_FOLDER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cornell:
    """Pictures, depth and rectangles of grasps as the Cornell data set has them: ``cornell/00/pcd0012r.png``, ``pcd0012d.tiff``, ``pcd0012cpos.txt``
    and ``pcd0012cneg.txt``.

    Rectangles are of grasps whose place is seen and whose approach is within `tilt_deg` of the camera's axis: positive where physics let them
    succeed among everything else, negative where it did not or where the gripper does not get there. What was not tried has none. A picture
    without a positive one has no ``cpos.txt``, by which programs find pictures, and of which they want one rectangle at least.
    """

    name: ClassVar[str] = "cornell"
    grippers: ClassVar[tuple[type, ...]] = (JawGripper,)
    tilt_deg: float = 30.0

    def __post_init__(self) -> None:
        check_tilt(self.tilt_deg)

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """Files and records of a sample. Raises InvalidValue when a channel is lacking."""
        files: dict[str, bytes] = {}
        records = []
        for picture, frame in enumerate(sample.frames):
            if frame.rgb is None or frame.depth_m is None:
                raise InvalidValue('cornell: the frame lacks the channels "rgb" or "depth"; ask the renderer for both')
            number = first_image + picture
            stem = f"cornell/{number // _IN_A_FOLDER:02d}/pcd{number:04d}"
            files[f"{stem}r.png"] = png(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
            files[f"{stem}d.tiff"] = tiff_depth(frame.depth_m)
            seen = seen_grasps(sample, picture, self.tilt_deg)
            held, failed = seen.rectangles[seen.held], seen.rectangles[seen.failed]
            if len(held):
                files[f"{stem}cpos.txt"] = _corners(held)
            files[f"{stem}cneg.txt"] = _corners(failed)
            records.append({"image": number, "positive": len(held), "negative": len(failed)})
        return Encoded(files=files, records=tuple(records))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """No files beyond those of the pictures."""
        return iter(())


def check_tilt(tilt_deg: float) -> None:
    """Raise InvalidValue unless rectangles can be told of grasps that lean so far."""
    if not 0 < tilt_deg < 90:
        raise InvalidValue(f"tilt_deg must be above 0 and below 90, got {tilt_deg}")


def _corners(rectangles: Rectangles) -> bytes:
    """Four lines a rectangle, of x and y; the first two are from jaw to jaw. Pixels count from the middle of the first one."""
    corners = rectangles.corners_px.reshape(-1, 2) - 0.5
    return "".join(f"{u:.3f} {v:.3f}\n" for u, v in corners.tolist()).encode("ascii")
