"""How long one turn of a laser scanner takes on one core, in a street, beside the plainest way to cast its rays.

    python benchmarks/lidar.py --json lidar.json

The default street, with a rig that has the scanner which is asked for. Measured is what `Raster.render` takes for the channel `points` alone: the
tree is built anew, all rays are cast, and what comes back is made points of, with intensities and labels. Beside it, on the same triangles, a few of
the rays are each held against every triangle in NumPy. Both are one thread, and its time is taken: that of the processor.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import tyro
from figures import machine, quartiles, rounded
from numpy.typing import NDArray
from tyro.conf import arg

from diorama.plan import default_plan
from diorama.randomizers.street.rig import VehicleRig
from diorama.randomizers.street.rigs import RigLidar
from diorama.sim.render.raster import Raster
from diorama.sim.spec import LIDARS, CameraSpec, SceneSpec
from diorama.sim.transforms import apply
from diorama.studio import Studio, generate

#: Seconds a turn of 64 beams, about 120,000 points.
GOAL_S = 0.3


def main(
    scanner: Annotated[str, arg(help="Which of the built-in scanners.")] = "hdl-64e",
    scenes: Annotated[int, arg(help="Streets.")] = 3,
    repeats: Annotated[int, arg(help="Turns in each street.")] = 5,
    rays: Annotated[int, arg(help="Rays that NumPy casts.")] = 100,
    json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None,
) -> None:
    """Measure, and print."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rig = VehicleRig(preset="kitti", lidar=RigLidar(scanner=scanner, position_m=(-0.51, 0.0, 1.73)))
    plan = default_plan("street", resolution=(64, 32), views=1, min_visible_objects=0)
    plan = replace(plan, randomizers=tuple(rig if r.name == rig.name else r for r in plan.randomizers))
    count = LIDARS[scanner].columns * len(LIDARS[scanner].elevations_rad)
    found: dict[str, Any] = {"scanner": scanner, "turn_s_all": [], "ratios": [], "points": [], "triangles": []}
    with Studio(plan) as studio, Raster(studio.library) as raster:
        for index in range(scenes):
            sample = generate(plan, 0, index, studio=studio)
            spec, camera = sample.at(0), sample.frames[0].camera
            raster.load(spec)
            warm = raster.render(camera, ("points",)).points
            assert warm is not None
            found["points"].append(len(warm))
            corners = triangles(spec, studio.library)
            found["triangles"].append(len(corners))
            some = some_rays(camera, rays)
            for _ in range(repeats):
                turn = seconds(raster.render, camera, ("points",))
                found["turn_s_all"].append(turn)
                found["ratios"].append(seconds(cast, corners, *some) / rays * count / turn)
    show(found)
    if json_file:
        json_file.write_text(json.dumps(rounded(found) | machine(), indent=2) + "\n", "utf-8")


def show(found: dict[str, Any]) -> None:
    """Sum the figures up, and print them for people."""
    found |= {"turn_s": median(found["turn_s_all"]), "turn_s_iqr": quartiles(found["turn_s_all"])}
    found |= {"numpy_over_ours": median(found["ratios"]), "numpy_over_ours_iqr": quartiles(found["ratios"])}
    low, high = (1e3 * s for s in found["turn_s_iqr"])
    print(f"{found['scanner']}: {1e3 * found['turn_s']:.0f} ms a turn (middle half {low:.0f}..{high:.0f}), {median(found['points']):.0f} points")
    print(f"  among {median(found['triangles']):.0f} triangles; the goal for 64 beams is {1e3 * GOAL_S:.0f} ms")
    print(f"  each ray against every triangle would take {found['numpy_over_ours']:,.0f} times as long in NumPy")


def seconds(work: Callable[..., Any], *arguments: Any) -> float:
    """What it takes of the processor's time."""
    start = time.process_time()
    work(*arguments)
    return time.process_time() - start


def triangles(spec: SceneSpec, library: Any) -> NDArray[np.float64]:
    """(n, 3, 3) corners in the world."""
    parts = [(body, part) for body in spec.bodies for part in library.shape_asset(body.shape).parts]
    return np.concatenate([apply(body.world_from_body.matrix, part.positions)[part.faces] for body, part in parts])


def some_rays(camera: CameraSpec, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The scanner's place (3,), and evenly chosen (n, 3) of its rays, unit vectors of the world."""
    assert camera.lidar is not None
    pose = camera.world_from_camera.of(camera.lidar.camera_from_lidar).matrix
    numbers = np.linspace(0, camera.lidar.columns * len(camera.lidar.elevations_rad) - 1, count).astype(int)
    column, beam = np.divmod(numbers, len(camera.lidar.elevations_rad))
    azimuth, elevation = np.pi - 2 * np.pi * (column + 0.5) / camera.lidar.columns, np.array(camera.lidar.elevations_rad)[beam]
    level = np.cos(elevation)
    return pose[:3, 3], np.stack([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)], axis=1) @ pose[:3, :3].T


def cast(corners: NDArray[np.float64], origin: NDArray[np.float64], directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) how far rays go, each against all triangles (Moeller and Trumbore 1997)."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    off = origin - corners[:, 0]
    turned = np.cross(off, first)
    out = np.empty(len(directions))
    with np.errstate(divide="ignore", invalid="ignore"):
        for i, direction in enumerate(directions):
            across = np.cross(direction, second)
            scale = 1 / (first * across).sum(axis=1)
            u, v, away = (off * across).sum(axis=1) * scale, turned @ direction * scale, (second * turned).sum(axis=1) * scale
            out[i] = np.where((u >= 0) & (v >= 0) & (u + v <= 1) & (away > 0), away, np.inf).min()
    return out


if __name__ == "__main__":
    tyro.cli(main)
