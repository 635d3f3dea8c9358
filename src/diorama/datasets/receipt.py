"""What of a folder a data set wrote: a list of its files beside them, so that they, and nothing else, can be replaced by another set."""

import json
import os
from pathlib import Path

from diorama import __version__
from diorama.run.writer import Folder
from diorama.sim.errors import OutputError

NAME = "diorama.json"
#: Files of a set are below these; a list that names others is not believed.
_FOLDERS = ("data", "meta", "videos")


def admit(out: Path, *, overwrite: bool) -> None:
    """Raises OutputError unless a set can be written there: nothing is, the folder is empty, or it holds an earlier set that may be replaced."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir() or (out / NAME).is_symlink() or not (out / NAME).is_file():
        raise OutputError(
            f"{out} is there already, and holds no set of episodes that Diorama wrote. Nothing in it was touched. Choose another folder"
        )
    if not overwrite:
        raise OutputError(f"{out} is there already: it holds a set of episodes. Replace it (--overwrite) or choose another")
    _files(out)


def place(staging: Path, out: Path) -> None:
    """Give a finished set its place, instead of an earlier one that `admit` let pass. Other files in the folder stay as they are.

    Raises OutputError, with the earlier set still there, where something that is not the earlier set's is in the way.
    """
    new = sorted(path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file())
    (staging / NAME).write_bytes(_receipt(new))
    if not out.exists() or not any(out.iterdir()):
        staging.replace(out)
        return
    earlier = _files(out)
    for path in new:
        if any((out / parent).is_symlink() for parent in list(Path(path).parents)[:-1]) or (path not in earlier and os.path.lexists(out / path)):
            raise OutputError(f"{out / path} is in the way, and no part of the earlier set. Nothing was touched. Choose another folder")
    with Folder(out) as folder:
        folder.write(NAME, _receipt(sorted({*earlier, *new})))  # from here on, whatever a kill leaves can be replaced again
        for path in earlier:
            folder.remove(path)
    for path in [*new, NAME]:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (staging / path).replace(out / path)


def _receipt(files: list[str]) -> bytes:
    return json.dumps({"version": __version__, "files": files}, indent=1).encode() + b"\n"


def _files(out: Path) -> list[str]:
    """What an earlier set wrote. Raises OutputError when that cannot be known."""
    try:
        files = json.loads((out / NAME).read_bytes())["files"]
        if all(isinstance(path, str) and path.partition("/")[0] in _FOLDERS and ".." not in path.split("/") for path in files):
            return files
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise OutputError(f"{out / NAME} is damaged: it does not say which files the set in {out} has. Nothing was touched. Choose another folder")
