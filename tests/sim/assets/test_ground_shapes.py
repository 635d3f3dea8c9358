"""Ground and paint as assets: ribbons over a terrain, lines in their patterns."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.painted import quads_of
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.render.looks import corner_uv
from diorama.sim.spec import GroundShape, Hill, Line, PaintShape, Ribbon, Shape, Terrain

HILL = Terrain(hills=(Hill(center_m=(4.0, 1.0), radius_m=60.0, height_m=3.0),))
LIBRARY = AssetLibrary()


def _ribbon(**changes):
    return Ribbon(**({"right_m": ((0.0, 0.0), (4.0, 0.0), (8.0, 0.0)), "left_m": ((0.0, 3.0), (4.0, 3.0), (8.0, 3.0))} | changes))


def _part(*ribbons, terrain=HILL):
    return LIBRARY.shape_asset(GroundShape(ribbons=ribbons, terrain=terrain)).parts[0]


def _area(part):
    a, b, c = (part.positions[part.faces[:, k]].astype(float) for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def test_a_ribbon_is_as_large_as_it_is_wide_and_long():
    part = _part(_ribbon(across=(0.0, 0.25, 1.0)), terrain=Terrain())
    assert len(part.positions) == 9
    assert len(part.faces) == 8
    assert _area(part) == pytest.approx(24.0)
    assert np.unique(part.positions[:, 1]).tolist() == [0.0, 0.75, 3.0]
    assert part.normals.tolist() == [[0.0, 0.0, 1.0]] * 9


def test_a_face_stands_upright_and_is_seen_from_its_right():
    line = ((0.0, 0.0), (4.0, 0.0), (8.0, 0.0))
    part = _part(_ribbon(right_m=line, left_m=line, lift_m=(0.0, 0.12)), terrain=Terrain())
    assert _area(part) == pytest.approx(8.0 * 0.12)
    a, b, c = (part.positions[part.faces[0, k]] for k in range(3))
    assert np.cross(b - a, c - a)[1] < 0
    assert part.normals == pytest.approx(np.tile([0.0, -1.0, 0.0], (6, 1)))


def test_a_fan_has_no_triangles_without_an_area():
    part = _part(_ribbon(left_m=((4.0, 3.0),) * 3, across=(0.0, 0.5, 1.0)), terrain=Terrain())
    assert _area(part) == pytest.approx(12.0)
    assert len(part.faces) == 6


def test_what_is_laid_has_its_texture_along_it_and_all_else_by_the_axes():
    turned = {"right_m": ((0.0, 0.0), (3.0, 4.0)), "left_m": ((-4.0, 3.0), (-1.0, 7.0))}
    laid, flat = (_part(Ribbon(laid=laid, **turned), terrain=Terrain()) for laid in (True, False))
    assert sorted(map(tuple, laid.uv.tolist())) == [(0.0, 0.0), (0.0, 5.0), (5.0, 0.0), (5.0, 5.0)]
    assert flat.uv.tolist() == flat.positions[:, :2].tolist()
    # A picture of so many metres repeats after as many, whichever way the surface runs.
    assert corner_uv(laid, 2.5).max() == pytest.approx(2.0)


def test_what_is_touched_is_below_what_is_seen():
    asset = LIBRARY.shape_asset(GroundShape(ribbons=(_ribbon(), _ribbon(right_m=((0.0, 0.0),) * 2, left_m=((0.0, 0.0),) * 2)), terrain=HILL))
    solid = [hull for hull in asset.hulls if np.ptp(hull[:, 0]) > 0]
    assert len(solid) == 2
    for hull in solid:
        tops = hull[:4]
        assert [z for _, _, z in tops.tolist()] == pytest.approx([HILL.height_m(x, y) for x, y, _ in tops.tolist()], abs=1e-9)
        assert np.array_equal(hull[4:, :2], tops[:, :2])
        assert (hull[4:, 2] < tops[:, 2] - 0.4).all()


def test_ground_casts_no_shadow():
    assert not LIBRARY.shape_asset(GroundShape(ribbons=(_ribbon(),))).casts


widths = st.floats(0.05, 0.5)


def _line(kind, width=0.12, points=((0.0, 0.0), (20.0, 0.0), (40.0, 0.0))):
    return Line(name="x", kind=kind, points_m=points, width_m=width)


def _quads_m2(quads):
    out = 0.0
    for quad in quads:
        corners = [*quad, quad[0]]
        out += sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(corners)) / 2
    return out


@settings(deadline=None)
@given(widths, st.floats(1, 6), st.floats(1, 9))
def test_dashes_cover_their_share_of_a_line(width, dash, gap):
    assert _quads_m2(quads_of(_line("solid", width), (dash, gap))) == pytest.approx(40 * width)
    assert _quads_m2(quads_of(_line("double", width), (dash, gap))) == pytest.approx(80 * width)
    assert _quads_m2(quads_of(_line("dashed", width), (dash, gap))) == pytest.approx(40 * width * dash / (dash + gap))
    assert _quads_m2(quads_of(_line("zebra", 3.0), (dash, gap))) == pytest.approx(60)


def test_dashes_are_about_as_long_as_asked_and_begin_and_end_in_half_a_gap():
    along = sorted({round(x, 6) for quad in quads_of(_line("dashed"), (3.0, 4.5)) for x, _ in quad})
    assert along[0] == pytest.approx(40 / 5 * 4.5 / 7.5 / 2)
    assert 40 - along[-1] == pytest.approx(along[0])


def test_paint_is_cut_often_enough_to_follow_the_ground():
    for quad in quads_of(_line("solid"), (3.0, 3.0)):
        assert max(x for x, _ in quad) - min(x for x, _ in quad) <= 3.0 + 1e-9


def test_paint_follows_a_bend_at_its_width():
    arc = tuple((30 * math.cos(t / 20), 30 * math.sin(t / 20)) for t in range(20))
    radii = [math.hypot(x, y) for quad in quads_of(_line("solid", 0.2, arc), (3.0, 3.0)) for x, y in quad]
    assert min(radii) == pytest.approx(29.9, abs=0.02)
    assert max(radii) == pytest.approx(30.1, abs=0.02)


def test_kerbs_are_not_painted():
    symbol = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    asset = LIBRARY.shape_asset(PaintShape(lines=(_line("kerb"),), symbols=(symbol,), terrain=HILL, lift_m=0.01))
    (part,) = asset.parts
    assert len(part.faces) == 1
    assert part.positions[:, 2].tolist() == pytest.approx([HILL.height_m(x, y) + 0.01 for x, y in symbol], abs=1e-6)


def test_shapes_survive_json():
    for shape in (GroundShape(ribbons=(_ribbon(laid=True),), terrain=HILL), PaintShape(lines=(_line("dashed"),), dashes_m=(2.0, 4.0))):
        assert from_json(Shape, to_json(shape)) == shape


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: _ribbon(left_m=((0.0, 1.0),) * 2), "as many points"),
        (lambda: _ribbon(right_m=((0.0, math.nan),) * 3), "finite"),
        (lambda: _ribbon(left_m=((0.0, math.inf), (0.0, -math.inf), (1.0, 1.0))), "finite"),
        (lambda: _ribbon(across=(0.0, 0.7, 0.3, 1.0)), "across must rise"),
        (lambda: _ribbon(across=(0.0, 0.5)), "across must rise"),
        (lambda: GroundShape(ribbons=()), "must not be empty"),
        (lambda: PaintShape(), "must not both be empty"),
        (lambda: PaintShape(symbols=(((0.0, 0.0), (1.0, 1.0)),)), "three finite points"),
        (lambda: PaintShape(lines=(_line("solid"),), dashes_m=(0.0, 1.0)), "dashes_m"),
    ],
)
def test_what_is_no_ground(make, said):
    with pytest.raises(InvalidValue, match=said):
        make()
