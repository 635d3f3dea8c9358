"""How TIFF files of numbers are written, so that they are the same bytes everywhere."""

import cv2
import numpy as np
from numpy.typing import NDArray

# PackBits: what is empty costs nothing, and every reader knows it; others need packages of their own for LZW, and zlib has variants.
_PACK_BITS = 32773


def tiff(array: NDArray[np.float32]) -> bytes:
    """A lossless file of (H, W) float32."""
    return cv2.imencode(".tiff", array, (cv2.IMWRITE_TIFF_COMPRESSION, _PACK_BITS))[1].tobytes()


def tiff_depth(depth_m: NDArray[np.float32]) -> bytes:
    """A depth map (H, W) float32 metres, 0 where nothing is, as depth cameras have it and networks can bear."""
    return tiff(np.where(np.isfinite(depth_m), depth_m, np.float32(0)))
