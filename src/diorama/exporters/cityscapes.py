"""Cityscapes: pictures and pixel labels in the folders of that data set.

M. Cordts et al., "The Cityscapes dataset for semantic urban scene understanding", 2016. ``docs/cityscapes.md`` says what each file holds.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.exporters import cityscapes_rig as rigs
from diorama.exporters.base import Dataset, Encoded
from diorama.exporters.outlines import outlines
from diorama.exporters.png import png
from diorama.exporters.splits import is_val
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Sample
from diorama.sim.semantics import BY_NAME, CLASSES, COLORS, PER_CLASS, TRAIN_IDS, class_of, instance_ids, semantic_ids

_SPLITS = ("train", "val")
#: Disparities in 256ths of a pixel, plus 1; 0 where none is known.
_DISPARITY_SCALE, _MOST = 256, 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Cityscapes:
    """Cityscapes' folders: pictures, masks of classes and of instances, outlines, panoptic masks, cameras and, of sequences, the vehicle's motion.

    Files are named ``<city>_<sequence>_<frame>_...``, a sequence being what one camera sees of one scene. With `stereo` each two views are one frame,
    the second camera to the right of the first, and there is disparity. `classes` says what else categories, and what furniture is, are called: one
    of Cityscapes' names. Every scene is of the training or, `val_share` of them, of the validation set.
    """

    name: ClassVar[str] = "cityscapes"
    city: str = "diorama"
    stereo: bool = False
    polygons: bool = True
    panoptic: bool = True
    classes: dict[str, str] = field(default_factory=dict)
    val_share: float = 0.2

    def __post_init__(self) -> None:
        if not self.city.isascii() or not self.city.replace("-", "").isalnum():
            raise InvalidValue(f'city is a part of file names: letters, digits and "-"; got "{self.city}"')
        for name in self.classes.values():
            class_of(name)
        if not 0 <= self.val_share <= 1:
            raise InvalidValue(f"val_share must be in 0..1, got {self.val_share}")

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """Files and records of a sample. Raises InvalidValue when views or channels are not what the settings ask for."""
        together = 2 if self.stereo else 1
        if sample.views % together:
            raise InvalidValue(
                f"cityscapes: stereo takes views in pairs, and there are {sample.views} of each scene. Ask for an even number of views."
            )
        moving = len(sample.frames) > sample.views
        split = _SPLITS[is_val(sample.index, self.val_share)]
        files: dict[str, bytes] = {}
        records: list[dict[str, Any]] = []
        for picture, frame in enumerate(sample.frames):
            moment, view = sample.numbered(picture)
            sequence, right = sample.index * (sample.views // together) + view // together, view % together
            stem = f"{self.city}_{sequence:06d}_{moment:06d}"

            def add(kind: str, suffix: str, data: bytes, stem: str = stem) -> None:
                files[f"{kind}/{split}/{self.city}/{stem}_{suffix}"] = data

            side = "rightImg8bit" if right else "leftImg8bit"
            add(side, f"{side}.png", png(cv2.cvtColor(_channel(frame.rgb, "rgb"), cv2.COLOR_RGB2BGR)))
            if right:
                records.append({"right": True})
                continue
            records.append({"right": False, "split": split} | self._add_labels(sample, picture, stem, split, files))
            pair = sample.frames[picture + 1].camera if self.stereo and picture + 1 < len(sample.frames) else None
            add("camera", "camera.json", _json(rigs.calibration(sample.at(picture), frame.camera, pair)))
            if pair is not None:
                add(
                    "disparity",
                    "disparity.png",
                    png(_disparity(_channel(frame.depth_m, "depth"), frame.camera.fx, rigs.baseline_m(frame.camera, pair))),
                )
            if moving:
                add("vehicle", "vehicle.json", _json(rigs.odometry(sample.at(picture), frame.camera)))
                add("timestamp", "timestamp.txt", f"{round(frame.camera.time_s * 1e9)}\n".encode("ascii"))
        return Encoded(files=files, records=tuple(records))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The panoptic segments of each set."""
        for split in _SPLITS if self.panoptic else ():
            if any(record.get("split") == split for record in records()):
                yield f"gtFine/cityscapes_panoptic_{split}.json", _segments(records, split)

    def _add_labels(self, sample: Sample, picture: int, stem: str, split: str, files: dict[str, bytes]) -> dict[str, Any]:
        """All of ``gtFine`` for one picture; returns what its record says of the panoptic mask."""
        frame, spec = sample.frames[picture], sample.at(picture)
        instance = _channel(frame.instance, "instance")
        ids = semantic_ids(spec, ego=frame.camera.carrier, others=self.classes)
        semantic, instances = ids[instance], instance_ids(ids)[instance]
        start = f"gtFine/{split}/{self.city}/{stem}_gtFine_"
        files[start + "labelIds.png"] = png(semantic)
        files[start + "labelTrainIds.png"] = png(TRAIN_IDS[semantic])
        files[start + "instanceIds.png"] = png(instances)
        colors = np.full((*semantic.shape, 4), 255, np.uint8)
        colors[..., :3] = COLORS[semantic][..., ::-1]
        files[start + "color.png"] = png(colors)
        if self.polygons:
            files[start + "polygons.json"] = _json(_polygons(instances))
        if not self.panoptic:
            return {}
        name = f"{stem}_gtFine_panoptic.png"
        mask, segments = _panoptic(instances)
        files[f"gtFine/cityscapes_panoptic_{split}/{name}"] = png(mask)
        height, width = semantic.shape
        image = {"id": stem, "width": width, "height": height, "file_name": f"{stem}_gtFine_leftImg8bit.png"}
        return {"image": image, "segments": {"image_id": stem, "file_name": name, "segments_info": segments}}


