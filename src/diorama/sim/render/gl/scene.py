"""A scene of ours as one of pyrender's."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyrender
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import COLOR_SLOTS, MeshPart, Slot
from diorama.sim.render.dressed import dressed, evenly_wet
from diorama.sim.render.gl.engine import Material, Texture
from diorama.sim.render.looks import Picture, corner_uv
from diorama.sim.spec import CameraSpec, MaterialSpec, SceneSpec
from diorama.sim.transforms import Matrix, apply, compose, invert

#: From OpenCV's camera axes to OpenGL's: y up, z backwards.
_FLIPPED = np.diag([1.0, -1.0, -1.0, 1.0])
#: The nearest depth over the farthest one, at least.
_LEAST_NEAR = 1e-6
#: Textures on the graphics card at most.
_TEXTURES = 64
_TEXTURE_FIELDS: dict[Slot, str] = {
    "base_color": "baseColorTexture",
    "metallic_roughness": "metallicRoughnessTexture",
    "normal": "normalTexture",
    "occlusion": "occlusionTexture",
    "emissive": "emissiveTexture",
}


class TextureCache:
    """Textures by picture, so that what many scenes share is made once; those not asked for longest leave first."""

    def __init__(self) -> None:
        self._textures: dict[Any, tuple[Picture, Texture]] = {}

    def texture(self, picture: Picture) -> Texture:
        # The picture is kept too: its key may be the address of its array.
        found = self._textures.pop(picture.key, None) or (picture, _texture(picture))
        if len(self._textures) >= _TEXTURES:
            del self._textures[next(iter(self._textures))]
        self._textures[picture.key] = found
        return found[1]


def _texture(picture: Picture) -> Texture:
    pixels = picture.pixels()
    # Alpha that does not count is left out.
    return Texture(pixels if picture.alpha_cutoff is not None else pixels[..., :3], srgb=picture.slot in COLOR_SLOTS)


def scene(spec: SceneSpec, library: AssetLibrary, textures: TextureCache) -> tuple[pyrender.Scene, NDArray[np.float64]]:
    """All bodies, a node each part, named by their order; and every body's world box, (n, 2, 3)."""
    out = pyrender.Scene(bg_color=(0.0, 0.0, 0.0, 0.0))
    boxes = np.zeros((len(spec.bodies), 2, 3))
    for i, body in enumerate(spec.bodies):
        pose = body.world_from_body.matrix
        asset = library.shape_asset(body.shape)
        boxes[i] = _world_box(asset.bounds_m, pose)
        for k, one in enumerate(dressed(body, library)):
            primitive = _primitive(one.part, _material(evenly_wet(one.material, body.weathering), one.pictures, textures), one.pictures)
            out.add(pyrender.Mesh(primitives=[primitive]), name=f"{i:06}.{k:06}", pose=pose)
    return out, boxes


def point_camera(scene: pyrender.Scene, camera: CameraSpec, boxes: NDArray[np.float64]) -> None:
    """Put this camera in the scene in place of the last one, and the background behind everything that it sees."""
    for node in [*scene.camera_nodes, *scene.get_nodes(name="background")]:
        scene.remove_node(node)
    near, far = _depths(camera, boxes)
    world_from_camera = camera.world_from_camera.matrix
    # The far plane itself is out of the way: what is too far away is behind the background.
    lens = pyrender.IntrinsicsCamera(camera.fx, camera.fy, camera.cx, camera.cy, znear=near, zfar=far * 1000)
    scene.main_camera_node = scene.add(lens, pose=compose(world_from_camera, _FLIPPED))
    corners = [(u, v) for v in (0, camera.height) for u in (0, camera.width)]
    positions = [((u - camera.cx) / camera.fx * far, (v - camera.cy) / camera.fy * far, far) for u, v in corners]
    normals = np.tile([0.0, 0.0, -1.0], (4, 1))
    sheet = pyrender.Primitive(
        positions=positions, normals=normals, indices=[[0, 1, 2], [2, 1, 3]], material=Material({"is_background": 1}, doubleSided=True)
    )
    scene.add(pyrender.Mesh(primitives=[sheet]), name="background", pose=world_from_camera)


def _depths(camera: CameraSpec, boxes: NDArray[np.float64]) -> tuple[float, float]:
    """The nearest and the farthest z-depth at which the camera sees something: the greater the nearest is, the finer are depths told apart."""
    picks = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners = boxes[:, picks, np.arange(3)].reshape(-1, 3)
    z = apply(invert(camera.world_from_camera.matrix), corners)[:, 2]
    far = min(float(z.max(initial=0.0)) * 1.001 + 1e-3, camera.far_m)
    near = max(float(z.min(initial=math.inf)) * 0.999, camera.near_m)
    # Where nothing is in sight, or what is lies beyond what 24 bits tell apart.
    return (max(near, far * _LEAST_NEAR), far) if near < far else (camera.near_m, camera.near_m * 2)


def _primitive(part: MeshPart, material: Material, pictures: Mapping[Slot, Picture]) -> pyrender.Primitive:
    if any(picture.tile_m is not None for picture in pictures.values()):
        # In metres: the size of a tile is the texture's own.
        positions, uv = part.positions[part.faces].reshape(-1, 3), corner_uv(part, 1.0).reshape(-1, 2)
        return pyrender.Primitive(positions=positions, normals=part.normals[part.faces].reshape(-1, 3), texcoord_0=uv, material=material)
    return pyrender.Primitive(
        positions=part.positions, normals=part.normals, texcoord_0=part.uv if pictures else None, indices=part.faces, material=material
    )


def _material(spec: MaterialSpec, pictures: Mapping[Slot, Picture], textures: TextureCache) -> Material:
    see_through = spec.is_see_through
    # A number's type decides which kind of uniform it can be.
    names = ("alpha_cutoff", "normal_scale", "clear_coat", "clear_coat_roughness", "transmission", "ior")
    uniforms: dict[str, float | int] = {name: float(getattr(spec, name)) for name in names}
    uniforms |= {"is_background": 0, "is_cut_out": int(spec.alpha == "mask"), "is_see_through": int(see_through)}
    # Texture coordinates count tiles of the mesh's own, or metres.
    uniforms |= {f"{slot}_tiles": 1.0 / picture.tile_m if picture.tile_m else 1.0 for slot, picture in pictures.items()}
    return Material(
        uniforms,
        baseColorFactor=np.array([*spec.base_color, spec.opacity if spec.alpha != "opaque" else 1.0], np.float32),
        metallicFactor=spec.metallic,
        roughnessFactor=spec.roughness,
        emissiveFactor=np.array(spec.emissive, np.float32),
        alphaMode="BLEND" if see_through else "OPAQUE",
        doubleSided=spec.two_sided,
        **{_TEXTURE_FIELDS[slot]: textures.texture(picture) for slot, picture in pictures.items()},
    )


def _world_box(bounds_m: tuple[Any, Any], pose: Matrix) -> NDArray[np.float64]:
    (x0, y0, z0), (x1, y1, z1) = bounds_m
    world = apply(pose, np.array([(x, y, z) for x in (x0, x1) for y in (y0, y1) for z in (z0, z1)]))
    return np.stack([world.min(axis=0), world.max(axis=0)])
