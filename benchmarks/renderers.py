"""How long a labelled picture takes, beside other renderers, on one core.

    python benchmarks/renderers.py --json renderers.json

One scene for all: 15 settled shapes of PyBullet's data on a table on a large floor, about 5,000 triangles, a sun and a spot with shadows, light
from around; 640x480. Each renderer has a process of its own (`rivals/`), and they make their frames in turns. Every frame has other poses.
README.md beside this file says what each of them makes, and how the figures are taken.
"""

import json
import os
import statistics
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import tyro
from figures import machine, quartiles, rounded
from numpy.typing import NDArray
from rivals.environment import mujoco_python
from rivals.process import Absent, Process, running
from rivals.scene import settled, staged, write
from scaling import show_scaling, time_scaling
from tyro.conf import arg

import diorama
from diorama.sim.assets.library import AssetLibrary

#: Not measured here: in the table for comparison alone.
_PUBLISHED = (
    "   6200                                  Cycles (Blender 5.0), 16 samples, a scene like this on two cores of a Xeon: noted, not measured"
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is measured: `frames` of each renderer after `warmup` others, by processes pinned to `core` (by default the last)."""

    frames: int = 9
    warmup: int = 2
    objects: int = 15
    width: int = 640
    core: int = max(os.sched_getaffinity(0))

    def __post_init__(self) -> None:
        if self.frames < 1 or self.warmup < 1:
            raise diorama.InvalidValue(f"frames and warmup must be 1 or more, got {self.frames} and {self.warmup}")
        if self.core not in os.sched_getaffinity(0):
            raise diorama.InvalidValue(f"core must be one of {sorted(os.sched_getaffinity(0))}, got {self.core}")


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A renderer: the module of its process with what it is given, what its frame is, and what to do where it is missing."""

    module: str
    arguments: tuple[str, ...]
    what: str
    advice: str = ""
    needs_mujoco: bool = False


CONTENDERS = {
    "ours": Contender(module="rivals.ours", arguments=("scenes.json", "raster"), what="ours: rgb (4 samples), ids, depth, normals"),
    "pyrender": Contender(
        module="rivals.pyrender",
        arguments=("stage.npz",),
        what="pyrender on llvmpipe: rgb (4 samples), depth, ids",
        advice='pip install -c constraints.txt ".[gl]", and EGL: apt-get install libegl1 libgl1-mesa-dri',
    ),
    "tinyrenderer": Contender(
        module="rivals.tinyrenderer", arguments=("stage.npz",), what="PyBullet's TinyRenderer: rgb (1 sample, 1 light), ids, depth"
    ),
    "mujoco": Contender(
        module="rivals.mujoco",
        arguments=("stage.npz", "4096"),
        what="MuJoCo on llvmpipe: rgb (4 samples), ids, depth",
        advice="--mujoco names an interpreter that has it; it also needs EGL: apt-get install libegl1 libgl1-mesa-dri",
        needs_mujoco=True,
    ),
    "mujoco_1k_shadows": Contender(
        module="rivals.mujoco",
        arguments=("stage.npz", "1024"),
        what="the same with shadow maps of 1024 instead of 4096 texels",
        needs_mujoco=True,
    ),
    "pathtrace16": Contender(
        module="rivals.ours",
        arguments=("scenes.json", "pathtrace", "spp=16"),
        what="our path tracer (Mitsuba), 16 samples",
        advice='pip install -c constraints.txt ".[pathtrace]"',
    ),
}


@dataclass(frozen=True, kw_only=True)
class Result:
    """Seconds of each frame by part, and frame 0 itself."""

    versions: dict[str, str]
    rgb: NDArray[np.uint8]
    instance: NDArray[np.integer]
    frames_s: list[dict[str, float]] = field(default_factory=list)

    @property
    def totals_s(self) -> list[float]:
        return [sum(frame.values()) for frame in self.frames_s]

    @property
    def parts_s(self) -> dict[str, float]:
        return {part: statistics.median(frame[part] for frame in self.frames_s) for part in self.frames_s[0]}


def main(
    setting: Annotated[Setting, arg(name="")] = Setting(),
    json_file: Annotated[Path | None, arg(name="json", metavar="FILE")] = None,
    against: tuple[str, ...] = tuple(CONTENDERS)[1:],
    scaling: bool = False,
    pictures: Path | None = None,
    mujoco: Path | None = None,
) -> None:
    """Measure, print, and write the figures to a file.

    Args:
        setting: what is measured
        json_file: where the figures go
        against: the renderers beside ours
        scaling: also measure ours against the number of objects and of pixels
        pictures: folder for a picture by each renderer
        mujoco: Python interpreter that has MuJoCo; by default one is set up in the cache folder, once

    """
    unknown = sorted({*against} - {*CONTENDERS})
    if unknown:
        raise diorama.UnknownName(f"against: no renderer is named {', '.join(unknown)}; there are {', '.join(CONTENDERS)}")
    if mujoco and not mujoco.is_file():
        raise diorama.InvalidValue(f"mujoco must be a Python interpreter, there is none at {mujoco}")
    os.sched_setaffinity(0, {setting.core})
    library = AssetLibrary()
    with tempfile.TemporaryDirectory() as folder:
        scenes = settled(library, objects=setting.objects, width=setting.width)
        stage = staged(scenes, library)
        stage.save(Path(folder) / "stage.npz")
        write(scenes, Path(folder) / "scenes.json")
        results, absent = take_turns({name: CONTENDERS[name] for name in ("ours", *against)}, Path(folder), setting, mujoco)
    print(
        f"{setting.width}x{setting.width * 3 // 4}, {setting.objects} objects, {len(stage.faces)} triangles, {setting.frames} frames each, one core"
    )
    show(results, absent)
    figures = summary(results) | {f"{name}_s": None for name in absent} | {"absent": absent}
    if scaling:
        figures["scaling"] = time_scaling(library, setting.frames, setting.warmup)
        show_scaling(figures["scaling"])
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        for name, result in results.items():
            cv2.imwrite(str(pictures / f"{name}.png"), result.rgb[..., ::-1])
    if json_file:
        document = rounded(figures) | {"triangles": len(stage.faces), "setting": asdict(setting)} | machine()
        json_file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def take_turns(contenders: Mapping[str, Contender], folder: Path, setting: Setting, mujoco: Path | None) -> tuple[dict[str, Result], dict[str, str]]:
    """Results of the renderers that are there, and why the others are not. In each round every renderer makes the same frame."""
    results: dict[str, Result] = {}
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        processes: dict[str, Process] = {}
        for name, contender in contenders.items():
            try:
                python = (mujoco or mujoco_python()) if contender.needs_mujoco else None
                file, *rest = contender.arguments
                process = stack.enter_context(running(contender.module, (str(folder / file), *rest), python))
                rgb, instance = process.show(0)
            except Absent as absence:
                reason = str(absence).rstrip(".")
                absent[name] = f"{reason}. {contender.advice}".strip()
                continue
            processes[name] = process
            results[name] = Result(versions=process.versions, rgb=rgb, instance=instance)
        for frame in range(1, setting.warmup):
            for process in processes.values():
                process.time(frame)
        for frame in range(setting.frames):
            for name, process in processes.items():
                results[name].frames_s.append(process.time(frame))
    return results, absent


def summary(results: Mapping[str, Result]) -> dict[str, Any]:
    """Medians and quartiles, of seconds and of ratios: `x_over_ours` is of each round, so that both saw the same state of the machine."""
    ours = results["ours"]
    figures: dict[str, Any] = {"ours_load_s": ours.parts_s["load"], "ours_render_s": ours.parts_s["render"]}
    for name, result in results.items():
        totals = result.totals_s
        figures |= {f"{name}_s": statistics.median(totals), f"{name}_s_iqr": quartiles(totals), f"{name}_s_all": totals}
        if result is not ours:
            ratios = [theirs / own for theirs, own in zip(totals, ours.totals_s, strict=True)]
            figures |= {f"{name}_over_ours": statistics.median(ratios), f"{name}_over_ours_iqr": quartiles(ratios)}
    figures["parts_s"] = {name: result.parts_s for name, result in results.items()}
    figures["same_ids"] = {name: same_ids(result, ours) for name, result in results.items() if result is not ours}
    figures["renderer_versions"] = {name: result.versions for name, result in results.items()}
    return figures


def same_ids(one: Result, other: Result) -> float:
    """The share of pixels on which both see the same body: that they were given the same scene."""
    return float((one.instance == other.instance).mean())


def show(results: Mapping[str, Result], absent: Mapping[str, str]) -> None:
    """Print the figures for people."""
    figures, ours = summary(results), results["ours"]
    print("     ms  (middle half)  over ours  same ids")
    for name, result in results.items():
        low, high = (1000 * v for v in figures[f"{name}_s_iqr"])
        ratio, same = (f"{figures[f'{name}_over_ours']:.2f}", f"{same_ids(result, ours):.2%}") if result is not ours else ("", "")
        parts = ", ".join(f"{part} {1000 * seconds:.1f}" for part, seconds in result.parts_s.items())
        middle = f"({low:.1f}..{high:.1f})"
        print(f"{1000 * figures[f'{name}_s']:7.1f} {middle:>16} {ratio:>8} {same:>9}  {CONTENDERS[name].what} [{parts}]")
    print(_PUBLISHED)
    for name, reason in absent.items():
        print(f"{name} was not measured: {reason}")


if __name__ == "__main__":
    tyro.cli(main)
