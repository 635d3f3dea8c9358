"""Materials as Mitsuba's: which BSDF stands for which `MaterialSpec`.

glTF's metallic-roughness becomes Mitsuba's ``principled`` (Burley 2012, 2015) of the same base colour, metallic, roughness, index of
refraction and clear coat; a dielectric that mirrors nothing (`ior` 1) is Lambert's ``diffuse``, as in the rasterizer. The two differ in
that Burley's dielectric darkens a little towards grazing angles where it is smooth, and brightens there where it is rough; and in the
strength of the coat. Thin glass is ``thindielectric``: its mirror is a perfect one, whatever the roughness.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import linear_from_srgb
from diorama.sim.assets.mesh import Slot
from diorama.sim.render.looks import Picture
from diorama.sim.render.pathtrace.engine import mi
from diorama.sim.spec import MaterialSpec

#: Mirrors smoother than this show every light as a point that no number of samples finds.
MIN_ROUGHNESS = 0.05
#: A cut-out is enlarged this often before alpha is compared, so that its outline is smooth.
_CUT_OUT_SCALE = 4
_LINEAR = np.array([linear_from_srgb(code / 255) for code in range(256)], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """What a part of a body looks like. `pictures` are its textures by slot; `mirrored` says whether a normal map is seen mirrored."""

    material: MaterialSpec
    pictures: Mapping[Slot, Picture]
    mirrored: bool = False

    @property
    def tile_m(self) -> float | None:
        """How much of the surface one unit of the mesh's texture coordinates spans; None for coordinates of the mesh's own."""
        return next((picture.tile_m for picture in self.pictures.values()), None)

    @property
    def is_there(self) -> bool:
        """Whether it is cut away as a whole."""
        m = self.material
        return not (m.alpha == "mask" and "base_color" not in self.pictures and m.opacity < m.alpha_cutoff)

    @property
    def glows(self) -> bool:
        return max(self.material.emissive) > 0

    @property
    def passes_light(self) -> bool:
        return self.structure[2] or self.structure[4]

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides which of Mitsuba's classes it is made of: alike for two surfaces, the same compiled code serves both."""
        m = self.material
        lambert = m.ior == 1 and m.metallic == 0 and m.clear_coat == 0 and "metallic_roughness" not in self.pictures
        cut_out = m.alpha == "blend" or (m.alpha == "mask" and "base_color" in self.pictures)
        return lambert, m.clear_coat > 0, m.transmission > 0, "normal" in self.pictures, cut_out, m.two_sided, self.glows

    @property
    def key(self) -> Any:
        """The same for surfaces that can share a mesh. Those without pictures differ by face attributes alone."""
        if self.pictures:
            return self.material, self.mirrored, *sorted((slot, picture.key, picture.tile_m) for slot, picture in self.pictures.items())
        return replace(self.material, base_color=(0.0, 0.0, 0.0), metallic=float(not self.structure[0]), roughness=0.0)


def bsdf(surface: Surface) -> dict[str, Any]:
    """The surface as a dictionary that Mitsuba loads."""
    m = surface.material
    lambert, coated, glass, bumpy, cut_out, two_sided, _ = surface.structure
    color = _color(surface)
    if lambert:
        out: dict[str, Any] = {"type": "diffuse", "reflectance": color}
    else:
        metallic, roughness = _metallic_and_roughness(surface)
        out = {"type": "principled", "base_color": color, "metallic": metallic, "roughness": roughness, "eta": max(m.ior, 1.001)}
        if coated:
            # Burley's gloss: 0 is an alpha of 0.1, and 1 one of 0.001.
            alpha = min(max(m.clear_coat_roughness, MIN_ROUGHNESS) ** 2, 0.1)
            out |= {"clearcoat": m.clear_coat, "clearcoat_gloss": (0.1 - alpha) / 0.099}
    if bumpy:
        out = {"type": "normalmap", "normalmap": _normals(surface), "bsdf": out}
    if two_sided:
        out = {"type": "twosided", "bsdf": out}
    if glass:
        thin = {"type": "thindielectric", "int_ior": m.ior, "ext_ior": 1.0, "specular_transmittance": color}
        out = {"type": "blendbsdf", "weight": m.transmission, "bsdf_0": out, "bsdf_1": thin}
    if cut_out:
        out = {"type": "mask", "opacity": _opacity(surface), "bsdf": out}
    return out


