"""The scenario itself: what it takes, what it refuses, and what follows from what."""

import pytest
from street_maps import LIBRARY

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Choice, Constant, Uniform
from diorama.scenes.driving.layouts import LAYOUTS
from diorama.scenes.driving.settings import SETTINGS
from diorama.scenes.driving.street import Street
from diorama.sim.errors import DioramaError
from diorama.sim.seeds import Seed

CONTEXT = Context(library=LIBRARY)


def test_the_same_seed_builds_the_same_street():
    for seed in range(6):
        assert Street().build(Seed(seed), CONTEXT) == Street().build(Seed(seed), CONTEXT)
    assert len({Street().build(Seed(seed), CONTEXT).roads for seed in range(6)}) == 6


def test_other_markings_leave_the_roads_where_they_are():
    """What is drawn has streams of its own: one setting more or less changes nothing else."""
    usual = Street(layout=Constant("crossroads"), setting=Constant("suburb"))
    for seed in range(4):
        before = usual.build(Seed(seed), CONTEXT).roads
        after = Street(layout=Constant("crossroads"), setting=Constant("suburb"), drives_on=Constant("left"), kerb_m=Constant(0.2))
        roads = after.build(Seed(seed), CONTEXT).roads
        assert roads.areas == before.areas
        assert roads.terrain == before.terrain
        assert roads.kerb_m == 0.2


def test_settings_of_one_s_own_take_the_places_of_the_kind_s():
    street = Street(
        layout=Constant("straight"),
        setting=Constant("residential"),
        lanes=Constant(2),
        lane_m=Constant(3.0),
        pavement_m=Constant(4.0),
        verges=0.0,
        parking_lanes=1.0,
        cycle_lanes=1.0,
        crossings=0.0,
        plot_m=Constant(20.0),
        speed_km_h=Constant(36),
    )
    roads = street.build(Seed(1), CONTEXT).roads
    drive = [lane for lane in roads.lanes if lane.kind == "drive"]
    assert len(drive) == 4
    assert {lane.width_m for lane in drive} == {3.0}
    assert {lane.speed_m_s for lane in drive} == {10.0}
    assert {lane.width_m for lane in roads.lanes if lane.kind == "walk"} == {4.0}
    assert {area.kind for area in roads.areas} == {"carriageway", "cycle", "parking", "pavement", "plot", "terrain"}


def test_junctions_have_signals_as_often_as_asked():
    for share in (0.0, 1.0):
        street = Street(layout=Constant("crossroads"), setting=Constant("town-centre"), signals=share)
        for seed in range(4):
            roads = street.build(Seed(seed), CONTEXT).roads
            assert bool(roads.signals) == (share == 1.0)
            controls = {lane.control for lane in roads.lanes if lane.kind == "drive" and "-in-" in lane.name}
            assert ("signal" in controls) == (share == 1.0)
            assert len(controls) == (1 if share == 1.0 else 2)


def test_people_cross_roads_without_junctions_as_often_as_asked():
    for layout in ("straight", "curve"):
        for share, signals in ((0.0, 1.0), (1.0, 0.0), (1.0, 1.0)):
            street = Street(layout=Constant(layout), setting=Constant("suburb"), crossings=share, signals=signals)
            roads = street.build(Seed(2), CONTEXT).roads
            crossings = [lane for lane in roads.lanes if lane.kind == "crossing"]
            assert len(crossings) == share
            assert len(roads.signals) == (2 if share and signals else 0)
            held = {lane.control for lane in roads.lanes if lane.kind == "drive"} - {"none"}
            assert held == ({"signal" if signals else "give-way"} if share else set())
            if share:
                assert len(crossings[0].next) == 2
                assert len(crossings[0].conflicts) == sum(lane.yields_to != () for lane in roads.lanes)


def test_every_kind_of_place_can_be_anything():
    for name in SETTINGS:
        for layout in LAYOUTS:
            scene = Street(layout=Constant(layout), setting=Constant(name)).build(Seed(3), CONTEXT)
            assert dict(scene.notes)["setting"] == name
            assert scene.roads.drives_on in ("right", "left")


def test_what_is_labelled_is_listed_in_order():
    assert list(Street.categories) == sorted(Street.categories)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"lane_m": Constant(0)}, "lane_m"),
        ({"lanes": Constant(0)}, "lanes"),
        ({"lanes": Uniform(1, 2)}, "lanes must draw whole numbers"),
        ({"lanes": Constant(9)}, "lanes"),
        ({"layout": Constant("spaghetti")}, "layout"),
        ({"setting": Choice(["suburbs"])}, "suburb"),
        ({"drives_on": Constant("middle")}, "drives_on"),
        ({"pavement_m": Constant(-1)}, "pavement_m"),
        ({"hill_m": Constant(80)}, "hill_m"),
        ({"verges": 1.5}, "verges"),
        ({"plot_m": 20}, "plot_m must be a distribution"),
    ],
)
def test_senseless_settings_are_refused_by_name(settings, said):
    with pytest.raises(DioramaError, match=said):
        Street(**settings)
