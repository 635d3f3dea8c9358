"""Pictures rendered on the fly: the same as `generate` makes, each once, in any number of workers and ranks, from any place on."""

import copy
import pickle
import subprocess
import sys
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from torchdata.stateful_dataloader import StatefulDataLoader

import diorama
from diorama.datasets.detection import KEYS, rendered, tensors

SEED = 3

# Python forks while the threads of others run, as it says.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def same(ours, theirs):
    """Whether two items are, to the last bit."""
    (image, target), (other, labels) = ours, theirs
    values = [(image, other), *((target[key], labels[key]) for key in target)]
    return target.keys() == labels.keys() and all(a == b if isinstance(a, int) else torch.equal(a, b) and a.dtype == b.dtype for a, b in values)


def number(item, picture=None):
    """Which picture an item is of."""
    return item[1]["image_id"]


def scene_and_view(sample, picture):
    return sample.index * 10 + picture


@pytest.fixture(scope="module")
def items(plan):
    return list(diorama.DioramaDataset(plan, SEED, count=3))


def test_items_are_what_generate_makes(plan, samples, items):
    assert [number(item) for item in items] == [1, 2, 3, 4, 5, 6]
    for item, (sample, picture) in zip(items, [(s, p) for s in samples for p in range(2)], strict=True):
        frame, labels = sample.frames[picture], sample.annotations[picture]
        image, target = item
        assert (image.shape, image.dtype) == ((3, 72, 96), torch.uint8)
        assert torch.equal(image, torch.from_numpy(frame.rgb.transpose(2, 0, 1).copy()))
        n = len(labels)
        assert n > 0
        assert {key: (tuple(v.shape), v.dtype) for key, v in target.items() if key != "image_id"} == {
            "boxes": ((n, 4), torch.float32),
            "labels": ((n,), torch.int64),
            "masks": ((n, 72, 96), torch.bool),
            "area": ((n,), torch.float32),
            "iscrowd": ((n,), torch.int64),
            "depth_m": ((72, 96), torch.float32),
        }
        assert target["boxes"].tolist() == labels.box_xyxy.tolist()
        assert target["masks"].sum((1, 2)).tolist() == labels.area_px.tolist() == target["area"].tolist()
        for mask, box in zip(target["masks"], target["boxes"], strict=True):
            rows, columns = torch.nonzero(mask, as_tuple=True)
            assert [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] == box.tolist()
        assert np.array_equal(target["depth_m"], frame.depth_m)
        names = [diorama.DioramaDataset(plan, SEED).categories[label - 1] for label in target["labels"]]
        assert names == [sample.spec.bodies[i].category for i in labels.body_index]


def test_pictures_are_not_copied(samples):
    """Tensors are on the memory that the renderer gave."""
    rgb, target = rendered(samples[0], 0, ("depth_m", "instance", "normal"), {}, 1)
    image, given = tensors(rgb, target)
    frame = samples[0].frames[0]
    for tensor, array in (
        (image, frame.rgb),
        (given["depth_m"], frame.depth_m),
        (given["instance"], frame.instance),
        (given["normal"], frame.normal),
    ):
        assert tensor.data_ptr() == array.ctypes.data
        assert tensor.untyped_storage().nbytes() == array.nbytes
    assert image.permute(1, 2, 0).is_contiguous()


def test_arrays_that_must_not_be_written_to_are_copied(samples):
    """A tensor can be written to; torch warns of one that must not, and warnings are errors here."""
    rgb = samples[0].frames[0].rgb.copy()
    rgb.flags.writeable = False
    image, _ = tensors(rgb, {})
    image += 1
    assert np.array_equal(rgb, samples[0].frames[0].rgb)


@pytest.mark.parametrize("start_method", ["spawn", "fork"])
def test_workers_make_the_same_and_share_their_memory(plan, items, start_method):
    """Forked ones also after this process has used the engines, as it has here."""
    dataset = diorama.DioramaDataset(plan, SEED, count=3)
    loader = DataLoader(dataset, batch_size=2, num_workers=2, multiprocessing_context=start_method, collate_fn=diorama.collate_detection, timeout=100)
    batches = list(loader)
    taken = [item for images, targets in batches for item in zip(images, targets, strict=True)]
    assert [number(item) for item in taken] == [1, 2, 3, 4, 5, 6], "a batch is a scene, so they come in order"
    assert all(same(a, b) for a, b in zip(taken, items, strict=True))
    for image, target in taken:
        assert image.is_shared()
        assert all(value.is_shared() for value in target.values() if isinstance(value, torch.Tensor) and value.numel())
        assert image.permute(1, 2, 0).is_contiguous(), "and nobody has put the channels first on the way"


def test_ranks_and_workers_make_each_sample_once(plan):
    taken = []
    for rank in range(2):
        dataset = diorama.DioramaDataset(plan, SEED, count=5, start=2, rank=rank, world_size=2, item=scene_and_view)
        taken += DataLoader(dataset, batch_size=None, num_workers=2, multiprocessing_context="fork", timeout=100)
    assert sorted(taken) == [scene * 10 + view for scene in range(2, 7) for view in range(2)]


