"""Buildings: what their shapes ask for is there, closed, cheap, and the same every time."""

from collections import Counter
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.buildings.house import building_asset
from diorama.sim.assets.street.buildings.layout import bays, openings
from diorama.sim.assets.street.buildings.styles import STYLES, dress
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import BoundaryShape, BuildingShape, Shape
from diorama.sim.spec.boundaries import BoundaryStyle
from diorama.sim.spec.buildings import BuildingStyle, GroundFloor, RoofKind

LIBRARY = AssetLibrary()
STYLES_OF_ALL = get_args(BuildingStyle)

shapes = st.builds(
    BuildingShape,
    style=st.sampled_from(STYLES_OF_ALL),
    width_m=st.sampled_from([4.5, 6.0, 9.5, 14.0, 22.0]),
    depth_m=st.sampled_from([6.0, 9.0, 12.5]),
    floors=st.integers(1, 6),
    floor_m=st.sampled_from([2.6, 3.0, 3.4]),
    ground=st.sampled_from(get_args(GroundFloor)),
    roof=st.sampled_from(get_args(RoofKind)),
    plinth_m=st.sampled_from([0.0, 0.5, 2.25]),
    shared=st.sampled_from(["none", "left", "right", "both"]),
    variant=st.integers(0, 40),
)


def triangles(asset):
    """(m, 3, 3) corners, from the ground floor's level up along z."""
    base = np.array(asset.landmarks["base"])
    return np.concatenate([p.positions[p.faces] for p in asset.parts]).astype(np.float64) - base


def first_hits(corners, origins, directions):
    """For each ray, the cosine between its direction and the face that it meets first (NaN: none), by Moeller and Trumbore, 1997."""
    a, e1, e2 = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normals = np.cross(e1, e2)
    out = np.full(len(origins), np.nan)
    for i, (o, d) in enumerate(zip(origins, directions, strict=True)):
        p = np.cross(d, e2)
        det = (e1 * p).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            s = o - a
            u = (s * p).sum(axis=1) / det
            q = np.cross(s, e1)
            v = (q @ d) / det
            t = (e2 * q).sum(axis=1) / det
            hit = (np.abs(det) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-6)
        if hit.any():
            first = np.flatnonzero(hit)[t[hit].argmin()]
            out[i] = normals[first] @ d / np.linalg.norm(normals[first])
    return out


@settings(max_examples=40, deadline=None)
@given(shapes)
def test_its_walls_are_where_the_shape_says(shape):
    corners = triangles(building_asset(shape)).reshape(-1, 3)
    walls = np.abs(corners[(corners[:, 2] > 0.1) & (corners[:, 2] < shape.eaves_m - 0.7)])
    # Nothing but sills, signs, balconies and steps stands out of the front, and nothing of the sides.
    assert walls[:, 0].max() <= shape.depth_m / 2 + 1.35
    assert walls[:, 1].max() <= shape.width_m / 2 + 0.5
    assert corners[:, 2].min() == pytest.approx(-shape.plinth_m, abs=1e-4)
    assert corners[:, 2].max() >= shape.eaves_m


