"""KITTI: pictures, labels, calibration and maps in the folders of the object and the tracking benchmark.

A. Geiger, P. Lenz and R. Urtasun, "Are we ready for autonomous driving? The KITTI vision benchmark suite", 2012; maps as in M. Menze and A. Geiger,
"Object scene flow for autonomous vehicles", 2015. ``docs/kitti.md`` says what each file holds, and where it must differ from recorded ones.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.exporters import kitti_geometry as geometry
from diorama.exporters import kitti_maps as maps
from diorama.exporters.base import Dataset, Encoded
from diorama.exporters.kitti_labels import TYPES, lines
from diorama.exporters.png import png
from diorama.exporters.splits import is_val
from diorama.sim.errors import InvalidValue, suggestion
from diorama.sim.frame import Frame, Points, Sample
from diorama.sim.spec import CameraSpec

_MAPS = ("depth", "disparity", "flow", "scene-flow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kitti:
    """KITTI's folders.

    `layout` is that of the ``object`` benchmark, each picture for itself, or of ``tracking``; ``auto`` takes the second for sequences. With `stereo`
    each two views are one frame, the second camera to the right of the first. `maps` are some of ``depth``, ``disparity``, ``flow`` and
    ``scene-flow``. `types` says what else categories are called: one of KITTI's types, or nothing for what is not to be labelled. Every scene is of
    the training or, `val_share` of them, of the validation set. Points of cameras that have a laser scanner are written, unless `velodyne` is false.
    """

    name: ClassVar[str] = "kitti"
    layout: Literal["auto", "object", "tracking"] = "auto"
    stereo: bool = False
    maps: tuple[str, ...] = ()
    types: dict[str, str] = field(default_factory=dict)
    val_share: float = 0.2
    velodyne: bool = True

    def __post_init__(self) -> None:
        for name in self.maps:
            if name not in _MAPS:
                raise InvalidValue(f'maps must be some of {", ".join(_MAPS)}, got "{name}".{suggestion(name, _MAPS)}')
        if not self.stereo and {"disparity", "scene-flow"} & set(self.maps):
            raise InvalidValue("disparity and scene-flow are of two cameras: set stereo to true, and use a rig of two (vehicle-rig: preset kitti)")
        for name, kind in self.types.items():
            if kind and kind not in TYPES:
                raise InvalidValue(f'types: {name} cannot be "{kind}".{suggestion(kind, TYPES)}')
        if not 0 <= self.val_share <= 1:
            raise InvalidValue(f"val_share must be in 0..1, got {self.val_share}")

    @property
    def channels(self) -> tuple[str, ...]:
        """What frames must have besides what labels need."""
        return (*(("flow_forward",) if "flow" in self.maps else ()), *(("points",) if self.velodyne else ()))

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """Files and records of a sample. Raises InvalidValue when cameras or channels are not what the settings ask for."""
        together = 2 if self.stereo else 1
        if sample.views % together:
            raise InvalidValue(f"kitti: stereo takes views in pairs, and there are {sample.views} of each scene. Ask for an even number of views.")
        tracking = self.layout == "tracking" or (self.layout == "auto" and sample.frames[0].camera.name.startswith("frame-"))
        files: dict[str, bytes] = {}
        records: list[dict[str, Any]] = []
        sequences: dict[int, list[int]] = {}
        for picture, frame in enumerate(sample.frames):
            moment, view = sample.numbered(picture)
            right, sequence = view % together, sample.index * (sample.views // together) + view // together
            if right == 0:
                sequences.setdefault(sequence, []).append(picture)
            number = (first_image + picture) // together
            path = _tracked(sequence, moment) if tracking else partial(_numbered, number)
            camera = ("image_02", "image_03") if tracking else ("image_2", "image_3")
            files[path(camera[right], "png")] = png(cv2.cvtColor(_channel(frame.rgb, "rgb"), cv2.COLOR_RGB2BGR))
            if right == 0:
                pair = sample.frames[picture + 1] if self.stereo and picture + 1 < len(sample.frames) else None
                self._add_maps(sample, picture, pair, path, files)
                if self.velodyne and frame.points is not None:
                    files[path("velodyne", "bin")], files[path("labels", "label")] = _points(frame.points, sample, dataset)
                if not tracking:
                    self._add_object(sample, picture, pair, path, files)
            place = {"sequence": sequence, "frame": moment} if tracking else {"image": number}
            records.append(place | {"right": bool(right), "val": is_val(sample.index, self.val_share)})
        if tracking:
            for sequence, pictures in sequences.items():
                self._add_sequence(sample, sequence, pictures, files)
        return Encoded(files=files, records=tuple(records))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Which pictures, or sequences, are for training and which for validation; of sequences also how long they are."""
        for name, chosen in (("train", (False,)), ("val", (True,)), ("trainval", (False, True))):
            yield f"ImageSets/{name}.txt", _listed(records(), chosen)
        if next((record for record in records() if "sequence" in record), None):
            yield "evaluate_tracking.seqmap", _lengths(records())

    # --- pictures ---

    def _add_object(self, sample: Sample, picture: int, pair: Frame | None, path: "Path", files: dict[str, bytes]) -> None:
        """Label, calibration and ground of one picture."""
        frame, labels, spec = sample.frames[picture], sample.annotations[picture], sample.at(picture)
        rows = [line.text() for line in lines(labels, spec, frame.camera, self.types)]
        files[path("label_2", "txt")] = _lines(rows)
        files[path("calib", "txt")] = _calibration(frame.camera, pair and pair.camera, ("R0_rect:", "Tr_velo_to_cam:", "Tr_imu_to_velo:"))
        if spec.roads is not None:
            plane = " ".join(f"{round(v, 9) + 0.0:.6e}" for v in geometry.ground_plane(spec, frame.camera))
            files[path("planes", "txt")] = f"# Plane\nWidth 4\nHeight 1\n{plane}\n".encode("ascii")

    def _add_sequence(self, sample: Sample, sequence: int, pictures: Sequence[int], files: dict[str, bytes]) -> None:
        """Labels, calibration and motion of all of one camera's pictures."""
        rows = []
        tracks = {i: track for track, i in enumerate(i for i, body in enumerate(sample.spec.bodies) if body.category is not None)}
        for moment, picture in enumerate(pictures):
            labels, camera = sample.annotations[picture], sample.frames[picture].camera
            found = lines(labels, sample.at(picture), camera, self.types)
            rows += [f"{moment} {tracks[line.body]} {line.text(str(line.level))}" for line in found]
        first = sample.frames[pictures[0]].camera
        pair = sample.frames[pictures[0] + 1].camera if self.stereo and pictures[0] + 1 < len(sample.frames) else None
        name = f"{sequence:04d}.txt"
        files[f"training/label_02/{name}"] = _lines(rows)
        files[f"training/calib/{name}"] = _calibration(first, pair, ("R_rect", "Tr_velo_cam", "Tr_imu_velo"))
        moved = geometry.oxts([sample.frames[picture].camera for picture in pictures])
        files[f"training/oxts/{name}"] = _lines([" ".join(f"{v:.12g}" for v in row) for row in moved])

    # --- maps ---

    def _add_maps(self, sample: Sample, picture: int, pair: Frame | None, path: "Path", files: dict[str, bytes]) -> None:
        frame = sample.frames[picture]
        depth_m = _channel(frame.depth_m, "depth") if self.maps else None
        if "depth" in self.maps and depth_m is not None:
            files[path("depth_2", "png")] = png(maps.scaled(depth_m.astype(np.float64)))
        if "flow" in self.maps:
            _channel(frame.flow_forward, "flow_forward")
            files[path("flow_occ", "png")] = png(maps.flow(frame))
        if pair is None or depth_m is None:
            return
        focal, baseline = frame.camera.fx, geometry.baseline_m(frame.camera, pair.camera)
        if "disparity" in self.maps:
            left = maps.disparity(depth_m, focal, baseline)
            seen = maps.seen_by_both(left, maps.disparity(_channel(pair.depth_m, "depth"), focal, baseline))
            files[path("disp_occ_0", "png")] = png(maps.scaled(left))
            files[path("disp_noc_0", "png")] = png(maps.scaled(np.where(seen, left, 0)))
        if "scene-flow" in self.maps:
            later = maps.disparity(maps.later_depth_m(frame, sample.at(picture)), focal, baseline)
            files[path("disp_occ_1", "png")] = png(maps.scaled(later))


