"""How many pictures a second a training loop gets from a torch loader whose workers render them, beside `diorama generate` with as many workers.

    python benchmarks/loader.py --json loader.json

Tabletop at 640x480 with 5 views a scene, as in end_to_end.py. In turns: the loader (tensors of pictures, masks, boxes, depth), and files written.
"""

import json
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from figures import machine, quartiles, rounded
from torch.utils.data import DataLoader
from tyro.conf import arg

import diorama


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is measured: `scenes` scenes a repeat, with each number of `workers`."""

    scenario: str = "tabletop"
    scenes: int = 30
    repeats: int = 5
    workers: tuple[int, ...] = (1, 2)
    resolution: tuple[int, int] = (640, 480)
    views: int = 5
    seed: int = 0


def main(setting: Annotated[Setting, arg(name="")] = Setting(), json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None) -> None:
    """Measure, print, and write the figures to a file."""
    plan = diorama.default_plan(setting.scenario, resolution=setting.resolution, views=setting.views)
    figures: dict[str, Any] = {}
    for workers in setting.workers:
        pairs = [(loaded(plan, setting, workers), generated(plan, setting, workers)) for _ in range(setting.repeats)]
        for name, values in (
            ("loader_images_per_s", [a for a, _ in pairs]),
            ("generate_images_per_s", [b for _, b in pairs]),
            ("loader_over_generate", [a / b for a, b in pairs]),
        ):
            figures[f"{name}_{workers}"] = statistics.median(values)
            figures[f"{name}_{workers}_iqr"] = quartiles(values)
            low, high = quartiles(values)
            print(f"{statistics.median(values):8.2f}  {name}, {workers} workers (middle half: {low:.2f} to {high:.2f})")
    if json_file:
        json_file.write_text(json.dumps(rounded(figures) | {"setting": asdict(setting)} | machine(), indent=2) + "\n", "utf-8")


def loaded(plan: diorama.Plan, setting: Setting, workers: int) -> float:
    """Pictures a second out of a loader, from the first batch on: what a long run gets."""
    dataset = diorama.DioramaDataset(plan, setting.seed, count=setting.scenes)
    loader = DataLoader(dataset, batch_size=setting.views, num_workers=workers, multiprocessing_context="spawn", collate_fn=diorama.collate_detection)
    marks = [time.perf_counter() for _ in loader]
    return setting.views * (len(marks) - 1) / (marks[-1] - marks[0])


def generated(plan: diorama.Plan, setting: Setting, workers: int) -> float:
    """Pictures a second into files, from the first finished scene on."""
    marks: list[tuple[float, int]] = []

    def progress(what: str, done: int, _: int) -> None:
        if what == "generate" and done:
            marks.append((time.perf_counter(), done))

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        diorama.generate_dataset(plan, seed=setting.seed, count=setting.scenes * setting.views, out=out, workers=workers, progress=progress)
    (start, before), (end, after) = marks[0], marks[-1]
    return (after - before) / (end - start)


if __name__ == "__main__":
    tyro.cli(main)
