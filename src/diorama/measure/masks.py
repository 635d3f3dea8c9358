"""How much of pictures each class takes: generated masks beside real ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.semantics import CAMVID, CAMVID_IDS, CLASSES

#: How the numbers in masks are meant: CamVid's eleven in SegNet's order (what is none of them is void), or Cityscapes' ids.
Ids = Literal["camvid", "cityscapes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a class takes of all pixels that have one, generated and real."""

    name: str
    generated: float
    real: float

    @property
    def ratio(self) -> float | None:
        """How many times as much is generated; None where there is none of it."""
        return self.generated / self.real if self.real > 0 else None


def class_shares(generated: Path, real: Path, ids: Ids) -> list[Share]:
    """Of each class, in the order of `ids`. `generated` is a data set in Cityscapes' folders, `real` any folder of masks (PNG).

    Raises InvalidValue for folders without masks, and for masks that are no pictures or hold other numbers than `ids` have.
    """
    made = _files(generated, "*_labelIds.png", "Write it with --exporter cityscapes.")
    masks = _files(real, "*.png", "Give the folder that masks are in.")
    names = CAMVID if ids == "camvid" else tuple(one.name for one in CLASSES)
    into = CAMVID_IDS if ids == "camvid" else np.arange(256, dtype=np.uint8)
    highest = len(names) if ids == "camvid" else len(names) - 1  # SegNet calls what is void by the next number
    ours = _counts(made, 33)
    mine = np.bincount(into, weights=ours, minlength=256)[: len(names)]
    theirs = _counts(masks, highest)[: len(names)].astype(np.float64)
    if mine.sum() == 0 or theirs.sum() == 0:
        raise InvalidValue(f"{generated if mine.sum() == 0 else real}: no pixel is of any class of {ids}")
    return [Share(name=name, generated=float(a), real=float(b)) for name, a, b in zip(names, mine / mine.sum(), theirs / theirs.sum(), strict=True)]


def _files(folder: Path, pattern: str, cure: str) -> list[Path]:
    if not folder.is_dir():
        raise InvalidValue(f"{folder}: there is no such folder")
    found = sorted(folder.rglob(pattern))
    if not found:
        raise InvalidValue(f"{folder}: there are no masks ({pattern}) in it. {cure}")
    return found


def _counts(files: Iterable[Path], highest: int) -> NDArray[np.int64]:
    """(256,) how many pixels have each number. 255 is void wherever it is met."""
    counts = np.zeros(256, np.int64)
    for path in files:
        mask = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if mask is None or mask.ndim != 2 or mask.dtype != np.uint8:
            raise InvalidValue(f"{path}: expected a picture of one 8-bit channel that holds a class's number a pixel")
        found = np.bincount(mask.ravel(), minlength=256)
        wrong = np.flatnonzero(found[highest + 1 : 255])
        if len(wrong):
            raise InvalidValue(f"{path}: holds the number {wrong[0] + highest + 1}, and classes go to {highest}. Choose their kind with --ids")
        counts += found
    return counts
