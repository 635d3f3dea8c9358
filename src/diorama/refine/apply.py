"""A data set refined: its pictures in other colours, and everything else copied byte for byte.

Each file appears whole or not at all, pictures first and what says that a data set is finished last; so a copy that was stopped is known as
unfinished, and the same call goes on with it. Between both, the label gate has to let the pictures through: a copy that it stops is never finished.
"""

import hashlib
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import cv2

from diorama import __version__
from diorama.refine import checked, checkpoint
from diorama.refine.base import REFINED, Pictures, Refiner, Rgb
from diorama.refine.files import TEMPORARY, cannot_write, locked, write_whole
from diorama.refine.gate import GateReport
from diorama.refine.live import one_thread, refined
from diorama.refine.photos import decoded
from diorama.refine.rendered_set import FINAL, INSTANCES, PLAN, RenderedSet
from diorama.sim.errors import DioramaError, InvalidValue, OutputError

T = TypeVar("T")

FORMAT = "diorama refined"
FORMAT_VERSION = 1
#: Pictures in hand for each worker: the one it makes and the next.
_AHEAD = 2
#: Exporters that write none, unless they are asked for the channel.
_WITHOUT_PICTURES = ("arrays", "grasp-maps", "grasps")
#: What a JPEG and a PNG end with.
_ENDS = (b"\xff\xd9", b"IEND\xaeB`\x82")


class GateFailed(DioramaError):
    """Labels are not right for refined pictures, as `report` says."""

    def __init__(self, message: str, report: GateReport) -> None:
        super().__init__(message)
        self.report = report


#: Called with a data set, its pictures refined, the refiner, and what its file says of it.
Check = Callable[[RenderedSet, Pictures, Refiner, Mapping[str, Any]], GateReport]


def refine_dataset(
    path: Path,
    data: Path,
    out: Path,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda *_: None,
    check: Check | None = None,
) -> int:
    """Refine the pictures of the data set in `data` by the refiner in the file `path`, into the folder `out`; returns how many it made.

    `progress` is called with how many of how many pictures are there. Pictures that an earlier call finished are kept, if it was of the same refiner,
    data set and versions. The label gate `check` (`checked.check_labels`) is asked each time. Raises InvalidValue when the refiner or the data set
    cannot be used, OutputError when `out` cannot, or holds something else, and GateFailed when labels are not right for what was made, which stays
    unfinished then.
    """
    if workers < 1:
        raise InvalidValue(f"workers must be 1 or more, got {workers}")
    refiner, facts = checkpoint.load(path)
    pictures = RenderedSet(data)
    if others := [name for name, settings in pictures.exporters.items() if name != "coco" and _has_pictures(name, settings)]:
        raise InvalidValue(
            f"{data} has pictures in the format of {', '.join(others)} as well, which would stay as they are. Use diorama generate --refiner"
        )
    if (data / REFINED).exists():
        raise InvalidValue(f"{data} is refined already. Refine the data set that it was made of")
    if out.resolve().is_relative_to(data.resolve()) or data.resolve().is_relative_to(out.resolve()):
        raise OutputError(f"{out}: a refined copy cannot lie inside its data set, nor around it. Choose a folder beside it")
    unchanged = set(_files(data)) - {pictures.path_of(number) for number in range(len(pictures))}
    try:
        out.mkdir(parents=True, exist_ok=True)
        with locked(out):
            record = _record(path, refiner, facts, pictures)
            _enter(out, record)
            made = 0
            with one_thread():
                tasks = ((_refine, refiner, pictures, number, out) for number in range(len(pictures)))
                for done, is_new in enumerate(_concurrently(tasks, workers), start=1):
                    made += is_new
                    progress(done, len(pictures))
            _pass(check or checked.check_labels, pictures, out, refiner, facts, record)
            for name in sorted(unchanged, key=lambda name: (name in (INSTANCES, FINAL), name)):
                _copy(data / name, out / name)
    except OSError as error:
        raise OutputError(f"{out}: {cannot_write(error)}") from None
    return made


def _has_pictures(exporter: str, settings: dict[str, Any]) -> bool:
    return exporter not in _WITHOUT_PICTURES or "rgb" in settings.get("channels", ())


