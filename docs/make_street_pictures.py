"""Make the pictures of driving.md.

    python docs/make_street_pictures.py

One function a picture.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from diorama.plan import default_plan
from diorama.randomizers.street.rig import VehicleRig
from diorama.sim.frame import Frame
from diorama.studio import generate

HERE = Path(__file__).parent / "images" / "driving"


def lidar(seed: int = 3, metres: float = 45.0, size: int = 620) -> np.ndarray:
    """A turn of a scanner: its points over the picture by their distance, and seen from above by their intensity, labelled bodies in colours."""
    plan = default_plan("street", resolution=(1242, 375), views=1, channels=("points",))
    plan = replace(plan, randomizers=tuple(VehicleRig(preset="kitti") if r.name == "vehicle-rig" else r for r in plan.randomizers))
    (frame,) = generate(plan, seed, 0).frames
    return np.vstack([cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR), over_picture(frame), from_above(frame, metres, 1242, size)])


def over_picture(frame: Frame) -> np.ndarray:
    """Points over the darkened picture, near ones red and far ones blue."""
    points, camera = frame.points, frame.camera
    pose = camera.lidar.camera_from_lidar.matrix
    x, y, z = (points.xyz_m.astype(float) @ pose[:3, :3].T + pose[:3, 3]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v = camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy
    inside = (z > 0.5) & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
    picture = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR) // 3
    near = (255 * np.clip(1 - np.sqrt(x * x + y * y + z * z) / 60, 0, 1)).astype(np.uint8)
    colors = cv2.applyColorMap(near[:, None], cv2.COLORMAP_TURBO)[:, 0].tolist()
    for i in np.flatnonzero(inside):
        cv2.circle(picture, (int(u[i]), int(v[i])), 1, colors[i], -1)
    return picture


def from_above(frame: Frame, metres: float, width: int, height: int) -> np.ndarray:
    """What is so many metres to either side of the scanner, which looks to the right."""
    points, scale = frame.points, width / (2 * metres)
    canvas = np.full((height, width, 3), 12, np.uint8)
    u, v = (width / 2 + scale * points.xyz_m[:, 0]).astype(int), (height / 2 - scale * points.xyz_m[:, 1]).astype(int)
    grey = np.clip(60 + 500 * points.intensity, 0, 255).astype(np.uint8)
    hues = cv2.applyColorMap((points.instance * 47 % 256).astype(np.uint8)[:, None], cv2.COLORMAP_HSV)[:, 0]
    colors = np.where(points.category[:, None] > 0, hues, grey[:, None])
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    for i in np.flatnonzero(inside):
        canvas[v[i], u[i]] = colors[i]
    labelled = inside & (points.category > 0)
    for i in np.flatnonzero(labelled):
        cv2.circle(canvas, (int(u[i]), int(v[i])), 1, colors[i].tolist(), -1)
    return canvas


#: Each picture's file name, and what makes it.
PICTURES = {"lidar.jpg": lidar}


def main() -> None:
    """Write the pictures beside the documents."""
    HERE.mkdir(parents=True, exist_ok=True)
    for name, make in PICTURES.items():
        picture = make()
        scale = 900 / picture.shape[1]
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(HERE / name), small, [cv2.IMWRITE_JPEG_QUALITY, 76])


if __name__ == "__main__":
    main()
