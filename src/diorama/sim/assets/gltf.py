"""Materials of glTF 2.0 files, with their textures. Geometry is read elsewhere, from a copy in which materials are mere numbers.

Format: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html, and the ratified extensions KHR_materials_clearcoat, _emissive_strength, _ior,
_transmission, KHR_texture_transform and EXT_texture_webp. Materials of the archived KHR_materials_pbrSpecularGlossiness lose their specular
colour. Textures repeat, whatever their sampler says.
"""

import base64
import json
import logging
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.images import decoded, read_image
from diorama.sim.assets.mesh import Image, Look, Slot
from diorama.sim.assets.references import gltf_document
from diorama.sim.errors import AssetError
from diorama.sim.spec import MaterialSpec

_log = logging.getLogger(__name__)

#: Without these, the geometry cannot be read.
_UNREADABLE = ("KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_meshopt_compression")
#: A file of a few bytes can claim any number of vertices.
_MOST_VALUES = 2**27

_ALPHA_MODES: dict[str, Literal["opaque", "mask", "blend"]] = {"OPAQUE": "opaque", "MASK": "mask", "BLEND": "blend"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which of a mesh's texture coordinates a texture uses, and how it moves them (KHR_texture_transform)."""

    channel: int = 0
    offset: tuple[float, float] = (0.0, 0.0)
    rotation_rad: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)

    def applied(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) coordinates, v up, as the texture sees them. In the file v is down, and positive angles turn counter-clockwise."""
        if self == Layout(channel=self.channel):
            return uv
        u, v = uv[:, 0] * self.scale[0], (1 - uv[:, 1]) * self.scale[1]
        c, s = round(math.cos(self.rotation_rad), 12), round(math.sin(self.rotation_rad), 12)
        return np.stack([c * u + s * v + self.offset[0], 1 - (c * v - s * u + self.offset[1])], axis=1)


class Gltf:
    """One file. Raises AssetError when it, or an image in it, cannot be read.

    `looks` are its materials, in order, and `layouts` which texture coordinates each of them uses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._document, self._chunks = gltf_document(path)
        self._images: dict[int, Image] = {}
        try:
            self._check()
            self.layouts = tuple(_layout(m) for m in self._list("materials"))
            self.looks = tuple(self._look(m) for m in self._list("materials"))
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise AssetError(f"{path}: its materials cannot be read ({type(error).__name__}: {error})") from None

    def geometry(self) -> bytes:
        """The file as it was, but with each material's number for its name, without textures, and with those texture coordinates as a
        primitive's first that its material uses.
        """
        document = {k: v for k, v in self._document.items() if k not in ("images", "textures", "samplers")}
        document["materials"] = [{"name": str(k)} for k in range(len(self.looks))]
        document["meshes"] = [mesh | {"primitives": [self._primitive(p) for p in mesh["primitives"]]} for mesh in self._list("meshes")]
        text = json.dumps(document).encode()
        if self._path.suffix.lower() != ".glb":
            return text
        text += b" " * (-len(text) % 4)
        return struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text) + len(self._chunks), len(text), b"JSON") + text + self._chunks

    def _primitive(self, primitive: dict[str, Any]) -> dict[str, Any]:
        attributes = {name: accessor for name, accessor in primitive["attributes"].items() if not name.startswith("TEXCOORD_")}
        channel = self.layouts[primitive["material"]].channel if "material" in primitive else 0
        if f"TEXCOORD_{channel}" in primitive["attributes"]:
            attributes["TEXCOORD_0"] = primitive["attributes"][f"TEXCOORD_{channel}"]
        return primitive | {"attributes": attributes}

    def _check(self) -> None:
        needed = [extension for extension in self._list("extensionsRequired") if extension in _UNREADABLE]
        if needed:
            raise AssetError(f"{self._path}: its geometry is compressed ({', '.join(needed)}), which cannot be read. Export it without that.")
        if sum(int(accessor["count"]) for accessor in self._list("accessors")) > _MOST_VALUES:
            raise AssetError(f"{self._path}: claims to hold more than {_MOST_VALUES} values")

    def _list(self, key: str) -> list[Any]:
        return self._document.get(key, [])

    def _look(self, material: dict[str, Any]) -> Look:
        extensions = material.get("extensions", {})
        surface = material.get("pbrMetallicRoughness", {})
        glossy = extensions.get("KHR_materials_pbrSpecularGlossiness")
        if glossy is not None:  # its diffuse colour, and gloss for smoothness
            gloss = _number(glossy, "glossinessFactor", 1.0)
            surface = {"baseColorFactor": glossy.get("diffuseFactor", (1.0,) * 4), "metallicFactor": 0.0, "roughnessFactor": 1 - gloss}
        coat = extensions.get("KHR_materials_clearcoat", {})
        base = _numbers(surface, "baseColorFactor", (1.0, 1.0, 1.0, 1.0))
        strength = _number(extensions.get("KHR_materials_emissive_strength", {}), "emissiveStrength", 1.0)
        emissive = [max(c * strength, 0.0) for c in _numbers(material, "emissiveFactor", (0.0, 0.0, 0.0))]
        spec = MaterialSpec(
            base_color=(_share(base[0]), _share(base[1]), _share(base[2])),
            metallic=_share(_number(surface, "metallicFactor", 1.0)),
            roughness=_share(_number(surface, "roughnessFactor", 1.0)),
            normal_scale=_number(material.get("normalTexture", {}), "scale", 1.0),
            emissive=(emissive[0], emissive[1], emissive[2]),
            opacity=_share(base[3]),
            alpha=_ALPHA_MODES[material.get("alphaMode", "OPAQUE")],
            alpha_cutoff=_share(_number(material, "alphaCutoff", 0.5)),
            two_sided=bool(material.get("doubleSided", False)),
            clear_coat=_share(_number(coat, "clearcoatFactor", 0.0)),
            clear_coat_roughness=_share(_number(coat, "clearcoatRoughnessFactor", 0.0)),
            transmission=_share(_number(extensions.get("KHR_materials_transmission", {}), "transmissionFactor", 0.0)),
            ior=min(max(_number(extensions.get("KHR_materials_ior", {}), "ior", 1.5), 1.0), 3.0),
        )
        return Look(material=spec, images=self._pictures(material, spec))

    def _pictures(self, material: dict[str, Any], spec: MaterialSpec) -> dict[Slot, Image]:
        layout = _layout(material)
        pictures: dict[Slot, Image] = {}
        for slot, info in _textures(material).items():
            if slot == "emissive" and not any(spec.emissive):
                continue
            if _layout_of(info) != layout:
                _log.warning("%s: the %s texture of a material is left out, for it is laid out otherwise than the others", self._path, slot)
                continue
            image = self._image(info["index"])
            if image.shape[2] == 4 and (slot != "base_color" or spec.alpha == "opaque"):
                image = image[..., :3]
            strength = _number(info, "strength", 1.0)
            if slot == "occlusion" and strength != 1:
                image = np.rint(255 + _share(strength) * (image.astype(np.float64) - 255)).astype(np.uint8)
            pictures[slot] = image
        return pictures

    def _image(self, texture: int) -> Image:
        entry = self._list("textures")[texture]
        source = entry.get("extensions", {}).get("EXT_texture_webp", {}).get("source", entry.get("source"))
        if source is None:
            raise AssetError(f"{self._path}: texture {texture} has no PNG, JPEG or WebP image")
        if source not in self._images:
            image = self._list("images")[source]
            uri = image.get("uri", "")
            if "bufferView" in image:
                self._images[source] = decoded(self._view(image["bufferView"]), f"{self._path}: its image {source}")
            elif uri.startswith("data:"):
                self._images[source] = decoded(base64.b64decode(uri.partition(",")[2]), f"{self._path}: its image {source}")
            else:
                self._images[source] = read_image(self._path.parent / unquote(uri), self._path)
        return self._images[source]

    def _view(self, number: int) -> bytes:
        view = self._list("bufferViews")[number]
        uri = self._list("buffers")[view["buffer"]].get("uri")
        if uri is None:
            length, kind = struct.unpack_from("<I4s", self._chunks)
            data = self._chunks[8 : 8 + length] if kind == b"BIN\0" else b""
        elif uri.startswith("data:"):
            data = base64.b64decode(uri.partition(",")[2])
        else:
            data = (self._path.parent / unquote(uri)).read_bytes()
        start = view.get("byteOffset", 0)
        return data[start : start + view["byteLength"]]


