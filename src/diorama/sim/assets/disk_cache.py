"""Slow results kept on disk under a hash of all they depend on.

Entries are NumPy archives without pickles, written whole and then renamed into place. A folder that cannot be written, or an entry that
cannot be read, costs time and nothing else.
"""

import logging
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/diorama``, or ``~/.cache/diorama``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "diorama"


def load(key: str) -> list[NDArray[np.float64]] | None:
    """The arrays stored under a key, in order; None when there are none or they cannot be read."""
    try:
        with (cache_folder() / f"{key}.npz").open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return [archive[str(k)] for k in range(len(archive.files))]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
        _log.warning("cache entry %s cannot be read and is made anew (%s)", key, error)
        return None


def store(key: str, arrays: list[NDArray[np.float64]]) -> None:
    """Keep arrays under a key, if the folder can be written."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    except (OSError, RuntimeError) as error:
        _log.info("cache folder %s cannot be written (%s)", folder, error)
        return
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, **{str(k): a for k, a in enumerate(arrays)})
        temporary.replace(folder / f"{key}.npz")
    except OSError as error:
        _log.info("cache entry %s cannot be written (%s)", key, error)
        temporary.unlink(missing_ok=True)
