"""What the command line shows: tables on standard output, progress on standard error."""

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields, is_dataclass
from inspect import getdoc
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from diorama.asset_sheet import AssetFacts
from diorama.plan import Plan
from diorama.randomizers.base import label_of
from diorama.randomizers.distributions import Distribution
from diorama.run import Summary
from diorama.run.replay import Replay
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.report import AssetReport
from diorama.sim.registry import Registry
from diorama.sim.render.settings import PathTracing

if TYPE_CHECKING:  # needs the extra
    from diorama.datasets.lerobot import Report

#: How wide a table of assets is in a file, and from where on a terminal shows all of it.
_FILE_COLUMNS, _WIDE_COLUMNS = 160, 110
#: Seconds between lines of progress where there is no terminal.
_QUIET_S = 10.0


class RunProgress:
    """Shows how a run goes, in a ``with`` block; called as `diorama.run.Progress`.

    On a terminal, a bar with images/s (or whatever `noun` there is of) and time left. Elsewhere, such as in a log file, a line now and then.
    """

    def __init__(self, out: Path, console: Console | None = None, *, noun: str = "images") -> None:
        self._out, self._noun = out, noun
        self._console = console or Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, rate="")
        self._stage = ""
        self._before = 0
        self._since: tuple[float, int] | None = None
        self._said_s = -math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._stage:
            self._console.print(f"Writing to {self._out}. The first run on a machine compiles the renderer's kernels, which can take a minute.")
        if stage != self._stage:
            self._stage, self._before, self._since = stage, done, None
            self._bar.reset(self._task, completed=done, total=total, description=_STAGES.get(stage, stage), rate="")
            self._bar.start()
        elif self._since is None and done > self._before:
            self._since = now, done  # the rate counts from the first finished scene on: before it the engines start
        rate = ""
        if stage == "generate" and self._since and done > self._since[1]:
            rate = f"{(done - self._since[1]) / (now - self._since[0]):.1f} {self._noun}/s"
        self._bar.update(self._task, completed=done, rate=rate)
        if self._bar.disable and stage == "generate" and (now - self._said_s >= _QUIET_S or done == total):
            self._said_s = now
            self._console.print(f"{done} of {total} {self._noun}" + (f", {rate}" if rate else ""))


_STAGES = {"check": "checking what is finished", "compile": "compiling kernels", "generate": "generating", "merge": "writing annotations"}


def announce_renderer(plan: Plan) -> None:
    """Say what a path-traced plan is rendered by, on standard error. Raises MissingExtra when that is not installed."""
    settings = plan.renderer
    if not isinstance(settings, PathTracing):
        return
    from diorama.sim.render.pathtrace import NEEDED_LLVM, SLOW, PathTracer

    with PathTracer(AssetLibrary(), **asdict(settings)) as tracer:
        how = f"Path tracing with Mitsuba's {tracer.variant}, {settings.spp} samples a pixel{', denoised' if settings.denoise else ''}."
        if tracer.variant == SLOW:
            how += f" It would be some five times faster with LLVM {NEEDED_LLVM} or later (on Debian and Ubuntu: apt-get install libllvm19)."
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(how)


