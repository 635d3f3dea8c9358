"""Jacquard: pictures with oriented rectangles of grasps, in the layout of the Jacquard data set. ``docs/grasping.md`` describes it."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np

from diorama.exporters.base import Dataset, Encoded
from diorama.exporters.cornell import check_tilt
from diorama.exporters.png import png
from diorama.exporters.tiff import tiff_depth
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Sample
from diorama.sim.grasping.rectangles import Rectangles
from diorama.sim.grasping.seen import seen_grasps
from diorama.sim.spec.grasps import JawGripper


@dataclass(frozen=True, slots=True, kw_only=True)
class Jacquard:
    """Pictures, depth, masks and rectangles of grasps as the Jacquard data set has them: ``jacquard/000003/0_000003_RGB.png``,
    ``_perfect_depth.tiff``, ``_mask.png`` and ``_grasps.txt``, a folder a scene.

    Rectangles are of grasps whose place is seen, whose approach is within `tilt_deg` of the camera's axis, and that physics let succeed among
    everything else, the best first.
    """

    name: ClassVar[str] = "jacquard"
    grippers: ClassVar[tuple[type, ...]] = (JawGripper,)
    tilt_deg: float = 30.0

    def __post_init__(self) -> None:
        check_tilt(self.tilt_deg)

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """Files and records of a sample. Raises InvalidValue when a channel is lacking."""
        files: dict[str, bytes] = {}
        records = []
        for picture, (frame, labels) in enumerate(zip(sample.frames, sample.annotations, strict=True)):
            if frame.rgb is None or frame.depth_m is None or frame.instance is None:
                raise InvalidValue('jacquard: the frame lacks one of the channels "rgb", "depth" and "instance"; ask the renderer for all')
            stem = f"jacquard/{sample.index:06d}/{picture}_{sample.index:06d}"
            files[f"{stem}_RGB.png"] = png(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
            files[f"{stem}_perfect_depth.tiff"] = tiff_depth(frame.depth_m)
            files[f"{stem}_mask.png"] = png(np.isin(frame.instance, labels.body_index + 1).astype(np.uint8) * np.uint8(255))
            seen = seen_grasps(sample, picture, self.tilt_deg)
            held = seen.rectangles[seen.held]
            files[f"{stem}_grasps.txt"] = _lines(held)
            records.append({"image": first_image + picture, "grasps": len(held)})
        return Encoded(files=files, records=tuple(records))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """No files beyond those of the pictures."""
        return iter(())


def _lines(held: Rectangles) -> bytes:
    """x;y;angle in degrees;opening;size of the jaws, a line each. Pixels count from the middle of the first one; angles go clockwise."""
    rows = zip((held.center_px - 0.5).tolist(), held.angle_rad.tolist(), held.opening_px.tolist(), held.jaw_px.tolist(), strict=True)
    return "".join(f"{x:.3f};{y:.3f};{math.degrees(a):.3f};{opening:.3f};{jaw:.3f}\n" for (x, y), a, opening, jaw in rows).encode("ascii")
