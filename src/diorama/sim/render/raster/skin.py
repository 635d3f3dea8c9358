"""What one triangle contributes to eight points."""

import warp as wp

from diorama.sim.render.raster.lanes import Lanes, Vectors, pick, picked

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})


@wp.struct
class Skin:
    """What one triangle contributes to eight surfels: depth, the smooth normal or that of a normal map, and the material."""

    depth: Lanes
    normal: Vectors
    flat: Vectors
    spread2: Lanes
    base: Vectors
    emitted: Vectors
    metallic: Lanes
    roughness: Lanes
    dielectric: Lanes
    opacity: Lanes
    open: Lanes
    coat: Lanes
    coat_roughness: Lanes
    transmission: Lanes


@wp.func
def merged(mask: Lanes, a: Skin, b: Skin) -> Skin:
    """The one skin where the mask is 1, else the other."""
    out = Skin()
    out.depth = pick(mask, a.depth, b.depth)
    out.normal = picked(mask, a.normal, b.normal)
    out.flat = picked(mask, a.flat, b.flat)
    out.spread2 = pick(mask, a.spread2, b.spread2)
    out.base = picked(mask, a.base, b.base)
    out.emitted = picked(mask, a.emitted, b.emitted)
    out.metallic = pick(mask, a.metallic, b.metallic)
    out.roughness = pick(mask, a.roughness, b.roughness)
    out.dielectric = pick(mask, a.dielectric, b.dielectric)
    out.opacity = pick(mask, a.opacity, b.opacity)
    out.open = pick(mask, a.open, b.open)
    out.coat = pick(mask, a.coat, b.coat)
    out.coat_roughness = pick(mask, a.coat_roughness, b.coat_roughness)
    out.transmission = pick(mask, a.transmission, b.transmission)
    return out
