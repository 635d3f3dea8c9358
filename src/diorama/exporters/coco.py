"""COCO: pictures, depth maps and one ``annotations/instances.json`` with boxes and run-length masks.

What goes beyond COCO stands under keys of its own, which other readers skip; ``docs/coco.md`` describes each.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.exporters.base import Dataset, Encoded
from diorama.exporters.numbers import rounded
from diorama.exporters.png import PNG_SETTINGS, png
from diorama.sim import keypoints
from diorama.sim.codec import to_json
from diorama.sim.drivable import drivable
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Annotations, Frame, Sample
from diorama.sim.lane_lines import SeenLine, lane_lines
from diorama.sim.spec import MeshShape, SceneSpec
from diorama.sim.transforms import compose, invert

#: An annotation's id is its image's id times this, plus its place in the image from 1 on. Likewise its track's id is the scene's number times this,
#: plus the body's place in the scene from 1 on.
IDS_PER_IMAGE = 10_000

MILLIMETRES_PER_METRE = np.float32(1000)
FARTHEST_MM = np.float32(65535)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coco:
    """COCO instances.

    `image_format` of ``images/``; `jpeg_quality` 1 to 100. `depth_format` of ``depth/``: ``png`` holds 16-bit millimetres, 0 where
    nothing is or where it is farther than 65.535 m; ``npy`` holds the exact (H, W) float32 metres, +inf where nothing is. Where there are roads,
    images' entries have their lines, and `drivable` writes ``drivable/``: 0 where the camera's own lane is and what follows it, 1 what one reaches by
    changing lanes, 2 all else.
    """

    name: ClassVar[str] = "coco"
    image_format: Literal["jpeg", "png"] = "jpeg"
    jpeg_quality: int = 92
    depth_format: Literal["png", "npy", "none"] = "png"
    drivable: bool = False

    def __post_init__(self) -> None:
        if self.image_format not in ("jpeg", "png"):
            raise InvalidValue(f'image_format must be "jpeg" or "png", got {self.image_format!r}')
        if self.depth_format not in ("png", "npy", "none"):
            raise InvalidValue(f'depth_format must be "png", "npy" or "none", got {self.depth_format!r}')
        if not 1 <= self.jpeg_quality <= 100:
            raise InvalidValue(f"jpeg_quality must be between 1 and 100, got {self.jpeg_quality}")

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """Files and records of a sample. Raises InvalidValue when a channel, a category or an id is lacking."""
        category_ids = {name: i for i, (name, _) in enumerate(dataset.categories, start=1)}
        files: dict[str, bytes] = {}
        records = []
        for picture, (frame, labels) in enumerate(zip(sample.frames, sample.annotations, strict=True)):
            number = first_image + picture
            moment, view = sample.numbered(picture)
            when = {"scene": sample.index, "frame": moment, "view": view, "time_s": rounded(frame.camera.time_s)}
            image = {"id": number + 1} | self._picture(frame, number, files) | when | {"hidden": list(labels.hidden)}
            if sample.spec.roads is not None:
                image |= self._road(sample.at(picture), frame, number, files)
            annotations = _annotations(labels, sample, number + 1, category_ids)
            records.append(
                {"image": image, "annotations": annotations} | ({"events": _events(sample)} if picture == 0 and sample.spec.events else {})
            )
        return Encoded(files=files, records=tuple(records))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The one file of the set. Reads the records thrice, and holds one at a time."""
        yield "annotations/instances.json", _instances(records, dataset)

    def image_name(self, number: int) -> str:
        """What picture `number` is called in ``images/``."""
        return f"{number:06d}.{'jpg' if self.image_format == 'jpeg' else 'png'}"

    def compressed(self, rgb: NDArray[np.uint8]) -> bytes:
        """The file of a picture (H, W, 3)."""
        suffix, settings = ("jpg", (cv2.IMWRITE_JPEG_QUALITY, self.jpeg_quality)) if self.image_format == "jpeg" else ("png", PNG_SETTINGS)
        return _compress(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), settings)

    def _picture(self, frame: Frame, number: int, files: dict[str, bytes]) -> dict[str, Any]:
        """Add the files of one frame to `files`; return what its image entry says of them and of the camera."""
        camera = frame.camera
        rgb = _channel(frame.rgb, "rgb")
        file_name = self.image_name(number)
        files[f"images/{file_name}"] = self.compressed(rgb)
        entry: dict[str, Any] = {"file_name": file_name, "width": camera.width, "height": camera.height}
        if self.depth_format != "none":
            depth_name = f"{number:06d}.{self.depth_format}"
            depth_m = _channel(frame.depth_m, "depth")
            files[f"depth/{depth_name}"] = _compress("png", millimetres(depth_m), PNG_SETTINGS) if self.depth_format == "png" else _npy(depth_m)
            entry |= {"depth_file": depth_name, "depth_scale_m": 0.001 if self.depth_format == "png" else 1.0}
        lens = {} if camera.distortion is None else {"camera_distortion": to_json(camera.distortion)}
        turn = invert(camera.world_from_camera.matrix)[:3, :3]
        moving = {
            "camera_velocity_m_s": rounded(compose(turn, np.array(camera.motion.linear_m_s)[:, None])[:, 0]),
            "camera_angular_rad_s": rounded(compose(turn, np.array(camera.motion.angular_rad_s)[:, None])[:, 0]),
        }
        return entry | {"camera_k": rounded(camera.k)} | lens | {"world_from_camera": rounded(camera.world_from_camera.matrix)} | moving

    def _road(self, spec: SceneSpec, frame: Frame, number: int, files: dict[str, bytes]) -> dict[str, Any]:
        """What an image's entry says of the road."""
        entry: dict[str, Any] = {"lanes": [_line(seen) for seen in lane_lines(spec, frame)]}
        if self.drivable:
            files[f"drivable/{number:06d}.png"] = png(drivable(spec, frame))
            entry["drivable_file"] = f"{number:06d}.png"
        return entry


