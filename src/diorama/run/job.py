"""One run as a value, and the work on one of its scenes. Whoever hands out the scenes, this is what is done with each."""

import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
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
    """What is told of a finished scene. `seconds` by stage, and the peak memory of the process that made it, which for a
    scene of an earlier run are not known.
    """

    images: int
    annotations: int
    rejections: dict[str, int]
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
        seconds=dict(seconds),
        rss_mb=_peak_rss_mb(),
    )


def finished_scene(job: Job, scene: int, folder: Folder) -> Finished | None:
    """What an earlier run finished, if its files are all as they were written."""
    head = records.read_scene(folder, scene, job.images(scene), [e.name for e in job.plan.exporters])
    return head and Finished(images=head.images, annotations=sum(head.objects), rejections=head.rejections)


def merge(job: Job, folder: Folder) -> None:
    """Write the files of the whole set, once all scenes are finished."""

    def files() -> Iterator[tuple[str, Iterator[bytes]]]:
        for exporter in job.plan.exporters:
            yield from exporter.finalize(lambda name=exporter.name: records.read_exporter(folder, job.scenes, name), job.dataset)

    records.write_final(folder, files())


def _peak_rss_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024
