"""Episodes as a LeRobot data set, in its format v3.0: tables as Parquet, pictures as MP4, many episodes a file.

    meta/info.json                              shapes, counts, where files are
    meta/stats.json                             smallest, largest, mean, spread and quantiles of everything, for normalization
    meta/tasks.parquet                          what was to be done, in words
    meta/episodes/chunk-000/file-000.parquet    a row an episode: its rows and files, its part of the videos, its own stats
    data/chunk-000/file-000.parquet             a row a step
    videos/KEY/chunk-000/file-000.mp4           the pictures of one camera, one episode after the other
    diorama.json                                which files these are; no part of the format

https://huggingface.co/docs/lerobot/lerobot-dataset-v3
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from diorama.datasets import receipt
from diorama.datasets.episodes import Episode
from diorama.datasets.film import CODEC, PIXELS, Film
from diorama.datasets.moments import Levels, Moments, quantiles
from diorama.sim.errors import InvalidValue, MissingExtra, OutputError, TooManyRejections

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    raise MissingExtra("writing LeRobot data sets", "pyarrow", "lerobot") from None

_CHUNK_FILES, _DATA_MB, _VIDEO_MB = 1000, 100, 200
_FILE = "chunk-{chunk_index:03d}/file-{file_index:03d}"
DATA_PATH, VIDEO_PATH, EPISODES_PATH = f"data/{_FILE}.parquet", f"videos/{{video_key}}/{_FILE}.mp4", f"meta/episodes/{_FILE}.parquet"
#: After so many failures in a row there is something wrong with whoever acts.
MOST_FAILED = 50
_IMAGES = "observation.images."
_COUNTERS = ("frame_index", "episode_index", "index", "task_index")


@dataclass(frozen=True, slots=True)
class Report:
    """How many episodes were kept, of how many steps, and how many were not since they failed."""

    episodes: int
    steps: int
    failed: int


def write_lerobot(
    episodes: Iterable[Episode],
    out: str | Path,
    *,
    fps: int,
    count: int | None = None,
    robot: str = "",
    names: Mapping[str, list[str]] | None = None,
    overwrite: bool = False,
) -> Report:
    """Write the episodes that succeeded, the first `count` of them or all, as a LeRobot data set in the folder `out`, which is new or empty.

    With `overwrite` it may hold a set that was written before, whose files alone are replaced. One episode is held at a time, and the set
    appears when it is complete. `names` are those of the numbers in ``action`` and others.
    Raises OutputError, InvalidValue for episodes that are not alike, or none, and TooManyRejections when `MOST_FAILED` fail in a row.
    """
    out = Path(out)
    if fps < 1 or (count is not None and count < 1):
        raise InvalidValue(f"fps and count must be 1 or more, got {fps} and {count}")
    place = out.resolve()
    staging = place.with_name(f".{place.name}.{os.getpid()}.diorama-tmp")
    try:
        receipt.admit(out, overwrite=overwrite)
        staging.mkdir(parents=True)
        with _Writer(staging, fps, robot, names or {}) as writer:
            failed = _fill(writer, episodes, count)
            writer.finish()
        receipt.place(staging, place)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Report(writer.episodes, writer.rows, failed)


def _fill(writer: "_Writer", episodes: Iterable[Episode], count: int | None) -> int:
    """Write those that succeeded; return how many did not."""
    failed = in_a_row = 0
    for episode in episodes:
        if episode.success:
            writer.add(episode)
            in_a_row = 0
        else:
            failed, in_a_row = failed + 1, in_a_row + 1
        if in_a_row == MOST_FAILED:
            raise TooManyRejections(f"{MOST_FAILED} episodes in a row failed, after {writer.episodes} that succeeded. Nothing is written")
        if writer.episodes == count:
            break
    if writer.episodes == 0:
        raise InvalidValue(f"there is no episode to write: {failed} failed")
    return failed


class _Place:
    """Which file is written to, by chunk and number."""

    def __init__(self) -> None:
        self.number = 0

    @property
    def indices(self) -> dict[str, int]:
        chunk, file = divmod(self.number, _CHUNK_FILES)
        return {"chunk_index": chunk, "file_index": file}


class _Writer:
    """A data set in the making, in a folder of its own."""

    def __init__(self, root: Path, fps: int, robot: str, names: Mapping[str, list[str]]) -> None:
        self._root, self._fps, self._robot, self._names = root, fps, robot, names
        self.episodes = self.rows = 0
        self._tasks: dict[str, int] = {}
        self._features: dict[str, dict[str, Any]] = {}
        self._stats: dict[str, Any] = {}
        self._told: list[dict[str, Any]] = []
        self._table: pq.ParquetWriter | None = None
        self._tables: list[Path] = []
        self._table_place, self._table_bytes = _Place(), 0
        self._films: dict[str, tuple[Film, _Place]] = {}

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        return self

    def __exit__(self, *exc: Any) -> None:
        if self._table is not None:
            self._table.close()
        for film, _ in self._films.values():
            self._stack.push(film)
        self._stack.__exit__(*exc)

    def add(self, episode: Episode) -> None:
        """Write one episode."""
        features = _features(episode, self._fps, self._names)
        if not self._features:
            self._features = features
        if features != self._features:
            raise InvalidValue(f"episode {self.episodes} has other shapes than those before it")
        task, length = self._tasks.setdefault(episode.task, len(self._tasks)), len(episode)
        frames = np.arange(length)
        columns = {name: column for name, column in episode.steps.items() if not name.startswith(_IMAGES)}
        columns["timestamp"] = (frames / self._fps).astype(np.float32)
        for name, column in zip(_COUNTERS, (frames, frames * 0 + self.episodes, self.rows + frames, frames * 0 + task), strict=True):
            columns[name] = column.astype(np.int64)
        stats: dict[str, Any] = {name: Moments.of(column) for name, column in columns.items()}
        films = {name: column for name, column in episode.steps.items() if name.startswith(_IMAGES)}
        stats |= {name: Levels.of(pictures) for name, pictures in films.items()}
        told: dict[str, Any] = {"episode_index": self.episodes, "tasks": [episode.task], "length": length}
        told |= self._write_rows(columns) | {"dataset_from_index": self.rows, "dataset_to_index": self.rows + length}
        for name, pictures in films.items():
            told |= self._write_pictures(name, pictures)
        for name in self._features:
            document = stats[name].document() | (quantiles(columns[name]) if name in columns else {})
            told |= {f"stats/{name}/{what}": value for what, value in document.items()}
        self._told.append(told | {"meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0})
        self._stats = {name: self._stats[name] + stats[name] if name in self._stats else stats[name] for name in stats}
        self.episodes, self.rows = self.episodes + 1, self.rows + length

    def _write_rows(self, columns: dict[str, Any]) -> dict[str, Any]:
        table = pa.table({name: _column(column) for name, column in columns.items()})
        if self._table is not None and self._table_bytes + table.nbytes > _DATA_MB << 20:
            self._table.close()
            self._table = None
            self._table_place.number, self._table_bytes = self._table_place.number + 1, 0
        if self._table is None:
            self._tables.append(self._new(DATA_PATH.format(**self._table_place.indices)))
            self._table = pq.ParquetWriter(self._tables[-1], table.schema)
        self._table.write_table(table)
        self._table_bytes += table.nbytes
        return {f"data/{name}": number for name, number in self._table_place.indices.items()}

    def _write_pictures(self, name: str, pictures: Any) -> dict[str, Any]:
        film, place = self._films.get(name, (None, _Place()))
        if film is not None and film.bytes_written > _VIDEO_MB << 20:
            film.__exit__(None)
            film, place.number = None, place.number + 1
        if film is None:
            path = self._new(VIDEO_PATH.format(video_key=name, **place.indices))
            film = Film(path, self._fps, pictures.shape[2], pictures.shape[1]).__enter__()
            self._films[name] = film, place
        first = film.length
        film.add(pictures)
        moments = {"from_timestamp": first / self._fps, "to_timestamp": film.length / self._fps}
        return {f"videos/{name}/{what}": value for what, value in (place.indices | moments).items()}

    def _quantiles(self, name: str) -> dict[str, Any]:
        """Of all rows of a column of numbers, which is read back from what was written: one column at a time is held."""
        if name.startswith(_IMAGES):
            return {}
        column = pa.concat_arrays([chunk for path in self._tables for chunk in pq.read_table(path, columns=[name])[name].chunks])
        rows = column.flatten() if pa.types.is_fixed_size_list(column.type) else column
        return quantiles(rows.to_numpy(zero_copy_only=False).reshape(len(column), -1))

    def finish(self) -> None:
        """Write what is known at the end."""
        if self._table is not None:
            self._table.close()
            self._table = None
        info = {
            "codebase_version": "v3.0",
            "robot_type": self._robot or None,
            "total_episodes": self.episodes,
            "total_frames": self.rows,
            "total_tasks": len(self._tasks),
            "chunks_size": _CHUNK_FILES,
            "data_files_size_in_mb": _DATA_MB,
            "video_files_size_in_mb": _VIDEO_MB,
            "fps": self._fps,
            "splits": {"train": f"0:{self.episodes}"},
            "data_path": DATA_PATH,
            "video_path": VIDEO_PATH if self._films else None,
            "features": self._features,
        }
        stats = {name: self._stats[name].document() | self._quantiles(name) for name in self._features}
        for name, document in (("info", info), ("stats", stats)):
            self._new(f"meta/{name}.json").write_text(json.dumps(document, indent=4, allow_nan=False) + "\n", "utf-8")
        pq.write_table(pa.Table.from_pylist(self._told), self._new(EPISODES_PATH.format(chunk_index=0, file_index=0)))
        pq.write_table(_tasks(list(self._tasks)), self._new("meta/tasks.parquet"))

    def _new(self, path: str) -> Path:
        made = self._root / path
        made.parent.mkdir(parents=True, exist_ok=True)
        return made


def _features(episode: Episode, fps: int, names: Mapping[str, list[str]]) -> dict[str, dict[str, Any]]:
    """What there is of each step, as ``info.json`` says it. Raises InvalidValue for names of another number of numbers."""
    features: dict[str, dict[str, Any]] = {}
    for name, column in episode.steps.items():
        if name.startswith(_IMAGES):
            height, width = column.shape[1:3]
            video = {"video.height": height, "video.width": width, "video.channels": 3, "video.codec": CODEC, "video.pix_fmt": PIXELS}
            video |= {"video.is_depth_map": False, "video.fps": fps, "has_audio": False}
            shape, axes = [height, width, 3], ["height", "width", "channels"]
            features[name] = {"dtype": "video", "shape": shape, "names": axes, "info": video}
            continue
        shape = list(column.shape[1:]) or [1]
        if name in names and len(names[name]) != shape[0]:
            raise InvalidValue(f"{name} has {shape[0]} numbers, and there are {len(names[name])} names for them")
        features[name] = {"dtype": column.dtype.name, "shape": shape, "names": names.get(name)}
    features["timestamp"] = {"dtype": "float32", "shape": [1], "names": None}
    return features | {name: {"dtype": "int64", "shape": [1], "names": None} for name in _COUNTERS}


def _column(column: Any) -> Any:
    """A column of a table: numbers, or as many in each row. A row of one number is that number, or LeRobot refuses the table."""
    if column.ndim == 1 or column.shape[1] == 1:
        return pa.array(column.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(pa.array(column.reshape(-1)), column.shape[1])


def _tasks(tasks: list[str]) -> Any:
    """The tasks as pandas writes them: in words, which are the index of the table, and by number."""
    table = pa.table({"task_index": pa.array(range(len(tasks)), pa.int64()), "task": pa.array(tasks, pa.string())})
    described = [
        {"name": name, "field_name": name, "pandas_type": kind, "numpy_type": numpy, "metadata": None}
        for name, kind, numpy in (("task_index", "int64", "int64"), ("task", "unicode", "object"))
    ]
    pandas = {"index_columns": ["task"], "column_indexes": [], "columns": described}
    return table.replace_schema_metadata({"pandas": json.dumps(pandas)})
