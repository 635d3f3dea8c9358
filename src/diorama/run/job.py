"""One run as a value, and the work on one of its scenes. Whoever hands out the scenes, this is what is done with each."""

import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from diorama.exporters.base import Dataset
from diorama.plan import Plan
from diorama.run import records
from diorama.run.pipeline import Pipeline
from diorama.run.writer import Folder
from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`count` pictures of a plan. Scene s holds pictures s * plan.pictures and on; the last scene takes only as many as are still due."""

    plan: Plan
    seed: int
    count: int
    dataset: Dataset
    pipeline: Pipeline

    def __post_init__(self) -> None:
        if self.count <= 0:
            raise InvalidValue(f"count must be 1 or more, got {self.count}")

    @property
    def scenes(self) -> int:
        return -(-self.count // self.plan.pictures)

    def images(self, scene: int) -> int:
        """How many pictures are taken of a scene."""
        return min(self.plan.pictures, self.count - scene * self.plan.pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What is told of a finished scene. `asked` is how many things each randomizer that says so was to place, and `fitted` how many there was
    room for. `seconds` by stage, and the peak memory of the process that made it, which for a scene of an earlier run are not known.
    """

    images: int
    annotations: int
    rejections: dict[str, int]
    asked: dict[str, int] = field(default_factory=dict)
    fitted: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    rss_mb: float = 0.0


def make_scene(job: Job, scene: int, studio: Any, folder: Folder) -> Finished:
    """Generate, encode and write one scene."""
    sample = job.pipeline.generate(job.plan, job.seed, scene, studio=studio, pictures=job.images(scene))
    start = time.perf_counter()
    encoded = {e.name: e.encode(sample, scene * job.plan.pictures, job.dataset) for e in job.plan.exporters}
    done_encoding = time.perf_counter()
    records.write_scene(folder, sample, encoded)
    seconds = Counter(sample.provenance.timings_s)
    seconds.update({"encode": done_encoding - start, "write": time.perf_counter() - done_encoding})
    return Finished(
        images=len(sample.frames),
        annotations=sum(len(labels) for labels in sample.annotations),
        rejections=dict(sample.provenance.rejections),
        asked=_counts(sample.provenance.draws, "asked"),
        fitted=_counts(sample.provenance.draws, "fitted"),
        seconds=dict(seconds),
        rss_mb=_peak_rss_mb(),
    )


def finished_scene(job: Job, scene: int, folder: Folder) -> Finished | None:
    """What an earlier run finished, if its files are all as they were written."""
    head = records.read_scene(folder, scene, job.images(scene), [e.name for e in job.plan.exporters])
    if head is None:
        return None
    asked, fitted = (_counts(head.draws, name) for name in ("asked", "fitted"))
    return Finished(images=head.images, annotations=sum(head.objects), rejections=head.rejections, asked=asked, fitted=fitted)


def merge(job: Job, folder: Folder) -> None:
    """Write the files of the whole set, once all scenes are finished."""

    def files() -> Iterator[tuple[str, Iterator[bytes]]]:
        for exporter in job.plan.exporters:
            yield from exporter.finalize(lambda name=exporter.name: records.read_exporter(folder, job.scenes, name), job.dataset)

    records.write_final(folder, files())


def _counts(draws: Mapping[str, Any], name: str) -> dict[str, int]:
    """What randomizers that place things drew under a name, by their labels."""
    return {label: drawn[name] for label, drawn in draws.items() if isinstance(drawn, dict) and isinstance(drawn.get(name), int)}


def _peak_rss_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024
