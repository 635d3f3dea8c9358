"""One scene of a data set, made again from its record: as it was, or with one thing changed at a time."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diorama.exporters.base import Dataset
from diorama.overrides import changed
from diorama.plan import Plan, plan_from_json, plan_to_json
from diorama.refine.base import REFINED
from diorama.run import manifest, records
from diorama.run.pipeline import Pipeline
from diorama.run.records import Head
from diorama.run.writer import Folder
from diorama.sim.codec import to_json
from diorama.sim.errors import InvalidValue, OutputError
from diorama.sim.frame import Sample
from diorama.studio import replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A scene made again: `files` by path in the data set, those `same` to the last byte, whether the `labels` are the same, and
    what is `different` today from when the data set was made (versions, files of the user's).
    """

    scene: int
    sample: Sample
    files: dict[str, bytes]
    same: tuple[str, ...]
    labels: bool
    different: tuple[str, ...]

    def write(self, out: Path) -> None:
        """Write the files into a folder. Raises OutputError."""
        with Folder(out) as folder:
            for path, data in self.files.items():
                folder.write(path, data)

    @property
    def is_exact(self) -> bool:
        return len(self.same) == len(self.files) and self.labels


def replay_picture(dataset: str | Path, index: int, *, changes: tuple[str, ...] = (), studio: Any = None) -> Replay:
    """Make the scene of picture number `index` (from 0) again, all pictures of it.

    `changes` are ``path=value``: a path into the scene's draws (``sensor.sensor.exposure_ev=1``, of the picture's own view where it is
    drawn for each), or into the plan (``renderer=pathtrace``). `studio` reuses open engines of the same plan. Nothing is drawn anew.
    Raises InvalidValue or UnknownKey when the folder, the picture or a path is not there, OutputError when the record is damaged.
    """
    with Folder(Path(dataset)) as folder:
        begun, plan, head = _read(folder, index)
        seed, count, scene = begun["seed"], begun["count"], head.scene
        before = records.read_lines(folder, scene)
        now, draws = _with(changes, plan, head, index % plan.pictures % plan.views)
        pipeline = Pipeline()
        library = pipeline.library(now)
        sample = replay(now, seed, scene, attempts=head.attempts, draws=draws, studio=studio, pictures=head.images)
        info = {"description": "", "version": "", "seed": seed}
        encoded = {
            e.name: e.encode(sample, scene * plan.pictures, Dataset(categories=pipeline.categories(now, library), info=info)) for e in now.exporters
        }
        files = {path: data for one in encoded.values() for path, data in one.files.items()}
        lines = [{"exporter": name, "record": record} for name, one in encoded.items() for record in one.records]
        made = manifest.manifest(plan_to_json(plan), seed, count, pipeline.versions(plan), pipeline.fingerprint(plan, library))
        return Replay(
            scene=scene,
            sample=sample,
            files=files,
            same=tuple(path for path, data in files.items() if _holds(folder, path, data)),
            labels=json.loads(json.dumps(to_json(lines))) == before,
            different=tuple(path for path, _, _ in manifest.differences(begun, made)),
        )


def read_draws(dataset: str | Path, index: int) -> dict[str, Any]:
    """What was drawn for the scene of picture number `index`, by the randomizers' labels. Raises as `replay_picture` does."""
    with Folder(Path(dataset)) as folder:
        return _read(folder, index)[2].draws


def _read(folder: Folder, index: int) -> tuple[dict[str, Any], Plan, Head]:
    """The manifest, its plan, and the record of a picture's scene."""
    begun = manifest.read(folder)
    if begun is None:
        raise InvalidValue(f"{folder.root}: holds no plan.json of a run of Diorama")
    if REFINED in folder.names():
        raise InvalidValue(f"{folder.root}: is a refined copy, whose pictures are no longer those of its record. Replay the data set it was made of")
    plan = plan_from_json(begun.get("plan"), source=f"{folder.root}/plan.json")
    count = begun.get("count")
    if not isinstance(count, int) or not isinstance(begun.get("seed"), int):
        raise InvalidValue(f"{folder.root}/plan.json: says neither seed nor count")
    if not 0 <= index < count:
        raise InvalidValue(f"{folder.root}: has pictures 0 to {count - 1}, and no picture {index}")
    scene = index // plan.pictures
    head = records.read_scene(folder, scene, min(plan.pictures, count - scene * plan.pictures), [e.name for e in plan.exporters])
    if head is None:
        raise OutputError(f"{folder.root}: the record of scene {scene}, or a file of it, is damaged; diorama generate --resume makes them again")
    return begun, plan, head


def _with(changes: tuple[str, ...], plan: Plan, head: Head, view: int) -> tuple[Plan, dict[str, Any]]:
    document, draws = plan_to_json(plan), dict(head.draws)
    for change in changes:
        first = change.partition("=")[0].partition(".")[0].partition("[")[0]
        own = f"view-{view}/{first}"
        if first in draws or own in draws:
            draws = changed(draws, change if first in draws else f"view-{view}/{change}", new_keys=False)
        elif first in ("randomizers", "variables"):
            raise InvalidValue(f"{change}: a replay draws nothing anew; change what was drawn: {', '.join(draws)}")
        else:
            document = changed(document, change)
    return plan_from_json(document, source="--set"), draws


def _holds(folder: Folder, path: str, data: bytes) -> bool:
    try:
        with folder.open(path) as file:
            return file.read() == data
    except OSError:
        return False
