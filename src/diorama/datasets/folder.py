"""A data set that ``diorama generate`` wrote, read picture by picture into NumPy arrays.

Labels are read from the records of single scenes, each when it is asked for: the merged COCO file of a large set is gigabytes of numbers, which
every worker of a loader would hold, while this holds nothing but where the folder is. The files are untrusted input.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.datasets.detection import KEYS, Target, annotated, checked
from diorama.run import manifest, records
from diorama.run.writer import Folder
from diorama.sim.errors import InvalidValue

INSTANCES = "annotations/instances.json"
#: The merged file begins with what the set is, its categories, and this.
_HEAD_ENDS = b'"images":[\n'
_MOST_HEAD_LINES = 100_000


class WrittenFolder:
    """The pictures of a data set in COCO's format, and their targets. Opened at the first use; sent to another process it is opened there anew.

    Raises InvalidValue when the folder holds no such data set, or one that is not finished.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._folder: Folder | None = None
        if not self.root.is_dir():
            raise InvalidValue(f"{self.root}: there is no such folder")
        with Folder(self.root) as folder:
            begun = manifest.read(folder)
            if begun is None:
                raise InvalidValue(f"{self.root} holds no data set of Diorama: plan.json is missing, or not one of a run")
            if begun.get("format_version") != manifest.FORMAT_VERSION:
                raise InvalidValue(f"{self.root} was written by another version of Diorama, which this one cannot read")
            try:
                plan = begun["plan"]
                self._count = int(begun["count"])
                self._pictures = int(plan["views"]) * int(plan["frames"])
                exporters = [exporter["name"] for exporter in plan["exporters"]]
            except (KeyError, TypeError, ValueError) as error:
                raise InvalidValue(f"{self.root}/plan.json is damaged ({type(error).__name__}: {error})") from None
            if "coco" not in exporters or self._pictures <= 0:
                raise InvalidValue(f"{self.root} was written without COCO's labels. Generate it with --exporter coco")
            if not {records.FINAL, INSTANCES} <= {f"{above}/{name}" for above in ("records", "annotations") for name in folder.names(above)}:
                raise InvalidValue(f"{self.root} is not finished: its run was stopped. Go on with diorama generate --resume")
            #: The categories' names; the label of the first is 1.
            self.categories = self._read_categories(folder)

    def __len__(self) -> int:
        return self._count

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_folder": None}

    def read(self, index: int, keys: Sequence[str] = KEYS) -> tuple[NDArray[np.uint8], Target]:
        """Picture number `index` (from 0), rgb (H, W, 3) uint8, and those `keys` of its target that `detection.rendered` describes.

        Raises IndexError, UnknownKey, and InvalidValue for a picture or labels that cannot be read.
        """
        keys = checked(keys, KEYS)
        if not 0 <= index < self._count:
            raise IndexError(f"{self.root} has pictures 0 to {self._count - 1}, and no {index}")
        if self._folder is None:
            self._folder = Folder(self.root)
        record = self._record(self._folder, index)
        try:
            image, entries = record["image"], record["annotations"]
            name = image["file_name"]
            rgb = self._decoded(self._folder, f"images/{name}", cv2.IMREAD_COLOR)
            if rgb.shape[:2] != (image["height"], image["width"]):
                raise ValueError(f"images/{name} is {rgb.shape[1]}x{rgb.shape[0]}, and its labels are of {image['width']}x{image['height']}")
            target = annotated(entries, keys, image["id"], *rgb.shape[:2])
            if "depth_m" in keys:
                target["depth_m"] = self._depth(self._folder, image)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            if isinstance(error, InvalidValue):
                raise
            raise InvalidValue(f"{self.root}: the labels of picture {index} do not make sense ({type(error).__name__}: {error})") from None
        cv2.cvtColor(rgb, cv2.COLOR_BGR2RGB, dst=rgb)
        return rgb, {key: target[key] for key in keys}

    def _record(self, folder: Folder, index: int) -> dict[str, Any]:
        """What COCO's exporter said of a picture."""
        scene, picture = divmod(index, self._pictures)
        try:
            lines = records.read_lines(folder, scene)
            found = [line["record"] for line in lines if line["exporter"] == "coco"]
            return found[picture]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            raise InvalidValue(
                f"{self.root}/{records.path_of(scene)}, which has the labels of picture {index}, is missing or damaged. Make it anew with --resume"
            ) from None

    def _depth(self, folder: Folder, image: dict[str, Any]) -> NDArray[np.float32]:
        """Depth in metres, +inf where nothing is."""
        if "depth_file" not in image:
            raise InvalidValue(f"{self.root} was written without depth (--depth-format none). Ask for other keys than depth_m")
        path = f"depth/{image['depth_file']}"
        if path.endswith(".npy"):
            with self._open(folder, path) as file:
                depth_m = np.load(file, allow_pickle=False)
        else:
            stored = self._decoded(folder, path, cv2.IMREAD_UNCHANGED)
            depth_m = stored.astype(np.float32) * np.float32(image["depth_scale_m"])
            depth_m[stored == 0] = np.inf
        if depth_m.shape != (image["height"], image["width"]) or depth_m.dtype != np.float32:
            raise ValueError(f"{path} holds {depth_m.shape} {depth_m.dtype}")
        return depth_m

    def _decoded(self, folder: Folder, path: str, mode: int) -> NDArray[Any]:
        with self._open(folder, path) as file:
            data = np.frombuffer(file.read(), np.uint8)
        try:
            pixels = cv2.imdecode(data, mode) if len(data) else None
        except cv2.error:
            pixels = None
        if pixels is None:
            raise InvalidValue(f"{self.root}/{path}: this is no picture. Make it anew with --resume")
        return pixels

    def _open(self, folder: Folder, path: str) -> Any:
        try:
            return folder.open(path)
        except OSError as error:
            raise InvalidValue(f"{self.root}/{path} cannot be read ({error.strerror}). Make it anew with --resume") from None

    def _read_categories(self, folder: Folder) -> tuple[str, ...]:
        """From the head of the merged file, which has them before all pictures."""
        head = b""
        with self._open(folder, INSTANCES) as file:
            for _, line in zip(range(_MOST_HEAD_LINES), file, strict=False):
                if line == _HEAD_ENDS:
                    break
                head += line
        try:
            categories = json.loads(head.rstrip().removesuffix(b",") + b"}")["categories"]
            if [category["id"] for category in categories] != list(range(1, len(categories) + 1)):
                raise ValueError("ids are not 1, 2, 3, ...")
            return tuple(str(category["name"]) for category in categories)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise InvalidValue(f"{self.root}/{INSTANCES} is not one that Diorama wrote ({type(error).__name__}: {error})") from None
