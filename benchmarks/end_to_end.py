"""How many labelled pictures a second, from a seed to files on the disk, and where the time goes.

    python benchmarks/end_to_end.py --json end_to_end.json
    python benchmarks/end_to_end.py --scenario street --resolution 1242 375

The main job as a user runs it: the tabletop scenario, 640x480, 10 to 15 objects, 5 views a scene, every label, COCO files in a
temporary folder, 2 worker processes; or any other scenario's. README.md beside this file says how the figures are taken.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from figures import machine, quartiles, rounded
from tyro.conf import arg

import diorama
from diorama.run import Summary, generate_dataset

_FIRST_IMAGE = "import diorama; diorama.generate(diorama.default_plan('{}'), seed=0, index=0, pictures=1)"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is measured: `count` pictures, `repeats` times over. `count` must be more than `views`, or nothing is steady."""

    scenario: str = "tabletop"
    count: int = 200
    repeats: int = 5
    workers: int = 2
    resolution: tuple[int, int] = (640, 480)
    views: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count <= self.views:
            raise diorama.InvalidValue(f"count must be more than the {self.views} views of a scene, got {self.count}")


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """One data set made. `steady_images_per_s` leaves out the start of the engines: it counts from the first finished scene."""

    images_per_s: float
    steady_images_per_s: float
    objects_per_image: float
    worker_rss_mb: float
    stages_s: dict[str, float]


def main(
    setting: Annotated[Setting, arg(name="")] = Setting(),
    json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None,
) -> None:
    """Measure, print, and write the figures to a file."""
    figures: dict[str, Any] = {"first_image_s": first_image_s(setting.scenario)}
    repeats = [once(setting) for _ in range(setting.repeats)]
    for name in ("images_per_s", "steady_images_per_s"):
        values = [getattr(r, name) for r in repeats]
        figures |= {name: statistics.median(values), f"{name}_iqr": quartiles(values), f"{name}_all": values}
    figures["stages_s"] = {stage: statistics.median(r.stages_s[stage] for r in repeats) for stage in repeats[0].stages_s}
    figures["stages_s_iqr"] = {stage: quartiles([r.stages_s[stage] for r in repeats]) for stage in repeats[0].stages_s}
    figures["worker_rss_mb"] = max(r.worker_rss_mb for r in repeats)
    figures["objects_per_image"] = statistics.mean(r.objects_per_image for r in repeats)
    show(figures, setting)
    if json_file:
        document = rounded(figures) | {"setting": asdict(setting)} | machine()
        json_file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def once(setting: Setting) -> Repeat:
    """Make one data set in a folder that is thrown away."""
    plan = diorama.default_plan(setting.scenario, resolution=setting.resolution, views=setting.views)
    marks: list[tuple[float, int]] = []

    def progress(what: str, done: int, _: int) -> None:
        if what == "generate" and done:
            marks.append((time.perf_counter(), done))

    with tempfile.TemporaryDirectory() as folder:
        summary: Summary = generate_dataset(
            plan, seed=setting.seed, count=setting.count, out=Path(folder) / "out", workers=setting.workers, progress=progress
        )
    (start, before), (end, after) = marks[0], marks[-1]
    return Repeat(
        images_per_s=summary.images_per_s,
        steady_images_per_s=(after - before) / (end - start),
        objects_per_image=summary.objects_per_image,
        worker_rss_mb=summary.worker_rss_mb,
        stages_s={stage: seconds / summary.made for stage, seconds in summary.stages_s.items()},
    )


def first_image_s(scenario: str) -> float:
    """Seconds to the first picture on a machine that never ran it: a fresh interpreter, no compiled kernels."""
    with tempfile.TemporaryDirectory() as cache:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", _FIRST_IMAGE.format(scenario)], env=os.environ | {"WARP_CACHE_PATH": cache}, check=True)
        return time.perf_counter() - start


def show(figures: dict[str, Any], setting: Setting) -> None:
    """Print the figures for people."""
    width, height = setting.resolution
    made = f"{setting.repeats} x {setting.count} images of {setting.scenario}, {width}x{height}"
    print(f"{made}, {setting.views} views a scene, {setting.workers} workers")
    for name, what in (("images_per_s", "images/s, start of the engines included"), ("steady_images_per_s", "images/s from the first scene on")):
        low, high = figures[f"{name}_iqr"]
        print(f"{figures[name]:8.2f}  {what} (middle half: {low:.2f} to {high:.2f})")
    print(f"{figures['objects_per_image']:8.2f}  objects labelled in an image")
    print(f"{figures['worker_rss_mb']:8.0f}  MB, the most that a worker held")
    print(f"{figures['first_image_s']:8.2f}  s to the first image without compiled kernels")
    for stage, seconds in figures["stages_s"].items():
        print(f"{1000 * seconds:8.2f}  ms of a worker for an image: {stage}")


if __name__ == "__main__":
    tyro.cli(main)
