"""From surfaces to light where some are wet or snowed upon: `shade.py`, compiled once more, so that dry scenes do not pay for rain."""

import warp as wp

from diorama.sim.render.raster.fragments import Fragments
from diorama.sim.render.raster.lanes import LANES
from diorama.sim.render.raster.shade import Lighting, shade_group
from diorama.sim.render.raster.surface import Looks, View

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})


@wp.kernel
def shade_weather(
    fragments: Fragments,
    pixels: int,
    first: int,
    count: int,
    view: View,
    looks: Looks,
    lighting: Lighting,
    radiance: wp.array(dtype=wp.vec3),
):
    """Radiance of fragments: see `shade_group`."""
    group, _ = wp.tid()
    base = first + group * LANES
    shade_group(base, fragments, pixels, count, view, looks, lighting, 1, radiance)
