"""Level surfaces need no search for casters: a map of the casters' heights tells at once what nothing stands above.

A point on a level surface at height h can only be shadowed by what is higher than h and lies between it and the light:
at texels of the shadow map that show something higher than h. If nothing within reach of a tap is higher, the point is lit.
That is no approximation, it only skips taps that would all say so; and level ground, shelves and table tops are most of
what is seen.
"""

import math

import warp as wp

from diorama.sim.render.raster.device import Array
from diorama.sim.render.raster.light_data import CELL_SIZE, MAP_CELLS, MAP_SIZE, MAX_BLUR_TEXELS, SUN, LightData

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

SIZE = wp.constant(MAP_SIZE)
CELL = wp.constant(CELL_SIZE)
CELLS = wp.constant(MAP_CELLS)


@wp.kernel
def highest_in_cells(lights: wp.array(dtype=LightData), light_of: wp.array(dtype=int), maps: wp.array(dtype=float), highest: wp.array(dtype=float)):
    """The greatest world height of the surfaces that a cell's texels show; -inf where they show none."""
    t = wp.tid()
    shadow = t // (CELLS * CELLS)
    light = light_of[shadow]
    first_x = t % CELLS * CELL
    first_y = t // CELLS % CELLS * CELL
    up = lights[light].world_z
    per_texel = 1.0 / lights[light].scale
    top = float(-wp.inf)
    for y in range(CELL):
        for x in range(CELL):
            value = maps[(shadow * SIZE + first_y + y) * SIZE + first_x + x]
            if value > -wp.inf:
                qx = (float(first_x + x) + 0.5 - lights[light].center) * per_texel
                qy = (float(first_y + y) + 0.5 - lights[light].center) * per_texel
                z = -value
                if lights[light].kind != SUN:
                    z = 1.0 / value
                    qx = qx * z
                    qy = qy * z
                top = wp.max(top, up[0] * qx + up[1] * qy + up[2] * z + up[3])
    highest[t] = top


@wp.kernel
def highest_along(cells: wp.array(dtype=float), step: int, reach: int, highest: wp.array(dtype=float)):
    """The largest of the cells within `reach` on both sides, along rows (`step` 1) or columns (`step` CELLS)."""
    t = wp.tid()
    at = t // step % CELLS
    top = cells[t]
    for k in range(wp.max(-reach, -at), wp.min(reach, CELLS - 1 - at) + 1):
        top = wp.max(top, cells[t + k * step])
    highest[t] = top


def caster_heights(lights: Array, light_of: list[int], maps: Array, device: str) -> Array:
    """For each cell of each shadow map, the greatest height of a caster that a tap from within the cell can meet.

    `light_of` holds the index of the light that each map belongs to.
    """
    highest = wp.empty(max(len(light_of), 1) * MAP_CELLS * MAP_CELLS, dtype=wp.float32, device=device)
    if not light_of:
        return highest
    across = wp.empty_like(highest)
    # A tap and its bilinear neighbours, from anywhere in the cell.
    reach = math.ceil((MAX_BLUR_TEXELS + 2) / CELL_SIZE)
    owners = wp.array(light_of, dtype=wp.int32, device=device)
    wp.launch(highest_in_cells, dim=len(highest), inputs=[lights, owners, maps, highest], device=device)
    wp.launch(highest_along, dim=len(highest), inputs=[highest, 1, reach, across], device=device)
    wp.launch(highest_along, dim=len(highest), inputs=[across, MAP_CELLS, reach, highest], device=device)
    return highest
