"""A frame of MuJoCo's Renderer: OpenGL, both lights with shadows, 4x multisampling; then segmentation, then depth.

    python -m rivals.mujoco STAGE SHADOW_PX

`SHADOW_PX` is the side of a shadow map, 4096 where nobody says otherwise. NumPy and MuJoCo are all that this file needs.
"""

import importlib
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rivals.stage import GL_AXES, Stage
from rivals.worker import Watch, serve, versions_of

os.environ["MUJOCO_GL"] = "egl"
mujoco: Any = importlib.import_module("mujoco")


def main(stage: Stage, shadow_px: int) -> None:
    """Build the scene once; a frame moves the bodies and renders."""
    width, height = (int(v) for v in stage.size_px)
    model = _model(stage, shadow_px)
    data = mujoco.MjData(model)
    renderer = mujoco.Renderer(model, height, width)

    def photograph(frame: int, watch: Watch) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
        with watch("rgb"):
            for row, pose in enumerate(stage.poses(frame)):
                data.mocap_pos[row], data.mocap_quat[row] = pose[:3, 3], _wxyz(pose)
            mujoco.mj_kinematics(model, data)
            mujoco.mj_camlight(model, data)
            renderer.update_scene(data, "camera")
            rgb = renderer.render()
        with watch("segmentation"):
            renderer.enable_segmentation_rendering()
            ids = renderer.render()
            renderer.disable_segmentation_rendering()
        with watch("depth"):
            renderer.enable_depth_rendering()
            renderer.render()
            renderer.disable_depth_rendering()
        return rgb, ids[..., 0] + 1

    serve(photograph, versions_of("mujoco", "PyOpenGL", "numpy"))


def _model(stage: Stage, shadow_px: int) -> Any:
    """Each body is a mocap body, whose pose is set and not simulated."""
    spec = mujoco.MjSpec()
    spec.visual.global_.offwidth, spec.visual.global_.offheight = (int(v) for v in stage.size_px)
    spec.visual.quality.offsamples, spec.visual.quality.shadowsize = 4, shadow_px
    spec.visual.headlight.diffuse = spec.visual.headlight.specular = (0, 0, 0)
    spec.visual.headlight.ambient = stage.ambient
    for body in range(stage.bodies):
        positions, normals, faces = stage.mesh(body)
        mesh = spec.add_mesh(name=f"mesh-{body}", uservert=positions.ravel(), usernormal=normals.ravel(), userface=faces.ravel())
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
        holder = spec.worldbody.add_body(name=f"body-{body}", mocap=True)
        color = (*stage.display_colors[body], 1.0)
        holder.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh.name, rgba=color, contype=0, conaffinity=0)
    kinds = mujoco.mjtLightType
    common = {"castshadow": True, "ambient": (0, 0, 0), "specular": (0.2, 0.2, 0.2)}
    spec.worldbody.add_light(
        type=kinds.mjLIGHT_DIRECTIONAL, pos=-4.0 * stage.sun_direction, dir=stage.sun_direction, diffuse=(0.5, 0.5, 0.5), **common
    )
    spec.worldbody.add_light(
        type=kinds.mjLIGHT_SPOT,
        pos=stage.spot_position_m,
        dir=stage.spot_direction,
        cutoff=math.degrees(stage.spot_angles_rad[1]),
        diffuse=(0.4, 0.4, 0.4),
        **common,
    )
    camera = stage.world_from_camera @ GL_AXES
    spec.worldbody.add_camera(name="camera", pos=camera[:3, 3], quat=_wxyz(camera), fovy=math.degrees(stage.fov_y_rad))
    return spec.compile()


def _wxyz(pose: NDArray[np.float64]) -> NDArray[np.float64]:
    quat = np.empty(4)
    mujoco.mju_mat2Quat(quat, pose[:3, :3].ravel())
    return quat


if __name__ == "__main__":
    main(Stage.open(Path(sys.argv[1])), int(sys.argv[2]))
