"""Street furniture: of the sizes of the real things, light in triangles, standing on its base, solid where it is closed."""

import itertools

import numpy as np
import pytest

from diorama.sim.assets import geometry
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.furniture import KINDS
from diorama.sim.assets.street.furniture.fences import FENCE_M, GUARD_RAIL_M, RAILING_M
from diorama.sim.assets.street.furniture.prints import bars, mesh, pickets, stripes
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue, UnknownName
from diorama.sim.spec import RowShape, Shape

LIBRARY = AssetLibrary()
VARIANTS = range(16)
#: Depth, width and height of the largest and of the smallest, in metres.
SIZES = {
    "barrier": ((0.05, 1.95, 0.7), (0.8, 2.05, 1.4)),
    "beacon": ((0.3, 0.2, 0.9), (0.85, 0.45, 1.4)),
    "bench": ((0.3, 1.4, 0.4), (0.7, 2.1, 1.0)),
    "bicycle-stand": ((0.5, 0.9, 0.7), (0.9, 4.0, 0.95)),
    "billboard": ((0.1, 1.0, 2.2), (0.4, 3.9, 5.0)),
    "bin": ((0.35, 0.35, 0.75), (0.7, 0.6, 1.3)),
    "bollard": ((0.07, 0.07, 0.45), (0.45, 0.45, 1.15)),
    "bus-stop": ((1.3, 3.0, 2.3), (1.8, 5.0, 2.8)),
    "cabinet": ((0.3, 0.65, 0.9), (0.65, 1.6, 1.55)),
    "clock": ((0.1, 0.6, 3.3), (0.4, 0.9, 4.8)),
    "cone": ((0.3, 0.3, 0.45), (0.75, 0.75, 1.05)),
    "delineator": ((0.09, 0.1, 0.85), (0.13, 0.13, 1.1)),
    "fence": ((0.03, 2.4, 0.7), (0.2, 2.6, 2.1)),
    "guard-rail": ((0.1, 3.9, 0.7), (0.2, 4.1, 0.85)),
    "hydrant": ((0.2, 0.3, 0.6), (0.4, 0.4, 1.0)),
    "lamp": ((0.2, 0.2, 3.5), (3.3, 0.7, 10.5)),
    "parking-meter": ((0.1, 0.1, 1.3), (0.3, 0.35, 2.1)),
    "pillar": ((1.1, 1.1, 2.6), (1.7, 1.7, 3.7)),
    "planter": ((0.4, 0.7, 0.5), (0.9, 1.9, 1.2)),
    "post-box": ((0.25, 0.4, 1.3), (0.6, 0.6, 1.7)),
    "railing": ((0.03, 1.9, 0.9), (0.1, 2.1, 1.15)),
    "telephone-box": ((0.8, 0.8, 2.2), (1.05, 1.05, 2.6)),
    "wheelie-bin": ((0.5, 0.45, 0.9), (1.25, 1.5, 1.45)),
}
#: What may weigh as much, in kilograms.
MASSES = {
    "cone": (1, 30),
    "bin": (5, 200),
    "wheelie-bin": (8, 200),
    "bench": (20, 400),
    "lamp": (10, 200),
    "cabinet": (60, 500),
    "barrier": (10, 1500),
}


def asset(kind, variant):
    return LIBRARY.load(f"street:{kind}/{variant}")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_sizes_masses_and_triangles(kind):
    low, high = SIZES[kind]
    sizes = np.array([np.ptp(asset(kind, v).bounds_m, axis=0) for v in VARIANTS])
    assert (sizes >= low).all() and (sizes <= high).all(), (sizes.min(axis=0), sizes.max(axis=0))
    for variant in VARIANTS:
        made = asset(kind, variant)
        assert sum(len(part.faces) for part in made.parts) <= (600 if kind == "bicycle-stand" else 300)
        assert len(made.parts) <= 7 and 1 <= len(made.hulls) <= 5
        mass = made.volume_m3 * made.density_kg_m3
        least, most = MASSES.get(kind, (3, 5000))
        assert least <= mass <= most, made.id
        assert made.supercategory == KINDS[kind].supercategory


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_things_stand_on_their_base(kind):
    for variant in VARIANTS:
        made = asset(kind, variant)
        x, y, z = made.landmarks["base"]
        assert z == pytest.approx(made.bounds_m[0][2], abs=2e-6), made.id
        (x0, y0, _), (x1, y1, _) = made.bounds_m
        assert x0 - 1e-6 <= x <= x1 + 1e-6 and y0 - 1e-6 <= y <= y1 + 1e-6


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_is_said_to_be_closed_is(kind):
    for variant in VARIANTS:
        made = asset(kind, variant)
        if made.closed:
            for part in made.parts:
                positions = part.positions.astype(float)
                faces = part.faces.astype(np.int64)
                # A printed sheet and its back are two parts: only together are they closed.
                assert geometry.signed_volume_and_center(positions, faces)[0] > -1e-3
            positions, faces = geometry.merged([(p.positions.astype(float), p.faces.astype(np.int64)) for p in made.parts])
            assert geometry.is_closed(geometry.weld(positions, 1e-6)[faces]), made.id
            assert geometry.signed_volume_and_center(positions, faces)[0] > 0


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_hulls_hold_what_is_seen(kind):
    for variant in VARIANTS:
        made = asset(kind, variant)
        low = np.min([hull.min(axis=0) for hull in made.hulls], axis=0)
        high = np.max([hull.max(axis=0) for hull in made.hulls], axis=0)
        assert np.abs(low - made.bounds_m[0]).max() < 0.2 and np.abs(high - made.bounds_m[1]).max() < 0.45, made.id


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_variants_differ_and_are_made_alike_again(kind):
    prints = []
    for variant in VARIANTS:
        made, again = asset(kind, variant), AssetLibrary().load(f"street:{kind}/{variant}")
        for one, other in zip(made.parts, again.parts, strict=True):
            assert one.positions.tobytes() == other.positions.tobytes() and one.look.material == other.look.material
            for slot, picture in one.look.images.items():
                assert picture.tobytes() == other.look.images[slot].tobytes()
        prints.append(tuple((part.positions.tobytes(), part.look.material, *(i.tobytes() for i in part.look.images.values())) for part in made.parts))
    assert len(set(prints)) >= {"guard-rail": 3, "cone": 8, "barrier": 8}.get(kind, 12)


