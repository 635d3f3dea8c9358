"""Whether a process that renders for long grows: 20,000 pictures, with a new scene for every fifth.

    python benchmarks/memory.py

Exits with 1 when the process ever holds over 20 MB more than it did at most in the first 500 pictures. They are 160x120, which takes minutes; at
640x480 it would be an hour, and what leaks does so at each load or launch, whatever the size. A new scene has other poses, materials, textures
and lights; its objects are where `Drop` puts them, above the table, and do not fall.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import tyro
from figures import machine, rounded
from rivals.scene import settled
from tyro.conf import arg

import diorama
from diorama.randomizers.base import Context
from diorama.randomizers.drop import Drop
from diorama.randomizers.lights import Lights
from diorama.randomizers.materials import Materials
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import CHANNELS
from diorama.sim.render import open_renderer
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec

_WINDOWS = 40


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is rendered, and how much more memory than after `warmup` frames is too much."""

    frames: int = 20_000
    warmup: int = 500
    frames_a_scene: int = 5
    width: int = 160
    allowed_mb: float = 20.0
    renderer: str = "raster"

    def __post_init__(self) -> None:
        if not 0 < self.warmup < self.frames:
            raise diorama.InvalidValue(f"warmup must be in 1..frames-1, got {self.warmup} of {self.frames} frames")
        if self.frames_a_scene < 1:
            raise diorama.InvalidValue(f"frames_a_scene must be 1 or more, got {self.frames_a_scene}")


def main(
    setting: Annotated[Setting, arg(name="")] = Setting(),
    json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None,
) -> None:
    """Render, print what the process holds from time to time, and exit with 1 when it grew too much."""
    library = AssetLibrary()
    start, peak = time.perf_counter(), 0.0
    peaks: dict[int, float] = {}
    often = max(1, (setting.frames - setting.warmup) // _WINDOWS)
    with open_renderer(setting.renderer, library) as renderer:
        loaded: SceneSpec | None = None
        for frame, spec in enumerate(scenes(library, setting), start=1):
            if spec is not loaded:
                renderer.load(spec)
                loaded = spec
            renderer.render(spec.cameras[0], CHANNELS)
            peak = max(peak, rss_mb())
            if frame == setting.frames or (frame >= setting.warmup and (frame - setting.warmup) % often == 0):
                print(f"up to {frame:6} frames: {peak:7.1f} MB at most, {time.perf_counter() - start:5.0f} s", flush=True)
                peaks[frame], peak = peak, 0.0
    growth = max(peaks.values()) - peaks[setting.warmup]
    print(f"{growth:.1f} MB more than in the first {setting.warmup} frames, at most; {setting.allowed_mb:g} MB are allowed")
    if json_file:
        document = rounded({"growth_mb": growth, "peaks_mb": peaks}) | {"setting": asdict(setting)} | machine()
        json_file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    sys.exit(growth > setting.allowed_mb)


def scenes(library: AssetLibrary, setting: Setting) -> Iterator[SceneSpec]:
    """A scene for each frame, `frames_a_scene` times the same: the same objects always, and everything else drawn anew."""
    context = Context(library=library)
    (base,) = settled(library, arrangements=1, width=setting.width)
    spec = base
    for frame in range(setting.frames):
        if frame % setting.frames_a_scene == 0:
            spec = base
            for randomizer in (Drop(), Materials(), Lights()):
                seed = Seed(0).child("frame", frame).child("randomizer", randomizer.name)
                spec = randomizer.apply(spec, randomizer.sample(seed, spec, context))
        yield spec


def rss_mb() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    tyro.cli(main)