def _channel(array: NDArray[Any] | None, name: str) -> NDArray[Any]:
    if array is None:
        raise InvalidValue(f'cityscapes: the frame has no "{name}" channel; ask the renderer for it')
    return array


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, allow_nan=False).encode("ascii") + b"\n"


def _disparity(depth_m: NDArray[np.float32], focal_px: float, baseline_m: float) -> NDArray[np.uint16]:
    """(H, W) from z-depths of the left picture: pixels * 256 + 1, and 0 where nothing is, or where they are too large."""
    depth = depth_m.astype(np.float64)
    known = np.isfinite(depth) & (depth > 0)
    stored = np.rint(np.divide(focal_px * baseline_m * _DISPARITY_SCALE, depth, out=np.full(depth.shape, np.inf), where=known)) + 1
    return np.where(known & (stored <= _MOST), stored, 0).astype(np.uint16)


def _class_of(instance_id: int) -> int:
    return instance_id // PER_CLASS if instance_id >= PER_CLASS else instance_id


def _polygons(instances: NDArray[np.uint16]) -> dict[str, Any]:
    """Outlines of all regions, so that drawn one over the other they are the mask."""
    height, width = instances.shape
    objects = [{"label": CLASSES[_class_of(i)].name, "polygon": polygon} for i, polygon in outlines(instances)]
    return {"imgHeight": height, "imgWidth": width, "objects": objects}


def _panoptic(instances: NDArray[np.uint16]) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """(H, W, 3), blue first, of segment ids in red + 256 green, and what each segment is. Classes that are ignored are none."""
    out = np.zeros((*instances.shape, 3), np.uint8)
    segments = []
    for number in np.unique(instances).tolist():
        one = CLASSES[_class_of(number)]
        if one.is_ignored:
            continue
        mask = instances == number
        out[mask] = 0, number // 256, number % 256
        x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
        is_crowd = int(one.things and number < PER_CLASS)
        segments.append({"id": number, "category_id": one.id, "area": int(mask.sum()), "bbox": [x, y, width, height], "iscrowd": is_crowd})
    return out, segments


def _segments(records: Callable[[], Iterable[dict[str, Any]]], split: str) -> Iterator[bytes]:
    """COCO's panoptic format, one record at a time."""

    def lines(key: str) -> Iterator[bytes]:
        separator = b""
        for record in records():
            if record.get("split") == split:
                yield separator + json.dumps(record[key], separators=(",", ":")).encode("ascii")
                separator = b",\n"

    categories = [
        {"id": one.id, "name": one.name, "color": list(one.color), "supercategory": one.group, "isthing": int(one.things)}
        for one in BY_NAME.values()
        if not one.is_ignored
    ]
    yield b'{"images":[\n'
    yield from lines("image")
    yield b'\n],\n"annotations":[\n'
    yield from lines("segments")
    yield b'\n],\n"categories":' + json.dumps(categories, separators=(",", ":")).encode("ascii") + b"}\n"