def emission(surface: Surface) -> dict[str, Any]:
    """What a glowing surface sends out, W/m2/sr, as a dictionary that Mitsuba loads."""
    picture = surface.pictures.get("emissive")
    glow = np.array(surface.material.emissive, np.float32)
    return {
        "type": "area",
        "radiance": _bitmap(surface, "emissive", _LINEAR[picture.pixels()[..., :3]] * glow) if picture else _rgb(surface.material.emissive),
    }


def _color(surface: Surface) -> dict[str, Any]:
    if not surface.pictures:
        return {"type": "mesh_attribute", "name": "face_color"}
    factor = np.array(surface.material.base_color, np.float32)
    picture = surface.pictures.get("base_color")
    # One texel where there is no picture: the compiled code is the same.
    return _bitmap(surface, "base_color", _LINEAR[picture.pixels()[..., :3]] * factor if picture else factor.reshape(1, 1, 3))


def _metallic_and_roughness(surface: Surface) -> tuple[dict[str, Any], dict[str, Any]]:
    if not surface.pictures:
        return {"type": "mesh_attribute", "name": "face_metallic"}, {"type": "mesh_attribute", "name": "face_roughness"}
    m = surface.material
    picture = surface.pictures.get("metallic_roughness")
    both = picture.pixels()[..., 1:3].astype(np.float32) / 255 if picture else np.ones((1, 1, 2), np.float32)
    roughness = np.maximum(both[..., 0:1] * m.roughness, MIN_ROUGHNESS)
    return _bitmap(surface, "metallic_roughness", both[..., 1:2] * m.metallic), _bitmap(surface, "metallic_roughness", roughness)


def _normals(surface: Surface) -> dict[str, Any]:
    """The normal map with its x and y scaled, as Mitsuba reads them: (n + 1) / 2, y along the second tangent of a texture that is not mirrored."""
    n = surface.pictures["normal"].pixels()[..., :3].astype(np.float32) * (2 / 255) - 1
    n[..., :2] *= surface.material.normal_scale
    if surface.mirrored:
        n[..., 1] *= -1
    length = np.sqrt(n[..., 0] ** 2 + n[..., 1] ** 2 + n[..., 2] ** 2)
    return _bitmap(surface, "normal", n / length[..., None] * 0.5 + 0.5)


def _opacity(surface: Surface) -> dict[str, Any] | float:
    m = surface.material
    picture = surface.pictures.get("base_color")
    pixels = picture.pixels() if picture else None
    if picture is None or pixels is None or pixels.shape[2] < 4:
        return m.opacity if m.alpha == "blend" else float(m.opacity >= m.alpha_cutoff)
    if m.alpha == "blend":
        return _bitmap(surface, "base_color", pixels[..., 3:] * np.float32(m.opacity / 255))
    cutoff = 255 * (picture.alpha_cutoff or 0.0)
    fine = cv2.resize(pixels[..., 3], None, fx=_CUT_OUT_SCALE, fy=_CUT_OUT_SCALE, interpolation=cv2.INTER_LINEAR)
    return _bitmap(surface, "base_color", (fine >= math.ceil(cutoff))[..., None]) | {"filter_type": "nearest"}


def _rgb(color: tuple[float, float, float]) -> dict[str, Any]:
    return {"type": "rgb", "value": list(color)}


def _bitmap(surface: Surface, slot: Slot, values: NDArray[Any]) -> dict[str, Any]:
    """Numbers (h, w, channels) of a slot, taken as they are, and repeated without end."""
    out = {"type": "bitmap", "bitmap": mi.Bitmap(np.ascontiguousarray(values, np.float32)), "raw": True, "wrap_mode": "repeat"}
    picture = surface.pictures.get(slot)
    if picture is not None and picture.tile_m is not None and surface.tile_m is not None and picture.tile_m != surface.tile_m:
        scale = surface.tile_m / picture.tile_m
        out["to_uv"] = mi.ScalarTransform3f().scale([scale, scale])
    return out
