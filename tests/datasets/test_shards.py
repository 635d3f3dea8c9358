"""Samples are dealt out without overlap and without gap, whoever takes part."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.datasets.shards import Shard
from diorama.sim.errors import InvalidValue

RANKS = st.integers(1, 5)
WORKERS = st.integers(1, 5)
BLOCKS = st.integers(1, 4)


@given(start=st.integers(0, 50), count=st.integers(0, 60), block=BLOCKS, ranks=RANKS, workers=WORKERS)
def test_all_parts_together_are_the_range(start, count, block, ranks, workers):
    whole = Shard(start=start, count=count, block=block)
    parts = [list(whole.split(r, ranks).split(w, workers).indices()) for r in range(ranks) for w in range(workers)]
    assert sorted(i for part in parts for i in part) == list(range(start, start + count))
    assert all(part == sorted(part) for part in parts)


@given(start=st.integers(0, 50), block=BLOCKS, ranks=RANKS, workers=WORKERS, rank=st.integers(0, 4))
def test_a_ranks_share_does_not_depend_on_its_workers(start, block, ranks, workers, rank):
    share = Shard(start=start, count=60, block=block).split(rank % ranks, ranks)
    assert sorted(i for w in range(workers) for i in share.split(w, workers).indices()) == list(share.indices())


@given(block=BLOCKS, workers=WORKERS)
def test_blocks_taken_in_turns_are_in_order(block, workers):
    """As a loader does it, where a block is a batch."""
    shares = [Shard(block=block).split(w, workers).indices() for w in range(workers)]
    taken = [i for turn in range(12) for i in islice(shares[turn % workers], block)]
    assert taken == list(range(12 * block))


@given(count=st.none() | st.integers(0, 60), block=BLOCKS, part=st.integers(0, 4), skip=st.integers(0, 30))
def test_skipping_is_leaving_out_the_first(count, block, part, skip):
    shard = Shard(start=3, count=count, block=block, part=part, parts=5)
    assert list(islice(shard.indices(skip), 20)) == list(islice(shard.indices(), skip, skip + 20))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"start": -1}, "start must be 0 or more, got -1"),
        ({"count": -2}, "count must be 0 or more, or None"),
        ({"block": 0}, "block must be 1 or more"),
        ({"part": 3, "parts": 3}, "got part 3 of 3"),
    ],
)
def test_what_is_no_share(settings, words):
    with pytest.raises(InvalidValue, match=words):
        Shard(**settings)
