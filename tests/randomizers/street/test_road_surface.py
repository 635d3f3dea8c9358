"""Surfaces of the ground, and repairs of roads."""

import math
from itertools import pairwise

import numpy as np
import pytest

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.repairs import covers, drains, patches, seams
from diorama.randomizers.street.road_surface import RoadSurface
from diorama.scenes.driving.street import Street
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.surfaces import SURFACES
from diorama.sim.errors import DioramaError, InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import PaintShape, SceneSpec
from diorama.testing import check_randomizer

CONTEXT = Context(library=AssetLibrary())


@pytest.fixture(scope="module")
def town():
    street = Street(layout=Constant("crossroads"), setting=Constant("town-centre"), hill_m=Constant(0.0), kerb_m=Constant(0.12))
    return street.build(Seed(4), CONTEXT)


def _surfaced(spec, seed=0, **settings):
    surface = RoadSurface(**settings)
    return surface.apply(spec, surface.sample(Seed(seed), spec, CONTEXT))


def test_it_keeps_the_contract_on_a_street(town):
    check_randomizer(RoadSurface(), spec=town, library=CONTEXT.library)


def test_every_piece_of_the_ground_gets_the_surface_that_is_asked_for(town):
    made = _surfaced(town, road=Constant("cobbles"), pavement=Constant("paving-bricks"), yards=Constant("gravel"), land=Constant("soil"))
    looks = {body.name: (body.look_of or "").split("/")[0] for body in made.bodies}
    assert looks["road"] == "street:cobbles"
    assert looks["pavement"] == "street:paving-bricks"
    assert looks["plots"] == "street:gravel"
    assert looks["terrain"] == "street:soil"
    assert looks["kerbs"] == "street:kerbstone"
    for body in made.bodies:
        if body.look_of:
            assert body.material is None
            assert CONTEXT.library.load(body.look_of).category == body.look_of.split(":")[1].split("/")[0]


def test_roads_of_stones_are_not_patched(town):
    assert not [b for b in _surfaced(town, road=Constant("cobbles"), drains=Constant(0)).bodies if "repair" in b.tags]
    made = _surfaced(town, road=Constant("asphalt"), patches=Constant(5), seams=Constant(5), covers=Constant(5), drains=Constant(5))
    assert [b.name for b in made.bodies if "repair" in b.tags] == ["road-patches", "road-seams", "road-covers", "road-drains"]


def test_paint_that_is_worn_shows_the_road(town):
    clean = _surfaced(town, worn=0.0)
    worn = _surfaced(town, worn=1.0, wear=Constant(1.0))
    for name in (b.name for b in town.bodies if "paint" in b.tags):
        assert clean.body(name).material.texture is None
        texture = worn.body(name).material.texture
        assert max(texture.color_a) < 0.12 < max(texture.color_b)


def _area(outline):
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*outline, outline[0]])) / 2


def _inside(outline, point):
    return all((x1 - x0) * (point[1] - y0) - (y1 - y0) * (point[0] - x0) > -1e-6 for (x0, y0), (x1, y1) in pairwise([*outline, outline[0]]))


@pytest.mark.parametrize("make", [patches, seams, covers, drains])
def test_repairs_are_convex_pieces_on_the_carriageway(town, make):
    outlines = make(town.roads, 4.0, Seed(1).rng())
    ground = [area for area in town.roads.areas if area.kind in ("carriageway", "parking", "cycle", "crossing", "junction")]
    assert len(outlines) > 10
    for outline in outlines:
        assert _area(outline) > 1e-4
        for a, b, c in zip(outline, outline[1:] + outline[:1], outline[2:] + outline[:2], strict=True):
            assert (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]) > -1e-6
        middle = (sum(x for x, _ in outline) / len(outline), sum(y for _, y in outline) / len(outline))
        assert any(_holds(area.outline_m, middle) for area in ground)


def _holds(outline, point):
    x, y = point
    edges = [(a, b) for a, b in pairwise([*outline, outline[0]]) if (a[1] > y) != (b[1] > y)]
    return sum(x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) for a, b in edges) % 2 == 1


def test_twice_as_many_are_twice_as_many(town):
    long = sum(math.dist(a, b) for lane in town.roads.lanes if lane.kind == "drive" and not lane.junction for a, b in pairwise(lane.points_m))
    few, many = (np.mean([len(covers(town.roads, rate, Seed(k).rng())) for k in range(20)]) for rate in (2.0, 4.0))
    assert few == pytest.approx(2.0 * long / 100, rel=0.1)
    assert many == pytest.approx(2 * few, rel=0.05)


def test_paint_lies_above_repairs(town):
    made = _surfaced(town, patches=Constant(5), seams=Constant(5), covers=Constant(5), drains=Constant(5), road=Constant("asphalt"))
    lifts = {body.name: body.shape.lift_m for body in made.bodies if isinstance(body.shape, PaintShape)}
    assert 0 < lifts["road-patches"] < lifts["road-seams"] < lifts["road-covers"] < lifts["paint-white"]


def test_every_surface_is_a_tile_that_repeats():
    """Left meets right and top meets bottom: steps across the seam are no larger than steps within."""
    for name in SURFACES:
        for variant in range(2):
            image = CONTEXT.library.load(f"street:{name}/{variant}").parts[0].look.images["base_color"].astype(int)
            assert image.shape[0] == image.shape[1] <= 512
            for axis in (0, 1):
                steps = np.abs(np.diff(image, axis=axis)).mean(axis=(1 - axis, 2))
                seam = np.abs(image.take(0, axis) - image.take(-1, axis)).mean()
                assert seam <= max(np.percentile(steps, 99.5) * 1.05, 1.0), (name, variant, axis)


def test_surfaces_have_the_size_that_they_say():
    asset = CONTEXT.library.load("street:asphalt/0")
    (x0, y0, _), (x1, y1, _) = asset.bounds_m
    assert (x1 - x0, y1 - y0) == pytest.approx((6.0, 6.0))
    assert asset.parts[0].uv.max() == 1.0


def test_new_roads_are_darker_than_old_ones():
    means = {
        name: np.mean([CONTEXT.library.load(f"street:{name}/{k}").parts[0].look.images["base_color"].mean() for k in range(8)])
        for name in ("asphalt-new", "asphalt", "asphalt-old")
    }
    assert means["asphalt-new"] + 10 < means["asphalt"] < means["asphalt-old"] - 10


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"road": Constant("lava")}, "road"),
        ({"patch": Constant("asphat")}, "asphalt"),
        ({"patches": Constant(-1)}, "patches"),
        ({"worn": 2.0}, "worn"),
        ({"wear": Constant(3)}, "wear"),
    ],
)
def test_senseless_settings_are_refused_by_name(settings, said):
    with pytest.raises(DioramaError, match=said):
        RoadSurface(**settings)


def test_without_roads_it_says_so():
    with pytest.raises(InvalidValue, match="road-surface: the scene has no roads"):
        RoadSurface().sample(Seed(0), SceneSpec(), CONTEXT)
