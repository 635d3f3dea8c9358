"""How many pictures a second the rasterizer makes of many worlds in one call, and one by one.

    python benchmarks/batch.py
    python benchmarks/batch.py --device cuda:0 --worlds 1024

Worlds are 15 of PyBullet's random shapes, settled on a table on a floor, seen from somewhere else in each. The time is that from specs to
arrays on the device. Light comes from a sun and a spot; with `full`, both cast shadows and what is in corners is darker.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import tyro
import warp
from figures import cpu, machine, quartiles, rounded
from rivals.scene import settled
from tyro.conf import arg

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.render.raster import Raster
from diorama.sim.spec import CameraSpec, Pose, SceneSpec
from diorama.sim.transforms import look_at

#: What is asked for, and whether light is `full`.
CASES = {
    "labels": (("depth", "instance"), False),
    "plain_light": (("rgb", "depth", "instance"), False),
    "full_light": (("rgb", "depth", "instance"), True),
}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is rendered. Of `worlds`, up to `alone` are rendered one by one as well, `repeats` times in turns."""

    worlds: int = 64
    size: int = 128
    device: str = "cpu"
    repeats: int = 5
    alone: int = 64


def main(setting: Annotated[Setting, arg(name="")] = Setting(), json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None) -> None:
    """Measure, and print a line for each case."""
    library = AssetLibrary()
    scenes = settled(library)
    device = warp.get_device(setting.device)
    name = device.name if device.is_cuda else cpu()
    figures: dict[str, Any] = {"device": name}
    print(f"{setting.worlds} worlds, {setting.size}x{setting.size}, {name}")
    with Raster(library, setting.device) as renderer:
        for case, (channels, full) in CASES.items():
            worlds = [_world(scenes[i % len(scenes)], i, setting.size, full) for i in range(setting.worlds)]

            def batch(worlds: list[SceneSpec] = worlds, channels: tuple[str, ...] = channels) -> None:
                renderer.render_batch(worlds, channels)

            def one_by_one(worlds: list[SceneSpec] = worlds[: setting.alone], channels: tuple[str, ...] = channels) -> None:
                for world in worlds:
                    renderer.load(world)
                    renderer.render(world.cameras[0], channels)

            together, alone = [], []
            batch()
            one_by_one()
            for _ in range(setting.repeats):
                together.append(setting.worlds / _seconds(batch, device))
                alone.append(min(setting.worlds, setting.alone) / _seconds(one_by_one, device))
            ratios = [a / b for a, b in zip(together, alone, strict=True)]
            for key, values in ((f"{case}_per_s", together), (f"{case}_alone_per_s", alone), (f"{case}_ratio", ratios)):
                figures |= {key: median(values), f"{key}_iqr": quartiles(values), f"{key}_all": values}
            print(f"  {case:12} {median(together):10.0f} pictures/s, one by one {median(alone):8.0f}, {median(ratios):.1f} times as many")
    if json_file:
        json_file.write_text(json.dumps(rounded(figures) | {"setting": asdict(setting)} | machine(), indent=2) + "\n", "utf-8")


def _world(scene: SceneSpec, number: int, size: int, full: bool) -> SceneSpec:
    """The scene from another side, with a square picture."""
    turn = 2.4 * number
    eye = (0.8 * math.sin(turn), -0.8 * math.cos(turn), 1.3)
    pose = Pose.from_matrix(look_at(eye, (0.0, 0.0, 0.7)))
    camera = CameraSpec.from_fov(width=size, height=size, fov_y_rad=0.8, world_from_camera=pose, near_m=0.05, far_m=100.0)
    lights = tuple(replace(light, shadows=full) for light in scene.lights)
    environment = scene.environment if full else replace(scene.environment, occlusion_radius_m=0.0)
    return replace(scene, cameras=(camera,), lights=lights, environment=environment)


def _seconds(work: Callable[[], None], device: Any) -> float:
    start = time.perf_counter()
    work()
    warp.synchronize_device(device)
    return time.perf_counter() - start


if __name__ == "__main__":
    tyro.cli(main)
