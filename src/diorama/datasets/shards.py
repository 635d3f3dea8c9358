"""Which samples are whose: a range of them dealt out to the processes of a training job, without overlap and without a gap."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count as count_from
from itertools import islice

from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Part `part` of `parts` of the samples from `start` on, `count` of them or, with None, without end.

    Blocks of `block` samples in a row are dealt out like cards: block b is of part b % parts. So all parts of a range together hold each of its
    samples once, however many parts there are.
    """

    start: int = 0
    count: int | None = None
    block: int = 1
    part: int = 0
    parts: int = 1

    def __post_init__(self) -> None:
        if self.start < 0:
            raise InvalidValue(f"start must be 0 or more, got {self.start}")
        if self.count is not None and self.count < 0:
            raise InvalidValue(f"count must be 0 or more, or None for samples without end, got {self.count}")
        if self.block < 1:
            raise InvalidValue(f"block must be 1 or more, got {self.block}")
        if not 0 <= self.part < self.parts:
            raise InvalidValue(f"a part is numbered from 0 to one less than there are parts; got part {self.part} of {self.parts}")

    def indices(self, skip: int = 0) -> Iterator[int]:
        """The part's samples in order, without the first `skip` of them."""
        blocks, inside = divmod(skip, self.block)
        first = (self.part + blocks * self.parts) * self.block
        stop = None if self.count is None else self.count
        mine = (block + i for block in count_from(first, self.parts * self.block) for i in range(self.block))
        for offset in islice(mine, inside, None):
            if stop is not None and offset >= stop:
                return
            yield self.start + offset

    def split(self, part: int, parts: int) -> "Shard":
        """Part `part` of `parts` of this part."""
        return Shard(start=self.start, count=self.count, block=self.block, part=self.part + self.parts * part, parts=self.parts * parts)
