"""Pictures as an MP4 file that decodes on the spot anywhere in it, the same bytes each time it is written."""

from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import MissingExtra

try:
    import av
except ImportError:
    raise MissingExtra("writing videos", "av", "lerobot") from None

CODEC = "h264"
PIXELS = "yuv420p"
#: Every second picture is whole, as in LeRobot's own videos, since training reads single pictures from anywhere. One thread, and neither dates nor
#: names of writers, for equal bytes; no pictures that refer to later ones, so that they come in their order.
_SETTINGS = {"crf": "18", "preset": "medium", "g": "2", "bf": "0", "threads": "1", "x264-params": "threads=1:lookahead-threads=1:sliced-threads=0"}


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
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
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
