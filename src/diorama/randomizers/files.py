"""Files of the user's that randomizers draw from: which there are, and whether they can be read."""

import hashlib
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Labelled
from diorama.randomizers.distributions import Choice, UniformInt
from diorama.sim.errors import AssetError, DioramaError, InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class FromFiles(Labelled):
    """What a randomizer has that draws one of the user's files each time: the `paths` of files, and of folders of them.

    All files are as likely as each other; or with `weights`, a number for each of the paths, the path is drawn by these, and of a folder every file
    is as likely.
    """

    suffixes: ClassVar[tuple[str, ...]]
    paths: tuple[str, ...]
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.paths or not all(self.paths):
            raise InvalidValue(f"paths must name at least one file or folder, got {list(self.paths)}")
        if not self.weights:
            return
        if len(self.weights) != len(self.paths):
            raise InvalidValue(f"weights must be as many as paths, got {len(self.weights)} for {len(self.paths)}")
        if not all(0 <= w < math.inf for w in self.weights) or not any(self.weights):
            raise InvalidValue(f"weights must be 0 or more, and not all 0, got {list(self.weights)}")

    def files(self) -> tuple[str, ...]:
        """All files there are to draw. Raises AssetError."""
        return files_in(self.paths, self.suffixes)

    def drawn_file(self, rng: np.random.Generator) -> str:
        """The path of one file. Raises AssetError."""
        path = Choice(tuple(range(len(self.paths))), self.weights).sample(rng) if self.weights else None
        files = files_in(self.paths if path is None else self.paths[path : path + 1], self.suffixes)
        return files[UniformInt(0, len(files) - 1).sample(rng)]


def files_in(paths: Sequence[str], suffixes: Collection[str]) -> tuple[str, ...]:
    """The files among `paths`, and all below the folders among them that end in one of `suffixes` (lower case, with the dot).

    Each once, in the order of `paths`, those of a folder sorted by their relative POSIX path; hidden ones are left out. Raises AssetError when
    a path is missing, of another kind, or a folder without any.
    """
    found: dict[str, None] = {}
    for path in paths:
        found |= dict.fromkeys(_files_in(path, suffixes))
    return tuple(found)


def _files_in(path: str, suffixes: Collection[str]) -> list[str]:
    root, wanted = Path(path), ", ".join(sorted(suffixes))
    if root.is_file():
        if root.suffix.lower() not in suffixes:
            raise AssetError(f"{path}: is none of {wanted}")
        return [root.as_posix()]
    if not root.is_dir():
        raise AssetError(f"{path}: there is no such file or folder")
    below = (file.relative_to(root) for file in root.rglob("*") if file.suffix.lower() in suffixes and file.is_file())
    names = sorted(file.as_posix() for file in below if not any(part.startswith(".") for part in file.parts))
    if not names:
        raise AssetError(f"{path}: this folder holds no files to draw from (looked for {wanted})")
    return [(root / name).as_posix() for name in names]


def check_readable(paths: Sequence[str], read: Callable[[Path], Any]) -> None:
    """Have each file read. Raises AssetError with all that cannot be, a line each."""
    faults: list[str] = []
    for path in paths:
        try:
            read(Path(path))
        except DioramaError as error:
            faults.append(str(error))
    if faults:
        raise AssetError("\n".join(faults))


def digest(path: str) -> str:
    """SHA-256 of a file, in hexadecimal. Raises AssetError when it cannot be read."""
    try:
        state = Path(path).stat()
        return _digest(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise AssetError(f"{path}: cannot be read ({error.strerror})") from None


@lru_cache(maxsize=4096)
def _digest(path: str, _modified_ns: int, _size: int) -> str:
    """Files are read again only when they were touched."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
