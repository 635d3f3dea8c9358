"""Make the photographs that photos.yaml puts things into: empty tables, photographed by the engine itself, each with a file that tells where its
camera stood.

Your own come from any camera, and what you know of them is what you measure: see docs/photos.md. Run: python examples/plans/photos.py
"""

import math
from pathlib import Path

import cv2
import yaml

import diorama

LOOK = {
    "palette": {"choice": {"neutral": 2, "earth": 3, "muted": 1}},
    "pattern": {"choice": {"wood": 5, "marble": 2, "noise": 1}},
    "tile_m": {"uniform": [0.3, 0.6]},
    "relief": 0,
}
PLAN = {
    "scenario": {"name": "tabletop", "width_m": 2.2, "depth_m": 2.0, "walls": 0},
    "randomizers": [
        {"name": "materials", "furniture": LOOK},
        {"name": "lights", "key": {"choice": {"sun": 1, "point": 1, "window": 2, "panel": 1}}, "shadowed": 1},
        "background",
        {"name": "camera-shell", "radius_m": {"uniform": [0.65, 0.9]}, "elevation_deg": {"uniform": [40, 70]}, "fov_deg": {"uniform": [35, 45]}},
        {"name": "sensor", "read_noise": {"uniform": [0.002, 0.008]}, "jpeg_quality": 92},
    ],
    "resolution": [1280, 960],
    "views": 1,
    "min_visible_objects": 0,
}


def main(out: Path = Path("photos"), count: int = 6) -> None:
    """Write ``out/table-0.jpg``, ``out/table-0.yaml`` and so on."""
    plan = diorama.plan_from_json(PLAN)
    out.mkdir(parents=True, exist_ok=True)
    with diorama.Studio(plan) as studio:
        for index in range(count):
            sample = diorama.generate(plan, seed=0, index=index, studio=studio)
            (frame,), table = sample.frames, sample.spec.body("table-top")
            assert isinstance(table.shape, diorama.BoxShape)
            cv2.imwrite(str(out / f"table-{index}.jpg"), cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])
            top_m = table.world_from_body.position_m[2] + table.shape.size_m[2] / 2
            (out / f"table-{index}.yaml").write_text(yaml.safe_dump(_known(frame.camera, top_m), sort_keys=False))
    print(f"{count} photographs in {out}")


def _known(camera: diorama.CameraSpec, top_m: float) -> dict[str, float]:
    """What one would measure: how high the camera is above the table, how it is tilted, and how much it sees."""
    right, _, forward = camera.world_from_camera.matrix[:3, :3].T
    pitch = math.asin(-forward[2])
    return {
        "height_m": round(camera.world_from_camera.position_m[2] - top_m, 4),
        "pitch_deg": round(math.degrees(pitch), 2),
        "roll_deg": round(math.degrees(math.asin(-right[2] / math.cos(pitch))), 2),
        "fov_deg": round(math.degrees(2 * math.atan(camera.height / 2 / camera.fy)), 2),
    }


if __name__ == "__main__":
    main()
