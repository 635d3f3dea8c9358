"""A data set refined: its pictures in other colours, and everything else copied byte for byte.

Each file appears whole or not at all, pictures first and what says that a data set is finished last; so a copy that was stopped is known as
unfinished, and the same call goes on with it.
"""

import hashlib
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from diorama import __version__
from diorama.refine import checkpoint
from diorama.refine.base import REFINED, Refiner
from diorama.refine.files import TEMPORARY, cannot_write, locked, write_whole
from diorama.refine.live import one_thread, refined
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


def refine_dataset(path: Path, data: Path, out: Path, *, workers: int = 1, progress: Callable[[int, int], None] = lambda *_: None) -> int:
    """Refine the pictures of the data set in `data` by the refiner in the file `path`, into the folder `out`; returns how many it made.

    `progress` is called with how many of how many pictures are there. Pictures that an earlier call finished are kept, if it was of the same refiner,
    data set and versions. Raises InvalidValue when the refiner or the data set cannot be used, and OutputError when `out` cannot, or holds something
    else.
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
            _enter(out, _record(path, refiner, facts, pictures))
            made = 0
            with one_thread():
                tasks = ((_refine, refiner, pictures, number, out) for number in range(len(pictures)))
                for done, is_new in enumerate(_concurrently(tasks, workers), start=1):
                    made += is_new
                    progress(done, len(pictures))
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
