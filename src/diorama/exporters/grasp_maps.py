"""Grasp maps: for each pixel how good it is to grasp there, at which angle, and how wide. ``docs/grasping.md`` describes them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from diorama.exporters.base import Dataset, Encoded
from diorama.exporters.cornell import check_tilt
from diorama.exporters.tiff import tiff
from diorama.sim.frame import Sample
from diorama.sim.grasping.maps import GraspMaps as Maps
from diorama.sim.grasping.maps import grasp_maps
from diorama.sim.grasping.seen import seen_grasps
from diorama.sim.spec.grasps import JawGripper


@dataclass(frozen=True, slots=True, kw_only=True)
class GraspMaps:
    """Maps of grasps as GG-CNN learns them, TIFF files of float32: ``grasp_maps/000012_quality.tiff``, ``_cos.tiff``, ``_sin.tiff``,
    ``_width_px.tiff`` and ``_tried.tiff``.

    They are of grasps whose place is seen and whose approach is within `tilt_deg` of the camera's axis.
    """

    name: ClassVar[str] = "grasp-maps"
    grippers: ClassVar[tuple[type, ...]] = (JawGripper,)
    tilt_deg: float = 30.0

    def __post_init__(self) -> None:
        check_tilt(self.tilt_deg)

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        files: dict[str, bytes] = {}
        records = []
        for picture, frame in enumerate(sample.frames):
            number = first_image + picture
            maps = grasp_maps(seen_grasps(sample, picture, self.tilt_deg), frame.camera.height, frame.camera.width)
            files |= {f"grasp_maps/{number:06d}_{name}.tiff": tiff(getattr(maps, name)) for name in Maps.__slots__}
            records.append({"image": number})
        return Encoded(files=files, records=tuple(records))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """No files beyond those of the pictures."""
        return iter(())
