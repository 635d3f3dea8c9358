"""Light for many pictures at once, from fragments to codes: see `picture_geometry.py`."""

import warp as wp

from diorama.sim.render.raster.fragments import MIXED, blend_pixel
from diorama.sim.render.raster.lanes import LANES
from diorama.sim.render.raster.picture_geometry import Picture
from diorama.sim.render.raster.sensor import PIXELS, Codes, Signals, expose_block
from diorama.sim.render.raster.shade import Lighting, shade_group

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})


@wp.struct
class Exposure:
    """A picture's `light` and what a sensor makes of it, in blocks. `codes` is its response."""

    light: wp.array(dtype=Signals)
    gain: wp.vec3
    read2: float
    shot2: float
    seed: wp.uint32
    codes: wp.array(dtype=wp.uint8)
    rgb: wp.array(dtype=Codes)


@wp.kernel
def shade(pictures: wp.array(dtype=Picture), lighting: wp.array(dtype=Lighting), pixels: int):
    """The light of fragments."""
    p, group = wp.tid()
    base = group * LANES
    count = pixels + pictures[p].fragments.count[0]
    if base < count:
        shade_group(base, pictures[p].fragments, pixels, count, pictures[p].view, pictures[p].looks, lighting[p], 0, pictures[p].light)


@wp.kernel
def blend(pictures: wp.array(dtype=Picture), pixels: int, threads: int):
    """The light of mixed pixels; and all pixels' where it is wanted. So many `threads` share a picture."""
    p, thread = wp.tid()
    for pixel in range(thread, pixels, threads):
        if pictures[p].fragments.triangle[pixel] == MIXED:
            blend_pixel(pixel, pictures[p].fragments, pixels, pictures[p].light)
        if pictures[p].radiance.shape[0] > 0:
            pictures[p].radiance[pixel] = pictures[p].light[pixel]


@wp.kernel
def expose(exposures: wp.array(dtype=Exposure)):
    """Light to 8-bit sRGB."""
    p, block = wp.tid()
    gains = Signals()
    for k in range(PIXELS):
        for c in range(3):
            gains[3 * k + c] = exposures[p].gain[c]
    seed = exposures[p].seed
    expose_block(block, exposures[p].light, gains, exposures[p].read2, exposures[p].shot2, seed, 0, exposures[p].codes, exposures[p].rgb)