def test_it_goes_on_without_end_and_from_anywhere(plan, items):
    endless = diorama.DioramaDataset(plan, SEED, start=1)
    assert all(same(a, b) for a, b in zip(islice(endless, 3), items[2:], strict=False))


@pytest.mark.parametrize("after", range(7))
def test_going_on_from_a_state_is_as_if_nothing_had_happened(plan, after):
    dataset = diorama.DioramaDataset(plan, SEED, count=3, item=scene_and_view)
    iterator = iter(dataset)
    before = list(islice(iterator, after))
    state = pickle.loads(pickle.dumps(dataset.state_dict()))  # noqa: S301 - our own
    iterator.close()
    other = diorama.DioramaDataset(plan, SEED, count=3, item=scene_and_view)
    other.load_state_dict(state)
    assert before + list(other) == [0, 1, 10, 11, 20, 21]
    assert list(islice(other, 1)) == [0], "the next time it begins anew"


@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated:UserWarning")  # torchdata has not caught up with torch
@pytest.mark.parametrize("workers", [0, 2])
def test_a_stateful_loader_goes_on_where_it_was(plan, workers):
    def loader():
        dataset = diorama.DioramaDataset(plan, SEED, count=4, item=scene_and_view)
        return StatefulDataLoader(dataset, batch_size=1, num_workers=workers, multiprocessing_context="fork" if workers else None)

    whole = [int(batch) for batch in loader()]
    assert sorted(whole) == [0, 1, 10, 11, 20, 21, 30, 31]
    first = loader()
    iterator = iter(first)
    before = [int(next(iterator)) for _ in range(3)]
    state = first.state_dict()
    del iterator, first
    second = loader()
    second.load_state_dict(state)
    assert before + [int(batch) for batch in second] == whole


def test_a_distributed_job_is_noticed_and_told_to_workers(plan):
    """Also where it begins after the data set was made, and in processes that know nothing of it."""
    code = f"""
import pickle, torch.distributed as dist, diorama
from torch.testing._internal.distributed.fake_pg import FakeStore
dataset = diorama.DioramaDataset(diorama.default_plan("tabletop", views=2), {SEED}, count=6)
alone = pickle.loads(pickle.dumps(dataset))
dist.init_process_group("fake", rank=1, world_size=3, store=FakeStore())
told = pickle.loads(pickle.dumps(dataset))
here = dataset._placed()
dist.destroy_process_group()
print(alone._placed(), here, told._placed())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "None (1, 3) (1, 3)\n", done.stderr


def test_it_pickles_small_and_copies(plan):
    dataset = diorama.DioramaDataset(plan, SEED, count=1)
    assert len(pickle.dumps(dataset)) < 20_000
    assert same(next(iter(copy.deepcopy(dataset))), next(iter(dataset)))


def test_other_keys_and_transforms(plan, samples):
    dataset = diorama.DioramaDataset(
        plan, SEED, count=1, keys=("normal", "instance", "boxes"), transform=lambda image, target: (image.float() / 255, target)
    )
    image, target = next(iter(dataset))
    assert image.dtype == torch.float32
    assert list(target) == ["normal", "instance", "boxes"]
    assert np.array_equal(target["normal"], samples[0].frames[0].normal)


def test_what_cannot_be_asked_for(plan):
    with pytest.raises(diorama.UnknownKey, match=r'a target has no key "mask"\. Did you mean "masks"\?'):
        diorama.DioramaDataset(plan, SEED, keys=("mask",))
    with pytest.raises(diorama.InvalidValue, match=r"rank and world_size go together"):
        diorama.DioramaDataset(plan, SEED, rank=0)
    with pytest.raises(diorama.InvalidValue, match=r"got part 2 of 2"):
        diorama.DioramaDataset(plan, SEED, rank=2, world_size=2)
    with pytest.raises(diorama.InvalidValue, match=r'have no "albedo". Add the channel to the plan: channels: \[albedo\]'):
        next(iter(diorama.DioramaDataset(plan, SEED, keys=(*KEYS, "albedo"))))


def test_a_scene_that_cannot_be_staged_is_told_by_the_worker(plan):
    hopeless = replace(plan, min_visible_objects=100, max_attempts=2)
    loader = DataLoader(diorama.DioramaDataset(hopeless, SEED), batch_size=None, num_workers=1, multiprocessing_context="fork", timeout=100)
    with pytest.raises(diorama.TooManyRejections, match=r"sees-nothing 2 times"):
        next(iter(loader))


def test_a_training_step(plan):
    """Gradients reach the weights through pictures and targets as they come, and the loss falls on a batch that is seen again."""
    dataset = diorama.DioramaDataset(plan, SEED, count=2)
    (images, targets), *_ = DataLoader(dataset, batch_size=4, collate_fn=diorama.collate_detection)
    picture = torch.stack(images).float() / 255
    wanted = torch.stack([target["masks"].any(0) for target in targets]).float()[:, None]
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 5, padding=2), torch.nn.ReLU(), torch.nn.Conv2d(8, 1, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    losses = []
    for _ in range(10):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(picture), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
