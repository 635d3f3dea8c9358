"""Files that appear whole or not at all, below one folder and never outside it.

Each file is written under a temporary name beside its place, and renamed. What belongs together is committed together:
all files, and the record that lists them with sizes and digests, are staged under temporary names; then the files are renamed
one by one, and last the record. Killed in between, a run leaves the staged record behind, which says what may have appeared
without one (`Folder.staged`).

That is all that a killed process needs: what it wrote is in the kernel's hands. A power cut can still swallow files
whose names are already there. Waiting for the disk at every file would cost more than the file, so nothing is
flushed; instead whoever goes on with a run compares the files with the sizes and digests in their records (`Folder.holds`).

Paths are relative and POSIX. They are opened one folder after the other and never through a symbolic link, so neither a
forged record nor a link planted in the folder leads outside.
"""

import errno
import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from diorama.sim.errors import OutputError

_TEMPORARY = re.compile(r"\.(.+)\.\d+\.diorama-tmp")
_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says of a file: its size, and the 128-bit BLAKE2b of its bytes in hex."""

    bytes: int
    blake2b: str


class Folder:
    """An output folder, open in a ``with`` block. It is made when it is not there. Raises OutputError when it cannot be."""

    def __init__(self, root: Path) -> None:
        self.root = root
        with self._explained("open the output folder"):
            root.mkdir(parents=True, exist_ok=True)
            self._folders = {"": os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for fd in self._folders.values():
            os.close(fd)
        self._folders.clear()

    def lock(self) -> None:
        """Keep other runs out until this folder is closed or its process ends. Raises OutputError when one is in."""
        try:
            fcntl.flock(self._folders[""], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"another run is writing to {self.root}. Wait for it, or choose another folder.") from None
        except OSError:
            # A file system without locks: two runs at once cannot be told apart there, and one alone is fine.
            return

    # --- writing ---

    def commit(self, record: str, files: Iterable[tuple[str, Iterable[bytes]]], describe: Callable[[dict[str, Facts]], bytes]) -> None:
        """Write files (path and chunks of bytes), and after them the record that `describe` makes of their facts.

        Raises OutputError when the disk is full or a path cannot be written; what was staged is removed then.
        """
        staged: list[tuple[str, str]] = []
        facts: dict[str, Facts] = {}
        try:
            for path, chunks in files:
                if path in facts:
                    raise OutputError(f'two exporters want to write "{path}". Use one of them, or change its settings.')
                temporary, facts[path] = self._stage(path, chunks)
                staged.append((path, temporary))
            temporary, _ = self._stage(record, [describe(facts)])
            staged.append((record, temporary))
        except BaseException:
            for path, temporary in staged:
                self.remove(str(Path(path).parent / temporary))
            raise
        for path, temporary in staged:
            self._rename(temporary, path)

    def write(self, path: str, data: bytes) -> None:
        """Write one file that survives a power cut."""
        temporary, _ = self._stage(path, [data], flush=True)
        self._rename(temporary, path)
        with self._explained(f"write {path} in"):
            os.fsync(self._parent(path)[0])

    def _stage(self, path: str, chunks: Iterable[bytes], *, flush: bool = False) -> tuple[str, Facts]:
        """Write a file under a temporary name; return that name and what the file holds."""
        with self._explained(f"write {path} in"):
            folder, name = self._parent(path, make=True)
            temporary = f".{name}.{os.getpid()}.diorama-tmp"
            size, digest = 0, _blake2b()
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=folder)
            try:
                with os.fdopen(fd, "wb", _BUFFER_BYTES) as file:
                    for chunk in chunks:
                        file.write(chunk)
                        digest.update(chunk)
                        size += len(chunk)
                    if flush:
                        file.flush()
                        os.fsync(fd)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=folder)
                raise
        return temporary, Facts(size, digest.hexdigest())

    def _rename(self, temporary: str, path: str) -> None:
        with self._explained(f"write {path} in"):
            folder, name = self._parent(path)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)

    # --- reading ---

    def open(self, path: str) -> BinaryIO:
        """Open a regular file for reading. Raises OSError when there is none."""
        folder, name = self._parent(path)
        file = os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder), "rb")
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise FileNotFoundError(errno.ENOENT, "not a regular file", path)
        return file

    def holds(self, path: str, facts: Facts) -> bool:
        """Whether the file is there with exactly these bytes."""
        try:
            with self.open(path) as file:
                if os.fstat(file.fileno()).st_size != facts.bytes:
                    return False
                digest = _blake2b()
                while chunk := file.read(_BUFFER_BYTES):
                    digest.update(chunk)
                return digest.hexdigest() == facts.blake2b
        except OSError:
            return False

    def names(self, folder: str = "") -> tuple[str, ...]:
        """The names in a folder below the root, sorted; none when it is not there."""
        try:
            with os.scandir(self._parent(f"{folder}/." if folder else ".")[0]) as entries:
                return tuple(sorted(entry.name for entry in entries))
        except OSError:
            return ()

    def staged(self) -> Iterator[tuple[str, str]]:
        """Every temporary file that a killed run left: its path, and the path it was to have."""
        for parent, _, names, _ in os.fwalk(".", dir_fd=self._folders[""]):
            for name in names:
                if match := _TEMPORARY.fullmatch(name):
                    yield str(Path(parent, name)), str(Path(parent, match[1]))

    # --- removing ---

    def remove(self, path: str) -> None:
        """Remove a regular file if it is there, and the folders above it that this leaves empty. Anything else stays.

        Raises OutputError when the file cannot be removed.
        """
        with self._explained(f"remove {path} in"):
            try:
                folder, name = self._parent(path)
                if stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                    os.unlink(name, dir_fd=folder)
            except (FileNotFoundError, NotADirectoryError):
                return
        for parent in list(Path(path).parents)[:-1]:
            try:
                above, name = self._parent(str(parent))
                os.rmdir(name, dir_fd=above)
            except OSError:
                return
            os.close(self._folders.pop(str(parent)))

    # --- paths ---

    def _parent(self, path: str, *, make: bool = False) -> tuple[int, str]:
        """The open folder that a path is in, and its name there."""
        *folders, name = parts = path.split("/")
        if not all(parts) or ".." in parts or "\0" in path:
            raise OutputError(f'"{path}" is not a path below {self.root}')
        above = ""
        for part in folders:
            here = f"{above}/{part}" if above else part
            if here not in self._folders:
                fd = self._folders[above]
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=fd)
                self._folders[here] = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=fd)
            above = here
        return self._folders[above], name

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        """Turn the system's errors into ours."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                why = "a part of the path is a file or a symbolic link, where a folder of its own is expected"
            else:
                why = os.strerror(error.errno) if error.errno else str(error)
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            hint = " What is finished is kept: make room and go on with --resume." if full else ""
            raise OutputError(f"cannot {action} {self.root}: {why}.{hint}") from error


def _blake2b() -> "hashlib.blake2b":
    return hashlib.blake2b(digest_size=16)
