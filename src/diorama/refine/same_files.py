"""Whether two folders hold the same files, pictures aside."""

import os
from collections.abc import Iterator
from pathlib import Path

from diorama.refine.base import REFINED
from diorama.refine.rendered_set import RenderedSet

_CHUNK = 1 << 20


def differences(before: RenderedSet, after: RenderedSet) -> list[str]:
    """What differs besides the pictures' own bytes and the record of the refinement, in sentences; sorted, and empty when nothing does."""
    pictures = {before.path_of(number) for number in range(len(before))} if len(before) else set[str]()
    one, other = set(_files(before.root)), set(_files(after.root)) - {REFINED}
    out = [f"{name} is missing after refinement" for name in one - other] + [f"{name} is new" for name in other - one]
    out += [f"{name} differs" for name in (one & other) - pictures if not _same(before.root / name, after.root / name)]
    return sorted(out)


def _files(root: Path) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        for name in names:
            yield Path(folder, name).relative_to(root).as_posix()


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while chunk := left.read(_CHUNK):
            if chunk != right.read(_CHUNK):
                return False
    return True
