"""Grasps: a JSON file for each picture, of 6-DoF grasps in the camera's frame. ``docs/grasping.md`` describes it."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.exporters.base import Dataset, Encoded
from diorama.exporters.coco import IDS_PER_IMAGE
from diorama.exporters.numbers import rounded
from diorama.sim.codec import to_json
from diorama.sim.frame import Annotations, Frame, Grasps, Sample
from diorama.sim.grasping.rectangles import rectangles
from diorama.sim.grasping.seen import grasps_in, is_seen, places_px
from diorama.sim.spec.grasps import JawGripper, SuctionGripper
from diorama.sim.transforms import compose, invert


@dataclass(frozen=True, slots=True, kw_only=True)
class GraspFiles:
    """Grasps as JSON beside COCO: poses in the camera's frame, widths, and what geometry and physics say of them.

    Those of bodies that a picture does not show are there as well, without the id of an annotation. In pictures of a scene that has moved since its
    first moment there are none.
    """

    name: ClassVar[str] = "grasps"
    grippers: ClassVar[tuple[type, ...]] = (JawGripper, SuctionGripper)

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        files: dict[str, bytes] = {}
        records = []
        for picture, (frame, labels) in enumerate(zip(sample.frames, sample.annotations, strict=True)):
            number = first_image + picture
            found = [
                {"gripper": to_json(grasps.gripper), "grasps": _entries(grasps, sample, frame, labels, number + 1)}
                for grasps in grasps_in(sample, picture)
            ]
            file_name = f"{number:06d}.json"
            files[f"grasps/{file_name}"] = _json({"image_id": number + 1, "grippers": found}) + b"\n"
            counts = {"grasps": sum(len(g["grasps"]) for g in found), "held": sum(e["success"] is True for g in found for e in g["grasps"])}
            records.append({"image_id": number + 1, "scene": sample.index, "file_name": file_name} | counts)
        return Encoded(files=files, records=tuple(records))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The list of all files, and how many grasps each has, and how many of these held."""
        yield "grasps.json", _listed(records())


def _entries(grasps: Grasps, sample: Sample, frame: Frame, labels: Annotations, image_id: int) -> list[dict[str, Any]]:
    rows = {index: row for row, index in enumerate(labels.body_index.tolist())}
    camera_from_gripper = compose(invert(frame.camera.world_from_camera.matrix), grasps.world_from_gripper)
    seen, places = is_seen(grasps, frame), places_px(grasps, frame.camera)
    boxes = rectangles(grasps, frame.camera)[0] if isinstance(grasps.gripper, JawGripper) else None
    entries = []
    for i, index in enumerate(grasps.body_index.tolist()):
        entry = {
            "body": sample.spec.bodies[index].name,
            "annotation_id": image_id * IDS_PER_IMAGE + rows[index] + 1 if index in rows else None,
            "track_id": sample.index * IDS_PER_IMAGE + index + 1,
            "camera_from_gripper": rounded(camera_from_gripper[i]),
            "width_m": rounded(grasps.width_m[i]),
            "opening_m": rounded(grasps.opening_m[i]),
            "quality": rounded(grasps.quality[i]),
            "alone": None if np.isnan(grasps.alone[i]) else rounded(grasps.alone[i]),
            "reachable": bool(grasps.reachable[i]),
            "success": None if np.isnan(grasps.success[i]) else bool(grasps.success[i]),
            "visible": bool(seen[i]),
            "place": _finite(places[i].tolist()),
        }
        if boxes is not None:
            box = boxes[i : i + 1]
            entry["rectangle"] = _finite([*box.center_px[0].tolist(), float(box.angle_rad[0]), float(box.opening_px[0]), float(box.jaw_px[0])])
        entries.append(entry)
    return entries


def _finite(numbers: list[float]) -> list[float] | None:
    """Rounded, or None where the lens does not see it."""
    return rounded(numbers) if np.isfinite(numbers).all() else None


def _listed(records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    separator = b'{"images":[\n'
    for record in records:
        yield separator + _json(record)
        separator = b",\n"
    yield b"\n]}\n"


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
