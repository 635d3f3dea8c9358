import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets import library as library_module
from diorama.sim.assets.library import AssetLibrary, _Kept, _mesh_bytes, _pictures, asset_bytes
from diorama.sim.errors import UnknownName
from diorama.sim.spec import BoxShape, CylinderShape, MeshShape, SphereShape

LIBRARY = AssetLibrary()


def test_ids_are_sorted_unique_and_have_categories_without_loading():
    library = AssetLibrary()
    ids = library.ids()
    assert list(ids) == sorted(set(ids))
    assert len(ids) > 1400
    pairs = {library.category_of(i) for i in ids}
    assert list(library.categories()) == sorted(pairs)
    assert len({category for category, _ in pairs}) == len(pairs)  # a category has one supercategory
    assert {"mug", "bowl", "carton", "random-shape", "duck"} <= {category for category, _ in pairs}
    assert library.fingerprint() == {}
    assert library._kept.bytes == 0


@pytest.mark.parametrize("asset_id", ["household:mugs/1", "household:mug/03", "pybullet:plane", "user:mug.obj", "mug", "", "nowhere:mug/1"])
def test_unknown_ids(asset_id):
    with pytest.raises(UnknownName, match="no asset has the id"):
        LIBRARY.load(asset_id)
    with pytest.raises(UnknownName):
        LIBRARY.category_of(asset_id)


def test_a_near_miss_is_suggested():
    with pytest.raises(UnknownName, match='Did you mean "household:mug/1"'):
        LIBRARY.load("household:mugg/1")


def test_the_same_shape_is_the_same_object():
    for shape in (
        MeshShape(asset="household:mug/1"),
        MeshShape(asset="household:mug/1", scale=1.5),
        BoxShape(size_m=(1, 2, 3)),
        SphereShape(radius_m=1),
    ):
        assert LIBRARY.shape_asset(shape) is LIBRARY.shape_asset(shape)
    assert LIBRARY.load("household:mug/1") is LIBRARY.shape_asset(MeshShape(asset="household:mug/1"))
    assert LIBRARY.shape_asset(CylinderShape(radius_m=1, height_m=1)).category == "cylinder"


@settings(max_examples=20)
@given(scale=st.floats(0.1, 10.0), asset_id=st.sampled_from(["household:mug/1", "household:can/2", "pybullet:random_urdfs/007", "pybullet:duck"]))
def test_scale_multiplies_lengths(scale, asset_id):
    plain, scaled = LIBRARY.load(asset_id), LIBRARY.shape_asset(MeshShape(asset=asset_id, scale=scale))
    assert scaled.volume_m3 == pytest.approx(plain.volume_m3 * scale**3)
    assert np.array(scaled.bounds_m) == pytest.approx(np.array(plain.bounds_m) * scale)
    for a, b in zip(plain.parts, scaled.parts, strict=True):
        assert b.positions == pytest.approx(a.positions * scale, rel=1e-5, abs=1e-9)
        assert b.positions.dtype == b.uv.dtype == np.float32
        assert b.uv == pytest.approx(a.uv * scale if a.uv_in_metres else a.uv, rel=1e-5, abs=1e-7)
        assert b.look is a.look
    for a, b in zip(plain.hulls, scaled.hulls, strict=True):
        assert b == pytest.approx(a * scale)


def test_the_cache_is_bounded_and_forgets_the_least_recently_used(monkeypatch):
    library = AssetLibrary()
    first, second, third = (f"household:ball/{k}" for k in range(3))
    one = asset_bytes(library.load(first))
    monkeypatch.setattr(library_module, "CACHE_BYTES", math.ceil(2.5 * one))
    kept = {i: library.load(i) for i in (first, second)}
    assert library.load(first) is kept[first]
    library.load(third)
    assert library._kept.bytes <= library_module.CACHE_BYTES
    assert library.load(first) is kept[first]
    again = library.load(second)
    assert again is not kept[second]
    for a, b in zip(again.parts, kept[second].parts, strict=True):
        assert np.array_equal(a.positions, b.positions)
        assert a.look.material == b.look.material
        assert all(np.array_equal(a.look.images[slot], b.look.images[slot]) for slot in {**a.look.images, **b.look.images})


def test_sizes_do_not_crowd_out_what_was_read(monkeypatch):
    library = AssetLibrary()
    ball = library.load("household:ball/0")
    # Two and a half of them, which share their picture.
    monkeypatch.setattr(library_module, "CACHE_BYTES", math.ceil(asset_bytes(ball) + 1.5 * _mesh_bytes(ball)))
    shapes = [MeshShape(asset="household:ball/0", scale=1 + 0.1 * k) for k in range(1, 6)]
    sizes = [library.shape_asset(shape) for shape in shapes]
    assert library.load("household:ball/0") is ball
    assert library.shape_asset(shapes[-1]) is sizes[-1]
    assert library._kept_sizes.bytes <= library_module.CACHE_BYTES
    assert library.shape_asset(shapes[0]) is not sizes[0]


def test_pictures_that_many_assets_share_count_once():
    """A street's houses show a few facades: what is kept of them is as much as they take."""
    library = AssetLibrary()
    asset = library.load("household:carton/0")
    own = _mesh_bytes(asset)
    shown = asset_bytes(asset) - own
    assert shown > 0
    kept = _Kept(_mesh_bytes, _pictures)
    for key in range(50):
        assert kept.find(key, lambda: asset) is asset
    assert kept.bytes == 50 * own + shown
    other = library.load("household:carton/1")
    kept.find("other", lambda: other)
    assert kept.bytes == 50 * own + shown + asset_bytes(other)


def test_what_is_dropped_takes_its_pictures_along(monkeypatch):
    library = AssetLibrary()
    boxes = [library.load(f"household:carton/{i}") for i in range(4)]
    monkeypatch.setattr(library_module, "CACHE_BYTES", sum(map(asset_bytes, boxes[:2])))
    kept = _Kept(_mesh_bytes, _pictures)
    for i in (0, 1, 0, 2, 3, 1):
        kept.find(i, lambda i=i: boxes[i])
        held = list(kept._values.values())
        assert kept.bytes == sum(map(asset_bytes, held))
        assert set(kept._users) == {id(image) for box in held for image in _pictures(box)}
