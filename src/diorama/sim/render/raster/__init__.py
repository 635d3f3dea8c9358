"""A rasterizer in Warp kernels: one source for the CPU and for CUDA devices."""

import warp as wp

# Warp prints a banner and every compilation to stdout, which belongs to the program that uses us.
wp.config.quiet = True

from diorama.sim.render.raster.renderer import Raster  # noqa: E402  (Warp must be told before its first use)

__all__ = ["Raster"]
