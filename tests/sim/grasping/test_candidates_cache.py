import dataclasses
import logging

import numpy as np
import pytest

from diorama.sim.assets import disk_cache
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.grasping import candidates as module
from diorama.sim.grasping.asset_grasps import Search
from diorama.sim.grasping.candidates import candidates
from diorama.sim.seeds import Seed
from diorama.sim.spec import BoxShape, MeshShape
from diorama.sim.spec.grasps import GRIPPERS

FRANKA, CUP = GRIPPERS["franka-hand"], GRIPPERS["cup-20"]
FORK = MeshShape(asset="household:fork/0")
FIELDS = ("body_from_gripper", "width_m", "opening_m", "quality", "contacts_m")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "diorama"


@pytest.fixture
def searches(monkeypatch):
    """What was looked for, not found on disk or in memory."""
    seen = []
    real = module.grasps_of
    monkeypatch.setattr(module, "grasps_of", lambda asset, gripper, seed, search: seen.append(asset.id) or real(asset, gripper, seed, search))
    return seen


def test_found_once_in_a_library_and_once_on_a_disk(cache, searches):
    library = AssetLibrary()
    one = candidates(library, FORK, FRANKA)
    assert candidates(library, FORK, FRANKA) is one
    other = candidates(AssetLibrary(), FORK, FRANKA)
    assert other is not one
    assert searches == ["household:fork/0"]
    assert [getattr(other, f).tobytes() for f in FIELDS] == [getattr(one, f).tobytes() for f in FIELDS]
    assert other.reason == one.reason == ""
    assert other.gripper == one.gripper


def test_reasons_are_kept(cache, searches):
    one, two = (candidates(AssetLibrary(), FORK, CUP) for _ in range(2))
    assert len(searches) == 1
    assert one.reason == two.reason
    assert "nowhere flat enough" in one.reason
    assert two.contacts_m.shape == (0, 1, 3)


@pytest.mark.parametrize(
    "change", [{"gripper": GRIPPERS["wsg-50"]}, {"search": Search(count=3)}, {"seed": Seed(1)}, {"shape": MeshShape(asset="household:fork/1")}]
)
def test_another_question_is_another_answer(cache, searches, change):
    library = AssetLibrary()
    asked = {"shape": FORK, "gripper": FRANKA, "search": Search(), "seed": Seed(0)}
    candidates(library, **asked)
    candidates(library, **(asked | change))
    assert len(searches) == 2
    assert len(list(cache.iterdir())) == 2


def test_sizes_of_one_scene_are_not_written(cache, searches):
    library = AssetLibrary()
    shapes = [MeshShape(asset="household:fork/0", scale=(1.1, 1.1, 1.1)), BoxShape(size_m=(0.03, 0.03, 0.03))]
    for shape in shapes * 2:
        candidates(library, shape, FRANKA)
    assert len(searches) == 2
    assert not cache.exists()


@pytest.mark.parametrize(
    "arrays", [[], [np.zeros(3)], [np.zeros((2, 4, 4)), np.zeros(3), np.zeros(2), np.zeros(2), np.zeros((2, 2, 3)), np.zeros(0)]]
)
def test_entries_that_are_something_else_are_made_anew(cache, searches, arrays, caplog):
    one = candidates(AssetLibrary(), FORK, FRANKA)
    (entry,) = cache.iterdir()
    disk_cache.store(entry.stem, arrays)
    with caplog.at_level(logging.ERROR):
        two = candidates(AssetLibrary(), FORK, FRANKA)
    assert len(searches) == 2
    assert [getattr(two, f).tobytes() for f in FIELDS] == [getattr(one, f).tobytes() for f in FIELDS]


def test_results_cannot_be_changed(cache):
    grasps = candidates(AssetLibrary(), FORK, FRANKA)
    with pytest.raises(ValueError, match="read-only"):
        grasps.quality[0] = 1.0
    with pytest.raises(ValueError, match=r"AssetGrasps.quality must be \(64,\) float64"):
        dataclasses.replace(grasps, quality=np.zeros(3))
