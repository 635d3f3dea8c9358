"""The command line: parse, call, print. Nothing heavy is imported before a command needs it."""

import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from tyro.conf import Positional, arg
from tyro.constructors import PrimitiveConstructorSpec
from tyro.extras import SubcommandApp

from diorama import __version__
from diorama.measure import commands as fitting
from diorama.refine import apply_commands as applying
from diorama.refine import commands as refining
from diorama.refine import gate_commands as gating
from diorama.refine import train_commands as training
from diorama.sim.errors import DioramaError, InvalidValue, UnknownName, suggestion

if TYPE_CHECKING:
    from diorama.plan import Plan

_DESCRIPTION = """\
Stage physics scenes, randomize everything, photograph them with exact labels.

examples:
  diorama generate tabletop --count 100 --seed 0 --out out/tabletop
  diorama preview out/tabletop
  diorama describe tabletop --yaml > plan.yaml      (edit it, then)
  diorama generate plan.yaml --count 1000 --out out/mine
"""

_GENERATE = """\
Generate a labelled data set.

examples:
  diorama generate tabletop --out out/tabletop
  diorama generate tabletop --count 1000 --objects 5-8 --views 2 --out out/few
  diorama generate plan.yaml --assets meshes/ --workers 8 --out out/mine
  diorama generate my_scenario.py:Shelf --out out/shelf
  diorama generate tabletop --set randomizers.drop.upright=1 --out out/tidy
  diorama generate tabletop --renderer pathtrace --spp 32 --out out/traced
  diorama generate shelf --grasps franka-hand --exporter grasps --out out/picks
  diorama generate street --refiner refiner.pt --out out/street
  diorama generate tabletop --out out/tabletop --resume  (after an interruption)
"""

_DESCRIBE = """\
Show what a plan will do: every setting, and how it varies.

examples:
  diorama describe tabletop
  diorama describe tabletop --objects 3-5 --yaml > plan.yaml
"""

_LIST = """\
List what there is to choose from.

examples:
  diorama list scenarios
  diorama list assets --assets meshes/
"""

_ASSETS_INSPECT = """\
Look at assets: each pictured beside a cube of a known size, with its numbers.

examples:
  diorama assets inspect meshes/
  diorama assets inspect "models/**/*.glb" --units mm --out sheet.png
  diorama assets inspect plan.yaml
"""

_SCHEMA = """\
Print the JSON Schema of plan files, for editors that complete and check them.

examples:
  diorama schema > plan.schema.json
  (first line of plan.yaml:  # yaml-language-server: $schema=plan.schema.json)
"""

_FIT = """\
Measure real data, and write distributions that draw alike.

examples:
  diorama fit coco real/annotations.json --images real/images
  diorama fit table parts.csv
  diorama fit masks out/street camvid/labels
"""

_REFINE = """\
Bring renderings closer to photographs, and measure how far they are.

examples:
  diorama refine score --sim out/street --real camvid/images
  diorama refine fit histogram --real camvid/images --hold-out 67 --out refiner.pt
  diorama refine train --sim out/street --real camvid/images --hold-out 67 --out refiner.pt
  diorama refine apply refiner.pt --data out/street --out out/street_refined
  diorama refine gate --before out/street --after out/street_refined
  diorama refine compare refiner.pt --sim out/street --real camvid/images --hold-out 67
"""

_REPLAY = """\
Make one picture of a data set again from its record, with all views of its scene.

Nothing is drawn anew: every randomizer applies what it drew then. Without changes the
files are the same to the last byte, and that is checked. --set changes one thing at a
time: a number that was drawn, or a setting of the plan.

examples:
  diorama replay out/tabletop 12
  diorama replay out/tabletop 12 --draws
  diorama replay out/tabletop 12 --set sensor.sensor.exposure_ev=2 --out out/brighter
  diorama replay out/tabletop 12 --set renderer=pathtrace --out out/traced
"""

_EPISODES = """\
Record a robot's scripted expert, as a LeRobot data set (v3.0).

Episodes in which it fails are left out and counted. Extras: gym and lerobot.

examples:
  diorama episodes panda-pick-place --count 50 --out out/episodes
  diorama episodes panda-pick-place --resolution 224x224 --out out/larger
"""

