"""Pictures as an MP4 file that decodes on the spot anywhere in it, the same bytes each time it is written."""

from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import MissingExtra

try:
    import av
except ImportError:
    raise MissingExtra("writing videos", "av", "lerobot") from None

CODEC = "h264"
PIXELS = "yuv420p"
#: Every second picture is whole, as in LeRobot's own videos, since training reads single pictures from anywhere. The rest is for equal bytes: one
#: thread, no code that differs by processor, no dates or names of writers; no look ahead, with which one in fifty videos came out another. No
#: picture refers to a later one, so that they come in their order.
_X264 = "threads=1:lookahead-threads=1:sliced-threads=0:asm=0:rc-lookahead=0:mbtree=0"
_SETTINGS = {"crf": "18", "preset": "medium", "g": "2", "bf": "0", "threads": "1", "x264-params": _X264}


class Film:
    """A video of pictures (H, W, 3) uint8, H and W even, `fps` a second; open in a ``with`` block."""

    def __init__(self, path: Path, fps: int, width: int, height: int) -> None:
        self._path, self._fps, self._size = path, fps, (width, height)
        self.length = 0

    def __enter__(self) -> Self:
        self._file = av.open(str(self._path), "w", format="mp4", options={"fflags": "+bitexact"})
        stream: Any = self._file.add_stream("libx264", rate=self._fps, options=_SETTINGS)
        stream.width, stream.height = self._size
        stream.pix_fmt = PIXELS
        stream.codec_context.time_base = Fraction(1, self._fps)
        self._stream = stream
        return self

    def add(self, pictures: NDArray[np.uint8]) -> None:
        """Add pictures (T, H, W, 3)."""
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), format=PIXELS)  # in whole numbers, everywhere the same
            frame.pts, frame.time_base = self.length, Fraction(1, self._fps)
            self._file.mux(self._stream.encode(frame))
            self.length += 1

    @property
    def bytes_written(self) -> int:
        return self._path.stat().st_size

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            self._file.mux(self._stream.encode(None))
        self._file.close()
