"""Materials as the kernels read them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import warp

from diorama.sim.assets.mesh import Slot
from diorama.sim.render.looks import Picture, cutoff
from diorama.sim.render.raster.device import Array, layout, records
from diorama.sim.render.raster.texture import Atlas
from diorama.sim.render.raster.weather import drift_of, weather_of
from diorama.sim.spec import MaterialSpec, Weathering

#: A material, and the pictures on it.
Look = tuple[MaterialSpec, Mapping[Slot, Picture], Weathering | None]

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: Bits of `Surface.textures`: which textures there are, and whether the base colour's alpha counts.
BASE_TEXTURE = warp.constant(1)
ROUGHNESS_TEXTURE = warp.constant(2)
NORMAL_TEXTURE = warp.constant(4)
OCCLUSION_TEXTURE = warp.constant(8)
EMISSIVE_TEXTURE = warp.constant(16)
CUT_OUT = warp.constant(32)
_BITS: dict[Slot, int] = {"base_color": 1, "metallic_roughness": 2, "normal": 4, "occlusion": 8, "emissive": 16}


@warp.struct
class Surface:
    """One part of one body: a material. `dielectric` is what mirrors face-on where there is no metal. The base colour's alpha
    is compared with `cutoff`, if that is more than 0; else it multiplies `opacity`. `textures` says which of the textures there are; each is
    (start, width, height, levels) in the atlas. `weather` and `drift` are those of weather.py.
    """

    color: warp.vec3
    opacity: float
    metallic: float
    roughness: float
    dielectric: float
    emissive: warp.vec3
    coat: float
    coat_roughness: float
    transmission: float
    cutoff: float
    normal_scale: float
    textures: int
    base: warp.vec4i
    metallic_roughness: warp.vec4i
    normal: warp.vec4i
    occlusion: warp.vec4i
    emission: warp.vec4i
    weather: warp.vec3
    drift: warp.vec2


_ENTRIES: dict[Slot, str] = {
    "base_color": "base",
    "metallic_roughness": "metallic_roughness",
    "normal": "normal",
    "occlusion": "occlusion",
    "emissive": "emission",
}


#: Bits of a surface's presence, none of which is set where it is there for everybody: alpha cuts it; pictures see it as a layer before what
#: lies behind; light passes as if it was not there; or, by its alpha, in places.
CUT = warp.constant(1)
LAYER = warp.constant(2)
UNLIT = warp.constant(4)
CUT_FOR_LIGHT = warp.constant(8)
#: What lets more light through than this casts no shadow.
_PASSES = 0.5


def presence(material: MaterialSpec, pictures: Mapping[Slot, Picture]) -> int | None:
    """A surface's presence, or None if nothing of it is there."""
    picture = pictures.get("base_color")
    textured = picture is not None and picture.has_alpha
    if material.alpha == "mask" and material.opacity < material.alpha_cutoff:
        return None
    out = int(CUT) if material.alpha == "mask" and textured and material.alpha_cutoff > 0 else 0
    opacity = material.opacity if material.alpha == "blend" else 1.0
    fades = material.alpha == "blend" and textured
    if material.transmission > 0 or opacity < 1 or fades:
        out |= int(LAYER)
    if 1 - opacity * (1 - material.transmission) > _PASSES:
        out |= int(UNLIT)
    elif fades:
        out |= int(CUT_FOR_LIGHT)
    return out


def surface_arrays(looks: Sequence[Look], atlas: Atlas) -> tuple[Array, Any]:
    """The atlas's texels (n,) uint32, and a record of Surface's layout for each material."""
    texels, entries = atlas.entries([pictures.get(slot) for slot in _ENTRIES for _, pictures, _ in looks])
    entries = entries.reshape(len(_ENTRIES), len(looks), 4)
    out: Any = np.zeros(len(looks), layout(Surface))
    for name, value in _factors(looks).items():
        out[name] = value
    for (slot, name), entry in zip(_ENTRIES.items(), entries, strict=True):
        out[name] = entry
        out["textures"] |= np.where(entry[:, 3] > 0, _BITS[slot], 0)
    counts_alpha = ["base_color" in pictures and pictures["base_color"].has_alpha for _, pictures, _ in looks]
    out["textures"] |= np.where(np.array(counts_alpha, np.bool_), int(CUT_OUT), 0)
    return texels, out


def restated(surfaces: Array, looks: Sequence[Look], before: Sequence[Look]) -> Array | None:
    """The `surfaces` of looks that have the pictures of those `before` in the same atlas; None where they have others."""
    other = [(look, was) for look, was in zip(looks, before, strict=True) if look is not was]
    if any(_layout(look) != _layout(was) for look, was in other):
        return None
    if all((look[0], look[2]) == (was[0], was[2]) for look, was in other):
        return surfaces
    rows = surfaces.records.numpy().view(layout(Surface)).copy()
    for name, value in _factors(looks).items():
        rows[name] = value
    return records(rows, Surface, surfaces.device)


def _layout(look: Look) -> Any:
    """What of a look is more than numbers."""
    material, pictures, _ = look
    return {slot: picture.key for slot, picture in pictures.items()}, material.opacity > 0


def _factors(looks: Sequence[Look]) -> dict[str, list[Any]]:
    """What materials say in numbers, by field of Surface."""
    materials, weathers = [m for m, _, _ in looks], [w for _, _, w in looks]
    if not materials:
        return {}
    return {
        "color": [m.base_color for m in materials],
        "opacity": [m.opacity if m.alpha == "blend" else 1.0 for m in materials],
        "metallic": [m.metallic for m in materials],
        "roughness": [m.roughness for m in materials],
        "dielectric": [_mirrored(m) for m in materials],
        "emissive": [m.emissive for m in materials],
        "coat": [m.clear_coat for m in materials],
        "coat_roughness": [m.clear_coat_roughness for m in materials],
        "transmission": [m.transmission for m in materials],
        "cutoff": [cutoff(m) or 0.0 for m in materials],
        "normal_scale": [m.normal_scale for m in materials],
        "weather": [weather_of(w, m) for w, m in zip(weathers, materials, strict=True)],
        "drift": [drift_of(w) for w in weathers],
    }


def _mirrored(material: MaterialSpec) -> float:
    """What a dielectric mirrors face-on. A sheet of glass has two faces, between which light goes to and fro."""
    once = ((material.ior - 1) / (material.ior + 1)) ** 2
    return once + material.transmission * (2 * once / (1 + once) - once)
