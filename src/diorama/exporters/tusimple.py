"""TuSimple: boundaries of lanes, as where they cross rows of the picture. The format of its lane detection challenge of 2017."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2

from diorama.exporters.base import Dataset, Encoded
from diorama.exporters.splits import is_val
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Sample
from diorama.sim.lane_lines import SeenLine, lane_lines
from diorama.sim.spec import Line
from diorama.sim.transforms import Matrix

#: Lines that bound lanes. Kerbs do where nothing is painted, and are asked for.
_BOUNDS = ("solid", "dashed", "double")
_ABSENT = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class TuSimple:
    """TuSimple's lanes: ``clips/<scene>/<frame>.jpg`` and a line of JSON for each picture.

    Rows are `step_px` apart, from the upper `from_height` of the picture on. A lane boundary is there in `least` rows at least, and labelled on
    behind what hides it. `kerbs` counts them as well. With several views each is a clip of its own. Every scene is of the training or, `val_share` of
    them, of the validation set.
    """

    name: ClassVar[str] = "tusimple"
    step_px: int = 10
    from_height: float = 2 / 9
    least: int = 3
    kerbs: bool = False
    jpeg_quality: int = 95
    val_share: float = 0.2

    def __post_init__(self) -> None:
        for name in ("step_px", "least"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} must be 1 or more, got {getattr(self, name)}")
        for name in ("from_height", "val_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidValue(f"{name} must be in 0..1, got {getattr(self, name)}")
        if not 1 <= self.jpeg_quality <= 100:
            raise InvalidValue(f"jpeg_quality must be between 1 and 100, got {self.jpeg_quality}")

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """Files and records of a sample. Raises InvalidValue when a channel is lacking."""
        files: dict[str, bytes] = {}
        records = []
        for picture, frame in enumerate(sample.frames):
            if frame.rgb is None:
                raise InvalidValue('tusimple: the frame has no "rgb" channel; ask the renderer for it')
            moment, view = sample.numbered(picture)
            path = f"clips/{sample.index * sample.views + view:06d}/{moment + 1}.jpg"
            files[path] = cv2.imencode(".jpg", cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, self.jpeg_quality))[1].tobytes()
            height = frame.camera.height
            rows = list(range(-(-round(self.from_height * height) // self.step_px) * self.step_px, height, self.step_px))
            entry = {"lanes": self._lanes(lane_lines(sample.at(picture), frame), rows), "h_samples": rows, "raw_file": path}
            records.append({"entry": entry, "val": is_val(sample.index, self.val_share)})
        return Encoded(files=files, records=tuple(records))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The labels of each set."""
        for name, chosen in (("label_data_train.json", False), ("label_data_val.json", True)):
            if any(record["val"] == chosen for record in records()):
                yield name, (json.dumps(r["entry"], separators=(",", ":")).encode("ascii") + b"\n" for r in records() if r["val"] == chosen)

    def _lanes(self, seen: Sequence[SeenLine], rows: Sequence[int]) -> list[list[int]]:
        """Columns by row, from the left to the right: of each boundary that leads away rather than across, with all that goes on from it."""
        kinds = (*_BOUNDS, "kerb") if self.kerbs else _BOUNDS
        parts = [part for part in seen if part.line.kind in kinds and _leads_away(part.points_m)]
        lanes: dict[str, list[float]] = {}
        names = _chains([part.line for part in parts])
        for part in sorted(parts, key=lambda part: -float(part.pixels[:, 1].max())):
            lane = lanes.setdefault(names[part.line.name], [float("nan")] * len(rows))
            for k, found in enumerate(_crossings(part.pixels, rows)):
                lane[k] = found if lane[k] != lane[k] else lane[k]
        kept = [lane for lane in lanes.values() if sum(x == x for x in lane) >= self.least]
        kept.sort(key=lambda lane: next(x for x in reversed(lane) if x == x))
        return [[_ABSENT if x != x else int(x) for x in lane] for lane in kept]


def _leads_away(points_m: Matrix) -> bool:
    way = (points_m[-1] - points_m[0]).tolist()
    return abs(way[2]) > abs(way[0])


def _chains(lines: Iterable[Line]) -> dict[str, str]:
    """For each line the name of the first of those that it goes on from, end to start."""
    known = {line.name: line for line in lines}
    before = {line.points_m[-1]: name for name, line in known.items()}
    out = {}
    for name in known:
        first, visited = name, {name}
        while (earlier := before.get(known[first].points_m[0])) is not None and earlier not in visited:
            first = earlier
            visited.add(first)
        out[name] = first
    return out


def _crossings(pixels: Matrix, rows: Sequence[int]) -> list[float]:
    """Where a polyline crosses the middles of rows, the lowest piece first; NaN where it does not."""
    out = [float("nan")] * len(rows)
    for (x0, y0), (x1, y1) in zip(pixels[:-1].tolist(), pixels[1:].tolist(), strict=True):
        low, high = min(y0, y1), max(y0, y1)
        for k, row in enumerate(rows):
            v = row + 0.5
            if low <= v <= high and y0 != y1 and out[k] != out[k]:
                out[k] = x0 + (x1 - x0) * (v - y0) / (y1 - y0)
    return out
