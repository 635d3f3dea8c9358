"""Arrays: any channels of the renderer as files beside the pictures, exact."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.exporters.base import Dataset, Encoded
from diorama.exporters.png import PNG_SETTINGS
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import CHANNELS, Frame, Sample, check_channels

#: Written as 16-bit PNG; all others are NPY.
_WHOLE = ("instance", "category")
#: What is no array of a frame.
_OTHER = ("amodal", "points")
_FIELDS = {"depth": "depth_m"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrays:
    """Channels as arrays: ``normal/000012.npy`` and so on, with their shapes, units and meaning as in `Frame`.

    `instance` and `category` are 16-bit PNG files, all others NPY files of the exact numbers. ``arrays.json`` lists the files of every picture.
    """

    name: ClassVar[str] = "arrays"
    channels: tuple[str, ...] = ("normal",)

    def __post_init__(self) -> None:
        check_channels(self.channels)
        if not self.channels or len(set(self.channels)) < len(self.channels) or set(self.channels) & set(_OTHER):
            raise InvalidValue(f"channels must be some of {', '.join(c for c in CHANNELS if c not in _OTHER)}, each once; got {list(self.channels)}")

    def encode(self, sample: Sample, first_image: int, dataset: Dataset) -> Encoded:
        """Files and records of a sample. Raises InvalidValue when a channel is lacking."""
        files: dict[str, bytes] = {}
        records = []
        for number, frame in enumerate(sample.frames, start=first_image):
            names = {channel: f"{channel}/{number:06d}.{'png' if channel in _WHOLE else 'npy'}" for channel in self.channels}
            files |= {names[channel]: _bytes(channel, frame) for channel in self.channels}
            records.append({"image": number, "categories": list(sample.spec.categories)} | {"files": names})
        return Encoded(files=files, records=tuple(records))

    def finalize(self, records: Callable[[], Iterable[dict[str, Any]]], dataset: Dataset) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The list of all files. The numbers in `category` count the picture's own `categories` from 1 on."""
        yield "arrays.json", _listed(records())


def _bytes(channel: str, frame: Frame) -> bytes:
    array: NDArray[Any] | None = getattr(frame, _FIELDS.get(channel, channel))
    if array is None:
        raise InvalidValue(f'arrays: the frame has no "{channel}" channel; ask the renderer for it')
    if channel in _WHOLE:
        if array.max(initial=0) > 65535:
            raise InvalidValue(f"arrays: {channel} has more than 65535 values, too many for a 16-bit file")
        return cv2.imencode(".png", array.astype(np.uint16), PNG_SETTINGS)[1].tobytes()
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _listed(records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    separator = b'{"pictures":[\n'
    for record in records:
        yield separator + json.dumps(record, separators=(",", ":")).encode("ascii")
        separator = b",\n"
    yield b"\n]}\n"
