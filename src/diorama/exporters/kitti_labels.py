"""KITTI's lines of labels: what a body is called, how much of it is seen, and its boxes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from diorama.exporters.kitti_geometry import UprightBox, upright_box
from diorama.sim.frame import Annotations
from diorama.sim.spec import BodySpec, CameraSpec, SceneSpec
from diorama.sim.transforms import apply, compose, invert

TYPES = ("Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc", "DontCare")
#: What our categories are called. Others are not labelled.
_OURS = {"car": "Car", "van": "Van", "truck": "Truck", "bus": "Misc", "person": "Pedestrian", "rider": "Cyclist", "motorcycle": "Misc"}
#: Levels of occlusion begin below these shares of what of the silhouette in the picture is visible.
_OCCLUDED = (0.9, 0.5, 0.1)
#: The attribute of riders that names what they ride.
_RIDES = "rides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing in one picture: the `body` that it is a track of, its type, the `share` of its silhouette in the picture that is visible, the share
    `truncated` that is outside, the first and the last pixel of the part inside (left, top, right, bottom), and its box in space.
    """

    body: int
    kind: str
    share: float
    truncated: float
    sides: tuple[int, int, int, int]
    box: UprightBox

    def text(self, truncated: str = "") -> str:
        """As it is written, with another word for truncation if there is one."""
        occluded = sum(self.share < least for least in _OCCLUDED)
        numbers = (*self.box.size_m, *self.box.location_m, self.box.rotation_rad)
        sides = " ".join(f"{v}.00" for v in self.sides)
        space = " ".join(_decimal(v) for v in numbers)
        return f"{self.kind} {truncated or f'{self.truncated:.2f}'} {occluded} {_decimal(self.box.alpha_rad)} {sides} {space}"

    @property
    def level(self) -> int:
        """The tracking benchmark's three levels of truncation: none, less than half, more."""
        return 0 if self.truncated < 0.01 else 1 if self.truncated < 0.5 else 2


def lines(labels: Annotations, spec: SceneSpec, camera: CameraSpec, types: Mapping[str, str]) -> Iterator[Line]:
    """Those of all bodies in a picture that KITTI has a type for. Riders and what they ride are one thing."""
    row_of = {spec.bodies[index].name: row for row, index in enumerate(labels.body_index.tolist())}
    rides = {row: row_of.get(dict(spec.bodies[index].attributes).get(_RIDES, "")) for row, index in enumerate(labels.body_index.tolist())}
    ridden = set(rides.values())
    for row, index in enumerate(labels.body_index.tolist()):
        kind = _type(spec.bodies[index], types)
        if kind and row not in ridden:
            below = rides[row]
            yield _line(labels, [row] if below is None else [below, row], index, kind, camera)


def _type(body: BodySpec, types: Mapping[str, str]) -> str:
    if body.category is not None and body.category in types:
        return types[body.category]
    kind = _OURS.get(body.category, "") if body.category else ""
    return "Person_sitting" if kind == "Pedestrian" and ("pose", "sitting") in body.attributes else kind


def _line(labels: Annotations, rows: Sequence[int], body: int, kind: str, camera: CameraSpec) -> Line:
    """Of the bodies in some rows together, upright as the first of them is."""
    boxes = labels.amodal_box_xyxy[list(rows)]
    (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    inside = labels.amodal_area_px[list(rows)].astype(np.float64)
    whole = inside / np.maximum(1 - labels.truncated_fraction[list(rows)], 1e-9)
    masks: Any = [labels.amodal_rle[row] for row in rows]
    silhouette = float(inside[0]) if len(rows) == 1 else float(coco_mask.area(coco_mask.merge(masks)))
    return Line(
        body=body,
        kind=kind,
        share=float(labels.area_px[list(rows)].sum() / max(silhouette, 1.0)),
        truncated=float(1 - inside.sum() / whole.sum()) if len(rows) > 1 else float(labels.truncated_fraction[rows[0]]),
        sides=(max(x0, 0), max(y0, 0), min(x1, camera.width) - 1, min(y1, camera.height) - 1),
        box=upright_box(*_box_of(labels, rows)),
    )


def _box_of(labels: Annotations, rows: Sequence[int]) -> tuple[Any, Any, Any]:
    """A pose, and size and middle in its axes of the box around the boxes of all rows: those of the first row, if that is all."""
    first = rows[0]
    pose, size, center = labels.camera_from_body[first], labels.size_m[first], labels.center_m[first]
    if len(rows) == 1:
        return pose, size, center
    first_from_camera = invert(pose)
    signs = np.array([(i, j, k) for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (-0.5, 0.5)])
    corners = [apply(compose(first_from_camera, labels.camera_from_body[r]), labels.center_m[r] + signs * labels.size_m[r]) for r in rows]
    low, high = np.concatenate(corners).min(axis=0), np.concatenate(corners).max(axis=0)
    return pose, high - low, (low + high) / 2


def _decimal(value: float) -> str:
    """Four decimals, and no -0."""
    return f"{round(value, 4) + 0.0:.4f}"