def announce_assets(report: AssetReport) -> None:
    """Say what there is of the user's assets, what was refused, and what to look at, on standard error."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    console.print(report.summary())
    for warning in report.warnings():
        console.print(Text.assemble(("warning: ", "bold yellow"), warning))


def print_summary(summary: Summary, out: Path) -> None:
    """What a run did, and what to do next."""
    earlier = summary.images - summary.made
    rows = {
        "images": f"{summary.images}" + (f" ({earlier} of them finished before)" if earlier else ""),
        "objects": f"{summary.annotations} labelled, {summary.objects_per_image:.1f} an image",
        "rejected": ", ".join(f"{reason} {n}" for reason, n in summary.rejections.items()) or "nothing",
    }
    short = [f"{label} {summary.fitted.get(label, 0)} of {asked}" for label, asked in summary.asked.items() if summary.fitted.get(label, 0) < asked]
    if short:
        rows["fitted"] = ", ".join(short)
    if summary.made:
        stages = sorted(summary.stages_s.items(), key=lambda item: -item[1])
        busy = sum(summary.stages_s.values()) or 1.0
        rows["time"] = f"{summary.wall_s:.1f} s, {summary.images_per_s:.1f} images/s"
        rows["by stage"] = ", ".join(f"{stage} {seconds / busy:.0%}" for stage, seconds in stages)
        rows["memory"] = f"{summary.worker_rss_mb:.0f} MB a worker at most"
    rows["written to"] = str(out)
    rows["look at it"] = f"diorama preview {quote(str(out))}"
    for name, value in rows.items():
        _print(Text.assemble((f"{name:<12}", "bold"), value), whole_lines=True)


def print_episodes(report: "Report", out: Path) -> None:
    """How many episodes were kept, and how to read them."""
    tried = report.episodes + report.failed
    rows = {
        "episodes": f"{report.episodes} of {tried} succeeded and are kept",
        "steps": f"{report.steps}, {report.steps / report.episodes:.0f} an episode",
        "written to": str(out),
        "read it": f'LeRobotDataset("me/{out.resolve().name}", root="{out}")',
    }
    for name, value in rows.items():
        _print(Text.assemble((f"{name:<12}", "bold"), value), whole_lines=True)


def print_replay(replay: Replay, out: Path, *, changed: bool) -> None:
    """What came of making a scene again."""
    same = len(replay.same)
    rows = {"scene": f"{replay.scene}, {len(replay.sample.frames)} pictures", "written to": str(out)}
    if replay.is_exact:
        rows["compared"] = f"all {same} files and the labels are the same, byte for byte"
    else:
        labels = "the same" if replay.labels else "different"
        rows["compared"] = f"{same} of {len(replay.files)} files are the same byte for byte, labels are {labels}"
        if not changed and replay.different:
            rows["because"] = f"it was made with other versions or files: {', '.join(replay.different)}"
    for name, value in rows.items():
        _print(Text.assemble((f"{name:<12}", "bold"), value), whole_lines=True)


def print_registry(registry: Registry) -> None:
    """Names and what is behind them."""
    table = _table(registry.noun, "what it does")
    for name in registry.names():
        table.add_row(name, _summary_line(registry[name]))
    _print(table)


def print_assets(library: AssetLibrary) -> None:
    """Categories of a library, and how many assets each has."""
    counts = Counter(library.category_of(asset_id) for asset_id in library.ids())
    table = _table("category", "supercategory")
    table.add_column("assets", justify="right")
    for category, supercategory in library.categories():
        table.add_row(category, supercategory, str(counts[category, supercategory]))
    _print(table)
    _print(f"{counts.total()} assets in {len(counts)} categories")


def print_asset_facts(facts: Sequence[AssetFacts]) -> None:
    """Assets in numbers; sizes that things of a house do not have stand out. On a narrow terminal, some of the numbers."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=_FILE_COLUMNS)
    numbers = ("size", "volume", "mass", "hulls", "faces") if console.width >= _WIDE_COLUMNS else ("size", "mass", "faces")
    cells = {
        "size": [fact.size for fact in facts],
        "volume": [fact.volume for fact in facts],
        "mass": [fact.mass for fact in facts],
        "hulls": [str(fact.pieces) for fact in facts],
        "faces": [str(fact.triangles) for fact in facts],
    }
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    room = console.width - sum(max(map(len, (name, *cells[name]))) + 2 for name in numbers) - 4
    table.add_column("asset", style="cyan", no_wrap=True, max_width=max(room * 2 // 3, 8))
    table.add_column("category", no_wrap=True, max_width=max(room // 3, 8))
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    for row, fact in enumerate(facts):
        look = "" if fact.is_usual else "bold yellow"
        table.add_row(fact.id, fact.category, *(Text(cells[name][row], look if name == "size" else "") for name in numbers))
    console.print(table)


def print_plan(plan: Plan) -> None:
    """A plan with every setting. What varies shows its distribution, such as =U(0.4, 1)."""
    _print(Text.assemble(("scenario  ", "bold"), (plan.scenario.name, "bold cyan"), f"  {_summary_line(plan.scenario)}"))
    _print_settings(plan.scenario)
    _print(Text("\nrandomizers, in order", "bold"))
    for randomizer in plan.randomizers:
        label, kind = label_of(randomizer), randomizer.name
        when = _WHEN[randomizer.stage] if label == kind else f"{kind}, {_WHEN[randomizer.stage]}"
        _print(Text.assemble((label, "bold cyan"), (f" ({when})", "dim"), f"  {_summary_line(randomizer)}"))
        _print_settings(randomizer)
    if plan.variables:
        _print(Text("\nvariables, drawn once a scene", "bold"))
        _print_pairs(plan.variables)
    _print(Text("\nexporters", "bold"))
    for exporter in plan.exporters:
        _print(Text.assemble((exporter.name, "bold cyan"), f"  {_summary_line(exporter)}"))
        _print_settings(exporter)
    _print(Text("\npictures", "bold"))
    rest = {f.name: getattr(plan, f.name) for f in fields(plan) if f.name not in ("scenario", "randomizers", "exporters", "variables")}
    if isinstance(plan.renderer, PathTracing):
        rest |= {"renderer": plan.renderer.name} | {f"renderer.{name}": value for name, value in _settings(plan.renderer).items()}
    if plan.grasps is not None:
        grasping = _settings(plan.grasps)
        rest |= {"grasps": plan.grasps.tool.name} | {f"grasps.{name}": value for name, value in grasping.items() if "gripper" not in name}
    rest |= {"assets": ", ".join(map(str, plan.assets)) or "the built-in library", "resolution": "{}x{}".format(*plan.resolution)}
    rest |= {"channels": ", ".join(plan.channels) or "those of the labels"}
    _print_pairs(rest)
    _print(Text("\n= is drawn anew each time: U evenly, UI likewise among whole numbers, LogU evenly on a logarithmic scale,", "dim"))
    _print(Text("  N from a bell curve (mean, deviation), TN from one cut to (lowest, highest), Choice by weight.", "dim"))


_WHEN = {"scene": "once a scene", "settled": "once a scene, after physics", "view": "for each picture"}


def _print_settings(thing: Any) -> None:
    _print_pairs(_settings(thing))


def _settings(thing: Any, prefix: str = "") -> dict[str, Any]:
    """Settings by dotted name."""
    found: dict[str, Any] = {}
    for f in fields(thing):
        value = getattr(thing, f.name)
        if is_dataclass(value) and not isinstance(value, Distribution):
            found |= _settings(value, f"{prefix}{f.name}.")
        elif f.init and f.name != "label":
            found[prefix + f.name] = value
    return found


def _print_pairs(pairs: dict[str, Any]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs.items():
        table.add_row(name, Text(f"={value!r}") if isinstance(value, Distribution) else Text("-" if value is None else str(value)))
    _print(Padding(table, (0, 0, 0, 4)))


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for i, column in enumerate(columns):
        table.add_column(column, style="cyan" if i == 0 else "", no_wrap=i == 0)
    return table


def _summary_line(thing: Any) -> str:
    """The first paragraph of its docstring."""
    cls = thing if isinstance(thing, type) else type(thing)
    return (getdoc(cls) or "").split("\n\n")[0].replace("\n", " ").replace("`", "")


def _print(what: Any, *, whole_lines: bool = False) -> None:
    """Fit to the terminal, or with lines left whole, to be copied."""
    Console(highlight=False, markup=False, soft_wrap=whole_lines).print(what)