def millimetres(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Depth (H, W) float32 metres as whole millimetres, 0 where it is infinite, beyond 65535, or negative: a fisheye sees behind itself."""
    depth_mm = np.rint(depth_m * MILLIMETRES_PER_METRE)
    depth_mm[(depth_mm > FARTHEST_MM) | (depth_mm < 0)] = 0
    return depth_mm.astype(np.uint16)


# --- files --------------------------------------------------------------------------------------------------


def _channel(array: NDArray[Any] | None, name: str) -> NDArray[Any]:
    if array is None:
        raise InvalidValue(f'coco: the frame has no "{name}" channel; ask the renderer for it')
    return array


def _compress(suffix: str, pixels: NDArray[Any], settings: tuple[int, ...]) -> bytes:
    done, data = cv2.imencode(f".{suffix}", pixels, settings)
    if not done:
        raise InvalidValue(f"coco: cannot encode a {pixels.shape[1]}x{pixels.shape[0]} picture as {suffix}")
    return data.tobytes()


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


# --- entries ------------------------------------------------------------------------------------------------


def _annotations(labels: Annotations, sample: Sample, image_id: int, category_ids: dict[str, int]) -> list[dict[str, Any]]:
    if max(len(labels), len(sample.spec.bodies)) >= IDS_PER_IMAGE:
        raise InvalidValue(f"coco: a scene has {len(sample.spec.bodies)} bodies; ids leave room for {IDS_PER_IMAGE - 1}")
    entries = []
    for row, index in enumerate(labels.body_index.tolist()):
        body = sample.spec.bodies[index]
        if body.category not in category_ids:
            raise InvalidValue(f'coco: the body "{body.name}" is of the category {body.category!r}, which the data set does not list')
        entries.append(
            {
                "id": image_id * IDS_PER_IMAGE + row + 1,
                "image_id": image_id,
                "category_id": category_ids[body.category],
                "bbox": _xywh(labels.box_xyxy[row]),
                "area": int(labels.area_px[row]),
                "iscrowd": 0,
                "segmentation": labels.visible_rle[row],
                "amodal_bbox": _xywh(labels.amodal_box_xyxy[row]),
                "amodal_area": int(labels.amodal_area_px[row]),
                "amodal_segmentation": labels.amodal_rle[row],
                "visible_fraction": rounded(labels.visible_fraction[row]),
                "truncated_fraction": rounded(labels.truncated_fraction[row]),
                "depth_m": rounded(labels.depth_m[row]),
                "camera_from_body": rounded(labels.camera_from_body[row]),
                "size_m": rounded(labels.size_m[row]),
                "center_m": rounded(labels.center_m[row]),
                "velocity_m_s": rounded(labels.velocity_m_s[row]),
                "angular_rad_s": rounded(labels.angular_rad_s[row]),
                "attributes": dict(labels.attributes[row]),
                **(_keypoints(labels.keypoints[row]) if body.category in keypoints.CATEGORIES else {}),
                "track_id": _track_id(sample, index),
                "body": body.name,
                "asset": body.shape.asset if isinstance(body.shape, MeshShape) else None,
            }
        )
    return entries


def _line(seen: SeenLine) -> dict[str, Any]:
    line = seen.line
    entry: dict[str, Any] = {"name": line.name, "kind": line.kind, "color": line.color, "width_m": rounded(line.width_m)}
    entry["points"] = [[round(u, 2), round(v, 2)] for u, v in seen.pixels.tolist()]
    return entry | {
        "points_m": [[round(c, 3) + 0.0 for c in point] for point in seen.points_m.tolist()],
        "visible": seen.visible.astype(int).tolist(),
    }


def _track_id(sample: Sample, body_index: int) -> int:
    """The same for a body in all pictures of its scene, and for no other body of the set."""
    return sample.index * IDS_PER_IMAGE + body_index + 1


def _keypoints(found: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "keypoints": [value for u, v, visible in rounded(found) for value in (u, v, int(visible))],
        "num_keypoints": int(np.count_nonzero(found[:, 2])),
    }


def _events(sample: Sample) -> list[dict[str, Any]]:
    """What happens in a scene."""
    tracks = {body.name: _track_id(sample, index) for index, body in enumerate(sample.spec.bodies)}
    return [
        {
            "scene": sample.index,
            "time_s": rounded(event.time_s),
            "kind": event.kind,
            "bodies": list(event.bodies),
            "track_ids": [tracks[name] for name in event.bodies if name in tracks],
            "position_m": None if event.position_m is None else rounded(event.position_m),
            "details": dict(event.details),
        }
        for event in sample.spec.events
    ]


def _xywh(box_xyxy: NDArray[np.int32]) -> list[int]:
    left, top, right, bottom = box_xyxy.tolist()
    return [left, top, right - left, bottom - top]


# --- the merged file ----------------------------------------------------------------------------------------


def _instances(records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[bytes]:
    people = {"keypoints": list(keypoints.NAMES), "skeleton": [list(bone) for bone in keypoints.SKELETON]}
    categories = [
        {"id": i, "name": name, "supercategory": parent} | (people if name in keypoints.CATEGORIES else {})
        for i, (name, parent) in enumerate(dataset.categories, start=1)
    ]
    yield b'{"info":' + _json(dataset.info) + b',\n"licenses":[],\n"categories":[\n' + b",\n".join(map(_json, categories)) + b"\n],\n"
    yield b'"images":[\n'
    yield from _joined(_json(record["image"]) for record in records())
    yield b'\n],\n"annotations":[\n'
    yield from _joined(_json(annotation) for record in records() for annotation in record["annotations"])
    yield b'\n],\n"events":[\n'
    yield from _joined(_json(event) for record in records() for event in record.get("events", ()))
    yield b"\n]}\n"


def _joined(items: Iterable[bytes]) -> Iterator[bytes]:
    separator = b""
    for item in items:
        yield separator + item
        separator = b",\n"


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
