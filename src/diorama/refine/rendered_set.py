"""A data set that ``diorama generate`` wrote, read picture by picture with its geometry.

Labels are read from the records of single scenes, a picture's when it is asked for: the merged COCO file of a large set is gigabytes. Nothing is held
but where the folder is. The files are untrusted input, and names in them are never used as paths.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from diorama.exporters.coco import IDS_PER_IMAGE, Coco
from diorama.refine.base import REFINED, Rendered, Rgb, picture_seed
from diorama.refine.photos import decoded
from diorama.sim.codec import from_json
from diorama.sim.errors import DioramaError, InvalidValue
from diorama.sim.seeds import Seed

PLAN = "plan.json"
INSTANCES = "annotations/instances.json"
FINAL = "records/final.json"
#: How a record's line for a picture begins.
_LINE = b'{"exporter":"coco","record":'
_AGAIN = "Make it anew with diorama generate --resume"


class RenderedSet:
    """The pictures of a data set in COCO's format, in their order, each read when it is asked for.

    `coco` is the exporter that wrote it; `exporters` has the settings of all that did by name. Raises InvalidValue when the folder holds no such data
    set, one without depth, or one that is not finished.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise InvalidValue(f"{self.root}: there is no such folder; name one that diorama generate wrote")
        finished = all((self.root / name).is_file() for name in (FINAL, INSTANCES))
        if not finished and (self.root / REFINED).is_file():
            raise InvalidValue(f"{self.root} is a refined copy that was stopped, or failed the label gate. See diorama refine apply")
        try:
            begun = json.loads((self.root / PLAN).read_bytes())
        except (OSError, ValueError, RecursionError):
            begun = None
        if not isinstance(begun, dict) or begun.get("format") != "diorama run":
            raise InvalidValue(f"{self.root} holds no data set of Diorama: {PLAN} is missing, or not one of a run")
        if begun.get("format_version") != 1:
            raise InvalidValue(f"{self.root} was written by another version of Diorama, which this one cannot read")
        try:
            plan = begun["plan"]
            self._seed, self._count = int(begun["seed"]), int(begun["count"])
            self._pictures = int(plan["views"]) * int(plan["frames"])
            self.exporters = {exporter["name"]: {k: v for k, v in exporter.items() if k != "name"} for exporter in plan["exporters"]}
            if self._count <= 0 or self._pictures <= 0:
                raise ValueError("it counts no pictures")
            if "coco" not in self.exporters:
                raise InvalidValue(f"{self.root} was written without COCO's labels. Generate it with --exporter coco")
            self.coco = from_json(Coco, self.exporters["coco"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, DioramaError):
                raise InvalidValue(f"{self.root}: {error}") from None
            raise InvalidValue(f"{self.root}/{PLAN} is damaged ({type(error).__name__}: {error})") from None
        if self.coco.depth_format == "none":
            raise InvalidValue(f"{self.root} was written without depth. Generate it with --depth-format png, or npy")
        if not finished:
            raise InvalidValue(f"{self.root} is not finished: its run was stopped. Go on with it by diorama generate --resume")
        # How many there are is what a file says, and decides how long others count.
        if not (self.root / self.path_of(self._count - 1)).is_file():
            raise InvalidValue(f"{self.root}: the last of its {self._count} pictures is missing. {_AGAIN}")

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Rendered:
        """Raises IndexError, and InvalidValue naming the file that is missing or damaged."""
        rgb = self.rgb(number)
        scene, picture = divmod(number, self._pictures)
        record = f"records/{scene:06d}.jsonl"
        try:
            instance, category = _maps(self._annotations(record, picture), scene, rgb.shape[:2])
        except (OSError, StopIteration, ValueError, LookupError, TypeError, RecursionError):
            raise InvalidValue(
                f"{self.root}/{record}, which has the labels of picture {number}, is missing or damaged, or the picture is of another size. {_AGAIN}"
            ) from None
        depth_m = self._depth_m(f"depth/{number:06d}.{self.coco.depth_format}")
        try:
            return Rendered(rgb=rgb, depth_m=depth_m, instance=instance, category=category)
        except InvalidValue as error:
            raise InvalidValue(f"{self.root}: the files of picture {number} do not fit each other: {error}. {_AGAIN}") from None

    def __iter__(self) -> Iterator[Rendered]:
        return (self[number] for number in range(len(self)))

    def rgb(self, number: int) -> Rgb:
        """The picture alone, (h, w, 3) uint8. Raises as `rendered_set[number]` does."""
        pixels = self._decoded(self.path_of(number), cv2.IMREAD_COLOR_RGB)
        if pixels.dtype != np.uint8:
            raise InvalidValue(f"{self.root}/{self.path_of(number)}: {pixels.dtype} is not what pictures are of")
        return pixels

    def path_of(self, number: int) -> str:
        """Where a picture is, below the root."""
        if not 0 <= number < self._count:
            raise IndexError(f"{self.root} has pictures 0 to {self._count - 1}, and no {number}")
        return f"images/{self.coco.image_name(number)}"

    def seed_of(self, number: int) -> Seed:
        """A picture's own stream: that of its number, in the data set's seed."""
        return picture_seed(self._seed, number)

    def _annotations(self, record: str, picture: int) -> list[dict[str, Any]]:
        with (self.root / record).open("rb") as file:
            line = next(islice((line for line in file if line.startswith(_LINE)), picture, None))
        return json.loads(line)["record"]["annotations"]

    def _depth_m(self, path: str) -> NDArray[np.float32]:
        if path.endswith(".npy"):
            try:
                found = np.load(self.root / path, allow_pickle=False)
            except (OSError, ValueError, EOFError, MemoryError) as error:
                raise InvalidValue(f"{self.root}/{path}: cannot be read ({error}). {_AGAIN}") from None
            return found
        stored = self._decoded(path, cv2.IMREAD_UNCHANGED)
        if stored.dtype != np.uint16 or stored.ndim != 2:
            raise InvalidValue(f"{self.root}/{path}: depth is one channel of 16 bits, and this is {stored.shape} {stored.dtype}")
        return np.where(stored == 0, np.float32(np.inf), stored.astype(np.float32) * np.float32(0.001))

    def _decoded(self, path: str, flags: int) -> NDArray[Any]:
        try:
            data = (self.root / path).read_bytes()
        except OSError as error:
            raise InvalidValue(f"{self.root}/{path}: cannot be read ({error.strerror}). {_AGAIN}") from None
        pixels = decoded(data, flags)
        if pixels is None:
            raise InvalidValue(f"{self.root}/{path}: this is no picture, or a broken one. {_AGAIN}")
        return pixels


class Colours:
    """The pictures of a data set without their geometry."""

    def __init__(self, rendered: RenderedSet) -> None:
        self._rendered = rendered

    def __len__(self) -> int:
        return len(self._rendered)

    def __getitem__(self, number: int) -> Rgb:
        return self._rendered.rgb(number)

    def __iter__(self) -> Iterator[Rgb]:
        return (self[number] for number in range(len(self)))


def _maps(annotations: list[dict[str, Any]], scene: int, size: tuple[int, ...]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Instance and category (h, w) from what is visible of each labelled thing. Instances count from 1 on in the order of the scene's bodies."""
    instance, category = np.zeros(size, np.int32), np.zeros(size, np.int32)
    for entry in annotations:
        run_lengths, number, kind = entry["segmentation"], int(entry["track_id"]) - scene * IDS_PER_IMAGE, int(entry["category_id"])
        if tuple(run_lengths["size"]) != size or not 0 < number < IDS_PER_IMAGE or kind <= 0:
            raise ValueError("a mask of another picture")
        mask: Any = coco_mask.decode(dict(run_lengths))  # pyright: ignore[reportArgumentType] - its stubs want bytes; it takes text as well
        instance[mask > 0], category[mask > 0] = number, kind
    return instance, category
