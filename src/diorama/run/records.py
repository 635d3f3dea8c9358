"""``records/``: what is finished. One JSON-lines file a scene, written after the scene's files, and one for the merged files.

The first line of ``records/000012.jsonl`` tells how scene 12 came about (`Head`). Then follows a line for each picture of each
exporter: ``{"exporter": "coco", "record": {...}}``. ``records/final.json`` lists the files merged from all scenes.

Records are read as untrusted input: one that is not as we write it counts as not there, and its scene as not finished.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from diorama.exporters.base import Encoded
from diorama.run import manifest
from diorama.run.writer import Facts, Folder
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Sample
from diorama.sim.spec.tracks import Event

FOLDER = "records"
FINAL = f"{FOLDER}/final.json"
_RECORD = re.compile(r"records/(\d{6,}\.jsonl|final\.json)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How a scene came about: objects in each picture, the number of the accepted attempt, rejections by reason, every draw
    of every randomizer, what happens in it, and each file with its size and digest.
    """

    scene: int
    images: int
    objects: tuple[int, ...]
    attempts: int
    rejections: dict[str, int]
    draws: dict[str, Any]
    events: tuple[Event, ...] = ()
    files: dict[str, Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """The merged files."""

    files: dict[str, Facts]


def path_of(scene: int) -> str:
    """Where a scene's record is."""
    return f"{FOLDER}/{scene:06d}.jsonl"


def write_scene(folder: Folder, sample: Sample, encoded: dict[str, Encoded]) -> None:
    """Write a scene's files, one exporter's after the other's, and then its record."""
    lines = [_line({"exporter": name, "record": record}) for name, one in encoded.items() for record in one.records]

    def describe(files: dict[str, Facts]) -> bytes:
        head = Head(
            scene=sample.index,
            images=len(sample.frames),
            objects=tuple(len(labels) for labels in sample.annotations),
            attempts=sample.provenance.attempts,
            rejections=dict(sample.provenance.rejections),
            draws=dict(sample.provenance.draws),
            events=sample.spec.events,
            files=files,
        )
        return b"".join([_line(to_json(head)), *lines])

    files = ((path, (data,)) for one in encoded.values() for path, data in one.files.items())
    folder.commit(path_of(sample.index), _ours_excepted(files), describe)


def write_final(folder: Folder, files: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Write the merged files, and then the record of them."""
    folder.commit(FINAL, _ours_excepted(files), lambda facts: _line(to_json(Final(files=facts))))


def read_scene(folder: Folder, scene: int, images: int, exporters: Sequence[str]) -> Head | None:
    """The head of a scene's record if the scene is finished: the record whole, with that many images of each exporter, and
    each of its files there with the bytes it was written with. None otherwise.
    """
    try:
        with folder.open(path_of(scene)) as file:
            head = from_json(Head, json.loads(file.readline()))
            found = [json.loads(line)["exporter"] for line in file]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    whole = head.scene == scene and head.images == images and found == [name for name in exporters for _ in range(images)]
    return head if whole and all(folder.holds(path, facts) for path, facts in head.files.items()) else None


def read_lines(folder: Folder, scene: int) -> list[Any]:
    """A finished scene's lines after its head: ``{"exporter": ..., "record": ...}`` for each picture of each exporter."""
    with folder.open(path_of(scene)) as file:
        file.readline()
        return [json.loads(line) for line in file]


def read_exporter(folder: Folder, scenes: int, exporter: str) -> Iterator[dict[str, Any]]:
    """One exporter's records of all scenes, in the order of the pictures, one at a time."""
    start = _line({"exporter": exporter, "record": None}).removesuffix(b"null}\n")
    for scene in range(scenes):
        with folder.open(path_of(scene)) as file:
            file.readline()
            yield from (json.loads(line)["record"] for line in file if line.startswith(start))


def roll_back(folder: Folder) -> None:
    """Remove what a killed run left unfinished: files that only a staged record knows of, and temporary files.

    Stopped half-way, it can be run again: the staged records go last.
    """
    staged = sorted(folder.staged(), key=lambda pair: (bool(_RECORD.fullmatch(pair[1])), pair))
    for temporary, path in staged:
        if _RECORD.fullmatch(path):
            _remove_files(folder, temporary)
        folder.remove(temporary)


def clear(folder: Folder) -> None:
    """Remove what a run of ours wrote, and nothing else: the files in its records, and the records. The manifest stays until
    the next replaces it, so that a folder in which this was stopped half-way is still known as ours. Pictures whose record a
    power cut swallowed are not known any more, and stay.
    """
    roll_back(folder)
    for name in folder.names(FOLDER):
        record = f"{FOLDER}/{name}"
        if _RECORD.fullmatch(record):
            _remove_files(folder, record)
            folder.remove(record)


def _remove_files(folder: Folder, record: str) -> None:
    """Remove the files that a record lists. One that cannot be read was not yet followed by any."""
    try:
        with folder.open(record) as file:
            document = json.loads(file.readline())
            files = from_json(Final if "scene" not in document else Head, document).files
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return
    for path in files:
        if not _is_ours(path):
            folder.remove(path)


def _is_ours(path: str) -> bool:
    return path == manifest.PATH or path.startswith(f"{FOLDER}/")


def _ours_excepted(files: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[tuple[str, Iterable[bytes]]]:
    for path, chunks in files:
        if _is_ours(path):
            raise InvalidValue(f'an exporter wants to write "{path}", which is where a run keeps its own account')
        yield path, chunks


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
