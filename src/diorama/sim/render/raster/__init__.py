"""A rasterizer in Warp kernels: one source for the CPU and for CUDA devices."""

import os

import warp as wp

from diorama.sim.render.raster.device import CPU_FLAGS


def _start_warp() -> None:
    """Initialize Warp silently: its devices and compilations are not the business of the program that uses us.

    Without an NVIDIA driver, which is no fault here, its native code also writes to the process's stderr, past Python.
    """
    wp.config.log_level = wp.LOG_ERROR
    wp.config.cpu_compiler_flags = CPU_FLAGS
    stderr = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        wp.init()
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


_start_warp()

from diorama.sim.render.raster import (  # noqa: E402 - Warp must be started before kernels are made
    channels,
    fragments,
    lens_rays,
    lens_visibility,
    lidar,
    occlusion,
    optics,
    partial,
    sensor,
    shade,
    shadow_draw,
    surface_channels,
    texture,
    visibility,
)
from diorama.sim.render.raster.batch import Batch  # noqa: E402 - likewise
from diorama.sim.render.raster.renderer import Raster  # noqa: E402 - likewise

__all__ = ["Batch", "Raster", "warm_up"]


def warm_up(device: str = "cpu") -> None:
    """Compile all kernels, or find them compiled in Warp's cache: seconds on a machine's first run, milliseconds later."""
    for module in (
        texture,
        visibility,
        lens_rays,
        lens_visibility,
        partial,
        fragments,
        channels,
        lidar,
        shadow_draw,
        occlusion,
        shade,
        surface_channels,
        optics,
        sensor,
    ):
        wp.load_module(module, device=device)