def _textures(material: dict[str, Any]) -> dict[Slot, dict[str, Any]]:
    """The references to textures, by slot."""
    surface = material.get("pbrMetallicRoughness", {})
    glossy = material.get("extensions", {}).get("KHR_materials_pbrSpecularGlossiness")
    found: dict[Slot, dict[str, Any] | None] = {
        "base_color": surface.get("baseColorTexture") if glossy is None else glossy.get("diffuseTexture"),
        "metallic_roughness": surface.get("metallicRoughnessTexture") if glossy is None else None,
        "normal": material.get("normalTexture"),
        "occlusion": material.get("occlusionTexture"),
        "emissive": material.get("emissiveTexture"),
    }
    return {slot: info for slot, info in found.items() if info is not None}


def _layout(material: dict[str, Any]) -> Layout:
    """That of the material's first texture, which is its base colour's if it has one."""
    return next((_layout_of(info) for info in _textures(material).values()), Layout())


def _layout_of(info: dict[str, Any]) -> Layout:
    transform = info.get("extensions", {}).get("KHR_texture_transform", {})
    u, v = _numbers(transform, "offset", (0.0, 0.0))
    across, down = _numbers(transform, "scale", (1.0, 1.0))
    return Layout(
        channel=int(transform.get("texCoord", info.get("texCoord", 0))),
        offset=(u, v),
        rotation_rad=_number(transform, "rotation", 0.0),
        scale=(across, down),
    )


def _number(owner: dict[str, Any], key: str, absent: float) -> float:
    value = float(owner.get(key, absent))
    if not math.isfinite(value):
        raise ValueError(f"{key} is {value}")
    return value


def _numbers(owner: dict[str, Any], key: str, absent: tuple[float, ...]) -> tuple[float, ...]:
    values = tuple(float(v) for v in owner.get(key, absent))
    if len(values) != len(absent) or not all(math.isfinite(v) for v in values):
        raise ValueError(f"{key} is {owner[key]}, expected {len(absent)} numbers")
    return values


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
