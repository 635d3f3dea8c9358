"""Make a data set on this machine: as many scenes as it takes, in one process or several, crash-safe and resumable."""

import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diorama import __version__
from diorama.exporters.base import Dataset
from diorama.plan import Plan
from diorama.refine.base import REFINED
from diorama.run import manifest, processes, records
from diorama.run.job import Finished, Job, finished_scene, make_scene, merge
from diorama.run.pipeline import Pipeline
from diorama.run.writer import Folder
from diorama.sim.assets.report import AssetReport
from diorama.sim.errors import InvalidValue, OutputError

#: Called with what is going on ("check", "compile", "generate" or "merge"), and how many of how many images are done with it.
Progress = Callable[[str, int, int], None]


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a run did.

    `images`, `annotations`, `rejections` (by reason) and what was `asked` for and `fitted` (by randomizer) are of the whole set, those of an
    earlier run that was gone on with included; `made` counts the images of this run alone, and so do the times: `wall_s` from the first scene
    to the last with the start of the engines, and `stages_s` added up over the workers (randomize, settle, render, annotate, grasps, encode,
    write). `worker_rss_mb` is the most memory that any worker held.
    """

    images: int = 0
    annotations: int = 0
    rejections: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    fitted: dict[str, int] = field(default_factory=dict)
    made: int = 0
    wall_s: float = 0.0
    stages_s: dict[str, float] = field(default_factory=dict)
    worker_rss_mb: float = 0.0

    @property
    def objects_per_image(self) -> float:
        return self.annotations / self.images

    @property
    def images_per_s(self) -> float:
        return self.made / self.wall_s if self.wall_s else 0.0

    def add(self, scene: Finished, *, made: bool) -> None:
        """Count one more scene."""
        self.images += scene.images
        self.annotations += scene.annotations
        for name in ("rejections", "asked", "fitted"):
            setattr(self, name, dict(sorted((Counter(getattr(self, name)) + Counter(getattr(scene, name))).items())))
        self.made += scene.images if made else 0
        for stage, seconds in scene.seconds.items():
            self.stages_s[stage] = self.stages_s.get(stage, 0.0) + seconds
        self.worker_rss_mb = max(self.worker_rss_mb, scene.rss_mb)


def generate_dataset(
    plan: Plan,
    *,
    seed: int,
    count: int,
    out: str | Path,
    workers: int = 1,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
    announce: Callable[[AssetReport], None] | None = None,
    pipeline: Pipeline | None = None,
) -> Summary:
    """Make `count` images of a plan in the folder `out`.

    The bytes depend on plan, seed, count and the versions of the software alone. `resume` goes on with a run that was stopped,
    however it was: what is finished is checked and kept, what is missing or damaged is made anew. `overwrite` first removes what
    an earlier run wrote, and only that. `announce` is told what there is of the plan's own assets, before work begins.

    Raises OutputError when the folder cannot be used, WorkerLost when a worker process is killed, and what the pipeline raises; and
    KeyboardInterrupt, with a message, on Ctrl-C. Whatever is raised, finished scenes are kept.
    """
    if workers <= 0:
        raise InvalidValue(f"workers must be 1 or more, got {workers}")
    if resume and overwrite:
        raise InvalidValue("resume keeps what is in the folder and overwrite removes it; ask for one of them")
    report = progress or (lambda *_: None)
    job, asked = _prepare(plan, seed, count, pipeline or Pipeline(), announce)
    summary = Summary()
    with Folder(Path(out)) as folder:
        folder.lock()
        try:
            _enter(folder, asked, resume=resume, overwrite=overwrite)
            missing = _check(job, folder, summary, report)
            _make(job, folder, missing, workers, summary, report)
            report("merge", 0, count)
            merge(job, folder)
            report("merge", count, count)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted. {summary.images} of {count} images are finished in {out}: go on with --resume.") from None
    return summary


def _prepare(plan: Plan, seed: int, count: int, pipeline: Pipeline, announce: Callable[[AssetReport], None] | None) -> tuple[Job, dict[str, Any]]:
    """The run as a value, and its manifest."""
    library = pipeline.library(plan)
    if announce is not None and plan.assets:
        announce(library.report)
    info = {
        "description": f'Synthetic pictures of the scenario "{plan.scenario.name}", made with Diorama',
        "version": __version__,
        "seed": seed,
    }
    job = Job(plan=plan, seed=seed, count=count, dataset=Dataset(categories=pipeline.categories(plan, library), info=info), pipeline=pipeline)
    return job, manifest.manifest(pipeline.describe(plan), seed, count, pipeline.versions(plan), pipeline.fingerprint(plan, library))


def _enter(folder: Folder, asked: dict[str, Any], *, resume: bool, overwrite: bool) -> None:
    """Refuse the folder, clear it, or go on in it; after that it holds the manifest, and nothing unfinished."""
    begun = manifest.read(folder)
    unfinished = {path for path, _ in folder.staged()}
    is_empty = set(folder.names()) <= unfinished
    if begun is None and not is_empty:
        raise OutputError(
            f"{folder.root} is not empty, and holds no plan.json of a run of Diorama. Nothing in it was touched. Choose another folder: "
            "--resume goes on with a run, and --overwrite replaces one, but neither takes a folder of something else."
        )
    if REFINED in folder.names():
        raise OutputError(f"{folder.root} holds a refined copy of a data set. Nothing in it was touched. Choose another folder.")
    if begun is not None:
        if not (resume or overwrite):
            raise OutputError(f"{folder.root} is not empty: it holds a run. Go on with it (--resume), replace it (--overwrite) or choose another.")
        if begun.get("format_version") != manifest.FORMAT_VERSION:
            raise OutputError(f"{folder.root} holds a run of another version of Diorama, which this one cannot read. Choose another folder.")
        if resume:
            manifest.check_same(folder, begun, asked)
        else:
            records.clear(folder)
    records.roll_back(folder)
    if begun != asked:
        manifest.write(folder, asked)


def _check(job: Job, folder: Folder, summary: Summary, report: Progress) -> list[int]:
    """The scenes that are not finished."""
    missing = []
    for scene in range(job.scenes):
        done = finished_scene(job, scene, folder)
        if done is None:
            missing.append(scene)
        else:
            summary.add(done, made=False)
            report("check", summary.images, job.count)
    return missing


def _make(job: Job, folder: Folder, missing: list[int], workers: int, summary: Summary, report: Progress) -> None:
    if not missing:
        return
    workers = min(workers, len(missing))
    report("compile", summary.images, job.count)
    job.pipeline.warm_up(job.plan)
    start = time.perf_counter()
    report("generate", summary.images, job.count)
    scenes = processes.make_scenes(job, folder.root, iter(missing), workers) if workers > 1 else _make_here(job, folder, missing)
    with closing(scenes):
        for scene in scenes:
            summary.add(scene, made=True)
            summary.wall_s = time.perf_counter() - start
            report("generate", summary.images, job.count)


def _make_here(job: Job, folder: Folder, missing: list[int]) -> Generator[Finished]:
    with job.pipeline.studio(job.plan) as studio:
        for scene in missing:
            yield make_scene(job, scene, studio, folder)
