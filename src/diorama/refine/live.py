"""Pictures refined as soon as they are rendered, before anything is written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from diorama.refine import checkpoint
from diorama.refine.base import Refiner, Rendered, Rgb
from diorama.refine.gan import Learned
from diorama.refine.rendered_set import RenderedSet
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Annotations, Frame
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec


class LiveRefiner:
    """The refiner in the file `path`, for frames whose categories have these numbers. Raises as `checkpoint.load` does."""

    def __init__(self, path: str, category_ids: Mapping[str, int]) -> None:
        self._refiner = checked_refiner(Path(path))
        self._category_ids = category_ids

    def __call__(self, frame: Frame, labels: Annotations, spec: SceneSpec, seed: Seed) -> Frame:
        """The frame with its picture refined, as that of the same picture in a data set that lost nothing would be; all other channels are the same
        arrays.
        """
        if frame.rgb is None or frame.depth_m is None or frame.instance is None:
            raise InvalidValue("a refiner needs the channels rgb, depth and instance")
        seen = labels.body_index
        instance_of, category_of = np.zeros((2, len(spec.bodies) + 1), np.int32)
        instance_of[seen + 1] = seen + 1
        category_of[seen + 1] = [self._category_ids.get(spec.bodies[index].category or "", 0) for index in seen.tolist()]
        picture = Rendered(rgb=frame.rgb, depth_m=frame.depth_m, instance=instance_of[frame.instance], category=category_of[frame.instance])
        with one_thread():
            return replace(frame, rgb=refined(self._refiner, picture, seed))


def checked_refiner(path: Path) -> Refiner:
    """The refiner in a file. Raises InvalidValue for one that was learned and did not pass the label gate: pictures that are refined before
    anything is written cannot be compared with what they were.
    """
    refiner, facts = checkpoint.load(path)
    said = facts.get("gate")
    if isinstance(refiner, Learned) and not (isinstance(said, dict) and said.get("passed") is True):
        raise InvalidValue(f"{path}: this refiner has not passed the label gate, by which diorama refine train ends; labels could be wrong after it")
    return refiner


def refined(refiner: Refiner, picture: Rendered, seed: Seed) -> Rgb:
    """What the refiner makes of a picture. Raises InvalidValue when it is none of the same size."""
    rgb = refiner.apply(picture, seed)
    if rgb.shape != picture.rgb.shape or rgb.dtype != np.uint8:
        raise InvalidValue(f'the refiner "{refiner.name}" made {rgb.shape} {rgb.dtype} of a picture of {picture.rgb.shape} uint8')
    return rgb


@contextmanager
def one_thread() -> Iterator[None]:
    """While this lasts, torch splits no sum among threads: how many there are would show in its last digits."""
    import torch  # here, so that it is `checkpoint` that says what to do where it is missing

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Refined:
    """The pictures of a data set, each refined when it is asked for."""

    def __init__(self, refiner: Refiner, rendered: RenderedSet) -> None:
        self._refiner, self._rendered = refiner, rendered

    def __len__(self) -> int:
        return len(self._rendered)

    def __getitem__(self, number: int) -> Rgb:
        with one_thread():
            return refined(self._refiner, self._rendered[number], self._rendered.seed_of(number))

    def __iter__(self) -> Iterator[Rgb]:
        return (self[number] for number in range(len(self)))