def test_light_leaves_lamps_high_up_below_what_shines():
    reaches = set()
    for variant in VARIANTS:
        made = asset("lamp", variant)
        x, y, z = np.array(made.landmarks["lamp"]) - made.landmarks["base"]
        assert 3.2 < z < 10.5 and y == 0 and 0 <= x < 3.2
        glass = made.parts[-1].positions - np.array(made.landmarks["base"])
        assert glass[:, 2].min() - 0.1 < z < glass[:, 2].max()
        assert glass[:, 0].min() < x + 0.01 and x < glass[:, 0].max() + 0.01
        reaches.add(x > 0.5)
    assert reaches == {True, False}


@pytest.mark.parametrize(("kind", "length_m"), [("fence", FENCE_M), ("railing", RAILING_M), ("guard-rail", GUARD_RAIL_M)])
def test_pieces_go_on_where_the_last_one_ended(kind, length_m):
    for variant in VARIANTS:
        made = asset(kind, variant)
        y0, y1 = made.bounds_m[0][1] - made.landmarks["base"][1], made.bounds_m[1][1] - made.landmarks["base"][1]
        assert y0 == pytest.approx(-length_m / 2, abs=0.035) and y1 == pytest.approx(length_m / 2, abs=0.035)


def test_rows_are_as_many_of_one_thing():
    one, row = asset("bollard", 3), LIBRARY.shape_asset(RowShape(asset="street:bollard/3", count=4, step_m=1.5))
    assert row.volume_m3 == pytest.approx(4 * one.volume_m3)
    assert len(row.hulls) == 4 * len(one.hulls) and len(row.parts) == len(one.parts)
    assert row.landmarks == one.landmarks and row.supercategory == "pole"
    for few, many in zip(one.parts, row.parts, strict=True):
        count = len(few.positions)
        for k in range(4):
            shifted = many.positions[k * count : (k + 1) * count] - np.float32([0, (k - 1.5) * 1.5, 0])
            assert np.abs(shifted - few.positions).max() < 1e-5
            assert (many.faces[k * len(few.faces) : (k + 1) * len(few.faces)] == few.faces + k * count).all()
    assert np.ptp(row.bounds_m, axis=0)[1] == pytest.approx(np.ptp(one.bounds_m, axis=0)[1] + 4.5)


@pytest.mark.parametrize(
    "fields", [{"count": 0}, {"count": 201}, {"step_m": 0.0}, {"step_m": float("nan")}, {"asset": "household:mug/0"}, {"asset": "user:thing"}]
)
def test_rows_that_cannot_be_are_refused(fields):
    with pytest.raises(InvalidValue):
        RowShape(**({"asset": "street:bollard/0", "count": 2, "step_m": 1.0} | fields))


def test_a_row_of_what_there_is_not_is_refused_by_name():
    with pytest.raises(UnknownName, match=r'"street:bolard/0".*bollard/0'):
        LIBRARY.shape_asset(RowShape(asset="street:bolard/0", count=2, step_m=1.0))


def test_rows_survive_json():
    shape = RowShape(asset="street:fence/1", count=3, step_m=FENCE_M)
    assert from_json(Shape, to_json(shape)) == shape


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_bars_cover_the_share_they_should(share):
    assert bars(16, share).mean() / 255 == pytest.approx(share, abs=0.03)
    across = mesh(16, 12, share, diagonal=False).mean() / 255
    assert across == pytest.approx(1 - (1 - share) ** 2, abs=0.06)


def test_fences_are_seen_through_alike_from_piece_to_piece():
    for mask in (bars(16, 0.2), pickets(16, 0.3), mesh(16, 12, 0.1, diagonal=True), mesh(16, 12, 0.1, diagonal=False)):
        seam = np.abs(mask[:, 0].astype(int) - mask[:, -1]).mean()
        inside = np.abs(np.diff(mask.astype(int), axis=1)).mean()
        assert seam <= 4 * inside + 30


def test_barrier_stripes_are_half_and_half():
    picture = stripes(256, 32, (200, 20, 30), (240, 240, 240), 5)
    assert 0.45 < (picture[..., 1] < 120).mean() < 0.55
    assert all(len({*map(tuple, row)}) > 1 for row in picture)


def test_there_are_no_two_names_for_one_thing():
    assert len(KINDS) >= 20
    recipes = [kind.make for kind in KINDS.values()]
    assert all(a is not b for a, b in itertools.combinations(recipes, 2))
