"""glTF files with every texture and extension there is, written here and read back."""

import base64
import json
import logging
import math
import struct

import cv2
import numpy as np
import pytest

from diorama.sim.assets.gltf import Layout
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import AssetError
from diorama.sim.spec import MaterialSpec

#: A tetrahedron with its own texture coordinates.
POSITIONS = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1]], np.float32)
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.uint16)
UV = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
SECOND_UV = UV[::-1] * np.float32(0.5)

SLOTS = ("base_color", "metallic_roughness", "normal", "occlusion", "emissive")


def pictures():
    """Five pictures that differ, the first with an alpha channel, RGB(A)."""
    rng = np.random.default_rng(4)
    return {slot: rng.integers(0, 255, (8, 16, 4 if slot == "base_color" else 3), np.uint8) for slot in SLOTS}


def encoded(image, suffix=".png"):
    ok, data = cv2.imencode(suffix, image[..., [2, 1, 0, 3][: image.shape[2]]])
    assert ok
    return data.tobytes()


def full_material():
    return {
        "name": "everything",
        "pbrMetallicRoughness": {
            "baseColorFactor": [0.5, 0.25, 1.0, 0.75],
            "metallicFactor": 0.125,
            "roughnessFactor": 0.625,
            "baseColorTexture": {"index": 0},
            "metallicRoughnessTexture": {"index": 1},
        },
        "normalTexture": {"index": 2, "scale": 0.5},
        "occlusionTexture": {"index": 3},
        "emissiveTexture": {"index": 4},
        "emissiveFactor": [1.0, 0.5, 0.25],
        "alphaMode": "MASK",
        "alphaCutoff": 0.375,
        "doubleSided": True,
        "extensions": {
            "KHR_materials_emissive_strength": {"emissiveStrength": 8.0},
            "KHR_materials_clearcoat": {"clearcoatFactor": 0.875, "clearcoatRoughnessFactor": 0.0625},
            "KHR_materials_transmission": {"transmissionFactor": 0.1875},
            "KHR_materials_ior": {"ior": 1.25},
        },
    }


class Writer:
    """A glTF document in the making, and its buffer."""

    def __init__(self, material):
        self.buffer = b""
        self.document = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0}],
            "bufferViews": [],
            "accessors": [],
            "materials": [material],
            "images": [],
            "textures": [{"source": k} for k in range(len(SLOTS))],
        }
        attributes = {"POSITION": self.accessor(POSITIONS), "TEXCOORD_0": self.accessor(UV), "TEXCOORD_1": self.accessor(SECOND_UV)}
        self.document["meshes"] = [{"primitives": [{"attributes": attributes, "indices": self.accessor(FACES.reshape(-1, 1)), "material": 0}]}]

    def view(self, data):
        self.document["bufferViews"].append({"buffer": 0, "byteOffset": len(self.buffer), "byteLength": len(data)})
        self.buffer += data + bytes(-len(data) % 4)
        return len(self.document["bufferViews"]) - 1

    def accessor(self, array):
        kind = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}[array.shape[1]]
        code = {np.dtype(np.float32): 5126, np.dtype(np.uint16): 5123}[array.dtype]
        self.document["accessors"].append({"bufferView": self.view(array.tobytes()), "componentType": code, "count": len(array), "type": kind})
        return len(self.document["accessors"]) - 1

    def glb(self, path):
        self.document["buffers"] = [{"byteLength": len(self.buffer)}]
        text = json.dumps(self.document).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(self.buffer), b"BIN\0") + self.buffer
        path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
        return path

    def gltf(self, path):
        self.document["buffers"] = [{"byteLength": len(self.buffer), "uri": "data:;base64," + base64.b64encode(self.buffer).decode()}]
        path.write_text(json.dumps(self.document))
        return path


def loaded(path):
    (part,) = AssetLibrary([str(path)]).load(f"user:{path.name}").parts
    return part


