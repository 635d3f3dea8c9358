"""Names find their things, built in, installed or registered; a wrong name is told what it might have meant."""

import sys
from importlib.metadata import EntryPoint

import pytest

from diorama.sim import registry as module
from diorama.sim.errors import DioramaError, UnknownName
from diorama.sim.registry import Registry


@pytest.fixture
def installed(monkeypatch):
    """Entry points of other people's packages; returns the groups that were asked for."""
    asked = []
    points = [
        EntryPoint("spiral", "math:tau", "diorama.shapes"),
        EntryPoint("cube", "math:inf", "diorama.shapes"),
        EntryPoint("elsewhere", "math:e", "diorama.colours"),
    ]

    def entry_points(*, group):
        asked.append(group)
        return [p for p in points if p.group == group]

    monkeypatch.setattr(module, "entry_points", entry_points)
    return asked


@pytest.fixture
def shapes():
    return Registry("shape", "diorama.shapes", {"cube": "math:pi", "torus": "colorsys:rgb_to_hsv"})


def test_built_ins_are_imported_when_asked_for(monkeypatch, shapes, installed):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    assert shapes["cube"] == pytest.approx(3.14159, abs=1e-5)
    assert "colorsys" not in sys.modules
    assert shapes["torus"] is sys.modules["colorsys"].rgb_to_hsv
    assert installed == [], "installed packages are not searched for a built-in"


def test_installed_packages_add_names_on_the_first_miss(shapes, installed):
    assert shapes["spiral"] == pytest.approx(6.28318, abs=1e-5)
    assert shapes["spiral"] is shapes["spiral"]
    assert installed == ["diorama.shapes"], "searched once, and only its own group"


def test_an_installed_package_cannot_take_over_a_built_in_name(shapes, installed):
    assert shapes.names() == ("cube", "spiral", "torus")
    assert shapes["cube"] == pytest.approx(3.14159, abs=1e-5)


def test_names_are_sorted(installed):
    assert Registry("shape", "none", {"b": "m:x", "a": "m:x", "c": "m:x"}).names() == ("a", "b", "c")


def test_a_registered_thing_is_found(shapes, installed):
    thing = object()
    shapes.register("ring", thing)
    assert shapes["ring"] is thing
    assert "ring" in shapes.names()
    shapes.register("ring", thing)


@pytest.mark.parametrize("taken", ["cube", "spiral", "ring"])
def test_a_name_is_given_once(shapes, installed, taken):
    shapes.register("ring", object())
    with pytest.raises(ValueError, match=f'a shape named "{taken}" exists already'):
        shapes.register(taken, object())


def test_registries_do_not_share_names(installed):
    one, other = Registry("shape", "none", {}), Registry("shape", "none", {})
    one.register("ring", 1)
    assert other.names() == ()


def test_an_unknown_name_is_told_the_nearest_and_all(shapes, installed):
    with pytest.raises(UnknownName) as caught:
        shapes["tours"]
    assert str(caught.value) == 'no shape named "tours". Did you mean "torus"? Known: cube, spiral, torus.'
    assert isinstance(caught.value, DioramaError)


def test_a_name_like_nothing_gets_no_suggestion(shapes, installed):
    with pytest.raises(UnknownName) as caught:
        shapes["zzzzzz"]
    assert str(caught.value) == 'no shape named "zzzzzz". Known: cube, spiral, torus.'


def test_an_empty_registry_says_only_that(installed):
    with pytest.raises(UnknownName) as caught:
        Registry("shape", "none", {})["cube"]
    assert str(caught.value) == 'no shape named "cube".'