_PREVIEW = """\
Draw a contact sheet of a data set, with masks, boxes and names, or a video.

examples:
  diorama preview out/tabletop
  diorama preview out/tabletop --count 30 --out sheet.png
  diorama preview out/street --video street.mp4  (of a set made with --frames)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 2 for what the user can mend, 1 for a check that failed, 130 when interrupted."""
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        if argv[:1] == ["--version"]:
            print(f"diorama {__version__}")
            return 0
        if argv and not argv[0].startswith("-") and argv[0] not in _COMMANDS:
            raise UnknownName(f'no command named "{argv[0]}".{suggestion(argv[0], _COMMANDS)}')
        app = _app(_COMMANDS, argv)
        code = app.cli(prog="diorama", description=_DESCRIPTION, args=argv or ["--help"], config=(tyro.conf.FlagCreatePairsOff,))
    except DioramaError as error:
        print(f"diorama: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interrupt:
        print(f"diorama: {str(interrupt) or 'interrupted.'}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads our output, `head` say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code or 0


def _app(commands: Mapping[str, Any], argv: Sequence[str]) -> SubcommandApp:
    """The commands, and those inside groups; each explained in a line, and the one that is called in full."""
    app = SubcommandApp()
    for name, (command, about) in commands.items():
        target = _app(command, argv[1:]) if isinstance(command, Mapping) else command
        app.command(target, name=name, help=about if argv[:1] == [name] else about.splitlines()[0])
    return app


# --- how options read -----------------------------------------------------------------------------------------


def _option(metavar: str, parse: Callable[[str], Any], show: Callable[[Any], str] = str) -> Any:
    """How tyro reads and shows an option that is one word."""
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=lambda words: parse(words[0]),
        is_instance=lambda _: True,
        str_from_instance=lambda value: [show(value)],
    )


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) > 0):
        raise ValueError(f"expected a whole number of 1 or more, got '{text}'")
    return int(text)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"expected a whole number, got '{text}'") from None


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise ValueError(f"expected a positive number, got '{text}'")
    return value


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = map(_positive, text.split("x"))
    except ValueError:
        raise ValueError(f"expected WIDTHxHEIGHT in pixels, such as 640x480, got '{text}'") from None
    return width, height


def _range(text: str) -> tuple[int, int]:
    try:
        bounds = [_positive(part) for part in text.split("-")]
    except ValueError:
        bounds = []
    if len(bounds) not in (1, 2) or bounds[0] > bounds[-1]:
        raise ValueError(f"expected a number of objects, such as 12, or a range, such as 10-15, got '{text}'")
    return bounds[0], bounds[-1]