def uv_by_position(part):
    """Texture coordinates (4, 2) in the order of POSITIONS, v up."""
    turned = np.column_stack([POSITIONS[:, 0], -POSITIONS[:, 2], POSITIONS[:, 1]])
    turned = turned - turned.mean(axis=0)
    nearest = np.abs(part.positions[None] - turned[:, None]).sum(axis=2).argmin(axis=1)
    return part.uv[nearest]


@pytest.mark.parametrize("way", ["views in a glb", "data in a gltf", "files beside a gltf"])
def test_every_factor_and_texture_comes_back(tmp_path, way):
    images = pictures()
    writer = Writer(full_material())
    for slot, image in images.items():
        if way == "views in a glb":
            writer.document["images"].append({"bufferView": writer.view(encoded(image)), "mimeType": "image/png"})
        elif way == "data in a gltf":
            writer.document["images"].append({"uri": "data:image/png;base64," + base64.b64encode(encoded(image)).decode()})
        else:
            (tmp_path / f"{slot} map.png").write_bytes(encoded(image))
            writer.document["images"].append({"uri": f"{slot}%20map.png"})
    path = writer.glb(tmp_path / "thing.glb") if way.endswith("glb") else writer.gltf(tmp_path / "thing.gltf")
    part = loaded(path)
    assert part.look.material == MaterialSpec(
        base_color=(0.5, 0.25, 1.0),
        metallic=0.125,
        roughness=0.625,
        normal_scale=0.5,
        emissive=(8.0, 4.0, 2.0),
        opacity=0.75,
        alpha="mask",
        alpha_cutoff=0.375,
        two_sided=True,
        clear_coat=0.875,
        clear_coat_roughness=0.0625,
        transmission=0.1875,
        ior=1.25,
    )
    assert set(part.look.images) == set(SLOTS)
    assert all(np.array_equal(part.look.images[slot], images[slot]) for slot in SLOTS)
    assert uv_by_position(part) == pytest.approx(np.column_stack([UV[:, 0], 1 - UV[:, 1]]))
    assert not part.uv_in_metres
    if way.startswith("files"):
        assert {f"{slot} map.png" for slot in SLOTS} < set(AssetLibrary([str(path)]).fingerprint())


def test_a_material_that_says_nothing_is_gltfs_default(tmp_path):
    writer = Writer({})
    part = loaded(writer.glb(tmp_path / "plain.glb"))
    assert part.look.material == MaterialSpec(base_color=(1, 1, 1), metallic=1.0, roughness=1.0, two_sided=False, clear_coat_roughness=0.0)
    assert not part.look.images