Path = Callable[[str, str], str]


def _numbered(number: int, folder: str, suffix: str) -> str:
    return f"training/{folder}/{number:06d}.{suffix}"


def _tracked(sequence: int, moment: int) -> Path:
    return lambda folder, suffix: f"training/{folder}/{sequence:04d}/{moment:06d}.{suffix}"


def _channel(array: NDArray[Any] | None, name: str) -> NDArray[Any]:
    if array is None:
        raise InvalidValue(f'kitti: the frame has no "{name}" channel; ask the renderer for it')
    return array


def _points(points: Points, sample: Sample, dataset: Dataset) -> tuple[bytes, bytes]:
    """Float32 x, y, z and reflectance of each; and, as SemanticKITTI has it, a whole number: the category's id in the set below 65536, the instance's
    above.
    """
    ids = {name: i for i, (name, _) in enumerate(dataset.categories, start=1)}
    categories = np.array([0, *(ids.get(name, 0) for name in sample.spec.categories)], np.uint32)
    rows = np.concatenate([points.xyz_m, points.intensity[:, None]], axis=1).astype("<f4")
    return rows.tobytes(), (categories[points.category] | points.instance.astype(np.uint32) << np.uint32(16)).astype("<u4").tobytes()


# --- lines --------------------------------------------------------------------------------------------------


def _calibration(camera: CameraSpec, pair: CameraSpec | None, names: tuple[str, str, str]) -> bytes:
    """Of two grey cameras that are where the coloured ones are, these, and the transforms named so."""
    left = geometry.projection(camera)
    right = left if pair is None else geometry.projection(pair, geometry.baseline_m(camera, pair))
    transforms = (np.eye(3), geometry.camera_from_velodyne(camera)[:3], geometry.VELODYNE_FROM_IMU[:3])
    rows = [(f"P{i}:", matrix) for i, matrix in enumerate((left, right, left, right))] + list(zip(names, transforms, strict=True))
    return _lines([f"{name} {' '.join(f'{v + 0.0:.12e}' for v in matrix.ravel().tolist())}" for name, matrix in rows])


def _lines(rows: Sequence[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode("ascii")


def _listed(records: Iterable[dict[str, Any]], chosen: tuple[bool, ...]) -> Iterator[bytes]:
    """The names of pictures or sequences."""
    for record in records:
        if record["val"] in chosen and not record["right"] and record.get("frame", 0) == 0:
            yield (f"{record['sequence']:04d}\n" if "sequence" in record else f"{record['image']:06d}\n").encode("ascii")


def _lengths(records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """What KITTI's development kit reads of sequences: their names, and their first and next frames' numbers.

    Their pictures are not next to each other, and all that is kept is a number for each.
    """
    lengths: dict[int, int] = {}
    for record in records:
        lengths[record["sequence"]] = max(lengths.get(record["sequence"], 0), record["frame"] + 1)
    for sequence, length in lengths.items():
        yield f"{sequence:04d} empty 000000 {length:06d}\n".encode("ascii")