def _choice(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            wanted = " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))
            raise ValueError(f"expected {wanted}, got '{text}'")
        return text

    return parse


_PLAN = Annotated[str, Positional, arg(metavar="SCENARIO|FILE", help="Name of a scenario, a plan file, or a class in your own file.py:Class.")]
_ASSETS = Annotated[
    tuple[str, ...],
    arg(
        metavar="PATH...",
        help="Your own meshes, URDF or MJCF files, folders or globs of them, to take objects from.",
        help_behavior_hint="(default: the built-in library)",
    ),
]


def _flag(text: str) -> Any:
    return arg(help=text, help_behavior_hint="")


def _unset(text: str, default: str, **more: Any) -> Any:
    """An option that is None unless given, and what then holds instead."""
    return arg(help=text, help_behavior_hint=f"(default: {default})", **more)


_SET = Annotated[
    tuple[str, ...],
    tyro.conf.UseAppendAction,
    arg(name="set", metavar="PATH=VALUE", help="Change any one setting; may be given again.", help_behavior_hint=""),
]
_PLUGIN = Annotated[
    tuple[Path, ...],
    tyro.conf.UseAppendAction,
    arg(metavar="FILE.py", help="Python file of your own that a plan takes things from; may be given again.", help_behavior_hint=""),
]


@dataclass(frozen=True, kw_only=True)
class _Changes:
    """What the command line may change in a plan; None leaves it as it is."""

    resolution: Annotated[tuple[int, int] | None, _option("WxH", _size), _unset("Size of the pictures in pixels.", "640x480")] = None
    views: Annotated[int | None, _option("N", _positive), _unset("Pictures taken of each scene, in each of its frames.", "5")] = None
    frames: Annotated[int | None, _option("N", _positive), _unset("Moments in which all views of a scene are taken.", "1")] = None
    fps: Annotated[float | None, _option("N", _rate), _unset("Of these, so many a second.", "10")] = None
    objects: Annotated[tuple[int, int] | None, _option("N|LOW-HIGH", _range), _unset("Objects in each scene.", "10-15")] = None
    assets: _ASSETS = ()
    renderer: Annotated[str | None, _option("NAME", str), _unset("Who makes the pictures: raster, pathtrace or gl.", "raster")] = None
    spp: Annotated[int | None, _option("N", _positive), _unset("Samples a pixel of the path tracer.", "64")] = None
    denoise: Annotated[bool, _flag("Take the noise out of path-traced pictures.")] = False
    grasps: Annotated[str | None, _option("GRIPPER", str), _unset("Label grasps with this gripper, such as franka-hand.", "none")] = None
    refiner: Annotated[str | None, _option("FILE", str), _unset("Refiner that all pictures go through; see: diorama refine.", "none")] = None
    exporter: Annotated[
        tuple[str, ...],
        tyro.conf.UseAppendAction,
        _unset("Format to write, may be given again; see: diorama list exporters.", "coco", metavar="NAME"),
    ] = ()
    image_format: Annotated[str | None, _option("FORMAT", _choice("jpeg", "png")), _unset("Of the pictures: jpeg or png.", "jpeg")] = None
    depth_format: Annotated[
        str | None,
        _option("FORMAT", _choice("png", "npy", "none")),
        _unset("Of the depth maps: png (16-bit millimetres), npy (float metres) or none.", "png"),
    ] = None

    set_: _SET = ()
    plugin: _PLUGIN = ()

    def plan(self, name: str) -> "Plan":
        """The plan of this name or file, changed."""
        from diorama.exporters import EXPORTERS
        from diorama.overrides import changed
        from diorama.plan import find_plan, plan_from_json, plan_to_json
        from diorama.randomizers.distributions import UniformInt
        from diorama.sim.grasping.settings import Grasping
        from diorama.sim.render.settings import PathTracing

        _load_plugins(self.plugin)
        plan = find_plan(name)
        if self.resolution:
            plan = replace(plan, resolution=self.resolution)
        if self.views:
            plan = replace(plan, views=self.views)
        if self.frames:
            plan = replace(plan, frames=self.frames)
        if self.fps:
            plan = replace(plan, fps=self.fps)
        if self.assets:
            plan = replace(plan, assets=self.assets)
        if self.renderer and self.renderer != plan.renderer_name:
            plan = replace(plan, renderer=self.renderer)
        if self.spp or self.denoise:
            if not isinstance(plan.renderer, PathTracing):
                raise InvalidValue("--spp and --denoise are settings of the path tracer. Ask for it: --renderer pathtrace")
            settings = replace(plan.renderer, spp=self.spp or plan.renderer.spp, denoise=self.denoise or plan.renderer.denoise)
            plan = replace(plan, renderer=settings)
        if self.grasps:
            plan = replace(plan, grasps=replace(plan.grasps, gripper=self.grasps) if plan.grasps else Grasping(gripper=self.grasps))
        if self.refiner:
            plan = replace(plan, refiner=self.refiner)
        if self.exporter:
            own = {e.name: e for e in plan.exporters}
            plan = replace(plan, exporters=tuple(own[n] if n in own else EXPORTERS[n]() for n in self.exporter))
        if self.objects:
            count = UniformInt(*self.objects)
            plan = replace(plan, randomizers=_changed("--objects", plan.randomizers, "count", count, named="objects"))
        if self.image_format:
            plan = replace(plan, exporters=_changed("--image-format", plan.exporters, "image_format", self.image_format))
        if self.depth_format:
            plan = replace(plan, exporters=_changed("--depth-format", plan.exporters, "depth_format", self.depth_format))
        for assignment in self.set_:
            plan = plan_from_json(changed(plan_to_json(plan), assignment), source=f"--set {assignment}")
        return plan


def _has(thing: Any, setting: str) -> bool:
    return is_dataclass(thing) and setting in {f.name for f in fields(thing)}


def _changed(option: str, things: tuple[Any, ...], setting: str, value: Any, *, named: str | None = None) -> tuple[Any, ...]:
    """Set one setting on all things that have it (and that name). Raises InvalidValue when none has."""
    meant = [_has(thing, setting) and named in (None, thing.name) for thing in things]
    if not any(meant):
        raise InvalidValue(f"{option}: nothing in this plan has the setting {f'{named}.' if named else ''}{setting}")
    return tuple(replace(thing, **{setting: value}) if it else thing for thing, it in zip(things, meant, strict=True))


# --- commands -------------------------------------------------------------------------------------------------


def _generate(
    plan: _PLAN,
    *,
    out: Annotated[Path, arg(metavar="DIR", help="Folder to write, new or empty.")],
    count: Annotated[int, _option("N", _positive), arg(help="Pictures to make.")] = 100,
    seed: Annotated[int, _option("N", _whole), arg(help="Same seed, same bytes; another seed, another data set.")] = 0,
    changes: Annotated[_Changes, arg(name="")] = _Changes(),
    workers: Annotated[int | None, _option("N", _positive), _unset("Processes to work in; the result is the same.", "one a processor")] = None,
    resume: Annotated[bool, _flag("Go on with a run that was stopped; it ends with the same bytes.")] = False,
    overwrite: Annotated[bool, _flag("Replace an earlier run in the folder, and nothing else in it.")] = False,
) -> None:
    from diorama.console import RunProgress, announce_assets, announce_renderer, print_summary
    from diorama.run import generate_dataset

    resolved = changes.plan(plan)
    announce_renderer(resolved)
    with RunProgress(out) as progress:
        summary = generate_dataset(
            resolved,
            seed=seed,
            count=count,
            out=out,
            workers=workers or _cores(),
            resume=resume,
            overwrite=overwrite,
            progress=progress,
            announce=announce_assets,
        )
    print_summary(summary, out)


def _list(
    what: Annotated[
        str,
        Positional,
        _option("WHAT", _choice("scenarios", "randomizers", "exporters", "assets")),
        arg(help="One of scenarios, randomizers, exporters, assets."),
    ],
    *,
    assets: _ASSETS = (),
) -> None:
    from diorama.console import announce_assets, print_assets, print_registry
    from diorama.exporters import EXPORTERS
    from diorama.randomizers import RANDOMIZERS
    from diorama.scenes import SCENARIOS
    from diorama.sim.assets.library import AssetLibrary

    if what == "assets":
        library = AssetLibrary(assets)
        print_assets(library)
        if assets:
            announce_assets(library.report)
    else:
        print_registry({"scenarios": SCENARIOS, "randomizers": RANDOMIZERS, "exporters": EXPORTERS}[what])


def _assets(
    what: Annotated[str, Positional, _option("inspect", _choice("inspect")), arg(help="What to do with them.")],  # noqa: ARG001 - the command's second word
    sources: Annotated[
        tuple[str, ...],
        Positional,
        arg(
            metavar="SOURCE...",
            help="Files, folders or globs, or a plan file for its assets; without any, the built-in library.",
            help_behavior_hint="",
        ),
    ] = (),
    *,
    units: Annotated[
        str | None, _option("UNIT", _choice("m", "cm", "mm", "in")), _unset("Of the files' numbers: m, cm, mm or in.", "by format")
    ] = None,
    out: Annotated[Path, arg(metavar="FILE.png", help="Where to write the sheet; 60 assets a page.")] = Path("assets.png"),
) -> None:
    from diorama.asset_sheet import inspect_assets
    from diorama.console import announce_assets, print_asset_facts
    from diorama.plan import asset_sources
    from diorama.sim.assets.library import AssetLibrary

    library = AssetLibrary([replace(source, units=units or source.units) for name in sources for source in asset_sources(name)])
    facts, paths = inspect_assets(library, out)
    print_asset_facts(facts)
    if sources:
        announce_assets(library.report)
    for path in paths:
        print(path)


def _describe(
    plan: _PLAN,
    *,
    changes: Annotated[_Changes, arg(name="")] = _Changes(),
    yaml: Annotated[bool, _flag("Print a complete plan file to edit, as YAML.")] = False,
    json: Annotated[bool, _flag("Print a complete plan file, as JSON.")] = False,
) -> None:
    from diorama.console import print_plan
    from diorama.plan import plan_to_text

    resolved = changes.plan(plan)
    if yaml or json:
        print(plan_to_text(resolved, "json" if json else "yaml"), end="")
    else:
        print_plan(resolved)


def _preview(
    dataset: Annotated[Path, Positional, arg(metavar="DATASET", help="Folder that diorama generate wrote.")],
    *,
    out: Annotated[Path | None, _unset("Where to write the sheet.", "DATASET-preview.png", metavar="FILE.png")] = None,
    video: Annotated[Path | None, _unset("Write sequences as a video (or .avi).", "a sheet", metavar="FILE")] = None,
    count: Annotated[int, _option("N", _positive), arg(help="Pictures to show, spread evenly over the data set; of a video, sequences.")] = 12,
) -> None:
    from diorama.preview import write_contact_sheet, write_video

    if video is not None:
        print(write_video(dataset, video, count=count))
        return
    print(write_contact_sheet(dataset, out or dataset.resolve().with_name(f"{dataset.resolve().name}-preview.png"), count=count))


def _replay(
    dataset: Annotated[Path, Positional, arg(metavar="DATASET", help="Folder that diorama generate wrote.")],
    index: Annotated[int, Positional, _option("INDEX", _whole), arg(help="Number of the picture, from 0.")],
    *,
    set_: _SET = (),
    draws: Annotated[bool, _flag("Print what was drawn, as YAML, and make nothing.")] = False,
    out: Annotated[Path | None, _unset("Folder to write the files to.", "DATASET-replay", metavar="DIR")] = None,
    plugin: _PLUGIN = (),
) -> None:
    from diorama.console import print_replay
    from diorama.run.replay import read_draws, replay_picture
    from diorama.sim.text import to_text

    _load_plugins(plugin)
    if draws:
        print(to_text(read_draws(dataset, index), "yaml"), end="")
        return
    made = replay_picture(dataset, index, changes=set_)
    where = out or dataset.resolve().with_name(f"{dataset.resolve().name}-replay")
    made.write(where)
    print_replay(made, where, changed=bool(set_))


def _episodes(
    env: Annotated[str, Positional, arg(metavar="ENVIRONMENT", help="One that has an expert: panda-pick-place.")],
    *,
    out: Annotated[Path, arg(metavar="DIR", help="Folder to write, new or empty.")],
    count: Annotated[int, _option("N", _positive), arg(help="Episodes to keep.")] = 50,
    seed: Annotated[int, _option("N", _whole), arg(help="Same seed, same episodes; 0 or more.")] = 0,
    resolution: Annotated[
        tuple[int, int], _option("WIDTHxHEIGHT", _size, lambda size: "{}x{}".format(*size)), arg(help="Size of the pictures in pixels.")
    ] = (
        128,
        128,
    ),
    overwrite: Annotated[bool, _flag("Replace an earlier set in the folder, and nothing else in it.")] = False,
) -> None:
    from diorama.console import RunProgress, print_episodes
    from diorama.datasets.demonstrations import write_demonstrations

    with RunProgress(out, noun="episodes") as progress:
        report = write_demonstrations(
            env, seed=seed, count=count, out=out, resolution=resolution, overwrite=overwrite, progress=partial(progress, "generate")
        )
    print_episodes(report, out)


def _schema(*, plugin: _PLUGIN = ()) -> None:
    from json import dumps

    from diorama.schema import plan_schema

    _load_plugins(plugin)
    print(dumps(plan_schema(), indent=1))


def _load_plugins(files: tuple[Path, ...]) -> None:
    from diorama.plugins import load_plugin

    for file in files:
        load_plugin(file)


_COMMANDS = {
    "generate": (_generate, _GENERATE),
    "describe": (_describe, _DESCRIBE),
    "list": (_list, _LIST),
    "assets": (_assets, _ASSETS_INSPECT),
    "preview": (_preview, _PREVIEW),
    "replay": (_replay, _REPLAY),
    "episodes": (_episodes, _EPISODES),
    "schema": (_schema, _SCHEMA),
    "fit": ({"coco": (fitting.coco, fitting.COCO), "table": (fitting.table, fitting.TABLE), "masks": (fitting.masks, fitting.MASKS)}, _FIT),
    "refine": (
        {
            "score": (refining.score, refining.SCORE),
            "train": (training.train, training.TRAIN),
            "fit": (applying.fit, applying.FIT),
            "apply": (applying.apply, applying.APPLY),
            "gate": (gating.gate, gating.GATE),
            "compare": (applying.compare, applying.COMPARE),
        },
        _REFINE,
    ),
}


def _cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
