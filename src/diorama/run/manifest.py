"""``plan.json``: what a run was asked for. A run that goes on is compared with it."""

import json
from itertools import zip_longest
from typing import Any

from diorama.run.writer import Folder
from diorama.sim.errors import OutputError

PATH = "plan.json"
FORMAT = "diorama run"
FORMAT_VERSION = 1


def manifest(plan: dict[str, Any], seed: int, count: int, versions: dict[str, str], assets: dict[str, str]) -> dict[str, Any]:
    """Everything that decides the bytes of a run, as a JSON value. `assets` are fingerprints of the user's own files."""
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "seed": seed,
        "count": count,
        "versions": versions,
        "assets": assets,
        "plan": plan,
    }
    return json.loads(json.dumps(document, allow_nan=False))  # as it will be read back: lists, not tuples


def write(folder: Folder, document: dict[str, Any]) -> None:
    """Write ``plan.json``, the first file of a run."""
    folder.write(PATH, json.dumps(document, indent=2, allow_nan=False).encode() + b"\n")


def read(folder: Folder) -> dict[str, Any] | None:
    """The manifest in the folder; None when there is none, or a ``plan.json`` that is not ours."""
    try:
        with folder.open(PATH) as file:
            document = json.load(file)
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and document.get("format") == FORMAT else None


def check_same(folder: Folder, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Raise OutputError, naming every difference, unless the run begun in the folder is the one asked for now.

    `max_attempts` may grow: it changes no scene that is finished, and a run that gave up on a scene asks for it.
    """
    found = [d for d in differences(old, new) if not (d[0] == "plan.max_attempts" and isinstance(d[1], int) and d[1] < new["plan"]["max_attempts"])]
    if found:
        lines = "".join(f"\n  {path}: {_shown(was)} there, {_shown(now)} now" for path, was, now in found)
        raise OutputError(
            f"cannot resume: {folder.root} was begun with other settings.{lines}\n"
            "Give the same ones to go on, choose another folder, or start again with --overwrite."
        )


ABSENT = object()


def differences(old: Any, new: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Where two JSON values differ: (dotted path, old value, new value), with ABSENT for what is on one side only."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(k for k in new if k not in old)]
        return [d for k in keys for d in differences(old.get(k, ABSENT), new.get(k, ABSENT), f"{path}.{k}" if path else k)]
    if isinstance(old, list) and isinstance(new, list):
        pairs = zip_longest(old, new, fillvalue=ABSENT)
        return [d for i, (was, now) in enumerate(pairs) for d in differences(was, now, f"{path}[{i}]")]
    return [] if old == new else [(path, old, new)]


def _shown(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    text = json.dumps(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
