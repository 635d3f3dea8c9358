"""Make the pictures of docs/grasping.md.

    python docs/make_grasp_pictures.py

Things with grasps drawn as sticks, two fingers and a stem, from red (quality 0) over yellow to green (1); with whole grippers; and with suction cups.
"""

import math
from pathlib import Path

import cv2
import numpy as np

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.grasping.asset_grasps import AssetGrasps, Search
from diorama.sim.grasping.candidates import candidates
from diorama.sim.render import open_renderer
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    MaterialSpec,
    MeshShape,
    Pose,
    RectLight,
    SceneSpec,
)
from diorama.sim.spec.grasps import GRIPPERS, JawGripper, SuctionGripper
from diorama.sim.transforms import Matrix, Vec3, compose, look_at

HERE = Path(__file__).parent / "images" / "grasping"
SIZE = (400, 320)
STICK_M = 0.0022
STICKS = ("household:mug/2", "household:hammer/0", "pybullet:duck", "household:banana/0")
WHOLE = ("household:bottle/0", "household:toy-car/0", "pybullet:teddy", "pybullet:random_urdfs/003")
CUPS = ("household:carton/0", "household:book/0", "household:can/0", "pybullet:random_urdfs/003")


def panel(asset: str, gripper: JawGripper | SuctionGripper, count: int, *, whole: bool = False) -> np.ndarray:
    """One thing with at most `count` grasps."""
    library = AssetLibrary()
    shape = MeshShape(asset=asset)
    grasps = candidates(library, shape, gripper, Search(count=count))
    low, high = library.shape_asset(shape).bounds_m
    middle = tuple((a + b) / 2 for a, b in zip(low, high, strict=True))
    drawn = [BodySpec(name="thing", shape=shape, material=None)]
    for i in range(len(grasps)):
        drawn += _drawn(grasps, i, whole)
    reach = math.dist(low, high) / 2 + (0.07 if whole else 0.03)
    eye = tuple(m + 3.1 * reach * d for m, d in zip(middle, (0.35, -0.85, 0.55), strict=True))
    camera = CameraSpec.from_fov(width=SIZE[0], height=SIZE[1], fov_y_rad=math.radians(36), world_from_camera=Pose.from_matrix(look_at(eye, middle)))
    spec = SceneSpec(
        bodies=tuple(drawn),
        lights=(RectLight(position_m=(-1.2, -1.6, 2.2), direction=(0.5, 0.65, -0.9), size_m=(1.2, 1.2), radiance=(9.0, 8.8, 8.5)),),
        environment=EnvironmentSpec(sky=(0.62, 0.64, 0.67), ground=(0.5, 0.5, 0.5)),
        cameras=(camera,),
    )
    with open_renderer("raster", library) as renderer:
        renderer.load(spec)
        return renderer.render(camera, ("rgb",)).rgb


def _drawn(grasps: AssetGrasps, number: int, whole: bool) -> list[BodySpec]:
    gripper, pose, quality = grasps.gripper, grasps.body_from_gripper[number], float(grasps.quality[number])
    material = MaterialSpec(base_color=(min(1.0, 2 - 2 * quality) * 0.8, min(1.0, 2 * quality) * 0.7, 0.03), roughness=0.5)
    if isinstance(gripper, SuctionGripper):
        parts = [((0.0, 0.0, -0.004), CylinderShape(radius_m=gripper.cup_radius_m, height_m=0.006)), ((0.0, 0.0, -0.03), _stick(z=0.05))]
    elif whole:
        parts = [(middle, BoxShape(size_m=size)) for middle, size in gripper.boxes(float(grasps.opening_m[number]))]
    else:
        half, back = float(grasps.opening_m[number]) / 2, gripper.tip_m - gripper.finger_length_m
        fingers = [((x, 0.0, (gripper.tip_m + back) / 2), _stick(z=gripper.finger_length_m)) for x in (-half, half)]
        parts = [*fingers, ((0.0, 0.0, back), _stick(x=2 * half)), ((0.0, 0.0, back - 0.012), _stick(z=0.024))]
    return [
        BodySpec(name=f"grasp-{number}-{i}", shape=shape, world_from_body=Pose.from_matrix(compose(pose, _shift(place))), material=material)
        for i, (place, shape) in enumerate(parts)
    ]


def _stick(x: float = STICK_M, z: float = STICK_M) -> BoxShape:
    return BoxShape(size_m=(max(x, STICK_M), STICK_M, max(z, STICK_M)))


def _shift(place: Vec3) -> Matrix:
    out = np.eye(4)
    out[:3, 3] = place
    return out


def main() -> None:
    """Write the picture."""
    rows = [
        [panel(asset, GRIPPERS["franka-hand"], 10) for asset in STICKS],
        [panel(asset, GRIPPERS["wsg-50"], 1, whole=True) for asset in WHOLE],
        [panel(asset, GRIPPERS["cup-20"], 14) for asset in CUPS],
    ]
    HERE.mkdir(parents=True, exist_ok=True)
    picture = np.vstack([np.hstack(row) for row in rows])
    cv2.imwrite(str(HERE / "candidates.jpg"), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    print(HERE / "candidates.jpg")


if __name__ == "__main__":
    main()
