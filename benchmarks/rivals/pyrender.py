"""A frame of pyrender: OpenGL, both lights with shadows, 4x multisampling; then its segmentation pass. Depth comes with the colours.

python -m rivals.pyrender STAGE
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rivals.stage import GL_AXES, Stage
from rivals.worker import Watch, serve, versions_of


def main(stage: Stage) -> None:
    """Build the scene once; a frame moves the bodies and renders."""
    pyrender = _import_pyrender()
    scene = pyrender.Scene(bg_color=(*stage.ambient, 1.0), ambient_light=stage.ambient)
    nodes = []
    for body in range(stage.bodies):
        positions, normals, faces = stage.mesh(body)
        look = pyrender.MetallicRoughnessMaterial(baseColorFactor=(*stage.colors[body], 1.0), metallicFactor=0.0, roughnessFactor=0.6)
        nodes.append(scene.add(pyrender.Mesh([pyrender.Primitive(positions=positions, normals=normals, indices=faces, material=look)])))
    width, height = (int(v) for v in stage.size_px)
    camera = pyrender.IntrinsicsCamera(stage.focal_px, stage.focal_px, width / 2, height / 2, znear=stage.near_m, zfar=stage.far_m)
    scene.add(camera, pose=stage.world_from_camera @ GL_AXES)
    inner, outer = stage.spot_angles_rad
    sun = pyrender.DirectionalLight(color=np.ones(3), intensity=float(stage.sun_irradiance))
    spot = pyrender.SpotLight(color=np.ones(3), intensity=float(stage.spot_intensity), innerConeAngle=inner, outerConeAngle=outer)
    scene.add(sun, pose=_facing(stage.sun_direction, -4.0 * stage.sun_direction))
    scene.add(spot, pose=_facing(stage.spot_direction, stage.spot_position_m))
    renderer = pyrender.OffscreenRenderer(width, height)
    shadows = pyrender.RenderFlags.SHADOWS_DIRECTIONAL | pyrender.RenderFlags.SHADOWS_SPOT
    ids_of = {node: (i + 1, 0, 0) for i, node in enumerate(nodes)}

    def photograph(frame: int, watch: Watch) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
        with watch("rgb"):
            for node, pose in zip(nodes, stage.poses(frame), strict=True):
                scene.set_pose(node, pose)
            rgb, _ = renderer.render(scene, flags=shadows)
        with watch("segmentation"):
            ids, _ = renderer.render(scene, flags=pyrender.RenderFlags.SEG, seg_node_map=ids_of)
        return rgb, ids[..., 0]

    serve(photograph, versions_of("pyrender", "PyOpenGL", "numpy"))


def _import_pyrender() -> Any:
    os.environ["PYOPENGL_PLATFORM"] = "egl"
    np.infty = np.inf  # noqa: NPY201  # pyright: ignore[reportAttributeAccessIssue]  # pyrender 0.1.45 is older than NumPy 2
    return importlib.import_module("pyrender")


def _facing(direction: NDArray[np.float64], position: NDArray[np.float64]) -> NDArray[np.float64]:
    """The pose whose -z axis is `direction`."""
    z = -direction
    x = np.cross((0.0, 1.0, 0.0) if abs(z[1]) < 0.9 else (1.0, 0.0, 0.0), z)
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    pose[:3, 3] = position
    return pose


if __name__ == "__main__":
    main(Stage.open(Path(sys.argv[1])))