@pytest.mark.parametrize(("mode", "alpha", "channels"), [("OPAQUE", "opaque", 3), ("MASK", "mask", 4), ("BLEND", "blend", 4)])
def test_alpha_is_kept_where_it_counts(tmp_path, mode, alpha, channels):
    image = pictures()["base_color"]
    writer = Writer({"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}, "alphaMode": mode})
    writer.document["images"].append({"bufferView": writer.view(encoded(image))})
    part = loaded(writer.glb(tmp_path / "leaf.glb"))
    assert part.look.material.alpha == alpha
    assert np.array_equal(part.look.images["base_color"], image[..., :channels])


def test_occlusion_strength_is_baked_in(tmp_path):
    image = pictures()["occlusion"]
    writer = Writer({"occlusionTexture": {"index": 0, "strength": 0.25}})
    writer.document["images"].append({"bufferView": writer.view(encoded(image))})
    part = loaded(writer.glb(tmp_path / "thing.glb"))
    assert np.abs(part.look.images["occlusion"] - (255 - 0.25 * (255.0 - image))).max() <= 0.5


def test_specular_glossiness_is_read_as_far_as_it_goes(tmp_path):
    image = pictures()["emissive"]
    glossy = {"diffuseFactor": [0.5, 0.5, 0.25, 1.0], "glossinessFactor": 0.75, "diffuseTexture": {"index": 0}, "specularFactor": [1, 1, 1]}
    writer = Writer({"extensions": {"KHR_materials_pbrSpecularGlossiness": glossy}, "doubleSided": True})
    writer.document["images"].append({"bufferView": writer.view(encoded(image))})
    part = loaded(writer.glb(tmp_path / "old.glb"))
    assert part.look.material == MaterialSpec(base_color=(0.5, 0.5, 0.25), roughness=0.25, clear_coat_roughness=0.0)
    assert np.array_equal(part.look.images["base_color"], image)


def test_textures_are_laid_out_as_the_file_says(tmp_path, caplog):
    """The second set of coordinates, turned and scaled; and a texture that disagrees is left out."""
    layout = {"KHR_texture_transform": {"offset": [0.25, 0.5], "rotation": math.pi / 2, "scale": [2.0, 0.5]}}
    material = {
        "pbrMetallicRoughness": {"baseColorTexture": {"index": 0, "texCoord": 1, "extensions": layout}},
        "normalTexture": {"index": 0, "texCoord": 1, "extensions": layout},
        "occlusionTexture": {"index": 0},
    }
    writer = Writer(material)
    writer.document["images"].append({"bufferView": writer.view(encoded(pictures()["normal"]))})
    with caplog.at_level(logging.WARNING):
        part = loaded(writer.glb(tmp_path / "thing.glb"))
    assert set(part.look.images) == {"base_color", "normal"}
    assert "occlusion texture of a material is left out" in caplog.text
    # Scaled by (2, 1/2), turned so that (u, v) becomes (v, -u), moved; v of the file is down, ours is up.
    expected = np.column_stack([0.5 * SECOND_UV[:, 1] + 0.25, 1 - (-2 * SECOND_UV[:, 0] + 0.5)])
    assert uv_by_position(part) == pytest.approx(expected, abs=1e-6)


def test_the_extensions_own_example_uses_the_lower_left_quarter():
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    seen = Layout(offset=(0.0, 1.0), rotation_rad=1.57079632679, scale=(0.5, 0.5)).applied(corners)
    assert seen.min(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert seen.max(axis=0) == pytest.approx([0.5, 0.5], abs=1e-9)


BROKEN = {
    "factors": (lambda d: d["materials"][0]["pbrMetallicRoughness"].update(baseColorFactor=[1, 2]), "baseColorFactor is .*expected 4 numbers"),
    "words": (lambda d: d["materials"][0].update(alphaCutoff="half"), "materials cannot be read"),
    "infinite": (lambda d: d["materials"][0].update(alphaCutoff=1e999), "alphaCutoff is inf"),
    "mode": (lambda d: d["materials"][0].update(alphaMode="GLOW"), "materials cannot be read .KeyError: 'GLOW'"),
    "no such texture": (lambda d: d["materials"][0]["normalTexture"].update(index=9), "materials cannot be read"),
    "no image": (lambda d: d["textures"][0].pop("source"), "texture 0 has no PNG, JPEG or WebP image"),
    "no picture": (lambda d: d["images"][0].update(uri="data:image/png;base64,AAAA"), "its image 0 is not an image"),
    "a list": (lambda d: d["materials"].append([]), "materials cannot be read"),
    "compressed": (lambda d: d.update(extensionsRequired=["KHR_draco_mesh_compression"]), "its geometry is compressed .KHR_draco_mesh_compression."),
    "huge": (lambda d: d["accessors"].append({"count": 10**12, "componentType": 5126, "type": "VEC3"}), "claims to hold more than"),
    "no material": (lambda d: d["meshes"][0]["primitives"][0].update(material=7), "cannot be read as a GLTF mesh"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_told(tmp_path, name):
    change, message = BROKEN[name]
    writer = Writer(full_material())
    for image in pictures().values():
        writer.document["images"].append({"uri": "data:image/png;base64," + base64.b64encode(encoded(image)).decode()})
    change(writer.document)
    path = writer.gltf(tmp_path / "thing.gltf")
    with pytest.raises(AssetError, match=message) as caught:
        loaded(path)
    assert "thing.gltf" in str(caught.value)
