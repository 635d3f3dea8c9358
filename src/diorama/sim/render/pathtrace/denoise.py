"""Noise taken out of path-traced pictures, by Intel's Open Image Denoise."""

import os
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import MissingExtra

Picture = NDArray[np.float32]


class Denoiser:
    """Opens the denoiser on the CPU, on the processors that this process may use. Raises MissingExtra."""

    def __init__(self) -> None:
        if find_spec("pyoidn") is None:
            raise MissingExtra("Denoising", "pyoidn", "denoise")
        import pyoidn

        self._oidn: Any = pyoidn
        self._device: Any = pyoidn.Device(pyoidn.OIDN_DEVICE_TYPE_CPU)
        self._device.set_int("numThreads", len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0)
        # It would bind its threads to processors, the same ones in every process.
        self._device.set_bool("setAffinity", False)
        self._device.commit()
        self._check()

    def close(self) -> None:
        """Give its memory back."""
        self._device.release()

    def __call__(self, radiance: Picture, albedo: Picture, normal: Picture) -> Picture:
        """The radiance (H, W, 3) without its noise. Albedo in [0, 1] and unit normals, both as noisy as they are, tell edges from noise."""
        out = np.empty_like(radiance)
        filter_ = self._oidn.Filter(self._device, self._oidn.OIDN_FILTER_TYPE_RT)
        try:
            for name, picture in (("color", radiance), ("albedo", albedo), ("normal", normal), ("output", out)):
                filter_.set_image(name, picture, self._oidn.OIDN_FORMAT_FLOAT3)
            filter_.set_bool("hdr", True)
            filter_.commit()
            filter_.execute()
            self._check()
        finally:
            filter_.release()
        return out

    def _check(self) -> None:
        message = self._device.get_error()
        if message is not None:
            raise RuntimeError(f"Open Image Denoise: {message}")
