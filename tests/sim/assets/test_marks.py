"""Where wear and dust are: on edges, and on what faces up."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.marks import Marks, marks, worn_edges
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.assets.surface import Surface, mesh_parts
from diorama.sim.assets.unwrap import unwrapped
from diorama.sim.spec import BoxShape, CylinderShape, SphereShape, Weathering

BOX = primitive_asset(BoxShape(size_m=(0.2, 0.3, 0.1))).parts
UP = (0.0, 0.0, 1.0)


def seen(part, weathering, edges=None):
    """The marks on a part, each as the mean over the texels of each of its faces."""
    laid = unwrapped(part, 0.001, 1024)
    found = marks(laid, part.positions[part.faces][..., :2].astype(np.float64), edges, weathering)
    owner = laid.owner.ravel()[laid.texels]
    count = np.maximum(np.bincount(owner, minlength=len(part.faces)), 1)
    return {name: np.bincount(owner, getattr(found, name), len(part.faces)) / count for name in Marks.__dataclass_fields__}, laid, found


def flat_normals(part):
    corners = part.positions[part.faces].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def test_the_edges_of_a_box_are_its_twelve():
    (edges,) = worn_edges(BOX)
    assert len(edges.face) == 24  # once on each of the two faces that meet
    assert (edges.strength == 1).all()
    lengths = Counter(edges.length_m.round(4).tolist())
    assert lengths == {0.2: 8, 0.3: 8, 0.1: 8}


def test_hollows_and_round_things_have_no_edges():
    inside_out = [replace(p, faces=p.faces[:, ::-1].copy()) for p in BOX]
    assert len(worn_edges(inside_out)[0].face) == 0
    assert len(worn_edges(primitive_asset(SphereShape(radius_m=0.1)).parts)[0].face) == 0
    (rims,) = worn_edges(primitive_asset(CylinderShape(radius_m=0.05, height_m=0.2, segments=48)).parts)
    assert len(rims.face) == 2 * 2 * 48
    # A thin rod turns so fast that it is all edge.
    (rod,) = worn_edges(primitive_asset(CylinderShape(radius_m=0.001, height_m=0.2, segments=48)).parts)
    assert len(rod.face) > len(rims.face)


def test_edges_between_parts_are_found():
    """A box of six parts has the edges of the box."""
    corners = BOX[0].positions[BOX[0].faces].astype(np.float64)
    order = np.argsort(np.round(flat_normals(BOX[0]) @ [1, 2, 4]), kind="stable").reshape(6, 2)
    parts = mesh_parts([Surface(positions=corners[pair].reshape(-1, 3), faces=np.arange(6).reshape(2, 3)) for pair in order])
    assert [len(edges.face) for edges in worn_edges(parts)] == [4] * 6


def test_dust_lies_on_what_faces_up_and_less_on_what_is_steep():
    part = BOX[0]
    dust, _, _ = seen(part, Weathering(dust=0.6))
    up = flat_normals(part)[:, 2] > 0.5
    assert dust["dust"][up].min() > 0.4
    assert dust["dust"][~up].max() < 0.05
    assert all(not dust[name].any() for name in ("chips", "scratches", "handled"))
    sphere = primitive_asset(SphereShape(radius_m=0.1)).parts[0]
    found, _, _ = seen(sphere, Weathering(dust=0.8))
    height = flat_normals(sphere)[:, 2]
    rings = [found["dust"][(height > low) & (height <= low + 0.25)].mean() for low in (-1, -0.5, 0, 0.25, 0.5, 0.75)]
    assert rings == sorted(rings)
    assert rings[0] == 0 and rings[-1] > 0.7


@pytest.mark.parametrize("axis", range(3))
def test_up_is_where_the_body_says(axis):
    up = tuple(-float(k == axis) for k in range(3))
    dust, _, _ = seen(BOX[0], Weathering(dust=0.6, up=up))
    facing = flat_normals(BOX[0])[:, axis] < -0.5
    assert dust["dust"][facing].min() > 0.4 > 0.05 > dust["dust"][~facing].max()


def test_more_of_it_is_more_everywhere():
    part, (edges,) = BOX[0], worn_edges(BOX)
    levels = [seen(part, Weathering(dust=d, wear=d, seed=3), edges)[2] for d in (0.1, 0.4, 0.7, 1.0)]
    for name in ("dust", "chips"):
        means = [float(getattr(level, name).mean()) for level in levels]
        assert means == sorted(means) and means[0] < means[-1]
    assert all(0 <= m.min() and m.max() <= 1 for level in levels for m in (level.dust, level.chips, level.scratches))


def test_paint_comes_off_at_edges_first():
    part, (edges,) = BOX[0], worn_edges(BOX)
    _, laid, found = seen(part, Weathering(wear=0.5), edges)
    at = laid.spread(part.positions[part.faces].astype(np.float64))
    half = np.array([0.1, 0.15, 0.05])[:, None]
    near = np.sort(half - np.abs(at), axis=0)[1]  # how far the second-nearest side is: the distance from the nearest edge
    assert found.chips[near < 0.002].mean() > 0.3
    assert found.chips[near > 0.008].mean() < 0.01
    assert found.scratches[near > 0.008].mean() > 0.005


def test_seeds_give_other_marks_of_the_same_amount():
    part, (edges,) = BOX[0], worn_edges(BOX)
    one, two, again = (seen(part, Weathering(dust=0.5, wear=0.5, seed=s), edges)[2] for s in (1, 2, 1))
    for name in Marks.__dataclass_fields__:
        assert np.array_equal(getattr(one, name), getattr(again, name))
        assert not np.array_equal(getattr(one, name), getattr(two, name))
    assert float(one.dust.mean()) == pytest.approx(float(two.dust.mean()), rel=0.15)


def test_a_mugs_rim_is_worn_although_it_is_rounded():
    parts = AssetLibrary().load("household:mug/0").parts
    edges = worn_edges(parts)
    top = max(float(p.positions[:, 2].max()) for p in parts)
    length_m = 0.0
    for part, of in zip(parts, edges, strict=True):
        rim = part.positions[part.faces[of.face, of.corner], 2] > top - 0.004
        length_m += float((of.length_m * of.strength)[rim].sum())
    assert length_m > 0.2
