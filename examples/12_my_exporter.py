"""An exporter of one's own: diorama generate tabletop --plugin examples/12_my_exporter.py --exporter coco --exporter yolo-text --out out/yolo."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from diorama import Dataset, Encoded, Sample


@dataclass(frozen=True, kw_only=True)
class YoloText:
    """A text file a picture: a line an object, its class and its box (middle and size) in shares of the picture."""

    name: ClassVar[str] = "yolo-text"

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """Pure: files and one record a picture."""
        classes = {name: i for i, (name, _) in enumerate(dataset.categories)}
        files = {}
        for number, (frame, labels) in enumerate(zip(sample.frames, sample.annotations, strict=True), start=first_image):
            w, h = frame.camera.width, frame.camera.height
            lines = []
            for body, (x0, y0, x1, y1) in zip(labels.body_index, labels.box_xyxy, strict=True):
                number_of_class = classes[sample.spec.bodies[body].category]
                lines.append(f"{number_of_class} {(x0 + x1) / 2 / w:.6f} {(y0 + y1) / 2 / h:.6f} {(x1 - x0) / w:.6f} {(y1 - y0) / h:.6f}\n")
            files[f"labels/{number:06d}.txt"] = "".join(lines).encode()
        return Encoded(files=files, records=tuple({"file": path} for path in files))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterable[bytes]]]:
        """The names of the classes, in the order of their numbers."""
        yield "classes.txt", (f"{name}\n".encode() for name, _ in dataset.categories)
