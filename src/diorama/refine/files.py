"""Files that appear whole or not at all, and places for them that are looked at before the work is done that is to be written there."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from diorama.sim.errors import OutputError

#: What the names of files end with that are not whole yet.
TEMPORARY = ".diorama-refine-tmp"


def write_whole(path: Path, data: bytes | memoryview, *, flush: bool = False) -> None:
    """Write a file under another name, and give it its own when all of it is there; with `flush`, on the disk as well. Raises OSError."""
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with temporary.open("wb") as file:
            file.write(data)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def check_file(path: Path) -> None:
    """Raise OutputError when no file can be written at this place."""
    if path.exists() and not path.is_file():
        raise OutputError(f"{path} is a folder, or no plain file, and a file is to be written there; name another")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first, or name another")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: nothing may be written into {path.parent}; name another folder")


def made_folder(path: Path) -> Path:
    """The folder, made if it is not there. Raises OutputError when it cannot be, or nothing may be written into it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: {cannot_write(error)}") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: nothing may be written into this folder; name another")
    return path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others out that write to this folder, until the block ends or the process does. Raises OutputError when one is in."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"another run is writing to {folder}. Wait for it, or choose another place") from None
        except OSError:
            pass  # a file system without locks: two at once cannot be told apart there, and one alone is fine
        yield
    finally:
        os.close(fd)


def cannot_write(error: OSError) -> str:
    """Why nothing could be written, and what to do, after the name of the place."""
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return "cannot write here: it is a file, or leads through one, where a folder is expected. Choose another place"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"cannot write here: {error.strerror}. What is finished is kept: make room, and give the same command again"
    return f"cannot write here: {error.strerror or error}"
