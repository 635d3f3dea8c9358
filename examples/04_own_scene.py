"""A scene written by hand, through physics, renderer and labels one by one.

Run: python examples/04_own_scene.py
"""

from pathlib import Path

import cv2
import tyro

import diorama
from diorama import BodySpec, BoxShape, MaterialSpec, MeshShape, Pose


def main(out: Path = Path("out/own_scene.png"), tiny: bool = False) -> None:
    """Drop four bricks and a duck on a floor, and photograph where they come to rest."""
    grey = MaterialSpec(base_color=(0.2, 0.21, 0.23))
    floor = BodySpec(name="floor", shape=BoxShape(size_m=(4, 4, 0.1)), world_from_body=Pose((0, 0, -0.05)), material=grey)
    bricks = [
        BodySpec(
            name=f"brick-{i}",
            shape=BoxShape(size_m=(0.12, 0.06, 0.04)),
            mass_kg=0.5,
            world_from_body=Pose((0.015 * i, 0, 0.05 + 0.06 * i)),
            material=MaterialSpec(base_color=(0.5, 0.12 + 0.1 * i, 0.08)),
            category="brick",
        )
        for i in range(4)
    ]
    duck = BodySpec(name="duck", shape=MeshShape(asset="pybullet:duck"), mass_kg=0.1, world_from_body=Pose((0.2, 0.1, 0.2)), category="duck")
    scene = diorama.SceneSpec(bodies=(floor, *bricks, duck), lights=(diorama.SunLight(direction=(-0.5, 0.6, -1)),))
    looks_from = Pose.from_matrix(diorama.look_at((0.35, -0.4, 0.3), (0.08, 0.02, 0.06)))
    width, height = (96, 72) if tiny else (640, 480)
    camera = diorama.CameraSpec.from_fov(width=width, height=height, fov_y_rad=0.7, world_from_camera=looks_from)

    library = diorama.AssetLibrary()
    with diorama.Bullet(library) as physics:
        settled = physics.settle(scene)
    with diorama.open_renderer("raster", library) as renderer:
        renderer.load(settled)
        frame = renderer.render(camera, ("rgb", "depth", "instance", "amodal"))
    labels = diorama.annotate(settled, frame, library)

    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out), cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
    for row, index in enumerate(labels.body_index):
        body = settled.bodies[index]
        x, y, z = body.world_from_body.position_m
        print(f"{body.name} rests at ({x:.3f}, {y:.3f}, {z:.3f}) m, {labels.area_px[row]} of its pixels are in sight")


if __name__ == "__main__":
    tyro.cli(main)
