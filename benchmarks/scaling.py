"""What a frame of ours costs as the scene or the picture grows; part of `renderers.py`."""

import math
import statistics
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from rivals.process import running
from rivals.scene import settled, write

from diorama.sim.assets.library import AssetLibrary

_OBJECTS = (5, 15, 50, 150)
_WIDTHS = (320, 640, 1280, 1920)
#: A power of the size that repeats of one size differ by.
_NOISE = 0.05


def time_scaling(library: AssetLibrary, frames: int, warmup: int) -> dict[str, Any]:
    """Median seconds of a frame for each number of objects at 640x480, and for each width with 15 objects.

    One process takes all scenes in turns. `exponents` are those of the power laws between neighbours, of objects and of pixels: 1 is in
    proportion, less is cheaper.
    """
    settings = [(objects, 640) for objects in _OBJECTS] + [(15, width) for width in _WIDTHS if width != 640]
    scenes = [settled(library, objects=objects, arrangements=1, width=width)[0] for objects, width in settings]
    with tempfile.TemporaryDirectory() as folder:
        write(scenes, Path(folder) / "scenes.json")
        with running("rivals.ours", (str(Path(folder) / "scenes.json"), "raster")) as process:
            rounds = [[sum(process.time(scene).values()) for scene in range(len(scenes))] for _ in range(warmup + frames)][warmup:]
    seconds = {setting: [one[i] for one in rounds] for i, setting in enumerate(settings)}
    by_objects = {objects: seconds[objects, 640] for objects in _OBJECTS}
    by_width = {width: seconds[15, width] for width in _WIDTHS}
    return {
        "by_objects_s": {size: statistics.median(times) for size, times in by_objects.items()},
        "by_width_s": {size: statistics.median(times) for size, times in by_width.items()},
        "exponents_of_objects": exponents(by_objects),
        "exponents_of_pixels": [exponent / 2 for exponent in exponents(by_width)],
    }


def exponents(seconds: dict[int, list[float]]) -> list[float]:
    """For each two sizes in a row, the p of seconds ~ size**p, from the median of the ratios within each round."""
    found = []
    for small, large in pairwise(seconds):
        ratio = statistics.median(after / before for before, after in zip(seconds[small], seconds[large], strict=True))
        found.append(math.log(ratio) / math.log(large / small))
    return found


def show_scaling(figures: dict[str, Any]) -> None:
    """Print them for people."""
    for what, key, powers in (("objects", "by_objects_s", "exponents_of_objects"), ("pixels wide", "by_width_s", "exponents_of_pixels")):
        print(", ".join(f"{size} {what}: {1000 * seconds:.1f} ms" for size, seconds in figures[key].items()))
        worst = max(figures[powers])
        verdict = "no faster than linearly" if worst <= 1 + _NOISE else "FASTER THAN LINEARLY"
        unit = "objects" if what == "objects" else "pixels"
        print(f"  cost grows {verdict}: at most with the {unit} to the power of {worst:.2f}")
