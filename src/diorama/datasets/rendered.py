"""Pictures rendered on the fly, in the workers of a torch `DataLoader`."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import cv2

from diorama.datasets.detection import CHANNEL_KEYS, KEYS, checked, rendered, tensors
from diorama.datasets.shards import Shard
from diorama.plan import Plan
from diorama.run.pipeline import Pipeline
from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.frame import Sample

try:
    import torch.distributed
    from torch.utils.data import IterableDataset, get_worker_info
except ImportError:
    raise MissingExtra("DioramaDataset", "torch", "torch") from None


class DioramaDataset(IterableDataset[Any]):
    """The pictures of ``generate(plan, seed, i)`` for i from `start` on, `count` samples or, with None, without end: all of one, then of the next.

    An item is ``(image, target)``: a (3, H, W) uint8 tensor, and a dict of those `keys` of a target that `datasets.detection.rendered` describes,
    by default what torchvision's detection models are trained with and the depth; or what `transform` makes of the two; or, instead of that, whatever
    ``item(sample, picture)`` returns. The same pictures and labels, ids included, as ``diorama generate`` writes.

    Samples are dealt out in blocks of `block` to the ranks of a distributed job, and each rank's to its loader's workers: all together make each
    once. Where ``block`` samples are a batch, batches come in the order of the samples, however many workers there are. `rank` and `world_size`
    are those of `torch.distributed` unless they are given.

    `state_dict` and `load_state_dict` are what torchdata's `StatefulDataLoader` asks for: the place in this process's share of the samples.

    Raises UnknownKey, InvalidValue, and AssetError when none of the plan's assets can be used; iterating raises TooManyRejections.
    """

    def __init__(
        self,
        plan: Plan,
        seed: int,
        *,
        count: int | None = None,
        start: int = 0,
        block: int = 1,
        rank: int | None = None,
        world_size: int | None = None,
        keys: Iterable[str] = KEYS,
        transform: Callable[[Any, dict[str, Any]], Any] | None = None,
        item: Callable[[Sample, int], Any] | None = None,
    ) -> None:
        if (rank is None) != (world_size is None):
            raise InvalidValue("rank and world_size go together: give both, or neither for those of torch.distributed")
        self.plan, self.seed = plan, seed
        self.shard = Shard(start=start, count=count, block=block)
        self._place = None if rank is None or world_size is None else (rank, world_size)
        if self._place is not None:
            self.shard.split(*self._place)
        self.keys, self.transform, self.item = checked(keys, KEYS + CHANNEL_KEYS), transform, item
        self._pipeline = Pipeline()
        library = self._pipeline.library(plan)
        #: The categories' names; the label of the first is 1.
        self.categories = tuple(name for name, _ in self._pipeline.categories(plan, library))
        self._category_ids: Mapping[str, int] = {name: i for i, name in enumerate(self.categories, start=1)}
        #: Samples of this process's share that are done with, and pictures of the next one.
        self._done = (0, 0)
        self._loaded = False

    def __iter__(self) -> Iterator[Any]:
        samples, pictures = self._done if self._loaded else (0, 0)
        self._done, self._loaded = (samples, pictures), False
        shard, info = self.shard.split(*(self._placed() or (0, 1))), get_worker_info()
        if info is not None:
            shard = shard.split(info.id, info.num_workers)
            cv2.setNumThreads(0)  # processes enough are at work; and 1, in one that was forked, waits for threads that are not there
        with self._pipeline.studio(self.plan) as studio:
            if info is not None:
                gc.freeze()  # the engines' many objects stay, and need not be gone through at every collection
            for index in shard.indices(skip=samples):
                sample = self._pipeline.generate(self.plan, self.seed, index, studio=studio, pictures=self.plan.pictures)
                for picture in range(pictures, self.plan.pictures):
                    # Before the item is handed out: whoever asks when he has it is told that it is done with.
                    is_last = picture + 1 == self.plan.pictures
                    self._done = (samples + 1, 0) if is_last else (samples, picture + 1)
                    yield self._item(sample, picture)
                samples, pictures = samples + 1, 0

    def _item(self, sample: Sample, picture: int) -> Any:
        if self.item is not None:
            return self.item(sample, picture)
        image_id = sample.index * self.plan.pictures + picture + 1
        image, target = tensors(*rendered(sample, picture, self.keys, self._category_ids, image_id))
        return (image, target) if self.transform is None else self.transform(image, target)

    def state_dict(self) -> dict[str, int]:
        """How far iterating has come: samples of this process's share, and pictures of the next one."""
        return dict(zip(("samples", "pictures"), self._done, strict=True))

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on from a `state_dict` the next time this is iterated over. Plan, blocks, and numbers of workers and ranks must be the same."""
        self._done, self._loaded = (state["samples"], state["pictures"]), True

    def _placed(self) -> tuple[int, int] | None:
        """Rank and world size, where they are given or there is a distributed job."""
        if self._place is None and torch.distributed.is_available() and torch.distributed.is_initialized():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return self._place

    def __getstate__(self) -> dict[str, Any]:
        # A worker that is spawned knows of no distributed job: it is told here, in the process that does.
        return self.__dict__ | {"_place": self._placed()}
