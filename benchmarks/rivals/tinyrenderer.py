"""A frame of PyBullet's TinyRenderer: colours, segmentation and depth in one call; one shadowed light (it has no second), no antialiasing.

python -m rivals.tinyrenderer STAGE
"""

import importlib
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rivals.stage import GL_AXES, Stage
from rivals.worker import Watch, serve, versions_of

from diorama.sim.transforms import quat_from_matrix

bullet: Any = importlib.import_module("pybullet")


def main(stage: Stage) -> None:
    """Build the scene once; a frame moves the bodies and renders."""
    bullet.connect(bullet.DIRECT)
    bodies = []
    for body in range(stage.bodies):
        positions, normals, faces = stage.mesh(body)
        shape = bullet.createVisualShape(
            bullet.GEOM_MESH,
            vertices=positions.tolist(),
            normals=normals.tolist(),
            indices=faces.ravel().tolist(),
            rgbaColor=(*stage.display_colors[body], 1.0),
        )
        bodies.append(bullet.createMultiBody(0.0, baseVisualShapeIndex=shape))
    width, height = (int(v) for v in stage.size_px)
    view = np.linalg.inv(stage.world_from_camera @ GL_AXES).T.ravel().tolist()
    projection = bullet.computeProjectionMatrixFOV(math.degrees(stage.fov_y_rad), width / height, float(stage.near_m), float(stage.far_m))

    def photograph(frame: int, watch: Watch) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
        with watch("rgb, segmentation, depth"):
            for handle, pose in zip(bodies, stage.poses(frame), strict=True):
                w, x, y, z = quat_from_matrix(pose[:3, :3])
                bullet.resetBasePositionAndOrientation(handle, pose[:3, 3].tolist(), (x, y, z, w))
            _, _, rgba, _, ids = bullet.getCameraImage(
                width,
                height,
                view,
                projection,
                lightDirection=(-stage.sun_direction).tolist(),
                shadow=1,
                renderer=bullet.ER_TINY_RENDERER,
            )
            rgb = np.asarray(rgba, np.uint8).reshape(height, width, 4)[..., :3]
            instance = np.asarray(ids, np.int32).reshape(height, width) + 1
        return rgb, instance

    serve(photograph, versions_of("pybullet", "numpy"))


if __name__ == "__main__":
    main(Stage.open(Path(sys.argv[1])))