@settings(max_examples=40, deadline=None)
@given(shapes)
def test_nobody_outside_sees_the_back_of_a_face(shape):
    asset = building_asset(shape)
    assert asset.closed
    rng = np.random.default_rng(shape.variant)
    corners = triangles(asset)
    around = rng.normal(size=(60, 3))
    around[:, 2] = np.abs(around[:, 2]) * 0.5
    eyes = around / np.linalg.norm(around, axis=1)[:, None] * 90.0 + (0, 0, 1.0)
    eyes[:, 2] = np.maximum(eyes[:, 2], 1.0)
    targets = rng.uniform(-0.5, 0.5, (60, 3)) * (shape.depth_m, shape.width_m, 0) + np.column_stack(
        [np.zeros(60), np.zeros(60), rng.uniform(0.2, shape.eaves_m, 60)]
    )
    seen = first_hits(corners, eyes, (targets - eyes) / np.linalg.norm(targets - eyes, axis=1)[:, None])
    assert np.isfinite(seen).all()  # and there is no hole to look through
    assert (seen < 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(shapes)
def test_every_floor_has_a_window_in_each_bay(shape):
    chosen = dress(shape.style, shape.variant)
    for side in ("front", "right", "back", "left"):
        holes = list(openings(shape, chosen, side))
        if shape.shared in (side, "both") and side in ("left", "right"):
            assert holes == []
            continue
        count = bays(shape, side)
        per_floor = Counter(hole.floor for hole in holes)
        upper = range(1 if side == "front" else 0, shape.floors)
        assert all(per_floor[floor] == count for floor in upper)
        assert all(hole.use == "window" for hole in holes if hole.floor > 0 or side != "front")
        if side == "front" and shape.ground == "dwelling":
            assert per_floor[0] == count
            assert Counter(h.use for h in holes if h.floor == 0) == Counter(["door"] + ["window"] * (count - 1))
        length = shape.width_m if side in ("front", "back") else shape.depth_m
        for hole in holes:
            u0, v0, u1, v1 = hole.rect
            assert 0 < u0 < u1 < length and 0 < v0 < v1 < shape.eaves_m
        for a in holes:  # and none is in another
            assert not any(
                a is not b and a.rect[0] < b.rect[2] and b.rect[0] < a.rect[2] and a.rect[1] < b.rect[3] and b.rect[1] < a.rect[3] for b in holes
            )


def test_what_is_drawn_has_as_many_windows():
    shape = BuildingShape(style="brick-terrace", width_m=6.0, depth_m=9.0, floors=3, shared="both", variant=1)
    chosen = dress(shape.style, shape.variant)
    panes = sum(len(p.faces) // 2 for p in building_asset(shape).parts if p.look is chosen.windows.look())
    wanted = 3 * bays(shape, "front") - 1 + 3 * bays(shape, "back")
    dormers = max(1, round(shape.width_m / (2.2 * STYLES[shape.style].bay_m))) if chosen.dormers else 0
    assert panes == wanted + dormers


@pytest.mark.parametrize("style", STYLES_OF_ALL)
def test_budgets(style):
    shape = BuildingShape(style=style, width_m=9.0, depth_m=9.0, floors=3, ground="shop", variant=3)
    asset = building_asset(shape)
    assert 50 <= sum(len(p.faces) for p in asset.parts) <= 800
    assert len(asset.parts) <= 16
    for part in asset.parts:
        for image in part.look.images.values():
            assert max(image.shape) <= 512


def test_houses_of_a_style_share_their_pictures():
    def pictures(variant):
        asset = building_asset(BuildingShape(style="slab", width_m=20.0, depth_m=10.0, floors=4, roof="flat", variant=variant))
        return {id(image) for part in asset.parts for image in part.look.images.values()}

    all_of_them = set.union(*(pictures(v) for v in range(24)))
    assert len(all_of_them) <= 16


@settings(max_examples=10, deadline=None)
@given(shapes)
def test_the_same_shape_is_the_same_house(shape):
    one, two = building_asset(shape), building_asset(from_json(Shape, to_json(shape)))
    for a, b in zip(one.parts, two.parts, strict=True):
        assert all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("positions", "normals", "uv", "faces"))
        assert a.look is b.look


def test_more_light_is_more_windows_and_never_others():
    def lit(share):
        asset = building_asset(BuildingShape(style="office", width_m=30.0, depth_m=20.0, floors=8, roof="flat", lit=share, variant=2))
        return {tuple(np.round(c, 4).ravel()) for p in asset.parts if any(p.look.material.emissive) for c in p.positions[p.faces]}

    none, some, most, every = (lit(s) for s in (0.0, 0.3, 0.7, 1.0))
    assert none == set()
    assert some < most < every
    assert 0.15 < len(some) / len(every) < 0.45


def test_lit_windows_shine_as_they_are_told():
    for glow in (0.02, 1.0):
        asset = building_asset(BuildingShape(style="slab", width_m=20.0, depth_m=10.0, floors=5, roof="flat", lit=0.5, glow=glow))
        assert {p.look.material.emissive for p in asset.parts} == {(0.0, 0.0, 0.0), (glow, glow, glow)}


@pytest.mark.parametrize("style", get_args(BoundaryStyle))
def test_walls_and_fences(style):
    shape = BoundaryShape(style=style, length_m=5.25, height_m=1.0, variant=1)
    corners = triangles(building := LIBRARY.shape_asset(shape)).reshape(-1, 3)
    assert corners[:, 2].max() == pytest.approx(1.0, abs=0.05)
    assert corners[:, 2].min() < 0
    assert np.abs(corners[:, 1]).max() == pytest.approx(5.25 / 2, abs=0.05)
    assert shape.stuff == building.category == ("wall" if "wall" in style else "fence")
    assert sum(len(p.faces) for p in building.parts) <= 60


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"width_m": 1.0}, "width_m must be in 3..200"),
        ({"floors": 0}, "floors must be in 1..40"),
        ({"floor_m": float("nan")}, "floor_m"),
        ({"lit": 1.5}, "lit"),
        ({"glow": -1.0}, "glow"),
        ({"variant": -1}, "variant"),
        ({"plinth_m": -0.1}, "plinth_m"),
    ],
)
def test_what_is_no_building(change, said):
    with pytest.raises(InvalidValue, match=said):
        replace(BuildingShape(style="flats", width_m=10.0, depth_m=10.0, floors=3), **change)
    with pytest.raises(InvalidValue, match="length_m"):
        BoundaryShape(style="picket", length_m=0.0)
