"""Unwrapping: every point of a surface has a place of its own on the picture, and is found there again."""

from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import MeshPart
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.assets.unwrap import GUTTER, charts, own_layout, unwrapped
from diorama.sim.spec import BoxShape, CylinderShape, SphereShape

LIBRARY = AssetLibrary()
BOX = primitive_asset(BoxShape(size_m=(0.2, 0.3, 0.1))).parts[0]


def areas(laid):
    """(m,) of the faces on the picture, in texels."""
    one, two = (laid.corners[:, k] - laid.corners[:, 0] for k in (1, 2))
    return np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2


PARTS = {
    "box": BOX,
    "sphere": primitive_asset(SphereShape(radius_m=0.1)).parts[0],
    "cylinder": primitive_asset(CylinderShape(radius_m=0.05, height_m=0.2)).parts[0],
} | {name: LIBRARY.load(f"household:{name}").parts[0] for name in ("mug/0", "bowl/0", "wrench/0", "toy-car/0", "basket/0", "carton/0")}


@pytest.mark.parametrize("name", PARTS)
def test_a_texel_shows_the_point_that_has_its_coordinates(name):
    part = PARTS[name]
    laid = unwrapped(part, 0.002, 256)
    assert np.array_equal(laid.part.positions[laid.part.faces], part.positions[part.faces])
    assert np.array_equal(laid.part.normals[laid.part.faces], part.normals[part.faces])
    height, width = laid.owner.shape
    uv = laid.part.uv[laid.part.faces]
    assert uv.min() >= 0 and uv.max() <= 1
    assert np.abs(uv * [width, -height] + [0, height] - laid.corners).max() < 1e-3
    # Spread over the texels, coordinates are those of the texels' middles, and points lie on their faces.
    at = laid.spread(laid.part.uv[laid.part.faces].astype(np.float64))
    middles = np.stack([(laid.texels % width + 0.5) / width, 1 - (laid.texels // width + 0.5) / height])
    large = areas(laid)[laid.owner.ravel()[laid.texels]] > 1
    assert np.abs(at - middles)[:, large].max() < 2e-4


@pytest.mark.parametrize("name", PARTS)
def test_no_two_faces_share_a_place(name):
    laid = unwrapped(PARTS[name], 0.0005, 1024)
    # A texel that an edge crosses is one face's alone, and what is around a chart belongs to it as well; else areas are counts.
    own = np.bincount(laid.owner.ravel()[laid.texels], minlength=len(laid.corners))
    edges = np.sqrt(((laid.corners - np.roll(laid.corners, 1, axis=1)) ** 2).sum(axis=2)).sum(axis=1)
    assert (own >= areas(laid) - edges).all()


def test_charts_hang_together_and_keep_their_distance():
    chart, flat = charts(BOX)
    assert len(set(chart.tolist())) == 6
    assert sorted(np.bincount(chart).tolist()) == [2] * 6
    two = replace(
        BOX,
        positions=np.concatenate([BOX.positions, BOX.positions + np.float32(1)]),
        normals=np.concatenate([BOX.normals] * 2),
        uv=np.concatenate([BOX.uv] * 2),
        faces=np.concatenate([BOX.faces, BOX.faces + len(BOX.positions)]),
    )
    chart, flat = charts(two)
    assert len(set(chart.tolist())) == 12
    laid = unwrapped(two, 0.002, 1024)
    low = np.array([laid.corners[chart == k].min(axis=(0, 1)) for k in range(12)])
    high = np.array([laid.corners[chart == k].max(axis=(0, 1)) for k in range(12)])
    for a in range(12):
        for b in range(a):
            assert (np.maximum(low[a] - high[b], low[b] - high[a]).max()) >= 2 * GUTTER
    # Lengths along the picture are those of the surface.
    scale = laid.corners[0, 1] - laid.corners[0, 0], flat[0, 1] - flat[0, 0]
    texel_m = np.linalg.norm(scale[1]) / np.linalg.norm(scale[0])
    assert texel_m == pytest.approx(0.002, rel=0.3)


def test_large_things_get_coarser_texels_and_not_more_of_them():
    small, large = (unwrapped(primitive_asset(BoxShape(size_m=(s, s, 0.1))).parts[0], 0.001, 256) for s in (0.02, 8.0))
    assert small.owner.shape == (128, 128)
    assert large.owner.shape == (256, 256)


def test_crumbs_are_laid_out_too():
    """More pieces than charts can be are seen from six sides as they are."""
    rng = np.random.default_rng(0)
    corners = (rng.random((700, 1, 3)) + rng.random((700, 3, 3)) * 0.01).astype(np.float32)
    crumbs = MeshPart(
        positions=corners.reshape(-1, 3),
        normals=np.ones((2100, 3), np.float32),
        uv=np.zeros((2100, 2), np.float32),
        faces=np.arange(2100, dtype=np.int32).reshape(-1, 3),
    )
    assert len(set(charts(crumbs)[0].tolist())) == 6
    assert (unwrapped(crumbs, 0.001, 512).owner >= 0).any()


def test_own_coordinates_are_kept_where_they_count_no_place_twice():
    carton, mug = PARTS["carton/0"], PARTS["mug/0"]
    laid = own_layout(carton, 200, 120)
    assert laid is not None and laid.is_own and laid.part is carton
    assert laid.owner.shape == (120, 200)
    assert own_layout(mug, 200, 120) is None  # has none
    halves = replace(carton, uv=np.abs(carton.uv - np.float32(0.5)))
    assert own_layout(halves, 200, 120) is None  # mirrored
    assert own_layout(replace(carton, uv=carton.uv * 2), 200, 120) is None  # repeated
    assert own_layout(replace(carton, uv=carton.uv * 0), 200, 120) is None  # all in one place


def test_pictures_have_their_mean_where_nothing_is_shown():
    laid = unwrapped(BOX, 0.01, 64)
    values = (np.arange(len(laid.texels)) % 200).astype(np.uint8)
    picture = laid.picture([values, values // 2])
    assert np.array_equal(picture.reshape(-1, 2)[laid.texels], np.stack([values, values // 2], axis=1))
    assert set(picture[..., 0][laid.owner < 0].tolist()) == {int(values.astype(int).sum()) // len(values)}