def _record(path: Path, refiner: Refiner, facts: dict[str, Any], pictures: RenderedSet) -> dict[str, Any]:
    """Everything that decides the bytes of a refined set, and the photographs that it may not be compared with."""
    packages = ("numpy", "opencv-python-headless", "torch")
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "refiner": {"name": refiner.name, "blake2b": _digest(path), "photos": facts.get("photos", [])},
        "data": {"pictures": len(pictures), "plan_blake2b": _digest(pictures.root / PLAN)},
        "versions": {"diorama": __version__} | {name: version(name) for name in packages},
    }


def _digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def _enter(out: Path, record: dict[str, Any]) -> None:
    """Refuse the folder, begin in it or go on; after that it holds the record, and nothing unfinished."""
    for name in [name for name in _files(out) if name.endswith(TEMPORARY)]:
        (out / name).unlink()
    if not any(out.iterdir()):
        _write(out / REFINED, json.dumps(record, indent=1).encode() + b"\n")
        return
    try:
        begun = json.loads((out / REFINED).read_bytes())
    except (OSError, ValueError, RecursionError):
        begun = None
    if not isinstance(begun, dict) or begun.get("format") != FORMAT:
        raise OutputError(f"{out} is not empty, and holds no refined data set. Nothing in it was touched. Choose another folder")
    begun.pop("gate", None)
    if begun != record:
        names = {"refiner": "another refiner", "data": "another data set", "versions": "other versions of the software"}
        why = " and ".join(text for name, text in names.items() if begun.get(name) != record[name]) or "another version of Diorama"
        raise OutputError(f"{out} holds a data set refined by or of {why}. Nothing in it was touched. Choose another folder")


def _refine(refiner: Refiner, pictures: RenderedSet, number: int, out: Path) -> bool:
    """Write one picture; False when it is there already."""
    target = out / pictures.path_of(number)
    with suppress(FileNotFoundError):
        # A power cut can leave a file without its contents.
        if target.read_bytes().endswith(_ENDS):
            return False
    picture = pictures[number]
    try:
        rgb = refined(refiner, picture, pictures.seed_of(number))
    except DioramaError as error:
        raise type(error)(f"{pictures.root}/{pictures.path_of(number)}: {error}") from None
    _write(target, pictures.coco.compressed(rgb))
    return True


def _pass(check: Check, pictures: RenderedSet, out: Path, refiner: Refiner, facts: Mapping[str, Any], record: dict[str, Any]) -> None:
    """Note what the gate says. Raises GateFailed, after which nothing says that the copy is finished, even if it was before."""
    report = check(pictures, _Made(pictures, out), refiner, facts)
    if not report.passed:
        for name in (FINAL, INSTANCES):
            (out / name).unlink(missing_ok=True)
    _write(out / REFINED, json.dumps(record | {"gate": checked.summary(report)}, indent=1).encode() + b"\n")
    if not report.passed:
        raise GateFailed(
            f"{out}: the label gate failed by {', '.join(report.failed)}. Its pictures stay to be looked at; it is no data set",
            report,
        )


class _Made:
    """The pictures of a copy that is not finished."""

    def __init__(self, pictures: RenderedSet, out: Path) -> None:
        self._pictures, self._out = pictures, out

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, number: int) -> Rgb:
        path = self._out / self._pictures.path_of(number)
        rgb = decoded(path.read_bytes(), cv2.IMREAD_COLOR_RGB)
        if rgb is None:
            raise OutputError(f"{path}: what was written here is no picture any more. Delete it: the same command makes it again")
        return rgb

    def __iter__(self) -> Iterator[Rgb]:
        return (self[number] for number in range(len(self)))


def _copy(source: Path, target: Path) -> None:
    if target.is_file() and target.stat().st_size == source.stat().st_size and target.read_bytes() == source.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + TEMPORARY)
    shutil.copyfile(source, temporary)
    temporary.replace(target)


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, data)


def _files(root: Path) -> Iterator[str]:
    """All regular files below a folder, relative and POSIX. Raises InvalidValue for links, which may lead anywhere."""
    for folder, below, names in os.walk(root):
        for name in (*below, *names):
            path = Path(folder, name)
            if path.is_symlink():
                raise InvalidValue(f"{path} is a symbolic link, and a data set has none")
            if name in names:
                yield path.relative_to(root).as_posix()


def _concurrently(tasks: Iterable[tuple[Callable[..., T], *tuple[Any, ...]]], workers: int) -> Iterator[T]:
    """Results in order, of calls in some threads, few of which are ahead. What takes the time, torch and OpenCV, lets others run."""
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[T]] = deque()
        try:
            for call, *arguments in tasks:
                ahead.append(pool.submit(call, *arguments))
                if len(ahead) >= workers * _AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()
